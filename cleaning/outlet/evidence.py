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
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cleaning.config import ENOUGH
from cleaning.outlet.count import INSIDE, KINDS, LEAD, MARKER, TITLE, Occurrences, Story, hashes_of
from cleaning.outlet.pieces import (
    Announcement,
    Piece,
    Word,
    announcements,
    cut_pieces,
    cut_spans,
    first_words,
    last_words,
)

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


class Read:
    """A document of an outlet, cut into pieces."""

    def __init__(self, story: Story) -> None:
        self.story = story
        self.spans = cut_spans(story.text)
        self.pieces: list[Piece] = cut_pieces(story.text, self.spans)

    @cached_property
    def hashes(self) -> list[int]:
        """Return as what its pieces are counted."""
        return hashes_of(INSIDE, [piece.key for piece in self.pieces])

    @cached_property
    def announced(self) -> dict[int, Announcement]:
        """Return what announces or signs, by what it is counted as; the first of several."""
        found = announcements(self.story.text, self.spans)
        return dict(zip(hashes_of(MARKER, [one.key for one in found])[::-1], found[::-1], strict=True))

    @cached_property
    def first(self) -> list[Word]:
        """Return its first words."""
        return first_words(self.story.text)

    @cached_property
    def last(self) -> list[Word]:
        """Return its last words, the last one first."""
        return last_words(self.story.text)


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


class OutletStories:
    """The documents of one outlet in all shards, by rank: in the order of their hashes, each once.

    `common` are the words that are not rare in all outlets.
    """

    def __init__(self, shards: Sequence[Occurrences], common: frozenset[str]) -> None:
        self.shards, self._common = shards, common
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
        self.rare = lru_cache(maxsize=_HELD)(lambda rank: self.own(rank) - self.words.common - self._common)

    def occurrences(self, low: int, high: int) -> tuple[NDArray[np.uint64], NDArray[np.int64], NDArray[np.uint32]]:
        """Return hash, rank and kind of the pieces with hashes from `low` to `high`, sorted by hash."""
        hashes, ranks, kinds = [], [], []
        for begin, shard in zip(self._begins[:-1], self.shards, strict=True):
            start = np.searchsorted(shard.hashes, np.uint64(low))
            end = np.searchsorted(shard.hashes, np.uint64(high), side="right")
            where = shard.where[start:end]
            hashes.append(shard.hashes[start:end])
            ranks.append(self._ranks[begin + where // KINDS])
            kinds.append(where % KINDS)
        found = np.concatenate(hashes)
        order = np.argsort(found, kind="stable")  # merges what the shards have sorted
        return found[order], np.concatenate(ranks)[order], np.concatenate(kinds)[order]

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
    distinct = [hashes[kinds != TITLE] for hashes, _, kinds in occurring.values()]
    everywhere = np.concatenate([hashes[_changes(hashes)] for hashes in distinct])
    everywhere.sort(kind="stable")
    shared = everywhere[~_changes(everywhere)]
    for name, (hashes, ranks, kinds) in occurring.items():
        tells = outlets[name].tells
        opens = _changes(hashes)
        several = ~opens
        several[:-1] |= ~opens[1:]
        tells[ranks[~several & (kinds <= LEAD)]] = True
        for one in _repetitions(hashes[several], ranks[several], kinds[several], tells):
            at = np.searchsorted(shared, np.uint64(one.hash))
            one.elsewhere = bool(at < len(shared) and shared[at] == one.hash)
            yield name, one


def _repetitions(
    hashes: NDArray[np.uint64], ranks: NDArray[np.int64], kinds: NDArray[np.uint32], tells: NDArray[np.bool_]
) -> Iterator[Repetition]:
    """Yield what returns of the pieces of one outlet that stand in several places; note which documents have others."""
    order = np.lexsort((kinds, ranks, hashes))
    hashes, ranks, kinds = hashes[order], ranks[order], kinds[order]
    opens = _changes(hashes)
    piece = np.cumsum(opens) - 1
    forms = np.where(kinds[opens] > TITLE, kinds[opens], INSIDE)
    first = opens | _changes(ranks)  # of a piece in a document
    several = np.bincount(piece[first], minlength=len(forms)) > 1
    tells[ranks[~several[piece] & (kinds <= LEAD)]] = True
    stands = first & (kinds != TITLE)  # a headline comes last
    counts = np.bincount(piece[stands], minlength=len(forms))
    tells[ranks[stands & ((forms == INSIDE) & (counts < REPEATED))[piece]]] = True
    named = np.flatnonzero((kinds == TITLE) | (kinds == LEAD))
    named = named[_changes(piece[named]) | _changes(ranks[named])]
    links = np.bincount(piece[named], minlength=len(forms))
    standing, naming = ranks[stands], ranks[named]
    behind, linked = np.cumsum(counts), np.cumsum(links)
    values = hashes[opens]
    for at in np.flatnonzero(several & ((counts >= REPEATED) | (links > 0))).tolist():
        start, begin = int(behind[at] - counts[at]), int(linked[at] - links[at])
        yield Repetition(
            int(values[at]),
            int(forms[at]),
            int(counts[at]),
            elsewhere=False,
            ranks=standing[start : min(start + READ, behind[at])].tolist(),
            named=naming[begin : min(begin + READ, linked[at])].tolist(),
        )


def _changes(values: NDArray[Any]) -> NDArray[np.bool_]:
    """Tell of each of sorted values whether it is another one than the one before it."""
    changes = np.ones(len(values), np.bool_)
    np.not_equal(values[1:], values[:-1], out=changes[1:])
    return changes
