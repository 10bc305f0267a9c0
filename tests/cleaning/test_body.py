"""The structural extractor: which container, which of its blocks."""

import re
import time

import pytest

from cleaning.html.body import find_body
from cleaning.html.layout import _names_chrome, lay_out
from cleaning.html.markup import body_of, parse
from cleaning.html.metadata import Metadata

STORY = (
    "The valley road will be closed for three weeks, while the slope above it is secured with nets.",
    "Buses take the old pass, which adds half an hour, and lorries have to use the motorway instead.",
    "In the last winter, stones fell on the road four times, and once a car was badly damaged.",
)
PARAGRAPHS = "".join(f"<p>{paragraph}</p>" for paragraph in STORY)


def find(html, **stated):
    return find_body(lay_out(body_of(parse(f"<html><body>{html}</body></html>"))), Metadata(**stated))


def text(html, **stated):
    return find(html, **stated).text


CHROME = "ads top-ads ad_x nav main-nav menu2 pager tags x_meta hidden widget fade-modal imgs__text SideBar".split()
NO_CHROME = "loads adsx unav submenu metadata is-hidden hiddens widget-wrap elementor-widget shared commentary".split()


def test_names_of_chrome_are_told_from_those_that_hold_their_letters():
    names = [*CHROME, "a hide", *NO_CHROME, "elementor widget", ""]
    assert [name for name in names if _names_chrome(name)] == [*CHROME, "a hide"]


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
        "<p>Sign up for our newsletter to get %s</p>",
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


LONG = " ".join(STORY)


def written(html):
    return text(html).split("\n")


@pytest.mark.parametrize(
    ("opening", "closing", "lines"),
    [
        ("<p>It was no day like others.</p>", "<p>So it ended.</p>", 2),
        (
            "<p>You need:</p><ul><li>rope</li><li>a lamp</li></ul>",
            "<p>Then came:</p><ul><li>rain</li><li>ice</li></ul>",
            6,
        ),
        ("<h3>Things:</h3><ul><li>rope</li></ul>", "<p>He wrote:</p><pre>snow on snow\nand stone</pre>", 5),
        ("", "<p>Table:</p><table><tr><td>N | 3</td></tr><tr><td>S | 1</td></tr></table>", 3),
    ],
)
def test_short_pieces_at_home_open_and_close_a_text(opening, closing, lines):
    before, after = ([piece for piece in re.split(r"<[^>]+>|\n", html) if piece] for html in (opening, closing))
    assert written(f"<article>{opening}{PARAGRAPHS}{closing}</article>") == [*before, *STORY, *after]
    assert len(before + after) == lines


def test_verse_lists_and_tables_end_a_text_also_without_a_colon():
    verse = ["Snow on the hill", "and snow on the mill", "and nobody comes", "as nobody will"]
    lists = "<h3>Things</h3><ul><li>rope</li><li>a lamp</li></ul>"
    table = "<table><tr><td>North</td><td>3</td></tr><tr><td>South</td><td>1</td></tr></table>"
    assert written(f"<article>{PARAGRAPHS}<p>{'<br>'.join(verse)}</p></article>") == [*STORY, *verse]
    assert written(f"<article>{PARAGRAPHS}{lists}</article>") == [*STORY, "Things", "rope", "a lamp"]
    assert written(f"<article>{PARAGRAPHS}{table}</article>") == [*STORY, "North | 3", "South | 1"]
    linked = f"<p>{' '.join(f'<a href=/{i}>Tag {i}</a>' for i in range(5))}</p>"
    assert written(f"<article>{PARAGRAPHS}{linked * 4}</article>") == list(STORY)


