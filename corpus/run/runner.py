"""The stage runner: inputs to shards, shards to tasks, tasks to workers, learning in between.

The runner owns everything impure: listing, reading, the worker pool, counting, setting aside, publishing and
resuming. Stages stay pure, and the same stages run in this process or in processes of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import Any

from corpus.files.durable import Published
from corpus.files.listing import InputFile
from corpus.files.remote import is_address
from corpus.files.sealed import is_whole, map_sealed, publish_sealed
from corpus.records import Failure
from corpus.run.cluster import DaskPool
from corpus.run.plan import Item, Plan, Segment, Task, find_done, learned_path
from corpus.run.pool import Pool, Processes
from corpus.run.report import Report
from corpus.run.stage import Item as Given
from corpus.run.stage import Learner, Map, Stage
from corpus.run.worker import CHUNK_BYTES, answer

#: A task reads so many bytes of small files, or so many files: seconds of work, so that progress shows.
_GROUP_BYTES = 8 * 2**20
_GROUP_FILES = 512
#: A larger file of JSON lines is read by several tasks, each taking its own records. To find where a record begins
#: takes a hundredth of the time that its cleaning does; decompressing the same bytes again for each task does not.
_SPLIT_BYTES = 64 * 2**20
_SPLIT_NAMES = (".jsonl", ".ndjson")
_MAX_PARTS = 16


class Watcher:
    """Be told how the run goes, and say nothing; one that draws bars says more."""

    def expect(self, size: int) -> None:
        """So many bytes are to be read."""

    def begin(self, label: str, tasks: int) -> None:
        """A segment or a learning step begins."""

    def advance(self, tasks: int) -> None:
        """So many tasks are complete."""

    def records(self, total: int) -> None:
        """So many records have passed since the run began, in all segments together."""


@dataclass(slots=True)
class RunResult:
    """What a run published: final files by name, and the counts."""

    files: dict[str, Published] = field(default_factory=dict)
    report: Report = field(default_factory=Report)


def cut_segments(stages: Sequence[Stage]) -> tuple[Segment, ...]:
    """Cut a chain of stages before each one that must learn first.

    A learner at the head makes a first segment that changes nothing and is only observed.
    """
    learners = [index for index, stage in enumerate(stages) if isinstance(stage, Learner)]
    starts = [0, *learners]
    ends: list[int | None] = [*learners, None]
    return tuple(
        Segment(first, len(stages) if end is None else end, end) for first, end in zip(starts, ends, strict=True)
    )


def shard_inputs(files: Iterable[InputFile]) -> list[tuple[tuple[InputFile, tuple[int, int]], ...]]:
    """Group small files and divide large ones of lines; depends on names and sizes alone, never on the machine."""
    shards: list[tuple[tuple[InputFile, tuple[int, int]], ...]] = []
    group: list[tuple[InputFile, tuple[int, int]]] = []
    size = 0
    for file in files:
        # Each part of what lies elsewhere would fetch all of it.
        if file.size > _SPLIT_BYTES and file.name.lower().endswith(_SPLIT_NAMES) and not is_address(file.path):
            parts = min(_MAX_PARTS, -(-file.size // _SPLIT_BYTES))
            shards += [((file, (part, parts)),) for part in range(parts)]
            continue
        if group and (size + file.size > _GROUP_BYTES or len(group) >= _GROUP_FILES):
            shards.append(tuple(group))
            group, size = [], 0
        group.append((file, (0, 1)))
        size += file.size
    return [*shards, tuple(group)] if group else shards


def shard_items(items: Iterable[Item]) -> list[tuple[Item, ...]]:
    """Join neighbouring work files until a shard holds about one chunk of text."""
    shards: list[tuple[Item, ...]] = []
    group: list[Item] = []
    for item in items:
        if group and sum(other.size for other in group) + item.size > CHUNK_BYTES:
            shards.append(tuple(group))
            group = []
        group.append(item)
    return [*shards, tuple(group)] if group else shards


def first_tasks(files: Sequence[InputFile], failures: Sequence[Failure]) -> list[Task]:
    """Make the tasks that read the inputs; the first one also accounts for what could not even be opened."""
    tasks = [Task(0, number, inputs=inputs) for number, inputs in enumerate(shard_inputs(files))] or [Task(0, 0)]
    return [replace(tasks[0], failures=tuple(failures)), *tasks[1:]]


def run_stages(plan: Plan, stages: Sequence[Stage], tasks: Sequence[Task], pool: Pool, watch: Watcher) -> RunResult:
    """Run the whole plan; `stages` are this process's own copies, and learn what there is to learn.

    Raises:
        EnvironmentFault: the disk, or a task that ends its worker again and again.
        CorpusError: the counts do not add up.
    """
    result, shards, seen = RunResult(), list(tasks), 0

    def tell(records: int) -> None:
        nonlocal seen
        seen += records
        watch.records(seen)

    for number, segment in enumerate(plan.segments, 1):
        label = "+".join(stage.name for stage in plan.stages[segment.first : segment.last]) or "observe"
        watch.begin(label, len(shards))
        found = {task.number: done for task in shards if (done := find_done(plan, task))}
        watch.advance(len(found))
        todo = [task for task in shards if task.number not in found]
        for task, done in zip(todo, pool.run(plan, todo, tell), strict=True):
            found[task.number] = done
            watch.advance(1)
        results = [found[task.number] for task in shards]
        for done in results:
            result.report.merge(done.report)
            result.files |= done.files
        if segment.learner is None:
            break
        _learn(plan, segment.learner, stages[segment.learner], [n for r in results for n in r.summaries], pool, watch)
        if segment.writes:
            groups = shard_items(item for done in results for item in done.items)
            shards = [Task(number, index, items=group) for index, group in enumerate(groups)]
        else:
            shards = [replace(shard, segment=number) for shard in shards]
    result.report.balance()
    return result


def _learn(plan: Plan, index: int, stage: Stage, summaries: list[str], pool: Pool, watch: Watcher) -> None:
    assert isinstance(stage, Learner)
    path = learned_path(plan, index)
    if is_whole(path):
        stage.load(map_sealed(path))
        return
    watch.begin(f"learn {stage.name}", 1)
    stage.learn([map_sealed(plan.work / name) for name in summaries], keep_answers(pool, plan.work, path.stem))
    publish_sealed(path, stage.dump())
    for part in plan.work.glob(f"{path.stem}-*.part"):
        part.unlink()
    watch.advance(1)


def keep_answers(pool: Pool, folder: Path, name: str) -> Map:
    """Return a `Map` for one learner, whose nth step has the same files in `folder` whatever works on it."""
    steps = count()

    def run(function: Callable[[Given], bytes], items: Iterable[Given]) -> Iterable[memoryview]:
        step = next(steps)
        calls = ((folder / f"{name}-{step:02d}-{at:05d}.part", function, item) for at, item in enumerate(items))
        return map(map_sealed, pool.map(answer, calls))

    return run


@contextmanager
def open_pool(
    workers: int, address: str = "", folder: Path = Path(), code: Callable[[], Any] = tuple
) -> Iterator[Pool]:
    """Provide workers, and end them however the block ends: processes here, or those of a cluster (see `DaskPool`)."""
    pool = DaskPool(address, workers, folder, code) if address else Pool() if workers == 1 else Processes(workers)
    with closing(pool):
        yield pool
