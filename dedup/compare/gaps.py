"""Read two texts side by side: what differs where the text around agrees, where they first meet, what they share."""

from __future__ import annotations

from typing import Any

import numpy as np

from dedup.kernel import compiled
from dedup.sketch.words import shingle
from dedup.store.summaries import COMMON, RARE

#: A gap of more words is another passage, not another number in the same sentence.
MAX_GAP = 8
#: Shingles in a row that are a shared passage; fewer are a phrase of the trade.
PASSAGE = 6
#: Only the beginnings of very long texts are searched for the passage that audit records quote.
_QUOTED_FROM = 4096


@compiled("UniTuple(int64, 2)(uint32[::1], uint8[::1], uint32[::1], int64, int64)")
def _odd_words(words: Any, flags: Any, others: Any, start: Any, stop: Any) -> Any:
    """Count the numbers and the rare words in `words[start:stop]` that the sorted `others` lack.

    A number is there if one with the same digits is: those have the same high half, and an odd low one.
    """
    numbers, names = 0, 0
    for at in range(start, stop):
        place = np.searchsorted(others, words[at])
        if place < len(others) and others[place] == words[at]:
            continue
        names += (flags[at] & RARE) != 0
        if words[at] & np.uint32(1):
            place = np.searchsorted(others, words[at] & np.uint32(0xFFFF0000))
            found = False
            while not found and place < len(others) and (others[place] ^ words[at]) <= np.uint32(0xFFFF):
                found = (others[place] & np.uint32(1)) != 0
                place += 1
            numbers += not found
    return numbers, names


@compiled("int64(uint64[::1], uint32, int64)")
def _place(sorted_shingles: Any, value: Any, after: Any) -> Any:
    """Find `value` among shingles sorted with their places: its first place beyond `after`, else its first; or -1."""
    first = np.uint64(value) << np.uint64(32)
    for wanted in (first + np.uint64(after + 1), first):
        at = np.searchsorted(sorted_shingles, wanted)
        if at < len(sorted_shingles) and sorted_shingles[at] >> np.uint64(32) == value:
            return np.int64(sorted_shingles[at] & np.uint64(0xFFFFFFFF))
    return -1


@compiled(
    "UniTuple(float64, 3)(uint32[::1], uint8[::1], uint32[::1], uint32[::1], uint8[::1], uint32[::1], int64)"
)
def read_gaps(
    left: Any, left_flags: Any, left_words: Any, right: Any, right_flags: Any, right_words: Any, ngram: Any
) -> Any:
    """Count the short gaps between agreeing text where each side has a number, or a rare word, the other lacks.

    Returns the two counts, and the depth in `right` of the first passage that they share: the share of its shingles
    that stand before it, chrome left aside.
    """
    left_shingles, right_shingles = shingle(left, ngram), shingle(right, ngram)
    places = np.arange(len(right_shingles)).astype(np.uint64)
    in_order = np.sort(right_shingles.astype(np.uint64) << np.uint64(32) | places)
    numbers, names, last, partner = 0, 0, -1, -1
    run, first = 0, len(right_shingles)
    for at in range(len(left_shingles)):
        if partner >= 0 and partner + 1 < len(right_shingles) and left_shingles[at] == right_shingles[partner + 1]:
            found = partner + 1
        else:
            found = _place(in_order, left_shingles[at], partner)
        if found < 0:
            continue
        if last >= 0 and at > last + 1:
            here, there = at - last - ngram, found - partner - ngram
            if 0 < here <= MAX_GAP and 0 < there <= MAX_GAP:
                mine = _odd_words(left, left_flags, right_words, last + ngram, at)
                theirs = _odd_words(right, right_flags, left_words, partner + ngram, found)
                numbers += mine[0] > 0 and theirs[0] > 0
                names += mine[1] > 0 and theirs[1] > 0
        run = run + 1 if at == last + 1 and found == partner + 1 else 1
        if run >= PASSAGE:
            first = min(first, found - run + 1)
        last, partner = at, found
    before, own = 0, 0
    for at in range(len(right_shingles)):
        if right_flags[at] & COMMON == 0:
            own += 1
            before += at < first
    return numbers, names, before / max(1, own)


@compiled("int64[:, ::1](uint32[::1], int64[::1], int64[::1], int64[::1])")
def longest_passages(words: Any, bounds: Any, firsts: Any, seconds: Any) -> Any:
    """Return start and length, in words of text `seconds[i]`, of the longest run it shares with `firsts[i]`."""
    found = np.zeros((len(firsts), 2), dtype=np.int64)
    for pair in range(len(firsts)):
        one, other = firsts[pair], seconds[pair]
        left = words[bounds[one] : min(bounds[one + 1], bounds[one] + _QUOTED_FROM)]
        right = words[bounds[other] : min(bounds[other + 1], bounds[other] + _QUOTED_FROM)]
        before, after = np.zeros(len(left) + 1, dtype=np.int32), np.zeros(len(left) + 1, dtype=np.int32)
        best, end = np.int32(0), 0
        for place in range(len(right)):
            word, top = right[place], np.int32(0)
            for at in range(len(left)):
                run = before[at] + np.int32(1) if left[at] == word else np.int32(0)
                after[at + 1] = run
                top = max(top, run)
            if top > best:
                best, end = top, place + 1
            before, after = after, before
        found[pair, 0], found[pair, 1] = end - best, best
    return found
