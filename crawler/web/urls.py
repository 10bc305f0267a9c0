"""What a url alone tells: its normal form, its place, whether it is an article, a listing or a trap.

The normal form is courlan's (tracking parameters go) and then w3lib's (sorted, upper-case percent escapes):
each alone leaves duplicates. It is the key under which the frontier knows a page; what is fetched is the url
as the site wrote it.
"""

from __future__ import annotations

import re
from datetime import date, timedelta
from functools import cache
from urllib.parse import unquote, urljoin, urlsplit, urlunsplit

from babel.core import get_global
from courlan import clean_url
from courlan.clean import TRACKERS_RE
from courlan.filters import FILE_TYPE, is_navigation_page, is_not_crawlable
from w3lib.url import canonicalize_url, safe_url_string

from corpus.arabic import fold
from corpus.dates import day_of, parse_date

PORTS = {"http": 80, "https": 443}

#: The longest url Scrapy's own default lets through; longer ones are traps or state.
MAX_URL = 2083
#: Heritrix: a path segment more often than this, or a path deeper than this, is a trap.
MAX_REPEATS = 2
MAX_SEGMENTS = 20
#: Faceted listings multiply by their parameters; no article of the dev data carries more than four.
MAX_PARAMETERS = 8

#: An identifier that courlan takes for tracking (`cid`, `eid`, `uid`): if dropping it empties the query, the
#: whole query is the page's address on an old script-driven site.
_IDENTIFIER = re.compile(r"(?:^|&)[a-z_]*id=\d+", re.IGNORECASE)
#: The few that are everywhere and never mean anything; for the key courlan knows many more.
_TRACKING = re.compile(r"(?:(?<=&)|^)(?:utm_[a-z]+|fbclid|gclid|yclid|mc_cid|mc_eid|igshid)(?:=|&|$)", re.IGNORECASE)
#: Letters of a label of a host name, and of a whole one (RFC 1035): resolvers raise on longer ones.
MAX_LABEL, MAX_HOST = 63, 253
_CONTROL = re.compile(r"[\x00-\x20\x7f]")

#: A url that is its own wire and normal form, as most links of most sites are: it costs a tenth to see that.
_SIMPLE = re.compile(
    r"https?://(?=[^/]{1,253}/)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.){1,9}[a-z0-9]{1,63}"
    r"(?::(?:[1-9]\d{3}|[1-5]\d{4}))?(?:/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*+/?",
    re.ASCII,
)

#: The same page again, in another dress: AMP, print, comments, replies, sharing.
_OTHER_VIEW = re.compile(
    r"/(?:amp|print|printpage|print-version|share|comments|replytocom)(?:/|\.html?$|$)|\.amp(?:\.html?)?$"
    r"|[?&](?:amp|print|printview|replytocom|share|outputtype=amp|view=amp|format=print|tmpl=component)(?:=|&|$)"
    r"|/(?:طباعة|للطباعة)(?:/|$)",
    re.IGNORECASE,
)
#: Arabic words for tag, page, section, author, archive, search; courlan knows only European ones. They are
#: matched against whole path segments in folded form (`corpus.arabic.fold`).
_ARABIC_LISTING = frozenset(
    fold(word)
    for word in (
        "وسم", "وسوم", "الوسوم", "تاغ", "تاج", "الصفحة", "صفحة", "قسم", "أقسام", "القسم", "تصنيف", "التصنيف",
        "تصنيفات", "كاتب", "الكاتب", "كتاب", "مؤلف", "أرشيف", "الأرشيف", "بحث", "نتائج-البحث", "ملف", "ملفات",
        "برچسب", "صفحه", "آرشیو", "نویسنده", "دسته",
    )
)  # fmt: skip
_LISTING_QUERY = re.compile(r"[?&](?:page|paged|pg|offset|start|from)=\d+", re.IGNORECASE)
#: What an article's path ends in: a long slug, a number of five digits, or something in a dated folder.
_ARTICLE_PATH = re.compile(r"\d{5,}|/\d{4}/\d{1,2}/.*[^\d/]|[^/]{25,}/?$|[-_][^/]*[-_][^/]*[-_][^/]*/?$")
#: A path that ends in a date and nothing else lists the stories of that day or month.
_DATED_LIST = re.compile(r"/\d{4}[/-]\d{1,2}(?:[/-]\d{1,2})?/?$")
_DATE = re.compile(r"(?<!\d)(\d{4})([/-])(\d{1,2})(?:\2(\d{1,2}))?(?!\d)")
_DATE_IN_PATH = re.compile(rf"/{_DATE.pattern}(?=[/-])")
_DATE_IN_URL = re.compile(rf"[/=-]{_DATE.pattern}")
#: No news is older than the web; what is dated further ahead than embargoes reach is a calendar without end.
_FIRST_NEWS = "1990"
_AHEAD = timedelta(days=400)
#: What the years of Nepal are ahead of ours by, and the first that they might be.
_NEPALI_AHEAD, _NEPALI = 57, 2040

