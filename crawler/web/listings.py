"""Read what a site publishes for machines: sitemaps, news sitemaps, RSS and Atom.

Everything is capped: entries a file, bytes a file (by the download limit) and, in the frontier, how deep
sitemap indexes may nest. XML is parsed without entities, DTD and network.
"""

from __future__ import annotations

import contextlib
import email.utils
import gzip
import io
import re
import sys
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any
from xml.sax import SAXException

import feedparser  # type: ignore[import-untyped]
from lxml import etree

from corpus.charset import declared_charset, decode
from corpus.errors import RecordError

#: The sitemap protocol's own limit.
MAX_ENTRIES = 50_000
#: A sitemap of this size is 50,000 long urls; the protocol allows 50 MB, our downloads 10 MiB.
MAX_XML = 32 * 1024 * 1024
#: The longest title worth carrying.
MAX_TITLE = 500

#: XML is read without entities, network and DTD.
_HARDENED: dict[str, Any] = {
    "resolve_entities": False, "no_network": True, "load_dtd": False, "recover": True, "huge_tree": False,
}  # fmt: skip
_GZIP_MAGIC = b"\x1f\x8b"
_XML_LABEL = re.compile(rb"\s*<\?xml\s[^<>]{0,200}?encoding\s{0,5}=\s{0,5}[\"']([A-Za-z0-9_.:-]{2,40})")
_XML_HEAD = re.compile(r"\s*<\?xml\s[^<>]*>")
_REFERENCE = re.compile(r"&#(?:[xX]([0-9a-fA-F]+)|([0-9]+));?")
#: Digits of the largest code point, as a decimal number.
_MAX_DIGITS = 7

