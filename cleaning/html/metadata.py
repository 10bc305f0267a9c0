"""Read what a page says about itself: JSON-LD first, then OpenGraph and other meta elements, then visible marks.

Only what costs one pass over a handful of elements. A date that no markup states is searched for only on demand
(`search_date`), because that search costs as much as the extraction.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin

from lxml.etree import _Element

from cleaning.html.markup import text_of
from corpus.arabic import fold
from corpus.dates import parse_date
from corpus.schema_org import is_article

#: Larger blobs hold catalogues, not articles.
_MAX_JSON = 2_000_000
_MAX_JSON_DEPTH = 12
_NESTED = ("@graph", "mainEntity", "mainEntityOfPage")
_SPACE = re.compile(r"\s+")
_TITLE_CUT = re.compile(r" [|\-–—•·»:،] | ?\| ?")
_TITLE_ENDS = " |-–—•·»:،"
_DATE_NAMES = (
    "article:published_time", "og:article:published_time", "datepublished", "publishdate", "pubdate", "date",
    "dc.date.issued", "dc.date", "dcterms.created", "parsely-pub-date", "sailthru.date", "article.published",
    "cxenseparse:recs:publishtime", "publication_date", "publish-date", "article_date_original", "og:published_time",
)  # fmt: skip
_AUTHOR_NAMES = ("author", "article:author", "dc.creator", "parsely-author", "sailthru.author", "byl")
_NO_AUTHOR = re.compile(
    r"https?://|www\.|@|\.(?:com|net|org)\b|^(?:admin|administrator|unknown|staff|null|none)$", re.IGNORECASE
)
_BY = re.compile(r"^(?:by|von|par|por|door|oleh|بقلم|كتب|كتبت|تحرير|نوشته|از)\s*:?\s+", re.IGNORECASE)
_MAX_AUTHOR = 80
_MAX_LANGUAGE = 12
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
    properties: dict[str, str] = {}
    for element in root.iter("meta"):
        get = element.attrib.get
        name, content = get("property") or get("name") or get("itemprop"), get("content")
        if name and content and content.strip():
            properties.setdefault(name.strip().lower(), content)
    scripts = (script.text for script in root.iter("script") if "ld+json" in script.attrib.get("type", ""))
    articles = [article for text in scripts if text for article in _articles(text)]
    graph = next((article for article in articles if article.get("articleBody")), articles[0] if articles else {})
    kind = properties.get("og:type", "").lower()

    # The first that is a date: in JSON-LD, in meta elements, in time elements marked as the publication, in others.
    stated = [_text(graph.get("datePublished")), *(properties.get(name, "") for name in _DATE_NAMES)]
    plain: list[str] = []
    for element in root.iter("time"):
        get = element.attrib.get
        is_publication = "datepublished" in get("itemprop", "").lower() or element.attrib.has_key("pubdate")
        (stated if is_publication else plain).append(get("datetime") or get("content") or "")

    said = graph.get("author")
    authors = _names(map(_text, said if isinstance(said, list) else [said]))
    authors = authors or _names(properties.get(name, "") for name in _AUTHOR_NAMES)[:1]
    authors = authors or _names(map(text_of, root.iterfind(".//a[@rel='author']")))

    links = [element.get("href", "") for element in root.iterfind(".//link[@rel='canonical']")][:1]
    addresses = (_absolute(address.strip(), url) for address in (*links, properties.get("og:url", "")))
    keywords = graph.get("keywords")
    words = re.split("[,،;]", keywords) if isinstance(keywords, str) else keywords
    tags = [word for word in words if isinstance(word, str)] if isinstance(words, list) else []
    tags += [element.get("content", "") for element in root.iterfind(".//meta[@property='article:tag']")]
    # A hint, often a left-over of the site's template.
    language = root.get("lang") or _text(graph.get("inLanguage")) or properties.get("og:locale", "")
    return Metadata(
        title=_title(root, graph, properties),
        published=next(filter(None, map(parse_date, stated + plain)), ""),
        authors=authors,
        canonical=next(filter(None, addresses), ""),
        language=language.strip().lower().replace("_", "-")[:_MAX_LANGUAGE],
        tags=tuple(dict.fromkeys(word for word in map(_tidy, tags) if word)),
        body=_tidy(_text(graph.get("articleBody"))),
        description=_tidy(properties.get("og:description") or properties.get("description", "")),
        is_article=bool(graph) or kind in ("article", "news", "newsarticle") or "article:published_time" in properties,
    )


def _articles(text: str) -> Iterator[dict[str, Any]]:
    """Yield the articles among the JSON-LD objects of one script, in the order in which they stand."""
    if len(text) > _MAX_JSON:
        return
    text = text.strip().removeprefix("<!--").removesuffix("-->").strip().rstrip(";")
    try:
        waiting = [(json.loads(text, strict=False), 0)]
    except (ValueError, RecursionError):
        return
    while waiting:
        value, depth = waiting.pop()
        if isinstance(value, dict):
            if is_article(value.get("@type")):
                yield value
            value = [value[key] for key in _NESTED if key in value]
        if isinstance(value, list) and depth < _MAX_JSON_DEPTH:
            waiting += [(inner, depth + 1) for inner in reversed(value)]


def _text(value: Any) -> str:
    if isinstance(value, list):
        value = value[0] if value else ""
    if isinstance(value, dict):
        value = value.get("name") or value.get("@value") or value.get("@id") or ""
    return value if isinstance(value, str) else ""


def _tidy(text: str) -> str:
    return _SPACE.sub(" ", html.unescape(text)).strip()


def _title(root: _Element, graph: dict[str, Any], properties: dict[str, str]) -> str:
    """Return the visible headline, which is the stated title without the site's name around it, or that title."""
    stated = _tidy(_text(graph.get("headline")) or properties.get("og:title") or properties.get("twitter:title", ""))
    headings = [text for text in (_tidy(text_of(h1)) for h1 in root.iter("h1")) if text]
    element = root.find(".//title")
    window = _tidy(text_of(element)) if element is not None else ""
    stated = stated or window or next(iter(headings), "")
    known = fold(f"{stated} {window}")
    for heading in headings:
        if len(heading) > len(stated) / 3 and fold(heading) in known:
            return heading
    site = fold(properties.get("og:site_name", "").strip())
    parts = _TITLE_CUT.split(stated)
    if site and len(parts) > 1:
        if fold(parts[-1]) == site:
            return stated.removesuffix(parts[-1]).strip(_TITLE_ENDS)
        if fold(parts[0]) == site:
            return stated.removeprefix(parts[0]).strip(_TITLE_ENDS)
    return stated


def _absolute(address: str, base: str) -> str:
    """Resolve an address; "" when it is none on the web."""
    try:
        absolute = str(urljoin(base, address)) if address else ""
    except ValueError:
        return ""
    return absolute if _ADDRESS.match(absolute) else ""


def _names(texts: Iterable[str]) -> tuple[str, ...]:
    """Return the names of people among `texts`, without what introduces them, each once."""
    names = (_BY.sub("", _tidy(text)) for text in texts)
    return tuple(dict.fromkeys(n for n in names if n and len(n) <= _MAX_AUTHOR and not _NO_AUTHOR.search(n)))
