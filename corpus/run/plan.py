"""What is to be done, as values: segments, tasks, and the results that tasks leave behind.

A run is cut into segments at each stage that must see the whole corpus first. A task is one shard of one segment:
idempotent, published atomically, and skipped when its done file says that it is complete. What crosses between
processes is a Task and a TaskResult: paths and counts, never records.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import orjson

from corpus.files.durable import Published, decode_json, digest_file
from corpus.files.listing import InputFile
from corpus.files.sealed import is_whole, map_sealed, publish_sealed
from corpus.formats.rows import ReadConfig
from corpus.formats.shards import Format
from corpus.records import Failure
from corpus.run.report import Report
from corpus.run.stage import Stage


@dataclass(frozen=True, slots=True)
class Segment:
    """The stages `first` to `last` (exclusive), and the stage that learns from their output, if any."""

    first: int
    last: int
    learner: int | None

    @property
    def writes(self) -> bool:
        """Tell whether the segment changes anything, or is only observed."""
        return self.last > self.first


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything a worker must know about a run; `stages` have learned nothing yet.

    `texts`: the whole text of what is removed is kept.
    """

    fingerprint: str
    out: Path
    work: Path
    stages: tuple[Stage, ...]
    segments: tuple[Segment, ...]
    read: ReadConfig
    form: Format
    seconds: float
    memory: int
    texts: bool = True


@dataclass(frozen=True, slots=True)
class Item:
    """A published work file: its documents, their `size` in UTF-8 bytes, and what was removed on the way."""

    name: str
    size: int
    removed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Task:
    """One shard of one segment: parts of input files (file, (k, n)), or work files of the segment before.

    `failures` are inputs that could not even be opened; the task that has them accounts for them.
    """

    segment: int
    number: int
    inputs: tuple[tuple[InputFile, tuple[int, int]], ...] = ()
    items: tuple[Item, ...] = ()
    failures: tuple[Failure, ...] = ()

    @property
    def name(self) -> str:
        """Return the stem of all the files the task writes."""
        return f"{self.segment}-{self.number:05d}"


@dataclass(frozen=True, slots=True)
class TaskResult:
    """What a task left behind: work files, summaries (by name), final files by their names."""

    items: tuple[Item, ...] = ()
    summaries: tuple[str, ...] = ()
    files: dict[str, Published] = field(default_factory=dict)
    report: Report = field(default_factory=Report)


def learned_path(plan: Plan, stage: int) -> Path:
    """Say where what a stage has learned is kept during the run."""
    return plan.work / f"learned-{stage}-{plan.stages[stage].name}.bin"


def first_key(name: str) -> int:
    """Return the key of the first record of a task or a work file of this name; the others count on from there.

    20 bits for the task, 16 for the work file, 28 for the record.
    """
    _, task, *chunk = map(int, name.split("-"))
    return task << 44 | sum(chunk) << 28 | 1


def find_done(plan: Plan, task: Task) -> TaskResult | None:
    """Return the result of a task that an earlier run completed, or None: also where what it left was damaged since."""
    path = _done_path(plan, task)
    if not is_whole(path):
        return None
    found = decode_json(bytes(map_sealed(path)), TaskResult)
    whole = all(is_whole(plan.work / name) for name in found.summaries)
    files = ((plan.out / name, said.sha256) for name, said in found.files.items())
    return found if whole and all(file.exists() and digest_file(file).sha256 == said for file, said in files) else None


def save_done(plan: Plan, task: Task, result: TaskResult) -> None:
    """Note that a task is complete; all its files must have their names by now."""
    publish_sealed(_done_path(plan, task), orjson.dumps(result, option=orjson.OPT_SORT_KEYS))


def _done_path(plan: Plan, task: Task) -> Path:
    return plan.work / f"{task.name}.done"
