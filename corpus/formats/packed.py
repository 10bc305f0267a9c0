"""Unpack zip and tar archives member by member, so that each is read as a file of its own.

Members go to a temporary file, one at a time, under a name that is only an address. What unpacks to far more than news
does is a bomb, and is given up.
"""

from __future__ import annotations

import re
import tarfile
import tempfile
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import IO, Any

from corpus.errors import CorruptInput, InputError
from corpus.files.compressed import Stream
from corpus.files.listing import InputFile
from corpus.records import Failure, Source

#: An archive may unpack to so many bytes, and to so many times its own; news shrinks to a tenth, pages of one template
#: to a fiftieth.
_BOMB_BYTES, _BOMB_RATIO = 64 << 20, 200
_MAX_MEMBERS = 1_000_000
_COPY_BYTES = 1 << 18
#: Passed over, as hidden names in folders are: what systems leave behind.
_HIDDEN = re.compile(r"(?:^|/)(?:\.(?!\.?/)|__MACOSX/)")
_ENCRYPTED = 1
_ZIP_ERRORS = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError, OSError)


def unpack(file: InputFile) -> Iterator[InputFile | Failure]:
    """Yield the members of an archive that are files, each until the next is asked for, in the order of the archive.

    Raises:
        InputError: `corrupt-input`, `truncated-input`; `too-large`, it unpacks to more than any dump does.
    """
    members = _zip_members if zipfile.is_zipfile(file.path) else _tar_members
    seen: Counter[str] = Counter()
    room = _BOMB_BYTES + _BOMB_RATIO * Path(file.path).stat().st_size
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "member")
        for count, (inner, stream) in enumerate(members(file)):
            inner = inner.encode("utf-8", "backslashreplace").decode().removeprefix("./")
            seen[inner] += 1
            # A second member of one name is told apart by a folder that names no outlet.
            name = f"{file.name}/{seen[inner]}/{inner}" if seen[inner] > 1 else f"{file.name}/{inner}"
            if stream is None:
                message = "needs a password: unpack it, and give the folder"
                yield Failure(Source(name), "encrypted", message)
                continue
            with path.open("wb") as sink:
                while room >= 0 and (block := stream.read(_COPY_BYTES)):
                    room -= len(block)
                    sink.write(block)
            if room < 0 or count >= _MAX_MEMBERS:
                message = f"unpacks to more than news does at {inner[:80]!r}: unpack it, and give the folder"
                raise InputError(message, path=file.path, reason="too-large")
            yield InputFile(str(path), name, path.stat().st_size)


def _zip_members(file: InputFile) -> Iterator[tuple[str, IO[bytes] | None]]:
    try:
        with zipfile.ZipFile(file.path) as archive:
            for member in archive.infolist():
                if member.is_dir() or _HIDDEN.search(member.filename):
                    continue
                if member.flag_bits & _ENCRYPTED:
                    yield member.filename, None
                    continue
                with archive.open(member) as stream:
                    yield member.filename, stream
    except _ZIP_ERRORS as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise CorruptInput(f"the zip archive is damaged: {error}", path=file.path) from error


def _tar_members(file: InputFile) -> Iterator[tuple[str, IO[bytes] | None]]:
    try:
        with Stream(file.path) as stream:
            blocks = stream.blocks()
            # In this mode tarfile asks for nothing but more, and takes pieces of any size.
            source: Any = SimpleNamespace(read=lambda _: next(blocks, b""))
            with tarfile.open(fileobj=source, mode="r|", bufsize=_COPY_BYTES) as archive:
                for member in archive:
                    content = None if not member.isreg() or _HIDDEN.search(member.name) else archive.extractfile(member)
                    if content:
                        yield member.name, content
    except (tarfile.TarError, EOFError, ValueError) as error:
        raise CorruptInput(f"the tar archive is damaged: {error}", path=file.path) from error
