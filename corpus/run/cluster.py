"""Do the tasks of a run on a cluster of Dask workers, which all see the folder that the run writes to.

A call lies in a file of this folder, and so does its answer: what crosses the scheduler is two paths and a size, never
a text and never an array. A task that is done twice, because its worker was taken for dead, writes the same bytes.
"""

from __future__ import annotations

import logging
import math
import os
import pickle
import shutil
import time
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, CancelledError, Future
from contextlib import ExitStack
from itertools import count
from multiprocessing import current_process
from pathlib import Path
from socket import gethostname
from threading import Lock, Thread
from typing import Any, TypeVar
from uuid import uuid4

from corpus.errors import EnvironmentFault, load_package
from corpus.files.durable import translated
from corpus.run.pool import WAITING, Processes

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")

#: The address that starts a cluster on this machine.
LOCAL = "local"
#: Seconds to wait for a scheduler, and for a file that another machine has written: network disks remember for so long
#: that there was none.
_PATIENCE = 60
#: So many more to be told by Dask itself what is wrong.
_GRACE = 2
#: Seconds between two looks at how many workers there are.
_LOOK = 1
_CALLS = "calls-"
#: Settings of Dask for LOCAL. What only watches its processes would take a twentieth of their time; and a tenth the
#: variable that has them give each page of memory back that they will soon need again.
_QUIET = {
    "distributed.admin.system-monitor.interval": "10s",
    "distributed.admin.tick.cycle": "10s",
    "distributed.admin.tick.interval": "1s",
    "distributed.nanny.pre-spawn-environ": {},
    "distributed.worker.profile.enabled": False,
}


class DaskPool(Processes):
    """Call functions on the workers of the scheduler at `address`, or in `workers` processes here for LOCAL.

    `address` is as Dask has it (`tcp://host:8786`), or the path of a scheduler file. Calls lie in `folder`. Each worker
    must answer `code()` as this process does: another release would make other bytes.
    """

    def __init__(self, address: str, workers: int, folder: Path, code: Callable[[], Any]) -> None:
        super().__init__(workers)
        self._address, self._code = address, code
        for old in folder.glob(f"{_CALLS}*"):
            shutil.rmtree(old, ignore_errors=True)  # what still waits somewhere for a killed run finds nothing to do
        self._folder, self._numbers = folder / f"{_CALLS}{uuid4().hex}", count()
        self._opened = ExitStack()
        self._cores, self._looked = 0, -math.inf

    def close(self) -> None:
        """Stop at once; what workers of a standing cluster have begun they end, and nobody asks for it."""
        self._executor = None
        self._opened.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _open(self) -> Any:
        dask = load_package("distributed", "--cluster", "cluster")
        logging.getLogger("distributed").setLevel(logging.CRITICAL)  # what matters of it becomes an error of ours
        here: dict[str, Any] = {"host": "127.0.0.1", "threads_per_worker": 1, "dashboard_address": None}
        here["scheduler_kwargs"] = {"dashboard_address": "127.0.0.1:0"}
        try:
            if self._address == LOCAL:
                with load_package("dask.config", "--cluster", "cluster").set(_QUIET):
                    scheduler = self._opened.enter_context(dask.LocalCluster(self._workers, memory_limit=None, **here))
                where = {"address": scheduler}
            elif "://" in self._address:
                where = {"address": self._address}
            else:  # for a file that is not there Dask waits for ever
                _wait_for(Path(self._address))
                where = {"scheduler_file": self._address}
            client = _client(dask, where)
        except (OSError, ValueError, RuntimeError) as error:
            why = str(error) or "what listens there says nothing"
            message = f"{self._address}: no cluster answers there ({why}); start it, and give the same command again"
            raise EnvironmentFault(message) from error
        self._client = self._opened.enter_context(client)
        return self._client.get_executor(pure=False)

    def _room(self) -> int:
        if self._executor and (time.monotonic() > self._looked + _LOOK or self._client.status == "closed"):
            try:
                self._cores = sum(self._client.nthreads().values())
            except (OSError, RuntimeError, CancelledError) as lost:  # the scheduler is gone, perhaps for a moment
                raise BrokenExecutor from lost
            self._looked = time.monotonic()
        return WAITING * max(self._workers, self._cores)

    def _submit(self, function: Callable[[_Item], _Result], item: _Item) -> Future[Any]:
        path = self._folder / f"{next(self._numbers)}.call"
        self._folder.mkdir(parents=True, exist_ok=True)
        _leave(path, pickle.dumps((self._code, self._code(), function, item)))
        self._executor = self._executor or self._open()
        return self._executor.submit(call, str(path))

    def _answer(self, future: Future[Any]) -> Any:
        from distributed import KilledWorker
        from distributed.comm.core import CommClosedError

        try:
            path, size = future.result()
        except KilledWorker as killed:
            message = f"a task ended each worker that had it ({killed}); do workers have enough memory?"
            raise EnvironmentFault(message) from killed
        except ImportError as error:
            raise EnvironmentFault(f"{self._address}: its workers cannot import Ghirbal ({error})") from error
        except (CancelledError, CommClosedError) as lost:
            raise BrokenExecutor from lost
        answer: Any = pickle.loads(_read(Path(path), size))  # noqa: S301 - written by a worker of ours
        for done in (Path(path), Path(path).with_suffix(".call")):
            done.unlink(missing_ok=True)
        return answer


