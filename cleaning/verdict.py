"""Turn the verdicts on one text into spans to remove, and remove them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cleaning.boilerplate import OutletTable
from cleaning.lexicon import Lexicon
from cleaning.lines import Judged, Span, judge, recognise
from cleaning.seams import cuts
from cleaning.units import Unit, cut

#: The rule under which each form of furniture goes.
_RULES = {form: "furniture" if form == "line" else f"furniture-{form}" for form in ("line", "marker", "head", "tail")}


def find_spans(text: str, title: str, lexicon: Lexicon, table: OutletTable) -> tuple[list[Span], Judged]:
    """Judge `text` and return what to remove, sorted and without overlap, with the judgement itself."""
    units = cut(text)
    recognise(units, lexicon)
    for unit in units if table else ():
        if (row := table.line(unit) or table.opening(unit)) is not None:
            unit.rule, unit.evidence = _RULES[row.form], row.evidence
    judged = judge(units, title)
    spans = list(_unit_spans(units, len(text)))
    inline = bool(lexicon.inside(text))
    spans += (_trim(text, span) for span in _glued(units, lexicon, table, inline=inline))
    spans.sort(key=lambda span: span.start)
    return spans, judged


def _glued(units: Sequence[Unit], lexicon: Lexicon, table: OutletTable, *, inline: bool) -> Iterator[Span]:
    """Yield what is glued to the units that stay; `inline` tells that there is an inline phrase in the text."""
    kept = [unit for unit in units if not unit.rule]
    for at, unit in enumerate(kept):
        if not (table or inline or at == len(kept) - 1):
            continue
        end = unit.size
        last = at == len(kept) - 1
        if table:
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


def remove(text: str, spans: Sequence[Span]) -> str:
    """Return `text` without `spans`."""
    pieces, at = [], 0
    for span in spans:
        pieces.append(text[at : span.start])
        at = span.end
    pieces.append(text[at:])
    return "".join(pieces)
