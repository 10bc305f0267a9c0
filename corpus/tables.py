"""Read files of many small records: JSON lines, a JSON array, CSV and TSV, Parquet.

One bad record never ends a file: it becomes a Failure with its record number and byte offset, and reading goes
on behind it. Memory is bounded by one record and one block, whatever the file holds.
"""

from __future__ import annotations

import codecs
import contextlib
import csv
import datetime
import importlib
import itertools
import re
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import IO, Any, Self, TypeAlias

import orjson

from corpus.decode import decode
from corpus.document import Document, Page, Source
from corpus.errors import CorruptInput, InputError, RecordError, UsageError
from corpus.inputs import Failure, InputFile, ReadConfig
from corpus.rows import record_from
from corpus.streams import Stream, verify

Read: TypeAlias = Document | Page | Failure
#: (k, n): of each n blocks of records the k-th, so that n tasks can share one file.
Part: TypeAlias = tuple[int, int]
WHOLE: Part = (0, 1)

#: Records that stay together when tasks share a file.
PART_RECORDS = 256
#: A JSON array is parsed in one piece, which takes some ten times its size in memory; JSON lines have no limit.
MAX_JSON_BYTES = 64 << 20
_PARQUET_ROWS = 64
_SAMPLE_BYTES = 1 << 20
#: A file with more broken quotes than this is read on without going back: each costs up to one record's size.
_MAX_REWINDS = 64
_WIDE_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SURROGATE = re.compile("[\udc80-\udcff]")


def is_ours(record: int, part: Part) -> bool:
    """Tell whether a record belongs to a part."""
    return record // PART_RECORDS % part[1] == part[0]


def read_lines(file: InputFile, config: ReadConfig, part: Part) -> Iterator[Read]:
    """Read JSON lines; `source.record` is the line number from 0, blank lines counted but not read."""
    for number, (offset, line) in enumerate(_lines_of(file, config)):
        if not is_ours(number, part):
            continue
        source = Source(file.name, number, offset)
        if line is None:
            yield _too_large(source, config)
        elif line := _bare(line):
            yield _record_of_line(line, source, config)


def read_json(file: InputFile, config: ReadConfig, part: Part) -> Iterator[Read]:
    """Read a .json file: JSON lines if its first line is an object, else one array or one object."""
    if _holds_lines(file):
        yield from read_lines(file, config, part)
        return
    body = _bare(read_whole(file, max(MAX_JSON_BYTES, config.max_record_bytes)))
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise InputError(f"no JSON: {error}", path=file.path, reason=_json_reason(body)) from error
    for number, row in enumerate(value if isinstance(value, list) else [value]):
        if is_ours(number, part):
            yield record_from(row, Source(file.name, number), config)


def read_csv(file: InputFile, config: ReadConfig, part: Part, *, delimiter: str) -> Iterator[Read]:
    """Read CSV with a header row; `source.record` is the row number from 0, the header not counted."""
    feed = _Feed(_lines_of(file, config, _csv_codec(file)), config.max_record_bytes)
    # The limit is the module's own global; whoever shares the process gets the larger of the two.
    csv.field_size_limit(max(csv.field_size_limit(), config.max_record_bytes))
    rows = _csv_rows(feed, delimiter)
    header = next(rows, None)
    names = header[1] if header else None
    if not isinstance(names, list) or len(set(names)) != len(names):
        raise CorruptInput("the first row must be a header with the names of the fields", path=file.path)
    for number, (offset, row) in enumerate(rows):
        if is_ours(number, part):
            yield _record_of_row(names, row, Source(file.name, number, offset), config)


