"""Hash shingles, runs of words in UTF-8, with XXH32: many at once, lane by lane.

XXH32 reads stripes of four 32-bit words, each word into an accumulator of its own, then what is left of the input
(github.com/Cyan4973/xxHash, doc/xxhash_spec.md). One shingle after another, a processor waits for multiplications
and guesses wrongly how long each shingle is. Here the stripes of `LANES` shingles are laid side by side, a step is
done for all of them, and a shingle that has ended keeps its value: no branches, and loops that compile to vectors.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from dedup.kernel import compiled, copy16, inlined

#: Shingles hashed side by side. More are not faster, and one very long word holds up all of them.
LANES = 64
#: Bytes that may be read behind the last word.
ROOM = 16
#: Parts of the workspace, uint32[WORKSPACE]: four accumulators and the four words of one stripe for each shingle, how
#: many stripes it has (four times, beside its accumulators), and how many bytes.
_STRIPES, _COUNTS, _SIZES = 4 * LANES, 8 * LANES, 12 * LANES
WORKSPACE = 13 * LANES

_P1, _P2, _P3 = np.uint32(0x9E3779B1), np.uint32(0x85EBCA77), np.uint32(0xC2B2AE3D)
_P4, _P5 = np.uint32(0x27D4EB2F), np.uint32(0x165667B1)
_FIRST, _FOURTH = np.uint32(0x24234428), np.uint32(0x61C8864F)
_BYTE = np.uint32(0xFF)


@inlined
def _turn(value: Any, bits: Any) -> Any:
    return np.uint32(value << np.uint32(bits)) | np.uint32(value >> np.uint32(32 - bits))


@inlined
def _finish(value: Any, s1: Any, m1: Any, s2: Any, m2: Any) -> Any:
    value = np.uint32((value ^ (value >> np.uint32(s1))) * m1)
    value = np.uint32((value ^ (value >> np.uint32(s2))) * m2)
    return np.uint32(value ^ (value >> np.uint32(16)))


@inlined
def _add_word(value: Any, word: Any) -> Any:
    return np.uint32(_turn(np.uint32(value + np.uint32(word * _P3)), 17) * _P4)


@inlined
def _add_byte(value: Any, byte: Any) -> Any:
    return np.uint32(_turn(np.uint32(value + np.uint32(byte * _P5)), 11) * _P1)


@compiled("int64(int64[::1], int64, int64, int64, int64[::1], uint32[::1])")
def _begin(ends: Any, first: Any, count: Any, ngram: Any, starts: Any, work: Any) -> Any:
    """Lay out the `count` shingles from word `first` on; return the stripes of the longest."""
    start = ends[first - 1] + 1 if first else 0
    most = 0
    for lane in range(count):
        size = ends[first + lane + ngram - 1] - start
        starts[lane], work[_SIZES + lane] = start, size
        stripes = size >> 4
        most = max(most, stripes)
        for part in range(4):
            work[_COUNTS + 4 * lane + part] = stripes
        work[4 * lane], work[4 * lane + 1] = _FIRST, _P2
        work[4 * lane + 2], work[4 * lane + 3] = 0, _FOURTH
        start = ends[first + lane] + 1
    return most


@compiled("void(uint8[::1], int64[::1], uint32[::1], int64, int64)")
def _load(out: Any, starts: Any, work: Any, count: Any, stripe: Any) -> None:
    """Lay out a stripe of each shingle; of one that has fewer, what is left behind them."""
    for lane in range(count):
        own: Any = min(stripe, np.int64(work[_SIZES + lane]) >> 4)
        copy16(out, starts[lane] + 16 * own, work, _STRIPES + 4 * lane)


@compiled("void(uint32[::1], int64, uint32)")
def _accumulate(work: Any, count: Any, stripe: Any) -> None:
    """Add a stripe to the accumulators of the shingles that have so many."""
    for part in range(4 * count):
        old = work[part]
        new = np.uint32(_turn(np.uint32(old + np.uint32(work[_STRIPES + part] * _P2)), 13) * _P1)
        work[part] = new if work[_COUNTS + part] > stripe else old


@compiled("void(uint32[::1], int64, uint32[::1])")
def _conclude(work: Any, count: Any, values: Any) -> None:
    """Add what is left behind the stripes, up to 15 bytes, and mix; then mix again as datasketch does (MurmurHash3)."""
    for lane in range(count):
        size = work[_SIZES + lane]
        one, two = _turn(work[4 * lane], 1), _turn(work[4 * lane + 1], 7)
        three, four = _turn(work[4 * lane + 2], 12), _turn(work[4 * lane + 3], 18)
        value = np.uint32(one + two + three + four) if size >= 16 else _P5
        value = np.uint32(value + size)
        one, two = work[_STRIPES + 4 * lane], work[_STRIPES + 4 * lane + 1]
        three, four = work[_STRIPES + 4 * lane + 2], work[_STRIPES + 4 * lane + 3]
        left = size & np.uint32(15)
        value = _add_word(value, one) if left >= 4 else value
        value = _add_word(value, two) if left >= 8 else value
        value = _add_word(value, three) if left >= 12 else value
        rest = four if left >= 12 else (three if left >= 8 else (two if left >= 4 else one))
        left = size & np.uint32(3)
        value = _add_byte(value, rest & _BYTE) if left >= 1 else value
        value = _add_byte(value, rest >> np.uint32(8) & _BYTE) if left >= 2 else value
        value = _add_byte(value, rest >> np.uint32(16) & _BYTE) if left >= 3 else value
        value = _finish(value, 15, _P2, 13, _P3)
        values[lane] = _finish(value, 16, np.uint32(0x85EBCA6B), 13, np.uint32(0xC2B2AE35))


@compiled("int64(uint8[::1], int64, int64[::1], int64, int64[::1], uint32[::1], uint32[::1])")
def hash_shingles(out: Any, words: Any, ends: Any, ngram: Any, starts: Any, work: Any, values: Any) -> Any:
    """Hash each run of `ngram` of the words that `tokens.tokenise` wrote into `out`; return how many there are.

    `starts` int64[LANES] and `work` uint32[WORKSPACE] are room to work in, `values` has a place for each word.
    """
    total = max(0, words - ngram + 1)
    for first in range(0, total, LANES):
        count = min(LANES, total - first)
        most = _begin(ends, first, count, ngram, starts, work)
        for stripe in range(most + 1):
            _load(out, starts, work, count, stripe)
            if stripe < most:
                _accumulate(work, count, np.uint32(stripe))
        _conclude(work, count, values[first : first + count])
    return total
