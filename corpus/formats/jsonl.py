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
                yield record_of_json(body, f"line {number + 1} (byte {offset}): ", source, config)


def bare(text: bytes) -> bytes:
    """Strip what may stand around JSON: byte order mark, returns, blanks."""
    return text.removeprefix(codecs.BOM_UTF8).strip(b" \t\r\n")


def record_of_json(body: bytes | None, where: str, source: Source, config: ReadConfig) -> Read:
    """Build the record that `body` describes in JSON; None stands for one that was too long to be read.

    `where` goes before the message of a Failure.
    """
    if body is None:
        return Failure(source, "too-large", f"{where}more than {config.max_record_bytes} bytes")
    try:
        row = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        try:
            body.decode("utf-8")
        except UnicodeDecodeError:
            return Failure(source, "bad-charset", where + str(error))
        return Failure(source, "bad-json", where + str(error))
    return record_from(row, source, config, where)
