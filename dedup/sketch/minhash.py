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
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from corpus.arabic import folded_words
from dedup.config import SIGNATURE
from dedup.kernel import compiled
from dedup.sketch.foldtable import LONGEST, fold_table
from dedup.sketch.shingles import hash_shingles
from dedup.sketch.words import ROOM, Encoded, encode, hash_words, split, tokenise

if TYPE_CHECKING:
    from datasketch import LeanMinHash  # type: ignore[import-untyped]

PERMUTATIONS = SIGNATURE
#: datasketch's default; sketches of different seeds do not compare.
SEED = 1


class Sketches(NamedTuple):
    """Hold what one pass makes of N texts.

    `signatures` uint32[N, permutations], all ones where a text has fewer than n words; `words` uint32, the hash of
    each word in order, its lowest bit telling whether the word has a digit, its high half then the same for the same
    digits: text i owns `words[bounds[i]:bounds[i + 1]]`.
    """

    signatures: NDArray[np.uint32]
    words: NDArray[np.uint32]
    bounds: NDArray[np.int64]


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
    "int64(uint32[::1], int64[::1], uint64[::1], int64, uint32[:, ::1], int64,"
    " uint32[:, ::1], uint32[::1], int64[::1])"
)
def _sign(
    codes: Any,
    bounds: Any,
    table: Any,
    ngram: Any,
    permutations: Any,
    longest: Any,
    signatures: Any,
    hashes: Any,
    counts: Any,
) -> Any:
    """Sign each text `codes[bounds[i]:bounds[i + 1]]`; `counts[i]` is its words or -1. Returns all words."""
    out = np.empty(longest * LONGEST + ROOM, dtype=np.uint8)
    ends, values = np.empty(longest + 1, dtype=np.int64), np.empty(longest + 1, dtype=np.uint32)
    total = 0
    for text in range(len(bounds) - 1):
        count = tokenise(codes, bounds[text], bounds[text + 1], table, out, ends)
        counts[text] = count
        if count > 0:
            hash_words(out, count, ends, hashes[total : total + count])
            found = hash_shingles(out, count, ends, ngram, values)
            _permute(values[:found], permutations[0], permutations[1], signatures[text])
            total += count
    return total


@compiled("int64(uint8[::1], int64, uint32[:, ::1], uint32[::1], uint32[::1])")
def _sign_folded(folded: Any, ngram: Any, permutations: Any, signature: Any, hashes: Any) -> Any:
    """Sign folded words joined by spaces, with ROOM bytes behind them; return how many words there are."""
    ends, values = np.empty(len(hashes), dtype=np.int64), np.empty(len(hashes), dtype=np.uint32)
    count = split(folded[: len(folded) - ROOM], ends)
    hash_words(folded, count, ends, hashes)
    found = hash_shingles(folded, count, ends, ngram, values)
    _permute(values[:found], permutations[0], permutations[1], signature)
    return count


@cache
def permutations(count: int, seed: int) -> NDArray[np.uint32]:
    """Return the factors, odd, and the shifts, uint32[2, count], that datasketch draws for `seed` (affine32)."""
    draw = np.random.RandomState(seed)
    factors = draw.randint(0, 1 << 31, count, dtype=np.uint32) * np.uint32(2) + np.uint32(1)
    return np.stack([factors, draw.randint(0, 1 << 32, count, dtype=np.uint32)])


def sign(texts: Sequence[str], ngram: int = 3, count: int = PERMUTATIONS, seed: int = SEED) -> Sketches:
    """Sign each text over its folded word `ngram`s with `count` permutations."""
    return sign_encoded(encode(texts), ngram, count, seed)


def sign_encoded(texts: Encoded, ngram: int = 3, count: int = PERMUTATIONS, seed: int = SEED) -> Sketches:
    """Sign texts that `encode` returned."""
    drawn = permutations(count, seed)
    sketches, counts = _pass(texts, ngram, drawn)
    unsafe = np.flatnonzero(counts < 0)
    if not len(unsafe):
        return sketches
    late = [_sign_in_python(texts.text(at), ngram, drawn, sketches.signatures[at]) for at in unsafe.tolist()]
    counts[unsafe] = [len(words) for words in late]
    return Sketches(sketches.signatures, _weave(sketches.words, late, counts, unsafe), _bounds(counts))


def _sign_in_python(
    text: str, ngram: int, drawn: NDArray[np.uint32], signature: NDArray[np.uint32]
) -> NDArray[np.uint32]:
    """Fold a text in Python, write its signature, and return the hashes of its words."""
    folded = " ".join(folded_words(text)).encode()
    data = np.frombuffer(bytearray(folded + bytes(ROOM)), dtype=np.uint8)
    hashes = np.empty(len(data), dtype=np.uint32)
    return hashes[: _sign_folded(data, ngram, drawn, signature, hashes)]


def _pass(texts: Encoded, ngram: int, drawn: NDArray[np.uint32]) -> tuple[Sketches, NDArray[np.int64]]:
    """Run the kernel; the counts it returns are -1 for texts that do not fold code point by code point."""
    number = len(texts.bounds) - 1
    signatures = np.full((number, drawn.shape[1]), 0xFFFFFFFF, dtype=np.uint32)
    # A word and what parts it from the next take two code points at least.
    hashes = np.empty((len(texts.codes) + number) // 2, dtype=np.uint32)
    counts = np.empty(number, dtype=np.int64)
    longest = int(np.diff(texts.bounds).max(initial=0))
    total = _sign(*texts, fold_table(), ngram, drawn, longest, signatures, hashes, counts)
    return Sketches(signatures, hashes[:total], _bounds(np.maximum(counts, 0))), counts


def _bounds(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.concatenate((np.zeros(1, dtype=np.int64), np.cumsum(counts)))


def _weave(
    early: NDArray[np.uint32], late: list[NDArray[np.uint32]], counts: NDArray[np.int64], unsafe: NDArray[np.int64]
) -> NDArray[np.uint32]:
    """Put the words of the texts that were signed late between the others."""
    mask = np.zeros(len(counts), dtype=bool)
    mask[unsafe] = True
    mask = np.repeat(mask, counts)
    words = np.empty(len(mask), dtype=np.uint32)
    words[mask], words[~mask] = np.concatenate(late), early
    return words


def to_lean(signature: NDArray[np.uint32], seed: int = SEED) -> LeanMinHash:
    """Give a signature to datasketch: its indexes, which several machines can share, and its byte format."""
    # Here, because it takes a third of a second to import, and most runs never need it.
    from datasketch import LeanMinHash

    return LeanMinHash(seed=seed, hashvalues=signature, scheme="affine32")


def from_lean(sketch: LeanMinHash) -> NDArray[np.uint32]:
    """Take a signature from datasketch.

    Raises:
        ValueError: the sketch was made with another permutation scheme.
    """
    if sketch.scheme != "affine32":
        raise ValueError(f"a sketch of scheme {sketch.scheme!r} does not compare with affine32; sign the text again")
    return np.asarray(sketch.hashvalues, dtype=np.uint32)
