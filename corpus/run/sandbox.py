"""A killable child: no page costs more than its deadline, and none takes a neighbour down.

C code cannot be interrupted from Python. The child therefore arms kernel timers with the default action before each
item: the kernel ends the process at the deadline even if nobody is left to ask for it, and the parent sees the pipe
close. The next item gets a fresh child.

The deadline counts the CPU time of the child, so that a page fails or passes alike on an idle machine and on a loaded
one. What sleeps uses none, and ends in a net of wall-clock time.
"""

from __future__ import annotations

import multiprocessing
import os
import resource
import signal
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from threading import Thread
from typing import Any

from corpus.errors import EnvironmentFault, RecordError

#: Wall-clock seconds an item may take for each second of CPU time it may take. The slowest real news page took 0.6 s
#: of CPU: under the default deadline it passes wherever it gets a three-hundredth of a processor.
_WALL = 10
#: How often an item is tried whose child ended in a way that can be the machine's doing: the killer of processes when
#: memory is short, or the net of wall-clock time after a run was stopped for a while and went on.
_TRIES = 2
#: How often a child is started that is killed before it is ready, and the seconds between.
_STARTS = 4
_PAUSE = 0.5
#: Calls that one child serves: it grows by some 10 kB a page (389 pages, four times over), and to start another costs
#: as much as 60 pages.
_CALLS = 10_000

_PAST_DEADLINE, _PAST_NET, _KILLED = -int(signal.SIGPROF), -int(signal.SIGALRM), -int(signal.SIGKILL)
#: Exit code of a child whose item does not fit into the memory that it may take; not one that Python uses.
_OUT_OF_MEMORY = 75


class Guard:
    """Call one function in a child process, `seconds` of its CPU time and `memory` bytes of address space at most.

    The child serves one call after the other until it dies of one, or until `close`. The function and its argument
    cross by pickle; only records of our own go through.
    """

    def __init__(self, function: Callable[[Any], Any], *, seconds: float, memory: int) -> None:
        self._function, self._seconds, self._memory = function, seconds, memory
        self._pipe: Connection | None = None
        self._process: SpawnProcess | None = None
        self._calls = 0

    def __call__(self, item: Any) -> Any:
        """Return what the function returns for `item`.

        Raises:
            RecordError: `timeout` or `worker-died`; the next call starts a fresh child.
            EnvironmentFault: no child can be started.
        """
        if self._calls >= _CALLS:
            self.close()
        for _ in range(_TRIES):
            pipe = self._pipe or self._start()
            self._calls += 1
            try:
                pipe.send(item)
                return pipe.recv()
            except (EOFError, ConnectionError):
                code = self._reap()
            if code not in (_KILLED, _PAST_NET):
                break
        if code in (_PAST_DEADLINE, _PAST_NET):
            limits = f"{self._seconds:g} s of CPU time, or {self._seconds * _WALL:g} s in all"
            raise RecordError(f"took longer than {limits}", reason="timeout")
        if code == _OUT_OF_MEMORY:
            raise RecordError(f"needs more than {self._memory} bytes of address space", reason="worker-died")
        raise RecordError(f"ended the process that read it (exit {code})", reason="worker-died")

    def close(self) -> None:
        """End the child."""
        if self._process is not None:
            self._process.kill()
            self._reap()

    def _start(self) -> Connection:
        """Start a child; one that the system kills at once is tried again, one that cannot load its function is not."""
        fault: OSError | None = None
        context = multiprocessing.get_context("spawn")
        for attempt in range(_STARTS):
            if attempt:
                time.sleep(_PAUSE)
            try:
                pipe, far_end = context.Pipe()
                with far_end:
                    arguments = (far_end, self._function, self._seconds, self._memory)
                    # A daemon, so that a worker that ends ends its child too.
                    process = context.Process(target=_serve, args=arguments, daemon=True)
                    process.start()
                self._pipe, self._process, self._calls = pipe, process, 0
                pipe.recv()  # a child that cannot even start must not be taken for a page that killed it
                return pipe
            except EOFError:
                code = self._reap()
                if code != _KILLED:
                    message = f"a process to read pages in cannot be started (exit {code}); what it said stands above"
                    raise EnvironmentFault(message) from None
            except OSError as error:
                fault = error
        why = f"({fault})" if fault else "(killed by the system each time; is there enough memory?)"
        message = f"a process to read pages in cannot be started {why}; try fewer --workers"
        raise EnvironmentFault(message) from fault

    def _reap(self) -> int | None:
        """Wait for the end of the child and return its exit code."""
        assert self._process is not None
        assert self._pipe is not None
        self._pipe.close()
        self._process.join()
        code = self._process.exitcode
        self._pipe = self._process = None
        return code


def die_with_parent() -> None:
    """End this process when the one that started it is gone, however that came: nobody else would."""

    def wait() -> None:
        parent = multiprocessing.parent_process()
        assert parent is not None
        parent.join()
        os._exit(1)

    Thread(target=wait, daemon=True).start()


def _serve(pipe: Connection, function: Callable[[Any], Any], seconds: float, memory: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for timer in (signal.SIGPROF, signal.SIGALRM):
        signal.signal(timer, signal.SIG_DFL)
    die_with_parent()
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    soft = memory if hard == resource.RLIM_INFINITY else min(memory, hard)
    resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
    pipe.send(None)
    while True:
        try:
            item = pipe.recv()
            _arm(seconds)
            result = function(item)
            _arm(0)
            pipe.send(result)
        except (EOFError, ConnectionError):
            return
        except MemoryError:
            os._exit(_OUT_OF_MEMORY)


def _arm(seconds: float) -> None:
    """Set both timers, or stop them with 0."""
    signal.setitimer(signal.ITIMER_PROF, seconds)
    signal.setitimer(signal.ITIMER_REAL, seconds * _WALL)
