"""Compare two texts word by word, and say what one is to the other.

In: the words of pairs of documents. Out: a relation and the scores that decided it. Read rarity, then relation, then
gaps.
"""

from __future__ import annotations

from dedup.compare.relation import FEATURES, Comparison, Thresholds, compare

__all__ = ["FEATURES", "Comparison", "Thresholds", "compare"]