def test_short_paragraphs_in_the_dress_of_the_long_ones_stay_and_others_go():
    lines = [STORY[0], "We asked: when?", "He was silent", STORY[1], STORY[2]]
    plain = "".join(f"<div>{line}</div>" for line in lines)
    nested = "".join(f"<div class='w'><div><span>{line}</span></div></div>" for line in lines)
    assert written(f"<div class='text'>{plain}</div>") == lines
    assert written(f"<div class='text'>{nested.replace(STORY[1], STORY[1])}</div>") == lines
    other = nested.replace("<div class='w'><div><span>He was", "<div class='v'><div><span>He was")
    assert written(f"<div class='text'>{other}</div>") == [line for line in lines if line != "He was silent"]


def test_paragraphs_that_are_links_from_end_to_end_stay_and_headlines_go():
    linked = "".join(f"<p><a href='/{i}'>{line}</a></p>" for i, line in enumerate(STORY[1:]))
    headline = "<p><a href='/x'>A headline of another story that goes on and on without a stop</a></p>"
    html = f"<article><p>{LONG}</p>{linked}{headline}<p>{LONG} Twice.</p></article>"
    assert written(html) == [LONG, *STORY[1:], f"{LONG} Twice."]
    assert written(f"<article>{linked}<p>{LONG}</p></article>") == [*STORY[1:], LONG]


def test_words_in_inline_elements_stay_whatever_their_class_says():
    html = "<p><span class='dropcap header-font'>T</span>he road <b class='embed-x'>is closed</b> for"
    html += " <i class='author'>three</i>"
    assert written(f"<article>{html} weeks, <span class='sr-only'>unseen</span>at least.</p>{PARAGRAPHS}</article>")[
        0
    ] == ("The road is closed for three weeks, at least.")


def test_links_side_by_side_and_elements_shown_as_blocks_are_parted():
    html = "<p><a href='/a'>North</a><a href='/b'>South</a>, <i>one</i><i>word</i>,"
    html += " <span style='display:block'>apart</span>here.</p>"
    assert written(f"<article>{PARAGRAPHS}{html}<p>{LONG}</p></article>")[3] == "North South, oneword, apart here."


def test_lines_of_cells_and_of_preformatted_text_are_lines():
    verse = "<table><tr><td>The snow that fell upon the hill</td><td>lay long upon the window sill</td></tr></table>"
    layout = f"<table><tr><td>{STORY[0]}<br><br>{STORY[1]}</td></tr></table>"
    assert written(f"<article>{layout}{verse}<pre>{STORY[2]}\n\n{LONG}</pre></article>") == [
        *STORY[:2], "The snow that fell upon the hill", "lay long upon the window sill", STORY[2], LONG,
    ]  # fmt: skip


@pytest.mark.parametrize(
    "hidden",
    [
        "<section style='display: none'>%s</section>", "<div class='hidden'>%s</div>", "<template>%s</template>",
        "<h3><button>More</button></h3><div hidden>%s</div>", "<div class='read-more-text' aria-hidden='true'>%s</div>",
    ],
)  # fmt: skip
def test_prose_that_a_script_opens_stays(hidden):
    headed = ["More"] if "button" in hidden else []
    more = "".join(f"<p>{line} Again.</p>" for line in STORY)
    lines = [f"{line} Again." for line in STORY]
    assert written(f"<div class='a'><div>{PARAGRAPHS}</div>{hidden % more}</div>") == [*STORY, *headed, *lines]
    assert written(f"<div class='a'><div>{PARAGRAPHS}</div>{hidden % '[[1, 2]]'}</div>")[:3] == list(STORY)
    assert written(f"<div class='a'><div>{PARAGRAPHS}</div>{hidden % PARAGRAPHS}</div>")[:3] == list(STORY)


def test_post_that_the_line_before_it_announces_is_quoted():
    post = "<blockquote class='twitter-tweet'><p>The pass is open.</p></blockquote>"
    announced = f"<article><p>{LONG} The office wrote:</p>{post}<p>{LONG}</p></article>"
    assert written(announced) == [f"{LONG} The office wrote:", "The pass is open.", LONG]
    assert written(announced.replace("wrote:", "wrote.")) == [f"{LONG} The office wrote.", LONG]