#: What feedparser lets through on broken feeds; UnicodeError is a ValueError, KeyError and IndexError are LookupErrors.
_BREAKDOWNS = (
    ValueError, LookupError, AttributeError, TypeError, ArithmeticError, AssertionError, RecursionError, SAXException
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ListingEntry:
    """One place a sitemap or feed points to; `kind` is "article" or "sitemap", dates are ISO 8601 or ""."""

    url: str
    kind: str = "article"
    published: str = ""
    changed: str = ""
    title: str = ""


def read_sitemap(body: bytes, content_type: str = "") -> list[ListingEntry]:
    """Return the entries of a sitemap, a sitemap index or a plain list of urls; broken XML gives what it can.

    A sitemap that is in truth a feed is read as one.
    """
    if body.startswith(_GZIP_MAGIC):
        try:
            with gzip.GzipFile(fileobj=io.BytesIO(body)) as stream:
                body = stream.read(MAX_XML)
        except (OSError, EOFError, zlib.error):
            return []
    text = _text_of(body, content_type)
    start = text[:4096].lstrip()
    if not start.startswith("<"):
        lines = text.split("\n")
        return [ListingEntry(line.strip()) for line in lines[:MAX_ENTRIES] if line.strip().startswith("http")]
    if "<rss" in start or "<feed" in start:
        return read_feed(body, content_type)
    return list(islice(_sitemap_entries(text), MAX_ENTRIES))


def _sitemap_entries(text: str) -> Iterator[ListingEntry]:
    events = etree.iterparse(
        io.BytesIO(text.encode()), events=("end",), remove_comments=True, remove_pis=True, **_HARDENED
    )
    with contextlib.suppress(etree.XMLSyntaxError):
        for _, element in events:
            kind = _local(element)
            if kind not in ("url", "sitemap"):
                continue
            found: dict[str, str] = {}
            for part in (*element, *(inner for child in element if _local(child) == "news" for inner in child)):
                # Images and videos of an entry have titles and addresses too; only the entry's own and its news count.
                if part.text and part.text.strip():
                    found.setdefault(_local(part), part.text.strip())
            if "loc" in found:
                yield ListingEntry(
                    url=found["loc"],
                    kind="sitemap" if kind == "sitemap" else "article",
                    published=found.get("publication_date", ""),
                    changed=found.get("lastmod", ""),
                    title=found.get("title", "")[:MAX_TITLE],
                )
            element.clear()
            while (before := element.getprevious()) is not None:
                before.getparent().remove(before)


def _local(element: etree._Element) -> str:
    return element.tag.rpartition("}")[2].lower() if isinstance(element.tag, str) else ""


def read_feed(body: bytes, content_type: str = "") -> list[ListingEntry]:
    """Return the entries of an RSS or Atom feed, whatever its charset; a broken feed gives what it can."""
    text = _text_of(body, content_type)
    try:
        # feedparser looks for an encoding with a pattern that takes hours on hostile declarations; the declaration is
        # gone, and behind a line break nothing passes for one.
        stream, headers = io.BytesIO(b"\n" + text.encode()), {"content-type": "application/xml; charset=utf-8"}
        rows = feedparser.parse(stream, response_headers=headers, sanitize_html=False).entries[:MAX_ENTRIES]
        found = [entry for row in rows if (entry := _feed_entry(row))]
    except _BREAKDOWNS:
        found = []
    return found or _salvaged(text)


def _feed_entry(row: Any) -> ListingEntry | None:
    identifier = str(row.get("id", ""))
    link = row.get("link") or (identifier if identifier.startswith("http") else "")
    if not link:
        return None
    published = ""
    if stamp := row.get("published_parsed") or row.get("updated_parsed"):
        year, month, day, hour, minute, second = stamp[:6]
        with contextlib.suppress(ValueError):
            published = datetime(year, month, day, hour, minute, second, tzinfo=UTC).isoformat()
    return ListingEntry(str(link), published=published, title=str(row.get("title", ""))[:MAX_TITLE])


def _text_of(body: bytes, content_type: str) -> str:
    """Return XML as text without its declaration; "" if it is none.

    The charset is found as that of a page is, for labels of feeds are wrong as often. References to what is no
    character (surrogates, numbers beyond Unicode) make both parsers fail far from their place; they become U+FFFD.
    """
    label = _XML_LABEL.match(body[:1024])
    try:
        text, _ = decode(body, declared_charset(content_type) or (label[1].decode("ascii") if label else ""))
    except RecordError:
        return ""
    text = text.lstrip("\ufeff")
    head = _XML_HEAD.match(text)
    text = text[head.end() :] if head else text

    def kept(reference: re.Match[str]) -> str:
        digits = (reference[1] or reference[2]).lstrip("0") or "0"
        code = int(digits, 16 if reference[1] else 10) if len(digits) <= _MAX_DIGITS else sys.maxunicode + 1
        return "\ufffd" if code > sys.maxunicode or 0xD800 <= code <= 0xDFFF else reference[0]

    return _REFERENCE.sub(kept, text).encode("utf-8", "replace").decode()


def _salvaged(text: str) -> list[ListingEntry]:
    """Read a feed with which feedparser can do nothing: address, date and title of items, as they are written."""
    root = None
    with contextlib.suppress(etree.XMLSyntaxError):
        root = etree.fromstring(text.encode(), etree.XMLParser(**_HARDENED))
    entries: list[ListingEntry] = []
    for item in () if root is None else root.iter():
        if _local(item) not in ("item", "entry"):
            continue
        found: dict[str, str] = {}
        for part in item.iterdescendants():
            name, value = _local(part), (part.text or "").strip()
            if name == "link" and part.get("rel", "alternate") == "alternate":
                value = value or part.get("href", "").strip()
            if value:
                found.setdefault(name, value)
        url = next((found[name] for name in ("link", "guid", "id") if name in found), "")
        stamp = next((found[name] for name in ("pubdate", "published", "date", "updated") if name in found), "")
        if url.startswith(("http", "/")):
            entries.append(ListingEntry(url, published=_date_of(stamp), title=found.get("title", "")[:MAX_TITLE]))
    return entries[:MAX_ENTRIES]


def _date_of(text: str) -> str:
    """Return a date as RSS or Atom write it in ISO 8601, "" if it is none."""
    for read in (datetime.fromisoformat, email.utils.parsedate_to_datetime):
        with contextlib.suppress(ValueError, TypeError, IndexError, OverflowError):
            return read(text).isoformat()
    return ""


def is_listing_xml(body: bytes) -> str:
    """Tell from its first bytes whether a body is a "sitemap", a "feed" or neither ("")."""
    start = body[:4096].lower()
    if b"<urlset" in start or b"<sitemapindex" in start:
        return "sitemap"
    return "feed" if b"<rss" in start or b"<feed" in start or b"<rdf:rdf" in start else ""
