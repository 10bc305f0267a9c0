"""Many strings packed in one array of UTF-8: read and copied without an object for each."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

#: Bytes that are compared at once: those of a number, but the last, which says how many they are.
_AT_ONCE = 7


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


def rank_strings(
    blob: NDArray[np.uint8], starts: NDArray[np.int64], stops: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return how many of the strings `blob[starts[i]:stops[i]]` are smaller than each, in order of their bytes.

    >>> blob, bounds = pack_strings(["ba", "b", "سد", "ba", ""])
    >>> rank_strings(blob, bounds[:-1], bounds[1:]).tolist()
    [2, 1, 4, 2, 0]
    """
    places, tied = np.zeros(len(starts), dtype=np.int64), np.arange(len(starts))
    starts = starts.copy()
    while len(tied):
        left = np.clip(stops[tied] - starts[tied], 0, _AT_ONCE)
        words = np.zeros(len(tied), dtype=np.uint64)
        for at in range(_AT_ONCE):
            there = np.flatnonzero(left > at)
            words[there] |= blob[starts[tied[there]] + at].astype(np.uint64) << np.uint64(8 * (_AT_ONCE - at))
        words |= left.astype(np.uint64)
        order = np.lexsort((words, places[tied]))
        tied, words, left = tied[order], words[order], left[order]
        groups = np.append(True, places[tied[1:]] != places[tied[:-1]])
        fresh = groups | np.append(True, words[1:] != words[:-1])
        begins, numbers = np.flatnonzero(fresh), np.cumsum(fresh) - 1
        places[tied] += begins[numbers] - np.flatnonzero(groups)[np.cumsum(groups) - 1]
        tied = tied[(np.diff(np.append(begins, len(tied)))[numbers] > 1) & (left == _AT_ONCE)]
        starts[tied] += _AT_ONCE
    return places


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
