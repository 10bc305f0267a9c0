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
_MARKS = frozenset({"Mn", "Mc", "Cf"})
TAILS = bytes(range(0x80, 0xC0))
#: What the rules ask of a character, as bits; 0 in the table is a character that no text had so far.
_KNOWN, SPACE, LETTER, PRIVATE, TAIL, HIGH, _CARRIED, _PART = (1 << bit for bit in range(8))
_TAIL_SIGNS = frozenset(TAILS.decode("cp1252", "ignore") + TAILS.decode("cp1256"))
_BITS = np.zeros(sys.maxunicode + 1, np.uint8)
#: What a character counts in the sum of its word: its cube, or nothing where it is of no word.
_CUBES = np.zeros(sys.maxunicode + 1, np.uint32)


def _bits_of(codes: NDArray[np.uint32]) -> NDArray[np.uint8]:
    """Return the bits of each character, looked up all at once: counting one by one costs a third of Filter."""
    bits = _BITS.take(codes, mode="clip")  # which asks of no code whether it is one
    if 0 in bits.tobytes():
        for code in np.unique(codes[bits == 0]).tolist():
            sign = chr(code)
            category, part = unicodedata.category(sign), words(f"a{sign}") == [f"a{sign}"]
            _CUBES[code] = part * code**3 % (1 << 32)
            _BITS[code] = (
                _KNOWN
                | SPACE * sign.isspace()
                # Marks and joiners belong to the letters that carry them: vocalised text is not poor in letters.
                | LETTER * (sign.isalpha() or category in _MARKS)
                | PRIVATE * (category == "Co")
                | TAIL * (sign in _TAIL_SIGNS)
                | HIGH * ("\u00c0" <= sign <= "\u00ff")
                | _CARRIED * (part and words(sign) != [sign])
                | _PART * part
            )
        bits = _BITS.take(codes, mode="clip")
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
        self._starts = (part[1:] > part[:-1]).nonzero()[0] + 1
        # A mark or a joiner may stand before a word, or alone.
        self._is_plain = not (self._all_bits & _CARRIED and (self._bits.take(self._starts) & _CARRIED).any())
        self.total = len(self._starts) if self._is_plain else len(self.words)

    def count(self, bit: int) -> int:
        """Count the characters that have a bit."""
        return int(np.count_nonzero(self._bits & bit)) if self._all_bits & bit else 0

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
        """Return how many words at most were there before: two words of the same letters have the same sum."""
        if not self._is_plain:
            return self.total - len(set(self.words))
        sums = np.sort(np.add.reduceat(_CUBES.take(self._codes, mode="clip"), self._starts))
        return int(np.count_nonzero(sums[1:] == sums[:-1]))
