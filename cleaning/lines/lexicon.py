"""Load the chrome phrases and say where in a text one of them stands.

A phrase alone decides nothing: each one names the positions in which it is chrome. `docs` of the format stand
at the head of lexicon.toml. Everything here compares folded text; only `inside` searches text as written.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from functools import cache, lru_cache
from itertools import groupby
from pathlib import Path
from typing import Literal

import msgspec

from corpus.arabic import FOLD_TABLE, fold

Position = Literal["line", "label", "header", "prefix", "inline", "sentence"]

#: A label is a line of at most so many characters; the longest real one ("related" with a section name) has 34.
LABEL_LENGTH = 40

#: What may stand around a phrase without being part of it: bullets, brackets, dashes, arrows, dots.
MARKS = " \u00a0.,:;!?()[]{}<>«»\"'“”‘’`|/\\*•·-–—−_=+~^#@&…،؛؟▪►▶◄●○■□★☆✓→←↑↓»›‹٭ـ"

#: What ends a header that is followed by something on its own line.
_COLON = ":：﹕|/"

#: What `str.lower` leaves over of the Turkish capital I with a dot.
_DOT_ABOVE = "\u0307"

#: Figures beside a phrase: a count, a date.
_FIGURES = 12

_DIGITS = re.compile(r"\d+")


#: Buttons in one line; more words are a text.
_MOST_BUTTONS = 16

_WORDS = re.compile(r"[^\W\d_]+")
_CLAUSES = ",،؛;."

#: `3 of 12`, `3/12`: which picture of a gallery is shown.
_COUNTER = re.compile(r"(\d{1,3}) ?(/|(?<= )[^\W\d_]{1,5}(?= )) ?(\d{1,3})")

_NO_WORDS: Mapping[str, str] = {}


class Phrase(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What chrome says, its class, the position in which it is chrome, and a line that shows it."""

    text: str = msgspec.field(name="phrase")
    kind: str = msgspec.field(name="class")
    position: Position
    lang: str
    example: str
    glued: bool = False
    needs: tuple[str, ...] = msgspec.field(name="with", default=())

    @property
    def rule(self) -> str:
        """Return the rule under which a line goes that is this phrase or opens with it."""
        return self.kind.replace("_", "-")


def key_of(text: str) -> str:
    """Return `text` as phrases are compared: folded, single spaces, no marks at either end.

    >>> key_of("  • إقرأ أيضاً: ")
    'اقرا ايضا'
    """
    return " ".join(fold(text).replace(_DOT_ABOVE, "").split()).strip(MARKS)


@lru_cache(maxsize=1 << 15)
def fold_word(word: str) -> str:
    """Return `fold(word)`, kept: few words begin most sentences."""
    return fold(word)


class Lexicon:
    """Find phrases at the head of a line, as a whole line, or inside a text."""

    def __init__(self, phrases: Iterable[Phrase], words: Mapping[str, str] = _NO_WORDS) -> None:
        self.phrases = tuple(phrases)
        kinds = ("buttons", "beside", "steps", "of", "contacts", "outlets")
        self.buttons, self.beside, self.steps, self.of, self.contacts, self.outlets = (
            frozenset(fold(words.get(kind, "")).split()) for kind in kinds
        )
        self._in_rows = self.buttons | self.steps | self.beside
        self._whole: dict[str, Phrase] = {}
        self._heads: dict[str, list[tuple[str, Phrase]]] = {}
        for phrase in self.phrases:
            key = key_of(phrase.text)
            self._whole.setdefault(key, phrase)
            if phrase.position != "line":
                self._heads.setdefault(key.split(" ")[0], []).append((key, phrase))
        for candidates in self._heads.values():
            candidates.sort(key=lambda item: (-len(item[0]), item[0]))
        inline = [_Inline(phrase) for phrase in self.phrases if phrase.position == "inline"]
        inline.sort(key=lambda one: one.anchor)
        groups = [(anchor, list(ones)) for anchor, ones in groupby(inline, key=lambda one: one.anchor)]
        # Those of one anchor are looked for together first.
        self._inline = [(a, re.compile("|".join(one.pattern.pattern for one in ones)), ones) for a, ones in groups]
        self._longest = max(map(len, self._whole))
        self._opens = lru_cache(maxsize=1 << 15)(self._may_open)
        #: The phrase that a short line is, or opens with, by its key and whether it ends a sentence.
        self.phrase_of: Callable[[str, bool], Phrase | None] = lru_cache(maxsize=1 << 10)(
            lambda key, ends: self.whole(key) or self.head(key, ends_sentence=ends)
        )

    def whole(self, key: str) -> Phrase | None:
        """Return the phrase that is all of `key` (from `key_of`), but for digits and marks."""
        found = self._whole.get(key)
        if found is None and len(key) <= self._longest + _FIGURES and _DIGITS.search(key):
            found = self._whole.get(" ".join(_DIGITS.sub(" ", key).split()).strip(MARKS))
        if found is None:
            return self.row(key)
        return found if found.position != "sentence" else None

    def row(self, key: str) -> Phrase | None:
        """Return the phrase that a row of nothing but buttons is: of sharing, or of a gallery."""
        first = _WORDS.search(key)
        if first is not None and first[0] in self._in_rows and not any(mark in key for mark in _CLAUSES):
            words = _WORDS.findall(key)
            for kind, buttons in (("share", self.buttons), ("nav", self.steps)):
                named = not buttons.isdisjoint(words) and buttons.union(self.beside).issuperset(words)
                if named and len(words) <= _MOST_BUTTONS:
                    return Phrase(key, kind, "line", "", key)
        counter = _COUNTER.fullmatch(key)
        if counter is not None and int(counter[1]) <= int(counter[3]) and counter[2] in ("/", *self.of):
            return Phrase(key, "nav", "line", "", key)
        return None

    def may_open(self, text: str) -> bool:
        """Tell by its first word whether a phrase may open `text`, which is not folded: for most texts it does not."""
        return self._opens((text[:LABEL_LENGTH].split(None, 1) or [""])[0])

    def _may_open(self, word: str) -> bool:
        first = fold(word).replace(_DOT_ABOVE, "").lstrip(MARKS).partition(" ")[0]
        return not first or first in self._heads or first.rstrip(MARKS) in self._heads

    def head(self, key: str, *, ends_sentence: bool = False) -> Phrase | None:
        """Return the phrase that opens `key` in a position where it is chrome.

        `key` is the folded line with its marks inside; `ends_sentence` says whether the line ends one.
        """
        first = key.split(" ", 1)[0]
        candidates = self._heads.get(first) or self._heads.get(first.rstrip(MARKS), [])
        for opening, phrase in candidates:
            if not key.startswith(opening):
                continue
            rest = key[len(opening) :]
            if rest[:1].isalnum() and not phrase.glued:
                continue
            match phrase.position:
                case "header":
                    allowed = not (bare := rest.lstrip()) or bare[0] in _COLON or (phrase.glued and rest[0].isalpha())
                case "label":
                    allowed = len(key) <= LABEL_LENGTH and not ends_sentence
                case "sentence":
                    allowed = any(fold(word) in key for word in phrase.needs)
                case _:
                    allowed = True
            if allowed:
                return phrase
        return None

    def inside(self, text: str) -> list[tuple[int, int, Phrase]]:
        """Return (start, end, phrase) of each inline phrase in `text` as written, at the start of a word."""
        stretched = any(mark in text for mark in _STRETCHES)
        found: list[tuple[int, int, Phrase]] = []
        for anchor, pattern, ones in self._inline:
            if (ones[0].stretched.search(text) if stretched else anchor in text) and pattern.search(text):
                found += [hit for one in ones for hit in one.hits(text)]
        return sorted(found, key=lambda hit: (hit[0], -hit[1]))


