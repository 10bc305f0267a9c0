"""Whose text a page gets, and what crosses to the rival and back."""

import re
from types import SimpleNamespace

import pytest

from cleaning.html.body import Body
from cleaning.html.extract import extract_html
from cleaning.html.layout import Layout
from cleaning.html.metadata import Metadata
from cleaning.html.rival import choose, contained, trafilatura_text

OWN = "The hall was full on Sunday when the orchestra played for the first time in its new home by the river."


class Fixed(Body):
    """A body with the text we say."""

    text = f"In the new hall\n{OWN * 3}"
    prose = OWN * 3


def judged(monkeypatch, rival, *, share=0.5, named=False, is_article=False, precise=None):
    asked = []

    def answer(_html, focus="balanced"):
        asked.append(focus)
        return rival if focus == "balanced" or precise is None else precise

    monkeypatch.setattr("cleaning.html.rival.trafilatura_text", answer)
    body = Fixed(share=share, named=named)
    return choose("<html>", body, Layout(), Metadata(is_article=is_article)), asked


def test_named_body_with_most_of_the_prose_needs_no_rival(monkeypatch):
    choice, asked = judged(monkeypatch, "other", share=0.7, named=True)
    assert (choice.text, choice.extractor, choice.doubtful, asked) == (Fixed.text, "structure", False, [])


def test_a_name_or_a_share_alone_makes_nothing_sure(monkeypatch):
    assert judged(monkeypatch, "other", share=0.59, named=True)[0].doubtful is True
    assert judged(monkeypatch, "other", share=1.0)[0].doubtful is True


def test_nearly_all_of_enough_prose_needs_no_rival(monkeypatch):
    monkeypatch.setattr(Fixed, "told", 500)
    assert judged(monkeypatch, "other", share=0.95)[1] == []
    assert judged(monkeypatch, "other", share=0.94)[1] == ["balanced"]


def test_our_text_stands_when_the_rival_has_it_too(monkeypatch):
    choice, asked = judged(monkeypatch, "Menu. " + OWN * 3 + " And a lot of other text that nobody asked for.")
    assert (choice.text, choice.extractor, choice.doubtful, asked) == (Fixed.text, "structure", True, ["balanced"])


@pytest.mark.parametrize(("share", "rival"), [(0.5, "Another story altogether, about the harvest."), (0.3, OWN * 4)])
def test_rival_wins_without_agreement_or_with_little_prose(monkeypatch, share, rival):
    choice, _ = judged(monkeypatch, rival, share=share)
    assert (choice.text, choice.extractor) == (rival, "trafilatura")


def test_precise_rival_has_to_back_more_of_our_text(monkeypatch):
    half = f"{OWN * 2} It went on to the hall of the neighbours, who had not been told, and to the fire brigade."
    assert judged(monkeypatch, half)[0].extractor == "structure"
    assert judged(monkeypatch, half, precise=half, is_article=True)[0].extractor == "trafilatura"


def test_tables_and_lists_of_the_rival_are_written_as_our_own(monkeypatch):
    written = f"{OWN}\n\n- first\n| Team | Points |\n|---|---|\n| River | 3 |\n| {OWN} | {OWN} |\n| a \\| b | |"
    monkeypatch.setattr("trafilatura.bare_extraction", lambda *_args, **_options: SimpleNamespace(text=written))
    rows = ["first", "Team | Points", "River | 3", OWN, OWN, "a | b"]
    assert trafilatura_text("<p>x</p>").split("\n") == [OWN, *rows]


def test_article_is_asked_for_precisely_and_again_when_that_finds_little(monkeypatch):
    assert judged(monkeypatch, "b" * 300, precise="p" * 300, is_article=True)[1] == ["precision"]
    choice, asked = judged(monkeypatch, "b" * 300, precise="p" * 100, is_article=True)
    assert (choice.text, asked) == ("b" * 300, ["precision", "balanced"])


