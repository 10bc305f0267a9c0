"""Read the summaries of many shards as those of one corpus, without loading them; and the texts to be compared."""

from __future__ import annotations

import bisect
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from mmap import MADV_DONTNEED, mmap
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedup.store.arrays import copy_parts
from dedup.store.strings import EACH, Labels, labels_at, string_at

#: Bits of `Texts.flags`.
RARE, COMMON = 1, 2
#: The columns that `Texts.labels` has.
LABELS = ("outlet", "url", "title")


class Texts(NamedTuple):
    """Hold some texts for comparing: `words` and `flags` of text i are at `bounds[i]:bounds[i + 1]`.

    `labels` uint64[N, 3] are hashes of outlet, address and title, 0 where there is none.
    """

    words: NDArray[np.uint32]
    flags: NDArray[np.uint8]
    bounds: NDArray[np.int64]
    labels: NDArray[np.uint64]


class Part(NamedTuple):
    """Hold the documents of one shard among some: `local` numbers them within it, `places` where they were given.

    `arrays` are those of the shard, `first` is the number of its first document in the corpus.
    """

    arrays: dict[str, NDArray[Any]]
    local: NDArray[np.int64]
    places: slice
    first: int


def release(shard: dict[str, NDArray[Any]]) -> None:
    """Take the pages of a mapped summary from the memory of this process; the system still has them."""
    owner: Any = shard["key"]
    while isinstance(owner, np.ndarray):
        owner = owner.base
    if isinstance(owner, memoryview) and isinstance(owner.obj, mmap):
        owner.obj.madvise(MADV_DONTNEED)


class Summaries:
    """See the summaries of all shards as one corpus; document i is `i - starts[s]` of shard s."""

    def __init__(self, shards: Sequence[dict[str, NDArray[Any]]]) -> None:
        self.shards = list(shards)
        self.starts = np.cumsum([0, *(len(shard["key"]) for shard in self.shards)])
        self._firsts: list[int] = self.starts.tolist()

    def __len__(self) -> int:
        return int(self.starts[-1])

    def column(self, name: str) -> NDArray[np.uint64]:
        """Return one of COLUMNS for all documents."""
        return self._join(np.empty(0, dtype=np.uint64), [shard[name] for shard in self.shards])

    def band(self, band: int) -> NDArray[np.uint32]:
        """Return the keys of one band for all documents."""
        return self._join(np.empty(0, dtype=np.uint32), [shard["bands"][band] for shard in self.shards])

    def _join(self, none: NDArray[Any], pieces: list[NDArray[Any]]) -> NDArray[Any]:
        joined = np.concatenate([none, *pieces])
        for shard in self.shards:
            release(shard)
        return joined

    def samples(self, low: int, high: int) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
        """Return the sampled shingles from `low` up to and without `high` <= 2**64, and the document of each."""
        hashes, owners = [np.empty(0, dtype=np.uint64)], [np.empty(0, dtype=np.int64)]
        for shard, start in zip(self.shards, self.starts, strict=False):
            first = int(np.searchsorted(shard["sample"], np.uint64(low)))
            last = int(np.searchsorted(shard["sample"], np.uint64(high - 1), side="right"))
            hashes.append(shard["sample"][first:last].copy())
            owners.append(shard["sample_owner"][first:last] + start)
            release(shard)
        return np.concatenate(hashes), np.concatenate(owners)

    def parts(self, documents: NDArray[np.int64]) -> Iterator[Part]:
        """Yield what each shard has of the sorted `documents`."""
        for number, (first, last) in enumerate(pairwise(np.searchsorted(documents, self.starts).tolist())):
            if first < last:
                start = self._firsts[number]
                local = np.ascontiguousarray(documents[first:last] - start)
                yield Part(self.shards[number], local, slice(first, last), start)
                release(self.shards[number])

    def lengths_of(self, documents: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the number of words of each of sorted `documents`."""
        lengths = np.empty(len(documents), dtype=np.int64)
        for part in self.parts(documents):
            bounds = part.arrays["bounds"]
            lengths[part.places] = bounds[part.local + 1] - bounds[part.local]
        return lengths

    def words_of(self, documents: NDArray[np.int64]) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
        """Gather the words of sorted `documents`, and the bounds of each."""
        bounds = np.concatenate((np.zeros(1, dtype=np.int64), np.cumsum(self.lengths_of(documents))))
        words = np.empty(bounds[-1], dtype=np.uint32)
        for part in self.parts(documents):
            starts = part.arrays["bounds"][part.local]
            copy_parts(part.arrays["words"], starts, bounds[:-1][part.places], bounds[1:][part.places], words)
        return words, bounds

    def texts(self, documents: NDArray[np.int64], flags: Sequence[Mapping[str, NDArray[Any]]] = ()) -> Texts:
        """Gather the words of sorted `documents`, with what the parts of `flags` (`flag_words`) have of them.

        Words of which none of these has anything are rare.
        """
        words, bounds = self.words_of(documents)
        marks = np.full(bounds[-1], RARE if flags else 0, dtype=np.uint8)
        for held in flags:
            places = np.searchsorted(held["documents"], documents)
            there = np.flatnonzero(np.append(held["documents"], -1)[places] == documents)
            copy_parts(held["flags"], held["bounds"][places[there]], bounds[there], bounds[there + 1], marks)
        return Texts(words, marks, bounds, self.labels_of(documents))

    def labels_of(self, documents: NDArray[np.int64], names: Sequence[str] = LABELS) -> NDArray[np.uint64]:
        """Return some of COLUMNS for sorted `documents`; what `Texts` has as labels."""
        labels = np.empty((len(documents), len(names)), dtype=np.uint64)
        for part in self.parts(documents):
            for at, name in enumerate(names):
                labels[part.places, at] = part.arrays[name][part.local]
        return labels

    def labels(self, document: int) -> Labels:
        """Return the strings kept of a document."""
        shard, at = self._find(document)
        return labels_at(shard["strings"], shard["string_bounds"], at)

    def name(self, document: int) -> str:
        """Return the id of a document."""
        shard, at = self._find(document)
        return string_at(shard["strings"], shard["string_bounds"], at * EACH)

    def number(self, name: str, document: int) -> int:
        """Return one of COLUMNS for one document."""
        shard, at = self._find(document)
        return int(shard[name][at])

    def _find(self, document: int) -> tuple[dict[str, NDArray[Any]], int]:
        number = bisect.bisect_right(self._firsts, document) - 1
        return self.shards[number], document - self._firsts[number]

    def strings_of(
        self, documents: NDArray[np.int64], each: int = EACH
    ) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
        """Gather the first `each` strings of sorted `documents`, and the bounds of each string; the first is the id."""
        sizes = np.zeros((len(documents), each), dtype=np.int64)
        for part in self.parts(documents):
            ends = part.arrays["string_bounds"]
            for at in range(each):
                sizes[part.places, at] = ends[part.local * EACH + at + 1] - ends[part.local * EACH + at]
        bounds = np.concatenate((np.zeros(1, dtype=np.int64), np.cumsum(sizes)))
        blob = np.empty(bounds[-1], dtype=np.uint8)
        for part in self.parts(documents):
            starts = part.arrays["string_bounds"][part.local * EACH]
            places, stops = (ends[part.places] for ends in (bounds[:-1:each], bounds[each::each]))
            copy_parts(part.arrays["strings"], starts, places, stops, blob)
        return blob, bounds
