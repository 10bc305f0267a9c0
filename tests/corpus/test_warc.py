from __future__ import annotations

import base64
import gzip
import hashlib
import json
import zlib
from collections.abc import Callable, Iterable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from corpus.files.listing import InputFile
from corpus.formats.reader import read_input
from corpus.formats.rows import ReadConfig
from corpus.records import Document, Failure, Page, Skip, Source
from tests.corpus.reading import zst

HTTP = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nX-A: 1\r\nX-A: 2\r\n\r\n"
LIMIT = 20_000


def sha1(block: bytes) -> bytes:
    return b"sha1:" + base64.b32encode(hashlib.sha1(block).digest())


def record(number: int, block: bytes = b"", **fields: Any) -> bytes:
    """One record; `fields` are WARC headers with _ for -, None leaves one out."""
    block = block or HTTP + b"<html><p>Story %d</p></html>" % number
    header = {
        "WARC_Type": "response", "WARC_Record_ID": f"<urn:uuid:0-{number}>", "WARC_Date": "2024-04-26T10:00:00Z",
        "WARC_Target_URI": f"http://www.a.example/{number}", "Content_Type": "application/http; msgtype=response",
        "WARC_Block_Digest": sha1(block).decode(), "Content_Length": len(block),
    } | fields  # fmt: skip
    lines = [f"{name.replace('_', '-')}: {value}\r\n" for name, value in header.items() if value is not None]
    return b"WARC/1.0\r\n" + "".join(lines).encode() + b"\r\n" + block + b"\r\n\r\n"


#: How archives are packed: plain, a member a record, the whole in one member, a frame a record.
SHAPES: dict[str, Callable[[Iterable[bytes]], bytes]] = {
    "a.warc": b"".join,
    "a.warc.gz": lambda records: b"".join(map(gzip.compress, records)),
    "whole.warc.gz": lambda records: gzip.compress(b"".join(records)),
    "a.warc.zst": lambda records: b"".join(map(zst, records)),
}
shapes = pytest.mark.parametrize("shape", SHAPES)


def read(folder: Path, name: str, data: bytes, limit: int = LIMIT) -> list[Any]:
    (folder / name).write_bytes(data)
    return list(read_input(InputFile(str(folder / name), name), ReadConfig(max_record_bytes=limit)))


def outline(found: list[Any]) -> list[str]:
    """Ids of what was read, reasons of what was not."""
    return [one.reason if isinstance(one, Failure | Skip) else one.id for one in found]


@shapes
def test_a_page_is_read_with_all_that_is_known(tmp_path: Path, shape: str) -> None:
    (page,) = read(tmp_path, shape, SHAPES[shape]([record(1, WARC_Truncated="length")]))
    assert page == Page(
        id="0-1", source=Source(shape), body=b"<html><p>Story 1</p></html>", url="http://www.a.example/1",
        fetched="2024-04-26T10:00:00Z", status=200, truncated="length", outlet="a.example",
        headers=(("content-type", "text/html; charset=utf-8"), ("x-a", "1"), ("x-a", "2")),
    )  # fmt: skip


@shapes
def test_each_kind_of_record(tmp_path: Path, shape: str) -> None:
    records = [
        record(0, b"software: x\r\n", WARC_Type="warcinfo", Content_Type="application/warc-fields"),
        record(1, b"GET / HTTP/1.1\r\n\r\n", WARC_Type="request"),
        record(2, b"HTTP/1.1 404 Not Found\r\nContent-Type: text/html\r\n\r\n<html>"),
        record(3, b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\n\r\n\x89PNG"),
        record(4, b"HTTP/1.1 200 OK\r\n\r\n<!DOCTYPE html><p>no type"),
        record(5, b"<html>resource", WARC_Type="resource", Content_Type="text/html"),
        record(6, b"{}", WARC_Type="resource", Content_Type="application/json"),
        record(7, "نص\r\nثان".encode(), WARC_Type="conversion", Content_Type="text/plain"),
        record(8, b"x", WARC_Type="revisit"),
        record(9, b"x", WARC_Type="metadata"),
        record(10, b"dns", Content_Type="text/dns"),
        record(11, b"what", WARC_Type="something-new"),
        record(12),
    ]
    found = read(tmp_path, shape, SHAPES[shape](records))
    assert outline(found) == [
        "http-status", "not-html", "0-4", "0-5", "not-html", "0-7", "not-html", "not-html", "0-12",
    ]  # fmt: skip
    assert [one.source.record for one in found] == [2, 3, 4, 5, 6, 7, 10, 11, 12]
    offset = sum(map(len, records[:12]))
    assert found[-1].source == Source(shape, 12, offset)
    assert found[3].headers == (("content-type", "text/html"),)
    assert found[5] == Document(
        "0-7", found[5].source, "نص\nثان", url="http://www.a.example/7", outlet="a.example", trace={"charset": "utf-8"}
    )


@pytest.mark.filterwarnings("ignore:Unclosed file:ResourceWarning")
def test_what_warcio_writes_is_read(tmp_path: Path) -> None:
    out = BytesIO()
    writer = WARCWriter(out, gzip=True)
    writer.write_record(writer.create_warcinfo_record("a.warc.gz", {"software": "x"}))
    for number in range(3):
        head = StatusAndHeaders("200 OK", [("Content-Type", "text/html")], protocol="HTTP/1.1")
        body = BytesIO(b"<html>%d" % number)
        url = f"http://a.example/{number}"
        writer.write_record(writer.create_warc_record(url, "response", body, http_headers=head))
    found = read(tmp_path, "a.warc.gz", out.getvalue())
    assert [page.body for page in found] == [b"<html>0", b"<html>1", b"<html>2"]


def chunked(body: bytes) -> bytes:
    pieces = [body[at : at + 7] for at in range(0, len(body), 7)]
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in [*pieces, b""])


