"""Read CSV and TSV: a record each row, in whatever charset the decode ladder finds.

A bad row becomes a Failure with its number and byte offset, and reading goes on behind its first line.
"""

from __future__ import annotations

import codecs
import contextlib
import csv
import itertools
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Self

from corpus.charset import decode, marked_codec
from corpus.errors import CorruptInput, RecordError, TruncatedInput
from corpus.files.compressed import Stream
from corpus.files.listing import InputFile
from corpus.formats.fields import Given, sort_keys
from corpus.formats.lines import check_whole, recoded, split_lines
from corpus.formats.rows import Read, ReadConfig, record_from
from corpus.records import Document, Failure, Source

_SAMPLE_BYTES = 1 << 20
#: Going back behind broken quotes reads bytes again: at most so many records' worth (256 MiB, some seconds).
_MAX_REREAD_RECORDS = 16
#: What parts the fields of a row, in the order in which they are preferred.
DELIMITERS = ",;\t|^~،؛\x01"
_ESCAPED, _DOUBLED = re.compile(rb'[^\\]\\"[^,;\t|\r\n]'), re.compile(rb'[^,;\t|\r\n"]""[^,;\t|\r\n"]')
_SURROGATE = re.compile("[\udc80-\udcff]")


def read_csv(file: InputFile, config: ReadConfig) -> Iterator[Read]:
    """Read CSV with a header row; `source.record` is the row number from 0, the header not counted.

    What parts the fields is told by the header, or by a line `sep=;` before it, as spreadsheets write it.

    A row that the file ends in without a newline may be whole or cut off: the trace of its document says so
    (`end`: `no-newline`).
    """
    head, codec = _look_at(file)
    check_whole(file, config)
    # The limit is the module's own global; whoever shares the process gets the larger of the two.
    csv.field_size_limit(max(csv.field_size_limit(), config.max_record_bytes))
    with Stream(file.path) as stream:
        blocks = recoded(stream.blocks(), codec)
        if b"\n" not in head:  # as Excel for the Mac saves it
            blocks = (block.replace(b"\r", b"\n") for block in blocks)
        # Quotes within fields are not doubled but have a backslash before them, as databases write it.
        escapes = bool(_ESCAPED.search(head)) and not _DOUBLED.search(head)
        lines = _RowLines(blocks, config, escapes=escapes)
        header = lines.next_row(0)
        if not isinstance(header, list):
            raise CorruptInput("the first row must be a header with the names of the fields", path=file.path)
        names: list[str] = []
        for place, name in enumerate(map(str.strip, header), 1):  # by its place where it has no name of its own
            names.append(f"{name or 'column'} {place}" if not name or name in names else name)
        spare = len(names) - len("\0".join(header).rstrip("\0").split("\0"))
        if lines.unended:
            raise TruncatedInput("the file ends in its header row, without a newline", path=file.path)
        for number in itertools.count():
            row = lines.next_row(len(names), spare)
            if row is None:
                return
            source = Source(file.name, number, lines.offset)
            where = f"row {number + 1} (byte {source.offset}): "
            if isinstance(row, RecordError):
                yield Failure(source, row.reason, f"{where}{row}")
                continue
            cells = {name: value for name, value in zip(names, row, strict=True) if value}
            read = record_from(cells, source, config, where)
            if lines.unended and isinstance(read, Document):
                read = replace(read, trace={**read.trace, "end": "no-newline"})
            yield read


