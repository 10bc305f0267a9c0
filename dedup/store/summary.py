"""Summarise documents into flat arrays, and read many such summaries as one corpus without loading them.

A story of 2 kB becomes about 1.4 kB: a hash for each of its words in order (all that verification needs), one key
per band, a sample of its long shingles, and what the survivor policy and the audit ask for. Nothing of it is text
but ids, outlets, urls and dates.
"""

from __future__ import annotations

import bisect
import itertools
from array import array
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import orjson
import xxhash
from numpy.typing import NDArray

from corpus.arabic import folded_words
from corpus.dates import timestamp
from corpus.records import Document
from dedup.config import DedupConfig
from dedup.kernel import compiled
from dedup.sketch.bands import band_keys, sample
from dedup.sketch.minhash import PERMUTATIONS, Sketches, sign_encoded
from dedup.sketch.words import cut, encode
from dedup.store import arrays as flat
from dedup.store.strings import copy_parts
from dedup.store.texts import Texts

#: Texts in memory at once while they are summarised.
_BATCH = 512
#: Below this many words the words themselves are hashed: the hash of a single word is too short to prove equality.
_EXACT_BY_TEXT = 16
#: What stands for a missing or unreadable date: later than all others.
_NO_DATE = np.iinfo(np.int64).max


def identity(document: Document) -> int:
    """Return the number that tells a document from all others of the run, even from one that says the same of itself.

    A document that came through no reader has no key; where it says that it stands must do.
    """
    name = "\0".join((document.outlet, document.id, document.source.path, str(document.source.record)))
    return document.key or xxhash.xxh3_64_intdigest(name.encode("utf-8", "replace"))


def moment(published: str) -> int:
    """Return a date in seconds since 1970, UTC where no offset is given; a far future for anything else."""
    seconds = timestamp(published)
    return int(_NO_DATE) if seconds is None else seconds


def _place(value: str, preferred: Sequence[str]) -> int:
    return preferred.index(value) if value in preferred else len(preferred)


def _exact(text: str, words: memoryview, least: int) -> tuple[int, int]:
    """Return two 64-bit halves that are equal where all folded words are; zeros for fewer than `least`, or none."""
    if len(words) < max(1, least):
        return 0, 0
    if len(words) < _EXACT_BY_TEXT:
        whole = xxhash.xxh3_128_intdigest(" ".join(folded_words(text)).encode("utf-8", "replace"))
    else:
        whole = xxhash.xxh3_128_intdigest(words)
    return whole >> 64, whole & (1 << 64) - 1


