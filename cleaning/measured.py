"""What the rules for whole documents need to know about a text, measured once."""

from __future__ import annotations

import sys
import unicodedata
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from corpus.arabic import folded_words, words
from corpus.records import Document
from corpus.text import lines

#: Written without spaces between words: two letters count as one word.
SPACELESS = frozenset({"zh", "ja", "th", "lo", "km", "my", "bo"})
LETTERS_PER_WORD = 2
#: Of so many words that differ folding leaves at least one that does: what is further than that
#: from a limit is decided without it. Of 13,000 texts none loses one of ten.
FOLDED_LOSES = 1.25
#: Marks, and signs of format such as the joiners.
_CARRIED = frozenset({"Mn", "Mc", "Cf"})
TAILS = bytes(range(0x80, 0xC0))
#: What the rules ask of a character, as bits; 0 in the table is a character that no text had so far.
_KNOWN, SPACE, LETTER, PRIVATE, TAIL, HIGH, _FIRST, _PART = (1 << bit for bit in range(8))
_TAIL_SIGNS = frozenset(TAILS.decode("cp1252", "ignore") + TAILS.decode("cp1256"))
_BITS = np.zeros(sys.maxunicode + 1, np.uint8)


def _bits_of(codes: NDArray[np.uint32]) -> NDArray[np.uint8]:
    """Return the bits of each character, looked up all at once: counting one by one costs a third of Filter."""
    bits = _BITS[codes]
    if not bits.all():
        for code in np.unique(codes[bits == 0]).tolist():
            sign = chr(code)
            category = unicodedata.category(sign)
            _BITS[code] = (
                _KNOWN
                | SPACE * sign.isspace()
                # Marks and joiners belong to the letters that carry them: vocalised text is not poor in letters.
                | LETTER * (sign.isalpha() or category in _CARRIED)
                | PRIVATE * (category == "Co")
                | TAIL * (sign in _TAIL_SIGNS)
                | HIGH * ("\u00c0" <= sign <= "\u00ff")
                | _FIRST * (words(sign) == [sign])
                | _PART * (words(f"a{sign}") == [f"a{sign}"])
            )
        bits = _BITS[codes]
    return bits


class Measured:
    """What several rules need to know about a text, measured once."""

    def __init__(self, document: Document) -> None:
        self.text = document.text
        self.language = document.language
        self.is_listing = bool(document.trace.get("listing"))
        self.lines = [stripped for line in lines(document.text) if (stripped := line.strip())]
        # A space before the text, so that each word begins behind something.
        self._codes = np.frombuffer(f" {document.text}".encode("utf-32-le", "surrogatepass"), np.uint32)
        self._bits = _bits_of(self._codes)
        self._all_bits = int(np.bitwise_or.reduce(self._bits))
        self.signs = len(self._codes) - self.count(SPACE)
        part = self._bits & _PART
        self._starts = np.flatnonzero(part[1:] > part[:-1]) + 1
        # A mark or a joiner may stand before a word, or alone.
        self._is_plain = bool((self._bits[self._starts] & _FIRST).all())
        self.total = len(self._starts) if self._is_plain else len(self.words)

    def count(self, bit: int) -> int:
        """Count the characters that have a bit."""
        return int(np.count_nonzero(self._bits & bit)) if self._all_bits & bit else 0

    def count_latin(self) -> int:
        """Count the letters from A to Z."""
        return int(np.count_nonzero((self._codes | 0x20) - ord("a") < 26))  # below "a" it wraps around

    @cached_property
    def words(self) -> list[str]:
        """Return the words; to count them costs a fifth of cutting them, so most rules ask for their `total`."""
        return words(self.text)

    @cached_property
    def folded(self) -> list[str]:
        """Return the words as they are compared: folding a text costs as much as cutting it, so this is asked late."""
        return folded_words(self.text)

    def word_count(self, least: int) -> int:
        """Count words, folded where there are few; in a language written without spaces, letters stand for them."""
        if self.language in SPACELESS:
            return sum(map(len, self.folded)) // LETTERS_PER_WORD
        return self.total if self.total > FOLDED_LOSES * least else len(self.folded)

    def most_repeated(self) -> int:
        """Return how many words at most were there before; of two words of the same letters one may be taken for both.

        A word is the sum of the cubes of its letters.
        """
        if not self._is_plain:
            return self.total - len(set(self.words))
        cubes = self._codes * self._codes * self._codes * (self._bits & _PART != 0)
        sums = np.sort(np.add.reduceat(cubes, self._starts))
        return int(np.count_nonzero(sums[1:] == sums[:-1]))
