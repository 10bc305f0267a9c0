"""The stage runner: inputs to shards, shards to tasks, tasks to workers, learning in between.

The runner owns everything impure: listing, reading, the worker pool, counting, setting aside, publishing and
resuming. Stages stay pure, and the same stages run in this process or in processes of its own.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from multiprocessing.context import SpawnContext, SpawnProcess
from multiprocessing.sharedctypes import Synchronized
from signal import SIG_IGN, SIGINT, signal
from typing import Any, Protocol, TypeVar

from corpus.errors import EnvironmentFault
from corpus.files.durable import publish
from corpus.files.listing import InputFile
from corpus.records import Failure
from corpus.run.plan import Item, Plan, Segment, Task, TaskResult, find_done, learned_path
from corpus.run.report import Report
from corpus.run.sandbox import die_with_parent
from corpus.run.stage import Learner, Stage, run_here
from corpus.run.worker import CHUNK_BYTES, Worker, map_file

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")

#: A task reads so many bytes of small files, or so many files: seconds of work, so that progress shows.
_GROUP_BYTES = 8 * 2**20
_GROUP_FILES = 512
#: A larger file of JSON lines is read by several tasks, each taking its own records. To find where a record begins
#: takes a hundredth of the time that its cleaning does; decompressing the same bytes again for each task does not.
_SPLIT_BYTES = 64 * 2**20
_SPLIT_NAMES = (".jsonl", ".ndjson")
_MAX_PARTS = 16
#: How often a segment, or a learning step, may lose a worker before the run gives up.
_MAX_DEATHS = 3
#: Seconds between two looks at the progress counter.
_POLL = 0.2


class Watcher(Protocol):
    """Be told how the run goes: a progress bar, or nothing."""

    def begin(self, label: str, tasks: int) -> None:
        """A segment or a learning step begins."""
        ...

    def advance(self, tasks: int) -> None:
        """So many tasks are complete."""
        ...

    def records(self, total: int) -> None:
        """So many records have passed since the run began, in all segments together."""
        ...


@dataclass(slots=True)
class RunResult:
    """What a run published: final files by name (digest, size, rows) and the counts."""

    files: dict[str, dict[str, Any]] = field(default_factory=dict)
    report: Report = field(default_factory=Report)


def cut_segments(stages: Sequence[Stage]) -> tuple[Segment, ...]:
    """Cut a chain of stages before each one that must learn first.

    A learner at the head makes a first segment that changes nothing and is only observed.
    """
    learners = [index for index, stage in enumerate(stages) if isinstance(stage, Learner)]
    starts = [0, *learners]
    ends: list[int | None] = [*learners, None]
    return tuple(
        Segment(number, first, len(stages) if end is None else end, end)
        for number, (first, end) in enumerate(zip(starts, ends, strict=True))
    )


def shard_inputs(files: Iterable[InputFile]) -> list[tuple[tuple[InputFile, tuple[int, int]], ...]]:
    """Group small files and divide large ones of lines; depends on names and sizes alone, never on the machine."""
    shards: list[tuple[tuple[InputFile, tuple[int, int]], ...]] = []
    group: list[tuple[InputFile, tuple[int, int]]] = []
    size = 0
    for file in files:
        if file.size > _SPLIT_BYTES and file.name.lower().endswith(_SPLIT_NAMES):
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
    result = RunResult()
    shards = list(tasks)
    for segment in plan.segments:
        label = "+".join(stage.name for stage in plan.stages[segment.first : segment.last]) or "observe"
        watch.begin(label, len(shards))
        results = pool.run_tasks(plan, shards, watch)
        for done in results:
            result.report.merge(done.report)
            result.files |= done.files
        if segment.learner is None:
            break
        _learn(plan, segment.learner, stages[segment.learner], [n for r in results for n in r.summaries], pool, watch)
        number = segment.number + 1
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
    if path.exists():
        stage.load(map_file(path))
        return
    watch.begin(f"learn {stage.name}", 1)
    stage.learn([map_file(plan.work / name) for name in summaries], pool.map)
    publish(path, stage.dump())
    watch.advance(1)


class Pool:
    """Workers for tasks and for parallel learning: this process alone, or `workers` processes of its own."""

    def __init__(self, workers: int) -> None:
        self._workers = workers
        self._context = _Processes()
        self._executor: ProcessPoolExecutor | None = None
        self._counter: Synchronized[int] | None = None
        self._seen = 0

    def run_tasks(self, plan: Plan, tasks: Sequence[Task], watch: Watcher) -> list[TaskResult]:
        """Return the results in the order of `tasks`; a broken pool is rebuilt, what was done stays done.

        Raises:
            EnvironmentFault: workers die again and again, or cannot be started.
        """
        results = {task.number: done for task in tasks if (done := find_done(plan, task))}
        watch.advance(len(results))
        deaths = 0
        while todo := [task for task in tasks if task.number not in results]:
            if self._workers == 1:
                self._run_here(plan, todo, results, watch)
                continue
            try:
                self._run_there(plan, todo, results, watch)
            except BrokenProcessPool:
                deaths += 1
                names = ", ".join(task.name for task in todo if task.number not in results)
                self._replace(f"tasks {names}", deaths)
        return [results[task.number] for task in tasks]

    def map(self, function: Callable[[_Item], _Result], items: Iterable[_Item], /) -> Iterable[_Result]:
        """Be the `corpus.run.stage.Map` that learners get; what a broken pool had not answered is asked again.

        Raises:
            EnvironmentFault: workers die again and again, or cannot be started.
        """
        return run_here(function, items) if self._workers == 1 else self._map_there(function, list(items))

    def close(self) -> None:
        """Stop at once: what is published stays, what is not is done again by the next run."""
        for process in self._context.started:
            if process.pid is not None:
                process.kill()
        if self._executor is not None:
            self._executor.shutdown(cancel_futures=True)

    def _run_here(self, plan: Plan, tasks: list[Task], results: dict[int, TaskResult], watch: Watcher) -> None:
        def tick(records: int) -> None:
            self._seen += records
            watch.records(self._seen)

        with closing(Worker(plan, tick)) as worker:
            for task in tasks:
                results[task.number] = worker.run(task)
                watch.advance(1)

    def _run_there(self, plan: Plan, tasks: list[Task], results: dict[int, TaskResult], watch: Watcher) -> None:
        executor = self._processes()
        futures: dict[Future[TaskResult], int] = {executor.submit(run_task, plan, t): t.number for t in tasks}
        pending = set(futures)
        while pending:
            done, pending = wait(pending, timeout=_POLL, return_when=FIRST_COMPLETED)
            for future in done:
                results[futures[future]] = future.result()
                watch.advance(1)
            watch.records(self._seen + self._count())

    def _map_there(self, function: Callable[[_Item], _Result], items: list[_Item]) -> Iterator[_Result]:
        answered = deaths = 0
        while answered < len(items):
            try:
                for result in self._processes().map(function, items[answered:]):
                    answered += 1
                    yield result
            except BrokenProcessPool:
                deaths += 1
                self._replace("tasks of learning", deaths)

    def _replace(self, what: str, deaths: int) -> None:
        """End what is left of a broken pool, so that the next call starts another, unless that was too often."""
        self.close()
        self._executor = None
        if deaths > _MAX_DEATHS:
            message = f"{what} lost their worker {deaths} times; is there enough memory? Try fewer --workers"
            raise EnvironmentFault(message) from None

    def _processes(self) -> ProcessPoolExecutor:
        if self._executor is not None:
            return self._executor
        try:
            # Counted anew, because a worker may have died with the lock of the old counter in its hand.
            self._seen += self._count()
            self._counter = self._context.Value("Q", 0)
            self._executor = ProcessPoolExecutor(self._workers, self._context, _start_worker, (self._counter,))
            self._executor.submit(os.getpid)  # starts all of them, here and not somewhere in the work
        except (OSError, ImportError, NotImplementedError, RuntimeError) as fault:
            message = f"{self._workers} processes to work in cannot be started ({fault}); --workers 1 needs none"
            raise EnvironmentFault(message) from fault
        return self._executor

    def _count(self) -> int:
        return 0 if self._counter is None else self._counter.value


class _Processes(SpawnContext):
    """Start processes and remember them: these are a pool's own, whatever else its process has started."""

    def __init__(self) -> None:
        super().__init__()
        self.started: list[SpawnProcess] = []

    def Process(self, *given: Any, **named: Any) -> SpawnProcess:  # type: ignore[override]  # noqa: N802
        process = SpawnProcess(*given, **named)
        self.started.append(process)
        return process


@contextmanager
def open_pool(workers: int) -> Iterator[Pool]:
    """Provide workers, and end them however the block ends."""
    with closing(Pool(workers)) as pool:
        yield pool


_worker: Worker | None = None
_progress: Synchronized[int] | None = None


def run_task(plan: Plan, task: Task) -> TaskResult:
    """Run one task in a worker process, which keeps its loaded stages for the next one of the same run."""
    global _worker  # one worker a process is the point
    if _worker is None or (_worker.plan.fingerprint, _worker.plan.out) != (plan.fingerprint, plan.out):
        _worker = Worker(plan, _tick)
    return _worker.run(task)


def _tick(records: int) -> None:
    if _progress is not None:
        with _progress.get_lock():
            _progress.value += records


def _start_worker(counter: Synchronized[int]) -> None:
    global _progress
    _progress = counter
    signal(SIGINT, SIG_IGN)
    die_with_parent()
