"""Cut a text into the pieces that an outlet may repeat: sentences and lines, and words at either end of the text.

A piece is compared by its key: folded words, every number one class, no marks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

from cleaning.lines.unit import trails_off
from corpus.arabic import fold, iterate_words

#: Where a sentence may end, if what is before it is no abbreviation of one letter ("د. سمير"), and a wide gap.
_STOP = re.compile(r"[.!?؟۔…](?:\s+|(?=[\u0621-\u064a]))")
_GAP = re.compile(r"[^\S\n]{3,}")
#: What stands between words. Single replacements: for so few characters they take a third of a pattern's time.
_MARKS = ".,:;!?()[]{}<>\"'`|/\\*+=~^#@&%$-\t«»“”‘’„‹›…،؛؟۔٪–—―−•·▪►◄●■□★©\u00a0"
_FIGURES = "123456789"

#: Words of a frame at either end of a text, and the characters in which they stand.
LONGEST = 14
FEWEST = 2
_REACH = 160


class Piece(NamedTuple):
    """A sentence or line, `text[start:end]`; `whole` tells that it fills its line."""

    start: int
    end: int
    key: str
    whole: bool


def cut_pieces(text: str) -> list[Piece]:
    """Return the sentences and lines of `text` that have a word, in order.

    >>> [piece.key for piece in cut_pieces("وقع الحادث أمس. قال د. سمير ذلك\\nعدد القراء: ١٢")]
    ['وقع الحادث امس', 'قال د سمير ذلك', 'عدد القراء 0']
    """
    spans = cut_spans(text)
    keys = keys_of([text[start:end] for start, end, _ in spans])
    return [Piece(start, end, key, whole) for (start, end, whole), key in zip(spans, keys, strict=True) if key]


def cut_spans(text: str) -> list[tuple[int, int, bool]]:
    """Return where the pieces of `text` begin and end, and whether each fills its line; some have no word."""
    spans: list[tuple[int, int, bool]] = []
    for start, end in _lines(text):
        first = start
        for stop in _STOP.finditer(text, start, end):
            at = stop.start()
            if at - first > 1 and text[at - 1].isalnum() <= text[at - 2].isalnum() and stop.end() < end:
                spans.append((first, at + 1, False))
                first = stop.end()
        if first < end:
            spans.append((first, end, first == start))
    return spans


def _lines(text: str) -> Iterator[tuple[int, int]]:
    """Yield where the lines of `text` begin and end, and the parts of a line that a wide gap keeps apart."""
    at = 0
    for line in text.split("\n"):
        end, start = at + len(line), at
        for gap in _GAP.finditer(line) if "   " in line else ():
            yield start, at + gap.start()
            start = at + gap.end()
        yield start, end
        at = end + 1


def keys_of(parts: Sequence[str]) -> list[str]:
    """Return the keys of several texts without line breaks; folding them together costs a tenth."""
    folded = fold("\n".join(parts))
    for mark in _MARKS:
        if mark in folded:
            folded = folded.replace(mark, " ")
    folded = _one_class(folded)
    while "  " in folded:
        folded = folded.replace("  ", " ")
    return [key.strip() for key in folded.split("\n")][: len(parts)]


def _one_class(folded: str) -> str:
    """Make every number 0."""
    for figure in _FIGURES:
        if figure in folded:
            folded = folded.replace(figure, "0")
    while "00" in folded:
        folded = folded.replace("00", "0")
    return folded


class Word(NamedTuple):
    """A word at an end of a text, `text[start:end]`, with its key."""

    start: int
    end: int
    key: str


def first_words(text: str) -> list[Word]:
    """Return the first words of `text`, up to the end of its first line."""
    end = text.find("\n", len(text) - len(text.lstrip()))
    line = text[: end if end >= 0 else None][:_REACH]
    found = islice(iterate_words(line), LONGEST)
    return [Word(word.start(), word.end(), key_of_word(word[0])) for word in found]


def last_words(text: str) -> list[Word]:
    """Return the last words of `text`, the last one first, back to the beginning of its last line."""
    end = len(text.rstrip())
    begin = max(text.rfind("\n", 0, end) + 1, end - _REACH)
    if begin and text[begin - 1].isalnum():  # inside a word
        begin = text.find(" ", begin, end) % (end + 1)
    found = list(iterate_words(text[begin:end]))[: -LONGEST - 1 : -1]
    return [Word(begin + word.start(), begin + word.end(), key_of_word(word[0])) for word in found]


@lru_cache(maxsize=1 << 16)
def key_of_word(word: str) -> str:
    """Return the key of one word."""
    return _one_class(fold(word))


def first_word(text: str) -> str:
    """Return the key of the first word of `text`, or "".

    >>> first_word("• إقرأ أيضا")
    'اقرا'
    """
    found = next(iterate_words(text), None)
    return key_of_word(found[0]).partition(" ")[0] if found else ""


def last_word(text: str) -> str:
    """Return the key of the last word of `text`, or ""."""
    found = [word[0] for word in iterate_words(text)]
    return key_of_word(found[-1]).rpartition(" ")[2] if found else ""


def affixes(words: Sequence[Word]) -> Iterator[tuple[str, int]]:
    """Yield the keys of the frames that `words` may begin with, shortest first, and how many words each has.

    There is a word behind each: what has nothing before or behind it is a line.
    """
    key = ""
    for count, word in enumerate(words[:-1], 1):
        key = f"{key} {word.key}" if key else word.key
        if count >= FEWEST:
            yield key, count


def title_key(title: str) -> str:
    """Return the key of a headline, or "" for one that is short enough to be a label."""
    (key,) = keys_of([title.replace("\n", " ")]) if title else ("",)
    return key if is_headline(key) else ""


#: A headline, or a first sentence that other stories show, has so many words and letters.
_HEADLINE_WORDS = 4
_HEADLINE_LETTERS = 20


def is_headline(key: str) -> bool:
    """Tell whether `key` has the length of a headline."""
    return key.count(" ") + 1 >= _HEADLINE_WORDS and len(key) >= _HEADLINE_LETTERS


#: Marks that set an announcement, or a name, apart; and the characters in which it stands.
_APART = re.compile(r"[:：|•·»›]|\s[-–—/](?=\s)")
_ANNOUNCES = 48
#: Announcements are looked for in so many first and last pieces.
_AT_HEAD, _AT_TAIL = 2, 3
MARKS = " :：|•·»›-–—/…"
#: Without a mark, so many words of a last piece of so many characters announce the rest: tags, a contact.
_OPENINGS = (1, 3)
_CONTACT = 100
_STOPS = ".!?؟۔…"
#: What a name is signed with stands at the end of so short a piece: "NAME - OUTLET".
_SIGNED = 60
#: What is announced behind an article has so many characters at most, as seven of the longest headlines have; the
#: header over it is a piece of so many words, or so many and a part of the next, which ran into a headline.
_CLOSING = 700
_HEADER = 5
GLUE = "+"


class Announcement(NamedTuple):
    """A frozen part of a first or last piece that says what the `rest` is: a link, a contact, the name before it."""

    key: str
    at: int
    start: int
    end: int
    rest: str


def announcements(text: str, spans: Sequence[tuple[int, int, bool]]) -> Iterator[Announcement]:
    """Yield what announces or signs the rest of a first or last piece, up to the end of that piece.

    `spans` are those of `cut_spans`, `at` tells which of them it is. A key has a mark behind what announces, before
    what signs; dots where no mark stands, and a plus where the last word may have run into the rest. A header over
    lines that are no running text announces all of them, up to the end of the text.
    """
    length = len(text.rstrip())
    closing = _closing(text, spans, length)
    parts: list[tuple[str, str, str, int, int, int]] = []
    for at, (start, end, whole) in enumerate(spans):
        last = at >= len(spans) - _AT_TAIL
        if _AT_HEAD <= at < closing and not last:
            continue
        piece = text[start:end].rstrip()
        found = _APART.search(piece, 0, _ANNOUNCES)
        if found is not None and found.end() < len(piece) and (last or at < _AT_HEAD):
            parts.append((piece[: found.start()], f" {found[0].strip()}", piece[found.end() :], at, start, end))
            if len(piece) <= _SIGNED and piece[-1] not in _STOPS:
                name = list(_APART.finditer(piece))[-1]
                parts.append((piece[name.end() :], f"{name[0].strip()} ", piece[: name.start()], at, start, end))
        words = [word.end() for word in islice(iterate_words(piece), _HEADER + 1)] if at >= closing or last else []
        if last and found is None and 0 < len(piece) <= _CONTACT and piece[-1] not in _STOPS:
            cuts = [words[count - 1] for count in _OPENINGS if count <= len(words)]
            parts += [(piece[:cut], " …", piece[cut:], at, start, end) for cut in cuts]
        if at >= closing:
            if whole and len(words) <= _HEADER:
                parts.append((piece, " …", text[end:length], at, start, length))
            rests = ((cut, text[start + cut : length]) for cut in words[: _HEADER - 1])
            parts += [(piece[:cut], f" {GLUE}", rest, at, start, length) for cut, rest in rests]
    keys = keys_of([part for part, *_ in parts]) if parts else []
    for key, (_, mark, rest, at, start, stop) in zip(keys, parts, strict=True):
        if key and rest.strip():
            yield Announcement(mark + key if mark.endswith(" ") else key + mark, at, start, stop, rest.strip())


def _closing(text: str, spans: Sequence[tuple[int, int, bool]], length: int) -> int:
    """Return the first of the last pieces from which on no sentence ends with a full stop."""
    first = len(spans)
    while first and length - spans[first - 1][0] <= _CLOSING:
        start, end, _ = spans[first - 1]
        piece = text[start:end].rstrip()
        if piece.endswith((".", "۔")) and not trails_off(piece):
            break
        first -= 1
    return first
