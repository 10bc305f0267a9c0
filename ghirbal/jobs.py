"""The three jobs, build, clean and dedup: stages put together, run, and made into a finished corpus."""

from __future__ import annotations

import copy
import os
import shutil
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from os.path import realpath
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol, runtime_checkable

from cleaning.filters import Filter
from cleaning.stages import Clean, Extract
from corpus.errors import EXIT_DONE, EXIT_PARTIAL, UsageError
from corpus.files import STDIN, InputFile, list_inputs, publish, publish_json, publishing, run_lock, translated
from corpus.formats import Format
from corpus.records import Failure
from corpus.run import Plan, Report, RunResult, Stage, Watcher, cut_segments, first_tasks, open_pool, run_stages
from ghirbal.config import Config, fingerprint, plain, read_reviewed
from ghirbal.laws import verify_ids
from ghirbal.output import (
    BOILERPLATE,
    CLUSTERS,
    HOUSE,
    REPORT_PAGE,
    Identity,
    claim,
    entry,
    finish,
    is_finished,
    refuse_foreign,
)
from ghirbal.published import REPORT, read_report
from ghirbal.report_page import render_report

if TYPE_CHECKING:
    from ghirbal.against import Against

Command = Literal["build", "clean", "dedup"]

_MEGABYTE = 2**20


@dataclass(frozen=True, slots=True)
class Job:
    """One run as the user asked for it. `boilerplate` is a path, or "", `against` one path or several."""

    command: Command
    inputs: tuple[str, ...]
    out: Path
    config: Config
    form: Format = "jsonl.zst"
    workers: int = 1
    fresh: bool = False
    filters: bool = True
    boilerplate: str = ""
    against: str | tuple[str, ...] = ()


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


@runtime_checkable
class _Clustering(Protocol):
    """A stage that can list the clusters it found."""

    def clusters(self) -> Iterable[bytes]: ...


def run_job(job: Job, watch: Watcher) -> Finished:
    """Run a job to its end, or take up where a killed one left off.

    Raises:
        UsageError: inputs, configuration or output folder make no sense; nothing was written.
        EnvironmentFault: the machine refused; the same command resumes.
    """
    job = replace(job, out=job.out.absolute())
    with translated(job.out):
        refuse_foreign(job.out)
    reviewed = read_reviewed(job.boilerplate)
    files, failures = _list(job)
    cleaners, against = _cleaners(job, reviewed), _against(job)
    spool = job.out / HOUSE / "stdin"
    with run_lock(job.out / HOUSE / "lock"), _gone_at_last(spool):
        listing = [[file.name, file.size, file.mtime_ns] for file in files]
        if STDIN in job.inputs:
            spooled, digest = _spool(spool)
            files.append(spooled)
            listing.append([STDIN, spooled.size, digest])
        listing += [[failure.source.path, failure.reason] for failure in failures]
        holds = against.holds if against else ""
        identity = Identity(job.command, _configuration(job, reviewed, holds), fingerprint(listing))
        if claim(job.out, identity, fresh=job.fresh):
            return Finished(job.out, read_report(job.out), already=True)
        stages = [*cleaners, *_deduper(job, against, watch)]
        plan = _plan(job, identity, stages)
        with translated(plan.work):
            plan.work.mkdir(parents=True, exist_ok=True)
        with open_pool(job.workers) as pool:
            outcome = run_stages(plan, stages, first_tasks(files, failures), pool, watch)
        _publish_rest(job, stages, outcome)
        # `clean` leaves the ids of its input as they are, and txt has none.
        if job.command != "clean" and job.form != "txt":
            verify_ids(job.out, outcome.files, against=against is not None)
        finish(job.out, identity, files, outcome)
    return Finished(job.out, outcome.report)


def _cleaners(job: Job, reviewed: str | None) -> list[Stage]:
    extract, config = Extract(job.config.extract), job.config
    if job.command == "dedup":
        return [extract]
    return [extract, Clean(config.clean, reviewed), Filter(config.filters, enabled=job.filters)]


def _against(job: Job) -> Against | None:
    """Find what new documents are compared with besides each other."""
    paths = (job.against,) if isinstance(job.against, str) else job.against
    if job.command == "clean" or not paths:
        return None
    # Path.resolve raises a RuntimeError for a link that leads to itself.
    if any(Path(realpath(path)).is_relative_to(realpath(job.out)) for path in paths):
        raise UsageError(f"{job.out}: would be written and compared with; give another folder to -o")
    from ghirbal.against import find_against

    return find_against(paths, job.config.dedup)


