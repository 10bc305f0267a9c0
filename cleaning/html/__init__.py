"""Find the article of a page: its text, and its title, date, authors and tags.

In: a page as text. Out: an `Extraction`. Read extract, which calls the rest from top to bottom: markup parses the page,
metadata reads what it says about itself, layout cuts it into blocks, weigh says which of them are prose, others which
are by others, body chooses the container, selection the blocks of it that are the text, and rival decides whose text
the page gets where that is in doubt.
"""

from __future__ import annotations

from cleaning.html.extract import Extraction, extract_html
from cleaning.html.markup import is_binary
from cleaning.html.metadata import choose_address

__all__ = ["Extraction", "choose_address", "extract_html", "is_binary"]
