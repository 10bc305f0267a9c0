"""Read two texts side by side: what differs where the text around agrees, where they first meet, what they share."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dedup.compare.facts import is_fact
from dedup.compare.screen import ones
from dedup.kernel import compiled, inlined, part, place_of
from dedup.sketch.numbers import LETTERS, LETTERS_FROM
from dedup.sketch.words import shingle
from dedup.store.summaries import COMMON, RARE

#: A gap of more words is another passage, not another number in the same sentence.
MAX_GAP = 8
#: A word may be a misspelling of another if their sets of letters have this many in common, and more than they differ
#: in. Of words taken at random from 31,030 articles 6 of 100 pairs are that much alike, of a word and itself with one
#: letter taken for another 77.
LETTERS_ALIKE = 2
#: Names that changed are told apart up to so many: more of them are a template whatever comes.
MAX_NAMES = 32
#: Shingles in a row that are a shared passage; fewer are a phrase of the trade.
PASSAGE = 6
#: Only the beginnings of very long texts are searched for the passage that audit records quote.
_QUOTED_FROM = 4096


@part("boolean(uint32, uint32[::1])")
def _lacks(word: Any, others: Any) -> Any:
    """Tell whether the sorted `others` have no word with the value, or the skeleton, of `word` (`read_words`)."""
    place = place_of(word & np.uint32(0xFFFF0000), others)
    while place < len(others) and others[place] ^ word <= np.uint32(0xFFFF):
        if (others[place] ^ word) & np.uint32(1) == 0:
            return False
        place += 1
    return True


@inlined
def _letters(word: Any) -> Any:
    return word >> LETTERS_FROM & np.uint32((1 << LETTERS) - 1)


@part("boolean(uint32, uint32[::1])")
def _differs(word: Any, gap: Any) -> Any:
    """Tell whether no word of the other `gap` may be a misspelling of `word`."""
    own = _letters(word)
    for other in gap:
        there = _letters(other)
        more, less, both = ones(own & ~there), ones(there & ~own), ones(own & there)
        if other & np.uint32(1) == 0 and both >= LETTERS_ALIKE and more + less < both:
            return False
    return True


@part("UniTuple(int64, 3)(uint32[::1], uint8[::1], int64, int64, uint32[::1], uint32[::1], uint32[::1], int64)")
def _odd_words(
    words: Any, flags: Any, start: Any, stop: Any, others: Any, gap: Any, known: Any, count: Any
) -> Any:
    """Count the numbers, and look for names, from `start` to `stop`, a gap whose other side is `gap`.

    What counts is what the sorted `others` lack.

    Returns the numbers; 2 for a name that is not among the first `count` of `known`, 1 for such as are, 0 for none;
    and how many are known then.
    """
    numbers, names = 0, 0
    for at in range(start, stop):
        if not _lacks(words[at], others):
            continue
        if words[at] & np.uint32(1):
            numbers += is_fact(words, at)
        elif flags[at] & RARE and _differs(words[at], gap):
            names = max(names, 1)
            new = True
            for place in range(count):
                new = new and (known[place] ^ words[at]) > np.uint32(0xFFFF)
            if new and count < len(known):
                known[count] = words[at]
                count += 1
                names = 2
    return numbers, names, count


@part("int64(uint64[::1], uint32, int64)")
def _place(sorted_shingles: Any, value: Any, after: Any) -> Any:
    """Find `value` among shingles sorted with their places: its first place beyond `after`, else its first; or -1."""
    first = np.uint64(value) << np.uint64(32)
    for wanted in (first + np.uint64(after + 1), first):
        at = place_of(wanted, sorted_shingles)
        if at < len(sorted_shingles) and sorted_shingles[at] >> np.uint64(32) == value:
            return np.int64(sorted_shingles[at] & np.uint64(0xFFFFFFFF))
    return -1


@compiled("void(uint32[::1], uint8[::1], uint32[::1], uint32[::1], uint8[::1], uint32[::1], int64, float32[::1])")
def read_gaps(
    left: Any,
    left_flags: Any,
    left_words: Any,
    right: Any,
    right_flags: Any,
    right_words: Any,
    ngram: Any,
    scores: Any,
) -> None:
    """Read what differs in the short gaps between agreeing text.

    Writes four scores: in how many of them each side has a number that the other lacks; in how many a name, a rare
    word; how many they are, gaps in chrome and those aside where nothing differs but names that differed before; and
    the depth in `right` of the first passage that they share: the share of its shingles that stand before it, chrome
    left aside.
    """
    left_shingles, right_shingles = shingle(left, ngram), shingle(right, ngram)
    places = np.arange(len(right_shingles)).astype(np.uint64)
    in_order = np.sort(right_shingles.astype(np.uint64) << np.uint64(32) | places)
    numbers, names, gaps, last, partner = 0, 0, 0, -1, -1
    mine, theirs = np.empty(MAX_NAMES, dtype=np.uint32), np.empty(MAX_NAMES, dtype=np.uint32)
    known, others_known = 0, 0
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
                start, begin = last + ngram, partner + ngram
                one, one_name, known = _odd_words(
                    left, left_flags, start, at, right_words, right[begin:found], mine, known
                )
                two, two_name, others_known = _odd_words(
                    right, right_flags, begin, found, left_words, left[start:at], theirs, others_known
                )
                numbers += one > 0 and two > 0
                around = left_flags[last] | left_flags[at] | right_flags[partner] | right_flags[found]
                if around & COMMON == 0 and not (one_name == 1 and two_name == 1):
                    names += one_name == 2 and two_name == 2
                    gaps += 1
        run = run + 1 if at == last + 1 and found == partner + 1 else 1
        run = 0 if right_flags[found] & COMMON else run
        if run >= PASSAGE:
            first = min(first, found - run + 1)
        last, partner = at, found
    before, own = 0, 0
    for at in range(len(right_shingles)):
        if right_flags[at] & COMMON == 0:
            own += 1
            before += at < first
    scores[0], scores[1], scores[2], scores[3] = numbers, names, gaps, before / max(1, own)


@compiled("void(uint32[::1], int64[::1], int64[::1], int64[::1], int64[:, ::1])")
def _find_passages(words: Any, bounds: Any, firsts: Any, seconds: Any, found: Any) -> None:
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


def longest_passages(
    words: NDArray[np.uint32], bounds: NDArray[np.int64], firsts: NDArray[np.int64], seconds: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return start and length, in words of text `seconds[i]`, of the longest run it shares with `firsts[i]`."""
    found = np.empty((len(firsts), 2), dtype=np.int64)
    _find_passages(words, bounds, firsts, seconds, found)
    return found
