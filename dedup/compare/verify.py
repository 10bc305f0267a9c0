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
from dedup.config import DedupConfig
from dedup.kernel import compiled
from dedup.store.texts import COMMON, RARE, Texts, shingle

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
_LIMITS = "UniTuple(float64, 11)"


class Judgement(NamedTuple):
    """Hold what `compare` found for P pairs.

    `relation` uint8[P]; `scores` float32[P, len(FEATURES)].
    """

    relation: NDArray[np.uint8]
    scores: NDArray[np.float32]


class Limits(NamedTuple):
    """Carry the thresholds of a DedupConfig, called as there, into the compiled code."""

    min_resemblance: float
    min_rare: float
    min_rare_back: float
    sure_resemblance: float
    min_containment: float
    min_contained_rare: float
    min_cut_resemblance: float
    min_cut_containment: float
    min_cut_rare: float
    max_changed_numbers: float
    max_depth: float

    @classmethod
    def of(cls, config: DedupConfig) -> Limits:
        """Take the thresholds out of `config`."""
        return cls(*(float(getattr(config, name)) for name in cls._fields))


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


@compiled(f"uint8(float32[::1], {_LIMITS}, int64, int64)")
def _relate(scores: Any, limits: Any, short: Any, long: Any) -> Any:
    """Say what one text is to the other by its scores; `short` and `long` count their own shingles."""
    resemblance, containment = scores[RESEMBLANCE], scores[CONTAINMENT]
    rare, rare_back = scores[SHARED_RARE], scores[SHARED_RARE_BACK]
    numbers, names, depth = scores[NUMBERS], scores[NAMES], scores[DEPTH]
    min_resemblance, min_rare, min_rare_back, sure_resemblance = limits[:4]
    min_containment, min_contained_rare, min_cut_resemblance, min_cut_containment, min_cut_rare = limits[4:9]
    max_changed_numbers, max_depth = limits[9:]
    if numbers > max_changed_numbers or short < MIN_SHINGLES:
        return NONE
    contained = containment >= min_containment and rare >= min_contained_rare
    if depth > max_depth and resemblance < sure_resemblance:
        return HELD if contained else NONE
    if contained and short <= CONTAINED_LENGTH * long:
        return CONTAINED
    if contained or resemblance >= sure_resemblance:
        return NEAR
    if resemblance < min_resemblance or rare_back < min_rare_back:
        return NONE
    cut = resemblance >= min_cut_resemblance and containment >= min_cut_containment and rare >= min_cut_rare
    return NEAR if rare >= min_rare or (cut and names == 0) else NONE


@compiled(
    "void(uint32[::1], uint8[::1], int64[::1], int64, uint8, uint8, boolean[::1], uint32[::1], int64[::1])"
)
def _collect(
    words: Any, flags: Any, bounds: Any, ngram: Any, bit: Any, wanted: Any, needed: Any, out: Any, sizes: Any
) -> None:
    """Write the sorted set of shingles of each needed text, those with `bit` as `wanted`, at its bounds in `out`."""
    for text in range(len(needed)):
        if not needed[text]:
            continue
        start, picked = bounds[text], 0
        values = shingle(words[start : bounds[text + 1]], ngram)
        for at in range(len(values)):
            if flags[start + at] & bit == wanted:
                values[picked] = values[at]
                picked += 1
        values[:picked].sort()
        kept = 0
        for at in range(picked):
            if at == 0 or values[at] != values[at - 1]:
                out[start + kept] = values[at]
                kept += 1
        sizes[text] = kept


class Sets(NamedTuple):
    """Hold a sorted set for each of some texts: that of text i begins at `bounds[i]` and has `counts[i]` values."""

    values: NDArray[np.uint32]
    counts: NDArray[np.int64]


def _sets(texts: Texts, ngram: int, bit: int, wanted: int, needed: NDArray[np.bool_]) -> Sets:
    """Return the sets of shingles of the needed texts."""
    sets = Sets(np.empty(len(texts.words), dtype=np.uint32), np.zeros(len(needed), dtype=np.int64))
    _collect(*texts, ngram, bit, wanted, needed, *sets)
    return sets


