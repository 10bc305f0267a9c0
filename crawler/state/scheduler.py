"""Scrapy's scheduler, with the frontier as its queue: there is no other, so there is nothing to lose.

It hands out at most CONCURRENT_REQUESTS_PER_DOMAIN urls of a host, and takes the next only when one of them is
settled in the frontier: a kill can find no more than those in hand. Hosts take turns.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Iterable
from typing import TYPE_CHECKING

from scrapy import Request, Spider
from scrapy.core.scheduler import BaseScheduler
from scrapy.crawler import Crawler
from scrapy.utils.asyncio import CallLaterResult, call_later

from crawler.state.frontier import LONGEST_WAIT, Row, Target

if TYPE_CHECKING:
    from crawler.spiders.news import NewsSpider

logger = logging.getLogger(__name__)

#: Rows taken from the frontier at a time, for one host.
BATCH = 64
#: Sitemap and feed files of one outlet in one run.
MAX_LISTS = 500
#: An alarm that rings within so many seconds is soon enough; looking through thousands of hosts costs time.
SOON = 0.25
_LISTS = ("sitemap", "feed")
#: Counts that stand for requests of pages, when a resumed run reckons what its budgets have left.
_SPENT = ("fetched", "unchanged", "retried", "failed:")


class _Site:
    """The queue of one host: what was read ahead, what is in hand, when to look again."""

    __slots__ = ("ahead", "held_until", "in_hand", "look_at", "name")

    def __init__(self, name: str) -> None:
        self.name = name
        self.ahead: deque[Row] = deque()
        self.in_hand: set[int] = set()
        self.held_until = 0.0
        self.look_at = 0.0


class FrontierScheduler(BaseScheduler):
    """Hand out what the frontier holds, host by host, within budgets and waits."""

    def __init__(self, per_site: int, patience: float) -> None:
        self._per_site, self._patience = max(per_site, 1), patience
        self._sites: dict[str, _Site] = {}
        self._ring: deque[_Site] = deque()
        self._left: dict[str, int] = {}
        self._alarm: CallLaterResult | None = None
        self._alarm_at = 0.0

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> FrontierScheduler:
        """Build the scheduler from the settings; `patience` is how long a run waits for a url put off."""
        settings = crawler.settings
        return cls(settings.getint("CONCURRENT_REQUESTS_PER_DOMAIN"), settings.getfloat("GHIRBAL_PATIENCE"))

    def open(self, spider: Spider) -> None:
        """Take the spider's session and the budgets that its run has left."""
        self._spider: NewsSpider = spider  # type: ignore[assignment]
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
        """Stop the alarm."""
        if self._alarm is not None:
            self._alarm.cancel()

    def enqueue_request(self, request: Request) -> bool:
        """Record a request that some component made, if it passes the gate."""
        target = self._session.target(request.url, request.url, 0)
        if isinstance(target, str):
            return False
        self._frontier.add([target], time.time())
        self.wake([target.host])
        return True

    def wake(self, sites: Iterable[str]) -> None:
        """Look again for urls of these hosts."""
        for name in sites:
            site = self._sites.get(name)
            if site is None:
                site = self._sites[name] = _Site(name)
                self._ring.append(site)
            site.look_at = 0.0

    def hold(self, name: str, seconds: float, *, lasting: bool) -> None:
        """Leave a host alone for a while; `lasting` over a restart, because the host asked for it."""
        site = self._sites[name]
        site.held_until = max(site.held_until, time.time() + seconds)
        if lasting:
            self._frontier.hold(name, site.held_until)

    def release(self, row: Row, spent: bool, found: Iterable[Target]) -> None:
        """Take note that a row is settled."""
        site = self._sites[row.host]
        site.in_hand.discard(row.id)
        if not spent:
            self._left[_account(row)] = self._left.get(_account(row), 0) + 1
        site.look_at = 0.0
        self.wake({target.host for target in found})

    def has_pending_requests(self) -> bool:
        """Tell whether something is waiting that this run is patient enough to wait for."""
        now = time.time()
        return any(self._ready_at(site, now) <= now + self._patience for site in self._ring)

    def next_request(self) -> Request | None:
        """Return the next request, or None until a host is free."""
        now = time.time()
        for _ in range(len(self._ring)):
            site = self._ring[0]
            self._ring.rotate(-1)
            if len(site.in_hand) < self._per_site and self._ready_at(site, now) <= now:
                row = site.ahead.popleft()
                site.in_hand.add(row.id)
                self._left[_account(row)] = self._left.get(_account(row), 0) - 1
                return self._spider.request_for(row)
        self._set_alarm(now)
        return None

    def _ready_at(self, site: _Site, now: float) -> float:
        """Return when the host has something to hand out, reading ahead if it may have it now."""
        while site.ahead and self._left.get(_account(site.ahead[0]), 0) <= 0:
            site.ahead.popleft()
        if not site.ahead and site.look_at <= now:
            self._read_ahead(site, now)
        return max(site.held_until, 0.0 if site.ahead else site.look_at)

    def _read_ahead(self, site: _Site, now: float) -> None:
        names = self._session.outlets_at(site.name)
        open_for = ([n for n in names if self._left[n] > 0], [n for n in names if self._left[f"{n}/lists"] > 0])
        limit = BATCH + len(site.in_hand)
        rows = self._frontier.waiting(site.name, now, limit, open_for)
        site.ahead.extend(row for row in rows if row.id not in site.in_hand)
        if not site.ahead:
            due = None if site.in_hand else self._frontier.next_due(site.name, open_for)
            # Nothing, or only what is in hand: `release` and `wake` look again.
            site.look_at = float("inf") if due is None else max(due, now + 0.05)

    def _set_alarm(self, now: float) -> None:
        if self._alarm is not None and self._alarm_at < now + SOON:
            return
        due = min((self._ready_at(site, now) for site in self._ring), default=float("inf"))
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        if now < due < now + LONGEST_WAIT:
            self._alarm, self._alarm_at = call_later(due - now, self._ring_alarm), due

    def _ring_alarm(self) -> None:
        self._alarm = None
        engine = self._spider.crawler.engine
        # Scrapy has no public way to say "ask me again"; its heartbeat would take up to five seconds.
        if engine._slot is not None:  # noqa: SLF001
            engine._slot.nextcall.schedule()  # noqa: SLF001


def _account(row: Row) -> str:
    return f"{row.outlet}/lists" if row.kind in _LISTS else row.outlet
