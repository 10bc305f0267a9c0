"""Say which blocks of a container are its text, and write them down.

What stays: prose, the headings and lists that belong to it, the lead above it. What goes: asides, link lists,
the headline, stray dates and labels, calls to read or subscribe, and whatever stands before the first or after
the last prose.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import accumulate, zip_longest

from lxml.etree import _Element

from cleaning.html.layout import HEADINGS, Block, Layout, Span
from cleaning.html.weigh import PARAGRAPH, RAW_MARKUP, SENTENCE, Evidence, is_closed, parent_of

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


def select(layout: Layout, container: Span, evidence: Evidence) -> list[Block]:
    """Return the blocks of `container` that are text, in order, with the lead that stands above it."""
    blocks = layout.blocks
    keep = [not block.aside for block in blocks]
    for span in _link_lists(layout, container):
        keep[span.start : span.end] = [False] * (span.end - span.start)
    inside = [blocks[index] for index in range(container.start, container.end) if keep[index]]
    chosen = _without_closing(_trim(_without_strays(inside)))
    if not chosen:
        return []
    head = _lead(blocks[: container.start]) + chosen[:_HEAD]
    return [block for block in head if not evidence.headlines(block)] + chosen[_HEAD:]


def _link_lists(layout: Layout, container: Span) -> Iterator[Span]:
    """Yield the elements inside `container` whose text is mostly links."""
    sizes = list(accumulate((block.size for block in layout.blocks), initial=0))
    links = list(accumulate((block.linked for block in layout.blocks), initial=0.0))
    for span in layout.spans:
        inner = container.start <= span.start and span.end <= container.end
        if inner and span.end - span.start < container.end - container.start:
            size, linked = sizes[span.end] - sizes[span.start], links[span.end] - links[span.start]
            if size > OPENING_ITEM and linked > _LINK_LIST * size:
                yield span


def _without_strays(blocks: list[Block]) -> list[Block]:
    """Drop the short pieces that stand outside the frames of prose: dates, credits, labels, captions."""
    frames = {parent_of(block) for block in blocks if block.weight > 0}
    followers = zip_longest(blocks, blocks[1:])
    return [block for block, after in followers if not _is_stray(block, after, at_home=parent_of(block) in frames)]


def _is_stray(block: Block, after: Block | None, *, at_home: bool) -> bool:
    text = block.text
    if block.tag == "h1" or RAW_MARKUP.match(text) or _BARE_LINK.match(text):
        return True
    if _SEE_ALSO.match(text):
        return not _opens_another_story(block, after)
    if block.is_link:
        return not (at_home and _is_linked_sentence(block))
    if block.tag in HEADINGS:
        return after is not None and after.is_link and not _is_linked_sentence(after)
    return block.tag == "div" and block.weight <= 0 and not at_home


def _opens_another_story(block: Block, after: Block | None) -> bool:
    """Tell whether a see-also label has text below it and no link: it stays, for the rules of lines to judge by."""
    return block.size <= _LABEL and not block.linked and after is not None and not after.linked


def _is_linked_sentence(block: Block) -> bool:
    return block.size >= _LINKED_SENTENCE and block.linked < _ALL_LINK * block.size and is_closed(block.text)


def _trim(blocks: list[Block]) -> list[Block]:
    """Cut what stands before the first and after the last prose, but not the list or line that opens a text."""
    prose = [index for index, block in enumerate(blocks) if block.weight > 0]
    if not prose:
        return []
    first = prose[0]
    while first > 0 and _opens(blocks[first - 1]):
        first -= 1
    return blocks[first : prose[-1] + 1]


def _opens(block: Block) -> bool:
    """Tell whether a short piece can open a text: a sub-headline, an item of a list, a line without a date."""
    if block.is_link or (block.linked and block.size < PARAGRAPH):
        return False
    if block.tag in HEADINGS:
        return block.size >= SENTENCE
    return block.tag in ("p", "li", "blockquote") and block.size >= OPENING_ITEM and not _DATED.search(block.text)


def _without_closing(blocks: list[Block]) -> list[Block]:
    """Drop the calls and notices among the last blocks."""
    body = max(1, len(blocks) - _CLOSING_BLOCKS)
    tail = [block for block in blocks[body:] if block.size > CLOSING or not _CLOSING.search(block.text)]
    return _trim(blocks[:body] + tail)


def _lead(before: list[Block]) -> list[Block]:
    """Return the lead that stands between the headline and the container, [] when nothing looks like one."""
    headline = max((index for index, block in enumerate(before) if block.tag == "h1"), default=None)
    if headline is None:
        return []
    between = [block for block in before[headline + 1 :] if not block.aside and not block.linked]
    return [block for block in between if block.size >= LEAD and block.tag not in ("li", "td", "th")][:_MAX_LEADS]


def render(blocks: tuple[Block, ...]) -> str:
    """Write blocks as lines; cells of one table row are joined by " | "."""
    written: list[str] = []
    row: _Element | None = None
    for block in blocks:
        this_row = block.frame.getparent() if block.frame.tag in ("td", "th") else None
        if this_row is not None and this_row is row:
            written[-1] += f" | {block.text}"
        else:
            written.append(block.text)
        row = this_row
    return "\n".join(written)
