"""Read .json files: one array of records, as a stream; one record over many lines; or JSON lines under that name.

An array follows the rule of JSON lines: a bad element is a Failure of its own, and what stood before a break is
kept. Where the break may have swallowed whole records (a missing quote), nothing behind it is read, and the Failure
of the file says from where.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from corpus.errors import InputError
from corpus.files.compressed import Stream
from corpus.files.listing import InputFile
from corpus.formats.fields import rows_in
from corpus.formats.jsonl import bare, read_lines, record_of_json
from corpus.formats.lines import check_whole, read_whole, recoded, split_lines
from corpus.formats.rows import Read, ReadConfig, record_from
from corpus.records import Failure, Source

_BACKSLASH = ord("\\")
_REST_OF_STRING = re.compile(rb'[^"\\]*+(?:\\.[^"\\]*+)*+', re.DOTALL)
#: What changes the depth, or begins a string; between the elements of the array also what parts them.
_INSIDE = re.compile(rb'["\[\]{}]')
_BETWEEN = re.compile(rb'["\[\]{},]')
_NEXT_RECORD = re.compile(rb"\}\s*+,\s*+\{")
_BLANKS = b" \t\r\n"


def read_json(file: InputFile, config: ReadConfig) -> Iterator[Read]:
    """Read a .json file; of an array `source.record` is the index, `source.offset` where the element begins."""
    with Stream(file.path) as stream, contextlib.closing(stream.blocks()) as blocks:
        text = recoded(blocks)
        head = next(text, b"")
        is_array = bare(head).startswith(b"[")
        line: bytes | None = b""
        if not is_array:
            _, line = next(split_lines(itertools.chain([head], text), config.max_record_bytes), (0, b""))
    if is_array:
        check_whole(file, config)
        yield from _read_array(file, config)
        return
    first = None if line is None else _lenient(bare(line))
    # The first line is an object, or is too long to be a record and may still have others behind it.
    if line is None or (isinstance(first, dict) and not rows_in(first, config.fields)):
        yield from read_lines(file, config)
        return
    body = bare(b"".join(recoded([read_whole(file, config.max_record_bytes)])))
    whole = _lenient(body)
    rows = rows_in(whole, config.fields) if isinstance(whole, dict) else []
    for number, row in enumerate(rows):
        yield record_from(row, Source(file.name, number), config, f"record {number + 1}: ")
    if not rows:
        yield record_of_json(body, "", Source(file.name), config)


def _lenient(body: bytes) -> Any:
    """Parse JSON in spite of characters and numbers (NaN, raw controls) that it does not allow; None for no JSON."""
    try:
        return json.loads(body.decode("utf-8", "replace"), strict=False)
    except (ValueError, RecursionError):
        return None


def _read_array(file: InputFile, config: ReadConfig) -> Iterator[Read]:
    with Stream(file.path) as stream:
        elements = split_array(recoded(stream.blocks()), config.max_record_bytes)
        for number, (offset, element) in enumerate(elements):
            where = f"record {number + 1} (byte {offset}): "
            read = record_of_json(element, where, Source(file.name, number, offset), config)
            # Several elements may have become a broken one, by a quote or bracket that is missing or too many.
            if isinstance(read, Failure) and element and _NEXT_RECORD.search(element) and _lenient(element) is None:
                message = f"{read.message}; what stands there and behind it is not read"
                raise InputError(message, path=file.path, reason=read.reason)
            yield read


def split_array(blocks: Iterable[bytes], limit: int) -> Iterator[tuple[int, bytes | None]]:
    """Yield each element of a JSON array with its byte offset, as it stands; None for one of over `limit` bytes.

    Only strings and brackets are looked at; whether the elements are JSON is for others to say.

    Raises:
        InputError: `bad-json`, the array does not end, or something stands behind it.
    """
    scan = _Scan(limit)
    for block in blocks:
        yield from scan.read(block)
    scan.finish()


class _Scan:
    """How far an array has been looked at. Offsets are those of the stream."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._window, self._gone = bytearray(), 0  # the bytes at hand, and how many went before them
        self._place = 0  # what comes next in the window
        self._depth, self._quoted, self._ended = 0, False, False
        self._start, self._count = 0, 0  # where the element at hand begins, and how many went before it

    def read(self, block: bytes) -> Iterator[tuple[int, bytes | None]]:
        self._window += block
        while not self._ended and (mark := self._next_mark()):
            self._depth += (mark in b"[{") - (mark in b"]}")
            if self._depth == 0 or mark == b",":
                element = self._cut()
                # Nothing between the brackets is no element; nothing before or behind a comma is a bad one.
                if self._count or mark == b"," or element[1] != b"":
                    yield element
                self._count += 1
            if mark == b"," or (mark == b"[" and self._depth == 1):
                self._start = self._gone + self._place
            if mark == b"}" and self._depth == 0:
                raise self._broken("an array that ends like an object")
            self._ended = self._depth == 0
        if self._ended and self._window[self._place :].strip(_BLANKS):
            raise self._broken("something stands behind the end of the array")
        # Drop what belongs to no element, and to an element that is too long to be read.
        begin = self._start - self._gone
        if self._ended or self._gone + len(self._window) - self._start > self._limit:
            begin = self._place
        del self._window[:begin]
        self._gone += begin
        self._place -= begin

    def finish(self) -> None:
        if not self._ended:
            raise self._broken(f"the array does not end; its last record begins at byte {self._start}")

    def _broken(self, message: str) -> InputError:
        return InputError(f"no JSON: {message}", reason="bad-json")

    def _next_mark(self) -> bytes:
        """Go to behind the next mark outside of strings; b"" where the window ends before it."""
        while self._place < len(self._window):
            if self._quoted:
                rest = _REST_OF_STRING.match(self._window, self._place)
                assert rest is not None
                self._place = rest.end()
                if self._place == len(self._window) or self._window[self._place] == _BACKSLASH:
                    return b""
                self._quoted, self._place = False, self._place + 1
            found = (_INSIDE if self._depth > 1 else _BETWEEN).search(self._window, self._place)
            self._place = found.end() if found else len(self._window)
            if found and found[0] != b'"':
                return found[0]
            self._quoted = found is not None
        return b""

    def _cut(self) -> tuple[int, bytes | None]:
        size = self._gone + self._place - 1 - self._start
        if size > self._limit:
            return self._start, None
        begin = self._start - self._gone
        raw = bytes(self._window[begin : begin + size])
        element = raw.lstrip(_BLANKS)
        return self._start + len(raw) - len(element), element.rstrip(_BLANKS)
