"""Read answers where they can do no harm: listings, and pages that may take long, in child processes with a deadline.

Parsers are quick, but hostile answers find what they are slow at (a page with a hundred thousand attributes in one tag
takes ten seconds), and nothing in Python can interrupt them. A host has one page in hand at a time, so one that is
hostile occupies one child, and the others are read by the other.
"""

from __future__ import annotations

import asyncio
import re
from typing import Any

from scrapy.utils.asyncio import run_in_thread

from corpus.run import Guard
from crawler.web.listings import ListingEntry, read_listing
from crawler.web.pages import Reading, read_page

#: Seconds of CPU time and bytes of memory for one answer: a sitemap of 50,000 urls takes 1.4 s, the slowest page 0.1.
SECONDS, MEMORY = 5.0, 1 << 30
CHILDREN = 2
#: Pages of so many bytes cost less than 0.3 s whatever they hold, and pages of so many more what their tags are long.
SMALL, LARGE = 64 * 1024, 512 * 1024
_OPEN_VALUE = re.compile(rb"""=\s*+(?:"[^">]*+>|'[^'>]*+>)""")


class Readers:
    """Children that read; they start when they are needed."""

    def __init__(self) -> None:
        self._guards = [Guard(read_answer, seconds=SECONDS, memory=MEMORY) for _ in range(CHILDREN)]
        self._idle: asyncio.LifoQueue[Guard] = asyncio.LifoQueue()
        for guard in self._guards:
            self._idle.put_nowait(guard)

    async def read_list(self, body: bytes, content_type: str, encodings: str = "") -> list[ListingEntry] | None:
        """Return the entries of a listing, or None if it is none.

        Raises:
            RecordError: it takes too much time or memory.
        """
        entries: list[ListingEntry] | None = await self._call(read_listing, body, content_type, encodings)
        return entries

    async def read_page(self, body: bytes, content_type: str) -> Reading:
        """Return what a page says about itself.

        Raises:
            RecordError: it takes too much time or memory.
        """
        if is_quick(body):
            return read_page(body, content_type)
        reading: Reading = await self._call(read_page, body, content_type)
        return reading

    async def _call(self, *task: Any) -> Any:
        guard = await self._idle.get()
        try:
            return await run_in_thread(guard, task)
        finally:
            self._idle.put_nowait(guard)

    def close(self) -> None:
        """End the children."""
        for guard in self._guards:
            guard.close()


def is_quick(body: bytes) -> bool:
    """Tell whether a page is read in less than 0.3 s, whatever it holds; of 73 real ones over SMALL, 52 are.

    Only tags of many attributes take long: the square of their number. A tag ends at the first > that stands in no
    quoted value, so it is no longer than the longest stretch without that sign, times the values that may hold one.

    >>> link = b"<a href='/news/2026/11/02/'>"
    >>> is_quick(link * 5_000), is_quick(b"<a " + b"href='/>' " * 14_000)
    (True, False)
    """
    if len(body) <= SMALL:
        return True
    if len(body) > LARGE or b"\0" in body:  # in UTF-16 these signs are others
        return False
    stretch = SMALL**2 // (len(body) * (1 + len(_OPEN_VALUE.findall(body))))
    end = 0
    # No stretch is longer if each begins within one of the last: only every so many bytes are looked at.
    while 0 <= end < len(body) - stretch:
        end = body.rfind(b">", end, end + stretch) + 1 or -1
    return end >= 0


def read_answer(task: tuple[Any, ...]) -> Any:
    """Call a reader, the first of `task`, with the rest of it."""
    reader, *given = task
    return reader(*given)
