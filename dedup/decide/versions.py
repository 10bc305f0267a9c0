"""Find the versions of one page: what one outlet has under one address, or under one title, again and again.

A version goes for a later one that has most of it: a live blog that grows, an article that was corrected. Counts of
words and numbers do not matter here, for a page may repeat itself as often as it was fetched. Where neither address
nor title is known, a page that grows at one end is known by its other end.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from corpus.run import Map
from dedup.decide.pairs import PairTask, find_coverage
from dedup.decide.shared import Shared
from dedup.decide.survivors import Ranked, better_first, find_repeats
from dedup.sketch.bands import pair_up
from dedup.store.summary import MIN_WORDS

#: A page is the same one as long as its later state has this share of the earlier one. Of 61 pairs of one address in
#: three outlets all have at least .97; what is another story under a standing address shares hardly anything.
MIN_PAGE = 0.5
#: Under another address a version is what has nearly all of the former one, and each of its numbers. Of 319 pairs of
#: one title in those outlets the versions have .75 and more, other stories at most .34; reports filled into one form
#: reach .91.
MIN_TITLE = 0.95
#: What texts share at their beginning or end (`dedup.decide.shared`) is an end of a page if at least so many of them
#: are held by one of them, for a digest ends as its last story does; and if no more have it, which are those of an
#: outlet that puts its chrome there.
MIN_GROWING, MAX_GROWING = 3, 1000
#: How often what its first candidate does not hold is tried with the next one.
_ROUNDS = 4


def find_versions(
    run: Map, ranked: Ranked, shared: Mapping[str, Shared], among: NDArray[np.bool_], latest: bool
) -> tuple[NDArray[np.int64], ...]:
    """Return the ranks of versions that go, and of those that they go for; the last one stays, or the best by rank.

    `shared` are the ranks that have an address, a title, or an end in common.
    """
    gone, kept = [np.empty(0, dtype=np.int64)], [np.empty(0, dtype=np.int64)]
    left = among & (ranked.lengths >= MIN_WORDS)
    dates = better_first(ranked.summaries, "latest") if latest else np.empty(0, dtype=np.int64)
    for name, least, numbers, most in (
        ("url", MIN_PAGE, False, 0),
        ("title", MIN_TITLE, True, 0),
        ("opening", MIN_TITLE, True, MAX_GROWING),
        ("ending", MIN_TITLE, True, MAX_GROWING),
    ):
        ranks, groups = shared[name]
        order = np.lexsort((ranks, dates[ranked.order[ranks]] if latest else ranks, groups))
        ranks, groups = ranks[order], groups[order]
        open_ = left[ranks]
        for _ in range(_ROUNDS):
            later, first = find_repeats(groups, open_)
            if most:
                sizes = np.bincount(first, minlength=len(ranks))[first]
                later, first = later[sizes < most], first[sizes < most]
            if not len(later):
                break
            order = np.argsort(ranks[first], kind="stable")
            later, first = later[order], first[order]
            ends = ranked.order[ranks[first]], ranked.order[ranks[later]]
            covered = find_coverage(run, PairTask(pair_up(*ends), ranked.summaries))
            held = (covered["share"] >= least) & ~(numbers & (covered["missing"] > 0))
            if most:
                held &= np.bincount(first[held], minlength=len(ranks))[first] >= MIN_GROWING
            kept.append(ranks[first[held]])
            gone.append(ranks[later[held]])
            left[gone[-1]] = False
            open_[:] = False
            open_[later[~held]] = True
    return np.concatenate(gone), np.concatenate(kept)
