"""One crawl: its outlets, its folder, its frontier and archive, and the gate every new url goes through."""

from __future__ import annotations

import contextlib
import logging
import re
import time
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import replace
from scrapy.settings import BaseSettings

from corpus.dates import parse_date
from corpus.errors import UsageError
from corpus.files import list_inputs, run_lock
from corpus.formats import is_dump
from crawler import OURS
from crawler.outlets import CrawlShare, Outlet, Scope, load_outlets
from crawler.readers import Readers
from crawler.state.archive import Archive
from crawler.state.frontier import Frontier
from crawler.state.repeats import Repeats
from crawler.state.rows import ENTRIES, LISTS, Target
from crawler.web.urls import (
    as_ascii,
    date_in,
    family_of,
    is_trap,
    key_of,
    kind_of,
    site_of,
    why_not,
    without_tracking,
)

logger = logging.getLogger(__name__)

#: Heritrix follows 20 links away from a seed.
MAX_DEPTH = 20
#: A sitemap index may point to indexes, but not for ever.
MAX_SITEMAP_DEPTH = 5
#: Links of an outlet that the report shows for each rule that refused some.
EXAMPLES = 3
#: Links whose judgement is remembered: some 40 MB at the most.
REMEMBERED = 65_536


class CrawlArguments(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What `-a` may give: outlets=FILE, since=YYYY-MM-DD, shard=K/N, recrawl=due|all|none, only=NAME[,NAME]."""

    outlets: str = str(Path(__file__).with_name("outlets.toml"))
    since: str = ""
    shard: str = "1/1"
    recrawl: str = "due"
    only: str = ""

    def __post_init__(self) -> None:
        if self.recrawl not in ("due", "all", "none"):
            raise ValueError(f"recrawl={self.recrawl!r}: give due, all or none")
        if parse_date(self.since) != self.since:
            raise ValueError(f"since={self.since!r}: give a date such as 2026-11-01")


def read_arguments(given: Mapping[str, str]) -> CrawlArguments:
    """Check the spider's arguments.

    Raises:
        UsageError: one is unknown or cannot be read.
    """
    try:
        return msgspec.convert(dict(given), CrawlArguments)
    except msgspec.ValidationError as fault:
        known = ", ".join(CrawlArguments.__struct_fields__)
        raise UsageError(f"-a: {fault}; the arguments are: {known}") from fault


def _number(settings: BaseSettings, name: str) -> float:
    try:
        return settings.getfloat(name)
    except (TypeError, ValueError) as fault:
        raise UsageError(f"-s {name}={settings[name]}: no number") from fault


class Session:
    """Everything the parts of a crawl share."""

    def __init__(self, arguments: CrawlArguments, settings: BaseSettings) -> None:
        """Read the outlets, take the lock, open the frontier and mend the archive.

        Raises:
            UsageError: the arguments or the outlets file cannot be obeyed.
            EnvironmentFault: the folder cannot be written, or another crawl writes there.
        """
        self.share = CrawlShare.parse(arguments.shard)
        suffix = self.share.suffix
        everything = load_outlets(Path(arguments.outlets))
        self.outlets: dict[str, Outlet] = {outlet.name: outlet for outlet in self.share.outlets(everything)}
        if arguments.only:
            names = arguments.only.split(",")
            if unknown := sorted(set(names) - self.outlets.keys()):
                raise UsageError(f"-a only={arguments.only}: no outlet called {', '.join(unknown)} (in this shard)")
            self.outlets = {name: outlet for name, outlet in self.outlets.items() if name in names}
        if unverified := [outlet.name for outlet in self.outlets.values() if not outlet.verified]:
            logger.warning("%d outlets are marked `verified = false`: %s", len(unverified), ", ".join(unverified))
        self.out = Path(str(settings["GHIRBAL_OUT"]))
        self.since, self.shard = arguments.since, arguments.shard
        self.delay, self.first_wait, size, seconds = (
            _number(settings, name)
            for name in ("DOWNLOAD_DELAY", "GHIRBAL_RETRY_SECONDS", "GHIRBAL_WARC_BYTES", "GHIRBAL_WARC_SECONDS")
        )
        self.left_out = frozenset(settings.getlist("GHIRBAL_LEAVE_OUT"))
        self._scope = Scope(everything)
        self._gate = lru_cache(maxsize=REMEMBERED)(self._admit)
        refuse_dumps(self.out)
        self._lock = contextlib.ExitStack()
        self._lock.enter_context(run_lock(self.out / ".ghirbal" / f"crawl{suffix}.lock"))
        self.frontier = Frontier(self.out / f"frontier{suffix}.sqlite")
        self.archive = Archive(
            self.out / "warc", f"ghirbal{suffix}", (int(size), seconds), self.frontier.note_archives
        )
        for name in self.archive.recover(self.frontier.archives()):
            logger.warning("%s: left open by a crawl whose frontier is gone; left alone", name)
        starts = [
            Target(key_of(url), url, site_of(url), outlet.name, kind)
            for outlet in self.outlets.values() for kind, given in outlet.entry_points() if (url := as_ascii(given))
        ]  # fmt: skip
        self._entered = {(start.host, start.outlet) for start in starts}
        self.resumed = self.frontier.begin(time.time(), arguments.recrawl)
        self.frontier.enter(starts, time.time())
        self.repeats = Repeats(self.frontier.worth())
        self.readers = Readers()
        self.not_followed: dict[str, dict[str, dict[str, Any]]] = {}

    def outlets_at(self, site: str) -> list[str]:
        """Return the names of the outlets of this crawl that may have urls at a host."""
        owners = {outlet.name for outlet in self._scope.owners(f"https://{site}/")}
        return sorted(name for name in self.outlets if name in owners or (site, name) in self._entered)

    def target(self, link: str, base: str, depth: int, kind: str = "") -> Target | str:
        """Make a frontier entry of a link, or say why not; `kind` overrides what the url looks like.

        Pages of a site share most of their links, so answers are remembered; a link that begins with / means the
        same on every page of its site.
        """
        if link.startswith("/") and not link.startswith("//"):
            base = base[: base.find("/", 8) + 1]
        elif link.startswith(("http://", "https://")):
            base = ""
        found = self._gate(link, base, kind)
        if isinstance(found, str) or depth == found.depth:
            return found
        if depth > MAX_DEPTH:
            return self._refused(found.outlet, "too-deep", found.url)
        return replace(found, depth=depth)

    def _admit(self, link: str, base: str, kind: str) -> Target | str:
        """Give a link to the first of its outlets that takes it, or return why the last one does not."""
        url = as_ascii(link, base)
        if url is None:
            return "bad-url"
        url = without_tracking(url)
        refused, owner = "offsite", ""
        for outlet in self._scope.owners(url):
            if outlet.name not in self.outlets:
                continue
            owner = outlet.name
            if kind in LISTS:
                refused = "trap" if is_trap(url) else ""
            else:
                excluded = pattern_of(outlet.exclude).search(url)
                refused = why_not(url, outlet.language) or ("excluded" if excluded else "")
            taken = kind or self._kind_of(url, outlet)
            if not refused and self.since and taken not in ENTRIES and self.is_old(date_in(url)):
                refused = "too-old"
            if not refused:
                site = site_of(url)
                family = "" if taken in ENTRIES else f"{site}/{family_of(url)}"
                return Target(key_of(url), url, site, owner, taken, family=family)
        return self._refused(owner, refused, url) if owner else refused

    def _refused(self, outlet: str, rule: str, url: str) -> str:
        """Note for the report that a rule turned a link of an outlet away, and return the rule."""
        seen = self.not_followed.setdefault(outlet, {}).setdefault(rule, {"links": 0, "examples": []})
        seen["links"] += 1
        if len(seen["examples"]) < EXAMPLES and url not in seen["examples"]:
            seen["examples"].append(url)
        return rule

    @staticmethod
    def _kind_of(url: str, outlet: Outlet) -> str:
        if pattern_of(outlet.article).search(url):
            return "article"
        shape = "listing" if pattern_of(outlet.listing).search(url) else kind_of(url)
        return "page" if shape == "article" and outlet.article else shape

    def is_old(self, published: str) -> bool:
        """Tell whether an ISO date, however coarse, lies before `since`; an empty date does not."""
        both = min(len(self.since), len(published))
        return published[:4].isdigit() and published[:both] < self.since[:both]

    def close(self, reason: str) -> None:
        """Finish the run (unless it was interrupted, so that the same command resumes it) and let go."""
        if reason == "finished":
            self.frontier.finish(time.time(), reason)
        self.frontier.close()
        self.readers.close()
        self._lock.close()


def refuse_dumps(out: Path) -> None:
    """Raise UsageError for a folder of dumps that is no crawl: once it is one, builds read its archives alone."""
    if out.is_dir() and not any(out.glob("frontier*.sqlite")):
        for file in list_inputs([str(out)])[0]:
            if not OURS.fullmatch(file.name) and is_dump(file):
                what = f"{file.name}, which no build of a crawl would read"
                raise UsageError(f"{out}: holds {what}; give a new or empty folder to -o (GHIRBAL_OUT)")


@lru_cache(maxsize=1024)
def pattern_of(text: str) -> re.Pattern[str]:
    """Compile a pattern of an outlet; an empty one matches nothing."""
    return re.compile(text or r"(?!)")
