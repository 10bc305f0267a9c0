"""Read the documents that a piece stands in, and say what speaks for furniture and what for news.

Furniture returns in stories that have nothing else in common. A story is compared by its rare words, those of pieces
that return left out.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import cached_property, lru_cache, partial
from heapq import nsmallest
from itertools import accumulate
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cleaning.config import ENOUGH
from cleaning.outlet.count import INSIDE, KINDS, MARKER, Occurrences, Story, hashes_of
from cleaning.outlet.pieces import (
    Announcement,
    Cut,
    Piece,
    Word,
    announcements,
    codes_of,
    cut_spans,
    first_words,
    keys_in,
    keys_together,
    last_words,
)
from cleaning.outlet.words import Words, count_shared, distinct, hash_words, within

#: Documents of which the words are counted, to know which are rare.
SAMPLE = 250
#: Documents that are held for the pieces judged next, and blocks of documents for their neighbours.
_HELD = 500
_BLOCKS = 32
#: A shorter word tells nothing.
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
    """A document of an outlet, cut into pieces once that is asked for."""

    def __init__(self, story: Story) -> None:
        self.story = story

    @cached_property
    def spans(self) -> list[Cut]:
        """Return where its pieces stand, those without a word with them."""
        return cut_spans(self.story.text)

    @cached_property
    def _together(self) -> NDArray[np.uint16]:
        return keys_together([self.story.text[start:end] for start, end, _ in self.spans])

    @cached_property
    def keys(self) -> list[str]:
        """Return the keys of its pieces, where they have a word."""
        return keys_in(self._together)[: len(self.spans)]

    @cached_property
    def words(self) -> NDArray[np.uint32]:
        """Return the words of its pieces."""
        return hash_words(self._together)[0]

    @cached_property
    def pieces(self) -> list[Piece]:
        """Return its pieces."""
        spans = zip(self.spans, self.keys, strict=True)
        return [Piece(start, end, key, whole) for (start, end, whole), key in spans if key]

    @cached_property
    def hashes(self) -> list[int]:
        """Return as what its pieces are counted."""
        return hashes_of(INSIDE, [key for key in self.keys if key])

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

    def own(self, brought: Sequence[bool]) -> NDArray[np.uint32]:
        """Return its distinct words that tell something, without those of the pieces that are `brought`."""
        keys = zip(filter(None, self.keys), brought, strict=True)
        words, lengths = hash_words(codes_of(" ".join([key for key, left_out in keys if not left_out])))
        return distinct(words[lengths >= _WORD])


class Told(NamedTuple):
    """A document in numbers: its pieces, which fill their lines, how many return at its beginning and end; its words.

    Its own words are those that no returning piece brought, of which some are rare.
    """

    pieces: NDArray[np.uint64]
    whole: NDArray[np.bool_]
    opening: int
    closing: int
    own: NDArray[np.uint32]
    rare: NDArray[np.uint32]

    def at(self, piece: int) -> int:
        """Return which of its pieces one is, by what it is counted as."""
        return int((self.pieces == np.uint64(piece)).argmax())


class OutletStories:
    """The documents of one outlet in all shards, by rank: in the order of their hashes, each once.

    `common` are the words that are not rare in all outlets.
    """

    def __init__(self, shards: Sequence[Occurrences], common: NDArray[np.uint32]) -> None:
        self.shards, self._all_common = shards, common
        hashes = np.concatenate([shard.stories for shard in shards])
        _, first, inverse = np.unique(hashes, return_index=True, return_inverse=True)
        self.size = len(first)
        self._place = first
        self._begins = list(accumulate((len(shard.stories) for shard in shards), initial=0))
        self._ranks = inverse.astype(np.uint32)
        self.repeated: NDArray[np.uint64] = np.empty(0, np.uint64)  # sorted
        self.tells = np.zeros(self.size, np.bool_)  # whether a document has a piece that does not return
        self.read = lru_cache(maxsize=_HELD)(lambda rank: Read(self.story(rank)))
        self._block = lru_cache(maxsize=_BLOCKS)(lambda shard, number: shards[shard].block(number))
        self._told: dict[int, Told] = {}

    def occurrences(self, low: int, high: int) -> tuple[NDArray[np.uint64], NDArray[np.uint32], NDArray[np.uint8]]:
        """Return hash, rank and kind of the pieces with hashes from `low` to `high`, sorted by hash."""
        hashes, ranks, kinds = [], [], []
        for begin, shard in zip(self._begins[:-1], self.shards, strict=True):
            start = np.searchsorted(shard.hashes, np.uint64(low))
            end = np.searchsorted(shard.hashes, np.uint64(high), side="right")
            where = shard.where[start:end]
            hashes.append(shard.hashes[start:end])
            ranks.append(self._ranks[begin + where // KINDS])
            kinds.append((where % KINDS).astype(np.uint8))
        found = np.concatenate(hashes)
        order = np.argsort(found, kind="stable")  # merges what the shards have sorted
        return found[order], np.concatenate(ranks)[order], np.concatenate(kinds)[order]

    def story(self, rank: int) -> Story:
        """Read the document of a rank."""
        at = int(self._place[rank])
        shard = bisect_right(self._begins, at) - 1
        return self.shards[shard].story(at - self._begins[shard], partial(self._block, shard))

    def _in_place(self, ranks: Iterable[int]) -> list[int]:
        """Return ranks in the order in which their documents lie side by side."""
        return sorted(ranks, key=self._place.__getitem__)

    @cached_property
    def _sample(self) -> list[Read]:
        return [self.read(rank) for rank in self._in_place(range(min(self.size, SAMPLE)))]

    @cached_property
    def words(self) -> Words:
        """Return the words of a sample of its documents."""
        return Words(read.words for read in self._sample)

    @cached_property
    def openers(self) -> frozenset[str]:
        """Return the words with which the documents of the sample open."""
        return frozenset(read.pieces[0].key.partition(" ")[0] for read in self._sample if read.pieces)

    @cached_property
    def _common(self) -> NDArray[np.uint32]:
        return np.union1d(self.words.common, self._all_common)

    def hold(self, ranks: Collection[int]) -> None:
        """Read the documents of `ranks`, each once, for what is asked of them next."""
        self._told = {rank: self._told[rank] for rank in ranks if rank in self._told}
        for rank in self._in_place(ranks):
            self.told(rank)

    def told(self, rank: int) -> Told:
        """Return a document in numbers."""
        if rank not in self._told:
            read = self.read(rank)
            pieces = np.array(read.hashes, np.uint64)
            brought = within(pieces, self.repeated).tolist()
            own = read.own(brought)
            opening, closing = ([*side, False].index(False) for side in (brought, brought[::-1]))
            whole = np.array([whole for (*_, whole), key in zip(read.spans, read.keys, strict=True) if key], np.bool_)
            self._told[rank] = Told(pieces, whole, opening, closing, own, own[~within(own, self._common)])
        return self._told[rank]

    def unrelated(self, ranks: Iterable[int]) -> int:
        """Count those of `ranks` that have nothing else in common, first come first served, up to what is enough."""
        rare = [told.rare for told in map(self.told, ranks) if len(told.rare) >= _COMPARABLE]
        if not rare:
            return 0
        sizes = np.array([len(words) for words in rare])
        related = (count_shared(rare) / np.maximum(np.minimum.outer(sizes, sizes), 1) >= _UNRELATED).T.tolist()
        chosen: list[int] = []
        for at, others in enumerate(related):
            if len(chosen) < ENOUGH and not any(others[other] for other in chosen):
                chosen.append(at)
        return len(chosen)

    def says(self, ranks: Sequence[int], words: NDArray[np.uint32], without: int) -> NDArray[np.float64]:
        """Return which part of `words` each document says in its own words, those of the piece `without` left out."""
        piece = np.array([without], np.uint64)
        own = [told.own for told in map(self.told, ranks)]
        if not within(piece, self.repeated)[0]:
            for at, rank in enumerate(ranks):
                pieces = self.told(rank).pieces
                own[at] = self.read(rank).own((within(pieces, self.repeated) | (pieces == piece)).tolist())
        said = np.repeat(np.arange(len(own)), [len(some) for some in own])[within(np.concatenate(own), words)]
        return np.bincount(said, minlength=len(own)) / max(1, len(words))

    def overlap(self, one: int, other: int, without: NDArray[np.uint32]) -> float:
        """Return which part of the rare words of one of two documents, the poorer, the other has too."""
        rare = [rare[~within(rare, without)] for rare in (self.told(one).rare, self.told(other).rare)]
        return int(within(*rare).sum()) / max(1, min(map(len, rare)))