BODY = b"<html><p>" + b"text " * 100


@pytest.mark.parametrize(
    ("headers", "raw", "truncated"),
    [
        (b"Content-Encoding: gzip", gzip.compress(BODY, mtime=0), ""),
        (b"Content-Encoding: deflate", zlib.compress(BODY), ""),
        (b"Content-Encoding: deflate", zlib.compress(BODY)[2:-4], ""),
        (b"Content-Encoding: deflate", BODY, ""),
        (b"X-Nothing: said", gzip.compress(BODY, mtime=0), ""),
        (b"Content-Encoding: zstd", zst(BODY), ""),
        (b"Transfer-Encoding: chunked", chunked(BODY), ""),
        (b"Transfer-Encoding: chunked\r\nContent-Encoding: gzip", chunked(gzip.compress(BODY, mtime=0)), ""),
        (b"Transfer-Encoding: chunked\r\nContent-Encoding: gzip", BODY, ""),
        (b"Content-Encoding: gzip", gzip.compress(BODY, mtime=0)[:-4], "disconnect"),
        (b"Transfer-Encoding: chunked", chunked(BODY)[:-5], "disconnect"),
        (b"Content-Encoding: identity", BODY, ""),
    ],
)
def test_encodings_are_undone(tmp_path: Path, headers: bytes, raw: bytes, truncated: str) -> None:
    block = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n" + headers + b"\r\n\r\n" + raw
    (page,) = read(tmp_path, "a.warc", record(1, block))
    assert (page.body, page.truncated) == (BODY, truncated)


def test_brotli(tmp_path: Path) -> None:
    brotli = pytest.importorskip("brotli")
    block = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: br\r\n\r\n"
    assert read(tmp_path, "a.warc", record(1, block + brotli.compress(BODY)))[0].body == BODY
    assert outline(read(tmp_path, "a.warc", record(1, block + brotli.compress(bytes(10**7))))) == ["too-large"]
    assert outline(read(tmp_path, "a.warc", record(1, block + b"\xff" * 100))) == ["corrupt-record"]


def test_brotli_without_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "brotli", None)
    block = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: br\r\n\r\n\x0b\x02"
    assert outline(read(tmp_path, "a.warc", record(1, block))) == ["unknown-encoding"]


@shapes
@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (record(2, Content_Length=-5), "corrupt-record"),
        (record(2, Content_Length="many"), "corrupt-record"),
        (record(2, Content_Length=None), "corrupt-record"),
        (record(2, Content_Length=9), "corrupt-record"),
        (record(2, Content_Length=130), "corrupt-record"),
        (record(2, Content_Length=LIMIT), "corrupt-record"),
        (record(2, Content_Length=LIMIT + 1), "corrupt-record"),
        (record(2, Content_Length=10**14), "corrupt-record"),
        (record(2, WARC_Type=None), "corrupt-record"),
        (record(2, b"no http at all"), "corrupt-record"),
        (record(2, WARC_Block_Digest="sha1:" + "A" * 32), "digest-mismatch"),
        (record(2, WARC_Block_Digest=None, WARC_Payload_Digest="md5:" + "0" * 32), "digest-mismatch"),
        (record(2, WARC_Record_ID="x" * 600), "bad-id"),
        (record(2, HTTP + b"<html>" + b"x" * LIMIT), "too-large"),
        (record(2, HTTP[:-2] + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(bytes(10**6), mtime=0)), "too-large"),
        (record(2, HTTP[:-2] + b"Content-Encoding: gzip\r\n\r\n\x1f\x8b\x08\xff" + b"x" * 50), "corrupt-record"),
        (record(2, bytes(range(32)) * 4, WARC_Type="conversion", Content_Type="text/plain"), "binary-content"),
        (record(2, bytes(range(128, 256)), WARC_Type="conversion", Content_Type="text/plain"), "bad-charset"),
        (b"garbage that is no record\r\n\r\n", "corrupt-record"),
    ],
)
def test_a_bad_record_between_good_ones_costs_only_itself(tmp_path: Path, shape: str, bad: bytes, reason: str) -> None:
    records = [record(0), record(1), bad, *(record(number) for number in range(3, 60))]
    found = read(tmp_path, shape, SHAPES[shape](records))
    if reason == "corrupt-record":
        # In an unbroken stream a length that reaches beyond the end of the file cannot be told from a cut.
        reason = found[2].reason if found[2].reason == "truncated-input" else reason
    assert outline(found) == ["0-0", "0-1", reason, *(f"0-{number}" for number in range(3, 60))]
    assert found[2].source == Source(shape, 2, len(record(0) + record(1)))
    assert found[2].message.startswith("record 3 (byte ")


