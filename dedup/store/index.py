"""A persistent index of documents already kept: a new crawl is compared with it, a crawler asks it for one story.

One folder: `index.json` names corpora and segments (see `segments`), a segment is one file of arrays with each band
sorted. Segments are memory-mapped and never change; `add` writes a new one and merges it with neighbours of its size,
so a lookup searches a few, and memory holds pages that the system may drop, not the old corpus. `index.json` is
written once a corpus, last: after a crash the index is what it was. How documents compare with those of an index is
said by `dedup.decide.against`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from itertools import islice, pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from corpus.errors import EnvironmentFault
from corpus.files import Place
from corpus.records import REPLACES, Document
from corpus.run import Map, run_here
from dedup.config import DedupConfig
from dedup.kernel import MIX
from dedup.sketch.bands import GROUP_ALL, NO_PAIRS, distinct, pair_up
from dedup.sketch.family import draw_family
from dedup.sketch.minhash import NGRAM
from dedup.store.arrays import pack, unpack
from dedup.store.counts import TABLE_BITS
from dedup.store.segments import (
    IndexListing,
    append,
    open_segments,
    publish_listing,
    read_listing,
    sweep_segments,
    take_out,
)
from dedup.store.summaries import Summaries
from dedup.store.summary import MIN_EXACT_WORDS, MIN_WORDS, number_of, summarise

#: Documents of one segment as `add` writes it; what is in memory at once.
_SEGMENT = 20_000
#: New documents that one task looks up: 70 MB with their samples.
_TOGETHER = 1 << 18
#: What two documents may have in common: columns that are all equal.
_COLUMNS = {"record": ("outlet", "id", "text"), "page": ("outlet", "url"), "id": ("id",)}


def read_index(place: Place, config: DedupConfig) -> IndexListing:
    """Read what an index says that it holds; where there is none, that of an empty one. Raises as `read_listing`."""
    family = draw_family(config.threshold)
    return read_listing(place, (NGRAM, family.bands, family.rows, MIN_WORDS, MIN_EXACT_WORDS))


class Index:
    """Open or begin an index in `folder`; the documents of `others` are asked as well, after its own.

    `documents` are those of all segments as one corpus; their numbers hold until the next `add`. `word_counts` says in
    how many of them each word is (`dedup.store.counts`), `listing` what the folder holds.

    Raises:
        UsageError: the index was built with other settings than `config` asks for, or is damaged.
        EnvironmentFault: the index cannot be read.
    """

    def __init__(self, folder: Path, config: DedupConfig | None = None, others: Sequence[Index] = ()) -> None:
        self.folder = folder
        self.config = config or DedupConfig()
        self.family = draw_family(self.config.threshold)
        self.listing = read_index(folder, self.config)
        while True:
            try:
                self.segments = open_segments(folder, self.listing, self.family.bands)
                break
            except FileNotFoundError as error:  # whoever adds documents removes files, but names others first
                known, self.listing = self.listing, read_listing(folder, self.listing.settings)
                if known == self.listing:
                    raise EnvironmentFault(f"{error.filename}: missing; build the index again") from error
        self._others: list[dict[str, NDArray[Any]]] = []
        held = set(self.corpora)
        for other in others:
            self._others += [one.arrays for one in other.segments if not held.issuperset(one.stored.corpora)]
            held.update(other.corpora)
        self._look()

    def __len__(self) -> int:
        return len(self.documents)

    @property
    def corpora(self) -> tuple[str, ...]:
        """Return the names of the corpora that the index in the folder holds, in order of adding."""
        return tuple(corpus for corpus in self.listing.corpora if corpus)

    def _look(self) -> None:
        self._arrays = [*(segment.arrays for segment in self.segments), *self._others]
        self.documents = Summaries(self._arrays)
        self.word_counts = np.zeros(1 << TABLE_BITS, dtype=np.uint32)
        for arrays in self._arrays:
            self.word_counts += arrays["word_counts"]

    def add(self, documents: Iterable[Document], corpus: str = "") -> int:
        """Add documents that are at hand, as `add_parts` does."""
        rest = iter(documents)
        return self.add_parts(iter(lambda: list(islice(rest, _SEGMENT)), []), corpus)

    def add_parts(self, parts: Iterable[Iterable[Document]], corpus: str, run: Map = run_here) -> int:
        """Add the documents of a corpus, all or none whatever happens, and return how many; each part is a task.

        Those whose place they take (`also_in`) are taken out. What was added is there after a crash once this returns;
        what an earlier call left half done is removed.

        Raises:
            EnvironmentFault: the machine refuses, or something else added to the index; open it again.
        """
        replaced: set[tuple[int, int]] = set()

        def summaries() -> Iterator[dict[str, NDArray[Any]]]:
            for arrays in map(unpack, run(_summarise, ((self.config, part) for part in parts))):
                replaced.update(map(tuple, arrays.pop("replaced").tolist()))
                yield arrays

        return self._change(summaries(), corpus, lambda outlet, name: (outlet, name) in replaced)

    def holds(self, name: str) -> bool:
        """Tell whether a document of the index has this id."""
        return bool(np.any(self.documents.column("id") == np.uint64(number_of(name))))

    def remove(self, names: Collection[str]) -> int:
        """Take the documents of some ids out, and return how many there were.

        Raises:
            EnvironmentFault: as for `add`.
        """
        before, numbers = len(self.documents), {number_of(name) for name in names}
        self._change((), "", lambda _, name: name in numbers)
        return before - len(self.documents)

    def _change(
        self, summaries: Iterable[dict[str, NDArray[Any]]], corpus: str, unwanted: Callable[[int, int], bool]
    ) -> int:
        """Add summarised documents, and take out those that were there whose outlet and id are `unwanted` then."""
        old, segments = self.listing, list(self.segments)
        added, written = 0, old.written
        if read_listing(self.folder, old.settings) != old:
            raise EnvironmentFault(f"{self.folder}: changed by another process; give the same command again")
        self.sweep()
        try:
            for arrays in summaries:
                if not len(arrays["key"]):
                    continue
                added, written = added + len(arrays["key"]), written + 1
                append(self.folder, segments, written, arrays, corpus)
                sweep_segments(self.folder, {*old.segments, *(segment.name for segment in segments)})
            own = Summaries([segment.arrays for segment in self.segments])
            names = zip(own.column("outlet").tolist(), own.column("id").tolist(), strict=True)
            gone = np.array([at for at, name in enumerate(names) if unwanted(*name)], dtype=np.int64)
            segments = list(take_out(self.folder, segments, written + 1, gone))
        except BaseException:
            self.sweep()
            raise
        corpora = old.corpora | ({corpus: old.corpora.get(corpus, 0) + added} if corpus or added else {})
        stored = {one.name: one.stored for one in segments}
        written = max([written, *(int(name[8:16]) for name in stored)])
        listing = IndexListing(old.settings, corpora, stored, written, old.removed + len(gone))
        # If this fails, nobody knows which listing is on the disk: the segments of both stay.
        publish_listing(self.folder, listing)
        self.listing, self.segments = listing, segments
        self.sweep()
        self._look()
        return added

    def sweep(self) -> None:
        """Remove the segments that are not part of the index: merged ones, and what a killed `add` left."""
        sweep_segments(self.folder, self.listing.segments)

    def look_up(self, new: Summaries, run: Map = run_here, *, near: bool = True) -> Found:
        """Return what documents of the index have in common with `new` ones; none are `alike` unless `near`.

        A task looks some of them up in one segment; a key that many there have is followed to some of them.
        """
        groups = distinct(np.searchsorted(new.starts[:-1], np.arange(0, len(new), _TOGETHER)))
        parts = [
            (Summaries(new.shards[first:last]), int(new.starts[first]))
            for first, last in pairwise([*groups.tolist(), len(new.shards)])
        ]
        olds = list(zip(self._arrays, self.documents.starts.tolist(), strict=False))
        tasks = (LookUp(*old, *part, self.family.bands if near else 0) for part in parts for old in olds)
        found = list(map(unpack, run(_look_up, tasks)))
        return Found(*(distinct(np.concatenate([NO_PAIRS, *(one[name] for one in found)])) for name in Found._fields))

    def find_paragraphs(self, hashes: NDArray[np.uint64], replaced: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return a document that has each paragraph and is not `replaced`, or -1."""
        found = np.full(len(hashes), -1, dtype=np.int64)
        for arrays, start in zip(self._arrays, self.documents.starts, strict=False):
            owners, places = _equal(arrays["paragraph"], arrays["paragraph_owner"], hashes)
            there = ~np.isin(owners + start, replaced)
            found[places[there]] = owners[there] + start
        return found


