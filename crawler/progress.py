"""How the crawl goes: a line now and then, report.json, and a log without a line for every page.

The report is made from the frontier, so a kill loses none of it.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from pathlib import Path
from typing import Any

from scrapy import Request, Spider, signals
from scrapy.crawler import Crawler
from scrapy.http import Response
from scrapy.logformatter import LogFormatter, LogFormatterResult
from scrapy.utils.asyncio import AsyncioLoopingCall, create_looping_call, run_in_thread
from twisted.internet.task import LoopingCall
from twisted.python.failure import Failure

from corpus.files import publish_json
from crawler.session import Session
from crawler.spiders.news import NewsSpider
from crawler.state.frontier import Frontier
from crawler.state.settle import Outcome

logger = logging.getLogger(__name__)


def build_report(frontier: Frontier, run: dict[str, Any]) -> dict[str, Any]:
    """Return the report of a run: its own counts for each outlet, and what the frontier knows in total.

    In `outlets`: `discovered`, `fetched`, `unchanged`, `articles`, `bytes` of this run; `refused` and `failed` are
    by reason; `known` and `waiting` are totals of urls over all runs.
    """
    tallies, totals = frontier.tallies(), frontier.totals()
    names = sorted(set(tallies) | set(totals))
    outlets = {name: _outlet(tallies.get(name, {}), totals.get(name, {})) for name in names}
    files = [{"name": name, "state": state, "bytes": size} for name, state, size in frontier.archives()]
    return {"run": run, "outlets": outlets, "total": _sum(outlets), "archives": files}


def _outlet(tally: dict[str, int], total: dict[str, int]) -> dict[str, Any]:
    simple = ("discovered", "fetched", "unchanged", "articles", "bytes", "lists", "retried")
    row: dict[str, Any] = {name: tally.get(name, 0) for name in simple}
    for group in ("refused", "failed", "postponed"):
        row[group] = {what.partition(":")[2]: n for what, n in tally.items() if what.startswith(f"{group}:")}
    row["passed"] = {what.partition(":")[2]: n for what, n in tally.items() if what.startswith("fetched:")}
    states = ("discovered", "fetched", "failed", "refused")
    row["known"] = sum(total.get(state, 0) for state in states)
    row["waiting"] = total.get("discovered", 0)
    row["archived"], row["archived_articles"] = total.get("archived", 0), total.get("articles", 0)
    return row


def _sum(outlets: dict[str, dict[str, Any]]) -> dict[str, int]:
    totals: dict[str, int] = {}
    for row in outlets.values():
        for name, value in row.items():
            n = sum(value.values()) if isinstance(value, dict) else value
            totals[name] = totals.get(name, 0) + n
    return totals


class Progress:
    """Extension: a line and a renewed report every GHIRBAL_PROGRESS_SECONDS."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._seconds = crawler.settings.getfloat("GHIRBAL_PROGRESS_SECONDS")
        self._loop: AsyncioLoopingCall | LoopingCall = create_looping_call(self._tick)
        self._telling: asyncio.Task[None] | None = None
        self._last = (0.0, 0)
        self._session: Session | None = None
        crawler.signals.connect(self._opened, signal=signals.spider_opened)
        crawler.signals.connect(self._closing, signal=signals.spider_closed)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Progress:
        """Build the extension."""
        return cls(crawler)

    def _opened(self) -> None:
        spider = self._crawler.spider
        assert isinstance(spider, NewsSpider)
        self._session = spider.session
        if not self._crawler.settings.get("GHIRBAL_CONTACT"):
            logger.warning("sites cannot reach you: set -s GHIRBAL_CONTACT=URL-or-address, it goes into the user agent")
        verb = "resuming" if self._session.resumed else "starting"
        logger.info("%s: %d outlets, into %s", verb, len(self._session.outlets), self._session.out)
        self._last = (time.monotonic(), 0)
        self._loop.start(self._seconds, now=False)

    def _tick(self) -> None:
        if self._telling is None or self._telling.done():
            self._telling = asyncio.ensure_future(self._tell())

    async def _tell(self) -> None:
        report = await run_in_thread(self._write_aside)
        total, now = report["total"], time.monotonic()
        done = total.get("fetched", 0) + total.get("unchanged", 0)
        rate = (done - self._last[1]) / max(now - self._last[0], 0.001)
        self._last = (now, done)
        get = total.get
        logger.info(
            "%d fetched (%.1f/s), %d unchanged, %d articles, %d refused, %d failed, %d waiting, %.1f MB",
            get("fetched", 0), rate, get("unchanged", 0), get("articles", 0), get("refused", 0), get("failed", 0),
            get("waiting", 0), get("bytes", 0) / 1e6,
        )  # fmt: skip

    def _write_aside(self) -> dict[str, Any]:
        """Write the report in a thread: counting millions of urls must not hold up the crawl."""
        assert self._session is not None
        with contextlib.closing(self._session.frontier.reader()) as frontier:
            return self._write("", frontier)

    def _write(self, reason: str, frontier: Frontier) -> dict[str, Any]:
        session = self._session
        assert session is not None
        run = {
            "number": frontier.run, "started": _stamp(frontier.started), "finished": reason,
            "written": _stamp(time.time()), "shard": f"{session.shard.number}/{session.shard.of}",
            "since": session.since,
        }  # fmt: skip
        report = build_report(frontier, run)
        publish_json(self._path(session), report)
        return report

    @staticmethod
    def _path(session: Session) -> Path:
        return session.out / f"report{session.shard.suffix}.json"

    async def _closing(self, reason: str) -> None:
        if self._loop.running:
            self._loop.stop()
        if self._telling is not None:
            await self._telling
        if self._session is None:
            return
        total = self._write(reason, self._session.frontier)["total"]
        for what, n in total.items():
            self._crawler.stats.set_value(f"ghirbal/{what}", n)
        logger.info(
            "%s: %d fetched, %d unchanged, %d refused, %d failed, %d waiting; see %s", reason, total.get("fetched", 0),
            total.get("unchanged", 0), total.get("refused", 0), total.get("failed", 0), total.get("waiting", 0),
            self._path(self._session),
        )  # fmt: skip
        self._session.close(reason)


def _stamp(seconds: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


class QuietFormatter(LogFormatter):
    """Log no item, and pages and failed downloads only for those who ask for DEBUG: the report has them."""

    def scraped(self, item: Any, response: Any, spider: Spider) -> LogFormatterResult | None:  # type: ignore[override]  # noqa: ARG002
        """Log nothing."""
        return None

    def crawled(self, request: Request, response: Response, spider: Spider) -> LogFormatterResult | None:  # type: ignore[override]
        """Log a page for DEBUG."""
        debugging = logging.getLogger("scrapy").isEnabledFor(logging.DEBUG)
        return super().crawled(request, response, spider) if debugging else None

    def item_error(self, item: Any, exception: BaseException, response: Any, spider: Spider) -> LogFormatterResult:  # noqa: ARG002
        """Log which url it was, not its body."""
        url = item.settlement.row.url if isinstance(item, Outcome) else "?"
        return {"level": logging.ERROR, "msg": "cannot keep %(url)s: %(why)s", "args": {"url": url, "why": exception}}

    def download_error(
        self, failure: Failure, request: Request, spider: Spider, errmsg: str | None = None
    ) -> LogFormatterResult:
        """Log a failed download for DEBUG."""
        entry = super().download_error(failure, request, spider, errmsg)
        return {**entry, "level": logging.DEBUG}
