"""What each outlet repeats: the learned table of furniture, and how a text is looked up in it.

The table is meant to be read and corrected: `to_toml` writes one entry for each piece of furniture, `from_toml`
takes the corrected file back. What a piece of furniture is, `cleaning.outlet.learn` decides.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import zip_longest
from typing import Annotated, Literal

import msgspec
import xxhash

from cleaning.lines.glued import reads_on
from cleaning.lines.lexicon import LABEL_LENGTH, key_of
from cleaning.lines.mentions import is_date_line
from cleaning.lines.unit import PARAGRAPH, Unit, ends_sentence
from corpus.errors import UsageError
from corpus.records import Document, name_outlet

Form = Literal["line", "opening", "marker", "head", "tail"]
Place = Literal["head", "body", "tail"]

#: Lines are compared up to this length; the longest furniture of the labelled dumps has 377 characters.
LINE_LENGTH = 400

#: Longer keys are cut here and completed by a hash, so that a table and its counts stay small.
KEY_LENGTH = 80

#: A shorter marker is a common word: it must stand alone, and what follows must be a list of at most TAGS letters.
WORDY = 12
TAGS = 200

#: The frame of an article has no more figures that change: a date, a clock, a counter.
FRAME = 3

#: With more words a line tells something, even if it has no stop: its figures are news. Date lines of the labelled
#: dumps have up to 16 words, but are known for what they are.
WORDS = 7

_DIGITS = re.compile(r"\d+")


class Furniture(msgspec.Struct, frozen=True, forbid_unknown_fields=True, dict=True):
    """One thing that an outlet repeats.

    `form` says how it stands: as a whole line; as the opening of a short first line, which goes with all that
    varies in it; as a marker, which takes the rest of its line with it; glued before the first sentence (head);
    glued behind the last one (tail). `count` of `documents` documents of the
    outlet had it, copies of one story counted once. `text` is what is looked up, `example` how it was written.
    """

    outlet: str
    form: Form
    position: Place
    count: int
    documents: int
    text: str
    example: str

    @property
    def evidence(self) -> str:
        """Say what the verdict rests on."""
        return f"seen in {self.count} of {self.documents} documents of {self.outlet or 'an unnamed outlet'}"

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """Return what finds `text` as written; any number stands for every number, but not in a sentence."""
        escaped = re.escape(self.text)
        return re.compile(escaped if ends_sentence(self.text) else _DIGITS.sub(r"\\d+", escaped))

    def changed(self, text: str) -> int:
        """Return how many figures of `text` are others than in the example."""
        figures = _DIGITS.findall(self.example if self.form == "line" else self.text)
        return sum(ours != theirs for ours, theirs in zip_longest(_DIGITS.findall(text), figures))

    def opens(self, text: str, found: re.Match[str]) -> bool:
        """Tell whether `found`, a marker in `text`, takes the rest of the text with it."""
        rest = text[found.end() :]
        if len(self.text) >= WORDY:
            return not reads_on(rest)
        alone = not (text[: found.start()][-1:].isalnum() or rest[:1].isalnum())
        return alone and len(rest) <= TAGS and not any(mark in rest for mark in ".!?؟")


#: One story repeats nothing; a bound above keeps numbers that mean nothing out.
Stories = Annotated[int, msgspec.Meta(ge=2, le=10**9)]


class _Written(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A table as a file holds it; none of its keys is another file's, such as a configuration."""

    furniture: list[Furniture] = []


Share = Annotated[float, msgspec.Meta(ge=0, le=1)]


class FurnitureConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When something repeated is furniture. Calibrated on the 21 outlets of the labelled dumps.

    `lines`: stories that must share a short line; `paragraphs`: the same for one that has the form of running
    text; `markers`: for openings, endings and glued pieces. `share`: part of the outlet's documents; one in the form
    of running text needs `paragraph_share`: whole paragraphs return in the reports of courts, markets and palaces,
    too; an opening, an ending or a glued piece `marker_share`.
    """

    lines: Stories = 3
    paragraphs: Stories = 4
    markers: Stories = 4
    share: Share = 0.05
    paragraph_share: Share = 0.3
    marker_share: Share = 0.03


def line_key(unit: Unit) -> str:
    """Return as what `unit` is counted and looked up, of a bounded length.

    Numbers are folded to one class, for a date or a counter is the same furniture on every page. Those of a
    sentence are not: the market closes with the same words and other figures every day, and that is news.
    """
    key = unit.key or key_of(unit.text)
    if not _keeps_figures(unit):
        key = squeeze(key)
    if len(key) <= KEY_LENGTH:
        return key
    return key[: KEY_LENGTH // 2] + "…" + xxhash.xxh3_64_hexdigest(key.encode())


def _keeps_figures(unit: Unit) -> bool:
    return (unit.sentence or is_wordy(unit.text)) and not is_date_line(unit.key)


def is_wordy(text: str) -> bool:
    """Tell whether a line has the words of a sentence, whatever it ends with."""
    return text.count(" ") >= WORDS


def is_slug(unit: Unit) -> bool:
    """Tell whether `unit` can be the line that an outlet sets over a story: its name, the section, the date."""
    return unit.size < PARAGRAPH and not unit.sentence


def squeeze(text: str) -> str:
    """Return `text` with every number folded to one class."""
    return _DIGITS.sub("0", text)


def outlet_of(document: Document) -> str:
    """Return the outlet of a document as the table names it."""
    return name_outlet(document.outlet, document.url, document.source)


class OutletTable:
    """The furniture of one outlet, arranged for looking up."""

    def __init__(self, rows: Iterable[Furniture]) -> None:
        longest_first = sorted(rows, key=lambda row: (-len(row.text), row.text))
        self.lines = {row.text: row for row in longest_first if row.form == "line"}
        self.openings = [row for row in longest_first if row.form == "opening"]
        self.markers = [row for row in longest_first if row.form == "marker"]
        self.heads = [row for row in longest_first if row.form == "head"]
        self.tails = [row for row in longest_first if row.form == "tail"]
        self._starts = frozenset(text[: KEY_LENGTH // 4] for text in self.lines)

    def __bool__(self) -> bool:
        return bool(self.lines or self.openings or self.markers or self.heads or self.tails)

    def line(self, unit: Unit) -> Furniture | None:
        """Return the furniture that `unit` is as a whole."""
        if not self.lines or unit.size > LINE_LENGTH:
            return None
        if not unit.key:
            start = key_of(unit.text[: 2 * KEY_LENGTH])
            if (start if _keeps_figures(unit) else squeeze(start))[: KEY_LENGTH // 4] not in self._starts:
                return None
        return self.lines.get(line_key(unit))

    def opening(self, unit: Unit, *, first: bool) -> Furniture | None:
        """Return what `unit` opens with, so that all of it goes; `first` of the text."""
        for row in self.openings if first and is_slug(unit) else ():
            found = row.pattern.match(unit.text)
            if found is not None and unit.size - found.end() <= LABEL_LENGTH:
                return row
        for row in self.markers:
            found = row.pattern.match(unit.text)
            if found is not None and row.opens(unit.text, found):
                return row
        return None

    def glued(self, unit: Unit, *, first: bool, last: bool) -> Iterator[tuple[int, int, Furniture]]:
        """Yield (start, end, furniture) in `unit.text` of what is glued to it; `first` and `last` of the text."""
        text = unit.text
        if first:
            yield from ((0, found.end(), row) for row in self.heads[:1] if (found := row.pattern.match(text)))
        for row in self.markers:
            found = _last(row.pattern, text)
            if found is not None and found.start() > 0 and row.opens(text, found):
                yield found.start(), len(text), row
                return
        if last:
            for row in self.tails:
                found = _last(row.pattern, text)
                if found is None or found.end() < len(text) or found.start() == 0:
                    continue
                if row.changed(found[0]) <= FRAME:
                    yield found.start(), len(text), row
                    return


def _last(pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
    found = None
    for found in pattern.finditer(text):  # noqa: B007 - the last one is wanted
        pass
    return found


_NOTHING = OutletTable(())


class Table:
    """The furniture of all outlets."""

    def __init__(self, rows: Iterable[Furniture] = ()) -> None:
        self.rows = tuple(sorted(rows, key=lambda row: (row.outlet, row.form, -row.count, row.text)))
        outlets: dict[str, list[Furniture]] = {}
        for row in self.rows:
            outlets.setdefault(row.outlet, []).append(row)
        self._outlets = {outlet: OutletTable(of_outlet) for outlet, of_outlet in outlets.items()}

    def of(self, outlet: str) -> OutletTable:
        """Return the table of one outlet; empty if nothing is known of it."""
        return self._outlets.get(outlet, _NOTHING)


_HEADER = """\
# What each outlet repeats, and Ghirbal therefore removes. Delete an entry to keep what it names;
# give the file back with --boilerplate FILE.
#   form      line: the whole line   opening: the whole of a first line that begins so
#             marker: from here to the end of the line   head, tail: glued to the text
#   position  where in the document it mostly stands
#   count     in how many of `documents` documents of the outlet, copies of one story counted once
"""
_ESCAPES = {ord("\\"): "\\\\", ord('"'): '\\"', **{code: f"\\u{code:04x}" for code in (*range(32), 127)}}


def to_toml(table: Table) -> str:
    """Write `table` as TOML, the same text for the same table."""
    blocks = [_HEADER]
    for row in table.rows:
        fields = msgspec.structs.asdict(row).items()
        values = {name: value if isinstance(value, int) else f'"{value.translate(_ESCAPES)}"' for name, value in fields}
        blocks.append("\n[[furniture]]\n" + "".join(f"{name} = {value}\n" for name, value in values.items()))
    return "".join(blocks)


def from_toml(text: str) -> Table:
    """Read a table that `to_toml` wrote and somebody may have corrected.

    Raises:
        UsageError: the text is no TOML, a key is unknown or a value has the wrong kind.
    """
    try:
        return Table(msgspec.convert(tomllib.loads(text), _Written).furniture)
    except (msgspec.ValidationError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"this is no boilerplate table as `ghirbal build` writes it: {error}") from error
