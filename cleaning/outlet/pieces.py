"""Cut a text into the pieces that an outlet may repeat: sentences and lines, and words at either end of the text.

A piece is compared by its key: folded words, every number one class, no marks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cleaning.lines.unit import trails_off
from corpus.arabic import fold, fold_alone, iterate_words, words

#: Where a sentence may end, all marks made the first of them, if what is before it is no abbreviation of one letter
#: ("د. سمير"), and where a line does, or a part of it before a wide gap.
_STOPS = ".!?؟۔…"
_STOP = re.compile(r"\.(?:\s+|(?=[\u0621-\u064a]))")
_GAP = re.compile(r"\n|[^\S\n]{3,}")
_NEWLINE = re.compile(r"\n")
#: What stands between words.
_FIGURES = re.compile("[0-9]+")
_MARKS = ".,:;!?()[]{}<>\"'`|/\\*+=~^#@&%$-\t«»“”‘’„‹›…،؛؟۔٪–—―−•·▪►◄●■□★©\u00a0"

#: What each character of folded text is in a key: marks are spaces, of these and of zeros one stays; and what each of
#: any text is, once it has been met, unless its neighbours have a say in that.
_SPACE, _ZERO = ord(" "), ord("0")
_NOT_MET, _NONE = 0xFFFE, 0xFFFF
_IN_FOLDED = np.arange(1 << 16, dtype=np.uint16)
_IN_FOLDED[[*map(ord, _MARKS)]] = _SPACE
_IN_FOLDED[_ZERO : _ZERO + 10] = _ZERO
_IN_TEXT = np.full(1 << 16, _NOT_MET, np.uint16)
_IN_TEXT[0xD800:0xE000] = _NONE  # surrogates

#: Words of a frame at either end of a text, and the characters in which they stand.
LONGEST = 14
FEWEST = 2
_REACH = 160
#: Enough of a text to see its first or last word, in most.
_LOOK = 40


#: Where a piece begins and ends, and whether it fills its line.
Cut = tuple[int, int, bool]


class Piece(NamedTuple):
    """A sentence or line, `text[start:end]`; `whole` tells that it fills its line."""

    start: int
    end: int
    key: str
    whole: bool


def cut_pieces(text: str, spans: Sequence[Cut] | None = None) -> list[Piece]:
    """Return the sentences and lines of `text` that have a word, in order; `spans` if it has been cut already.

    >>> [piece.key for piece in cut_pieces("وقع الحادث أمس. قال د. سمير ذلك\\nعدد القراء: ١٢")]
    ['وقع الحادث امس', 'قال د سمير ذلك', 'عدد القراء 0']
    """
    spans = cut_spans(text) if spans is None else spans
    keys = keys_of([text[start:end] for start, end, _ in spans])
    return [Piece(start, end, key, whole) for (start, end, whole), key in zip(spans, keys, strict=True) if key]


def cut_spans(text: str) -> list[Cut]:
    """Return where the pieces of `text` begin and end, and whether each fills its line; some have no word."""
    spans: list[Cut] = []
    start = 0
    for stop in _STOPS[1:]:
        text = text.replace(stop, _STOPS[0])  # one literal is found in half the time of six characters
    breaks = (_GAP if "   " in text else _NEWLINE).finditer(text)
    for end, after in (*[found.span() for found in breaks], (len(text), 0)):
        first = start
        for found in _STOP.finditer(text, start, end):
            at, behind = found.span()
            if at - first > 1 and behind < end and text[at - 1].isalnum() <= text[at - 2].isalnum():
                spans.append((first, at + 1, False))
                first = behind
        if first < end:
            spans.append((first, end, first == start))
        start = after
    return spans


def keys_of(parts: Sequence[str]) -> list[str]:
    """Return the keys of several texts without line breaks; together they cost a tenth."""
    return keys_in(keys_together(parts))[: len(parts)]


def keys_in(together: NDArray[np.uint16]) -> list[str]:
    """Return each of the keys that `keys_together` returned."""
    return [key.strip() for key in together.tobytes().decode("utf-16-le", "surrogatepass").split("\n")]


def keys_together(parts: Sequence[str]) -> NDArray[np.uint16]:
    """Return the keys of several texts without line breaks as UTF-16, with a newline between, and a space or none."""
    text = "\n ".join(parts)  # so that no two newlines stand together
    found = _IN_TEXT.take(codes := codes_of(text), mode="clip")
    if not text or np.maximum.reduce(found) >= _NOT_MET:
        for code in np.unique(codes[found == _NOT_MET]).tolist():
            _IN_TEXT[code] = _in_key(chr(code))
        found = _IN_TEXT.take(codes)
        if _NONE in found:
            found = _IN_FOLDED.take(codes_of(fold(text)))
    if not np.minimum.reduce(found, initial=_NONE):
        found = found[found != 0]
    kept = found > _ZERO
    kept[:1] = True
    kept[1:] |= found[1:] != found[:-1]
    return found[kept]


def codes_of(text: str) -> NDArray[np.uint16]:
    """Return the UTF-16 of a text."""
    return np.frombuffer(text.encode("utf-16-le", "surrogatepass"), np.uint16)


def _in_key(character: str) -> int:
    """Return what a character is in a key: one code, nothing (0), or none of its own."""
    folded = fold_alone(character)
    if folded is None:
        return _NONE
    codes = _IN_FOLDED[codes_of(folded)].tolist()
    return codes[0] if len(codes) == 1 or set(codes) == {_SPACE} else _NONE if codes else 0


class Word(NamedTuple):
    """A word at an end of a text, `text[start:end]`, with its key."""

    start: int
    end: int
    key: str


def first_words(text: str) -> list[Word]:
    """Return the first words of `text`, up to the end of its first line."""
    found = islice(iterate_words(_first_line(text)), LONGEST)
    return [Word(word.start(), word.end(), key_of_word(word[0])) for word in found]


def last_words(text: str) -> list[Word]:
    """Return the last words of `text`, the last one first, back to the beginning of its last line."""
    begin, line = _last_line(text)
    found = list(iterate_words(line))[: -LONGEST - 1 : -1]
    return [Word(begin + word.start(), begin + word.end(), key_of_word(word[0])) for word in found]


def words_at_edges(text: str) -> tuple[list[str], list[str]]:
    """Return the first words of `text` as they are written, and the last ones, the last one first."""
    return words(_first_line(text))[:LONGEST], words(_last_line(text)[1])[: -LONGEST - 1 : -1]


def _first_line(text: str) -> str:
    end = text.find("\n", len(text) - len(text.lstrip()))
    return text[: min(end % (len(text) + 1), _REACH)]


def _last_line(text: str) -> tuple[int, str]:
    end = len(text.rstrip())
    begin = max(text.rfind("\n", 0, end) + 1, end - _REACH)
    if begin and text[begin - 1].isalnum():  # inside a word
        begin = text.find(" ", begin, end) % (end + 1)
    return begin, text[begin:end]


@lru_cache(maxsize=1 << 16)
def key_of_word(word: str) -> str:
    """Return the key of one word."""
    return _FIGURES.sub("0", fold(word))


def first_word(text: str) -> str:
    """Return the key of the first word of `text`, or "".

    >>> first_word("• إقرأ أيضا")
    'اقرا'
    """
    found = next(iterate_words(text), None)
    return key_of_word(found[0]).partition(" ")[0] if found else ""


@lru_cache(maxsize=1 << 15)
def _firsts(token: str) -> frozenset[str]:
    """Return the first word of a token as written and as folded: a direction mark inside a word is nothing in a key."""
    return frozenset([*map(first_word, (token, fold(token)))] if words(token) else [])


def may_open(text: str, keys: AbstractSet[str], at: int = 0) -> bool:
    """Tell whether the first word of the key of `text` from `at` on is one of `keys`, or a look does not tell."""
    rest, gap = text[at : at + _LOOK], " "
    while gap:
        token, gap, rest = rest.partition(" ")
        firsts = _firsts(token)
        if not firsts.isdisjoint(keys):
            return True
        if gap and firsts and "" not in firsts:
            return False
    return len(text) > at + _LOOK


def may_close(text: str, keys: AbstractSet[str]) -> bool:
    """Tell of the last word of `text` what `may_open` tells of the first one."""
    found = list(iterate_words(text[-_LOOK:]))
    if len(text) > _LOOK and (not found or found[-1].start() == 0):
        return True
    return bool(found) and key_of_word(found[-1][0]).partition(" ")[0] in keys


def affixes(keys: Sequence[str]) -> Iterator[tuple[str, int]]:
    """Yield the frames that words with these `keys` may begin with, shortest first, and how many words each has.

    There is a word behind each: what has nothing before or behind it is a line.
    """
    frame = ""
    for count, key in enumerate(keys[:-1], 1):
        frame = f"{frame} {key}" if frame else key
        if count >= FEWEST:
            yield frame, count


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

    @property
    def glued(self) -> bool:
        """Tell whether the last word may have run into the rest, which is all that follows."""
        return self.key[-1] == GLUE


#: What may announce, the mark that goes with it, and the other fields of an Announcement.
_Part = tuple[str, str, int, int, int, str]


def announcements(text: str, spans: Sequence[Cut]) -> list[Announcement]:
    """Return what announces or signs the rest of a first or last piece, up to the end of that piece.

    `spans` are those of `cut_spans`, `at` tells which of them it is. A key has a mark behind what announces, before
    what signs; dots where no mark stands, and a plus where the last word may have run into the rest. A header over
    lines that are no running text announces all of them, up to the end of the text.
    """
    parts = announcing(text, spans)
    return with_keys(parts, keys_of([part for part, *_ in parts])) if parts else []


def with_keys(parts: Sequence[_Part], keys: Sequence[str]) -> list[Announcement]:
    """Return those of `parts` that announce something, by what they are looked up as."""
    return [
        Announcement(mark + key if mark[-1] == " " else key + mark, at, start, end, stripped)
        for key, (_, mark, at, start, end, rest) in zip(keys, parts, strict=True)
        if key and (stripped := rest.strip())
    ]


def announcing(text: str, spans: Sequence[Cut], markers: AbstractSet[str] | None = None) -> list[_Part]:
    """Return what may announce or sign the rest of a first or last piece, if it has a word.

    With `markers`, first words of what is asked for, pieces with which it cannot be found are passed over.
    """
    length, pieces = len(text.rstrip()), len(spans)
    closing = _closing(text, spans, length)
    parts: list[_Part] = []
    behind = max(_AT_HEAD, min(closing, pieces - _AT_TAIL))
    for at in (*range(min(_AT_HEAD, pieces)), *range(behind, pieces)):
        start, end, whole = spans[at]
        last = at >= pieces - _AT_TAIL
        piece = text[start:end].rstrip()
        signed = len(piece) <= _SIGNED and piece[-1:] not in _STOPS
        if not (signed or markers is None or may_open(piece, markers)):
            continue
        found = _APART.search(piece, 0, _ANNOUNCES)
        if found is not None and found.end() < len(piece) and (last or at < _AT_HEAD):
            parts.append((piece[: found.start()], f" {found[0].strip()}", at, start, end, piece[found.end() :]))
            if signed:
                name = list(_APART.finditer(piece))[-1]
                parts.append((piece[name.end() :], f"{name[0].strip()} ", at, start, end, piece[: name.start()]))
        contact = last and found is None and 0 < len(piece) <= _CONTACT and piece[-1] not in _STOPS
        ends = [word.end() for word in islice(iterate_words(piece), _HEADER + 1)] if contact or at >= closing else []
        if contact:
            cuts = [ends[count - 1] for count in _OPENINGS if count <= len(ends)]
            parts += [(piece[:cut], " …", at, start, end, piece[cut:]) for cut in cuts]
        if at >= closing:
            if whole and len(ends) <= _HEADER:
                parts.append((piece, " …", at, start, length, text[end:length]))
            for cut in ends[: _HEADER - 1]:
                parts.append((piece[:cut], f" {GLUE}", at, start, length, text[start + cut : length]))
    return parts


def _closing(text: str, spans: Sequence[Cut], length: int) -> int:
    """Return the first of the last pieces from which on no sentence ends with a full stop."""
    first = len(spans)
    while first and length - spans[first - 1][0] <= _CLOSING:
        start, end, _ = spans[first - 1]
        piece = text[start:end].rstrip()
        if piece.endswith((".", "۔")) and not trails_off(piece):
            break
        first -= 1
    return first
