"""What a fetched page says about itself, where it leads, what its owner asks of robots, and whether it is a wall.

lxml parses a page of 170 KiB in 0.7 ms, and knows comments, scripts and quoted signs from markup. Of what an owner
asks `nofollow` binds the crawler. Everything else is noted in the archive and in the `meta` of the document: who builds
a corpus decides.
"""

from __future__ import annotations

import codecs
import contextlib
import hashlib
import re
import string
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from urllib.parse import quote

from lxml import etree
from scrapy.http import Headers

from corpus.charset import declared_charset, decode
from corpus.errors import RecordError
from corpus.schema_org import is_article, nodes_in

#: A menu and a hundred stories fit; a page of more links is a link farm or a site map.
MAX_LINKS = 2_000
#: Blocks of JSON-LD beyond these are not read.
MAX_BLOCKS = 16
#: Letters of a date, in whatever calendar and words.
MAX_DATE = 40
#: Words of a page's text that are kept, and letters of its title and first headlines. A wall has 3,000 letters at most.
MAX_WORDS, MAX_TITLE, MAX_HEADLINES = 1_000, 300, 3
#: Words of an article that are kept: it is no wall, and they tell its script.
FEW_WORDS = 100
#: Letters of a piece of text outside of links that makes it running text. With them no two of 998 pairs of pages had
#: the same words but copies; with the first 24 pieces of the markup, half the pages of some outlets did.
RUNNING = 40
#: Letters of running text that are looked at: of 258 real pages 16 have more.
MAX_RUNNING = 20_000
#: Letters of running text that are prose enough for every rule that asks how much of it there is.
ENOUGH = 1_000
#: Words of a text so short that it may be a sentence with a name in it, and no story.
SHORT = 40

_FEED_TYPES = ("application/rss+xml", "application/atom+xml", "application/feed+json")
#: Where a page states what crawlers may do; our own name beside everybody's.
_ROBOTS = ("robots", "ghirbal")
_MOVED = re.compile(r"\d{1,3}\s*;\s*url\s*=\s*['\"]?([^'\"\s]+)", re.IGNORECASE)
_NUMBER = re.compile(r"\d+")
_SPACES = " \t\r\n\f"
_PLAIN = string.ascii_letters + string.digits + string.punctuation + " "

NOFOLLOW = "nofollow"
#: What is noted of a page.
_NOTED = ("noindex", NOFOLLOW, "noarchive", "nosnippet", "noai", "noimageai", "unavailable_after", "tdm-reservation")
_OURS = ("ghirbal", "*")
#: Words before a colon that are no name of a robot.
_VALUED = ("unavailable_after", "max-snippet", "max-image-preview", "max-video-preview")
#: An answer of more letters is no wall: those say what to do and stop.
MAX_WALL = 3_000
_MAX_SIGNAL = 60

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


@dataclass(slots=True)
class Reading:
    """What a page holds for the crawler; urls are as written, not yet absolute.

    `robots` are the values of its robots metas. `visible` is its text without scripts, MAX_WORDS words of it, of an
    article FEW_WORDS, and `prose` how many letters of that are no links, or of its running text where they are ENOUGH.
    `words` is a digest of its running text, blind to menus and counters ("" if it has none), and `sketch` are the words
    of a short one, numbers made alike. `wall` names what stands in place of a story under status 200: "challenge",
    "consent-wall", "soft-404", or "" for a page.
    """

    links: tuple[str, ...] = ()
    feeds: tuple[str, ...] = ()
    base: str = ""
    canonical: str = ""
    moved_to: str = ""
    is_article: bool = False
    published: str = ""
    language: str = ""
    title: str = ""
    robots: tuple[str, ...] = ()
    visible: str = ""
    prose: int = 0
    words: str = ""
    sketch: frozenset[str] = frozenset()
    wall: str = ""


def read_page(body: bytes, content_type: str = "") -> Reading:
    """Read links, canonical address, feeds, article marks and wishes of its owner out of an HTML page."""
    markup, charset = _as_utf8(body, content_type)
    reading = Reading()
    parser = etree.HTMLParser(
        encoding="utf-8", remove_comments=True, remove_pis=True, huge_tree=True, collect_ids=False
    )  # fmt: skip
    root = None
    with contextlib.suppress(etree.XMLSyntaxError):
        root = etree.fromstring(markup, parser)
    if root is None:
        return reading
    if b"<template" in markup:
        etree.strip_elements(root, "template", with_tail=False)
    reading.language = root.get("lang", "").strip().lower().partition("-")[0]
    _read_head(root, reading)
    scripts = (script.text for script in root.iter("script") if "ld+json" in (script.get("type") or "").lower())
    for node in (node for text in islice(scripts, MAX_BLOCKS) if text for node in nodes_in(text)):
        if is_article(node.get("@type")):
            reading.is_article = True
            reading.published = reading.published or str(node.get("datePublished") or "")
    reading.published = reading.published[:MAX_DATE]
    reading.links = _links_of(root, charset)
    headlines = islice(root.iter("title", "h1", "h2"), MAX_HEADLINES)
    reading.title = " | ".join(" ".join(" ".join(tag.itertext()).split()) for tag in headlines)[:MAX_TITLE]
    etree.strip_elements(root, "script", "style", "title", with_tail=False)
    reading.visible = _first_words(root, FEW_WORDS if reading.is_article else MAX_WORDS)
    etree.strip_elements(root, "a", with_tail=False)
    running = _running_text(root)
    reading.prose = len(running) if len(running) > ENOUGH else len(_first_words(root, MAX_WORDS))
    if running:
        # To take the spaces out costs a sixth of cutting the words and joining them.
        solid = running.encode("utf-8", "replace").translate(None, string.whitespace.encode())
        reading.words = hashlib.sha256(solid).hexdigest()[:32]
    words = running.split(maxsplit=SHORT)
    if len(words) < SHORT:
        reading.sketch = frozenset(_NUMBER.sub("0", " ".join(words)).split())
    reading.wall = _wall_of(reading, markup)
    return reading


