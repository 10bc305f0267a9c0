"""Learn what an outlet repeats: count lines, openings and endings over all its documents.

A scan counts one shard and writes the counts sorted; `learn` merges the sorted counts of all shards in one pass
and holds only what is being counted and what has been found. Documents do not count, stories do: of each piece
the smallest hashes of the stories that had it are kept, which bounds memory and makes every order equal.
"""

from __future__ import annotations

import heapq
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter

import msgspec
import xxhash
import zstandard

from cleaning.article import find_paragraphs
from cleaning.boilerplate import (
    LINE_LENGTH,
    Form,
    Furniture,
    FurnitureConfig,
    Place,
    Table,
    class_key,
    outlet_of,
    squeeze,
)
from cleaning.lexicon import key_of
from cleaning.seams import begins_sentence, has_stop, sentence_starts
from cleaning.units import PARAGRAPH, Unit, cut, ends_sentence
from corpus.document import Document

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

_PLACES: tuple[Place, ...] = ("head", "body", "tail")


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


def count(documents: Iterable[Document]) -> bytes:
    """Count the pieces of one shard; the order of `documents` does not matter.

    At most RUN pieces are held at a time; longer counts are kept sorted and packed, and merged at the end.
    """
    tallies: dict[Piece, Tally] = {}
    runs: list[bytes] = []
    for document in documents:
        if len(tallies) >= RUN:
            runs.append(_pack(sorted(tallies.items())))
            tallies = {}
        outlet = outlet_of(document)
        seen: set[Piece] = set()
        units = cut(document.text)
        paragraphs = find_paragraphs(units)
        story = _story(units, paragraphs)
        for form, key, place, running, example in _pieces(units, paragraphs):
            piece = (outlet, form, key)
            if piece not in seen:
                seen.add(piece)
                tallies.setdefault(piece, Tally()).see(story, place, running, example)
    last = sorted(tallies.items())
    if not runs:
        return _pack(last)
    return _pack(_summed(heapq.merge(*(_unpack(memoryview(run)) for run in runs), last, key=itemgetter(0))))


def _story(units: Sequence[Unit], paragraphs: Sequence[bool]) -> int:
    """Return a hash that two copies of one story share even if paragraphs were added, cut or edited at the end."""
    body = [unit.text[:REACH] for unit, known in zip(units, paragraphs, strict=True) if known]
    return min((xxhash.xxh32_intdigest(text.encode()) for text in body or [unit.text for unit in units]), default=0)


def _pieces(units: Sequence[Unit], paragraphs: Sequence[bool]) -> Iterator[tuple[str, str, int, bool, str]]:
    """Yield (form, key, place, running text follows, as written) of all that is counted in one document."""
    yield "", "", 0, False, ""
    first = paragraphs.index(True) if True in paragraphs else len(units)
    last = max((at for at, known in enumerate(paragraphs) if known), default=-1)
    for at, unit in enumerate(units):
        place = 0 if at < first else 2 if at > last else 1
        if unit.size <= LINE_LENGTH:
            yield "line", class_key(unit.key or key_of(unit.text)), place, paragraphs[at], unit.text
        if at < min(first, TOP) and ":" in unit.text[:REACH]:
            yield from _opening("marker", unit.text, 0)
        elif at >= len(units) - EDGE:
            for start in (0, *sentence_starts(unit.text)):
                yield from _opening("marker", unit.text[start:], 2)
    if units:
        yield from _opening("head", units[0].text, 0)
        ending = units[-1].text[-ENDING:]
        yield "tail", squeeze(ending)[::-1], 2, False, ending


def _opening(form: Form, text: str, place: int) -> Iterator[tuple[str, str, int, bool, str]]:
    running = len(text) > 2 * PARAGRAPH or has_stop(text) or text.rstrip().endswith((".", "۔"))
    yield form, squeeze(text[:REACH]), place, running, text[:REACH]


Row = tuple[str, str, str, int, list[int], list[int], int, str]
_DECODER = msgspec.msgpack.Decoder(Row)
_LENGTH = 4

#: A small window: learning holds one for each shard at a time.
_PACKED = zstandard.ZstdCompressionParameters.from_level(3, window_log=17)


