"""What owners of pages ask, and walls that stand in place of stories."""

from __future__ import annotations

import pytest
from scrapy.http import Headers

from crawler.web.pages import read_page, signals_of


@pytest.mark.parametrize(
    ("metas", "headers", "wanted"),
    [
        ("<meta name=robots content='noindex, FOLLOW'>", [], ["noindex"]),
        ("<meta name=GHIRBAL content=none>", [], ["nofollow", "noindex"]),
        ("<meta name=googlebot content=none>", [], []),
        ("<meta name=tdm-reservation content=1>", [], ["tdm-reservation"]),
        ("", ["noarchive, nofollow", "noai"], ["noai", "noarchive", "nofollow"]),
        ("", ["otherbot: noindex, nofollow"], []),
        ("", ["Ghirbal: noindex", "*: nosnippet"], ["noindex", "nosnippet"]),
        ("", ["unavailable_after: 25 Jun 2026 15:00:00 GMT"], ["unavailable_after: 25 jun 2026 15:00:00 gmt"]),
        ("<meta name=robots content='all, max-snippet:5, max-image-preview:large'>", ["max-snippet: 20"], []),
    ],
)
def test_signals_are_read_from_markup_and_headers(metas: str, headers: list[str], wanted: list[str]) -> None:
    reading = read_page(f"<html><head>{metas}<body>x".encode())
    assert signals_of(reading.robots, Headers({"X-Robots-Tag": headers})) == wanted


def test_a_reservation_in_a_header_is_a_signal() -> None:
    assert signals_of((), Headers({"TDM-Reservation": "1"})) == ["tdm-reservation"]
    assert signals_of((), Headers({"TDM-Reservation": "0"})) == []


STORY = "افتتح الوزير صباح اليوم معرض الكتاب في المدينة القديمة بحضور جمع من القراء والناشرين. " * 30


def page(title: str, text: str, markup: str = "") -> bytes:
    head = f"<head><title>{title}</title>{markup}</head>"
    return f"<html>{head}<body><h1>{title}</h1><p>{text}</p></body></html>".encode()


@pytest.mark.parametrize(
    ("body", "name"),
    [
        (page("Just a moment...", "Please wait."), "challenge"),
        (page("site.example", "", "<script src='/cdn-cgi/challenge-platform/h/b'></script>"), "challenge"),
        (page("Robots", "To go on, please enable JavaScript and cookies in your browser."), "challenge"),
        (page("التحقق من أنك إنسان", "انتظر قليلا"), "challenge"),
        (page("404 - صفحة", "ما تبحث عنه انتقل إلى مكان آخر."), "soft-404"),
        (page("الصفحة غير موجودة", "عد إلى الرئيسية"), "soft-404"),
        (b"<title>site</title><h2>404</h2><p>Go back.", "soft-404"),
        (page("Sayfa bulunamadı", "Ana sayfaya dön"), "soft-404"),
        (page("Welcome", "We and our partners use cookies for advertising. You give your consent by going on."),
         "consent-wall"),
        (page("مرحبا", "نستخدم نحن وشركاؤنا ملفات تعريف الارتباط لنعرض عليك ما يهمك."), "consent-wall"),
        (page("وزير الثقافة يفتتح المعرض", STORY), ""),
        (page("خبر", "قال الوزير إن المعرض مفتوح. وأضاف أن الدخول مجاني. We use cookies on this site."), ""),
        (page("شركة تطلق خدمة ملفات تعريف الارتباط", f"{STORY} cookies."), ""),
        (page("Lost dog not found in village", STORY[:700]), ""),
        (page("أخبار", STORY, "<script src='https://www.google.com/recaptcha/api.js'></script>"), ""),
        (page("Error 404", "x", "<meta property='og:type' content='article'>"), ""),
    ],
)  # fmt: skip
def test_walls_are_told_from_pages(body: bytes, name: str) -> None:
    assert read_page(body).wall == name
