"""What flows through Ghirbal: a Page of bytes, a Document of text, what could not be read, a Verdict on a record.

The two are different types on purpose: no field ever changes its meaning on the way. All are frozen and
compared by value; a change is a new record (`dataclasses.replace`).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias
from urllib.parse import urlsplit

import orjson

#: Written into every manifest; raised when a field of the output changes its name or meaning.
SCHEMA_VERSION = 1

#: Half of a SHA-256, in hexadecimal: no accidental collision below 2**64 records.
ID_LENGTH = 32

#: The relation of a kept document to one of another corpus whose place it takes, being fuller or later.
REPLACES = "replaces"

#: In the `meta` of a page: CSS selectors of what its outlet says is never part of a story.
DROP = "drop"
#: What its owner asks of whoever reads it ("noindex", "noai", ...); it stays in the `meta` of the document.
SIGNALS = "robots"
#: What differs from document to document; in columns of a table it stands as JSON.
FREE_FIELDS = ("trace", "meta")
#: The id that a document brought, if that names another story as well.
GIVEN_ID = "given_id"

#: Only such a url is taken apart; `urlsplit` raises on some strings that merely look like one.
_HTTP = re.compile(r"https?://[^\s/?#\[\]]+", re.IGNORECASE)
_HOST = re.compile(r"(?:[a-z0-9-]{1,63}\.){1,5}[a-z]{2,24}", re.IGNORECASE)
#: Before the host of a site as telephones and other devices know it.
_DEVICE = re.compile(r"(?:www\d?|m|mobile|amp|wap)\.(?=[^.]+\.)")
_ARCHIVE = re.compile(r"\.(?:zip|tar|tgz|tbz2?|txz|tar\.(?:gz|bz2|xz|zst))$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Source:
    """Say where a record came from.

    `path` is relative to the INPUT it was found in, `record` counts from 0 within the file (line number for
    line formats), `offset` is in bytes of the decompressed stream.
    """

    path: str
    record: int = 0
    offset: int = 0


@dataclass(frozen=True, slots=True)
class Page:
    """What the network or a dump gave: bytes that nobody has altered.

    `headers` keep order and repetition, names in lower case. `truncated` is "", "length", "time" or
    "disconnect" (the values of WARC-Truncated). The fields from `outlet` on are what the dump itself says.
    """

    id: str
    source: Source
    body: bytes
    url: str = ""
    fetched: str = ""
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    truncated: str = ""
    outlet: str = ""
    title: str = ""
    published: str = ""
    meta: Mapping[str, Any] = field(default_factory=dict)

    def header(self, name: str) -> str:
        """Return the first header called `name` (lower case), or ""."""
        return next((value for key, value in self.headers if key == name), "")


@dataclass(frozen=True, slots=True)
class Copy:
    """A removed copy of a document, as its survivor remembers it."""

    id: str
    outlet: str = ""
    url: str = ""
    published: str = ""
    relation: str = ""
    score: float = 0.0


@dataclass(frozen=True, slots=True)
class Document:
    """One story as text, with what is known about it.

    `text` keeps the law of `corpus.text.scrub` (valid UTF-8, NFC, no controls but newline). `published` is ISO
    8601, a date or a time with offset. `trace` says what was done: "charset" (rung of the decode ladder),
    "extractor", "rules" (rule name -> count of removed spans), and whatever else a stage has to tell. `_key` tells
    records of one run apart whatever they say of themselves: their reader sets it, nothing writes it (orjson passes
    over names that begin with "_"), and 0 means that no reader has seen the record.
    """

    id: str
    source: Source
    text: str
    title: str = ""
    url: str = ""
    outlet: str = ""
    language: str = ""
    published: str = ""
    authors: tuple[str, ...] = ()
    credit: str = ""
    tags: tuple[str, ...] = ()
    also_in: tuple[Copy, ...] = ()
    trace: Mapping[str, Any] = field(default_factory=dict)
    meta: Mapping[str, Any] = field(default_factory=dict)
    _key: int = field(default=0, compare=False, repr=False)

    @property
    def key(self) -> int:
        """Return the number that no other record of the run has."""
        return self._key


Record: TypeAlias = Page | Document


def set_key(document: Document, key: int) -> Document:
    """Give a document its key in place: its reader does so, before anybody else has the document.

    A copy of each record would take 4 % of the time of deduplication.
    """
    object.__setattr__(document, "_key", key)
    return document


@dataclass(frozen=True, slots=True)
class Span:
    """A part of a text that goes: `text[start:end]`, the rule that says so and what it rests on."""

    start: int
    end: int
    rule: str
    evidence: str


@dataclass(frozen=True, slots=True)
class Failure:
    """A file or a record that could not be read; `reason` is kebab-case, `source` its address."""

    source: Source
    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class Skip:
    """A whole record that holds no article by rule: `not-html`, `http-status`, `listing` or
    `not-a-dump`. It counts as dropped."""

    source: Source
    reason: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """Keep a record (perhaps changed), or drop it with a reason in kebab-case.

    `detail` goes into the audit record: for a duplicate the survivor, the relation and the scores. `failed` says
    that the record was not judged unfit but could not be judged at all.
    """

    record: Record | None
    reason: str = ""
    detail: Mapping[str, Any] = field(default_factory=dict)
    failed: bool = False

    @property
    def kept(self) -> bool:
        """Tell whether the record stays."""
        return self.record is not None


def keep(record: Record) -> Verdict:
    """Return the verdict that keeps `record`."""
    return Verdict(record)


def drop(reason: str, **detail: Any) -> Verdict:
    """Return the verdict that drops a record for `reason`, with what the audit record should hold."""
    return Verdict(None, reason, detail)


def folders_naming(path: str) -> list[str]:
    """Return the folders of a path that may name an outlet: all but years, months and days.

    >>> folders_naming("sahil/2024/05/a.txt")
    ['sahil']
    """
    return [part for part in path.split("/")[:-1] if not part.isdigit()]


def name_outlet(given: str, url: str, source: Source) -> str:
    """Name the outlet of a record: what the record says, else the host of its url, else its folder.

    A host is named without what stands before the same site for other devices. Folders that are only digits (years,
    months) name no outlet, and an archive does as its name says.

    >>> name_outlet("", "https://m.example.com/a", Source("x/2024/a.txt"))
    'example.com'
    >>> name_outlet("https://www.example.com/", "", Source("x/2024/a.txt"))
    'example.com'
    >>> name_outlet("", "", Source("sahil.zip/2024/05/a.txt"))
    'sahil'
    """
    address = _HTTP.match(given or url)
    folders = folders_naming(source.path)
    name = (urlsplit(address[0]).hostname if address else given) or _ARCHIVE.sub("", folders[-1] if folders else "")
    return _DEVICE.sub("", name.lower()) if _HOST.fullmatch(name) else name


def fail(reason: str, message: str) -> Verdict:
    """Return the verdict on a record that broke the rule meant to judge it."""
    return Verdict(None, reason, {"message": message}, failed=True)


def content_id(source: Source, url: str) -> str:
    """Derive an id for a record that brought none: a hash of where it stands and its url."""
    key = "\0".join((source.path, str(source.record), url)).encode("utf-8", "backslashreplace")
    return hashlib.sha256(key).hexdigest()[:ID_LENGTH]


def to_json(record: Record | Copy) -> bytes:
    """Encode a record as one line of JSON without the newline; empty fields are written too."""
    return orjson.dumps(record, option=orjson.OPT_SORT_KEYS)