def _deduper(job: Job, against: Against | None, watch: Watcher) -> list[Stage]:
    """Return the stage that finds copies, if the job has one; what it asks is ready when this returns."""
    if job.command == "clean":
        return []
    # Imported here: compiled kernels and their libraries take a second to load, which `clean` need not wait for.
    from dedup.stages import Dedup

    if against is None:
        return [Dedup(job.config.dedup)]
    watch.begin("index", 1)
    index = against.open(_work(job) / "against")
    watch.advance(1)
    return [Dedup(job.config.dedup, index)]


def _work(job: Job) -> Path:
    return job.out / HOUSE / "work"


def _plan(job: Job, identity: Identity, stages: Sequence[Stage]) -> Plan:
    return Plan(
        fingerprint=fingerprint(identity.row()),
        out=job.out,
        work=_work(job),
        stages=tuple(copy.deepcopy(stages)),
        segments=cut_segments(stages),
        read=job.config.read,
        form=job.form,
        seconds=job.config.run.deadline,
        memory=job.config.run.memory_mb * _MEGABYTE,
    )


def _configuration(job: Job, reviewed: str | None, holds: str) -> dict[str, Any]:
    return plain(job.config) | {
        "format": job.form,
        "filters_enabled": job.filters,
        "boilerplate": fingerprint(reviewed) if reviewed is not None else "",
        "against": holds,
    }


def _list(job: Job) -> tuple[list[InputFile], list[Failure]]:
    """List the inputs; a finished corpus or a crawl stands for the records it holds."""
    names = [_resolve(name) for name in job.inputs if name != STDIN]
    files, failures = list_inputs(names)
    out = Path(os.path.realpath(job.out))
    for name in names:
        given = Path(os.path.realpath(name))
        if out.is_relative_to(given):
            raise UsageError(f"{job.out}: the output folder lies inside the input; give another folder to -o")
        if given.is_relative_to(out):
            raise UsageError(f"{name}: lies inside the output folder, which is written anew; give another one to -o")
    if not (files or failures or STDIN in job.inputs):
        raise UsageError(f"{', '.join(job.inputs)}: no files here; see `ghirbal build --help` for the kinds there are")
    return files, failures


def _resolve(name: str) -> str:
    folder = Path(name)
    with translated(folder, "read"):
        if is_finished(folder):
            return str(folder / "corpus")
        if (folder / HOUSE / "run.json").exists():
            raise UsageError(f"{name}: an unfinished corpus; run the command that makes it to its end first")
        if (folder / "warc").is_dir() and any(folder.glob("frontier*.sqlite")):
            return str(folder / "warc")
    return name


def _spool(path: Path) -> tuple[InputFile, str]:
    """Copy standard input to a file, so that it can be read twice; return it with the digest of its content."""
    if sys.stdin is None:
        raise UsageError("-: standard input is closed; give it something to read, or name files")
    with publishing(path) as (sink, outcome):
        shutil.copyfileobj(sys.stdin.buffer, sink)
    return InputFile(str(path), STDIN, outcome[0].bytes), outcome[0].sha256


@contextmanager
def _gone_at_last(path: Path) -> Iterator[None]:
    """Remove a file, if it is there, however the block ends: the same command reads standard input anew."""
    try:
        yield
    finally:
        with translated(path):
            path.unlink(missing_ok=True)


def _publish_rest(job: Job, stages: Sequence[Stage], outcome: RunResult) -> None:
    """Write what only the whole run knows: clusters, the learned table, the report."""
    for stage in stages:
        if isinstance(stage, _Clustering):
            outcome.files[CLUSTERS] = _publish_lines(job.out / CLUSTERS, stage.clusters())
        if isinstance(stage, Clean):
            outcome.files[BOILERPLATE] = entry(publish(job.out / BOILERPLATE, stage.table_toml().encode()))
    row = report_row(job, outcome.report)
    outcome.files[REPORT] = entry(publish_json(job.out / REPORT, row))
    outcome.files[REPORT_PAGE] = entry(publish(job.out / REPORT_PAGE, render_report(row).encode()))


def _publish_lines(path: Path, lines: Iterable[bytes]) -> dict[str, Any]:
    rows = 0
    with publishing(path) as (sink, outcome):
        for line in lines:
            sink.write(line.rstrip(b"\n") + b"\n")
            rows += 1
    return entry(outcome[0], rows)


def report_row(job: Job, report: Report) -> dict[str, Any]:
    """Return what report.json holds: the command, the counts, and every reason by name."""
    return {"command": job.command, "format": job.form} | report.to_row()
