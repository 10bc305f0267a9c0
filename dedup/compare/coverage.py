"""Tell how much of a text stands in others, and the longest passage that stands in none of them."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedup.compare.facts import is_fact
from dedup.kernel import compiled, is_among, part
from dedup.sketch.minhash import NGRAM
from dedup.sketch.words import shingle
from dedup.store.summaries import COMMON, Texts

#: A run of this many words that no other text has is a passage of its own: one sentence, 80 characters and more.
OWN_WORDS = 20


class Coverage(NamedTuple):
    """Hold for each of some texts what others have of it.

    `share` float32: of its shingles those that stand in them; `numbers` int64: its numbers that they lack; `own`
    int64[N, 2]: start and length in words of the longest run that they lack. What the outlet repeats is not missed.
    """

    share: NDArray[np.float32]
    numbers: NDArray[np.int64]
    own: NDArray[np.int64]


@part("UniTuple(uint32[::1], 2)(uint32[::1], int64[::1], int64[::1])")
def _gather(words: Any, bounds: Any, holders: Any) -> Any:
    """Return the shingles of some texts, and the values of their numbers, sorted."""
    size = 0
    for holder in holders:
        size += bounds[holder + 1] - bounds[holder]
    found, digits, filled, counted = np.empty(size, np.uint32), np.empty(size + 1, np.uint32), 0, 0
    for holder in holders:
        theirs = words[bounds[holder] : bounds[holder + 1]]
        values = shingle(theirs, NGRAM)
        found[filled : filled + len(values)] = values
        filled += len(values)
        for word in theirs:
            # Numbers of the same value have the same high half (`dedup.sketch.numbers`).
            digits[counted] = word >> np.uint32(16)
            counted += word & np.uint32(1)
    return np.sort(found[:filled]), np.sort(digits[:counted])


@compiled(
    "void(uint32[::1], uint8[::1], int64[::1], int64[::1], int64[::1], int64[::1], float32[::1],"
    " int64[::1], int64[:, ::1])"
)
def _cover(
    words: Any,
    flags: Any,
    bounds: Any,
    holders: Any,
    starts: Any,
    texts: Any,
    share: Any,
    numbers: Any,
    own: Any,
) -> None:
    """Read text `texts[i]` beside the texts `holders[starts[i]:starts[i + 1]]`; the same ones are sorted once."""
    known, digits = _gather(words, bounds, holders[:0])
    before = holders[:0]
    for at in range(len(texts)):
        those = holders[starts[at] : starts[at + 1]]
        # Element by element: numpy's own comparison has numba load scipy.
        changed = len(those) != len(before)
        for place in range(min(len(those), len(before))):
            changed = changed or those[place] != before[place]
        if changed:
            known, digits = _gather(words, bounds, those)
            before = those
        one, two = bounds[texts[at]], bounds[texts[at] + 1]
        values, shared, end = shingle(words[one:two], NGRAM), 0, 0
        for place in range(len(values) + 1):
            last = place == len(values)
            if last or flags[one + place] & COMMON or is_among(values[place], known):
                shared += not last
                start, end = end, two - one if last else place
                if end - start > own[at, 1]:
                    own[at, 0], own[at, 1] = start, end - start
                end = place + NGRAM
        share[at] = shared / max(1, len(values))
        for place in range(one, two):
            numbers[at] += is_fact(words, place) and not is_among(np.uint32(words[place] >> np.uint32(16)), digits)


def cover(
    texts: Texts, holders: NDArray[np.int64], starts: NDArray[np.int64], covered: NDArray[np.int64]
) -> Coverage:
    """Return what the texts `holders[starts[i]:starts[i + 1]]` have of text `covered[i]`, for each i."""
    count = len(covered)
    found = Coverage(np.zeros(count, np.float32), np.zeros(count, np.int64), np.zeros((count, 2), np.int64))
    _cover(*texts[:3], holders, starts, covered, *found)
    return found


def has_own(texts: Texts, holders: NDArray[np.int64], pages: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Tell for each pair whether its page has a passage of its own, which none of the holders paired with it has."""
    order = np.lexsort((holders, pages))
    covered, starts = np.unique(pages[order], return_index=True)
    own = cover(texts, holders[order], np.append(starts, len(order)), covered).own[:, 1]
    return np.asarray((own >= OWN_WORDS)[np.searchsorted(covered, pages)])
