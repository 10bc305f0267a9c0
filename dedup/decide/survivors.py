"""Put documents in order of the survivor policy, so that "the better one" is the smaller number everywhere else.

What is decided then depends on the documents alone, not on their order or their shards.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedup.config import Criterion
from dedup.store.summaries import Summaries


class Ranked(NamedTuple):
    """See documents by rank: that of rank i is `order[i]` of `summaries` and has `lengths[i]` words."""

    summaries: Summaries
    order: NDArray[np.int64]
    lengths: NDArray[np.int64]

    def column(self, name: str) -> NDArray[np.uint64]:
        """Return one of COLUMNS in order of rank."""
        return self.summaries.column(name)[self.order]

    def unrank(self, values: NDArray[Any]) -> NDArray[Any]:
        """Put values in order of rank into the order of the summaries."""
        placed = np.empty_like(values)
        placed[self.order] = values
        return placed


def rank_documents(summaries: Summaries, policy: Sequence[Criterion]) -> Ranked:
    """Rank documents by the survivor policy, ties by id, then by text and place."""
    better_first: dict[str, NDArray[Any]] = {
        "longest": ~summaries.column("length"),
        "earliest": summaries.column("published").view(np.int64),
        "preferred": summaries.column("preference"),
        "extraction": summaries.column("extraction"),
    }
    criteria = [better_first[criterion] for criterion in reversed(policy)]
    order = np.lexsort([summaries.column("key"), summaries.column("text"), *criteria])
    fresh = mark_changes([key[order] for key in criteria], len(order))
    starts = np.flatnonzero(fresh)
    stops = np.append(starts[1:], len(order))
    tied = stops - starts > 1
    equal = np.sort(order[np.repeat(tied, stops - starts)])
    names = dict(zip(equal.tolist(), summaries.names(equal), strict=True))
    for start, stop in zip(starts[tied], stops[tied], strict=True):
        order[start:stop] = sorted(order[start:stop].tolist(), key=names.__getitem__)
    return Ranked(summaries, order, summaries.lengths_of(np.arange(len(order)))[order])


def find_repeats(
    keys: list[NDArray[np.uint64]], among: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the places whose keys an earlier place has, and for each the first such place."""
    places = np.flatnonzero(among)
    order = places[np.lexsort([key[places] for key in keys])]
    fresh = mark_changes([key[order] for key in keys], len(order))
    firsts = order[fresh][np.cumsum(fresh) - 1] if len(order) else order
    return order[~fresh], firsts[~fresh]


def mark_changes(keys: list[NDArray[Any]], count: int) -> NDArray[np.bool_]:
    """Mark each of `count` places where sorted `keys` change, the first included."""
    fresh = np.zeros(count, dtype=bool)
    fresh[:1] = True
    for key in keys:
        fresh[1:] |= key[1:] != key[:-1]
    return fresh


def pick_survivors(
    anchors: NDArray[np.int64], ranks: NDArray[np.int64], collections: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """Return for each of `ranks` the survivor of the cluster around its anchor: the best by rank, collections last."""
    order = np.lexsort((ranks, collections, anchors))
    fresh = mark_changes([anchors[order]], len(order))
    best = np.empty(len(ranks), dtype=np.int64)
    best[order] = ranks[order][fresh][np.cumsum(fresh) - 1]
    return best
