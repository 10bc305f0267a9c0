"""Many strings packed in one array of UTF-8: read and copied without an object for each."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


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
