"""Read JSON lines, whole or shared among tasks, and build records of JSON.

A bad record becomes a Failure with its number and byte offset, and reading goes on behind it.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from typing import TypeAlias

import orjson

from corpus.files.compressed import Stream
from corpus.files.listing import InputFile
from corpus.formats.lines import check_whole, recoded, split_lines
from corpus.formats.rows import Read, ReadConfig, record_from
from corpus.formats.wrapped import rows_in
from corpus.records import Failure, Source

#: (k, n): of each n blocks of records the k-th, so that n tasks can share one file of JSON lines.
Part: TypeAlias = tuple[int, int]
WHOLE: Part = (0, 1)

#: Records that stay together when tasks share a file.
PART_RECORDS = 256


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