#: Session ids in the dress of their servers (Java, PHP, ASP and ASP.NET, ColdFusion, and shops and forums); under other
#: names they are found by what they lead to (`crawler.state.repeats`).
_SESSION_IN_PATH = re.compile(
    r";[a-z_]{0,10}s(?:ession_?)?id=[\w.!-]{8,}|/\((?:[A-Z]\([\w-]{1,80}\)){1,4}\)", re.IGNORECASE
)
_SESSION = re.compile(
    r"(?:php|asp|j|s)?_?sess(?:ion)?_?id|aspsessionid[a-z]*|cfid|cftoken|zenid|oscsid", re.IGNORECASE
)
_SHORT_SESSION = re.compile(r"(?:s|sid|sess|session)=(?=[a-z]*\d)[\da-z]{16,}", re.IGNORECASE)

#: What differs between folders that are of one kind: numbers, and tokens of letters and digits.
_VARYING = re.compile(r"(?=[a-z]*\d)[\da-z]{12,}|\d+", re.IGNORECASE)

#: Sections that are called as a language is: information technology, Italian.
_SECTIONS = frozenset({"it"})
#: Share in percent of the people of a country who speak a language that its editions are written in; for an official
#: one more than there are.
_SPOKEN, _OFFICIAL = 20.0, 101.0
_CODES = re.compile(r"/([a-z]{2})(?:[-_]([a-z]{2}))?(?=/|$)", re.IGNORECASE)
_LANGUAGE_QUERY = re.compile(r"[?&](?:lang|language|hl|locale)=([a-z]{2})(?:[-_]([a-z]{2}))?(?=&|$)", re.IGNORECASE)


def as_ascii(url: str, base: str = "") -> str | None:
    """Return the url as it goes over the wire, made absolute against `base`, or None if it is not for us.

    Only http and https, no user and password, no control characters, no fragment; an Arabic path is
    percent-encoded as UTF-8 and an Arabic host as IDNA.

    >>> as_ascii("/خبر 1#top", "https://example.com/")
    'https://example.com/%D8%AE%D8%A8%D8%B1%201'
    >>> as_ascii("file:///etc/hostname") is None
    True
    """
    whole = "/".join(base.split("/", 3)[:3]) + url if base and url.startswith("/") else url
    if len(whole) <= MAX_URL and _SIMPLE.fullmatch(whole):
        return whole
    try:
        absolute = urljoin(base, url.strip()) if base else url.strip()
        parts = urlsplit(absolute)
        if parts.scheme not in PORTS or not parts.hostname or "@" in parts.netloc or len(absolute) > MAX_URL:
            return None
        wire = safe_url_string(urlunsplit(parts._replace(fragment="")), encoding="utf-8")
        parts = urlsplit(wire)
        host = parts.hostname or ""
        # No label is empty or too long; a dot at the end means the root.
        labels = [len(label) for label in host.removesuffix(".").split(".")]
        if len(host) > MAX_HOST or min(labels) == 0 or max(labels) > MAX_LABEL:
            return None
        if not parts.netloc.isascii() or parts.port == 0 or _CONTROL.search(wire):
            return None
        netloc = parts.netloc.lower().removesuffix(f":{PORTS[parts.scheme]}")
        wire = urlunsplit(parts._replace(netloc=netloc, path=parts.path or "/"))
    except (ValueError, UnicodeError):
        return None
    return wire if len(wire) <= MAX_URL else None


