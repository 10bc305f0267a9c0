from __future__ import annotations

import bz2
import csv
import datetime
import errno
import gzip
import io
import json
import lzma
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.document import Copy, Document, Page, Source, content_id, to_json
from corpus.errors import EnvironmentFault, UsageError
from corpus.readers import WHOLE, Failure, InputFile, Part, ReadConfig, Skip, read_input
from corpus.text import scrub
from tests.strategies import arabic_text, hostile_text, json_value

Read = Document | Page | Failure | Skip

PACKERS: dict[str, Callable[[bytes], bytes]] = {
    ".gz": gzip.compress,
    ".zst": zstandard.ZstdCompressor(write_checksum=True).compress,
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
}


def read(folder: Path, name: str, data: bytes, config: ReadConfig | None = None, part: Part = WHOLE) -> list[Read]:
    path = folder / name.replace("/", "_")
    path.write_bytes(data)
    status = path.stat()
    file = InputFile(str(path), name, status.st_size, status.st_mtime_ns)
    return list(read_input(file, config or ReadConfig(), part))


def read_lines(folder: Path, *lines: bytes, config: ReadConfig | None = None) -> list[Read]:
    return read(folder, "a.jsonl", b"\n".join(lines) + b"\n", config)


def only(found: list[Read]) -> Any:
    assert len(found) == 1, found
    return found[0]


def reasons(found: list[Read]) -> list[str]:
    return [one.reason for one in found if isinstance(one, Failure)]


def texts(found: list[Read]) -> list[str]:
    return [one.text for one in found if isinstance(one, Document)]


# Text and HTML: one file, one record.


@pytest.mark.parametrize("suffix", ["", *PACKERS])
def test_a_text_file_is_one_document(tmp_path: Path, suffix: str) -> None:
    body = "\ufeffخبر\r\nعاجل\u202e".encode()
    name = "sahil/2024/a.txt" + suffix
    found = only(read(tmp_path, name, PACKERS[suffix](body) if suffix else body))
    source = Source(name)
    assert found == Document(
        content_id(source, ""), source, "خبر\nعاجل", outlet="sahil", trace={"charset": "bom-utf-8"}
    )


@pytest.mark.parametrize("name", ["a.html", "a.HTM", "a.html.gz", "a.txt", "page"])
def test_an_html_file_is_one_page_untouched(tmp_path: Path, name: str) -> None:
    body = b"\xff<!-- x --><html>\0\r\n" if name.lower().startswith("a.h") else b"<!-- c -->\n<!DOCTYPE  html><p>\xff\0"
    found = only(read(tmp_path, name, gzip.compress(body) if name.endswith(".gz") else body))
    assert isinstance(found, Page)
    assert found.body == body


@pytest.mark.parametrize("name", ["a.bin", "a.png", "a.pdf.gz", "README"])
def test_an_unknown_kind_is_named(tmp_path: Path, name: str) -> None:
    body = b"some bytes of no known kind"
    failure = only(read(tmp_path, name, gzip.compress(body) if name.endswith(".gz") else body))
    assert (failure.reason, failure.source) == ("unknown-format", Source(name))


@pytest.mark.parametrize(
    ("name", "body", "reason"),
    [
        ("a.txt", os.urandom(900), "binary-content"),
        ("a.txt", ("خبر " * 50).encode() + b"\xd8" * 30, "bad-charset"),
        ("a.txt", b"", "empty-input"),
        ("a.jsonl", b"", "empty-input"),
        ("a.txt.gz", b"", "empty-input"),
        ("a.txt.gz", gzip.compress(b""), "empty-input"),
        ("a.html", b"", "empty-input"),
        ("a.txt.gz", b"plain text", "corrupt-input"),
        ("a.txt.gz", gzip.compress(b"text")[:-1], "truncated-input"),
        ("a.txt", b"x" * 2000, "too-large"),
        ("a.html", b"x" * 2000, "too-large"),
        ("a.txt.gz", gzip.compress(bytes(10_000_000)), "too-large"),
        ("a.json", b"{]", "bad-json"),
        ("a.json", b'["\xff"]', "bad-charset"),
        ("a.json", b"[" * 100_000, "bad-json"),
        ("a.csv", b"text,text\n1,2\n", "corrupt-input"),
        ("a.csv", os.urandom(900), "binary-content"),
        ("a.parquet", b"PAR1 and then nothing", "corrupt-input"),
        ("a.bin", b"bytes", "unknown-format"),
    ],
)
def test_a_bad_file_is_one_failure(tmp_path: Path, name: str, body: bytes, reason: str) -> None:
    failure = only(read(tmp_path, name, body, ReadConfig(max_record_bytes=1000)))
    assert isinstance(failure, Failure)
    assert (failure.reason, failure.source) == (reason, Source(name))
    assert str(tmp_path) not in failure.message
    assert read(tmp_path, name, body, ReadConfig(max_record_bytes=1000), (1, 2)) == []


