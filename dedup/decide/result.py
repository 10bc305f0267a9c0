"""What a finished comparison leaves behind: one row for each member of a cluster, readable in place.

Rows of a cluster stand together, the survivor first, clusters in order of the survivor's id. A document finds its
row by its 64-bit name with a binary search, so a worker opens the file and reads nothing but what it asks for.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_left
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import msgspec
import numpy as np
import orjson
from numpy.typing import NDArray

from corpus.records import ID_LENGTH, REPLACES, Copy
from dedup.decide.against import NOTHING_FULLER, Fuller
from dedup.decide.decisions import GONE, RELATIONS, Decisions, Reason
from dedup.decide.survivors import mark_changes
from dedup.sketch.bands import distinct
from dedup.store.arrays import copy_parts
from dedup.store.strings import EACH, Labels, labels_at, pack_strings, rank_strings, string_at
from dedup.store.summaries import Summaries

_COPIES = msgspec.json.Decoder(tuple[Copy, ...])

#: Hexadecimal digits of a cluster's name, which is a hash of its survivor's id.
_NAME_LENGTH = 16


def find_key(keys: NDArray[np.uint64], key: int) -> int:
    """Return the place of `key` among sorted `keys`, or -1."""
    at = bisect_left(keys.data, key)  # numpy's own takes five times as long for one key
    return at if at < len(keys) and keys[at] == key else -1


class Clusters:
    """Read the rows; `arrays` is what `tabulate` returned or `dedup.store.arrays.unpack` opened."""

    def __init__(self, arrays: dict[str, NDArray[Any]]) -> None:
        self.arrays = arrays

    def __len__(self) -> int:
        return len(self.arrays["reason"])

    def find(self, key: int) -> int:
        """Return the row of the document named `key`, or -1."""
        at = find_key(self.arrays["keys"], key)
        return int(self.arrays["key_rows"][at]) if at >= 0 else -1

    def name(self, row: int) -> str:
        """Return the id of the document in row `row`."""
        return string_at(self.arrays["strings"], self.arrays["string_bounds"], row * EACH)

    def new_id(self, key: int) -> str:
        """Return the id that the document named `key` got because its own names another story too, or ""."""
        at = find_key(self.arrays["renamed"], key)
        return string_at(self.arrays["new_ids"], self.arrays["new_id_bounds"], at) if at >= 0 else ""

    def replaced(self, key: int) -> Iterator[Copy]:
        """Yield the documents of the index whose place the document named `key` takes."""
        arrays = self.arrays
        if not len(arrays["fuller"]):
            return
        first, last = (int(np.searchsorted(arrays["fuller"], np.uint64(key), side)) for side in ("left", "right"))
        for at in range(first, last):
            labels = labels_at(arrays["replaced"], arrays["replaced_bounds"], at)
            yield Copy(*labels[:4], relation=REPLACES, score=round(float(arrays["shares"][at]), 4))

    def copy(self, row: int) -> Copy:
        """Return who the document in row `row` is, and how it relates to its survivor."""
        relation = RELATIONS[self.arrays["reason"][row]]
        score = float(self.arrays["scores"][row, int(relation in ("contained", "extended"))])
        strings = self._labels(row)[:4]
        return Copy(*strings, relation=relation, score=1.0 if relation == RELATIONS[Reason.KEPT] else round(score, 4))

    def title(self, row: int) -> str:
        """Return the title of the document in row `row`."""
        return self._labels(row).title

    def _labels(self, row: int) -> Labels:
        return labels_at(self.arrays["strings"], self.arrays["string_bounds"], row)

    def copies(self, first: int) -> Iterator[Copy]:
        """Yield the removed members of the cluster whose survivor is in row `first`, and after each its own copies."""
        for row in self._rows(first)[1:]:
            yield self.copy(row)
            also_in = self._labels(row).also_in
            if also_in:
                yield from _COPIES.decode(also_in)

    def _rows(self, first: int) -> range:
        last = first + 1
        while last < len(self) and self.arrays["first"][last] == first:
            last += 1
        return range(first, last)

    def lines(self) -> Iterator[bytes]:
        """Yield each cluster as a line of JSON with its newline."""
        row = 0
        while row < len(self):
            members = [self.copy(row), *self.copies(row)]
            survivor = members[0].id
            line = {"cluster": name_cluster(survivor), "survivor": survivor, "members": members}
            yield orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE)
            row = self._rows(row).stop


def name_cluster(survivor: str) -> str:
    """Name a cluster after its survivor."""
    return hashlib.sha256(survivor.encode("utf-8", "surrogatepass")).hexdigest()[:_NAME_LENGTH]


def tabulate(
    summaries: Summaries, decided: Decisions, old: Summaries | None = None, fuller: Fuller = NOTHING_FULLER
) -> dict[str, NDArray[Any]]:
    """Return the rows of all clusters; survivors numbered beyond `summaries` are documents of `old`."""
    count = len(summaries)
    members = distinct(np.append(decided.rows["gone"], decided.rows["survivor"]))
    renamed = decided.renamed[np.argsort(summaries.column("key")[decided.renamed])]
    new_ids = {document: new_id(summaries, document) for document in renamed.tolist()}
    strings, starts, stops = _strings(summaries, old, members, new_ids)
    none = np.zeros(1, GONE)
    none["anchor"] = -1
    found = np.append(decided.rows, none)[own := decided.rows_of(members)]
    survivor = np.where(own < 0, members, found["survivor"])
    places = _order(members, survivor, strings, starts, stops)
    rows, found = members[places], found[places]
    row_of = np.argsort(places)
    anchor, accounts = found["anchor"].copy(), found["account"]
    anchored = np.flatnonzero(anchor >= 0)
    anchor[anchored] = row_of[np.searchsorted(members, anchor[anchored])]
    keys = summaries.column("key")[rows[rows < count]]
    by_key = np.argsort(keys, kind="stable")
    starts, stops = starts[places].ravel(), stops[places].ravel()
    bounds = np.concatenate((np.zeros(1, dtype=np.int64), np.cumsum(stops - starts)))
    blob = np.empty(bounds[-1], dtype=np.uint8)
    copy_parts(strings, starts, bounds[:-1], bounds[1:], blob)
    new_blob, new_bounds = pack_strings(list(new_ids.values()))
    fuller_keys = summaries.column("key")[fuller.new]
    order = np.lexsort((fuller.old, fuller_keys))
    labels = [old.labels(one) for one in fuller.old[order].tolist()] if old is not None else []
    replaced, replaced_bounds = pack_strings([string for label in labels for string in label])
    return {
        "keys": keys[by_key],
        "key_rows": np.flatnonzero(rows < count)[by_key],
        "reason": found["reason"].copy(),
        "first": row_of[np.searchsorted(members, survivor[places])],
        "anchor": anchor,
        "scores": accounts["scores"].copy(),
        "passage": accounts["passage"].astype(np.int32, order="C"),
        "own": accounts["own"].astype(np.int32, order="C"),
        "strings": blob,
        "string_bounds": bounds,
        "renamed": summaries.column("key")[renamed],
        "new_ids": new_blob,
        "new_id_bounds": new_bounds,
        "fuller": fuller_keys[order],
        "replaced": replaced,
        "replaced_bounds": replaced_bounds,
        "shares": fuller.shares[order],
    }


def new_id(summaries: Summaries, document: int) -> str:
    """Name a document after its outlet, the id that it shares with another story, and its text."""
    strings = summaries.labels(document)
    name = "\0".join((strings.outlet, strings.id, f"{summaries.number('text', document):016x}"))
    return hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:ID_LENGTH]


def _strings(
    summaries: Summaries, old: Summaries | None, members: NDArray[np.int64], new_ids: dict[int, str]
) -> tuple[NDArray[np.uint8], NDArray[np.int64], NDArray[np.int64]]:
    """Gather the strings of the members, with the ids that `new_ids` has for them, and where each starts and stops."""
    cut = int(np.searchsorted(members, len(summaries)))
    blob, bounds = summaries.strings_of(members[:cut])
    if old is not None:
        olds, old_bounds = old.strings_of(members[cut:] - len(summaries))
        blob, bounds = np.concatenate((blob, olds)), np.concatenate((bounds, len(blob) + old_bounds[1:]))
    renamed = np.flatnonzero(np.isin(members, list(new_ids)))
    ids, ends = pack_strings([new_ids[document] for document in members[renamed].tolist()])
    starts, stops = bounds[:-1].reshape(-1, EACH).copy(), bounds[1:].reshape(-1, EACH).copy()
    starts[renamed, 0], stops[renamed, 0] = len(blob) + ends[:-1], len(blob) + ends[1:]
    return np.concatenate((blob, ids)), starts, stops


def _order(
    members: NDArray[np.int64],
    survivor: NDArray[np.int64],
    strings: NDArray[np.uint8],
    starts: NDArray[np.int64],
    stops: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Order the members: clusters by their survivor's id, the survivor first, then copies by id and address."""
    data = strings.data

    def rest(at: int) -> list[bytes]:
        return [bytes(data[start:stop]) for start, stop in zip(starts[at].tolist(), stops[at].tolist(), strict=True)]

    ids = rank_strings(strings, starts[:, 0], stops[:, 0])
    keys = (ids, members != survivor, survivor, ids[np.searchsorted(members, survivor)])
    order = np.lexsort(keys)
    first = np.flatnonzero(mark_changes((key[order] for key in keys), len(order)))
    for start, stop in pairwise((*first.tolist(), len(order))):
        if stop - start > 1:
            order[start:stop] = sorted(order[start:stop].tolist(), key=rest)
    return order


def empty() -> dict[str, NDArray[Any]]:
    """Return the rows of a corpus without copies."""
    return tabulate(Summaries([]), Decisions())