def test_comments_are_told_by_their_stamps():
    one = f"<li><b>Reader {{0}}</b><p class='at'>3 May 2021 10:{{0}}0</p><div><p>{LONG} My {{0}} cents.</p></div></li>"
    comments = "".join(map(one.format, range(5)))
    assert written(f"<div><div>{PARAGRAPHS}<p>{LONG}</p></div><ul>{comments}</ul></div>") == [*STORY, LONG]
    posts = comments.replace("<div><p>", "<h3>News</h3><div><p>")
    assert len(written(f"<div><div>{PARAGRAPHS}<p>{LONG}</p></div><ul>{posts}</ul></div>")) > 8


@pytest.mark.parametrize(
    "post",
    [
        "<article class='message'><h4>user{0}</h4><time>May {0}, 2021 10:4{0}</time><div>{1}</div></article>",
        "<div class='comment' id='c{0}'><span>user{0}</span> 2021-05-0{0} 10:4{0}<div class='commtext'>{1}</div></div>",
    ],
)
def test_posts_of_a_forum_are_its_text(post):
    posts = "".join(post.format(i, f"{LONG} It was number {i}.") for i in range(1, 7))
    assert [f"number {i}." in text(f"<h1>Pump stops</h1><div>{posts}</div>") for i in range(1, 7)] == [True] * 6


def test_next_article_of_an_endless_page_is_not_text():
    def one(title, line):
        return f"<div><h1 class='head'>{title}</h1><div class='body'><p>{line}</p><p>{line} Twice.</p></div></div>"

    html = f"<main>{one('Road closed for weeks', LONG)}{one('Another story', STORY[1] * 5)}</main>"
    assert text(html, title="Road closed for weeks").split("\n") == [LONG, f"{LONG} Twice."]


def test_captions_of_a_gallery_and_a_notice_behind_the_text_go():
    slide = "<div class='slide'><img src='/i.jpg'><p>Workers above the road, on a morning in May, number {0}.</p></div>"
    gallery = "".join(slide.format(i) for i in range(4))
    notice = "<div class='terms'><p>Nobody may copy what stands here without a letter from us.</p></div>"
    assert written(f"<main><div>{gallery}</div>{PARAGRAPHS}<p>{LONG}</p>{notice}</main>") == [*STORY, LONG]


def test_quotes_with_pictures_in_them_are_no_gallery():
    quotes = "".join(f"<blockquote><p>{line}<img src='/smile.png'></p></blockquote>" for line in STORY)
    assert written(f"<article><p>{LONG}</p>{quotes}<p>{LONG} Twice.</p></article>") == [LONG, *STORY, f"{LONG} Twice."]


def test_sub_headings_of_the_first_level_stay():
    html = f"<article><h1>Road closed</h1><p>{STORY[0]}</p><h1>Detours</h1><p>{STORY[1]}</p></article>"
    assert text(html, title="Road closed").split("\n") == [STORY[0], "Detours", STORY[1]]


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


VERSE = ("The snow that fell upon the hill", "lay long upon the window sill", "and in the morning all was grey",
         "the birds had gone so far away")  # fmt: skip
HALVES = "".join(
    f"<div class='b'><div>{a}</div><div>{b}</div></div>" for a, b in zip(VERSE[::2], VERSE[1::2], strict=True)
)


