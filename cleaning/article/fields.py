"""Put what the chrome said about an article into the fields that its record left empty."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from cleaning.article.analysis import Analysis
from cleaning.lines.mentions import author_of, credit_of, is_byline, is_date_line, tags_of
from corpus.dates import find_date
from corpus.records import Document

#: What stands further from the body belongs to other articles of the page.
_REACH = 15

#: Units of other articles say nothing about this one, nor do those that stay.
_FOREIGN = frozenset({"", "appended", "related", "link"})

#: What an outlet repeats over its articles may hold the date beside other things.
_SLUGS = frozenset({"furniture", "furniture-marker"})
_DIGIT = re.compile(r"\d")


def harvest(document: Document, found: Analysis) -> dict[str, Any]:
    """Return the fields of `document` that are empty and that its chrome fills: the nearest above the body first."""
    bounds = [at for at, known in enumerate(found.paragraphs) if known] or [len(found.units)]
    first, last = bounds[0], bounds[-1]
    above = [unit for unit in found.units[max(0, first - _REACH) : first][::-1] if unit.rule not in _FOREIGN]
    near = above + [unit for unit in found.units[first : last + 1 + _REACH] if unit.rule not in _FOREIGN]
    dated = [unit for unit in near if is_date_line(unit.key) or "date" in (unit.rule, unit.kind)]
    dated += [unit for unit in above if unit.rule in _SLUGS and (not unit.key or _DIGIT.search(unit.key))]
    credit = _each(credit_of(unit.text) for unit in near if "source" in (unit.rule, unit.kind))
    tags = (tags_of(unit.text) for unit in near if "tags" in (unit.rule, unit.kind))
    values: dict[str, Any] = {
        "title": " ".join(found.title.split()),
        "published": next(filter(None, (find_date(unit.text) for unit in dated)), ""),
        "credit": "; ".join(credit),
        "tags": next(filter(None, tags), found.tags),
        "authors": _each(author_of(unit.text) for unit in near if is_byline(unit.text)),
    }
    return {name: value for name, value in values.items() if value and not getattr(document, name)}


def _each(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for value in values if value))
