"""Summarise documents into flat arrays.

A story of 2 kB becomes about 1.4 kB: a hash for each of its words in order (all that comparing needs), one key
per band, a sample of its long shingles, and what the survivor policy and the audit ask for. Nothing of it is text
but ids, outlets, urls, dates and titles.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import orjson
import xxhash
from numpy.typing import NDArray

from corpus.arabic import folded_words
from corpus.dates import timestamp
from corpus.records import Document, Record
from dedup.config import DedupConfig
from dedup.sketch.bands import band_keys, sample
from dedup.sketch.digits import comparable
from dedup.sketch.family import Family
from dedup.sketch.minhash import NGRAM, sign_encoded
from dedup.sketch.words import cut, encode
from dedup.store.arrays import pack
from dedup.store.measure import measure
from dedup.store.paragraphs import hash_paragraphs, join_paragraphs
from dedup.store.strings import Labels, pack_strings

#: A text with fewer words is compared for equality only.
MIN_WORDS = 20
#: With fewer words nothing is a copy: of 31,030 articles twelve groups agree in one to four words, the name of a
#: writer or of who is in the picture, and all are different articles.
MIN_EXACT_WORDS = 5
#: Texts in memory at once while they are summarised.
_BATCH = 512
#: What stands for a missing or unreadable date: later than all others.
NO_DATE = np.iinfo(np.int64).max

#: The numbers of each document, uint64 each (`published` is an int64 in disguise; `outlet`, `url`, without what two
#: addresses of one page differ in, and `title` are 0 where a document has none; `length` and `blemishes` are of
#: `measure`).
COLUMNS = (
    "key",
    "id",
    "text",
    "exact_high",
    "exact_low",
    "length",
    "blemishes",
    "published",
    "outlet",
    "url",
    "title",
    "preference",
    "extraction",
)


def identity(document: Document) -> int:
    """Return the number that tells a document from all others of the run, even from one that says the same of itself.

    A document that came through no reader has no key; where it says that it stands must do.
    """
    place = "\0".join((document.outlet, document.id, document.source.path, str(document.source.record)))
    return document.key or number_of(place)


def number_of(text: str) -> int:
    """Return what stands for an id, an outlet, an address in the columns: a hash, 0 for none."""
    return xxhash.xxh3_64_intdigest(text.encode("utf-8", "replace")) if text else 0


@lru_cache(maxsize=1 << 12)
def moment(published: str) -> int:
    """Return a date in seconds since 1970, UTC where no offset is given; a far future for anything else."""
    seconds = timestamp(published)
    return int(NO_DATE) if seconds is None else seconds


def _address(url: str) -> str:
    """Return a url without what two addresses of one page differ in: the protocol, `www.`, a fragment, a last slash."""
    return url.partition("#")[0].rstrip("/").removeprefix("http").removeprefix("s").removeprefix("://").removeprefix("www.")


def _preference(value: str, preferred: Sequence[str]) -> int:
    return preferred.index(value) if value in preferred else len(preferred)


class Summary:
    """Gather what `Summaries` reads of documents, with their `paragraphs` or without; kernels take them in batches.

    A `corpus.stage.Accumulator`.
    """

    def __init__(self, config: DedupConfig, family: Family, *, paragraphs: bool = False) -> None:
        self._config = config
        self._family = family
        self._paragraphs: list[array[int]] | None = [] if paragraphs else None
        self._batch: list[Document] = []
        self._words: list[NDArray[np.uint32]] = []
        self._lengths: list[NDArray[np.int64]] = []
        self._bands: list[NDArray[np.uint32]] = []
        self._numbers = array("Q")
        self._labels: list[str] = []

    def observe(self, record: Record) -> None:
        """Add a document; other records have no words yet."""
        if not isinstance(record, Document):
            return
        self._batch.append(record)
        if self._paragraphs is not None:
            self._paragraphs.append(array("Q", hash_paragraphs(record.text).values()))
        if len(self._batch) == _BATCH:
            self._close_batch()

    def summary(self) -> bytes:
        """Return the arrays of all documents added, packed."""
        return pack(self.arrays())

    def _close_batch(self) -> None:
        """Sketch the documents that wait, and note the number for each of COLUMNS."""
        documents, self._batch = self._batch, []
        encoded = encode(comparable([document.text for document in documents]))
        sketches = sign_encoded(encoded, NGRAM, self._family.permutations)
        self._bands.append(band_keys(sketches.signatures, self._family.bands, self._family.rows))
        self._words.append(sketches.words)
        self._lengths.append(np.diff(sketches.bounds))
        sizes = measure(encoded).tolist()
        words = cut(sketches.words, sketches.bounds)
        for document, hashes, digest, size in zip(documents, words, sketches.digests.tolist(), sizes, strict=True):
            long = len(hashes) >= MIN_EXACT_WORDS
            numbers = (
                identity(document),
                number_of(document.id),
                number_of(document.text),
                digest if long else 0,
                xxhash.xxh3_64_intdigest(hashes) if long else 0,
                *size,
                moment(document.published) & (1 << 64) - 1,
                number_of(document.outlet),
                number_of(_address(document.url)),
                number_of(" ".join(folded_words(document.title))),
                _preference(document.outlet, self._config.preferred_outlets),
                _preference(str(document.trace.get("extractor", "")), self._config.extractors),
            )
            self._numbers.extend(numbers)
            also_in = orjson.dumps(document.also_in).decode() if document.also_in else ""
            names = (document.id, document.outlet, document.url, document.published, document.title)
            self._labels += Labels(*names, also_in)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return the arrays of all documents added."""
        if self._batch:
            self._close_batch()
        words = np.concatenate([np.empty(0, dtype=np.uint32), *self._words])
        bounds = np.cumsum(np.concatenate([np.zeros(1, dtype=np.int64), *self._lengths]))
        hashes, owners = sample(words, bounds, MIN_WORDS)
        numbers = np.frombuffer(self._numbers, dtype=np.uint64).reshape(-1, len(COLUMNS))
        blob, string_bounds = pack_strings(self._labels)
        return {
            **{name: np.ascontiguousarray(numbers[:, at]) for at, name in enumerate(COLUMNS)},
            "bands": np.concatenate([np.empty((self._family.bands, 0), dtype=np.uint32), *self._bands], axis=1),
            "words": words,
            "bounds": bounds,
            "sample": hashes,
            "sample_owner": owners,
            "strings": blob,
            "string_bounds": string_bounds,
            **(join_paragraphs(self._paragraphs) if self._paragraphs is not None else {}),
        }


def summarise(
    documents: Iterable[Document], config: DedupConfig, family: Family, *, paragraphs: bool = False
) -> dict[str, NDArray[Any]]:
    """Summarise documents into the arrays that `Summaries` reads."""
    summary = Summary(config, family, paragraphs=paragraphs)
    for document in documents:
        summary.observe(document)
    return summary.arrays()
