"""A finished corpus read back, in a folder or at an address: whoever brought it may have written anything.

    OUT/_SUCCESS         the digest of the manifest; a corpus is finished when it is there
    OUT/manifest.json    what the corpus was made from, its counts, and the digest of every file
    OUT/corpus/          the documents; only the files that the manifest names are part of the corpus
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from os.path import realpath
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias, TypeVar

import msgspec

import crawler
from corpus.errors import InputError, UsageError, load_package
from corpus.files import (
    STDIN,
    InputFile,
    Place,
    Published,
    Store,
    Stream,
    decode_json,
    fetched,
    list_inputs,
    place_of,
    show_name,
    translated,
)
from corpus.records import FREE_FIELDS, Copy, Document, Failure, Source

if TYPE_CHECKING:  # what only reads needs none of the readers of inputs, which take longer to load than to answer
    from corpus.run import Report

STATE, RUN, SUCCESS, MANIFEST, REPORT = ".ghirbal", "run.json", "_SUCCESS", "manifest.json", "report.json"
CLUSTERS, BOILERPLATE = "clusters.jsonl", "boilerplate.toml"

_Kind = TypeVar("_Kind")
_Count: TypeAlias = Annotated[int, msgspec.Meta(ge=0)]

#: A name that stays in the folder it is looked up in.
_INSIDE = re.compile(r"(?:(?:corpus|removed)/)?\w[\w.-]*", re.ASCII)
_PARQUET_ROWS = 2_048
#: What lies in a corpus without being named by its manifest: parts that another run has left, too.
_LEFT = rf"{SUCCESS}|{MANIFEST}|(?:corpus|removed)/part-\d{{5,}}\..*"
_BESIDE = "not read: no part of the corpus or crawl in its folder; give it as an INPUT too, or move it out"
_REMEDY = "`ghirbal check` tells what else is damaged, --fresh makes the corpus anew"


class Identity(msgspec.Struct, frozen=True):
    """Hold what run.json says a corpus is made from; runs of equal identities make the same bytes."""

    command: str
    configuration: dict[str, Any]
    inputs: str
    versions: dict[str, str]


class Manifest(msgspec.Struct, frozen=True):
    """Hold what manifest.json says of a finished corpus; the names of `files` are such that lead nowhere else."""

    command: str
    configuration: dict[str, Any]
    counts: dict[str, _Count]
    files: dict[str, Published]
    inputs: dict[str, Any] = {}

    def __post_init__(self) -> None:
        """Refuse names that lead out of the folder, and counts of which one is missing."""
        if not {"read", "kept", "dropped", "failed"} <= self.counts.keys():
            raise ValueError("counts are missing")
        for name in self.files:
            if not _INSIDE.fullmatch(name):
                raise ValueError(f"{name!r} is no name that a run gives a file")


class RemovedRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A record that was not kept: its address, the reason, the stage that said so, and what that rests on."""

    source: Source
    reason: str
    stage: str
    failed: bool = False
    id: str = ""
    outlet: str = ""
    url: str = ""
    title: str = ""
    published: str = ""
    text: str = ""
    excerpt: str = ""
    language: str = ""
    trace: dict[str, Any] = {}
    message: str = ""
    measure: str = ""
    value: Any = None
    limit: Any = None
    survivor: str = ""
    survivor_outlet: str = ""
    survivor_url: str = ""
    survivor_title: str = ""
    cluster: str = ""
    relation: str = ""
    score: float = 0.0
    scores: dict[str, float] = {}
    passage: str = ""
    anchor: str = ""


class Cluster(msgspec.Struct, frozen=True):
    """A story and its copies; the survivor is the first of `members`."""

    cluster: str
    survivor: str
    members: tuple[Copy, ...]


#: A record of a finished corpus, kept or not.
Found: TypeAlias = Document | RemovedRecord


def is_finished(folder: Place) -> bool:
    """Tell whether `folder` is a finished corpus of ours."""
    return (folder / SUCCESS).is_file() and (folder / MANIFEST).is_file()


def corpus_at(path: Place) -> Place:
    """Return the finished corpus that `path` stands for: itself, or what it is the documents or a file of."""
    here = Path(realpath(path)) if isinstance(path, Path) else path
    around = [here.parent] if here.is_file() or here.name == "corpus" else []
    if here.is_file() and here.parent.name in ("corpus", "removed"):
        around.append(here.parent.parent)
    return path if is_finished(path) else next(filter(is_finished, around), path)


def finished_at(path: object) -> Place:
    """Return the finished corpus that `path` stands for.

    Raises:
        UsageError: it stands for none.
    """
    found = corpus_at(place_of(path))
    if not is_finished(found):
        raise UsageError(f"{path}: no finished corpus ({SUCCESS} or {MANIFEST} is missing); run its command to the end")
    return found


def list_records(inputs: Iterable[str]) -> tuple[list[InputFile], list[Failure], dict[str, set[str] | None]]:
    """List the files of INPUTs, what cannot be read, and what INPUTs stand for; raise as `find_records`."""
    beside: dict[str, Failure] = {}
    find = partial(find_records, beside=beside)
    found = find(name for name in inputs if name != STDIN)
    files, failures = list_inputs(list(found), found, find)
    return files, [*failures, *map(beside.__getitem__, sorted(beside.keys() - {file.path for file in files}))], found