def without_tracking(url: str) -> str:
    """Return the url without parameters that no site needs to find a page; everything else stays as written.

    >>> without_tracking("https://example.com/a?utm_source=x&id=3&fbclid=y")
    'https://example.com/a?id=3'
    """
    path, mark, query = url.partition("?")
    if not mark or not _TRACKING.search(query):
        return url
    kept = "&".join(part for part in query.split("&") if not _TRACKING.match(part))
    return f"{path}?{kept}" if kept else path


def host_and_port(url: str) -> tuple[str, int]:
    """Return the host without `www.`, in lower case, and the port.

    >>> host_and_port("https://WWW.Example.com/a")
    ('example.com', 443)
    """
    parts = urlsplit(url)
    port = parts.port or PORTS.get(parts.scheme, 443)
    return (parts.hostname or "").removeprefix("www.").rstrip("."), port


def site_of(url: str) -> str:
    """Return the host (with its port, if unusual) whose requests are spaced and whose robots.txt rules."""
    return urlsplit(url).netloc.lower()


def key_of(url: str) -> str:
    """Return the normal form under which the frontier knows a page: scheme, `www.` and a slash at the end stay.

    >>> key_of("http://Example.com/a/?utm_source=x&b=2&a=1#t")
    'http://example.com/a/?a=1&b=2'
    """
    if _SIMPLE.fullmatch(url):
        return url
    bare, _, query = url.partition("?")
    bare = _SESSION_IN_PATH.sub(lambda found: "/" if found[0].startswith("/") else "", bare)
    cleaned = clean_url(bare) or bare
    given = [part for part in query.split("&") if part]
    # courlan's own query cleaning would also drop parameters without a value, and with them `story.asp?12345`.
    named = [(part, part.partition("=")[0].lower()) for part in given]
    kept = [
        part
        for part, name in named
        if not (TRACKERS_RE.search(name) or _SESSION.fullmatch(name) or _SHORT_SESSION.fullmatch(part))
    ]
    if not kept and _IDENTIFIER.search(query):
        kept = given
    return canonicalize_url(f"{cleaned}?{'&'.join(kept)}" if kept else cleaned)


def why_not(url: str, language: str = "") -> str:
    """Return why a link is not worth following, in kebab-case, or "" if it is.

    >>> why_not("https://example.com/photo.jpg")
    'not-a-page'
    >>> why_not("https://example.com/a/b/a/b/a/b/a")
    'trap'
    """
    parts = urlsplit(url)
    if is_trap(url):
        return "trap"
    if FILE_TYPE.search(parts.path.rpartition("/")[2]):
        return "not-a-page"
    if _OTHER_VIEW.search(unquote(url)):
        return "other-view"
    if is_not_crawlable(url):
        return "not-a-page"
    return "other-language" if language and is_other_edition(url, language) else ""


def is_other_edition(url: str, language: str) -> bool:
    """Tell whether a url names another language than `language`; editions for countries that speak it do not.

    >>> [is_other_edition(f"https://example.com/{edition}/a", "ar") for edition in ("en", "fr", "sa", "ae", "ar-eg")]
    [True, True, False, False, False]
    """
    wanted = language.partition("-")[0]
    path = _CODES.match(urlsplit(url).path)
    for found, in_path in ((path, True), (_LANGUAGE_QUERY.search(url), False)):
        if found is None:
            continue
        codes = {code.lower() for code in found.groups() if code}
        alone = in_path and len(codes) == 1
        if wanted in codes or (alone and codes <= _SECTIONS):
            continue
        homes = {home.lower() for code in codes if (home := _home_of(code))}
        # "fr" is French, for France is where it is at home; "sa" is Sanskrit, but Saudi Arabia is meant.
        enough = _OFFICIAL if homes & codes else _SPOKEN
        if homes and not (alone and _speakers(*codes, wanted) >= enough):
            return True
    return False


