"""Decide for a whole corpus which documents go, for which survivor, and why.

In: the summaries of all shards, perhaps an index. Out: a table of clusters. Read decisions, whose steps are survivors,
against, pairs and clusters; then result, and paragraphs if you want these removed.
"""

from __future__ import annotations

from dedup.decide.against import Match, find_similar

__all__ = ["Match", "find_similar"]