def test_a_large_record_that_is_skipped_anyway_is_no_failure(tmp_path: Path) -> None:
    video = record(1, b"HTTP/1.1 200 OK\r\nContent-Type: video/mp4\r\n\r\n" + b"\r\n\r\nWARC/1.0\r\n" * LIMIT)
    page = record(2, HTTP + b"<html>" + b"x" * LIMIT)
    assert outline(read(tmp_path, "a.warc", video + page + record(3))) == ["not-html", "too-large", "0-3"]


def test_digests(tmp_path: Path) -> None:
    block = HTTP + b"<html>"
    values = [
        sha1(block).decode(), "sha1:" + hashlib.sha1(block).hexdigest(), "sha256:" + hashlib.sha256(block).hexdigest(),
        "sha-256:" + base64.b64encode(hashlib.sha256(block).digest()).decode(), "blake9:whatever",
    ]  # fmt: skip
    for value in values:
        assert outline(read(tmp_path, "a.warc", record(1, block, WARC_Block_Digest=value))) == ["0-1"]
    packed = HTTP[:-2] + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(BODY, mtime=0)
    for payload in (BODY, gzip.compress(BODY, mtime=0)):
        fields = {"WARC_Block_Digest": None, "WARC_Payload_Digest": sha1(payload).decode()}
        assert outline(read(tmp_path, "a.warc", record(1, packed, **fields))) == ["0-1"]


def test_an_archive_without_final_newlines(tmp_path: Path) -> None:
    assert outline(read(tmp_path, "a.warc", record(1) + record(2)[:-4])) == ["0-1", "0-2"]
    assert outline(read(tmp_path, "a.warc", record(1) + b"\r\n\n" + record(2))) == ["0-1", "0-2"]


def test_a_clipped_record_in_its_own_member(tmp_path: Path) -> None:
    data = b"".join(map(gzip.compress, [record(1), record(2)[:-20], record(3)]))
    found = read(tmp_path, "a.warc.gz", data)
    assert outline(found) == ["0-1", "corrupt-record", "0-3"]
    assert "begins before" in found[1].message


@shapes
def test_a_cut_anywhere_keeps_what_is_whole_and_tells_of_the_rest(tmp_path: Path, shape: str) -> None:
    records = [record(number) for number in range(5)]
    data = SHAPES[shape](records)
    good = read(tmp_path, shape, data)
    ends = {len(SHAPES[shape](records[:number])): number for number in range(1, 5)} if "whole" not in shape else {}
    for cut in range(1, len(data)):
        found = read(tmp_path, shape, data[:cut])
        kept = [one for one in found if isinstance(one, Page)]
        assert kept == good[: len(kept)]
        if cut in ends or (shape == "a.warc" and any(end - 4 <= cut < end for end in [*ends, len(data)])):
            assert len(kept) == len(found)  # between two records; in a plain file the newlines belong to neither
            continue
        assert len(found) == len(kept) + 1
        assert found[-1].reason in ("truncated-input", "corrupt-record")
        assert len(kept) == sum(end <= cut for end in ends) or shape == "whole.warc.gz"


@shapes
def test_a_flipped_bit_never_changes_a_body_unseen(tmp_path: Path, shape: str) -> None:
    records = [record(number) for number in range(4)]
    data = SHAPES[shape](records)
    bodies = {page.body for page in read(tmp_path, shape, data)}
    for place in range(len(data)):
        damaged = bytearray(data)
        damaged[place] ^= 1 << place % 8
        found = read(tmp_path, shape, bytes(damaged))
        pages = [one for one in found if isinstance(one, Page)]
        assert {page.body for page in pages} <= bodies
        assert len(found) > len(pages) or len(pages) == 4 or shape == "a.warc"
        if shape in ("a.warc.gz", "a.warc.zst"):
            assert len(pages) >= 3 or place < 4
        assert len(found) >= 4 or shape == "whole.warc.gz" or place < 4


