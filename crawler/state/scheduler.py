"""Scrapy's scheduler, with the frontier as its queue: there is no other, so there is nothing to lose.

It hands out at most CONCURRENT_REQUESTS_PER_DOMAIN urls of a host, and takes the next only when one of them is
settled in the frontier: a kill can find no more than those in hand. Hosts take turns.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Protocol, cast

from scrapy import Request, Spider
from scrapy.core.scheduler import BaseScheduler
from scrapy.crawler import Crawler
from scrapy.utils.asyncio import CallLaterResult, call_later

from crawler.session import Session
from crawler.state.rows import ENTRIES, LONGEST_WAIT, Row, Settlement
from crawler.state.settle import closed

logger = logging.getLogger(__name__)

#: Rows taken from the frontier at a time, for one host.
BATCH = 64
#: Sitemap and feed files of one outlet in one run.
MAX_LISTS = 500
#: A timer that ends within so many seconds is soon enough; looking through thousands of hosts costs time.
SOON = 0.25
#: Counts that stand for requests of pages, when a resumed run reckons what its budgets have left.
_SPENT = ("fetched", "unchanged", "retried", "failed:")


class SessionSpider(Protocol):
    """What the scheduler and the pipeline need of the spider."""

    session: Session
    crawler: Crawler

    def request_for(self, row: Row) -> Request:
        """Make the request for a row of the frontier."""


@dataclass(slots=True)
class _Site:
    """The queue of one host: rows read from the frontier, ids of those in flight, when to read again."""

    name: str
    queue: deque[Row] = field(default_factory=deque)
    in_flight: set[int] = field(default_factory=set)
    held_until: float = 0.0
    read_at: float = 0.0


class FrontierScheduler(BaseScheduler):
    """Hand out what the frontier holds, host by host, within budgets and waits."""

    def __init__(self, per_site: int, patience: float) -> None:
        self._per_site, self._patience = max(per_site, 1), patience
        self._sites: dict[str, _Site] = {}
        self._turns: deque[_Site] = deque()
        self._left: dict[str, int] = {}
        self._timer: CallLaterResult | None = None
        self._timer_at = 0.0

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> FrontierScheduler:
        """Build the scheduler from the settings; `patience` is how long a run waits for a url put off."""
        settings = crawler.settings
        return cls(settings.getint("CONCURRENT_REQUESTS_PER_DOMAIN"), settings.getfloat("GHIRBAL_PATIENCE"))

    def open(self, spider: Spider) -> None:
        """Take the spider's session and the budgets that its run has left."""
        self._spider = cast("SessionSpider", spider)
        self._session = self._spider.session
        self._frontier = self._session.frontier
        spent = self._frontier.tallies()
        for name, outlet in self._session.outlets.items():
            used = spent.get(name, {})
            self._left[name] = outlet.budget - sum(n for what, n in used.items() if what.startswith(_SPENT))
            self._left[f"{name}/lists"] = MAX_LISTS - used.get("lists", 0)
        self.wake(self._frontier.hosts())
        for name, until in self._frontier.holds(time.time()).items():
            self.wake([name])
            self._sites[name].held_until = until

    def close(self, reason: str) -> None:  # noqa: ARG002  Scrapy's name
        """Stop the timer."""
        if self._timer is not None:
            self._timer.cancel()

    def enqueue_request(self, request: Request) -> bool:  # noqa: ARG002  Scrapy's name
        """Take no request: what is to be fetched goes into the frontier, as a target."""
        return False

    def wake(self, sites: Iterable[str]) -> None:
        """Read again what the frontier has of these hosts."""
        for name in sites:
            if name not in self._sites:
                self._sites[name] = _Site(name)
                self._turns.append(self._sites[name])
            self._sites[name].read_at = 0.0

    def release(self, settled: Settlement) -> None:
        """Take note of what became of a row: its host is free, or to be left alone."""
        row, site = settled.row, self._sites[settled.row.host]
        site.in_flight.discard(row.id)
        if not settled.asked:
            self._left[row.budget] += 1
        if settled.hold:
            site.held_until = max(site.held_until, time.time() + settled.hold)
        if settled.lasting:
            self._frontier.hold(row.host, site.held_until)
        self.wake({row.host} | {target.host for target in settled.found})

    def has_pending_requests(self) -> bool:
        """Tell whether something is waiting that this run is patient enough to wait for."""
        now = time.time()
        return any(self._ready_at(site, now) <= now + self._patience for site in self._turns)

    def next_request(self) -> Request | None:
        """Return the next request, or None until a host is free."""
        now = time.time()
        for _ in range(len(self._turns)):
            site = self._turns[0]
            self._turns.rotate(-1)
            if row := self._next_row(site, now):
                site.in_flight.add(row.id)
                self._left[row.budget] -= 1
                return self._spider.request_for(row)
        self._set_timer(now)
        return None

    def _next_row(self, site: _Site, now: float) -> Row | None:
        """Take the next url of a host that is free, passing over what would only show the same again."""
        repeats = self._session.repeats
        while len(site.in_flight) < self._per_site and self._ready_at(site, now) <= now:
            row = site.queue.popleft()
            if repeats.is_overdrawn(row.family):
                self._frontier.serve_last(row)
                site.queue.clear()
                site.read_at = 0.0
            elif row.kind not in ENTRIES and repeats.is_same_page(row):
                self._frontier.settle([closed(row, now, "refused", "same-page")], [], now)
            else:
                return row
        return None

    def _ready_at(self, site: _Site, now: float) -> float:
        """Return when the host has something to hand out, reading the frontier if it is time to."""
        while site.queue and self._left[site.queue[0].budget] <= 0:
            site.queue.popleft()
        if not site.queue and site.read_at <= now:
            budgets = [budget for name in self._session.outlets_at(site.name) for budget in (name, f"{name}/lists")]
            budgets = [budget for budget in budgets if self._left[budget] > 0]
            rows = self._frontier.waiting(site.name, now, BATCH + len(site.in_flight), budgets)
            site.queue.extend(row for row in rows if row.id not in site.in_flight)
            if not site.queue:
                due = None if site.in_flight else self._frontier.next_due(site.name, budgets)
                # Nothing, or only what is in flight: `release` and `wake` have it read again.
                site.read_at = float("inf") if due is None else max(due, now + 0.05)
        return max(site.held_until, 0.0 if site.queue else site.read_at)

    def _set_timer(self, now: float) -> None:
        if self._timer is not None and self._timer_at < now + SOON:
            return
        due = min((self._ready_at(site, now) for site in self._turns), default=float("inf"))
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if now < due < now + LONGEST_WAIT:
            self._timer, self._timer_at = call_later(due - now, self._ask_again), due

    def _ask_again(self) -> None:
        self._timer = None
        engine = self._spider.crawler.engine
        # Scrapy has no public way to say "ask me again"; its heartbeat would take up to five seconds.
        if engine._slot is not None:  # noqa: SLF001
            engine._slot.nextcall.schedule()  # noqa: SLF001
