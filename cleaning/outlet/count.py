"""Count what the documents of an outlet repeat: lines, openings and endings.

The counts of one shard are written sorted, so that `cleaning.outlet.learn` can merge those of all shards in
one pass. Documents do not count, stories do: of each piece the smallest hashes of the stories that had it are
kept, which bounds memory and makes every order equal.
"""

from __future__ import annotations

import heapq
import io
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter

import msgspec
import xxhash

from cleaning.lines.glued import has_stop, sentence_starts
from cleaning.lines.paragraphs import find_paragraphs
from cleaning.lines.unit import PARAGRAPH, Unit, cut
from cleaning.outlet.furniture import LINE_LENGTH, Form, is_slug, is_wordy, line_key, outlet_of, squeeze
from corpus.records import Document, Record

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

#: Stories remembered for each counted piece (a bottom-k sketch): exact below, within 18 % (one sigma) above.
SKETCH = 32

#: Pieces counted before a run is packed: some 60 MB.
RUN = 100_000

#: Characters of an opening, and of an ending, that are compared; the longest ending of an outlet had 118.
REACH = 48
ENDING = 160

#: Openings and endings are counted in so many units from either end of a document.
EDGE = 2

#: A line over the body that opens with a marker (breaking news, a ticker) is among so many first units.
TOP = 8


@dataclass(slots=True)
class Tally:
    """The count of one piece: documents, stories, places, how often running text follows, one spelling."""

    documents: int = 0
    stories: list[int] = field(default_factory=list)
    places: list[int] = field(default_factory=lambda: [0, 0, 0])
    running: int = 0
    example: str = ""

    def see(self, story: int, place: int, running: bool, example: str) -> None:
        """Count one occurrence."""
        self.documents += 1
        self.places[place] += 1
        self.running += running
        self.example = min(self.example or example, example)
        if story not in self.stories:
            self.stories = sorted([*self.stories, story])[:SKETCH]

    def add(self, other: Tally) -> None:
        """Count what another shard, or a longer piece, has counted."""
        self.documents += other.documents
        self.running += other.running
        self.places = [mine + theirs for mine, theirs in zip(self.places, other.places, strict=True)]
        self.example = min(self.example or other.example, other.example)
        self.stories = sorted({*self.stories, *other.stories})[:SKETCH]

    @property
    def count(self) -> int:
        """Return the number of stories, estimated from the sketch where it is full."""
        if len(self.stories) < SKETCH:
            return len(self.stories)
        return min(self.documents, int((SKETCH - 1) * 2**32 / (self.stories[-1] + 1)))


Piece = tuple[str, str, str]  # outlet, form, key


class LineCounts:
    """Count the pieces of one shard; the order of documents does not matter.

    At most RUN pieces are held at a time; longer counts are kept sorted and packed, and merged at the end.
    """

    def __init__(self) -> None:
        self._tallies: dict[Piece, Tally] = {}
        self._runs: list[bytes] = []

    def observe(self, record: Record) -> None:
        """Count the pieces of one document."""
        if not isinstance(record, Document):
            return
        if len(self._tallies) >= RUN:
            self._runs.append(_pack(sorted(self._tallies.items())))
            self._tallies = {}
        outlet = outlet_of(record)
        seen: set[Piece] = set()
        units = cut(record.text)
        paragraphs = find_paragraphs(units)
        # Two copies of one story share it, even if paragraphs were added, cut or edited at the end.
        body = [unit.text[:REACH] for unit, known in zip(units, paragraphs, strict=True) if known]
        texts = body or [unit.text for unit in units]
        story = min((xxhash.xxh32_intdigest(text.encode()) for text in texts), default=0)
        for form, key, place, running, example in _pieces(units, paragraphs):
            piece = (outlet, form, key)
            if piece not in seen:
                seen.add(piece)
                self._tallies.setdefault(piece, Tally()).see(story, place, running, example)

    def summary(self) -> bytes:
        """Return the counts, sorted and packed."""
        last = sorted(self._tallies.items())
        if not self._runs:
            return _pack(last)
        return _pack(summed(heapq.merge(*(unpack(memoryview(run)) for run in self._runs), last, key=itemgetter(0))))


