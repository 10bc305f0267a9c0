"""Documents between two segments of stages: written once, read once, in batches, and thrown away with the run.

A batch is its length in 4 bytes and a gzip member of MessagePack; 0 ends the file. Lines of JSON in zstd take twice the
time to write and to read, and a fifth less space.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import msgspec
from isal import igzip_lib

from corpus.files.durable import publishing
from corpus.records import Document

#: Characters of text after which a batch is closed: enough for tables of the compressor to pay.
_BATCH_CHARACTERS = 1 << 17
_LEVEL = 1
_LENGTH_BYTES = 4
_ENCODER, _DECODER = msgspec.msgpack.Encoder(), msgspec.msgpack.Decoder(list[Document])


class Batches:
    """Documents on their way into a file."""

    def __init__(self, sink: IO[bytes]) -> None:
        self._sink = sink
        self._batch: list[Document] = []
        self._characters = 0

    def write(self, document: Document) -> None:
        """Append one document."""
        self._batch.append(document)
        self._characters += len(document.text)
        if self._characters >= _BATCH_CHARACTERS:
            self.flush()

    def flush(self) -> None:
        """Close the batch that is open."""
        if self._batch:
            packed = igzip_lib.compress(_ENCODER.encode(self._batch), _LEVEL, igzip_lib.COMP_GZIP)
            self._sink.write(len(packed).to_bytes(_LENGTH_BYTES, "little") + packed)
            self._batch, self._characters = [], 0


@contextmanager
def open_batches(path: Path) -> Iterator[Batches]:
    """Write a file of documents that gets its name only when the block succeeds."""
    with publishing(path) as (sink, _):
        batches = Batches(sink)
        yield batches
        batches.flush()
        sink.write(bytes(_LENGTH_BYTES))


def read_batches(path: Path) -> Iterator[Document]:
    """Yield the documents of a file again.

    Raises:
        EOFError, ISAL_ERROR, ValueError: it is not as it was written.
    """
    with path.open("rb") as stream:
        while size := int.from_bytes(_read(stream, _LENGTH_BYTES), "little"):
            yield from _DECODER.decode(igzip_lib.decompress(_read(stream, size), igzip_lib.DECOMP_GZIP))


def _read(stream: IO[bytes], size: int) -> bytes:
    data = stream.read(size)
    if len(data) < size:
        raise EOFError("it is cut off")
    return data
