"""Find the input files, and give each the name by which people and records know it."""

from __future__ import annotations

import errno
import os
import re
import stat
from collections import Counter
from collections.abc import Callable, Collection, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import TypeAlias

from corpus.errors import InputError, RecordError, UsageError
from corpus.files.remote import LOCAL, Store, is_address, version_of
from corpus.records import Failure, Source, folders_naming

#: The INPUT that stands for standard input.
STDIN = "-"
#: Ends the name of an archive that a crawl is still writing (`x.warc.gz.open`); it is renamed when it is whole.
UNFINISHED = ".open"

#: Shows that a folder at an address may be one that a run writes, or has written.
_OF_A_RUN = re.compile(r"(?:^|/)(?:_SUCCESS|\.ghirbal/run\.json)$")

#: Tells of folders what is to be read for them: themselves, or another one, of which only files of certain names.
Find: TypeAlias = Callable[[Iterable[str]], Mapping[str, Collection[str] | None]]


@dataclass(frozen=True, slots=True)
class InputFile:
    """One file to read.

    `path` is absolute, or an address ("-" for standard input until it is spooled). `name` is what people and records
    see: the path below its INPUT with "/" (see `list_inputs`), always valid UTF-8. `size` (bytes) and `mtime_ns` are as
    listed; an `mtime_ns` of 0 means unknown, and that of an address is the number of its version. `outlet` is that of
    records for which neither they nor `name` name one.
    """

    path: str
    name: str
    size: int = 0
    mtime_ns: int = 0
    outlet: str = ""


#: A file, and what it is on its disk or in its store, whatever names it has there.
_Found: TypeAlias = tuple[InputFile, tuple[int, int] | str]


def list_inputs(
    inputs: Sequence[str], only: Mapping[str, Container[str] | None] | None = None, find: Find = dict.fromkeys
) -> tuple[list[InputFile], list[Failure]]:
    """List the files of all INPUTs, sorted by name and path, and what among them cannot be read.

    Folders are read recursively. Within them, links to folders are not followed, and hidden names and archives that
    a crawl is still writing are passed over. A file that is there under several names is listed once, by the first
    name in the order. A single INPUT names its files from itself on; of several each puts its own name in front, so
    that `dumps/*` names them as `dumps` does, and files of one name in two folders stay two files. A single folder
    without others in it but years is that of one outlet, so that `dumps/*` may match but one. An INPUT inside another
    one adds nothing.
    Of a folder that has names in `only`, the files of these names are listed and nothing else; `find` says the same
    of the folders below the INPUTs.

    Raises:
        UsageError: an INPUT does not exist.
    """
    given = list(dict.fromkeys(map(_absolute, inputs)))
    if missing := [path for path in given if path != STDIN and not is_address(path) and not os.path.lexists(path)]:
        raise UsageError(f"{show_name(missing[0])}: no such file or folder")
    limits = {_absolute(name): names for name, names in (only or {}).items() if names is not None}
    paths = [path for path in given if not any(_reaches(root, path, find) for root in given if root not in limits)]
    found = [
        item
        for path, name in zip(paths, name_inputs(paths), strict=True)
        for item in _list_one(path, name, limits.get(path), find)
    ]
    files = [item for item in found if not isinstance(item, Failure)]
    once: dict[tuple[int, int] | str, InputFile] = {}
    for file, node in sorted(files, key=lambda item: (item[0].name, item[0].path)):
        once.setdefault(node, file)
    if len(paths) == 1 and paths[0] not in limits and not any(folders_naming(file.name) for file in once.values()):
        folder = Path(paths[0]).is_dir() or (is_address(paths[0]) and paths[0] not in once)
        outlet = show_name(Path(paths[0]).name) if folder else ""
        once = {node: replace(file, outlet=outlet) for node, file in once.items()}
    failures = {item for item in found if isinstance(item, Failure)}
    return list(once.values()), sorted(failures, key=lambda failure: (failure.source.path, failure.reason))


def _absolute(name: str) -> str:
    """Return an INPUT as a path from the root, with ".." taken out and links as they are; an address as it is."""
    if name.startswith(LOCAL):
        return os.path.abspath(name.removeprefix(LOCAL))  # noqa: PTH100
    return name.rstrip("/") if name == STDIN or is_address(name) else os.path.abspath(name)  # noqa: PTH100


