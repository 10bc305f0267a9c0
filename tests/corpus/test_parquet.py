from __future__ import annotations

import datetime
import decimal
import errno
import gzip
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from corpus.errors import EnvironmentFault, UsageError
from corpus.formats.rows import ReadConfig
from corpus.records import to_json
from tests.corpus.reading import PEAK, read, reasons


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
    with pytest.raises(UsageError, match=r"a.parquet: pyarrow is not installed; .* .ghirbal\[parquet\]."):
        read(tmp_path, "a.parquet", b"PAR1")


def test_a_full_disk_is_not_the_fault_of_the_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full() -> object:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("corpus.formats.parquet.tempfile.TemporaryFile", full)
    with pytest.raises(EnvironmentFault, match="no space"):
        read(tmp_path, "a.parquet.gz", gzip.compress(b"PAR1"))


def rows_of(folder: Path, columns: dict[str, Any], config: ReadConfig | None = None, **options: Any) -> list[Any]:
    """Write a table and read it back."""
    arrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    parquet.write_table(arrow.table(columns), folder / "made", **options)
    return list(read(folder, "a.parquet", (folder / "made").read_bytes(), config))


def cells() -> dict[str, tuple[Any, list[Any]]]:
    """Name -> a column of two cells, and what the meta of the two records has of them (None: nothing)."""
    pa = pytest.importorskip("pyarrow")
    noon = 1_714_132_800  # 2024-04-26T12:00:00Z
    bad = pa.Array.from_buffers(pa.string(), 2, pa.array([b"\xff!", b"ok"], pa.binary()).buffers())
    nested = {"when": 10**18, "raw": b"x", "much": decimal.Decimal("1.10"), "not": float("nan")}
    fields = [("when", pa.timestamp("ms")), ("raw", pa.binary()), ("much", pa.decimal128(9, 2)), ("not", pa.float64())]
    return {
        "far": (pa.array([10**15, -(10**15)], pa.timestamp("s")), [
            "31690708-07-05T01:46:40", "-31686769-06-29T22:13:20",
        ]),
        "ns": (pa.array([noon * 10**9 + 1, None], pa.timestamp("ns")), ["2024-04-26T12:00:00.000000001", None]),
        "us": (pa.array([noon * 10**6 + 20, -1], pa.timestamp("us")), [
            "2024-04-26T12:00:00.00002", "1969-12-31T23:59:59.999999",
        ]),
        "zone": (pa.array([noon, 0], pa.timestamp("s", "Asia/Riyadh")), [
            "2024-04-26T12:00:00+00:00", "1970-01-01T00:00:00+00:00",
        ]),
        "no-zone": (pa.array([noon, 0], pa.timestamp("s", "Mars/Olympus")), [
            "2024-04-26T12:00:00+00:00", "1970-01-01T00:00:00+00:00",
        ]),
        "date32": (pa.array([19839, 2**31 - 1], pa.date32()), ["2024-04-26", "5881580-07-11"]),
        "date64": (pa.array([86_400_000, 10**17 - 10**17 % 86_400_000], pa.date64()), [
            "1970-01-02", "3170843-11-07",
        ]),
        "time64": (pa.array([3_600_000_000_001, 10**15], pa.time64("ns")), [
            "01:00:00.000000001", "1000000000000000 ns since midnight",
        ]),
        "time32": (pa.array([1, 0], pa.time32("ms")), ["00:00:00.001", "00:00:00"]),
        "duration": (pa.array([5, -1], pa.duration("ns")), ["5 ns", "-1 ns"]),
        "decimal": (pa.array([decimal.Decimal("1.50"), decimal.Decimal("1e9")], pa.decimal128(20, 2)), [
            "1.50", "1000000000.00",
        ]),
        "decimal256": (pa.array([decimal.Decimal(10**60), None], pa.decimal256(70, 0)), ["1" + "0" * 60, None]),
        "map": (pa.array([[("k", float("inf"))], []], pa.map_(pa.string(), pa.float64())), [
            [{"key": "k", "value": "inf"}], [],
        ]),
        "float": (pa.array([float("nan"), 1e300]), ["nan", "1e+300"]),
        "float32": (pa.array([1.5, float("-inf")], pa.float32()), [1.5, "-inf"]),
        "uint64": (pa.array([2**64 - 1, 2**63 - 1024], pa.uint64()), ["18446744073709551615", 2**63 - 1024]),
        "bad-utf8": (bad, ["\ufffd!", "ok"]),
        "large": (pa.array(["x", None], pa.large_string()), ["x", None]),
        "view": (pa.array(["x", None], pa.string_view()), ["x", None]),
        "dictionary": (pa.array(["x", "x"]).dictionary_encode(), ["x", "x"]),
        "binary": (pa.array([b"\xff", b""]), [None, None]),
        "fixed": (pa.array([b"ab", b"cd"], pa.binary(2)), [None, None]),
        "null": (pa.nulls(2), [None, None]),
        "dotted.name": (pa.array([True, False]), [True, False]),
        "nested": (pa.array([[nested], None], pa.list_(pa.struct(fields))), [
            [{"when": "31690708-07-05T01:46:40", "raw": None, "much": "1.10", "not": "nan"}],
            None,
        ]),
        "vector": (pa.array([[1.0, float("nan")], None], pa.list_(pa.float64(), 2)), [[1.0, "nan"], None]),
        "lists of bad": (pa.ListArray.from_arrays([0, 1, 2], bad), [["\ufffd!"], ["ok"]]),
    }  # fmt: skip