def _client(dask: Any, where: dict[str, Any]) -> Any:
    """Connect to a scheduler; for the greeting of what only listens there Dask itself would wait for ever."""
    client: Future[Any] = Future()

    def connect() -> None:
        try:
            client.set_result(dask.Client(**where, timeout=_PATIENCE, set_as_default=False))
        except BaseException as error:  # noqa: BLE001  whoever waits is told
            client.set_exception(error)

    Thread(target=connect, daemon=True).start()
    return client.result(_PATIENCE + _GRACE)


#: A process runs one task at a time, however many threads its worker has: the children that read pages are its own.
_ALONE = Lock()


def call(path: str) -> tuple[str, int]:
    """Do on a worker what the file at `path` says; return the path and the size of the answer."""
    with _ALONE:
        current_process()._config["daemon"] = False  # type: ignore[attr-defined]  # noqa: SLF001 - may start children
        try:
            data = Path(path).read_bytes()
        except FileNotFoundError as error:
            message = f"{path}: {gethostname()} does not see it; OUT must lie in a folder that all workers share"
            raise EnvironmentFault(message) from error
        code, expected, function, item = pickle.loads(data)  # noqa: S301 - our own run wrote it
        if code() != expected:
            message = f"{gethostname()} has another release of Ghirbal, or of a library, than the run; install the same"
            raise EnvironmentFault(message)
        answer, found = Path(path).with_suffix(".answer"), pickle.dumps(function(item))
        _leave(answer, found)
        return str(answer), len(found)


def _leave(path: Path, data: bytes) -> None:
    """Write a file for another machine, all or nothing; it need not outlive this one, so nobody waits for the disk."""
    temporary = path.with_name(f"{path.stem}.{uuid4().hex}")
    with translated(path):
        temporary.write_bytes(data)
        temporary.replace(path)


def _read(path: Path, size: int) -> bytes:
    """Read `size` bytes that another machine has written, as soon as they are seen here."""
    with translated(path, "read"):
        _wait_for(path, size)
        return path.read_bytes()


def _wait_for(path: Path, size: int | None = None) -> None:
    """Wait until a file, of `size` bytes if that is given, is seen here. Raises FileNotFoundError if it never is."""
    deadline = time.monotonic() + _PATIENCE
    while not (path.is_file() and size in (None, path.stat().st_size)) and time.monotonic() < deadline:
        os.listdir(path.parent)  # noqa: PTH208 - has a network disk look again
        time.sleep(0.5)
    path.stat()
