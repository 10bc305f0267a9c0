"""Read what a page says about itself: JSON-LD first, then OpenGraph and other meta elements, then visible marks.

Only what costs one pass over a handful of elements. A date that no markup states is searched for only on demand
(`search_date`), because that search costs as much as the extraction.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import urljoin, urlsplit

from lxml.etree import XPath, _Element

from cleaning.html.markup import text_of
from corpus.arabic import fold
from corpus.dates import parse_date
from corpus.records import Source, name_outlet
from corpus.schema_org import is_article, names_in, nodes_in

#: Elements that are marked as the author; several times as fast as `iterfind`.
_find_marked = cast("Callable[[_Element], list[_Element]]", XPath("//@itemprop[. = 'author']/.."))
_TITLE_CUT = re.compile(r" (?:[|\-–—•·«»‹›<>/:،]|::|\|\|) | ?\| ?")
_TITLE_ENDS = " |-–—•·«»‹›<>/:،"
#: What stands around a headline and is none of it: tags, and marks of direction.
_MARKUP = re.compile(r"</?(?:a|b|i|u|em|strong|span|br|p|font|sub|sup)\b[^<>]*>", re.IGNORECASE)
_MARKS = " \u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff"
_DATE_NAMES = (
    "article:published_time", "og:article:published_time", "datepublished", "publishdate", "pubdate", "date",
    "dc.date.issued", "dc.date", "dcterms.created", "parsely-pub-date", "sailthru.date", "article.published",
    "cxenseparse:recs:publishtime", "publication_date", "publish-date", "article_date_original", "og:published_time",
)  # fmt: skip
_AUTHOR_NAMES = (
    "author", "authors", "article:author", "article.author", "dc.creator", "dcterms.creator", "citation_author",
    "parsely-author", "sailthru.author", "byl",
)  # fmt: skip
#: Part the names in one string, where each has two words at least.
_NAMES_CUT = re.compile(r"[،;|]| (?:and|et|und|&|و|/) ")
_NO_AUTHOR = re.compile(
    r"https?://|www\.|@|\w{3}\.[a-z]{2,3}\b|^(?:admin|administrator|unknown|staff|null|none)$", re.IGNORECASE
)
_BY = re.compile(r"^(?:by|von|par|por|door|oleh|بقلم|كتب|كتبت|إعداد|تحرير|نوشته|از)(?:\s*[:/–-]\s*|\s+)", re.IGNORECASE)
_MAX_AUTHOR = 80
#: More names in marks than this are those of other stories on the page.
_MAX_MARKED = 4
#: Escaped by the editor, by the template, and once more.
_MAX_ESCAPES = 3
#: A stated title of so many characters and dots behind them is the beginning of the headline.
_MIN_STEM = 15
_DOTS = ("…", "...", "..")
_MAX_LANGUAGE = 12
#: Parts of a path that name another form of the same page; and the words and numbers that name a story.
_ADDRESS_PARTS = re.compile(r"/(?:amp|print|m)(?=/|$|\?)")
_ADDRESS_WORD = re.compile(r"[^\W\d_]{5,}|\d{2,}")
_ADDRESS = re.compile(r"https?://[^\s/?#\[\]]+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Metadata:
    """What a page says about itself; "" or () where it says nothing.

    `body` and `description` are the article and its summary as the page's markup gives them: evidence to be checked
    against the visible text, never output.
    """

    title: str = ""
    published: str = ""
    authors: tuple[str, ...] = ()
    canonical: str = ""
    language: str = ""
    tags: tuple[str, ...] = ()
    body: str = ""
    description: str = ""
    is_article: bool = False


def read_metadata(root: _Element, url: str = "") -> Metadata:
    """Collect the metadata of a parsed page; `url` resolves a relative canonical link."""
    stated_in: dict[str, list[str]] = {}
    tagged: list[str] = []
    for element in root.iter("meta"):
        get = element.get
        if get("property") == "article:tag":
            tagged.append(get("content", ""))
        name, content = get("property") or get("name") or get("itemprop"), get("content")
        if name and content and content.strip():
            stated_in.setdefault(name.strip().lower(), []).append(content)
    properties = {name: contents[0] for name, contents in stated_in.items()}
    scripts = (script.text for script in root.iter("script") if "ld+json" in script.attrib.get("type", ""))
    nodes = [node for text in scripts if text for node in nodes_in(text)]
    articles = [node for node in nodes if is_article(node.get("@type"))]
    graph = next((article for article in articles if article.get("articleBody")), articles[0] if articles else {})
    kind = properties.get("og:type", "").lower()

    # The first that is a date: in JSON-LD, in meta elements, in time elements marked as the publication, in others.
    dated = graph.get("datePublished")
    stated = [str(dated) if isinstance(dated, int) else _tidy(_text(dated))]
    stated += [properties.get(name, "") for name in _DATE_NAMES]
    plain: list[str] = []
    for element in root.iter("time"):
        get = element.attrib.get
        is_publication = "datepublished" in get("itemprop", "").lower() or element.attrib.has_key("pubdate")
        (stated if is_publication else plain).append(get("datetime") or get("content") or "")

    websites = [node for node in nodes if "website" in str(node.get("@type")).lower()]
    called = [graph.get("publisher"), *websites, properties.get("og:site_name"), properties.get("application-name")]
    sites = frozenset(fold(_tidy(name)) for value in called for name in names_in(value) or () if name.strip())
    people, others = _credited(graph.get("author") or graph.get("creator"), nodes)
    named = next((names for name in _AUTHOR_NAMES if (names := _names(stated_in.get(name, ()), sites))), ())
    marks = [link for link in root.iter("a") if "author" in link.get("rel", "").split()]
    for mark in _find_marked(root):
        marks += mark.findall(".//*[@itemprop='name']") or ([] if mark.get("itemscope") is not None else [mark])
    marked = _names([mark.get("content") or text_of(mark) for mark in marks], sites)
    marked = marked if len(marked) <= _MAX_MARKED else ()
    authors = _names(people, sites) or named or marked or _names(others, sites)

    links = [link.get("href", "") for link in root.iter("link") if link.get("rel") == "canonical"][:1]
    addresses = (_absolute(address.strip(), url) for address in (*links, properties.get("og:url", "")))
    keywords = graph.get("keywords")
    words = re.split("[,،;]", keywords) if isinstance(keywords, str) else keywords
    tags = [word for word in words if isinstance(word, str)] if isinstance(words, list) else []
    tags += tagged
    # A hint, often a left-over of the site's template.
    language = root.get("lang") or _text(graph.get("inLanguage")) or properties.get("og:locale", "")
    return Metadata(
        title=_title(root, graph, properties, sites),
        published=next(filter(None, map(parse_date, [*stated, _text(graph.get("dateCreated")), *plain])), ""),
        authors=authors,
        canonical=next(filter(None, addresses), ""),
        language=language.strip().lower().replace("_", "-")[:_MAX_LANGUAGE],
        tags=tuple(dict.fromkeys(word for word in map(_tidy, tags) if word)),
        body=_tidy(_text(graph.get("articleBody"))),
        description=_tidy(properties.get("og:description") or properties.get("description", "")),
        is_article=bool(graph) or kind in ("article", "news", "newsarticle") or "article:published_time" in properties,
    )


def _text(value: Any) -> str:
    if isinstance(value, list):
        value = value[0] if value else ""
    if isinstance(value, dict):
        value = value.get("name") or value.get("@value") or value.get("@id") or ""
    return value if isinstance(value, str) else ""


def _tidy(text: str) -> str:
    for _ in range(_MAX_ESCAPES):
        text = html.unescape(text)
    return " ".join((_MARKUP.sub("", text) if "<" in text else text).split()).strip(_MARKS)


def _credited(said: Any, nodes: list[dict[str, Any]]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the names of the people who are named as authors, and those of organisations."""
    known = {node["@id"]: node for node in nodes if isinstance(node.get("@id"), str) and names_in(node)}
    people: list[Any] = []
    others: list[Any] = []
    for one in said if isinstance(said, list) else [said]:
        node = known.get(str(one.get("@id")), one) if isinstance(one, dict) and not names_in(one) else one
        kind = str(node.get("@type")).lower() if isinstance(node, dict) else ""
        (others if "organi" in kind or "corporation" in kind else people).append(node)
    return names_in(people) or (), names_in(others) or ()


