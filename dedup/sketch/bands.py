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

from dedup.kernel import MIX, compiled

#: Up to this many documents with one key are compared each with each.
GROUP_ALL = 48
#: In larger groups each document is compared with the best of the group and with those just before it.
GROUP_BEST = 8
GROUP_NEXT = 16
#: Six words in a row are seldom the same by chance, and survive most edits somewhere.
SAMPLE_NGRAM = 6
#: One long shingle in 2**3 is kept: 20 of a story of 160 words.
_RATE_BITS = 3
#: Low bits of a sampled shingle that number its text.
_NUMBER_BITS = 24
#: Odd, one for each word of a long shingle: a multilinear hash, whose products do not wait for one another.
_FACTORS = np.array([pow(int(MIX), power, 1 << 64) for power in range(1, SAMPLE_NGRAM + 1)], dtype=np.uint64)


NO_PAIRS = np.empty(0, np.uint64)


def pair_up(first: NDArray[np.integer[Any]], second: NDArray[np.integer[Any]]) -> NDArray[np.uint64]:
    """Return pairs of documents, one number each: `first << 32 | second`."""
    return first.astype(np.uint64) << np.uint64(32) | second.astype(np.uint64)


def ends_of(pairs: NDArray[np.uint64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the first and the second document of each pair."""
    return (pairs >> np.uint64(32)).astype(np.int64), (pairs & np.uint64(0xFFFFFFFF)).astype(np.int64)


def distinct(values: NDArray[Any]) -> NDArray[Any]:
    """Return each of `values` once, sorted; `numpy.unique` hashes them first, which takes five times as long."""
    in_order: NDArray[Any] = np.sort(values)
    return in_order[np.flatnonzero(np.append(True, in_order[1:] != in_order[:-1])[: len(in_order)])]


def band_keys(signatures: NDArray[np.uint32], bands: int, rows: int) -> NDArray[np.uint32]:
    """Return the key of each document in each band, uint32[bands, N]."""
    keys = np.tile(np.arange(1, bands + 1, dtype=np.uint64), (len(signatures), 1))
    for row in range(rows):
        keys = (keys ^ signatures[:, row : bands * rows : rows]) * MIX
        keys ^= keys >> np.uint64(29)
    return np.ascontiguousarray((keys >> np.uint64(32)).T, dtype=np.uint32)


@compiled("int64(uint32[::1], int64[::1], int64[::1], uint64[::1], uint64[::1])")
def _sample(words: Any, bounds: Any, texts: Any, factors: Any, found: Any) -> Any:
    """Write the sampled shingles of each of `texts`, with its number in the low bits; return how many."""
    total = 0
    for number in range(len(texts)):
        text = texts[number]
        for start in range(bounds[text], bounds[text + 1] - SAMPLE_NGRAM + 1):
            value = np.uint64(0)
            for at in range(SAMPLE_NGRAM):
                value += np.uint64(words[start + at]) * factors[at]
            value = (value ^ value >> np.uint64(32)) * MIX
            # Written wherever the next one goes, and left there if it is sampled: no branch to guess.
            found[total] = value >> np.uint64(_NUMBER_BITS) << np.uint64(_NUMBER_BITS) | np.uint64(number)
            total += value >> np.uint64(64 - _RATE_BITS) == 0
    return total


def sample(
    words: NDArray[np.uint32], bounds: NDArray[np.int64], least: int
) -> tuple[NDArray[np.uint64], NDArray[np.uint32]]:
    """Return the sampled shingles of all texts of at least `least` words, sorted, and the text of each.

    A text that has one twice is there twice. Of a hash the upper 40 bits are kept, so that shingle and text sort as one
    number.

    Raises:
        ValueError: there are more than 2**24 such texts.
    """
    texts = np.flatnonzero(np.diff(bounds) >= least)
    if len(texts) > 1 << _NUMBER_BITS:
        raise ValueError(f"{len(texts)} stories are too many for one summary; summarise them in parts")
    found = np.empty(len(words) + 1, dtype=np.uint64)
    found = np.sort(found[: _sample(words, bounds, texts, _FACTORS, found)])
    numbers = found & np.uint64((1 << _NUMBER_BITS) - 1)
    # The upper bits of what is sampled are all zero: turned to the left, hashes spread over their whole range.
    return (found ^ numbers) << np.uint64(_RATE_BITS), texts[numbers.astype(np.int64)].astype(np.uint32)


@compiled("int64(uint64[::1], uint32[::1], uint64[::1], boolean, boolean)")
def _group(keys: Any, documents: Any, pairs: Any, skip_large: Any, dry: Any) -> Any:
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


def key_pairs(keys: NDArray[np.uint64], ranks: NDArray[np.uint32]) -> NDArray[np.uint64]:
    """Return the candidate pairs of one band, sorted; its keys are in order, with the ranks that have each."""
    return _pairs(keys, ranks, skip_large=False)


def sample_pairs(hashes: NDArray[np.uint64], ranks: NDArray[np.int64]) -> NDArray[np.uint64]:
    """Return the candidate pairs of sampled shingles and the rank of each, sorted.

    A shingle of many documents is nobody's story.
    """
    bits = max(_NUMBER_BITS, int(ranks.max(initial=0)).bit_length())
    both = np.sort(hashes >> np.uint64(bits) << np.uint64(bits) | ranks.astype(np.uint64))
    return _pairs(both >> np.uint64(bits), (both & np.uint64((1 << bits) - 1)).astype(np.uint32), skip_large=True)


def _pairs(
    keys: NDArray[np.uint64], documents: NDArray[np.uint32], *, skip_large: bool
) -> NDArray[np.uint64]:
    count = _group(keys, documents, np.empty(0, dtype=np.uint64), skip_large, True)
    pairs = np.empty(count, dtype=np.uint64)
    _group(keys, documents, pairs, skip_large, False)
    return distinct(pairs)
