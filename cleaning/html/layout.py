"""Cut a page into blocks of text, and mark those that its own markup calls chrome.

One walk over the parsed tree, in document order. Each element contains a range of blocks, so any sum over a subtree is
one subtraction of prefix sums: nothing here looks at a node twice.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import groupby

from lxml.etree import _Element

from cleaning.html.markup import text_of
from cleaning.lines.unit import ends_sentence

#: Their text is never read by a visitor as text.
_UNREAD = frozenset(
    (
        "script", "style", "button", "select", "svg", "iframe", "head", "video", "audio",
        "object", "embed", "canvas", "map", "picture", "textarea", "input", "label", "option", "datalist", "use",
        "applet", "frame", "frameset", "progress", "track", "source", "param", "area", "link",
    )
)  # fmt: skip
#: But these are where they stand within a line.
_WORDS = frozenset(("button", "label"))
#: Chrome by tag. Only marked: some sites wrap a whole page in a form, some an article in an aside.
_ASIDE_TAGS = frozenset(
    (
        "nav", "footer", "aside", "form", "figure", "figcaption", "fieldset", "dialog", "menu", "noscript", "template",
    )
)  # fmt: skip
_INLINE = frozenset(
    (
        "a", "abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "code", "data", "del", "dfn", "em", "font", "i",
        "ins", "kbd", "mark", "nobr", "q", "rp", "rt", "ruby", "s", "samp", "small", "span", "strike", "strong", "sub",
        "sup", "tt", "u", "var", "wbr", "time", "amp-img", "img", "math", "output", "meta", "o:p",
    )
)  # fmt: skip
HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
_TELLING = HEADINGS | frozenset(
    ("p", "li", "td", "th", "blockquote", "pre", "dd", "dt", "address", "caption", "summary")
)
_HIDING = frozenset(("hidden", "aria-hidden", "role", "style"))
#: A telling tag keeps its name for the plain containers within it.
_LASTING = HEADINGS | frozenset(("li", "td", "th", "blockquote", "pre"))

#: One of them is a part of what it stands in, however many lines it has.
_PARTS = frozenset(("p", "li", "blockquote"))
_BREAKS = frozenset(("br", "hr"))
#: Inline elements that a style of their own, or what they are, sets apart from their neighbours.
_APART = re.compile(
    r"display:\s*(?:block|flex|grid|inline-block|table|list-item)|float:\s*(?:left|right)", re.IGNORECASE
)
_SPACING = frozenset(("img", "amp-img", "iframe", "svg", "video", "button", "input", "select", "object", "picture"))
#: Line ends count in them.
_AS_TYPED = re.compile(r"white-space:\s*(?:pre|break-spaces)", re.IGNORECASE)
#: An inline element of a paragraph that holds a sentence of so many characters is a part of it.
_SENTENCE = 80
#: Levels below the body. The parser keeps 255 in all; the deepest of 389 labelled pages has 51.
MAX_DEPTH = 240


def _any_of(*patterns: str) -> str:
    """Join patterns by their first letters: several times as fast as one after the other where few fit."""
    by_letter = groupby(sorted(patterns), key=lambda pattern: pattern[0])
    return "|".join(rf"{letter}(?:{'|'.join(one[1:] for one in same)})" for letter, same in by_letter)


#: Words in class and id that name chrome on sites of any language (class names are English nearly everywhere). What has
#: to stand before a word is looked for behind its first letter.
_CHROME_NAME = re.compile(
    _any_of(
        *r"""
