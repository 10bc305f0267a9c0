"""The archive: WARC 1.1, one gzip member a record, request and response, revisit for what did not change.

Records are appended to `warc/NAME.warc.gz.open`. The frontier remembers how far that file is good; after a kill it
is cut back to there and published by renaming, so nothing that counts is lost and no half record ever stands
under a final name. A file is also published when it is large or old enough.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from http import HTTPStatus
from io import BytesIO
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

import msgspec
from isal import isal_zlib
from warcio.statusandheaders import StatusAndHeaders  # type: ignore[import-untyped]
from warcio.warcwriter import WARCWriter  # type: ignore[import-untyped]

from corpus.files import sync_folder, translated

#: 1 of isal's 0..3: the size of zlib -1 at a fifth of its time (0.33 against 1.8 ms for a 170 KiB page).
COMPRESSION = 1
_GZIP_WINDOW = 31
_OPEN = ".open"

_UNCHANGED = "http://netpreserve.org/warc/1.1/revisit/server-not-modified"
_IDENTICAL = "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest"

Headers = list[tuple[str, str]]


class Capture(msgspec.Struct):
    """One exchange to archive; header values are latin-1, as on the wire.

    `earlier` is (url, date, record id) of the record that a revisit refers to; `unchanged` says the server
    answered 304. `truncated` is a value of WARC-Truncated or "". `notes` go into WARC-JSON-Metadata.
    """

    url: str
    status: int
    request: Headers
    response: Headers
    body: bytes
    digest: str
    protocol: str = "HTTP/1.1"
    address: str = ""
    truncated: str = ""
    notes: dict[str, str | list[str]] = msgspec.field(default_factory=dict)
    earlier: tuple[str, str, str] | None = None
    unchanged: bool = False


class Place(msgspec.Struct, frozen=True):
    """What a later revisit says of a record: its WARC-Date and its WARC-Record-ID."""

    date: str
    record_id: str


class Archive:
    """The folder of WARC files of one crawl; at most one is open."""

    def __init__(self, folder: Path, prefix: str, max_bytes: int, max_seconds: float) -> None:
        self._folder, self._prefix = folder, prefix
        self._max_bytes, self._max_seconds = max_bytes, max_seconds
        self._serial = 0
        self._file: BinaryIO | None = None
        self._opened = 0.0
        self._info = ""
        self.name = ""
        self.size = 0

    def recover(self, known: Iterable[tuple[str, str, int]]) -> Iterator[tuple[str, str, int]]:
        """Publish what a killed run left open, cut back to its good length; yield the new (name, state, size).

        A file that held nothing good is removed, and yields the state "removed".
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        for name, state, size in known:
            if state != "open":
                continue
            path = self._folder / f"{name}{_OPEN}"
            if path.exists() and size:
                with translated(path):
                    os.truncate(path, size)
                self._publish(path, self._folder / name)
            elif path.exists():
                path.unlink()
            published = (self._folder / name).exists()
            yield name, "published" if published else "removed", size

    def strangers(self) -> list[str]:
        """Return open files in the folder; after `recover` the frontier knows none of them."""
        return sorted(path.name for path in self._folder.glob(f"*{_OPEN}"))

    def next_name(self) -> str:
        """Return the final name of the file that `begin` will open; note it in the frontier before."""
        stamp = datetime.now(UTC).strftime("%Y%m%d%H%M%S%f")[:17]
        self.name = f"{self._prefix}-{stamp}-{self._serial:05d}.warc.gz"
        self._serial += 1
        return self.name

    def begin(self) -> None:
        """Open the file that `next_name` named."""
        path = self._folder / f"{self.name}{_OPEN}"
        with translated(path):
            self._file = path.open("xb", buffering=0)
        self._opened, self.size = time.monotonic(), 0
        self._write([self._warcinfo()])

    @property
    def is_open(self) -> bool:
        """Tell whether there is a file to append to."""
        return self._file is not None

    def is_full(self) -> bool:
        """Tell whether the open file has reached its size or age."""
        old = time.monotonic() - self._opened >= self._max_seconds
        return self.is_open and (self.size >= self._max_bytes or old)

    def append(self, capture: Capture) -> Place:
        """Append the request and the response (or revisit) of `capture`; not yet on disk until `sync`."""
        date = datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
        place = Place(date, f"<urn:uuid:{uuid4()}>")
        self._write([_response_record(capture, place, self._info), _request_record(capture, place, self._info)])
        return place

    def sync(self) -> None:
        """Bring everything appended so far to the disk; may run in a thread."""
        if self._file is not None:
            with translated(self._folder / self.name):
                os.fsync(self._file.fileno())

    def publish(self) -> None:
        """Close the open file and give it its final name."""
        if self._file is None:
            return
        self.sync()
        self._file.close()
        self._file = None
        self._publish(self._folder / f"{self.name}{_OPEN}", self._folder / self.name)

    def _publish(self, path: Path, final: Path) -> None:
        with translated(final), path.open("rb") as stream:
            os.fsync(stream.fileno())
            path.rename(final)
            sync_folder(self._folder)

    def _write(self, records: list[bytes]) -> None:
        assert self._file is not None
        members = b"".join(isal_zlib.compress(record, COMPRESSION, _GZIP_WINDOW) for record in records)
        with translated(self._folder / self.name):
            try:
                written = self._file.write(members)
                while written < len(members):
                    written += self._file.write(members[written:])
            except OSError:
                self._file.truncate(self.size)
                self._file.seek(self.size)
                raise
        self.size += len(members)

    def _warcinfo(self) -> bytes:
        out = BytesIO()
        writer = WARCWriter(out, gzip=False, warc_version="1.1")
        facts = {"software": "ghirbal", "format": "WARC File Format 1.1", "robots": "classic"}
        record = writer.create_warcinfo_record(self.name, facts)
        self._info = record.rec_headers.get_header("WARC-Record-ID")
        writer.write_record(record)
        return out.getvalue()


