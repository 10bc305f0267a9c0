"""The structural extractor: which container, which of its blocks."""

import pytest

from cleaning.html.body import find_body
from cleaning.html.layout import lay_out
from cleaning.html.markup import body_of, parse
from cleaning.html.weigh import Evidence

STORY = (
    "The valley road will be closed for three weeks, while the slope above it is secured with nets.",
    "Buses take the old pass, which adds half an hour, and lorries have to use the motorway instead.",
    "In the last winter, stones fell on the road four times, and once a car was badly damaged.",
)
PARAGRAPHS = "".join(f"<p>{paragraph}</p>" for paragraph in STORY)


def find(html, **evidence):
    return find_body(lay_out(body_of(parse(f"<html><body>{html}</body></html>"))), Evidence(**evidence))


def text(html, **evidence):
    return find(html, **evidence).text


def test_links_lose_against_prose():
    items = "".join(f"<li><a href='/{i}'>Some section of the site, number {i}</a></li>" for i in range(40))
    assert text(f"<ul>{items}</ul><div class='x'>{PARAGRAPHS}</div><ul>{items}</ul>") == "\n".join(STORY)


@pytest.mark.parametrize(
    "chrome",
    [
        "<nav>%s</nav>", "<footer>%s</footer>", "<aside>%s</aside>", "<figure><figcaption>%s</figcaption></figure>",
        "<div class='related-posts'>%s</div>", "<div class='share-buttons'>%s</div>", "<p class='tags'>%s</p>",
        "<section id='comments'>%s</section>",
        "<div class='cookieConsent'>%s</div>", "<blockquote class='twitter-tweet'>%s</blockquote>", "<p hidden>%s</p>",
        "<div style='display: none'>%s</div>", "<div aria-hidden='true'>%s</div>", "<div class='newsletter'>%s</div>",
        "<span class='caption'>%s</span>", "<script>%s</script>", "<noscript>%s</noscript>",
        "<h3><a href='/x'>%s</a></h3>",
        "<p><a href='/x'>%s</a></p>", "<div><a href='/a'>%s</a></div>", "<div>12 May 2020, 10:40</div>",
        "<p>https://x.example/a</p>",
        "<p>Read more: %s</p>", "<p>اقرأ أيضاً: %s</p>", "<p>Sign up for our newsletter to get %s</p>",
    ],
)  # fmt: skip
def test_chrome_beside_the_text_goes(chrome):
    stray = chrome.replace("%s", "Something else that is long enough to be taken for prose, with a comma in it")
    assert text(f"<div class='post-content'>{PARAGRAPHS}{stray}</div>") == "\n".join(STORY)
    divided = f"<p>{STORY[0]}</p>{stray}<p>{STORY[1]}</p><p>{STORY[2]}</p>"
    assert text(f"<div class='post-content'>{divided}</div>") == "\n".join(STORY)


@pytest.mark.parametrize(
    "wrapper",
    ["<form>%s</form>", "<aside>%s</aside>", "<div class='selectionShareable'>%s</div>", "<div class='share'>%s</div>",
     "<div id='main-sidebar-wrap'>%s</div>", "<div class='comment'>%s</div>", "<table><tr><td>%s</td></tr></table>"],
)  # fmt: skip
def test_text_inside_a_misnamed_wrapper_stays(wrapper):
    assert text(wrapper % PARAGRAPHS) == "\n".join(STORY)


def test_consent_wall_never_wins():
    wall = "<p>We store cookies, and so do our partners, on every device.</p>" * 30
    assert text(f"<div class='cookie-consent'>{wall}</div><div>{PARAGRAPHS}</div>") == "\n".join(STORY)


def test_teaser_cards_do_not_join_the_story():
    link = "<h3><a href='/{0}'>Headline {0}</a></h3>"
    card = "<li class='card'>" + link + "<div class='sum'>Teaser {0} tells a little, and then it stops.</div></li>"
    cards = "<ul>" + "".join(card.format(i) for i in range(12)) + "</ul>"
    assert text(f"<div><div>{PARAGRAPHS}</div>{cards}</div>") == "\n".join(STORY)


def test_lead_above_the_container_is_kept_and_the_headline_is_not():
    lead = "The only road into the valley is closed from Monday, and the detour is long."
    body = f"<div class='article-body'>{PARAGRAPHS}</div>"
    html = f"<h1>Road closed</h1><div class='lead'>{lead}</div><div>3 May</div>{body}"
    assert text(html) == "\n".join([lead, *STORY])
    html = f"<div class='article-body'><h2>Road closed for weeks</h2>{PARAGRAPHS}</div>"
    assert text(html, title="Road closed for weeks") == "\n".join(STORY)


def test_headings_lists_and_tables_of_the_text_stay():
    html = f"<article><p>{STORY[0]}</p><h2>Detours</h2><ul><li>over the pass</li><li>by rail</li></ul>"
    html += f"<table><tr><td>Monday</td><td>closed</td></tr></table><p>{STORY[1]}</p><h2>Last heading</h2></article>"
    assert text(html).split("\n") == [STORY[0], "Detours", "over the pass", "by rail", "Monday | closed", STORY[1]]


def test_line_breaks_divide_and_inline_elements_do_not():
    html = f"<div>{STORY[0]}<br><br>The <b>val</b>ley is <a href='/v'>quiet</a>, for once.<br>{STORY[1]}</div>"
    assert text(html) == "\n".join([STORY[0], "The valley is quiet, for once.", STORY[1]])


def test_description_points_at_the_text():
    other = "<p>" + "Another text on the page, longer than the story itself, about something else. " * 3 + "</p>"
    links = "<ul>" + "<li><a href='/x'>A link to another page of the site</a></li>" * 9 + "</ul>"
    html = f"<div><p>{STORY[0]}</p></div>{links}<div>{other}</div>"
    assert text(html).startswith("Another text")
    assert text(html, description=STORY[0]) == STORY[0]


def test_caption_in_the_stated_body_stays_out():
    caption = "A crane lifts the first of forty steel nets above the valley road this morning"
    html = f"<article><p>{STORY[0]}</p><figure><figcaption>{caption}</figcaption></figure><p>{STORY[1]}</p></article>"
    assert text(html, body=f"{STORY[0]} {caption} {STORY[1]}") == "\n".join(STORY[:2])


def test_stated_body_that_nobody_sees_adds_nothing():
    assert "unseen" not in text(PARAGRAPHS, body="An unseen sentence that stands in the markup only, and nowhere else.")


def test_empty_page_has_no_body():
    assert find("").blocks == ()
    assert find("<nav>x</nav>").text == ""


def test_depth_beyond_the_parser_is_noticed():
    assert lay_out(body_of(parse("<div>" * 1000 + "text"))).too_deep
    assert not lay_out(body_of(parse("<div>" * 100 + "text"))).too_deep
