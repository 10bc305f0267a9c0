"""What a url alone tells."""

from __future__ import annotations

from urllib.parse import urljoin, urlsplit

import pytest
from courlan import clean_url
from hypothesis import given
from hypothesis import strategies as st
from w3lib.url import canonicalize_url, safe_url_string

from crawler.web.urls import (
    as_ascii,
    date_in,
    date_stated,
    is_other_edition,
    is_trap,
    key_of,
    kind_of,
    why_not,
    without_tracking,
)
from tests.timing import fastest

BASE = "https://www.example.com/news/today/"


@pytest.mark.parametrize(
    ("link", "wanted"),
    [
        ("story", "https://www.example.com/news/today/story"),
        ("/خبر", "https://www.example.com/%D8%AE%D8%A8%D8%B1"),
        ("//Cdn.Example.com:443/a#b", "https://cdn.example.com/a"),
        ("https://مثال.com", "https://xn--mgbh0fb.com/"),
        ("  /a b\t", "https://www.example.com/a%20b"),
        ("/a\r\nX: y", "https://www.example.com/aX:%20y"),
        ("?page=2", "https://www.example.com/news/today/?page=2"),
        ("file:///etc/hostname", None),
        ("javascript:alert(1)", None),
        ("data:text/html,x", None),
        ("ftp://example.com/", None),
        ("https://user:pw@example.com/", None),
        ("https://example.com:99999/", None),
        ("https://[broken/", None),
        (f"https://{'a' * 63}.com/", f"https://{'a' * 63}.com/"),
        (f"https://{'a' * 64}.com/", None),
        (f"//{'a' * 70}.example.com/x", None),
        (f"https://{'ب' * 70}.com/", None),
        (f"https://{'a.' * 127}com/", None),
        ("https://a..com/", None),
        ("https://.com/", None),
        ("https://example.com./a", "https://example.com./a"),
        ("http://[::1]:8080/a", "http://[::1]:8080/a"),
        ("/" + "x" * 3000, None),
        ("/a/../b//c/./d", "https://www.example.com/b//c/d"),
        ("http://example.com:80/a", "http://example.com/a"),
        ("https://example.com:8080", "https://example.com:8080/"),
        (f"https://{'.'.join(['a' * 60] * 5)}/", None),
    ],
)
def test_links_become_urls_of_the_web_or_nothing(link: str, wanted: str | None) -> None:
    assert as_ascii(link, BASE) == wanted


@given(st.lists(st.sampled_from(["a", "b-c", "2026", "x.html", "~u", "a.b", "..", ".", "", "amp", "A"]), max_size=6))
def test_a_url_that_is_taken_as_it_is_would_be_left_so_by_the_libraries(parts: list[str]) -> None:
    url = as_ascii(f"https://www.example.com/{'/'.join(parts)}")
    assert url is not None
    assert key_of(url) == canonicalize_url(clean_url(url) or url)
    assert url == safe_url_string(urljoin(url, url))


@given(st.text(max_size=80))
def test_whatever_is_linked_the_url_is_ascii_http_and_stable(link: str) -> None:
    url = as_ascii(link, BASE)
    if url is not None:
        assert url.isascii()
        assert urlsplit(url).scheme in ("http", "https")
        assert not set(url) & set(" \r\n\t\0")
        assert as_ascii(url) == url
        assert isinstance(key_of(url), str)
        assert isinstance(why_not(url, "ar") + kind_of(url) + date_in(url), str)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://e.com/a?utm_source=x&b=1", "https://e.com/a?b=1"),
        ("https://e.com/a?b=1&a=2", "https://e.com/a?a=2&b=1"),
        ("https://e.com/%d8%ae", "https://e.com/%D8%AE"),
        ("https://e.com/a#x", "https://e.com/a"),
        ("https://e.com/a?at_medium=rss", "https://e.com/a"),
        ("https://e.com//a", "https://e.com/a"),
    ],
)
def test_two_spellings_of_a_page_have_one_key(one: str, other: str) -> None:
    assert key_of(one) == key_of(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://e.com/story.asp?12345", "https://e.com/story.asp?12346"),
        ("https://e.com/news.php?cid=5", "https://e.com/news.php?cid=6"),
        ("https://e.com/a?id=1", "https://e.com/a?id=2"),
        ("https://e.com/no", "https://e.com/no?1"),
        ("http://e.com/a", "http://e.com:8080/a"),
        ("https://e.com/A", "https://e.com/a"),
    ],
)
def test_two_pages_have_two_keys(one: str, other: str) -> None:
    assert key_of(one) != key_of(other)


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/", "listing"),
        ("/وسم/الميناء", "listing"),
        ("/الصفحة/2", "listing"),
        ("/category/sport/", "listing"),
        ("/sport?page=3", "listing"),
        ("/الكاتب/فلان", "listing"),
        ("/2024/05/11/x/", "article"),
        ("/1405/08/03/123/x", "article"),
        ("/calendar/2026/11/05/", "listing"),
        ("/events/2026-11-05", "listing"),
        ("/news/1234567", "article"),
        ("/حريق-كبير-في-ميناء-المدينة-القديم", "article"),
        ("/sport", "page"),
    ],
)
def test_the_shape_of_a_url_tells_articles_from_listings(path: str, kind: str) -> None:
    assert kind_of(f"https://e.com{path}") == kind


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/a/amp/", "other-view"), ("/a.amp.html", "other-view"), ("/x.amplified", ""), ("/a/print", "other-view"),
        ("/a?amp=1", "other-view"),
        ("/a/للطباعة/", "other-view"), ("/camp/story", ""), ("/blueprint/a", ""),
        ("/x.jpg", "not-a-page"), ("/x.pdf?v=1", "not-a-page"),
        ("/login", "not-a-page"), ("/en/story", "other-language"), ("/ar/story", ""), ("/story.html", ""),
        ("/a/b/a/b/a/b", "trap"), ("/" + "/".join("abcdefghijklmnopqrstu"), "trap"),
        ("/?" + "&".join(f"f{n}=1" for n in range(9)), "trap"),
        ("/calendar/2099/01/31/", "trap"), ("/2024/05/11/a/", ""), ("/news/2145/12", ""),
        ("/fa/news/1405/08/03/9/a", "other-language"), ("/news/1405/08/03/a", ""), ("/news/1448-05-03-a", ""),
        ("/news/2569/11/03/a", ""), ("/news/2083/07/12/a", ""), ("/days?date=1850-01-01", ""), ("/1720/01/01/", ""),
        ("/news/1470/05/03/", "trap"), ("/news/1340/05/03/", "trap"), ("/archive?date=1923-01-01", "trap"),
    ],
)  # fmt: skip
def test_links_not_worth_following_are_named(path: str, reason: str) -> None:
    assert why_not(f"https://e.com{path}", "ar") == reason


