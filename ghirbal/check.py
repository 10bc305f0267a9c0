"""`ghirbal check`: does a finished corpus still keep the laws it was published under?"""

from __future__ import annotations

from pathlib import Path

import msgspec

from corpus.errors import InputError, UsageError
from corpus.files import digest_file, translated
from corpus.text import is_scrubbed
from ghirbal.laws import Ids, read_rows
from ghirbal.output import corpus_at, is_finished
from ghirbal.published import MANIFEST, SUCCESS, Manifest, read_manifest


class _Kept(msgspec.Struct, frozen=True):
    id: str
    text: str


class _Source(msgspec.Struct, frozen=True):
    path: str = ""


class _Removed(msgspec.Struct, frozen=True):
    id: str
    reason: str
    source: _Source
    survivor: str = ""


def check_corpus(out: Path) -> list[str]:
    """Return every law that `out` breaks, in words; an empty list means all is well.

    Raises:
        UsageError: `out` is no finished corpus at all, or one in Parquet and pyarrow is not installed.
    """
    out = corpus_at(out)
    if not is_finished(out):
        raise UsageError(f"{out}: no finished corpus ({SUCCESS} or {MANIFEST} is missing); run its command to the end")
    try:
        manifest = read_manifest(out)
    except UsageError as error:
        return [str(error)]
    return _check_files(out, manifest) or [*_check_counts(manifest), *_check_records(out, manifest)]


def _check_files(out: Path, manifest: Manifest) -> list[str]:
    broken = []
    with translated(out / SUCCESS, "read"):
        marker = (out / SUCCESS).read_bytes()
    if marker.strip() != digest_file(out / MANIFEST).sha256.encode("ascii"):
        broken.append(f"{MANIFEST}: changed since it was published")
    for name, said in manifest.files.items():
        path = out / name
        if path.is_symlink() or (path.parent != out and path.parent.is_symlink()):
            broken.append(f"{name}: a link, which may lead out of the corpus")
        elif not path.is_file():
            broken.append(f"{name}: missing")
        elif digest_file(path).sha256 != said.sha256:
            broken.append(f"{name}: changed since it was published (digest differs)")
    return broken


def _check_counts(manifest: Manifest) -> list[str]:
    counts, files = manifest.counts, manifest.files
    kept = sum(said.rows for name, said in files.items() if name.startswith("corpus/"))
    removed = sum(said.rows for name, said in files.items() if name.startswith("removed/"))
    broken = []
    if counts.read != counts.kept + counts.dropped + counts.failed:
        broken.append("counts: read is not kept + dropped + failed")
    if kept != counts.kept:
        broken.append(f"corpus/: {kept} rows, but {counts.kept} documents were kept")
    if removed != counts.dropped + counts.failed:
        broken.append(f"removed/: {removed} rows, but {counts.dropped + counts.failed} records were removed")
    return broken


def _check_records(out: Path, manifest: Manifest) -> list[str]:
    """Check ids, the law of text, and that each removed record has an address, a reason and a living survivor."""
    if manifest.configuration.format == "txt":
        return []
    broken: list[str] = []
    ids = Ids()
    for name in sorted(manifest.files):
        try:
            if name.startswith("corpus/"):
                broken += _check_kept(out, name, ids, unique=manifest.command != "clean")
            elif name.startswith("removed/"):
                broken += _check_removed(out, name, ids, here=not manifest.configuration.against)
        except (InputError, msgspec.DecodeError) as error:
            broken.append(f"{name}: not as a run writes it ({error})")
    return broken


def _check_kept(out: Path, name: str, ids: Ids, *, unique: bool) -> list[str]:
    broken = []
    for row in read_rows(out / name, _Kept):
        if not ids.add(row.id) and unique:
            broken.append(f"{name}: id {row.id!r} stands twice")
        if not is_scrubbed(row.text):
            broken.append(f"{name}: the text of {row.id!r} holds characters that no text may hold")
    return broken


def _check_removed(out: Path, name: str, ids: Ids, *, here: bool) -> list[str]:
    broken = []
    for row in read_rows(out / name, _Removed):
        if not row.reason or not row.source.path:
            broken.append(f"{name}: {row.id!r} was removed without a reason or an address")
        if row.survivor and here and row.survivor not in ids:
            broken.append(f"{name}: {row.id!r} names the survivor {row.survivor!r}, which is not in the corpus")
    return broken
