"""A window on the decompressed bytes of an archive that survives damage.

An archive of many gzip members (or zstd frames) is whole before and behind a damaged one. An ArchiveStream shows the
bytes in order, remembers where members begin, keeps the error that ended a stream until somebody has told of
it, and finds the next place where a record begins.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from pathlib import Path

from corpus.errors import CorruptInput, InputError, RecordError, TruncatedInput
from corpus.files.compressed import MAGIC, Stream

#: With this every record begins. Where the last one did not end well the next is looked for by a little more.
MARK = b"WARC/"
_RECORD = re.compile(rb"WARC/\d\.\d\r\n[A-Za-z-]{1,40}:")
_RECORD_BYTES = 60
#: A search for the next member looks at this much of the file at once.
_SEARCH_BYTES = 1 << 20
_SKIP_BYTES = 1 << 16
#: Newlines between two records: four bytes by the standard, more in the wild.
_GAP_BYTES = 64


class ArchiveStream:
    """Bytes from `position` (offset in the decompressed stream) onwards, as far as they are loaded."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._put_on(Stream(path), 0)
        self.codec = self._stream.codec

    def _put_on(self, stream: Stream, position: int) -> None:
        self._stream, self._blocks, self.position = stream, stream.blocks(), position
        self._window = bytearray()
        # Where members begin: (offset in the decompressed stream, offset in the file).
        self._starts: deque[tuple[int, int]] = deque()
        self._ended = False
        self._error: InputError | None = None
        self._told = True

    def close(self) -> None:
        """Close the file."""
        self._stream.close()

    def load(self, size: int) -> int:
        """Load at least `size` bytes if the stream has them; return how many there are."""
        while len(self._window) < size and not self._ended:
            try:
                block = next(self._blocks, b"")
            except (TruncatedInput, CorruptInput) as error:
                self._error, self._told, block = error, False, b""
            self._ended = not block
            member = (self.position + len(self._window), self._stream.member)
            if block and (not self._starts or self._starts[-1][1] != member[1]):
                self._starts.append(member)
            self._window += block
        return len(self._window)

    def look(self, start: int, end: int) -> bytes:
        """Return the loaded bytes from `start` to `end`, both counted from `position`."""
        self.load(end)
        return bytes(self._window[start:end])

    def drop(self, size: int) -> None:
        """Move on by `size` loaded bytes."""
        del self._window[:size]
        self.position += size
        while len(self._starts) > 1 and self._starts[1][0] <= self.position:
            self._starts.popleft()

    def at_record(self) -> bool:
        """Pass over newlines and tell whether anything is left: bytes, or an error that nobody has told of."""
        while True:
            while self.load(1) and self._window[0] in b"\r\n":
                self.drop(1)
            if self._window or not self._told:
                return True
            if not self._recover():
                return False

    def trouble(self, message: str, reason: str = "corrupt-record") -> RecordError:
        """Return what to raise about the record at hand: the error of the stream if it has ended in one."""
        if self._error and self._ended:
            self._told = True
            return RecordError(self._error.message, reason=self._error.reason)
        return RecordError(message, reason=reason)

    def is_unverified(self, end: int) -> bool:
        """Tell whether the stream broke right behind `end`, in the member that holds the byte before it."""
        if not self._error or not self._ended or self._window[end:].strip(b"\r\n"):
            return False
        members = [raw for start, raw in self._starts if start < self.position + end]
        return bool(members) and members[-1] == self._stream.member

    def clipped_at(self, start: int, end: int) -> int:
        """Return where, between `start` and `end`, a member begins with a record; or -1."""
        for absolute, _ in self._starts:
            place = absolute - self.position
            if start <= place < end and self.look(place, place + len(MARK)) == MARK:
                return place
        return -1

    def resync(self, size: int) -> None:
        """Pass over `size` bytes at least, to where the next record begins, or to the end of what is loaded."""
        self.drop(min(size, self.load(size)))
        while (place := self._next_record()) < 0:
            # What is looked for may be cut in two by the end of the window.
            self.drop(max(len(self._window) - _RECORD_BYTES, 0))
            before = len(self._window)
            if self.load(before + 1) == before:
                place = before
                break
        self.drop(place)

    def skip(self, size: int) -> bool:
        """Pass over `size` bytes, too many to load; tell whether a record ends there.

        Where another one begins before, the size was a lie and the archive stands at its beginning.
        """
        end = self.position + size
        while (left := end - self.position) > 0 and (step := min(self.load(_SKIP_BYTES), left)):
            if 0 <= (place := self._next_record()) < left:
                self.drop(place)
                return False
            self.drop(step if step == left else max(step - _RECORD_BYTES, 1))
        if self.position == end and self.ends_at(0):
            return True
        self.resync(0)
        return False

    def ends_at(self, place: int) -> bool:
        """Tell whether the bytes at `place` are what follows a record: two newlines, or the next record or nothing."""
        gap = self.look(place, place + _GAP_BYTES)
        rest = gap.lstrip(b"\r\n")
        return gap.startswith(b"\r\n\r\n") or rest.startswith(MARK) or MARK.startswith(rest)

    def _next_record(self) -> int:
        found = _RECORD.search(self._window)
        places = (found.start() if found else -1, self.clipped_at(0, len(self._window)))
        return min((place for place in places if place >= 0), default=-1)

    def _recover(self) -> bool:
        """Go on behind a broken member; tell whether there is a whole one that begins with a record."""
        if not self.codec or not isinstance(self._error, (TruncatedInput, CorruptInput)):
            return False
        for raw in _find_all(self._path, MAGIC[self.codec], self._stream.member + 1):
            self._stream.close()
            self._put_on(Stream(self._path, offset=raw, codec=self.codec), self.position)
            if self.look(0, len(MARK)) == MARK:
                return True
        self._window.clear()
        self._ended = self._told = True
        return False


def _find_all(path: str, mark: bytes, start: int) -> Iterator[int]:
    """Yield each offset at or behind `start` where `mark` stands in a file."""
    with Path(path).open("rb") as file:
        file.seek(start)
        rest, position = b"", start
        while data := file.read(_SEARCH_BYTES):
            data = rest + data
            place = data.find(mark)
            while place >= 0:
                yield position + place
                place = data.find(mark, place + 1)
            rest = data[1 - len(mark) :]
            position += len(data) - len(rest)