def _title(root: _Element, graph: dict[str, Any], properties: dict[str, str], sites: frozenset[str]) -> str:
    """Return the visible headline, which is the stated title without the site's name around it, or that title."""
    stated = _tidy(_text(graph.get("headline")) or properties.get("og:title") or properties.get("twitter:title", ""))
    texts = (_tidy(text_of(h1)) for h1 in root.iter("h1"))
    headings = [text for text in texts if text and fold(text) not in sites]
    element = root.find(".//title")
    window = _tidy(text_of(element)) if element is not None else ""
    if fold(stated) in sites:
        stated = ""
    stated = _without_site(stated or window, sites) or next(iter(headings), "")
    stem = fold(stated.rstrip(" .…"))
    whole = [text for text in (*headings, *_TITLE_CUT.split(window)) if fold(text).startswith(stem)]
    if len(stem) >= _MIN_STEM and stated.endswith(_DOTS) and whole and not whole[0].endswith(_DOTS):
        return whole[0]
    parts = [fold(part.strip()) for part in _TITLE_CUT.split(window)]
    known = fold(f"{stated} {window}")
    for heading in headings:
        # A name at the edge of the window, beside the stated title, is that of the site.
        is_site = stem and stem in parts and fold(heading) in (parts[0], parts[-1]) and fold(heading) not in stem
        if len(heading) > len(stated) / 3 and fold(heading) in known and not is_site:
            return heading
    return stated


