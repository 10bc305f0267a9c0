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
from dataclasses import dataclass
from itertools import accumulate, groupby, zip_longest

from lxml.etree import _Element

from cleaning.html.layout import HEADINGS, Block, Layout, name_of
from cleaning.html.weigh import PARAGRAPH, RAW_MARKUP, SENTENCE, Evidence, is_closed, parent_of, prose_in, weigh

_BODY_NAME = re.compile(
    r"article-?_?_?(?:body|text|content|copy)|story-?_?_?(?:body|text|content)"
    r"|(?:post|entry|news|single|page|main|body|detail)s?-?_?_?(?:content|body|text|entry)"
    r"|^(?:post|entry|story|article|article-?page)$|hentry|field-?-?(?:name-)?body|body-?copy|text-?body"
    r"|fulltext|richtext"
)
#: What a name multiplies the weight of a container by.
_ARTICLE_BODY, _BODY, _ARTICLE = 1.25, 1.15, 1.1

#: Sizes (characters) of a lead, of a call at the end of a story, and of a list item that may open one.
LEAD = 60
CLOSING = 320
OPENING_ITEM = 20
_CLOSING_BLOCKS = 3
_MAX_LEADS = 2
#: The headline is looked for among so many blocks at the start.
_HEAD = 3
#: An element inside the container is a link list above this share of linked text.
_LINK_LIST = 0.6
_LINKED_SENTENCE = 60
#: A label is a phrase, not a phrase and a headline.
_LABEL = 20
_ALL_LINK = 0.95
#: Longest cell (characters) of a row of data, and its words on average where none is a figure.
_CELL = 60
_CELL_WORDS = 3

_BARE_LINK = re.compile(r"(?:https?://|www\.)\S+$")
_DATED = re.compile(r"\d{4}|\d{1,2}:\d{2}")
_SEE_ALSO = re.compile(
    r"\W{0,3}(?:read (?:more|also|next)|also read|see also|recommended|more (?:from|on)\b"
    r"|related(?: (?:articles?|stories|posts|news|links))?|auch interessant|lesen sie (?:auch|mehr)"
    r"|mehr (?:zum thema|artikel)|lea también|lee también|leia (?:também|mais)|baca juga|(?:à |a )?lire aussi"
    r"|leggi anche|czytaj także|zobacz także|читайте также|ayrıca oku"
    r"|[إا]قر[أا] [أا]يض|شاهد [أا]يض|مواضيع (?:ذات صلة|متعلقة)|بیشتر بخوانید|مطالب مرتبط)",
    re.IGNORECASE,
)
_CLOSING = re.compile(
    r"newsletter|sign(?:ing)? up (?:for|to)|^\W*subscribe|subscribe (?:to|now)|follow (?:us|me|\w+) on"
    r"|all rights reserved|^\W*(?:©|copyright)|download (?:our|the) app|suscr[ií]b|abonnieren|abonnez|inscreva-se"
    r"|iscriviti|comments? (?:are|policy|section)|comentários com|leave a comment"
    r"|تابعونا|اشترك|حمل(?:وا)? تطبيق|جميع الحقوق محفوظة|لا تعبر (?:بالضرورة )?عن رأي|انتهای پیام|خبرنامه|تمامی حقوق",
    re.IGNORECASE,
)
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
        """Return one line a block; the cells of a row of data are joined by " | "."""
        written: list[str] = []
        for row, blocks in groupby(self.blocks, _row_of):
            texts = [block.text for block in blocks]
            written += texts if row is None or not _is_data(row, texts) else [" | ".join(texts)]
        return "\n".join(written)


def _row_of(block: Block) -> _Element | None:
    return block.frame.getparent() if block.frame.tag in ("td", "th") else None


def _is_data(row: _Element, texts: list[str]) -> bool:
    """Tell whether the cells of a row are figures, names and labels rather than lines of prose or verse."""
    if len(texts) > len(row) or max(map(len, texts)) > _CELL:
        return False
    words = sum(len(text.split()) for text in texts)
    return words <= _CELL_WORDS * len(texts) or any(map(str.isdigit, "".join(texts))) or row[0].tag == "th"


