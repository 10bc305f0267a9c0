"""Read numbers by their value and names by their consonants, so that two spellings of one compare as equal.

`comparable` brings digits into one form; `read_words` then puts into the high half of each word's hash what is the same
in all spellings: of a number its value, however many words it has, of another word its skeleton.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from corpus.arabic import fold
from dedup.kernel import MIX, compiled, inlined
from dedup.sketch.words import ROOM, absorb, hash_words, split

_DIGIT = "0-9٠-٩۰-۹"
_ZEROS = "0٠۰"
#: Digits with what may stand between those of one number, of a date, of a time. It begins with a class, which `re`
#: looks for ten times as fast as for anything that looks behind.
_CHAIN = re.compile(rf"[{_DIGIT}]+(?:[.,٬٫،'’/:\u00a0\u2009\u202f \u0640\u064b-\u065f]{{1,4}}[{_DIGIT}]+)*")
#: Kashida and vowel marks are nothing between digits either.
_MARKS = re.compile(r"[\u0640\u064b-\u065f]+")
#: A number in groups of three digits, perhaps with a fraction; a number with a fraction; zeros before a number.
_NUMBER = re.compile(
    rf"(?<![{_DIGIT}])(?<![{_DIGIT}][.,٫/:])(?:"
    rf"([1-9١-٩۱-۹][{_DIGIT}]{{0,2}})([.,٬،'’\u00a0\u2009\u202f ])([{_DIGIT}]{{3}}(?:\2[{_DIGIT}]{{3}})*)(?![{_DIGIT}])"
    rf"(?:[.,٫]([{_DIGIT}]+))?"
    rf"|([{_DIGIT}]+)[.,٫]([{_DIGIT}]+)(?![{_DIGIT}]|[.,/][{_DIGIT}]))"
    rf"|(?<![{_DIGIT}])[{_ZEROS}]+(?=[{_DIGIT}])"
)
_DIGITS = re.compile(rf"[{_DIGIT}]+")
#: A line of at most so many characters, one of at most so many with digits in a text, is a counter of the page; more of
#: them are a table. Such lines are at most this share of the text: a flash has nothing else.
_COUNTER_LENGTH, _COUNTERS, _COUNTER_SHARE = 40, 2, 0.1


def _rewrite(match: re.Match[str]) -> str:
    first, _, groups, rest, whole, fraction = match.groups()
    if first:
        whole, fraction = first + "".join(_DIGITS.findall(groups)), rest
    if not whole:
        return ""
    fraction = (fraction or "").rstrip(_ZEROS)
    return f"{whole.lstrip(_ZEROS) or '0'}_{fraction}" if fraction else whole.lstrip(_ZEROS) or "0"


def _rewrite_chain(match: re.Match[str]) -> str:
    chain = match[0]
    if chain.isdecimal() and chain[0] not in _ZEROS:
        return chain
    return _NUMBER.sub(_rewrite, _MARKS.sub("", chain))


def comparable(text: str) -> str:
    """Return `text` as it is compared: each number in one form and in one word, hashtags in words, no counters.

    >>> comparable("2,300 - 2.300 - 2 300 - ٢٬٣٠٠ - 05/03/2024 - 09:00 - 20.50 - ٢٠٫٥")
    '2300 - 2300 - 2300 - ٢٣٠٠ - 5/3/2024 - 9:0 - 20_5 - ٢٠_٥'
    >>> comparable("صورة 1 من 5\\n" + "وقال #وزير_المياه إن السد امتلأ. " * 20)[:30]
    'صورة  من \\nوقال #وزير المياه إن'
    """
    lines = text.split("\n")
    short = [at for at, line in enumerate(lines) if len(line) <= _COUNTER_LENGTH and _DIGITS.search(line)]
    if 0 < len(short) <= _COUNTERS and sum(len(lines[at]) for at in short) <= _COUNTER_SHARE * len(text):
        for at in short:
            lines[at] = _DIGITS.sub("", lines[at])
        text = "\n".join(lines)
    return _CHAIN.sub(_rewrite_chain, text.replace("_", " "))


#: Number words, as they are written; behind the slash those that are numbers only beside another one.
_ONES = {
    1: "/ واحد واحدة أحد إحدى one",
    2: "اثنان اثنين اثنتان اثنتين two / اثنا اثني اثنتا اثنتي deux دو",
    3: "ثلاثة ثلاث three / trois سه", 4: "أربعة أربع four / quatre چهار", 5: "خمسة خمس five / cinq پنج",
    6: "ستة six / ست شش", 7: "سبعة seven / سبع sept هفت", 8: "ثمانية ثماني ثمان eight / huit هشت",
    9: "تسعة تسع nine / neuf نه", 10: "عشرة عشر ten / dix ده", 11: "eleven onze", 12: "twelve douze",
    13: "thirteen treize", 14: "fourteen quatorze", 15: "fifteen quinze", 16: "sixteen seize", 17: "seventeen",
    18: "eighteen", 19: "nineteen", 20: "عشرون عشرين twenty / vingt بیست", 30: "ثلاثون ثلاثين thirty / trente سی",
    40: "أربعون أربعين forty / quarante چهل", 50: "خمسون خمسين fifty / cinquante پنجاه",
    60: "ستون ستين sixty / soixante شصت", 70: "سبعون سبعين seventy / هفتاد", 80: "ثمانون ثمانين eighty / هشتاد",
    90: "تسعون تسعين ninety / نود", 100: "مئة مائة / hundred cent cents صد", 200: "مئتان مئتين مائتان مائتين",
    300: "ثلاثمئة ثلاثمائة", 400: "أربعمئة أربعمائة", 500: "خمسمئة خمسمائة", 600: "ستمئة ستمائة",
    700: "سبعمئة سبعمائة", 800: "ثمانمئة ثمانمائة", 900: "تسعمئة تسعمائة",
    10**3: "ألف ألفا thousand mille هزار / آلاف", 2 * 10**3: "ألفان ألفين", 2 * 10**6: "مليونان مليونين",
    10**6: "مليون مليونا million mln میلیون / ملايين millions", 2 * 10**9: "ملياران مليارين",
    10**9: "مليار مليارا بليون بليونا billion bln bn milliard میلیارد / مليارات billions milliards",
    10**12: "تريليون تريليونا trillion trln / تريليونات trillions",
}  # fmt: skip
_ANDS = "و and et"
#: What is known of a word beside its value: it is a number only beside another one, it begins with "and", it is "and".
_WEAK, _JOINED, _AND, _WRITTEN_IN_DIGITS, _NUMBER_WORD = 1, 2, 4, 8, 16
#: Slots of the table, a power of two: four for each word, so that few stand beside their place.
_SLOTS = 2048
_HUNDRED, _THOUSAND = 100.0, 1000.0
#: Values are compared in thousandths, up to what a double tells apart.
_FINEST, _LARGEST = 1000.0, 1e15

#: Letters that house styles use one for another in names, and those that they drop.
_ALIKE = {"ج": "غقكگچژ", "ت": "طة", "س": "صث", "ض": "ظ", "ب": "پ", "ف": "ڤ"}
_VOWEL_LETTERS = "اويهء"
_FIRST_LETTER = 0x600
_AND_LETTERS, _TO_LETTERS, _VERB_LETTERS = "وف", "بلك", "يتنا"
_ALEF, _LAM = ord("ا") - _FIRST_LETTER, ord("ل") - _FIRST_LETTER
_VOWELS = tuple(b"aeiouy")
_VOWEL = 8
#: Bits of the set of a word's letters, from which bit on they stand in its hash, and a factor that spreads letters
#: over them.
LETTERS, LETTERS_FROM, _SPREAD = 12, np.uint32(4), 7


class NumberWords(NamedTuple):
    """Hold the number words by hash, `values` and `kinds` beside `keys`, and what is compared of each letter.

    `letters` uint8[256, 2], of U+0600 on: the letter it is taken for; and whether it is a prefix of one of three kinds
    or, the fourth bit, a vowel.
    """

    keys: NDArray[np.uint32]
    values: NDArray[np.float64]
    kinds: NDArray[np.uint8]
    letters: NDArray[np.uint8]


def _number_words() -> dict[str, tuple[float, int]]:
    found = dict.fromkeys(_ANDS.split(), (0.0, _AND))
    for value, spelled in _ONES.items():
        strong, _, weak = spelled.partition("/")
        for kind, listed in ((_NUMBER_WORD, strong), (_NUMBER_WORD | _WEAK, weak)):
            for word in map(fold, listed.split()):
                found[word] = float(value), kind
                if not word.isascii():
                    found |= {f"{letter}{word}": (float(value), kind) for letter in "بلف"}
                    found["و" + word] = float(value), kind | _JOINED
    return found


@cache
def number_words() -> NumberWords:
    """Return the table of number words and of letters."""
    found = _number_words()
    data = np.frombuffer(bytearray(" ".join(found).encode() + bytes(ROOM)), dtype=np.uint8)
    ends, hashes = np.empty(len(data), dtype=np.int64), np.empty(len(found), dtype=np.uint32)
    hash_words(data, split(data[:-ROOM], ends), ends, hashes)
    table = NumberWords(
        np.zeros(_SLOTS, dtype=np.uint32),
        np.zeros(_SLOTS, dtype=np.float64),
        np.zeros(_SLOTS, dtype=np.uint8),
        np.zeros((256, 2), dtype=np.uint8),
    )
    for key, (value, kind) in zip(hashes.tolist(), found.values(), strict=True):
        at = key >> 1 & _SLOTS - 1
        while table.keys[at]:
            at = at + 1 & _SLOTS - 1
        table.keys[at], table.values[at], table.kinds[at] = key, value, kind
    table.letters[:, 0] = np.arange(256)
    for letter, others in _ALIKE.items():
        for other in others:
            table.letters[ord(other) - _FIRST_LETTER, 0] = ord(letter) - _FIRST_LETTER
    for kind, letters in enumerate((_AND_LETTERS, _TO_LETTERS, _VERB_LETTERS, _VOWEL_LETTERS)):
        for letter in letters:
            table.letters[ord(letter) - _FIRST_LETTER, 1] |= 1 << kind
    return table


@inlined
def _letter(out: Any, at: Any) -> Any:
    """Return the letter of two bytes at `at`, counted from U+0600; another one is beyond 255."""
    return ((np.int64(out[at]) & 0x1F) << 6 | (np.int64(out[at + 1]) & 0x3F)) - _FIRST_LETTER


@compiled("int64(uint8[::1], int64, int64, uint8[:, ::1])")
def _stem(out: Any, start: Any, stop: Any, letters: Any) -> Any:
    """Return where an Arabic word begins behind particles, the article and the prefix of a verb."""
    at, lam = start, False
    if stop - at > 6 and letters[_letter(out, at) & 0xFF, 1] & 1:
        at += 2
    if stop - at > 6 and letters[_letter(out, at) & 0xFF, 1] & 2:
        lam = _letter(out, at) == _LAM
        at += 2
    if stop - at > 8 and _letter(out, at) == _ALEF and _letter(out, at + 2) == _LAM:
        at += 4
    elif stop - at > 6 and lam and _letter(out, at) == _LAM:
        at += 2
    return at + 2 * (stop - at > 6 and letters[_letter(out, at) & 0xFF, 1] & 4 != 0)


@compiled("uint32(uint8[::1], int64, int64, uint32, uint8[:, ::1])")
def _word(out: Any, start: Any, stop: Any, own: Any, letters: Any) -> Any:
    """Hash a word by its consonants, with the set of its letters and bits of its `own` hash behind.

    The letters for vowels are left out, but of a Latin word not the first one.
    """
    skeleton, found, left = np.uint64(1), np.uint32(0), 0
    arabic = 0xD8 <= out[start] <= 0xDB
    first = _stem(out, start, stop, letters) if arabic else start
    step = 2 if arabic else 1
    for at in range(first, stop, step):
        letter = _letter(out, at) if arabic and at + 1 < stop else np.int64(out[at])
        kept, vowel = letter, not arabic and letter in _VOWELS and at > start and stop - start > 3
        if arabic and 0 <= letter <= 0xFF:
            kept, vowel = np.int64(letters[letter, 0]), letters[letter, 1] & _VOWEL != 0
        # Without a branch: every other letter is a vowel, and none of it can be foreseen.
        further = absorb(skeleton, np.uint64(kept))
        skeleton = skeleton if vowel else further
        found |= np.uint32(not vowel) << np.uint32(kept * _SPREAD % LETTERS)
        left += not vowel
    if left < 2:  # a word of one consonant is all its letters
        skeleton = np.uint64(1)
        for at in range(first, stop, step):
            letter = _letter(out, at) if arabic and at + 1 < stop else np.int64(out[at])
            skeleton = absorb(skeleton, np.uint64(letter))
    high = skeleton * MIX >> np.uint64(32)
    mixed = np.uint32(high) & np.uint32(0xFFFF0000) | found << LETTERS_FROM
    return mixed | own & ((np.uint32(1) << LETTERS_FROM) - np.uint32(2))


@compiled("Tuple((float64, int64))(uint8[::1], int64, int64, uint32, uint32[::1], float64[::1], uint8[::1])")
def _value_of(out: Any, start: Any, stop: Any, key: Any, keys: Any, values: Any, kinds: Any) -> Any:
    """Return the value of a word and its kind, 0 where it is no number."""
    if key & np.uint32(1):
        value, fraction, digits = 0.0, 0.0, 0
        for at in range(start, stop):
            if 0x30 <= out[at] <= 0x39:
                if fraction > 0:
                    value += (out[at] - 0x30) * fraction
                    fraction /= 10
                else:
                    value = value * 10 + (out[at] - 0x30)
                digits += 1
            elif out[at] == 0x5F and digits > 0 and fraction == 0:
                fraction = 0.1
        joined = out[start] == 0xD9 and out[start + 1] == 0x88
        return value, np.int64(_WRITTEN_IN_DIGITS | _NUMBER_WORD | (_JOINED if joined else 0))
    slot = np.int64(key >> np.uint32(1)) & (_SLOTS - 1)
    while keys[slot] != 0:
        if keys[slot] == key:
            return values[slot], np.int64(kinds[slot])
        slot = (slot + 1) & (_SLOTS - 1)
    return 0.0, np.int64(0)


@inlined
def _adds(part: Any, value: Any, joined: Any) -> Any:
    """Tell whether a word of `value` goes on with `part`: "five ten", "five and twenty", "twenty five"."""
    rest = part % _HUNDRED
    return (
        (value == 10 and 0 < rest < 10 and not joined)
        or (20 <= value < _HUNDRED and 0 < rest < 10 and joined)
        or (0 < value < 10 and rest >= 20 and rest % 10 == 0)
        or (0 < value < _HUNDRED and rest == 0 and part >= _HUNDRED)
    )


@compiled(
    "Tuple((int64, float64, boolean))(uint8[::1], int64, int64, int64, int64[::1], uint32[::1],"
    " uint32[::1], float64[::1], uint8[::1])"
)
def _number(
    out: Any, at: Any, start: Any, count: Any, ends: Any, hashes: Any, keys: Any, values: Any, kinds: Any
) -> Any:
    """Read the number that begins with word `at`: the word behind it, the value, and whether it is one."""
    value, kind = _value_of(out, start, ends[at], hashes[at], keys, values, kinds)
    if kind & _NUMBER_WORD == 0:
        return at + 1, 0.0, False
    in_digits, stands = kind & _WRITTEN_IN_DIGITS != 0, kind & _WEAK == 0
    total, part, scale = 0.0, value, 0.0
    if value >= _THOUSAND and not in_digits:
        total, part, scale = value, 0.0, value
    stop = at + 1
    while stop < count:
        there = stop
        value, kind = _value_of(out, ends[there - 1] + 1, ends[there], hashes[there], keys, values, kinds)
        joined = kind & _JOINED != 0
        if kind & _AND and there + 1 < count:
            there, joined = there + 1, True
            value, kind = _value_of(out, ends[there - 1] + 1, ends[there], hashes[there], keys, values, kinds)
        spelled = kind & _WRITTEN_IN_DIGITS == 0
        if kind & _NUMBER_WORD == 0:
            break
        if spelled and value >= _THOUSAND and (scale == 0 or value < scale) and not (joined and part > 0):
            total, part, scale = total + max(part, 1.0) * value, 0.0, value
        elif spelled and value == _HUNDRED and not joined and 0 < part < 10:
            part, in_digits = part * value, False
        elif part == 0 and value < scale and (joined or spelled):
            part, in_digits = value, not spelled
        elif spelled and not in_digits and _adds(part, value, joined):
            part += value
        else:
            break
        stands, stop = True, there + 1
    return stop, total + part, stands


@compiled(
    "void(uint8[::1], int64, int64[::1], uint32[::1], uint32[::1], float64[::1], uint8[::1], uint8[:, ::1])"
)
def read_words(
    out: Any, count: Any, ends: Any, hashes: Any, keys: Any, values: Any, kinds: Any, letters: Any
) -> None:
    """Make of the hashes of `hash_words` such as tell what is alike.

    The high half is that of a number's value, or of a word's consonants; the set of a word's letters stands in the bits
    from `LETTERS_FROM` on. The lowest bit is set where a number begins, and nowhere else: a number of several words is
    its first word.
    """
    at, start = 0, 0
    while at < count:
        key = hashes[at]
        if key & np.uint32(1) == 0 and keys[np.int64(key >> np.uint32(1)) & (_SLOTS - 1)] == 0:
            # Most words: no digit in them, and nothing in their place of the table.
            hashes[at] = _word(out, start, ends[at], key, letters)
            start, at = ends[at] + 1, at + 1
            continue
        stop, value, stands = _number(out, at, start, count, ends, hashes, keys, values, kinds)
        if stands:
            exact = np.uint64(np.round(value * _FINEST)) if value < _LARGEST else np.uint64(hashes[at])
            high = np.uint32(absorb(np.uint64(2), exact) * MIX >> np.uint64(32)) & np.uint32(0xFFFF0000)
            hashes[at] = high | hashes[at] & np.uint32(0xFFFE) | np.uint32(1)
            for word in range(at + 1, stop):
                hashes[word] &= np.uint32(0xFFFFFFFE)
        else:
            hashes[at] = _word(out, start, ends[at], hashes[at], letters)
        start, at = ends[stop - 1] + 1, stop