#: Letters of folded text with several written forms, and a pattern of these.
_FORMS = {
    letter: f"[{letter}{''.join(chr(code) for code, folded in FOLD_TABLE.items() if folded == letter)}]"
    for letter in dict.fromkeys(FOLD_TABLE.values())
    if letter and letter.isalpha()
} | {" ": r"[\s\u200c]+"}
_MARKED = "[\u064b-\u0652\u0640\u200c]*"
#: Of these, all but the nunations may stand inside an anchor.
_STRETCHES = "\u0640\u064e\u064f\u0650\u0651\u0652\u200c"
_VARIES = re.compile("[" + "".join(_FORMS) + "]")


class _Inline:
    """One inline phrase in the shape in which a long text is searched for it fast.

    The search starts at the first letter that has one written form only, so that the pattern opens with a
    literal; what stands before it (`lead`) is checked where the pattern hits.
    """

    def __init__(self, phrase: Phrase) -> None:
        self.phrase = phrase
        key = key_of(phrase.text)
        first = next(at for at, letter in enumerate(key) if letter not in _FORMS)
        self.lead, tail = key[:first], key[first:]
        # A letter that is not of the Arabic alphabet is the rarest and found the fastest, else the longest part.
        foreign = (letter for letter in key if letter > "ي" and letter not in _FORMS)
        self.anchor = next(foreign, max(_VARIES.split(key), key=len))
        self.stretched = re.compile(_MARKED.join(map(re.escape, self.anchor)))
        self.pattern = re.compile(_MARKED.join(_FORMS.get(letter, re.escape(letter)) for letter in tail) + _MARKED)

    def hits(self, text: str) -> Iterable[tuple[int, int, Phrase]]:
        for match in self.pattern.finditer(text):
            start, end = match.start() - len(self.lead), match.end()
            if start < 0 or fold(text[start : match.start()]) != self.lead:
                continue
            if start and text[start - 1].isalnum():
                continue
            if self.phrase.glued or end == len(text) or not text[end].isalnum():
                yield start, end, self.phrase


def parse(text: str) -> Lexicon:
    """Read a lexicon from the text of a TOML file. Raises msgspec.ValidationError on an unknown key."""
    rows = tomllib.loads(text)
    lines = [
        Phrase(phrase, kind, "line", lang, phrase)
        for kind, languages in rows.get("lines", {}).items()
        for lang, phrases in languages.items()
        for phrase in phrases
    ]
    return Lexicon(msgspec.convert(rows["entry"], list[Phrase]) + lines, rows.get("words", {}))


@cache
def default_lexicon() -> Lexicon:
    """Return the lexicon that ships with Ghirbal, read once per process."""
    return parse(Path(__file__).with_name("lexicon.toml").read_text("utf-8"))
