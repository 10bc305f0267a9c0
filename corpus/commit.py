"""Durable files: a final name is either absent or complete, whatever happens to the process or the disk.

The order is that of every careful database: write a temporary file beside the final one, flush, fsync, rename,
fsync the folder. Everything here calls `os.replace` and `os.fsync` through the module, so that fault tests can
kill the process at each of them.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, BinaryIO

import orjson

from corpus.errors import EnvironmentFault

#: Between the final name and the process id; `sweep` removes nothing that does not carry it.
_TEMPORARY = ".unpublished-"

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@dataclass(frozen=True, slots=True)
class Published:
    """What a published file holds, for manifests: `bytes` on disk, `rows` as its writer counted them."""

    sha256: str
    bytes: int
    rows: int = 0


class _Digesting:
    """A write-only file that remembers the digest and the size of what went through it."""

    def __init__(self, raw: BinaryIO, path: Path) -> None:
        self._raw, self._path = raw, path
        self.digest = hashlib.sha256()
        self.size = 0

    def write(self, data: bytes | bytearray | memoryview) -> int:
        self.digest.update(data)
        self.size += len(data)
        with translated(self._path):
            return self._raw.write(data)

    def flush(self) -> None:
        self._raw.flush()


@contextlib.contextmanager
def publishing(path: Path) -> Iterator[tuple[IO[bytes], list[Published]]]:
    """Open a file that gets its name only if the block succeeds.

    Yields the file to write to, and a list that holds one `Published` after the block.

    Raises:
        EnvironmentFault: the disk is full or refuses; nothing is left behind.
    """
    temporary = path.with_name(f"{path.name}{_TEMPORARY}{os.getpid()}")
    outcome: list[Published] = []
    try:
        with translated(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            raw = temporary.open("wb")
        with contextlib.closing(raw):
            sink = _Digesting(raw, path)
            yield sink, outcome  # type: ignore[misc]  # write and flush are all that writers use
            with translated(path):
                raw.flush()
                os.fsync(raw.fileno())
                raw.close()
        with translated(path):
            temporary.replace(path)
            sync_folder(path.parent)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise
    outcome.append(Published(sink.digest.hexdigest(), sink.size))


@contextlib.contextmanager
def translated(path: Path) -> Iterator[None]:
    """Turn the operating system's refusals into an EnvironmentFault that says what to do."""
    try:
        yield
    except OSError as fault:
        advice = "free some space and run the same command again" if fault.errno in _FULL else "see its permissions"
        raise EnvironmentFault(f"{path}: cannot write ({fault.strerror}); {advice}") from fault


def publish(path: Path, data: bytes) -> Published:
    """Write `data` under its final name, all or nothing."""
    with publishing(path) as (sink, outcome):
        sink.write(data)
    return outcome[0]


def publish_json(path: Path, value: Any) -> Published:
    """Write `value` as indented JSON with sorted keys, all or nothing."""
    option = orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
    return publish(path, orjson.dumps(value, option=option))


def sync_folder(folder: Path) -> None:
    """Make renames inside `folder` survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sweep(folder: Path) -> None:
    """Remove what a killed run left unpublished under `folder`, and nothing else."""
    for leftover in folder.rglob(f"*{_TEMPORARY}*"):
        leftover.unlink(missing_ok=True)


def digest_file(path: Path) -> Published:
    """Return the digest and the size of a file on disk; rows are not counted."""
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
        return Published(digest, stream.tell())


@contextlib.contextmanager
def run_lock(path: Path) -> Iterator[None]:
    """Hold the right to write to one output folder; the lock dies with its holder.

    Raises:
        EnvironmentFault: another process holds it.
    """
    with translated(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(handle, 32).decode("ascii", "replace").strip() or "unknown"
            message = f"{path.parent.parent}: another run (process {holder}) is writing here; wait for it or stop it"
            raise EnvironmentFault(message) from None
        os.truncate(handle, 0)
        os.write(handle, f"{os.getpid()}\n".encode("ascii"))
        try:
            yield
        finally:
            os.truncate(handle, 0)
    finally:
        os.close(handle)
