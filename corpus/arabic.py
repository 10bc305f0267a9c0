"""Fold Arabic text for comparison, cut it into words, and tell scripts apart.

`fold` is for comparing only: what is stored stays as it was written. It opens presentation forms (NFKC), drops
tashkil, tatweel, ZWNJ and bidi marks, makes one form of each alef, ya, kaf, ha and of each digit family, and
lowers the case of other scripts. Digits are never dropped: two market reports differ by nothing else.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache
from itertools import islice

#: Letters that writers use one for another, and the form they are compared in.
_SAME = {
    "ا": "أإآٱٲٳٵ",
    "ي": "ىیېےۍئۓ",
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


FOLD_TABLE: dict[int, str | None] = {
    **{ord(other): one for one, others in _SAME.items() for other in others},
    **{zero + digit: str(digit) for zero in (0x0660, 0x06F0) for digit in range(10)},
    **{code: None for first, last in _DROPPED_RANGES for code in range(first, last + 1)},
    **dict.fromkeys(map(ord, _DROPPED)),
}

#: Beyond the Basic Multilingual Plane whole blocks count as letters: scripts and ideographs, not the symbols
#: between them. Exact ranges there would be walked one by one at each end of a word, ten times slower.
_ASTRAL = "\U00010000-\U0001efff\U00020000-\U0003ffff\U000e0100-\U000e01ef"
#: Characters looked at one by one when the class of the stable ones is made; beyond stand the ideographs and
#: the Hangul syllables, which are stable all, and forms that are rare in any text.
_LOW_PLANE = 0x3000
_IDEOGRAPHS = "\u4e00-\u9fff\uac00-\ud7a3"
#: What NFKC may melt into the character before it, beside what has a class of combining: vowel signs of India, Tibet,
#: Burma and Bali, those that Unicode 16 has new; vowels and finals of Hangul.
_MELTING = frozenset(
    "\u09be\u09d7\u0b3e\u0b56\u0b57\u0bbe\u0bd7\u0cc2\u0cd5\u0cd6\u0d3e\u0d57\u0dcf\u0ddf\u0fb5\u0fb7\u102e\u1b35"
    "\U00011127\U0001133e\U00011357\U000114b0\U000114ba\U000114bd\U000115af\U00011930"
    "\U000113b8\U000113bb\U000113c2\U000113c9\U0001611e\U0001611f\U00016120\U00016129\U00016d67"
).union(map(chr, (*range(0x1160, 0x1176), *range(0x11A7, 0x11C3))))
#: A text of fewer characters is folded one by one; in longer ones those that fold to themselves are passed over.
_SHORT = 128
#: What so many characters fold to is kept.
_MOST_KEPT = 1 << 16
#: Enough for all that Unicode holds: a capital that composes with a mark only once it is lowered needs three.
_MAX_FOLDS = 4


def _character_class(runs: Iterable[str]) -> str:
    """Return ranges for a regex class: a long run of a class is matched at 1 GB/s, single members are not."""
    return "".join(f"{re.escape(run[0])}-{re.escape(run[-1])}" for run in runs)


def _word_classes() -> tuple[str, str]:
    """A word is a run of letters and digits with the marks they carry; `\\w` alone breaks at every haraka."""
    plane = "".join(map(chr, range(0x10000)))
    first = _character_class(re.findall(r"[^\W_]+", plane)) + _ASTRAL
    marks = [one for one in re.findall(r"\W", plane) if unicodedata.category(one) in ("Mn", "Mc")]
    return f"[{first}]", f"[{first}{_character_class(marks)}_\u200c\u200d]"


#: What a word begins with, and what stands in it, as classes of a regular expression.
WORD_BEGINS, IN_WORD = _word_classes()
_WORD = re.compile(f"{WORD_BEGINS}{IN_WORD}*+")


def fold(text: str) -> str:
    """Return the form of `text` in which two spellings of one word are equal; folding twice changes nothing.

    >>> fold("إقرأ أيضًا") == fold("اقرا ايضا")
    True
    >>> fold("٢٠٢٤ مـــحمّد")
    '2024 محمد'
    """
    if text.isascii():
        return text.lower()
    folded = text
    try:
        if len(text) < _SHORT:
            return text.translate(_ALONE)
        # What is left when the runs of characters that fold to themselves are cut out: a tenth of Arabic prose.
        for character in set("".join(_stable_runs().split(text))):
            if _ALONE[ord(character)] != character:
                folded = folded.replace(character, _ALONE[ord(character)])
    except _NotAloneError:
        return _fold_together(text)
    return folded


def _fold_together(text: str) -> str:
    """Fold with regard to neighbours: marks that melt into letters, jamo, the final sigma."""
    for _ in range(_MAX_FOLDS):
        before = text
        text = unicodedata.normalize("NFKC", text.translate(FOLD_TABLE)).lower()
        if text == before:
            break
    return text


def fold_alone(character: str) -> str | None:
    """Return what a character folds to, or None if its neighbours have a say in that."""
    folded = _fold_together(character)
    return None if character in "Σσς" or _melts(folded) else folded


class _NotAloneError(Exception):
    """What a character folds to depends on its neighbours."""


class _Alone(dict[int, str]):
    """What characters fold to, whatever their neighbours are, once they have been met; for `str.translate`."""

    def __missing__(self, code: int) -> str:
        folded = fold_alone(chr(code))
        if folded is None:
            raise _NotAloneError
        if len(self) < _MOST_KEPT:
            self[code] = folded
        return folded


_ALONE = _Alone()


def _melts(folded: str) -> bool:
    """Tell whether NFKC may melt the first character into the one before it, or move it past that."""
    first = unicodedata.normalize("NFKD", folded)[:1]
    return first in _MELTING or bool(first and unicodedata.combining(first))


@cache
def _stable_runs() -> re.Pattern[str]:
    # Newlines keep code points apart, so that one call folds them all.
    alone = [chr(code) for code in range(_LOW_PLANE) if code != 0x0A]
    folded = _fold_together("\n".join(alone)).split("\n")
    pairs = zip(alone, folded, strict=True)
    stable = "".join(one if one == other and one not in "Σσς" and not _melts(one) else "\n" for one, other in pairs)
    return re.compile(f"[\n{_character_class(re.findall('.+', stable))}{_IDEOGRAPHS}]++")


def words(text: str) -> list[str]:
    """Cut `text` into words: letters and digits with their marks and joiners.

    >>> words("مُحَمَّد، كِتابٌ")
    ['مُحَمَّد', 'كِتابٌ']
    """
    return _WORD.findall(text)


def iterate_words(text: str) -> Iterator[re.Match[str]]:
    """Yield the words of `text` with their places."""
    return _WORD.finditer(text)


def first_words(text: str, count: int) -> str:
    """Return `text` up to the end of its first `count` words.

    >>> first_words("قال: نعم، ثم ذهب", 2)
    'قال: نعم'
    """
    last = next(islice(_WORD.finditer(text), count - 1, count), None) if count > 0 else None
    return text[: last.end()] if last else text


def folded_words(text: str) -> list[str]:
    """Return the words of `text` in folded form, for comparison."""
    return _WORD.findall(fold(text))


@lru_cache(maxsize=1 << 15)
def _script_of(character: str) -> str:
    """Return the first word of a letter's name, "unnamed" for the letters that have none, "" for what is no letter."""
    return unicodedata.name(character, "UNNAMED").partition(" ")[0].lower() if character.isalpha() else ""


def script_shares(text: str) -> dict[str, float]:
    """Return the share of each script among the letters of `text`, largest first ("arabic", "latin", ...)."""
    counts: Counter[str] = Counter()
    for character, count in Counter(text).items():
        counts[_script_of(character)] += count
    del counts[""]
    total = counts.total()
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return {script: count / total for script, count in ranked}
