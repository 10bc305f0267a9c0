"""Find the body of an article among the blocks of a page: the structural extractor.

The container is the element whose blocks weigh most: prose counts for it, link lists against it, so a menu or a
list of teasers inside an element makes it lose against the element without them. Names (article, articleBody,
entry-content) tip the balance between near equals and decide nothing alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import accumulate, islice, pairwise

from lxml.html import HtmlElement

from cleaning.blocks import HEADINGS, Block, Layout, Span, is_never_body, name_of
from cleaning.templates import container_name
from corpus.arabic import folded_words

_BODY_NAME = re.compile(
    r"article-?_?_?(?:body|text|content|copy)|story-?_?_?(?:body|text|content)"
    r"|(?:post|entry|news|single|page|main|body|detail)s?-?_?_?(?:content|body|text|entry)"
    r"|^(?:post|entry|story|article|article-?page)$|hentry|field-?-?(?:name-)?body|body-?copy|text-?body|fulltext|richtext"
)
_LEAD_NAME = re.compile(r"lead|standfirst|intro|summary|excerpt|\bdek\b|deck|chapo|subtitle|sub-?head|descri|teaser|kicker")
_SENTENCE_END = re.compile(r"[.!?…:;。！？؟।۔»\"”’)]\s*$")
_BARE_LINK = re.compile(r"(?:https?://|www\.)\S+$")
_CLOSING = re.compile(
    r"newsletter|sign(?:ing)? up (?:for|to)|^\W*subscribe|subscribe (?:to|now)|follow (?:us|me|\w+) on|all rights reserved|^\W*(?:©|copyright)|download (?:our|the) app"
    r"|suscr[ií]b|abonnieren|abonnez|inscreva-se|iscriviti|comments? (?:are|policy|section)|comentários com|leave a comment"
    r"|تابعونا|اشترك|حمل(?:وا)? تطبيق|جميع الحقوق محفوظة|لا تعبر (?:بالضرورة )?عن رأي|انتهای پیام|خبرنامه|تمامی حقوق",
    re.IGNORECASE,
)
_RAW_MARKUP = re.compile(r"<[a-z!/][^<>]*>")
_DATED = re.compile(r"\d{4}|\d{1,2}:\d{2}")
_SEE_ALSO = re.compile(
    r"\W{0,3}(?:read (?:more|also|next)|also read|see also|related(?: (?:articles?|stories|posts|news|links))?|recommended|more (?:from|on)\b"
    r"|auch interessant|lesen sie (?:auch|mehr)|mehr (?:zum thema|artikel)|lea también|lee también|leia (?:também|mais)|baca juga"
    r"|(?:à|a) lire aussi|lire aussi|leggi anche|czytaj także|zobacz także|читайте также|ayrıca oku"
    r"|(?:إ|ا)قر(?:أ|ا) (?:أ|ا)يض|شاهد (?:أ|ا)يض|مواضيع (?:ذات صلة|متعلقة)|بیشتر بخوانید|مطالب مرتبط)",
    re.IGNORECASE,
)
_PAUSE = re.compile(r"[,.;،؛。、？?!।۔]")

#: Calibrated on the labelled pages, outlets split in halves: a paragraph, a short one, and what is no prose.
PARAGRAPH = 80
SENTENCE = 40
LEAD = 60
LONG_HEADING = 120
CLOSING = 320
CLOSING_BLOCKS = 3
ATTESTED = 3.0
_OPENING = 40
_SAME_TITLE = 0.8
#: Other pages of the outlet have their body in an element of this name.
_KNOWN_BONUS = 1.5
#: What the links of a list, a linked heading and any short piece weigh against their container.
_LINK_WEIGHT_CAP = 200
_LINKED_HEADING = -50.0
_SHORT_PIECE = 0.0
#: A paragraph between two links is a teaser more often than not.
_TEASER = 0.2
MIN_CARDS = 4
_CARD_GAPS = 0.6
_CARD = 0.1
LONELY = 300.0
CROWD = 1500.0
_LONELY_FACTOR = 0.5
#: An aside that holds more than this share of the prose is no aside.
_ASIDE_SHARE = 0.4
_SAME_NAME_SHARE = 0.5
#: An element inside the container is a link list above this share of linked text.
_LINK_LIST = 0.6


@dataclass(frozen=True, slots=True)
class Body:
    """The blocks chosen as the text of an article, and how sure the choice is.

    `share` is the part of the page's prose inside the container, `named` whether markup calls it a body, `known`
    whether the outlet's other pages have theirs there.
    """

    blocks: tuple[Block, ...]
    container: HtmlElement | None = None
    share: float = 0.0
    named: bool = False
    known: bool = False
    attested: bool = False

    @property
    def text(self) -> str:
        """Return one line a block; cells of one table row share a line."""
        return render(self.blocks)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the page's markup says its text is, and where the outlet's other pages have it. It raises the weight of visible text and adds none."""

    title: str = ""
    description: str = ""
    body: str = ""
    container: str = ""

    def knows(self, element: HtmlElement) -> bool:
        """Tell whether the outlet's other pages have their body in such an element."""
        return bool(self.container) and container_name(element) == self.container

    def bonus(self, element: HtmlElement) -> float:
        """Return what the name of an element adds to its weight as a container: 1.0 for nothing."""
        return _KNOWN_BONUS if self.knows(element) else _name_bonus(element)

    def headlines(self, block: Block) -> bool:
        """Tell whether a heading repeats the title of the page, perhaps with a kicker before it."""
        if block.tag not in HEADINGS or not self.title:
            return False
        title, text = set(folded_words(self.title)), set(folded_words(block.text))
        return bool(title and text) and len(title & text) >= _SAME_TITLE * min(len(title), len(text))

    def attests(self, text: str) -> bool:
        """Tell whether `text` opens a part of the stated article, or holds the opening of its description."""
        if len(text) < _OPENING:
            return False
        if self.body and text[:_OPENING] in self.body:
            return True
        return len(self.description) >= _OPENING and self.description[:_OPENING] in text


