"""One page under many addresses, and pages without end: what is learned, and what is then asked no more."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count

import msgspec
import pytest

from crawler.state.repeats import FREE, Repeats
from crawler.state.rows import Row
from crawler.web.pages import Reading
from crawler.web.urls import family_of, key_of

HOST = "https://e.com"
NUMBERS = count(1)


def row(path: str, family: str | None = None) -> Row:
    account = f"e.com/{family_of(HOST + path)}" if family is None else family
    return Row(HOST + path, HOST + path, "e.com", "e", "page", family=account, id=next(NUMBERS))


def story(words: str, links: tuple[str, ...] = (), prose: int = 500, sketch: str = "") -> Reading:
    """A page of some words; their digest stands for itself."""
    return Reading(words=words, links=links, prose=prose, sketch=frozenset(sketch))


def crawl(repeats: Repeats, link: Callable[[int], str], pages: int = 6) -> list[str]:
    """Crawl a site of a few stories, every link to one of which is new; return what was asked."""
    waiting, asked = ["/", *(link(page) for page in range(pages))], []
    for path in waiting:
        found = row(path)
        if repeats.is_same_page(found) or repeats.is_overdrawn(found.family):
            continue
        asked.append(path)
        assert len(asked) < 60
        links = tuple(link(page) for page in range(pages))
        page = next((page for page in range(pages) if f"id={page}" in path), -1)
        repeats.observe(found, story(f"text {page}", links))
        waiting += links if len(waiting) < 2000 else ()
    return asked


@pytest.mark.parametrize(
    "link", [lambda page, n: f"/n?id={page}&t={n}", lambda page, n: f"/n?u={n}&id={page}&t={n * 7}"]
)
def test_a_parameter_is_noise_when_its_values_change_nothing(link: Callable[[int, int], str]) -> None:
    repeats = Repeats({})
    asked = crawl(repeats, lambda page: link(page, next(NUMBERS)))
    assert len(asked) == 9
    assert crawl(repeats, lambda page: link(page, next(NUMBERS))) == ["/"]


def test_one_value_of_a_parameter_is_noise_where_the_page_is_the_same_without_it() -> None:
    repeats = Repeats({})
    links = tuple(f"/list?id={n}" for n in range(9))
    for section in ("a", "b"):
        repeats.observe(row(f"/{section}"), story(section, links))
        repeats.observe(row(f"/{section}?page=1&x=y"), story(section, links))
    repeats.observe(row("/c"), story("c", links))
    assert repeats.is_same_page(row("/c?page=1"))
    assert repeats.is_same_page(row("/c?x=y"))
    assert not repeats.is_same_page(row("/c?page=2"))
    assert not repeats.is_same_page(row("/d?page=1")), "nobody has asked for it without"


@pytest.mark.parametrize("links_change", [True, False])
def test_parameters_that_lead_to_something_else_are_kept(links_change: bool) -> None:
    repeats = Repeats({})
    for section in range(4):
        for page in range(5):
            words = f"the same words on every page of section {section}" if links_change else "nothing here"
            links = tuple(f"/story?id={section}{page}{n}" for n in range(9)) if links_change else ()
            repeats.observe(row(f"/list?cat={section}&page={page}"), story(words, links))
    assert not repeats.is_same_page(row("/list?cat=1&page=7"))


@pytest.mark.parametrize("words", ["", "لا توجد أحداث في هذا الشهر"])
def test_a_calendar_without_end_costs_twenty_pages_at_most(words: str) -> None:
    repeats = Repeats({})
    repeats.observe(row("/calendar/0"), story(words, prose=20))
    asked = 1
    while not repeats.is_overdrawn("e.com/calendar"):
        barren = repeats.observe(row(f"/calendar/2026/{asked}"), story(words, prose=20))
        assert barren
        asked += 1
    assert asked <= FREE + 3 <= 19
    assert not repeats.is_overdrawn("e.com/news")
    tokens = Repeats({})
    for number in range(FREE + 2):
        tokens.observe(row(f"/s(a{number}b2c3d4e5f60718)/news/1.aspx"), story(words, prose=20))
    assert tokens.is_overdrawn("e.com/s(0)"), "folders that differ in a token are one"
    assert not repeats.is_overdrawn(""), "what lists name and entry points are on no account"


def test_pages_that_differ_by_a_name_are_alike_and_stories_are_not() -> None:
    repeats = Repeats({})
    for number in range(FREE + 3):
        sketch = "no event in this month of the year " + chr(0x4E00 + number)
        assert repeats.observe(row(f"/months/{number}"), story(f"m{number}", sketch=sketch)) == (number > 0)
        repeats.observe(row(f"/news/{number}"), story(f"n{number}", sketch="the" + chr(0x4E00 + number) * 3))
    assert repeats.is_overdrawn("e.com/months")
    assert not repeats.is_overdrawn("e.com/news")


def test_texts_pay_for_lists_without_any() -> None:
    repeats = Repeats({})
    for number in range(100):
        repeats.observe(row(f"/sport/page/{number}"), story("", prose=20))
        assert not repeats.is_overdrawn("e.com/sport")
        for page in range(2):
            # A story that such a list led to stands on its account.
            repeats.observe(row(f"/{number}-{page}", "e.com/sport"), story(f"text {number} {page}"))
    known = Repeats({"e.com/sport": 3})
    for number in range(FREE + 3):
        assert not known.is_overdrawn("e.com/sport")
        known.observe(row(f"/sport/page/{number}"), story("", prose=20))
    assert known.is_overdrawn("e.com/sport")


def test_the_front_page_in_place_of_a_story_is_known() -> None:
    repeats = Repeats({})
    links = tuple(f"/news/{number}" for number in range(20))
    front = row("/", "")
    assert not repeats.is_front(msgspec.structs.replace(front, kind="seed"), story("words", links))
    assert repeats.is_front(row("/news/gone"), story("words", (*links[:18], "/new")))
    assert not repeats.is_front(row("/sport"), story("words", tuple(f"/sport/{n}" for n in range(20))))
    assert not repeats.is_front(row("/news/1"), story("other words", links))


def test_short_prose_and_marked_articles_are_no_empty_pages() -> None:
    repeats = Repeats({})
    for number in range(50):
        assert not repeats.observe(row(f"/poems/{number}"), story("", prose=300))
        assert not repeats.observe(row(f"/photos/{number}"), Reading(is_article=True))
    assert not repeats.is_overdrawn("e.com/poems")
    assert not repeats.is_overdrawn("e.com/photos")


@pytest.mark.parametrize(
    "dress",
    [
        "/news/story.html;jsessionid={}", "/news.php?id=1&PHPSESSID={}", "/news.php?sid={}&id=1",
        "/(S({}))/news/a.aspx",
        "/news.cfm?id=1&CFID=77{}&CFTOKEN={}", "/news.asp?id=1&ASPSESSIONIDABCD={}", "/a?id=1&sessionid={}",
        "/(X(1)S({}))/a",
    ],
)  # fmt: skip
def test_session_ids_make_no_second_page(dress: str) -> None:
    one, other = (dress.replace("{}", value) for value in ("0a1b2c3d4e5f60718293", "ffeeddccbbaa99887766"))
    assert key_of(HOST + one) == key_of(HOST + other)


@pytest.mark.parametrize("path", ["/news.php?sid=12345", "/story,part=2", "/a?s=morning", "/n/(b)/c", "/a?t=5"])
def test_what_only_looks_like_a_session_stays(path: str) -> None:
    assert key_of(HOST + path) == HOST + path