class Found(NamedTuple):
    """Hold sorted pairs `old << 32 | new` of documents that have something in common.

    They are one `record`, by outlet, id and text; have the same `words`; are versions of one `page`, by its address,
    long enough to be compared; have one `id`; or the key of a band or a sampled shingle, and may be `alike`.
    """

    record: NDArray[np.uint64]
    words: NDArray[np.uint64]
    page: NDArray[np.uint64]
    id: NDArray[np.uint64]
    alike: NDArray[np.uint64]


class LookUp(NamedTuple):
    """Ask what a segment, whose first document has the number `start`, has in common with `new` ones, from `first` on.

    Two may be alike that have one key in one of so many `bands`.
    """

    segment: dict[str, NDArray[Any]]
    start: int
    new: Summaries
    first: int
    bands: int


def _look_up(task: LookUp) -> bytes:
    """Return the pairs of `Found`."""
    segment, old, new = task.segment, Summaries([task.segment]), task.new
    found = {name: _same(old, new, columns) for name, columns in _COLUMNS.items()}
    old_long, new_long = (part.lengths_of(np.arange(len(part))) >= MIN_WORDS for part in (old, new))
    olds, news = found["page"]
    named = (new.column("url")[news] != 0) & old_long[olds] & new_long[news]
    found["page"] = olds[named], news[named]
    high, low = new.column("exact_high"), new.column("exact_low")
    olds, news = _equal(segment["exact_sorted"], segment["exact_owner"], high)
    same = (segment["exact_low"][olds] == low[news]) & ((high | low)[news] != 0)
    found["words"] = olds[same], news[same]
    pairs = {name: pair_up(olds + task.start, news + task.first) for name, (olds, news) in found.items()}
    alike, long = [NO_PAIRS], np.flatnonzero(new_long)
    for band in range(task.bands):
        olds, places = _equal(segment["band_keys"][band], segment["band_owner"][band], new.band(band)[long])
        alike.append(pair_up(olds + task.start, long[places] + task.first))
    if task.bands:
        hashes, owners = new.samples(0, 1 << 64)
        olds, places = _equal(segment["sample"], segment["sample_owner"], hashes)
        alike.append(pair_up(olds + task.start, owners[places] + task.first))
    pairs["alike"] = np.concatenate(alike)
    return pack({name: distinct(some) for name, some in pairs.items()})


