"""Read numbers by their value and names by their consonants, so that two spellings of one compare as equal.

`read_words` puts into the high half of each word's hash what is the same in all spellings: of a number its value,
however many words it has, of another word its skeleton.
"""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from corpus.arabic import fold
from dedup.kernel import MIX, compiled, inlined, part
from dedup.sketch.words import absorb, hash_folded

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
_VOWELS = tuple(b"aeiouy")
_FIRST_LETTER, _ALEF, _LAM = 0x600, np.uint64(ord("ا")), np.uint64(ord("ل"))
#: Bits of the set of a word's letters, from which bit on they stand in its hash, and a factor that spreads letters
#: over them.
LETTERS, LETTERS_FROM, _SPREAD = 12, np.uint32(4), 7
#: What stands in an entry of the table of letters; where in the table Latin words begin, and their first letters.
_SET, _AND_PREFIX, _TO_PREFIX, _VERB_PREFIX, _VOWEL, _KEPT = (1 << LETTERS) - 1, 1 << 12, 1 << 13, 1 << 14, 1 << 15, 16
_PREFIXES = {_AND_PREFIX: "وف", _TO_PREFIX: "بلك", _VERB_PREFIX: "يتنا"}
_LATIN, _FIRST = 2048, 2048 + 256
#: Bytes of an Arabic letter, and of three; unsigned, as places in an array are: a signed one may count from the end.
_ONE, _LETTER, _THREE, _THREE_LETTERS = map(np.uint64, (1, 2, 3, 6))


class NumberWords(NamedTuple):
    """Hold the number words by hash, `values` and `kinds` beside `keys`, and what is compared of each letter.

    `letters` int64[2560]: by code point, by a byte of a Latin word, by its first byte. From the low bits on: the bit of
    the letter in the set of a word's letters, none for a vowel; whether it is a prefix of one of three kinds, and a
    vowel; and the letter that it is taken for, in Arabic words counted from U+0600.
    """

    keys: NDArray[np.uint32]
    values: NDArray[np.float64]
    kinds: NDArray[np.uint8]
    letters: NDArray[np.int64]


@cache
def number_words() -> NumberWords:
    """Return the table of number words and of letters."""
    found = dict.fromkeys(_ANDS.split(), (0.0, _AND))
    for number, spelled in _ONES.items():
        strong, _, weak = spelled.partition("/")
        for kind, listed in ((_NUMBER_WORD, strong), (_NUMBER_WORD | _WEAK, weak)):
            for word in map(fold, listed.split()):
                found[word] = float(number), kind
                if not word.isascii():
                    found |= {f"{letter}{word}": (float(number), kind) for letter in "بلف"}
                    found["و" + word] = float(number), kind | _JOINED
    table = NumberWords(
        np.zeros(_SLOTS, dtype=np.uint32),
        np.zeros(_SLOTS, dtype=np.float64),
        np.zeros(_SLOTS, dtype=np.uint8),
        _letters(),
    )
    for key, (value, kind) in zip(hash_folded(found)[2].tolist(), found.values(), strict=True):
        at = key >> 1 & _SLOTS - 1
        while table.keys[at]:
            at = at + 1 & _SLOTS - 1
        table.keys[at], table.values[at], table.kinds[at] = key, value, kind
    return table


def _letters() -> NDArray[np.int64]:
    taken = {ord(other): ord(one) for one, others in _ALIKE.items() for other in others}
    places = np.arange(_LATIN) - _FIRST_LETTER
    kept = np.array([taken.get(code, code) for code in range(_LATIN)]) - _FIRST_LETTER
    prefixes = np.zeros(256, dtype=np.int64)
    for kind, letters in _PREFIXES.items():
        for letter in letters:
            prefixes[ord(letter) - _FIRST_LETTER] |= kind
    # What stands before U+0600, in a word that only begins with an Arabic letter, has the prefixes of 256 further on.
    vowels = np.isin(places, [ord(letter) - _FIRST_LETTER for letter in _VOWEL_LETTERS])
    latin = np.arange(256)
    kept, vowels = np.concatenate((kept, latin, latin)), np.concatenate((vowels, np.isin(latin, _VOWELS), latin < 0))
    bits = np.where(vowels, _VOWEL, 1 << (kept * _SPREAD % LETTERS))
    bits[:_LATIN] |= prefixes[places & 0xFF]
    return kept << _KEPT | bits


@inlined
def _pair(out: Any, at: Any) -> Any:
    """Return the code point of two bytes at `at`."""
    return np.uint64(out[at] & np.uint8(0x1F)) << np.uint64(6) | np.uint64(out[at + _ONE] & np.uint8(0x3F))


@part("uint64(uint8[::1], uint64, uint64, int64[::1])")
def _stem(out: Any, at: Any, stop: Any, letters: Any) -> Any:
    """Return where an Arabic word from `at` on begins behind particles, the article and the prefix of a verb."""
    lam = False
    if stop - at > _THREE_LETTERS and letters[_pair(out, at)] & _AND_PREFIX:
        at += _LETTER
    if stop - at > _THREE_LETTERS and letters[_pair(out, at)] & _TO_PREFIX:
        lam = _pair(out, at) == _LAM
        at += _LETTER
    if stop - at > _THREE_LETTERS + _LETTER and _pair(out, at) == _ALEF and _pair(out, at + _LETTER) == _LAM:
        at += _LETTER + _LETTER
    elif stop - at > _THREE_LETTERS and lam and _pair(out, at) == _LAM:
        at += _LETTER
    return at + _LETTER * np.uint64(stop - at > _THREE_LETTERS and letters[_pair(out, at)] & _VERB_PREFIX != 0)


