"""Select the blocks of a container that are the text of its article.

What stands between, before or behind the prose and looks like it is text, unless there is evidence against it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import groupby, zip_longest

from lxml.etree import _Element

from cleaning.html.layout import HEADINGS, Block, Home, Layout, cell_of, signature_of
from cleaning.html.metadata import Metadata
from cleaning.html.weigh import PARAGRAPH, SENTENCE, is_headline, is_linked_sentence
from cleaning.lines.unit import ends_sentence

#: Sizes (characters) of a call at the end of a story, and of a list item that may open one.
CLOSING = 320
OPENING_ITEM = 20
_CLOSING_BLOCKS = 3
#: So many lines of one paragraph, or cells of one table, without a link are verse or figures.
_VERSE = 4
#: Looks that the lines of one series have, as those of half-verses, and pieces of a look with prose behind each.
_LOOKS = 2
_HEADS = 3
#: A heading before the text belongs to it when so many of its level stand there.
_SUBHEADINGS = 2
#: Share of the prose in one home above which a last piece elsewhere is a notice.
_MAIN = 0.8
_LISTED = frozenset(("li", "dt", "dd", "td", "th", "pre", "blockquote"))

_DATED = re.compile(r"\d{4}|\d{1,2}:\d{2}")
_CLOSING = re.compile(
    r"newsletter|sign(?:ing)? up (?:for|to)|^\W*subscribe|subscribe (?:to|now)|follow (?:us|me|\w+) on"
    r"|all rights reserved|^\W*(?:©|copyright)|download (?:our|the) app|suscr[ií]b|abonnieren|abonnez|inscreva-se"
    r"|iscriviti|comments? (?:are|policy|section)|comentários com|leave a comment"
    r"|تابعونا|اشترك|حمل(?:وا)? تطبيق|جميع الحقوق محفوظة|لا تعبر (?:بالضرورة )?عن رأي|انتهای پیام|خبرنامه|تمامی حقوق",
    re.IGNORECASE,
)


class Selection:
    """The blocks of a container that may be text, and where its prose is at home."""

    def __init__(self, blocks: Sequence[Block], layout: Layout, metadata: Metadata) -> None:
        self._blocks = blocks
        self._metadata = metadata
        self._layout = layout
        self._homes = {layout.home(block) for block in blocks if block.weight > 0}
        self._around = {element for element, _ in self._homes}
        self._like = self._series(blocks)
        cells = [(block, cell.getparent()) for block in blocks if (cell := cell_of(block)) is not None]
        # Rows of data, in which some cells may be links.
        self._rows = {row for block, row in cells if not block.is_link}
        self._rows -= {row for block, row in cells if block.weight > 0}

    def blocks(self) -> list[Block]:
        """Return the text of the article, in order."""
        chosen: list[Block] = []
        told: set[str] = set()
        for block, after in zip_longest(self._blocks, self._blocks[1:]):
            if not self._is_stray(block, after, opened=bool(chosen)) and block.text not in told:
                chosen.append(block)
                if block.size >= PARAGRAPH:
                    told.add(block.text)  # below its beginning a story may stand whole, hidden until a script opens it
        chosen = self._without_notice(self._trim(chosen))
        body = max(1, len(chosen) - _CLOSING_BLOCKS)
        closing = [block for block in chosen[body:] if block.size > CLOSING or not _CLOSING.search(block.text)]
        return self._trim(chosen[:body] + closing)

    def _without_notice(self, chosen: list[Block]) -> list[Block]:
        """Cut the last few blocks where they are at home elsewhere than nearly all of the prose before them."""
        homes = [self._layout.home(block) for block in chosen]
        told: Counter[Home] = Counter()
        for home, block in zip(homes, chosen, strict=True):
            told[home] += block.size if block.weight > 0 else 0
        main, most = max(told.items(), key=lambda item: item[1], default=(None, 0))
        if main is None or most < _MAIN * told.total():
            return chosen
        last = max((index for index, home in enumerate(homes) if home == main), default=0)
        tail = chosen[last + 1 :]
        if chosen[last].text.endswith(":") or any(block.tag in _LISTED for block in tail):
            return chosen
        apart = len({id(element) for element, _ in homes[last + 1 :]}) == 1
        return chosen[: last + 1] if apart and sum(block.size for block in tail) < (1 - _MAIN) * most else chosen

    def _is_at_home(self, block: Block) -> bool:
        """Tell whether a block stands where prose does: as a part of the same look, or a sentence beside it."""
        home = self._layout.home(block)
        return home in self._homes or (home[0] in self._around and ends_sentence(block.text))

    def _is_stray(self, block: Block, after: Block | None, *, opened: bool) -> bool:
        """Tell whether a block is a short piece outside the frames of prose: a date, a credit, a label, a caption."""
        if block.tag == "h1":
            return not opened or block.is_link or is_headline(block, self._metadata)
        if block.is_link:
            cell = cell_of(block)
            in_row = cell is not None and cell.getparent() in self._rows
            return not in_row and not (is_linked_sentence(block) and self._is_at_home(block))
        if block.tag in HEADINGS:
            return after is not None and after.is_link and not is_linked_sentence(after)
        if block.tag != "div" or block.weight > 0:
            return False
        return not (self._is_at_home(block) or id(block) in self._like) or _is_dated(block)

    def _series(self, blocks: Sequence[Block]) -> set[int]:
        """Return which short pieces are one of several that look alike: lines of verse, ingredients, questions.

        They follow each other, or most of them have prose behind them, as headings have. A label is repeated.
        """
        texts = Counter(block.text for block in blocks)
        short = [
            block.tag == "div"
            and block.weight <= 0
            and not (block.linked or _is_dated(block))
            and texts[block.text] == 1
            and any(map(str.isalpha, block.text))
            for block in blocks
        ]
        looks = [signature_of(block.frame) if one else "" for block, one in zip(blocks, short, strict=True)]
        pairs = zip(looks, blocks[1:], strict=False)
        heads = Counter(look for look, after in pairs if look and (after.tag != "div" or after.weight > 0))
        like = {look for look, count in Counter(looks).items() if heads[look] >= max(_HEADS, count / 2)}
        series = {id(block) for block, look in zip(blocks, looks, strict=True) if look in like}
        for is_short, run in groupby(range(len(blocks)), short.__getitem__):
            indices = list(run)
            if is_short and len(indices) >= _VERSE and len({looks[index] for index in indices}) <= _LOOKS:
                series |= {id(blocks[index]) for index in indices}
        return series

    def _trim(self, blocks: list[Block]) -> list[Block]:
        """Cut what stands before the first and after the last prose and does not read as part of it."""
        prose = [index for index, block in enumerate(blocks) if block.weight > 0]
        if not prose:
            return []
        return blocks[self._first(blocks, prose[0]) : self._last(blocks, prose[-1]) + 1]

    def _first(self, blocks: list[Block], first: int) -> int:
        opening, levels = first, Counter(block.tag for block in blocks)
        lines = self._lines(blocks[:first])
        for index in range(first - 1, -1, -1):
            block = blocks[index]
            if is_linked_sentence(block):
                opening = index
                continue
            if block.linked and (block.is_link or block.size < PARAGRAPH):
                break
            # A sub-headline can open a text, and so can an item of a list or a line without a date.
            item = block.tag in ("p", "li", "blockquote") and block.size >= OPENING_ITEM
            announces = blocks[index + 1].tag == "li" and (block.text.endswith(":") or block.tag in HEADINGS)
            if lines[self._group(block)] >= _VERSE and not _is_dated(block):
                fits = True
            elif block.tag in HEADINGS:
                fits = block.size >= SENTENCE or announces or levels[block.tag] >= _SUBHEADINGS
            else:
                sentence = ends_sentence(block.text) and self._is_at_home(block)
                fits = announces or (not _is_dated(block) and (item or sentence))
            if fits:
                opening = index
            elif block.tag != "li":  # the items of a list that something announces
                break
        return opening

    def _last(self, blocks: list[Block], last: int) -> int:
        listed = ""
        lines = self._lines(blocks[last + 1 :])
        for index in range(last + 1, len(blocks)):
            block, before = blocks[index], blocks[index - 1]
            goes_on = block.tag == "li" and self._layout.home(block) == self._layout.home(before)
            if before.text.endswith(":") or goes_on:
                listed = block.tag
            many = lines[self._group(block)] >= _VERSE
            if block is blocks[-1] and is_linked_sentence(block) and self._is_at_home(block):
                last = index
                continue
            if block.linked or (_is_dated(block) and not listed and not many):
                break
            announces = block.text.endswith(":") and self._is_at_home(block)
            if block.tag in HEADINGS and index + 1 < len(blocks) and blocks[index + 1].tag == "li":
                announces, listed = self._layout.home(block)[0] in self._around, "li"
            elif block.tag == listed or many or (ends_sentence(block.text) and self._is_at_home(block)):
                last = index
                continue
            if not announces:
                break
        return last

    def _lines(self, blocks: Sequence[Block]) -> Counter[_Element | None]:
        return Counter(self._group(block) for block in blocks if not block.linked)

    def _group(self, block: Block) -> _Element | None:
        """Return the table, the paragraph or the series whose lines or cells a block is one of."""
        if id(block) in self._like:
            return None
        table = next(block.frame.iterancestors("table"), None) if block.tag in ("td", "th") else None
        return block.frame if table is None else table


def _is_dated(block: Block) -> bool:
    return block.size < PARAGRAPH and bool(_DATED.search(block.text)) and not ends_sentence(block.text)
