from __future__ import annotations

import gzip
import io
import itertools
import json
import subprocess
import sys
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.formats.json_array import split_array
from corpus.formats.rows import ReadConfig
from corpus.records import Document, Failure, Source
from tests.corpus.reading import PEAK, only, read, reasons, texts
from tests.strategies import json_value
from tests.timing import DEADLINE


@pytest.mark.parametrize(
    "body",
    [
        b'[{"text":"a"},{"text":"b"}]',
        b'{"text":"a"}\n{"text":"b"}\n',
        b'\xef\xbb\xbf [\n{"text":"a"},\n{"text":"b"}]\n',
    ],
)
@pytest.mark.parametrize("codec", ["utf-8", "utf-16", "utf-32"])
@pytest.mark.parametrize("packed", [False, True])
def test_json_of_three_shapes(tmp_path: Path, body: bytes, codec: str, packed: bool) -> None:
    body = body if codec == "utf-8" else body.decode("utf-8-sig").encode(codec)
    found = read(tmp_path, "a.json" + ".gz" * packed, gzip.compress(body) if packed else body)
    assert texts(found) == ["a", "b"]
    assert [one.source.record for one in found] == [0, 1]


@pytest.mark.parametrize("codec", ["utf-8", "utf-16", "utf-32-le"])
def test_one_json_object_over_many_lines(tmp_path: Path, codec: str) -> None:
    mark = "\ufeff" if codec == "utf-32-le" else ""
    body = (mark + '{\n "text": "خبر",\n "id": "x"\n}\n').encode(codec)
    assert texts(read(tmp_path, "a.json", body)) == ["خبر"]
    long = read(tmp_path, "a.json", b'{\n"text":"' + b"x" * 99 + b'"}', ReadConfig(max_record_bytes=50))
    assert reasons(long) == ["too-large"]
    assert read(tmp_path, "a.json", b"[]") == read(tmp_path, "a.json", b" [ \n]\n") == []


def test_lines_longer_than_a_block(tmp_path: Path) -> None:
    assert texts(read(tmp_path, "a.json", b'{"text":"%b"}\n{"text":"b"}\n' % (b"x" * 300_000)))[1:] == ["b"]


def test_elements_have_their_number_and_byte(tmp_path: Path) -> None:
    body = '[ {"text":"خبر"} ,\n{"text":"]}\\"[{,"}, {"html":"<p>"},[1,{"a":[]}], 3]'.encode()
    found = read(tmp_path, "a.json", body)
    places = [body.index(mark) for mark in (b'{"text":"\xd8', b'{"text":"]', b'{"html', b"[1", b"3]")]
    assert [one.source for one in found] == [Source("a.json", number, place) for number, place in enumerate(places)]
    assert texts(found) == ["خبر", ']}"[{,']
    assert [one.message for one in found if isinstance(one, Failure)] == [
        f"record 4 (byte {places[3]}): expected an object, got list",
        f"record 5 (byte {places[4]}): expected an object, got int",
    ]


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (b'{"text":NaN}', "bad-json"),
        (b'{"text":"a\x01b","tags":[{"n":1},{"n":2}]}', "bad-json"),
        (b'{"text":"\\ud800"}', "bad-json"),
        (b'{"text":"\xff","tags":[{"n":1},{"n":2}]}', "bad-charset"),
        (b'{"text":"x","n":%d}' % 2**70, "bad-field"),
        (b'{"text" "x"}', "bad-json"),
        (b"", "bad-json"),
        (b"[" * 2000 + b"]" * 2000, "bad-json"),
        (b'{"text":"%b"}' % (b"x" * 9000), "too-large"),
        (b"[%b]" % (b"{}," * 5000), "too-large"),
    ],
)
def test_a_bad_element_costs_itself(tmp_path: Path, bad: bytes, reason: str) -> None:
    body = b'[{"text":"a"},%b,{"text":"b"}]' % bad
    found = read(tmp_path, "a.json", body, ReadConfig(max_record_bytes=8000))
    assert [getattr(one, "text", "") or getattr(one, "reason", "") for one in found] == ["a", reason, "b"]
    assert found[1].source == Source("a.json", 1, 14)


