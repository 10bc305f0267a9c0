"""The output folder: whose it is, what state it is in, and the last files that make it a finished corpus.

    OUT/.ghirbal/run.json    what this folder is being made from; written first
    OUT/.ghirbal/work/       tasks that are done, summaries, learned state; gone when the run is finished
    OUT/manifest.json        inputs, configuration, versions, counts, the digest of every file
    OUT/_SUCCESS             the digest of the manifest; written last
"""

from __future__ import annotations

import hashlib
import platform
import re
import shutil
import sys
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from itertools import chain
from pathlib import Path
from typing import Any

import msgspec

from corpus.errors import EXIT_DONE, EXIT_PARTIAL, UsageError
from corpus.files import STDIN, InputFile, publish, publish_json, publishing, sweep, translated
from corpus.formats import FORMATS
from corpus.records import SCHEMA_VERSION
from corpus.run import Report, RunResult
from ghirbal.config import fingerprint
from ghirbal.published import BOILERPLATE, CLUSTERS, MANIFEST, REPORT, RUN, STATE, SUCCESS, Identity, read_struct

REPORT_PAGE, CARD = "report.html", "README.md"

#: All that a run ever publishes, the marker first, beside the parts in the folders of documents.
OURS = (SUCCESS, MANIFEST, REPORT, REPORT_PAGE, CARD, CLUSTERS, BOILERPLATE)
_FOLDERS = ("corpus", "removed")
_PART = re.compile(rf"part-\d{{5,}}\.(?:{'|'.join(map(re.escape, FORMATS))})", re.ASCII)
#: What stands in STATE while a run is on; what a run that never got to its note can have left there.
_TRANSIENT, _BEFORE_NOTE = ("work", "index", "stdin"), ("lock", "stdin", RUN)
#: The packages whose code decides what comes out; what is fetched is the business of the crawl.
_PACKAGES, _SOURCES = ("cleaning", "corpus", "dedup", "ghirbal"), {".py", ".toml", ".css", ".js", ".jinja"}
#: Where they all are installed.
INSTALLED = Path(__file__).parents[1]
_CODE = "code"
#: A manifest lists at most so many inputs by name; all are covered by the digest of their listing.
_MAX_INPUTS = 10_000
#: The libraries whose version can change a byte of the corpus.
_LIBRARIES = (
    "ghirbal", "babel", "backports.zstd", "charset-normalizer", "cssselect", "datasketch", "htmldate", "jinja2",
    "langdetect", "lxml", "markupsafe", "msgspec", "numba", "numpy", "orjson", "persiantools", "pyarrow", "trafilatura",
    "xxhash",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Finished:
    """A published corpus: its folder, its counts, and the exit code that tells whether anything failed."""

    out: Path
    report: Report
    already: bool = False

    @property
    def exit_code(self) -> int:
        """Return 0, or 1 if an input or a record failed."""
        return EXIT_PARTIAL if self.report.failed else EXIT_DONE


@cache
def library_versions() -> dict[str, str]:
    """Name what has a say in the output besides input and configuration: libraries, Python, and our own code."""
    versions = {
        "schema": str(SCHEMA_VERSION),
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "unicode": unicodedata.unidata_version,
        _CODE: code_digest(),
    }
    for name in _LIBRARIES:
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            versions[name] = "not installed"
    return versions


def code_digest() -> str:
    """Hash the code and the tables of all packages that decide what comes out."""
    digest = hashlib.sha256()
    for path in sorted(path for package in _PACKAGES for path in (INSTALLED / package).rglob("*.*")):
        if path.suffix in _SOURCES:
            data = path.read_bytes()
            digest.update(f"{path.relative_to(INSTALLED).as_posix()}\0{len(data)}\0".encode() + data)
    return digest.hexdigest()


def claim(out: Path, identity: Identity, *, fresh: bool) -> bool:
    """Make `out` ready for a run, and tell whether the very same run has finished there already.

    Raises:
        UsageError: the folder holds another run; `--fresh` replaces it.
    """
    path, found = out / STATE / RUN, None
    if path.exists():
        if fresh:
            discard(out)
        else:
            found = read_struct(path, Identity)
    if found is not None and found != identity:
        differing = _differences(msgspec.to_builtins(found), msgspec.to_builtins(identity))
        keys = ", ".join(differing).replace(f"versions.{_CODE}", "the code of Ghirbal")
        state = "a finished corpus" if (out / SUCCESS).exists() else "an unfinished run"
        raise UsageError(
            f"{out}: holds {state} made from something else (what differs: {keys}); "
            "give the same inputs and configuration, another folder, or --fresh to replace it"
        )
    if found is not None and (out / SUCCESS).exists():
        return True
    if found is None:
        publish_json(path, msgspec.to_builtins(identity))
    with translated(out):
        sweep(out)
    return False


def discard(out: Path) -> None:
    """Remove what a run publishes in `out`, by name, and nothing else; what is not ours stays where it is."""
    with translated(out):
        for path in (*(out / name for name in OURS), *_parts(out)):
            path.unlink(missing_ok=True)
        for folder in (out / name for name in _FOLDERS):
            if folder.is_dir() and not any(folder.iterdir()):
                folder.rmdir()
        _clear(out, _TRANSIENT)


def _parts(out: Path) -> Iterator[Path]:
    """Yield the parts of a corpus in `out`, whichever run wrote them."""
    for folder in _FOLDERS:
        for path in (out / folder).glob("part-*"):
            if _PART.fullmatch(path.name):
                yield path


def _clear(out: Path, names: Sequence[str]) -> None:
    for path in (out / STATE / name for name in names):
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def finish(out: Path, identity: Identity, inputs: Sequence[InputFile], outcome: RunResult) -> None:
    """Write the manifest and, last of all, the marker; then clear the work folder away.

    A worker that was killed and replaced may have left something unpublished.
    """
    with translated(out):
        sweep(out)
    listing = [{"path": file.name, "bytes": file.size} for file in inputs]
    manifest = {
        "schema": SCHEMA_VERSION,
        "command": identity.command,
        "configuration": identity.configuration,
        "versions": identity.versions,
        "inputs": {
            "files": len(listing),
            "bytes": sum(file.size for file in inputs),
            "sha256": fingerprint(listing),
            "listing": listing[:_MAX_INPUTS],
        },
        "counts": outcome.report.counts(),
        "files": outcome.files,
    }
    digest = publish_json(out / MANIFEST, manifest).sha256
    publish(out / SUCCESS, f"{digest}\n".encode("ascii"))
    with translated(out):
        _clear(out, ("work",))


def spool_input(path: Path) -> tuple[InputFile, str]:
    """Copy standard input to a file, so that it can be read twice; return it with the digest of its content.

    Raises:
        UsageError: it is closed.
    """
    if sys.stdin is None:
        raise UsageError("-: standard input is closed; give it something to read, or name files")
    with publishing(path) as (sink, outcome):
        shutil.copyfileobj(sys.stdin.buffer, sink)
    return InputFile(str(path), STDIN, outcome[0].bytes), outcome[0].sha256


def refuse_foreign(out: Path) -> None:
    """Refuse a folder that holds what no run of ours wrote, or links in the places of ours; nothing is written.

    Raises:
        UsageError: foreign files, links, or `out` is no folder.
    """
    if out.is_symlink() and not out.exists():
        raise UsageError(f"{out}: a link that leads nowhere; give a folder to -o")
    if out.exists() and not out.is_dir():
        raise UsageError(f"{out}: this is a file; give a folder to -o")
    # The folders come first, for what lies behind a link is not looked at.
    named = (out / name for name in (STATE, *_FOLDERS, *OURS))
    for path in chain(named, (out / STATE).rglob("*"), _parts(out)):
        if path.is_symlink():
            raise UsageError(f"{path}: a link to what is not ours to write; remove it, or give another folder to -o")
    if not out.exists() or (out / STATE / RUN).exists():
        return
    foreign = [path.name for path in out.iterdir() if path.name != STATE]
    if (out / STATE).is_dir():
        inside = (path.name for path in (out / STATE).iterdir())
        foreign += [f"{STATE}/{name}" for name in inside if not name.startswith(_BEFORE_NOTE)]
    if foreign:
        some = ", ".join(sorted(foreign)[:3])
        raise UsageError(f"{out}: holds files that no run of ours wrote ({some}); give a new or empty folder to -o")


def _differences(one: Mapping[str, Any], other: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    for key in sorted({*one, *other}):
        left, right = one.get(key), other.get(key)
        if isinstance(left, dict) and isinstance(right, dict):
            yield from _differences(left, right, f"{prefix}{key}.")
        elif left != right:
            yield f"{prefix}{key}"
