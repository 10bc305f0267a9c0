"""The three jobs, build, clean and dedup: stages put together, run, and made into a finished corpus."""

from __future__ import annotations

import copy
import tomllib
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from itertools import filterfalse
from os.path import realpath
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from cleaning.filters import Filter
from cleaning.pages import Extract
from corpus.errors import CorpusError, UsageError
from corpus.files import STDIN, InputFile, is_address, publish, publish_json, publishing, run_lock, translated
from corpus.formats import Format
from corpus.records import Failure
from corpus.run import Plan, Pool, RunResult, Stage, Watcher, cut_segments, draw, first_tasks, open_pool, run_stages
from ghirbal.check import check_records
from ghirbal.config import Config, fingerprint, plain, read_reviewed
from ghirbal.opened import documents_of
from ghirbal.output import (
    CARD,
    REPORT_PAGE,
    Finished,
    claim,
    finish,
    library_versions,
    refuse_foreign,
    spool_input,
)
from ghirbal.published import BOILERPLATE, CLUSTERS, REPORT, STATE, Identity, list_records, read_report
from ghirbal.report_page import render_card, render_report
from ghirbal.survey import MOST_SAMPLES, Survey, find_alerts, main_furniture
from ghirbal.upload import prepare_upload, upload

if TYPE_CHECKING:
    from cleaning.stages import Clean
    from dedup.stages import Dedup
    from ghirbal.index import Against

Command = Literal["build", "clean", "dedup"]

_MEGABYTE = 2**20
#: So many inputs are named on top of the report.
_NAMED = 5


@dataclass(frozen=True, slots=True)
class Job:
    """One run as the user asked for it; `cluster` is an address, `boilerplate` a path, or ""; `against` are paths.

    `address` is where the corpus is published when it is finished in `out`, or "".
    """

    command: Command
    inputs: tuple[str, ...]
    out: Path
    config: Config
    form: Format = "jsonl.zst"
    workers: int = 1
    cluster: str = ""
    fresh: bool = False
    filters: bool = True
    boilerplate: str = ""
    against: tuple[str, ...] = ()
    address: str = ""


def run_job(job: Job, watch: Watcher) -> Finished:
    """Run a job to its end, or take up where a killed one left off.

    Raises:
        UsageError: inputs, configuration or output folder make no sense; nothing was written.
        EnvironmentFault: the machine refused; the same command resumes.
        CorpusError: the corpus breaks a law, a defect of ours; it is not published as finished.
    """
    job = replace(job, out=job.out.absolute())
    if not job.address:
        return _make(job, watch)
    if any(_within(name, job.address) or _within(job.address, name) for name in (*job.inputs, *job.against)):
        raise UsageError(f"{job.address}: one of input and output lies inside the other; give another address to -o")
    prepare_upload(job.out, job.address, fresh=job.fresh)
    finished = _make(job, watch)
    upload(job.out, job.address, watch)
    return finished


def _within(one: str, other: str) -> bool:
    return f"{one.rstrip('/')}/".startswith(f"{other.rstrip('/')}/")


def _make(job: Job, watch: Watcher) -> Finished:
    """Make the corpus in `job.out`, which is absolute."""
    work, spool = job.out / STATE / "work", job.out / STATE / "stdin"
    with translated(job.out):
        refuse_foreign(job.out)
    reviewed = read_reviewed(job.boilerplate)
    files, failures = _list(job)
    stages: list[Stage] = [Extract(job.config.extract)]
    clean, dedup = None, None
    if job.command != "dedup":
        from cleaning.stages import Clean  # half of what `dedup` has to load itself

        clean = Clean(job.config.clean, reviewed)
        stages += [clean, Filter(job.config.filters, enabled=job.filters)]
    against = _find_against(job)
    with run_lock(job.out / STATE / "lock"), ExitStack() as at_last:
        at_last.callback(spool.unlink, missing_ok=True)  # the same command reads standard input anew
        listing = [[file.name, file.size, file.mtime_ns] for file in files]
        if STDIN in job.inputs:
            spooled, digest = spool_input(spool)
            files.append(spooled)
            listing.append([STDIN, spooled.size, digest])
        listing += [[failure.source.path, failure.reason] for failure in failures]
        configuration = plain(job.config) | {
            "format": job.form,
            "filters_enabled": job.filters,
            "boilerplate": fingerprint(reviewed) if reviewed is not None else "",
            "against": against.holds if against else "",
        }
        identity = Identity(job.command, configuration, fingerprint(listing), library_versions())
        if claim(job.out, identity, fresh=job.fresh):
            return Finished(job.out, read_report(job.out), already=True)
        watch.expect(sum(file.size for file in files))
        elsewhere: Iterable[str] = ()
        if job.command != "clean":
            # Imported here: compiled kernels take a second to load, which `clean` need not wait for; and some twenty to
            # compile, once.
            watch.begin("load kernels (first compiles them)", 1)
            from dedup.stages import Dedup

            watch.advance(1)
            index = None
            if against:
                watch.begin("index", 1)
                index = against.open(work / "against")
                elsewhere = map(index.documents.name, range(len(index)))
                watch.advance(1)
            dedup = Dedup(job.config.dedup, index)
            stages.append(dedup)
        plan = Plan(
            fingerprint=fingerprint(msgspec.to_builtins(identity)),
            out=job.out,
            work=work,
            stages=tuple(copy.deepcopy(stages)),
            segments=cut_segments(stages),
            read=job.config.read,
            form=job.form,
            seconds=job.config.run.deadline,
            memory=job.config.run.memory_mb * _MEGABYTE,
            texts=job.config.run.removed_text,
        )
        with translated(work):
            work.mkdir(parents=True, exist_ok=True)
        if against and clean and clean.learns:
            clean.known = against.observe(clean, work)
        with open_pool(job.workers, job.cluster, work, library_versions) as pool:
            outcome = run_stages(plan, stages, first_tasks(files, failures), pool, watch)
            survey = _ensure_laws(job, outcome, elsewhere, pool)
        _publish_learned(job.out, clean, dedup, outcome)
        row = {"command": job.command, "format": job.form, "run": _describe(job, files, identity)}
        _publish_report(row, job.out, clean, outcome, survey)
        finish(job.out, identity, files, outcome)
    return Finished(job.out, outcome.report)