@pytest.mark.parametrize(
    ("body", "kept", "message"),
    [
        (b'[{"text":"a"},{"text":"b"', ["a"], "the array does not end; its last record begins at byte 14"),
        (b'[{"text":"a"}', [], "the array does not end; its last record begins at byte 1"),
        (b'[{"text":"a"},', ["a"], "the array does not end; its last record begins at byte 14"),
        (b'[{"text":"a"}] x', ["a"], "something stands behind the end of the array"),
        (b'[{"text":"a"}]\n[{"text":"b"}', ["a"], "the array does not end; its last record begins at byte 16"),
        (b'[{"text":"a"},{"text":"b},{"text":"c"},{"text":"d"}]', ["a"], "the array does not end"),
        (b'[{"text":"a"},{"text":"b},{"text":"c"},{"text":"d},{"text":"e"}]', ["a"], "record 2 (byte 14): "),
        (b'[{"text":"a"},[{"text":"b"},{"text":"c"},{"text":"d"}]', ["a"], "the array does not end"),
    ],
)
def test_where_an_array_breaks_the_rest_is_one_failure_that_says_from_where(
    tmp_path: Path, body: bytes, kept: list[str], message: str
) -> None:
    found = read(tmp_path, "a.json", body)
    assert texts(found)[: len(kept)] == kept
    failure = found[-1]
    assert isinstance(failure, Failure)
    assert failure.reason == "bad-json"
    assert message in failure.message


