"""A persistent index of documents already kept: a new crawl is compared with it, a crawler asks it for one story.

One folder: `index.json` names corpora and segments (see `segments`), a segment is one file of arrays with each band
sorted. Segments are memory-mapped and never change; `add` writes a new one and merges it with neighbours of its size,
so a lookup searches a few, and memory holds pages that the system may drop, not the old corpus. `index.json` is
written once a corpus, last: after a crash the index is what it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from corpus.errors import EnvironmentFault
from corpus.records import Copy, Document
from dedup.compare.passages import longest_passages
from dedup.compare.rarity import TABLE_BITS, rare_words
from dedup.compare.verify import CONTAINED, FEATURES, HELD, NO_COPY, NONE, Judgement, Limits, compare
from dedup.config import DedupConfig
from dedup.decide.segments import LISTING as LISTING
from dedup.decide.segments import Listing, Part, append, open_parts, publish_listing, read_listing, sweep_segments
from dedup.sketch.bands import GROUP_ALL, PairSet, ends_of, pair_up
from dedup.store.summary import Shards, summarise
from dedup.store.texts import Texts

#: Documents of one segment as `add` writes it; what is in memory at once.
_SEGMENT = 20_000


class Match(NamedTuple):
    """Tell which document of the index a text is like, how, and what they share."""

    copy: Copy
    scores: dict[str, float]
    start: int
    length: int


class Index:
    """Open or begin an index in `folder`; the documents of `others` are asked as well, after its own.

    Raises:
        UsageError: the index was built with other settings than `config` asks for, or is damaged.
        EnvironmentFault: the index cannot be read.
    """

    def __init__(self, folder: Path, config: DedupConfig | None = None, others: Sequence[Index] = ()) -> None:
        self.folder = folder
        self.config = config or DedupConfig()
        self._listing, self.parts = self._open()
        self._others: list[dict[str, NDArray[Any]]] = []
        held = set(self.corpora)
        for other in others:
            self._others += [part.arrays for part in other.parts if not held.issuperset(part.segment.corpora)]
            held.update(other.corpora)
        self._look()

    def __len__(self) -> int:
        return len(self.shards)

    @property
    def corpora(self) -> tuple[str, ...]:
        """Return the names of the corpora that the index in the folder holds, in order of adding."""
        return tuple(corpus for corpus in self._listing.corpora if corpus)

    @property
    def loose(self) -> tuple[str, ...]:
        """Return the digests of the segments with documents that belong to no corpus."""
        return tuple(part.segment.digest for part in self.parts if "" in part.segment.corpora)

    def _open(self) -> tuple[Listing, list[Part]]:
        """Open the segments; whoever adds documents meanwhile removes files, but names others first."""
        config = self.config
        settings = (config.ngram, config.bands, config.rows, config.min_words, config.min_exact_words)
        listing = read_listing(self.folder, settings)
        while True:
            try:
                return listing, open_parts(self.folder, listing, config.bands)
            except FileNotFoundError as error:
                known, listing = listing, read_listing(self.folder, settings)
                if known == listing:
                    raise EnvironmentFault(f"{error.filename}: missing; build the index again") from error

    def _look(self) -> None:
        self._segments = [*(part.arrays for part in self.parts), *self._others]
        #: All segments as one corpus; document numbers hold until the next `add`.
        self.shards = Shards(self._segments)
        self._counts = np.zeros(1 << TABLE_BITS, dtype=np.uint32)
        for segment in self._segments:
            self._counts += segment["word_counts"]

    def add(self, documents: Iterable[Document], corpus: str = "") -> int:
        """Add the documents of a corpus, all or none whatever happens, and return how many.

        What was added is there after a crash once this returns; what an earlier call left half done is removed.

        Raises:
            EnvironmentFault: the machine refuses, or something else added to the index; open it again.
        """
        old, parts, rest = self._listing, list(self.parts), iter(documents)
        added, written = 0, old.written
        if read_listing(self.folder, old.settings) != old:
            raise EnvironmentFault(f"{self.folder}: changed by another process; give the same command again")
        self.sweep()
        try:
            while batch := list(islice(rest, _SEGMENT)):
                added, written = added + len(batch), written + 1
                append(self.folder, parts, written, summarise(batch, self.config), corpus)
                sweep_segments(self.folder, {*old.segments, *(part.name for part in parts)})
        except BaseException:
            self.sweep()
            raise
        corpora = old.corpora | {corpus: old.corpora.get(corpus, 0) + added}
        listing = Listing(old.settings, corpora, {part.name: part.segment for part in parts}, written)
        # If this fails, nobody knows which listing is on the disk: the segments of both stay.
        publish_listing(self.folder, listing)
        self._listing, self.parts = listing, parts
        self.sweep()
        self._look()
        return added

    def sweep(self) -> None:
        """Remove the segments that are not part of the index: merged ones, and what a killed `add` left."""
        sweep_segments(self.folder, self._listing.segments)

    def rare(self, words: NDArray[np.uint32]) -> NDArray[np.uint8]:
        """Return RARE for each of `words` that few documents of the index have."""
        return rare_words(words, self._counts, len(self), self.config)

    def candidates(self, new: Shards) -> NDArray[np.uint64]:
        """Return pairs `old << 32 | new` worth comparing; a key that many share is followed to some of them."""
        found = PairSet()
        long_enough = np.flatnonzero(new.lengths_of(np.arange(len(new))) >= self.config.min_words)
        for number, segment in enumerate(self._segments):
            start = int(self.shards.starts[number])
            for band in range(self.config.bands):
                keys = new.band(band)[long_enough]
                olds, places = _equal(segment["band_keys"][band], segment["band_owner"][band], keys)
                found.add(pair_up(olds + start, long_enough[places]))
            hashes, owners = new.samples(0, 1 << 64)
            olds, places = _equal(segment["sample"], segment["sample_owner"], hashes)
            found.add(pair_up(olds + start, owners[places]))
        return found.pairs()

    def lookup(self, document: Document) -> Match | None:
        """Return the document of the index that `document` is a copy of, or None."""
        return next((match for match in self.similar(document, 1) if match.copy.relation), None)

    def similar(self, document: Document, limit: int = 10) -> list[Match]:
        """Return what the index has like `document`: copies first, then by containment.

        The relation is empty where the two share text without one being a copy of the other.
        """
        new = Shards([summarise([document], self.config)])
        exact = self.same_words(new)[0]
        pairs = np.union1d(self.candidates(new), exact.astype(np.uint64) << np.uint64(32))
        if not len(pairs) or not len(new.shards[0]["words"]):
            return []
        olds, judged, passages = self._compare(new, pairs)
        relations = np.where(np.isin(olds, exact), np.uint8(_SAME), judged.relation)
        order = np.lexsort((olds, -judged.scores[:, 1], -judged.scores[:, 0], np.isin(relations, NO_COPY)))[:limit]
        return [
            self._match(int(olds[at]), int(relations[at]), judged.scores[at], passages[at], new) for at in order
        ]

    def same_words(self, new: Shards) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return old and new documents of the same words, at least one old one for each new one that has any."""
        high, low = new.column("exact_high"), new.column("exact_low")
        olds, news = [np.empty(0, dtype=np.int64)], [np.empty(0, dtype=np.int64)]
        for segment, start in zip(self._segments, self.shards.starts, strict=False):
            owners, places = _equal(segment["exact_sorted"], segment["exact_owner"], high)
            same = (segment["exact_low"][owners] == low[places]) & ((high | low)[places] != 0)
            olds.append(owners[same] + start)
            news.append(places[same])
        return np.concatenate(olds), np.concatenate(news)

    def _compare(
        self, new: Shards, pairs: NDArray[np.uint64]
    ) -> tuple[NDArray[np.int64], Judgement, NDArray[np.int64]]:
        olds, _ = ends_of(pairs)
        own, bounds = new.words_of(np.arange(len(new)))
        texts = join_texts(self.texts(olds), Texts(own, self.rare(own), bounds))
        firsts, seconds = np.arange(len(olds)), np.full(len(olds), len(olds), dtype=np.int64)
        judged = compare(texts, firsts, seconds, self.config.ngram, Limits.of(self.config))
        return olds, judged, longest_passages(texts, firsts, seconds)

    def texts(self, documents: NDArray[np.int64]) -> Texts:
        """Gather sorted documents of the index."""
        words, bounds = self.shards.words_of(documents)
        return Texts(words, self.rare(words), bounds)

    def _match(
        self, old: int, relation: int, scores: NDArray[np.float32], passage: NDArray[np.int64], new: Shards
    ) -> Match:
        inside = len(new.shards[0]["words"]) <= int(self.shards.lengths_of(np.array([old]))[0])
        name = _relation_name(relation, inside=inside)
        score = float(scores[1] if relation == CONTAINED else scores[0])
        copy = Copy(*self.shards.strings(old)[:4], relation=name, score=round(score, 4))
        named = {feature: round(float(value), 4) for feature, value in zip(FEATURES, scores, strict=True)}
        return Match(copy, named, int(passage[0]), int(passage[1]))


_SAME = 255


def _relation_name(relation: int, *, inside: bool) -> str:
    if relation == CONTAINED:
        return "contained" if inside else "extended"
    return {NONE: "", HELD: "", _SAME: "exact"}.get(relation, "near")


def join_texts(one: Texts, other: Texts) -> Texts:
    """Return the texts of both, those of `other` after those of `one`."""
    return Texts(
        np.concatenate((one.words, other.words)),
        np.concatenate((one.flags, other.flags)),
        np.concatenate((one.bounds, other.bounds[1:] + one.bounds[-1])),
    )


def _equal(
    keys: NDArray[Any], owners: NDArray[np.uint32], wanted: NDArray[Any]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Join sorted `keys` with `wanted`: owners and places in `wanted`; at most GROUP_ALL owners each."""
    first, last = np.searchsorted(keys, wanted, "left"), np.searchsorted(keys, wanted, "right")
    sizes = np.minimum(last - first, GROUP_ALL)
    places = np.repeat(np.arange(len(wanted)), sizes)
    within = np.arange(len(places)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    return owners[first[places] + within].astype(np.int64), places
