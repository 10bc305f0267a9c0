from __future__ import annotations

import csv
import io
import lzma
import time
from pathlib import Path
from typing import Any

import pytest

from corpus.formats.rows import ReadConfig
from corpus.records import Document, Failure, Skip
from tests.corpus.reading import only, read, reasons, texts


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


@pytest.mark.parametrize("end", [b"", b"tail\n", b'9,"x"\n'])
def test_every_row_behind_an_open_quote_is_told_of(tmp_path: Path, end: bytes) -> None:
    rows = [b'%d,"open %d\n' % (n, n) if n % 4 == 0 else b"%d,plain %d\n" % (n, n) for n in range(400)]
    found = read(tmp_path, "a.csv", b"id,text\n" + b"".join(rows) + end)
    assert texts(found)[:300] == [f"plain {n}" for n in range(400) if n % 4]
    assert reasons(found)[:100] == ["bad-row"] * 100
    assert [one.source.record for one in found] == list(range(400 + bool(end)))


@pytest.mark.parametrize("reread", [0, 16])
def test_rows_that_open_and_close_quotes_across_lines_cost_no_square(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reread: int
) -> None:
    """Each line closes the quote of the line before and opens another, so that every row reaches to the end."""
    monkeypatch.setattr("corpus.formats.csv._MAX_REREAD_RECORDS", reread)
    started = time.process_time()
    body = b'id,text\n1,"a\n' + b'x","y\n' * 9000 + b"2,b\n"
    found = read(tmp_path, "a.csv", body, ReadConfig(max_record_bytes=9000))
    assert time.process_time() - started < 5
    assert [one.source.record for one in found] == list(range(9002))
    assert texts(found)[-1] == "b"


def test_a_row_of_several_lines_with_too_many_fields_costs_one_line(tmp_path: Path) -> None:
    found = read(tmp_path, "a.csv", b'id,text\n1,"open\n2,b\n3,c",d\n4,e\n')
    assert [getattr(one, "reason", "") or getattr(one, "id", "") for one in found] == ["bad-row", "2", "bad-row", "4"]


def test_a_csv_that_is_cut(tmp_path: Path) -> None:
    body = 'id,text\n1,"خبر"\n2,عاجل\n'.encode()
    whole: Any = read(tmp_path, "a.csv", body)
    assert [one.trace for one in whole] == [{}, {}]
    for cut in range(1, len(body)):
        found: Any = read(tmp_path, "a.csv", body[:cut])
        if body[:cut].endswith(b"\n"):
            assert found == whole[: len(found)]
        elif cut < len(b"id,text\n"):
            assert only(found).reason in ("truncated-input", "missing-text")
        else:
            assert isinstance(found[-1], Failure) or found[-1].trace == {"end": "no-newline"}, cut
            assert found[:-1] == whole[: len(found) - 1]


@pytest.mark.parametrize("codec", ["utf-16", "utf-32", "utf-16-be"])
def test_a_character_cut_in_two_fails_its_row(tmp_path: Path, codec: str) -> None:
    body = "\ufeff".encode(codec) * codec.endswith("be") + "id,text\n1,خبر\n2,عاجل".encode(codec)
    found = read(tmp_path, "a.csv", body[:-1])
    assert texts(found) == ["خبر"]
    assert reasons(found) == ["bad-charset"]
    lines = "\ufeff".encode(codec) * codec.endswith("be") + '{"text":"خبر"}\n{"text":"\ufffd"}\n'.encode(codec)
    assert texts(read(tmp_path, "a.jsonl", lines)) == ["خبر", "\ufffd"]
    assert reasons(read(tmp_path, "a.jsonl", lines[:-1])) == ["bad-charset"]


@pytest.mark.parametrize(
    "codec", ["utf-16", "utf-32", *(pytest.param(f"utf-16-{end}", marks=pytest.mark.slow) for end in ("le", "be"))]
)
def test_a_wide_csv_larger_than_its_sample(tmp_path: Path, codec: str) -> None:
    text = " ".join(["خبر news"] * 20)
    found = read(tmp_path, "a.csv", ("id,text\n" + f"1,{text}\n" * 3_500).encode(codec))
    assert texts(found) == [text] * 3_500


@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("sep", [",", ";", "\t", "|"])
@pytest.mark.parametrize("name", ["a.csv", "a.tsv"])
def test_what_parts_the_fields_is_told_by_the_header(tmp_path: Path, name: str, sep: str, mark: str) -> None:
    lines = [sep.join(row) for row in (("العنوان", "النص", "التاريخ"), ('"T, u; v"', '"One\n|two"', "2024-05-03"))]
    for first in ("", f"sep={sep}\r\n"):
        found = only(read(tmp_path, name, f"{mark}{first}{chr(10).join(lines)}\n".encode()))
        assert (found.title, found.text, found.published) == ("T, u; v", "One\n|two", "2024-05-03")
        assert (found.source.record, found.meta) == (0, {})


def test_columns_without_a_name_are_numbered(tmp_path: Path) -> None:
    found = only(read(tmp_path, "a.csv", b"text;;\nOne.;x;\n"))
    assert (found.text, found.meta) == ("One.", {"column 2": "x"})


@pytest.mark.parametrize(
    "body",
    [
        "title,text\rA,One.\rB,Two.\r",
        "title,text,\nA,One.\nB,Two.\n",
        "title,text\nA,One.,\nB,Two.,,\n",
        "title^text\nA^One.\nB^Two.\n",
        "title،text\nA،One.\nB،Two.\n",
    ],
)
def test_csv_as_old_systems_and_spreadsheets_write_it(tmp_path: Path, body: str) -> None:
    found = read(tmp_path, "a.csv", body.encode())
    assert texts(found) == ["One.", "Two."]
    assert [one.title for one in found if isinstance(one, Document)] == ["A", "B"]


def test_quotes_may_be_escaped_and_names_may_come_twice(tmp_path: Path) -> None:
    found = only(read(tmp_path, "a.csv", b'text,id,id\n"He said \\"no\\", then \\"yes\\".",7,8\n'))
    assert (found.text, found.id, found.meta) == ('He said "no", then "yes".', "7", {"id 3": "8"})
    assert only(read(tmp_path, "a.csv", b'text,id\n"A ""b"" in C:\\",7\n')).text == 'A "b" in C:\\'
