"""The files of an index: a listing, and segments of arrays that are checked before anything is asked of them.

The listing is the only file that changes, and says all there is to know: which corpora the index holds and which
segments hold them. A segment file that it does not name is not part of the index.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, BinaryIO, NamedTuple, TypeAlias

import msgspec
import numpy as np
import xxhash
from numpy.typing import NDArray

from corpus.errors import EnvironmentFault, UsageError
from corpus.files import Place, Store, publish, translated
from corpus.run import map_file
from dedup.store import arrays as flat
from dedup.store.counts import TABLE_BITS, count_runs
from dedup.store.strings import EACH
from dedup.store.summaries import Summaries
from dedup.store.summary import COLUMNS

LISTING = "index.json"
_VERSION = 8
#: A longer listing is none of ours: this is room for 200,000 corpora.
_LISTING_BYTES = 1 << 25
#: Segments are merged up to so many documents, so that a merge needs about 2 GB at most.
_LARGEST = 500_000
#: A segment is merged with the one before it unless that is more than this much larger.
_RATIO = 3

_Count: TypeAlias = Annotated[int, msgspec.Meta(ge=0)]
#: A corpus is known by the digest in its marker; "" stands for documents that were added one by one.
_Corpus: TypeAlias = Annotated[str, msgspec.Meta(pattern=r"^([0-9a-f]{64})?\Z")]
SEGMENT = re.compile(r"segment-[0-9]{8}\.bin")
_Name: TypeAlias = Annotated[str, msgspec.Meta(pattern=rf"^{SEGMENT.pattern}\Z")]


class StoredSegment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Tell the XXH3-128 of a segment file, and the corpora that it holds documents of."""

    digest: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{32}\Z")]
    corpora: tuple[_Corpus, ...]


