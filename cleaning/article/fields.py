"""Put what the chrome said about an article into the fields that its record left empty."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from cleaning.article.judged import Judged
from cleaning.lines.mentions import author_of, credit_of, is_byline, is_date_line, tags_of
from cleaning.lines.unit import Unit
from corpus.dates import find_date
from corpus.records import Document

#: What stands further from the body belongs to other articles of the page.
_REACH = 15

#: Units of other articles say nothing about this one.
_FOREIGN = frozenset({"", "appended", "related"})

#: What an outlet repeats over its articles may hold the date beside other things.
_SLUGS = frozenset({"furniture", "furniture-opening"})


def harvest(document: Document, judged: Judged) -> dict[str, Any]:
    """Return the fields of `document` that are empty and that its chrome fills."""
    above, below = _near(judged)
    near = above + below
    dated = [unit for unit in near if is_date_line(unit.key) or _is(unit, "date")]
    dated += [unit for unit in above if unit.rule in _SLUGS]
    found: dict[str, Any] = {
        "title": " ".join(judged.title.split()),
        "published": _first(find_date(unit.text) for unit in dated),
        "credit": "; ".join(_each(credit_of(unit.text) for unit in near if _is(unit, "source"))),
        "tags": _first(tags_of(unit.text) for unit in near if _is(unit, "tags")) or judged.tags,
        "authors": _each(author_of(unit.text) for unit in near if is_byline(unit.text)),
    }
    return {name: value for name, value in found.items() if value and not getattr(document, name)}


def _near(judged: Judged) -> tuple[list[Unit], list[Unit]]:
    """Return what was taken out above the body, from the first paragraph upwards, and what from there downwards."""
    bounds = [at for at, known in enumerate(judged.paragraphs) if known] or [len(judged.units)]
    first, last = bounds[0], bounds[-1]
    above = judged.units[max(0, first - _REACH) : first][::-1]
    below = judged.units[first : last + 1 + _REACH]
    return _own(above), _own(below)


def _own(units: Iterable[Unit]) -> list[Unit]:
    return [unit for unit in units if unit.rule not in _FOREIGN]


def _is(unit: Unit, kind: str) -> bool:
    return unit.rule == kind or (unit.entry is not None and unit.entry.kind == kind)


def _each(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for value in values if value))


def _first(values: Iterable[Any]) -> Any:
    return next((value for value in values if value), "")
