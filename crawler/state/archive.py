"""The archive: WARC 1.1, one gzip member a record, request and response, revisit for what did not change.

Records are appended to `warc/NAME.warc.gz.open`. The frontier remembers how far that file is good; after a kill it
is cut back to there and published by renaming, so nothing that counts is lost and no half record ever stands
under a final name. A file is also published when it is large or old enough.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from http import HTTPStatus
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO
from uuid import uuid4

from isal import isal_zlib
from warcio.recordbuilder import RecordBuilder  # type: ignore[import-untyped]
from warcio.statusandheaders import StatusAndHeaders  # type: ignore[import-untyped]
from warcio.warcwriter import WARCWriter  # type: ignore[import-untyped]

from corpus.files import UNFINISHED, sync_folder, translated
from crawler.state.rows import ArchiveFile, Capture, Headers

#: 1 of isal's 0..3: the size of zlib -1 at a fifth of its time (0.33 against 1.8 ms for a 170 KiB page).
COMPRESSION = 1
_GZIP_WINDOW = 31
#: Headers of how a body was sent; it is kept without chunks, at its own length.
_OF_THE_WIRE = ("transfer-encoding", "content-length", "trailer")

_BUILDER = RecordBuilder("1.1")

_UNCHANGED = "http://netpreserve.org/warc/1.1/revisit/server-not-modified"
_IDENTICAL = "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest"


class Archive:
    """The folder of WARC files of one crawl; at most one is open.

    `note` is told of each file before it is made and once it is published or removed: what the frontier does not know
    would never be mended.
    """

    def __init__(
        self, folder: Path, prefix: str, limits: tuple[int, float], note: Callable[[list[ArchiveFile]], None]
    ) -> None:
        self._folder, self._prefix, self._note = folder, prefix, note
        self._max_bytes, self._max_seconds = limits
        self._serial = 0
        self._file: BinaryIO | None = None
        self._opened = 0.0
        self._info = ""
        self.name = ""
        self.size = 0

    def recover(self, known: Iterable[ArchiveFile]) -> list[str]:
        """Publish what a killed run left open, cut back to its good length; what held nothing good is removed.

        Return the names of open files that are not `known`; they are left alone.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        for name, state, size in known:
            if state != "open":
                continue
            path = self._folder / f"{name}{UNFINISHED}"
            if path.exists() and size:
                with translated(path):
                    os.truncate(path, size)
                self._publish(path, self._folder / name)
            elif path.exists():
                path.unlink()
            published = (self._folder / name).exists()
            self._note([ArchiveFile(name, "published" if published else "removed", size)])
        return sorted(path.name for path in self._folder.glob(f"*{UNFINISHED}"))

    def _begin(self) -> None:
        stamp = datetime.now(UTC).strftime("%Y%m%d%H%M%S%f")[:17]
        self.name = f"{self._prefix}-{stamp}-{self._serial:05d}.warc.gz"
        self._serial += 1
        self._opened, self.size = time.monotonic(), 0
        self._note([ArchiveFile(self.name, "open", 0)])
        path = self._folder / f"{self.name}{UNFINISHED}"
        with translated(path):
            self._file = path.open("xb", buffering=0)
        facts = {"software": "ghirbal", "format": "WARC File Format 1.1", "robots": "classic"}
        record = _BUILDER.create_warcinfo_record(self.name, facts)
        self._info = record.rec_headers.get_header("WARC-Record-ID")
        self._write([record])

    def open_files(self) -> list[ArchiveFile]:
        """Return the open file as it is now, if there is one."""
        return [] if self._file is None else [ArchiveFile(self.name, "open", self.size)]

    def is_full(self) -> bool:
        """Tell whether the open file has reached its size or age."""
        old = time.monotonic() - self._opened >= self._max_seconds
        return self._file is not None and (self.size >= self._max_bytes or old)

    def append(self, capture: Capture) -> str:
        """Append the response (or revisit) and the request of `capture`; not yet on disk until `sync`.

        Return the date and the id of the record, as a later `Capture` names it in `earlier`.
        """
        if self._file is None:
            self._begin()
        date = datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
        name = f"<urn:uuid:{uuid4()}>"
        about = {"WARC-Date": date, "WARC-Warcinfo-ID": self._info}
        path = "/" + "".join(capture.url.split("/", 3)[3:])
        http = StatusAndHeaders(f"GET {path} HTTP/1.1", strip_line_breaks(capture.request), is_http_request=True)
        asked = _BUILDER.create_warc_record(
            capture.url, "request", http_headers=http, warc_headers_dict=about | {"WARC-Concurrent-To": name}
        )
        self._write([_response_record(capture, about | {"WARC-Record-ID": name}), asked])
        return f"{date} {name}"

    def sync(self) -> None:
        """Bring everything appended so far to the disk; may run in a thread."""
        if self._file is not None:
            with translated(self._folder / self.name):
                os.fsync(self._file.fileno())

    def publish(self) -> None:
        """Close the open file, if there is one, and give it its final name."""
        if self._file is None:
            return
        self._file.close()
        self._file = None
        self._publish(self._folder / f"{self.name}{UNFINISHED}", self._folder / self.name)
        self._note([ArchiveFile(self.name, "published", self.size)])

    def _publish(self, path: Path, final: Path) -> None:
        with translated(final), path.open("rb") as stream:
            os.fsync(stream.fileno())
            path.rename(final)
            sync_folder(self._folder)

    def _write(self, records: list[Any]) -> None:
        assert self._file is not None
        members = b""
        for record in records:
            WARCWriter(out := BytesIO(), gzip=False, warc_version="1.1").write_record(record)
            members += isal_zlib.compress(out.getvalue(), COMPRESSION, _GZIP_WINDOW)
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


def _response_record(capture: Capture, about: dict[str, str]) -> Any:
    """Make the response record, whose HTTP headers describe the body that is kept, or the revisit record."""
    try:
        status = f"{capture.status} {HTTPStatus(capture.status).phrase}"
    except ValueError:
        status = f"{capture.status} -"
    headers = [header for header in strip_line_breaks(capture.response) if header[0].lower() not in _OF_THE_WIRE]
    if not capture.earlier:
        headers.append(("Content-Length", str(len(capture.body))))
    http = StatusAndHeaders(status, headers, protocol=capture.protocol)
    if capture.address:
        about["WARC-IP-Address"] = capture.address
    if capture.truncated:
        about["WARC-Truncated"] = capture.truncated
    if capture.notes:
        # In ASCII: WARC readers disagree about other characters in headers.
        about["WARC-JSON-Metadata"] = json.dumps(capture.notes, separators=(",", ":"))
    if not capture.earlier:
        about["WARC-Payload-Digest"] = f"sha1:{capture.digest}"
        return _BUILDER.create_warc_record(
            capture.url, "response", payload=BytesIO(capture.body), length=len(capture.body),
            http_headers=http, warc_headers_dict=about,
        )  # fmt: skip
    date, about["WARC-Refers-To"] = capture.earlier.split(" ")
    record = _BUILDER.create_revisit_record(capture.url, f"sha1:{capture.digest}", capture.url, date, http, about)
    record.rec_headers.replace_header("WARC-Profile", _UNCHANGED if capture.unchanged else _IDENTICAL)
    return record


def strip_line_breaks(headers: Iterable[tuple[str, str]]) -> Headers:
    """Return headers without the characters that would end them (CR, LF, NUL)."""
    table = {13: " ", 10: " ", 0: " "}
    return [(name.translate(table), value.translate(table).strip()) for name, value in headers]
