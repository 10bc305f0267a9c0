"""Learn which words are rare and which shingles common, in the corpus and in each outlet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from corpus.run import Map, run_here
from dedup.kernel import compiled
from dedup.sketch.minhash import NGRAM
from dedup.sketch.words import shingle
from dedup.store.arrays import Opened, pack, unpack
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
#: Documents that one task flags: of those of a larger outlet several tasks take a part each.
_FLAGGED = 1 << 17


class OutletWords(NamedTuple):
    """Name documents of one outlet that count, and some to be flagged; `tables` are its own where they are made."""

    counted: NDArray[np.int64]
    flagged: NDArray[np.int64]
    tables: Sequence[Many] | None


#: A flag, and by hash the runs of words in many documents that decide it (`many`).
Many: TypeAlias = tuple[int, Opened]
#: The counts of an index, and in how many of its documents a rare word may be.
Old: TypeAlias = tuple[NDArray[np.uint32], int]


@compiled("void(uint32[::1], int64[::1], int64[::1], int64, const boolean[::1], uint8, uint8[::1])")
def _mark(words: Any, bounds: Any, texts: Any, ngram: Any, many: Any, bit: Any, flags: Any) -> Any:
    """Set COMMON, or clear RARE, where a run of words of some texts is in `many` documents."""
    for text in texts:
        start = bounds[text]
        values = shingle(words[start : bounds[text + 1]], ngram)
        for at in range(len(values)):
            if many[slot(values[at], len(many))]:
                if bit == COMMON:
                    flags[start + at] |= bit
                else:
                    flags[start + at] &= np.uint8(0xFF ^ bit)


@compiled("void(const uint32[::1], uint32[::1], int64, uint8[::1])")
def mark_old(words: Any, counts: Any, limit: Any, flags: Any) -> None:
    """Clear RARE of each of `words` that `counts`, those of an index, has in more than `limit` documents."""
    for at in range(len(words)):
        if counts[slot(words[at], len(counts))] > limit:
            flags[at] &= np.uint8(0xFF ^ RARE)


def flag_words(
    run: Map, summaries: Summaries, counted: NDArray[np.bool_], flagged: NDArray[np.bool_], old: Old | None = None
) -> list[Opened]:
    """Return the flags of the words of the `flagged` documents, in parts that `Summaries.texts` reads.

    RARE are words, in `old` as well, COMMON is where a shingle that the outlet repeats begins. Only `counted` documents
    count: a story does not become common by being copied.
    """
    everywhere = _find_tables(run, summaries, np.flatnonzero(counted), (RARE,))
    outlets = summaries.column("outlet")
    order = np.argsort(outlets, kind="stable")
    cuts = [0, *(np.flatnonzero(np.diff(outlets[order])) + 1).tolist(), len(order)]
    groups = [(order[start:stop], start) for start, stop in pairwise(cuts)]
    large = {
        start: _find_tables(run, summaries, group[counted[group]]) for group, start in groups if len(group) > _FLAGGED
    }

    def tasks() -> Iterator[tuple[Summaries, Sequence[Many], Sequence[OutletWords], Old | None]]:
        waiting, size = list[OutletWords](), 0
        for group, start in groups:
            own = group[:0] if start in large else group[counted[group]]
            for part in np.array_split(group[flagged[group]], 1 + len(group) // _FLAGGED):
                waiting, size = waiting if size else [], size + len(own) + len(part)
                waiting.append(OutletWords(own, part, large.get(start)))
                if size > _FLAGGED:
                    yield summaries, everywhere, waiting, old
                    size = 0
        if size:
            yield summaries, everywhere, waiting, old

    return list(map(unpack, run(_flag, tasks())))


def flag_old(run: Map, summaries: Summaries, documents: NDArray[np.int64], old: Old) -> list[Opened]:
    """Return the flags of the words of sorted `documents` that `old` alone decides: of an index nothing is common."""
    parts = np.array_split(documents, 1 + len(documents) // _FLAGGED)
    tasks = ((summaries, (), [OutletWords(part[:0], part, ())], old) for part in parts)
    return list(map(unpack, run(_flag, tasks)))


def _flag(task: tuple[Summaries, Sequence[Many], Sequence[OutletWords], Old | None]) -> bytes:
    """Return the flags of the words of some documents, with the documents and the bounds of each."""
    summaries, everywhere, outlets, old = task
    documents = np.sort(np.concatenate([outlet.flagged for outlet in outlets]))
    words, bounds = summaries.words_of(documents)
    flags = np.full(len(words), RARE, dtype=np.uint8)
    for outlet in outlets:
        own = _find_tables(run_here, summaries, outlet.counted) if outlet.tables is None else outlet.tables
        texts = np.searchsorted(documents, outlet.flagged)
        for bit, arrays in (*everywhere, *own):
            _mark(words, bounds, texts, 1 if bit == RARE else NGRAM, arrays["many"], bit, flags)
    if old is not None:
        mark_old(words, *old, flags)
    return pack({"documents": documents, "bounds": bounds, "flags": flags})


def _find_tables(
    run: Map, summaries: Summaries, counted: NDArray[np.int64], bits: Sequence[int] = (RARE, COMMON)
) -> list[Many]:
    """Count in how many documents, of one outlet or of the whole corpus, each word and each shingle is."""
    tables: list[Many] = []
    for bit in bits:
        ngram, share = (1, RARE_SHARE) if bit == RARE else (NGRAM, COMMON_SHARE)
        limit = max(MIN_COMMON, int(share * len(counted)))
        if len(counted) > limit:
            words = int(summaries.lengths_of(counted).sum())
            entries = words // _WORDS_PER_ENTRY if bit == RARE else words
            size = min(max(entries.bit_length(), _LEAST_BITS), _MOST_BITS)
            asked = [(summaries, counted, ngram, size, limit)]
            tables += [(bit, unpack(many)) for many in run(_find_many, asked)]
    return tables


def _find_many(task: tuple[Summaries, NDArray[np.int64], int, int, int]) -> bytes:
    """Return which runs of words are in more documents than a limit: a byte for each, so what is looked up is near."""
    summaries, counted, ngram, bits, limit = task
    return pack({"many": count_runs(summaries, counted, ngram, bits) > limit})
