"""Bytes of a file as text in UTF-8 and as lines, what all readers of text share; and JSON lines.

Memory is bounded by one line and one block, whatever the file holds. A bad record becomes a Failure with its number and
byte offset, and reading goes on behind it.
"""

from __future__ import annotations

import codecs
import itertools
from collections.abc import Iterable, Iterator
from typing import TypeAlias, cast

import orjson

from corpus.charset import marked_codec
from corpus.errors import InputError
from corpus.files.compressed import Stream
from corpus.files.listing import InputFile
from corpus.formats.fields import rows_in
from corpus.formats.rows import Read, ReadConfig, record_from
from corpus.records import Failure, Source

#: Stands for what is no character in the charset of a file: no UTF-8 has it, so the record that holds it fails.
_MARK_BAD = "ghirbal-mark-bad"
codecs.register_error(_MARK_BAD, lambda error: ("\udcff", cast("UnicodeDecodeError", error).end))
#: (k, n): of each n blocks of records the k-th, so that n tasks can share one file of JSON lines.
Part: TypeAlias = tuple[int, int]
WHOLE: Part = (0, 1)

#: Records that stay together when tasks share a file.
PART_RECORDS = 256


def check_whole(file: InputFile, config: ReadConfig) -> None:
    """Read a compressed file to its end before any record of it is given out, unless `config.salvage`."""
    with Stream(file.path) as stream:
        if stream.codec and not config.salvage:
            for _ in stream.blocks():
                pass


def read_whole(file: InputFile, limit: int) -> bytes:
    """Return the decompressed bytes of a file.

    Raises:
        InputError: it holds more than `limit` bytes (`too-large`) or none (`empty-input`); see `Stream`.
    """
    pieces: list[bytes] = []
    size = 0
    with Stream(file.path) as stream:
        for block in stream.blocks():
            size += len(block)
            if size > limit:
                raise InputError(f"holds more than {limit} bytes", path=file.path, reason="too-large")
            pieces.append(block)
    if not size:
        raise InputError("holds no bytes once decompressed", path=file.path, reason="empty-input")
    return b"".join(pieces)


def split_lines(blocks: Iterable[bytes], limit: int) -> Iterator[tuple[int, bytes | None]]:
    r"""Yield each line with its byte offset and with its newline; None for one of over `limit` bytes.

    Only "\n" ends a line. What follows the last one is a line too, unless it is empty.
    """
    rest, start, size = bytearray(), 0, 0
    for block in blocks:
        *ended, last = block.split(b"\n")
        for piece in ended:
            size += len(piece)
            yield start, bytes(rest) + piece + b"\n" if size <= limit else None
            start += size + 1
            rest.clear()
            size = 0
        size += len(last)
        if size <= limit:
            rest += last
        else:
            rest.clear()
    if size:
        yield start, bytes(rest) if size <= limit else None


def recoded(blocks: Iterable[bytes], codec: str = "") -> Iterator[bytes]:
    """Yield blocks of text as UTF-8; what `codec`, or else the byte order mark, calls another charset is recoded.

    Offsets are then those of the recoded bytes. Bytes that stand for nothing in the charset become such as no
    UTF-8 has, so that the record around them fails.
    """
    blocks = iter(blocks)
    head = next(blocks, b"")
    codec = codec or marked_codec(head)
    if not codec:
        yield head
        yield from blocks
        return
    decoder = codecs.getincrementaldecoder(codec)(_MARK_BAD)
    for block in itertools.chain([head], blocks):
        yield decoder.decode(block).encode("utf-8", "surrogateescape")
    yield decoder.decode(b"", final=True).encode("utf-8", "surrogateescape")


def read_lines(file: InputFile, config: ReadConfig, part: Part = WHOLE) -> Iterator[Read]:
    """Read JSON lines; `source.record` is the line number from 0, blank lines counted but not read."""
    check_whole(file, config)
    with Stream(file.path) as stream:
        for number, (offset, line) in enumerate(split_lines(recoded(stream.blocks()), config.max_record_bytes)):
            if number // PART_RECORDS % part[1] != part[0]:
                continue
            body = line if line is None else bare(line)
            if body != b"":
                source = Source(file.name, number, offset)
                yield from records_of_json(body, f"line {number + 1} (byte {offset}): ", source, config)


def bare(text: bytes) -> bytes:
    """Strip what may stand around JSON: byte order mark, returns, blanks, the comma behind an element on its line."""
    return text.removeprefix(codecs.BOM_UTF8).strip(b" \t\r\n").removesuffix(b",")


def records_of_json(body: bytes | None, where: str, source: Source, config: ReadConfig) -> Iterator[Read]:
    """Build the record that `body` describes in JSON, or those that it wraps; None stands for one that was too long.

    `where` goes before the message of a Failure.
    """
    if body is None:
        yield Failure(source, "too-large", f"{where}more than {config.max_record_bytes} bytes")
        return
    try:
        row = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        try:
            body.decode("utf-8")
        except UnicodeDecodeError:
            yield Failure(source, "bad-charset", where + str(error))
        else:
            yield Failure(source, "bad-json", where + str(error))
        return
    read = record_from(row, source, config, where)
    is_none = isinstance(read, Failure) and read.reason in ("missing-text", "not-an-object")
    rows = rows_in(row, config.fields) if is_none else []
    if not rows:
        yield read
    for part, row in enumerate(rows, 1):
        yield record_from(row, source, config, f"{where}record {part} in it: ", part)
