"""Read a file as blocks of bytes, decompressed, and never take a cut or damaged stream for a whole one.

Magic bytes decide what the compression is; a name that claims another one is an error that says so. Every
frame or member must reach its end mark, the file must stay the same while it is read, and what one block of
input may expand to is bounded, so that a few kilobytes of zeros cannot fill the memory.

Members are told apart here because the openers of the libraries hide where they meet, and what they make of it
loses records: `bz2.open` and `lzma.open` take a member whose first byte is damaged for the end of the file, `zstd.open`
refuses the zeros that tapes pad with, and those of python-zstandard and warcio hand out a truncated file as if it were
whole. An archive is read from the middle as well, behind what is broken (`corpus.formats.archive_stream`).
"""

from __future__ import annotations

import bz2
import lzma
import os
import stat
import sys
from collections.abc import Callable, Generator
from functools import partial
from pathlib import Path, PurePath
from typing import Any, Self, cast

from isal import igzip_lib

from corpus.errors import CorruptInput, InputError, TruncatedInput

if sys.version_info >= (3, 14):
    from compression import zstd as zstd
else:
    from backports import zstd as zstd

#: Bytes read from the file at once, and the most one decompression step may give back.
CHUNK_BYTES = 1 << 16
BLOCK_BYTES = 1 << 18

#: Memory one frame may demand: 128 MiB, what `zstd --long=27` and `xz -9` need.
_ZSTD_WINDOW_LOG = 27
_XZ_MEMORY_BYTES = 1 << 27

#: The first bytes of a member or frame.
MAGIC = {"gzip": b"\x1f\x8b\x08", "zstd": b"\x28\xb5\x2f\xfd", "bzip2": b"BZh", "xz": b"\xfd7zXZ\x00"}
#: A bzip2 member opens with this and then the digits of pi (a block) or of its root (no block at all);
#: text may well begin with "BZh9", but hardly goes on so.
_BZIP2_STARTS = (b"1AY&SY", b"\x17rE8P\x90")
_MAGIC_BYTES = 10
_SUFFIXES = {".gz": "gzip", ".zst": "zstd", ".bz2": "bzip2", ".xz": "xz"}


def zstd_engine() -> zstd.ZstdDecompressor:
    """Return a decompressor of one zstd frame; its window is bounded."""
    return zstd.ZstdDecompressor(options={zstd.DecompressionParameter.window_log_max: _ZSTD_WINDOW_LOG})


#: Of one member or frame each: `decompress`, `eof`, `needs_input`, `unused_data`.
_ENGINES: dict[str, Callable[[], Any]] = {
    "gzip": partial(igzip_lib.IgzipDecompressor, flag=igzip_lib.DECOMP_GZIP),
    "zstd": zstd_engine,
    "bzip2": bz2.BZ2Decompressor,
    "xz": partial(lzma.LZMADecompressor, lzma.FORMAT_XZ, _XZ_MEMORY_BYTES),
}
#: The stubs of isal take its class of errors for one of them.
ISAL_ERROR = cast("type[Exception]", igzip_lib.IsalError)
#: What the engines raise on damage; OSError is that of bz2.
_DAMAGE = (ISAL_ERROR, zstd.ZstdError, lzma.LZMAError, EOFError, OSError)


def sniff_codec(head: bytes) -> str:
    """Name the compression that the first bytes of a file show: gzip, zstd, bzip2, xz, or ""."""
    if head[1:4] == b"\x2a\x4d\x18" and head[0] >> 4 == 5:  # a skippable frame
        return "zstd"
    codec = next((codec for codec, magic in MAGIC.items() if head.startswith(magic)), "")
    if codec == "bzip2" and not (head[3:4].isdigit() and head[4:10] in _BZIP2_STARTS):
        return ""
    return codec


def claimed_codec(name: str) -> str:
    """Name the compression that a file name claims, or ""."""
    return _SUFFIXES.get(PurePath(name).suffix.lower(), "")


