"""Keep what is known of documents as arrays on disk: summaries of shards, and the index of a corpus.

In: documents. Out: arrays that are read in place. Read arrays, then summary, then index.
"""

from __future__ import annotations

__all__ = [
]