NO_EVIDENCE = Evidence()


def find_body(layout: Layout, evidence: Evidence = NO_EVIDENCE) -> Body:
    """Choose container and blocks; an empty Body when the page has no prose at all."""
    blocks = layout.blocks
    if not blocks:
        return Body(())
    weigh(layout)
    attested = [block for block in blocks if evidence.attests(block.text)]
    for block in attested:
        block.weight = ATTESTED * max(block.weight, float(block.size))
    total = sum(block.weight for block in blocks if block.weight > 0)
    mark_asides(layout, total)
    for block in attested:
        block.aside = False
    sums = list(accumulate((0.0 if block.aside else block.weight for block in blocks), initial=0.0))
    best = max(layout.spans, key=lambda span: (sums[span.end] - sums[span.start]) * evidence.bonus(span.element))
    chosen = select(layout, best, evidence)
    if not chosen:
        return Body(())
    prose = sum(block.weight for block in chosen if block.weight > 0)
    share = prose / total if total else 0.0
    return Body(
        blocks=tuple(chosen),
        container=best.element,
        share=share,
        named=_name_bonus(best.element) > 1,
        known=evidence.knows(best.element),
        attested=any(block in chosen for block in attested),
    )


def weigh(layout: Layout) -> None:
    """Set the weight of every block: what it counts for the container it is in."""
    blocks = layout.blocks
    for block in blocks:
        block.weight = _weight(block)
    _discount_teasers(blocks)
    _discount_lonely(blocks)
    links = [True, *(block.is_link for block in blocks), True]
    for index, block in enumerate(blocks):
        before, after = links[index], links[index + 2]
        linked_heading_before = index > 0 and before and blocks[index - 1].tag in HEADINGS
        if block.weight > 0 and ((before and after) or linked_heading_before):
            block.weight *= _TEASER
        elif block.tag in HEADINGS and links[index + 1]:
            block.weight = _LINKED_HEADING