shar(?:e|ing)(?!d|able) social related recommend read-?(?:more|next|also) newsletter subscri sign-?up comment(?!ary)
bread-?crumb side-?bar footer n(?<!\wn)av m(?<!\wm)enu pagination p(?<!\wp)ager promo(?!t) sponsor advert banner
cookie consent pop-?up modal overlay byline author popular trending teaser donat
w(?<!elementor[-\x20]w)idget(?!-container|-wrap) timestamp login caption copyright disclaimer sr-only visually-?hidden
screen-?reader tweet fb-post fact-?box info-?box embed video-?_?player audio-?_?player media-?_?player jw-?_?player
gallery slideshow carousel slider credit im(?:g|age)s?-?_?_?(?:container|wrapper|info|text|desc) post-?date entry-date
instagram-media h(?<!\Sh)id(?:den|e)(?!\S)
""".split(),
        *(rf"{word[0]}(?<![^\s_-]{word[0]}){word[1:]}(?![^\s_-])" for word in "ads? tags? bio meta next prev".split()),
    )
)
_UNSEEN_NAME = re.compile(r"(?:^|\s)(?:hidden|sr-only|visually-?hidden|screen-?reader(?:-text)?)(?:\s|$)")
_HIDDEN_NAME = re.compile(r"(?:^|\s)(?:hidden|hide)(?=\s|$)|read-?_?more|show-?_?more|tab-?panel|expandable")
_UNSEEN = re.compile(r"display:\s*none|visibility:\s*hidden", re.IGNORECASE)
#: Scripts written without spaces say about three times as much per character.
_DENSE = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\u0e00-\u0e7f]")


@dataclass(slots=True)
class Block:
    """One run of text without a block boundary or line break in it.

    `size` is in characters (a dense script's counted thrice), `linked` the part of it inside links; `tag` is the
    nearest telling element ("p", "li", "h2", ...; "div" when none is), `frame` the block element it stands in. An
    `aside` is no part of the text; an `other` is one of them that follows an article and is by others.
    """

    text: str
    size: int
    linked: float
    tag: str
    frame: _Element
    weight: float = 0.0
    aside: bool = False
    other: bool = False

    @property
    def is_link(self) -> bool:
        """Tell whether links make most of it."""
        return self.linked > self.size / 2


#: An element, and the signature of those of its children that look alike.
Home = tuple[_Element, str]


@dataclass(slots=True)
class Container:
    """An element and its blocks [start, end); not frozen, which would take thrice the time to make."""

    element: _Element
    start: int
    end: int

    def is_inside(self, other: Container) -> bool:
        """Tell whether its blocks are some of those of `other`, and not all."""
        return other.start <= self.start and self.end <= other.end and self.end - self.start < other.end - other.start


@dataclass(slots=True)
class Layout:
    """What a page consists of: blocks in order, the containers of them (inner before outer), marked asides."""

    blocks: list[Block] = field(default_factory=list)
    containers: list[Container] = field(default_factory=list)
    asides: list[Container] = field(default_factory=list)
    too_deep: bool = False
    _counts: dict[_Element, int] = field(default_factory=dict)

    def part(self, block: Block) -> _Element:
        """Return the outermost element with no other text in it than a block, its frame when that holds more."""
        if not self._counts:
            self._counts = {one.element: one.end - one.start for one in self.containers}
        part = block.frame
        if self._counts.get(part, 1) == 1 or part.tag in _PARTS:
            parent = part.getparent()
            while parent is not None and self._counts.get(parent, 1) == 1:
                part, parent = parent, parent.getparent()
        return part

    def home(self, block: Block) -> Home:
        """Return where a block is at home: the element of whose parts it is one, and the signature of its part.

        Paragraphs and items all have one signature, "".
        """
        part = self.part(block)
        parent = part.getparent()
        if parent is None or (self._counts.get(part, 1) > 1 and part.tag not in _PARTS):
            return part, ""
        return parent, "" if part.tag in _PARTS else signature_of(part)


def lay_out(body: _Element) -> Layout:
    """Cut everything under `body` into blocks; `too_deep` when the parser has dropped the rest of the page."""
    walk = _Walk()
    walk.enter_block(body, "div", linked=False)
    return walk.layout


def cell_of(block: Block) -> _Element | None:
    """Return the cell of a table that a block stands in, alone or in a paragraph, None when in none."""
    around = block.frame.getparent() if block.frame.tag == "p" else block.frame
    return around if around is not None and around.tag in ("td", "th") else None


def name_of(element: _Element) -> str:
    """Return class and id of an element in lower case, "" when it has neither."""
    return f"{element.get('class', '')} {element.get('id', '')}".lower().strip()


@lru_cache(maxsize=1 << 16)
def _names_chrome(name: str) -> bool:
    """Tell whether a class or an id names chrome; the elements of a page share few names."""
    return bool(_CHROME_NAME.search(name.lower()))


def signature_of(element: _Element) -> str:
    """Return tag and class of an element, which those that look alike share."""
    return f"{element.tag}.{element.get('class', '')}"


def is_only_hidden(element: _Element) -> bool:
    """Tell whether nothing but being hidden, which a script may end, marks an element as chrome."""
    if element.tag == "template":
        return True
    return element.tag not in _ASIDE_TAGS and not _names_chrome(_HIDDEN_NAME.sub("", name_of(element)))


class _Walk:
    """Collects text until a boundary; holds the state of one walk."""

    def __init__(self) -> None:
        self.layout = Layout()
        self._pieces: list[str] = []
        self._linked = 0
        self._depth = 0
        self._typed = 0

    def enter_block(self, element: _Element, tag: str, *, linked: bool) -> None:
        """Walk a block element: it is a container when there is text in it, and perhaps an aside."""
        blocks, start, keys = self.layout.blocks, len(self.layout.blocks), element.keys()
        typed = element.tag == "pre" or ("style" in keys and bool(_AS_TYPED.search(element.get("style", ""))))
        self._typed += typed
        self._enter(element, element, tag, linked)
        if self._pieces:
            self._flush(element, tag)
        self._typed -= typed
        if len(blocks) > start:
            container = Container(element, start, len(blocks))
            self.layout.containers.append(container)
            if (keys or element.tag in _ASIDE_TAGS) and self._depth and _is_aside(element, keys):
                self.layout.asides.append(container)

    def _enter(self, element: _Element, frame: _Element, tag: str, linked: bool) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            self.layout.too_deep = True
            self._depth -= 1
            return
        pieces = self._pieces
        if (text := element.text) and (pieces or not text.isspace()):
            self._add(text, linked, frame, tag)
        after_link = False
        for child in element:
            name = child.tag
            if name in _INLINE or ("-" in name and frame.tag in _TELLING):
                self._enter_inline(child, frame, tag, linked, apart=after_link and name == "a")
            elif name in _BREAKS:
                self._flush(frame, tag)
            elif name in _UNREAD:
                self._pass_unread(child, frame, tag, linked)
            else:
                if pieces:
                    self._flush(frame, tag)
                within = name if name in _TELLING else tag if tag in _LASTING else "div"
                self.enter_block(child, within, linked=linked)
            text = child.tail
            after_link = name == "a" and not text
            if text and (pieces or not text.isspace()):
                self._add(text, linked, frame, tag)
        self._depth -= 1

    def _pass_unread(self, element: _Element, frame: _Element, tag: str, linked: bool) -> None:
        in_line = self._pieces and frame.tag == "p" and (element.tail or "").strip()
        if (in_line and element.tag in _WORDS) or (element.tag == "button" and tag in HEADINGS):  # of an accordion
            self._enter(element, frame, tag, linked)
        elif self._pieces and element.tag in _SPACING:
            self._pieces.append(" ")

    def _enter_inline(self, element: _Element, frame: _Element, tag: str, linked: bool, *, apart: bool) -> None:
        """Walk an inline element: part of the line it stands in, or a block where it makes a line of its own."""
        name, pieces, keys = element.tag, self._pieces, element.keys()
        linked = linked or (name == "a" and not (tag in HEADINGS and element.get("href", "").startswith("#")))
        if not keys or self._typed or not _is_aside(element, keys):
            shown_apart = name in _SPACING or ("style" in keys and bool(_APART.search(element.get("style", ""))))
            if pieces and (apart or shown_apart):
                pieces.append(" ")
            self._enter(element, frame, tag, linked)
            if pieces and shown_apart:
                pieces.append(" ")
            return
        unseen = "hidden" in keys or _UNSEEN.search(element.get("style", "")) or _UNSEEN_NAME.search(name_of(element))
        if pieces or (element.tail or "").strip():
            # Text of the same line stands right before or behind it: it is read with that, unless nobody ever sees it.
            if not unseen or (is_only_hidden(element) and _is_told(element)):
                self._enter(element, frame, tag, linked)
        elif frame.tag == "p" and not unseen and _is_told(element):
            self._enter(element, frame, tag, linked)
        else:
            self.enter_block(element, tag if tag in _LASTING else "div", linked=linked or name == "a")

    def _add(self, text: str, linked: bool, frame: _Element, tag: str) -> None:
        if self._typed and "\n" in text:
            *ended, text = text.split("\n")
            for line in ended:
                self._add(line, linked, frame, tag)
                self._flush(frame, tag)
        # White space parts words; before the first of them, where most of it stands, it is nothing.
        if self._pieces or (text and not text.isspace()):
            self._pieces.append(text)
            if linked:
                self._linked += len(text.strip())

    def _flush(self, frame: _Element, tag: str) -> None:
        if not self._pieces:
            return
        text = " ".join("".join(self._pieces).split())
        self._pieces.clear()
        linked, self._linked = self._linked, 0
        length = len(text)
        size = length if text.isascii() else length + 2 * len(_DENSE.findall(text))
        self.layout.blocks.append(Block(text, size, min(linked, length) * size / length, tag, frame))


def _is_told(element: _Element) -> bool:
    """Tell whether a sentence stands in an inline element."""
    text = text_of(element).strip()
    return len(text) >= _SENTENCE and ends_sentence(text)


def _is_aside(element: _Element, keys: Collection[str | bytes]) -> bool:
    """Tell whether tag, class, id or what hides an element mark it as chrome; `keys` are its attributes."""
    name, get = element.tag, element.get
    if name in _ASIDE_TAGS:
        return name != "figure" or element.find(".//table") is None
    if name == "body":
        return False
    if name in HEADINGS:
        if _UNSEEN_NAME.search(name_of(element)):
            return True
    elif _names_chrome(get("class", "")) or ("id" in keys and _names_chrome(get("id", ""))):
        return "articlebody" not in get("itemprop", "").lower()
    if _HIDING.isdisjoint(keys):
        return False
    if get("hidden") is not None or get("aria-hidden") == "true" or "nav" in get("role", ""):
        return True
    return bool(_UNSEEN.search(get("style", "")))
