"""Decide for a whole corpus which documents go, for which survivor, and why.

Documents are put in order by the survivor policy first, so that "the better one" is the smaller number everywhere
below and the outcome depends on the documents alone, not on their order or their shards.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from corpus.run import Map
from dedup.compare.rarity import Among, flag_words
from dedup.compare.verify import CONTAINED, FEATURES, HELD, NO_COPY
from dedup.config import DedupConfig
from dedup.decide.against import find_known
from dedup.decide.clusters import FULL_BAR, build_graph, cluster
from dedup.decide.index import Index
from dedup.decide.pairs import (
    Edges,
    VerifyTask,
    account,
    cut_pairs,
    find_passages,
    in_batches,
    no_edges,
    pair_samples,
    verify,
)
from dedup.sketch.bands import PairSet, band_pairs, ends_of, pair_up
from dedup.store.summary import Shards
from dedup.store.texts import COMMON, Texts

#: What became of a document, by number.
KEPT, SAME_RECORD, EXACT, NEAR, INSIDE, EXTENDED = range(6)
REASONS = ("", "duplicate-id", "exact-duplicate", "near-duplicate", "contained", "extended")
RELATIONS = ("survivor", "same", "exact", "near", "contained", "extended")
#: What makes two records one; an id alone does not, for two outlets may number alike.
_RECORD = ("outlet", "id", "text")

#: Sampled shingles of one task: 48 MB with their documents.
_SAMPLES_PER_TASK = 1 << 22


class Outcome(NamedTuple):
    """Hold what became of N documents.

    `fate` uint8[N] (KEPT ...); `survivor` int64[N]: itself where kept, from N on documents of the index;
    `anchor` int64[N]: the document it was verified against where that is not the survivor, else -1; `scores`
    float32[N, features]; `passage` int64[N, 2]: start and length in words of the longest run shared with the survivor;
    `rank` int64[N]: the place by the survivor policy; `renamed` bool[N]: kept, but its id names another story too.
    """

    fate: NDArray[np.uint8]
    survivor: NDArray[np.int64]
    anchor: NDArray[np.int64]
    scores: NDArray[np.float32]
    passage: NDArray[np.int64]
    rank: NDArray[np.int64]
    renamed: NDArray[np.bool_]


def rank_documents(shards: Shards, config: DedupConfig) -> NDArray[np.int64]:
    """Return the documents in order of the survivor policy, ties by id, then by text and place."""
    criteria = [_criterion(shards, criterion) for criterion in reversed(config.survivor)]
    keys = [shards.column("key"), shards.column("text"), *criteria]
    order = np.lexsort(keys)
    fresh = _fresh([key[order] for key in criteria], len(order))
    starts = np.flatnonzero(fresh)
    stops = np.append(starts[1:], len(order))
    tied = stops - starts > 1
    equal = np.sort(order[np.repeat(tied, stops - starts)])
    names = dict(zip(equal.tolist(), shards.names(equal), strict=True))
    for start, stop in zip(starts[tied], stops[tied], strict=True):
        order[start:stop] = sorted(order[start:stop].tolist(), key=names.__getitem__)
    return order


def _criterion(shards: Shards, criterion: str) -> NDArray[Any]:
    if criterion == "longest":
        return ~shards.column("length")
    if criterion == "earliest":
        return shards.column("published").view(np.int64)
    return shards.column("preference" if criterion == "preferred" else "extraction")


class Decider:
    """Work out the Outcome, step by step; every array is in order of rank."""

    def __init__(self, shards: Shards, config: DedupConfig, run: Map, against: Index | None = None) -> None:
        self.shards, self.config, self.run, self.against = shards, config, run, against
        self.order = rank_documents(shards, config)
        count = len(shards)
        self.lengths = shards.lengths_of(np.arange(count))[self.order]
        self.long_enough = self.lengths >= config.min_words
        self.flags = np.empty(0, dtype=np.uint8)
        self.fate = np.zeros(count, dtype=np.uint8)
        self.survivor = np.arange(count, dtype=np.int64)
        self.anchor = np.full(count, -1, dtype=np.int64)
        self.scores = np.zeros((count, len(FEATURES)), dtype=np.float32)
        self.passage = np.zeros((count, 2), dtype=np.int64)

    def decide(self) -> Outcome:
        """Return the outcome, with documents in the order of the shards again."""
        self._same_records()
        self._same_words()
        if self.against is not None:
            self._known(self.against)
        if self.config.near:
            self._near()
        return self._outcome()

    def _column(self, name: str) -> NDArray[np.uint64]:
        return self.shards.column(name)[self.order]

    def _same_records(self) -> None:
        """Remove records that come twice; of those that the index has, the old one stays."""
        olds = len(self.against) if self.against is not None else 0
        columns = [self._column(name) for name in _RECORD]
        if self.against is not None:
            known = self.against.shards
            columns = [np.concatenate((known.column(name), own)) for name, own in zip(_RECORD, columns, strict=True)]
        later, first = _repeats(columns, np.ones(olds + len(self.order), dtype=bool))
        later, first = later[later >= olds] - olds, first[later >= olds] - olds
        self.fate[later] = SAME_RECORD
        self.survivor[later] = np.where(first < 0, len(self.order) + olds + first, first)

    def _same_words(self) -> None:
        """Remove documents of the same words; short ones only where `exact` asks for it."""
        high, low = self._column("exact_high"), self._column("exact_low")
        among = (self.fate == KEPT) & ((high | low) != 0)
        if not self.config.exact:
            among &= self.long_enough & self.config.near
        later, first = _repeats([low, high], among)
        self.fate[later] = EXACT if self.config.exact else NEAR
        self.survivor[later] = first
        self.scores[later, :4] = 1
        self.passage[later, 1] = self.lengths[later]

    def _flag(self, compared: NDArray[np.bool_]) -> NDArray[np.uint8]:
        """Return the flags of all words, set for the documents that are `compared`."""
        among = Among(self._in_shards(self.fate == KEPT), self._in_shards(compared))
        flags = flag_words(self.shards, among, self.config)
        if self.against is not None:
            for shard, start in zip(self.shards.shards, self.shards.word_starts, strict=False):
                flags[start : start + len(shard["words"])] &= self.against.rare(shard["words"]) | np.uint8(COMMON)
        return flags

    def _in_shards(self, values: NDArray[Any]) -> NDArray[Any]:
        """Put values in order of rank into the order of the shards."""
        placed = np.empty_like(values)
        placed[self.order] = values
        return placed

    def _known(self, index: Index) -> None:
        """Remove what the index has; the old document is the survivor whatever the policy says."""
        count = len(self.order)
        rank = self._in_shards(np.arange(count))
        olds, news = index.same_words(self.shards)
        ranks = rank[news]
        found = (self.fate[ranks] == KEPT) & (self.config.exact | (self.long_enough[ranks] & self.config.near))
        # Of several old documents the last assignment wins: the first of the index.
        ranks, olds = ranks[found][::-1], olds[found][::-1]
        self.fate[ranks] = EXACT if self.config.exact else NEAR
        self.survivor[ranks], self.scores[ranks, :4] = count + olds, 1
        self.passage[ranks, 1] = self.lengths[ranks]
        if self.config.near:
            self.flags = self._flag(np.ones(count, dtype=bool))
            wanted = self._in_shards(self.fate == KEPT)
            known = find_known(self.shards, wanted, self.flags, index, self.run)
            ranks = rank[known.new]
            contained = np.where(known.longer, EXTENDED, INSIDE)
            self.fate[ranks] = np.where(known.judged.relation == CONTAINED, contained, NEAR)
            self.survivor[ranks] = count + known.old
            self.scores[ranks], self.passage[ranks] = known.judged.scores, known.passage

    def _near(self) -> None:
        eligible = np.flatnonzero((self.fate == KEPT) & self.long_enough)
        pairs = self._candidates(eligible)
        if self.against is None:
            compared = np.zeros(len(self.order), dtype=bool)
            for ends in ends_of(pairs):
                compared[ends] = True
            self.flags = self._flag(compared)
        self._cluster(self._verify(pairs))

    def _candidates(self, eligible: NDArray[np.int64]) -> NDArray[np.uint64]:
        """Return the pairs worth comparing, in numbers of rank."""
        found = PairSet()
        columns = (self.shards.band(band)[self.order[eligible]] for band in range(self.config.bands))
        for pairs in in_batches(self.run, band_pairs, columns):
            first, second = ends_of(pairs)
            found.add(pair_up(eligible[first], eligible[second]))
        for pairs in in_batches(self.run, pair_samples, self._sample_tasks(eligible)):
            found.add(pairs)
        return found.pairs()

    def _sample_tasks(self, eligible: NDArray[np.int64]) -> Iterator[tuple[NDArray[np.uint64], NDArray[np.int64]]]:
        rank = np.full(len(self.order), -1, dtype=np.int64)
        rank[self.order[eligible]] = eligible
        total = sum(len(shard["sample"]) for shard in self.shards.shards)
        ranges = total // _SAMPLES_PER_TASK + 1
        step = -(-(1 << 64) // ranges)
        for low in range(0, 1 << 64, step):
            hashes, owners = self.shards.samples(low, min(low + step, 1 << 64))
            ranks = rank[owners]
            yield hashes[ranks >= 0], ranks[ranks >= 0]

    def _verify(self, pairs: NDArray[np.uint64]) -> Edges:
        """Compare all pairs; keep those that hold and those that make companions."""
        pieces = [no_edges(), *in_batches(self.run, verify, self._verify_tasks(pairs))]
        return Edges(*(np.concatenate(column) for column in zip(*pieces, strict=True)))

    def _verify_tasks(self, pairs: NDArray[np.uint64]) -> Iterator[VerifyTask]:
        lengths = self.lengths[ends_of(pairs)[1]]
        for part in cut_pairs(pairs, lengths):
            texts, firsts, seconds = self._texts_of(part)
            yield VerifyTask(part, texts, firsts, seconds, self.config)

    def _texts_of(self, pairs: NDArray[np.uint64]) -> tuple[Texts, NDArray[np.int64], NDArray[np.int64]]:
        firsts, seconds = (self.order[ends] for ends in ends_of(pairs))
        documents = np.union1d(firsts, seconds)
        texts = self.shards.texts(documents, self.flags)
        return texts, np.searchsorted(documents, firsts), np.searchsorted(documents, seconds)

    def _cluster(self, edges: Edges) -> None:
        apart = np.isin(edges.relation, NO_COPY)
        weight = np.where(apart, np.float32(0), np.maximum(edges.scores[:, 0], np.float32(1e-6)))
        ends = np.stack(ends_of(edges.pairs))
        nodes = np.unique(ends)
        graph = build_graph(len(nodes), pair_up(*np.searchsorted(nodes, ends)), weight)
        found = nodes[cluster(graph, self.config.cohesion)]
        anchor = np.arange(len(self.order), dtype=np.int64)
        anchor[nodes] = found
        self._attach(edges, ends, anchor)
        poor = self._collections(edges, ends, anchor)
        best = _survivors(anchor[nodes], nodes, poor[nodes])
        gone = nodes[(best != nodes)]
        self.survivor[gone] = best[best != nodes]
        self.anchor[gone] = np.where(anchor[gone] == self.survivor[gone], -1, anchor[gone])
        self._account(gone, edges)

    def _attach(self, edges: Edges, ends: NDArray[np.int64], anchor: NDArray[np.int64]) -> None:
        """Let a truncated copy left alone into the cluster of a text that holds all of it.

        It need not be verified against a fair share of the members, for edits of the part it has lost its likeness to
        some; but it must be a companion of each, or it may be the other half of a page that holds two stories.
        """
        sizes = np.bincount(anchor, minlength=len(anchor))
        alone = sizes[anchor] == 1
        first_is_short = self.lengths[ends[0]] <= self.lengths[ends[1]]
        short, long = np.where(first_is_short, ends[0], ends[1]), np.where(first_is_short, ends[1], ends[0])
        held = (edges.relation == CONTAINED) & alone[short] & ~alone[long]
        ones, others = np.concatenate((ends[0], ends[1])), np.concatenate((ends[1], ends[0]))
        near = alone[ones] & ~alone[others]
        pairs, alike = np.unique(pair_up(ones[near], anchor[others[near]]), return_counts=True)
        wanted = pair_up(short[held], anchor[long[held]])
        enough = np.minimum(sizes[anchor[long[held]]], FULL_BAR)
        fits = alike[np.searchsorted(pairs, wanted)] >= enough if len(wanted) else np.zeros(0, dtype=bool)
        order = np.lexsort((wanted[fits], -edges.scores[held][fits, 1]))
        joiners = short[held][fits][order]
        chosen, at = np.unique(joiners, return_index=True)
        anchor[chosen] = anchor[long[held][fits][order][at]]

    def _collections(
        self, edges: Edges, ends: NDArray[np.int64], anchor: NDArray[np.int64]
    ) -> NDArray[np.bool_]:
        """Mark pages that hold another story as well: they do not survive for either."""
        poor = np.zeros(len(self.order), dtype=bool)
        inside = np.isin(edges.relation, (CONTAINED, HELD)) & (anchor[ends[0]] != anchor[ends[1]])
        first, second = ends[0][inside], ends[1][inside]
        poor[np.where(self.lengths[first] >= self.lengths[second], first, second)] = True
        return poor

    def _account(self, gone: NDArray[np.int64], edges: Edges) -> None:
        """Say for each removed document how it relates to its survivor, comparing those that never were."""
        pairs = np.sort(pair_up(self.survivor[gone], gone))
        order = np.argsort(edges.pairs)
        places = order[np.minimum(np.searchsorted(edges.pairs, pairs, sorter=order), len(order) - 1)]
        known = edges.pairs[places] == pairs
        self._relate(pairs[known], edges.relation[places[known]], edges.scores[places[known]])
        for part, passages in in_batches(self.run, find_passages, self._verify_tasks(pairs[known])):
            self.passage[ends_of(part)[1]] = passages
        for part, judged, passages in in_batches(self.run, account, self._verify_tasks(pairs[~known])):
            self._relate(part, *judged)
            self.passage[ends_of(part)[1]] = passages

    def _relate(self, pairs: NDArray[np.uint64], relation: NDArray[np.uint8], scores: NDArray[np.float32]) -> None:
        kept, removed = ends_of(pairs)
        contained = np.where(self.lengths[removed] <= self.lengths[kept], INSIDE, EXTENDED)
        self.fate[removed] = np.where(relation == CONTAINED, contained, NEAR)
        self.scores[removed] = scores

    def _outcome(self) -> Outcome:
        """Follow copies of copies to the one that is kept, and undo the order of rank."""
        last = self._follow(self.survivor)
        moved = np.flatnonzero((last != self.survivor) & (self.fate == EXACT))
        middle = self.survivor[moved]
        for column in (self.fate, self.scores, self.passage, self.anchor):
            column[moved] = column[middle]
        while not np.array_equal(last, self._follow(last)):
            last = self._follow(last)
        count = len(self.order)
        survivor = np.where(last < count, self.order[np.minimum(last, count - 1)], last)
        anchor = np.where(self.anchor < 0, -1, self.order[self.anchor])
        columns = (self.fate, survivor, anchor, self.scores, self.passage, np.arange(count), self._renamed())
        return Outcome(*(self._in_shards(column) for column in columns))

    def _renamed(self) -> NDArray[np.bool_]:
        """Mark the kept documents whose id another one, kept here or in the index, has as well."""
        ids, kept = self._column("id"), self.fate == KEPT
        distinct, places, times = np.unique(ids[kept], return_inverse=True, return_counts=True)
        taken = times > 1
        if self.against is not None:
            taken |= np.isin(distinct, self.against.shards.column("id"))
        renamed = np.zeros(len(ids), dtype=bool)
        renamed[kept] = taken[places]
        return renamed

    def _follow(self, survivor: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the survivors of the survivors; documents of the index survive."""
        count = len(self.order)
        return np.where(survivor < count, self.survivor[np.minimum(survivor, count - 1)], survivor)


def _repeats(
    keys: list[NDArray[np.uint64]], among: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the places whose keys an earlier place has, and for each the first such place."""
    places = np.flatnonzero(among)
    order = places[np.lexsort([key[places] for key in keys])]
    fresh = _fresh([key[order] for key in keys], len(order))
    firsts = order[np.flatnonzero(fresh)][np.cumsum(fresh) - 1] if len(order) else order
    return order[~fresh], firsts[~fresh]


def _fresh(keys: list[NDArray[Any]], count: int) -> NDArray[np.bool_]:
    """Mark each place where sorted `keys` change, the first included."""
    fresh = np.zeros(count, dtype=bool)
    fresh[:1] = True
    for key in keys:
        fresh[1:] |= key[1:] != key[:-1]
    return fresh


def _survivors(
    anchors: NDArray[np.int64], nodes: NDArray[np.int64], poor: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """Return for each of `nodes` the survivor of its cluster: the best by rank, collections last."""
    order = np.lexsort((nodes, poor, anchors))
    fresh = _fresh([anchors[order]], len(order))
    best = np.empty(len(nodes), dtype=np.int64)
    best[order] = nodes[order][np.flatnonzero(fresh)][np.cumsum(fresh) - 1]
    return best
