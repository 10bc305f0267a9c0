"""Cut a text into the units that are judged: lines, and the parts of a line that a wide gap keeps apart.

Dumps often lose the newline between a headline and what follows, and keep a run of spaces in its place.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from cleaning.lines.lexicon import Phrase, key_of

#: Units up to this length are folded whole and looked up, unless they are paragraphs; longer ones only at their
#: head. The longest chrome line of the labelled dumps that is not prose in form has 130 characters.
SHORT = 160

#: A headline is longer than a label; the shortest headlines of the labelled dumps have 25 characters.
STUB = 25

#: From here on a unit that ends a sentence is a paragraph; half of all body paragraphs have over 180 characters.
PARAGRAPH = 80

#: From here on a unit is a paragraph even if it ends no sentence.
LONG = 220

_ENDS = frozenset(".!?؟…。！？۔।")
_CLOSERS = "\"'”’»)]}*"
#: The sign of an agency after the last sentence: "… yesterday. — AFP", "… أمس. (رويترز)".
_SIGNED = re.compile(r"[.!?؟][\"”’»]? ?[—–\-(] ?\w[\w ]{0,20}\)?$")
#: Direction marks and zero-width characters at the ends of a line hide how it ends.
_BLANK = " \u200b\u200e\u200f\ufeff\u00ad"

#: A line that ends in a stop is a sentence if it has so many words, as 783 of the 788 such body lines of the
#: labelled dumps have; with fewer it is a label with a stop behind it. Without a stop it takes more words.
SENTENCE_WORDS = 5

_GAP = re.compile(r" {3,}")
_INNER = re.compile(r"[.!؟?۔]\s|[،,;؛] ")


@dataclass(slots=True, eq=False)
class Unit:
    """One line, or one part of a line: `text[start:end]` has no space at either end.

    `key` is the folded form, or "" for a unit that is long or has the form of running text. `phrase` is that
    of the lexicon which it is or begins with, as far as its form allows; `rule` is what removes it, or "". `closes`
    tells that the outlet ends its articles with it, or with what is glued to its end; `words` are its content words
    once they have been asked for.
    """

    start: int
    end: int
    size: int
    text: str
    line: int
    key: str
    ends: bool
    phrase: Phrase | None = None
    rule: str = ""
    evidence: str = ""
    closes: bool = False
    words: frozenset[str] | None = None

    @property
    def kind(self) -> str:
        """Return the class of the phrase, or ""."""
        return self.phrase.kind if self.phrase is not None else ""

    @property
    def sentence(self) -> bool:
        """Tell whether the form is that of a sentence or more, however short; a menu, a date or a counter has none."""
        words = self.text.count(" ") + 1
        if self.size >= LONG or (self.ends and words >= SENTENCE_WORDS):
            return True
        return self.size >= PARAGRAPH and has_clauses(self.text)

    @property
    def paragraph(self) -> bool:
        """Tell whether the form is that of running text."""
        return self.size >= LONG or (self.size >= PARAGRAPH and self.ends)

    @property
    def headline(self) -> bool:
        """Tell whether the form is that of a headline: one line that ends no sentence."""
        return STUB <= self.size < LONG and not self.ends

    @property
    def stub(self) -> bool:
        """Tell whether the form is that of a menu entry: a few words, no sentence."""
        return self.size < STUB and not self.ends

    @property
    def bullet(self) -> bool:
        """Tell whether the unit opens with a list mark."""
        return self.text[0] in "•*·▪►●-–—»٭■□○"


def trails_off(text: str) -> bool:
    """Tell whether `text` ends in dots: a teaser, or a paragraph that was cut off."""
    return text.endswith(("..", "…"))


def ends_sentence(text: str) -> bool:
    """Tell whether `text` ends as a sentence does, inside or outside of quotes and brackets.

    A colon ends none, nor do dots (`trails_off`) or a bracket alone; the sign of an agency may follow the stop.

    >>> [ends_sentence(text) for text in ("وقع.", "وقع. - AFP", "قال الوزير:", "وقع…", "(رويترز)")]
    [True, True, False, False, False]
    """
    last = text[-1:]
    if last in _ENDS:
        return not trails_off(text)
    if last and last in _CLOSERS and text.rstrip(_CLOSERS)[-1:] in _ENDS:
        return True
    return _SIGNED.search(text, max(0, len(text) - 40)) is not None


def has_clauses(text: str) -> bool:
    """Tell whether there are commas or stops inside `text`."""
    return _INNER.search(text) is not None


#: Gaps keep a headline, a date and a few links apart; a line with more of them is a table or padding.
_MOST_GAPS = 40


def cut(text: str) -> list[Unit]:
    """Return the units of `text` in order; what lies between them is white space."""
    units: list[Unit] = []
    start, wide = 0, "   " in text
    for number, line in enumerate(text.split("\n")):
        at = 0
        if wide and "   " in line and len(_GAP.findall(line.strip())) <= _MOST_GAPS:
            for gap in _GAP.finditer(line):
                _add(units, line[at : gap.start()], start + at, number)
                at = gap.end()
        _add(units, line[at:], start + at, number)
        start += len(line) + 1
    return units


def _add(units: list[Unit], part: str, start: int, line: int) -> None:
    text = part.strip(_BLANK) or part.strip()
    if text:
        size = len(text)
        start += part.index(text) if size < len(part) else 0
        key, ends = _read(text) if size <= SHORT else ("", ends_sentence(text))
        units.append(Unit(start, start + size, size, text, line, key, ends))


@lru_cache(maxsize=1 << 10)  # a menu stands on each page of its outlet
def _read(text: str) -> tuple[str, bool]:
    ends = ends_sentence(text)
    return key_of(text) if len(text) < PARAGRAPH or not ends else "", ends
