"""Say what a line of a text is: its units, the phrases it is known by, what was glued to it, what it mentions.

In: the text of one document. Out: units, and for each what the lexicon and its shape say.
Read unit, then lexicon, then glued and mentions.
"""

from __future__ import annotations

__all__ = [
]