class Stream:
    """The decompressed bytes of one regular file, once through, from `offset` of the file onwards.

    `codec` is what the magic bytes say, `member` the offset in the file of the gzip member or zstd frame that
    the last block came from. Who starts at an `offset` other than 0 (the start of a member, or anywhere in a
    plain file) must know the `codec`.

    Raises:
        InputError: not a regular file (`not-a-file`), no bytes (`empty-input`), changed (`input-changed`).
        TruncatedInput: the stream ends before its end mark.
        CorruptInput: damage, bytes after the end mark, or a name that claims what the bytes are not.
        OSError: the file cannot be opened or read.
    """

    def __init__(self, path: str, *, offset: int = 0, codec: str = "") -> None:
        self.path = path
        if not stat.S_ISREG(Path(path).stat().st_mode):  # to open a FIFO would wait for ever
            raise InputError("not a regular file", path=path, reason="not-a-file")
        self._file = Path(path).open("rb", buffering=0)  # noqa: SIM115 - closed by `close`
        self._known = _identity(os.fstat(self._file.fileno()))
        self.member = offset
        try:
            self._file.seek(offset)
            self._head = self._file.read(CHUNK_BYTES)
            self.codec = codec if offset else self._recognise()
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; blocks can no longer be read."""
        self._file.close()

    def blocks(self) -> Generator[bytes, None, None]:
        """Yield the bytes in blocks of at most 256 KiB; the end is reached only by a whole, unchanged file."""
        if self.codec:
            yield from self._members()
        else:
            data = self._head
            while data:
                yield data
                data = self._file.read(BLOCK_BYTES)
        self.check_unchanged()

    def _recognise(self) -> str:
        if not self._head:
            raise InputError("the file is empty (0 bytes)", path=self.path, reason="empty-input")
        codec, claimed = sniff_codec(self._head[:_MAGIC_BYTES]), claimed_codec(self.path)
        if not claimed or codec == claimed:
            return codec
        if not codec and _opens_like(self._head, claimed):
            raise TruncatedInput(f"{len(self._head)} bytes are no whole {claimed} stream", path=self.path)
        message = f"the name says {claimed}, the bytes are {codec or f'not {claimed}'}: rename the file"
        raise CorruptInput(message, path=self.path)

    def _members(self) -> Generator[bytes, None, None]:
        data = self._head
        while data:
            while len(data) < _MAGIC_BYTES and (more := self._file.read(CHUNK_BYTES)):
                data += more
            self.member = self._file.tell() - len(data)
            if sniff_codec(data[:_MAGIC_BYTES]) != self.codec:
                if _opens_like(data, self.codec):
                    raise self._truncated()
                message = f"bytes that are not {self.codec} follow the stream at byte {self.member}"
                raise CorruptInput(message, path=self.path, offset=self.member)
            engine = _ENGINES[self.codec]()
            while not engine.eof:
                if not data and engine.needs_input and not (data := self._file.read(CHUNK_BYTES)):
                    raise self._truncated()
                try:
                    block = engine.decompress(data, BLOCK_BYTES)
                except _DAMAGE as error:
                    message = f"the {self.codec} stream that begins at byte {self.member} is damaged: {error}"
                    raise CorruptInput(message, path=self.path, offset=self.member) from error
                if block:
                    yield block
                data = b""
            data = engine.unused_data
            # Tapes and some writers pad with zeros, between members and at the end.
            while not (data := data.lstrip(b"\0")) and (data := self._file.read(CHUNK_BYTES)):
                pass

    def _truncated(self) -> TruncatedInput:
        size = os.fstat(self._file.fileno()).st_size
        where = f"the {self.codec} stream that begins at byte {self.member} is cut off at byte {size}"
        return TruncatedInput(f"{where}: fetch the file again", path=self.path, offset=size)

    def check_unchanged(self) -> None:
        """Raise InputError (`input-changed`) if the file is no longer what was opened."""
        try:
            now = _identity(Path(self.path).stat())
        except FileNotFoundError:
            now = ()
        if not now == self._known == _identity(os.fstat(self._file.fileno())):
            message = "the file changed while it was read: run again when nothing writes to it"
            raise InputError(message, path=self.path, reason="input-changed")


def _opens_like(data: bytes, codec: str) -> bool:
    """Tell whether `data`, too short to recognise, may be the first bytes of a `codec` stream."""
    return len(data) < _MAGIC_BYTES and data[:3] == MAGIC[codec][: min(3, len(data))]


def _identity(status: os.stat_result) -> tuple[int, ...]:
    return (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)
