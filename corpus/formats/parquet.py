"""Read Parquet files: a record each row, whatever Arrow can hold in its cells.

Cells become JSON values. A time is ISO 8601 (an instant in UTC, which is what Parquet stores; the zone beside it only
says how to show it), a map a list of keys and values. What JSON cannot keep exactly is text: durations, decimals,
integers from 2**63 on, NaN. Empty cells are left out, and so is binary that is not the
html of the record.

Text columns stay in the dictionary form of the file and cells are measured before they are unpacked: 900 bytes of
Parquet can hold a gigabyte of the same long text.
"""

from __future__ import annotations

import itertools
import math
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import IO, Any

import numpy as np

from corpus.charset import decode
from corpus.errors import CorruptInput, InputError, RecordError, load_package
from corpus.files.compressed import Stream
from corpus.files.listing import InputFile
from corpus.formats.fields import sort_keys
from corpus.formats.rows import LARGEST_NUMBER, MAX_DEPTH, Read, ReadConfig, record_from
from corpus.records import Failure, Source

_BATCH_ROWS = 64
_BUFFER_BYTES = 1 << 20
#: A column that unpacks to more bytes than this, and to so many times what the file holds of it, is made to fill the
#: memory: Arrow unpacks page by page, and a page may be a whole column. Text shrinks to a tenth, pages of one template
#: to a fiftieth.
_BOMB_BYTES = 64 << 20
_BOMB_RATIO = 200
#: The writers of pyarrow begin a new row group here at the latest.
_MAX_GROUP_ROWS = 1 << 20
#: What a cell counts towards the size of its record besides its characters.
_CELL_BYTES = 8


