"""Find the body of an article among the blocks of a page: which container, and which blocks of it.

The container is the element whose blocks weigh most, so a menu or a list of teasers inside an element makes it
lose against the element without them. Names (article, articleBody, entry-content) tip the balance between near
equals and decide nothing alone.

What of it stays: prose, the headings and lists that belong to it, the lead above it. What goes: asides, link lists,
the headline, stray dates and labels, calls to read or subscribe, and whatever stands before the first or after
the last prose.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, groupby

from lxml.etree import _Element

from cleaning.html.layout import HEADINGS, Block, Layout, cell_of, name_of, signature_of
from cleaning.html.metadata import Metadata
from cleaning.html.others import mark_others
from cleaning.html.selection import OPENING_ITEM, Selection
from cleaning.html.weigh import is_linked_sentence, prose_in, weigh

_BODY_NAME = re.compile(
    r"article-?_?_?(?:body|text|content|copy)|story-?_?_?(?:body|text|content)"
    r"|(?:post|entry|news|single|page|main|body|detail)s?-?_?_?(?:content|body|text|entry)"
    r"|^(?:post|entry|story|article|article-?page)$|hentry|field-?-?(?:name-)?body|body-?copy|text-?body"
    r"|fulltext|richtext"
)
#: What a name multiplies the weight of a container by.
_ARTICLE_BODY, _BODY, _ARTICLE = 1.25, 1.15, 1.1

#: Size (characters) of a lead above the container.
LEAD = 60
_MAX_LEADS = 2
#: An element inside the container is a link list above this share of linked text.
_LINK_LIST = 0.6
#: Longest cell (characters) of a row of data, and its words on average where none is a figure.
_CELL = 60
_CELL_WORDS = 3


@dataclass(frozen=True, slots=True)
class Body:
    """The blocks chosen as the text of an article, and how sure the choice is.

    `share` is the part of the page's prose that was chosen, `named` whether markup calls the container a body.
    """

    blocks: tuple[Block, ...] = ()
    share: float = 0.0
    named: bool = False

    @property
    def told(self) -> int:
        """Return the size of the blocks that are prose, in characters."""
        return sum(block.size for block in self.blocks if block.weight > 0)

    @property
    def size(self) -> int:
        """Return the size of all blocks, in characters."""
        return sum(block.size for block in self.blocks)

    @property
    def is_listing(self) -> bool:
        """Tell whether links make most of it, as on a front or a section page."""
        return sum(block.linked for block in self.blocks) > self.size / 2

    @property
    def prose(self) -> str:
        """Return the text without its headings, which tools that look for prose leave out."""
        return "\n".join(block.text for block in self.blocks if block.tag not in HEADINGS)

    @property
    def text(self) -> str:
        """Return one line a block; the cells of a row of data are joined by " | "."""
        written: list[str] = []
        for row, blocks in groupby(
            self.blocks, lambda block: None if (cell := cell_of(block)) is None else cell.getparent()
        ):
            texts = [block.text for block in blocks]
            joined = row is not None and len(texts) <= len(row) and is_data(texts, headed=row[0].tag == "th")
            written += [" | ".join(texts)] if joined else texts
        return "\n".join(written)


def is_data(cells: Sequence[str], *, headed: bool = False) -> bool:
    """Tell whether the cells of a row are figures, names and labels rather than lines of prose or verse."""
    words = sum(len(cell.split()) for cell in cells)
    few = headed or words <= _CELL_WORDS * len(cells) or any(map(str.isdigit, "".join(cells)))
    return few and max(map(len, cells)) <= _CELL


def find_body(layout: Layout, metadata: Metadata) -> Body:
    """Choose container and blocks; an empty Body when the page has no prose at all."""
    blocks, containers = layout.blocks, layout.containers
    if not blocks:
        return Body()
    weigh(layout, metadata)
    mark_others(layout, metadata)
    weights = list(accumulate((0.0 if block.aside else block.weight for block in blocks), initial=0.0))
    best, most = containers[0], float("-inf")  # the inner one of equals
    for one in containers:
        weight = weights[one.end] - weights[one.start]
        if _ARTICLE_BODY * weight > most and (weight := weight * _name_bonus(one.element)) > most:
            best, most = one, weight

    keep = [not block.aside for block in blocks]
    sizes = list(accumulate((block.size for block in blocks), initial=0))
    links = list(accumulate((block.linked for block in blocks), initial=0.0))
    told = list(accumulate((block.size * is_linked_sentence(block) for block in blocks), initial=0))
    for one in containers:
        size, linked = sizes[one.end] - sizes[one.start], links[one.end] - links[one.start]
        is_list = size > OPENING_ITEM and linked > _LINK_LIST * size and told[one.end] - told[one.start] <= size / 2
        if is_list and one.is_inside(best):
            keep[one.start : one.end] = [False] * (one.end - one.start)
    inside = [blocks[index] for index in range(best.start, best.end) if keep[index]]
    chosen = Selection(inside, layout, metadata).blocks()

    above = blocks[: best.start]
    headline = max((index for index, block in enumerate(above) if block.tag == "h1"), default=len(above))
    between = [block for block in above[headline + 1 :] if not block.aside and not block.linked]
    leads = [block for block in between if block.size >= LEAD and block.tag not in ("li", "td", "th")][:_MAX_LEADS]
    if not chosen:
        return Body()
    text = (*leads, *chosen)
    return Body(text, share=prose_in(text) / prose_in(blocks), named=_name_bonus(best.element) > 1)


def find_main(layout: Layout) -> Body:
    """Return all that the main element of a page, once weighed, holds but asides, an empty Body where it names none.

    What has most of the words outside of links is no aside, whatever it is called, nor are all of one class with most.
    """
    mains = [one for one in layout.containers if "main" in (one.element.tag, one.element.get("role"))]
    told = list(accumulate((block.size - block.linked for block in layout.blocks), initial=0.0))
    main = max(mains, key=lambda one: told[one.end] - told[one.start], default=None)
    if main is None:
        return Body()
    keep = [main.start <= index < main.end and not block.other for index, block in enumerate(layout.blocks)]
    asides = [aside for aside in layout.asides if aside.is_inside(main)]
    of_class: Counter[str] = Counter()
    for aside in asides:
        of_class[signature_of(aside.element)] += int(told[aside.end] - told[aside.start])
    for aside in asides:
        if 2 * of_class[signature_of(aside.element)] <= told[main.end] - told[main.start] or aside.element.tag == "nav":
            keep[aside.start : aside.end] = [False] * (aside.end - aside.start)
    return Body(tuple(block for block, kept in zip(layout.blocks, keep, strict=True) if kept))


def _name_bonus(element: _Element) -> float:
    if element.tag == "body":
        return 1.0
    if "articlebody" in element.get("itemprop", "").lower():
        return _ARTICLE_BODY
    if _BODY_NAME.search(name_of(element)):
        return _BODY
    return _ARTICLE if element.tag == "article" else 1.0
