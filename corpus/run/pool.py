"""Call functions in other processes: where the tasks of a run and of its learning are worked on.

A `Pool` works in this process, `Processes` in some of its own, `corpus.run.cluster.DaskPool` on a cluster: all three
give the same answers in the same order, and what was done stays done when a worker dies.
"""

from __future__ import annotations

import gc
import os
import pickle
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor, wait
from contextlib import closing
from functools import partial
from itertools import islice
from multiprocessing.context import ForkServerProcess, SpawnContext, SpawnProcess
from multiprocessing.sharedctypes import Synchronized
from signal import SIG_IGN, SIGINT, signal
from tempfile import gettempdir
from typing import Any, TypeAlias, TypeVar

from corpus.errors import EnvironmentFault
from corpus.run.plan import Plan, Task, TaskResult
from corpus.run.sandbox import die_with_parent
from corpus.run.worker import Worker

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")
_Tell: TypeAlias = Callable[[int], None]

#: How often some calls, or a learning step, may lose a worker before the run gives up.
_MAX_DEATHS = 3
#: Calls for each worker that are handed out: the slowest of them may take as long as the others together.
WAITING = 4
#: A process to be forked has its address in the folder of temporary files, and 107 bytes for it.
_MAX_FOLDER = 64
#: Seconds between two looks at the progress counter.
_POLL = 0.2


class Pool:
    """Do all in this process."""

    def run(self, plan: Plan, tasks: Sequence[Task], tell: _Tell) -> Iterable[TaskResult]:
        """Yield the results in the order of `tasks`; `tell` is told how many more records have passed.

        Raises:
            EnvironmentFault: workers die again and again, or cannot be started.
        """
        with closing(Worker(plan, tell)) as worker:
            yield from map(worker.run, tasks)

    def map(self, function: Callable[[_Item], _Result], items: Iterable[_Item], /) -> Iterable[_Result]:
        """Be the `corpus.run.stage.Map` that learners get.

        Raises:
            EnvironmentFault: as for `run`.
        """
        return map(function, items)

    def close(self) -> None:
        """Stop at once: what is published stays, what is not is done again by the next run."""


class Processes(Pool):
    """Do all in `workers` processes of its own; a broken pool is rebuilt, and asked what it had not answered."""

    def __init__(self, workers: int) -> None:
        self._workers = workers
        self._executor: Executor | None = None
        self._context = _Processes()
        self._counter: Synchronized[int] | None = None
        self._told = 0

    def run(self, plan: Plan, tasks: Sequence[Task], tell: _Tell) -> Iterable[TaskResult]:
        """Yield the results in the order of `tasks`."""
        names = ", ".join(task.name for task in tasks[:_MAX_DEATHS])
        self._context.set_forkserver_preload([__name__, *sorted({type(stage).__module__ for stage in plan.stages})])
        return self._call(partial(run_task, plan), tasks, f"tasks {names}...", tell)

    def map(self, function: Callable[[_Item], _Result], items: Iterable[_Item], /) -> Iterable[_Result]:
        """Be the `corpus.run.stage.Map` that learners get; `items` are taken as there is room for them."""
        return self._call(function, items, "tasks of learning", None)

    def close(self) -> None:
        """Stop at once."""
        for process in self._context.started:
            if process.pid is not None:
                process.kill()
        if self._executor is not None:
            self._executor.shutdown(cancel_futures=True)
            self._executor = None

    def _call(
        self, function: Callable[[_Item], _Result], items: Iterable[_Item], what: str, tell: _Tell | None
    ) -> Iterator[_Result]:
        source, asked = iter(items), deque[_Item]()
        futures, deaths = deque[Future[_Result]](), 0
        try:
            while True:
                try:
                    asked.extend(islice(source, self._room() - len(asked)))
                    futures.extend(self._submit(function, item) for item in islice(asked, len(futures), None))
                    if not futures:
                        break
                    while not wait([futures[0]], _POLL).done:
                        self._tell(tell)
                    result = self._answer(futures[0])
                except BrokenExecutor:
                    deaths += 1
                    futures.clear()
                    self.close()
                    if deaths > _MAX_DEATHS:
                        advice = "is there enough memory? Try fewer --workers"
                        raise EnvironmentFault(f"{what} lost their worker {deaths} times; {advice}") from None
                    continue
                futures.popleft()
                asked.popleft()
                yield result
        finally:
            for future in futures:
                future.cancel()
        self._tell(tell)

    def _room(self) -> int:
        """Say how many calls may wait for their answers: their arguments lie in memory."""
        return WAITING * self._workers

    def _submit(self, function: Callable[[_Item], _Result], item: _Item) -> Future[_Result]:
        self._executor = self._executor or self._open()
        return self._executor.submit(_call_packed, _Packed(function, item))

    def _answer(self, future: Future[_Result]) -> _Result:
        return future.result()

    def _tell(self, tell: _Tell | None) -> None:
        seen = 0 if self._counter is None else self._counter.value
        if tell is not None and seen > self._told:
            tell(seen - self._told)
            self._told = seen

    def _open(self) -> Executor:
        try:
            # Counted anew, because a worker may have died with the lock of the old counter in its hand.
            self._counter, self._told = self._context.Value("Q", 0), 0
            given = self._counter, dict(os.environ)
            executor = ProcessPoolExecutor(self._workers, self._context, _start_worker, given)
            executor.submit(os.getpid)  # starts all of them, here and not somewhere in the work
        except (OSError, ImportError, NotImplementedError, RuntimeError) as fault:
            message = f"{self._workers} processes to work in cannot be started ({fault}); --workers 1 needs none"
            raise EnvironmentFault(message) from fault
        return executor


