"""Put what the chrome said about an article into the fields that its record left empty."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from cleaning.harvest import author_of, credit_of, find_date, tags_of
from cleaning.lines import Judged
from cleaning.units import Unit
from corpus.document import Document


def harvest(document: Document, judged: Judged) -> dict[str, Any]:
    """Return the fields of `document` that are empty and that its chrome fills."""
    gone = [unit for unit in judged.units if unit.rule not in ("", "appended", "related")]
    found: dict[str, Any] = {
        "title": judged.title,
        "published": _first(find_date(unit.text) for unit in gone if unit.rule in ("date", "date-line")),
        "credit": _first(credit_of(unit.text) for unit in gone if unit.rule == "source"),
        "tags": _tags(gone),
        "authors": tuple(dict.fromkeys(filter(None, (author_of(u.text) for u in gone if u.rule == "byline")))),
    }
    return {name: value for name, value in found.items() if value and not getattr(document, name)}


def _first(values: Iterable[str]) -> str:
    return next((value for value in values if value), "")


def _tags(gone: Iterable[Unit]) -> tuple[str, ...]:
    return next((tags for unit in gone if unit.rule == "tags" and (tags := tags_of(unit.text))), ())