def test_an_unreadable_file_is_a_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("corpus.streams.os.open", refuse)
    (tmp_path / "a.txt").write_bytes(b"x")
    failure = only(list(read_input(InputFile(str(tmp_path / "a.txt"), "a.txt"), ReadConfig())))
    assert failure == Failure(Source("a.txt"), "unreadable-input", "Permission denied")
    failure = only(list(read_input(InputFile(str(tmp_path / "gone.txt"), "gone.txt"), ReadConfig())))
    assert failure.reason == "unreadable-input"


def test_a_file_that_changed_since_it_was_listed_is_a_failure(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"text")
    status = (tmp_path / "a.txt").stat()
    listed = InputFile(str(tmp_path / "a.txt"), "a.txt", status.st_size - 1, status.st_mtime_ns)
    assert only(list(read_input(listed, ReadConfig()))).reason == "input-changed"


@given(st.binary(max_size=400), st.sampled_from(["a.txt", "a.html", "a.jsonl", "a.json", "a.csv", "a.tsv", "a.warc"]))
@settings(max_examples=300)
def test_any_bytes_give_records_or_failures(
    tmp_path_factory: pytest.TempPathFactory, body: bytes, name: str
) -> None:
    for found in read(tmp_path_factory.getbasetemp(), name, body):
        assert isinstance(found, Document | Page | Failure | Skip)
        to_json(found) if isinstance(found, Document) else None  # type: ignore[func-returns-value]


# JSON lines.


def test_fields_of_a_record(tmp_path: Path) -> None:
    row = {
        "id": 7, "text": "خبر\r\n", "title": " عنوان\n طويل ", "url": "https://www.example.com/a",
        "published": "2024-04-26", "language": "ar", "authors": "ليلى", "tags": ["أ", " ب "], "extra": {"a": [1, None]},
        "outlet": None,
    }  # fmt: skip
    found = only(read_lines(tmp_path, orjson.dumps(row)))
    assert found == Document(
        id="7", source=Source("a.jsonl"), text="خبر\n", title="عنوان طويل", url="https://www.example.com/a",
        outlet="example.com", language="ar", published="2024-04-26", authors=("ليلى",), tags=("أ", "ب"),
        meta={"extra": {"a": [1, None]}},
    )  # fmt: skip


def test_extras_of_another_type_are_carried(tmp_path: Path) -> None:
    found = only(read_lines(tmp_path, b'{"text":"x","language":["ar"],"authors":{"n":1},"tags":[1]}'))
    assert found.meta == {"language": ["ar"], "authors": {"n": 1}, "tags": [1]}


def test_html_becomes_a_page(tmp_path: Path) -> None:
    line = '{"html":"<p>خبر","text":" ","url":"http://a.example/x","title":"ت","k":1}'
    found = only(read_lines(tmp_path, line.encode()))
    assert found == Page(
        content_id(Source("a.jsonl"), "http://a.example/x"), Source("a.jsonl"), "<p>خبر".encode(), "http://a.example/x",
        outlet="a.example", title="ت", meta={"k": 1},
    )  # fmt: skip
    assert only(read_lines(tmp_path, b'{"html":"<p>x","text":"t"}')).text == "t"


def test_field_names_are_mapped(tmp_path: Path) -> None:
    config = ReadConfig(fields={"text": "content", "published": "date"})
    found = only(read_lines(tmp_path, b'{"content":"x","date":"2024","text":"other"}', config=config))
    assert (found.text, found.published, found.meta) == ("x", "2024", {"text": "other"})
    with pytest.raises(ValueError, match="no such field: body"):
        ReadConfig(fields={"body": "content"})


