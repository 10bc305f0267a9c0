"""Decide for a whole corpus which documents go, for which survivor, and why.

In: the summaries of all shards, perhaps an index. Out: a table of clusters. Read decisions, whose steps are survivors,
shared, versions, crowds, against, pairs, clusters and digests; then result, and paragraphs if you want these removed.

The first process holds a few bytes of each document: its rank, its length, whether it stays. What has to be known of
texts besides is looked up by tasks (`run(function, items)`, `corpus.run.Map`), each over a part of a whole:

    survivors   one task ranks all documents              shared      ranges of hashes: who has one key in common
    crowds      ranks that hang together by their keys    rarity      outlets: which words are rare, which runs common
    pairs       ranges of candidates, parts of pairs      result      one task writes the table of clusters

A task gets the summaries, which cross as paths of mapped files, and answers in arrays (`dedup.store.arrays`), which the
runner keeps in a file; the next step opens them there. How large a part is stands at the head of each module, and
changes nothing in what is decided.
"""

from __future__ import annotations

from dedup.decide.against import Match, find_similar

__all__ = ["Match", "find_similar"]
