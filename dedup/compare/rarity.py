"""Learn which words are rare and which shingles common, in the corpus and in each outlet."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedup.kernel import compiled
from dedup.sketch.minhash import NGRAM
from dedup.sketch.words import shingle
from dedup.store.counts import count_runs, slot
from dedup.store.summaries import COMMON, RARE, Summaries

#: A word is rare in at most this share of documents, of the corpus and of the outlet.
RARE_SHARE = 0.01
#: A shingle in more than this share of an outlet's documents is its chrome or its template.
COMMON_SHARE = 0.02
#: Both shares never mean fewer documents than this.
MIN_COMMON = 10
#: Entries of a table, as powers of two: enough for the vocabulary of a large corpus, and 128 MB at most.
_LEAST_BITS, _MOST_BITS = 12, 24
#: Words of a text for each entry of a table of words: a vocabulary grows far slower than its corpus.
_WORDS_PER_ENTRY = 8


class Among(NamedTuple):
    """Say which documents count, and which are flagged: bool[N] each.

    Copies already known do not count, for a story does not become common by being copied; documents that nothing is
    like need no flags.
    """

    counted: NDArray[np.bool_]
    flagged: NDArray[np.bool_]


@compiled(
    "void(Array(uint32, 1, 'C', readonly=True), Array(int64, 1, 'C', readonly=True), int64[::1], int64, boolean[::1],"
    " boolean, uint8, uint8[::1])"
)
def _mark(words: Any, bounds: Any, documents: Any, ngram: Any, many: Any, above: Any, bit: Any, flags: Any) -> Any:
    """Set `bit` where a run of words is in `many` documents, or clear it, as `above` says."""
    for document in documents:
        values = shingle(words[bounds[document] : bounds[document + 1]], ngram)
        for at in range(len(values)):
            if many[slot(values[at], len(many))]:
                if above:
                    flags[bounds[document] + at] |= bit
                else:
                    flags[bounds[document] + at] &= np.uint8(0xFF ^ bit)


@compiled("uint8[::1](Array(uint32, 1, 'C', readonly=True), uint32[::1], int64)")
def rare_words(words: Any, counts: Any, limit: Any) -> Any:
    """Return RARE for each of `words` that `counts`, made by `count_words`, has in at most `limit` documents."""
    flags = np.zeros(len(words), dtype=np.uint8)
    for at in range(len(words)):
        flags[at] = RARE if counts[slot(words[at], len(counts))] <= limit else 0
    return flags


def flag_words(summaries: Summaries, among: Among) -> NDArray[np.uint8]:
    """Return flags for all words: RARE words, and COMMON where a shingle that the outlet repeats begins."""
    flags = np.full(int(summaries.word_starts[-1]), RARE, dtype=np.uint8)
    _flag(summaries, np.arange(len(summaries), dtype=np.int64), among, RARE, flags)
    outlets = summaries.column("outlet")
    order = np.argsort(outlets, kind="stable")
    for group in np.split(order, np.flatnonzero(np.diff(outlets[order])) + 1):
        _flag(summaries, group.astype(np.int64), among, RARE, flags)
        _flag(summaries, group.astype(np.int64), among, COMMON, flags)
    return flags


def _flag(
    summaries: Summaries, documents: NDArray[np.int64], among: Among, bit: int, flags: NDArray[np.uint8]
) -> None:
    """Set or clear `bit` in the words of one outlet, or of the whole corpus, by the counts within it."""
    counted = documents[among.counted[documents]]
    ngram, share = (1, RARE_SHARE) if bit == RARE else (NGRAM, COMMON_SHARE)
    limit = max(MIN_COMMON, int(share * len(counted)))
    if len(counted) <= limit:
        return
    words = int(summaries.lengths_of(documents).sum())
    entries = words // _WORDS_PER_ENTRY if bit == RARE else words
    bits = min(max(entries.bit_length(), _LEAST_BITS), _MOST_BITS)
    # A byte for each entry instead of eight: what is looked up stays near.
    many = count_runs(summaries, counted, ngram, bits) > limit
    for part in summaries.parts(documents[among.flagged[documents]]):
        own = flags[part.words]
        _mark(part.arrays["words"], part.arrays["bounds"], part.local, ngram, many, bit == COMMON, bit, own)
