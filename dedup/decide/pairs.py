"""Find the pairs worth comparing and compare them: tasks that read the words they need from the summaries.

What is found of the keys and the samples lies in files, sorted; who compares takes a range of the pairs out of each.
What is asked of pairs afterwards (`ask`) is answered in rows, one a pair.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from corpus.run import Map
from dedup.compare.coverage import cover, has_own
from dedup.compare.gaps import longest_passages
from dedup.compare.relation import CONTAINMENT, FEATURES, NONE, RESEMBLANCE, Thresholds, compare
from dedup.compare.screen import screen
from dedup.decide.shared import read_shared
from dedup.decide.survivors import Ranked
from dedup.sketch.bands import NO_PAIRS, distinct, ends_of, key_pairs, pair_up, sample_pairs
from dedup.store.arrays import Opened, pack, unpack
from dedup.store.summaries import Summaries, Texts

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
#: What the first of a pair has of the second: the share of its shingles, and how many of its numbers are missing.
COVERED = np.dtype([("share", np.float32), ("missing", np.int64)])
#: A pair of copies or companions, how they compare; of the scores the first two.
EDGE = np.dtype([("pair", np.uint64), ("relation", np.uint8), ("scores", np.float32, 2)])
assert (RESEMBLANCE, CONTAINMENT) == (0, 1)

#: Rows of one of the types above.
Rows: TypeAlias = NDArray[Any]


class PairTask(NamedTuple):
    """Ask how some pairs of documents compare, `first << 32 | second`; `flags` are those of words, once known."""

    pairs: NDArray[np.uint64]
    summaries: Summaries
    flags: Sequence[Mapping[str, NDArray[Any]]] = ()
    thresholds: Thresholds = Thresholds()

    def gather(self) -> tuple[Texts, NDArray[np.int64], NDArray[np.int64]]:
        """Gather the texts, each once, and tell which of them are the first and the second of each pair."""
        firsts, seconds = ends_of(self.pairs)
        documents = distinct(np.concatenate((firsts, seconds)))
        texts = self.summaries.texts(documents, self.flags)
        return texts, np.searchsorted(documents, firsts), np.searchsorted(documents, seconds)

    def parts(self, words: int) -> Iterator[PairTask]:
        """Cut the task into such as need about so many `words`, if pairs of one first document stand together."""
        if len(self.pairs):
            _, seconds = ends_of(self.pairs)
            documents = distinct(seconds)
            needed = np.cumsum(self.summaries.lengths_of(documents)[np.searchsorted(documents, seconds)])
            cuts = np.searchsorted(needed, np.arange(words, needed[-1], words))
            yield from (self._replace(pairs=part) for part in np.split(self.pairs, cuts) if len(part))


def find_candidates(run: Map, ranked: Ranked, keys: Sequence[Opened], comparable: Opened) -> list[Opened]:
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


def find_edges(run: Map, candidates: Sequence[Opened], ranked: Ranked, how: PairTask) -> Rows:
    """Compare all candidates; return each pair of ranks that are copies, or make companions, as an EDGE."""
    total = sum(len(part["pairs"]) for part in candidates)
    looked_at = np.sort(np.concatenate([NO_PAIRS, *(part["pairs"][::_ONE_OF] for part in candidates)]))
    every = max(1, _CANDIDATES_PER_TASK // _ONE_OF)
    cuts = distinct(looked_at[every::every]).tolist() if total > _CANDIDATES_PER_TASK else []
    ranges = zip([0, *cuts], [*cuts, 1 << 64], strict=True)
    return _rows(run(_compare_range, ((candidates, low, high - 1, ranked, how) for low, high in ranges)), EDGE)


def _compare_range(task: tuple[Sequence[Opened], int, int, Ranked, PairTask]) -> bytes:
    """Compare the candidates from the second to the third of `task`."""
    candidates, low, high, ranked, how = task
    found = [NO_PAIRS]
    for part in candidates:
        start = int(np.searchsorted(part["pairs"], np.uint64(low)))
        found.append(part["pairs"][start : int(np.searchsorted(part["pairs"], np.uint64(high), "right"))])
    pairs = pair_up(*(ranked.order[ends] for ends in ends_of(distinct(np.concatenate(found)))))
    edges = np.concatenate([np.empty(0, EDGE), *map(find_likely, how._replace(pairs=pairs).parts(_WORDS_AT_ONCE))])
    edges["pair"] = pair_up(*(ranked.ranks[ends] for ends in ends_of(edges["pair"])))
    return pack({"rows": edges.view(np.uint8)})


def find_likely(task: PairTask) -> Rows:
    """Return which of some pairs are copies or companions."""
    texts, firsts, seconds = task.gather()
    least = task.thresholds.min_resemblance, min(task.thresholds.min_containment, MIN_COMPANION)
    likely = screen(texts, firsts, seconds, least)
    relation, scores = compare(texts, firsts[likely], seconds[likely], task.thresholds)
    kept = (relation != NONE) | (scores[:, CONTAINMENT] >= MIN_COMPANION)
    edges = np.empty(np.count_nonzero(kept), EDGE)
    edges["pair"], edges["relation"], edges["scores"] = task.pairs[likely][kept], relation[kept], scores[kept, :2]
    return edges


def _ask(
    run: Map, function: Callable[[PairTask], Rows], tasks: Iterable[PairTask], kind: Any, words: int = _WORDS_AT_ONCE
) -> Rows:
    """Have a function answer for the pairs of some tasks, so many `words` at once, in rows of a kind."""
    return _rows(run(_answer, ((function, task, words) for task in tasks)), kind)


def _answer(asked: tuple[Callable[[PairTask], Rows], PairTask, int]) -> bytes:
    function, task, words = asked
    return pack({"rows": np.concatenate(list(map(function, task.parts(words)))).view(np.uint8)})


def _rows(parts: Iterable[memoryview], kind: Any) -> Rows:
    return np.concatenate([np.empty(0, kind), *(unpack(part)["rows"].view(kind) for part in parts)])


def find_accounts(run: Map, task: PairTask) -> Rows:
    """Return the ACCOUNT of each pair."""
    return _ask(run, account, task.parts(_WORDS_PER_TASK), ACCOUNT)


def account(task: PairTask) -> Rows:
    """Return the ACCOUNT of each of some pairs."""
    texts, firsts, seconds = task.gather()
    found = np.empty(len(task.pairs), ACCOUNT)
    found["relation"], found["scores"] = compare(texts, firsts, seconds, task.thresholds)
    found["passage"] = longest_passages(texts.words, texts.bounds, firsts, seconds)
    found["own"] = cover(texts, firsts, np.arange(len(found) + 1), seconds).own
    return found


def find_coverage(run: Map, task: PairTask) -> Rows:
    """Return as COVERED what the first text of each pair has of the second."""
    return _ask(run, _covered, task.parts(_WORDS_PER_TASK), COVERED)


def _covered(task: PairTask) -> Rows:
    texts, firsts, seconds = task.gather()
    found = np.empty(len(task.pairs), COVERED)
    found["share"], found["missing"], _ = cover(texts, firsts, np.arange(len(found) + 1), seconds)
    return found


def find_own(run: Map, task: PairTask) -> NDArray[np.bool_]:
    """Tell of the second text of each pair whether it has a passage that none of the first texts paired with it has."""
    pages = ends_of(task.pairs)[1]
    order = np.argsort(pages, kind="stable")
    starts = np.flatnonzero(np.diff(pages[order], prepend=-1))
    cuts = starts[np.flatnonzero(np.diff(starts // _HOLDERS_PER_TASK)) + 1]
    tasks = (task._replace(pairs=part) for part in np.split(task.pairs[order], cuts) if len(part))
    own = np.empty(len(pages), dtype=bool)
    own[order] = _ask(run, _have_own, tasks, np.bool_, sys.maxsize)  # a page is held against all at once
    return own


def _have_own(task: PairTask) -> Rows:
    return has_own(*task.gather())
