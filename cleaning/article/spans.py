"""Turn units that go into spans of their text, bring spans of several rounds together, and delete them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from cleaning.lines.unit import Unit
from corpus.records import Span


def unit_spans(units: Sequence[Unit], length: int) -> Iterator[Span]:
    """Yield a span for each unit that goes, with the white space that would be left behind."""
    last_kept = next((at for at in range(len(units) - 1, -1, -1) if not units[at].rule), -1)
    kept_line = -1
    for at, unit in enumerate(units):
        if not unit.rule:
            kept_line = unit.line
            continue
        start, end = unit.start, unit.end
        if at == last_kept + 1 or unit.line == kept_line:
            start = units[at - 1].end if at else 0
        if at > last_kept or unit.line != kept_line:
            end = units[at + 1].start if at + 1 < len(units) else length
        yield Span(start, end, unit.rule, unit.evidence)


def disjoint(spans: Iterable[Span]) -> list[Span]:
    """Return `spans` in order; where two rules take the same characters, they go under the one that begins first."""
    found: list[Span] = []
    at = 0
    for span in sorted(spans, key=lambda span: span.start):
        if span.end > at:
            found.append(span if span.start >= at else replace(span, start=at))
            at = span.end
    return found


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
    united: list[Span] = []
    for span in sorted((span for span in found if span.start < span.end), key=lambda span: span.start):
        last = united[-1] if united else span
        if last.end == span.start and text[span.start : span.end].isspace():
            united[-1] = replace(last, end=span.end)
        elif last.end == span.start and text[last.start : last.end].isspace():
            united[-1] = replace(span, start=last.start)
        else:
            united.append(span)
    return united


def delete_spans(text: str, spans: Sequence[Span], first: int = 0, last: int | None = None) -> str:
    """Return `text[first:last]` without `spans`, which are sorted, without overlap and inside of it."""
    starts = [first, *(span.end for span in spans)]
    ends = [*(span.start for span in spans), len(text) if last is None else last]
    return "".join(text[start:end] for start, end in zip(starts, ends, strict=True))
