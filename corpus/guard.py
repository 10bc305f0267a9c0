"""A killable child: no page costs more than its deadline, and none takes a neighbour down.

C code cannot be interrupted from Python. The child therefore arms a kernel timer with the default action
before each item: the kernel ends the process at the deadline even if nobody is left to ask for it, and the
parent sees the pipe close. The next item gets a fresh child.
"""

from __future__ import annotations

import multiprocessing
import resource
import signal
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

from corpus.errors import EnvironmentFault, RecordError

_KILLED_BY_TIMER = -int(signal.SIGALRM)


class Guard:
    """Call one function in a child process, `seconds` and `memory` (bytes of address space) at most per call.

    The function and its argument cross by pickle in memory; only records of our own go through.
    """

    def __init__(self, function: Callable[[Any], Any], *, seconds: float, memory: int) -> None:
        self._function, self._seconds, self._memory = function, seconds, memory
        self._pipe: Connection | None = None
        self._process: multiprocessing.process.BaseProcess | None = None

    def __call__(self, item: Any) -> Any:
        """Return what the function returns for `item`.

        Raises:
            RecordError: `timeout` or `worker-died`; the next call starts a fresh child.
            EnvironmentFault: no child can be started.
        """
        pipe = self._pipe or self._start()
        try:
            pipe.send(item)
            return pipe.recv()
        except (EOFError, ConnectionError):
            raise self._obituary() from None

    def close(self) -> None:
        """End the child."""
        if self._process is not None:
            self._process.kill()
            self._process.join()
        if self._pipe is not None:
            self._pipe.close()
        self._pipe = self._process = None

    def _start(self) -> Connection:
        context = multiprocessing.get_context("spawn")
        self._pipe, far_end = context.Pipe()
        limits = (self._seconds, self._memory)
        self._process = context.Process(target=_serve, args=(far_end, self._function, limits), daemon=False)
        self._process.start()
        far_end.close()
        try:
            self._pipe.recv()
        except EOFError:
            self._process.join()
            code = self._process.exitcode
            self.close()
            message = f"a process to read pages in cannot be started (exit {code}); what it said stands above"
            raise EnvironmentFault(message) from None
        return self._pipe

    def _obituary(self) -> RecordError:
        assert self._process is not None
        self._process.join()
        code = self._process.exitcode
        self.close()
        if code == _KILLED_BY_TIMER:
            return RecordError(f"took longer than {self._seconds:g} s", reason="timeout")
        return RecordError(f"ended the process that read it (exit {code})", reason="worker-died")


def _serve(pipe: Connection, function: Callable[[Any], Any], limits: tuple[float, int]) -> None:
    seconds, memory = limits
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (memory, hard))
    pipe.send(None)  # a child that cannot even start must not be taken for a page that killed it
    while True:
        try:
            item = pipe.recv()
        except (EOFError, ConnectionError):
            return
        signal.setitimer(signal.ITIMER_REAL, seconds)
        result = function(item)
        signal.setitimer(signal.ITIMER_REAL, 0)
        pipe.send(result)
