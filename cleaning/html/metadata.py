"""Read what a page says about itself: JSON-LD first, then OpenGraph and other meta elements, then visible marks.

Only what costs one pass over a handful of elements. A date that no markup states is searched for only on demand
(`search_date`), because that search costs as much as the extraction.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
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
_SPACE = re.compile(r"\s+")
_TITLE_CUT = re.compile(r" [|\-–—•·»:،] | ?\| ?")
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
    properties = _meta_elements(root)
    graph = _article_of(root)
    stated = [_text(graph.get("datePublished")), *(properties.get(name, "") for name in _DATE_NAMES)]
    kind = properties.get("og:type", "").lower()
    return Metadata(
        title=_title(root, graph, properties),
        published=next(filter(None, map(parse_date, stated + _visible_dates(root))), ""),
        authors=_authors(root, graph, properties),
        canonical=_canonical(root, properties, url),
        language=_language(root, graph, properties),
        tags=_tags(root, graph),
        body=_tidy(_text(graph.get("articleBody"))),
        description=_tidy(properties.get("og:description") or properties.get("description", "")),
        is_article=bool(graph) or kind in ("article", "news", "newsarticle") or "article:published_time" in properties,
    )


def _meta_elements(root: _Element) -> dict[str, str]:
    """Map the name of each meta element, in lower case, to its first content."""
    found: dict[str, str] = {}
    for element in root.iter("meta"):
        attributes = element.attrib
        name = attributes.get("property") or attributes.get("name") or attributes.get("itemprop")
        content = attributes.get("content")
        if name and content and content.strip():
            found.setdefault(name.strip().lower(), content)
    return found


def _article_of(root: _Element) -> dict[str, Any]:
    """Return the article among the JSON-LD objects of a page, the first that has a headline or a body."""
    articles: list[dict[str, Any]] = []
    for script in root.iter("script"):
        if "ld+json" in script.attrib.get("type", "") and script.text:
            articles.extend(item for item in _objects(_load(script.text)) if is_article(item.get("@type")))
    full = (item for item in articles if item.get("articleBody"))
    return next(full, articles[0] if articles else {})


def _load(text: str) -> Any:
    if len(text) > _MAX_JSON:
        return None
    text = text.strip().removeprefix("<!--").removesuffix("-->").strip().rstrip(";")
    try:
        return json.loads(text, strict=False)
    except (ValueError, RecursionError):
        return None


def _objects(value: Any, depth: int = 0) -> Iterator[dict[str, Any]]:
    if depth > _MAX_JSON_DEPTH:
        return
    if isinstance(value, list):
        for item in value:
            yield from _objects(item, depth + 1)
    elif isinstance(value, dict):
        yield value
        for key in ("@graph", "mainEntity", "mainEntityOfPage"):
            yield from _objects(value.get(key), depth + 1)


def _text(value: Any) -> str:
    if isinstance(value, list):
        value = value[0] if value else ""
    if isinstance(value, dict):
        value = value.get("name") or value.get("@value") or value.get("@id") or ""
    return value if isinstance(value, str) else ""


def _tidy(text: str) -> str:
    return _SPACE.sub(" ", html.unescape(text)).strip()


def _title(root: _Element, graph: dict[str, Any], properties: dict[str, str]) -> str:
    stated = _tidy(_text(graph.get("headline")) or properties.get("og:title") or properties.get("twitter:title", ""))
    headings = [text for text in (_tidy(text_of(h1)) for h1 in root.iter("h1")) if text]
    element = root.find(".//title")
    window = _tidy(text_of(element)) if element is not None else ""
    if not stated:
        stated = window or (headings[0] if headings else "")
    known = fold(f"{stated} {window}")
    # The visible headline is the stated title without the site's name around it.
    for heading in headings:
        if len(heading) > len(stated) / 3 and fold(heading) in known:
            return heading
    return _without_site(stated, properties.get("og:site_name", ""))


def _without_site(title: str, site: str) -> str:
    """Cut the site's name off an end of `title`, where the page states that name."""
    site = fold(site.strip())
    parts = _TITLE_CUT.split(title)
    if not site or len(parts) < 2:
        return title
    for part in (parts[-1], parts[0]):
        if fold(part) == site:
            rest = title.removesuffix(part) if part == parts[-1] else title.removeprefix(part)
            return rest.strip(" |-–—•·»:،")
    return title


def _visible_dates(root: _Element) -> list[str]:
    """Return what the time elements of a page state, those marked as the publication first."""
    marked: list[str] = []
    plain: list[str] = []
    for element in root.iter("time"):
        get = element.attrib.get
        stated = get("datetime") or get("content") or ""
        is_publication = "datepublished" in get("itemprop", "").lower() or element.attrib.has_key("pubdate")
        (marked if is_publication else plain).append(stated)
    return marked + plain


def _authors(root: _Element, graph: dict[str, Any], properties: dict[str, str]) -> tuple[str, ...]:
    stated = graph.get("author")
    names = [_text(author) for author in (stated if isinstance(stated, list) else [stated])]
    names = [name for name in map(_author, names) if name]
    if not names:
        names = [name for key in _AUTHOR_NAMES if (name := _author(properties.get(key, "")))][:1]
    if not names:
        names = [name for link in root.iterfind(".//a[@rel='author']") if (name := _author(text_of(link)))]
    return tuple(dict.fromkeys(names))


def _author(text: str) -> str:
    name = _BY.sub("", _tidy(text))
    return "" if not name or len(name) > _MAX_AUTHOR or _NO_AUTHOR.search(name) else name


def _canonical(root: _Element, properties: dict[str, str], url: str) -> str:
    link = next((element.get("href", "") for element in root.iterfind(".//link[@rel='canonical']")), "")
    for address in (link, properties.get("og:url", "")):
        try:
            absolute = str(urljoin(url, address.strip()))
        except ValueError:
            continue
        if address.strip() and _ADDRESS.match(absolute):
            return absolute
    return ""


def _language(root: _Element, graph: dict[str, Any], properties: dict[str, str]) -> str:
    """Return the language the page claims ("ar", "pt-br"): a hint, often a left-over of the site's template."""
    claimed = root.get("lang") or _text(graph.get("inLanguage")) or properties.get("og:locale", "")
    return str(claimed).strip().lower().replace("_", "-")[:12]


def _tags(root: _Element, graph: dict[str, Any]) -> tuple[str, ...]:
    stated = graph.get("keywords")
    words = stated if isinstance(stated, list) else re.split("[,،;]", stated) if isinstance(stated, str) else []
    words = [word for word in words if isinstance(word, str)]
    words += [element.get("content", "") for element in root.iterfind(".//meta[@property='article:tag']")]
    return tuple(dict.fromkeys(word for word in map(_tidy, words) if word))