@pytest.mark.parametrize(
    ("line", "reason", "message"),
    [
        (b"{broken", "bad-json", ""),
        (b'{"text":"cut', "bad-json", ""),
        (b"\xff\xfe{}", "bad-charset", ""),
        (b'{"text":"\xff"}', "bad-charset", "UTF-8"),
        (b'{"text":"\\ud800"}', "bad-json", "surrogate"),
        (b'{"text":"a\x01b"}', "bad-json", "control"),
        (b'{"text":NaN}', "bad-json", ""),
        (b'{"text":"x","n":Infinity}', "bad-json", ""),
        (b'{"text":"x","n":1e5000}', "bad-json", "infinity"),
        (b'{"text":"x","n":%d}' % 2**70, "bad-field", "$.n"),
        (b'{"text":"x","n":[{"m":-%d}]}' % 2**70, "bad-field", "$.n.m"),
        (b'{"id":%d,"text":"x"}' % 2**70, "bad-field", "$.id: expected str, got float"),
        (b'{"id":true,"text":"x"}', "bad-field", "$.id"),
        (b'{"id":[],"text":"x"}', "bad-field", "$.id"),
        (b'{"text":null}', "missing-text", "neither text nor html"),
        (b'{"html":""}', "missing-text", ""),
        (b"{}", "missing-text", ""),
        (b'{"text":3}', "bad-field", "$.text: expected str, got int"),
        (b'{"html":["x"]}', "bad-field", "$.html"),
        (b'{"text":"x","title":{}}', "bad-field", "$.title"),
        (b'{"text":"x","url":1}', "bad-field", "$.url"),
        (b'{"id":"' + b"i" * 513 + b'","text":"x"}', "bad-id", "513"),
        (b"[]", "not-an-object", "list"),
        (b"3", "not-an-object", "int"),
        (b"null", "not-an-object", "null"),
        (b'"x"', "not-an-object", "str"),
        (b"[" * 100_000, "bad-json", "depth"),
        (b'{"text":"x","n":' + b"[" * 500 + b"]" * 500 + b"}", "bad-field", "deeper"),
        (b'{"text":"' + b"x" * 200_000 + b'"}', "too-large", "more than 150000 bytes"),
    ],
)
def test_a_bad_line_is_set_aside_with_its_address(tmp_path: Path, line: bytes, reason: str, message: str) -> None:
    good = b'{"text":"good"}'
    found = read_lines(tmp_path, good, b"", line, good, config=ReadConfig(max_record_bytes=150_000))
    assert texts(found) == ["good", "good"]
    failure = found[1]
    assert isinstance(failure, Failure)
    assert failure.source == Source("a.jsonl", 2, len(good) + 2)
    assert failure.reason == reason
    assert failure.message.startswith(f"line 3 (byte {len(good) + 2}): ")
    assert message in failure.message
    assert found[2].source == Source("a.jsonl", 3, len(good) + 3 + len(line))


def test_bom_returns_blanks_and_the_last_line(tmp_path: Path) -> None:
    body = b'\xef\xbb\xbf{"text":"a"}\r\n\r\n  \n\xef\xbb\xbf{"text":"b"}\n\n{"text":"c\xe2\x80\xa8d\\u0000"}'
    found = read(tmp_path, "a.jsonl", body)
    assert texts(found) == ["a", "b", "c\nd"]
    assert [one.source.record for one in found] == [0, 3, 5]
    assert reasons(read(tmp_path, "a.jsonl", body + b'\n{"text":"cu')) == ["bad-json"]


@pytest.mark.parametrize("codec", ["utf-16", "utf-32", "utf-8-sig"])
def test_lines_in_wide_charsets(tmp_path: Path, codec: str) -> None:
    found = read(tmp_path, "a.jsonl", '{"text":"خبر"}\n{"text":"عاجل"}\n'.encode(codec))
    assert texts(found) == ["خبر", "عاجل"]


