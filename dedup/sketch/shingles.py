"""Hash shingles, runs of words in UTF-8, with XXH32 (github.com/Cyan4973/xxHash, doc/xxhash_spec.md)."""

from __future__ import annotations

from typing import Any

import numpy as np

from dedup.kernel import compiled, inlined

_P1, _P2, _P3 = np.uint32(0x9E3779B1), np.uint32(0x85EBCA77), np.uint32(0xC2B2AE3D)
_P4, _P5 = np.uint32(0x27D4EB2F), np.uint32(0x165667B1)
#: What two of the four accumulators begin with: the sum of the first two primes, and the first one taken from zero.
_FIRST, _FOURTH = np.uint32(0x24234428), np.uint32(0x61C8864F)
#: datasketch mixes each hash again, as MurmurHash3 ends.
_MURMUR_1, _MURMUR_2 = np.uint32(0x85EBCA6B), np.uint32(0xC2B2AE35)


@inlined
def _turn(value: Any, bits: Any) -> Any:
    return np.uint32(value << np.uint32(bits)) | np.uint32(value >> np.uint32(32 - bits))


@inlined
def _read32(data: Any, at: Any) -> Any:
    low = np.uint32(data[at]) | np.uint32(data[at + 1]) << np.uint32(8)
    return np.uint32(low | np.uint32(data[at + 2]) << np.uint32(16) | np.uint32(data[at + 3]) << np.uint32(24))


@inlined
def _round(value: Any, word: Any) -> Any:
    return np.uint32(_turn(np.uint32(value + np.uint32(word * _P2)), 13) * _P1)


@inlined
def _mix(value: Any, shift: Any, one: Any, other: Any) -> Any:
    value = np.uint32((value ^ (value >> np.uint32(shift))) * one)
    value = np.uint32((value ^ (value >> np.uint32(13))) * other)
    return np.uint32(value ^ (value >> np.uint32(16)))


@compiled("uint32(uint8[::1], uint64, uint64)")
def _xxh32(data: Any, at: Any, stop: Any) -> Any:
    size, four, one = np.uint32(stop - at), np.uint64(4), np.uint64(1)
    value = _P5
    if size >= 16:
        a, b, c, d = _FIRST, _P2, np.uint32(0), _FOURTH
        while at + four * four <= stop:
            a, b = _round(a, _read32(data, at)), _round(b, _read32(data, at + four))
            c, d = _round(c, _read32(data, at + np.uint64(8))), _round(d, _read32(data, at + np.uint64(12)))
            at += np.uint64(16)
        value = np.uint32(_turn(a, 1) + _turn(b, 7) + _turn(c, 12) + _turn(d, 18))
    value = np.uint32(value + size)
    while at + four <= stop:
        value = np.uint32(_turn(np.uint32(value + np.uint32(_read32(data, at) * _P3)), 17) * _P4)
        at += four
    while at < stop:
        value = np.uint32(_turn(np.uint32(value + np.uint32(np.uint32(data[at]) * _P5)), 11) * _P1)
        at += one
    return _mix(value, 15, _P2, _P3)


@compiled("int64(uint8[::1], int64, int64[::1], int64, uint32[::1])")
def hash_shingles(out: Any, words: Any, ends: Any, ngram: Any, values: Any) -> Any:
    """Hash each run of `ngram` of the words that `tokens.tokenise` wrote into `out`; return how many there are.

    `values` has a place for each word. What datasketch calls a hash is that of XXH32, mixed once more.
    """
    total, start = max(0, words - ngram + 1), 0
    for first in range(total):
        value = _xxh32(out, np.uint64(start), np.uint64(ends[first + ngram - 1]))
        values[first] = _mix(value, 16, _MURMUR_1, _MURMUR_2)
        start = ends[first] + 1
    return total
