"""Sign texts with MinHash: fold, tokenise, hash word n-grams and permute in one compiled pass.

The shingles of a text are its folded words (`corpus.arabic.folded_words`), n in a row, joined by one space, in
UTF-8. Over them a row of `signatures` equals `datasketch.MinHash(num_perm, seed, scheme="affine32",
hashfunc=xxhash.xxh32_intdigest).hashvalues` bit for bit, so sketches move both ways (`to_lean`, `from_lean`).

Most code points fold one by one, by a table; a text with any other (a letter with loose accents, a final sigma) is
folded in Python first and enters the same pass as folded words.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from datasketch import LeanMinHash, MinHash  # type: ignore[import-untyped]
from numpy.typing import NDArray

from corpus.arabic import folded_words
from dedup.config import SIGNATURE
from dedup.foldtable import (
    BREAK,
    DIGIT,
    DROP,
    KIND,
    LENGTH,
    LETTER,
    LONGEST,
    MANY,
    MARK,
    UNSAFE,
    fold_table,
    split_table,
)
from dedup.kernel import compiled, inlined, read32, store32

PERMUTATIONS = SIGNATURE
#: datasketch's default; sketches of different seeds do not compare.
SEED = 1

#: Room for a read or write of 32 bits at the last byte.
_ROOM = 4


class Sketches(NamedTuple):
    """Hold what one pass makes of N texts.

    `signatures` uint32[N, permutations], all ones where a text has fewer than n words; `words` uint32, the hash of
    each word in order, its lowest bit telling whether the word has a digit: text i owns
    `words[bounds[i]:bounds[i + 1]]`.
    """

    signatures: NDArray[np.uint32]
    words: NDArray[np.uint32]
    bounds: NDArray[np.int64]


_P1, _P2, _P3 = np.uint32(0x9E3779B1), np.uint32(0x85EBCA77), np.uint32(0xC2B2AE3D)
_MIX = np.uint64(0x9E3779B97F4A7C15)
_P4, _P5 = np.uint32(0x27D4EB2F), np.uint32(0x165667B1)


@inlined
def _turn(value: Any, bits: Any) -> Any:
    return np.uint32(value << bits) | np.uint32(value >> (np.uint32(32) - bits))


@inlined
def _round(lane: Any, value: Any) -> Any:
    return np.uint32(_turn(np.uint32(lane + np.uint32(value * _P2)), np.uint32(13)) * _P1)


@inlined
def _finish(value: Any, s1: Any, m1: Any, s2: Any, m2: Any) -> Any:
    value = np.uint32((value ^ (value >> s1)) * m1)
    value = np.uint32((value ^ (value >> s2)) * m2)
    return np.uint32(value ^ (value >> np.uint32(16)))


@inlined
def xxh32(data: Any, start: Any, stop: Any) -> Any:
    """Hash `data[start:stop]` with XXH32 and seed 0 (github.com/Cyan4973/xxHash, doc/xxhash_spec.md)."""
    at = start
    if stop - start >= 16:
        v1, v2, v3, v4 = np.uint32(0x24234428), _P2, np.uint32(0), np.uint32(0x61C8864F)
        while at <= stop - 16:
            v1 = _round(v1, read32(data, at))
            v2 = _round(v2, read32(data, at + 4))
            v3 = _round(v3, read32(data, at + 8))
            v4 = _round(v4, read32(data, at + 12))
            at += 16
        value = np.uint32(
            _turn(v1, np.uint32(1)) + _turn(v2, np.uint32(7)) + _turn(v3, np.uint32(12)) + _turn(v4, np.uint32(18))
        )
    else:
        value = _P5
    value = np.uint32(value + np.uint32(stop - start))
    while at <= stop - 4:
        value = np.uint32(_turn(np.uint32(value + np.uint32(read32(data, at) * _P3)), np.uint32(17)) * _P4)
        at += 4
    while at < stop:
        value = np.uint32(_turn(np.uint32(value + np.uint32(data[at] * _P5)), np.uint32(11)) * _P1)
        at += 1
    return _finish(value, np.uint32(15), _P2, np.uint32(13), _P3)


@compiled("UniTuple(int64, 3)(uint16[::1], int64, int64, uint64[::1], boolean, uint8[::1], int64)")
def _rarely(raw: Any, at: Any, stop: Any, table: Any, inside: Any, out: Any, filled: Any) -> Any:
    """Write what is not a plain letter: a mark, a ligature, a pair of surrogates.

    Returns how much of `raw` it took, how much it wrote, and 0, 1 where it ends a word, or -1 where it is unsafe.
    """
    code, took = np.uint32(raw[at]), 1
    if code & np.uint32(0xF800) == np.uint32(0xD800):
        if code >= 0xDC00 or at + 1 == stop or raw[at + 1] & 0xFC00 != 0xDC00:
            return 1, 0, 1
        low = np.uint32(raw[at + 1]) & np.uint32(0x3FF)
        code, took = np.uint32(0x10000) + ((code & np.uint32(0x3FF)) << np.uint32(10) | low), 2
    if code >= table[len(table) - 1]:
        return took, 0, -1
    entry, place, listed = table[code], np.uint32(0), np.uint64(1)
    if entry >> KIND == MANY:
        place = np.uint32(entry)
        listed = table[place]
        entry = table[place + np.uint32(1)]
    wrote: Any = 0
    while listed > 0:
        kind = entry >> KIND
        if kind == UNSAFE:
            return took, 0, -1
        if kind == BREAK:
            return took, 0, 1
        # A mark belongs to the word it stands in; before one it is nothing, also where a ligature opens with it.
        if kind != DROP and (kind != MARK or inside or wrote > 0):
            store32(out, filled + wrote, np.uint32(entry))
            wrote += np.int64(entry >> LENGTH & np.uint64(0xFF))
        listed -= np.uint64(1)
        place += np.uint32(1)
        entry = table[place + np.uint32(1)]
    return took, wrote, 0


@compiled("int64(uint16[::1], int64, int64, uint64[::1], uint8[::1], int64[::1], uint32[::1])")
def _tokenise(raw: Any, start: Any, stop: Any, table: Any, out: Any, ends: Any, hashes: Any) -> Any:
    """Write the folded words of UTF-16 `raw[start:stop]` as UTF-8, each with a space behind it.

    `ends[i]` is the end of word i without the space, `hashes[i]` tells in its lowest bit whether it has a digit.
    The last entry of `table` says how many code points it covers. Returns the number of words, or -1 where a code
    point does not fold on its own.
    """
    # Unsigned, because a signed index is checked for counting from the end.
    at, end, one = np.uint64(start), np.uint64(stop), np.uint64(1)
    count, begun, union = 0, 0, np.uint64(0)
    filled: Any = 0
    while at < end:
        entry = table[raw[at]]
        kind = entry >> KIND
        at += one
        if kind == LETTER:
            store32(out, filled, np.uint32(entry))
            filled += np.int64(entry >> LENGTH & np.uint64(0xFF))
            union |= entry
            continue
        if kind != BREAK:
            took, wrote, ended = _rarely(raw, np.int64(at - one), stop, table, filled > begun, out, filled)
            at, filled = at + np.uint64(took - 1), filled + np.int64(wrote)
            if ended == 0:
                continue
            if ended < 0:
                return -1
        if filled > begun:
            ends[count] = filled
            hashes[count] = np.uint32(union >> DIGIT & np.uint64(1))
            out[filled] = 0x20
            filled += 1
            begun, count, union = filled, count + 1, np.uint64(0)
    if filled > begun:
        ends[count] = filled
        hashes[count] = np.uint32(union >> DIGIT & np.uint64(1))
        count += 1
    return count


@compiled("void(uint8[::1], int64, int64[::1], uint32[::1])")
def _hash_words(out: Any, count: Any, ends: Any, hashes: Any) -> None:
    """Hash each word; the lowest bit stays what it is."""
    at = 0
    for word in range(count):
        stop = ends[word]
        value = np.uint64(stop - at)
        while at < stop - 4:
            value = (value ^ np.uint64(read32(out, at))) * _MIX
            value ^= value >> np.uint64(32)
            at += 4
        rest = np.uint64(0xFFFFFFFF) >> np.uint64(8 * (at + 4 - stop))
        value = (value ^ (np.uint64(read32(out, at)) & rest)) * _MIX
        value = (value ^ value >> np.uint64(29)) * _MIX
        hashes[word] |= np.uint32(value >> np.uint64(32) & np.uint64(0xFFFFFFFE))
        at = stop + 1


@compiled("uint32[::1](uint8[::1], int64, int64[::1], int64)")
def _hash_shingles(out: Any, count: Any, ends: Any, ngram: Any) -> Any:
    """Return the hash of each run of `ngram` words, through MurmurHash3's finalizer as datasketch does."""
    values = np.empty(max(0, count - ngram + 1), dtype=np.uint32)
    start = 0
    for word in range(len(values)):
        value = xxh32(out, start, ends[word + ngram - 1])
        values[word] = _finish(value, np.uint32(16), np.uint32(0x85EBCA6B), np.uint32(13), np.uint32(0xC2B2AE35))
        start = ends[word] + 1
    return values


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
    "int64(uint16[::1], int64[::1], uint64[::1], int64, uint32[:, ::1],"
    " uint32[:, ::1], uint32[::1], int64[::1], uint8[::1], int64[::1])"
)
def _sign(
    raw: Any,
    offsets: Any,
    table: Any,
    ngram: Any,
    permutations: Any,
    signatures: Any,
    hashes: Any,
    counts: Any,
    out: Any,
    ends: Any,
) -> Any:
    """Sign each text `raw[offsets[i]:offsets[i + 1]]`; `counts[i]` is its words or -1. Returns all words."""
    total = 0
    for text in range(len(offsets) - 1):
        count = _tokenise(raw, offsets[text], offsets[text + 1], table, out, ends, hashes[total:])
        counts[text] = count
        if count > 0:
            _hash_words(out, count, ends, hashes[total:])
            values = _hash_shingles(out, count, ends, ngram)
            _permute(values, permutations[0], permutations[1], signatures[text])
            total += count
    return total