def test_mojibake_in_a_field_is_repaired_and_told(tmp_path: Path) -> None:
    found = only(read_lines(tmp_path, orjson.dumps({"text": "سليم\n" + "الخبر".encode().decode("cp1256")})))
    assert (found.text, found.trace) == ("سليم\nالخبر", {"charset": "utf-8+mojibake"})


@given(st.lists(json_value(), max_size=5))
@settings(max_examples=200)
def test_any_json_is_a_record_or_a_failure(tmp_path_factory: pytest.TempPathFactory, values: list[Any]) -> None:
    lines = [json.dumps(value).encode() for value in values]
    found = read(tmp_path_factory.getbasetemp(), "json.jsonl", b"\n".join([*lines, b'{"text":"end"}']))
    assert len(found) == len(lines) + 1
    assert texts(found)[-1] == "end"


@given(st.lists(st.one_of(arabic_text(), st.binary().filter(lambda line: b"\n" not in line)), max_size=8))
def test_garbage_between_records_loses_none(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str | bytes]
) -> None:
    rows = [orjson.dumps({"text": one}) if isinstance(one, str) else b"\x01" + one for one in lines]
    body = b"".join(row + b"\n" for row in rows)
    found = read(tmp_path_factory.getbasetemp(), "mixed.jsonl", body or b"\n")
    assert len(found) == len(lines)
    assert [isinstance(one, Document) for one in found] == [isinstance(line, str) for line in lines]


def documents() -> st.SearchStrategy[Document]:
    line = arabic_text(max_size=20)
    copy = st.builds(Copy, line, line, line, line, line, st.floats(0, 1))
    meta = st.dictionaries(line, line | st.integers(-9, 9) | st.none(), max_size=3)
    clean = hostile_text().map(scrub)
    return st.builds(
        Document, st.text("abc123", min_size=1), st.builds(Source, line, st.integers(0, 99), st.integers(0, 99)),
        clean, st.just("عنوان"), line, line, line, line, st.lists(line, max_size=2).map(tuple), line,
        st.lists(line, max_size=2).map(tuple), st.lists(copy, max_size=2).map(tuple), meta, meta,
    )  # fmt: skip


@given(documents())
def test_our_own_rows_come_back_as_they_were(tmp_path_factory: pytest.TempPathFactory, document: Document) -> None:
    assert only(read(tmp_path_factory.getbasetemp(), "own.jsonl", to_json(document) + b"\n")) == document


def test_our_own_row_with_a_wrong_type_is_a_failure(tmp_path: Path) -> None:
    row = orjson.loads(to_json(Document("1", Source("x"), "text")))
    for name, value in (("tags", "x"), ("text", None), ("source", {"path": 1}), ("also_in", [3]), ("id", 5)):
        failure = only(read_lines(tmp_path, orjson.dumps(row | {name: value})))
        assert failure.reason == "bad-field"
        assert f"$.{name}" in failure.message


# Compressed files of lines.


@pytest.mark.parametrize("suffix", PACKERS)
def test_a_cut_file_of_lines_contributes_nothing_unless_salvaged(tmp_path: Path, suffix: str) -> None:
    rows = [b'{"text":"%d %s"}\n' % (number, os.urandom(8).hex().encode()) for number in range(60)]
    members = [PACKERS[suffix](b"".join(rows[first : first + 20])) for first in (0, 20, 40)]
    whole = b"".join(members)
    assert len(read(tmp_path, "a.jsonl" + suffix, whole)) == 60
    between = (len(members[0]), len(members[0] + members[1]))
    for cut in range(1, len(whole), 3):
        found = read(tmp_path, "a.jsonl" + suffix, whole[:cut])
        salvaged = read(tmp_path, "a.jsonl" + suffix, whole[:cut], ReadConfig(salvage=True))
        if cut in between:
            assert len(found) == len(salvaged) in (20, 40)
            continue
        assert only(found).reason == "truncated-input"
        assert isinstance(salvaged[-1], Failure)
        expected = [orjson.loads(row)["text"] for row in rows]
        assert texts(salvaged) == expected[: len(salvaged) - 1]
        assert len(salvaged) - 1 >= sum(20 for end in between if cut >= end)


