"""Turn signatures into candidate pairs: many thin bands, each sorted on its own, and sampled long shingles.

A band is a column of one 32-bit key per document; documents with one key in any band are candidates. Bands see
resemblance and so miss a truncated copy; a sample of its longer shingles, the same sample in every text, finds
it wherever the rest went. False candidates cost a verification and nothing else. Documents are numbered by rank
(the likelier survivor first), groups are in that order, and a group of any size gives pairs linear in its size.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dedup.kernel import compiled

#: Up to this many documents with one key are compared each with each.
GROUP_ALL = 48
#: In larger groups each document is compared with the best of the group and with those just before it.
GROUP_BEST = 8
GROUP_NEXT = 16
#: Six words in a row are seldom the same by chance, and survive most edits somewhere.
SAMPLE_NGRAM = 6
#: One long shingle in eight is kept: 20 of a story of 160 words.
SAMPLE_RATE = 8
_MIX = np.uint64(0x9E3779B97F4A7C15)


def band_keys(signatures: NDArray[np.uint32], bands: int, rows: int) -> NDArray[np.uint32]:
    """Return the key of each document in each band, uint32[bands, N]."""
    keys = np.empty((bands, len(signatures)), dtype=np.uint32)
    for band in range(bands):
        key = np.full(len(signatures), band + 1, dtype=np.uint64)
        for row in range(band * rows, band * rows + rows):
            key = (key ^ signatures[:, row]) * _MIX
            key ^= key >> np.uint64(29)
        keys[band] = key >> np.uint64(32)
    return keys


@compiled("int64(Array(uint32, 1, 'C', readonly=True), int64[::1], int64, uint64[::1], uint32[::1])")
def _sample(words: Any, bounds: Any, least: Any, hashes: Any, documents: Any) -> Any:
    """Write the sampled shingles of each text of at least `least` words; return how many."""
    total = 0
    for text in range(len(bounds) - 1):
        if bounds[text + 1] - bounds[text] < least:
            continue
        for start in range(bounds[text], bounds[text + 1] - SAMPLE_NGRAM + 1):
            value = np.uint64(0)
            for at in range(start, start + SAMPLE_NGRAM):
                value = (value ^ words[at]) * _MIX
                value ^= value >> np.uint64(29)
            if value % np.uint64(SAMPLE_RATE) == 0:
                hashes[total], documents[total] = value, text
                total += 1
    return total


def sample(
    words: NDArray[np.uint32], bounds: NDArray[np.int64], least: int
) -> tuple[NDArray[np.uint64], NDArray[np.uint32]]:
    """Return the sampled shingles of all texts, sorted, and the text of each (twice where it has one twice)."""
    hashes = np.empty(len(words), dtype=np.uint64)
    documents = np.empty(len(words), dtype=np.uint32)
    total = _sample(words, bounds, least, hashes, documents)
    order = np.argsort(hashes[:total])
    return hashes[:total][order], documents[:total][order]


@compiled("int64(uint64[::1], uint32[::1], uint64[::1], boolean, boolean)")
def _pair_up(keys: Any, documents: Any, pairs: Any, skip_large: Any, dry: Any) -> Any:
    """Write the pairs of each run of equal sorted `keys` as `first << 32 | second`; return how many."""
    total, start = 0, 0
    while start < len(keys):
        stop = start + 1
        while stop < len(keys) and keys[stop] == keys[start]:
            stop += 1
        large = stop - start > GROUP_ALL
        for late in range(start + 1, stop):
            if large and skip_large:
                break
            for early in range(start, late):
                near = early - start < GROUP_BEST or late - early <= GROUP_NEXT
                if (near or not large) and documents[early] != documents[late]:
                    if not dry:
                        one, other = documents[early], documents[late]
                        pairs[total] = np.uint64(min(one, other)) << np.uint64(32) | np.uint64(max(one, other))
                    total += 1
        start = stop
    return total


def band_pairs(keys: NDArray[np.uint32]) -> NDArray[np.uint64]:
    """Return the candidate pairs of one band, sorted; `keys[i]` belongs to the document of rank i."""
    # Key and rank in one number: sorting numbers is several times faster than sorting an order of them.
    both = np.sort(keys.astype(np.uint64) << np.uint64(32) | np.arange(len(keys), dtype=np.uint64))
    return _pairs(both >> np.uint64(32), both.astype(np.uint32), skip_large=False)


def sample_pairs(hashes: NDArray[np.uint64], ranks: NDArray[np.int64]) -> NDArray[np.uint64]:
    """Return the candidate pairs of sampled shingles, sorted; a shingle of many documents is nobody's story."""
    order = np.argsort(hashes)
    return _pairs(hashes[order], ranks[order].astype(np.uint32), skip_large=True)


def _pairs(
    keys: NDArray[np.uint64], documents: NDArray[np.uint32], *, skip_large: bool
) -> NDArray[np.uint64]:
    count = _pair_up(keys, documents, np.empty(0, dtype=np.uint64), skip_large, True)
    pairs = np.empty(count, dtype=np.uint64)
    _pair_up(keys, documents, pairs, skip_large, False)
    return distinct(pairs)


def distinct(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return the distinct `values`, sorted (`np.unique` hashes them first, which takes longer)."""
    values = np.sort(values)
    fresh = np.ones(len(values), dtype=bool)
    fresh[1:] = values[1:] != values[:-1]
    return values[fresh]


class PairSet:
    """Gather candidate pairs without holding each of them once for every band it was found in."""

    #: Pairs that may wait before they are merged: 32 MB.
    _WAITING = 1 << 22

    def __init__(self) -> None:
        self._merged = np.empty(0, dtype=np.uint64)
        self._waiting: list[NDArray[np.uint64]] = []

    def add(self, pairs: NDArray[np.uint64]) -> None:
        """Add pairs; their order does not matter."""
        self._waiting.append(pairs)
        if sum(map(len, self._waiting)) > max(self._WAITING, len(self._merged)):
            self._merge()

    def _merge(self) -> None:
        self._merged = distinct(np.concatenate((self._merged, *self._waiting)))
        self._waiting = []

    def pairs(self) -> NDArray[np.uint64]:
        """Return all pairs, sorted, each once."""
        self._merge()
        return self._merged
