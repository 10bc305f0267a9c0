"""Cut the comparing into tasks that fit a process: module-level functions over bounded slices."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from corpus.stage import Map
from dedup.config import DedupConfig
from dedup.kernel import compiled
from dedup.lsh import ends_of, sample_pairs
from dedup.passages import longest_passages
from dedup.screen import screen
from dedup.texts import Texts
from dedup.verify import FEATURES, NONE, Judgement, Limits, compare

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


@compiled("void(int64[::1], int64[::1], int64[::1])")
def _unite(firsts: Any, seconds: Any, parent: Any) -> None:
    for pair in range(len(firsts)):
        one, other = firsts[pair], seconds[pair]
        while parent[one] != one:
            parent[one] = parent[parent[one]]
            one = parent[one]
        while parent[other] != other:
            parent[other] = parent[parent[other]]
            other = parent[other]
        parent[max(one, other)] = min(one, other)
    for at in range(len(parent)):
        parent[at] = parent[parent[at]]


def bring_together(pairs: NDArray[np.uint64], count: int) -> NDArray[np.uint64]:
    """Order pairs of `count` documents so that those around one story stand together and share a task."""
    firsts, seconds = ends_of(pairs)
    parent = np.arange(count, dtype=np.int64)
    _unite(firsts, seconds, parent)
    return pairs[np.argsort(parent[firsts], kind="stable")]


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
    config = task.config
    least = config.min_resemblance, min(config.min_containment, config.min_companion)
    likely = screen(task.texts, (task.firsts, task.seconds), config.ngram, least)
    pairs, firsts, seconds = task.pairs[likely], task.firsts[likely], task.seconds[likely]
    judged = _compare(task._replace(pairs=pairs, firsts=firsts, seconds=seconds))
    kept = (judged.relation != NONE) | (judged.scores[:, 1] >= config.min_companion)
    return Edges(pairs[kept], judged.relation[kept], judged.scores[kept])


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
