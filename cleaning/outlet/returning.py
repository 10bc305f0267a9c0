"""Find what returns in the documents of outlets, of the pieces in a part of the range of their hashes.

What is found is held in columns: an outlet may have a million candidates, of which few are judged.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from cleaning.config import ENOUGH
from cleaning.outlet.count import INSIDE, LEAD, TITLE
from cleaning.outlet.evidence import OutletStories
from cleaning.outlet.words import changes, within

#: Documents that make a piece returning; and documents of a piece that are read.
REPEATED = 3
READ = 30
#: Documents that are read for all pieces of an outlet; where more pieces return than this allows for, fewer are read
#: for each, though as many as are enough. The tables of the labelled data are the same without it.
_READS = 100_000
#: Documents that are held in numbers at a time, some 1 kB each.
_HELD = 50_000

_ROW = np.dtype(
    [("hash", "u8"), ("form", "u1"), ("count", "u4"), ("elsewhere", "?"), ("stands", "u1"), ("links", "u1")]
)


@dataclass(slots=True)
class Repetition:
    """What several documents of one outlet have: how many of its own, and whether others have it."""

    hash: int
    form: int
    count: int
    elsewhere: bool
    ranks: list[int]
    named: list[int]


class Returning(msgspec.Struct, array_like=True, frozen=True):
    """What returns in an outlet, sorted by hash, as buffers: a row for each, its ranks; a bit of each document."""

    rows: memoryview
    ranks: memoryview
    tells: memoryview


class Candidates:
    """What returns in an outlet, in all parts of the range of hashes: a row for each, sorted by hash.

    `repeated` are those that are pieces of several documents, sorted.
    """

    def __init__(self, found: Sequence[Returning]) -> None:
        self.rows = np.concatenate([np.frombuffer(part.rows, _ROW) for part in found])
        self._ranks = np.concatenate([np.frombuffer(part.ranks, np.uint32) for part in found])
        self._hashes = self.rows["hash"].copy()
        self.repeated = self._hashes[(self.rows["form"] == INSIDE) & (self.rows["count"] >= REPEATED)]
        self._named = np.cumsum(self.rows["stands"].astype(np.int64) + self.rows["links"]) - self.rows["links"]
        self._begins = self._named - self.rows["stands"]
        most = max(ENOUGH, _READS // max(1, len(self.repeated)))
        self._ends = np.minimum(self._named, self._begins + most)

    def __getitem__(self, at: int) -> Repetition:
        value, form, count, elsewhere, _, links = self.rows.item(at)
        named = self._ranks[self._named[at] : self._named[at] + links]
        return Repetition(value, form, count, elsewhere, self.ranks_of(at).tolist(), named.tolist())

    def ranks_of(self, at: int) -> NDArray[np.uint32]:
        """Return the first documents that have one of them."""
        return self._ranks[self._begins[at] : self._ends[at]]

    def sums(self, values: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Return for how many of these documents of each `values`, one for each document, are true."""
        sums = np.cumsum(np.append(False, values[self._ranks]), dtype=np.int64)
        found: NDArray[np.int64] = sums[self._ends] - sums[self._begins]
        return found

    def count(self, value: int) -> int:
        """Return how many documents have what has this hash."""
        at = int(np.searchsorted(self._hashes, np.uint64(value)))
        return int(self.rows["count"][at]) if at < len(self.rows) and self._hashes[at] == np.uint64(value) else 0

    def in_batches(self, chosen: NDArray[np.intp]) -> Iterator[NDArray[np.intp]]:
        """Yield some of them, what the same documents have side by side, as far as all these documents can be held."""
        batch: list[int] = []
        ranks = set[int]()
        for at in sorted(chosen.tolist(), key=lambda at: self.ranks_of(at).astype(">u4").tobytes()):
            batch.append(at)
            ranks.update(self.ranks_of(at).tolist())
            if len(ranks) > _HELD:
                yield np.array(batch)
                batch, ranks = [], set()
        yield np.array(batch, np.intp)


def find_candidates(outlets: dict[str, OutletStories], low: int, high: int) -> Iterator[tuple[str, Returning]]:
    """Yield, of the pieces in a range of hashes, those that two documents of an outlet have."""
    occurring = {name: outlet.occurrences(low, high) for name, outlet in outlets.items()}
    standing = (hashes[kinds != TITLE] for hashes, _, kinds in occurring.values())
    everywhere = np.sort(np.concatenate([hashes[changes(hashes)] for hashes in standing]), kind="stable")
    shared = everywhere[~changes(everywhere)]
    del everywhere
    for name, (hashes, ranks, kinds) in occurring.items():
        tells = outlets[name].tells
        opens = changes(hashes)
        several = ~opens
        several[:-1] |= ~opens[1:]
        tells[ranks[~several & (kinds <= LEAD)]] = True
        rows, found = _repetitions(hashes[several], ranks[several], kinds[several], tells)
        rows["elsewhere"] = within(rows["hash"], shared)
        yield name, Returning(*(memoryview(column.tobytes()) for column in (rows, found, np.packbits(tells))))


def _repetitions(
    hashes: NDArray[np.uint64], ranks: NDArray[np.uint32], kinds: NDArray[np.uint8], tells: NDArray[np.bool_]
) -> tuple[NDArray[Any], NDArray[np.uint32]]:
    """Return what returns of the pieces of an outlet that stand in several places; note which documents have others."""
    order = np.lexsort((kinds, ranks, hashes))
    hashes, ranks, kinds = hashes[order], ranks[order], kinds[order]
    opens = changes(hashes)
    piece = np.cumsum(opens) - 1
    forms = np.where(kinds[opens] > TITLE, kinds[opens], INSIDE)
    first = opens | changes(ranks)  # of a piece in a document
    several = np.bincount(piece[first], minlength=len(forms)) > 1
    tells[ranks[~several[piece] & (kinds <= LEAD)]] = True
    stands = first & (kinds != TITLE)  # a headline comes last
    counts = np.bincount(piece[stands], minlength=len(forms))
    tells[ranks[stands & ((forms == INSIDE) & (counts < REPEATED))[piece]]] = True
    named = np.flatnonzero((kinds == TITLE) | (kinds == LEAD))
    named = named[changes(piece[named]) | changes(ranks[named])]
    links = np.bincount(piece[named], minlength=len(forms))
    returns = several & ((counts >= REPEATED) | (links > 0))
    rows = np.zeros(np.count_nonzero(returns), _ROW)
    columns = (hashes[opens], forms, counts, np.minimum(counts, READ), np.minimum(links, READ))
    for field, column in zip(("hash", "form", "count", "stands", "links"), columns, strict=True):
        rows[field] = column[returns]
    at = np.concatenate([_first_of(piece, np.flatnonzero(stands), counts), _first_of(piece, named, links)])
    at = at[returns[piece[at]]]
    return rows, ranks[at[np.argsort(piece[at], kind="stable")]]


def _first_of(piece: NDArray[np.intp], places: NDArray[np.intp], counts: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return of the places of each piece, of which there are so many, those that are read."""
    before = np.cumsum(counts) - counts
    return places[np.arange(len(places)) - before[piece[places]] < READ]
