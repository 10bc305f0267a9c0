"""Parse HTML once, for everybody, and refuse what would cost more than a page is worth.

The scan of the string before the parser sees it is linear. It has to look for one thing only: libxml2 takes
quadratic time on a tag with very many attributes (55 s for 200,000). Everything else it parses in linear time,
pages with pictures or scripts of many megabytes inside too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from lxml import etree
from lxml.etree import HTMLParser, _Element

from corpus.errors import RecordError
from corpus.selectors import compile_selector

#: A tag longer than this is looked into; inline images and scripts make some this long, with few attributes.
_LONG_TAG = 5_000
_LONG = re.compile(rf"<[^\W\d_][^<>]{{{_LONG_TAG},}}")
_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")
_ATTRIBUTE = re.compile(r"\s[^\s=\"'/]+")
#: No tag of 389 labelled pages has more than 64; 2,000 cost the parser 5 ms.
MAX_ATTRIBUTES = 2_000
#: The largest of those pages has 8,900 tags, opening and closing ones.
MAX_TAGS = 300_000

_NOT_HTML = re.compile(
    rb"%PDF|\x89PNG|\xff\xd8\xff|GIF8|PK\x03\x04|RIFF|\x1f\x8b|BM.{4}\x00\x00\x00\x00|\x00\x00\x00.ftyp|OggS"
    rb"|ID3|Rar!|7z\xbc\xaf|wOF|\x00\x01\x00\x00",
    re.DOTALL,
)
_MARKUP_OF_OTHERS = re.compile(
    r"\A(?:<\?xml[^>]*+>|(?><!--.{0,2000}?-->)|\s)*+<(?:rss|feed|urlset|sitemapindex|svg|rdf|opml|error)\b",
    re.IGNORECASE | re.DOTALL,
)
_DATA = re.compile(r"\A\s*[\[{]\s*[\[{\"\d]")
_ANY_TAG = re.compile(
    r"<(?:html|head|body|title|meta|div|p|article|section|main|span|table|h1|h2|br|center|font)\b", re.IGNORECASE
)

#: C0 without tab, newline, return: the parser puts U+FFFD for a NUL, and rivals refuse the others.
_CONTROLS = bytes(set(range(32)) - {9, 10, 13})

#: Without `huge_tree` a page ends at its first text or attribute of ten million bytes.
_PARSER = HTMLParser(collect_ids=False, encoding="utf-8", remove_comments=True, remove_pis=True, huge_tree=True)

#: The name of elements that selectors match, until they are taken out.
_DROPPED = "dropped"

#: The parser drops what stands behind the end of a page, and browsers show it; found in one pass with titles, and with
#: ends of titles that have lost their bracket.
_MENDED = re.compile(r"<(?:/(?:(?:html|body)\s*>|title\b(?!\s*>))|title\b)", re.IGNORECASE)
_TITLE = re.compile(r"<title\b[^<>]*>", re.IGNORECASE)
_TITLE_END = re.compile(r"</title", re.IGNORECASE)
#: So many titles, those of pictures among them, are looked at.
_TITLES = 4
_IN_NO_TITLE = re.compile(r"<(?:/head|title|meta|link|script|style|body|div|h1|p)\b", re.IGNORECASE)


def is_binary(body: bytes) -> bool:
    """Tell by magic bytes that a body is a PDF, an image, an archive or a font, whatever its header says."""
    return bool(_NOT_HTML.match(body))


def refusal(html: str) -> str:
    """Say why a page is not to be parsed: "not-html" or "too-complex"; "" when it may be."""
    if _MARKUP_OF_OTHERS.match(html) or not _ANY_TAG.search(html) or (_DATA.match(html) and "<body" not in html):
        return "not-html"
    if html.count("<") > MAX_TAGS:
        return "too-complex"
    if any(len(_ATTRIBUTE.findall(_QUOTED.sub("=", tag))) > MAX_ATTRIBUTES for tag in _long_tags(html)):
        return "too-complex"
    return ""


def _long_tags(html: str) -> Iterator[str]:
    start = html.find("<")
    while start >= 0:
        last = html.rfind("<", start, start + _LONG_TAG + 2)
        if last == start:  # else all tags before the last within reach are short
            if (tag := _LONG.match(html, start)) is not None:
                yield tag[0]
            last = html.find("<", start + 1)
        start = last


def mend(html: str) -> str:
    """Let a page go on behind an early end of the document, and close a title that would swallow the page.

    >>> mend("<title>Rain</titel><body><p>It rained.</body></html><p>It stopped.")
    '<title>Rain</title></titel><body><p>It rained.<p>It stopped.'
    """
    titles = 0

    def settle(found: re.Match[str]) -> str:
        nonlocal titles
        if found[0][1] != "/":
            titles += 1
            return found[0]
        return "</title>" if found[0][2] in "tT" else ""

    html = _MENDED.sub(settle, html)
    start = 0
    for _ in range(min(titles, _TITLES)):
        opened = _TITLE.search(html, start)
        if opened is None:
            break
        start = opened.end()
        closed = _TITLE_END.search(html, start)
        if _IN_NO_TITLE.search(html, start, closed.start() if closed else len(html)):
            start = html.index("<", start)
            html = f"{html[:start]}</title>{html[start:]}"
    return html


def parse(html: str) -> _Element | None:
    """Parse `html` without its control characters and surrogates; None when there is nothing to parse."""
    # The parser of lxml.html would call back into Python for each element.
    try:
        return etree.fromstring(to_bytes(html), parser=_PARSER)
    except etree.XMLSyntaxError:
        return None


def to_bytes(html: str) -> bytes:
    """Encode `html` as UTF-8 without control characters and surrogates."""
    return html.encode("utf-8", "ignore").translate(None, _CONTROLS)


def text_of(element: _Element) -> str:
    """Return all text in an element, tags left out."""
    return "".join(map(str, element.itertext()))


def body_of(root: _Element) -> _Element:
    """Return the body element, or the root of a fragment."""
    return next(root.iter("body"), root)


def remove(root: _Element, selectors: Sequence[str]) -> None:
    """Take the elements that CSS `selectors` match out of a page; what follows them stays.

    Raises:
        RecordError: `bad-selector`, one of them is no CSS.
    """
    for selector in selectors:
        try:
            matches = compile_selector(selector)
        except ValueError as error:
            raise RecordError(str(error), reason="bad-selector") from error
        for element in matches(root):
            element.tag = _DROPPED if element is not root else root.tag
    etree.strip_elements(root, _DROPPED, with_tail=False)
