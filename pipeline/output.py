"""The output folder: whose it is, what state it is in, and the last files that make it a finished corpus.

    OUT/.ghirbal/run.json    what this folder is being made from; written first
    OUT/.ghirbal/work/       tasks that are done, summaries, learned state; gone when the run is finished
    OUT/manifest.json        inputs, configuration, versions, counts, the digest of every file
    OUT/_SUCCESS             the digest of the manifest; written last
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import orjson

from corpus.commit import Published, publish, publish_json, sweep, translated
from corpus.document import SCHEMA_VERSION
from corpus.errors import UsageError
from corpus.inputs import InputFile
from corpus.runner import Outcome
from pipeline.config import fingerprint

HOUSE = ".ghirbal"
SUCCESS, MANIFEST = "_SUCCESS", "manifest.json"
REPORT, REPORT_PAGE = "report.json", "report.html"
CLUSTERS, BOILERPLATE = "clusters.jsonl", "boilerplate.toml"

#: Everything a run ever publishes; `--fresh` removes these and nothing else. The marker goes first.
_OURS = (SUCCESS, MANIFEST, REPORT, REPORT_PAGE, CLUSTERS, BOILERPLATE, "corpus", "removed")
#: A manifest lists at most so many inputs by name; all are covered by the digest of their listing.
_MAX_INPUTS = 10_000
#: The libraries whose version can change a byte of the corpus.
_LIBRARIES = (
    "ghirbal", "babel", "charset-normalizer", "datasketch", "langdetect", "lxml", "numba", "numpy", "persiantools",
    "trafilatura",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Identity:
    """What a run is made from; two runs with equal identities make the same bytes."""

    command: str
    configuration: Mapping[str, Any]
    inputs: str

    def row(self) -> dict[str, Any]:
        """Return the identity as run.json holds it."""
        return {
            "command": self.command,
            "configuration": self.configuration,
            "inputs": self.inputs,
            "versions": library_versions(),
        }


def library_versions() -> dict[str, str]:
    """Name the installed version of each library that has a say in the output."""
    versions = {"schema": str(SCHEMA_VERSION)}
    for name in _LIBRARIES:
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            versions[name] = "not installed"
    return versions


def claim(out: Path, identity: Identity, *, fresh: bool) -> bool:
    """Make `out` ready for a run, and tell whether the very same run has finished there already.

    Raises:
        UsageError: the folder holds another run; `--fresh` replaces it.
    """
    row = identity.row()
    note = out / HOUSE / "run.json"
    found = orjson.loads(note.read_bytes()) if note.exists() else None
    if found is not None and fresh:
        discard(out)
    elif found is not None and found != row:
        _refuse_other(out, found, row)
    elif found is not None and (out / SUCCESS).exists():
        return True
    if found is None or fresh:
        publish_json(note, row)
    with translated(out):
        sweep(out)
    return False


def discard(out: Path) -> None:
    """Remove what an earlier run published in `out`, and nothing else."""
    with translated(out):
        for name in (*_OURS, f"{HOUSE}/work"):
            path = out / name
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)


def is_finished(folder: Path) -> bool:
    """Tell whether `folder` is a finished corpus of ours."""
    return (folder / SUCCESS).is_file() and (folder / MANIFEST).is_file()


def corpus_at(path: Path) -> Path:
    """Return the finished corpus that `path` stands for: itself, or the folder around its documents."""
    around = path.absolute()
    return around.parent if around.name == "corpus" and not is_finished(path) and is_finished(around.parent) else path


def finish(out: Path, identity: Identity, inputs: Sequence[InputFile], outcome: Outcome) -> None:
    """Write the manifest and, last of all, the marker; then clear the work folder away."""
    listing = [{"path": file.name, "bytes": file.size} for file in inputs]
    manifest = {
        "schema": SCHEMA_VERSION,
        "command": identity.command,
        "configuration": identity.configuration,
        "versions": library_versions(),
        "inputs": {
            "files": len(listing),
            "bytes": sum(file.size for file in inputs),
            "sha256": fingerprint(listing),
            "listing": listing[:_MAX_INPUTS],
        },
        "counts": {name: getattr(outcome.report, name) for name in ("read", "kept", "dropped", "failed")},
        "files": outcome.files,
    }
    digest = publish_json(out / MANIFEST, manifest).sha256
    publish(out / SUCCESS, f"{digest}\n".encode("ascii"))
    with translated(out):
        shutil.rmtree(out / HOUSE / "work", ignore_errors=True)


def entry(published: Published, rows: int = 0) -> dict[str, Any]:
    """Describe one published file as the manifest does."""
    return {"sha256": published.sha256, "bytes": published.bytes, "rows": rows or published.rows}


def refuse_foreign(out: Path) -> None:
    """Refuse a folder that holds files which no run of ours wrote, before anything is written.

    Raises:
        UsageError: foreign files, or `out` is a file.
    """
    if out.exists() and not out.is_dir():
        raise UsageError(f"{out}: this is a file; give a folder to -o")
    foreign = sorted(path.name for path in out.iterdir() if path.name != HOUSE) if out.exists() else []
    if foreign and not (out / HOUSE / "run.json").exists():
        some = ", ".join(foreign[:3])
        raise UsageError(f"{out}: holds files that no run of ours wrote ({some}); give a new or empty folder to -o")


def _refuse_other(out: Path, found: Mapping[str, Any], row: Mapping[str, Any]) -> None:
    keys = ", ".join(_differences(found, row)) or "the version of the run file"
    state = "a finished corpus" if (out / SUCCESS).exists() else "an unfinished run"
    raise UsageError(
        f"{out}: holds {state} made from something else (what differs: {keys}); "
        "give the same inputs and configuration, another folder, or --fresh to replace it"
    )


def _differences(one: Mapping[str, Any], other: Mapping[str, Any], prefix: str = "") -> list[str]:
    names: list[str] = []
    for key in sorted(set(one) | set(other)):
        left, right = one.get(key), other.get(key)
        if isinstance(left, dict) and isinstance(right, dict):
            names += _differences(left, right, f"{prefix}{key}.")
        elif left != right:
            names.append(f"{prefix}{key}")
    return names
