"""Read what a site publishes for machines: sitemaps, news sitemaps, RSS, Atom, JSON Feed and plain lists of urls.

One reader takes them all, whatever they are called. Everything is capped: entries a file, bytes a file and, in the
frontier, how deep sitemap indexes may nest. XML is parsed without its declarations: no entities, DTD or network.
"""

from __future__ import annotations

import contextlib
import html
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any
from urllib.parse import urljoin

import orjson
from lxml import etree

from corpus.charset import declared_charset, decode
from corpus.dates import parse_date
from corpus.errors import RecordError
from corpus.formats import unpack

#: The sitemap protocol's own limit.
MAX_ENTRIES = 50_000
#: A sitemap of this size is 50,000 long urls; the protocol allows 50 MB, our downloads 10 MiB.
MAX_XML = 32 * 1024 * 1024
#: Sitemaps in gzip that a server compresses once more, and once more.
MAX_LAYERS = 3
#: The longest title worth carrying.
MAX_TITLE = 500

#: The root of a listing; what stands before it (declarations, warnings of a server, comments) is passed over.
_ROOT = re.compile(r"<(?:[A-Za-z][\w.-]{0,20}:)?(urlset|sitemapindex|rss|feed|rdf)(?=[\s>])", re.IGNORECASE)
_ROOT_BYTES = re.compile(_ROOT.pattern.encode(), re.IGNORECASE)
_JSON_FEED = b"jsonfeed.org/version"
#: Bytes of a page among which the root of a listing is looked for.
_HEAD = 4096
_GZIP_MAGIC = b"\x1f\x8b"
_XML_LABEL = re.compile(rb"\s*<\?xml\s[^<>]{0,200}?encoding\s{0,5}=\s{0,5}[\"']([A-Za-z0-9_.:-]{2,40})")
_REFERENCE = re.compile(r"&(?:#(?:[xX][0-9a-fA-F]{1,8}|[0-9]{1,10});?|[A-Za-z][A-Za-z0-9]{1,31};)?")
#: Elements that are entries, and in which of their parts each thing stands, best first.
_ENTRIES = frozenset(("url", "sitemap", "item", "entry"))
_ADDRESSES = ("loc", "origlink", "link", "guid", "id")
_DATES = ("publication_date", "pubdate", "published", "date", "issued", "updated", "modified")
#: Namespaces, or prefixes that nobody declared, whose elements tell of the entry itself; those of images and videos
#: have titles and addresses too.
_KIN = re.compile(r"purl\.org/dc/|2005/atom|sitemap-news|feedburner|^(?:dc|atom|news)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ListingEntry:
    """One place a sitemap or feed points to; `kind` is "article" or "sitemap", dates are ISO 8601 or ""."""

    url: str
    kind: str = "article"
    published: str = ""
    changed: str = ""
    title: str = ""


def read_listing(body: bytes, content_type: str, encodings: str = "") -> list[ListingEntry] | None:
    """Return the entries of a listing, None if it is none; a broken one gives what it can."""
    with contextlib.suppress(RecordError):
        body, _ = unpack(body, encodings, MAX_XML)
    for _ in range(MAX_LAYERS):
        if body.startswith(_GZIP_MAGIC):
            body = _gunzipped(body)
    # Its charset is found as that of a page is, for their labels are wrong as often.
    label = _XML_LABEL.match(body[:1024])
    try:
        text = decode(body, declared_charset(content_type) or (label[1].decode("ascii") if label else ""))[0]
    except RecordError:
        text = ""
    if root := _ROOT.search(text):
        return list(islice(_xml_entries(_parsable(text[root.start() :])), MAX_ENTRIES))
    if text.lstrip().startswith("{"):
        return _json_entries(text)
    lines = [line.strip() for line in text.split("\n")]
    return [ListingEntry(line) for line in lines if line.startswith(("http://", "https://"))][:MAX_ENTRIES] or None


def is_listing(body: bytes) -> bool:
    """Tell from its first bytes whether a body is a listing."""
    start = body[:_HEAD]
    return _ROOT_BYTES.search(start) is not None or (start.lstrip()[:1] == b"{" and _JSON_FEED in start)


def _gunzipped(body: bytes) -> bytes:
    """Unpack gzip as far as it goes: it may be cut, damaged, or have something else behind it."""
    text = b""
    while body.startswith(_GZIP_MAGIC) and len(text) < MAX_XML:
        engine = zlib.decompressobj(31)
        with contextlib.suppress(zlib.error):
            text += engine.decompress(body, MAX_XML - len(text))
        body = engine.unused_data
    return text


def _parsable(text: str) -> str:
    """Mend what makes a parser fail far from its place, outside of CDATA sections.

    Bare ampersands are escaped and names of HTML resolved; references to what is no character become U+FFFD.
    """
    def mended(markup: str) -> str:
        return _REFERENCE.sub(lambda found: html.escape(html.unescape(found[0])), markup)

    first, *sections = text.split("<![CDATA[")
    parts = [mended(first)]
    for section in sections:
        data, end, markup = section.partition("]]>")
        parts += ["<![CDATA[", data, end, mended(markup)]
    return "".join(parts).encode("utf-8", "replace").decode()


def _xml_entries(text: str) -> Iterator[ListingEntry]:
    parser = etree.XMLParser(
        encoding="utf-8", recover=True, remove_comments=True, remove_pis=True, resolve_entities=False, no_network=True,
        load_dtd=False, huge_tree=False,
    )  # fmt: skip
    root = None
    with contextlib.suppress(etree.XMLSyntaxError):
        root = etree.fromstring(text.encode(), parser)
    for element in () if root is None else root.iter(etree.Element):
        kind = _name(element, _split(element)[0])
        found = _parts_of(element) if kind in _ENTRIES else {}
        if url := next((found[name] for name in _ADDRESSES if name in found), ""):
            yield ListingEntry(
                url=url,
                kind="sitemap" if kind == "sitemap" else "article",
                published=next((date for name in _DATES if (date := parse_date(found.get(name, "")))), ""),
                changed=parse_date(found.get("lastmod", "")),
                title=html.unescape(found.get("title", ""))[:MAX_TITLE],
            )


def _parts_of(entry: etree._Element) -> dict[str, str]:
    """Return what stands in the parts of an entry, by name; the first of a repeated one counts."""
    home = _split(entry)[0]
    found: dict[str, str] = {}
    for part in entry.iterdescendants():
        name, value = _name(part, home), " ".join("".join(map(str, part.itertext())).split())
        if name in _ADDRESSES:
            value = value or part.get("href", "").strip()
            relation = part.get("rel", "alternate")
            is_path = name in ("guid", "id") and (not value.startswith("http") or part.get("isPermaLink") == "false")
            value = "" if relation != "alternate" or is_path else value
            with contextlib.suppress(ValueError):
                value = value and urljoin(part.base or "", value)
        if name and value:
            found.setdefault(name, value)
    return found


def _name(element: etree._Element, home: str) -> str:
    """Return the name of an element in lower case, "" if it is of another namespace than its entry and its kin."""
    namespace, name = _split(element)
    return name.lower() if namespace in ("", home) or _KIN.search(namespace) else ""


def _split(element: etree._Element) -> tuple[str, str]:
    """Return the namespace of an element, or a prefix that nobody declared, and its name."""
    namespace, _, name = str(element.tag).rpartition("}")
    prefix, _, local = name.rpartition(":")
    return prefix or namespace.removeprefix("{"), local


def _json_entries(text: str) -> list[ListingEntry] | None:
    feed: Any = None
    with contextlib.suppress(ValueError):
        feed = orjson.loads(text)
    items = feed.get("items") if isinstance(feed, dict) else None
    if not isinstance(items, list):
        return None
    found: list[ListingEntry] = []
    for item in islice((item for item in items if isinstance(item, dict)), MAX_ENTRIES):
        url, title, date = (str(item.get(name) or "") for name in ("url", "title", "date_published"))
        identity = str(item.get("id") or "")
        if url := url or (identity if identity.startswith("http") else ""):
            found.append(ListingEntry(url, published=parse_date(date), title=title[:MAX_TITLE]))
    return found