class Summary:
    """Gather what `Shards` reads of documents; kernels take them in batches."""

    def __init__(self, config: DedupConfig) -> None:
        self._config = config
        self._batch: list[Document] = []
        self._sketches: list[Sketches] = []
        self._bands: list[NDArray[np.uint32]] = []
        self._numbers = array("Q")
        self._strings: list[str] = []
        self._outlets: dict[str, tuple[int, int]] = {}

    def add(self, document: Document) -> None:
        """Add one document."""
        self._batch.append(document)
        if len(self._batch) == _BATCH:
            self._close_batch()

    def _close_batch(self) -> None:
        documents, self._batch = self._batch, []
        encoded = encode([document.text for document in documents])
        sketches = sign_encoded(encoded, self._config.ngram, PERMUTATIONS)
        self._bands.append(band_keys(sketches.signatures, self._config.bands, self._config.rows))
        self._sketches.append(Sketches(sketches.signatures[:0], sketches.words, sketches.bounds))
        texts, words = cut(encoded.codes, encoded.bounds), cut(sketches.words, sketches.bounds)
        for at, document in enumerate(documents):
            self._numbers.extend(self._numbers_of(document, texts[at], words[at]))
            also_in = orjson.dumps(document.also_in).decode() if document.also_in else ""
            self._strings += flat.Strings(document.id, document.outlet, document.url, document.published, also_in)

    def _numbers_of(self, document: Document, text: memoryview, words: memoryview) -> tuple[int, ...]:
        return (
            identity(document),
            xxhash.xxh3_64_intdigest(document.id.encode("utf-8", "replace")),
            xxhash.xxh3_64_intdigest(text),
            *_exact(document.text, words, self._config.min_exact_words),
            len(document.text),
            moment(document.published) & (1 << 64) - 1,
            *self._outlet(document.outlet),
            _place(str(document.trace.get("extractor", "")), self._config.extractors),
        )

    def _outlet(self, name: str) -> tuple[int, int]:
        if name not in self._outlets:
            digest = xxhash.xxh3_64_intdigest(name.encode("utf-8", "replace"))
            self._outlets[name] = digest, _place(name, self._config.preferred_outlets)
        return self._outlets[name]

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return the arrays of all documents added."""
        if self._batch:
            self._close_batch()
        bands = self._config.bands
        counts = [np.diff(sketches.bounds) for sketches in self._sketches]
        lengths = np.concatenate([np.zeros(1, dtype=np.int64), *counts])
        words = np.concatenate([np.empty(0, dtype=np.uint32), *(one.words for one in self._sketches)])
        bounds = np.cumsum(lengths)
        hashes, owners = sample(words, bounds, self._config.min_words)
        numbers = np.frombuffer(self._numbers, dtype=np.uint64).reshape(-1, len(COLUMNS))
        blob, string_bounds = flat.pack_strings(self._strings)
        return {
            **{name: np.ascontiguousarray(numbers[:, at]) for at, name in enumerate(COLUMNS)},
            "bands": np.concatenate([np.empty((bands, 0), dtype=np.uint32), *self._bands], axis=1),
            "words": words,
            "bounds": bounds,
            "sample": hashes,
            "sample_owner": owners,
            "strings": blob,
            "string_bounds": string_bounds,
        }


#: The numbers of each document, uint64 each (`published` is an int64 in disguise).
COLUMNS = (
    "key",
    "id",
    "text",
    "exact_high",
    "exact_low",
    "length",
    "published",
    "outlet",
    "preference",
    "extraction",
)


def summarise(documents: Iterable[Document], config: DedupConfig) -> dict[str, NDArray[Any]]:
    """Summarise documents into the arrays that `Shards` reads."""
    summary = Summary(config)
    for document in documents:
        summary.add(document)
    return summary.arrays()


@compiled("void(Array(uint32, 1, 'C', readonly=True), Array(int64, 1, 'C', readonly=True), int64[::1], uint32[::1])")
def _gather(words: Any, bounds: Any, documents: Any, out: Any) -> Any:
    filled = 0
    for document in documents:
        start, stop = bounds[document], bounds[document + 1]
        out[filled : filled + stop - start] = words[start:stop]
        filled += stop - start


@compiled("void(uint8[::1], Array(int64, 1, 'C', readonly=True), int64[::1], uint8[::1])")
def _gather_flags(flags: Any, bounds: Any, documents: Any, out: Any) -> None:
    filled = 0
    for document in documents:
        start, stop = bounds[document], bounds[document + 1]
        out[filled : filled + stop - start] = flags[start:stop]
        filled += stop - start


class Shards:
    """See the summaries of all shards as one corpus; document i is `i - starts[s]` of shard s."""

    def __init__(self, shards: Sequence[dict[str, NDArray[Any]]]) -> None:
        self.shards = list(shards)
        self.starts = np.cumsum([0, *(len(shard["key"]) for shard in self.shards)])
        self._firsts: list[int] = self.starts.tolist()
        self.word_starts = np.cumsum([0, *(len(shard["words"]) for shard in self.shards)])

    def __len__(self) -> int:
        return int(self.starts[-1])

    def column(self, name: str) -> NDArray[np.uint64]:
        """Return one of COLUMNS for all documents."""
        return np.concatenate([np.empty(0, dtype=np.uint64), *(shard[name] for shard in self.shards)])

    def number(self, name: str, document: int) -> int:
        """Return one of COLUMNS for one document."""
        shard, at = self._find(document)
        return int(shard[name][at])

    def band(self, band: int) -> NDArray[np.uint32]:
        """Return the keys of one band for all documents."""
        return np.concatenate([np.empty(0, dtype=np.uint32), *(shard["bands"][band] for shard in self.shards)])

    def samples(self, low: int, high: int) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
        """Return the sampled shingles from `low` up to and without `high` <= 2**64, and the document of each."""
        hashes, owners = [np.empty(0, dtype=np.uint64)], [np.empty(0, dtype=np.int64)]
        for shard, start in zip(self.shards, self.starts, strict=False):
            first = int(np.searchsorted(shard["sample"], np.uint64(low)))
            last = int(np.searchsorted(shard["sample"], np.uint64(high - 1), side="right"))
            hashes.append(shard["sample"][first:last])
            owners.append(shard["sample_owner"][first:last] + start)
        return np.concatenate(hashes), np.concatenate(owners)

    def words_of(self, documents: NDArray[np.int64]) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
        """Gather the words of sorted `documents`, and the bounds of each."""
        bounds = np.concatenate((np.zeros(1, dtype=np.int64), np.cumsum(self.lengths_of(documents))))
        words = np.empty(bounds[-1], dtype=np.uint32)
        for number, first, last in self._parts(documents):
            shard, local = self.shards[number], documents[first:last] - self.starts[number]
            _gather(shard["words"], shard["bounds"], local, words[bounds[first] : bounds[last]])
        return words, bounds

    def texts(self, documents: NDArray[np.int64], flags: NDArray[np.uint8]) -> Texts:
        """Gather the words of sorted `documents`, with their part of the flags of all words."""
        words, bounds = self.words_of(documents)
        marks = np.empty(bounds[-1], dtype=np.uint8)
        for number, first, last in self._parts(documents):
            own = flags[self.word_starts[number] : self.word_starts[number + 1]]
            local = documents[first:last] - self.starts[number]
            _gather_flags(own, self.shards[number]["bounds"], local, marks[bounds[first] : bounds[last]])
        return Texts(words, marks, bounds)

    def _parts(self, documents: NDArray[np.int64]) -> Iterator[tuple[int, int, int]]:
        """Yield for each shard that has some of the sorted `documents` its number and which of them it has."""
        cuts = np.searchsorted(documents, self.starts).tolist()
        for number, (first, last) in enumerate(itertools.pairwise(cuts)):
            if first < last:
                yield number, first, last

    def lengths_of(self, documents: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the number of words of each of sorted `documents`."""
        lengths = np.empty(len(documents), dtype=np.int64)
        for number, first, last in self._parts(documents):
            bounds, local = self.shards[number]["bounds"], documents[first:last] - self.starts[number]
            lengths[first:last] = bounds[local + 1] - bounds[local]
        return lengths

    def strings(self, document: int) -> flat.Strings:
        """Return the strings kept of a document."""
        shard, at = self._find(document)
        return flat.strings_at(shard["strings"], shard["string_bounds"], at)

    def strings_of(self, documents: NDArray[np.int64]) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
        """Gather the strings of sorted `documents`, and the bounds of each string."""
        sizes = np.zeros((len(documents), flat.EACH), dtype=np.int64)
        for number, first, last in self._parts(documents):
            local = (documents[first:last] - self.starts[number]) * flat.EACH
            for at in range(flat.EACH):
                ends = self.shards[number]["string_bounds"]
                sizes[first:last, at] = ends[local + at + 1] - ends[local + at]
        bounds = np.concatenate((np.zeros(1, dtype=np.int64), np.cumsum(sizes)))
        blob = np.empty(bounds[-1], dtype=np.uint8)
        places = bounds[:: flat.EACH]
        for number, first, last in self._parts(documents):
            shard, local = self.shards[number], (documents[first:last] - self.starts[number]) * flat.EACH
            copy_parts(shard["strings"], shard["string_bounds"][local], places[first : last + 1], blob)
        return blob, bounds

    def names(self, documents: NDArray[np.int64]) -> list[bytes]:
        """Return the ids of sorted `documents` in UTF-8, whose order is that of their code points."""
        names = []
        for number, first, last in self._parts(documents):
            shard, local = self.shards[number], (documents[first:last] - self.starts[number]) * flat.EACH
            bounds, blob = shard["string_bounds"], shard["strings"].data
            ends = zip(bounds[local].tolist(), bounds[local + 1].tolist(), strict=True)
            names += [bytes(blob[start:stop]) for start, stop in ends]
        return names

    def name(self, document: int) -> str:
        """Return the id of a document."""
        shard, at = self._find(document)
        return flat.string_at(shard["strings"], shard["string_bounds"], at * flat.EACH)

    def _find(self, document: int) -> tuple[dict[str, NDArray[Any]], int]:
        number = bisect.bisect_right(self._firsts, document) - 1
        return self.shards[number], document - self._firsts[number]
