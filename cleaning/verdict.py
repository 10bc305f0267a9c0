"""Turn the verdicts on one text into spans to remove, and remove them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cleaning.lexicon import Lexicon
from cleaning.lines import Judged, judge, recognise
from cleaning.seams import cuts
from cleaning.units import Unit, cut


@dataclass(frozen=True, slots=True)
class Span:
    """A part of a text that goes: `text[start:end]`, the rule that says so and what it rests on."""

    start: int
    end: int
    rule: str
    evidence: str


def find_spans(text: str, title: str, lexicon: Lexicon) -> tuple[list[Span], Judged]:
    """Judge `text` and return what to remove, sorted and without overlap, with the judgement itself."""
    units = cut(text)
    recognise(units, lexicon)
    judged = judge(units, title)
    spans = list(_unit_spans(units, len(text)))
    for unit in units:
        if not unit.rule:
            for start, end, entry in cuts(unit, lexicon):
                glued = Span(unit.start + start, unit.start + end, entry.kind.replace("_", "-"), f"phrase: {entry.phrase}")
                spans.append(_trim(text, glued))
    spans.sort(key=lambda span: span.start)
    return spans, judged


def _trim(text: str, span: Span) -> Span:
    start = len(text[: span.start].rstrip(" "))
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
        if at == last_kept + 1:
            start = before
        elif unit.line == kept_line:
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
