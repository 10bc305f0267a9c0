"""Read a made-up file and look at what came out; shared by the tests of the readers."""

from __future__ import annotations

import bz2
import gzip
import lzma
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from corpus.files.listing import InputFile
from corpus.formats.lines import WHOLE, Part
from corpus.formats.reader import read_input
from corpus.formats.rows import ReadConfig
from corpus.records import Document, Failure, Page, Skip

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

Read = Document | Page | Failure | Skip


def zst(data: bytes) -> bytes:
    """One frame with its checksum, which `zstd.compress` leaves out."""
    return zstd.compress(data, options={zstd.CompressionParameter.checksum_flag: 1})


PACKERS: dict[str, Callable[[bytes], bytes]] = {
    ".gz": gzip.compress,
    ".zst": zst,
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
}


def read(folder: Path, name: str, data: bytes, config: ReadConfig | None = None, part: Part = WHOLE) -> list[Read]:
    path = folder / name.replace("/", "_")
    path.write_bytes(data)
    status = path.stat()
    file = InputFile(str(path), name, status.st_size, status.st_mtime_ns)
    return list(read_input(file, config or ReadConfig(), part))


def read_lines(folder: Path, *lines: bytes, config: ReadConfig | None = None) -> list[Read]:
    return read(folder, "a.jsonl", b"\n".join(lines) + b"\n", config)


def only(found: list[Read]) -> Any:
    assert len(found) == 1, found
    return found[0]


def reasons(found: list[Read]) -> list[str]:
    return [one.reason for one in found if isinstance(one, Failure)]


def texts(found: list[Read]) -> list[str]:
    return [one.text for one in found if isinstance(one, Document)]


#: Code for another process: its peak of memory in megabytes. What getrusage says begins with that of the parent.
PEAK = "int(open('/proc/self/status').read().split('VmHWM:')[1].split()[0]) >> 10"
