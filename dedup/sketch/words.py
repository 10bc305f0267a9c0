"""Fold and tokenise texts, and hash each word: the first half of the pass that `minhash` makes over a text.

The words are those of `corpus.arabic.folded_words`, in UTF-8, each with one space behind it. Most code points fold
one by one, by a table (`dedup.sketch.foldtable`); a text with any other cannot be tokenised here, and says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedup.kernel import MIX, compiled, inlined, part
from dedup.sketch.foldtable import BEYOND, BREAK, LENGTH, LETTER, MANY, MARK, RARE, UNSAFE

#: Bytes that may be read or written behind the last word.
ROOM = 16
_ONE = np.uint64(1)
#: For finding bytes from "0" to "9" in eight at once.
_ZEROS, _LOW_BITS, _BEYOND_NINE, _HIGH_BITS = (
    np.uint64(byte * 0x0101010101010101) for byte in (0x30, 0x7F, 0x76, 0x80)
)


class Encoded(NamedTuple):
    """Hold texts as the kernel reads them: code points, those of text i at `bounds[i]:bounds[i + 1]`."""

    codes: NDArray[np.uint32]
    bounds: NDArray[np.int64]

    def text(self, at: int) -> str:
        """Return a text again."""
        return self.codes[self.bounds[at] : self.bounds[at + 1]].tobytes().decode("utf-32-le", "surrogatepass")


def encode(texts: Sequence[str]) -> Encoded:
    """Encode texts, all at once, through numpy, which copies where a codec looks at each character."""
    whole = "".join(texts)
    array = np.array([whole], dtype=f"<U{max(1, len(whole))}")
    bounds = np.zeros(len(texts) + 1, dtype=np.int64)
    np.cumsum([len(text) for text in texts], out=bounds[1:])
    return Encoded(array.view(np.uint32)[: len(whole)], bounds)


def cut(values: NDArray[np.uint32], bounds: NDArray[np.int64]) -> list[memoryview]:
    """Cut `values` at `bounds` without copying: many slices of a memoryview cost less than those of an array."""
    view = values.data
    return [view[start:stop] for start, stop in pairwise(bounds.tolist())]


@inlined
def _store(data: Any, at: Any, value: Any) -> Any:
    """Write the four bytes of a table's entry, of which those of the code point count."""
    for byte in range(4):
        data[at + np.uint64(byte)] = np.uint8(value >> np.uint64(8 * byte) & np.uint64(0xFF))


@inlined
def read_eight(data: Any, at: Any) -> Any:
    """Read eight bytes as a number."""
    value = np.uint64(0)
    for byte in range(8):
        value |= np.uint64(data[at + np.uint64(byte)]) << np.uint64(8 * byte)
    return value


@part("UniTuple(int64, 2)(uint32, uint64[::1], boolean, uint8[::1], int64)")
def _rarely(code: Any, table: Any, inside: Any, out: Any, filled: Any) -> Any:
    """Write what is neither a plain letter nor a break: a mark, a ligature.

    Returns how much it wrote, and 0, 1 where it ends a word, or -1 where it does not fold on its own.
    """
    entry, place, listed = table[min(code, BEYOND)], np.uint32(0), np.uint64(1)
    if entry >> RARE == MANY:
        place = np.uint32(entry)
        listed = table[place]
        entry = table[place + np.uint32(1)]
    wrote: Any = 0
    while listed > 0:
        if entry >> RARE == UNSAFE:
            return 0, -1
        if entry >> BREAK & _ONE:
            return 0, 1
        # A mark belongs to the word it stands in; before one it is nothing, also where a ligature opens with it.
        if entry >> LETTER & _ONE or (entry >> RARE == MARK and (inside or wrote > 0)):
            _store(out, np.uint64(filled + wrote), entry)
            wrote += np.int64(entry >> LENGTH & np.uint64(0xFF))
        listed -= np.uint64(1)
        place += np.uint32(1)
        entry = table[place + np.uint32(1)]
    return wrote, 0


@part(
    "UniTuple(uint64, 4)(uint32[::1], uint64, uint64, uint64[::1], uint8[::1], int64[::1], uint64, uint64, uint64)"
)
def _run(codes: Any, at: Any, stop: Any, table: Any, out: Any, ends: Any, filled: Any, count: Any, inside: Any) -> Any:
    """Write letters and breaks up to the first code point that is something else, without a branch for either.

    A function of its own, so that the loop has the registers; everything is unsigned, because a signed index is
    checked for counting from the end. Returns `at`, `filled`, `count` and `inside` (a word has begun) as they are.
    """
    while at < stop:
        entry = table[min(codes[at], BEYOND)]
        if entry >> RARE:
            break
        ended = inside & entry >> BREAK
        _store(out, filled, entry)
        ends[count] = filled
        filled += (entry >> LENGTH & np.uint64(0xFF)) + ended
        count += ended
        inside = (inside | entry >> LETTER & _ONE) ^ ended
        at += _ONE
    return at, filled, count, inside


