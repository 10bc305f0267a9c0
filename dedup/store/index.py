"""A persistent index of documents already kept: a new crawl is compared with it, a crawler asks it for one story.

One folder: `index.json` names corpora and segments (see `segments`), a segment is one file of arrays with each band
sorted. Segments are memory-mapped and never change; `add` writes a new one and merges it with neighbours of its size,
so a lookup searches a few, and memory holds pages that the system may drop, not the old corpus. `index.json` is
written once a corpus, last: after a crash the index is what it was. How documents compare with those of an index is
said by `dedup.decide.against`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from corpus.errors import EnvironmentFault
from corpus.records import REPLACES, Document
from corpus.run import Map, run_here
from dedup.config import DedupConfig
from dedup.kernel import MIX
from dedup.sketch.bands import GROUP_ALL, distinct, pair_up
from dedup.sketch.family import draw_family
from dedup.sketch.minhash import NGRAM
from dedup.store.arrays import pack, unpack
from dedup.store.counts import TABLE_BITS
from dedup.store.segments import (
    IndexListing,
    OpenSegment,
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


class Index:
    """Open or begin an index in `folder`; the documents of `others` are asked as well, after its own.

    `documents` are those of all segments as one corpus; their numbers hold until the next `add`. `word_counts` says in
    how many of them each word is (`dedup.store.counts`).

    Raises:
        UsageError: the index was built with other settings than `config` asks for, or is damaged.
        EnvironmentFault: the index cannot be read.
    """

    def __init__(self, folder: Path, config: DedupConfig | None = None, others: Sequence[Index] = ()) -> None:
        self.folder = folder
        self.config = config or DedupConfig()
        self.family = draw_family(self.config.threshold)
        self._listing, self.segments = self._open()
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
        return tuple(corpus for corpus in self._listing.corpora if corpus)

    @property
    def loose(self) -> tuple[str, ...]:
        """Return the digests of the segments that are not whole corpora: others were added to them, or taken out."""
        return tuple(
            one.stored.digest for one in self.segments if "" in one.stored.corpora or self._listing.removed
        )

    def _open(self) -> tuple[IndexListing, list[OpenSegment]]:
        """Open the segments; whoever adds documents meanwhile removes files, but names others first."""
        settings = (NGRAM, self.family.bands, self.family.rows, MIN_WORDS, MIN_EXACT_WORDS)
        listing = read_listing(self.folder, settings)
        while True:
            try:
                return listing, open_segments(self.folder, listing, self.family.bands)
            except FileNotFoundError as error:
                known, listing = listing, read_listing(self.folder, settings)
                if known == listing:
                    raise EnvironmentFault(f"{error.filename}: missing; build the index again") from error

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
        old, segments = self._listing, list(self.segments)
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
        self._listing, self.segments = listing, segments
        self.sweep()
        self._look()
        return added

    def sweep(self) -> None:
        """Remove the segments that are not part of the index: merged ones, and what a killed `add` left."""
        sweep_segments(self.folder, self._listing.segments)

    def candidates(self, new: Summaries) -> NDArray[np.uint64]:
        """Return pairs `old << 32 | new` worth comparing; a key that many share is followed to some of them."""
        found = np.empty(0, dtype=np.uint64)
        long_enough = np.flatnonzero(new.lengths_of(np.arange(len(new))) >= MIN_WORDS)
        hashes, owners = new.samples(0, 1 << 64)
        for arrays, start in zip(self._arrays, self.documents.starts, strict=False):
            olds, places = _equal(arrays["sample"], arrays["sample_owner"], hashes)
            pairs = [found, pair_up(olds + start, owners[places])]
            for band in range(self.family.bands):
                keys = new.band(band)[long_enough]
                olds, places = _equal(arrays["band_keys"][band], arrays["band_owner"][band], keys)
                pairs.append(pair_up(olds + start, long_enough[places]))
            found = distinct(np.concatenate(pairs))
        return found

    def same_pages(self, new: Summaries) -> NDArray[np.uint64]:
        """Return pairs `old << 32 | new` of documents that are long enough to be compared and have one address."""
        olds, news = self._same(new, ("outlet", "url"))
        named = new.column("url")[news] != 0
        for part, ends in ((self.documents, olds), (new, news)):
            named &= (part.lengths_of(np.arange(len(part))) >= MIN_WORDS)[ends]
        return pair_up(olds[named], news[named])

    def same_records(self, new: Summaries) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return new documents that are one record with an old one, by outlet, id and text, and the first such one."""
        olds, news = self._same(new, ("outlet", "id", "text"))
        news, at = np.unique(news, return_index=True)
        return olds[at], news

    def _same(self, new: Summaries, names: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return old and new documents that agree in some columns."""
        old_keys, new_keys = (np.zeros(len(part), dtype=np.uint64) for part in (self.documents, new))
        for part, keys in ((self.documents, old_keys), (new, new_keys)):
            for name in names:
                keys[:] = (keys ^ part.column(name)) * MIX
        order = np.argsort(old_keys, kind="stable")
        return _equal(old_keys[order], order.astype(np.uint32), new_keys)

    def find_paragraphs(self, hashes: NDArray[np.uint64], replaced: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return a document that has each paragraph and is not `replaced`, or -1."""
        found = np.full(len(hashes), -1, dtype=np.int64)
        for arrays, start in zip(self._arrays, self.documents.starts, strict=False):
            owners, places = _equal(arrays["paragraph"], arrays["paragraph_owner"], hashes)
            there = ~np.isin(owners + start, replaced)
            found[places[there]] = owners[there] + start
        return found

    def same_words(self, new: Summaries) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return old and new documents of the same words, at least one old one for each new one that has any."""
        high, low = new.column("exact_high"), new.column("exact_low")
        olds, news = [np.empty(0, dtype=np.int64)], [np.empty(0, dtype=np.int64)]
        for arrays, start in zip(self._arrays, self.documents.starts, strict=False):
            owners, places = _equal(arrays["exact_sorted"], arrays["exact_owner"], high)
            same = (arrays["exact_low"][owners] == low[places]) & ((high | low)[places] != 0)
            olds.append(owners[same] + start)
            news.append(places[same])
        return np.concatenate(olds), np.concatenate(news)


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