@pytest.mark.parametrize("name", ["a.jsonl.gz", "a.csv.gz"])
def test_a_flipped_bit_gives_no_other_rows(tmp_path: Path, name: str) -> None:
    lines = [b"text"] * (name == "a.csv.gz") + [b"story %d" % number for number in range(50)]
    rows = lines if name == "a.csv.gz" else [b'{"text":"%s"}' % line for line in lines]
    whole = gzip.compress(b"\n".join(rows) + b"\n")
    for place in range(10, len(whole)):
        damaged = bytearray(whole)
        damaged[place] ^= 1 << place % 8
        found = read(tmp_path, name, bytes(damaged))
        # A few bits at the end of the deflate stream stand for nothing.
        sound = len(found) == 50 and texts(found) == [line.decode() for line in lines[-50:]]
        assert sound or only(found).reason in ("corrupt-input", "truncated-input"), place


def test_a_gzip_named_jsonl_is_read(tmp_path: Path) -> None:
    assert texts(read(tmp_path, "a.jsonl", gzip.compress(b'{"text":"a"}\n'))) == ["a"]
    assert read(tmp_path, "a.jsonl.zst", PACKERS[".zst"](b"")) == []


# JSON, CSV, TSV, Parquet.


@pytest.mark.parametrize(
    "body",
    [
        b'[{"text":"a"},{"text":"b"}]',
        b'{"text":"a"}\n{"text":"b"}\n',
        b'\xef\xbb\xbf [\n{"text":"a"},\n{"text":"b"}]\n',
    ],
)
def test_json_of_three_shapes(tmp_path: Path, body: bytes) -> None:
    found = read(tmp_path, "a.json", body)
    assert texts(found) == ["a", "b"]
    assert [one.source.record for one in found] == [0, 1]


def test_one_json_object_over_many_lines(tmp_path: Path) -> None:
    assert texts(read(tmp_path, "a.json", b'{\n "text": "a",\n "id": "x"\n}\n')) == ["a"]
    assert reasons(read(tmp_path, "a.json", b'[{"text":"a"}, 3]')) == ["not-an-object"]


@pytest.mark.parametrize(("name", "delimiter"), [("a.csv", ","), ("a.tsv", "\t"), ("a.csv.xz", ",")])
@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "cp1256", "utf-16"])
def test_csv(tmp_path: Path, name: str, delimiter: str, codec: str) -> None:
    table = io.StringIO(newline="")
    writer = csv.writer(table, delimiter=delimiter)
    writer.writerows([["id", "content", "k"], ["1", 'قال "نعم"', "v"], ["2", "سطر أول\nسطر ثان, الأخير", ""]])
    body = table.getvalue().encode(codec)
    config = ReadConfig(fields={"text": "content"})
    found: Any = read(tmp_path, name, lzma.compress(body) if name.endswith(".xz") else body, config)
    assert [(one.id, one.text, one.meta) for one in found] == [
        ("1", 'قال "نعم"', {"k": "v"}), ("2", "سطر أول\nسطر ثان, الأخير", {}),
    ]  # fmt: skip


def test_a_bad_csv_row_costs_one_row(tmp_path: Path) -> None:
    body = b'id,text\n1,a\n2\n3,"a"b\n\n4,"open\n5,e\n6,"f"\n7,\xff\n8,' + b"x" * 600 + b"\n9,i\n10,\n"
    found = read(tmp_path, "a.csv", body, ReadConfig(max_record_bytes=500))
    assert [(one.id if isinstance(one, Document) else one.reason) for one in found if not isinstance(one, Skip)] == [
        "1", "bad-row", "bad-row", "bad-row", "5", "6", "bad-charset", "too-large", "9", "missing-text",
    ]  # fmt: skip
    assert [one.source.record for one in found] == list(range(10))
    assert found[-2].source.offset == body.index(b"9,i")


def test_a_csv_without_rows(tmp_path: Path) -> None:
    assert read(tmp_path, "a.csv", b"id,text\n") == []
    assert only(read(tmp_path, "a.csv", b"\n\n")).reason == "corrupt-input"


