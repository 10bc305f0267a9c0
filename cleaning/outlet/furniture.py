"""What each outlet repeats: the learned table of furniture, and how a text is looked up in it.

The table is meant to be read and corrected: `to_toml` writes one entry for each piece of furniture, `from_toml`
takes the corrected file back. What a piece of furniture is, `cleaning.outlet.judge` decides.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Literal, get_args

import msgspec

from cleaning.config import ENOUGH
from cleaning.outlet.pieces import (
    GLUE,
    Announcement,
    Cut,
    Word,
    affixes,
    announcing,
    first_word,
    first_words,
    keys_of,
    last_words,
    may_close,
    may_open,
    with_keys,
)
from corpus.errors import UsageError
from corpus.records import Document, name_outlet

Form = Literal["piece", "head", "tail", "marker", "link"]
Place = Literal["head", "body", "tail"]


class Furniture(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One thing that an outlet repeats.

    `form` says how it stands: as a whole sentence or line (piece); glued before the first sentence (head) or behind
    the last one (tail); as an announcement that takes the rest of its line with it (marker); as a line that is the
    headline or first sentence of another story (link). `stories` that have nothing else in common have it, of
    `count` of `documents` documents of the outlet. `text` is what is looked up, in folded words; `example` how it was
    written; `of` the address of the story that a link leads to.
    """

    outlet: str
    form: Form
    position: Place
    stories: int
    count: int
    documents: int
    text: str
    example: str
    of: str = ""

    @property
    def evidence(self) -> str:
        """Say what the verdict rests on."""
        outlet = self.outlet or "an unnamed outlet"
        if self.form == "link":
            return f"is the headline or first sentence of another story of {outlet}: {self.of}"
        verb = {"head": "opens", "tail": "closes", "body": "stands in"}[self.position]
        number = f"{self.stories} or more" if self.stories >= ENOUGH else str(self.stories)
        return f"{verb} {number} stories of {outlet} that have nothing else in common"


class _Written(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A table as a file holds it; none of its keys is another file's, such as a configuration."""

    furniture: list[Furniture] = []


def outlet_of(document: Document) -> str:
    """Return the outlet of a document as the table names it."""
    return name_outlet(document.outlet, document.url, document.source)


#: A line of so many words may also be glued to another one.
_GLUED_WORDS = 4


@lru_cache(maxsize=1 << 12)
def _key_of(part: str) -> str:
    """Return the key of what an outlet says again and again."""
    return keys_of([part])[0]


class OutletTable:
    """The furniture of one outlet, arranged for looking up."""

    def __init__(self, rows: Iterable[Furniture]) -> None:
        self._rows: dict[str, dict[str, Furniture]] = {form: {} for form in get_args(Form)}
        self._glued: dict[str, dict[str, list[tuple[str, Furniture]]]] = {"head": {}, "tail": {}, "marker": {}}
        for row in rows:
            self._rows[row.form][row.text] = row
            if row.form in self._glued and GLUE in row.text:
                words = row.text.strip(GLUE).split(" ")
                part = words.pop(0 if row.form == "tail" else -1)
                self._glued[row.form].setdefault(" ".join(words), []).append((part, row))
            elif row.form == "piece" and row.position != "body" and row.text.count(" ") + 1 >= _GLUED_WORDS:
                self._rows[row.position].setdefault(row.text, row)
        #: Sentences and lines by their keys: furniture, and links to other stories.
        self.pieces = self._rows["link"] | self._rows["piece"]
        self._starts = {first_word(key) for key in self.pieces}
        self._markers = {first_word(key) for key in self._rows["marker"]}
        self._edges = {
            "head": {text.partition(" ")[0] for text in (*self._rows["head"], *self._glued["head"])},
            "tail": {text.rpartition(" ")[2] for text in (*self._rows["tail"], *self._glued["tail"])},
        }

    def __bool__(self) -> bool:
        return any(self._rows.values())

    def may_know(self, text: str, spans: Sequence[Cut]) -> bool:
        """Tell whether one of the sentences and lines of `text` may be among `pieces`, by their first words."""
        return any(may_open(text, self._starts, start) for start, _, _ in spans) if self._starts else False

    def announced(self, text: str, spans: Sequence[Cut]) -> list[Announcement]:
        """Return what may announce or sign the rest of a piece as the outlet has it."""
        parts = announcing(text, spans, self._markers) if self._markers else []
        likely = [part for part in parts if may_open(part[0], self._markers)]
        return with_keys(likely, [_key_of(part) for part, *_ in likely])

    def marker(self, announced: Announcement) -> Furniture | None:
        """Return the announcement of the outlet that `announced` is, or None."""
        key, rest = announced.key, announced.rest
        if key[-1] != GLUE:
            return self._rows["marker"].get(key)
        beside = first_word(rest)
        glued = self._glued["marker"].get(key[: -len(GLUE) - 1], ())
        return next((row for part, row in glued if beside.startswith(part) and beside != part), None)

    def frame(self, form: Literal["head", "tail"], text: str) -> tuple[int, int, Furniture] | None:
        """Return (start, end, furniture) of the longest frame that `text` opens with (head) or closes with (tail)."""
        edges = self._edges[form]
        if not edges or not (may_open if form == "head" else may_close)(text, edges):
            return None
        words = first_words(text) if form == "head" else last_words(text)
        for key, count in reversed(list(affixes([word.key for word in words]))):
            found = self._frame(form, key, words, count)
            if found is not None:
                at, row = found
                return (0, at, row) if form == "head" else (at, len(text), row)
        return None

    def _frame(self, form: str, key: str, words: Sequence[Word], count: int) -> tuple[int, Furniture] | None:
        """Return where in the text a frame of `count` words ends, or begins, and what it is."""
        if form == "tail":
            key = " ".join(reversed(key.split(" ")))
        beside = words[count]
        for part, row in self._glued[form].get(key, ()):
            if form == "head" and beside.key.startswith(part) and beside.key != part:
                return beside.start + len(part), row  # folding hardly ever changes the number of letters
            if form == "tail" and beside.key.endswith(part) and beside.key != part:
                return beside.end - len(part), row
        whole = self._rows[form].get(key)
        return (words[count - 1].end if form == "head" else words[count - 1].start, whole) if whole else None


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
#   form      piece: a whole sentence or line   head, tail: glued to the text
#             marker: from here to the end of the line   link: the headline or first sentence of another story
#   position  where in the document it stands
#   stories   that have it and nothing else in common, counted up to 16
#   count     documents that have it, of `documents` of the outlet
"""
_ESCAPES = {ord("\\"): "\\\\", ord('"'): '\\"', **{code: f"\\u{code:04x}" for code in (*range(32), 127)}}


def to_toml(table: Table) -> str:
    """Write `table` as TOML, the same text for the same table."""
    blocks = [_HEADER]
    for row in table.rows:
        fields = ((name, value) for name, value in msgspec.structs.asdict(row).items() if name != "of" or value)
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