@pytest.mark.parametrize(
    ("piece", "lines"),
    [
        (f"<div class='poem'>{HALVES}</div>", VERSE),
        (f"<div>{'<br>'.join(VERSE)}</div>", VERSE),
        ("<table>" + "".join(f"<tr><td>{line}</td></tr>" for line in VERSE) + "</table>", VERSE),
        ("<table><caption>Table</caption>" + "<tr><td><p>North</p></td><td><p>3</p></td></tr>" * 4 + "</table>",
         ("Table", *["North | 3"] * 4)),
        ("<figure class='wp-block-table'><table><tr><td><a href='/n'>North</a></td><td>3</td></tr></table></figure>",
         ("North | 3",)),
        ("<pre><span class='nav-x'>import rain</span>\n<span class='share'>rain.stop()</span></pre>",
         ("import rain", "rain.stop()")),
        (f"<p>She wrote:</p><div class='fb-post'><blockquote>{VERSE[0]}</blockquote></div>", ("She wrote:", VERSE[0])),
        (f"<h2><a href='#x'>The rain</a></h2><p>{STORY[0]} Twice.</p>", ("The rain", f"{STORY[0]} Twice.")),
        (f"<p><span class='ads-text'>{STORY[0]} Twice.</span></p>", (f"{STORY[0]} Twice.",)),
    ],
)  # fmt: skip
def test_verse_tables_code_and_posts_between_paragraphs_are_text(piece, lines):
    assert written(f"<article><p>{LONG}</p>{piece}{PARAGRAPHS}</article>") == [LONG, *lines, *STORY]


def test_verse_before_and_behind_the_paragraphs_is_text():
    table = "<table>" + "".join(f"<tr><td>{line}</td></tr>" for line in VERSE) + "</table>"
    assert written(f"<article>{table}{PARAGRAPHS}</article>") == [*VERSE, *STORY]
    poem = f"<div class='poem'>{HALVES}</div>"
    assert written(f"<article>{poem}{PARAGRAPHS}</article>") == [*VERSE, *STORY]
    assert written(f"<article>{PARAGRAPHS}{poem}</article>") == [*STORY, *VERSE]


def test_questions_and_heads_of_panels_are_text_and_a_repeated_label_is_none():
    heads = ["When does it open", "Who pays", "And the bridge"]
    html = "".join(
        f"<div class='item'><div class='head'>{head}</div><div style='display:none'><p>{line}</p></div></div>"
        for head, line in zip(heads, STORY, strict=True)
    )
    told = [line for pair in zip(heads, STORY, strict=True) for line in pair]
    assert written(f"<article><p>{STORY[0]} Twice.</p>{html}</article>") == [f"{STORY[0]} Twice.", *told]
    labels = "".join(f"<div class='l'>Notice</div><p>{line}</p>" for line in STORY)
    assert written(f"<article><p>{LONG}</p>{labels}</article>") == [LONG, *STORY]
    lines = ["Who pays?", STORY[0], "When?", "May.", "And then?", LONG]
    asked = "".join(f"<div class='{'qa'[index % 2]}'>{line}</div>" for index, line in enumerate(lines))
    assert written(f"<article>{asked}</article>") == lines


def test_a_sentence_with_figures_and_one_that_is_a_link_may_end_a_text():
    assert written(f"<article>{PARAGRAPHS}<p>That was in 1998.</p></article>") == [*STORY, "That was in 1998."]
    assert written(f"<article>{PARAGRAPHS}<p><a href='/x'>{LONG}</a></p></article>") == [*STORY, LONG]


def test_what_read_more_opens_is_text_once_and_a_hint_within_a_sentence_is_none():
    more = f"<p>{STORY[0]}<span style='display:none'>{STORY[1]}</span></p><p>{LONG}</p>"
    assert written(f"<article>{more}</article>") == [f"{STORY[0]}{STORY[1]}", LONG]
    twice = f"<p>{STORY[0]}</p><div style='display:none'>{PARAGRAPHS}<p>{LONG}</p></div>"
    assert written(f"<article>{twice}</article>") == [*STORY, LONG]
    words = "The <label>road</label> is <button>closed</button> to <b>all<i hidden>no lorries</i></b>, it is said."
    assert written(f"<article><p>{words}</p>{PARAGRAPHS}</article>")[0] == "The road is closed to all, it is said."


def test_many_words_in_buttons_on_one_line_are_read_in_linear_time():
    begun = time.process_time()
    assert len(written(f"<article><p>It rains. {'a<button>b</button>' * 50_000}c.</p></article>")[0]) == 100_012
    assert time.process_time() - begun < 5
