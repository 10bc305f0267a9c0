"""What each code point folds to and what it does to a word, as one table that compiled code can read.

Read off `corpus.arabic`, so that the kernel folds exactly as `corpus.arabic.folded_words` does; where a code point's
neighbours may change what becomes of it, the table says so, and the text is folded in Python.
"""

from __future__ import annotations

import unicodedata
from functools import cache

import numpy as np
from numpy.typing import NDArray

from corpus.arabic import FOLD_TABLE, fold, words

#: The table covers the plane in which news is written, and emoji; what lies beyond is folded in Python.
_TABLE_SIZE = 0x20000
_COVERED = (*range(0xD800), *range(0xE000, 0x10000), *range(0x1F000, _TABLE_SIZE))
#: An entry of the table, uint64: what the code point folds to, as UTF-8 in the low 32 bits and its length in the next
#: 8, then whether that is a digit, then what it does to a word. MANY code points (a ligature) are listed at the end
#: of the same table; the low bits then say where, their number first.
LENGTH, DIGIT, KIND = np.uint64(32), np.uint64(40), np.uint64(48)
BREAK, LETTER, MARK, DROP, UNSAFE, MANY, SURROGATE = map(np.uint64, range(7))
#: Most bytes that one UTF-16 unit becomes; "ﷺ", which becomes 33, is left to Python.
LONGEST = 6

#: The lower case of sigma depends on the letters around it; a loose hamza may melt into a yeh barree.
_NEVER_ALONE = frozenset("Σ\u0654")
_HANGUL_VOWELS_AND_FINALS = frozenset(map(chr, (*range(0x1161, 0x1176), *range(0x11A8, 0x11C3))))


def _unsafe_parts() -> frozenset[str]:
    """Collect what, left by NFKC, its neighbours may still change: it melts into them, reorders, or ends a word."""
    everything = list(map(chr, _COVERED))
    pairs = [unicodedata.decomposition(one) for one in everything]
    melting = {chr(int(pair.split()[1], 16)) for pair in pairs if pair.count(" ") == 1 and pair[0] != "<"}
    reordered = {one for one in everything if unicodedata.combining(one)}
    kept = {one for one in melting | reordered if FOLD_TABLE.get(ord(one), one) is not None}
    return _NEVER_ALONE | _HANGUL_VOWELS_AND_FINALS | kept


@cache
def fold_table() -> NDArray[np.uint64]:
    """Return for each code point what it folds to and what it does to a word, read off `corpus.arabic`.

    Newlines keep code points apart, so that one call treats them all.
    """
    plain = "\n".join(chr(code) for code in _COVERED if code != 0x0A)
    unsafe = _unsafe_parts()
    folded = fold(plain).split("\n")
    entries = _entries("".join(folded))
    table = [int(UNSAFE << KIND)] * _TABLE_SIZE
    table[0x0A] = int(BREAK << KIND)
    table[0xD800:0xE000] = [int(SURROGATE << KIND)] * 0x800
    for one, parts, result in zip(plain[::2], unicodedata.normalize("NFKC", plain).split("\n"), folded, strict=True):
        if not unsafe.isdisjoint(parts) or len(result.encode()) > LONGEST:
            continue
        found = [entries[part] for part in result]
        breaks = [entry >> int(KIND) == BREAK for entry in found]
        if len(found) < 2:
            table[ord(one)] = found[0] if found else int(DROP << KIND)
        elif all(breaks):
            table[ord(one)] = int(BREAK << KIND)
        elif not any(breaks):
            table[ord(one)] = int(MANY << KIND) | len(table)
            table += (len(found), *found)
    return np.array([*table, _TABLE_SIZE], dtype=np.uint64)


def _entries(characters: str) -> dict[str, int]:
    """Return the entry of each folded character."""
    distinct = sorted(set(characters))
    letters = set(words(" ".join(distinct)))
    marks = {word[1:] for word in words(" ".join("a" + one for one in distinct))}
    return {one: _entry(one, LETTER if one in letters else MARK if one in marks else BREAK) for one in distinct}


def _entry(character: str, kind: np.uint64) -> int:
    encoded = character.encode()
    digit = int("0" <= character <= "9") << int(DIGIT)
    return int.from_bytes(encoded, "little") | len(encoded) << int(LENGTH) | digit | int(kind << KIND)


@cache
def split_table() -> NDArray[np.uint64]:
    """Return the table for words already folded and joined by a space: nothing else breaks a word."""
    codes = np.arange(0x110001, dtype=np.uint64)
    sizes = (1 + (codes > 0x7F) + (codes > 0x7FF) + (codes > 0xFFFF)).astype(np.uint64)
    table = codes.copy()
    for size, lead in ((2, 0xC0), (3, 0xE0), (4, 0xF0)):
        parts = [codes >> np.uint64(6 * part) & np.uint64(0x3F) | np.uint64(0x80) for part in range(size - 1)]
        encoded = codes >> np.uint64(6 * (size - 1)) | np.uint64(lead)
        for place, part in enumerate(reversed(parts), 1):
            encoded |= part << np.uint64(8 * place)
        table = np.where(sizes == size, encoded, table)
    table |= sizes << LENGTH | ((codes >= 0x30) & (codes <= 0x39)).astype(np.uint64) << DIGIT | LETTER << KIND
    table[0xD800:0xE000] = SURROGATE << KIND
    table[0x20], table[-1] = BREAK << KIND, 0x110000
    return table