def test_whatever_a_cell_holds_its_record_is_read(tmp_path: Path) -> None:
    every = cells()
    columns = {name: column for name, (column, _) in every.items()}
    found = rows_of(tmp_path, {"text": ["a", "b"], **columns})
    for row in range(2):
        assert found[row].meta == {name: cells[row] for name, (_, cells) in every.items() if cells[row] is not None}
        assert to_json(found[row])


@pytest.mark.parametrize("name", sorted(cells()))
@pytest.mark.parametrize("target", ["id", "text", "html", "title", "published", "tags"])
def test_a_strange_cell_in_a_field_of_ours_costs_its_record_at_most(tmp_path: Path, name: str, target: str) -> None:
    column = cells()[name][0]
    found = rows_of(tmp_path, {"text": ["a", "b"], target: column} if target != "text" else {"text": column})
    assert [one.source.record for one in found] == [0, 1]
    assert set(reasons(found)) <= {"bad-field", "bad-charset", "missing-text"}


def test_bad_utf8_in_a_field_of_ours_fails_its_record(tmp_path: Path) -> None:
    bad = cells()["bad-utf8"][0]
    found = rows_of(tmp_path, {"text": bad, "url": ["", "http://a.example/"]})
    assert (found[0].reason, found[0].message) == ("bad-charset", "row 1: $.text: bytes that are not valid UTF-8")
    assert found[1].text == "ok"
    assert [page.body for page in rows_of(tmp_path, {"html": bad})] == [b"\xff!", b"ok"]


def test_a_table_without_any_text_has_all_its_rows(tmp_path: Path) -> None:
    assert reasons(rows_of(tmp_path, {"image": [b"\xff"] * 3})) == ["missing-text"] * 3


LONG = 15_000_000


@pytest.mark.parametrize(
    ("columns", "options", "expected"),
    [
        ("dict(text=['x' * LONG] * 24)", "", ["too-large"] * 24),
        pytest.param("dict(text=['x' * LONG] * 64)", "use_dictionary=False, compression='zstd'", ["too-large"] * 64,
                     marks=pytest.mark.slow),
        pytest.param("dict(text=['x' * (4 * LONG)] * 40)", "compression='zstd'", ["too-large"] * 40,
                     marks=pytest.mark.slow),
        ("dict(text=['a', 'b'], tags=pyarrow.ListArray.from_arrays([0, 40000, 40001], "
         "pyarrow.DictionaryArray.from_arrays([0] * 40000 + [1], ['x' * 100000, 'y'])))",
         "compression='zstd'", ["too-large", "b"]),
        ("dict(text=['a', 'b'], n=pyarrow.array([[0] * 2000000, [1]], pyarrow.list_(pyarrow.int64())))", "",
         ["too-large", "b"]),
        ("dict(text=['a', 'b'], n=pyarrow.ListArray.from_arrays([0, 20000000, 20000001], "
         "pyarrow.repeat(pyarrow.scalar(0), 20000001)))", "", ["too-large"] * 2),
    ],
    ids=["dictionary", "plain", "60 MB", "list of text", "list of numbers", "list of too many numbers"],
)  # fmt: skip
def test_a_bomb_stays_packed(tmp_path: Path, columns: str, options: str, expected: list[str]) -> None:
    make = (
        "import pyarrow, pyarrow.parquet, sys\n"
        f"LONG = {LONG}\npyarrow.parquet.write_table(pyarrow.table({columns}), sys.argv[1], {options})"
    )
    look = (
        "import sys\nfrom corpus.files import InputFile\nfrom corpus.formats import ReadConfig, read_input\n"
        "found = read_input(InputFile(sys.argv[1], 'a.parquet'), ReadConfig(max_record_bytes=9 << 20))\n"
        "outline = [getattr(one, 'text', '') or one.reason for one in found]\n"
        f"print({PEAK}, *outline)"
    )
    root = Path(__file__).parents[2]
    subprocess.run([sys.executable, "-c", make, str(tmp_path / "a.parquet")], check=True)
    assert (tmp_path / "a.parquet").stat().st_size < 3 << 20
    command = [sys.executable, "-c", look, str(tmp_path / "a.parquet")]
    said = subprocess.run(command, check=True, capture_output=True, text=True, cwd=root)
    megabytes, *outline = said.stdout.split()
    assert outline == expected
    assert int(megabytes) < 300, megabytes