class IndexListing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Hold what index.json says: documents of each corpus in order of adding, segments in order of documents.

    `settings` are those that stored keys depend on; `written` numbers the segment files; `removed` counts the documents
    that were taken out again.
    """

    settings: tuple[int, ...]
    corpora: dict[_Corpus, _Count] = {}
    segments: dict[_Name, StoredSegment] = {}
    written: _Count = 0
    removed: _Count = 0
    version: int = _VERSION

    @property
    def names(self) -> tuple[str, ...]:
        """Name what the index holds: corpora, and by digest the segments that others were added to, or taken out of."""
        loose = (one.digest for one in self.segments.values() if "" in one.corpora or self.removed)
        return (*filter(None, self.corpora), *loose)


class OpenSegment(NamedTuple):
    """Hold an open segment: the name of its file, what the listing says of it, its arrays."""

    name: str
    stored: StoredSegment
    arrays: dict[str, NDArray[Any]]


def read_listing(folder: Place, settings: tuple[int, ...]) -> IndexListing:
    """Read the listing of an index; where there is none, return that of an empty one.

    Raises:
        UsageError: it is no listing of this version, or the index was built with other settings.
        EnvironmentFault: it cannot be read.
    """
    path = folder / LISTING
    try:
        if isinstance(path, Store):
            data = path.read_bytes()
        else:
            with _open_file(path) as file:
                data = file.read(_LISTING_BYTES + 1)
        if len(data) > _LISTING_BYTES:
            raise ValueError("too long")
        listing = msgspec.json.decode(data, type=IndexListing)
    except FileNotFoundError:
        return IndexListing(settings)
    except OSError as error:
        raise EnvironmentFault(f"{path}: cannot be read ({error.strerror}); see its permissions") from error
    except (msgspec.DecodeError, ValueError) as error:
        raise UsageError(f"{path}: not an index of this version: {error}; {_again(folder)}") from error
    if listing.version != _VERSION:
        raise UsageError(f"{path}: an index of version {listing.version} instead of {_VERSION}; {_again(folder)}")
    if listing.settings != settings:
        raise UsageError(f"{folder}: built with other settings of [dedup]; give these, or {_again(folder)}")
    held = {corpus for segment in listing.segments.values() for corpus in segment.corpora}
    counted = {corpus for corpus, count in listing.corpora.items() if count}
    if not held <= counted or (held != counted and not listing.removed):
        raise UsageError(f"{path}: not an index of this version: it contradicts itself; {_again(folder)}")
    return listing


def _open_file(path: Path) -> BinaryIO:
    # Opening a pipe or a device would wait for ever, or never end.
    if path.exists() and not path.is_file():
        raise ValueError("this is no file")
    return path.open("rb")


def _again(folder: Place) -> str:
    return f"delete {folder} and build it again with: ghirbal index"


def publish_listing(folder: Path, listing: IndexListing) -> None:
    """Write the listing, all or nothing."""
    publish(folder / LISTING, msgspec.json.format(msgspec.json.encode(listing)))


def open_segments(folder: Path, listing: IndexListing, bands: int) -> list[OpenSegment]:
    """Map the segments of a listing into memory, checked.

    Raises:
        FileNotFoundError: one is not there (any more).
        UsageError: one is not what was written.
        EnvironmentFault: one cannot be read.
    """
    segments = [_open_segment(folder / name, stored, bands) for name, stored in listing.segments.items()]
    held = sum(len(segment.arrays["key"]) for segment in segments)
    if held + listing.removed != sum(listing.corpora.values()):
        raise UsageError(f"{folder / LISTING}: names other documents than its segments hold; {_again(folder)}")
    return segments


def _open_segment(path: Path, stored: StoredSegment, bands: int) -> OpenSegment:
    try:
        with _open_file(path):
            data = map_file(path)
        arrays = flat.unpack(data)
        if xxhash.xxh3_128_hexdigest(data) != stored.digest:
            raise ValueError("damaged: not the bytes that were written")
        _check(arrays, bands)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise EnvironmentFault(f"{path}: cannot be read ({error.strerror}); see its permissions") from error
    except ValueError as error:
        raise UsageError(f"{path}: {error}; {_again(path.parent)}") from error
    return OpenSegment(path.name, stored, arrays)


def _check(arrays: dict[str, NDArray[Any]], bands: int) -> None:
    """Refuse arrays that lookups could not rely on.

    Raises:
        ValueError: an array is missing, of another type or shape, or points where there is nothing.
    """
    counted = ("key", "words", "sample", "strings", "paragraph")
    documents, words, samples, letters, paragraphs = (len(arrays.get(name, ())) for name in counted)
    expected: dict[str, tuple[str, tuple[int, ...]]] = dict.fromkeys(COLUMNS, ("u8", (documents,)))
    expected |= {
        "words": ("u4", (words,)),
        "bounds": ("i8", (documents + 1,)),
        "sample": ("u8", (samples,)),
        "sample_owner": ("u4", (samples,)),
        "paragraph": ("u8", (paragraphs,)),
        "paragraph_owner": ("u4", (paragraphs,)),
        "strings": ("u1", (letters,)),
        "string_bounds": ("i8", (documents * EACH + 1,)),
        "band_keys": ("u4", (bands, documents)),
        "band_owner": ("u4", (bands, documents)),
        "exact_sorted": ("u8", (documents,)),
        "exact_owner": ("u4", (documents,)),
        "word_counts": ("u4", (1 << TABLE_BITS,)),
    }
    found = {name: (array.dtype.str[1:], array.shape) for name, array in arrays.items()}
    strange = sorted(name for name, _ in expected.items() ^ found.items())
    if strange:
        raise ValueError(f"array {strange[0]!r} is missing, not known, or of another type or shape")
    if not documents:
        raise ValueError("holds no documents")
    for name, length in (("bounds", words), ("string_bounds", letters)):
        bounds = arrays[name]
        if bounds[0] != 0 or bounds[-1] != length or not _rises(bounds):
            raise ValueError(f"array {name!r} points where there is nothing")
    starts = arrays["string_bounds"][arrays["string_bounds"] < letters]
    try:
        arrays["strings"].tobytes().decode("utf-8", "surrogatepass")
    except UnicodeDecodeError as error:
        raise ValueError("array 'strings' is no UTF-8") from error
    # The bytes 10xxxxxx go on with a letter that began before.
    if np.any(arrays["strings"][starts] & 0b1100_0000 == 0b1000_0000):
        raise ValueError("array 'string_bounds' points into a letter")
    owners = {name: arrays[f"{name}_owner"] for name in ("sample", "paragraph")}
    if wrong := [name for name in owners if not _rises(arrays[name]) or int(owners[name].max(initial=0)) >= documents]:
        raise ValueError(f"array {wrong[0]!r} is not in order")
    keys, orders = [*arrays["band_keys"], arrays["exact_sorted"]], [*arrays["band_owner"], arrays["exact_owner"]]
    # Each document stands once in each order of them.
    if not all(map(_rises, keys)) or not all(np.array_equal(np.sort(one), np.arange(documents)) for one in orders):
        raise ValueError("array 'band_keys' or 'exact_sorted' is not in order")
    if not np.array_equal(arrays["exact_high"][arrays["exact_owner"]], arrays["exact_sorted"]):
        raise ValueError("array 'exact_sorted' is not that of the documents")


def _rises(values: NDArray[Any]) -> bool:
    return bool(np.all(values[1:] >= values[:-1]))


def append(
    folder: Path, segments: list[OpenSegment], number: int, arrays: dict[str, NDArray[Any]], corpus: str
) -> None:
    """Write what `dedup.store.summary.summarise` returned as segment `number`, merged with the last of `segments`.

    `segments` changes in place; files that it had stay.
    """
    arrays, corpora = _sort_keys(arrays), [corpus]
    merged, size = [arrays], len(arrays["key"])
    while segments and len(last := segments[-1].arrays["key"]) <= min(_RATIO * size, _LARGEST - size):
        size += len(last)
        before = segments.pop()
        merged.insert(0, before.arrays)
        corpora = [*before.stored.corpora, *corpora]
    if len(merged) > 1:
        arrays = _gather(merged, np.full(size, fill_value=True))
    segments.append(_write_segment(folder, number, arrays, tuple(dict.fromkeys(corpora))))


def _write_segment(
    folder: Path, number: int, arrays: dict[str, NDArray[Any]], corpora: tuple[str, ...]
) -> OpenSegment:
    data = flat.pack(arrays)
    path = folder / f"segment-{number:08d}.bin"
    publish(path, data)
    return _open_segment(path, StoredSegment(xxhash.xxh3_128_hexdigest(data), corpora), len(arrays["band_keys"]))


def take_out(
    folder: Path, segments: list[OpenSegment], number: int, documents: NDArray[np.int64]
) -> Iterator[OpenSegment]:
    """Yield the segments without some of their documents, numbered through; those that change are written anew.

    Their files have numbers from `number` on; a segment that has none left is left out.
    """
    for segment, start in zip(segments, Summaries([one.arrays for one in segments]).starts, strict=False):
        count = len(segment.arrays["key"])
        kept = ~np.isin(np.arange(start, start + count), documents)
        if kept.all():
            yield segment
        elif kept.any():
            yield _write_segment(folder, number, _gather([segment.arrays], kept), segment.stored.corpora)
            number += 1


def sweep_segments(folder: Path, wanted: Collection[str]) -> None:
    """Remove the segment files whose names are not `wanted`; who has them open keeps what they hold."""
    with translated(folder):
        for path in folder.glob("segment-????????.bin*"):
            if path.name not in wanted:
                path.unlink(missing_ok=True)


def _sort_keys(arrays: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """Turn a summary into what a segment holds: bands and exact hashes sorted, words counted."""
    bands = arrays["bands"]
    return {name: array for name, array in arrays.items() if name != "bands"} | {
        "band_keys": np.sort(bands, axis=1),
        "band_owner": np.argsort(bands, axis=1, kind="stable").astype(np.uint32),
        "exact_sorted": np.sort(arrays["exact_high"]),
        "exact_owner": np.argsort(arrays["exact_high"], kind="stable").astype(np.uint32),
        "word_counts": count_runs(Summaries([arrays]), np.arange(len(arrays["key"])), 1, TABLE_BITS),
    }


def _gather(segments: Sequence[dict[str, NDArray[Any]]], kept: NDArray[np.bool_]) -> dict[str, NDArray[Any]]:
    """Put segments together as if they had been one, of the documents that are `kept`."""
    whole, documents = Summaries(segments), np.flatnonzero(kept)
    words, bounds = whole.words_of(documents)
    strings, string_bounds = whole.strings_of(documents)
    bands = [np.empty_like(segment["band_keys"]) for segment in segments]
    for keys, segment in zip(bands, segments, strict=True):
        np.put_along_axis(keys, segment["band_owner"].astype(np.int64), segment["band_keys"], axis=1)
    arrays = {name: whole.column(name)[documents] for name in COLUMNS} | {
        "bands": np.ascontiguousarray(np.concatenate(bands, axis=1)[:, documents]),
        "words": words,
        "bounds": bounds,
        "strings": strings,
        "string_bounds": string_bounds,
    }
    for name in ("sample", "paragraph"):
        hashes = np.concatenate([segment[name] for segment in segments])
        numbered = zip(segments, whole.starts, strict=False)
        owners = np.concatenate([segment[f"{name}_owner"] + start for segment, start in numbered])
        order = np.argsort(hashes, kind="stable")
        order = order[kept[owners[order]]]
        numbers = np.searchsorted(documents, owners[order])
        arrays |= {name: hashes[order], f"{name}_owner": numbers.astype(np.uint32)}
    return _sort_keys(arrays)
