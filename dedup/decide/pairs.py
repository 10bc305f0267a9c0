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
from dedup.decide.survivors import Ranked
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

    def gather(self, pairs: NDArray[np.uint64]) -> tuple[Texts, Sequence[NDArray[np.int64]]]:
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


class RangeTask(NamedTuple):
    """Ask for the candidates from `low` up to and without `high` that are copies or companions."""

    candidates: Sequence[Opened]
    low: int
    high: int
    ranked: Ranked
    thresholds: Thresholds


class PairTexts(NamedTuple):
    """Hold the texts of some pairs, and which of them are the first and the second of each."""

    texts: Texts
    firsts: NDArray[np.int64]
    seconds: NDArray[np.int64]


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


def _gathered(source: TextSource, pairs: NDArray[np.uint64]) -> Iterator[tuple[NDArray[np.uint64], PairTexts]]:
    """Yield the pairs of a task, some at a time, with their texts."""
    for part in cut_pairs(source, pairs, _WORDS_AT_ONCE):
        texts, (firsts, seconds) = source.gather(part)
        yield part, PairTexts(texts, firsts, seconds)


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
    found = run(_compare_range, (RangeTask(candidates, low, high, ranked, thresholds) for low, high in ranges))
    return join(NO_EDGES, (Edges(**unpack(part)) for part in found))


NO_EDGES = Edges(np.empty(0, np.uint64), np.empty(0, np.uint8), np.empty((0, 2), np.float32))


def _compare_range(task: RangeTask) -> bytes:
    pairs = [np.empty(0, np.uint64)]
    for part in task.candidates:
        low, high = np.searchsorted(part["pairs"], np.array([task.low, task.high - 1], np.uint64)).tolist()
        last = high < len(part["pairs"]) and int(part["pairs"][high]) == task.high - 1
        pairs.append(part["pairs"][low : high + last])
    found = _gathered(task.ranked, distinct(np.concatenate(pairs)))
    edges = join(NO_EDGES, (find_likely(*some, task.thresholds) for some in found))
    return pack(edges._asdict())


def find_likely(pairs: NDArray[np.uint64], gathered: PairTexts, thresholds: Thresholds) -> Edges:
    """Return which of some pairs are copies or companions."""
    texts, firsts, seconds = gathered
    least = thresholds.min_resemblance, min(thresholds.min_containment, MIN_COMPANION)
    likely = screen(texts, firsts, seconds, NGRAM, least)
    relation, scores = compare(texts, firsts[likely], seconds[likely], thresholds)
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
    found = [account(gathered, task.thresholds) for _, gathered in _gathered(task.source, task.pairs)]
    return pack({"accounts": np.concatenate(found).view(np.uint8).reshape(len(task.pairs), -1)})


def account(gathered: PairTexts, thresholds: Thresholds) -> NDArray[np.void]:
    """Return the ACCOUNT of each of some pairs."""
    texts, firsts, seconds = gathered
    found = np.empty(len(firsts), ACCOUNT)
    found["relation"], found["scores"] = compare(texts, firsts, seconds, thresholds)
    found["passage"] = longest_passages(texts.words, texts.bounds, firsts, seconds)
    found["own"] = _cover(gathered).own
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
    found = list(map(_cover, (gathered for _, gathered in _gathered(task.source, task.pairs))))
    return pack(join(found[0], found[1:])._asdict())


def _cover(gathered: PairTexts) -> Coverage:
    texts, firsts, seconds = gathered
    return cover(texts, firsts, np.arange(len(firsts) + 1), seconds)
