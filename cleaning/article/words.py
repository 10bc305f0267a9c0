"""Tell whether two pieces of text are of one story: by the words they share.

Function words say nothing about a story; they are short, so only words of some length count, without the Arabic
article and the particles that are written with a word.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache

from cleaning.lines.unit import Unit
from corpus.arabic import IN_WORD, WORD_BEGINS, fold

#: Shorter words are mostly particles, pronouns and prepositions in the six languages of the lexicon.
_WORD_LENGTH = 4

#: The article and the particles before it; they are words or parts of words if so few letters are left without them.
_PROCLITICS = "(?:وبال|وال|بال|كال|فال|لل|ال)"
_LEFT = 3


@cache
def _stems() -> re.Pattern[str]:
    proclitic = f"(?:{_PROCLITICS}(?={IN_WORD}{{{_LEFT}}}))?+"
    return re.compile(f"(?={WORD_BEGINS}){proclitic}(?:({IN_WORD}{{{_WORD_LENGTH},}}+)|{IN_WORD}++)")


def content_words(texts: Iterable[str]) -> frozenset[str]:
    """Return the longer words of `texts`, folded, without article and the particles before it.

    >>> sorted(content_words(["وبالعلاقات مع الميناء", "بالدم"]))
    ['بالدم', 'علاقات', 'ميناء']
    """
    return frozenset(filter(None, _stems().findall(fold("\n".join(texts)))))


def words_of(units: Sequence[Unit]) -> list[frozenset[str]]:
    """Return the content words of each unit, which are kept there."""
    unread = [unit for unit in units if unit.words is None]
    folded = fold("\n".join([unit.text for unit in unread])).split("\n")  # together they cost less
    for unit, text in zip(unread, folded, strict=False):  # nothing is one line of nothing
        unit.words = frozenset(filter(None, _stems().findall(text)))
    return [unit.words or frozenset() for unit in units]


def covered(words: frozenset[str], by: frozenset[str]) -> float:
    """Return the share of `words` that also stand in `by`; 0 if there are none."""
    return len(words & by) / len(words) if words else 0.0