def find_records(inputs: Iterable[str], beside: dict[str, Failure]) -> dict[str, set[str] | None]:
    """Return what INPUTs stand for, for `list_inputs`: a corpus, a crawl for its records, and for nothing else in it.

    What somebody has put beside these goes into `beside`, by its path.

    Raises:
        UsageError: one is an unfinished corpus, or a finished one that is damaged.
    """
    found: dict[str, set[str] | None] = {}
    for name in inputs:
        folder = place_of(name)
        with translated(folder, "read"):
            if folder.is_file() and (isinstance(folder, Path) or folder.suffix):  # to web servers all are files
                found[name] = None
            elif is_finished(corpus := corpus_at(folder)):
                read_marker(corpus)
                # In plain JSONL a part without documents is an empty file, which as an input would be a failure.
                parts = read_struct(corpus / MANIFEST, Manifest).files.items()
                files = [file for file, said in parts if file.startswith("corpus/") and said.bytes]
                there = corpus.find() if isinstance(corpus, Store) else None  # which asks once, and not for each
                missing = (one for one in files if not ((corpus / one).is_file() if there is None else one in there))
                if one := next(missing, ""):
                    raise UsageError(f"{corpus / one}: missing; {_REMEDY}")
                found[str(folder / "corpus") if corpus == folder else name] = {Path(file).name for file in files}
                ours = re.compile("|".join([_LEFT, *(re.escape(file) for file, _ in parts)]))
                _find_beside(beside, folder, "" if corpus == folder else "corpus/", ours)
            elif (folder / STATE / RUN).is_file():
                raise UsageError(f"{name}: an unfinished corpus; run the command that makes it to its end first")
            elif isinstance(folder, Path) and (folder / "warc").is_dir() and any(folder.glob("frontier*.sqlite")):
                found[str(folder / "warc")] = None
                _find_beside(beside, folder, "", crawler.OURS)
            else:
                found[name] = None
    return found


def _find_beside(beside: dict[str, Failure], folder: Place, prefix: str, ours: re.Pattern[str]) -> None:
    from corpus.formats import is_dump

    def find(names: Iterable[str]) -> dict[str, None]:  # what runs of ours have made there is no stranger's
        return {name: None for name in names if not (is_finished(Path(name)) or (Path(name) / STATE).is_dir())}

    here = Path(realpath(folder)) if isinstance(folder, Path) else folder
    for file in list_inputs([str(folder)], find=find if here is not folder else dict.fromkeys)[0]:
        if not ours.fullmatch(prefix + file.name) and is_dump(file):
            source = Source(f"{show_name(here.name)}/{file.name}")
            beside[file.path] = Failure(source, "beside-records", _BESIDE)


def read_struct(path: Place, kind: type[_Kind]) -> _Kind:
    """Read a JSON file of a run.

    Raises:
        UsageError: it is missing, or not as a run writes it.
    """
    try:
        return decode_json(_bytes(path), kind)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path}: not as a run of ours writes it ({error}); {_REMEDY}") from error


def read_marker(out: Place) -> str:
    """Return the digest that names the state of a finished corpus.

    Raises:
        UsageError: the marker or the manifest is missing or changed.
    """
    marker, digest = _bytes(out / SUCCESS), hashlib.sha256(_bytes(out / MANIFEST)).hexdigest()
    if marker.strip() != digest.encode("ascii"):
        remedy = f"run: ghirbal check {out}, or make the corpus anew with --fresh"
        raise UsageError(f"{out / MANIFEST}: changed since it was published; {remedy}")
    return digest


def read_report(out: Place) -> Report:
    """Read the counts of a run that has finished, and make sure that they are still those it published.

    Raises:
        UsageError: the marker, the manifest or the report is missing, damaged or changed.
    """
    from corpus.run import Report

    read_marker(out)
    said = read_struct(out / MANIFEST, Manifest).files.get(REPORT)
    if said is None or said.sha256 != hashlib.sha256(_bytes(out / REPORT)).hexdigest():
        raise UsageError(f"{out / REPORT}: changed since it was published; {_REMEDY}")
    return read_struct(out / REPORT, Report)


def read_rows(path: Place, kind: type[_Kind]) -> Iterator[_Kind]:
    """Yield the rows of one published file, with the fields that `kind` has.

    Raises:
        InputError: the file is damaged.
        UsageError: it is Parquet, and there is nothing to read that with.
        msgspec.DecodeError: a row is not as a run writes it.
    """
    if path.suffix == ".parquet":
        with _fetched(path) as local:
            yield from (msgspec.convert(row, kind) for row in _read_parquet(local))
    else:
        yield from map(msgspec.json.Decoder(kind).decode, read_lines(path))


def _read_parquet(path: str) -> Iterator[dict[str, Any]]:
    parquet = load_package("pyarrow.parquet", path, "parquet")
    try:
        for batch in parquet.ParquetFile(path).iter_batches(batch_size=_PARQUET_ROWS):
            for row in batch.to_pylist():
                yield row | {name: msgspec.json.decode(row[name]) for name in FREE_FIELDS}
    except (ValueError, TypeError, LookupError, OSError) as error:  # what pyarrow raises is one of these as well
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise InputError(str(error), path=path) from error


def read_lines(path: Place) -> Iterator[bytes]:
    """Yield the lines of a published file, without their ends.

    Raises:
        InputError: it is damaged.
    """
    rest = b""
    with _fetched(path) as local:
        if not Path(local).stat().st_size:  # no rows in plain JSONL, which a reader of inputs would call a failure
            return
        with Stream(local) as stream:
            for block in stream.blocks():
                *lines, rest = (rest + block).split(b"\n")
                yield from lines


@contextmanager
def _fetched(path: Place) -> Iterator[str]:
    """Give the path on this machine of a published file, or of its copy, while the block reads it."""
    if not path.is_file():
        raise UsageError(f"{path}: missing; {_REMEDY}")
    with translated(path, "read"), fetched(str(path)) as local:
        yield local


def _bytes(path: Place) -> bytes:
    with translated(path, "read"):
        try:
            return path.read_bytes()
        except FileNotFoundError:
            raise UsageError(f"{path}: missing; {_REMEDY}") from None
