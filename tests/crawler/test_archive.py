"""The archive: records that any reader takes, and mending after a kill at any byte."""

from __future__ import annotations

import gzip
import zlib
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from warcio.archiveiterator import ArchiveIterator

from crawler.state.archive import Archive, strip_line_breaks
from crawler.state.rows import ArchiveFile, Capture
from crawler.state.settle import payload_digest


def capture(number: int = 1, **changes: object) -> Capture:
    body = f"<p>خبر {number}</p>".encode()
    made = Capture(
        url=f"https://e.com/{number}", status=200, request=[("Host", "e.com")],
        response=[("Content-Type", "text/html")], body=body, digest=payload_digest(body), address="192.0.2.1",
    )  # fmt: skip
    for name, value in changes.items():
        setattr(made, name, value)
    return made


def opened(folder: Path, max_bytes: int = 10**9, max_seconds: float = 1e9) -> Archive:
    archive = Archive(folder, "t", (max_bytes, max_seconds), lambda _: None)
    archive.recover([])
    return archive


def recovered(folder: Path, *known: ArchiveFile) -> list[ArchiveFile]:
    """Return what the frontier is told when a killed run's files are recovered."""
    told: list[ArchiveFile] = []
    assert Archive(folder, "t", (10**9, 1e9), told.extend).recover(known) == []
    return told


def read(path: Path) -> list[tuple[str, dict[str, str], dict[str, str], bytes]]:
    found = []
    with path.open("rb") as stream:
        for record in ArchiveIterator(stream, check_digests="raise"):
            http = dict(record.http_headers.headers) if record.http_headers else {}
            found.append((record.rec_type, dict(record.rec_headers.headers), http, record.raw_stream.read()))
    return found


def test_each_record_is_a_gzip_member_of_its_own(tmp_path: Path) -> None:
    archive = opened(tmp_path)
    refs = [archive.append(capture(number)) for number in range(3)]
    archive.publish()
    data = (tmp_path / archive.name).read_bytes()
    members = 0
    while data:
        unpacker = zlib.decompressobj(31)
        text = unpacker.decompress(data)
        assert unpacker.eof
        assert text.startswith(b"WARC/1.1\r\n")
        members, data = members + 1, unpacker.unused_data
    assert members == 1 + 2 * 3
    responses = [about for kind, about, _, _ in read(tmp_path / archive.name) if kind == "response"]
    assert [(about["WARC-Date"], about["WARC-Record-ID"]) for about in responses] == [
        tuple(ref.split(" ")) for ref in refs
    ]


def test_headers_describe_the_body_that_is_kept(tmp_path: Path) -> None:
    sent = [("Transfer-Encoding", "chunked"), ("Content-Length", "99999"), ("Set-Cookie", "a"), ("Set-Cookie", "b"),
            ("X-Evil", "a\r\nWARC-Type: response\0")]  # fmt: skip
    archive = opened(tmp_path)
    archive.append(capture(response=sent, truncated="disconnect", notes={"title": "خبر 🐪"}))
    archive.publish()
    _, (kind, about, http, body), _ = read(tmp_path / archive.name)
    assert kind == "response"
    assert about["WARC-Truncated"] == "disconnect"
    assert about["WARC-JSON-Metadata"] == '{"title":"\\u062e\\u0628\\u0631 \\ud83d\\udc2a"}'
    assert http["Content-Length"] == str(len(body))
    assert "Transfer-Encoding" not in http
    assert http["X-Evil"] == "a  WARC-Type: response"


def test_a_file_of_its_size_or_age_is_full(tmp_path: Path) -> None:
    archive = opened(tmp_path / "size", max_bytes=1000)
    assert not archive.is_full()
    archive.append(capture())
    while archive.size < 1000:
        assert not archive.is_full()
        archive.append(capture())
    assert archive.is_full()
    old = opened(tmp_path / "age", max_seconds=0)
    assert not old.is_full()
    old.append(capture())
    assert old.is_full()
    archive.publish()
    old.publish()
    assert not old.is_full()


def _written(folder: Path, pages: int) -> tuple[Archive, list[int]]:
    archive = opened(folder)
    sizes = []
    for number in range(pages):
        archive.append(capture(number))
        sizes.append(archive.size)
    archive.sync()
    return archive, sizes


def test_what_a_kill_left_is_cut_back_at_every_byte(tmp_path: Path) -> None:
    archive, sizes = _written(tmp_path / "model", 2)
    whole = (tmp_path / "model" / f"{archive.name}.open").read_bytes()
    archive.publish()
    for end in range(sizes[0], len(whole) + 1, 7):
        folder = tmp_path / str(end)
        folder.mkdir()
        (folder / "x.warc.gz.open").write_bytes(whole[:end])
        good = max(size for size in sizes if size <= end)
        assert recovered(folder, ArchiveFile("x.warc.gz", "open", good)) == [("x.warc.gz", "published", good)]
        data = (folder / "x.warc.gz").read_bytes()
        assert data == whole[:good]
        assert gzip.GzipFile(fileobj=BytesIO(data)).read().count(b"WARC-Type: response") == sizes.index(good) + 1


def test_a_kill_around_publishing_is_mended(tmp_path: Path) -> None:
    archive, _ = _written(tmp_path, 1)
    archive.publish()
    whole = ArchiveFile(archive.name, "open", archive.size)
    assert recovered(tmp_path, whole) == [(archive.name, "published", archive.size)]
    assert recovered(tmp_path, ArchiveFile("never-made", "open", 0)) == [("never-made", "removed", 0)]
    (tmp_path / "empty.warc.gz.open").write_bytes(b"half a warcinfo")
    assert recovered(tmp_path, ArchiveFile("empty.warc.gz", "open", 0)) == [("empty.warc.gz", "removed", 0)]
    assert sorted(path.name for path in tmp_path.iterdir()) == [archive.name]


def test_open_files_of_others_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "other.warc.gz.open").write_bytes(b"x")
    archive = Archive(tmp_path, "t", (10**9, 1e9), lambda _: None)
    assert archive.recover([]) == ["other.warc.gz.open"]


def test_a_file_is_noted_before_it_is_made_and_once_it_is_published(tmp_path: Path) -> None:
    told: list[tuple[ArchiveFile, list[str]]] = []

    def note(files: list[ArchiveFile]) -> None:
        told.extend((file, sorted(path.name for path in tmp_path.iterdir())) for file in files)

    archive = Archive(tmp_path, "t", (10**9, 1e9), note)
    archive.append(capture())
    archive.publish()
    archive.publish()
    name = archive.name
    assert told == [((name, "open", 0), []), ((name, "published", archive.size), [name])]


@given(st.lists(st.tuples(st.text(max_size=20), st.text(max_size=40)), max_size=5))
def test_cleaned_headers_end_no_header(headers: list[tuple[str, str]]) -> None:
    for name, value in strip_line_breaks(headers):
        assert not set(name + value) & set("\r\n\0")


@pytest.mark.parametrize("status", [200, 299, 999])
def test_any_status_is_written(tmp_path: Path, status: int) -> None:
    archive = opened(tmp_path)
    archive.append(capture(status=status))
    archive.publish()
    assert len(read(tmp_path / archive.name)) == 3