def test_silent_rival_leaves_our_text(monkeypatch):
    assert judged(monkeypatch, "")[0].text == Fixed.text


@pytest.mark.parametrize(
    ("part", "whole", "share"),
    [
        ("", "a b c d", 0.0),
        ("a b c d e", "x a b c d e y", 1.0),
        ("a b c d e", "a b c d x", 0.5),
        ("أَهلاً", "اهلا", 1.0),
        ("a", "", 0.0),
    ],
)
def test_contained(part, whole, share):
    assert contained(part, whole) == share


def test_trafilatura_keeps_joiners():
    sentence = "این خانه\u200cها را پیش از زمستان می\u200cسازند و مردم به آن\u200cها می\u200cروند و می\u200cمانند. "
    written = sentence.replace("\u200c", "&zwnj;", 1).replace("\u200c", "&#8204;", 1).replace("\u200c", "&#x200C;", 1)
    html = f"<html><body><article><p>{written * 4}</p><p>{sentence * 3}</p></article></body></html>"
    assert trafilatura_text(html).split("\n")[0] == (sentence * 4).strip()


@pytest.mark.parametrize("fault", [AttributeError, IndexError, RecursionError, ValueError])
def test_fault_of_the_rival_does_not_cost_the_page(monkeypatch, fault):
    def break_down(*_args, **_options):
        raise fault

    monkeypatch.setattr("trafilatura.bare_extraction", break_down)
    assert trafilatura_text("<p>x</p>") == ""
    assert extract_html(f"<html><body><div><p>{OWN}</p></div></body></html>").text == OWN


SHELF = "<h1>Lamps</h1>" + "".join(
    f"<div class='card'><h3>BEFORELamp {i}BEHIND</h3><p>Oak, {i} kg</p><div class='price'>{i} dinars</div></div>"
    for i in range(8)
)
WORDS = "Our lamps are made by hand, in two sizes, and every one of them is mended here for as long as you live."


@pytest.mark.parametrize(
    ("link", "head", "extractor", "listing"),
    [
        (("", ""), "", "main", False),
        (("<a href='/lamp'>All about our fine and very bright and lasting ", "</a>"), "", "main", True),
        (("", ""), '<meta property="og:type" content="article">', "structure", False),
    ],
)
def test_whole_main_element_is_the_text_of_a_page_that_is_no_article(link, head, extractor, listing):
    menu, aside = "<nav><a href='/'>Home</a></nav>", "<div class='cookie-note'><p>We use cookies.</p></div>"
    main = f"<main>{menu}{SHELF.replace('BEFORE', link[0]).replace('BEHIND', link[1])}<p>{WORDS}</p>{aside}</main>"
    found = extract_html(f"<html><head>{head}</head><body>{menu}{main}<p>Far below, nobody reads.</p></body></html>")
    assert (found.extractor, found.listing) == (extractor, listing)
    title = re.sub("<[^>]+>", "", link[0])
    cards = [line for i in range(8) for line in (f"{title}Lamp {i}", f"Oak, {i} kg", f"{i} dinars")]
    assert found.text.split("\n") == (["Lamps", *cards, WORDS] if extractor == "main" else [WORDS])


def test_cards_are_the_text_of_a_list_whatever_their_class_is_called():
    cards = "".join(f"<div class='teaser'><a href='/{i}'>Lamp {i}</a><p>Oak, {i} kg.</p></div>" for i in range(3))
    found = extract_html(f"<html><body><main><h1>Lamps</h1>{cards}</main></body></html>")
    assert found.text == "Lamps\n" + "\n".join(f"Lamp {i}\nOak, {i} kg." for i in range(3))


def test_page_of_links_has_no_text():
    links = "".join(f"<li><a href='/{i}'>Section {i}</a></li>" for i in range(9))
    found = extract_html(f"<html><body><ul>{links}</ul></body></html>")
    assert (found.text, found.extractor, found.doubtful) == ("", "none", True)
