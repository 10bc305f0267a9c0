"""Remove paragraphs that the corpus has word for word elsewhere, if asked to: of each the best document keeps one.

A paragraph is a line of at least `MIN_WORDS` words. The document that keeps it is the best by the survivor policy
among those that survive; every other one says in its trace what it lost and to whom.
"""

from __future__ import annotations

from array import array
from dataclasses import replace
from typing import Any

import numpy as np
import xxhash
from numpy.typing import NDArray

from corpus.records import Document, Verdict, drop, keep
from corpus.text import lines
from dedup.decide.result import new_id
from dedup.decide.survivors import KEPT, Outcome
from dedup.sketch.minhash import sign
from dedup.store import arrays as flat
from dedup.store.summary import Shards

#: Shorter lines are greetings, headings and credits, which belong to each document that has them.
MIN_WORDS = 12
#: Characters of a removed paragraph that the trace quotes.
_QUOTED = 80
#: The kernel is asked for word hashes only; this many permutations are its least work.
_FEW = 8


def hash_paragraphs(text: str) -> dict[int, int]:
    """Return the 64-bit hash of the folded words of each long line, by its number."""
    parts = lines(text)
    sketches = sign(parts, 1, _FEW)
    bounds = sketches.bounds.tolist()
    return {
        number: xxhash.xxh3_64_intdigest(sketches.words[bounds[number] : bounds[number + 1]].data)
        for number in range(len(parts))
        if bounds[number + 1] - bounds[number] >= MIN_WORDS
    }


class Paragraphs:
    """Gather the hashes of all long lines and the document of each, to stand beside the arrays of a summary."""

    def __init__(self) -> None:
        self._hashes, self._owners = array("Q"), array("I")
        self._documents = 0

    def add(self, document: Document) -> None:
        """Add one document."""
        hashes = hash_paragraphs(document.text).values()
        self._hashes.extend(hashes)
        self._owners.extend([self._documents] * len(hashes))
        self._documents += 1

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return the hashes, uint64, and the number of the document of each, uint32."""
        hashes, owners = np.array(self._hashes, dtype=np.uint64), np.array(self._owners, dtype=np.uint32)
        return {"paragraph": hashes, "paragraph_owner": owners}


def find_repeated(shards: Shards, outcome: Outcome) -> dict[str, NDArray[Any]]:
    """Return the paragraphs that more than one document kept has, and which of them keeps it."""
    kept, rank = outcome.fate == KEPT, outcome.rank
    hashes = np.concatenate([np.empty(0, dtype=np.uint64), *(shard["paragraph"] for shard in shards.shards)])
    owners = np.concatenate(
        [
            np.empty(0, dtype=np.int64),
            *(shard["paragraph_owner"] + start for shard, start in zip(shards.shards, shards.starts, strict=False)),
        ]
    )
    hashes, owners = hashes[kept[owners]], owners[kept[owners]]
    order = np.lexsort((rank[owners], hashes))
    hashes, owners = hashes[order], owners[order]
    first = np.ones(len(hashes), dtype=bool)
    first[1:] = hashes[1:] != hashes[:-1]
    repeated = np.flatnonzero(first & ~np.append(first[1:], True))
    names = [
        new_id(shards, owner) if outcome.renamed[owner] else shards.name(owner) for owner in owners[repeated].tolist()
    ]
    blob, bounds = flat.pack_strings(names)
    return {
        "paragraphs": hashes[repeated],
        "paragraph_keys": shards.column("key")[owners[repeated]],
        "paragraph_names": blob,
        "paragraph_bounds": bounds,
    }


def strip(document: Document, own: int, table: dict[str, NDArray[Any]], *, survivor: bool) -> Verdict:
    """Take the paragraphs that other documents keep, and second copies of its own, out of `document`.

    `own` is the key of the document. A document that has nothing else goes, unless it is the `survivor` of copies,
    which name it: it stays as it is.
    """
    known = table["paragraphs"]
    removed: dict[int, str] = {}
    seen: set[int] = set()
    for number, value in hash_paragraphs(document.text).items():
        at = int(np.searchsorted(known, np.uint64(value)))
        if at == len(known) or int(known[at]) != value:
            continue
        if int(table["paragraph_keys"][at]) != own or value in seen:
            removed[number] = flat.string_at(table["paragraph_names"], table["paragraph_bounds"], at)
        seen.add(value)
    if not removed:
        return keep(document)
    parts = lines(document.text)
    audit = [{"survivor": name, "text": parts[number][:_QUOTED]} for number, name in removed.items()]
    text = "\n".join(part for number, part in enumerate(parts) if number not in removed).strip("\n")
    if not text.strip():
        return keep(document) if survivor else drop("paragraphs-elsewhere", paragraphs=audit)
    return keep(replace(document, text=text, trace={**document.trace, "paragraphs": audit}))
