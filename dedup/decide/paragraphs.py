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
from dedup.decide.decisions import Decisions
from dedup.decide.result import new_id
from dedup.sketch.minhash import sign
from dedup.store.strings import pack_strings, string_at
from dedup.store.summaries import Summaries

#: Shorter lines are greetings, headings and credits, which belong to each document that has them.
MIN_WORDS = 12
#: Characters of a removed paragraph that the trace quotes.
_QUOTED = 80
#: The kernel is asked for word hashes only, for signatures of no values.
_NO_PERMUTATIONS = np.empty((2, 0), dtype=np.uint32)


def hash_paragraphs(text: str) -> dict[int, int]:
    """Return the 64-bit hash of the folded words of each long line, by its number."""
    parts = lines(text)
    sketches = sign(parts, 1, _NO_PERMUTATIONS)
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


def find_repeated(summaries: Summaries, decided: Decisions) -> dict[str, NDArray[Any]]:
    """Return the paragraphs that more than one document kept has, and which of them keeps it."""
    hashes, owners = [np.empty(0, dtype=np.uint64)], [np.empty(0, dtype=np.int64)]
    for shard, start in zip(summaries.shards, summaries.starts, strict=False):
        kept = decided.kept[shard["paragraph_owner"] + start]
        hashes.append(shard["paragraph"][kept])
        owners.append(shard["paragraph_owner"][kept] + start)
    found, keepers = np.concatenate(hashes), np.concatenate(owners)
    order = np.lexsort((decided.rank[keepers], found))
    found, keepers = found[order], keepers[order]
    first = np.ones(len(found), dtype=bool)
    first[1:] = found[1:] != found[:-1]
    repeated = np.flatnonzero(first & ~np.append(first[1:], True))
    found, keepers = found[repeated], keepers[repeated]
    names = [new_id(summaries, one) if decided.renamed[one] else summaries.name(one) for one in keepers.tolist()]
    blob, bounds = pack_strings(names)
    return {
        "paragraphs": found,
        "paragraph_keys": summaries.column("key")[keepers],
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
            removed[number] = string_at(table["paragraph_names"], table["paragraph_bounds"], at)
        seen.add(value)
    if not removed:
        return keep(document)
    parts = lines(document.text)
    audit = [{"survivor": name, "text": parts[number][:_QUOTED]} for number, name in removed.items()]
    text = "\n".join(part for number, part in enumerate(parts) if number not in removed).strip("\n")
    if not text.strip():
        return keep(document) if survivor else drop("paragraphs-elsewhere", paragraphs=audit)
    return keep(replace(document, text=text, trace={**document.trace, "paragraphs": audit}))
