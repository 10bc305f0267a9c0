"""What a corpus says of itself, read back with its types: whoever brought it may have written anything."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Annotated, Any, TypeAlias, TypeVar

import msgspec

from corpus.errors import UsageError
from corpus.files import translated
from corpus.formats import Format
from corpus.run import Report, report_from

SUCCESS, MANIFEST, REPORT = "_SUCCESS", "manifest.json", "report.json"

_Kind = TypeVar("_Kind")
_Count: TypeAlias = Annotated[int, msgspec.Meta(ge=0)]
_Counts: TypeAlias = dict[str, _Count]

#: A name that stays in the folder it is looked up in.
_INSIDE = re.compile(r"(?:(?:corpus|removed)/)?\w[\w.-]*", re.ASCII)


class Note(msgspec.Struct, frozen=True):
    """Hold what run.json says a folder is being made from."""

    command: str
    configuration: dict[str, Any]
    inputs: str
    versions: dict[str, str]


class Entry(msgspec.Struct, frozen=True):
    """Describe one published file."""

    sha256: str
    bytes: _Count
    rows: _Count = 0


class Counts(msgspec.Struct, frozen=True):
    """Count the records of a run."""

    read: _Count
    kept: _Count
    dropped: _Count
    failed: _Count


class Settings(msgspec.Struct, frozen=True):
    """Hold what of the configuration decides how a corpus is read."""

    format: Format
    against: str = ""


class Manifest(msgspec.Struct, frozen=True):
    """Hold what manifest.json says of a finished corpus; the names of `files` are such that lead nowhere else."""

    command: str
    configuration: Settings
    counts: Counts
    files: dict[str, Entry]

    def __post_init__(self) -> None:
        """Refuse names that lead out of the folder."""
        for name in self.files:
            if not _INSIDE.fullmatch(name):
                raise ValueError(f"{name!r} is no name that a run gives a file")


class _Failed(msgspec.Struct, frozen=True):
    path: str
    record: int
    offset: int
    reason: str
    message: str


class _ReportRow(msgspec.Struct, frozen=True):
    read: _Count
    kept: _Count
    dropped: _Count
    failed: _Count
    reasons: _Counts
    rules: _Counts
    languages: _Counts
    outlets: _Counts
    removed_by_outlet: _Counts
    characters: _Counts
    failures: list[_Failed]


def read_note(path: Path) -> Note:
    """Read run.json.

    Raises:
        UsageError: it is not as a run writes it.
    """
    return _decode(path, _bytes(path), Note)


def read_manifest(out: Path) -> Manifest:
    """Read the manifest of a finished corpus.

    Raises:
        UsageError: it is missing, or not as a run writes it.
    """
    return _decode(out / MANIFEST, _bytes(out / MANIFEST), Manifest)


def read_report(out: Path) -> Report:
    """Read the counts of a run that has finished, and make sure that they are still those it published.

    Raises:
        UsageError: the marker, the manifest or the report is missing, damaged or changed.
    """
    marker, manifest, report = (_bytes(out / name) for name in (SUCCESS, MANIFEST, REPORT))
    if marker.strip() != _digest(manifest):
        raise UsageError(f"{out / MANIFEST}: changed since it was published; {_REMEDY}")
    said = _decode(out / MANIFEST, manifest, Manifest).files.get(REPORT)
    if said is None or said.sha256.encode() != _digest(report):
        raise UsageError(f"{out / REPORT}: changed since it was published; {_REMEDY}")
    return report_from(msgspec.to_builtins(_decode(out / REPORT, report, _ReportRow)))


_REMEDY = "`ghirbal check` tells what else is damaged, --fresh makes the corpus anew"


def _bytes(path: Path) -> bytes:
    with translated(path, "read"):
        try:
            return path.read_bytes()
        except FileNotFoundError:
            raise UsageError(f"{path}: missing; {_REMEDY}") from None


def _digest(data: bytes) -> bytes:
    return hashlib.sha256(data).hexdigest().encode("ascii")


def _decode(path: Path, data: bytes, kind: type[_Kind]) -> _Kind:
    try:
        return msgspec.json.decode(data, type=kind)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise UsageError(f"{path}: not as a run of ours writes it ({error}); {_REMEDY}") from error
