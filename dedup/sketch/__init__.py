"""Sketch texts: fold, cut into words, hash shingles, sign with MinHash, split signatures into bands.

In: texts. Out: word hashes, signatures, keys of bands, candidate pairs. Read words (and foldtable), digits and
numbers, then family, minhash, bands.
"""

from __future__ import annotations

from dedup.sketch.family import Family, draw_family, to_lean
from dedup.sketch.minhash import Sketches, sign

__all__ = ["Family", "Sketches", "draw_family", "sign", "to_lean"]