def _discount_teasers(blocks: list[Block]) -> None:
    """Let prose in frames of one name count for little when a link stands between each and the next: cards."""
    cards: dict[tuple[str, ...], list[int]] = {}
    for index, block in enumerate(blocks):
        if block.weight > 0:
            cards.setdefault(_signature(block), []).append(index)
    for indices in cards.values():
        parents = {_parent(blocks[index]) for index in indices}
        if len(indices) < MIN_CARDS or len(parents) < len(indices):
            continue
        gaps = [blocks[i + 1 : j] for i, j in pairwise(indices)]
        if sum(any(block.is_link for block in gap) for gap in gaps) > _CARD_GAPS * len(gaps):
            for index in indices:
                blocks[index].weight *= _CARD


def _signature(block: Block) -> tuple[str, ...]:
    frame = block.frame
    above = [frame, *islice(frame.iterancestors(), 2)]
    return tuple(f"{element.tag}.{element.get('class', '')}" for element in above)


def _discount_lonely(blocks: list[Block]) -> None:
    """Let a paragraph that shares its parent with no other prose count for less: teasers stand alone."""
    company: dict[HtmlElement, float] = {}
    for block in blocks:
        if block.weight > 0:
            parent = _parent(block)
            company[parent] = company.get(parent, 0.0) + block.weight
    if max(company.values(), default=0.0) < CROWD:
        return
    for block in blocks:
        if block.weight > 0 and company[_parent(block)] < LONELY:
            block.weight *= _LONELY_FACTOR


def _parent(block: Block) -> HtmlElement:
    parent = block.frame.getparent() if block.frame.tag in ("p", "li", "blockquote") else None
    return block.frame if parent is None else parent


def _weight(block: Block) -> float:
    if block.is_link:
        return -float(min(block.size, _LINK_WEIGHT_CAP))
    if _RAW_MARKUP.match(block.text):
        return _SHORT_PIECE
    if block.tag in HEADINGS and block.size < LONG_HEADING:
        return 0.0
    prose = block.size - 2 * block.linked
    if block.size >= PARAGRAPH and _PAUSE.search(block.text):
        return prose
    if block.size >= SENTENCE and _SENTENCE_END.search(block.text):
        return prose * 0.8
    if block.size >= PARAGRAPH and block.tag == "p":
        return prose * 0.6
    return _SHORT_PIECE


def mark_asides(layout: Layout, total: float) -> None:
    """Mark the blocks of asides, but of none that holds much of the page's prose."""
    prose = [sum(b.weight for b in layout.blocks[s.start : s.end] if b.weight > 0) for s in layout.asides]
    of_name: dict[tuple[str, str | None], float] = {}
    for span, size in zip(layout.asides, prose, strict=True):
        key = (span.element.tag, span.element.get("class"))
        of_name[key] = of_name.get(key, 0.0) + size
    for span, size in zip(layout.asides, prose, strict=True):
        of_all = of_name[(span.element.tag, span.element.get("class"))]
        large = size > _ASIDE_SHARE * total or of_all > _SAME_NAME_SHARE * total
        if large and not is_never_body(span.element):
            continue
        for block in layout.blocks[span.start : span.end]:
            block.aside = True


def _name_bonus(element: HtmlElement) -> float:
    if element.tag == "body":
        return 1.0
    if "articlebody" in element.get("itemprop", "").lower():
        return 1.25
    if _BODY_NAME.search(name_of(element)):
        return 1.15
    return 1.1 if element.tag == "article" else 1.0