def _first_words(root: etree._Element, most: int) -> str:
    """Return the first words of the text below an element; those that only markup parts stand as one."""
    text = etree.tostring(root, method="text", encoding="utf-8")
    first = b" ".join(text.split(None, most)[:most])
    return " ".join(first.decode("utf-8", "replace").split())


def _running_text(root: etree._Element) -> str:
    """Return the pieces of text that are no labels and counters, as far as MAX_RUNNING letters."""
    pieces, size = [], 0
    for text in root.itertext():
        if len(text.strip()) >= RUNNING:
            pieces.append(str(text))
            size += len(text)
            if size >= MAX_RUNNING:
                break
    return " ".join(pieces)[:MAX_RUNNING]


def _as_utf8(body: bytes, content_type: str) -> tuple[bytes, str]:
    """Return a page in UTF-8, and the charset by which it was read; what is UTF-8 stays as it is."""
    with contextlib.suppress(UnicodeDecodeError):
        if b"\0" not in body and body.decode():
            return body.removeprefix(codecs.BOM_UTF8), "utf-8"
    try:
        text, rung = decode(body, declared_charset(content_type, body))
    except RecordError:
        text, rung = body.decode("utf-8", "replace"), "utf-8-replaced"
    # The rungs of Unicode are "utf-8", "bom-utf-16-le", "utf-8-replaced" and their like.
    charset = re.sub(r"^(?:label|detected)-|\+mojibake$", "", rung)
    return text.replace("\0", "").encode("utf-8", "replace"), "utf-8" if "utf-" in charset else charset


def _links_of(root: etree._Element, charset: str) -> tuple[str, ...]:
    """Return what the anchors of a page point to, as written, each once; not those that it marks `nofollow`."""
    links: dict[str, None] = {}
    for anchor in root.iter("a", "area"):
        link = (anchor.get("href") or "").strip(_SPACES)
        if link and link[0] != "#" and "nofollow" not in (anchor.get("rel") or "").lower().split():
            path, mark, query = link.partition("?")
            if charset != "utf-8" and not query.isascii():
                # As browsers send it: the query in the charset of the page; the path is always UTF-8.
                link = path + mark + quote(query.encode(charset, "xmlcharrefreplace"), safe=_PLAIN)
            links[link] = None
            if len(links) >= MAX_LINKS:
                break
    return tuple(links)


def _read_head(root: etree._Element, reading: Reading) -> None:
    feeds: dict[str, None] = {}
    for tag in root.iter("base", "link"):
        href, relations = (tag.get("href") or "").strip(_SPACES), (tag.get("rel") or "").lower().split()
        if tag.tag == "base":
            reading.base = reading.base or href
        elif "canonical" in relations:
            reading.canonical = reading.canonical or href
        elif "alternate" in relations and (tag.get("type") or "").lower() in _FEED_TYPES:
            feeds[href] = None
    reading.feeds = tuple(feeds)
    for tag in root.iter("meta"):
        name = (tag.get("property") or tag.get("name") or tag.get("http-equiv") or "").lower()
        content = (tag.get("content") or "").strip()
        if name == "og:type":
            reading.is_article |= content.lower() == "article"
        elif name.endswith("published_time"):
            reading.published = reading.published or content
        elif name == "refresh":
            reading.moved_to = moved_in(content) or reading.moved_to
        elif name in _ROBOTS or (name == "tdm-reservation" and content == "1"):
            reading.robots = (*reading.robots, content if name in _ROBOTS else name)


def moved_in(refresh: str) -> str:
    """Return where a Refresh, in markup or a header, leads, "" if it only reloads.

    >>> moved_in("0; URL='/news/1'"), moved_in("300")
    ('/news/1', '')
    """
    target = _MOVED.match(refresh)
    return target[1] if target else ""


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


def _wall_of(reading: Reading, markup: bytes) -> str:
    """Name what stands in place of a story; what marks itself as an article never is a wall."""
    text = reading.visible
    if reading.is_article or len(text) > MAX_WALL:
        return ""
    if reading.prose <= _BARE:
        if _ROBOT.search(reading.title) or _ROBOT.search(text[:_OPENING]) or _CHALLENGE.search(markup):
            return "challenge"
        if _MISSING.search(reading.title):
            return "soft-404"
    sentences = [sentence for sentence in _SENTENCES.split(text) if len(sentence) >= _SENTENCE]
    of_cookies = sum(_COOKIES.search(sentence) is not None for sentence in sentences)
    return "consent-wall" if of_cookies and of_cookies >= _MOST * len(sentences) else ""
