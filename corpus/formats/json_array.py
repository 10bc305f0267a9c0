"""Read .json files: an array of records or an object around one, as a stream; records over many lines; JSON lines.

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
from corpus.formats.fields import LOOKED_AT, MAX_NESTING, is_record, rows_in
from corpus.formats.lines import bare, check_whole, read_lines, read_whole, recoded, records_of_json, split_lines
from corpus.formats.rows import Read, ReadConfig, record_from
from corpus.records import Failure, Source

_BACKSLASH = ord("\\")
_REST_OF_STRING = re.compile(rb'[^"\\]*+(?:\\.[^"\\]*+)*+', re.DOTALL)
#: What changes the depth, or begins a string; between the elements of the array also what parts them.
_INSIDE = re.compile(rb'["\[\]{}]')
_BETWEEN = re.compile(rb'["\[\]{},]')
_NEXT_RECORD = re.compile(rb"\}\s*+,\s*+\{")
#: Before the value of a member, and between values that stand one behind the other.
_KEY, _SPACE = re.compile(rb'\A\s*+("(?:[^"\\]|\\.)*+"\s*+:\s*+)?'), re.compile(r"[\s,]*")
_DECODER = json.JSONDecoder(strict=False)
_BLANKS = b" \t\r\n"


def read_json(file: InputFile, config: ReadConfig) -> Iterator[Read]:
    """Read a .json file; `source.record` is the index, of an array `source.offset` where the element begins."""
    with Stream(file.path) as stream, contextlib.closing(stream.blocks()) as blocks:
        text = recoded(blocks)
        head = next(text, b"")
        is_array = bare(head).startswith(b"[")
        line: bytes | None = b""
        if not is_array:
            _, line = next(split_lines(itertools.chain([head], text), config.max_record_bytes), (0, b""))
    if is_array:
        check_whole(file, config)
        yield from _read_arrays(file, config, [0])
        return
    first = _values(bare(line)) if line else []
    is_line = len(first) == 1 and isinstance(first[0], dict)
    if is_line and not rows_in(first[0], config.fields):
        yield from read_lines(file, config)
        return
    try:
        body = bare(b"".join(recoded([read_whole(file, config.max_record_bytes)])))
    except InputError as error:
        starts = _find_rows(file, config, 0) if error.reason == "too-large" else iter(())
        if (start := next(starts, None)) is not None:
            yield from _read_arrays(file, config, itertools.chain([start], starts))
        elif line is None or is_line:
            yield from read_lines(file, config)  # the first is too long to be a record, or wraps some, as others may
        else:
            raise
        return
    values = _values(body)
    rows = [row for value in values for row in rows_in(value, config.fields) or [value]]
    if len(values) == 1 and rows == values:
        rows = []
    for number, row in enumerate(rows):
        yield record_from(row, Source(file.name, number), config, f"record {number + 1}: ")
    if not rows:
        yield from records_of_json(body, "", Source(file.name), config)


def _values(body: bytes) -> list[Any]:
    """Parse values of JSON one behind the other, in spite of what JSON does not allow in them (NaN, raw controls).

    [] for what is no JSON.
    """
    text, place, values = body.decode("utf-8", "replace"), 0, list[Any]()
    try:
        while place < len(text):
            value, end = _DECODER.raw_decode(text, place)
            values.append(value)
            between = _SPACE.match(text, end)
            place = between.end() if between else end
    except (ValueError, RecursionError):
        return []
    return values


def _find_rows(file: InputFile, config: ReadConfig, start: int, depth: int = MAX_NESTING) -> Iterator[int]:
    """Yield where in what is too large to be held lists of records begin, or objects that hold them by their ids."""
    for number, (offset, element) in enumerate(_with_last(_elements(file, config, start))):
        head = element
        if head is None:
            with Stream(file.path) as stream, contextlib.closing(stream.blocks()) as blocks:
                head = b"".join(itertools.islice(_skip(recoded(blocks), offset), 2))
        key = _KEY.match(head)
        assert key is not None
        behind = key.end()
        values = _values(head[behind:]) if element else []
        if values and is_record(values[0], config.fields):
            yield start
            return
        if not key[1] and number >= LOOKED_AT:
            return
        wraps = element is None or (values and rows_in(values[0], config.fields))
        if wraps and depth > 1 and head[behind : behind + 1] in (b"[", b"{"):
            yield from _find_rows(file, config, offset + behind, depth - 1)


def _with_last(elements: Iterator[tuple[int, bytes | None]]) -> Iterator[tuple[int, bytes | None]]:
    """Yield elements, and the last one too where a cut leaves it without an end."""
    try:
        yield from elements
    except InputError as error:
        if error.offset:
            yield error.offset, None
        raise


def _elements(file: InputFile, config: ReadConfig, start: int) -> Iterator[tuple[int, bytes | None]]:
    with Stream(file.path) as stream, contextlib.closing(stream.blocks()) as blocks:
        yield from split_array(recoded(blocks), config.max_record_bytes, start)


def _read_arrays(file: InputFile, config: ReadConfig, starts: Iterable[int]) -> Iterator[Read]:
    elements = itertools.chain.from_iterable(_elements(file, config, start) for start in starts)
    for number, (offset, element) in enumerate(elements):
        where, source = f"record {number + 1} (byte {offset}): ", Source(file.name, number, offset)
        value = element and _KEY.sub(b"", element, count=1)
        for read in records_of_json(value, where, source, config):
            # Several elements may have become a broken one, by a quote or bracket that is missing or too many.
            if isinstance(read, Failure) and element and _NEXT_RECORD.search(element) and not _values(element):
                message = f"{read.message}; what stands there and behind it is not read"
                raise InputError(message, path=file.path, reason=read.reason)
            yield read


def _skip(blocks: Iterable[bytes], start: int) -> Iterator[bytes]:
    for block in blocks:
        if len(block) > start:
            yield block[start:]
        start = max(0, start - len(block))


def split_array(blocks: Iterable[bytes], limit: int, start: int = 0) -> Iterator[tuple[int, bytes | None]]:
    """Yield each element of a JSON array with its byte offset, as it stands; None for one of over `limit` bytes.

    Of an object the elements are its members, each with its key. It begins at byte `start`; what stands behind one that
    does not begin the stream is passed over, and another array behind the first is read as its continuation. Only
    strings and brackets are looked at; whether the elements are JSON is for others to say.

    Raises:
        InputError: `bad-json`, the array does not end, or something stands behind it.
    """
    scan = _Scan(limit, start)
    for block in _skip(blocks, start):
        yield from scan.read(block)
    scan.finish()


class _Scan:
    """How far an array has been looked at. Offsets are those of the stream."""

    def __init__(self, limit: int, begin: int) -> None:
        self._limit, self._inside = limit, begin > 0
        self._window, self._gone = bytearray(), begin  # the bytes at hand, and how many went before them
        self._place = 0  # what comes next in the window
        self._depth, self._quoted, self._ended, self._closes = 0, False, False, b""
        self._start, self._count = begin, 0  # where the element at hand begins, and how many went before it

    def read(self, block: bytes) -> Iterator[tuple[int, bytes | None]]:
        self._window += block
        while self._goes_on() and (mark := self._next_mark()):
            self._depth += (mark in b"[{") - (mark in b"]}")
            if self._depth == 0 or mark == b",":
                element = self._cut()
                # Nothing between the brackets is no element; nothing before or behind a comma is a bad one.
                if self._count or mark == b"," or element[1] != b"":
                    yield element
                self._count += 1
            if self._depth == 1 and mark in b"[{":
                self._closes = b"]" if mark == b"[" else b"}"
            if self._depth == 1 and mark in b"[{,":
                self._start = self._gone + self._place
            if self._depth == 0 and mark != self._closes:
                raise self._broken("an array that ends like an object")
            self._ended = self._depth == 0
        # Drop what belongs to no element, and to an element that is too long to be read.
        begin = self._start - self._gone
        if self._ended or self._gone + len(self._window) - self._start > self._limit:
            begin = self._place
        del self._window[:begin]
        self._gone += begin
        self._place -= begin

    def _goes_on(self) -> bool:
        if not self._ended:
            return True
        behind = self._window[self._place :].lstrip(_BLANKS)
        if self._inside or not behind:
            self._place = len(self._window)
            return False
        if not behind.startswith(b"["):
            raise self._broken("something stands behind the end of the array")
        self._ended, self._count = False, 0
        return True

    def finish(self) -> None:
        if not self._ended:
            raise self._broken(f"the array does not end; its last record begins at byte {self._start}")

    def _broken(self, message: str) -> InputError:
        return InputError(f"no JSON: {message}", offset=self._start, reason="bad-json")

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
