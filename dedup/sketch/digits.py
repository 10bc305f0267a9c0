"""Bring the digits of texts into one form: of one number there is one spelling, in one word, and counters go."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any

import numpy as np

from dedup.kernel import compiled, inlined, part
from dedup.sketch.words import encode

_DIGIT = "0-9٠-٩۰-۹"
_ZEROS = "0٠۰"
#: What may stand between the digits of one number, of a date, of a time, up to four in a row: points, spaces, marks.
_BETWEEN = (*map(ord, ".,٬٫،'’/:\u00a0\u2009\u202f \u0640"), *range(0x64B, 0x660))
_MOST_BETWEEN = 4
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
_NEWLINE = ord("\n")


def _rewrite(match: re.Match[str]) -> str:
    first, _, groups, rest, whole, fraction = match.groups()
    if first:
        whole, fraction = first + "".join(_DIGITS.findall(groups)), rest
    if not whole:
        return ""
    fraction = (fraction or "").rstrip(_ZEROS)
    return f"{whole.lstrip(_ZEROS) or '0'}_{fraction}" if fraction else whole.lstrip(_ZEROS) or "0"


@inlined
def _is_digit(code: Any) -> Any:
    return 0x30 <= code <= 0x39 or 0x660 <= code <= 0x669 or 0x6F0 <= code <= 0x6F9


@part("int64(uint32[::1], int64, int64)")
def _end_of_digits(codes: Any, at: Any, stop: Any) -> Any:
    while at < stop and _is_digit(codes[at]):
        at += 1
    return at


@part("int64(uint32[::1], int64, int64)")
def _end_of_counter(codes: Any, begin: Any, stop: Any) -> Any:
    """Return where a line ends that is short enough for a counter, 0 for a longer one."""
    for at in range(begin, min(stop, begin + _COUNTER_LENGTH) + 1):
        if at == stop or codes[at] == _NEWLINE:
            return at
    return 0


@part("boolean(uint32[::1], int64, int64)")
def _has_counters(codes: Any, start: Any, stop: Any) -> Any:
    """Tell whether the short lines with digits in a text are counters of the page."""
    counters, size, begin = 0, 0, start
    for at in range(start, stop + 1):
        if at == stop or codes[at] == _NEWLINE:
            digits = False
            for place in range(begin, at if at - begin <= _COUNTER_LENGTH else begin):
                digits |= _is_digit(codes[place])
            if digits:
                counters, size = counters + 1, size + at - begin
            begin = at + 1
    return 0 < counters <= _COUNTERS and size <= _COUNTER_SHARE * (stop - start)


@compiled("int64(uint32[::1], int64[::1], int64[:, ::1])")
def _find_numbers(codes: Any, bounds: Any, found: Any) -> Any:
    """Find the digits that are not compared as they are written: text, first, behind the last, whether in a counter.

    These are the digits of counters, and digits with something between them or a zero before them.
    """
    total = 0
    for text in range(len(bounds) - 1):
        start, stop = bounds[text], bounds[text + 1]
        counters, at, begin = _has_counters(codes, start, stop), start, start
        while at < stop:
            code = codes[at]
            if not _is_digit(code):
                at += 1
                begin = at if code == _NEWLINE else begin
                continue
            first, at = at, _end_of_digits(codes, at, stop)
            counter = counters and _end_of_counter(codes, begin, stop) > 0
            changes = counter or code == 0x30 or code == 0x660 or code == 0x6F0
            gap = at
            while not counter and gap < stop and gap - at <= _MOST_BETWEEN:
                if _is_digit(codes[gap]) and gap > at:
                    at, changes = _end_of_digits(codes, gap, stop), True
                    gap = at
                elif codes[gap] in _BETWEEN:
                    gap += 1
                else:
                    break
            if changes:
                found[total, 0], found[total, 1], found[total, 2], found[total, 3] = text, first, at, counter
                total += 1
    return total


def comparable(texts: Sequence[str]) -> list[str]:
    """Return texts as they are compared: each number in one form and in one word, hashtags in words, no counters.

    >>> comparable(["2,300 - 2.300 - 2 300 - ٢٬٣٠٠ - 05/03/2024 - 09:00 - 20.50 - ٢٠٫٥"])
    ['2300 - 2300 - 2300 - ٢٣٠٠ - 5/3/2024 - 9:0 - 20_5 - ٢٠_٥']
    >>> comparable(["صورة 1 من 5\\n" + "وقال #وزير_المياه إن السد امتلأ. " * 20])[0][:30]
    'صورة  من \\nوقال #وزير المياه إن'
    """
    known = [text.replace("_", " ") for text in texts]
    codes, bounds = encode(known)
    # Digits with at least one code point between them, or a text of nothing else.
    found = np.empty((len(codes) // 2 + len(known), 4), dtype=np.int64)
    numbers = found[: _find_numbers(codes, bounds, found)].tolist()
    for at, listed in groupby(numbers, itemgetter(0)):
        text, start, done = known[at], int(bounds[at]), 0
        pieces: list[str] = []
        for _, first, stop, counter in listed:
            number = "" if counter else _NUMBER.sub(_rewrite, _MARKS.sub("", text[first - start : stop - start]))
            pieces += (text[done : first - start], number)
            done = stop - start
        known[at] = "".join((*pieces, text[done:]))
    return known