class _Processes(SpawnContext):
    """Start processes and remember them: these are a pool's own, whatever else its process has started.

    On Linux they are forks of one that has loaded the modules and done nothing else, so that not each must load them.
    Elsewhere libraries may not bear to be forked.
    """

    def __init__(self) -> None:
        super().__init__()
        self.started: list[ForkServerProcess | SpawnProcess] = []

    def Process(self, *given: Any, **named: Any) -> ForkServerProcess | SpawnProcess:  # type: ignore[override]  # noqa: N802
        forks = sys.platform == "linux" and len(os.fsencode(gettempdir())) < _MAX_FOLDER
        process = (ForkServerProcess if forks else SpawnProcess)(*given, **named)
        self.started.append(process)
        return process


class _Packed:
    """A call that arrives as bytes: what cannot be opened there fails the call, and does not end the worker."""

    def __init__(self, *call: Any) -> None:
        self._call = call

    def __reduce__(self) -> Any:
        return bytes, (pickle.dumps(self._call),)


def _call_packed(packed: Any) -> Any:
    function, item = pickle.loads(packed)  # noqa: S301 - written by the process that started this one
    return function(item)


_worker: Worker | None = None
_progress: Synchronized[int] | None = None


def run_task(plan: Plan, task: Task) -> TaskResult:
    """Run one task in a worker process, which keeps its loaded stages for the next one of the same run."""
    global _worker  # one worker a process is the point
    if _worker is None or (_worker.plan.fingerprint, _worker.plan.out) != (plan.fingerprint, plan.out):
        if _worker is not None:
            _worker.close()
        _worker = Worker(plan, _tick)
        gc.freeze()  # what is loaded by now stays, and need not be looked through for garbage
    return _worker.run(task)


def _tick(records: int) -> None:
    if _progress is not None:
        with _progress.get_lock():
            _progress.value += records


def _start_worker(counter: Synchronized[int], environment: dict[str, str]) -> None:
    global _progress
    _progress = counter
    os.environ.clear()  # that of the process it is a fork of may be older: of before credentials were set, say
    os.environ.update(environment)
    signal(SIGINT, SIG_IGN)
    die_with_parent()
