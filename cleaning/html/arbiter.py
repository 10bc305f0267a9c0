"""Decide whose text a page gets: our own where its markup is plain, a rival's where the two disagree.

Measured on 389 labelled pages: 80 % are sure, there our own text scores .963 and trafilatura's .948. On the others
each is right where the other is wrong, and agreement tells which: our text stands when the rival has it too.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from cleaning.html.body import Body
from cleaning.html.metadata import Metadata
from cleaning.html.rival import trafilatura_text
from corpus.arabic import folded_words

#: A named container with this share of the page's prose is the right one.
SURE_SHARE = 0.6
#: Below this length (characters) a consent wall or a teaser can pass for a story.
SURE_LENGTH = 250
#: In doubt our own text stands when the rival has this share of it, and it has this share of the page's prose.
AGREEMENT = 0.85
FAIR_SHARE = 0.4
_SHINGLE = 4


@dataclass(frozen=True, slots=True)
class Choice:
    """The text chosen, who found it ("structure", "trafilatura" or "none"), and whether there was doubt."""

    text: str
    extractor: str
    doubtful: bool


def choose(html: str, body: Body, metadata: Metadata) -> Choice:
    """Take our own text where it is sure, else ask a rival; an empty `html` says that none may be asked."""
    text = body.text
    if body.named and body.share >= SURE_SHARE and len(text) >= SURE_LENGTH:
        return Choice(text, "structure", doubtful=False)
    rival = _rival(html, metadata, len(text)) if html else ""
    stands = body.share >= FAIR_SHARE and contained(text, rival) >= AGREEMENT
    if not text and len(rival) < SURE_LENGTH:
        return Choice("", "none", doubtful=True)  # without any prose on the page, so little is a menu
    if rival and not stands:
        return Choice(rival, "trafilatura", doubtful=True)
    return Choice(text, "structure", doubtful=True)


def _rival(html: str, metadata: Metadata, length: int) -> str:
    """Ask trafilatura: for an article in precise form; else, or when that finds little, in balanced form."""
    precise = trafilatura_text(html, "precision") if metadata.is_article else ""
    if len(precise) >= max(SURE_LENGTH, length // 2):
        return precise
    return trafilatura_text(html)


def contained(part: str, whole: str) -> float:
    """Return the share of the word 4-grams of `part` that `whole` has too; 0.0 for an empty `part`."""
    grams = _grams(part)
    common = sum((grams & _grams(whole)).values())
    return common / grams.total() if grams else 0.0


def _grams(text: str) -> Counter[tuple[str, ...]]:
    words = folded_words(text)
    return Counter(tuple(words[i : i + _SHINGLE]) for i in range(max(1, len(words) - _SHINGLE + 1)) if words)
