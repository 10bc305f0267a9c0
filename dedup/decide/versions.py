"""Find the versions of one page: what one outlet has under one address, or under one title, again and again.

A version goes for a later one that has most of it: a live blog that grows, an article that was corrected. Counts of
words and numbers do not matter here, for a page may repeat itself as often as it was fetched.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from corpus.run import Map
from dedup.compare.relation import Thresholds
from dedup.decide.pairs import find_coverage, pair_tasks
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
#: How often what its first candidate does not hold is tried with the next one.
_ROUNDS = 4


def find_versions(ranked: Ranked, among: NDArray[np.bool_], latest: bool, run: Map) -> tuple[NDArray[np.int64], ...]:
    """Return the ranks of versions that go, and of those that they go for; the last one stays, or the best by rank."""
    order = np.arange(len(among))
    if latest:
        order = np.lexsort((order, better_first(ranked.summaries, "latest")[ranked.order]))
    gone, kept = [np.empty(0, dtype=np.int64)], [np.empty(0, dtype=np.int64)]
    left = among & (ranked.lengths >= MIN_WORDS)
    for name, least, numbers in (("url", MIN_PAGE, False), ("title", MIN_TITLE, True)):
        keys = [ranked.column(key)[order] for key in ("outlet", name)]
        open_ = left[order] & (keys[1] != 0)
        for _ in range(_ROUNDS):
            later, first = find_repeats(keys, open_)
            if not len(later):
                break
            pairs = pair_up(order[first], order[later])
            covered = find_coverage(run, pair_tasks(ranked, None, Thresholds(), pairs))
            held = (covered.share >= least) & ~(numbers & (covered.numbers > 0))
            kept.append(order[first[held]])
            gone.append(order[later[held]])
            left[gone[-1]] = False
            open_[:] = False
            open_[later[~held]] = True
    return np.concatenate(gone), np.concatenate(kept)
