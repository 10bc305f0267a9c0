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
from dedup.kernel import kept

#: The table covers the plane in which news is written, and emoji; what lies beyond is folded in Python.
_TABLE_SIZE = 0x20000
#: The entry of all code points beyond it.
BEYOND = np.uint32(_TABLE_SIZE)
#: Surrogates are none of it, and what is between the plane and emoji is rare.
_COVERED = (*range(0xD800), *range(0xE000, 0x10000), *range(0x1F000, _TABLE_SIZE))
#: An entry of the table, uint64: what the code point folds to, as UTF-8 in the low 32 bits and its length in the next
#: 8; then whether it is a letter or breaks words (as neither it is dropped); then, from RARE on, what else it may be.
#: MANY code points (a ligature) are listed at the end of the same table; the low bits then say where, their number
#: first.
LENGTH, LETTER, BREAK, RARE = map(np.uint64, (32, 40, 41, 42))
MARK, UNSAFE, MANY = map(np.uint64, range(1, 4))
#: A break is a space, of no length of its own: it counts where it ends a word.
_BREAK = 0x20 | 1 << int(BREAK)
#: Most bytes that one code point becomes; "ﷺ", which becomes 33, is left to Python.
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
    """Return for each code point what it folds to and what it does to a word, read off `corpus.arabic`."""
    return kept(f"folding-{unicodedata.unidata_version}", _make_table, __file__)


def _make_table() -> NDArray[np.uint64]:
    # Newlines keep code points apart, so that one call treats them all.
    plain = "\n".join(chr(code) for code in _COVERED if code != 0x0A)
    unsafe = _unsafe_parts()
    folded = fold(plain).split("\n")
    entries = _entries("".join(folded))
    table = [int(UNSAFE << RARE)] * (_TABLE_SIZE + 1)
    table[0x0A] = _BREAK
    table[0xD800:0xE000] = [_BREAK] * 0x800
    for one, parts, result in zip(plain[::2], unicodedata.normalize("NFKC", plain).split("\n"), folded, strict=True):
        if not unsafe.isdisjoint(parts) or len(result.encode()) > LONGEST:
            continue
        found = [entries[part] for part in result]
        breaks = [entry == _BREAK for entry in found]
        if len(found) < 2:
            table[ord(one)] = found[0] if found else 0
        elif all(breaks):
            table[ord(one)] = _BREAK
        elif not any(breaks):
            table[ord(one)] = int(MANY << RARE) | len(table)
            table += (len(found), *found)
    return np.array(table, dtype=np.uint64)


def _entries(characters: str) -> dict[str, int]:
    """Return the entry of each folded character."""
    distinct = sorted(set(characters))
    letters = set(words(" ".join(distinct)))
    kept = letters | {word[1:] for word in words(" ".join("a" + one for one in distinct))}
    entries = dict.fromkeys(distinct, _BREAK)
    for one in kept & entries.keys():
        encoded, kind = one.encode(), 1 << int(LETTER) if one in letters else int(MARK << RARE)
        entries[one] = int.from_bytes(encoded, "little") | len(encoded) << int(LENGTH) | kind
    return entries
