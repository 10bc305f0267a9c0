"""Read web archives (WARC 1.0 and 1.1, ISO 28500) and the text archives of Common Crawl (WET).

HTML responses (status 200, 201, 203 or 206) and HTML resources become Pages, plain-text conversions Documents. What
else holds no article is passed over, or is a Skip where a response was not HTML or had another status. Each record
must be as long as it says, end where the next begins, come from a member that is whole, and match its digest; one that
does not is a Failure, and reading goes on with the next.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from corpus.charset import decode, repair_mojibake
from corpus.dates import parse_date
from corpus.errors import RecordError
from corpus.files.listing import InputFile
from corpus.formats.archive_stream import MARK, ArchiveStream
from corpus.formats.payload import (
    HEAD_BYTES,
    Response,
    decode_body,
    digest_matches,
    looks_html,
    parse_headers,
    parse_response,
)
from corpus.formats.rows import Read, ReadConfig, check_id
from corpus.letters import mend
from corpus.records import DROP, SIGNALS, Document, Failure, Page, Skip, Source, content_id, name_outlet
from corpus.text import scrub

_END_OF_HEAD = b"\r\n\r\n"
#: How a record begins behind another one.
_NEXT_RECORD = re.compile(rb"\n\r?\nWARC/\d\.\d\r\n[A-Za-z-]{1,40}:")
#: A type that is none of these and none that is read makes a Skip, so that it is seen.
_NEVER_ARTICLES = frozenset({"warcinfo", "request", "metadata", "revisit", "continuation"})
#: Kinds of page, as our crawler notes them, that only lead to articles.
_LISTS = frozenset({"seed", "listing"})
#: Answers that hold what was asked for; a 204 or 205 holds nothing.
_SUCCESS = frozenset({200, 201, 203, 206})
#: WARC-Truncated says "unspecified" too, which tells a reader no less than "length".
_CUTS = {"length": "length", "time": "time", "disconnect": "disconnect", "unspecified": "length"}


@dataclass(frozen=True, slots=True)
class _Head:
    """The header of a record: its fields, our own notes among them, its own length and that of the block behind it."""

    fields: Mapping[str, str]
    notes: Mapping[str, Any]
    start: int
    length: int

    @property
    def kind(self) -> str:
        return self.get("warc-type").lower()

    @property
    def end(self) -> int:
        return self.start + self.length

    def get(self, name: str) -> str:
        return self.fields.get(name, "")

    def note(self, name: str) -> str:
        """Return what our own crawler noted of the page, or ""."""
        value = self.notes.get(name)
        return scrub(repair_mojibake(value)) if isinstance(value, str) else ""

    def meta(self) -> dict[str, Any]:
        """Return the `meta` of a page: selectors of the outlets file, and signals of its owner."""
        lists = {name: self.notes[name] for name in (DROP, SIGNALS) if isinstance(self.notes.get(name), list)}
        found = {name: [value for value in values if isinstance(value, str)] for name, values in lists.items()}
        return {name: texts for name, texts in found.items() if texts}


def read_warc(file: InputFile, config: ReadConfig) -> Iterator[Read]:
    """Read an archive; `source.record` counts its records of every kind."""
    with contextlib.closing(ArchiveStream(file.path)) as archive:
        number = 0
        while archive.at_record():
            source = Source(file.name, number, archive.position)
            found = _read_record(archive, source, config)
            if found is not None:
                yield found
            number += 1


def _read_record(archive: ArchiveStream, source: Source, config: ReadConfig) -> Read | None:
    """Read the record at hand and leave the archive behind it, whatever happens."""
    passed = 1
    block = b""
    try:
        try:
            head = _read_head(archive)
            passed = head.start
            reason = _reason_to_skip(archive, head)
            if head.length <= config.max_record_bytes:
                block = _take_block(archive, head, wanted=reason == "")
        except RecordError:
            archive.resync(passed)
            raise
        if head.length > config.max_record_bytes:
            archive.drop(head.start)
            if not archive.skip(head.length):
                raise archive.trouble(f"no record ends {head.length} bytes behind its header")
            if reason == "":
                raise RecordError(f"{head.length} bytes are more than are taken", reason="too-large")
        if reason == "":
            return _record_from(head, block, source, config)
    except RecordError as error:
        return Failure(source, error.reason, f"record {source.record + 1} (byte {source.offset}): {error}")
    return Skip(source, reason) if reason else None


def _read_head(archive: ArchiveStream) -> _Head:
    head, found, _ = archive.look(0, HEAD_BYTES).partition(_END_OF_HEAD)
    if not (head.startswith(MARK) and found):
        raise archive.trouble("no WARC header where a record should begin")
    fields = dict(parse_headers(head.split(b"\n")[1:]))
    length = fields.get("content-length", "")
    if not (length.isascii() and length.isdigit() and len(length) < 16):
        raise RecordError(f"Content-Length is {length[:40]!r}", reason="corrupt-record")
    if not fields.get("warc-type"):
        raise RecordError("there is no WARC-Type", reason="corrupt-record")
    try:
        notes = orjson.loads(fields.get("warc-json-metadata", "{}"))
    except orjson.JSONDecodeError:
        notes = {}  # the field is anybody's; only ours must be understood
    return _Head(fields, notes if isinstance(notes, dict) else {}, len(head) + len(found), int(length))


def _reason_to_skip(archive: ArchiveStream, head: _Head) -> str | None:
    """Return "" for a record to read, a reason to skip it, or None for what never holds an article."""
    kind, mime = head.kind, head.get("content-type").lower()
    peek = archive.look(head.start, head.start + min(head.length, HEAD_BYTES))
    if kind == "conversion":
        return "" if mime.startswith("text/plain") else "not-html"
    if kind == "resource":
        return "" if looks_html(mime, peek) else "not-html"
    if kind in _NEVER_ARTICLES:
        return None
    if kind != "response" or not mime.startswith("application/http"):
        return "not-html"
    try:
        response = parse_response(peek)
    except RecordError:
        return ""  # it will be told of once the whole record has proved sound
    if response.status not in _SUCCESS:
        return "http-status"
    if head.note("kind") in _LISTS:
        return "listing"
    return "" if looks_html(response.header("content-type"), peek[response.start :]) else "not-html"


def _take_block(archive: ArchiveStream, head: _Head, *, wanted: bool) -> bytes:
    """Return the block of a record that is whole, and move on behind it.

    A length that reaches over the next record to its very end looks right; the digest, or the head of a record
    inside a block for which no digest vouches, gives it away, whatever kind of record swallowed the other.
    """
    have = archive.load(head.end)
    if archive.clipped_at(head.start, min(have, head.end)) >= 0:
        raise RecordError("the next record begins before this one should end", reason="corrupt-record")
    if have < head.end:
        raise archive.trouble(f"{have - head.start} of {head.length} bytes are there", reason="truncated-input")
    if not archive.ends_at(head.end):
        raise RecordError(f"no record ends {head.length} bytes behind its header", reason="corrupt-record")
    if archive.is_unverified(head.end):
        raise archive.trouble("the stream breaks off")
    block = archive.look(head.start, head.end)
    sound = digest_matches(head.get("warc-block-digest"), block)
    if wanted and sound is False:
        raise RecordError("the block does not match WARC-Block-Digest", reason="digest-mismatch")
    if not sound and _NEXT_RECORD.search(block):
        raise RecordError("another record begins before this one should end", reason="corrupt-record")
    archive.drop(head.end)
    return block


def _record_from(head: _Head, block: bytes, source: Source, config: ReadConfig) -> Page | Document:
    given = check_id(head.get("warc-record-id").strip("<> ").removeprefix("urn:uuid:"))
    url = head.get("warc-target-uri").strip("<> ")
    identity = given or content_id(source, url)
    if head.kind == "conversion":
        text, rung = decode(block)
        outlet = name_outlet("", url, source)
        return Document(identity, source, mend(text)[0], url=url, outlet=outlet, trace={"charset": rung})
    cut = _CUTS.get(head.get("warc-truncated").lower(), "")
    if head.kind == "resource":
        response, body = Response(200, (("content-type", head.get("content-type")),), 0), block
    else:
        response = parse_response(block)
        body, broken = decode_body(response, block[response.start :], config.max_record_bytes)
        cut = cut or ("disconnect" if broken else "")
    # Where no block digest vouches for the bytes; writers disagree on whether the payload is meant before or after
    # decoding, so either may match.
    declared = "" if head.get("warc-block-digest") or head.get("warc-truncated") else head.get("warc-payload-digest")
    if all(digest_matches(declared, payload) is False for payload in (block[response.start :], body)):
        raise RecordError("the body does not match WARC-Payload-Digest", reason="digest-mismatch")
    return Page(
        identity,
        source,
        body,
        url,
        head.get("warc-date"),
        status=response.status,
        headers=response.headers,
        truncated=cut,
        outlet=name_outlet(head.note("outlet"), url, source),
        title=head.note("title"),
        published=parse_date(head.note("published")),
        meta=head.meta(),
    )
