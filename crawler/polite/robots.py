"""Obey robots.txt as RFC 9309 says, and let no request that waits for it slip through.

Scrapy 2.19 hands the parsed rules only to the first request that waits for them; every later one is let through
(its waiters share one Deferred, which is empty after its first reader). Here they wait for one task, which gives
the same answer to all. A server error or no answer disallows everything for now, a client error allows everything,
and no more than the first 512 KiB are read.
"""

from __future__ import annotations

import asyncio
import logging
import time
from typing import Protocol, cast
from urllib.parse import urlsplit

from protego import Protego
from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured

from corpus.charset import declared_charset, decode
from corpus.errors import RecordError
from crawler.part import CrawlPart
from crawler.polite.safety import Refused
from crawler.polite.throttle import set_floor
from crawler.web.headers import fetch, header_of, location_of
from crawler.web.urls import as_ascii, site_of

logger = logging.getLogger(__name__)

#: RFC 9309, 2.5: at least 500 KiB must be read; 2.4: a day's cache.
MAX_BODY = 512 * 1024
LIFETIME = 24 * 3600.0
#: How soon an unreachable robots.txt is asked for again.
RETRY = 600.0
#: The longest Crawl-delay honoured, in seconds (CC news-crawl's limit).
MAX_CRAWL_DELAY = 120.0
MAX_SITEMAP_LINES = 100
_TOO_MANY = 429


class SitemapTaker(Protocol):
    """The spider, as far as robots.txt concerns it."""

    def found_sitemaps(self, links: list[str], base: str) -> None:
        """Take the sitemaps that the robots.txt at `base` names."""


class _Rules:
    """The rules of one site, or that there are none to be had because of a `fault`; good until `expires`."""

    def __init__(self, text: str, fault: Exception | None = None) -> None:
        self.parsed, self.fault = Protego.parse(text), fault
        self.expires = time.monotonic() + (RETRY if fault else LIFETIME)


class PoliteRobots(CrawlPart):
    """Downloader middleware: refuse what robots.txt forbids, and take its delays and sitemaps."""

    def __init__(self, crawler: Crawler) -> None:
        if not crawler.settings.getbool("ROBOTSTXT_OBEY"):
            raise NotConfigured
        super().__init__(crawler)
        self._agent = str(crawler.settings["ROBOTSTXT_USER_AGENT"])
        self._tasks: dict[tuple[str, str], asyncio.Task[_Rules]] = {}

    async def process_request(self, request: Request) -> None:
        """Let the request pass, or raise Refused."""
        if request.meta.get("dont_obey_robotstxt"):
            return
        key = (urlsplit(request.url).scheme, site_of(request.url))
        task = self._tasks.get(key)
        if task is None or (task.done() and (task.exception() or task.result().expires < time.monotonic())):
            task = self._tasks[key] = asyncio.ensure_future(self._rules_of(*key))
        rules = await asyncio.shield(task)
        if rules.fault is not None:
            raise Refused("robots-unreachable") from rules.fault
        if not rules.parsed.can_fetch(request.url, self._agent):
            raise Refused("robots")

    async def _rules_of(self, scheme: str, site: str) -> _Rules:
        """Fetch and parse the robots.txt of a site, and pass on what it asks (delays) and offers (sitemaps)."""
        stats = self._crawler.stats
        try:
            url, meta = f"{scheme}://{site}/robots.txt", {"dont_obey_robotstxt": True, "ghirbal_limit": MAX_BODY + 1}
            response = await fetch(self._crawler, url, **meta)
            if response.status >= 500 or response.status == _TOO_MANY:
                raise ConnectionError(f"it answers {response.status}")
            if 300 <= response.status < 400 and as_ascii(location_of(response.headers), response.url) is None:
                raise ConnectionError("it leads to no address that may be asked")
        # Whatever went wrong, the answer is the same: unreachable, so disallowed. Scrapy's handlers and middlewares
        # raise classes without a common base.
        except Exception as fault:  # noqa: BLE001
            logger.info("robots.txt of %s is unreachable (%s): nothing is fetched there for now", site, fault)
            stats.inc_value("robots/unreachable")
            return _Rules("", fault)
        if not 200 <= response.status < 300:
            stats.inc_value("robots/absent")
            return _Rules("")
        body = response.body[:MAX_BODY]
        if len(response.body) > MAX_BODY:
            body = body.rpartition(b"\n")[0]
        try:
            text, _ = decode(body, declared_charset(header_of(response.headers, b"Content-Type")))
        except RecordError:
            text = body.decode("utf-8-sig", "replace")
        rules = _Rules(text)
        parsed = rules.parsed
        stats.inc_value("robots/parsed")
        delay, rate = parsed.crawl_delay(self._agent) or 0.0, parsed.request_rate(self._agent)
        if rate and rate.requests:
            delay = max(delay, rate.seconds / rate.requests)
        if delay > 0:
            set_floor(self._crawler, site, min(delay, MAX_CRAWL_DELAY))
        sitemaps = list(parsed.sitemaps)[:MAX_SITEMAP_LINES]
        cast("SitemapTaker", self._crawler.spider).found_sitemaps(sitemaps, response.url)
        return rules
