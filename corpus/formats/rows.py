"""Turn one row of data (a JSON object, a CSV or Parquet row) into a Document, a Page or a Failure."""

from __future__ import annotations

import datetime
import math
from dataclasses import replace
from typing import Any, TypeAlias

import msgspec

from corpus.charset import repair_mojibake
from corpus.dates import parse_date
from corpus.errors import RecordError
from corpus.languages import UNDETERMINED, language_code
from corpus.records import Document, Failure, Page, Skip, Source, content_id, name_outlet
from corpus.text import scrub

#: What readers give.
Read: TypeAlias = Page | Document | Failure | Skip

#: The names by which a record's fields are known, and the defaults of the mapping.
FIELD_NAMES = ("id", "text", "html", "url", "outlet", "title", "published")
#: A record is held in memory whole, and more than 2 GiB in one value is more than most formats hold.
_LARGEST_RECORD = 2**31 - 1
#: An id is data that people look at and file by; real ones (URLs, UUIDs, hashes) stay under 300 characters.
MAX_ID_CHARACTERS = 512
#: orjson writes 254 levels at most; no real record has over ten.
MAX_DEPTH = 64
#: Beyond this an integer of JSON has become a float and lost digits.
LARGEST_NUMBER = float(1 << 63)

#: What a row of our own corpus always has, and hardly anything else has together.
_OUR_FIELDS = frozenset({"text", "source", "trace", "also_in", "meta"})


class ReadConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Say how records are read.

    `fields` maps our field names (`FIELD_NAMES`) to those of the input, where they differ. `max_record_bytes`
    bounds one record as read. `salvage` keeps the whole records before the cut of a truncated file.
    """

    fields: dict[str, str] = msgspec.field(default_factory=dict)
    max_record_bytes: int = 16 << 20
    salvage: bool = False

    def __post_init__(self) -> None:
        unknown = sorted(set(self.fields) - set(FIELD_NAMES))
        if unknown:
            raise ValueError(f"no such field: {', '.join(unknown)}; known are {', '.join(FIELD_NAMES)}")
        if empty := [name for name, theirs in self.fields.items() if not theirs]:
            raise ValueError(f"fields.{empty[0]}: names no field of the input")
        if not 1 <= self.max_record_bytes <= _LARGEST_RECORD:
            raise ValueError(f"max_record_bytes: {self.max_record_bytes} is not from 1 to {_LARGEST_RECORD}")


def record_from(row: Any, source: Source, config: ReadConfig, where: str = "") -> Document | Page | Failure:
    """Build the record that `row` describes; a row that breaks the field rules becomes a Failure.

    A row of our own corpus is rebuilt as it was written, with the source it had then. `where` goes before the
    message of a Failure.
    """
    try:
        if not isinstance(row, dict):
            raise RecordError(f"expected an object, got {_kind(row)}", reason="not-an-object")
        if isinstance(row.get("source"), dict) and row.keys() >= _OUR_FIELDS:
            return _ours(row)
        return _theirs(row, source, config)
    except RecordError as error:
        return Failure(source, error.reason, f"{where}{error}")


def _ours(row: dict[str, Any]) -> Document:
    """Rebuild a document; a date and a language that an older version took as they came are set aside."""
    _check_value(row, "$", MAX_DEPTH)
    try:
        document = msgspec.convert(row, Document)
    except msgspec.ValidationError as error:
        raise RecordError(str(error), reason="bad-field") from error
    check_id(document.id)
    published, language = parse_date(document.published), document.language
    if language != UNDETERMINED:
        language = language_code(language)
    meta = dict(document.meta)
    if document.published and not published:
        meta.setdefault("published", document.published)
    if document.language and not language:
        meta.setdefault("language", document.language)
    text, title = scrub(document.text), _one_line(document.title)
    return replace(document, text=text, title=title, published=published, language=language, meta=meta)


def _theirs(row: dict[str, Any], source: Source, config: ReadConfig) -> Document | Page:
    rest = dict(row)
    published = _take_date(rest, config.fields.get("published", "published"))
    given = {name: rest.pop(config.fields.get(name, name), None) for name in FIELD_NAMES if name != "published"}
    is_number = isinstance(given["id"], int) and not isinstance(given["id"], bool)
    identity = str(given["id"]) if is_number else _string(given["id"], "id")
    check_id(identity)
    texts = {name: _string(given[name], name) for name in given if name not in ("id", "html")}
    html = given["html"]
    if not isinstance(html, bytes):
        html = _string(html, "html").encode("utf-8", "replace")
    text = texts["text"]
    url, title = _one_line(texts["url"]), _repaired(texts["title"])
    outlet = name_outlet(_repaired(texts["outlet"]), url, source)
    known: dict[str, Any] = {
        "id": identity or content_id(source, url), "source": source, "url": url, "title": title,
        "outlet": outlet, "published": published, "meta": rest,
    }  # fmt: skip
    if html and not text.strip():
        _check_value(rest, "$", MAX_DEPTH)
        return Page(body=html, **known)
    if not text and given["text"] is None:
        raise RecordError("$.text: the record has neither text nor html", reason="missing-text")
    repaired = repair_mojibake(text)
    trace = {} if repaired == text else {"charset": "utf-8+mojibake"}
    extras = _take_extras(rest)
    _check_value(rest, "$", MAX_DEPTH)
    return Document(text=scrub(repaired), trace=trace, **known, **extras)


def _take_date(rest: dict[str, Any], name: str) -> str:
    """Take the date out of field `name`; what cannot be read as one stays there."""
    stated = rest.get(name)
    if isinstance(stated, datetime.date):
        stated = rest[name] = stated.isoformat()
    is_number = isinstance(stated, (int, float)) and not isinstance(stated, bool)
    published = parse_date(str(stated)) if is_number or isinstance(stated, str) else ""
    is_missing = stated is None or stated == "" or (isinstance(stated, float) and math.isnan(stated))
    if published or is_missing:
        rest.pop(name, None)
    return published


def check_id(identity: str) -> None:
    """Raise RecordError (`bad-id`) for an id too long to be one."""
    if len(identity) > MAX_ID_CHARACTERS:
        message = f"$.id: {len(identity)} characters, at most {MAX_ID_CHARACTERS} are taken"
        raise RecordError(message, reason="bad-id")


def _string(value: Any, name: str) -> str:
    """Return a text field; absent and null are the same, anything but a string is an error."""
    if value is None:
        return ""
    if not isinstance(value, str):
        raise RecordError(f"$.{name}: expected str, got {_kind(value)}", reason="bad-field")
    return value


def _one_line(text: str) -> str:
    return " ".join(scrub(text).split()) if text else ""


def _repaired(text: str) -> str:
    """Return one line of a field that people read, mended as texts are."""
    return _one_line(repair_mojibake(text))


def _take_extras(rest: dict[str, Any]) -> dict[str, Any]:
    """Take language, credit, authors and tags out of the unknown fields, where they have the form of ours."""
    extras: dict[str, Any] = {}
    language = "" if rest.get("language") is None else rest["language"]
    code = language_code(language) if isinstance(language, str) else ""
    if code or language == "" or (isinstance(language, str) and language.isspace()):
        extras["language"] = code
        rest.pop("language", None)
    if isinstance(rest.get("credit"), str):
        extras["credit"] = _repaired(rest.pop("credit"))
    for name in ("authors", "tags"):
        value = rest.get(name)
        names = [value] if isinstance(value, str) else value
        if isinstance(names, list) and all(isinstance(item, str) for item in names):
            extras[name] = tuple(clean for item in names if (clean := _repaired(item)))
            del rest[name]
    return extras


def _check_value(value: Any, path: str, depth: int) -> None:
    """Refuse what could not be written again as it was: numbers that lost digits, foreign types, deep nests."""
    if value is None or isinstance(value, (str, bool)):
        return
    if isinstance(value, (int, float)):
        if not math.isfinite(value) or abs(value) >= LARGEST_NUMBER:
            raise RecordError(f"{path}: the number {str(value)[:20]} cannot be kept exactly", reason="bad-field")
        return
    if depth == 0:
        raise RecordError(f"nested deeper than {MAX_DEPTH} levels", reason="bad-field")
    if isinstance(value, dict):
        for key, item in value.items():
            _check_value(item, f"{path}.{key}"[:200], depth - 1)
    elif isinstance(value, list):
        for item in value:
            _check_value(item, path, depth - 1)
    else:
        raise RecordError(f"{path}: {_kind(value)} is no JSON type", reason="bad-field")


def _kind(value: Any) -> str:
    return "null" if value is None else type(value).__name__