@part("uint32(uint8[::1], uint64, uint64, uint32, int64[::1])")
def _word(out: Any, start: Any, stop: Any, own: Any, letters: Any) -> Any:
    """Hash a word by its consonants, with the set of its letters and bits of its `own` hash behind.

    The letters for vowels are left out, but of a Latin word not the first one; a word of one consonant is all its
    letters.
    """
    skeleton, whole, found, left = np.uint64(1), np.uint64(1), np.int64(0), np.int64(0)
    arabic = 0xD8 <= out[start] <= 0xDB
    at = _stem(out, start, stop, letters) if arabic else start
    while at < stop:
        byte = np.int64(out[at])
        letter, place = byte, byte + (_LATIN if at > start and stop - start > _THREE else _FIRST)
        if arabic:
            place = np.int64(_pair(out, at)) if at + _ONE < stop else byte + _FIRST_LETTER
            letter = place - _FIRST_LETTER
        at += _LETTER if arabic else _ONE
        entry = letters[np.uint64(place)]
        vowel = entry & _VOWEL != 0
        # Without a branch: every other letter is a vowel, and none of it can be foreseen.
        further = absorb(skeleton, np.uint64(entry >> _KEPT))
        skeleton = skeleton if vowel else further
        whole = absorb(whole, np.uint64(letter))
        found |= entry & _SET
        left += not vowel
    high = (whole if left < 2 else skeleton) * MIX >> np.uint64(32)
    mixed = np.uint32(high) & np.uint32(0xFFFF0000) | np.uint32(found) << LETTERS_FROM
    return mixed | own & ((np.uint32(1) << LETTERS_FROM) - np.uint32(2))


@part("Tuple((float64, int64))(uint8[::1], int64, int64, uint32, uint32[::1], float64[::1], uint8[::1])")
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


@part(
    "Tuple((int64, float64, boolean))(uint8[::1], int64, int64, int64, int64[::1], uint32[::1],"
    " uint32[::1], float64[::1], uint8[::1])"
)
def _number(
    out: Any, at: Any, start: Any, count: Any, ends: Any, hashes: Any, keys: Any, values: Any, kinds: Any
) -> Any:
    """Read the number that begins with the number word `at`: the word behind it, the value, and whether it is one."""
    value, kind = _value_of(out, start, ends[at], hashes[at], keys, values, kinds)
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
    "void(uint8[::1], int64, int64[::1], uint32[::1], uint64[:, ::1], uint64[:, ::1],"
    " uint32[::1], float64[::1], uint8[::1], int64[::1])"
)
def read_words(
    out: Any,
    count: Any,
    ends: Any,
    hashes: Any,
    pieces: Any,
    seen: Any,
    keys: Any,
    values: Any,
    kinds: Any,
    letters: Any,
) -> None:
    """Make of the hashes of `hash_words` such as tell what is alike.

    The high half is that of a number's value, or of a word's consonants; the set of a word's letters stands in the bits
    from `LETTERS_FROM` on. The lowest bit is set where a number begins, and nowhere else: a number of several words is
    its first word. `seen` remembers what was made of words that are no numbers: the two `pieces` of a word, and its
    length with its hash.
    """
    at, start, mask = 0, 0, np.uint32(len(seen) - 1)
    while at < count:
        key, size = hashes[at], np.uint64(ends[at] - start)
        place = np.uint64(key >> np.uint32(1) & mask)
        known = seen[place, 2]
        if seen[place, 0] == pieces[at, 0] and seen[place, 1] == pieces[at, 1] and known >> np.uint64(32) == size:
            hashes[at] = np.uint32(known & np.uint64(0xFFFFFFFF))
            start, at = ends[at] + 1, at + 1
            continue
        _, kind = _value_of(out, start, ends[at], key, keys, values, kinds)
        if kind & _NUMBER_WORD == 0:
            hashes[at] = _word(out, np.uint64(start), np.uint64(ends[at]), key, letters)
            if pieces[at, 0] != 0:
                seen[place, 0], seen[place, 1] = pieces[at, 0], pieces[at, 1]
                seen[place, 2] = size << np.uint64(32) | np.uint64(hashes[at])
            start, at = ends[at] + 1, at + 1
            continue
        stop, value, stands = _number(out, at, start, count, ends, hashes, keys, values, kinds)
        if stands:
            exact = np.uint64(round(value * _FINEST)) if value < _LARGEST else np.uint64(key)
            high = np.uint32(absorb(np.uint64(2), exact) * MIX >> np.uint64(32)) & np.uint32(0xFFFF0000)
            hashes[at] = high | key & np.uint32(0xFFFE) | np.uint32(1)
            for word in range(at + 1, stop):
                hashes[word] &= np.uint32(0xFFFFFFFE)
        else:
            hashes[at] = _word(out, np.uint64(start), np.uint64(ends[at]), key, letters)
        start, at = ends[stop - 1] + 1, stop