def _reaches(root: str, path: str, find: Find) -> bool:
    """Tell whether the walk through INPUT `root` comes to INPUT `path`."""
    if path == root or not Path(path).is_relative_to(root):
        return False
    below = Path(path).relative_to(root).parts
    steps = [Path(root, *below[:depth]) for depth in range(1, len(below) + 1)]
    if any(step.name.startswith(".") or (step.is_symlink() and step.is_dir()) for step in steps):
        return False
    return all(str(step) in find([str(step)]) for step in steps if step.is_dir())


def name_inputs(paths: Sequence[str]) -> list[str]:
    """Name each INPUT: "" for a single one, else the shortest end of its path that no other has.

    >>> name_inputs(["/data/dumps"]), name_inputs(["/data/sahil", "/data/wadi"]), name_inputs(["/a/x", "/b/x", "/c"])
    ([''], ['sahil', 'wadi'], ['a/x', 'b/x', 'c'])
    """
    parts = [Path(path).parts[Path(path).is_absolute() :] for path in paths]
    ends = [["/".join(own[at:]) for at in range(len(own) - 1, -1, -1)] or [""] for own in parts]
    times = Counter(end for own in ends for end in own)
    return [next((end for end in own if times[end] == 1), own[-1]) if len(paths) > 1 else "" for own in ends]


def _list_one(root: str, name: str, only: Container[str] | None, find: Find) -> Iterator[_Found | Failure]:
    if root == STDIN:
        yield InputFile(STDIN, STDIN), STDIN
        return
    item = None if is_address(root) else _look(root, show_name(name or Path(root).name))
    if item or is_address(root):
        yield from [item] if item else _list_address(root, name, only, find)
        return
    folders = [(root, only)]
    while folders:
        folder, names = folders.pop()
        try:
            entries = list(os.scandir(folder))
        except OSError as error:
            yield failure_of(error, Source(_name_below(root, folder, name)))
            continue
        for entry in entries:
            if entry.name.startswith(".") or entry.name.endswith(f".warc.gz{UNFINISHED}"):
                continue
            if names is not None and entry.name not in names:
                continue
            if entry.is_dir(follow_symlinks=False):
                folders += find([entry.path]).items()
            elif item := _look(entry.path, _name_below(root, entry.path, name)):
                yield item


def _list_address(root: str, name: str, only: Container[str] | None, find: Find) -> Iterator[_Found]:
    store = Store(root)
    files = store.find()
    if not files:
        raise UsageError(f"{root}: no such file or folder")
    if only is not None:
        files = {below: entry for below, entry in files.items() if below in only}
    for folder in {below[: run.start()] for below in files if (run := _OF_A_RUN.search(below))}:
        at = f"{folder}/" if folder else ""
        ((place, names),) = find([store.address_of(folder)]).items()
        if names is not None:
            read = {f"{at}{PurePosixPath(place).name}/{part}" for part in names}
            files = {below: entry for below, entry in files.items() if below in read or not below.startswith(at)}
    for below, entry in files.items():
        parts = PurePosixPath(below).parts
        if not any(part.startswith(".") for part in parts) and not below.endswith(f".warc.gz{UNFINISHED}"):
            shown = show_name("/".join(filter(None, (name, *parts))) or PurePosixPath(root).name)
            file = InputFile(store.address_of(below), shown, int(entry.get("size") or 0), version_of(entry))
            yield file, file.path


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
    return InputFile(path, name, status.st_size, status.st_mtime_ns), (status.st_dev, status.st_ino)


def _name_below(root: str, path: str, name: str) -> str:
    below = show_name(os.path.relpath(path, root)).replace(os.sep, "/")
    return f"{show_name(name)}/{below}" if name else below


def show_name(path: str) -> str:
    """Return a file name as valid UTF-8: bytes that are none appear as `\\xff`."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def failure_of(error: InputError | RecordError | OSError, source: Source) -> Failure:
    """Turn what stops the reading of a file into a Failure; the message does without the path."""
    if isinstance(error, InputError | RecordError):
        return Failure(source, error.reason, error.message if isinstance(error, InputError) else str(error))
    return Failure(source, "unreadable-input", error.strerror or type(error).__name__)
