"""Find what follows an article on its page and is by others: comments of readers, and the next article.

No name in the markup and no word of any language is needed. Comments are pieces of prose, each in an element of its
own, with a line of date and time of the same look before each. The next article of an endless page has a main heading
like the first, or an article element of its own, outside of the elements in which the prose before it stands.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from lxml.etree import _Element

from cleaning.html.layout import HEADINGS, Block, Home, Layout, signature_of
from cleaning.html.metadata import Metadata
from cleaning.html.weigh import PARAGRAPH, is_headline
from cleaning.lines.unit import ends_sentence

#: Prose (characters) of an article that others can follow; shorter ones are hardly commented on. A forum has none.
_STORY = 300
#: Comments from which on they are told, and blocks behind a mark among which its prose is looked for.
_COMMENTS = 3
_NEAR = 10
#: Pictures with a line of prose each from which on they are a gallery.
_GALLERY = 3
_NO_CARDS = frozenset(("p", "li", "td", "body", "article", "blockquote"))
_STAMP = re.compile(r"\d(?:\d?:\d{2}\b|(?<!\w\d)\d?[./]\d{1,2}[./]\d{2,4}\b)")


def mark_others(layout: Layout, metadata: Metadata) -> None:
    """Mark as asides what stands behind the article of a page and is not part of it.

    It keeps its weight: where the page is a forum or a list after all, the article seems to be a small share of it.
    """
    captions = _captions(layout)
    start = min(_next_article(layout, metadata), _comments(layout))
    for block in (*captions, *layout.blocks[start:]):
        block.aside = block.other = True


def _captions(layout: Layout) -> list[Block]:
    """Return the prose that stands below pictures, each alone in one of several like elements, where other prose is."""
    prose = [block for block in layout.blocks if block.weight > 0 and not block.aside]
    parts = [layout.part(block) for block in prose]
    lines = Counter(parts)
    below: dict[str, list[Block]] = {}
    for block, part in zip(prose, parts, strict=True):
        if lines[part] == 1 and part.tag not in _NO_CARDS and next(part.iter("img", "picture"), None) is not None:
            below.setdefault(signature_of(part), []).append(block)
    captions = [block for blocks in below.values() if len(blocks) >= _GALLERY for block in blocks]
    rest = sum(block.size for block in prose) - sum(block.size for block in captions)
    return captions if rest >= _STORY else []


def _next_article(layout: Layout, metadata: Metadata) -> int:
    """Return the index of the first block of another article, the number of blocks when there is none."""
    blocks, homes, told = layout.blocks, set[_Element](), 0
    first: Block | None = None
    for index, block in enumerate(blocks):
        if block.tag == "h1" and not block.is_link:
            if is_headline(block, metadata):
                first = first or block
            elif first and told >= _STORY and layout.home(block)[0] not in homes:
                classes, others = (set(heading.frame.get("class", "").split()) for heading in (first, block))
                articles = [next(heading.frame.iterancestors("article"), None) for heading in (first, block)]
                if classes & others or (None not in articles and articles[0] is not articles[1]):
                    return index
        elif first and block.weight > 0 and not block.aside:
            told += block.size
            homes.add(layout.home(block)[0])
    return len(blocks)


def _comments(layout: Layout) -> int:
    """Return the index of the mark of the first comment, the number of blocks when there are none."""
    blocks = layout.blocks
    told: Counter[Home] = Counter()
    marks: dict[str, list[int]] = {}
    idle: Counter[str] = Counter()
    above: set[str] = set()
    for index, block in enumerate(blocks):
        if block.weight > 0 and not block.aside and not marks:
            told[layout.home(block)] += block.size
        if not _is_stamp(block) or (signature := signature_of(block.frame)) in above:
            continue
        if told.total() < _STORY:
            above.add(signature)  # of a forum, whose first post has a stamp as the others have
            continue
        prose = _introduced(blocks[index + 1 : index + 1 + _NEAR])
        if prose is None or layout.home(prose) in told:
            idle[signature] += 1
        else:
            marks.setdefault(signature, []).append(index)
    starts = (at[0] for signature, at in marks.items() if len(at) >= max(_COMMENTS, idle[signature]))
    return min(starts, default=len(blocks))


def _introduced(after: Sequence[Block]) -> Block | None:
    """Return the first prose behind a stamp; None when a heading or another stamp comes before it."""
    for block in after:
        if block.weight > 0 or ends_sentence(block.text):
            return block
        if block.tag in HEADINGS or _is_stamp(block):
            break
    return None


def _is_stamp(block: Block) -> bool:
    if block.size >= PARAGRAPH or block.tag in HEADINGS or not _STAMP.search(block.text):
        return False
    return not ends_sentence(block.text)
