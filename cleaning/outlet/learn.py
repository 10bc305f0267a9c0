"""Learn from the counts of all shards what is furniture.

The counts come sorted and are merged in one pass; only what is being counted and what has been found is held.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter

import msgspec

from cleaning.lines.glued import begins_sentence, sentence_starts
from cleaning.lines.unit import ends_sentence, has_clauses
from cleaning.outlet.count import ENDING, REACH, Piece, Tally, summed, unpack
from cleaning.outlet.furniture import Form, Furniture, FurnitureConfig, Place, Table, squeeze

_PLACES: tuple[Place, ...] = ("head", "body", "tail")


def learn(summaries: Sequence[memoryview], config: FurnitureConfig) -> Table:
    """Merge the counts of all shards and return what is furniture."""
    merged = heapq.merge(*(unpack(summary) for summary in summaries if len(summary)), key=itemgetter(0))
    rows: list[Furniture] = []
    total = 0
    for (outlet, form), pieces in groupby(summed(merged), key=lambda item: item[0][:2]):
        if not form:
            total = next(pieces)[1].documents
        elif form == "line":
            for (_, _, key), tally in pieces:
                if _is_line(outlet, key, tally, total, config):
                    rows.append(_row(outlet, "line", key, tally, total))
        else:
            rows += _stems(outlet, msgspec.convert(form, Form), pieces, total, config)
    return Table(rows)


def _row(outlet: str, form: Form, text: str, tally: Tally, total: int) -> Furniture:
    place = _PLACES[max(range(3), key=lambda at: tally.places[at])]
    return Furniture(outlet, form, place, tally.count, total, text, tally.example)


def _is_line(outlet: str, key: str, tally: Tally, total: int, config: FurnitureConfig) -> bool:
    """Tell whether a line that `tally.count` stories share is furniture."""
    stories = tally.count
    running = 2 * tally.running > tally.documents
    least = config.paragraphs if running else config.lines
    if not outlet:
        enough = max(config.unnamed, config.unnamed_share * total)
        return bool(key) and stories >= enough and not running
    inside = 2 * tally.places[1] > tally.documents
    share = config.paragraph_share if running else config.body_share if inside else config.share
    return bool(key) and stories >= max(least, share * total)


#: A marker has at least so many characters and words: fewer are how sentences begin.
_MARKER_LENGTH = 10

#: A single word opens the tails of at least so many of the outlet's documents.
_WORD_SHARE = 0.25
_SHORT_LENGTH = 4

#: What has the form of a sentence, or could be the beginning of one, stands in at least so many of them.
_MOST = 0.5

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
    outlet: str, form: Form, pieces: Iterable[tuple[Piece, Tally]], total: int, config: FurnitureConfig
) -> Iterator[Furniture]:
    """Yield the common openings (for tails: endings) that are furniture, of keys that come sorted."""
    share = config.head_share if form == "head" else config.marker_share
    least = max(config.markers if outlet else config.unnamed, share * total)

    def fits(text: str, tally: Tally) -> bool:
        if tally.count < least or (form == "marker" and tally.running > _RUNNING * tally.documents):
            return False
        if form == "head":
            return _is_glued(text, tally.example)
        if form == "opening":
            return tally.documents >= config.opening_share * total and bool(_name_of(text))
        if len(text) >= ENDING:  # no seam in sight: a paragraph that returns
            return False
        seen = tally.count / total
        if form == "tail":
            return _is_wordy(text) and (text[0] not in ".!؟?" or seen >= _MOST)
        return _is_marker(text, seen)

    for text, tally in _common(((key, tally) for (_, _, key), tally in pieces), fits):
        if written := _written(tally.example, _name_of(text) if form == "opening" else text, form):
            yield _row(outlet, form, written, tally, total)


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


def _is_wordy(text: str) -> bool:
    return _letters(text) >= _MARKER_LENGTH and " " in text.strip()


def _is_marker(text: str, seen: float) -> bool:
    """Tell whether `text` announces something; how an outlet's sentences begin has no mark and goes on differently."""
    if not _is_wordy(text):
        enough = _MOST if " " in text.strip() else _WORD_SHARE
        return seen >= enough and _letters(text) >= _SHORT_LENGTH and not text[-1].isalnum()
    constant = len(text) == REACH and not has_clauses(text)
    return seen >= _MOST or constant or not _APART.isdisjoint(text)


def _letters(text: str) -> int:
    return sum(letter.isalpha() for letter in text)


#: What sets a name or an announcement apart from what varies behind it.
_APART = frozenset("-–—ـ_/|•·»›:(")


def _name_of(text: str) -> str:
    """Return the name with which `text`, an opening of first lines, begins, with the mark that sets it apart."""
    name = text[: max((at + 1 for at, letter in enumerate(text) if letter in _APART), default=0)]
    return name if _letters(name) >= _SHORT_LENGTH else ""


#: A glued opening has at least so many letters and words, the last of them of so many letters: what many first
#: sentences have in common ends in the article of a noun.
_GLUED_LENGTH, _GLUED_WORDS, _GLUED_LAST = 14, 3, 4


def _is_glued(text: str, example: str) -> bool:
    """Tell whether `text` opens documents and runs into their first word; a dateline stands apart by a mark."""
    parts = text.split()
    if _letters(text) < _GLUED_LENGTH or len(parts) < _GLUED_WORDS or set(text) & set("-–—ـ:()/،"):
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
