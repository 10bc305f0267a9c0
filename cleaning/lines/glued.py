"""Find chrome that is glued into a line: a header of links with its headlines, a disclaimer after the last sentence.

What is cut always begins where a sentence has ended or a word has run into another; it ends with the line, and
only if nothing after it reads like running text again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from cleaning.lines.lexicon import Lexicon, Phrase, key_of
from cleaning.lines.unit import LONG, Unit, ends_sentence

#: A run of headlines glued behind a header; the longest of the labelled dumps has 197 characters, seven links
#: of the longest headlines have 700.
_GLUED = 700
#: No header has so many characters, its marks counted.
_HEADER = 100
_FULL_STOPS = ".۔"

#: A disclaimer or a link is looked for among the sentences that begin in so many last characters of a line.
TAIL = 400

#: Enough of what stands before a place to see whether a sentence ended there.
_BACK = 12

#: It opens with one class of characters, so that all others are passed over fast.
_SENTENCE = re.compile(
    r"[.!?؟۔…»”\"a-z0-9](?:(?<![a-z0-9])[.!?؟۔…»”\"]*"
    r"(?: {1,2}(?=[^\W\d_])|(?=[^\W\d_a-zA-Z]))"  # an address has stops without spaces
    r"|(?<=[a-z0-9])(?=[\u0621-\u064a]))"  # Arabic glued to an address
)
_STOP = re.compile(r"(?:[^\W\d]{3}|\d{2})[\"”»)]?[.۔]\s")


def find_glued(unit: Unit, lexicon: Lexicon, *, last: bool, inside: bool = True) -> Iterator[tuple[int, int, Phrase]]:
    """Yield (start, end, phrase) in `unit.text` of glued chrome, at most one.

    Disclaimers are looked for only in the `last` unit that stays; headers of links only if there are some `inside`.
    """
    text = unit.text
    for start, end, phrase in lexicon.inside(text) if inside else ():
        begins = ends_sentence(text[max(0, start - _BACK) : start].rstrip())
        if start and len(text) - end <= _GLUED and begins and not reads_on(text[end:]):
            yield start, len(text), phrase
            return
    for start in sentence_starts(text) if last else ():
        found = lexicon.head(key_of(text[start:]), ends_sentence=True) if lexicon.may_open(text[start:]) else None
        if found is not None and found.position == "sentence":
            yield start, len(text), found
            return


def end_of(unit: Unit) -> str:
    """Return so much of the end of a unit as a header of links may stand in: more would read on behind it."""
    return unit.text[-_HEADER - (LONG if unit.ends and unit.text[-1] in _FULL_STOPS else _GLUED) :]


def sentence_starts(text: str) -> list[int]:
    """Return where sentences begin in the last part of `text`."""
    before = max(0, len(text) - TAIL)
    return [before + start for start in _starts(text[before:])]


@lru_cache(maxsize=1 << 8)
def _starts(text: str) -> list[int]:
    return [match.end() for match in _SENTENCE.finditer(text)]


def reads_on(rest: str) -> bool:
    """Tell whether `rest`, which follows a header of links, is or holds running text."""
    if len(rest) > _GLUED:
        return True
    return ends_sentence(rest) and rest.rstrip()[-1] in _FULL_STOPS and (len(rest) >= LONG or bool(_STOP.search(rest)))
