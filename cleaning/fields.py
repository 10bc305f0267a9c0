"""Put what the chrome said about an article into the fields that its record left empty."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from cleaning.harvest import author_of, credit_of, find_date, is_date_line, tags_of
from cleaning.judged import Judged
from cleaning.units import Unit
from corpus.document import Document

#: What stands further from the body belongs to other articles of the page.
_REACH = 15

#: Units of other articles say nothing about this one.
_FOREIGN = frozenset({"", "appended", "related"})


def harvest(document: Document, judged: Judged) -> dict[str, Any]:
    """Return the fields of `document` that are empty and that its chrome fills."""
    near = list(_near(judged))
    found: dict[str, Any] = {
        "title": judged.title,
        "published": _first(find_date(unit.text) for unit in near if is_date_line(unit.key) or _is(unit, "date")),
        "credit": "; ".join(_each(_credits(near))),
        "tags": _first(tags_of(unit.text) for unit in near if _is(unit, "tags")) or judged.tags,
        "authors": _each(author_of(unit.text) for unit in near if unit.rule == "byline"),
    }
    return {name: value for name, value in found.items() if value and not getattr(document, name)}


def _near(judged: Judged) -> Iterator[Unit]:
    """Yield what was taken out around the body, from the first paragraph upwards, then downwards."""
    bounds = [at for at, known in enumerate(judged.paragraphs) if known] or [0]
    first, last = bounds[0], bounds[-1]
    above = judged.units[max(0, first - _REACH) : first][::-1]
    below = judged.units[first : last + 1 + _REACH]
    yield from (unit for unit in (*above, *below) if unit.rule not in _FOREIGN)


def _is(unit: Unit, kind: str) -> bool:
    return unit.rule == kind or (unit.entry is not None and unit.entry.kind == kind)


def _credits(near: Sequence[Unit]) -> Iterator[str]:
    return (credit_of(unit.text) for unit in near if _is(unit, "source"))


def _each(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for value in values if value))


def _first(values: Iterable[Any]) -> Any:
    return next((value for value in values if value), "")
