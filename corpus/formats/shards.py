"""Corpus shards in five formats, each the same bytes for the same rows.

Rows are documents, or mappings that orjson can write. `jsonl.zst` is the default; `txt` holds the text alone,
documents parted by a blank line; `parquet` needs the extra of that name and writes nested free fields as JSON.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields, replace
from functools import partial
from pathlib import Path
from typing import IO, Any, Literal, TypeAlias, get_args

import orjson

from corpus.errors import load_package
from corpus.files.compressed import zstd
from corpus.files.durable import Published, publishing
from corpus.records import FREE_FIELDS, Document, to_json

Format: TypeAlias = Literal["jsonl.zst", "jsonl.gz", "jsonl", "parquet", "txt"]
FORMATS: tuple[Format, ...] = get_args(Format)

Row: TypeAlias = Mapping[str, Any] | Document
_TO_LINE = partial(orjson.dumps, option=orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE)

#: On Arabic JSONL level 3 is twice as fast as gzip -1 and a fifth smaller. With a window and tables that fit into the
#: cache of a core it takes a quarter less time, and a fortieth more space, than with those it has of itself.
_KIND = zstd.CompressionParameter
_ZSTD: Mapping[int, int] = {_KIND.compression_level: 3, _KIND.window_log: 19, _KIND.hash_log: 16, _KIND.chain_log: 16}
#: For what is read once and thrown away: a quarter faster again, a tenth larger.
FAST: Mapping[int, int] = {_KIND.compression_level: 1}
_GZIP_LEVEL = 6
#: Rows go to the compressor in blocks of so many bytes: one by one, its tables are cold each time.
_BLOCK_BYTES = 1 << 18
#: Rows per Parquet row group: about 20 MB of news text, enough for columns to compress.
_ROW_GROUP = 8_192


class _Lines:
    """Rows as lines of a byte stream, in JSON or in whatever `encode` makes."""

    def __init__(self, stream: IO[bytes], encode: Callable[[Row], bytes]) -> None:
        self._stream, self._encode = stream, encode
        self._block = bytearray()

    def write(self, row: Row) -> None:
        self.append(self._encode(row))

    def append(self, line: bytes) -> None:
        self._block += line
        if len(self._block) >= _BLOCK_BYTES:
            self._flush()

    def close(self) -> None:
        self._flush()
        self._stream.close()

    def _flush(self) -> None:
        self._stream.write(self._block)
        self._block.clear()


class _Parquet:
    """Rows as row groups of one Parquet file."""

    def __init__(self, sink: IO[bytes]) -> None:
        self._arrow, parquet = (load_package(name, "Parquet", "parquet") for name in ("pyarrow", "pyarrow.parquet"))
        self._schema = arrow_schema()
        output = self._arrow.PythonFile(sink, mode="w")
        self._writer = parquet.ParquetWriter(output, self._schema, compression="zstd")
        self._rows: list[Mapping[str, Any]] = []

    def write(self, row: Row) -> None:
        given = orjson.loads(to_json(row)) if isinstance(row, Document) else row
        free = {name: orjson.dumps(given[name], option=orjson.OPT_SORT_KEYS).decode() for name in FREE_FIELDS}
        self._rows.append({**given, **free})
        if len(self._rows) >= _ROW_GROUP:
            self._flush()

    def close(self) -> None:
        self._flush()
        self._writer.close()

    def _flush(self) -> None:
        if self._rows:
            self._writer.write_table(self._arrow.Table.from_pylist(self._rows, schema=self._schema))
            self._rows = []


def arrow_schema() -> Any:
    """Return the columns of documents as a `pyarrow.Schema`, in the order of the fields; free fields are JSON."""
    arrow = load_package("pyarrow", "Parquet", "parquet")
    text, texts = arrow.string(), arrow.list_(arrow.string())
    copy = dict.fromkeys(("id", "outlet", "url", "published", "relation"), text) | {"score": arrow.float64()}
    columns = dict.fromkeys((field.name for field in fields(Document) if not field.name.startswith("_")), text) | {
        "authors": texts,
        "tags": texts,
        "also_in": arrow.list_(arrow.struct(copy)),
        "source": arrow.struct({"path": text} | dict.fromkeys(("record", "offset"), arrow.int64())),
    }
    return arrow.schema(columns)


def _plain_text(row: Row) -> bytes:
    text = row.text if isinstance(row, Document) else str(row["text"])
    return ("\n".join(line for line in text.split("\n") if line.strip()) + "\n\n").encode()


class Shard:
    """A shard being written: counts its rows; `published` is set once it has its final name."""

    def __init__(self, writer: _Lines | _Parquet) -> None:
        self._writer = writer
        self.rows = 0
        self.published: Published | None = None

    def write(self, row: Row) -> None:
        """Append one row."""
        self._writer.write(row)
        self.rows += 1

    def copy(self, lines: Iterable[bytes]) -> None:
        """Append rows that are lines of JSON already, as another shard had them."""
        assert isinstance(self._writer, _Lines)
        for line in lines:
            self._writer.append(line)
            self.rows += 1


@contextmanager
def open_shard(path: Path, form: Format, packed: Mapping[int, int] = _ZSTD) -> Iterator[Shard]:
    """Write one shard that gets its name only when the block succeeds; `packed` is what zstd is told."""
    with publishing(path) as (sink, outcome):
        stream: Any = sink
        if form == "jsonl.gz":
            stream = gzip.GzipFile(filename="", mode="wb", compresslevel=_GZIP_LEVEL, fileobj=sink, mtime=0)
        elif form == "jsonl.zst":
            stream = zstd.ZstdFile(sink, "w", options={**packed, _KIND.checksum_flag: 1})
            stream.write(b"")  # or a stream of no rows would be a file of no bytes, which no reader takes for zstd
        encode = _plain_text if form == "txt" else _TO_LINE
        writer = _Parquet(sink) if form == "parquet" else _Lines(stream, encode)
        shard = Shard(writer)
        yield shard
        writer.close()
    shard.published = replace(outcome[0], rows=shard.rows)
