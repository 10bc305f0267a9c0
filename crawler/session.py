"""One crawl: its outlets, its folder, its frontier and archive, and the gate every new url goes through."""

from __future__ import annotations

import contextlib
import logging
import re
import time
from collections.abc import Iterable, Mapping
from datetime import date
from functools import lru_cache
from pathlib import Path

import msgspec
from scrapy.settings import BaseSettings

from corpus.errors import UsageError
from corpus.files import run_lock
from crawler.outlets import Outlet, Scope, load_outlets
from crawler.shards import parse_shard, share_of
from crawler.state.archive import Archive
from crawler.state.frontier import Frontier, Target
from crawler.web.urls import as_ascii, date_in, is_trap, key_of, kind_of, site_of, why_not, without_tracking

logger = logging.getLogger(__name__)

#: Heritrix follows 20 links away from a seed.
MAX_DEPTH = 20
#: A sitemap index may point to indexes, but not for ever.
MAX_SITEMAP_DEPTH = 3
#: Redirects followed for one page; each hop is a url of its own and passes every gate.
MAX_HOPS = 5
#: Links whose judgement is remembered: some 40 MB at the most.
REMEMBERED = 65_536


class CrawlArguments(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What `-a` may give: outlets=FILE, since=YYYY-MM-DD, shard=K/N, recrawl=due|all|none, only=NAME[,NAME]."""

    outlets: str = str(Path(__file__).with_name("outlets.toml"))
    since: str = ""
    shard: str = "1/1"
    recrawl: str = "due"
    only: str = ""


def read_arguments(given: Mapping[str, str]) -> CrawlArguments:
    """Check the spider's arguments.

    Raises:
        UsageError: one is unknown or cannot be read.
    """
    try:
        arguments = msgspec.convert(dict(given), CrawlArguments)
    except msgspec.ValidationError as fault:
        known = ", ".join(CrawlArguments.__struct_fields__)
        raise UsageError(f"-a: {fault}; the arguments are: {known}") from fault
    if arguments.recrawl not in ("due", "all", "none"):
        raise UsageError(f"-a recrawl={arguments.recrawl!r}: give due, all or none")
    if arguments.since:
        try:
            date.fromisoformat(arguments.since)
        except ValueError as fault:
            raise UsageError(f"-a since={arguments.since!r}: give a date such as 2026-11-01") from fault
    return arguments


class Session:
    """Everything the parts of a crawl share."""

    def __init__(self, arguments: CrawlArguments, settings: BaseSettings) -> None:
        """Read the outlets, take the lock, open the frontier and mend the archive.

        Raises:
            UsageError: the arguments or the outlets file cannot be obeyed.
            EnvironmentFault: the folder cannot be written, or another crawl writes there.
        """
        shard = parse_shard(arguments.shard)
        everything = load_outlets(Path(arguments.outlets))
        mine = _chosen(share_of(everything, shard), arguments.only)
        if unverified := [outlet.name for outlet in mine if not outlet.verified]:
            logger.warning("%d outlets are marked `verified = false`: %s", len(unverified), ", ".join(unverified))
        self.out = Path(str(settings["GHIRBAL_OUT"]))
        self.shard = shard
        self.outlets: dict[str, Outlet] = {outlet.name: outlet for outlet in mine}
        self.since = arguments.since
        self._scope = Scope(everything)
        self._lock = contextlib.ExitStack()
        self._lock.enter_context(run_lock(self.out / ".ghirbal" / f"crawl{shard.suffix}.lock"))
        self.frontier = Frontier(self.out / f"frontier{shard.suffix}.sqlite")
        self.archive = Archive(
            self.out / "warc", f"ghirbal{shard.suffix}", settings.getint("GHIRBAL_WARC_BYTES"),
            settings.getfloat("GHIRBAL_WARC_SECONDS"),
        )  # fmt: skip
        self._mend()
        self.resumed = self.frontier.begin(time.time(), arguments.recrawl)
        self._entered: dict[str, set[str]] = {}
        self._gate = lru_cache(maxsize=REMEMBERED)(self._judge)
        self.frontier.add(self._entry_points(), time.time())

    def _mend(self) -> None:
        for name, state, size in list(self.archive.recover(self.frontier.archives())):
            if state == "removed":
                self.frontier.forget_archive(name)
            else:
                self.frontier.note_archives([(name, state, size)])
        for name in self.archive.strangers():
            logger.warning("%s: left open by a crawl whose frontier is gone; left alone", name)

    def _entry_points(self) -> Iterable[Target]:
        for outlet in self.outlets.values():
            for kind, given in outlet.entry_points():
                if url := as_ascii(given):
                    self._entered.setdefault(site_of(url), set()).add(outlet.name)
                    yield Target(key_of(url), url, site_of(url), outlet.name, kind)

    def outlets_at(self, site: str) -> list[str]:
        """Return the names of the outlets of this crawl that may have urls at a host."""
        names = {outlet.name for outlet in self._scope.owners(f"https://{site}/")} | self._entered.get(site, set())
        return sorted(names & self.outlets.keys())

    def target(self, link: str, base: str, depth: int, kind: str = "") -> Target | str:
        """Make a frontier entry of a link, or say why not; `kind` overrides what the url looks like.

        Pages of a site share most of their links, so answers are remembered; a link that begins with / means the
        same on every page of its site.
        """
        if link.startswith("/") and not link.startswith("//"):
            base = base[: base.find("/", 8) + 1]
        elif link.startswith(("http://", "https://")):
            base = ""
        return self._gate(link, base, depth, kind)

    def _judge(self, link: str, base: str, depth: int, kind: str) -> Target | str:
        url = as_ascii(link, base)
        if url is None:
            return "bad-url"
        url = without_tracking(url)
        refused = "offsite"
        for outlet in self._scope.owners(url):
            if outlet.name in self.outlets:
                target = self._admit(url, outlet, depth, kind)
                if not isinstance(target, str):
                    return target
                refused = target
        return refused

    def _admit(self, url: str, outlet: Outlet, depth: int, kind: str) -> Target | str:
        if kind in ("feed", "sitemap"):
            reason = "trap" if is_trap(url) else ""
        else:
            reason = why_not(url, outlet.language) or _excluded(url, outlet)
        if reason or depth > MAX_DEPTH:
            return reason or "too-deep"
        kind = kind or _kind(url, outlet)
        if kind not in ("seed", "feed", "sitemap") and self.is_old(date_in(url)):
            return "too-old"
        return Target(key_of(url), url, site_of(url), outlet.name, kind, depth)

    def is_old(self, published: str) -> bool:
        """Tell whether an ISO date, however coarse, lies before `since`; an empty date does not."""
        both = min(len(self.since), len(published))
        return published[:4].isdigit() and published[:both] < self.since[:both]

    def close(self, reason: str) -> None:
        """Finish the run (unless it was interrupted, so that the same command resumes it) and let go."""
        if reason == "finished":
            self.frontier.finish(time.time(), reason)
        self.frontier.close()
        self._lock.close()


def _chosen(outlets: Iterable[Outlet], only: str) -> tuple[Outlet, ...]:
    """Keep the outlets named in `only`; all of them without it."""
    outlets = tuple(outlets)
    if not only:
        return outlets
    names = only.split(",")
    known = {outlet.name for outlet in outlets}
    if unknown := sorted(set(names) - known):
        raise UsageError(f"-a only={only}: no outlet called {', '.join(unknown)} (in this shard)")
    return tuple(outlet for outlet in outlets if outlet.name in names)


def _kind(url: str, outlet: Outlet) -> str:
    if outlet.article and _pattern(outlet.article).search(url):
        return "article"
    if outlet.listing and _pattern(outlet.listing).search(url):
        return "listing"
    shape = kind_of(url)
    return "page" if shape == "article" and outlet.article else shape


def _excluded(url: str, outlet: Outlet) -> str:
    return "excluded" if outlet.exclude and _pattern(outlet.exclude).search(url) else ""


@lru_cache(maxsize=1024)
def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text)
