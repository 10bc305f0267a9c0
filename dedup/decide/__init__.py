"""Decide for a whole corpus which documents go, for which survivor, and why.

In: the summaries of all shards, perhaps an index. Out: a table of clusters. Read survivors, which calls the rest.
"""

from __future__ import annotations

from dedup.decide.index import LISTING, Index, Match

__all__ = [
    "LISTING",
    "Index",
    "Match",
]