@pytest.mark.parametrize(
    ("before", "behind"),
    [
        ('{"pages":3,"note":{"by":"[{"},"articles":[', '],"ok":true}'),
        ('{"data":{"n":[1],"posts":[', ']}}'),
        ('{"\\"k":{"a":{"content":[', "]}}}\n"),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_an_object_around_more_than_a_record_may_have_is_a_stream(
    tmp_path: Path, before: str, behind: str, packed: bool
) -> None:
    rows = [json.dumps({"title": str(number), "text": "خبر" * 50}, ensure_ascii=False) for number in range(40)]
    body = (before + ",".join([*rows[:20], '{"text":}', *rows[20:]]) + behind).encode()
    found = read(tmp_path, "a.json" + ".gz" * packed, gzip.compress(body) if packed else body, ReadConfig({}, 2000))
    assert [one.title for one in found if isinstance(one, Document)] == [str(number) for number in range(40)]
    assert reasons(found) == ["bad-json"]
    assert [one.source.offset for one in found][3] == body.index(rows[3].encode())
    cut = read(tmp_path, "b.json", body[: body.index(rows[9].encode())], ReadConfig({}, 2000))
    assert (len(texts(cut)), reasons(cut)) == (9, ["bad-json"])


def test_records_under_their_ids_are_a_stream_too(tmp_path: Path) -> None:
    body = json.dumps({str(number): {"title": str(number), "text": "x" * 200} for number in range(40)}).encode()
    found = read(tmp_path, "a.json", body, ReadConfig({}, 2000))
    assert [one.title for one in found if isinstance(one, Document)] == [str(number) for number in range(40)]
    assert [one.title for one in read(tmp_path, "a.json", body)] == [str(number) for number in range(40)]
    body = b'{"a":"%b","b":{"n":1}}' % (b"x" * 3000)
    assert reasons(read(tmp_path, "a.json", body, ReadConfig({}, 2000))) == ["too-large"]


@pytest.mark.parametrize("name", ["a.json", "a.jsonl"])
@pytest.mark.parametrize(
    "body",
    [
        '{"page":1,"articles":[{"text":"a"},{"text":"b"}]}\n{"page":2,"articles":[{"text":"c"}]}',
        '[{"text":"a"},{"text":"b"}]\n[{"text":"c"}]\n',
        '[{"items":[{"text":"a"},{"text":"b"}]},{"items":[{"text":"c"}]}]',
        '{"text":"a"},\n{"text":"b"},\n{"text":"c"},\n',
        '{\n"text":"a"\n}\n{\n"text":"b"\n}\n{\n"text":"c"\n}\n',
        '[\n{"text":"a"},\n{"text":"b"},\n{"text":"c"}\n]\n',
    ],
)
def test_records_in_lines_in_lists_and_one_behind_the_other(tmp_path: Path, name: str, body: str) -> None:
    found = read(tmp_path, name, body.encode())
    assert texts(found) == ["a", "b", "c"]
    assert len(found) == len({one.id for one in found if isinstance(one, Document)})


def test_a_cut_array_gives_what_stood_before_and_packed_nothing_unless_salvaged(tmp_path: Path) -> None:
    rows = [b'{"text":"%d"}' % number for number in range(40)]
    body = b"[" + b",".join(rows) + b"]"
    for cut in range(1, len(body)):
        found = read(tmp_path, "a.json", body[:cut])
        assert texts(found) == [str(number) for number in range(len(found) - 1)]
        assert reasons(found) == ["bad-json"]
    packed = gzip.compress(b"[" + b",".join(b'{"text":"%d %b"}' % (n, b"y" * n) for n in range(400)) + b"]")
    assert only(read(tmp_path, "a.json.gz", packed[:-9])).reason == "truncated-input"
    salvaged = read(tmp_path, "a.json.gz", packed[:-9], ReadConfig(salvage=True))
    assert isinstance(salvaged[0], Document)
    assert reasons(salvaged) == ["truncated-input"]


@given(st.lists(json_value(), max_size=6), st.integers(1, 50), st.booleans())
@settings(max_examples=200)
def test_any_array_in_any_blocks_is_cut_as_it_was_written(values: list[Any], size: int, spaced: bool) -> None:
    body = json.dumps(values, indent=2 if spaced else None).encode()
    blocks = [body[at : at + size] for at in range(0, len(body), size)]
    cut = list(split_array(blocks, 1 << 20))
    assert [json.loads(element or b"") for _, element in cut] == values
    assert [body[offset : offset + len(element or b"")] for offset, element in cut] == [element for _, element in cut]


@given(st.binary(max_size=200))
@settings(max_examples=200)
def test_any_bytes_behind_a_bracket_are_told_of(tmp_path_factory: pytest.TempPathFactory, tail: bytes) -> None:
    found = read(tmp_path_factory.getbasetemp(), "any.json", b'[{"text":"a"},' + tail)
    assert texts(found)[:1] == ["a"]
    assert len(found) > 1


def test_a_bomb_of_empty_lists_takes_no_time_and_no_memory(tmp_path: Path) -> None:
    out = io.BytesIO()
    with gzip.GzipFile(fileobj=out, mode="wb") as packer:
        packer.write(b"[[]")
        for _ in range(66):
            packer.write(b",[]" * 333_333)
        packer.write(b"]")
    (tmp_path / "bomb.json.gz").write_bytes(out.getvalue())
    code = (
        "import sys\nfrom corpus.files import InputFile\nfrom corpus.formats import ReadConfig\n"
        "from corpus.formats.reader import MAX_FAILURES_IN_A_ROW, read_input\n"
        "found = list(read_input(InputFile(sys.argv[1], 'bomb.json.gz'), ReadConfig()))\n"
        "assert len(found) == MAX_FAILURES_IN_A_ROW + 1, len(found)\n"
        f"assert {PEAK} < 100"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "bomb.json.gz")]
    subprocess.run(command, check=True, timeout=DEADLINE, cwd=Path(__file__).parents[2])


def test_an_array_of_more_than_a_hundred_megabytes_is_a_stream() -> None:
    row = b'{"text":"%b"}' % (b"x" * (1 << 20))
    blocks = (b"," * (number > 0) + row for number in range(100))
    tracemalloc.start()
    sizes = [len(element or b"") for _, element in split_array(itertools.chain([b"["], blocks, [b"]"]), 1 << 21)]
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert sizes == [len(row)] * 100
    assert peak < 20 << 20
