"""Measure a text for the choice of a survivor: how much it says, and what it carries that no clean copy would."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dedup.kernel import compiled, inlined, part
from dedup.sketch.foldtable import BEYOND, LETTER, MANY, RARE, fold_table
from dedup.sketch.words import Encoded

#: A tag or an entity is at most so long; "<" and "&" before more are signs of the text.
_LONGEST_TAG, _LONGEST_ENTITY = 400, 9
_SPACE, _NEWLINE, _AMPERSAND, _HYPHEN, _SLASH, _SEMICOLON, _LESS, _GREATER = map(ord, " \n&-/;<>")


#: What a code point is: bits of the table of `_classes`. LOOK: what it is depends on what follows.
_LETTER, _BLEMISH, _LOOK = 1, 2, 4
#: Kashida, vowel marks; a soft hyphen, invisible signs; presentation forms but those of formulas of honour; controls
#: and the sign for what could not be read.
_BLEMISHES = (
    *(0x640, *range(0x64B, 0x660), 0x670, 0xAD, 0x200B, 0x200E, 0x200F, 0x2060, 0xFEFF),
    *(*range(0xFB50, 0xFDF0), *range(0xFE70, 0xFEFF), *range(0x80, 0xA0), 0xFFFD),
)


@cache
def _classes() -> NDArray[np.uint8]:
    table = fold_table()[: int(BEYOND) + 1]
    classes: NDArray[np.uint8] = (table >> LETTER & np.uint64(1)).astype(np.uint8) | (table >> RARE == MANY)
    classes[list(_BLEMISHES)] |= _BLEMISH
    # The first byte of UTF-8 read as a Latin letter.
    classes[[_AMPERSAND, _HYPHEN, _LESS, *range(0xC2, 0xE0)]] |= _LOOK
    return classes


@inlined
def _is_ascii_letter(code: Any) -> Any:
    return 0x41 <= (code & 0xFFFFFFDF) <= 0x5A


@part("int64(uint32[::1], int64, int64)")
def _markup(codes: Any, at: Any, stop: Any) -> Any:
    """Return how long the tag or the entity is that begins at `at`, before the last sign; 0 for none."""
    after = codes[at + 1]
    if codes[at] == _LESS and (_is_ascii_letter(after) or after == _SLASH or after == 0x21):
        for end in range(at + 2, min(stop, at + _LONGEST_TAG)):
            if codes[end] == _GREATER:
                return end + 1 - at
            if codes[end] == _LESS:
                return 0
    elif codes[at] == _AMPERSAND and (_is_ascii_letter(after) or after == 0x23):
        for end in range(at + 2, min(stop, at + _LONGEST_ENTITY)):
            if codes[end] == _SEMICOLON:
                return end + 1 - at
            if not (_is_ascii_letter(codes[end]) or 0x30 <= codes[end] <= 0x39):
                return 0
    return 0


@compiled("void(uint32[::1], int64[::1], uint8[::1], uint64[:, ::1])")
def _measure(codes: Any, bounds: Any, classes: Any, found: Any) -> None:
    for text in range(len(bounds) - 1):
        at, stop, before = bounds[text], bounds[text + 1], np.uint32(0)
        letters, blemishes = np.uint64(0), np.uint64(0)
        while at < stop:
            code = codes[at]
            kind = np.uint64(classes[min(code, BEYOND)])
            letters += kind & np.uint64(_LETTER)
            blemishes += (kind & np.uint64(_BLEMISH)) >> np.uint64(1)
            blemishes += np.uint64(code == _SPACE) & np.uint64(before == _SPACE)
            before = code
            at += 1
            if kind & np.uint64(_LOOK) and at < stop:
                after = codes[at]
                if code == _HYPHEN:
                    blemishes += np.uint64(after == _NEWLINE)
                elif code > 0x7F:
                    blemishes += np.uint64(0xA0 <= after <= 0xBF or 0x2013 <= after <= 0x2122)
                else:
                    size = _markup(codes, at - 1, stop)
                    if size > 0:
                        blemishes += np.uint64(1)
                        at += size - 1
        found[text, 0], found[text, 1] = letters, blemishes


def measure(texts: Encoded) -> NDArray[np.uint64]:
    """Return for each text its letters and digits, and its blemishes: uint64[N, 2].

    Letters in tags and entities do not count. Blemishes are those, words broken at the ends of lines, kashida, vowel
    marks, invisible signs, presentation forms, doubled spaces, and what damage leaves.

    >>> from dedup.sketch.words import encode
    >>> measure(encode(["<p>عـــاد  &quot;ال-\\nوزير&quot;</p>", 'عاد "الوزير"'])).tolist()
    [[9, 9], [9, 0]]
    """
    found = np.empty((len(texts.bounds) - 1, 2), dtype=np.uint64)
    _measure(*texts, _classes(), found)
    return found