def find_body(layout: Layout, evidence: Evidence = _NO_EVIDENCE) -> Body:
    """Choose container and blocks; an empty Body when the page has no prose at all."""
    blocks, containers = layout.blocks, layout.containers
    if not blocks:
        return Body()
    weigh(layout, evidence)
    weights = list(accumulate((0.0 if block.aside else block.weight for block in blocks), initial=0.0))
    best, most = containers[0], float("-inf")  # the inner one of equals
    for one in containers:
        weight = weights[one.end] - weights[one.start]
        if _ARTICLE_BODY * weight > most and (weight := weight * _name_bonus(one.element)) > most:
            best, most = one, weight

    keep = [not block.aside for block in blocks]
    sizes = list(accumulate((block.size for block in blocks), initial=0))
    links = list(accumulate((block.linked for block in blocks), initial=0.0))
    for one in containers:
        size, linked = sizes[one.end] - sizes[one.start], links[one.end] - links[one.start]
        if size > OPENING_ITEM and linked > _LINK_LIST * size and one.is_inside(best):
            keep[one.start : one.end] = [False] * (one.end - one.start)
    inside = [blocks[index] for index in range(best.start, best.end) if keep[index]]

    frames = {parent_of(block) for block in inside if block.weight > 0}
    followers = zip_longest(inside, inside[1:])
    chosen = _trim([one for one, after in followers if not _is_stray(one, after, at_home=parent_of(one) in frames)])
    body = max(1, len(chosen) - _CLOSING_BLOCKS)
    closing = [block for block in chosen[body:] if block.size > CLOSING or not _CLOSING.search(block.text)]
    chosen = _trim(chosen[:body] + closing)

    above = blocks[: best.start]
    headline = max((index for index, block in enumerate(above) if block.tag == "h1"), default=len(above))
    between = [block for block in above[headline + 1 :] if not block.aside and not block.linked]
    leads = [block for block in between if block.size >= LEAD and block.tag not in ("li", "td", "th")][:_MAX_LEADS]
    head = [block for block in leads + chosen[:_HEAD] if not evidence.headlines(block)]
    text = tuple(head + chosen[_HEAD:])
    if not chosen or not text:
        return Body()
    return Body(text, share=prose_in(text) / prose_in(blocks), named=_name_bonus(best.element) > 1)


def _name_bonus(element: _Element) -> float:
    if element.tag == "body":
        return 1.0
    if "articlebody" in element.get("itemprop", "").lower():
        return _ARTICLE_BODY
    if _BODY_NAME.search(name_of(element)):
        return _BODY
    return _ARTICLE if element.tag == "article" else 1.0


def _is_stray(block: Block, after: Block | None, *, at_home: bool) -> bool:
    """Tell whether a block is a short piece outside the frames of prose: a date, a credit, a label, a caption."""
    text = block.text
    if block.tag == "h1" or RAW_MARKUP.match(text) or _BARE_LINK.match(text):
        return True
    if _SEE_ALSO.match(text):
        # A label with text below it and no link opens another story: the rules of lines judge that.
        opens = block.size <= _LABEL and not block.linked and after is not None and not after.linked
        return not opens
    if block.is_link:
        return not (at_home and _is_linked_sentence(block))
    if block.tag in HEADINGS:
        return after is not None and after.is_link and not _is_linked_sentence(after)
    return block.tag == "div" and block.weight <= 0 and not at_home


def _is_linked_sentence(block: Block) -> bool:
    return block.size >= _LINKED_SENTENCE and block.linked < _ALL_LINK * block.size and is_closed(block.text)


def _trim(blocks: list[Block]) -> list[Block]:
    """Cut what stands before the first and after the last prose, but not the list or line that opens a text."""
    prose = [index for index, block in enumerate(blocks) if block.weight > 0]
    if not prose:
        return []
    first = prose[0]
    for block in reversed(blocks[:first]):
        if block.is_link or (block.linked and block.size < PARAGRAPH):
            break
        # A sub-headline can open a text, and so can an item of a list or a line without a date.
        item = block.tag in ("p", "li", "blockquote") and block.size >= OPENING_ITEM and not _DATED.search(block.text)
        if not (block.size >= SENTENCE if block.tag in HEADINGS else item):
            break
        first -= 1
    return blocks[first : prose[-1] + 1]
