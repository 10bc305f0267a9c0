"""The laws of a corpus, made sure of before its marker is written, and by `ghirbal check` ever after."""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path

import msgspec
import numpy as np

from corpus.errors import InputError, UsageError
from corpus.files import Place, digest_file, fetched, translated
from corpus.records import Document
from corpus.text import is_scrubbed
from ghirbal.published import (
    MANIFEST,
    SUCCESS,
    Found,
    Manifest,
    RemovedRecord,
    finished_at,
    read_rows,
    read_struct,
)
from ghirbal.survey import Survey


def check_corpus(given: object) -> list[str]:
    """Return every law that the corpus at a path or an address breaks, in words; an empty list means all is well.

    Raises:
        UsageError: it is no finished corpus at all, or one in Parquet and pyarrow is not installed.
    """
    out = finished_at(given)
    try:
        manifest = read_struct(out / MANIFEST, Manifest)
    except UsageError as error:
        return [str(error)]
    if broken := list(_check_files(out, manifest)):
        return broken
    broken += _check_counts(manifest)
    if manifest.configuration.get("format") == "txt":
        return broken
    # Which documents it was compared with is known by their digests alone: survivors may be among those.
    elsewhere = None if manifest.configuration.get("against") else ()
    return [*broken, *check_records(out, manifest.files, unique=manifest.command != "clean", elsewhere=elsewhere)]


def _check_files(out: Place, manifest: Manifest) -> Iterator[str]:
    with translated(out / SUCCESS, "read"):
        marker, said = ((out / name).read_bytes() for name in (SUCCESS, MANIFEST))
    if marker.strip() != hashlib.sha256(said).hexdigest().encode("ascii"):
        yield f"{MANIFEST}: changed since it was published"
    for name, published in manifest.files.items():
        path = out / name
        if isinstance(path, Path) and (path.is_symlink() or (path.parent != out and path.parent.is_symlink())):
            yield f"{name}: a link, which may lead out of the corpus"
        elif not path.is_file():
            yield f"{name}: missing"
        else:
            with fetched(str(path)) as local:
                if digest_file(Path(local)).sha256 != published.sha256:
                    yield f"{name}: changed since it was published (digest differs)"


def _check_counts(manifest: Manifest) -> Iterator[str]:
    counts, files = manifest.counts, manifest.files
    kept = sum(said.rows for name, said in files.items() if name.startswith("corpus/"))
    removed = sum(said.rows for name, said in files.items() if name.startswith("removed/"))
    gone = counts["dropped"] + counts["failed"]
    if counts["read"] != counts["kept"] + gone:
        yield "counts: read is not kept + dropped + failed"
    if kept != counts["kept"]:
        yield f"corpus/: {kept} rows, but {counts['kept']} documents were kept"
    if removed != gone:
        yield f"removed/: {removed} rows, but {gone} records were removed"


class _Checked:
    """What one file of records shows: the laws it breaks by itself, and names that are held against other files."""

    def __init__(self) -> None:
        self.laws: list[str] = []
        #: Of each id of a document, and of each survivor that is named, a hash.
        self.ids, self.survivors = array("Q"), array("Q")
        self.survey = Survey()


def check_records(
    out: Place,
    files: Iterable[str],
    *,
    unique: bool,
    elsewhere: Iterable[str] | None = (),
    survey: Survey | None = None,
    run: Callable[[Callable[[str], _Checked], Iterable[str]], Iterable[_Checked]] = map,
) -> Iterator[str]:
    """Yield what the records of a corpus break: the law of ids, the law of text, an address and a reason for each.

    Each id stands once, if `unique`; each survivor that is named stands in the corpus or `elsewhere` (ids; None if
    nobody knows them). `files` are names of published files, in any format but txt. `survey` is shown what is read, and
    `run` has the files read, perhaps in other processes. Of each id 8 bytes are held: whether two that share them are
    one id is read again, and that a survivor shares them with none of n others is not known once in 2**64 / n.
    """
    names = sorted(file for file in files if file.startswith(("corpus/", "removed/")))  # documents come first
    ids, survivors = array("Q"), array("Q")
    for checked in run(partial(_check_file, out), names):
        yield from checked.laws
        ids += checked.ids
        survivors += checked.survivors
        if survey:
            survey.add(checked.survey)
    known = np.frombuffer(ids, np.uint64)
    known.sort()
    twice = set(known[1:][known[1:] == known[:-1]].tolist()) if unique else set()
    named = np.frombuffer(survivors, np.uint64)
    first, last = (np.searchsorted(known, named, side) for side in ("left", "right"))
    lost = set(named[first == last].tolist()) if elsewhere is not None else set()
    lost -= {key for one in elsewhere or () if (key := _key(one)) in lost} if lost else set()
    seen: set[str] = set()
    for name in names if twice or lost else ():  # hardly ever
        for row in _rows(out, name, []):
            if isinstance(row, RemovedRecord):
                if row.survivor and _key(row.survivor) in lost:
                    yield f"{name}: {row.id!r} names the survivor {row.survivor!r}, which is not in the corpus"
            elif _key(row.id) in twice:
                if row.id in seen:
                    yield f"{name}: id {row.id!r} stands twice"
                seen.add(row.id)


def _check_file(out: Place, name: str) -> _Checked:
    checked = _Checked()
    for row in _rows(out, name, checked.laws):
        checked.survey.observe(row)
        if isinstance(row, Document):
            checked.ids.append(_key(row.id))
            if not is_scrubbed(row.text):
                checked.laws.append(f"{name}: the text of {row.id!r} holds characters that no text may hold")
            continue
        if not row.reason or not row.source.path:
            checked.laws.append(f"{name}: {row.id!r} was removed without a reason or an address")
        if row.survivor:
            checked.survivors.append(_key(row.survivor))
    return checked


def _rows(out: Place, name: str, laws: list[str]) -> Iterator[Found]:
    """Yield the records of a file up to what is no record; that it has such goes into `laws`."""
    kind: type[Found] = Document if name.startswith("corpus/") else RemovedRecord
    try:
        yield from read_rows(out / name, kind)
    except (InputError, msgspec.DecodeError) as error:
        laws.append(f"{name}: not as a run writes it ({error})")


def _key(name: str) -> int:
    """Return an id in 8 bytes, however long it is."""
    return int.from_bytes(hashlib.blake2b(name.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")
