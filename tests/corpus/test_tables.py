from __future__ import annotations

import csv
import datetime
import errno
import gzip
import io
import lzma
import sys
from pathlib import Path
from typing import Any

import pytest

from corpus.document import Document
from corpus.errors import EnvironmentFault, UsageError
from corpus.readers import ReadConfig, Skip
from tests.corpus.reading import only, read, reasons, texts


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

    monkeypatch.setattr("corpus.parquet.tempfile.TemporaryFile", full)
    with pytest.raises(EnvironmentFault, match="no space"):
        read(tmp_path, "a.parquet.gz", gzip.compress(b"PAR1"))
