"""Fold Arabic text for comparison, cut it into words, and tell scripts apart.

`fold` is for comparing only: what is stored stays as it was written. It opens presentation forms (NFKC), drops
tashkil, tatweel, ZWNJ and bidi marks, makes one form of each alef, ya, kaf, ha and of each digit family, and
lowers the case of other scripts. Digits are never dropped: two market reports differ by nothing else.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from functools import lru_cache

#: Letters that writers use one for another, and the form they are compared in.
_SAME = {
    "ا": "أإآٱٲٳٵ",
    "ي": "ىیېےۍئ",
    "و": "ؤۆۇۈۋ",
    "ه": "ةھہۂۃەۀ",
    "ك": "کڪګ",
}
#: Folded to nothing: marks that change neither the word nor the story.
_DROPPED_RANGES = (
    (0x0610, 0x061A),  # Quranic signs above
    (0x064B, 0x065F),  # tanween, shadda, sukun and the other harakat
    (0x06D6, 0x06DC),  # Quranic pause marks
    (0x06DF, 0x06E4),
    (0x06E7, 0x06E8),
    (0x06EA, 0x06ED),
    (0x200B, 0x200F),  # zero-width space, ZWNJ, ZWJ, direction marks
    (0x202A, 0x202E),  # bidi embeddings and overrides
    (0x2060, 0x2069),  # word joiner, isolates
)
_DROPPED = "\u0640\u0670\u0674\u00ad\ufeff\u061c"  # tatweel, dagger alef, high hamza, soft hyphen, BOM, ALM


def _fold_table() -> dict[int, str | None]:
    table: dict[int, str | None] = {ord(other): one for one, others in _SAME.items() for other in others}
    for first, last in _DROPPED_RANGES:
        table.update(dict.fromkeys(range(first, last + 1)))
    table.update(dict.fromkeys(map(ord, _DROPPED)))
    for zero in (0x0660, 0x06F0):
        table.update({zero + digit: str(digit) for digit in range(10)})
    return table


FOLD_TABLE = _fold_table()

#: A word is a run of letters and digits with the marks they carry; `\w` alone breaks at every haraka.
_MARKS = "".join(
    chr(code) for code in range(sys.maxunicode + 1) if unicodedata.category(chr(code)) in ("Mn", "Mc")
)
_WORD = re.compile(rf"[^\W_][\w{re.escape(_MARKS)}\u200c\u200d]*")
_ASCII = re.compile(r"[\x00-\x7f]*\Z")


def fold(text: str) -> str:
    """Return the form of `text` in which two spellings of one word are equal.

    >>> fold("إقرأ أيضًا") == fold("اقرا ايضا")
    True
    >>> fold("٢٠٢٤ مـــحمّد")
    '2024 محمد'
    """
    if _ASCII.match(text):
        return text.lower()
    return unicodedata.normalize("NFKC", text).translate(FOLD_TABLE).lower()


def words(text: str) -> list[str]:
    """Cut `text` into words: letters and digits with their marks and joiners.

    >>> words("مُحَمَّد، كِتابٌ")
    ['مُحَمَّد', 'كِتابٌ']
    """
    return _WORD.findall(text)


def folded_words(text: str) -> list[str]:
    """Return the words of `text` in folded form, for comparison."""
    return _WORD.findall(fold(text))


@lru_cache(maxsize=4096)
def _script_of(character: str) -> str:
    return unicodedata.name(character, "").partition(" ")[0].lower()


def script_shares(text: str) -> dict[str, float]:
    """Return the share of each script among the letters of `text`, largest first ("arabic", "latin", ...)."""
    counts: dict[str, int] = {}
    for character in text:
        if character.isalpha():
            script = _script_of(character)
            counts[script] = counts.get(script, 0) + 1
    total = sum(counts.values())
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return {script: count / total for script, count in ranked}
