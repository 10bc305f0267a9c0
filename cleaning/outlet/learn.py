"""Learn from the counts of all shards what is furniture.

The counts come sorted and are merged in one pass; only what is being counted and what has been found is held.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter
from os.path import commonprefix

import msgspec

from cleaning.lines.glued import begins_sentence, sentence_starts
from cleaning.lines.unit import ends_sentence, has_clauses
from cleaning.outlet.count import ENDING, REACH, Piece, Tally, summed, unpack
from cleaning.outlet.furniture import Form, Furniture, FurnitureConfig, Place, Table, squeeze

_PLACES: tuple[Place, ...] = ("head", "body", "tail")


#: A line that has its place in the middle of articles must stand in so many times the share of documents.
_IN_BODY = 2

#: What is glued before first sentences stands before most; a first line that opens with the outlet's name on nearly
#: all documents.
_HEAD_SHARE = 0.5
_OPENING_SHARE = 0.8

#: Documents without an outlet are of many outlets: what they repeat needs more stories, and can have no large share.
_UNNAMED = 8
_UNNAMED_SHARE = 0.003


def learn(summaries: Sequence[memoryview], config: FurnitureConfig) -> Table:
    """Merge the counts of all shards and return what is furniture."""
    merged = heapq.merge(*(unpack(summary) for summary in summaries if len(summary)), key=itemgetter(0))
    rows: list[Furniture] = []
    total = 0
    for (outlet, form), pieces in groupby(summed(merged), key=lambda item: item[0][:2]):
        if not form:
            total = next(pieces)[1].documents
        elif form == "line":
            found = ((key, tally) for (_, _, key), tally in pieces if key and _is_line(outlet, tally, total, config))
            rows += [_row(outlet, "line", key, tally, total) for key, tally in found]
        else:
            rows += _stems(outlet, msgspec.convert(form, Form), pieces, total, config)
    return Table(rows)


def _row(outlet: str, form: Form, text: str, tally: Tally, total: int) -> Furniture:
    place = _PLACES[max(range(3), key=lambda at: tally.places[at])]
    return Furniture(outlet, form, place, tally.count, total, text, tally.example)


def _is_line(outlet: str, tally: Tally, total: int, config: FurnitureConfig) -> bool:
    """Tell whether a line that `tally.count` stories share is furniture."""
    running = 2 * tally.running > tally.documents
    if not outlet:
        return not running and tally.count >= max(_UNNAMED, _UNNAMED_SHARE * total)
    if running:
        return tally.count >= max(config.paragraphs, config.paragraph_share * total)
    inside = 2 * tally.places[1] > tally.documents
    return tally.count >= max(config.lines, (_IN_BODY if inside else 1) * config.share * total)


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

#: A glued opening has at least so many letters and words, the last of them of so many letters: what many first
#: sentences have in common ends in the article of a noun.
_GLUED_LENGTH, _GLUED_WORDS, _GLUED_LAST = 14, 3, 4

#: What sets a name or an announcement apart from what varies behind it.
_APART = frozenset("-–—ـ_/|•·»›:(")

#: What is left of an address or a word before the seam at which a tail begins.
_CRUMB = 12


def _stems(
    outlet: str, form: Form, pieces: Iterable[tuple[Piece, Tally]], total: int, config: FurnitureConfig
) -> Iterator[Furniture]:
    """Yield the common openings (for tails: endings) that are furniture, of keys that come sorted."""
    share = _HEAD_SHARE if form == "head" else config.marker_share
    least = max(config.markers if outlet else _UNNAMED, share * total)

    def fits(text: str, tally: Tally) -> bool:
        seen = tally.count / total
        if tally.count < least:
            return False
        if form == "head":
            return _is_glued(text, tally.example)
        if form == "opening":
            return tally.documents >= _OPENING_SHARE * total and bool(_name_of(text))
        if form == "tail":  # one that is as long as what is compared has no seam in sight: a paragraph that returns
            return len(text) < ENDING and _is_wordy(text) and (text[0] not in ".!؟?" or seen >= _MOST)
        return tally.running <= _RUNNING * tally.documents and _is_marker(text, seen)

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
    one, other = example[start - 1 : start], example[start : start + 1]
    if one.isalnum() and other.isalnum() and one.isascii() == other.isascii():  # inside a word
        start = example.find(" ", start) % (len(example) + 1)
    start = next((at for at in sentence_starts(example) if start < at <= start + _CRUMB), start)
    return example[start:].lstrip(" .!?؟،").rstrip()


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


def _name_of(text: str) -> str:
    """Return the name with which `text`, an opening of first lines, begins, with the mark that sets it apart."""
    name = text[: max((at + 1 for at, letter in enumerate(text) if letter in _APART), default=0)]
    return name if _letters(name) >= _SHORT_LENGTH else ""


def _is_glued(text: str, example: str) -> bool:
    """Tell whether `text` opens documents and runs into their first word; a dateline stands apart by a mark."""
    parts = text.split()
    if _letters(text) < _GLUED_LENGTH or len(parts) < _GLUED_WORDS or set(text) & set("-–—ـ:()/،"):
        return False
    after = _written(example, text, "head")
    return len(parts[-1]) >= _GLUED_LAST and text[-1].isalpha() and example[len(after) :][:1].isalpha()


@dataclass(slots=True)
class _Node:
    """A common opening of the keys under it, as the merge walks through them in order."""

    length: int
    tally: Tally
    found: list[tuple[str, Tally]] = field(default_factory=list)


def _common(keys: Iterable[tuple[str, Tally]], fits: Callable[[str, Tally], bool]) -> Iterator[tuple[str, Tally]]:
    """Yield the openings shared by sorted `keys` for which `fits` holds; nested ones only once."""
    stack = [_Node(0, Tally())]
    before = ""
    for key, tally in keys:
        yield from _close(stack, before, len(commonprefix((before, key))), fits)  # noqa: RUF071 - no paths
        stack.append(_Node(len(key), tally))
        before = key
    yield from _close(stack, before, 0, fits)
    yield from stack[0].found


def _close(
    stack: list[_Node], key: str, length: int, fits: Callable[[str, Tally], bool]
) -> Iterator[tuple[str, Tally]]:
    """Take nodes longer than `length` off the stack and hand their counts to the opening they share."""
    while stack[-1].length > length:
        node = stack.pop()
        if fits(key[: node.length], node.tally):
            deeper = [item for item in node.found if item[1].count >= _DEEPER * node.tally.count]
            node.found = deeper or [(key[: node.length], node.tally)]
        if stack[-1].length < length:
            stack.append(_Node(length, Tally()))
        parent = stack[-1]
        parent.tally.add(node.tally)
        parent.found += node.found
        if parent.length == 0:
            yield from parent.found
            parent.found = []