@given(st.binary(max_size=300), st.sampled_from([record(1), b"WARC/1.0\r\n", b"WARC/1.0\r\nContent-Length: 5\r\n\r\n"]))
@settings(max_examples=200)
def test_any_bytes_end(tmp_path_factory: pytest.TempPathFactory, tail: bytes, head: bytes) -> None:
    found = read(tmp_path_factory.getbasetemp(), "any.warc", head + tail + record(2))
    assert all(isinstance(one, Page | Document | Failure | Skip) for one in found)
    assert found


def test_an_archive_that_lies_in_each_record_is_read_once(tmp_path: Path) -> None:
    found = read(tmp_path, "a.warc", b"".join(record(number, Content_Length=10**9) for number in range(100)))
    assert outline(found) == ["corrupt-record"] * 100


@pytest.mark.parametrize("notes", ['{"kind": "listing"', "[1]", '{"outlet": 3, "kind": ["listing"]}', ""])
def test_notes_that_are_not_ours_change_nothing(tmp_path: Path, notes: str) -> None:
    (page,) = read(tmp_path, "a.warc", record(1, WARC_JSON_Metadata=notes))
    assert (page.outlet, page.title, page.published) == ("a.example", "", "")


def test_what_the_crawler_noted_is_known(tmp_path: Path) -> None:
    notes = {"outlet": "سهيل", "title": "عنوان", "published": "2024-04-26", "kind": "article"}
    listed = [record(number, WARC_JSON_Metadata=json.dumps({"kind": kind})) for number, kind in KINDS]
    found = read(tmp_path, "a.warc", record(1, WARC_JSON_Metadata=json.dumps(notes)) + b"".join(listed))
    assert outline(found) == ["0-1", "listing", "listing", "0-4"]
    assert (found[0].outlet, found[0].title, found[0].published) == ("سهيل", "عنوان", "2024-04-26")


KINDS = ((2, "seed"), (3, "listing"), (4, "page"))


@pytest.mark.parametrize("shape", ["a.warc", "whole.warc.gz"])
@pytest.mark.parametrize("digest", [True, False])
@pytest.mark.parametrize("fields", [{}, {"WARC_Type": "request"}, {"Content_Type": "video/mp4"}])
@pytest.mark.parametrize("covered", [1, 2])
@pytest.mark.parametrize("size", [10, LIMIT])
def test_a_length_that_covers_the_next_records_exactly_hides_none(
    tmp_path: Path, shape: str, digest: bool, fields: dict[str, Any], covered: int, size: int
) -> None:
    block = HTTP + b"<html>" + b"x" * size
    records = [record(number) for number in range(2, 6)]
    length = len(block) + 4 + len(b"".join(records[:covered])) - 4
    if not digest:
        fields = fields | {"WARC_Block_Digest": None}
    found = read(tmp_path, shape, SHAPES[shape]([record(1, block, Content_Length=length, **fields), *records]))
    assert outline(found)[1:] == ["0-2", "0-3", "0-4", "0-5"]
    assert outline(found)[0] == ("digest-mismatch" if digest and not fields and size == 10 else "corrupt-record")
    assert [one.source.record for one in found] == [0, 1, 2, 3, 4]


def test_a_record_inside_another_is_none_where_a_digest_vouches(tmp_path: Path) -> None:
    nested = record(1, HTTP + b"<html>\r\n\r\n" + record(7) + b"</html>")
    assert outline(read(tmp_path, "a.warc", nested + record(2))) == ["0-1", "0-2"]


def test_a_wrong_digest_of_what_is_not_read_is_nobody_s_concern(tmp_path: Path) -> None:
    wrong = "sha1:" + "A" * 32
    records = [record(1, b"GET /", WARC_Type="request", WARC_Block_Digest=wrong), record(2)]
    assert outline(read(tmp_path, "a.warc", b"".join(records))) == ["0-2"]


def test_an_archive_that_changes_while_it_is_read_is_told_once(tmp_path: Path) -> None:
    path = tmp_path / "a.warc"
    path.write_bytes(b"".join(record(number, HTTP + b"<html>" + b"x" * 9000) for number in range(200)))
    status = path.stat()
    found = read_input(InputFile(str(path), "a.warc", status.st_size, status.st_mtime_ns), ReadConfig())
    first = next(found)
    path.unlink()
    rest = list(found)
    assert [one for one in [first, *rest] if isinstance(one, Failure)] == [rest[-1]]
    assert rest[-1].reason == "input-changed"