@cache
def permutations(count: int, seed: int) -> NDArray[np.uint32]:
    """Return the factors and shifts, uint32[2, count], that datasketch draws for `seed`."""
    return np.ascontiguousarray(MinHash(num_perm=count, seed=seed, scheme="affine32").permutations)


def encode(texts: Sequence[str]) -> list[bytes]:
    """Encode texts as the kernel reads them: UTF-16 costs Python a copy, UTF-8 a loop."""
    return [text.encode("utf-16-le", "surrogatepass") for text in texts]


def sign(texts: Sequence[str], ngram: int = 3, count: int = PERMUTATIONS, seed: int = SEED) -> Sketches:
    """Sign each text over its folded word `ngram`s with `count` permutations."""
    return sign_encoded(encode(texts), ngram, count, seed)


def sign_encoded(
    texts: Sequence[bytes], ngram: int = 3, count: int = PERMUTATIONS, seed: int = SEED
) -> Sketches:
    """Sign texts that `encode` returned."""
    first, counts = _pass(texts, fold_table(), ngram, permutations(count, seed))
    unsafe = np.flatnonzero(counts < 0)
    if not len(unsafe):
        return first
    plain = (texts[at].decode("utf-16-le", "surrogatepass") for at in unsafe.tolist())
    folded = encode([" ".join(folded_words(text)) for text in plain])
    second, again = _pass(folded, split_table(), ngram, permutations(count, seed))
    first.signatures[unsafe] = second.signatures
    counts[unsafe] = again
    return _weave(first, second, counts, unsafe)


