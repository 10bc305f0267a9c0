"""Turn the verdicts on one text into spans to remove, and remove them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import get_args

from cleaning.article.rules import Judged, Span, judge, recognise
from cleaning.lines.glued import cuts
from cleaning.lines.lexicon import Lexicon
from cleaning.lines.mentions import is_date_line
from cleaning.lines.unit import Unit, cut
from cleaning.outlet.furniture import FRAME, Form, Furniture, OutletTable, is_wordy

#: The rule under which each form of furniture goes.
_RULES = {form: "furniture" if form == "line" else f"furniture-{form}" for form in get_args(Form)}

_FIGURES = re.compile(r"\d+")
#: What stands between the entries of a menu, and how many entries are a list in prose.
_STROKE = re.compile(r"\s+[|•·]\s+")
_ENTRIES = 3


def find_spans(text: str, title: str, lexicon: Lexicon, table: OutletTable) -> tuple[list[Span], Judged]:
    """Judge `text` once and return what to remove, sorted and without overlap, with the judgement itself."""
    units = cut(text)
    recognise(units, lexicon)
    if table:
        _furnish(units, table)
    judged = judge(units, title)
    spans = list(_unit_spans(units, len(text)))
    inline = bool(lexicon.inside(text))
    spans += (_trim(text, span) for span in _glued(units, lexicon, table, inline=inline))
    return list(_disjoint(spans)), judged


def _disjoint(spans: Iterable[Span]) -> Iterator[Span]:
    """Yield `spans` in order; where two rules take the same characters, they go under the one that begins first."""
    at = 0
    for span in sorted(spans, key=lambda span: span.start):
        if span.end > at:
            yield replace(span, start=max(at, span.start))
            at = span.end


def _furnish(units: Sequence[Unit], table: OutletTable) -> None:
    """Take out what the outlet repeats, and note where it closes its articles."""
    taken: list[tuple[Unit, Furniture]] = []
    for at, unit in enumerate(units):
        row = table.line(unit) or table.opening(unit, first=at == 0)
        if row is not None:
            unit.rule, unit.evidence, unit.closes = _RULES[row.form], row.evidence, row.position == "tail"
            taken.append((unit, row))
    _spare_story(units, taken)
    for unit in units[-_CLOSE:]:
        if not unit.rule:
            unit.closes = any(stop == unit.size for _, stop, _ in table.cuts(unit, first=False, last=True))


#: What is glued to the end of an article is looked for in so many last units.
_CLOSE = 4


def _spare_story(units: Sequence[Unit], taken: Sequence[tuple[Unit, Furniture]]) -> None:
    """Give back what the outlet repeats where that is the story itself, told after a pattern.

    It is if it would be the greater part of the text, or a table: temperatures, hours of prayer, prices.
    """
    told = [unit for unit, row in taken if unit.entry is None and _tells(unit, row)]
    left = sum(unit.size for unit in units if not unit.rule and unit.entry is None)
    changing = sum(bool(row.changed(unit.text)) for unit, row in taken if row.form == "line")
    if changing <= FRAME:
        told = [unit for unit in told if not is_date_line(unit.key)]
        if sum(unit.size for unit in told) <= left:
            return
    spared = {unit.start for unit in told}
    for at, unit in enumerate(units):
        announces = unit.text[-1] in ":：" and at + 1 < len(units) and units[at + 1].start in spared
        if unit.start in spared or (announces and unit.rule):
            unit.rule, unit.evidence, unit.closes, unit.spared = "", "", False, True


def _tells(unit: Unit, row: Furniture) -> bool:
    """Tell whether what the outlet repeats may be news: a sentence, or figures; what a marker announces is more."""
    figures = len(_FIGURES.findall(unit.text))
    if _is_menu(unit.text):
        return False
    if row.form == "line":
        return unit.sentence or figures > 0 or (is_wordy(unit) and row.position != "tail")
    return row.form == "marker" and (unit.paragraph or figures > FRAME)


def _is_menu(text: str) -> bool:
    """Tell whether `text` is a row of entries between strokes; in a row of a table most entries are figures."""
    entries = _STROKE.split(text)
    return len(entries) > _ENTRIES and 2 * sum(bool(_FIGURES.search(entry)) for entry in entries) < len(entries)


def _glued(units: Sequence[Unit], lexicon: Lexicon, table: OutletTable, *, inline: bool) -> Iterator[Span]:
    """Yield what is glued to the units that stay; `inline` tells that there is an inline phrase in the text."""
    kept = [unit for unit in units if not unit.rule]
    for at, unit in enumerate(kept):
        if not (table or inline or at == len(kept) - 1):
            continue
        end = unit.size
        last = at == len(kept) - 1
        if table and not unit.spared:
            for start, stop, row in table.cuts(unit, first=at == 0, last=last):
                yield Span(unit.start + start, unit.start + stop, _RULES[row.form], row.evidence)
                end = min(end, start) if start else end
        for start, stop, entry in cuts(unit, lexicon, last=last):
            if stop <= end:
                rule = entry.kind.replace("_", "-")
                yield Span(unit.start + start, unit.start + stop, rule, f"phrase: {entry.phrase}")


def _trim(text: str, span: Span) -> Span:
    start = span.start
    while start and text[start - 1] == " ":
        start -= 1
    return Span(start, span.end, span.rule, span.evidence)


def _unit_spans(units: Sequence[Unit], length: int) -> Iterator[Span]:
    """Give each unit that goes the white space that would be left behind."""
    last_kept = max((at for at, unit in enumerate(units) if not unit.rule), default=-1)
    kept_line = -1
    for at, unit in enumerate(units):
        if not unit.rule:
            kept_line = unit.line
            continue
        start, end = unit.start, unit.end
        before = units[at - 1].end if at else 0
        if at == last_kept + 1 or unit.line == kept_line:
            start = before
        if at > last_kept or unit.line != kept_line:
            end = units[at + 1].start if at + 1 < len(units) else length
        yield Span(start, end, unit.rule, unit.evidence)


def unite(text: str, gone: Sequence[Span], more: Sequence[Span]) -> list[Span]:
    """Return `gone`, spans of `text`, and `more`, spans of what `gone` leaves of it, as spans of `text`.

    Both are sorted and without overlap, and so is what is returned: a span that reaches over what is gone becomes
    several, but white space alone goes with the span beside it.
    """
    found = list(gone)
    stays = zip([0, *(span.end for span in gone)], [*(span.start for span in gone), len(text)], strict=True)
    shift = before = at = 0
    for start, end in stays:
        shift, before = shift + start - before, end
        while at < len(more) and more[at].start + shift < end:
            span = more[at]
            found.append(replace(span, start=max(start, span.start + shift), end=min(end, span.end + shift)))
            if span.end + shift > end:
                break
            at += 1
    return _absorb(text, sorted((span for span in found if span.start < span.end), key=lambda span: span.start))


def _absorb(text: str, spans: Iterable[Span]) -> list[Span]:
    """Return `spans`, those of white space alone as a part of the span that ends or begins where they do."""
    found: list[Span] = []
    for span in spans:
        last = found[-1] if found else span
        if last.end == span.start and text[span.start : span.end].isspace():
            found[-1] = replace(last, end=span.end)
        elif last.end == span.start and text[last.start : last.end].isspace():
            found[-1] = replace(span, start=last.start)
        else:
            found.append(span)
    return found


def remove(text: str, spans: Sequence[Span]) -> str:
    """Return `text` without `spans`."""
    pieces, at = [], 0
    for span in spans:
        pieces.append(text[at : span.start])
        at = span.end
    pieces.append(text[at:])
    return "".join(pieces)
