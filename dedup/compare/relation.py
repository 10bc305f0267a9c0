"""Compare two texts word by word: what they share, and whether that makes one a copy of the other.

Four shares decide, none of which candidates are chosen by. Resemblance and containment count shingles, leaving
aside those that the outlet repeats (its chrome, its templates). The two rare shares count the words that few
documents have, in whatever spelling: a copy has the names of its story, a report filled into the same form has others.
Where the text around agrees and a number differs, two texts are two reports (`numbers`); where a third of what differs
is names, too (`names`). A text that comes to what the other tells only after another story (`depth`) is a page that
holds it. And who published them counts: one outlet tells what led to today's news in the words of yesterday's.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedup.compare.gaps import read_gaps
from dedup.kernel import compiled, part
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
#: Who published two texts: two outlets, or one that is not known; one outlet; one address.
OTHERS, SAME_OUTLET, VERSION = 0, 1, 2
#: One name that changed in the only gap is a respelt name, two in the only two are a template.
UNSEEN_GAPS = 3
#: Gaps that a copy may have which was cut and not rewritten.
MAX_CUT_GAPS = 1
#: Under the same title with the same first words, two texts of one outlet are compared as if of two.
OPENING = 8
#: What `compare` finds, in this order.
FEATURES = ("resemblance", "containment", "rare", "rare_back", "numbers", "names", "gaps", "depth")
RESEMBLANCE, CONTAINMENT, SHARED_RARE, SHARED_RARE_BACK, NUMBERS, NAMES, GAPS, DEPTH = range(len(FEATURES))


class Comparison(NamedTuple):
    """Hold what `compare` found for P pairs: `relation` uint8[P], `scores` float32[P, len(FEATURES)]."""

    relation: NDArray[np.uint8]
    scores: NDArray[np.float32]


class Thresholds(NamedTuple):
    """Say what makes two texts copies.

    Chosen by leaving outlets and sets out, in turn: bench/RESULTS.md has what the others gave for the one left out.
    """

    #: Near copies share this much: resemblance times the cube of the larger rare share. Either text may have nothing of
    #: its own; what both have of their own is another story.
    min_told: float = 0.34
    #: ... and have at least this resemblance, which follows from the above unless a user asks for more.
    min_resemblance: float = 0.25
    #: A truncated copy, or a page that holds the whole story: share of the shorter text's shingles.
    min_containment: float = 0.85
    #: Within one outlet coverage rolls on over the same background: a copy has this share of the shorter text, ...
    min_own_containment: float = 0.8
    #: ... but a version, a text at the same address, only this.
    min_version: float = 0.5
    #: A copy cut and rearranged, in which hardly anything changed in its place: containment, rare words.
    min_cut_containment: float = 0.55
    min_cut_rare: float = 0.6
    #: Templates: share of the places where the texts around agree and names differ.
    max_names: float = 0.25
    #: A page that tells another story first is no copy: share of the longer text before the first shared passage,
    #: unless they resemble each other more than that.
    max_depth: float = 0.35


def thresholds_for(resemblance: float | None) -> Thresholds:
    """Return the thresholds under which near copies have at least this `resemblance`, or those chosen together."""
    chosen = Thresholds()
    if resemblance is None:
        return chosen
    return chosen._replace(min_resemblance=resemblance, min_told=min(resemblance, chosen.min_told))


@compiled("uint8(float32[::1], int64, float64[::1], int64, int64)")
def relate(scores: Any, kin: Any, thresholds: Any, short: Any, long: Any) -> Any:
    """Say what one text is to the other by its scores; `short` and `long` count their own shingles."""
    resemblance, containment = scores[RESEMBLANCE], scores[CONTAINMENT]
    rare, rare_back = scores[SHARED_RARE], scores[SHARED_RARE_BACK]
    numbers, names, gaps, depth = scores[NUMBERS], scores[NAMES], scores[GAPS], scores[DEPTH]
    min_told, min_resemblance, min_containment = thresholds[0], thresholds[1], thresholds[2]
    min_own_containment, min_version, min_cut_containment = thresholds[3], thresholds[4], thresholds[5]
    min_cut_rare, max_names, max_depth = thresholds[6], thresholds[7], thresholds[8]
    if short < MIN_SHINGLES:
        return NONE
    much_shorter = short <= CONTAINED_LENGTH * long
    if kin == VERSION and containment >= min_version:
        return CONTAINED if much_shorter and containment >= min_containment else NEAR
    if numbers > 0 or names > max_names * (gaps + UNSEEN_GAPS):
        return NONE
    if kin == SAME_OUTLET and containment < min_own_containment:
        return NONE
    contained = containment >= min_containment
    if depth > max_depth and depth > resemblance:
        return HELD if contained else NONE
    if contained and (much_shorter or resemblance < min_resemblance):
        return CONTAINED
    told = resemblance * max(rare, rare_back) ** 3 >= min_told
    cut = gaps <= MAX_CUT_GAPS and containment >= min_cut_containment and max(rare, rare_back) >= min_cut_rare
    return NEAR if contained or (resemblance >= min_resemblance and (told or cut)) else NONE


@part("int64(uint64[::1], uint64[::1], uint32[::1], uint32[::1])")
def _kin(one: Any, other: Any, left: Any, right: Any) -> Any:
    """Tell what the labels (outlet, address, title) and the first words of two texts make them."""
    if one[1] != 0 and one[1] == other[1]:
        return VERSION
    if one[0] == 0 or one[0] != other[0]:
        return OTHERS
    same = one[2] != 0 and one[2] == other[2]
    for at in range(min(OPENING, len(left), len(right))):
        same = same and left[at] ^ right[at] <= np.uint32(0xFFFF)
    return OTHERS if same else SAME_OUTLET


@part("float64(uint32[::1], uint32[::1])")
def _told(rare: Any, words: Any) -> Any:
    """Return the share of sorted `rare` words that the sorted `words` have in any spelling; 1 where there are none."""
    at, count = 0, 0
    for word in rare:
        while at < len(words) and words[at] >> np.uint32(16) < word >> np.uint32(16):
            at += 1
        count += at < len(words) and words[at] >> np.uint32(16) == word >> np.uint32(16)
    return count / len(rare) if len(rare) else 1.0


@compiled(
    "void(uint32[::1], uint8[::1], int64[::1], int64, uint8, uint8, int64[::1], int64[::1], uint32[::1], int64[::1])"
)
def _sort_sets(
    words: Any,
    flags: Any,
    bounds: Any,
    ngram: Any,
    bit: Any,
    wanted: Any,
    firsts: Any,
    seconds: Any,
    found: Any,
    sizes: Any,
) -> None:
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


def _sets(
    texts: Texts, ngram: int, bit: int, wanted: int, firsts: NDArray[np.int64], seconds: NDArray[np.int64]
) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    """Return the sorted sets of shingles, those with `bit` as `wanted`, of the texts in some pairs.

    The set of text i begins at `bounds[i]` of the values, and has as many as the second array says.
    """
    found, sizes = np.empty(len(texts.words), dtype=np.uint32), np.full(len(texts.bounds) - 1, -1, dtype=np.int64)
    _sort_sets(*texts[:3], ngram, bit, wanted, firsts, seconds, found, sizes)
    return found, sizes


@compiled("void(uint32[::1], int64[::1], int64[::1], int64[::1], int64[::1], float32[:, ::1])")
def _resemble(own: Any, bounds: Any, counts: Any, firsts: Any, seconds: Any, scores: Any) -> None:
    for pair in range(len(firsts)):
        one, other = firsts[pair], seconds[pair]
        left = own[bounds[one] : bounds[one] + counts[one]]
        right = own[bounds[other] : bounds[other] + counts[other]]
        at, there, both = 0, 0, 0
        while at < len(left) and there < len(right):
            both += left[at] == right[there]
            less, more = left[at] <= right[there], left[at] >= right[there]
            at, there = at + less, there + more
        scores[pair, RESEMBLANCE] = both / max(1, len(left) + len(right) - both)
        scores[pair, CONTAINMENT] = both / max(1, min(len(left), len(right)))


@compiled(
    "void(uint32[::1], uint8[::1], int64[::1], uint64[:, ::1], uint32[::1], int64[::1], uint32[::1], int64[::1],"
    " int64[::1], int64[::1], int64[::1], float64[::1], uint8[::1], float32[:, ::1])"
)
def _relate_pairs(
    words: Any,
    flags: Any,
    bounds: Any,
    labels: Any,
    every: Any,
    counts: Any,
    rare: Any,
    rare_counts: Any,
    shingles: Any,
    shorts: Any,
    longs: Any,
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
        kin = _kin(labels[short], labels[long], words[one:two], words[three:four])
        scores[pair, SHARED_RARE], scores[pair, SHARED_RARE_BACK] = _told(left_rare, right), _told(right_rare, left)
        relations[pair] = relate(scores[pair], kin, thresholds, shingles[short], shingles[long])
        if relations[pair] != NONE:
            here, there = (words[one:two], flags[one:two], left), (words[three:four], flags[three:four], right)
            read_gaps(*here, *there, NGRAM, scores[pair, NUMBERS:])
            relations[pair] = relate(scores[pair], kin, thresholds, shingles[short], shingles[long])


def compare(
    texts: Texts, firsts: NDArray[np.int64], seconds: NDArray[np.int64], thresholds: Thresholds
) -> Comparison:
    """Compare text `firsts[i]` with text `seconds[i]` for each i, the cheap shares first."""
    relations = np.zeros(len(firsts), dtype=np.uint8)
    scores = np.zeros((len(firsts), len(FEATURES)), dtype=np.float32)
    own, counts = _sets(texts, NGRAM, COMMON, 0, firsts, seconds)
    _resemble(own, texts.bounds, counts, firsts, seconds, scores)
    resembling = scores[:, RESEMBLANCE] >= thresholds.min_resemblance
    likely = np.flatnonzero(resembling | (scores[:, CONTAINMENT] >= thresholds.min_containment))
    # What is shorter is told by the story, not by the chrome around it.
    swapped = counts[firsts[likely]] > counts[seconds[likely]]
    shorts = np.where(swapped, seconds[likely], firsts[likely])
    longs = np.where(swapped, firsts[likely], seconds[likely])
    every, rare = _sets(texts, 1, 0, 0, shorts, longs), _sets(texts, 1, RARE, RARE, shorts, longs)
    found, figures = relations[likely], scores[likely]
    limits = np.array(thresholds)
    _relate_pairs(*texts, *every, *rare, counts, shorts, longs, limits, found, figures)
    relations[likely], scores[likely] = found, figures
    return Comparison(relations, scores)
