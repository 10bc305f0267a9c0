"""Compare two texts word by word: what they share, and whether that makes one a copy of the other.

Four shares decide, none of which candidates are chosen by. Resemblance and containment count shingles, leaving
aside those that the outlet repeats (its chrome, its templates). The two rare shares count the words that few
documents have: a copy has the names of its story, a report filled into the same form has others. Where the text
around agrees and a number differs, two texts are two reports (`numbers`); where a rare word differs, they may be
(`names`). And a text that comes to what the other tells only after another story (`depth`) is a page that holds it.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedup.compare.gaps import read_gaps
from dedup.kernel import compiled
from dedup.sketch.minhash import NGRAM
from dedup.sketch.words import shingle
from dedup.store.summaries import COMMON, RARE, Texts

#: Relations of a pair, by number; `contained` is read from the side of the removed document.
#: HELD is contained in a page that tells another story first: no copy, and the page survives for neither story.
NONE, NEAR, CONTAINED, HELD = 0, 1, 2, 3
NO_COPY = (NONE, HELD)
#: With fewer shingles left beside chrome and templates there is no story to compare.
MIN_SHINGLES = 10
#: A contained text is at most this long beside the other; above it, the two are copies that differ in a few lines.
CONTAINED_LENGTH = 0.75
#: What `compare` finds, in this order.
FEATURES = ("resemblance", "containment", "rare", "rare_back", "numbers", "names", "depth")
RESEMBLANCE, CONTAINMENT, SHARED_RARE, SHARED_RARE_BACK, NUMBERS, NAMES, DEPTH = range(len(FEATURES))


class Comparison(NamedTuple):
    """Hold what `compare` found for P pairs: `relation` uint8[P], `scores` float32[P, len(FEATURES)]."""

    relation: NDArray[np.uint8]
    scores: NDArray[np.float32]


class Thresholds(NamedTuple):
    """Say what makes two texts copies.

    The figures were set together on 122 judged pairs of 31,030 Saudi articles and on 5,618 edited articles with and
    without chrome; they lie in the middle of ranges over which the figures of quality hardly move.
    """

    #: A copy shares at least this much: shingles of both over shingles of either, chrome left aside.
    min_resemblance: float = 0.25
    #: ... and this share of the rare words of the shorter text, ...
    min_rare: float = 0.8
    #: ... and this share of the rare words of the longer one.
    min_rare_back: float = 0.4
    #: Resemblance that needs no rare words to prove it.
    sure_resemblance: float = 0.8
    #: A truncated copy, or a page that holds the whole story: share of the shorter text's shingles, ...
    min_containment: float = 0.88
    #: ... and of its rare words.
    min_contained_rare: float = 0.93
    #: A copy cut and rearranged, in which no name changed in its place: resemblance, containment, rare words.
    min_cut_resemblance: float = 0.3
    min_cut_containment: float = 0.55
    min_cut_rare: float = 0.6
    #: Templates: places where the texts around agree and the numbers differ; more than this many, no copy.
    max_changed_numbers: float = 0
    #: A page that tells another story first is no copy: share of the longer text before the first shared passage. Any
    #: value from .33 to .40 does; chosen on 229 more pairs of those articles, judged by reading what differs.
    max_depth: float = 0.35


def thresholds_for(resemblance: float | None) -> Thresholds:
    """Return the thresholds under which near copies have at least this `resemblance`, or those chosen together."""
    chosen = Thresholds()
    if resemblance is None:
        return chosen
    sure = max(resemblance, chosen.sure_resemblance)
    return chosen._replace(min_resemblance=resemblance, sure_resemblance=sure)


@compiled("uint8(float32[::1], UniTuple(float64, 11), int64, int64)")
def relate(scores: Any, thresholds: Any, short: Any, long: Any) -> Any:
    """Say what one text is to the other by its scores; `short` and `long` count their own shingles."""
    resemblance, containment = scores[RESEMBLANCE], scores[CONTAINMENT]
    rare, rare_back = scores[SHARED_RARE], scores[SHARED_RARE_BACK]
    numbers, names, depth = scores[NUMBERS], scores[NAMES], scores[DEPTH]
    (
        min_resemblance,
        min_rare,
        min_rare_back,
        sure_resemblance,
        min_containment,
        min_contained_rare,
        min_cut_resemblance,
        min_cut_containment,
        min_cut_rare,
        max_changed_numbers,
        max_depth,
    ) = thresholds
    if numbers > max_changed_numbers or short < MIN_SHINGLES:
        return NONE
    contained = containment >= min_containment and rare >= min_contained_rare
    if depth > max_depth and resemblance < sure_resemblance:
        return HELD if contained else NONE
    if contained and (short <= CONTAINED_LENGTH * long or resemblance < min_resemblance):
        return CONTAINED
    if contained or resemblance >= sure_resemblance:
        return NEAR
    if resemblance < min_resemblance or rare_back < min_rare_back:
        return NONE
    cut = resemblance >= min_cut_resemblance and containment >= min_cut_containment and rare >= min_cut_rare
    return NEAR if rare >= min_rare or (cut and names == 0) else NONE


@compiled("int64(uint32[::1], uint32[::1])")
def _shared(left: Any, right: Any) -> Any:
    one, other, count = 0, 0, 0
    while one < len(left) and other < len(right):
        if left[one] == right[other]:
            one, other, count = one + 1, other + 1, count + 1
        elif left[one] < right[other]:
            one += 1
        else:
            other += 1
    return count


@compiled(
    "Tuple((uint32[::1], int64[::1]))(uint32[::1], uint8[::1], int64[::1], int64, uint8, uint8, int64[::1], int64[::1])"
)
def _sets(words: Any, flags: Any, bounds: Any, ngram: Any, bit: Any, wanted: Any, firsts: Any, seconds: Any) -> Any:
    """Return the sorted sets of shingles, those with `bit` as `wanted`, of the texts in some pairs.

    The set of text i begins at `bounds[i]` of the values, and has as many as the second array says.
    """
    found, sizes = np.empty(len(words), dtype=np.uint32), np.full(len(bounds) - 1, -1, dtype=np.int64)
    for pair in range(2 * len(firsts)):
        text = firsts[pair] if pair < len(firsts) else seconds[pair - len(firsts)]
        if sizes[text] >= 0:
            continue
        start, picked, kept = bounds[text], 0, 0
        values = shingle(words[start : bounds[text + 1]], ngram)
        for at in range(len(values)):
            if flags[start + at] & bit == wanted:
                values[picked] = values[at]
                picked += 1
        values[:picked].sort()
        for at in range(picked):
            if at == 0 or values[at] != values[at - 1]:
                found[start + kept] = values[at]
                kept += 1
        sizes[text] = kept
    return found, sizes


@compiled("void(uint32[::1], int64[::1], int64[::1], int64[::1], int64[::1], float32[:, ::1])")
def _resemble(own: Any, bounds: Any, counts: Any, firsts: Any, seconds: Any, scores: Any) -> None:
    for pair in range(len(firsts)):
        one, other = firsts[pair], seconds[pair]
        left = own[bounds[one] : bounds[one] + counts[one]]
        right = own[bounds[other] : bounds[other] + counts[other]]
        both = _shared(left, right)
        scores[pair, RESEMBLANCE] = both / max(1, len(left) + len(right) - both)
        scores[pair, CONTAINMENT] = both / max(1, min(len(left), len(right)))


@compiled(
    "void(uint32[::1], uint8[::1], int64[::1], uint32[::1], int64[::1], uint32[::1], int64[::1], int64[::1],"
    " int64[::1], int64[::1], int64, UniTuple(float64, 11), uint8[::1], float32[:, ::1])"
)
def _relate_pairs(
    words: Any,
    flags: Any,
    bounds: Any,
    every: Any,
    counts: Any,
    rare: Any,
    rare_counts: Any,
    shingles: Any,
    shorts: Any,
    longs: Any,
    ngram: Any,
    thresholds: Any,
    relations: Any,
    scores: Any,
) -> None:
    """Compare the rare words of pairs, and read side by side the texts of those that may still be copies."""
    for pair in range(len(shorts)):
        short, long = shorts[pair], longs[pair]
        one, two = bounds[short], bounds[short + 1]
        three, four = bounds[long], bounds[long + 1]
        left, left_rare = every[one : one + counts[short]], rare[one : one + rare_counts[short]]
        right, right_rare = every[three : three + counts[long]], rare[three : three + rare_counts[long]]
        scores[pair, SHARED_RARE] = _shared(left_rare, right)
        scores[pair, SHARED_RARE] /= max(1, len(left_rare))
        scores[pair, SHARED_RARE_BACK] = _shared(right_rare, left)
        scores[pair, SHARED_RARE_BACK] /= max(1, len(right_rare))
        relations[pair] = relate(scores[pair], thresholds, shingles[short], shingles[long])
        if relations[pair] != NONE:
            scores[pair, NUMBERS], scores[pair, NAMES], scores[pair, DEPTH] = read_gaps(
                words[one:two], flags[one:two], left, words[three:four], flags[three:four], right, ngram
            )
            relations[pair] = relate(scores[pair], thresholds, shingles[short], shingles[long])


def compare(
    texts: Texts, firsts: NDArray[np.int64], seconds: NDArray[np.int64], thresholds: Thresholds
) -> Comparison:
    """Compare text `firsts[i]` with text `seconds[i]` for each i, the cheap shares first."""
    relations = np.zeros(len(firsts), dtype=np.uint8)
    scores = np.zeros((len(firsts), len(FEATURES)), dtype=np.float32)
    own, counts = _sets(*texts, NGRAM, COMMON, 0, firsts, seconds)
    _resemble(own, texts.bounds, counts, firsts, seconds, scores)
    resembling = scores[:, RESEMBLANCE] >= thresholds.min_resemblance
    likely = np.flatnonzero(resembling | (scores[:, CONTAINMENT] >= thresholds.min_containment))
    # What is shorter is told by the story, not by the chrome around it.
    swapped = counts[firsts[likely]] > counts[seconds[likely]]
    shorts = np.where(swapped, seconds[likely], firsts[likely])
    longs = np.where(swapped, firsts[likely], seconds[likely])
    every, rare = _sets(*texts, 1, 0, 0, shorts, longs), _sets(*texts, 1, RARE, RARE, shorts, longs)
    found, figures = relations[likely], scores[likely]
    limits = tuple(map(float, thresholds))
    _relate_pairs(*texts, *every, *rare, counts, shorts, longs, NGRAM, limits, found, figures)
    relations[likely], scores[likely] = found, figures
    return Comparison(relations, scores)
