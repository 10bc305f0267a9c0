"""Read the documents that a piece stands in, and say what speaks for furniture and what for news.

Furniture returns in stories that have nothing else in common. A story is compared by its rare words, those of pieces
that return left out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from heapq import nsmallest

import numpy as np
from numpy.typing import NDArray

from cleaning.outlet.count import INSIDE, KINDS, LEAD, TITLE, Occurrences, Story, hash_of
from cleaning.outlet.furniture import ENOUGH
from cleaning.outlet.pieces import Piece, Word, cut_pieces, first_words, last_words

#: Documents of which the words are counted, to know which are rare; and documents of a piece that are read.
SAMPLE = 250
READ = 30
#: Documents that are held for the pieces judged next.
_HELD = 5_000
#: A rare word stands in at most this share of the documents, or in so many; a shorter word tells nothing.
_RARE = 0.02
_RARE_COUNT = 3
_WORD = 4
#: A story with fewer rare words cannot be compared.
_COMPARABLE = 5
#: Two stories are unrelated if they share less than this part of the rare words of the one that has fewer. Without it
#: backgrounds go from eleven times as many of 7,000 articles of one outlet.
_UNRELATED = 0.12


def sample_stories(shards: Sequence[Occurrences]) -> Iterator[Story]:
    """Yield documents of all outlets, those with the smallest hashes."""
    smallest = (
        (int(shard.stories[number]), at, int(number))
        for at, shard in enumerate(shards)
        for number in np.argsort(shard.stories, kind="stable")[:SAMPLE]
    )
    seen = set()
    for hashed, at, number in nsmallest(SAMPLE, smallest):
        if hashed not in seen:
            seen.add(hashed)
            yield shards[at].story(number)


class Words:
    """In which share of a sample of documents each word stands, and with which words documents open."""

    def __init__(self, stories: Iterable[Story]) -> None:
        self.counts: Counter[str] = Counter()
        self.openers: set[str] = set()
        self.size = 0
        for story in stories:
            keys = [piece.key for piece in cut_pieces(story.text)]
            self.size += 1
            self.counts.update(set(" ".join(keys).split(" ")))
            self.openers.update(key.split(" ", 1)[0] for key in keys[:1])

    @cached_property
    def common(self) -> frozenset[str]:
        """Return the words that are not rare."""
        most = max(_RARE_COUNT, _RARE * self.size)
        return frozenset(word for word, count in self.counts.items() if count > most)

    def share(self, word: str) -> float:
        """Return the share of the documents that have `word`."""
        return self.counts[word] / max(1, self.size)


class Read:
    """A document of an outlet, cut into pieces."""

    def __init__(self, story: Story) -> None:
        self.story = story
        self.pieces: list[Piece] = cut_pieces(story.text)
        self.hashes = [hash_of(INSIDE, piece.key) for piece in self.pieces]

    @cached_property
    def first(self) -> list[Word]:
        """Return its first words."""
        return first_words(self.story.text)

    @cached_property
    def last(self) -> list[Word]:
        """Return its last words, the last one first."""
        return last_words(self.story.text)


class OutletStories:
    """The documents of one outlet in all shards, by rank: in the order of their hashes, each once."""

    def __init__(self, shards: Sequence[Occurrences], language: Words) -> None:
        self.shards, self._language = shards, language
        hashes = np.concatenate([shard.stories for shard in shards])
        _, first, inverse = np.unique(hashes, return_index=True, return_inverse=True)
        self.size = len(first)
        self._place = first
        self._begins = np.cumsum([0, *(len(shard.stories) for shard in shards)])
        self._ranks = inverse
        self.repeated: frozenset[int] = frozenset()
        self.tells = np.zeros(self.size, np.bool_)  # whether a document has a piece that does not return
        self.read = lru_cache(maxsize=_HELD)(lambda rank: Read(self.story(rank)))
        self.own = lru_cache(maxsize=_HELD)(self._own)
        self.rare = lru_cache(maxsize=_HELD)(lambda rank: self.own(rank) - self.words.common - self._language.common)

    def occurrences(self, low: int, high: int) -> tuple[NDArray[np.uint64], NDArray[np.int64], NDArray[np.uint32]]:
        """Return hash, rank and kind of the pieces with hashes from `low` to `high`, sorted."""
        hashes, ranks, kinds = [], [], []
        for begin, shard in zip(self._begins[:-1], self.shards, strict=True):
            start = np.searchsorted(shard.hashes, np.uint64(low))
            end = np.searchsorted(shard.hashes, np.uint64(high), side="right")
            where = shard.where[start:end]
            hashes.append(shard.hashes[start:end])
            ranks.append(self._ranks[begin + where // KINDS])
            kinds.append(where % KINDS)
        found = np.concatenate(hashes), np.concatenate(ranks), np.concatenate(kinds)
        order = np.lexsort(found[::-1])
        return found[0][order], found[1][order], found[2][order]

    def story(self, rank: int) -> Story:
        """Read the document of a rank."""
        at = int(self._place[rank])
        shard = int(np.searchsorted(self._begins, at, side="right")) - 1
        return self.shards[shard].story(at - int(self._begins[shard]))

    @cached_property
    def words(self) -> Words:
        """Return the words of a sample of its documents."""
        return Words(self.story(rank) for rank in range(min(self.size, SAMPLE)))

    def _own(self, rank: int) -> frozenset[str]:
        """Return the words of a document that no returning piece brought."""
        read = self.read(rank)
        left = (
            piece.key for piece, hashed in zip(read.pieces, read.hashes, strict=True) if hashed not in self.repeated
        )
        return frozenset(word for key in left for word in key.split(" ") if len(word) >= _WORD)

    def unrelated(self, ranks: Iterable[int]) -> list[int]:
        """Return as many of `ranks` as have nothing else in common, first come first served."""
        chosen: list[int] = []
        kept: list[frozenset[str]] = []
        for rank in ranks:
            rare = self.rare(rank)
            if len(rare) >= _COMPARABLE and all(_overlap(rare, other) < _UNRELATED for other in kept):
                chosen.append(rank)
                kept.append(rare)
                if len(chosen) == ENOUGH:
                    break
        return chosen

    def told(self, rank: int, words: Sequence[str], without: int) -> float:
        """Return which part of `words` the document says in its own words, those of the piece `without` left out."""
        read = self.read(rank)
        if without in self.repeated:
            own = self.own(rank)
            return sum(word in own for word in words) / max(1, len(words))
        pairs = zip(read.pieces, read.hashes, strict=True)
        left = " ".join(piece.key for piece, hashed in pairs if hashed != without and hashed not in self.repeated)
        return sum(word in set(left.split(" ")) for word in words) / max(1, len(words))

    def overlap(self, one: int, other: int, without: frozenset[str]) -> float:
        """Return which part of the rare words of one of two documents, the poorer, the other has too."""
        return _overlap(self.rare(one) - without, self.rare(other) - without)


def _overlap(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / max(1, min(len(one), len(other)))


#: Documents that make a piece returning.
REPEATED = 3


@dataclass(slots=True)
class Repetition:
    """What several documents of one outlet have: how many of its own, and whether others have it."""

    hash: int
    form: int
    count: int
    elsewhere: bool
    ranks: list[int]
    named: list[int] = field(default_factory=list)


def find_candidates(outlets: dict[str, OutletStories], low: int, high: int) -> Iterator[tuple[str, Repetition]]:
    """Yield, of the pieces in a range of hashes, those that two documents of an outlet have."""
    occurring = {name: outlet.occurrences(low, high) for name, outlet in outlets.items()}
    distinct = np.concatenate([np.unique(hashes[kinds != TITLE]) for hashes, _, kinds in occurring.values()])
    distinct, outlets_with = np.unique(distinct, return_counts=True)
    shared = distinct[outlets_with > 1]
    for name, (hashes, ranks, kinds) in occurring.items():
        if not len(hashes):
            continue
        starts = np.flatnonzero(np.r_[True, hashes[1:] != hashes[:-1]])
        ends = np.r_[starts[1:], len(hashes)]
        alone = ranks[starts] == ranks[ends - 1]
        known = np.isin(hashes[starts], shared)
        tells = outlets[name].tells
        tells[ranks[np.repeat(alone, ends - starts) & (kinds <= LEAD)]] = True
        for at in np.flatnonzero(~alone):
            start, end = starts[at], ends[at]
            kind, rank = kinds[start:end], ranks[start:end]
            stands = np.unique(rank[kind != TITLE])
            form = int(kind[0]) if kind[0] > TITLE else INSIDE
            named = np.unique(rank[(kind == TITLE) | (kind == LEAD)]) if form == INSIDE else ()
            if form == INSIDE and len(stands) < REPEATED:
                tells[stands] = True
            if len(stands) >= REPEATED or len(named):
                first, links = stands[:READ].tolist(), [*map(int, named[:READ])]
                yield name, Repetition(int(hashes[start]), form, len(stands), bool(known[at]), first, links)