def _pieces(units: Sequence[Unit], paragraphs: Sequence[bool]) -> Iterator[tuple[str, str, int, bool, str]]:
    """Yield (form, key, place, running text follows, as written) of all that is counted in one document."""
    yield "", "", 0, False, ""
    first = paragraphs.index(True) if True in paragraphs else len(units)
    last = max((at for at, known in enumerate(paragraphs) if known), default=-1)
    for at, unit in enumerate(units):
        place = 0 if at < first else 2 if at > last else 1
        if unit.size <= LINE_LENGTH:
            yield "line", line_key(unit), place, unit.sentence or paragraphs[at], unit.text
        if at < min(first, TOP) and ":" in unit.text[:REACH]:
            yield from _opening("marker", unit.text, 0)
        elif at >= len(units) - EDGE:
            for start in (0, *sentence_starts(unit.text)):
                yield from _opening("marker", unit.text[start:], 2)
    if units:
        yield from _opening("head", units[0].text, 0)
        if is_slug(units[0]):
            yield from _opening("opening", units[0].text, 0)
        ending = units[-1].text[-ENDING:]
        yield "tail", (ending if units[-1].ends else squeeze(ending))[::-1], 2, False, ending


def _opening(form: Form, text: str, place: int) -> Iterator[tuple[str, str, int, bool, str]]:
    running = len(text) > 2 * PARAGRAPH or has_stop(text) or text.rstrip().endswith((".", "۔"))
    opening = text[:REACH]
    yield form, opening if is_wordy(text) else squeeze(opening), place, running, opening


Row = tuple[str, str, str, int, list[int], list[int], int, str]
_DECODER = msgspec.msgpack.Decoder(Row)
_LENGTH = 4

#: Level 3, and a small window: learning holds one for each shard at a time.
_PACKED: dict[int, int] = {zstd.CompressionParameter.compression_level: 3, zstd.CompressionParameter.window_log: 17}


def _pack(tallies: Iterable[tuple[Piece, Tally]]) -> bytes:
    out = io.BytesIO()
    with zstd.ZstdFile(out, "w", options=_PACKED) as stream:
        stream.write(b"")  # or counts of nothing would be no frame at all
        for piece, tally in tallies:
            row = (*piece, tally.documents, tally.stories, tally.places, tally.running, tally.example[:LINE_LENGTH])
            encoded = msgspec.msgpack.encode(row)
            stream.write(len(encoded).to_bytes(_LENGTH, "little") + encoded)
    return out.getvalue()


class _View(io.RawIOBase):
    """Read a buffer that may be a mapped file; a BytesIO would copy it into memory."""

    def __init__(self, view: memoryview) -> None:
        self._rest = view

    def read(self, size: int = -1) -> bytes:
        """Return the next `size` bytes, or all that is left."""
        size = len(self._rest) if size < 0 else size
        part, self._rest = self._rest[:size], self._rest[size:]
        return bytes(part)


def unpack(summary: memoryview) -> Iterator[tuple[Piece, Tally]]:
    """Yield what a summary holds, in order, without holding it."""
    with zstd.ZstdFile(_View(summary)) as reader:
        while head := reader.read(_LENGTH):
            outlet, form, key, documents, stories, places, running, example = _DECODER.decode(
                reader.read(int.from_bytes(head, "little"))
            )
            yield (outlet, form, key), Tally(documents, stories, places, running, example)


def summed(pieces: Iterable[tuple[Piece, Tally]]) -> Iterator[tuple[Piece, Tally]]:
    """Add up what several runs or shards have counted of each piece; `pieces` come sorted."""
    for piece, group in groupby(pieces, key=itemgetter(0)):
        total = Tally()
        for _, tally in group:
            total.add(tally)
        yield piece, total
