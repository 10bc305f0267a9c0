"""Learn what an outlet repeats, and look it up: its furniture, and links to its other stories.

In: all documents of an outlet. Out: a table that people can read and give back (boilerplate.toml).
Read furniture (the table), then pieces (what is compared), count, words, evidence, returning, judge, learn.
"""

from __future__ import annotations

from cleaning.outlet.count import LineCounts
from cleaning.outlet.furniture import Form, Furniture, OutletTable, Table, from_toml
from cleaning.outlet.pieces import MARKS, Cut, Piece, cut_pieces, cut_spans, title_key

__all__ = [
    "MARKS",
    "Cut",
    "Form",
    "Furniture",
    "LineCounts",
    "OutletTable",
    "Piece",
    "Table",
    "cut_pieces",
    "cut_spans",
    "from_toml",
    "title_key",
]