def _pack(tallies: Iterable[tuple[Piece, Tally]]) -> bytes:
    out = io.BytesIO()
    with zstandard.ZstdCompressor(compression_params=_PACKED).stream_writer(out, closefd=False) as stream:
        for piece, tally in tallies:
            row = (*piece, tally.documents, tally.stories, tally.places, tally.running, tally.example[:LINE_LENGTH])
            encoded = msgspec.msgpack.encode(row)
            stream.write(len(encoded).to_bytes(_LENGTH, "little") + encoded)
    return out.getvalue()


def _unpack(partial: memoryview) -> Iterator[tuple[Piece, Tally]]:
    with zstandard.ZstdDecompressor().stream_reader(partial) as stream:
        reader = io.BufferedReader(stream)
        while head := reader.read(_LENGTH):
            outlet, form, key, documents, stories, places, running, example = _DECODER.decode(
                reader.read(int.from_bytes(head, "little"))
            )
            yield (outlet, form, key), Tally(documents, stories, places, running, example)


def learn(partials: Sequence[memoryview], config: FurnitureConfig) -> Table:
    """Merge the counts of all shards and return what is furniture."""
    merged = heapq.merge(*(_unpack(partial) for partial in partials if len(partial)), key=itemgetter(0))
    rows: list[Furniture] = []
    total = 0
    for (outlet, form), pieces in groupby(_summed(merged), key=lambda item: item[0][:2]):
        if not form:
            total = next(pieces)[1].documents
        elif form == "line":
            for (_, _, key), tally in pieces:
                if _is_line(outlet, key, tally, total, config):
                    rows.append(_row(outlet, "line", key, tally, total))
        else:
            rows += _stems(outlet, form, pieces, total, config)
    return Table(rows)


def _summed(pieces: Iterable[tuple[Piece, Tally]]) -> Iterator[tuple[Piece, Tally]]:
    for piece, group in groupby(pieces, key=itemgetter(0)):
        total = Tally()
        for _, tally in group:
            total.add(tally)
        yield piece, total


def _row(outlet: str, form: Form, text: str, tally: Tally, total: int) -> Furniture:
    place = _PLACES[max(range(3), key=lambda at: tally.places[at])]
    return Furniture(outlet, form, place, tally.count, total, text, tally.example)


def _is_line(outlet: str, key: str, tally: Tally, total: int, config: FurnitureConfig) -> bool:
    """Tell whether a line that `tally.count` stories share is furniture."""
    stories = tally.count
    least = config.paragraphs if 2 * tally.running > tally.documents else config.lines
    if not outlet:
        enough = max(config.unnamed, config.unnamed_share * total)
        return bool(key) and stories >= enough and 2 * tally.running <= tally.documents
    inside = 2 * tally.places[1] > tally.documents
    share = config.body_share if inside else config.share
    return bool(key) and stories >= max(least, share * total)


#: A marker has at least so many characters and words: fewer are how sentences begin.
_MARKER_LENGTH = 10

#: A shorter one, down to a single word, opens the tails of at least so many of the outlet's documents.
_SHORT_SHARE = 0.25
_SHORT_LENGTH = 4

#: Part of the occurrences of a marker after which running text may follow.
_RUNNING = 0.2

#: A longer common opening is taken instead of a shorter one if so many of its stories have it.
_DEEPER = 0.7


@dataclass(slots=True)
class _Node:
    """A common opening of the keys under it, as the merge walks through them in order."""

    length: int
    tally: Tally
    found: list[tuple[str, Tally]] = field(default_factory=list)


def _stems(
    outlet: str, form: str, pieces: Iterable[tuple[Piece, Tally]], total: int, config: FurnitureConfig
) -> Iterator[Furniture]:
    """Yield the common openings (for tails: endings) that are furniture, of keys that come sorted."""
    share = config.head_share if form == "head" else config.marker_share
    least = max(config.markers if outlet else config.unnamed, share * total)

    def fits(text: str, tally: Tally) -> bool:
        if tally.count < least or (form == "marker" and tally.running > _RUNNING * tally.documents):
            return False
        common = tally.count >= _SHORT_SHARE * total
        if form == "head":
            return _is_glued(text, tally.example)
        if form == "tail" and text[0] in ".!؟?" and not common:
            return False
        return _is_marker(text, short=common and form == "marker")

    for text, tally in _common(((key, tally) for (_, _, key), tally in pieces), fits):
        written = _written(tally.example, text, form)
        if written:
            kind: Form = "tail" if form == "tail" else "head" if form == "head" else "marker"
            yield _row(outlet, kind, written, tally, total)


