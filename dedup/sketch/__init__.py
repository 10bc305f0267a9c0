"""Sketch texts: fold, cut into words, hash shingles, sign with MinHash, split signatures into bands.

In: texts. Out: word hashes, signatures, keys of bands, candidate pairs. Read words, then shingles, minhash, bands.
"""

from __future__ import annotations

__all__ = [
]
