"""What the parts of a crawl tell each other about a url: where it leads, how it stands, what became of it."""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec

#: Smaller is fetched earlier: what lists stories, then stories, then the rest.
PRIORITIES = {"sitemap": 0, "feed": 0, "seed": 1, "article": 2, "listing": 3, "page": 4}
#: The place of addresses that promise nothing new.
LAST = 9
#: Where a crawl of an outlet begins: asked in every run, whatever they answered in the one before.
LISTS = ("feed", "sitemap")
ENTRIES = ("seed", *LISTS)

#: Failures that every later run tries again; the others (404, not HTML, too large) may be passing too, and are asked so
#: many times in all.
TEMPORARY = ("timeout", "connection", "dns", "server-error", "too-many-requests", "disconnect", "crashed")
MAX_REFUSALS = 4

#: Retry-After and robots.txt can put a url off by at most this many seconds.
LONGEST_WAIT = 3600.0


class Target(msgspec.Struct, frozen=True):
    """A url worth fetching, as discovery hands it to the frontier."""

    key: str
    url: str
    host: str
    outlet: str
    kind: str
    depth: int = 0
    hops: int = 0
    title: str = ""
    published: str = ""
    family: str = ""


class Row(Target, frozen=True):
    """A url in the hand of the scheduler; `archived` is the date and the id of its record in the archive."""

    id: int = 0
    priority: int = 0
    attempts: int = 0
    refusals: int = 0
    status: int | None = None
    etag: str = ""
    modified: str = ""
    digest: str = ""
    words: str = ""
    interval: float = 0.0
    archived: str = ""

    @property
    def budget(self) -> str:
        """Return the name of the budget that it is counted on: that of its outlet, or that of the outlet's lists."""
        return f"{self.outlet}/lists" if self.kind in LISTS else self.outlet


Headers = list[tuple[str, str]]


class Capture(msgspec.Struct):
    """One exchange to archive; header values are latin-1, as on the wire.

    `earlier` is the `archived` of the url where a revisit refers to that record; `unchanged` says the server answered
    304. `truncated` is a value of WARC-Truncated or "". `notes` go into WARC-JSON-Metadata.
    """

    url: str
    status: int
    request: Headers
    response: Headers
    body: bytes
    digest: str
    protocol: str = "HTTP/1.1"
    address: str = ""
    truncated: str = ""
    notes: dict[str, str | list[str]] = {}
    earlier: str = ""
    unchanged: bool = False


class ArchiveFile(NamedTuple):
    """A file of the archive: its final name, its state ("open", "published", "removed"), and its good bytes."""

    name: str
    state: str
    size: int


class Settlement(msgspec.Struct):
    """What became of one url, the item of the crawl: what to archive, the columns to change, what was found and counts.

    For `hold` seconds the whole host is left alone, over a restart too if `lasting`. `asked` is false where nothing
    was asked of the site: it costs no budget.
    """

    row: Row
    changes: dict[str, Any]
    found: list[Target] = []
    counts: dict[str, int] = {}
    capture: Capture | None = None
    hold: float = 0.0
    lasting: bool = False
    asked: bool = True

    def __repr__(self) -> str:
        # What Scrapy writes into its log.
        return f"<{self.row.url}>"
