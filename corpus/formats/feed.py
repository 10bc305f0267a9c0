"""Read feeds (RSS, RDF, Atom, the export of WordPress): a record each item, with its full text if it is there."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import Any

from lxml import etree
from lxml.etree import _Element

from corpus.charset import declared_charset, decode
from corpus.errors import CorruptInput
from corpus.files.listing import InputFile
from corpus.formats.lines import read_whole
from corpus.formats.rows import Read, ReadConfig, record_from
from corpus.records import Source
from corpus.text import scrub

#: Where the text of an item stands, best first, and its date.
_TEXTS = ("encoded", "content", "fulltext", "full-text", "description", "summary")
_DATES = ("pubDate", "published", "date", "issued", "created", "updated", "modified")
_ENTITY = re.compile(r"&(?!(?:amp|lt|gt|quot|apos);)[A-Za-z][A-Za-z0-9]{1,30};")


def read_feed(file: InputFile, config: ReadConfig) -> Iterator[Read]:
    """Read a feed as it stands in a file; `source.record` counts its items from 0."""
    body = read_whole(file, config.max_record_bytes)
    text, _ = decode(body, declared_charset("", body))
    # XML has five entities; feeds use those of HTML, which a parser would lose.
    text = _ENTITY.sub(lambda found: html.unescape(found[0]), scrub(text))
    # The charset is given here because the declaration names that of the file.
    parser = etree.XMLParser(encoding="utf-8", recover=True, resolve_entities=False, no_network=True)
    root = etree.fromstring(text.encode().lstrip(), parser)
    if root is None:
        raise CorruptInput("no XML can be made out of this feed", path=file.path)
    site = next((link for child in root.iter("{*}link") if (link := _link(child)).startswith("http")), "")
    for number, item in enumerate(root.iter("{*}item", "{*}entry")):
        yield record_from(_row(item, site), Source(file.name, number), config, f"item {number + 1}: ")


def _row(item: _Element, site: str) -> dict[str, Any]:
    children: dict[str, list[_Element]] = {}
    for child in item.iterchildren("{*}*"):
        children.setdefault(etree.QName(child).localname, []).append(child)

    def first(*names: str) -> str:
        return next((text for name in names for child in children.get(name, ()) if (text := _content(child))), "")

    links = sorted(children.get("link", ()), key=lambda link: link.get("rel", "alternate") != "alternate")
    url = next((link for child in links if (link := _link(child))), "")
    authors = [_content(child) for name in ("creator", "author") for child in children.get(name, ())]
    return {
        "text": first(*_TEXTS),
        "title": first("title"),
        "url": url,
        "outlet": "" if url else site,
        "published": first(*_DATES),
        "authors": [name for name in authors if name],
        "tags": [_content(child) for child in children.get("category", ())],
    }


def _link(element: _Element) -> str:
    return (element.get("href") or element.text or "").strip()


def _content(element: _Element) -> str:
    """Return the text of an element; of a person the name; of XHTML the markup."""
    name = element.find("{*}name")
    if name is not None:
        return (name.text or "").strip()
    if len(element):
        return "".join(etree.tostring(child, encoding="unicode") for child in element).strip()
    return (element.text or element.get("term") or "").strip()
