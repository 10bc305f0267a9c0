"""Find the documents that share something: in tasks over ranges of the hashes of what they may share.

A task reads of each summary the keys that lie in its range, so none needs more memory in a larger corpus, and what
comes of it are those documents alone whose key another one has.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from corpus.run import Map
from dedup.decide.survivors import Ranked, mark_changes
from dedup.kernel import MIX
from dedup.sketch.bands import pair_up
from dedup.store.arrays import Opened, pack, unpack
from dedup.store.summaries import release

#: Keys of one task: 40 MB.
_KEYS = 1 << 20
#: So many words at the beginning or the end are an end of a page.
ENDING = 12
#: What documents may share, besides the keys of a band: columns that all have to be equal. Of the last the hashes are
#: cut into ranges. What makes two records one is all three; an id alone does not, for two outlets may number alike.
KEYS = {
    "record": ("outlet", "id", "text"),
    "exact": ("exact_low", "exact_high"),
    "id": ("id",),
    "url": ("outlet", "url"),
    "title": ("outlet", "title"),
    "opening": ("outlet", "opening"),
    "ending": ("outlet", "ending"),
}
#: In these a document may have nothing, as 0, and still share it.
_ALSO_NOTHING = ("record", "id")


class Shared(NamedTuple):
    """Hold ranks that share a key, in order of keys and then of ranks; `groups` numbers the keys."""

    ranks: NDArray[np.int64]
    groups: NDArray[np.int64]


class ShareTask(NamedTuple):
    """Ask who shares keys, names of KEYS or numbers of bands, in a part of the range of each (`part` of `parts`).

    `among` marks ranks, if not all are asked for.
    """

    ranked: Ranked
    keys: Sequence[str | int]
    part: int
    parts: int
    among: Opened | None


def find_named(run: Map, ranked: Ranked) -> dict[str, Shared]:
    """Return who shares what, by the names of KEYS."""
    found = _find(run, ranked, [[name] for name in KEYS], None)
    each = len(found) // len(KEYS)
    return {name: read_shared(found[at * each : at * each + each]) for at, name in enumerate(KEYS)}


def find_keys(run: Map, ranked: Ranked, bands: int, among: Opened) -> list[Opened]:
    """Return who of the ranks `among` marks shares the key of a band, in parts that `read_shared` reads."""
    together = max(1, _KEYS // (1 + len(ranked.order)))
    return _find(run, ranked, [range(at, min(at + together, bands)) for at in range(0, bands, together)], among)


def _find(run: Map, ranked: Ranked, keys: Sequence[Sequence[str | int]], among: Opened | None) -> list[Opened]:
    parts = 1 + len(ranked.order) // _KEYS
    tasks = (ShareTask(ranked, some, part, parts, among) for some in keys for part in range(parts))
    return list(map(unpack, run(share, tasks)))


def read_shared(parts: Sequence[Mapping[str, NDArray[Any]]]) -> Shared:
    """Put parts together."""
    ranks = [np.empty(0, dtype=np.int64), *(part["ranks"].astype(np.int64) for part in parts)]
    fresh = [np.empty(0, dtype=bool), *(part["fresh"] for part in parts)]
    return Shared(np.concatenate(ranks), np.cumsum(np.concatenate(fresh)))


def share(task: ShareTask) -> bytes:
    """Return the `ranks` that share a key, uint32, and mark as `fresh` where another key begins."""
    found = [_share(task, key) for key in task.keys]
    ranks, fresh = (np.concatenate(column) for column in zip(*found, strict=True))
    return pack({"ranks": ranks, "fresh": fresh})


def _share(task: ShareTask, key: str | int) -> tuple[NDArray[np.uint32], NDArray[np.bool_]]:
    ranked, found = task.ranked, [np.empty(0, dtype=np.int64)]
    size = 1 << (32 if isinstance(key, int) else 64)
    low, high = (part * size // task.parts for part in (task.part, task.part + 1))
    if key in KEYS and key not in _ALSO_NOTHING:
        low = max(low, 1)
    keys: list[list[NDArray[Any]]] = []
    for shard, start in zip(ranked.summaries.shards, ranked.summaries.starts, strict=False):
        columns = [shard["bands"][key]] if isinstance(key, int) else [_column(shard, name) for name in KEYS[key]]
        wanted = np.flatnonzero((columns[-1] >= low) & (columns[-1] <= high - 1))
        ranks = ranked.ranks[wanted + start]
        if task.among is not None:
            marked = task.among["among"][ranks]
            wanted, ranks = wanted[marked], ranks[marked]
        found.append(ranks)
        keys.append([column[wanted] for column in columns])
        release(shard)
    ranks = np.concatenate(found)
    columns = [np.concatenate(column) for column in zip(*keys, strict=True)]
    if isinstance(key, int) and columns:
        both = np.sort(pair_up(columns[0], ranks))
        ranks, columns = both & np.uint64(0xFFFFFFFF), [both >> np.uint64(32)]
    else:
        order = np.lexsort((ranks, *columns))
        ranks, columns = ranks[order], [column[order] for column in columns]
    fresh = mark_changes(columns, len(ranks))
    again = ~(fresh & np.append(fresh[1:], True)[: len(fresh)])
    return ranks[again].astype(np.uint32), fresh[again]


def _column(shard: dict[str, NDArray[Any]], name: str) -> NDArray[Any]:
    """Return a column, or a hash of the first ENDING words of each text, or of the last ones; 0 for shorter texts."""
    if name not in ("opening", "ending"):
        return shard[name]
    words, bounds = shard["words"], shard["bounds"]
    found = np.zeros(len(bounds) - 1, dtype=np.uint64)
    long = np.flatnonzero(np.diff(bounds) >= ENDING)
    starts = bounds[long + 1] - ENDING if name == "ending" else bounds[long]
    value = np.zeros(len(long), dtype=np.uint64)
    for at in range(ENDING):
        value = (value ^ words[starts + at]) * MIX
    found[long] = value
    return found