def followed(editions: str, language: str) -> list[str]:
    return [one for one in editions.split() if not is_other_edition(f"https://e.com/{one}/news/a", language)]


def test_countries_are_no_languages() -> None:
    arabic = "sa ae kw qa bh om ye iq sy jo lb ps eg ly tn dz ma mr sd so dj km ar ar-sa ar_AE sa-ar"
    assert followed(f"{arabic} en fr fa en-sa sa-en de", "ar") == arabic.split()
    assert followed("fr be ch ca sn ml ar en de ca-en", "fr") == ["fr", "be", "ch", "ca", "sn", "ml"]
    assert followed("us uk in au za ie ng fr de ar", "en") == ["us", "uk", "in", "au", "za", "ie", "ng"]
    assert followed("mx ar co pe en pt", "es") == ["mx", "ar", "co", "pe"]
    assert followed("it tv news x1", "ar") == ["it", "tv", "news", "x1"], "sections, not Italian"
    assert is_other_edition("https://e.com/a?lang=en", "ar")
    assert not is_other_edition("https://e.com/a?lang=ar&hl=ar-EG", "ar")


def test_dates_of_other_calendars() -> None:
    assert date_in("https://e.com/fa/news/1405/08/03/9/a") == "2026-10-25"
    assert date_in("https://e.com/news/1448-05-03-a") == "2026-10", "of a lunar date only the month is sure"
    assert date_in("https://e.com/news/2569/11/a") == "2026-11"
    stated = ("1405/08/10", "۱۴۰۵/۰۸/۱۰", "1405-08-10T10:00:00+03:30", "2026-11-01T08:00:00Z", "1448/05/03", "soon")
    assert [date_stated(one)[:10] for one in stated] == ["2026-11-01"] * 4 + ["2026-10", ""]


def test_dates_in_paths() -> None:
    assert date_in("https://e.com/2024/5/11/a/") == "2024-05-11"
    assert date_in("https://e.com/news/2024-05/a") == "2024-05"
    assert date_in("https://e.com/2024/13/11/a/") == ""
    assert date_in("https://e.com/a?d=/2024/05/01/") == ""


def test_only_tracking_is_taken_from_what_is_fetched() -> None:
    assert without_tracking("https://e.com/a?fbclid=1") == "https://e.com/a"
    assert without_tracking("https://e.com/a?x=utm_source&ref=1") == "https://e.com/a?x=utm_source&ref=1"
    assert without_tracking("https://e.com/a?b=1&utm_id=2&c") == "https://e.com/a?b=1&c"


@pytest.mark.parametrize("path", ["a/" * 900, "a-" * 900, "?" + "a=1&" * 500, "/2024" * 400, "%d8" * 600, "0" * 1900])
def test_hostile_urls_cost_no_time(path: str) -> None:
    url = f"https://e.com/{path}"

    def twenty() -> None:
        for _ in range(20):
            as_ascii(url), key_of(url), why_not(url, "ar"), kind_of(url), date_in(url), is_trap(url)

    assert fastest(twenty, 0.2) < 0.2
