"""What the owner of a page asks of robots, in its markup and its headers, and pages that stand in front of others.

`nofollow` binds the crawler. Everything else is noted in the archive and in the `meta` of the document: who builds a
corpus decides.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from scrapy.http import Headers

from crawler.web.pages import Reading

NOFOLLOW = "nofollow"
#: What is noted of a page.
_NOTED = ("noindex", NOFOLLOW, "noarchive", "nosnippet", "noai", "noimageai", "unavailable_after", "tdm-reservation")
_OURS = ("ghirbal", "*")
#: Words before a colon that are no name of a robot.
_VALUED = ("unavailable_after", "max-snippet", "max-image-preview", "max-video-preview")
#: An answer of more letters is no wall: those say what to do and stop.
MAX_WALL = 3_000
_MAX_SIGNAL = 60


def signals_of(metas: Iterable[str], headers: Headers) -> list[str]:
    """Return what robots metas, X-Robots-Tag headers and a TDM reservation ask of us, sorted.

    >>> signals_of(["NONE"], Headers({"X-Robots-Tag": ["otherbot: noarchive", "ghirbal: noai"]}))
    ['noai', 'nofollow', 'noindex']
    """
    found = {"tdm-reservation"} if (headers.get("tdm-reservation") or b"").strip() == b"1" else set()
    tags = [value.decode("latin-1") for value in headers.getlist("X-Robots-Tag")]
    for text in (*metas, *map(_for_us, tags)):
        for part in text.split(","):
            name, _, value = (piece.strip() for piece in part.lower().partition(":"))
            found |= {"noindex", NOFOLLOW} if name == "none" else {f"{name}: {value}"[:_MAX_SIGNAL] if value else name}
    return sorted(signal for signal in found if signal.partition(":")[0] in _NOTED)


def _for_us(header: str) -> str:
    """Return the value of an X-Robots-Tag without the robot it is for, "" if that is another."""
    robot, colon, rest = header.partition(":")
    name = robot.strip().lower()
    if not colon or "," in robot or name in _VALUED:
        return header
    return rest if name in _OURS else ""


#: What services that stand before a site leave in the markup of their tests for robots.
_CHALLENGE = re.compile(
    rb"cdn-cgi/challenge-platform|[_-]cf[_-]chl|_Incapsula_Resource|captcha-delivery\.com|px-captcha|awsWafCookie"
    rb"|ddos-guard|sucuri_cloudproxy|(?:h|re)captcha/api\.js|g-recaptcha|h-captcha|cf-turnstile",
    re.IGNORECASE,
)
_ROBOT = re.compile(
    r"not a (?:ro)?bot|are you (?:a (?:ro)?bot|human)|you are human|checking your browser|just a moment"
    r"|(?:enable|activate) (?:javascript|cookies)|attention required|security check|access denied"
    r"|لست روبوت|التحقق من أنك",
    re.IGNORECASE,
)
_MISSING = re.compile(
    r"(?:^|\W)404(?:\W|$)|not found|does(?: not|n't) exist|no longer (?:available|exists)|introuvable|nicht gefunden"
    r"|no encontrad|non trovata|não encontrad|bulunamadı|не найден|یافت نشد|يافت نشد|نہیں ملا"
    r"|غير موجود|لم يتم العثور|تعذر العثور",
    re.IGNORECASE,
)
_COOKIES = re.compile(
    r"\b(?:cookies?|consent|privacy|gdpr|consentement|datenschutz)|çerez|ملفات تعريف الارتباط|الكوكيز|کوکی",
    re.IGNORECASE,
)
#: Letters beside the links of a page that holds no story, and letters at its beginning that would say what it is.
_BARE, _OPENING = 600, 300
_SENTENCES = re.compile(r"[.!?؟۔\n]+")
_SENTENCE = 20
#: Share of its sentences that speak of cookies or consent where a page is a wall.
_MOST = 0.5


def wall_of(reading: Reading) -> str:
    """Name what stands in place of a story under status 200, in kebab-case: "" for a page.

    What marks itself as an article never is one.
    """
    text = reading.visible
    if reading.is_article or len(text) > MAX_WALL:
        return ""
    if reading.prose <= _BARE:
        if _ROBOT.search(reading.title) or _ROBOT.search(text[:_OPENING]) or _CHALLENGE.search(reading.markup):
            return "challenge"
        if _MISSING.search(reading.title):
            return "soft-404"
    sentences = [sentence for sentence in _SENTENCES.split(text) if len(sentence) >= _SENTENCE]
    of_cookies = sum(_COOKIES.search(sentence) is not None for sentence in sentences)
    return "consent-wall" if of_cookies and of_cookies >= _MOST * len(sentences) else ""
