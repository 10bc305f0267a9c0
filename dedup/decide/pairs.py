"""Find the pairs worth comparing and compare them, in tasks that fit a process: functions over bounded slices."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from corpus.run import Map
from dedup.compare.coverage import Coverage, cover
from dedup.compare.gaps import longest_passages
from dedup.compare.relation import CONTAINMENT, FEATURES, NONE, Thresholds, compare
from dedup.compare.screen import screen
from dedup.decide.survivors import Ranked
from dedup.sketch.bands import PairSet, band_pairs, ends_of, pair_up, sample_pairs
from dedup.sketch.minhash import NGRAM
from dedup.store.summaries import Texts

#: Sampled shingles of one task: 16 MB with their documents.
_SAMPLES_PER_TASK = 1 << 20
#: Words that cross to a comparing process at once: 2.5 MB with their flags, and what is sorted stays in the cache.
_WORDS_PER_TASK = 1 << 19
#: Two texts of at least this containment may stand in one cluster without being copies of each other.
MIN_COMPANION = 0.3
#: An account of a pair: how the two compare, and start and length in words of two passages of the second, `passage` the
#: longest that both have, `own` the longest that the first lacks.
ACCOUNT = np.dtype(
    [("relation", np.uint8), ("scores", np.float32, len(FEATURES)), ("passage", np.int64, 2), ("own", np.int64, 2)]
)


class Edges(NamedTuple):
    """Hold copies and companions: `pairs` uint64 `first << 32 | second`, and how they compare."""

    pairs: NDArray[np.uint64]
    relation: NDArray[np.uint8]
    scores: NDArray[np.float32]


class PairTask(NamedTuple):
    """Carry the pairs of one task, with the words they need, to the process that compares them."""

    pairs: NDArray[np.uint64]
    texts: Texts
    firsts: NDArray[np.int64]
    seconds: NDArray[np.int64]
    thresholds: Thresholds


Columns = TypeVar("Columns", Edges, Coverage)


def find_candidates(ranked: Ranked, comparable: NDArray[np.int64], bands: int, run: Map) -> NDArray[np.uint64]:
    """Return the pairs worth comparing among the `comparable` ranks: those that share a band or a sampled shingle."""
    found = PairSet()
    columns = (ranked.summaries.band(band)[ranked.order[comparable]] for band in range(bands))
    for pairs in run(band_pairs, columns):
        first, second = ends_of(pairs)
        found.add(pair_up(comparable[first], comparable[second]))
    rank = np.full(len(ranked.order), -1, dtype=np.int64)
    rank[ranked.order[comparable]] = comparable

    def samples() -> Iterator[tuple[NDArray[np.uint64], NDArray[np.int64]]]:
        """Yield the sampled shingles in ranges of their hashes, with the rank of each."""
        total = sum(len(shard["sample"]) for shard in ranked.summaries.shards)
        step = -(-(1 << 64) // (total // _SAMPLES_PER_TASK + 1))
        for low in range(0, 1 << 64, step):
            hashes, owners = ranked.summaries.samples(low, min(low + step, 1 << 64))
            wanted = rank[owners] >= 0
            yield hashes[wanted], rank[owners[wanted]]

    for pairs in run(sample_pairs, samples()):
        found.add(pairs)
    return found.pairs()


def cut_pairs(pairs: NDArray[np.uint64], words: NDArray[np.int64]) -> Iterator[NDArray[np.uint64]]:
    """Cut pairs, of which each adds so many `words`, into parts that need about as many as one task may have."""
    if len(pairs):
        needed = np.cumsum(words)
        cuts = np.searchsorted(needed, np.arange(_WORDS_PER_TASK, needed[-1], _WORDS_PER_TASK))
        yield from (part for part in np.split(pairs, cuts) if len(part))


def pair_tasks(
    ranked: Ranked, flags: NDArray[np.uint8] | None, thresholds: Thresholds, pairs: NDArray[np.uint64]
) -> Iterator[PairTask]:
    """Yield the tasks of comparing `pairs` of ranks; `flags` are those of all words of the summaries, or none."""
    for part in cut_pairs(pairs, ranked.lengths[ends_of(pairs)[1]]):
        texts, (firsts, seconds) = ranked.texts(flags, *ends_of(part))
        yield PairTask(part, texts, firsts, seconds, thresholds)


def _join(none: Columns, pieces: Iterable[Any]) -> Columns:
    """Put columns together, with the types and shapes of `none`."""
    return type(none)(*(np.concatenate(column) for column in zip(none, *pieces, strict=True)))


def find_edges(run: Map, tasks: Iterable[PairTask]) -> Edges:
    """Compare all pairs; keep the copies and those that make companions."""
    none = np.empty(0, dtype=np.uint64)
    no_scores = np.empty((0, len(FEATURES)), dtype=np.float32)
    return _join(Edges(none, none.astype(np.uint8), no_scores), run(_compare_likely, tasks))


def _compare_likely(task: PairTask) -> Edges:
    least = task.thresholds.min_resemblance, min(task.thresholds.min_containment, MIN_COMPANION)
    likely = screen(task.texts, task.firsts, task.seconds, NGRAM, least)
    pairs, firsts, seconds = task.pairs[likely], task.firsts[likely], task.seconds[likely]
    relation, scores = compare(task.texts, firsts, seconds, task.thresholds)
    kept = (relation != NONE) | (scores[:, CONTAINMENT] >= MIN_COMPANION)
    return Edges(pairs[kept], relation[kept], scores[kept])


def find_accounts(run: Map, tasks: Iterable[PairTask]) -> NDArray[np.void]:
    """Return the ACCOUNT of each pair, in the order of the tasks."""
    return np.concatenate([np.empty(0, ACCOUNT), *run(account, tasks)])


def account(task: PairTask) -> NDArray[np.void]:
    """Return the ACCOUNT of each pair of `task`."""
    found = np.empty(len(task.pairs), ACCOUNT)
    found["relation"], found["scores"] = compare(task.texts, task.firsts, task.seconds, task.thresholds)
    found["passage"] = longest_passages(task.texts.words, task.texts.bounds, task.firsts, task.seconds)
    found["own"] = find_cover(task).own
    return found


def find_coverage(run: Map, tasks: Iterable[PairTask]) -> Coverage:
    """Return what the first text of each pair has of the second, in the order of the tasks."""
    none = np.empty(0, dtype=np.int64)
    return _join(Coverage(none.astype(np.float32), none, none.reshape(0, 2)), run(find_cover, tasks))


def find_cover(task: PairTask) -> Coverage:
    """Return what the first text of each pair of `task` has of the second."""
    return cover(task.texts, task.firsts, np.arange(len(task.firsts) + 1), task.seconds)
