"""The example dumps are what the stories and the generator make of them, and the expectations fit the dumps."""

from __future__ import annotations

import gzip
import io
import json
import subprocess
import sys
import unicodedata
from collections import Counter
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from warcio.archiveiterator import ArchiveIterator

EXAMPLES = Path(__file__).parents[2] / "examples"
EXPECTED = json.loads((EXAMPLES / "expected.json").read_text("utf-8"))
RECORDS: list[dict[str, Any]] = EXPECTED["records"]


def files_of(folder: Path) -> dict[str, bytes]:
    paths = [folder / "expected.json", *(folder / "dumps").rglob("*")]
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths if path.is_file()}


def raw_records() -> dict[tuple[str, str], str]:
    """Read the dumps with nothing of ours: (path, id) -> the text or the page as it stands there."""
    raw: dict[tuple[str, str], str] = {}
    dumps = EXAMPLES / "dumps"
    for file in sorted(path for path in dumps.rglob("*") if path.is_file()):
        path, content = file.relative_to(dumps).as_posix(), file.read_bytes()
        if path.endswith(".warc.gz"):
            for record in ArchiveIterator(io.BytesIO(content), check_digests="raise"):
                if record.rec_type == "response":
                    name = record.rec_headers["WARC-Record-ID"].strip("<>")
                    raw[path, name] = record.content_stream().read().decode()
        elif path.endswith(".jsonl.gz"):
            for line in gzip.decompress(content).decode().strip().split("\n"):
                row = json.loads(line)
                raw[path, row["id"]] = row.get("text") or row["html"]
        else:
            try:
                raw[path, ""] = content.decode("utf-8-sig")
            except UnicodeDecodeError:
                raw[path, ""] = content.decode("windows-1256")
    return raw


def seen(raw: str) -> str:
    """Return the text of a page without its tags, near enough to look strings up in it."""
    pieces = raw.split("<")
    return unescape("".join([pieces[0], *(piece.partition(">")[2] for piece in pieces[1:])]))


@pytest.fixture(scope="module")
def raw() -> dict[tuple[str, str], str]:
    return raw_records()


def test_the_generator_gives_the_same_bytes(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-B", EXAMPLES / "make_dumps.py", tmp_path], check=True)
    assert files_of(tmp_path) == files_of(EXAMPLES)


def test_every_record_is_expected_and_every_expectation_has_a_record(raw: dict[tuple[str, str], str]) -> None:
    named = [(record["path"], record["id"]) for record in RECORDS]
    assert sorted(named) == sorted(raw)
    assert len(set(named)) == len(named)


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: f"{record['outlet']}/{record['story']}")
def test_expected_strings_stand_in_the_record(record: dict[str, Any], raw: dict[tuple[str, str], str]) -> None:
    text = raw[record["path"], record["id"]]
    text = seen(text) if text.startswith("<!") else text
    assert [string for string in record["stay"] + record["gone"] if string not in text] == []
    kept = "\n".join(record["stay"])
    assert [string for string in record["gone"] if string in kept] == []


def test_enough_of_everything() -> None:
    outlets = Counter(record["outlet"] for record in RECORDS)
    assert 60 <= len(RECORDS) <= 90
    assert sum(count >= 8 for count in outlets.values()) >= 3
    assert {record["language"] for record in RECORDS} == {"ar", "fa", "ur", "en", "fr"}
    assert {record["relation"] for record in RECORDS} == {"original", "copy", "truncated", "aggregator"}
    suffixes = {"".join(Path(record["path"]).suffixes) for record in RECORDS}
    assert suffixes == {".txt", ".html", ".jsonl.gz", ".warc.gz"}


def test_every_cluster_has_one_original_and_templates_are_apart() -> None:
    originals = Counter(record["cluster"] for record in RECORDS if record["relation"] == "original")
    assert set(originals.values()) == {1}
    assert set(originals) == {record["cluster"] for record in RECORDS}
    for family in EXPECTED["templates"]:
        assert len(family) >= 2
        assert set(family) <= set(originals)


def test_the_seeds_chrome_is_there(raw: dict[tuple[str, str], str]) -> None:
    everything = "\n".join(raw.values())
    for phrase in (
        "إقرأ أيضاً:",
        "اقرأ أيضًا",
        "مقالات مشابهة",
        "كلمات دلالية:",
        "increase حجم الخط decrease",
        "التعليقات المنشورة تعبر عن آراء أصحابها",
        "المصدر: ",
        "آخر تحديث: ",
        "th, April 2024 GMT",
    ):
        assert phrase in everything, phrase


def test_persian_is_spelt_with_joiners_and_all_strings_are_nfc() -> None:
    persian = [text for record in RECORDS if record["language"] == "fa" for text in record["stay"]]
    assert sum("\u200c" in text for text in persian) > len(persian) / 2
    for record in RECORDS:
        for text in record["stay"] + record["gone"]:
            assert unicodedata.is_normalized("NFC", text)
