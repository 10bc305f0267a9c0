"""Durable files: a final name is either absent or complete, whatever happens to the process or the disk.

The order is that of every careful database: write a temporary file beside the final one, flush, fsync, rename,
fsync the folder. What the operating system refuses on the way becomes an error of ours in one place, `translated`.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from socket import gethostname
from typing import IO, Annotated, Any, BinaryIO, TypeVar

import msgspec
import orjson

from corpus.errors import EnvironmentFault, GhirbalError, UsageError

_Kind = TypeVar("_Kind")
#: Between the final name and the machine and the process id; `sweep` removes nothing that does not carry it.
_TEMPORARY = ".unpublished-"

_FREE_SPACE = "free some space and give the same command again"
_NO_LOCKS = "this disk has no locks, as some network disks; write to another one"
_NO_MEMORY = "free some memory, or give fewer --workers"
#: What to do about each refusal of the machine; about any other: see the permissions.
_ADVICE = {
    errno.ENOSPC: _FREE_SPACE,
    errno.EDQUOT: _FREE_SPACE,
    errno.EFBIG: "the limit on the size of files is too low (ulimit -f); raise it and give the same command again",
    errno.EIO: "the disk fails; see what the system says of it, or write to another one",
    errno.ENOLCK: _NO_LOCKS,
    errno.EOPNOTSUPP: _NO_LOCKS,
    errno.ENOSYS: _NO_LOCKS,
    errno.ENOMEM: _NO_MEMORY,
    errno.EAGAIN: _NO_MEMORY,
    errno.EMFILE: "raise the limit on open files (ulimit -n)",
    errno.ENFILE: "close other programs, or raise the system's limit on open files",
    errno.ENOENT: "it is gone; is something else at work in this folder?",
}
#: What no machine would do: the command is wrong.
_ABSURD = {
    errno.ENAMETOOLONG: "give a shorter path",
    errno.ELOOP: "a link stands where none may, or leads back to itself; give another path",
    errno.ENOTDIR: "a file stands where a folder should; give another path",
    errno.EISDIR: "a folder stands where a file should; give another path",
    errno.EEXIST: "something else stands there already; give another path",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """What a published file holds, as manifests have it: `bytes` on disk, `rows` as its writer counted them."""

    bytes: int
    rows: int = 0
    sha256: str


class _Sink:
    """What writers, compressors and Arrow ask of a file: it is only written to, and `publishing` closes it.

    The digest and the size of what went through it are known.
    """

    closed = False

    def __init__(self, raw: BinaryIO, path: Path) -> None:
        self._raw, self._path = raw, path
        self.digest = hashlib.sha256()
        self.size = 0

    def write(self, data: bytes | bytearray | memoryview) -> int:
        self.digest.update(data)
        self.size += len(data)
        with translated(self._path):
            return self._raw.write(data)

    def tell(self) -> int:
        return self.size

    def flush(self) -> None:
        with translated(self._path):
            self._raw.flush()

    def close(self) -> None:
        """Stay open."""


@contextlib.contextmanager
def publishing(path: Path) -> Iterator[tuple[IO[bytes], list[Published]]]:
    """Open a file that gets its name only if the block succeeds.

    Yields the file to write to, and a list that holds one `Published` after the block.

    Raises:
        EnvironmentFault: the disk is full or refuses; nothing is left behind.
    """
    temporary = path.with_name(f"{path.name}{_TEMPORARY}{gethostname()}-{os.getpid()}")
    outcome: list[Published] = []
    with translated(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        # A link that somebody has laid in its place is not followed.
        raw = open(temporary, "wb", opener=lambda name, flags: os.open(name, flags | os.O_NOFOLLOW, 0o666))  # noqa: SIM115
    try:
        sink = _Sink(raw, path)
        yield sink, outcome  # type: ignore[misc]  # writers use nothing else
        with translated(path):
            raw.flush()
            os.fsync(raw.fileno())
            raw.close()
            temporary.replace(path)
            sync_folder(path.parent)
    except BaseException:
        with contextlib.suppress(OSError):  # what could not be written fails again here: the first error says why
            raw.close()
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise
    outcome.append(Published(bytes=sink.size, sha256=sink.digest.hexdigest()))


def refusal(error: OSError, what: str) -> GhirbalError:
    """Return what the operating system refused as an error of ours that says what to do; `what` opens the sentence."""
    reason = error.strerror or str(error) or type(error).__name__
    if error.errno in _ABSURD:
        return UsageError(f"{what} ({reason}); {_ABSURD[error.errno]}")
    return EnvironmentFault(f"{what} ({reason}); {_ADVICE.get(error.errno or 0, 'see its permissions')}")


@contextlib.contextmanager
def translated(path: object, doing: str = "write") -> Iterator[None]:
    """Turn the operating system's refusals while `doing` something with `path` into errors of ours.

    Raises:
        EnvironmentFault: the machine refused.
        UsageError: the path itself can never be: too long, a file where a folder must be.
    """
    try:
        yield
    except OSError as error:
        raise refusal(error, f"{path}: cannot {doing}") from error


def publish(path: Path, data: bytes) -> Published:
    """Write `data` under its final name, all or nothing."""
    with publishing(path) as (sink, outcome):
        sink.write(data)
    return outcome[0]


def publish_json(path: Path, value: Any) -> Published:
    """Write `value` as indented JSON with sorted keys, all or nothing."""
    option = orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
    return publish(path, orjson.dumps(value, option=option))


def decode_json(data: bytes, kind: type[_Kind]) -> _Kind:
    """Decode what `publish_json` wrote of a `kind`, counters too.

    Raises:
        ValueError: it is no JSON (`msgspec.DecodeError`), or not of that kind.
    """

    def count(_: type, row: Any) -> Counter[str]:
        return Counter(msgspec.convert(row, dict[str, Annotated[int, msgspec.Meta(ge=0)]]))

    return msgspec.json.decode(data, type=kind, dec_hook=count)


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
    """Return the digest and the size of a file on disk; rows are not counted.

    Raises:
        EnvironmentFault: it cannot be read.
    """
    with translated(path, "read"), path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
        return Published(bytes=stream.tell(), sha256=digest)


@contextlib.contextmanager
def run_lock(path: Path) -> Iterator[None]:
    """Hold the right to write to one output folder; the lock dies with its holder.

    Raises:
        EnvironmentFault: another process holds it.
    """
    with translated(path, "lock"):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o644)
    try:
        with translated(path, "lock"):
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                holder = os.read(handle, 32).decode("ascii", "replace").strip() or "unknown"
                message = (
                    f"{path.parent.parent}: another run (process {holder}) is writing here; wait for it or stop it"
                )
                raise EnvironmentFault(message) from None
            os.truncate(handle, 0)
            os.write(handle, f"{os.getpid()}\n".encode("ascii"))
        yield
    finally:
        with contextlib.suppress(OSError):  # what it says is for people; the lock itself goes with the handle
            os.truncate(handle, 0)
        os.close(handle)
