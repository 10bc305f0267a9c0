"""Count in how many documents each word, or each run of words, is.

Counts live in a table indexed by hash, so memory does not grow with the vocabulary: a collision makes a rare word
seem a little less rare. Every document counts a word once.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dedup.kernel import MIX, compiled, inlined
from dedup.sketch.bands import distinct
from dedup.sketch.words import shingle
from dedup.store.summaries import Summaries

#: Entries of the table that an index keeps, as a power of two: 1 MB. Four rare words to an entry are still rare.
TABLE_BITS = 18


@inlined
def slot(value: Any, size: Any) -> Any:
    """Return the place of a hash in a table of `size` entries, a power of two."""
    return np.uint64(value) * MIX >> np.uint64(32) & np.uint64(size - 1)


@compiled("void(const uint32[::1], const int64[::1], int64[::1], int64, uint32[:, ::1], int64)")
def _count(words: Any, bounds: Any, documents: Any, ngram: Any, table: Any, first: Any) -> Any:
    """Count runs of `ngram` words; column 1 of the table remembers the last document that counted."""
    for document in documents:
        values = shingle(words[bounds[document] : bounds[document + 1]], ngram)
        for value in values:
            at = slot(value, len(table))
            if table[at, 1] != np.uint32(first + document + 1):
                table[at, 0], table[at, 1] = table[at, 0] + 1, first + document + 1


def count_runs(summaries: Summaries, documents: NDArray[np.int64], ngram: int, bits: int) -> NDArray[np.uint32]:
    """Return in how many of sorted `documents` each run of `ngram` words is, uint32[2**bits] by hash."""
    table = np.zeros((1 << bits, 2), dtype=np.uint32)
    for part in summaries.parts(documents):
        _count(part.arrays["words"], part.arrays["bounds"], part.local, ngram, table, part.first)
    return np.ascontiguousarray(table[:, 0])


@compiled("void(const uint32[::1], const int64[::1], int64[::1], uint32[::1], int64[::1])")
def _count_single(words: Any, bounds: Any, documents: Any, counts: Any, found: Any) -> None:
    for at in range(len(documents)):
        for word in words[bounds[documents[at]] : bounds[documents[at] + 1]]:
            found[at] += counts[slot(word, len(counts))] == 1


def count_odd_words(
    summaries: Summaries, documents: NDArray[np.int64], others: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return how many words of each of sorted `documents` no second one and none of `others` has: misread, or torn."""
    counts = count_runs(summaries, distinct(np.append(documents, others)), 1, TABLE_BITS)
    found = np.zeros(len(documents), dtype=np.int64)
    for part in summaries.parts(documents):
        _count_single(part.arrays["words"], part.arrays["bounds"], part.local, counts, found[part.places])
    return found