@cache
def _speakers(country: str, language: str) -> float:
    """Return the percentage of a country that speaks a language, or that it is official (CLDR, through Babel)."""
    code = get_global("territory_aliases").get(country.upper(), [country.upper()])[0]
    about = get_global("territory_languages").get(code, {}).get(language)
    return 0.0 if not about else _OFFICIAL if about["official_status"] else float(about["population_percent"])


@cache
def _home_of(code: str) -> str:
    """Return the country that a language is at home in, "" for what is no language or that of no country."""
    home = get_global("likely_subtags").get(code, "").rpartition("_")[2]
    return home if home and _speakers(home, code) >= _SPOKEN else ""


def is_trap(url: str) -> bool:
    """Tell whether the shape of a url is that of an endless site."""
    parts = urlsplit(url)
    segments = [segment for segment in parts.path.split("/") if segment]
    return (
        len(url) > MAX_URL
        or len(segments) > MAX_SEGMENTS
        or max(map(segments.count, segments), default=0) > MAX_REPEATS
        or sum(map(bool, parts.query.split("&"))) > MAX_PARAMETERS
        or _is_far(f"{parts.path}?{parts.query}")
    )


def _is_far(text: str) -> bool:
    """Tell whether a url is dated in years that no newspaper has, by whatever calendar its site goes."""
    last = (date.today() + _AHEAD).isoformat()
    for found in _DATE_IN_URL.finditer(text):
        year, month, day = int(found[1]), int(found[3]), int(found[4] or 0)
        readings = [day_of(year, month, day)] + ([day_of(year - _NEPALI_AHEAD, month, day)] if year > _NEPALI else [])
        if readings[0] and not any(_FIRST_NEWS <= reading <= last for reading in readings):
            return True
    return False


def kind_of(url: str) -> str:
    """Guess from the url alone: "article", "listing", or "page" where it does not say.

    >>> kind_of("https://example.com/وسم/اقتصاد"), kind_of("https://example.com/2024/05/11/a-b/")
    ('listing', 'article')
    """
    readable = unquote(url)
    path = urlsplit(readable).path
    segments = [segment for segment in path.split("/") if segment]
    if not segments or _DATED_LIST.search(path):
        return "listing"
    if is_navigation_page(readable) or _LISTING_QUERY.search(readable):
        return "listing"
    if any(not segment.isascii() and fold(segment) in _ARABIC_LISTING for segment in segments):
        return "listing"
    return "article" if _ARTICLE_PATH.search(path) else "page"


def family_of(url: str) -> str:
    """Return the first folder of a url, numbers and tokens in it made alike; codes of countries are no folders.

    >>> [family_of(f"https://example.com{path}") for path in ("/ar/news/1", "/a.php?date=1", "/a-slug", "/2026/1/x")]
    ['news', 'a.php', '', '0']
    >>> family_of("https://example.com/s(0a1b2c3d4e5f)/news/1.aspx")
    's(0)'
    """
    parts = urlsplit(url)
    segments = [segment for segment in parts.path.split("/") if segment]
    folders = segments if parts.query and len(segments) == 1 else segments[:-1]
    return _VARYING.sub("0", next((folder for folder in folders if len(folder) > 2), "".join(folders[:1])))


def date_in(url: str) -> str:
    """Return the date a url carries in its path, as YYYY-MM or YYYY-MM-DD of our calendar, or "".

    Of a lunar date only the month is sure.

    >>> date_in("https://example.com/2024/5/11/story/"), date_in("https://example.com/fa/1405/08/03/story")
    ('2024-05-11', '2026-10-25')
    """
    return _as_iso(_DATE_IN_PATH.search(urlsplit(url).path))


def date_stated(text: str) -> str:
    """Return the date that a page states of itself, in whatever calendar, as `date_in` does, or with its time."""
    return parse_date(text) or _as_iso(_DATE.search(text))


def _as_iso(found: re.Match[str] | None) -> str:
    if found is None:
        return ""
    day = day_of(int(found[1]), int(found[3]), int(found[4] or 1))
    return day if found[4] else day[:7]
