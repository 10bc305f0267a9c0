"""Keep what is known of documents as arrays on disk: summaries of shards, and the index of a corpus.

In: documents. Out: arrays that are read in place. Read summary and summaries, then index, segments and elsewhere;
arrays, strings and counts are what these are made with.
"""

from __future__ import annotations

from dedup.store.elsewhere import fetch_index, pull_index, push_index
from dedup.store.index import Index, read_index
from dedup.store.segments import LISTING, IndexListing

__all__ = ["LISTING", "Index", "IndexListing", "fetch_index", "pull_index", "push_index", "read_index"]
