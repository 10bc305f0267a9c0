"""Understand what the web says: addresses, pages, feeds and sitemaps.

In: addresses and bytes of responses. Out: normal forms, links, entries of listings. Read urls and headers, then
pages and listings.
Nothing outside the crawler imports from here.
"""

from __future__ import annotations

__all__: list[str] = []