def read_parquet(file: InputFile, config: ReadConfig) -> Iterator[Read]:
    """Read a Parquet file, plain or compressed as a whole; `source.record` is the row number from 0.

    Raises:
        UsageError: pyarrow is not installed.
    """
    arrow, parquet = (load_package(name, file.name, "parquet") for name in ("pyarrow", "pyarrow.parquet"))
    number = 0
    try:
        with _seekable(file) as handle:
            for row in _rows(arrow, parquet, handle, file, config):
                source = Source(file.name, number)
                if isinstance(row, str):
                    yield Failure(source, "too-large", f"row {number + 1}: {row}")
                else:
                    yield _record_of(arrow, row, source, config)
                number += 1
    except (arrow.ArrowException, ValueError, OSError, OverflowError, LookupError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        message = f"damaged after {number} rows: {str(error).partition(chr(10))[0]}"
        raise CorruptInput(message, path=file.path) from error


def _rows(
    arrow: Any, parquet: Any, handle: IO[bytes], file: InputFile, config: ReadConfig
) -> Iterator[dict[str, Any] | str]:
    """Yield the cells of each row by column; of a row group that is a bomb, for each row what is wrong with it."""
    with parquet.ParquetFile(handle) as table:
        schema, metadata = table.schema_arrow, table.metadata
    needed = _needed(schema.names, config)
    types = arrow.types
    binary = (types.is_binary, types.is_large_binary, types.is_fixed_size_binary, types.is_binary_view)
    names = [field.name for field in schema if field.name in needed or not any(test(field.type) for test in binary)]
    if len(set(names)) != len(names):
        raise CorruptInput("two columns have the same name", path=file.path)
    unread = set(schema.names) - set(names)
    leaves = [metadata.schema.column(index) for index in range(metadata.num_columns)]
    read = {index: leaf for index, leaf in enumerate(leaves) if leaf.path not in unread}
    strings = [leaf for leaf in read.values() if leaf.logical_type.type in ("STRING", "NONE")]
    texts = [leaf.path for leaf in strings if leaf.physical_type == "BYTE_ARRAY"]
    with parquet.ParquetFile(handle, read_dictionary=texts, buffer_size=_BUFFER_BYTES) as table:
        for number in range(metadata.num_row_groups):
            group = metadata.row_group(number)
            if bomb := _find_bomb(group, read):
                if group.num_rows > _MAX_GROUP_ROWS:
                    raise InputError(f"row group {number + 1}: {bomb}", path=file.path, reason="too-large")
                yield from itertools.repeat(bomb, group.num_rows)
                continue
            for batch in table.iter_batches(_BATCH_ROWS, row_groups=[number], columns=names):
                for index in range(batch.num_rows):
                    yield {name: column[index] for name, column in zip(batch.schema.names, batch.columns, strict=True)}


def _find_bomb(group: Any, columns: Iterable[int]) -> str:
    """Say what is wrong with a row group that is made to fill the memory, "" if it is not."""
    for chunk in map(group.column, columns):
        # Lists of the same number take hardly any bytes, and eight each once they are unpacked.
        size = max(chunk.total_uncompressed_size, _CELL_BYTES * (chunk.num_values - group.num_rows))
        if size > _BOMB_BYTES and size > _BOMB_RATIO * chunk.total_compressed_size:
            packed = f"{chunk.total_compressed_size} bytes of column {chunk.path_in_schema[:80]!r}"
            return f"{packed} unpack to {size}: write the file again in smaller row groups"
    return ""


def _record_of(arrow: Any, cells: dict[str, Any], source: Source, config: ReadConfig) -> Read:
    needed = _needed(cells, config)
    unpack, row, name = _Unpacker(arrow, config.max_record_bytes), {}, ""
    try:
        for name, cell in cells.items():
            value = unpack.body(cell, needed[name] == "html") if name in needed else unpack.value(cell, "replace")
            if value is not None:
                row[name] = value
    except RecordError as error:
        return Failure(source, error.reason, f"row {source.record + 1}: $.{name}: {error}")
    return record_from(row, source, config, f"row {source.record + 1}: ")


def _needed(columns: Iterable[str], config: ReadConfig) -> dict[str, str]:
    """Return the columns that hold one of our fields, and which."""
    keys = sort_keys(columns, config.fields)
    return {path.partition(".")[0]: field for field, paths in keys.items() for path in paths}


class _Unpacker:
    """Unpack the cells of one row (Arrow scalars) as long as they stay under `limit` bytes together."""

    def __init__(self, arrow: Any, limit: int) -> None:
        self._arrow, self._limit, self._room = arrow, limit, limit
        self._texts = (arrow.StringScalar, arrow.LargeStringScalar, arrow.StringViewScalar)

    def body(self, cell: Any, is_page: bool) -> Any:
        """Return a field of ours; of a page the bytes, whose charset is told later, whatever the column claims."""
        while isinstance(cell, self._arrow.DictionaryScalar) and cell.is_valid:
            cell = cell.value
        is_binary = isinstance(cell, self._arrow.BinaryScalar) and (is_page or not isinstance(cell, self._texts))
        if not is_binary or not cell.is_valid:
            return self.value(cell, "strict")
        return self._bytes(cell) if is_page else decode(self._bytes(cell))[0]

    def value(self, cell: Any, errors: str, depth: int = MAX_DEPTH) -> Any:
        """Return what JSON can hold of a cell, None for nothing; `errors` is for text that is no UTF-8."""
        arrow = self._arrow
        if not cell.is_valid:
            return None
        if isinstance(cell, (arrow.DictionaryScalar, arrow.ExtensionScalar)):
            return self.value(cell.value, errors, depth)
        if depth == 0:
            raise RecordError(f"nested deeper than {MAX_DEPTH} levels", reason="bad-field")
        below = partial(self.value, errors=errors, depth=depth - 1)
        if isinstance(cell, arrow.StructScalar):
            return {cell.type.field(index).name: below(cell[index]) for index in range(len(cell))}
        if isinstance(cell, arrow.ListScalar):
            self._take(_CELL_BYTES * len(cell.values))
            return [below(item) for item in cell.values]
        self._take(_CELL_BYTES)
        if isinstance(cell, self._texts):
            try:
                return self._bytes(cell).decode("utf-8", errors)
            except UnicodeDecodeError as error:
                raise RecordError("bytes that are not valid UTF-8", reason="bad-charset") from error
        return None if isinstance(cell, arrow.BinaryScalar) else _plain(arrow, cell)

    def _take(self, size: int) -> None:
        self._room -= size
        if self._room < 0:
            raise RecordError(f"the record has more than {self._limit} bytes", reason="too-large")

    def _bytes(self, cell: Any) -> bytes:
        buffer = cell.as_buffer()
        self._take(buffer.size)
        body: bytes = buffer.to_pybytes()
        return body


def _plain(arrow: Any, cell: Any) -> Any:
    """Return a cell that is neither text nor made of others."""
    types, kind = arrow.types, cell.type
    if types.is_boolean(kind):
        return cell.as_py()
    if types.is_integer(kind) or types.is_floating(kind):
        number = float(cell.as_py()) if types.is_floating(kind) else cell.as_py()
        return number if math.isfinite(number) and abs(number) < LARGEST_NUMBER else str(number)
    if types.is_decimal(kind):
        return format(cell.as_py(), "f")
    if types.is_duration(kind):
        return f"{cell.value} {kind.unit}"
    if not types.is_temporal(kind):
        return str(cell)
    moment = np.datetime64(cell.value, "D" if types.is_date32(kind) else "ms" if types.is_date64(kind) else kind.unit)
    if types.is_date(kind):
        return str(moment.astype("M8[D]"))
    text = str(moment)
    text = text.rstrip("0").rstrip(".") if "." in text else text
    if types.is_time(kind):
        inside = moment.astype("M8[D]") == np.datetime64(0, "D")
        return text[11:] if inside else f"{cell.value} {kind.unit} since midnight"
    return f"{text}+00:00" if kind.tz else text


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