def select(layout: Layout, container: Span, evidence: Evidence) -> list[Block]:
    """Take what is text from a container: no asides, no link lists, no stray pieces; with the lead above it."""
    blocks = layout.blocks
    keep = [not block.aside for block in blocks]
    for span in layout.spans:
        inside = container.start <= span.start and span.end <= container.end
        if inside and span.end - span.start < container.end - container.start and _is_link_list(blocks, span):
            keep[span.start : span.end] = [False] * (span.end - span.start)
    inside_blocks = [blocks[i] for i in range(container.start, container.end) if keep[i]]
    chosen = _without_closing(_trim(_without_strays(inside_blocks)))
    if not chosen:
        return []
    return [
        block for block in _lead(blocks[: container.start]) + chosen[:3] if not evidence.headlines(block)
    ] + chosen[3:]


def _without_closing(blocks: list[Block]) -> list[Block]:
    last = len(blocks) - CLOSING_BLOCKS
    kept = [b for i, b in enumerate(blocks) if i < max(1, last) or b.size > CLOSING or not _CLOSING.search(b.text)]
    return _trim(kept)


def _without_strays(blocks: list[Block]) -> list[Block]:
    """Drop the short pieces that stand outside the frames of prose: dates, credits, labels, captions."""
    frames = {_parent(block) for block in blocks if block.weight > 0}
    kept: list[Block] = []
    for block, after in zip(blocks, [*blocks[1:], None], strict=True):
        at_home = _parent(block) in frames
        if block.tag == "h1" or _RAW_MARKUP.match(block.text) or _BARE_LINK.match(block.text) or _SEE_ALSO.match(block.text):
            continue
        if block.is_link and not (at_home and _is_linked_sentence(block)):
            continue
        if block.tag == "div" and block.weight <= 0 and not at_home:
            continue
        if block.tag in HEADINGS and after is not None and after.is_link and not _is_linked_sentence(after):
            continue
        kept.append(block)
    return kept


def _is_linked_sentence(block: Block) -> bool:
    return block.size >= PARAGRAPH * 0.75 and block.linked < 0.95 * block.size and bool(_SENTENCE_END.search(block.text))


def _lead(before: list[Block]) -> list[Block]:
    """Return the lead that stands between the headline and the container, [] when nothing looks like one."""
    headline = max((i for i, block in enumerate(before) if block.tag == "h1"), default=None)
    if headline is None:
        return []
    between = [block for block in before[headline + 1 :] if not block.aside and not block.linked]
    return [block for block in between if block.size >= LEAD and block.tag not in ("li", "td", "th")][:2]


def _trim(blocks: list[Block]) -> list[Block]:
    """Cut what stands before the first and after the last piece of prose, but not what prose is made of."""
    prose = [index for index, block in enumerate(blocks) if block.weight > 0]
    if not prose:
        return []
    first, last = prose[0], prose[-1]
    home = _parent(blocks[first])
    while first > 0 and _opens(blocks[first - 1], home):
        first -= 1
    return blocks[first : last + 1]


def _opens(block: Block, home: HtmlElement) -> bool:
    """Tell whether a short piece can open a text: a sub-headline or a list beside the first paragraph."""
    if block.is_link or (block.linked and block.size < PARAGRAPH):
        return False
    if block.tag in HEADINGS:
        return block.size >= SENTENCE
    return block.tag in ("p", "li", "blockquote") and block.size >= 20 and not _DATED.search(block.text)


def _is_link_list(blocks: list[Block], span: Span) -> bool:
    size = sum(block.size for block in blocks[span.start : span.end])
    linked = sum(block.linked for block in blocks[span.start : span.end])
    return size > 20 and linked > _LINK_LIST * size


def render(blocks: tuple[Block, ...]) -> str:
    """Write blocks as lines; cells of one table row are joined by " | "."""
    lines: list[str] = []
    row: HtmlElement | None = None
    for block in blocks:
        this_row = block.frame.getparent() if block.frame.tag in ("td", "th") else None
        if this_row is not None and this_row is row:
            lines[-1] += f" | {block.text}"
        else:
            lines.append(block.text)
        row = this_row
    return "\n".join(lines)
