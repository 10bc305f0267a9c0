"""Put documents in order of the survivor policy, so that "the better one" is the smaller number everywhere else.

What is decided then depends on the documents alone, not on their order or their shards.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from corpus.run import Map, run_here
from dedup.config import Criterion
from dedup.store.arrays import pack, unpack
from dedup.store.counts import count_odd_words
from dedup.store.strings import rank_strings
from dedup.store.summaries import Summaries
from dedup.store.summary import NO_DATE

#: Texts whose letters and digits differ by no more than this share, and so many, are about as long. There are no
#: labelled data to choose it on; a sentence is more than this of a story, and of a long one more than the letters.
ABOUT_AS_LONG, ABOUT_SO_MANY = 0.03, 40
#: Documents that nothing but their ids tell apart are sorted so many at once.
_TIED = 1 << 18
#: One odd word in so many is what a copy may have by itself.
MANY_ODD = 50


class Ranked(NamedTuple):
    """See documents by rank; `arrays` are what `rank_documents` found, in a file, or a part of it."""

    summaries: Summaries
    arrays: Mapping[str, NDArray[np.int64]]

    @property
    def order(self) -> NDArray[np.int64]:
        """Return the document of each rank."""
        return self.arrays["order"]

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Return the number of words of the document of each rank."""
        return self.arrays["lengths"]

    @property
    def ranks(self) -> NDArray[np.int64]:
        """Return the rank of each document."""
        return self.arrays["ranks"]

    def only(self, ranks: NDArray[np.int64]) -> Ranked:
        """Return these ranks alone, numbered through."""
        return self._replace(arrays={name: self.arrays[name][ranks] for name in ("order", "lengths")})

    def column(self, name: str) -> NDArray[np.uint64]:
        """Return one of COLUMNS in order of rank."""
        return self.summaries.column(name)[self.order]


def better_first(summaries: Summaries, criterion: Criterion) -> NDArray[Any]:
    """Return numbers of which the smaller one is better by `criterion`."""
    match criterion:
        case "longest":
            return ~summaries.column("length")
        case "earliest":
            return summaries.column("published").view(np.int64)
        case "latest":
            published = summaries.column("published").view(np.int64)
            return np.where(published == NO_DATE, NO_DATE, -published)
        case "preferred":
            return summaries.column("preference")
        case "extraction":
            return summaries.column("extraction")


def rank_documents(summaries: Summaries, policy: Sequence[Criterion], run: Map = run_here) -> Ranked:
    """Rank documents by the survivor policy, ties by id, then by text and place; one task does it."""
    (found,) = run(_rank, [(summaries, policy)])
    return Ranked(summaries, unpack(found))


def _rank(task: tuple[Summaries, Sequence[Criterion]]) -> bytes:
    summaries, policy = task
    order = _sort(np.arange(len(summaries)), _criteria(summaries, policy))
    fresh = mark_changes((column[order] for column in _criteria(summaries, policy)), len(order))
    tied = np.flatnonzero(~(fresh & np.append(fresh[1:], True)[: len(order)]))
    begins = np.flatnonzero(fresh[tied])
    for part in np.split(tied, begins[np.flatnonzero(np.diff(begins // _TIED, prepend=0))]):
        # In each group the order is that of ids, then of text and place.
        documents, groups = order[part], np.cumsum(fresh[part])
        by_number, names = np.argsort(documents), np.empty_like(documents)
        blob, bounds = summaries.strings_of(documents[by_number], 1)
        names[by_number] = rank_strings(blob, bounds[:-1], bounds[1:])
        columns = (summaries.column("key")[documents], summaries.column("text")[documents], names, groups)
        order[part] = documents[_sort(np.arange(len(documents)), columns)]
    ranks = np.empty_like(order)
    ranks[order] = np.arange(len(order))
    return pack({"order": order, "ranks": ranks, "lengths": summaries.lengths_of(np.arange(len(order)))[order]})


def _criteria(summaries: Summaries, policy: Sequence[Criterion]) -> Iterator[NDArray[Any]]:
    """Yield columns of which the smaller number is better, the one that counts most last."""
    for criterion in reversed(policy):
        if criterion == "longest":
            yield summaries.column("blemishes")
        yield better_first(summaries, criterion)


def _sort(order: NDArray[np.int64], columns: Iterable[NDArray[Any]]) -> NDArray[np.int64]:
    """Sort places in `columns`, the last of which counts most: as `numpy.lexsort` does, which holds all of them."""
    for column in columns:
        order = order[np.argsort(column[order], kind="stable")]
    return order


def find_repeats(keys: NDArray[Any], among: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the places whose sorted keys an earlier place `among` them has, and for each the first such place."""
    places = np.flatnonzero(among)
    fresh = mark_changes([keys[places]], len(places))
    firsts = places[fresh][np.cumsum(fresh) - 1] if len(places) else places
    return places[~fresh], firsts[~fresh]


def mark_changes(keys: Iterable[NDArray[Any]], count: int) -> NDArray[np.bool_]:
    """Mark each of `count` places where sorted `keys` change, the first included."""
    fresh = np.zeros(count, dtype=bool)
    fresh[:1] = True
    for key in keys:
        fresh[1:] |= key[1:] != key[:-1]
    return fresh


def pick_survivors(
    ranked: Ranked,
    policy: Sequence[Criterion],
    equal: NDArray[np.int64],
    anchors: NDArray[np.int64],
    digests: NDArray[np.bool_],
) -> NDArray[np.int64]:
    """Return the survivor of the cluster around each of `anchors`: the best by the policy, digests last.

    Of texts that are about as long as the longest the cleanest is the best: with fewer blemishes, then with fewer words
    that no copy confirms, the `equal` documents included, which are in no cluster.
    """
    ranks = np.arange(len(anchors))
    sizes = np.bincount(anchors, minlength=len(anchors))
    ranks = ranks[sizes[anchors] > 1]
    own, last = anchors[ranks], digests[ranks]
    odd = np.empty(len(ranks), dtype=np.int64)
    documents = ranked.order[ranks]
    odd[np.argsort(documents)] = count_odd_words(ranked.summaries, np.sort(documents), equal)
    cleanest = [odd // (1 + ranked.lengths[ranks] // MANY_ODD), ranked.column("blemishes")[ranks]]
    lengths, longest = ranked.column("length")[ranks].astype(np.int64), np.zeros(len(anchors), dtype=np.int64)
    np.maximum.at(longest, own, np.where(last, 0, lengths))
    about = longest[own] - np.minimum(ABOUT_AS_LONG * longest[own], ABOUT_SO_MANY)
    lengths = np.where(~last & (lengths >= about), longest[own], lengths)
    criteria: list[NDArray[Any]] = []
    for criterion in reversed(policy):
        better = better_first(ranked.summaries, criterion)[documents]
        criteria += [*cleanest, -lengths] if criterion == "longest" else [better]
    order = np.lexsort((ranks, *criteria, last, own))
    fresh = mark_changes([own[order]], len(order))
    best = np.arange(len(anchors))
    best[ranks[order]] = ranks[order][fresh][np.cumsum(fresh) - 1]
    return best
