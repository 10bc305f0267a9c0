"""Find the input files, and name what a reader gives besides records: failures and skips."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from corpus.document import Source
from corpus.errors import InputError, UsageError

#: The INPUT that stands for standard input.
STDIN = "-"
#: The names by which a record's fields are known, and the defaults of the mapping.
FIELD_NAMES = ("id", "text", "html", "url", "outlet", "title", "published")


@dataclass(frozen=True, slots=True)
class InputFile:
    """One file to read.

    `path` is absolute ("-" for standard input until it is spooled). `name` is what people and records see: the
    path relative to its INPUT with "/", always valid UTF-8. `size` (bytes) and `mtime_ns` are as listed;
    an `mtime_ns` of 0 means unknown.
    """

    path: str
    name: str
    size: int = 0
    mtime_ns: int = 0


@dataclass(frozen=True, slots=True)
class Failure:
    """A file or a record that could not be read; `reason` is kebab-case, `source` its address."""

    source: Source
    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class Skip:
    """A whole record that holds no article by rule: `not-html`, `http-status` or `listing`. It counts as dropped."""

    source: Source
    reason: str


class ReadConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Say how records are read.

    `fields` maps our field names (`FIELD_NAMES`) to those of the input, where they differ. `max_record_bytes`
    bounds one record as read. `salvage` keeps the whole records before the cut of a truncated file.
    """

    fields: dict[str, str] = msgspec.field(default_factory=dict)
    max_record_bytes: int = 16 << 20
    salvage: bool = False

    def __post_init__(self) -> None:
        unknown = sorted(set(self.fields) - set(FIELD_NAMES))
        if unknown:
            raise ValueError(f"no such field: {', '.join(unknown)}; known are {', '.join(FIELD_NAMES)}")
        if self.max_record_bytes < 1:
            raise ValueError("max_record_bytes must be at least 1")


def list_inputs(inputs: Sequence[str]) -> tuple[list[InputFile], list[Failure]]:
    """List the files of all INPUTs, sorted by name and path, and what among them cannot be read.

    Folders are read recursively. Within them, links to folders are not followed and hidden names are passed
    over. A file that is there under several names is listed once, by the first name in the order.

    Raises:
        UsageError: an INPUT does not exist.
    """
    found = [item for given in inputs for item in _list_one(given)]
    files = [item for item in found if isinstance(item, _Found)]
    once: dict[tuple[int, int], InputFile] = {}
    for item in sorted(files, key=lambda item: (item.file.name, item.file.path)):
        once.setdefault(item.node, item.file)
    failures = {item for item in found if isinstance(item, Failure)}
    return list(once.values()), sorted(failures, key=lambda failure: (failure.source.path, failure.reason))


@dataclass(frozen=True, slots=True)
class _Found:
    file: InputFile
    node: tuple[int, int]


def _list_one(given: str) -> Iterator[_Found | Failure]:
    if given == STDIN:
        yield _Found(InputFile(STDIN, STDIN), (-1, -1))
        return
    path = os.path.abspath(given)  # noqa: PTH100 - Path.absolute keeps "..", resolve follows links
    if not os.path.lexists(path):
        raise UsageError(f"{show_name(given)}: no such file or folder")
    if item := _look(path, show_name(Path(path).name)):
        yield item
    else:
        yield from _walk(path)


def _walk(root: str) -> Iterator[_Found | Failure]:
    folders = [root]
    while folders:
        folder = folders.pop()
        try:
            entries = list(os.scandir(folder))
        except OSError as error:
            yield failure_of(error, Source(_name_below(root, folder)))
            continue
        for entry in entries:
            if entry.name.startswith("."):
                continue
            if entry.is_dir(follow_symlinks=False):
                folders.append(entry.path)
            elif item := _look(entry.path, _name_below(root, entry.path)):
                yield item


def _look(path: str, name: str) -> _Found | Failure | None:
    """Look at what is not a folder by itself; a link to one gives None."""
    try:
        status = Path(path).stat()
    except OSError as error:
        if Path(path).is_symlink() and error.errno in (errno.ENOENT, errno.ELOOP):
            return Failure(Source(name), "dangling-link", "the link leads nowhere")
        return failure_of(error, Source(name))
    if stat.S_ISDIR(status.st_mode):
        return None
    if not stat.S_ISREG(status.st_mode):
        return Failure(Source(name), "not-a-file", "neither a regular file nor a folder")
    return _Found(InputFile(path, name, status.st_size, status.st_mtime_ns), (status.st_dev, status.st_ino))


def _name_below(root: str, path: str) -> str:
    return show_name(os.path.relpath(path, root)).replace(os.sep, "/")


def show_name(path: str) -> str:
    """Return a file name as valid UTF-8: bytes that are none appear as `\\xff`."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def failure_of(error: InputError | OSError, source: Source) -> Failure:
    """Turn what stops the reading of a file into a Failure; the message does without the path."""
    if isinstance(error, InputError):
        return Failure(source, error.reason, error.message)
    return Failure(source, "unreadable-input", error.strerror or type(error).__name__)
