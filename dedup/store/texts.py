"""Texts as the comparison sees them: a number for each word, and what is known of the words."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedup.kernel import MIX, compiled

#: Bits of `Texts.flags`.
RARE, COMMON = 1, 2


class Texts(NamedTuple):
    """Hold some texts for comparing: `words` and `flags` of text i are at `bounds[i]:bounds[i + 1]`."""

    words: NDArray[np.uint32]
    flags: NDArray[np.uint8]
    bounds: NDArray[np.int64]


@compiled("uint32[::1](Array(uint32, 1, 'C', readonly=True), int64)")
def shingle(words: Any, ngram: Any) -> Any:
    """Return the hash of each run of `ngram` words; of a single word, the word's own."""
    if ngram == 1:
        return words.copy()
    values = np.zeros(max(0, len(words) - ngram + 1), dtype=np.uint64)
    # Word by word over all of them, so that it compiles to vectors.
    for at in range(ngram):
        for start in range(len(values)):
            value = (values[start] ^ np.uint64(words[start + at])) * MIX
            values[start] = value ^ value >> np.uint64(29)
    return (values >> np.uint64(32)).astype(np.uint32)