def _same(old: Summaries, new: Summaries, names: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return old and new documents that agree in some columns."""
    old_keys, new_keys = (np.zeros(len(part), dtype=np.uint64) for part in (old, new))
    for part, keys in ((old, old_keys), (new, new_keys)):
        for name in names:
            keys[:] = (keys ^ part.column(name)) * MIX
    order = np.argsort(old_keys, kind="stable")
    return _equal(old_keys[order], order.astype(np.uint32), new_keys)


def _summarise(task: tuple[DedupConfig, Iterable[Document]]) -> bytes:
    """Summarise documents, with outlets and ids of those whose place they take."""
    config, documents = task
    replaced: list[tuple[int, int]] = []

    def watched() -> Iterator[Document]:
        for document in documents:
            copies = (copy for copy in document.also_in if copy.relation == REPLACES)
            replaced.extend((number_of(copy.outlet), number_of(copy.id)) for copy in copies)
            yield document

    arrays = summarise(watched(), config, draw_family(config.threshold), paragraphs=True)
    return pack(arrays | {"replaced": np.array(replaced, dtype=np.uint64).reshape(-1, 2)})


def _equal(
    keys: NDArray[Any], owners: NDArray[np.uint32], wanted: NDArray[Any]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Join sorted `keys` with `wanted`: owners and places in `wanted`; at most GROUP_ALL owners each."""
    first, last = np.searchsorted(keys, wanted, "left"), np.searchsorted(keys, wanted, "right")
    sizes = np.minimum(last - first, GROUP_ALL)
    places = np.repeat(np.arange(len(wanted)), sizes)
    within = np.arange(len(places)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    return owners[first[places] + within].astype(np.int64), places
