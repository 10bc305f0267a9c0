"""Tell which units of a text are running text."""

from __future__ import annotations

from collections.abc import Sequence

from cleaning.lines.unit import LONG, PARAGRAPH, Unit, has_clauses, trails_off

#: Of all units long enough for a paragraph, at least this share ends a sentence, or the text has no stops at all.
_PUNCTUATED = 0.3

#: Lines of a text wrapped by hand: so many at least, all but the last ones of paragraphs about equally long.
_WRAPPED_LINES = 12
_WRAPPED_LENGTH = 40
_WRAPPED_SPREAD = 1.3

#: Of the lines of such a text hardly more end a sentence than there are paragraphs; of an article nearly all do.
_WRAPPED_ENDS = 0.5


def find_paragraphs(units: Sequence[Unit]) -> list[bool]:
    """Tell for each unit whether it is running text; in a text without stops length alone decides."""
    if _is_wrapped(units):
        return [False] * len(units)
    punctuated = _share([unit.ends for unit in units if unit.size >= PARAGRAPH]) >= _PUNCTUATED
    found: list[bool] = []
    for unit in units:
        known = unit.paragraph
        if unit.size >= PARAGRAPH and not known:
            # Too long and too articulated for a headline, though it ends no sentence.
            runs_on = unit.size >= 1.5 * PARAGRAPH and has_clauses(unit.text) and unit.text[-1] in ",،:؛;"
            cut_off = found[-1:] == [True] and trails_off(unit.text)
            known = not punctuated or unit.closes or runs_on or cut_off
        found.append(known and not unit.rule)
    return found


def _is_wrapped(units: Sequence[Unit]) -> bool:
    """Tell whether the lines are those of a text wrapped at a fixed width, where no line is a unit of its own."""
    if len(units) < _WRAPPED_LINES:
        return False
    lines = [unit for unit in units if unit.size >= _WRAPPED_LENGTH]
    if len(lines) < max(_WRAPPED_LINES, len(units) / 2) or _share([unit.ends for unit in lines]) >= _WRAPPED_ENDS:
        return False
    sizes = sorted(unit.size for unit in lines)
    return sizes[-1] <= _WRAPPED_SPREAD * sizes[len(sizes) // 2] and sizes[-1] < LONG


def _share(ends: Sequence[bool]) -> float:
    return sum(ends) / len(ends) if ends else 1.0