def _look_at(file: InputFile) -> tuple[bytes, str]:
    """Return first bytes and the codec that the decode ladder finds for them: "" for UTF-8 and what is nearly so."""
    head = b""
    with Stream(file.path) as stream, contextlib.closing(stream.blocks()) as blocks:
        while len(head) < _SAMPLE_BYTES and (block := next(blocks, b"")):
            head += block
    if codec := marked_codec(head):
        return head, codec
    # A line cut in two may be cut within a character; in charsets of two and four bytes any place may be.
    sample = head if len(head) < _SAMPLE_BYTES else head[: max(map(head.rfind, (b"\n", b"\r"))) + 1]
    sample = sample[: len(sample) // 4 * 4] if b"\0" in sample else sample
    codec = decode(sample)[1].partition("+")[0].removeprefix("bom-").removeprefix("detected-")
    return head, "" if codec.startswith("utf-8") else codec


class _RowLines:
    """Give csv.reader its lines, and remember those of the row at work.

    A quote that never closes swallows rows behind it. All lines of such a row but the first are given again, so that
    one bad row costs one row. Where that happens so often that it would read the file again and again, no row
    goes beyond its line any more: each line is then a record or a Failure.
    """

    def __init__(self, blocks: Iterator[bytes], config: ReadConfig, *, escapes: bool) -> None:
        self._limit, self._escapes = config.max_record_bytes, escapes
        self._lines = split_lines(blocks, self._limit)
        self._again: list[tuple[int, bytes | None]] = []
        self._row: list[tuple[int, bytes | None]] = []
        self._size = 0
        self._reread = 0
        self._reader = csv.reader(self, delimiter=self._find_delimiter(config.fields), strict=True)

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> str:
        if self._row and self._reread > _MAX_REREAD_RECORDS * self._limit:
            raise RecordError("a quote is not closed on its line", reason="bad-row")
        item = self._again.pop() if self._again else next(self._lines)
        self._row.append(item)
        line = item[1]
        self._size += len(line or b"")
        if line is None or self._size > self._limit + 1:  # the newline
            raise RecordError(f"more than {self._limit} bytes", reason="too-large")
        text = line.removeprefix(codecs.BOM_UTF8) if item[0] == 0 else line
        text = text.replace(b'\\"', b'""') if self._escapes else text
        return text.decode("utf-8", "surrogateescape").removesuffix("\n").removesuffix("\r") + "\n"

    @property
    def offset(self) -> int:
        """The byte at which the row at work begins."""
        return self._row[0][0] if self._row else 0

    @property
    def unended(self) -> bool:
        """Whether the file ends without a newline in the row at work."""
        return bool(self._row) and not (self._row[-1][1] or b"\n").endswith(b"\n")

    def _find_delimiter(self, given: Given) -> str:
        """Look at the first lines, without taking more than a `sep=` from them, and return what parts the fields.

        It is what cuts the header into the most names that are known, then into the most.
        """
        head = list(itertools.islice(self._lines, 2))
        first = (head[0][1] or b"" if head else b"").removeprefix(codecs.BOM_UTF8).strip(b'\r\n"')
        declared = first.decode("utf-8", "replace")[4:5] if first.lower().startswith(b"sep=") else ""
        self._again = head[:0:-1] if declared or not first.strip() else head[::-1]
        header = first.decode("utf-8", "replace").replace("\r", " ")

        def names(delimiter: str) -> tuple[int, int]:
            found = next(csv.reader([header], delimiter=delimiter), [])
            return len(sort_keys(found, given)), len(found)

        return declared or max(DELIMITERS, key=names)

    def next_row(self, width: int, spare: int = 0) -> list[str] | RecordError | None:
        """Return the next row that is not blank, or None at the end.

        Of what is none, or not `width` fields wide (the last `spare` may be missing), return what is wrong with it;
        only its first line is passed over. A `width` of 0 is that of a header.
        """
        fields: list[str] = []
        try:
            while not fields:
                self._row.clear()
                self._size = 0
                fields = next(self._reader)
            # A comma at the end of the header, or of the rows alone, makes no column.
            if width - spare <= len(fields) < width:
                fields += [""] * (width - len(fields))
            while len(fields) > width > 0 and not fields[-1]:
                fields.pop()
            if width and len(fields) != width:
                raise RecordError(f"{len(fields)} fields, the header has {width}", reason="bad-row")
        except StopIteration:
            return None
        except (csv.Error, RecordError) as error:
            self._again.extend(reversed(self._row[1:]))
            self._reread += sum(len(line or b"") for _, line in self._row[1:])
            del self._row[1:]
            return error if isinstance(error, RecordError) else RecordError(str(error), reason="bad-row")
        if width and any(map(_SURROGATE.search, fields)):
            return RecordError("bytes that are no text in the charset of the file", reason="bad-charset")
        return fields
