"""Remove paragraphs that stand word for word elsewhere, if asked to: in an index, or in another document.

Those that the index has go from all new documents; of each other one the best document by the survivor policy, among
those that survive, keeps one. Every document says in its trace what it lost and to whom.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from corpus.records import Document, Verdict, drop, keep
from corpus.text import lines
from dedup.decide.against import Fuller
from dedup.decide.decisions import Decisions
from dedup.decide.result import find_key, new_id
from dedup.store.index import Index
from dedup.store.paragraphs import hash_paragraphs
from dedup.store.strings import pack_strings, string_at
from dedup.store.summaries import Summaries

#: Characters of a removed paragraph that the trace quotes.
_QUOTED = 80


def find_repeated(
    summaries: Summaries, decided: Decisions, index: Index | None, fuller: Fuller
) -> dict[str, NDArray[Any]]:
    """Return the paragraphs that more than one document kept has, or the index, and who keeps them.

    What a document of the index has does not count where a `fuller` one takes its place.
    """
    hashes, owners = [np.empty(0, dtype=np.uint64)], [np.empty(0, dtype=np.int64)]
    kept_ones = np.ones(len(summaries), dtype=bool)
    kept_ones[decided.rows["gone"]] = False
    for shard, start in zip(summaries.shards, summaries.starts, strict=False):
        kept = kept_ones[shard["paragraph_owner"] + start]
        hashes.append(shard["paragraph"][kept])
        owners.append(shard["paragraph_owner"][kept] + start)
    found, keepers = np.concatenate(hashes), np.concatenate(owners)
    order = np.lexsort((decided.ranks[keepers], found))
    found, first, counts = np.unique(found[order], return_index=True, return_counts=True)
    keepers = keepers[order][first]
    olds = np.full(len(found), -1) if index is None else index.find_paragraphs(found, fuller.old)
    wanted = (counts > 1) | (olds >= 0)
    found, keepers, olds = found[wanted], keepers[wanted], olds[wanted]
    renamed = set(decided.renamed.tolist())
    names = [
        index.documents.name(old)
        if index is not None and old >= 0
        else new_id(summaries, one) if one in renamed else summaries.name(one)
        for one, old in zip(keepers.tolist(), olds.tolist(), strict=True)
    ]
    blob, bounds = pack_strings(names)
    return {
        "paragraphs": found,
        "paragraph_keys": np.where(olds < 0, summaries.column("key")[keepers], np.uint64(0)),
        "paragraph_names": blob,
        "paragraph_bounds": bounds,
    }


def strip(document: Document, own: int, table: dict[str, NDArray[Any]], *, survivor: bool) -> Verdict:
    """Take the paragraphs that other documents keep, and second copies of its own, out of `document`.

    `own` is the key of the document. A document that has nothing else goes, unless it is the `survivor` of copies,
    which name it, or takes the place of an old one: it stays as it is.
    """
    known = table["paragraphs"]
    removed: dict[int, str] = {}
    seen: set[int] = set()
    for number, value in hash_paragraphs(document.text).items():
        if (at := find_key(known, value)) < 0:
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
