from __future__ import annotations

import errno
import gzip
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.files.compressed import Stream
from corpus.files.listing import InputFile
from corpus.formats.reader import read_input
from corpus.formats.rows import ReadConfig
from corpus.records import Document, Failure, Page, Skip, Source, content_id, to_json
from tests.corpus.reading import PACKERS, only, read, texts


@pytest.mark.parametrize("suffix", ["", *PACKERS])
def test_a_text_file_is_one_document(tmp_path: Path, suffix: str) -> None:
    body = "\ufeffخبر\r\nعاجل\u202e".encode()
    name = "sahil/2024/a.txt" + suffix
    found = only(read(tmp_path, name, PACKERS[suffix](body) if suffix else body))
    source = Source(name)
    assert found == Document(
        content_id(source, ""), source, "خبر\nعاجل", outlet="sahil", trace={"charset": "bom-utf-8"}
    )


def test_replaced_bytes_are_counted(tmp_path: Path) -> None:
    found = only(read(tmp_path, "a.txt", "خبر عاجل ".encode() * 50 + b"\xff" + b"plain " * 50 + b"\xfe"))
    assert found.trace == {"charset": "utf-8-replaced", "replaced": 2}


@pytest.mark.parametrize("name", ["a.html", "a.HTM", "a.html.gz", "a.txt", "page"])
def test_an_html_file_is_one_page_untouched(tmp_path: Path, name: str) -> None:
    body = b"\xff<!-- x --><html>\0\r\n" if name.lower().startswith("a.h") else b"<!-- c -->\n<!DOCTYPE  html><p>\xff\0"
    found = only(read(tmp_path, name, gzip.compress(body) if name.endswith(".gz") else body))
    assert isinstance(found, Page)
    assert found.body == body


@pytest.mark.parametrize("name", ["a.bin", "a.png", "a.pdf.gz", "README", "x/README.txt", "a.xml", "Thumbs.db", "a.md"])
def test_what_is_no_dump_is_skipped(tmp_path: Path, name: str) -> None:
    body = b"some bytes of no known kind"
    found = only(read(tmp_path, name, gzip.compress(body) if name.endswith(".gz") else body))
    assert found == Skip(Source(name), "not-a-dump")


@pytest.mark.parametrize(
    ("name", "body", "reason"),
    [
        ("a.txt", os.urandom(900), "binary-content"),
        ("a.txt", ("خبر " * 50).encode() + b"\xd8" * 30, "bad-charset"),
        ("a.txt", b"", "empty-input"),
        ("a.jsonl", b"", "empty-input"),
        ("a.txt.gz", b"", "empty-input"),
        ("a.txt.gz", gzip.compress(b"", mtime=0), "empty-input"),
        ("a.html", b"", "empty-input"),
        ("a.txt.gz", b"plain text", "corrupt-input"),
        ("a.txt.gz", gzip.compress(b"text", mtime=0)[:-1], "truncated-input"),
        ("a.txt", b"x" * 2000, "too-large"),
        ("a.html", b"x" * 2000, "too-large"),
        ("a.txt.gz", gzip.compress(bytes(10_000_000), mtime=0), "too-large"),
        ("a.json", b"{]", "bad-json"),
        ("a.json", b'"\xff"', "bad-charset"),
        ("a.json", b"[" * 100_000, "bad-json"),
        ("a.csv", os.urandom(900), "binary-content"),
        ("a.parquet", b"PAR1 and then nothing", "corrupt-input"),
    ],
)
def test_a_bad_file_is_one_failure(tmp_path: Path, name: str, body: bytes, reason: str) -> None:
    failure = only(read(tmp_path, name, body, ReadConfig(max_record_bytes=1000)))
    assert isinstance(failure, Failure)
    assert (failure.reason, failure.source) == (reason, Source(name))
    assert str(tmp_path) not in failure.message


def test_an_unreadable_file_is_a_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> int:
        raise PermissionError(13, "Permission denied")

    (tmp_path / "a.txt").write_bytes(b"x")
    monkeypatch.setattr(Path, "open", refuse)
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
def test_any_bytes_give_records_or_failures(tmp_path_factory: pytest.TempPathFactory, body: bytes, name: str) -> None:
    for found in read(tmp_path_factory.getbasetemp(), name, body):
        assert isinstance(found, Document | Page | Failure | Skip)
        to_json(found) if isinstance(found, Document) else None  # type: ignore[func-returns-value]


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


def test_parts_share_a_file_of_lines(tmp_path: Path) -> None:
    body = b"".join(b'{"text":"%d"}\n' % number if number % 100 else b"broken\n" for number in range(2000))
    whole = read(tmp_path, "a.jsonl", body)
    shared = [read(tmp_path, "a.jsonl", body, part=(k, 3)) for k in range(3)]
    assert [one.source.record // 256 % 3 for found in shared for one in found] == [
        k for k, found in enumerate(shared) for _ in found
    ]
    joined = sorted((one for found in shared for one in found), key=lambda one: one.source.record)
    assert joined == whole
    assert len(whole) == 2000


