"""Note in which documents of an outlet each piece stands: what the accumulator of one shard gathers.

A summary holds, for each outlet, the hashes of all pieces, sorted, each with its document; and the beginnings and
ends of the documents themselves, packed in blocks, for `cleaning.outlet.judge` to read the few that it has to judge by.
Nothing is decided here, so that shards can be cut anywhere.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Callable, Collection, Iterator, Sequence
from itertools import islice
from typing import NamedTuple

import msgspec
import numpy as np
import xxhash
from numpy.typing import NDArray

from cleaning.outlet.furniture import outlet_of
from cleaning.outlet.pieces import affixes, announcing, cut_spans, is_headline, keys_of, with_keys, words_at_edges
from corpus.records import Document, Record

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

#: Characters of a document that are looked at, from either end: furniture stands there, and a hostile text has more.
_END = 30_000

#: Documents in a block: each is read with its neighbours.
_BLOCK = 8
_LEVEL = 1

#: How a hash stands in its document: a piece, the first one, the headline; words at either end; an announcement.
INSIDE, LEAD, TITLE, HEAD, TAIL, MARKER = range(6)
KINDS = 8


def hashes_of(kind: int, keys: Sequence[str]) -> list[int]:
    """Return as what pieces are counted: first pieces, headlines and all others alike, frames apart."""
    digest, seed = xxhash.xxh64_intdigest, kind if kind > TITLE else 0
    return [digest(key.encode(), seed) for key in keys]


def hash_of(kind: int, key: str) -> int:
    """Return as what one piece is counted."""
    return hashes_of(kind, [key])[0]


class Story(msgspec.Struct, array_like=True, frozen=True):
    """What is kept of a document: its text (of a long one both ends), its headline, and its address or id."""

    text: str
    title: str
    name: str


class Gathered(msgspec.Struct, array_like=True):
    """What one shard holds of an outlet, as buffers: hash of each document; hash and document of each piece."""

    stories: memoryview
    hashes: memoryview
    where: memoryview
    blocks: list[memoryview]


class Occurrences(NamedTuple):
    """A shard with its buffers as arrays; `where` is document * KINDS + kind."""

    stories: NDArray[np.uint64]
    hashes: NDArray[np.uint64]
    where: NDArray[np.uint32]
    blocks: list[memoryview]

    def block(self, number: int) -> list[msgspec.Raw]:
        """Read a block of documents, each still packed."""
        return _PACKED.decode(zstd.decompress(self.blocks[number]))

    def story(self, number: int, read: Callable[[int], list[msgspec.Raw]] | None = None) -> Story:
        """Read one document; `read` blocks as `block` does, if somebody holds them."""
        return _STORY.decode((read or self.block)(number // _BLOCK)[number % _BLOCK])


_PACKED = msgspec.msgpack.Decoder(list[msgspec.Raw])
_STORY = msgspec.msgpack.Decoder(Story)
_SUMMARY = msgspec.msgpack.Decoder(dict[str, msgspec.Raw])


class _Sized(msgspec.Struct, array_like=True):
    """The buffers of `Gathered` that say how much it holds."""

    stories: memoryview
    hashes: memoryview


def sizes_of(summary: memoryview) -> dict[str, tuple[int, int]]:
    """Return how many documents and pieces a summary holds of each outlet."""
    held = {name: msgspec.msgpack.decode(raw, type=_Sized) for name, raw in _SUMMARY.decode(summary).items()}
    return {name: (len(shard.stories) // 8, len(shard.hashes) // 8) for name, shard in held.items()}


def unpack(summary: memoryview, names: Collection[str] | None = None) -> dict[str, Occurrences]:
    """Return what a summary holds of some outlets, or of all, without copying it."""
    held = {
        name: msgspec.msgpack.decode(raw, type=Gathered)
        for name, raw in _SUMMARY.decode(summary).items()
        if names is None or name in names
    }
    return {
        name: Occurrences(
            np.frombuffer(shard.stories, np.uint64),
            np.frombuffer(shard.hashes, np.uint64),
            np.frombuffer(shard.where, np.uint32),
            shard.blocks,
        )
        for name, shard in held.items()
    }


class _Cut:
    """The texts of a document that are compared: pieces, headline, announcements, words at either end."""

    def __init__(self, story: Story) -> None:
        self.spans = cut_spans(story.text)
        self.parts = announcing(story.text, self.spans)
        pieces = [story.text[start:end] for start, end, _ in self.spans]
        title = [story.title.replace("\n", " ")]
        self.texts = (pieces, title, [part for part, *_ in self.parts], *words_at_edges(story.text))

    def found(self, keys: Iterator[str]) -> dict[int, list[str]]:
        """Return the keys of what is counted by their kind; the next of `keys` are those of the texts."""
        pieces, title, parts, first, last = (list(islice(keys, len(texts))) for texts in self.texts)
        spans = zip(pieces, self.spans, strict=True)
        inside = [key for key, (_, _, whole) in spans if " " in key or (whole and key)]
        return {
            LEAD: inside[:1],
            INSIDE: inside[1:],
            TITLE: [key for key in title if is_headline(key)],
            HEAD: [key for key, _ in affixes(first)],
            TAIL: [key for key, _ in affixes(last)],
            MARKER: [key for key, *_ in with_keys(self.parts, parts)],
        }


class _Outlet:
    """What has been seen of one outlet."""

    def __init__(self) -> None:
        self.stories, self.hashes, self.where = array("Q"), array("Q"), array("I")
        self.blocks: list[bytes] = []
        self.open: list[Story] = []

    def add(self, story: Story) -> None:
        self.open.append(story)
        if len(self.open) == _BLOCK:
            self.close()

    def close(self) -> None:
        """Note the pieces of a block of documents; their keys are made together, which costs a third."""
        if len(self.stories) + len(self.open) > 2**29:  # where a document no longer fits beside its kind
            self.open = []
        cuts = [_Cut(story) for story in self.open]
        keys = iter(keys_of([text for cut in cuts for texts in cut.texts for text in texts]))
        for number, cut in enumerate(cuts, len(self.stories)):
            for kind, found in cut.found(keys).items():
                self.hashes.extend(hashes_of(kind, found))
                self.where.extend([number * KINDS + kind] * len(found))
        for story in self.open:
            self.stories.append(xxhash.xxh64_intdigest("\0".join((story.text, story.title, story.name)).encode()))
        if self.open:
            self.blocks.append(zstd.compress(msgspec.msgpack.encode(self.open), _LEVEL))
            self.open = []

    def gathered(self) -> Gathered:
        self.close()
        hashes = np.frombuffer(self.hashes, np.uint64)
        order = np.argsort(hashes, kind="stable")
        where = np.frombuffer(self.where, np.uint32)[order]
        stories, in_order = memoryview(self.stories.tobytes()), memoryview(hashes[order].tobytes())
        return Gathered(stories, in_order, memoryview(where.tobytes()), [memoryview(block) for block in self.blocks])


class LineCounts:
    """Gather the pieces of one shard; the order of documents does not matter to what is learned."""

    def __init__(self) -> None:
        self._outlets: dict[str, _Outlet] = {}

    def observe(self, record: Record) -> None:
        """Take the pieces of one document in."""
        if isinstance(record, Document):
            text = record.text
            if len(text) > 2 * _END:
                text = f"{text[:_END]}\n{text[-_END:]}"
            story = Story(text, record.title, record.url or record.id)
            self._outlets.setdefault(outlet_of(record), _Outlet()).add(story)

    def summary(self) -> bytes:
        """Return what was gathered, packed."""
        return msgspec.msgpack.encode({name: self._outlets[name].gathered() for name in sorted(self._outlets)})
