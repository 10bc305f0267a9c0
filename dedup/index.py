"""A persistent index of documents already kept: a new crawl is compared with it, a crawler asks it for one story.

One folder: `index.json` names the segments, a segment is one file of arrays (`dedup.flat`) with each band sorted.
Segments are memory-mapped and never change; `add` writes a new one and merges it with neighbours of its size, so
a lookup searches a few, and memory holds pages that the system may drop, not the old corpus. `index.json` is
written last: after a crash the index is what it was.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from corpus.commit import publish
from corpus.document import Copy, Document
from corpus.errors import EnvironmentFault, UsageError
from dedup import flat
from dedup.config import DedupConfig
from dedup.frequency import TABLE_BITS, count_words, rare_words
from dedup.lsh import GROUP_ALL, PairSet, ends_of, pair_up
from dedup.partials import Shards, summarise
from dedup.passages import longest_passages
from dedup.texts import Texts
from dedup.verify import CONTAINED, FEATURES, HELD, NO_COPY, NONE, Judgement, Limits, compare

_LISTING = "index.json"
_VERSION = 4
#: Documents of one segment as `add` writes it; what is in memory at once.
_SEGMENT = 20_000
#: Segments are merged up to this size, so that a merge needs about 2 GB at most.
_LARGEST = 500_000
#: A segment is merged with the one before it unless that is more than this much larger.
_RATIO = 3


class Listing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Hold what index.json says: `settings` are those that stored keys depend on."""

    version: int
    settings: tuple[int, ...]
    segments: tuple[str, ...]
    documents: int
    written: int


class Match(NamedTuple):
    """Tell which document of the index a text is like, how, and what they share."""

    copy: Copy
    scores: dict[str, float]
    start: int
    length: int


class Index:
    """Open or begin an index in `folder`.

    Raises:
        UsageError: the index was built with other shingles, bands or limits than `config` asks for.
    """

    def __init__(self, folder: Path, config: DedupConfig | None = None) -> None:
        self.folder = folder
        self.config = config or DedupConfig()
        self._listing = self._read()
        self._segments = [self._open(name) for name in self._listing.segments]
        self._counts = self._sum_counts()

    def __len__(self) -> int:
        return self._listing.documents

    @property
    def shards(self) -> Shards:
        """Return all segments as one corpus; document numbers hold until the next `add`."""
        return Shards(self._segments)

    def _settings(self) -> tuple[int, ...]:
        config = self.config
        return (config.ngram, config.bands, config.rows, config.min_words, config.min_exact_words)

    def _read(self) -> Listing:
        try:
            data = (self.folder / _LISTING).read_bytes()
        except FileNotFoundError:
            return Listing(_VERSION, self._settings(), (), 0, 0)
        except OSError as error:
            raise EnvironmentFault(f"{self.folder / _LISTING}: {error.strerror}") from error
        try:
            listing = msgspec.json.decode(data, type=Listing)
        except msgspec.DecodeError as error:
            raise UsageError(f"{self.folder / _LISTING}: not an index of this version: {error}") from error
        if (listing.version, listing.settings) != (_VERSION, self._settings()):
            raise UsageError(f"{self.folder}: built with other settings of [dedup]; build the index again")
        return listing

    def _open(self, name: str) -> dict[str, NDArray[Any]]:
        path = self.folder / name
        try:
            with path.open("rb") as file:
                return flat.unpack(memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)))
        except OSError as error:
            raise EnvironmentFault(f"{path}: {error.strerror}; build the index again") from error
        except ValueError as error:
            raise UsageError(f"{path}: {error}") from error

    def add(self, documents: Iterable[Document]) -> int:
        """Add documents and return how many; what was added is there after a crash once this returns."""
        added, rest = 0, iter(documents)
        while batch := list(islice(rest, _SEGMENT)):
            self._append(_segment(summarise(batch, self.config)), len(batch))
            added += len(batch)
        return added

    def _append(self, arrays: dict[str, NDArray[Any]], count: int) -> None:
        names, segments = list(self._listing.segments), list(self._segments)
        merged = [arrays]
        while segments and _worth_merging(segments[-1], merged):
            merged.insert(0, segments.pop())
            names.pop()
        if len(merged) > 1:
            arrays = _merge(merged)
        written = self._listing.written + 1
        name = f"segment-{written:08d}.bin"
        publish(self.folder / name, flat.pack(arrays))
        old = self._listing
        self._listing = Listing(_VERSION, self._settings(), (*names, name), old.documents + count, written)
        publish(self.folder / _LISTING, msgspec.json.encode(self._listing))
        self._segments = [*segments, self._open(name)]
        self._counts = self._sum_counts()
        for stale in set(old.segments) - set(self._listing.segments):
            (self.folder / stale).unlink(missing_ok=True)

    def _sum_counts(self) -> NDArray[np.uint32]:
        total = np.zeros(1 << TABLE_BITS, dtype=np.uint32)
        for segment in self._segments:
            total += segment["word_counts"]
        return total

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


def _segment(arrays: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """Turn a summary into what a segment holds: bands and exact hashes sorted, words counted."""
    bands = arrays.pop("bands")
    return arrays | {
        "band_keys": np.sort(bands, axis=1),
        "band_owner": np.argsort(bands, axis=1, kind="stable").astype(np.uint32),
        "exact_sorted": np.sort(arrays["exact_high"]),
        "exact_owner": np.argsort(arrays["exact_high"], kind="stable").astype(np.uint32),
        "word_counts": count_words(Shards([arrays])),
    }


def _worth_merging(before: dict[str, NDArray[Any]], merged: Sequence[dict[str, NDArray[Any]]]) -> bool:
    size = sum(len(segment["key"]) for segment in merged)
    return len(before["key"]) <= _RATIO * size and len(before["key"]) + size <= _LARGEST


def _merge(segments: Sequence[dict[str, NDArray[Any]]]) -> dict[str, NDArray[Any]]:
    """Put segments together as if they had been one."""
    shards = Shards(segments)
    bands = np.empty((segments[0]["band_keys"].shape[0], len(shards)), dtype=np.uint32)
    for segment, start in zip(segments, shards.starts, strict=False):
        for band in range(len(bands)):
            bands[band, segment["band_owner"][band].astype(np.int64) + start] = segment["band_keys"][band]
    hashes, owners = shards.samples(0, 1 << 64)
    order = np.argsort(hashes, kind="stable")
    derived = {"band_keys", "band_owner", "exact_sorted", "exact_owner", "word_counts", "sample", "sample_owner"}
    arrays = {
        name: np.concatenate([segment[name] for segment in segments])
        for name in segments[0]
        if name not in derived and not name.endswith("bounds")
    }
    arrays |= {"sample": hashes[order], "sample_owner": owners[order].astype(np.uint32), "bands": bands}
    arrays["bounds"] = _join_bounds([segment["bounds"] for segment in segments])
    arrays["string_bounds"] = _join_bounds([segment["string_bounds"] for segment in segments])
    return _segment(arrays)


def _join_bounds(parts: Iterable[NDArray[np.int64]]) -> NDArray[np.int64]:
    lengths = np.concatenate([np.zeros(1, dtype=np.int64), *(np.diff(part) for part in parts)])
    return np.cumsum(lengths)

