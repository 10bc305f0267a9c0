"""Tell whether two pieces of text are of one story: by the words they share.

Function words say nothing about a story; they are short, so only words of some length count, without the Arabic
article and the particles that are written with a word.
"""

from __future__ import annotations

from collections.abc import Iterable

from corpus.arabic import folded_words

#: Shorter words are mostly particles, pronouns and prepositions in the six languages of the lexicon.
_WORD_LENGTH = 4

_PROCLITICS = ("وبال", "وال", "بال", "كال", "فال", "لل", "ال")


def stem(word: str) -> str:
    """Return `word` without article and the particles before it.

    >>> stem("وبالعلاقات")
    'علاقات'
    """
    if word.startswith(_PROCLITICS):
        for proclitic in _PROCLITICS:
            if word.startswith(proclitic) and len(word) >= len(proclitic) + 3:
                return word[len(proclitic) :]
    return word


def content_words(texts: Iterable[str]) -> frozenset[str]:
    """Return the stems of the longer words of `texts`."""
    words = {word for text in texts for word in folded_words(text) if len(word) >= _WORD_LENGTH}
    return frozenset(stemmed for word in words if len(stemmed := stem(word)) >= _WORD_LENGTH)


def covered(words: frozenset[str], by: frozenset[str]) -> float:
    """Return the share of `words` that also stand in `by`; 0 if there are none."""
    return len(words & by) / len(words) if words else 0.0
