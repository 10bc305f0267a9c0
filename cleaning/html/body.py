"""Find the body of an article among the blocks of a page: the structural extractor.

The container is the element whose blocks weigh most, so a menu or a list of teasers inside an element makes it
lose against the element without them. Names (article, articleBody, entry-content) tip the balance between near
equals and decide nothing alone. `cleaning.html.pieces` then says which of its blocks are text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import accumulate

from lxml.etree import _Element

from cleaning.html.layout import Block, Layout, Span, name_of
from cleaning.html.pieces import render, select
from cleaning.html.weigh import Evidence, prose_in, weigh

_BODY_NAME = re.compile(
    r"article-?_?_?(?:body|text|content|copy)|story-?_?_?(?:body|text|content)"
    r"|(?:post|entry|news|single|page|main|body|detail)s?-?_?_?(?:content|body|text|entry)"
    r"|^(?:post|entry|story|article|article-?page)$|hentry|field-?-?(?:name-)?body|body-?copy|text-?body"
    r"|fulltext|richtext"
)
#: What a name multiplies the weight of a container by.
_ARTICLE_BODY, _BODY, _ARTICLE = 1.25, 1.15, 1.1


_NO_EVIDENCE = Evidence()


@dataclass(frozen=True, slots=True)
class Body:
    """The blocks chosen as the text of an article, and how sure the choice is.

    `share` is the part of the page's prose that was chosen, `named` whether markup calls the container a body.
    """

    blocks: tuple[Block, ...] = ()
    share: float = 0.0
    named: bool = False

    @property
    def text(self) -> str:
        """Return one line a block; cells of one table row share a line."""
        return render(self.blocks)


def find_body(layout: Layout, evidence: Evidence = _NO_EVIDENCE) -> Body:
    """Choose container and blocks; an empty Body when the page has no prose at all."""
    blocks = layout.blocks
    if not blocks:
        return Body()
    weigh(layout, evidence)
    sums = list(accumulate((0.0 if block.aside else block.weight for block in blocks), initial=0.0))

    best = _heaviest(layout.spans, sums)
    chosen = select(layout, best, evidence)
    total = prose_in(blocks)
    if not chosen or not total:
        return Body()
    return Body(
        blocks=tuple(chosen),
        share=prose_in(chosen) / total,
        named=_name_bonus(best.element) > 1,
    )


def _heaviest(spans: list[Span], sums: list[float]) -> Span:
    """Return the span of most weight times what its name is worth; the inner one of equals."""
    best, most = spans[0], float("-inf")
    for span in spans:
        weight = sums[span.end] - sums[span.start]
        if _ARTICLE_BODY * weight <= most:
            continue
        weight *= _name_bonus(span.element)
        if weight > most:
            best, most = span, weight
    return best


def _name_bonus(element: _Element) -> float:
    if element.tag == "body":
        return 1.0
    if "articlebody" in element.get("itemprop", "").lower():
        return _ARTICLE_BODY
    if _BODY_NAME.search(name_of(element)):
        return _BODY
    return _ARTICLE if element.tag == "article" else 1.0