@part("int64(uint32[::1], int64, int64, uint64[::1], uint8[::1], int64[::1])")
def tokenise(codes: Any, start: Any, stop: Any, table: Any, out: Any, ends: Any) -> Any:
    """Write the folded words of the code points `codes[start:stop]` as UTF-8, each with a space behind it.

    `ends[i]` is the end of word i without the space. Returns the number of words, or -1 where a code point does not
    fold on its own.
    """
    at, end = np.uint64(start), np.uint64(stop)
    filled, count, inside = np.uint64(0), np.uint64(0), np.uint64(0)
    while True:
        at, filled, count, inside = _run(codes, at, end, table, out, ends, filled, count, inside)
        if at >= end:
            break
        wrote, ended = _rarely(codes[at], table, inside != 0, out, np.int64(filled))
        if ended < 0:
            return -1
        at, filled, inside = at + _ONE, filled + np.uint64(wrote), inside | np.uint64(wrote > 0)
        if ended > 0 and inside:
            ends[count] = filled
            out[filled] = 0x20
            filled, count, inside = filled + _ONE, count + _ONE, np.uint64(0)
    ends[count] = filled
    return np.int64(count + inside)


@inlined
def _digits(eight: Any) -> Any:
    """Return a bit for each of `eight` bytes that is a digit."""
    value = eight ^ _ZEROS
    return ~((value & _LOW_BITS) + _BEYOND_NINE | value) & _HIGH_BITS


@inlined
def absorb(value: Any, eight: Any) -> Any:
    """Mix eight more bytes into a hash."""
    value = (value ^ eight) * MIX
    return value ^ value >> np.uint64(32)


@inlined
def _absorb_whole(value: Any, eight: Any) -> Any:
    """Mix eight bytes into a hash that more bytes follow.

    One multiplication moves bits upwards only: what it made of the last letters could be undone by letters eight bytes
    further on.
    """
    return absorb(absorb(value, eight), np.uint64(0))


@compiled("uint64(uint8[::1], int64, int64[::1], uint32[::1], uint64[:, ::1])")
def hash_words(out: Any, count: Any, ends: Any, hashes: Any, pieces: Any) -> Any:
    """Hash each of the `count` words that `tokenise` wrote, and return a hash of them all.

    The lowest bit of a word's hash tells whether it has a digit. Words of up to 16 bytes, nearly all, take the same two
    steps: their first eight bytes and their last, without a branch; these are their `pieces`, zeros those of a longer
    one.
    """
    at, whole = 0, np.uint64(count)
    for word in range(count):
        stop, start = ends[word], at
        value, digits = np.uint64(stop - at) * MIX, np.uint64(0)
        while stop - at > 16:
            eight = read_eight(out, np.uint64(at))
            value, digits = _absorb_whole(value, eight), digits | _digits(eight)
            at += 8
        first = read_eight(out, np.uint64(at)) & np.uint64(0xFFFFFFFFFFFFFFFF) >> np.uint64(8 * max(0, at + 8 - stop))
        value, digits = _absorb_whole(value, first), digits | _digits(first)
        last = read_eight(out, np.uint64(max(at, stop - 8))) & (np.uint64(0) - np.uint64(stop - at > 8))
        value, digits = absorb(value, last) * MIX, digits | _digits(last)
        short = np.uint64(0) - np.uint64(at == start)
        pieces[word, 0], pieces[word, 1] = first & short, last & short
        hashes[word] = np.uint32(value >> np.uint64(32) & np.uint64(0xFFFFFFFE)) | np.uint32(digits != 0)
        whole = absorb(whole, value)
        at = stop + 1
    return whole


def hash_folded(
    words: Iterable[str],
) -> tuple[NDArray[np.uint8], NDArray[np.int64], NDArray[np.uint32], NDArray[np.uint64], int]:
    """Return words folded in Python as `tokenise` leaves them, their hashes and pieces, and the hash of them all."""
    data = np.frombuffer(bytearray(" ".join(words).encode() + bytes(ROOM)), dtype=np.uint8)
    # The last word ends where the text does, if there is one.
    ends = np.flatnonzero(np.append(data[:-ROOM] == 0x20, len(data) > ROOM))
    count = len(ends)
    hashes, pieces = np.empty(count, dtype=np.uint32), np.empty((count, 2), dtype=np.uint64)
    return data, ends, hashes, pieces, hash_words(data, count, ends, hashes, pieces)


@part("uint32[::1](const uint32[::1], int64)")
def shingle(words: Any, ngram: Any) -> Any:
    """Return the hash of each run of `ngram` words; of a single word, the word's own: for kernels (`hash_runs`)."""
    if ngram == 1:
        return words.copy()
    values = np.zeros(max(0, len(words) - ngram + 1), dtype=np.uint64)
    # Word by word over all of them, so that it compiles to vectors.
    for at in range(ngram):
        for start in range(len(values)):
            value = (values[start] ^ np.uint64(words[start + at])) * MIX
            values[start] = value ^ value >> np.uint64(29)
    return (values >> np.uint64(32)).astype(np.uint32)


@compiled("void(const uint32[::1], int64, uint32[::1])")
def _hash_runs(words: Any, ngram: Any, found: Any) -> None:
    found[:] = shingle(words, ngram)


def hash_runs(words: NDArray[np.uint32], ngram: int) -> NDArray[np.uint32]:
    """Return the hash of each run of `ngram` words."""
    found = np.empty(max(0, len(words) - ngram + 1), dtype=np.uint32)
    _hash_runs(words, ngram, found)
    return found
