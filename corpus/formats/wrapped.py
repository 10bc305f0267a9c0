"""Find the records that other things are wrapped around: objects, lists of lists, tables written column by column."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from corpus.formats.fields import MAX_NESTING, Given, compared, look_up, sort_keys, text_in

#: Of so many elements one at least must have a text, or they are something else.
LOOKED_AT = 20
#: Objects beside a text in which what is known about it stands, and what they do not tell of it.
_ASIDE = frozenset({"metadata", "meta", "info", "attributes", "properties"})
_NEVER_ASIDE = frozenset({"id", "text", "html"})


def _has_text(row: Mapping[str, Any], given: Given) -> bool:
    keys = sort_keys(row, given)
    body = any(isinstance(look_up(row, key), str | bytes) for key in keys.get("html", ()))
    return body or any((text_in(look_up(row, key)) or "").strip() for key in keys.get("text", ()))


def is_record(value: Any, given: Given, depth: int = MAX_NESTING) -> bool:
    """Tell whether a value is one record: an object that holds a text or a page, itself or in an object within it."""
    if not isinstance(value, dict):
        return False
    if _has_text(value, given):
        return True
    return depth > 1 and not _by_id(value, given) and any(is_record(one, given, depth - 1) for one in value.values())


def open_row(row: dict[str, Any], given: Given) -> dict[str, Any]:
    """Return a row whose fields stand in an object within it (`{"_source": {...}}`) with these as its own.

    What tells of a text may stand beside it (`{"text": ..., "metadata": {"title": ...}}`).
    """
    for _ in range(MAX_NESTING):
        if _has_text(row, given):
            asides = (key for key, inner in row.items() if isinstance(inner, dict) and compared(key) in _ASIDE)
            if (key := next(asides, None)) is None:
                break
            known = _NEVER_ASIDE | sort_keys(row, given).keys()
            fields = sort_keys(row[key], {}).items()
            names = [name for field, own in fields if field not in known for name in own if name not in row]
            rest = {name: value for name, value in row[key].items() if name not in names}
            own = {name: value for name, value in row.items() if name != key or rest}
            return own | ({key: rest} if rest else {}) | {name: row[key][name] for name in names}
        if _by_id(row, given):
            break
        inner = next((key for key, value in row.items() if is_record(value, given)), None)
        if inner is None:
            break
        row = {key: value for key, value in row.items() if key != inner} | row[inner]
    return row


def rows_in(value: Any, given: Given, depth: int = MAX_NESTING) -> list[dict[str, Any]]:
    """Return the records that a value of JSON wraps, [] for what is a record itself, or nothing of the kind.

    They stand in lists (`{"status": "ok", "articles": [...]}`), under their ids, or column by column as pandas writes
    them.

    >>> [row["body"] for row in rows_in({"page": 1, "data": {"posts": [{"body": "One."}, {"body": "Two."}]}}, {})]
    ['One.', 'Two.']
    >>> rows_in({"title": {"0": "A", "1": "B"}, "text": {"0": "One.", "1": "Two."}}, {})
    [{'title': 'A', 'text': 'One.'}, {'title': 'B', 'text': 'Two.'}]
    """
    rows = _table(value, given) or (value if isinstance(value, list) else _by_id(value, given))
    if all(isinstance(row, dict) for row in rows) and any(is_record(row, given) for row in rows[:LOOKED_AT]):
        return rows
    if depth == 0 or is_record(value, given):
        return []
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [row for one in inner if isinstance(one, dict | list) for row in rows_in(one, given, depth - 1)]


def _by_id(row: Any, given: Given) -> list[dict[str, Any]]:
    """Return the values of an object that holds nothing but records, each under a name of its own."""
    values = list(row.values()) if isinstance(row, dict) else []
    if len(values) < 2 or not all(isinstance(value, dict) for value in values):
        return []
    return values if sum(_has_text(value, given) for value in values[:LOOKED_AT]) > 1 else []


def _table(value: Any, given: Given) -> list[dict[str, Any]]:
    """Return the rows of a table: names apart from cells, or for each name a list, or an object by row number."""
    if not isinstance(value, dict):
        return []
    names, cells = value.get("columns"), value.get("data")
    if isinstance(names, list) and isinstance(cells, list) and all(isinstance(row, list) for row in cells):
        return [dict(zip(map(str, names), row, strict=False)) for row in cells]
    # A text may be a list, of paragraphs; the title and the date of one record are none.
    fields = sort_keys(value, given)
    if "text" not in fields or fields.keys().isdisjoint(("title", "published")):
        return []
    columns = [
        list(column.values()) if isinstance(column, dict) and all(map(str.isdigit, column)) else column
        for column in value.values()
    ]
    if not all(isinstance(column, list) and column for column in columns) or len(set(map(len, columns))) != 1:
        return []
    return [dict(zip(value, row, strict=True)) for row in zip(*columns, strict=True)]
