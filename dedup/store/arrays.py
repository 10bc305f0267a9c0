"""Arrays as one run of bytes, to be read back in place: a small header, then each array on its own boundary.

No pickle: the header is JSON, the rest is numbers. What `pack` wrote, `unpack` opens without copying, from bytes,
from a memory map, or from the payload of another format.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping
from typing import Annotated, Any, TypeAlias

import msgspec
import numpy as np
import orjson
from numpy.typing import NDArray

from dedup.kernel import compiled

Arrays: TypeAlias = Mapping[str, NDArray[Any]]

_MAGIC = b"GHRB0001"
_LENGTH = struct.Struct("<I")
_ALIGN = 64
#: What there is to write: numbers, in tables at most.
_DTYPES = {np.dtype(kind).str: np.dtype(kind) for kind in ("?", *"bhilBHILfd")}
_MAX_DIMENSIONS = 2

_Size: TypeAlias = Annotated[int, msgspec.Meta(ge=0)]
#: Type, shape and place of each array by its name.
_HEADER = msgspec.json.Decoder(dict[str, tuple[str, tuple[_Size, ...], _Size]])


class Opened(dict[str, NDArray[Any]]):
    """Hold what `unpack` opened; another process opens it there, and is sent no more than a path of a mapped file."""

    def __init__(self, arrays: Arrays, source: Any) -> None:
        super().__init__(arrays)
        self._source = source

    def __reduce__(self) -> Any:
        return unpack, (self._source,)


def pack(arrays: Arrays) -> bytes:
    """Return `arrays` as bytes, the same bytes for the same arrays."""
    header: dict[str, tuple[str, tuple[int, ...], int]] = {}
    at = 0
    for name, array in arrays.items():
        header[name] = (array.dtype.str, array.shape, at)
        at += array.nbytes + _gap(array.nbytes)
    text = orjson.dumps(header)
    parts: list[Any] = [_MAGIC, _LENGTH.pack(len(text)), text, bytes(_gap(len(_MAGIC) + _LENGTH.size + len(text)))]
    for array in arrays.values():
        parts += (np.ascontiguousarray(array).view(np.uint8).data, bytes(_gap(array.nbytes)))
    return b"".join(parts)


def _gap(size: int) -> int:
    """Return how many bytes are wanting to the next boundary."""
    return -size % _ALIGN


def unpack(data: memoryview | bytes) -> Opened:
    """Open what `pack` wrote; the arrays are views of `data` and read-only where it is.

    Raises:
        ValueError: `data` was not written by this version of `pack`, or was cut.
    """
    view = memoryview(data)
    if bytes(view[: len(_MAGIC)]) != _MAGIC:
        raise ValueError("not a dedup file of this version")
    head = len(_MAGIC) + _LENGTH.size
    if len(view) < head:
        raise ValueError("cut in its head")
    end = head + _LENGTH.unpack_from(view, len(_MAGIC))[0]
    if len(view) < end:
        raise ValueError("cut in its head")
    try:
        header = _HEADER.decode(view[head:end])
    except (msgspec.DecodeError, ValueError) as error:
        raise ValueError(f"its head is damaged: {error}") from error
    body = view[end + _gap(end) :]
    arrays = {}
    for name, (dtype, shape, offset) in header.items():
        if dtype not in _DTYPES or not 1 <= len(shape) <= _MAX_DIMENSIONS or offset % _ALIGN:
            raise ValueError(f"its head is damaged: array {name!r} is none that could have been written")
        kind, count = _DTYPES[dtype], math.prod(shape)
        if max(shape) > len(view) or offset + count * kind.itemsize > len(body):
            raise ValueError(f"cut: array {name!r} is not all there")
        flat = np.frombuffer(body, kind, count, offset) if count else np.empty(0, kind)
        arrays[name] = flat.reshape(shape)
    return Opened(arrays, view.obj)


def _copy(values: Any, starts: Any, places: Any, stops: Any, out: Any) -> None:
    for part in range(len(starts)):
        out[places[part] : stops[part]] = values[starts[part] : starts[part] + stops[part] - places[part]]


_PLACES = ", ".join(["const int64[::1]"] * 3)
_COPIERS = {
    np.dtype(kind): compiled(f"void(const {kind}[::1], {_PLACES}, {kind}[::1])")(_copy) for kind in ("uint8", "uint32")
}


def copy_parts(
    values: NDArray[Any],
    starts: NDArray[np.int64],
    places: NDArray[np.int64],
    stops: NDArray[np.int64],
    out: NDArray[Any],
) -> None:
    """Fill `out[places[i]:stops[i]]` with what begins at `starts[i]` of `values`, uint8 or uint32."""
    if len(starts):
        _COPIERS[out.dtype](values, starts, np.ascontiguousarray(places), np.ascontiguousarray(stops), out)
