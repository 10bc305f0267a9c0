"""Find what is copied so often that its story would count as chrome: crowds of texts that differ in a few words.

A crowd is found by its sketches alone, in one pass: each document goes to the first one before it that has a share of
its bands (the leader algorithm: Hartigan, Clustering Algorithms, 1975). What most of a crowd has in common is then read
as one text. If that goes on without a gap the crowd tells one story, and who has nearly all of it is a copy. If it
breaks off in the middle, where each has words of its own, it is a form that is filled in anew each time: nothing is
said of such a crowd here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from corpus.run import Map
from dedup.compare.facts import mark_facts
from dedup.decide.survivors import Ranked
from dedup.kernel import compiled
from dedup.sketch.bands import distinct, ends_of, pair_up
from dedup.sketch.minhash import NGRAM
from dedup.sketch.words import hash_runs
from dedup.store.arrays import Opened, pack, unpack
from dedup.store.summaries import Texts

#: Ranks of one task, unless more of them hang together.
_TOGETHER = 1 << 16
#: An eighth of the bands is what texts of a resemblance of .6 have in common.
_SHARE_OF_BANDS = 8
#: Smaller crowds make nothing common (`dedup.compare.rarity`), and are compared pair by pair.
MIN_CROWD = 6
#: Who belongs to a crowd has this share of its shingles in the text of the crowd, who is a copy for that alone this.
MIN_OF_CROWD, MIN_OF_COPY = 0.6, 0.8
#: A number that more than this share of a crowd has, and more than one, is no slip.
SLIP = 0.01


@compiled("void(const int64[::1], const uint64[::1], int64, int32[::1], int64[::1])")
def _follow(bounds: Any, keys: Any, least: Any, holders: Any, leaders: Any) -> None:
    votes = np.zeros(len(leaders), dtype=np.int32)
    for document in range(len(leaders)):
        best = -1
        own = keys[bounds[document] : bounds[document + 1]]
        for key in own:
            holder = holders[key & np.uint64(0xFFFFFFFF)]
            if holder >= 0:
                votes[holder] += 1
                if best < 0 or votes[holder] > votes[best] or (votes[holder] == votes[best] and holder < best):
                    best = holder
        if best >= 0 and votes[best] >= least:
            leaders[document] = best
        for key in own:
            holder = holders[key & np.uint64(0xFFFFFFFF)]
            if holder >= 0:
                votes[holder] = 0
            elif leaders[document] == document:
                holders[key & np.uint64(0xFFFFFFFF)] = document


def find_leaders(held: NDArray[np.uint64], count: int, keys: int, least: int) -> NDArray[np.int64]:
    """Return the leader of each of `count` documents: the one before it that has most of its keys, or itself.

    That are `least` keys at least; a key belongs to the first leader that has it. `held`, sorted, are documents with
    keys, `document << 32 | key`, of keys up to `keys`; those that only one document has may be left out.
    """
    leaders, holders = np.arange(count), np.full(keys + 1, -1, dtype=np.int32)
    bounds = np.searchsorted(held, np.arange(count + 1, dtype=np.uint64) << np.uint64(32))
    _follow(bounds, held, least, holders, leaders)
    return leaders


@compiled("void(const uint32[::1], const boolean[::1], int32[::1])")
def unite(ranks: Any, fresh: Any, parents: Any) -> None:
    """Make one tree of the trees of `ranks` up to the next that is `fresh`; the smallest rank is the root."""
    for at in range(1, len(ranks)):
        if fresh[at]:
            continue
        one, other = parents[ranks[at - 1]], parents[ranks[at]]
        while parents[one] != one:
            parents[one] = parents[parents[one]]
            one = parents[one]
        while parents[other] != other:
            parents[other] = parents[parents[other]]
            other = parents[other]
        parents[max(one, other)] = min(one, other)


class Crowds(NamedTuple):
    """Hold ranks: who is in a crowd; and who is a copy for that, but the best ones, which lead the others."""

    members: NDArray[np.int64]
    copies: NDArray[np.int64]
    leaders: NDArray[np.int64]


def find_crowds(run: Map, ranked: Ranked, bands: int, keys: Sequence[Opened]) -> Crowds:
    """Return the crowds among ranks that share the key of a band (`keys`, by `find_keys`).

    Who shares nothing with anybody of a crowd, whoever is between them, is looked at in another task.
    """
    parents = np.arange(len(ranked.order), dtype=np.int32)
    for part in keys:
        unite(part["ranks"], part["fresh"], parents)
    while not np.array_equal(parents, grand := parents[parents]):
        parents = grand
    together = np.flatnonzero(np.bincount(parents, minlength=len(parents))[parents] >= MIN_CROWD)
    together = together[np.argsort(parents[together], kind="stable")]
    ends = np.append(np.flatnonzero(np.diff(parents[together])) + 1, len(together))
    cuts = ends[np.flatnonzero(np.diff(ends // _TOGETHER, prepend=0))]
    tasks = ((ranked, bands, keys, np.sort(part)) for part in np.split(together, cuts) if len(part))
    return _put_together(Crowds(**unpack(part)) for part in run(_find_some, tasks))


def _find_some(task: tuple[Ranked, int, Sequence[Opened], NDArray[np.int64]]) -> bytes:
    """Return the crowds among some ranks, which share keys with no others."""
    ranked, bands, keys, ranks = task
    places, held, known = np.full(len(ranked.order), -1, dtype=np.int32), [np.empty(0, dtype=np.uint64)], 0
    places[ranks] = np.arange(len(ranks))
    for part in keys:
        among = places[part["ranks"]]
        numbers = known + np.cumsum(part["fresh"])
        held.append(pair_up(among[among >= 0], numbers[among >= 0]))
        known += int(np.count_nonzero(part["fresh"]))
    shared = np.concatenate(held)
    shared.sort()
    found = find_leaders(shared, len(ranks), known, bands // _SHARE_OF_BANDS)
    order = np.argsort(found, kind="stable")
    cuts = np.flatnonzero(np.diff(found[order], prepend=-1, append=-1))
    crowds = list[Crowds]()
    for start, stop in pairwise(cuts.tolist()):
        if stop - start >= MIN_CROWD:
            crowd = np.sort(ranked.order[ranks[order[start:stop]]])
            members, copies = find_copies(ranked.summaries.texts(crowd))
            crowd = ranked.ranks[crowd]
            others = np.sort(crowd[copies])
            crowds.append(Crowds(crowd[members], others[1:], np.repeat(others[:1], max(0, len(others) - 1))))
    return pack(_put_together(crowds)._asdict())


def _put_together(crowds: Iterable[Crowds]) -> Crowds:
    none = np.empty(0, dtype=np.int64)
    return Crowds(*map(np.concatenate, zip(Crowds(none, none, none), *crowds, strict=True)))


def find_copies(crowd: Texts) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Mark who of a crowd has the text that most of it has, and who is a copy; nobody is where this text has gaps."""
    words, _, bounds, _ = crowd
    count, lengths = len(bounds) - 1, np.diff(bounds)
    owners = np.repeat(np.arange(count), lengths)
    # A run of words belongs to the document of its first word, if it does not leave it.
    runs, within = hash_runs(words, NGRAM), owners[: 1 - NGRAM] == owners[NGRAM - 1 :]
    values, _, counts = _count_holders(runs[within], owners[: 1 - NGRAM][within])
    held = np.zeros(len(words), dtype=bool)
    held[: 1 - NGRAM] = within & np.isin(runs, values[counts * 2 > count].astype(np.uint32))
    ends = np.full(count, -1)
    ends[owners[held]] = np.flatnonzero(held)
    inside = np.arange(len(words)) < ends[owners]
    # A gap is where what is common breaks off inside a document, and nothing common goes on from there.
    joints = np.append(hash_runs(words, NGRAM - 1), np.zeros(NGRAM - 2, dtype=np.uint32))
    broken = np.flatnonzero(held[:-1] & ~held[1:] & inside[1:]) + 1
    gaps = broken[~np.isin(joints[broken], distinct(joints[held]))]
    if 2 * len(distinct(owners[gaps])) > count:
        return np.zeros(count, dtype=bool), np.zeros(count, dtype=bool)
    told = held.copy()
    for step in range(1, NGRAM):
        told[step:] |= held[:-step]
    number = np.empty(len(words), dtype=bool)
    mark_facts(words, number)
    other, same = np.flatnonzero(number & inside & ~told), number & told
    # With the words on both sides: what is left of "5 million" where one of the two was edited is no number of others.
    own = _count_holders(hash_runs(np.pad(words, 1), 3)[other], owners[other])
    common = _count_holders(words[same], owners[same])
    # Who has a number of its own in a place of the story, as others of the crowd do, and lacks one of most, tells
    # another story, or another day of it; a number that hardly anybody else has is a slip.
    others = np.bincount(own.documents[own.counts > max(1, SLIP * count)], minlength=count) > 0
    most = common.counts * 2 > count
    lacks = np.bincount(common.documents[most], minlength=count) < len(distinct(common.words[most]))
    shares = np.bincount(owners[held], minlength=count) / np.maximum(1, lengths + 1 - NGRAM)
    return shares >= MIN_OF_CROWD, (shares >= MIN_OF_COPY) & ~(others & lacks)


class Holders(NamedTuple):
    """Hold each word once for each document that has it, in order, with the document, and how many have it."""

    words: NDArray[np.int64]
    documents: NDArray[np.int64]
    counts: NDArray[np.int64]


def _count_holders(words: NDArray[np.uint32], owners: NDArray[np.int64]) -> Holders:
    values, documents = ends_of(distinct(pair_up(words, owners)))
    return Holders(values, documents, np.searchsorted(values, values, "right") - np.searchsorted(values, values))
