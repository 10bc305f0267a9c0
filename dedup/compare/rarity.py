"""Learn which words are rare and which shingles common, in the corpus and in each outlet.

Counts live in a table indexed by hash, so memory does not grow with the vocabulary: a collision makes a rare word
seem a little less rare, and a table is at most 128 MB. Every document counts a word once.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedup.config import DedupConfig
from dedup.kernel import MIX, compiled, inlined
from dedup.store.summary import Shards
from dedup.store.texts import COMMON, RARE, shingle

#: Entries of a table, as powers of two: enough for the vocabulary of a large corpus.
_LEAST_BITS, _MOST_BITS = 12, 24
#: Words of a text for each entry of a table of words: a vocabulary grows far slower than its corpus.
_WORDS_PER_ENTRY = 8
#: Entries of the table that an index keeps: 1 MB. Four rare words to an entry are still rare.
TABLE_BITS = 18
_READ32 = "Array(uint32, 1, 'C', readonly=True)"
_READ64 = "Array(int64, 1, 'C', readonly=True)"


@inlined
def _slot(value: Any, size: Any) -> Any:
    return np.uint64(value) * MIX >> np.uint64(32) & np.uint64(size - 1)


@compiled(f"void({_READ32}, {_READ64}, int64[::1], int64, uint32[:, ::1], int64)")
def _count(words: Any, bounds: Any, documents: Any, ngram: Any, table: Any, base: Any) -> Any:
    """Count in how many `documents` each run of `ngram` words is; column 1 remembers the last one that counted."""
    for document in documents:
        values = shingle(words[bounds[document] : bounds[document + 1]], ngram)
        for value in values:
            slot = _slot(value, len(table))
            if table[slot, 1] != np.uint32(base + document + 1):
                table[slot, 0], table[slot, 1] = table[slot, 0] + 1, base + document + 1


@compiled(f"void({_READ32}, {_READ64}, int64[::1], int64, boolean[::1], boolean, uint8, uint8[::1])")
def _mark(words: Any, bounds: Any, documents: Any, ngram: Any, many: Any, above: Any, bit: Any, flags: Any) -> Any:
    """Set `bit` where a run of words is in `many` documents, or clear it, as `above` says."""
    for document in documents:
        values = shingle(words[bounds[document] : bounds[document + 1]], ngram)
        for at in range(len(values)):
            if many[_slot(values[at], len(many))]:
                if above:
                    flags[bounds[document] + at] |= bit
                else:
                    flags[bounds[document] + at] &= np.uint8(0xFF ^ bit)


@compiled(f"void({_READ32}, uint32[::1], int64, uint8[::1])")
def _mark_rare(words: Any, counts: Any, limit: Any, flags: Any) -> None:
    values = shingle(words, 1)
    for at in range(len(words)):
        flags[at] = RARE if counts[_slot(values[at], len(counts))] <= limit else 0


def count_words(shards: Shards) -> NDArray[np.uint32]:
    """Return in how many documents each word is, uint32[2**TABLE_BITS] by hash."""
    table = np.zeros((1 << TABLE_BITS, 2), dtype=np.uint32)
    for number, local in _by_shard(shards, np.arange(len(shards), dtype=np.int64)):
        shard, base = shards.shards[number], int(shards.starts[number])
        _count(shard["words"], shard["bounds"], local, 1, table, base)
    return table[:, 0].copy()


def rare_words(
    words: NDArray[np.uint32], counts: NDArray[np.uint32], documents: int, config: DedupConfig
) -> NDArray[np.uint8]:
    """Return RARE for each of `words` that `counts`, made by `count_words` over `documents`, calls rare."""
    flags = np.zeros(len(words), dtype=np.uint8)
    _mark_rare(words, counts, max(config.min_common, int(config.rare_share * documents)), flags)
    return flags


def _table(entries: int) -> NDArray[np.uint32]:
    bits = min(max(entries.bit_length(), _LEAST_BITS), _MOST_BITS)
    return np.zeros((1 << bits, 2), dtype=np.uint32)


class Among(NamedTuple):
    """Say which documents count, and which are flagged: bool[N] each.

    Copies already known do not count, for a story does not become common by being copied; documents that nothing is
    like need no flags.
    """

    counted: NDArray[np.bool_]
    flagged: NDArray[np.bool_]


def flag_words(shards: Shards, among: Among, config: DedupConfig) -> NDArray[np.uint8]:
    """Return flags for all words: RARE words, and COMMON where a shingle that the outlet repeats begins."""
    flags = np.full(int(shards.word_starts[-1]), RARE, dtype=np.uint8)
    everything = np.arange(len(shards), dtype=np.int64)
    _flag_group(shards, everything, among, flags, config, shingles=False)
    outlets = shards.column("outlet")
    order = np.argsort(outlets, kind="stable")
    cuts = np.flatnonzero(np.diff(outlets[order])) + 1
    for group in np.split(order, cuts):
        _flag_group(shards, group.astype(np.int64), among, flags, config, shingles=True)
    return flags


def _flag_group(
    shards: Shards,
    documents: NDArray[np.int64],
    among: Among,
    flags: NDArray[np.uint8],
    config: DedupConfig,
    *,
    shingles: bool,
) -> None:
    """Flag the words of one outlet or of the whole corpus by the counts within it."""
    active = int(among.counted[documents].sum())
    rare = max(config.min_common, int(config.rare_share * active))
    common = max(config.min_common, int(config.common_share * active))
    _flag(shards, documents, among, flags, (1, rare, RARE))
    if shingles:
        _flag(shards, documents, among, flags, (config.ngram, common, COMMON))


def _flag(
    shards: Shards,
    documents: NDArray[np.int64],
    among: Among,
    flags: NDArray[np.uint8],
    rule: tuple[int, int, int],
) -> None:
    ngram, limit, bit = rule
    if int(among.counted[documents].sum()) <= limit:
        return
    words = int(shards.lengths_of(documents).sum())
    table = _table(words // _WORDS_PER_ENTRY if ngram == 1 else words)
    for number, local in _by_shard(shards, documents[among.counted[documents]]):
        shard, base = shards.shards[number], int(shards.starts[number])
        _count(shard["words"], shard["bounds"], local, ngram, table, base)
    # A byte for each entry instead of eight: what is looked up stays near.
    many = table[:, 0] > limit
    for number, local in _by_shard(shards, documents[among.flagged[documents]]):
        shard = shards.shards[number]
        own = flags[shards.word_starts[number] : shards.word_starts[number + 1]]
        _mark(shard["words"], shard["bounds"], local, ngram, many, bit == COMMON, bit, own)


def _by_shard(shards: Shards, documents: NDArray[np.int64]) -> list[tuple[int, NDArray[np.int64]]]:
    """Split sorted documents by shard, numbered within it."""
    cuts = np.searchsorted(documents, shards.starts)
    return [
        (number, np.ascontiguousarray(documents[cuts[number] : cuts[number + 1]] - shards.starts[number]))
        for number in range(len(shards.shards))
        if cuts[number] < cuts[number + 1]
    ]