@pytest.mark.parametrize("name", ["a.warc", "a.csv", "a.json", "a.txt", "a.html"])
def test_of_what_is_no_lines_the_first_part_is_all(tmp_path: Path, name: str) -> None:
    body = b"text\na\n" if name == "a.csv" else b"<html>"
    whole = read(tmp_path, name, body)
    assert len(whole) == 1
    assert [read(tmp_path, name, body, part=(k, 3)) for k in range(3)] == [whole, [], []]


def _vanish(path: Path) -> None:
    path.unlink()


def _grow(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b'{"text":"more"}\n')


def _replace(path: Path) -> None:
    path.unlink()
    path.write_bytes(b"PAR1")


def _empty(path: Path) -> None:
    path.write_bytes(b"")


@pytest.mark.parametrize("change", [_vanish, _grow, _replace, _empty])
@pytest.mark.parametrize("part", [(0, 3), (1, 3), (2, 3)])
@pytest.mark.parametrize("late", [False, True])
def test_a_file_that_changes_fails_in_whichever_part(
    tmp_path: Path, change: Callable[[Path], None], part: tuple[int, int], late: bool
) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"".join(b'{"text":"%d %s"}\n' % (number, b"x" * 2000) for number in range(768)))
    status = path.stat()
    found = read_input(InputFile(str(path), "a.jsonl", status.st_size, status.st_mtime_ns), ReadConfig(), part)
    records = [next(found)] if late else []
    change(path)
    records += list(found)
    failures = [one for one in records if isinstance(one, Failure)]
    assert records[-1:] == failures
    assert failures[0].reason in ("input-changed", "unreadable-input")
    assert failures[0].message.endswith(f" (part {part[0] + 1} of 3 of the file)")


@pytest.mark.parametrize("part", [(0, 2), (1, 2)])
def test_a_read_error_fails_in_whichever_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part: tuple[int, int]
) -> None:
    real = Stream.blocks

    def broken(stream: Stream) -> Iterator[bytes]:
        yield next(real(stream))
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(Stream, "blocks", broken)
    found = read(tmp_path, "a.jsonl", b'{"text":"a"}\n' * 500, part=part)
    message = f"Input/output error (part {part[0] + 1} of 2 of the file)"
    assert found[-1] == Failure(Source("a.jsonl"), "unreadable-input", message)
    assert len(found) == 257 if part[0] == 0 else 245


@pytest.mark.parametrize("name", ["a.jsonl", "a.json", "a.csv"])
def test_a_file_of_which_nothing_is_a_record_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr("corpus.formats.reader.MAX_FAILURES_IN_A_ROW", 5)
    bad, good, ends = {
        "a.jsonl": (b"[]\n", b'{"text":"x"}\n', (b"", b"")),
        "a.json": (b"[],", b'{"text":"x"},', (b"[", b"{}]")),
        "a.csv": (b"1\n", b"1,x\n", (b"id,text\n", b"")),
    }[name]
    spared = read(tmp_path, name, ends[0] + (bad * 4 + good) * 3 + ends[1])
    assert texts(spared) == ["x"] * 3
    given_up = read(tmp_path, name, ends[0] + good + bad * 9 + good + ends[1])
    assert texts(given_up) == ["x"]
    assert len(given_up) == 7
    assert (given_up[-1].source, given_up[-1].reason) == (Source(name), "corrupt-input")  # type: ignore[union-attr]
    place = len(ends[0] + good + bad * 4)
    assert f"up to record 6 (byte {place})" in given_up[-1].message  # type: ignore[union-attr]


def test_standard_input_is_known_by_its_content(tmp_path: Path) -> None:
    kinds = {b'{"text":"a"}\n': Document, b"<html>": Page, b"text": Document, b'[{"text":"b"}]': Document}
    for body, kind in kinds.items():
        (tmp_path / "spool").write_bytes(body)
        found = only(list(read_input(InputFile(str(tmp_path / "spool"), "-"), ReadConfig())))
        assert isinstance(found, kind)
        assert found.source == Source("-", offset=1 if body.startswith(b"[") else 0)


@pytest.mark.parametrize("name", ["a.jl", "a.jsonlines", "a.txt", "part-00000", "a.json.bak"])
def test_rows_of_json_are_read_under_other_names(tmp_path: Path, name: str) -> None:
    found = read(tmp_path, name, b'{"text": "One."}\n{"text": "Two."}\n')
    assert [one.text for one in found if isinstance(one, Document)] == ["One.", "Two."]


def test_settings_in_json_under_no_name_are_no_dump(tmp_path: Path) -> None:
    assert only(read(tmp_path, "state", b'{"version": 3}')) == Skip(Source("state"), "not-a-dump")
    assert only(read(tmp_path, "a.txt", b'{"version": 3}')).text == '{"version": 3}'


def test_an_archive_that_cannot_be_read_is_no_strange_file(tmp_path: Path) -> None:
    found = only(read(tmp_path, "a.rar", b"Rar!\x1a\x07"))
    assert (found.reason, found.message) == (
        "unknown-archive",
        "no archive that is read here: unpack it, and give the folder",
    )
