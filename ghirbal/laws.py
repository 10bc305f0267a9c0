"""The law of ids: each stands once in a corpus, and every survivor that is named stands there."""

from __future__ import annotations

import hashlib
import importlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from corpus.errors import CorpusError, UsageError
from corpus.files import Stream

_Row = TypeVar("_Row", bound=msgspec.Struct)


class Ids:
    """A set of ids in some 100 bytes each, however long they are."""

    def __init__(self) -> None:
        self._seen: set[bytes] = set()

    def add(self, name: str) -> bool:
        """Add an id; return whether it is new."""
        before = len(self._seen)
        self._seen.add(_hash(name))
        return len(self._seen) > before

    def __contains__(self, name: str) -> bool:
        return _hash(name) in self._seen


def _hash(name: str) -> bytes:
    return hashlib.blake2b(name.encode("utf-8", "surrogatepass"), digest_size=16).digest()


class _Kept(msgspec.Struct, frozen=True):
    id: str


class _Removed(msgspec.Struct, frozen=True):
    id: str = ""
    survivor: str = ""


def verify_ids(out: Path, files: Iterable[str], *, against: bool) -> None:
    """Make sure of the ids of a corpus that is about to be published; with `against`, survivors may be elsewhere.

    Raises:
        CorpusError: an id stands twice, or a survivor is missing: a defect of ours, never of the data.
    """
    names = sorted(files)
    ids = Ids()
    for name in names:
        if name.startswith("corpus/"):
            for kept in read_rows(out / name, _Kept):
                if not ids.add(kept.id):
                    _refuse(out, f"{name}: id {kept.id!r} stands twice")
    for name in names:
        if name.startswith("removed/") and not against:
            for removed in read_rows(out / name, _Removed):
                if removed.survivor and removed.survivor not in ids:
                    _refuse(out, f"{name}: {removed.id!r} names the survivor {removed.survivor!r}, which is not there")


def _refuse(out: Path, law: str) -> None:
    raise CorpusError(f"{out}: {law}: a defect of Ghirbal, please report it; the corpus is not published as finished")


def read_rows(path: Path, kind: type[_Row]) -> Iterator[_Row]:
    """Yield the rows of one published file, with the fields that `kind` has.

    Raises:
        InputError: the file is damaged.
        UsageError: it is Parquet, and there is nothing to read that with.
        msgspec.DecodeError: a row is not as a run writes it.
    """
    if path.name.endswith(".parquet"):
        parquet = _import_parquet(path)
        columns = [field.encode_name for field in msgspec.structs.fields(kind)]
        for batch in parquet.ParquetFile(path).iter_batches(columns=columns):
            yield from (msgspec.convert(row, kind) for row in batch.to_pylist())
        return
    if not path.stat().st_size:  # no rows in plain JSONL, which a reader of inputs would call a failure
        return
    decoder = msgspec.json.Decoder(kind)
    rest = b""
    with Stream(str(path)) as stream:
        for block in stream.blocks():
            *lines, rest = (rest + block).split(b"\n")
            yield from map(decoder.decode, lines)


def _import_parquet(path: Path) -> Any:
    try:
        return importlib.import_module("pyarrow.parquet")
    except ImportError as error:
        raise UsageError(f"{path}: to read Parquet, run: pip install 'ghirbal[parquet]'") from error
