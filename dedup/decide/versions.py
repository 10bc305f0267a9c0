"""Find the versions of one page: what one outlet has under one address, or under one title, again and again.

A version goes for a later one that has most of it: a live blog that grows, an article that was corrected. Counts of
words and numbers do not matter here, for a page may repeat itself as often as it was fetched. Where neither address
nor title is known, a page that grows at one end is known by its other end.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from corpus.run import Map
from dedup.compare.relation import Thresholds
from dedup.decide.pairs import find_coverage, pair_tasks
from dedup.decide.survivors import Ranked, better_first, find_repeats
from dedup.kernel import MIX
from dedup.sketch.bands import pair_up
from dedup.store.summary import MIN_WORDS

#: A page is the same one as long as its later state has this share of the earlier one. Of 61 pairs of one address in
#: three outlets all have at least .97; what is another story under a standing address shares hardly anything.
MIN_PAGE = 0.5
#: Under another address a version is what has nearly all of the former one, and each of its numbers. Of 319 pairs of
#: one title in those outlets the versions have .75 and more, other stories at most .34; reports filled into one form
#: reach .91.
MIN_TITLE = 0.95
#: So many words at the beginning or the end are an end of a page: ...
ENDING = 12
#: ... if at least so many texts that have it are held by one of them, for a digest ends as its last story does; and if
#: no more have it, which are those of an outlet that puts its chrome there.
MIN_GROWING, MAX_GROWING = 3, 1000
#: How often what its first candidate does not hold is tried with the next one.
_ROUNDS = 4


def find_versions(ranked: Ranked, among: NDArray[np.bool_], latest: bool, run: Map) -> tuple[NDArray[np.int64], ...]:
    """Return the ranks of versions that go, and of those that they go for; the last one stays, or the best by rank."""
    order = np.arange(len(among))
    if latest:
        order = np.lexsort((order, better_first(ranked.summaries, "latest")[ranked.order]))
    gone, kept = [np.empty(0, dtype=np.int64)], [np.empty(0, dtype=np.int64)]
    left = among & (ranked.lengths >= MIN_WORDS)
    outlet, url, title = (ranked.column(name)[order] for name in ("outlet", "url", "title"))
    first_words, last_words = (_ends(ranked, at_end)[order] for at_end in (False, True))
    for own, least, numbers, most in (
        (url, MIN_PAGE, False, 0),
        (title, MIN_TITLE, True, 0),
        (first_words, MIN_TITLE, True, MAX_GROWING),
        (last_words, MIN_TITLE, True, MAX_GROWING),
    ):
        open_ = left[order] & (own != 0)
        for _ in range(_ROUNDS):
            later, first = find_repeats([outlet, own], open_)
            if most:
                sizes = np.bincount(first, minlength=len(order))[first]
                later, first = later[sizes < most], first[sizes < most]
            if not len(later):
                break
            pairs = pair_up(order[first], order[later])
            covered = find_coverage(run, pair_tasks(ranked, None, Thresholds(), pairs))
            held = (covered.share >= least) & ~(numbers & (covered.numbers > 0))
            if most:
                held &= np.bincount(first[held], minlength=len(order))[first] >= MIN_GROWING
            kept.append(order[first[held]])
            gone.append(order[later[held]])
            left[gone[-1]] = False
            open_[:] = False
            open_[later[~held]] = True
    return np.concatenate(gone), np.concatenate(kept)


def _ends(ranked: Ranked, at_end: bool) -> NDArray[np.uint64]:
    """Return a hash of the first ENDING words of each text by rank, or of the last ones; 0 for shorter texts."""
    found = np.zeros(len(ranked.order), dtype=np.uint64)
    for part in ranked.summaries.parts(np.arange(len(ranked.order))):
        words, bounds = part.arrays["words"], part.arrays["bounds"]
        long = np.flatnonzero(np.diff(bounds) >= ENDING)
        starts = bounds[long + 1] - ENDING if at_end else bounds[long]
        value = np.zeros(len(long), dtype=np.uint64)
        for at in range(ENDING):
            value = (value ^ words[starts + at]) * MIX
        found[part.first + long] = value
    return found[ranked.order]
