"""Map published files into memory, and know of those that carry a seal whether they are as they were written.

A seal is the SHA-256 of what stands before it. What a killed run has left may have been damaged since: a resumed run
takes it for what it says only if its seal says so too, and makes it again where it does not.
"""

from __future__ import annotations

import mmap
from hashlib import sha256
from pathlib import Path
from typing import Any

from corpus.errors import EnvironmentFault
from corpus.files.durable import publishing

_SEAL = sha256().digest_size


class Mapped(mmap.mmap):
    """A file in memory, read-only; where it is sent to another process, its path goes and the file is mapped there."""

    path: Path

    def __reduce__(self) -> Any:
        return _map_again, (self.path, len(self))


def _map(path: Path, size: int) -> Mapped:
    with path.open("rb") as stream:
        mapped = Mapped(stream.fileno(), size, access=mmap.ACCESS_READ)
    mapped.path = path
    return mapped


def _map_again(path: Path, size: int) -> Mapped:
    try:
        return _map(path, size)
    except FileNotFoundError as gone:
        advice = "add to no index while a run asks it, and give the same command again"
        raise EnvironmentFault(f"{path}: was removed while it was read; {advice}") from gone


def map_file(path: Path, unread: int = 0) -> memoryview:
    """Map a file into memory, read-only, but for its last bytes; an empty file is an empty view."""
    size = path.stat().st_size - unread
    return memoryview(_map(path, size) if size else b"")


def publish_sealed(path: Path, data: bytes) -> None:
    """Write `data` and its seal under its final name, all or nothing."""
    with publishing(path) as (sink, _):
        sink.write(data)
        sink.write(sha256(data).digest())


def is_whole(path: Path) -> bool:
    """Tell whether a file is there and as `publish_sealed` wrote it."""
    if not path.exists():
        return False
    view = map_file(path)
    return sha256(view[:-_SEAL]).digest() == view[-_SEAL:]


def map_sealed(path: Path) -> memoryview:
    """Map what `publish_sealed` wrote, without its seal, which is not looked at: see `is_whole`."""
    return map_file(path, _SEAL)
