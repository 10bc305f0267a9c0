from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.formats.rows import ReadConfig
from corpus.records import Copy, Document, Failure, Page, Source, content_id, to_json
from corpus.text import scrub
from tests.corpus.reading import only, read, read_lines, reasons, texts
from tests.strategies import arabic_text, hostile_text, json_value


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
    found = only(read_lines(tmp_path, b'{"content":"x","date":"2024-04-26","text":"other"}', config=config))
    assert (found.text, found.published, found.meta) == ("x", "2024-04-26", {"text": "other"})
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
        (b'{"html":[3]}', "bad-field", "$.html"),
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
    assert (found.text, found.trace) == ("سليم\nالخبر", {"mended": ["mojibake"]})


@given(st.lists(json_value(), max_size=5))
@settings(max_examples=200)
def test_any_json_is_a_record_or_a_failure(tmp_path_factory: pytest.TempPathFactory, values: list[Any]) -> None:
    lines = [json.dumps(value).encode() for value in values]
    found = read(tmp_path_factory.getbasetemp(), "json.jsonl", b"\n".join([*lines, b'{"text":"end"}']))
    assert len(found) > len(lines)
    assert len({one.id for one in found if isinstance(one, Document)}) == len(texts(found))
    assert texts(found)[-1] == "end"


@given(st.lists(st.one_of(arabic_text(), st.binary().filter(lambda line: b"\n" not in line)), max_size=8))
def test_garbage_between_records_loses_none(tmp_path_factory: pytest.TempPathFactory, lines: list[str | bytes]) -> None:
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
    language = st.sampled_from(("", "ar", "fa", "und"))
    published = st.sampled_from(("", "2024-04-26", "2024-04-26T10:00:00+03:00"))
    return st.builds(
        Document, st.text("abc123", min_size=1), st.builds(Source, line, st.integers(0, 99), st.integers(0, 99)),
        clean, st.just("عنوان"), line, line, language, published, st.lists(line, max_size=2).map(tuple), line,
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
        f"sys.path.insert(0, {str(root)!r})\nfrom corpus.files import InputFile\n"
        "from corpus.formats import ReadConfig, read_input\n"
        f"found = list(read_input(InputFile({str(tmp_path / 'a.jsonl')!r}, 'a.jsonl'), ReadConfig()))\n"
        "assert [getattr(one, 'text', '') or one.reason for one in found] == ['a', 'too-large', 'b'], found"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)
