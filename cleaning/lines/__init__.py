"""Say what a line of a text is: its units, the phrases it is known by, what was glued to it, what it mentions.

In: the text of one document. Out: units, and for each what the lexicon and its form say.
Read unit and paragraphs, then lexicon, then glued and mentions.
"""

from __future__ import annotations

from cleaning.lines.lexicon import Lexicon, Phrase, default_lexicon
from cleaning.lines.paragraphs import find_paragraphs
from cleaning.lines.unit import Unit, cut

__all__ = [
    "Lexicon",
    "Phrase",
    "Unit",
    "cut",
    "default_lexicon",
    "find_paragraphs",
]
