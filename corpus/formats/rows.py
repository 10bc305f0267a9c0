"""Turn one row of data (a JSON object, a CSV or Parquet row) into a Document, a Page or a Failure."""

from __future__ import annotations

import datetime
import math
import re
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from typing import Any, TypeAlias, TypeVar

import msgspec

from corpus.dates import parse_date
from corpus.errors import RecordError
from corpus.formats.fields import FIELD_NAMES, look_up, open_row, paths, quote_keys, sort_keys, take, text_in, value_in
from corpus.languages import UNDETERMINED, language_code
from corpus.letters import mend
from corpus.markup import is_page
from corpus.records import FREE_FIELDS, Document, Failure, Page, Skip, Source, content_id, name_outlet
from corpus.schema_org import names_in
from corpus.text import scrub

#: What readers give.
Read: TypeAlias = Page | Document | Failure | Skip

_T = TypeVar("_T")
#: What stands in one of these under our own name, and is no text, makes the record a Failure.
_NEEDED = frozenset({"id", "text", "html", "url", "outlet", "title"})
_COMMAS = re.compile("[,،;؛|]")
_STORY_ADDRESS = re.compile(r"https?://[^/\s]+/\S", re.IGNORECASE)
#: Goes before the keys of a record without a text.
ADVICE = '; [read.fields] text = "KEY" in the configuration names the key that holds it. The keys there are: '
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

    `fields` maps our field names (`FIELD_NAMES`) to those of the input, or to paths into its records ("a.b"), where
    they are not found by themselves; of several the first that is there counts. `max_record_bytes` bounds one record as
    read. `salvage` keeps the whole records before the cut of a truncated file.
    """

    fields: dict[str, str | tuple[str, ...]] = msgspec.field(default_factory=dict)
    max_record_bytes: int = 16 << 20
    salvage: bool = False

    def __post_init__(self) -> None:
        unknown = sorted(set(self.fields) - set(FIELD_NAMES))
        if unknown:
            raise ValueError(f"no such field: {', '.join(unknown)}; known are {', '.join(FIELD_NAMES)}")
        if empty := [name for name, theirs in self.fields.items() if not all(paths(theirs) or [""])]:
            raise ValueError(f"fields.{empty[0]}: names no field of the input")
        if not 1 <= self.max_record_bytes <= _LARGEST_RECORD:
            raise ValueError(f"max_record_bytes: {self.max_record_bytes} is not from 1 to {_LARGEST_RECORD}")


def record_from(
    row: Any, source: Source, config: ReadConfig, where: str = "", part: int = 0
) -> Document | Page | Failure:
    """Build the record that `row` describes; a row that breaks the field rules becomes a Failure.

    A row of our own corpus is rebuilt as it was written, with the source it had then. `where` goes before the
    message of a Failure; `part` tells apart the records that stand at one address, from 1.
    """
    try:
        if not isinstance(row, dict):
            raise RecordError(f"expected an object, got {_kind(row)}", reason="not-an-object")
        if isinstance(row.get("source"), dict) and row.keys() >= _OUR_FIELDS:
            return _rebuild(row)
        return _build(row, source, config, part)
    except RecordError as error:
        return Failure(source, error.reason, f"{where}{error}")


def _rebuild(row: dict[str, Any]) -> Document:
    """Take a document as we wrote it, in JSON or in columns.

    A date and a language that an older version took as they came are set aside.
    """
    try:
        row |= {name: msgspec.json.decode(row[name]) for name in FREE_FIELDS if isinstance(row[name], str)}
        _check_value(row, "$", MAX_DEPTH)
        document = msgspec.convert(row, Document)
    except (msgspec.DecodeError, RecursionError) as error:
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


def _build(row: dict[str, Any], source: Source, config: ReadConfig, part: int) -> Document | Page:
    row = open_row(row, config.fields)
    fields = _Fields(row, config)
    published = fields.take("published", _date) or ""
    identity = check_id(fields.take("id", _identity) or "")
    html = fields.take("html", _page_body) or b""
    text = fields.take("text", text_in)
    url, title = _one_line(fields.take("url", value_in) or ""), _repaired(fields.take("title", value_in) or "")
    given = _repaired(fields.take("outlet", value_in) or "")
    if not url and _STORY_ADDRESS.match(given):
        url = given
    identity = identity or content_id(source, f"{part}\0{url}" if part else url)
    known: dict[str, Any] = {
        "id": identity, "source": source, "url": url, "title": title,
        "outlet": name_outlet(given, url, source), "published": published, "meta": fields.rest,
    }  # fmt: skip
    body = html if not (text and text.strip()) else text.encode("utf-8", "replace") if is_page(text) else b""
    if body:
        _check_value(fields.rest, "$", MAX_DEPTH)
        return Page(body=body, **known)
    if text is None:
        message = f"$.text: the record has neither text nor html{ADVICE}{quote_keys(row)}"
        raise RecordError(message, reason="missing-text")
    mended, done = mend(text)
    trace = {"mended": list(done)} if done else {}
    document = Document(
        text=mended,
        trace=trace,
        language=fields.take("language", _language) or "",
        credit=_repaired(fields.take("credit", value_in) or ""),
        authors=_clean(fields.take("authors", names_in)),
        tags=_clean(fields.take("tags", _tags)),
        **known,
    )
    _check_value(fields.rest, "$", MAX_DEPTH)
    return document


class _Fields:
    """The fields of one row, each taken out of `rest` by whoever asks for it."""

    def __init__(self, row: dict[str, Any], config: ReadConfig) -> None:
        self.rest = {
            key: value.isoformat() if isinstance(value, datetime.date) else value for key, value in row.items()
        }
        self._given = config.fields
        self._keys = sort_keys(row, config.fields)

    def take(self, field: str, read: Callable[[Any], _T | None]) -> _T | None:
        """Take the best value of a field that `read` understands; what it does not understand stays where it is.

        Raises:
            RecordError: `bad-field`, what stands under our own name of a needed field, or a configured one, is none.
        """
        empty: _T | None = None
        for key in self._keys.get(field, ()):
            stated = look_up(self.rest, key)
            is_missing = stated is None or (isinstance(stated, float) and math.isnan(stated))
            value = None if is_missing else read(stated)
            if value is not None or is_missing:
                take(self.rest, key)
            elif field in _NEEDED and (key == field or key in paths(self._given.get(field))):
                raise RecordError(f"$.{key}: expected str, got {_kind(stated)}", reason="bad-field")
            if value:
                return value
            empty = value if empty is None else empty
        return empty


def _clean(names: tuple[str, ...] | None) -> tuple[str, ...]:
    return tuple(dict.fromkeys(clean for name in names or () if (clean := _repaired(name))))


def _page_body(value: Any) -> bytes | None:
    body = value if isinstance(value, bytes) else text_in(value)
    return body.encode("utf-8", "replace") if isinstance(body, str) else body


def _tags(value: Any) -> tuple[str, ...] | None:
    return tuple(_COMMAS.split(value)) if isinstance(value, str) else names_in(value)


def _date(value: Any) -> str | None:
    stated = str(value) if isinstance(value, float) else _identity(value)
    return None if stated is None else parse_date(stated) or (None if stated else "")


def _identity(value: Any) -> str | None:
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return str(value) if is_number else value_in(value)


def _language(value: Any) -> str | None:
    return (language_code(value) or (None if value.strip() else "")) if isinstance(value, str) else None


def check_id(identity: str) -> str:
    """Return an id; raise RecordError (`bad-id`) for one too long."""
    if len(identity) > MAX_ID_CHARACTERS:
        message = f"$.id: {len(identity)} characters, at most {MAX_ID_CHARACTERS} are taken"
        raise RecordError(message, reason="bad-id")
    return identity


def _one_line(text: str) -> str:
    return " ".join(scrub(text).split()) if text else ""


@lru_cache(maxsize=1 << 12)  # names come again and again
def _repaired(text: str) -> str:
    """Return one line of a field that people read, mended as texts are."""
    return " ".join(mend(text)[0].split()) if text else ""


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