def test_parquet(tmp_path: Path) -> None:
    arrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    rows = [{"text": f"خبر {number}", "id": number, "tags": ["أ"], "html": None} for number in range(300)]
    parquet.write_table(arrow.Table.from_pylist(rows), tmp_path / "made")
    body = (tmp_path / "made").read_bytes()
    for name, data in (("a.parquet", body), ("a.bin", body), ("a.parquet.gz", gzip.compress(body))):
        found: Any = read(tmp_path, name, data)
        assert [(one.id, one.text, one.tags) for one in found] == [
            (str(number), f"خبر {number}", ("أ",)) for number in range(300)
        ]
    rows = [
        {"text": "x", "published": datetime.date(2024, 4, 26), "at": datetime.datetime(2024, 4, 26, 10)},
        {"text": None, "html": b"<p>\xff", "image": b"\xff"},
        {"text": "x" * 2000},
        {"text": None},
        {"id": "end", "text": "x", "nested": {"a": [1.5]}},
    ]
    columns = ("id", "text", "html", "published", "at", "image", "nested")
    table = arrow.Table.from_pylist([dict.fromkeys(columns) | row for row in rows])
    parquet.write_table(table, tmp_path / "made")
    mixed: Any = read(tmp_path, "b.parquet", (tmp_path / "made").read_bytes(), ReadConfig(max_record_bytes=1000))
    assert (mixed[0].published, mixed[0].meta) == ("2024-04-26", {"at": "2024-04-26T10:00:00"})
    assert mixed[1].body == b"<p>\xff"
    assert reasons(mixed) == ["too-large", "missing-text"]
    assert (mixed[4].id, mixed[4].meta) == ("end", {"nested": {"a": [1.5]}})
    for cut in range(4, len(body), 97):
        assert reasons(read(tmp_path, "a.parquet", body[:cut])) == ["corrupt-input"]


def test_parquet_without_pyarrow_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(UsageError, match=r"a.parquet: install ghirbal\[parquet\]"):
        read(tmp_path, "a.parquet", b"PAR1")


def test_a_full_disk_is_not_the_fault_of_the_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full() -> object:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("corpus.tables.tempfile.TemporaryFile", full)
    with pytest.raises(EnvironmentFault, match="no space"):
        read(tmp_path, "a.parquet.gz", gzip.compress(b"PAR1"))


@pytest.mark.slow
def test_a_line_of_a_gigabyte_takes_little_memory(tmp_path: Path) -> None:
    with (tmp_path / "a.jsonl").open("wb") as out:
        out.write(b'{"text":"a"}\n{"text":"')
        for _ in range(1024):
            out.write(b"x" * (1 << 20))
        out.write(b'"}\n{"text":"b"}\n')
    root = Path(__file__).parents[2]
    code = (
        "import resource, sys\nresource.setrlimit(resource.RLIMIT_AS, (600 << 20, 600 << 20))\n"
        f"sys.path.insert(0, {str(root)!r})\nfrom corpus.readers import *\n"
        f"found = list(read_input(InputFile({str(tmp_path / 'a.jsonl')!r}, 'a.jsonl'), ReadConfig()))\n"
        "assert [getattr(one, 'text', '') or one.reason for one in found] == ['a', 'too-large', 'b'], found"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)


def test_parts_share_a_file(tmp_path: Path) -> None:
    body = b"".join(b'{"text":"%d"}\n' % number if number % 100 else b"broken\n" for number in range(2000))
    whole = read(tmp_path, "a.jsonl", body)
    shared = [read(tmp_path, "a.jsonl", body, part=(k, 3)) for k in range(3)]
    assert [one.source.record // 256 % 3 for found in shared for one in found] == [
        k for k, found in enumerate(shared) for _ in found
    ]
    joined = sorted((one for found in shared for one in found), key=lambda one: one.source.record)
    assert joined == whole
    assert len(whole) == 2000


def test_standard_input_is_known_by_its_content(tmp_path: Path) -> None:
    kinds = {b'{"text":"a"}\n': Document, b"<html>": Page, b"text": Document, b'[{"text":"b"}]': Document}
    for body, kind in kinds.items():
        (tmp_path / "spool").write_bytes(body)
        found = only(list(read_input(InputFile(str(tmp_path / "spool"), "-"), ReadConfig())))
        assert isinstance(found, kind)
        assert found.source == Source("-")


def test_documents_are_values(tmp_path: Path) -> None:
    one = only(read_lines(tmp_path, b'{"text":"x"}'))
    assert replace(one, title="") == one
