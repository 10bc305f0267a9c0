"""The files of an index: a listing, and segments of arrays that are checked before anything is asked of them.

The listing is the only file that changes, and says all there is to know: which corpora the index holds and which
segments hold them. A segment file that it does not name is not part of the index.
"""

from __future__ import annotations

import mmap
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Annotated, Any, BinaryIO, NamedTuple, TypeAlias

import msgspec
import numpy as np
import xxhash
from numpy.typing import NDArray

from corpus.errors import EnvironmentFault, UsageError
from corpus.files import publish, translated
from dedup.store import arrays as flat
from dedup.store.counts import TABLE_BITS, count_words
from dedup.store.strings import EACH
from dedup.store.summaries import Summaries
from dedup.store.summary import COLUMNS

LISTING = "index.json"
_VERSION = 6
#: A longer listing is none of ours: this is room for 200,000 corpora.
_LISTING_BYTES = 1 << 25
#: Segments are merged up to so many documents, so that a merge needs about 2 GB at most.
_LARGEST = 500_000
#: A segment is merged with the one before it unless that is more than this much larger.
_RATIO = 3

_Count: TypeAlias = Annotated[int, msgspec.Meta(ge=0)]
#: A corpus is known by the digest in its marker; "" stands for documents that were added one by one.
_Corpus: TypeAlias = Annotated[str, msgspec.Meta(pattern=r"^([0-9a-f]{64})?\Z")]
_Name: TypeAlias = Annotated[str, msgspec.Meta(pattern=r"^segment-[0-9]{8}\.bin\Z")]


class StoredSegment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Tell the XXH3-128 of a segment file, and the corpora that it holds documents of."""

    digest: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{32}\Z")]
    corpora: tuple[_Corpus, ...]


class IndexListing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Hold what index.json says: documents of each corpus in order of adding, segments in order of documents.

    `settings` are those that stored keys depend on; `written` numbers the segment files.
    """

    settings: tuple[int, ...]
    corpora: dict[_Corpus, _Count] = {}
    segments: dict[_Name, StoredSegment] = {}
    written: _Count = 0
    version: int = _VERSION


class OpenSegment(NamedTuple):
    """Hold an open segment: the name of its file, what the listing says of it, its arrays."""

    name: str
    stored: StoredSegment
    arrays: dict[str, NDArray[Any]]


def read_listing(folder: Path, settings: tuple[int, ...]) -> IndexListing:
    """Read the listing of an index; where there is none, return that of an empty one.

    Raises:
        UsageError: it is no listing of this version, or the index was built with other settings.
        EnvironmentFault: it cannot be read.
    """
    path = folder / LISTING
    try:
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
    if (listing.version, listing.settings) != (_VERSION, settings):
        raise UsageError(f"{folder}: built with other settings of [dedup]; build the index again")
    held = {corpus for segment in listing.segments.values() for corpus in segment.corpora}
    if held != {corpus for corpus, count in listing.corpora.items() if count}:
        raise UsageError(f"{path}: not an index of this version: it contradicts itself; {_again(folder)}")
    return listing


def _open_file(path: Path) -> BinaryIO:
    # Opening a pipe or a device would wait for ever, or never end.
    if path.exists() and not path.is_file():
        raise ValueError("this is no file")
    return path.open("rb")


def _again(folder: Path) -> str:
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
    if sum(len(segment.arrays["key"]) for segment in segments) != sum(listing.corpora.values()):
        raise UsageError(f"{folder / LISTING}: names other documents than its segments hold; {_again(folder)}")
    return segments


def _open_segment(path: Path, stored: StoredSegment, bands: int) -> OpenSegment:
    try:
        with _open_file(path) as file:
            data = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
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
    documents, words, samples, letters = (len(arrays.get(name, ())) for name in ("key", "words", "sample", "strings"))
    expected: dict[str, tuple[str, tuple[int, ...]]] = dict.fromkeys(COLUMNS, ("u8", (documents,)))
    expected |= {
        "words": ("u4", (words,)),
        "bounds": ("i8", (documents + 1,)),
        "sample": ("u8", (samples,)),
        "sample_owner": ("u4", (samples,)),
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
    if not _rises(arrays["sample"]) or int(arrays["sample_owner"].max(initial=0)) >= documents:
        raise ValueError("array 'sample' is not in order")
    keys, owners = [*arrays["band_keys"], arrays["exact_sorted"]], [*arrays["band_owner"], arrays["exact_owner"]]
    # Each document stands once in each order of them.
    if not all(map(_rises, keys)) or not all(np.array_equal(np.sort(one), np.arange(documents)) for one in owners):
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
    merged, corpora, bands = [_sort_keys(arrays)], [corpus], arrays["bands"].shape[0]
    size = len(arrays["key"])
    while segments and len(last := segments[-1].arrays["key"]) <= min(_RATIO * size, _LARGEST - size):
        size += len(last)
        before = segments.pop()
        merged.insert(0, before.arrays)
        corpora = [*before.stored.corpora, *corpora]
    data = flat.pack(_merge(merged) if len(merged) > 1 else merged[0])
    path = folder / f"segment-{number:08d}.bin"
    publish(path, data)
    stored = StoredSegment(xxhash.xxh3_128_hexdigest(data), tuple(dict.fromkeys(corpora)))
    segments.append(_open_segment(path, stored, bands))


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
        "word_counts": count_words(Summaries([arrays])),
    }


def _merge(segments: Sequence[dict[str, NDArray[Any]]]) -> dict[str, NDArray[Any]]:
    """Put segments together as if they had been one."""
    whole = Summaries(segments)
    bands = np.empty((segments[0]["band_keys"].shape[0], len(whole)), dtype=np.uint32)
    for segment, start in zip(segments, whole.starts, strict=False):
        for band in range(len(bands)):
            bands[band, segment["band_owner"][band].astype(np.int64) + start] = segment["band_keys"][band]
    hashes, owners = whole.samples(0, 1 << 64)
    order = np.argsort(hashes, kind="stable")
    arrays = {name: np.concatenate([segment[name] for segment in segments]) for name in (*COLUMNS, "words", "strings")}
    for name in ("bounds", "string_bounds"):
        lengths = [np.zeros(1, dtype=np.int64), *(np.diff(segment[name]) for segment in segments)]
        arrays[name] = np.cumsum(np.concatenate(lengths))
    return _sort_keys(
        arrays | {"sample": hashes[order], "sample_owner": owners[order].astype(np.uint32), "bands": bands}
    )