def _written(example: str, text: str, form: str) -> str:
    """Return the part of `example` that was compared as `text`, cut at whole words."""
    if form != "tail":
        end = next((at for at in range(len(example) + 1) if squeeze(example[:at]) == text), 0)
        colon = example.find(":", 0, end) + 1
        return example[: colon if colon > _MARKER_LENGTH else end].strip().rstrip("0123456789(")
    start = next((at for at in range(len(example), -1, -1) if squeeze(example[at:])[::-1] == text), len(example))
    if ends_sentence(example):  # what closes with a stop must also open as a sentence
        opens = [at for at in (start, *sentence_starts(example)) if at >= start and begins_sentence(example, at)]
        return example[min(opens, default=len(example)) :].strip()
    if 0 < start < len(example) and _same_word(example[start - 1], example[start]):
        start = example.find(" ", start) % (len(example) + 1)
    start = next((at for at in sentence_starts(example) if start < at <= start + _CRUMB), start)
    return example[start:].lstrip(" .!?؟،").rstrip()


#: What is left of an address or a word before the seam at which a tail begins.
_CRUMB = 12


def _same_word(one: str, other: str) -> bool:
    return one.isalnum() and other.isalnum() and one.isascii() == other.isascii()


def _is_marker(text: str, *, short: bool) -> bool:
    letters = sum(letter.isalpha() for letter in text)
    if letters >= _MARKER_LENGTH and " " in text.strip():
        return True
    return short and letters >= _SHORT_LENGTH and not text[-1].isalnum()


#: A glued opening has at least so many letters and words, the last of them of so many letters: what many first
#: sentences have in common ends in the article of a noun.
_GLUED_LENGTH, _GLUED_WORDS, _GLUED_LAST = 14, 3, 4


def _is_glued(text: str, example: str) -> bool:
    """Tell whether `text` opens documents and runs into their first word; a dateline stands apart by a mark."""
    parts = text.split()
    letters = sum(letter.isalpha() for letter in text)
    if letters < _GLUED_LENGTH or len(parts) < _GLUED_WORDS or set(text) & set("-–—ـ:()/،"):
        return False
    after = _written(example, text, "head")
    return len(parts[-1]) >= _GLUED_LAST and text[-1].isalpha() and example[len(after) :][:1].isalpha()


def _common(
    keys: Iterable[tuple[str, Tally]], fits: Callable[[str, Tally], bool]
) -> Iterator[tuple[str, Tally]]:
    """Yield the openings shared by sorted `keys` for which `fits` holds; nested ones only once."""
    stack = [_Node(0, Tally())]
    before = ""
    for key, tally in keys:
        yield from _close(stack, before, _shared(before, key), fits)
        stack.append(_Node(len(key), tally))
        before = key
    yield from _close(stack, before, 0, fits)
    yield from stack[0].found


def _shared(one: str, other: str) -> int:
    return next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def _close(
    stack: list[_Node], key: str, length: int, fits: Callable[[str, Tally], bool]
) -> Iterator[tuple[str, Tally]]:
    """Take nodes longer than `length` off the stack and hand their counts to the opening they share."""
    while stack[-1].length > length:
        node = stack.pop()
        _settle(node, key[: node.length], fits)
        if stack[-1].length < length:
            stack.append(_Node(length, Tally()))
        parent = stack[-1]
        parent.tally.add(node.tally)
        parent.found += node.found
        if parent.length == 0:
            yield from parent.found
            parent.found = []


def _settle(node: _Node, text: str, fits: Callable[[str, Tally], bool]) -> None:
    """Decide between an opening and the longer ones under it."""
    if not fits(text, node.tally):
        return
    deeper = [item for item in node.found if item[1].count >= _DEEPER * node.tally.count]
    node.found = deeper or [(text, node.tally)]
