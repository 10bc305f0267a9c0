"""`ghirbal check`: does a finished corpus still keep the laws it was published under?"""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson

from corpus.commit import digest_file
from corpus.errors import UsageError
from corpus.streams import Stream
from corpus.text import is_scrubbed
from pipeline.output import MANIFEST, SUCCESS, corpus_at, is_finished


def check_corpus(out: Path) -> list[str]:
    """Return every law that `out` breaks, in words; an empty list means all is well.

    Raises:
        UsageError: `out` is no finished corpus at all, or one in Parquet and pyarrow is not installed.
    """
    out = corpus_at(out)
    if not is_finished(out):
        raise UsageError(f"{out}: no finished corpus ({SUCCESS} or {MANIFEST} is missing); run its command to the end")
    manifest: dict[str, Any] = orjson.loads((out / MANIFEST).read_bytes())
    broken = _check_files(out, manifest)
    return broken or [*_check_counts(manifest), *_check_records(out, manifest)]


def _check_files(out: Path, manifest: Mapping[str, Any]) -> list[str]:
    broken = []
    if (out / SUCCESS).read_text("ascii").strip() != digest_file(out / MANIFEST).sha256:
        broken.append(f"{MANIFEST}: changed since it was published")
    for name, said in manifest["files"].items():
        path = out / name
        if not path.is_file():
            broken.append(f"{name}: missing")
        elif digest_file(path).sha256 != said["sha256"]:
            broken.append(f"{name}: changed since it was published (digest differs)")
    return broken


def _check_counts(manifest: Mapping[str, Any]) -> list[str]:
    counts, files = manifest["counts"], manifest["files"]
    kept = sum(said["rows"] for name, said in files.items() if name.startswith("corpus/"))
    removed = sum(said["rows"] for name, said in files.items() if name.startswith("removed/"))
    broken = []
    if counts["read"] != counts["kept"] + counts["dropped"] + counts["failed"]:
        broken.append("counts: read is not kept + dropped + failed")
    if kept != counts["kept"]:
        broken.append(f"corpus/: {kept} rows, but {counts['kept']} documents were kept")
    if removed != counts["dropped"] + counts["failed"]:
        broken.append(f"removed/: {removed} rows, but {counts['dropped'] + counts['failed']} records were removed")
    return broken


def _check_records(out: Path, manifest: Mapping[str, Any]) -> list[str]:
    """Check ids, the law of text, and that each removed record has an address, a reason and a living survivor."""
    if manifest["configuration"]["format"] == "txt":
        return []
    broken: list[str] = []
    ids: set[str] = set()
    for name, row in _rows(out, manifest, "corpus/"):
        if row["id"] in ids and manifest["command"] != "clean":
            broken.append(f"{name}: id {row['id']!r} stands twice")
        ids.add(row["id"])
        if not is_scrubbed(row["text"]):
            broken.append(f"{name}: the text of {row['id']!r} holds characters that no text may hold")
    for name, row in _rows(out, manifest, "removed/"):
        if not row["reason"] or not row["source"]["path"]:
            broken.append(f"{name}: {row['id']!r} was removed without a reason or an address")
        survivor = row.get("survivor", "")
        if survivor and not manifest["configuration"]["against"] and survivor not in ids:
            broken.append(f"{name}: {row['id']!r} names the survivor {survivor!r}, which is not in the corpus")
    return broken


def _rows(out: Path, manifest: Mapping[str, Any], folder: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name in sorted(manifest["files"]):
        if not name.startswith(folder):
            continue
        rows = _parquet_rows(out / name) if name.endswith(".parquet") else _json_rows(out / name)
        for row in rows:
            yield name, row


def _json_rows(path: Path) -> Iterator[Mapping[str, Any]]:
    rest = b""
    with Stream(str(path)) as stream:
        for block in stream.blocks():
            *lines, rest = (rest + block).split(b"\n")
            yield from map(orjson.loads, lines)


def _parquet_rows(path: Path) -> Iterator[Mapping[str, Any]]:
    try:
        parquet = importlib.import_module("pyarrow.parquet")
    except ImportError as error:
        raise UsageError(f"{path}: to read Parquet, run: pip install 'ghirbal[parquet]'") from error
    for batch in parquet.ParquetFile(path).iter_batches():
        yield from batch.to_pylist()


