"""Remove what the outlet repeats, unless it is the story itself, and what is glued to the units that stay."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import get_args

from cleaning.article.spans import Span
from cleaning.lines.glued import find_glued
from cleaning.lines.lexicon import Lexicon
from cleaning.lines.mentions import is_date_line
from cleaning.lines.unit import Unit
from cleaning.outlet.furniture import FRAME, Form, Furniture, OutletTable, is_wordy

#: The rule under which each form of furniture goes.
_RULES = {form: "furniture" if form == "line" else f"furniture-{form}" for form in get_args(Form)}

#: What is glued to the end of an article is looked for in so many last units.
_CLOSE = 4

_FIGURES = re.compile(r"\d+")
#: What stands between the entries of a menu, and how many entries are a list in prose.
_STROKE = re.compile(r"\s+[|•·]\s+")
_ENTRIES = 3


def remove_repeated(units: Sequence[Unit], table: OutletTable) -> None:
    """Remove what the outlet repeats, and note where it closes its articles.

    What would be the greater part of the text stays, and so does a table (temperatures, hours of prayer, prices):
    it is the story itself, told after a pattern.
    """
    taken: list[tuple[Unit, Furniture]] = []
    for at, unit in enumerate(units):
        row = table.line(unit) or table.opening(unit, first=at == 0)
        if row is not None:
            unit.rule, unit.evidence, unit.closes = _RULES[row.form], row.evidence, row.position == "tail"
            taken.append((unit, row))
    told = [unit for unit, row in taken if unit.phrase is None and _may_tell(unit, row)]
    left = sum(unit.size for unit in units if not unit.rule and unit.phrase is None)
    if sum(bool(row.changed(unit.text)) for unit, row in taken if row.form == "line") <= FRAME:
        told = [unit for unit in told if not is_date_line(unit.key)]
        if sum(unit.size for unit in told) <= left:
            told = []
    spared = {unit.start for unit in told}
    for at, unit in enumerate(units if spared else ()):
        announces = unit.text[-1] in ":：" and at + 1 < len(units) and units[at + 1].start in spared
        if unit.start in spared or (announces and unit.rule):
            unit.rule, unit.evidence, unit.closes, unit.spared = "", "", False, True
    for unit in units[-_CLOSE:]:
        if not unit.rule:
            unit.closes = any(stop == unit.size for _, stop, _ in table.glued(unit, first=False, last=True))


def _may_tell(unit: Unit, row: Furniture) -> bool:
    """Tell whether what the outlet repeats may be news: a sentence, or figures; what a marker announces is more."""
    entries = _STROKE.split(unit.text)  # of a menu; in a row of a table most of them are figures
    if len(entries) > _ENTRIES and 2 * sum(bool(_FIGURES.search(entry)) for entry in entries) < len(entries):
        return False
    figures = len(_FIGURES.findall(unit.text))
    if row.form == "line":
        return unit.sentence or figures > 0 or (is_wordy(unit.text) and row.position != "tail")
    return row.form == "marker" and (unit.paragraph or figures > FRAME)


def glued_spans(text: str, units: Sequence[Unit], lexicon: Lexicon, table: OutletTable) -> Iterator[Span]:
    """Yield what is glued to the units that stay: the outlet's own first, then phrases, with the spaces before it."""
    kept = [unit for unit in units if not unit.rule]
    some = bool(table or lexicon.inside(text))  # else only the last unit needs to be looked at
    for unit in kept if some else kept[-1:]:
        first, last = unit is kept[0], unit is kept[-1]
        end, found = unit.size, []
        if table and not unit.spared:
            for start, stop, row in table.glued(unit, first=first, last=last):
                found.append((start, stop, _RULES[row.form], row.evidence))
                end = min(end, start) if start else end
        for start, stop, phrase in find_glued(unit, lexicon, last=last):
            if stop <= end:
                found.append((start, stop, phrase.rule, f"phrase: {phrase.text}"))
        for start, stop, rule, evidence in found:
            begin = unit.start + start
            while begin and text[begin - 1] == " ":
                begin -= 1
            yield Span(begin, unit.start + stop, rule, evidence)
