"""Find the pairs worth comparing and compare them: tasks that read the words they need from the summaries.

What is found of the keys and the samples lies in files, sorted; who compares takes a range of the pairs out of each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from corpus.run import Map
from dedup.compare.coverage import Coverage, cover, has_own
from dedup.compare.gaps import longest_passages
from dedup.compare.relation import CONTAINMENT, FEATURES, NONE, RESEMBLANCE, Thresholds, compare
from dedup.compare.screen import screen
from dedup.decide.shared import read_shared
from dedup.decide.survivors import Ends, Ranked
from dedup.sketch.bands import distinct, ends_of, key_pairs, sample_pairs
from dedup.sketch.minhash import NGRAM
from dedup.store.arrays import Opened, pack, unpack
from dedup.store.summaries import Texts

#: Sampled shingles of one task: 16 MB with their documents.
_SAMPLES_PER_TASK = 1 << 20
#: Words whose pairs are compared at once: 2.5 MB with their flags, and what is sorted stays in the cache.
_WORDS_AT_ONCE = 1 << 19
#: Words of one task: a second, or two.
_WORDS_PER_TASK = 1 << 23
#: Candidates of one task, most of which are put aside unread; and of how many one is looked at to cut tasks.
_CANDIDATES_PER_TASK, _ONE_OF = 1 << 16, 64
#: Texts that pages are held against, in one task.
_HOLDERS_PER_TASK = 1 << 12
#: Two texts of at least this containment may stand in one cluster without being copies of each other.
MIN_COMPANION = 0.3
#: An account of a pair: how the two compare, and start and length in words of two passages of the second, `passage` the
#: longest that both have, `own` the longest that the first lacks.
ACCOUNT = np.dtype(
    [("relation", np.uint8), ("scores", np.float32, len(FEATURES)), ("passage", np.int32, 2), ("own", np.int32, 2)]
)
assert (RESEMBLANCE, CONTAINMENT) == (0, 1)


class Edges(NamedTuple):
    """Hold copies and companions: `pairs` uint64 `first << 32 | second`, how they compare; of scores the first two."""

    pairs: NDArray[np.uint64]
    relation: NDArray[np.uint8]
    scores: NDArray[np.float32]


class TextSource(Protocol):
    """Know the texts of pairs."""

    def gather(self, pairs: NDArray[np.uint64]) -> tuple[Texts, Ends]:
        """Gather texts, and tell which of them are those of each pair."""
        ...

    def sizes(self, pairs: NDArray[np.uint64]) -> NDArray[np.int64]:
        """Return about how many words each pair adds to those before it."""
        ...


class PairTask(NamedTuple):
    """Ask how some pairs compare whose texts `source` has."""

    pairs: NDArray[np.uint64]
    source: TextSource
    thresholds: Thresholds = Thresholds()


Columns = TypeVar("Columns", Edges, Coverage)


def find_candidates(
    run: Map, ranked: Ranked, keys: Sequence[Opened], comparable: Opened
) -> list[Opened]:
    """Return the pairs of `comparable` ranks worth comparing, in parts that may have some in common.

    They share the key of a band (`keys`, by `find_keys`), or a sampled shingle.
    """
    total = sum(len(shard["sample"]) for shard in ranked.summaries.shards)
    step = -(-(1 << 64) // (total // _SAMPLES_PER_TASK + 1))
    ranges = [(ranked, comparable, low, min(low + step, 1 << 64)) for low in range(0, 1 << 64, step)]
    found = [*run(_pair_keys, ((part, comparable) for part in keys)), *run(_pair_samples, ranges)]
    return list(map(unpack, found))


def _pair_keys(task: tuple[Opened, Opened]) -> bytes:
    part, comparable = task
    ranks, groups = read_shared([part])
    wanted = comparable["among"][ranks]
    return pack({"pairs": key_pairs(groups[wanted].astype(np.uint64), ranks[wanted].astype(np.uint32))})


def _pair_samples(task: tuple[Ranked, Opened, int, int]) -> bytes:
    ranked, comparable, low, high = task
    hashes, owners = ranked.summaries.samples(low, high)
    ranks = ranked.ranks[owners]
    wanted = comparable["among"][ranks]
    return pack({"pairs": sample_pairs(hashes[wanted], ranks[wanted])})


def cut_pairs(source: TextSource, pairs: NDArray[np.uint64], words: int) -> Iterator[NDArray[np.uint64]]:
    """Cut pairs into parts that need about so many `words`."""
    if len(pairs):
        needed = np.cumsum(source.sizes(pairs))
        cuts = np.searchsorted(needed, np.arange(words, needed[-1], words))
        yield from (part for part in np.split(pairs, cuts) if len(part))


def _some(task: PairTask) -> Iterator[PairTask]:
    """Cut a task into what is done at once."""
    return (task._replace(pairs=part) for part in cut_pairs(task.source, task.pairs, _WORDS_AT_ONCE))


def join(none: Columns, pieces: Iterable[Columns]) -> Columns:
    """Put columns together, with the types and shapes of `none`."""
    return type(none)(*(np.concatenate(column) for column in zip(none, *pieces, strict=True)))


def find_edges(run: Map, candidates: Sequence[Opened], ranked: Ranked, thresholds: Thresholds) -> Edges:
    """Compare all candidates; keep the copies and those that make companions."""
    total = sum(len(part["pairs"]) for part in candidates)
    looked_at = np.sort(np.concatenate([np.empty(0, np.uint64), *(part["pairs"][::_ONE_OF] for part in candidates)]))
    every = max(1, _CANDIDATES_PER_TASK // _ONE_OF)
    cuts = distinct(looked_at[every::every]).tolist() if total > _CANDIDATES_PER_TASK else []
    ranges = zip([0, *cuts], [*cuts, 1 << 64], strict=True)
    tasks = ((candidates, low, high - 1, PairTask(NO_EDGES.pairs, ranked, thresholds)) for low, high in ranges)
    return join(NO_EDGES, (Edges(**unpack(part)) for part in run(_compare_range, tasks)))


NO_EDGES = Edges(np.empty(0, np.uint64), np.empty(0, np.uint8), np.empty((0, 2), np.float32))


def _compare_range(task: tuple[Sequence[Opened], int, int, PairTask]) -> bytes:
    """Compare the candidates from the second to the third of `task`."""
    candidates, low, high, how = task
    pairs = [np.empty(0, np.uint64)]
    for part in candidates:
        start = int(np.searchsorted(part["pairs"], np.uint64(low)))
        pairs.append(part["pairs"][start : int(np.searchsorted(part["pairs"], np.uint64(high), "right"))])
    wanted = how._replace(pairs=distinct(np.concatenate(pairs)))
    edges = (find_likely(some.pairs, *some.source.gather(some.pairs), how.thresholds) for some in _some(wanted))
    return pack(join(NO_EDGES, edges)._asdict())


def find_likely(pairs: NDArray[np.uint64], texts: Texts, ends: Ends, thresholds: Thresholds) -> Edges:
    """Return which of some pairs are copies or companions; `ends` tell which texts are the first and second of each."""
    least = thresholds.min_resemblance, min(thresholds.min_containment, MIN_COMPANION)
    likely = screen(texts, *ends, NGRAM, least)
    relation, scores = compare(texts, ends[0][likely], ends[1][likely], thresholds)
    kept = (relation != NONE) | (scores[:, CONTAINMENT] >= MIN_COMPANION)
    return Edges(pairs[likely][kept], relation[kept], scores[kept, :2])


def _ask(run: Map, function: Callable[[PairTask], bytes], task: PairTask) -> Iterator[Opened]:
    """Have a function answer for all pairs of a task, cut into smaller ones."""
    parts = cut_pairs(task.source, task.pairs, _WORDS_PER_TASK)
    return map(unpack, run(function, (task._replace(pairs=part) for part in parts)))


def find_accounts(run: Map, task: PairTask) -> NDArray[np.void]:
    """Return the ACCOUNT of each pair."""
    found = [part["accounts"].view(ACCOUNT)[:, 0] for part in _ask(run, _account, task)]
    return np.concatenate([np.empty(0, ACCOUNT), *found])


def _account(task: PairTask) -> bytes:
    found = [account(*some.source.gather(some.pairs), task.thresholds) for some in _some(task)]
    return pack({"accounts": np.concatenate(found).view(np.uint8).reshape(len(task.pairs), -1)})


def account(texts: Texts, ends: Ends, thresholds: Thresholds) -> NDArray[np.void]:
    """Return the ACCOUNT of each of some pairs."""
    found = np.empty(len(ends[0]), ACCOUNT)
    found["relation"], found["scores"] = compare(texts, *ends, thresholds)
    found["passage"] = longest_passages(texts.words, texts.bounds, *ends)
    found["own"] = _cover(texts, ends).own
    return found


def find_own(run: Map, source: TextSource, pairs: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """Tell of the second text of each pair whether it has a passage that none of the first texts paired with it has."""
    pages = ends_of(pairs)[1]
    order = np.argsort(pages, kind="stable")
    starts = np.flatnonzero(np.diff(pages[order], prepend=-1))
    cuts = starts[np.flatnonzero(np.diff(starts // _HOLDERS_PER_TASK)) + 1]
    tasks = (PairTask(part, source) for part in np.split(pairs[order], cuts) if len(part))
    own = np.empty(len(pairs), dtype=bool)
    own[order] = np.concatenate([np.empty(0, dtype=bool), *(unpack(part)["own"] for part in run(_have_own, tasks))])
    return own


def _have_own(task: PairTask) -> bytes:
    texts, (holders, pages) = task.source.gather(task.pairs)
    return pack({"own": has_own(texts, holders, pages)})


def find_coverage(run: Map, task: PairTask) -> Coverage:
    """Return what the first text of each pair has of the second."""
    none = np.empty(0, dtype=np.int64)
    found = (Coverage(**part) for part in _ask(run, _find_cover, task))
    return join(Coverage(none.astype(np.float32), none, none.reshape(0, 2)), found)


def _find_cover(task: PairTask) -> bytes:
    first, *others = (_cover(*some.source.gather(some.pairs)) for some in _some(task))
    return pack(join(first, others)._asdict())


def _cover(texts: Texts, ends: Ends) -> Coverage:
    return cover(texts, ends[0], np.arange(len(ends[0]) + 1), ends[1])
