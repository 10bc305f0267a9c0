"""Arrays as one run of bytes, to be read back in place: a small header, then each array on its own boundary.

No pickle: the header is JSON, the rest is numbers. What `pack` wrote, `unpack` opens without copying, from bytes,
from a memory map, or from the payload of another format.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import orjson
from numpy.typing import NDArray

Arrays: TypeAlias = Mapping[str, NDArray[Any]]

_MAGIC = b"GHRB0001"
_ALIGN = 64


def pack(arrays: Arrays) -> bytes:
    """Return `arrays` as bytes, the same bytes for the same arrays."""
    header: dict[str, tuple[str, tuple[int, ...], int]] = {}
    at = 0
    for name, array in arrays.items():
        header[name] = (array.dtype.str, array.shape, at)
        at += array.nbytes + _gap(array.nbytes)
    text = orjson.dumps(header)
    parts: list[Any] = [_MAGIC, struct.pack("<I", len(text)), text, bytes(_gap(len(_MAGIC) + 4 + len(text)))]
    for array in arrays.values():
        parts += (np.ascontiguousarray(array).view(np.uint8).data, bytes(_gap(array.nbytes)))
    return b"".join(parts)


def _gap(size: int) -> int:
    """Return how many bytes are wanting to the next boundary."""
    return -size % _ALIGN


def unpack(data: memoryview | bytes) -> dict[str, NDArray[Any]]:
    """Open what `pack` wrote; the arrays are views of `data` and read-only where it is.

    Raises:
        ValueError: `data` was not written by this version of `pack`.
    """
    view = memoryview(data)
    if bytes(view[: len(_MAGIC)]) != _MAGIC:
        raise ValueError("not a dedup file of this version; delete it and build it again")
    (length,) = struct.unpack_from("<I", view, len(_MAGIC))
    header = orjson.loads(bytes(view[len(_MAGIC) + 4 : len(_MAGIC) + 4 + length]))
    start = len(_MAGIC) + 4 + length + _gap(len(_MAGIC) + 4 + length)
    arrays = {}
    for name, (dtype, shape, offset) in header.items():
        count = int(np.prod(shape, dtype=np.int64))
        arrays[name] = np.frombuffer(view, dtype=np.dtype(dtype), count=count, offset=start + offset).reshape(shape)
    return arrays


def pack_strings(strings: Sequence[str]) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Return strings as one array of UTF-8 and the bounds of each, int64[len + 1]."""
    whole = "".join(strings)
    if whole.isascii():
        data, sizes = whole.encode(), [len(one) for one in strings]
    else:
        encoded = [one.encode("utf-8", "surrogatepass") for one in strings]
        data, sizes = b"".join(encoded), [len(one) for one in encoded]
    bounds = np.zeros(len(strings) + 1, dtype=np.int64)
    np.cumsum(sizes, out=bounds[1:])
    return np.frombuffer(data, dtype=np.uint8), bounds


def string_at(blob: NDArray[np.uint8], bounds: NDArray[np.int64], at: int) -> str:
    """Return string `at` of what `pack_strings` returned."""
    return blob[bounds[at] : bounds[at + 1]].tobytes().decode("utf-8", "surrogatepass")


class Strings(NamedTuple):
    """Hold the strings kept of each document; `also_in` is JSON, "" for no copies."""

    id: str
    outlet: str
    url: str
    published: str
    also_in: str


#: Strings of one document in what `pack_strings` returned.
EACH = len(Strings._fields)


def strings_at(blob: NDArray[np.uint8], bounds: NDArray[np.int64], document: int) -> Strings:
    """Return the strings of a document."""
    first, *ends = bounds[document * EACH : (document + 1) * EACH + 1].tolist()
    data = blob[first : ends[-1]].tobytes()
    starts = (first, *ends[:-1])
    return Strings(
        *(
            data[start - first : end - first].decode("utf-8", "surrogatepass")
            for start, end in zip(starts, ends, strict=True)
        )
    )
