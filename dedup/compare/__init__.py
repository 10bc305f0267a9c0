"""Compare two texts word by word, and say what one is to the other.

In: pairs of summarised documents. Out: a relation and the scores that decided it. Read rarity, then verify, then gaps.
"""

from __future__ import annotations

__all__ = [
]
