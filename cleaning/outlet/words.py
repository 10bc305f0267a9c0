"""Compare documents by their words, as numbers: which are rare, and how many two documents share.

The words of a document are hashed together, so that a document takes four bytes for each, and many can be held.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

#: A rare word stands in at most this share of the documents, or in so many.
_RARE = 0.02
_RARE_COUNT = 3

#: An odd number, of which a word is a sum of powers: one for each character; its inverse brings words to one place.
_BASE = 0x9E3779B97F4A7C15
_INVERSE = pow(_BASE, -1, 1 << 64)
_HALF, _MIXING = np.uint64(32), np.uint64(_BASE)
#: Bits for the number of a document beside a word.
_OWNER = np.uint64(8)


def hash_words(codes: NDArray[np.uint16]) -> tuple[NDArray[np.uint32], NDArray[np.intp]]:
    """Return what the words of keys are compared by, and their lengths; `codes` as `keys_together` returns them."""
    inside = np.zeros(len(codes) + 2, np.bool_)
    np.greater(codes, ord(" "), out=inside[1:-1])
    edges = np.flatnonzero(inside[1:] != inside[:-1])
    begins, ends = edges[::2], edges[1::2]
    powers, inverses = (_powers(base, len(codes).bit_length()) for base in (_BASE, _INVERSE))
    sums = np.zeros(len(codes) + 1, np.uint64)
    np.cumsum(codes * powers[: len(codes)], out=sums[1:])
    words = (sums[ends] - sums[begins]) * inverses[begins]
    return ((words ^ words >> _HALF) * _MIXING >> _HALF).astype(np.uint32), ends - begins


@lru_cache(maxsize=64)
def _powers(base: int, bits: int) -> NDArray[np.uint64]:
    powers = np.full(1 << bits, base, np.uint64)
    powers[0] = 1
    return np.cumprod(powers, dtype=np.uint64)


def within(values: NDArray[Any], known: NDArray[Any]) -> NDArray[np.bool_]:
    """Tell of each value whether it is among `known`, which are sorted."""
    if not len(known):
        return np.zeros(len(values), np.bool_)
    found: NDArray[np.bool_] = known[np.minimum(known.searchsorted(values), len(known) - 1)] == values
    return found


def changes(values: NDArray[Any]) -> NDArray[np.bool_]:
    """Tell of each of sorted values whether it is another one than the one before it."""
    found = np.ones(len(values), np.bool_)
    np.not_equal(values[1:], values[:-1], out=found[1:])
    return found


def distinct(words: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Return sorted words, each once."""
    words = np.sort(words)
    return words[changes(words)]


class Words:
    """In how many documents of a sample each word stands."""

    def __init__(self, documents: Iterable[NDArray[np.uint32]]) -> None:
        found = list(map(distinct, documents))
        self.size = len(found)
        self._words, self._counts = np.unique(np.concatenate([*found, np.empty(0, np.uint32)]), return_counts=True)

    @cached_property
    def common(self) -> NDArray[np.uint32]:
        """Return the words that are not rare, sorted."""
        return self._words[self._counts > max(_RARE_COUNT, _RARE * self.size)]

    def shares(self, words: NDArray[np.uint32]) -> NDArray[np.float64]:
        """Return the share of the documents that have each of `words`."""
        counts = np.zeros(len(words))
        known = within(words, self._words)
        counts[known] = self._counts[np.searchsorted(self._words, words[known])]
        return counts / max(1, self.size)


def count_shared(documents: Sequence[NDArray[np.uint32]]) -> NDArray[np.intp]:
    """Return how many words any two of up to 256 documents share, each given as distinct words; the earlier one first.

    >>> from cleaning.outlet.pieces import codes_of
    >>> count_shared([hash_words(codes_of(text))[0] for text in ("ا ب ج", "ب ج د", "د ه")]).tolist()
    [[0, 2, 0], [0, 0, 1], [0, 0, 0]]
    """
    size = len(documents)
    owners = np.repeat(np.arange(size, dtype=np.uint64), [len(words) for words in documents])
    told = np.sort(np.concatenate(documents).astype(np.uint64) << _OWNER | owners)
    words, owner = told >> _OWNER, (told & np.uint64(0xFF)).astype(np.intp)
    shared = np.zeros(size * size, np.intp)
    for step in range(1, size):
        same = np.flatnonzero(words[step:] == words[:-step])
        if not len(same):
            break
        shared += np.bincount(owner[same] * size + owner[same + step], minlength=size * size)
    return shared.reshape(size, size)
