"""Many strings packed in one array of UTF-8: read, copied and put in order without an object for each.

Strings are told apart eight bytes at a time, as numbers; only those that are still equal are looked at further. The
order is that of their UTF-8, which is that of their code points.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedup.kernel import compiled

#: Bytes compared at a time.
_WORD = 8
#: After so many equal bytes the rest of a string is compared as a whole: two long addresses that differ at their very
#: ends would take thousands of rounds.
_LONG = 256


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


class Labels(NamedTuple):
    """Hold the strings kept of each document; `also_in` is JSON, "" for no copies."""

    id: str
    outlet: str
    url: str
    published: str
    title: str
    also_in: str


#: Strings of one document in what `pack_strings` returned.
EACH = len(Labels._fields)


def labels_at(blob: NDArray[np.uint8], bounds: NDArray[np.int64], document: int) -> Labels:
    """Return the strings kept of a document."""
    ends = bounds[document * EACH : (document + 1) * EACH + 1].tolist()
    data, first = blob[ends[0] : ends[-1]].tobytes(), ends[0]
    return Labels(*[data[i - first : j - first].decode("utf-8", "surrogatepass") for i, j in pairwise(ends)])


class Strings(NamedTuple):
    """Hold strings as parts of `blob` in UTF-8: string i is at `starts[i]:stops[i]`."""

    blob: NDArray[np.uint8]
    starts: NDArray[np.int64]
    stops: NDArray[np.int64]


@compiled("void(Array(uint8, 1, 'C', readonly=True), int64[::1], Array(int64, 1, 'A', readonly=True), uint8[::1])")
def copy_parts(blob: Any, starts: Any, bounds: Any, out: Any) -> None:
    """Fill `out[bounds[i]:bounds[i + 1]]` with what begins at `starts[i]` of `blob`."""
    for part in range(len(starts)):
        size = bounds[part + 1] - bounds[part]
        out[bounds[part] : bounds[part + 1]] = blob[starts[part] : starts[part] + size]


def rank(*keys: NDArray[Any]) -> NDArray[np.int64]:
    """Return the place of each item in the order of `keys`, the first deciding first; equal items share the lowest."""
    order = np.lexsort(keys[::-1])
    fresh = np.zeros(len(order), dtype=bool)
    for key in keys:
        fresh[1:] |= key[order[1:]] != key[order[:-1]]
    places = np.empty(len(order), dtype=np.int64)
    places[order] = np.maximum.accumulate(np.where(fresh, np.arange(len(order)), 0))
    return places


def tell_apart(places: NDArray[np.int64], strings: Strings) -> NDArray[np.int64]:
    """Return the places of items among which those of equal `places` are ordered by their strings."""
    places = places.copy()
    tied = _shared(places)
    at = 0
    while len(tied):
        keys, sizes = _words(strings, tied, at) if at < _LONG else _rests(strings, tied, at)
        earlier = places[tied]
        own = rank(earlier, keys, sizes)
        places[tied] += own - rank(earlier)
        rest = _shared(own)
        tied = tied[rest[sizes[rest] == _WORD]]
        at += _WORD
    return places


def _shared(places: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.flatnonzero(np.bincount(places)[places] > 1)


def _words(strings: Strings, which: NDArray[np.int64], at: int) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """Return the bytes from `at` on of some strings as a number each, and how many there are."""
    starts = strings.starts[which] + at
    sizes = np.clip(strings.stops[which] - starts, 0, _WORD)
    keys = np.zeros(len(which), dtype=np.uint64)
    for byte in range(_WORD):
        there = sizes > byte
        keys <<= np.uint64(8)
        keys[there] |= strings.blob[starts[there] + byte]
    return keys, sizes


def _rests(strings: Strings, which: NDArray[np.int64], at: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the places of all that is left of some strings; nothing is left after it."""
    ends = zip((strings.starts[which] + at).tolist(), strings.stops[which].tolist(), strict=True)
    rests = [strings.blob[start:stop].tobytes() for start, stop in ends]
    place_of = {rest: place for place, rest in enumerate(sorted(set(rests)))}
    return np.array([place_of[rest] for rest in rests], dtype=np.int64), np.zeros(len(rests), dtype=np.int64)
