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


class Row(msgspec.Struct, frozen=True):
    """A url in the hand of the scheduler."""

    id: int
    url: str
    host: str
    outlet: str
    kind: str
    depth: int
    hops: int
    attempts: int
    status: int | None
    etag: str
    modified: str
    digest: str
    words: str
    interval: float
    archived: str
    title: str
    published: str
    family: str = ""
    priority: int = 0
    refusals: int = 0


class ArchiveFile(NamedTuple):
    """A file of the archive: its final name, its state ("open", "published", "removed"), and its good bytes."""

    name: str
    state: str
    size: int


class Settlement(msgspec.Struct):
    """What the frontier is to write of one url: the columns to change, what was found, what to count.

    What was found goes on `account` (crawler.state.repeats) if that is given, else each target on its own.
    """

    row: Row
    changes: dict[str, Any]
    found: list[Target] = msgspec.field(default_factory=list)
    counts: dict[str, int] = msgspec.field(default_factory=dict)
    account: str | None = None