def _pass(
    texts: Sequence[bytes], table: NDArray[np.uint64], ngram: int, drawn: NDArray[np.uint32]
) -> tuple[Sketches, NDArray[np.int64]]:
    """Run the kernel; the counts it returns are -1 for texts that `table` cannot fold."""
    offsets = np.zeros(len(texts) + 1, dtype=np.int64)
    np.cumsum([len(text) // 2 for text in texts], out=offsets[1:])
    raw = np.frombuffer(bytearray().join(texts), dtype=np.uint16)
    longest = int(np.diff(offsets).max(initial=0))
    signatures = np.full((len(texts), drawn.shape[1]), 0xFFFFFFFF, dtype=np.uint32)
    hashes = np.empty(len(raw) + 1, dtype=np.uint32)
    counts = np.empty(len(texts), dtype=np.int64)
    out = np.empty(longest * LONGEST + _ROOM, dtype=np.uint8)
    ends = np.empty(longest + 1, dtype=np.int64)
    total = _sign(raw, offsets, table, ngram, drawn, signatures, hashes, counts, out, ends)
    return Sketches(signatures, hashes[:total], _bounds(np.maximum(counts, 0))), counts


def _bounds(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.concatenate((np.zeros(1, dtype=np.int64), np.cumsum(counts)))


def _weave(first: Sketches, second: Sketches, counts: NDArray[np.int64], unsafe: NDArray[np.int64]) -> Sketches:
    """Put the words of the second pass between those of the first."""
    bounds = _bounds(counts)
    hashes = np.empty(bounds[-1], dtype=np.uint32)
    late = np.zeros(len(counts), dtype=bool)
    late[unsafe] = True
    mask = np.repeat(late, counts)
    hashes[mask], hashes[~mask] = second.words, first.words
    return Sketches(first.signatures, hashes, bounds)


def to_lean(signature: NDArray[np.uint32], seed: int = SEED) -> LeanMinHash:
    """Give a signature to datasketch: its indexes, its byte format, its Redis storage."""
    return LeanMinHash(seed=seed, hashvalues=signature, scheme="affine32")


def from_lean(sketch: LeanMinHash) -> NDArray[np.uint32]:
    """Take a signature from datasketch.

    Raises:
        ValueError: the sketch was made with another permutation scheme.
    """
    if sketch.scheme != "affine32":
        raise ValueError(f"a sketch of scheme {sketch.scheme!r} does not compare with affine32; sign the text again")
    return np.asarray(sketch.hashvalues, dtype=np.uint32)
