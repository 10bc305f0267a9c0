"""Sign texts with MinHash: fold, tokenise, hash word n-grams and permute in one compiled pass.

The shingles of a text are its folded words (`corpus.arabic.folded_words`), n in a row, joined by one space, in
UTF-8. Over them a row of `signatures` equals `datasketch.MinHash(num_perm, seed, scheme="affine32",
hashfunc=xxhash.xxh32_intdigest).hashvalues` bit for bit, so sketches move both ways (`dedup.sketch.family`).

Most code points fold one by one, by a table; a text with any other (a letter with loose accents, a final sigma) is
folded in Python first and enters the same pass as folded words. Shingles are hashed with XXH32
(github.com/Cyan4973/xxHash, doc/xxhash_spec.md).
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from corpus.arabic import folded_words
from dedup.kernel import compiled, inlined
from dedup.sketch.family import draw_family
from dedup.sketch.foldtable import LONGEST, fold_table
from dedup.sketch.numbers import number_words, read_words
from dedup.sketch.words import ROOM, Encoded, encode, hash_folded, hash_words, read_eight, tokenise

#: Words in a shingle.
NGRAM = 3
#: Words of which is remembered what was made of them, a power of two: .8 MB.
_MOST_SEEN = 1 << 15

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
    return np.uint32(read_eight(data, at) & np.uint64(0xFFFFFFFF))


@inlined
def _round(value: Any, word: Any) -> Any:
    return np.uint32(_turn(np.uint32(value + np.uint32(word * _P2)), 13) * _P1)


@inlined
def _mix(value: Any, shift: Any, one: Any, other: Any) -> Any:
    value = np.uint32((value ^ (value >> np.uint32(shift))) * one)
    value = np.uint32((value ^ (value >> np.uint32(13))) * other)
    return np.uint32(value ^ (value >> np.uint32(16)))


@inlined
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


class Sketches(NamedTuple):
    """Hold what one pass makes of N texts.

    `signatures` uint32[N, permutations], all ones where a text has fewer than n words; `words` uint32, the hash of
    each word in order, its high half the same in all spellings, its lowest bit telling whether a number begins there
    (`dedup.sketch.numbers.read_words`): text i owns `words[bounds[i]:bounds[i + 1]]`; `digests` uint64[N], equal where
    all folded words are.
    """

    signatures: NDArray[np.uint32]
    words: NDArray[np.uint32]
    bounds: NDArray[np.int64]
    digests: NDArray[np.uint64]


class _Memory(threading.local):
    """What was made of words (`read_words`): of each thread its own, because kernels run side by side."""

    def __init__(self) -> None:
        self.seen = np.zeros((_MOST_SEEN, 3), dtype=np.uint64)


_memory = _Memory()


@compiled("int64(uint8[::1], int64, int64[::1], int64, uint32[::1])")
def hash_shingles(out: Any, words: Any, ends: Any, ngram: Any, values: Any) -> Any:
    """Hash each run of `ngram` of the words that `tokenise` wrote into `out`; return how many there are.

    `values` has a place for each word. What datasketch calls a hash is that of XXH32, mixed once more.
    """
    total, start = max(0, words - ngram + 1), 0
    for first in range(total):
        value = _xxh32(out, np.uint64(start), np.uint64(ends[first + ngram - 1]))
        values[first] = _mix(value, 16, _MURMUR_1, _MURMUR_2)
        start = ends[first] + 1
    return total


@compiled("void(uint32[::1], uint32[::1], uint32[::1], uint32[::1])")
def _permute(values: Any, factors: Any, shifts: Any, signature: Any) -> None:
    """Keep the least of each permutation; four values at a time, because loading costs more than multiplying."""
    whole = len(values) // 4 * 4
    for word in range(0, whole, 4):
        one, two, three, four = values[word], values[word + 1], values[word + 2], values[word + 3]
        for at in range(len(signature)):
            factor, shift = factors[at], shifts[at]
            left = min(np.uint32(one * factor + shift), np.uint32(two * factor + shift))
            right = min(np.uint32(three * factor + shift), np.uint32(four * factor + shift))
            signature[at] = min(signature[at], min(left, right))
    for word in range(whole, len(values)):
        one = values[word]
        for at in range(len(signature)):
            signature[at] = min(signature[at], np.uint32(one * factors[at] + shifts[at]))


@compiled(
    "int64(uint32[::1], int64[::1], uint64[::1],"
    " uint64[:, ::1], uint32[::1], float64[::1], uint8[::1], int64[::1],"
    " int64, uint32[:, ::1], int64, uint32[:, ::1], uint32[::1], int64[::1], uint64[::1])"
)
def _sign(
    codes: Any,
    bounds: Any,
    table: Any,
    seen: Any,
    keys: Any,
    amounts: Any,
    kinds: Any,
    letters: Any,
    ngram: Any,
    permutations: Any,
    longest: Any,
    signatures: Any,
    hashes: Any,
    counts: Any,
    digests: Any,
) -> Any:
    """Sign each text `codes[bounds[i]:bounds[i + 1]]`; `counts[i]` is its words or -1. Returns all words."""
    out = np.empty(longest * LONGEST + ROOM, dtype=np.uint8)
    ends, values = np.empty(longest + 1, dtype=np.int64), np.empty(longest + 1, dtype=np.uint32)
    pieces = np.empty((longest + 1, 2), dtype=np.uint64)
    total = 0
    for text in range(len(bounds) - 1):
        count = tokenise(codes, bounds[text], bounds[text + 1], table, out, ends)
        counts[text] = count
        if count > 0:
            digests[text] = hash_words(out, count, ends, hashes[total : total + count], pieces)
            read_words(out, count, ends, hashes[total : total + count], pieces, seen, keys, amounts, kinds, letters)
            found = hash_shingles(out, count, ends, ngram, values)
            _permute(values[:found], permutations[0], permutations[1], signatures[text])
            total += count
    return total


def sign(texts: Sequence[str], ngram: int = NGRAM, permutations: NDArray[np.uint32] | None = None) -> Sketches:
    """Sign each text over its folded word `ngram`s with `permutations`, uint32[2, count], or those of the family."""
    return sign_encoded(encode(texts), ngram, draw_family().permutations if permutations is None else permutations)


def sign_encoded(texts: Encoded, ngram: int, permutations: NDArray[np.uint32]) -> Sketches:
    """Sign texts that `encode` returned."""
    number = len(texts.bounds) - 1
    signatures = np.full((number, permutations.shape[1]), 0xFFFFFFFF, dtype=np.uint32)
    # A word and what parts it from the next take two code points at least.
    hashes = np.empty((len(texts.codes) + number) // 2, dtype=np.uint32)
    counts = np.empty(number, dtype=np.int64)
    longest = int(np.diff(texts.bounds).max(initial=0))
    digests = np.zeros(number, dtype=np.uint64)
    tables = fold_table(), _memory.seen, *number_words()
    words = hashes[: _sign(*texts, *tables, ngram, permutations, longest, signatures, hashes, counts, digests)]
    unsafe = np.flatnonzero(counts < 0)
    if len(unsafe):
        late = []
        for at in unsafe.tolist():
            data, ends, own, pieces, digests[at] = hash_folded(folded_words(texts.text(at)))
            read_words(data, len(own), ends, own, pieces, *tables[1:])
            values = np.empty_like(own)
            found = hash_shingles(data, len(own), ends, ngram, values)
            _permute(values[:found], permutations[0], permutations[1], signatures[at])
            late.append(own)
        counts[unsafe] = [len(words) for words in late]
        # The words of the texts that were signed late stand between the others.
        from_python = np.repeat(np.isin(np.arange(number), unsafe), counts)
        whole = np.empty(len(from_python), dtype=np.uint32)
        whole[from_python], whole[~from_python] = np.concatenate(late), words
        words = whole
    return Sketches(signatures, words, np.concatenate((np.zeros(1, dtype=np.int64), np.cumsum(counts))), digests)
