"""Learn what an outlet repeats, and look it up: its furniture.

In: the lines of all documents of an outlet. Out: a table that people can read and give back (boilerplate.toml).
Read furniture (the table), then count, then learn.
"""

from __future__ import annotations

from cleaning.outlet.count import LineCounts
from cleaning.outlet.furniture import Furniture, FurnitureConfig, Table, from_toml

__all__ = [
    "Furniture",
    "FurnitureConfig",
    "LineCounts",
    "Table",
    "from_toml",
]
