"""Keep what is known of documents as arrays on disk: summaries of shards, and the index of a corpus.

In: documents. Out: arrays that are read in place. Read summary and summaries, then index and segments; arrays,
strings and counts are what these are made with.
"""

from __future__ import annotations

from dedup.store.index import Index
from dedup.store.segments import LISTING

__all__ = ["LISTING", "Index"]
