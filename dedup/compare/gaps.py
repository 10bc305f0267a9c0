"""Read two texts side by side: what differs where the text around agrees, and where the two first meet."""

from __future__ import annotations

from typing import Any

import numpy as np

from dedup.kernel import compiled
from dedup.sketch.words import shingle
from dedup.store.summaries import COMMON, RARE

#: A gap of more words is another passage, not another number in the same sentence.
_MAX_GAP = 8
#: A shingle that a text repeats more often is not followed to its last place: one word, repeated for ever, would be
#: work with the square of its length.
_MAX_WALK = 64
#: Shingles in a row that are a shared passage; fewer are a phrase of the trade.
_PASSAGE = 6


@compiled("boolean(uint32[::1], uint32)")
def _has(values: Any, value: Any) -> Any:
    at = np.searchsorted(values, value)
    return at < len(values) and values[at] == value


@compiled("boolean(uint32[::1], uint32)")
def _has_number(values: Any, value: Any) -> Any:
    """Tell whether a number with the same digits is among the sorted `values`."""
    at = np.searchsorted(values, value & np.uint32(0xFFFF0000))
    while at < len(values) and (values[at] ^ value) <= np.uint32(0xFFFF):
        if values[at] & np.uint32(1):
            return True
        at += 1
    return False


@compiled("UniTuple(int64, 2)(uint32[::1], uint8[::1], uint32[::1], int64, int64)")
def _odd_words(words: Any, flags: Any, others: Any, start: Any, stop: Any) -> Any:
    """Count the numbers and the rare words in `words[start:stop]` that the sorted `others` lack."""
    numbers, names = 0, 0
    for at in range(start, stop):
        if not _has(others, words[at]):
            numbers += (words[at] & np.uint32(1)) != 0 and not _has_number(others, words[at])
            names += (flags[at] & RARE) != 0
    return numbers, names


@compiled("UniTuple(int32[::1], 2)(uint32[::1])")
def _chain(shingles: Any) -> Any:
    """Return a table of first places by the low bits of a value, and for each place the next of the same bits."""
    size = 16
    while size < len(shingles):
        size *= 2
    heads, nexts = np.full(size, -1, dtype=np.int32), np.empty(len(shingles), dtype=np.int32)
    for place in range(len(shingles) - 1, -1, -1):
        slot = shingles[place] & np.uint32(size - 1)
        nexts[place], heads[slot] = heads[slot], place
    return heads, nexts


@compiled("int64(int32[::1], int32[::1], uint32[::1], uint32, int64)")
def _place(heads: Any, nexts: Any, shingles: Any, value: Any, after: Any) -> Any:
    """Find `value` among the chained `shingles`: its first place beyond `after`, else its first; or -1."""
    place, first, steps = heads[value & np.uint32(len(heads) - 1)], -1, 0
    while place >= 0 and steps < _MAX_WALK:
        steps += 1
        if shingles[place] == value:
            if place > after:
                return place
            if first < 0:
                first = place
        place = nexts[place]
    return first


@compiled("float64(uint8[::1], int64, int64)")
def _depth(flags: Any, place: Any, count: Any) -> Any:
    """Return the share of the `count` shingles of a text that stand before `place`, chrome left aside."""
    before, own = 0, 0
    for at in range(count):
        if flags[at] & COMMON == 0:
            own += 1
            before += at < place
    return before / max(1, own)


@compiled(
    "UniTuple(float64, 3)(uint32[::1], uint8[::1], uint32[::1], uint32[::1], uint8[::1], uint32[::1], int64)"
)
def read_gaps(
    left: Any, left_flags: Any, left_words: Any, right: Any, right_flags: Any, right_words: Any, ngram: Any
) -> Any:
    """Count the short gaps between agreeing text where each side has a number, or a rare word, the other lacks.

    Returns the two counts, and the depth in `right` of the first passage that they share.
    """
    left_shingles, right_shingles = shingle(left, ngram), shingle(right, ngram)
    heads, nexts = _chain(right_shingles)
    numbers, names, last, partner = 0, 0, -1, -1
    run, first = 0, len(right_shingles)
    for at in range(len(left_shingles)):
        if partner >= 0 and partner + 1 < len(right_shingles) and left_shingles[at] == right_shingles[partner + 1]:
            found = partner + 1
        else:
            found = _place(heads, nexts, right_shingles, left_shingles[at], partner)
        if found < 0:
            continue
        if last >= 0 and at > last + 1:
            here, there = at - last - ngram, found - partner - ngram
            if 0 < here <= _MAX_GAP and 0 < there <= _MAX_GAP:
                mine = _odd_words(left, left_flags, right_words, last + ngram, at)
                theirs = _odd_words(right, right_flags, left_words, partner + ngram, found)
                numbers += mine[0] > 0 and theirs[0] > 0
                names += mine[1] > 0 and theirs[1] > 0
        run = run + 1 if at == last + 1 and found == partner + 1 else 1
        if run >= _PASSAGE:
            first = min(first, found - run + 1)
        last, partner = at, found
    return numbers, names, _depth(right_flags, first, len(right_shingles))
