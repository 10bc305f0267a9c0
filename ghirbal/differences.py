"""Two texts word by word: what both have, and what only one has."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from typing import TypeAlias

from corpus.arabic import fold

#: Pieces of a text in order, and whether the other text has them in the same order.
Pieces: TypeAlias = list[tuple[str, bool]]

_WORD = re.compile(r"\s*\S+")
#: Longer texts are compared up to here: the time grows with the square.
_MOST_WORDS = 3_000


def side_by_side(one: str, other: str) -> tuple[Pieces, Pieces]:
    """Split two texts where they agree and where they do not; words are compared as the comparison of copies does.

    >>> side_by_side("Rain fell on Monday.", "Rain fell yesterday.")
    ([('Rain fell', True), (' on Monday.', False)], [('Rain fell', True), (' yesterday.', False)])
    """
    left, right = (_WORD.findall(text)[:_MOST_WORDS] for text in (one, other))
    one_key, other_key = ([fold(word).strip() for word in words] for words in (left, right))
    ours: Pieces = []
    theirs: Pieces = []
    matcher = SequenceMatcher(None, one_key, other_key, autojunk=False)
    for tag, first, last, other_first, other_last in matcher.get_opcodes():
        for pieces, piece in ((ours, left[first:last]), (theirs, right[other_first:other_last])):
            if piece:
                pieces.append(("".join(piece), tag == "equal"))
    return ours, theirs
