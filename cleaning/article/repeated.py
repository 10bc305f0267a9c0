"""Remove what the outlet repeats and what links to its other stories, unless it is the story itself."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Literal, get_args

from cleaning.article.spans import delete_spans, disjoint
from cleaning.lines.glued import end_of, find_glued, reads_on
from cleaning.lines.lexicon import Lexicon
from cleaning.lines.unit import Unit, ends_sentence
from cleaning.outlet import MARKS, Cut, Form, Furniture, OutletTable, Piece, cut_pieces, cut_spans, title_key
from corpus.records import Span

#: The rule under which each form of furniture goes.
_RULES = {form: f"furniture-{form}" for form in get_args(Form)} | {"piece": "furniture", "link": "link"}

#: A line is of the story itself if the rest of the text says so large a part of its words again. Of words of fewer
#: letters, or of fewer words, nothing can be said.
_OWN_STORY = 0.6
_LETTERS = 4
_WORDS = 5

#: So many first sentences of the first line are its lead, which other stories show as a teaser.
_LEAD = 2

#: What is glued to the end of an article is looked for in so many last units: tags may follow.
_CLOSE = 2

#: So many characters follow an announcement at most: a section and a date over an article, a headline or two behind it.
_ANNOUNCED = {"head": 60, "body": 60, "tail": 200}

_Found = tuple[int, int, Furniture]


def remove_repeated(text: str, title: str, units: Sequence[Unit], table: OutletTable) -> list[Span]:
    """Remove the units that the outlet repeats; return spans of what it repeats inside of others."""
    cut = cut_spans(text)
    found = [*_find_pieces(text, title, cut, table), *_find_markers(text, units, cut, table)]
    spans = _remove(text, units, found)
    kept = [unit for unit in units if not unit.rule]
    frames: list[_Found] = []
    edges: list[tuple[Literal["head", "tail"], Unit]] = [("head", unit) for unit in kept[:1]]
    for form, unit in [*edges, *(("tail", unit) for unit in kept[-_CLOSE:])]:
        frame = table.frame(form, unit.text)
        if frame is not None:
            start, end, row = frame
            frames.append((unit.start + start, unit.start + end, row))
    return spans + _remove(text, units, frames)


def _find_pieces(text: str, title: str, cut: Sequence[Cut], table: OutletTable) -> Iterator[_Found]:
    """Yield the sentences and lines that the outlet repeats, but for the first ones and those of the story itself."""
    pieces = cut_pieces(text, cut) if table.may_know(text, cut) else []
    found = [(piece, row) for piece in pieces if (row := table.pieces.get(piece.key))]
    if not found:
        return
    gone = {piece.start for piece, _ in found}
    told = frozenset[str]().union(*(_long_words(piece.key) for piece, _ in found))
    own = told.intersection(" ".join([piece.key for piece in pieces if piece.start not in gone]).split(" "))
    closing = max((piece.end for piece in pieces[:-_CLOSE] if piece.start not in gone), default=0)
    headline = title_key(title)
    for piece, row in found:
        opens = row.position != "head" and piece in pieces[:_LEAD] and "\n" not in text[pieces[0].start : piece.start]
        stray = row.position == "tail" and piece.start < closing
        if not (opens or piece.key == headline or _is_story(piece, own, stray=stray)):
            yield piece.start, piece.end, row


def _is_story(piece: Piece, own: frozenset[str], *, stray: bool) -> bool:
    """Tell whether a piece is of the story: it says something, and the rest of the text says it again.

    So it is if it is `stray`, and does not stand where the outlet repeats it.
    """
    words = _long_words(piece.key)
    return len(words) >= _WORDS and (stray or len(words & own) >= _OWN_STORY * len(words))


@lru_cache(maxsize=1 << 10)
def _long_words(key: str) -> frozenset[str]:
    return frozenset(word for word in key.split(" ") if len(word) >= _LETTERS)


def _find_markers(text: str, units: Sequence[Unit], cut: Sequence[Cut], table: OutletTable) -> Iterator[_Found]:
    """Yield the announcements of the outlet, each with the rest of its line."""
    for announced in table.announced(text, cut):
        row = table.marker(announced)
        if row is not None:
            start, end = announced.start, announced.end
            unit = next(unit for unit in units if unit.end > start)
            stop = end if announced.key[0] in MARKS else max(end, unit.end)
            rest = announced.rest + text[end:stop]
            long = end <= unit.end and not announced.glued and len(rest) > _ANNOUNCED[row.position]
            if not (long or (row.position == "head" and ends_sentence(rest)) or reads_on(rest)):
                yield start, stop, row


def _remove(text: str, units: Sequence[Unit], found: Sequence[_Found]) -> list[Span]:
    """Remove the units of which `found` leaves nothing; return spans of what goes from the others."""
    if not found:
        return []
    spans: list[Span] = []
    ends = [unit.end for unit in units]
    touched: dict[int, list[Span]] = {}
    for start, end, row in sorted(found, key=lambda item: item[:2]):
        for at in range(bisect_right(ends, start), len(units)):
            unit = units[at]
            if unit.start >= end:
                break
            if unit.rule:
                continue
            if start <= unit.start and unit.end <= end and at not in touched:
                unit.rule, unit.evidence, unit.closes = _RULES[row.form], row.evidence, True
            else:
                span = Span(max(start, unit.start), min(end, unit.end), _RULES[row.form], row.evidence)
                touched.setdefault(at, []).append(span)
    for at in sorted(touched):
        unit, inside = units[at], disjoint(touched[at])
        unit.closes = inside[-1].end == unit.end
        if not any(map(str.isalnum, delete_spans(text, inside, unit.start, unit.end))):
            unit.rule, unit.evidence = inside[0].rule, inside[0].evidence
        else:
            spans += [_with_space(text, unit, span) for span in inside]
    return spans


def _with_space(text: str, unit: Unit, span: Span) -> Span:
    """Return `span` with the spaces before it, or those behind it where it opens a unit."""
    start, end = span.start, span.end
    while start > unit.start and text[start - 1] == " ":
        start -= 1
    while start == unit.start and text[end : end + 1] == " ":
        end += 1
    return replace(span, start=start, end=end)


def glued_spans(text: str, units: Sequence[Unit], lexicon: Lexicon) -> Iterator[Span]:
    """Yield phrases that are glued to the units that stay, with the spaces before them."""
    kept = [unit for unit in units if not unit.rule]
    some = bool(lexicon.inside("\n".join(map(end_of, kept))))  # else only the last unit needs to be looked at
    for unit in kept if some else kept[-1:]:
        for start, stop, phrase in find_glued(unit, lexicon, last=unit is kept[-1], inside=some):
            begin = unit.start + start
            while begin and text[begin - 1] == " ":
                begin -= 1
            yield Span(begin, unit.start + stop, phrase.rule, f"phrase: {phrase.text}")