def _without_site(title: str, sites: frozenset[str]) -> str:
    """Return a title without the name of the site at its beginning or end."""
    pieces = _TITLE_CUT.split(title)
    if len(pieces) > 1 and fold(pieces[-1].strip()) in sites:
        return title.removesuffix(pieces[-1]).strip(_TITLE_ENDS)
    if len(pieces) > 1 and fold(pieces[0].strip()) in sites:
        return title.removeprefix(pieces[0]).strip(_TITLE_ENDS)
    first, colon, rest = title.partition(": ")
    return rest.strip() if colon and fold(first.strip()) in sites else title


def _absolute(address: str, base: str) -> str:
    """Resolve an address; "" when it is none on the web."""
    try:
        absolute = str(urljoin(base, address)) if address else ""
    except ValueError:
        return ""
    return absolute if _ADDRESS.match(absolute) else ""


def _names(texts: Iterable[str], sites: frozenset[str]) -> tuple[str, ...]:
    """Return the names of people among `texts`, without what introduces them, each once; the site's own is none."""
    names: list[str] = []
    for text in texts:
        whole = _BY.sub("", _tidy(text))
        # Behind a comma may stand an office, unless more names follow.
        listed = _NAMES_CUT.split(whole)
        apart = [name.strip() for one in listed for name in (one.split(",") if len(listed) > 1 else [one])]
        names += apart if all(" " in name for name in apart) else [whole]
    short = (name for name in names if any(map(str.isalpha, name)) and len(name) <= _MAX_AUTHOR)
    return tuple(dict.fromkeys(name for name in short if not _NO_AUTHOR.search(name) and fold(name) not in sites))


def choose_address(url: str, canonical: str) -> str:
    """Return the canonical address of a page, if it is one of the same story on the same site, else its own.

    Sites also name their front page, a section or one story for all pages; the last part of the path, or what stands
    behind `?`, then has nothing in common.

    >>> choose_address("https://m.sahil.example/amp/news-123?utm_source=x", "https://www.sahil.example/2024/news-123")
    'https://www.sahil.example/2024/news-123'
    >>> choose_address("https://sahil.example/politics/news-123", "https://sahil.example/politics")
    'https://sahil.example/politics/news-123'
    """
    if not (url and canonical):
        return url or canonical
    own, other = (urlsplit(_ADDRESS_PARTS.sub("", address)) for address in (url, canonical))
    hosts = [name_outlet("", address, Source("")) for address in (url, canonical)]
    if hosts[0] != hosts[1] or not other.path.strip("/"):
        return url
    last = other.path.rstrip("/").rpartition("/")[2]
    words_of = [
        set(_ADDRESS_WORD.findall(text)) for text in (own.path.rstrip("/").rpartition("/")[2] + own.query, last)
    ]
    return canonical if own.path.rstrip("/") == other.path.rstrip("/") or words_of[0] & words_of[1] else url
