"""Decide from the summaries of all shards what each outlet repeats in stories that have nothing else in common.

`learn` reads from top to bottom. Its steps are tasks: one over a sample of all documents, those over parts of the
range of the hashes of pieces, and those over outlets, which read only the summaries that have them. What tasks answer
lies in files; the process that asks holds names and numbers.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import chain
from typing import Any, NamedTuple, TypeAlias

import msgspec
import numpy as np
from numpy.typing import NDArray

from cleaning.outlet.count import sizes_of, unpack
from cleaning.outlet.evidence import OutletStories, Read, sample_stories
from cleaning.outlet.furniture import Furniture, Table
from cleaning.outlet.judge import judge
from cleaning.outlet.returning import Candidates, Returning, find_candidates
from cleaning.outlet.words import Words
from corpus.run import Map

#: What is behind the view of a summary or an answer: it crosses to another process as a path.
Owner: TypeAlias = Any

#: Pieces that one task merges: some 100 MB.
_PART = 2_000_000
_HASHES = 2**64

#: Documents of the outlets that one task judges; a larger outlet is judged by itself.
_JUDGED = 2_000


class Range(NamedTuple):
    """Ask what returns of the pieces in a part of the range of hashes (`part` of `parts`)."""

    summaries: Sequence[Owner]
    part: int
    parts: int


class Judging(NamedTuple):
    """Ask for the furniture of some outlets, of which `summaries` hold the documents, `found` what returns.

    `common` are the words that are not rare in the language.
    """

    names: Sequence[str]
    summaries: Sequence[Owner]
    found: Sequence[Owner]
    common: Owner
    stories: int


_RETURNING = msgspec.msgpack.Decoder(dict[str, msgspec.Raw])
_ROWS = msgspec.msgpack.Decoder(list[Furniture])


def learn(summaries: Sequence[memoryview], stories: int, run: Map) -> Table:
    """Return the furniture and the links of all outlets; so many unrelated `stories` make a closing line furniture."""
    owners = [summary.obj for summary in summaries if len(summary)]
    shards, documents, pieces = defaultdict[str, set[int]](set), Counter[str](), 0
    for at, owner in enumerate(owners):
        for name, (count, inside) in sizes_of(memoryview(owner)).items():
            shards[name].add(at)
            documents[name] += count
            pieces += inside
    if not shards:
        return Table()
    (common,) = run(_find_common, [owners])
    parts = max(1, -(-pieces // _PART))
    found = [answer.obj for answer in run(_find_returning, (Range(owners, part, parts) for part in range(parts)))]
    groups: list[list[str]] = []
    for name in sorted(shards):
        if groups and documents[name] + sum(documents[other] for other in groups[-1]) <= _JUDGED:
            groups[-1].append(name)
        else:
            groups.append([name])
    held = ([owners[at] for at in sorted(set[int]().union(*(shards[name] for name in names)))] for names in groups)
    tasks = (Judging(names, some, found, common.obj, stories) for names, some in zip(groups, held, strict=True))
    return Table(list(chain.from_iterable(map(_ROWS.decode, run(_judge, tasks)))))


def _find_common(summaries: Sequence[Owner]) -> bytes:
    """Return the words that a sample of the documents of all outlets has often."""
    held = [unpack(memoryview(summary)) for summary in summaries]
    names = sorted({name for shard in held for name in shard})
    stories = sample_stories([shard[name] for name in names for shard in held if name in shard])
    return Words(Read(story).words for story in stories).common.tobytes()


def _find_returning(task: Range) -> bytes:
    """Return by outlet what returns in a range (`Returning`)."""
    low, high = (_HASHES * at // task.parts for at in (task.part, task.part + 1))
    nothing = np.empty(0, np.uint32)
    return msgspec.msgpack.encode(dict(find_candidates(_read_outlets(task.summaries, None, nothing), low, high - 1)))


def _judge(task: Judging) -> bytes:
    """Return the rows of some outlets."""
    rows: list[Furniture] = []
    answers = [_RETURNING.decode(memoryview(answer)) for answer in task.found]
    outlets = _read_outlets(task.summaries, task.names, np.frombuffer(memoryview(task.common), np.uint32))
    for name in list(outlets):
        outlet = outlets.pop(name)
        found = [msgspec.msgpack.decode(answer[name], type=Returning) for answer in answers]
        for part in found:
            outlet.tells |= np.unpackbits(np.frombuffer(part.tells, np.uint8), count=outlet.size).astype(np.bool_)
        rows += judge(name, outlet, Candidates(found), task.stories)
    return msgspec.msgpack.encode(rows)


def _read_outlets(
    summaries: Sequence[Owner], names: Sequence[str] | None, common: NDArray[np.uint32]
) -> dict[str, OutletStories]:
    """Return the documents of some outlets, or of all, in the order of their names."""
    held = [unpack(memoryview(summary), names) for summary in summaries]
    every = sorted({name for shard in held for name in shard})
    return {name: OutletStories([shard[name] for shard in held if name in shard], common) for name in every}
