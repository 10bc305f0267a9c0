"""Find the article of a page: its text, and its title, date, authors and tags.

In: bytes of HTML. Out: an `Extraction`. Read extract, which calls the rest from top to bottom.
"""

from __future__ import annotations

from cleaning.html.extract import ExtractConfig

__all__ = [
    "ExtractConfig",
]