def _request_record(capture: Capture, place: Place, info: str) -> bytes:
    out = BytesIO()
    writer = WARCWriter(out, gzip=False, warc_version="1.1")
    path = "/" + capture.url.split("/", 3)[3] if capture.url.count("/") > 2 else "/"
    http = StatusAndHeaders(f"GET {path} HTTP/1.1", clean(capture.request), is_http_request=True)
    about = {"WARC-Date": place.date, "WARC-Concurrent-To": place.record_id, "WARC-Warcinfo-ID": info}
    writer.write_record(writer.create_warc_record(capture.url, "request", http_headers=http, warc_headers_dict=about))
    return out.getvalue()


def _response_record(capture: Capture, place: Place, info: str) -> bytes:
    out = BytesIO()
    writer = WARCWriter(out, gzip=False, warc_version="1.1")
    http = StatusAndHeaders(_status_line(capture.status), _honest(capture), protocol=capture.protocol)
    about = {"WARC-Record-ID": place.record_id, "WARC-Date": place.date, "WARC-Warcinfo-ID": info}
    if capture.address:
        about["WARC-IP-Address"] = capture.address
    if capture.truncated:
        about["WARC-Truncated"] = capture.truncated
    if capture.notes:
        about["WARC-JSON-Metadata"] = _ascii_json(capture.notes)
    if capture.earlier is None:
        about["WARC-Payload-Digest"] = f"sha1:{capture.digest}"
        record = writer.create_warc_record(
            capture.url, "response", payload=BytesIO(capture.body), length=len(capture.body),
            http_headers=http, warc_headers_dict=about,
        )  # fmt: skip
    else:
        url, date, record_id = capture.earlier
        about["WARC-Refers-To"] = record_id
        record = writer.create_revisit_record(url, f"sha1:{capture.digest}", url, date, http, about)
        record.rec_headers.replace_header("WARC-Profile", _UNCHANGED if capture.unchanged else _IDENTICAL)
    writer.write_record(record)
    return out.getvalue()


def _ascii_json(notes: dict[str, str | list[str]]) -> str:
    """Return JSON in ASCII only: WARC readers disagree about other characters in headers."""
    text = msgspec.json.encode(notes).decode()
    return "".join(character if character.isascii() else _escape(character) for character in text)


def _escape(character: str) -> str:
    units = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[i]:02x}{units[i + 1]:02x}" for i in range(0, len(units), 2))


def _status_line(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return f"{status} -"


def clean(headers: Iterable[tuple[str, str]]) -> Headers:
    """Return headers without the characters that would end them (CR, LF, NUL)."""
    table = {13: " ", 10: " ", 0: " "}
    return [(name.translate(table), value.translate(table).strip()) for name, value in headers]


def _honest(capture: Capture) -> Headers:
    """Return the response headers as they describe the body that is kept: no chunks, its own length."""
    gone = ("transfer-encoding", "content-length", "trailer")
    kept = [(name, value) for name, value in clean(capture.response) if name.lower() not in gone]
    if capture.earlier is None:
        kept.append(("Content-Length", str(len(capture.body))))
    return kept
