"""Find the longest passage that two texts share, for audit records to quote."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dedup.kernel import compiled
from dedup.store.summaries import Texts

#: Only the beginnings of very long texts are searched for the passage that audit records quote.
_PASSAGE_WORDS = 4096


@compiled("void(uint32[::1], int64[::1], int64[::1], int64[::1], int64[:, ::1])")
def _passages(words: Any, bounds: Any, firsts: Any, seconds: Any, found: Any) -> Any:
    for pair in range(len(firsts)):
        one, other = firsts[pair], seconds[pair]
        left = words[bounds[one] : min(bounds[one + 1], bounds[one] + _PASSAGE_WORDS)]
        right = words[bounds[other] : min(bounds[other + 1], bounds[other] + _PASSAGE_WORDS)]
        before, after = np.zeros(len(left) + 1, dtype=np.int32), np.zeros(len(left) + 1, dtype=np.int32)
        best, end = np.int32(0), 0
        for place in range(len(right)):
            word, top = right[place], np.int32(0)
            for at in range(len(left)):
                run = before[at] + np.int32(1) if left[at] == word else np.int32(0)
                after[at + 1] = run
                top = max(top, run)
            if top > best:
                best, end = top, place + 1
            before, after = after, before
        found[pair, 0], found[pair, 1] = end - best, best


def longest_passages(
    texts: Texts, firsts: NDArray[np.int64], seconds: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return start and length, in words of text `seconds[i]`, of the longest run it shares with `firsts[i]`."""
    found = np.zeros((len(firsts), 2), dtype=np.int64)
    _passages(texts.words, texts.bounds, firsts, seconds, found)
    return found
