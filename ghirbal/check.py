"""The laws of a corpus, made sure of before its marker is written, and by `ghirbal check` ever after."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

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


def check_records(
    out: Place,
    files: Iterable[str],
    *,
    unique: bool,
    elsewhere: Iterable[str] | None = (),
    survey: Survey | None = None,
) -> Iterator[str]:
    """Yield what the records of a corpus break: the law of ids, the law of text, an address and a reason for each.

    Each id stands once, if `unique`; each survivor that is named stands in the corpus or `elsewhere` (ids; None if
    nobody knows them). `files` are names of published files, in any format but txt. `survey` is shown what is read.
    """
    ids: set[bytes] = set()
    missing: list[tuple[bytes, str]] = []
    for name in sorted(file for file in files if file.startswith(("corpus/", "removed/"))):  # documents come first
        kind: type[Found] = Document if name.startswith("corpus/") else RemovedRecord
        try:
            for row in read_rows(out / name, kind):
                if survey:
                    survey.observe(row)
                if isinstance(row, Document):
                    if (key := _key(row.id)) in ids and unique:
                        yield f"{name}: id {row.id!r} stands twice"
                    ids.add(key)
                    if not is_scrubbed(row.text):
                        yield f"{name}: the text of {row.id!r} holds characters that no text may hold"
                    continue
                if not row.reason or not row.source.path:
                    yield f"{name}: {row.id!r} was removed without a reason or an address"
                if row.survivor and elsewhere is not None and (key := _key(row.survivor)) not in ids:
                    law = f"{name}: {row.id!r} names the survivor {row.survivor!r}, which is not in the corpus"
                    missing.append((key, law))
        except (InputError, msgspec.DecodeError) as error:
            yield f"{name}: not as a run writes it ({error})"
    wanted = {key for key, _ in missing}
    found = {key for known in elsewhere or () if (key := _key(known)) in wanted} if wanted else set()
    yield from (law for key, law in missing if key not in found)


def _key(name: str) -> bytes:
    """Return an id in 16 bytes, however long it is."""
    return hashlib.blake2b(name.encode("utf-8", "surrogatepass"), digest_size=16).digest()