@compiled("void(uint32[::1], int64[::1], int64[::1], int64[::1], int64[::1], float32[:, ::1])")
def _resemble(own: Any, bounds: Any, counts: Any, firsts: Any, seconds: Any, scores: Any) -> None:
    for pair in range(len(firsts)):
        one, other = firsts[pair], seconds[pair]
        left = own[bounds[one] : bounds[one] + counts[one]]
        right = own[bounds[other] : bounds[other] + counts[other]]
        both = _shared(left, right)
        scores[pair, RESEMBLANCE] = both / max(1, len(left) + len(right) - both)
        scores[pair, CONTAINMENT] = both / max(1, min(len(left), len(right)))


@compiled("void(uint32[::1], int64[::1], uint32[::1], int64[::1], int64[::1], int64[::1], int64[::1], float32[:, ::1])")
def _share_rare(
    every: Any, counts: Any, rare: Any, rare_counts: Any, bounds: Any, shorts: Any, longs: Any, scores: Any
) -> None:
    for pair in range(len(shorts)):
        short, long = shorts[pair], longs[pair]
        rare_short = rare[bounds[short] : bounds[short] + rare_counts[short]]
        rare_long = rare[bounds[long] : bounds[long] + rare_counts[long]]
        scores[pair, SHARED_RARE] = _shared(rare_short, every[bounds[long] : bounds[long] + counts[long]])
        scores[pair, SHARED_RARE] /= max(1, len(rare_short))
        scores[pair, SHARED_RARE_BACK] = _shared(rare_long, every[bounds[short] : bounds[short] + counts[short]])
        scores[pair, SHARED_RARE_BACK] /= max(1, len(rare_long))


@compiled(
    "void(uint32[::1], uint8[::1], int64[::1], uint32[::1], int64[::1], int64[::1], int64[::1], int64[::1], int64,"
    " UniTuple(float64, 11), uint8[::1], float32[:, ::1])"
)
def _decide(
    words: Any,
    flags: Any,
    bounds: Any,
    every: Any,
    counts: Any,
    shingles: Any,
    shorts: Any,
    longs: Any,
    ngram: Any,
    limits: Any,
    relations: Any,
    scores: Any,
) -> None:
    for pair in range(len(shorts)):
        short, long = shorts[pair], longs[pair]
        one, two = bounds[short], bounds[short + 1]
        three, four = bounds[long], bounds[long + 1]
        relations[pair] = _relate(scores[pair], limits, shingles[short], shingles[long])
        if relations[pair] != NONE:
            scores[pair, NUMBERS], scores[pair, NAMES], scores[pair, DEPTH] = read_gaps(
                words[one:two],
                flags[one:two],
                every[one : one + counts[short]],
                words[three:four],
                flags[three:four],
                every[three : three + counts[long]],
                ngram,
            )
            relations[pair] = _relate(scores[pair], limits, shingles[short], shingles[long])


def compare(
    texts: Texts, firsts: NDArray[np.int64], seconds: NDArray[np.int64], ngram: int, limits: Limits
) -> Judgement:
    """Compare text `firsts[i]` with text `seconds[i]` for each i, the cheap shares first."""
    relations = np.zeros(len(firsts), dtype=np.uint8)
    scores = np.zeros((len(firsts), len(FEATURES)), dtype=np.float32)
    needed = np.zeros(len(texts.bounds) - 1, dtype=bool)
    needed[firsts] = needed[seconds] = True
    own = _sets(texts, ngram, COMMON, 0, needed)
    _resemble(own.values, texts.bounds, own.counts, firsts, seconds, scores)
    resembling = scores[:, RESEMBLANCE] >= limits.min_resemblance
    likely = np.flatnonzero(resembling | (scores[:, CONTAINMENT] >= limits.min_containment))
    found, figures = relations[likely], scores[likely]
    # What is shorter is told by the story, not by the chrome around it.
    swapped = own.counts[firsts[likely]] > own.counts[seconds[likely]]
    shorts = np.where(swapped, seconds[likely], firsts[likely])
    longs = np.where(swapped, firsts[likely], seconds[likely])
    needed[:] = False
    needed[shorts] = needed[longs] = True
    every, rare = _sets(texts, 1, 0, 0, needed), _sets(texts, 1, RARE, RARE, needed)
    _share_rare(*every, *rare, texts.bounds, shorts, longs, figures)
    _decide(*texts, *every, own.counts, shorts, longs, ngram, tuple(limits), found, figures)
    relations[likely], scores[likely] = found, figures
    return Judgement(relations, scores)