def _list(job: Job) -> tuple[list[InputFile], list[Failure]]:
    """List the inputs, and refuse those that overlap with the output."""
    files, failures, found = list_records(job.inputs)
    out = Path(realpath(job.out))
    for name in filterfalse(is_address, found):
        given = Path(realpath(name))
        if out.is_relative_to(given):
            raise UsageError(f"{job.out}: the output folder lies inside the input; give another folder to -o")
        if given.is_relative_to(out):
            raise UsageError(f"{name}: lies inside the output folder, which is written anew; give another one to -o")
    # A finished corpus may hold no document at all.
    corpora = any(names is not None for names in found.values())
    if not (files or failures or corpora or STDIN in job.inputs):
        raise UsageError(f"{', '.join(job.inputs)}: no files here; see `ghirbal build --help` for the kinds there are")
    return files, failures


def _find_against(job: Job) -> Against | None:
    """Find what new documents are compared with besides each other."""
    if job.command == "clean" or not job.against:
        return None
    # Path.resolve raises a RuntimeError for a link that leads to itself.
    if any(Path(realpath(path)).is_relative_to(realpath(job.out)) for path in filterfalse(is_address, job.against)):
        raise UsageError(f"{job.out}: would be written and compared with; give another folder to -o")
    from ghirbal.index import find_against

    return find_against(job.against, job.config.dedup)


def _publish_learned(out: Path, clean: Clean | None, dedup: Dedup | None, outcome: RunResult) -> None:
    """Write what only the whole run knows: the learned table and clusters."""
    if clean:
        outcome.files[BOILERPLATE] = publish(out / BOILERPLATE, clean.table_toml().encode())
    if dedup:
        rows = 0
        with publishing(out / CLUSTERS) as (sink, published):
            for line in dedup.clusters():
                sink.write(line.rstrip(b"\n") + b"\n")
                rows += 1
        outcome.files[CLUSTERS] = replace(published[0], rows=rows)


def _describe(job: Job, files: Sequence[InputFile], identity: Identity) -> dict[str, Any]:
    """Say what was run, for the top of the report."""
    sections, defaults = plain(job.config), plain(Config())
    changed = {
        f"{section}.{key}": value
        for section, values in sections.items()
        for key, value in values.items()
        if value != defaults[section][key]
    }
    changed |= {} if job.filters else {"filters": "off"}
    return {
        "sha256": fingerprint([{"path": file.name, "bytes": file.size} for file in files]),
        "files": len(files),
        "bytes": sum(file.size for file in files),
        "names": [file.name for file in files[:_NAMED]],
        "configuration": changed,
        "reviewed_table": bool(job.boilerplate),
        "against": identity.configuration["against"].split(",") if job.against else [],
        "versions": identity.versions,
    }


def _publish_report(row: dict[str, Any], out: Path, clean: Clean | None, outcome: RunResult, survey: Survey) -> None:
    """Write report.json, the page that shows it, and the dataset card; `row` says what was run."""
    counts = outcome.report
    draw(counts.samples, MOST_SAMPLES)
    row |= counts.to_row() | survey.rows(counts.characters_before, counts.characters_after)
    parts = sorted(out / name for name in outcome.files if name.startswith("corpus/"))
    wanted = survey.survivors
    known = {name: document for name, document in wanted.items() if document}
    row["pairs"] = survey.pairs(known | documents_of(parts, wanted.keys() - known))
    row["furniture"] = main_furniture(tomllib.loads(clean.table_toml()).get("furniture", ()) if clean else ())
    row["alerts"] = find_alerts(row)
    outcome.files[REPORT] = publish_json(out / REPORT, row)
    outcome.files[REPORT_PAGE] = publish(out / REPORT_PAGE, render_report(row).encode())
    outcome.files[CARD] = publish(out / CARD, render_card(row).encode())


def _ensure_laws(job: Job, outcome: RunResult, elsewhere: Iterable[str], pool: Pool) -> Survey:
    """Make sure that the corpus keeps its laws, and return a survey of what was read for that.

    Survivors may be `elsewhere`, in what the corpus was compared with.
    """
    survey, unique = Survey(), job.command != "clean"
    files = outcome.files if job.form != "txt" else ()  # which has no ids
    for law in check_records(job.out, files, unique=unique, elsewhere=elsewhere, survey=survey, run=pool.map):
        message = f"{law}: a defect of Ghirbal, please report it; the corpus is not published as finished"
        raise CorpusError(f"{job.out}: {message}")
    return survey
