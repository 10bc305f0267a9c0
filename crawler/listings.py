"""Read what a site publishes for machines: sitemaps, news sitemaps, RSS and Atom.

Everything is capped: entries a file, bytes a file (by the download limit) and, in the frontier, how deep
sitemap indexes may nest. XML is parsed without entities, DTD and network.
"""

from __future__ import annotations

import contextlib
import gzip
import io
import time
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import feedparser  # type: ignore[import-untyped]
from lxml import etree

#: The sitemap protocol's own limit.
MAX_ENTRIES = 50_000
#: A sitemap of this size is 50,000 long urls; the protocol allows 50 MB, our downloads 10 MiB.
MAX_XML = 32 * 1024 * 1024
#: The longest title worth carrying.
MAX_TITLE = 500

_GZIP_MAGIC = b"\x1f\x8b"


@dataclass(frozen=True, slots=True)
class Entry:
    """One place a sitemap or feed points to; `kind` is "article" or "sitemap", dates are ISO 8601 or ""."""

    url: str
    kind: str = "article"
    published: str = ""
    changed: str = ""
    title: str = ""


def read_sitemap(body: bytes) -> list[Entry]:
    """Return the entries of a sitemap, a sitemap index or a plain list of urls; broken XML gives what it can.

    A sitemap that is in truth a feed is read as one.
    """
    body = _unpacked(body)
    start = body[:4096].lstrip(b"\xef\xbb\xbf\r\n\t ")
    if not start.startswith(b"<"):
        lines = body.decode("utf-8", "replace").split("\n")
        return [Entry(line.strip()) for line in lines[:MAX_ENTRIES] if line.strip().startswith("http")]
    if b"<rss" in start or b"<feed" in start:
        return read_feed(body)
    entries: list[Entry] = []
    for entry in _entries(body):
        entries.append(entry)
        if len(entries) >= MAX_ENTRIES:
            break
    return entries


def _unpacked(body: bytes) -> bytes:
    if not body.startswith(_GZIP_MAGIC):
        return body
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(body)) as stream:
            return stream.read(MAX_XML)
    except (OSError, EOFError, zlib.error):
        return b""


def _entries(body: bytes) -> Iterator[Entry]:
    events = etree.iterparse(
        io.BytesIO(body), events=("end",), resolve_entities=False, no_network=True, load_dtd=False,
        recover=True, huge_tree=False, remove_comments=True, remove_pis=True,
    )  # fmt: skip
    with contextlib.suppress(etree.XMLSyntaxError):
        for _, element in events:
            name = _local(element)
            if name in ("url", "sitemap"):
                if entry := _entry(element, name):
                    yield entry
                element.clear()
                while (before := element.getprevious()) is not None:
                    before.getparent().remove(before)


def _entry(element: etree._Element, name: str) -> Entry | None:
    found: dict[str, str] = {}
    for part in (*element, *(inner for child in element if _local(child) == "news" for inner in child)):
        # Images and videos of an entry have titles and addresses too; only the entry's own and its news count.
        if part.text and part.text.strip():
            found.setdefault(_local(part), part.text.strip())
    if "loc" not in found:
        return None
    return Entry(
        url=found["loc"],
        kind="sitemap" if name == "sitemap" else "article",
        published=found.get("publication_date", ""),
        changed=found.get("lastmod", ""),
        title=found.get("title", "")[:MAX_TITLE],
    )


def _local(element: etree._Element) -> str:
    return element.tag.rpartition("}")[2].lower() if isinstance(element.tag, str) else ""


def read_feed(body: bytes) -> list[Entry]:
    """Return the entries of an RSS or Atom feed, whatever its charset; a broken feed gives what it can."""
    parsed = feedparser.parse(io.BytesIO(body), sanitize_html=False, resolve_relative_uris=True)
    entries = []
    for row in parsed.entries[:MAX_ENTRIES]:
        link = row.get("link") or (row.get("id", "") if str(row.get("id", "")).startswith("http") else "")
        if link:
            stamp = row.get("published_parsed") or row.get("updated_parsed")
            title = str(row.get("title", ""))[:MAX_TITLE]
            entries.append(Entry(str(link), published=_iso(stamp), title=title))
    return entries


def _iso(stamp: time.struct_time | None) -> str:
    if not stamp:
        return ""
    try:
        return datetime(*stamp[:6], tzinfo=UTC).isoformat()
    except ValueError:
        return ""


def is_listing_xml(body: bytes) -> str:
    """Tell from its first bytes whether a body is a "sitemap", a "feed" or neither ("")."""
    start = body[:4096].lower()
    if b"<urlset" in start or b"<sitemapindex" in start:
        return "sitemap"
    return "feed" if b"<rss" in start or b"<feed" in start or b"<rdf:rdf" in start else ""
