"""A killable child: no page costs more than its deadline, and none takes a neighbour down.

C code cannot be interrupted from Python. The child therefore arms a kernel timer with the default action
before each item: the kernel ends the process at the deadline even if nobody is left to ask for it, and the
parent sees the pipe close. The next item gets a fresh child.

An item crosses through memory that both share, and only its size through the pipe: a pipe takes a page of 250 KB in
pieces, which cost 9 % of the time of extracting it; this way it is 3 to 4 % (389 pages, 2026-11).
"""

from __future__ import annotations

import mmap
import multiprocessing
import os
import pickle
import resource
import signal
import tempfile
from collections.abc import Callable
from multiprocessing.connection import Connection
from multiprocessing.reduction import DupFd
from typing import Any

from corpus.errors import EnvironmentFault, RecordError

#: Shared memory for one item; a larger one goes through the pipe. Only what is written to takes real memory.
_DESK_BYTES = 32 * 2**20

_KILLED_BY_TIMER = -int(signal.SIGALRM)


class Guard:
    """Call one function in a child process, `seconds` and `memory` (bytes of address space) at most per call.

    The function and its argument cross by pickle in memory; only records of our own go through.
    """

    def __init__(self, function: Callable[[Any], Any], *, seconds: float, memory: int) -> None:
        self._function, self._seconds, self._memory = function, seconds, memory
        self._pipe: Connection | None = None
        self._desk: mmap.mmap | None = None
        self._process: multiprocessing.process.BaseProcess | None = None

    def __call__(self, item: Any) -> Any:
        """Return what the function returns for `item`.

        Raises:
            RecordError: `timeout` or `worker-died`; the next call starts a fresh child.
            EnvironmentFault: no child can be started.
        """
        pipe = self._pipe or self._start()
        try:
            pipe.send(self._hand_over(item))
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
        if self._desk is not None:
            self._desk.close()
        self._pipe = self._process = self._desk = None

    def _hand_over(self, item: Any) -> int | bytes:
        """Put an item on the desk and return its size, or the pickled item itself if the desk is too small."""
        data = pickle.dumps(item, protocol=5)
        if self._desk is None or len(data) > _DESK_BYTES:
            return data
        self._desk[: len(data)] = data
        return len(data)

    def _start(self) -> Connection:
        context = multiprocessing.get_context("spawn")
        self._pipe, far_end = context.Pipe()
        desk = _open_desk()
        self._desk = mmap.mmap(desk, _DESK_BYTES)
        limits = (self._seconds, self._memory)
        child = _Child(far_end, self._function, limits, desk)
        self._process = context.Process(target=_serve, args=(child,), daemon=False)
        self._process.start()
        far_end.close()
        os.close(desk)
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


class _Child:
    """What a child is started with; the file behind the desk is duplicated on the way."""

    def __init__(
        self, pipe: Connection, function: Callable[[Any], Any], limits: tuple[float, int], desk: int
    ) -> None:
        self.pipe, self.function, self.limits, self.desk = pipe, function, limits, desk

    def __getstate__(self) -> tuple[Any, ...]:
        return self.pipe, self.function, self.limits, DupFd(self.desk)

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        self.pipe, self.function, self.limits, desk = state
        self.desk = desk.detach()


def _open_desk() -> int:
    """Open a file without a name, in memory where the system has such files."""
    if hasattr(os, "memfd_create"):
        desk = os.memfd_create("ghirbal-desk")
    else:
        with tempfile.TemporaryFile() as file:
            desk = os.dup(file.fileno())
    os.ftruncate(desk, _DESK_BYTES)
    return desk


def _serve(child: _Child) -> None:
    seconds, memory = child.limits
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (memory, hard))
    desk = memoryview(mmap.mmap(child.desk, _DESK_BYTES))
    child.pipe.send(None)  # a child that cannot even start must not be taken for a page that killed it
    while True:
        try:
            size = child.pipe.recv()
        except (EOFError, ConnectionError):
            return
        # Written by the parent a moment ago: no byte of it comes from anywhere else.
        item = pickle.loads(desk[:size] if isinstance(size, int) else size)  # noqa: S301
        signal.setitimer(signal.ITIMER_REAL, seconds)
        result = child.function(item)
        signal.setitimer(signal.ITIMER_REAL, 0)
        child.pipe.send(result)