def read_parquet(file: InputFile, config: ReadConfig, part: Part) -> Iterator[Read]:
    """Read a Parquet file, plain or compressed as a whole.

    Raises:
        UsageError: pyarrow is not installed.
    """
    try:
        arrow, parquet = map(importlib.import_module, ("pyarrow", "pyarrow.parquet"))
    except ImportError as error:
        raise UsageError(f"{file.name}: install ghirbal[parquet] to read Parquet files") from error
    number = 0
    try:
        with _seekable(file) as handle, parquet.ParquetFile(handle) as table:
            for batch in table.iter_batches(batch_size=_PARQUET_ROWS):
                for row in batch.to_pylist():
                    if is_ours(number, part):
                        yield _record_of_cells(row, Source(file.name, number), config)
                    number += 1
    except (arrow.ArrowException, ValueError, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        message = f"damaged after {number} rows: {str(error).partition(chr(10))[0]}"
        raise CorruptInput(message, path=file.path) from error


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
    r"""Yield each line with its byte offset and without its newline; None for one of over `limit` bytes.

    Only "\n" ends a line. What follows the last one is a line too, unless it is empty.
    """
    rest, start, size = bytearray(), 0, 0
    for block in blocks:
        *ended, last = block.split(b"\n")
        for piece in ended:
            size += len(piece)
            line = bytes(rest + piece) if rest else piece
            yield start, line if size <= limit else None
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


def _lines_of(file: InputFile, config: ReadConfig, codec: str = "") -> Iterator[tuple[int, bytes | None]]:
    """Split a file into lines of UTF-8; offsets are those of the recoded bytes where it had to be recoded."""
    with Stream(file.path) as stream:
        if stream.codec and not config.salvage:
            verify(file.path)
        blocks = stream.blocks()
        head = next(blocks, b"")
        codec = codec or next((name for mark, name in _WIDE_MARKS if head.startswith(mark)), "")
        whole = itertools.chain([head], blocks)
        yield from split_lines(_recoded(whole, codec) if codec else whole, config.max_record_bytes)


def _recoded(blocks: Iterable[bytes], codec: str) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder(codec)("replace")
    for block in blocks:
        yield decoder.decode(block).encode("utf-8", "replace")
    yield decoder.decode(b"", final=True).encode("utf-8", "replace")


def _bare(line: bytes) -> bytes:
    """Strip what may stand around a line of JSON: byte order mark, return, blanks."""
    return line.removeprefix(codecs.BOM_UTF8).strip(b" \t\r\n")


def _too_large(source: Source, config: ReadConfig) -> Failure:
    where = f"line {source.record + 1} (byte {source.offset})"
    return Failure(source, "too-large", f"{where}: more than {config.max_record_bytes} bytes")


def _record_of_line(line: bytes, source: Source, config: ReadConfig) -> Read:
    where = f"line {source.record + 1} (byte {source.offset}): "
    try:
        row = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        return Failure(source, _json_reason(line), where + str(error))
    read = record_from(row, source, config)
    return replace(read, message=where + read.message) if isinstance(read, Failure) else read


def _json_reason(body: bytes) -> str:
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return "bad-charset"
    return "bad-json"


def _holds_lines(file: InputFile) -> bool:
    with Stream(file.path) as stream, contextlib.closing(stream.blocks()) as blocks:
        head = next(blocks, b"")
    try:
        return isinstance(orjson.loads(_bare(head.partition(b"\n")[0])), dict)
    except orjson.JSONDecodeError:
        return False


def _csv_codec(file: InputFile) -> str:
    """Return the codec that the decode ladder finds for the first lines, "" for UTF-8 and what is nearly so."""
    head = bytearray()
    with Stream(file.path) as stream, contextlib.closing(stream.blocks()) as blocks:
        for block in blocks:
            head += block
            if len(head) >= _SAMPLE_BYTES:
                break
    # A line cut in two may be cut within a character.
    sample = bytes(head) if len(head) < _SAMPLE_BYTES else bytes(head[: head.rfind(b"\n") + 1])
    try:
        rung = decode(sample)[1].partition("+")[0]
    except RecordError as error:
        raise InputError(str(error), path=file.path, reason=error.reason) from error
    codec = rung.removeprefix("bom-").removeprefix("detected-")
    return "" if codec.startswith("utf-8") else codec


class _Feed:
    """Give csv.reader its lines, and remember those of the row at work.

    A quote that never closes swallows every row behind it. `rewind` gives back all but its first line, so that
    one bad row costs one row.
    """

    def __init__(self, lines: Iterator[tuple[int, bytes | None]], limit: int) -> None:
        self._lines, self._limit = lines, limit
        self._again: list[tuple[int, bytes | None]] = []
        self._row: list[tuple[int, bytes | None]] = []
        self._size = 0
        self._rewinds = 0

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> str:
        item = self._again.pop() if self._again else next(self._lines)
        self._row.append(item)
        line = item[1]
        self._size += len(line or b"")
        if line is None or self._size > self._limit:
            raise RecordError(f"more than {self._limit} bytes", reason="too-large")
        text = line.removeprefix(codecs.BOM_UTF8) if item[0] == 0 else line
        return text.decode("utf-8", "surrogateescape").removesuffix("\r") + "\n"

    @property
    def offset(self) -> int:
        return self._row[0][0] if self._row else 0

    def begin(self) -> None:
        self._row.clear()
        self._size = 0

    def rewind(self) -> None:
        if len(self._row) > 1 and self._rewinds < _MAX_REWINDS:
            self._rewinds += 1
            self._again.extend(reversed(self._row[1:]))


def _csv_rows(feed: _Feed, delimiter: str) -> Iterator[tuple[int, list[str] | RecordError]]:
    reader = csv.reader(feed, delimiter=delimiter, strict=True)
    while True:
        feed.begin()
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield feed.offset, RecordError(str(error), reason="bad-row")
            feed.rewind()
        except RecordError as error:
            yield feed.offset, error
            feed.rewind()
        else:
            if row:
                yield feed.offset, row


def _record_of_row(
    names: list[str], row: list[str] | RecordError, source: Source, config: ReadConfig
) -> Read:
    where = f"row {source.record + 1} (byte {source.offset}): "
    if isinstance(row, RecordError):
        return Failure(source, row.reason, where + str(row))
    if len(row) != len(names):
        return Failure(source, "bad-row", f"{where}{len(row)} fields, the header has {len(names)}")
    if any(map(_SURROGATE.search, row)):
        return Failure(source, "bad-charset", where + "bytes that are not valid UTF-8")
    read = record_from({name: value for name, value in zip(names, row, strict=True) if value}, source, config)
    return replace(read, message=where + read.message) if isinstance(read, Failure) else read


def _record_of_cells(row: dict[str, Any], source: Source, config: ReadConfig) -> Read:
    """Build the record of a Parquet row: times become ISO 8601, empty cells and foreign binary ones are left out."""
    body = config.fields.get("html", "html")
    cells = {
        name: value.isoformat() if isinstance(value, datetime.date | datetime.time) else value
        for name, value in row.items()
        if value is not None and (name == body or not isinstance(value, bytes))
    }
    return record_from(cells, source, config)


@contextmanager
def _seekable(file: InputFile) -> Iterator[IO[bytes]]:
    with Stream(file.path) as stream:
        if not stream.codec:
            with Path(file.path).open("rb") as handle:
                yield handle
            stream.check_unchanged()
            return
        with tempfile.TemporaryFile() as spool:
            for block in stream.blocks():
                spool.write(block)
            spool.seek(0)
            yield spool
