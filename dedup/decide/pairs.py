"""Cut the comparing into tasks that fit a process: module-level functions over bounded slices."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from corpus.run import Map
from dedup.compare.passages import longest_passages
from dedup.compare.verify import FEATURES, NONE, Judgement, Limits, compare
from dedup.config import DedupConfig
from dedup.sketch.bands import sample_pairs
from dedup.store.texts import Texts

#: Words that cross to a verifying process at once: 2.5 MB with their flags, and what is sorted stays in the cache.
_WORDS_PER_TASK = 1 << 19
#: Tasks handed out together, so that their arguments never pile up.
_TASKS_AT_ONCE = 8


class Edges(NamedTuple):
    """Hold verified pairs and companions: `pairs` uint64 `first << 32 | second`, and how they were judged."""

    pairs: NDArray[np.uint64]
    relation: NDArray[np.uint8]
    scores: NDArray[np.float32]


def in_batches(run: Map, function: Callable[[Any], Any], tasks: Iterable[Any]) -> Iterator[Any]:
    """Map lazily: an executor takes all arguments at once, and here they are large."""
    batch: list[Any] = []
    for task in tasks:
        batch.append(task)
        if len(batch) == _TASKS_AT_ONCE:
            yield from run(function, batch)
            batch = []
    yield from run(function, batch)


def cut_pairs(pairs: NDArray[np.uint64], words: NDArray[np.int64]) -> Iterator[NDArray[np.uint64]]:
    """Cut pairs, of which each adds so many `words`, into parts that need about as many as one task may have."""
    if not len(pairs):
        return
    needed = np.cumsum(words)
    cuts = np.searchsorted(needed, np.arange(_WORDS_PER_TASK, needed[-1], _WORDS_PER_TASK))
    yield from (part for part in np.split(pairs, cuts) if len(part))


class VerifyTask(NamedTuple):
    """Carry the pairs of one task, with the words they need, to the process that compares them."""

    pairs: NDArray[np.uint64]
    texts: Texts
    firsts: NDArray[np.int64]
    seconds: NDArray[np.int64]
    config: DedupConfig


def _compare(task: VerifyTask) -> Judgement:
    return compare(task.texts, task.firsts, task.seconds, task.config.ngram, Limits.of(task.config))


def verify(task: VerifyTask) -> Edges:
    """Compare the pairs of `task`; keep those that hold and those that make companions."""
    judged = _compare(task)
    kept = (judged.relation != NONE) | (judged.scores[:, 1] >= task.config.min_companion)
    return Edges(task.pairs[kept], judged.relation[kept], judged.scores[kept])


def account(task: VerifyTask) -> tuple[NDArray[np.uint64], Judgement, NDArray[np.int64]]:
    """Compare the pairs of `task` and find the longest passage of each."""
    return task.pairs, _compare(task), longest_passages(task.texts, task.firsts, task.seconds)


def find_passages(task: VerifyTask) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """Find the longest passage that each of the pairs of `task` shares."""
    return task.pairs, longest_passages(task.texts, task.firsts, task.seconds)


def pair_samples(task: tuple[NDArray[np.uint64], NDArray[np.int64]]) -> NDArray[np.uint64]:
    """Return the candidate pairs of one range of sampled shingles."""
    return sample_pairs(*task)


def no_edges() -> Edges:
    """Return no pairs."""
    scores = np.empty((0, len(FEATURES)), dtype=np.float32)
    return Edges(np.empty(0, dtype=np.uint64), np.empty(0, dtype=np.uint8), scores)
