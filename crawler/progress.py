"""One line now and then that says how the crawl goes, the report, and a log without a line for every page."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable
from typing import Any

from scrapy import Request, Spider, signals
from scrapy.crawler import Crawler
from scrapy.http import Response
from scrapy.logformatter import LogFormatter, LogFormatterResult
from scrapy.utils.asyncio import AsyncioLoopingCall, create_looping_call, run_in_thread
from twisted.internet.task import LoopingCall
from twisted.python.failure import Failure

from crawler.frontier import Frontier
from crawler.outcomes import Outcome
from crawler.report import build_report, write_report
from crawler.session import Session
from crawler.spiders.news import NewsSpider

logger = logging.getLogger(__name__)

#: The event loop is asked this often, in seconds, how late it is.
_PULSE = 0.05
#: Samples of lateness kept for the percentiles: the last hour.
_SAMPLES = 72_000


class Progress:
    """Extension: a line and a renewed report every GHIRBAL_PROGRESS_SECONDS, and the loop's lateness in the stats."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._seconds = crawler.settings.getfloat("GHIRBAL_PROGRESS_SECONDS")
        self._loops: list[AsyncioLoopingCall | LoopingCall] = []
        self._late: list[float] = []
        self._telling: asyncio.Task[None] | None = None
        self._due = 0.0
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
        self._last, self._due = (time.monotonic(), 0), time.monotonic() + _PULSE
        self._start(self._tick, self._seconds)
        self._start(self._pulse, _PULSE)

    def _start(self, function: Callable[[], Any], seconds: float) -> None:
        loop = create_looping_call(function)
        loop.start(seconds, now=False)
        self._loops.append(loop)

    def _pulse(self) -> None:
        now = time.monotonic()
        if len(self._late) < _SAMPLES:
            self._late.append(max(0.0, now - self._due))
        self._due = now + _PULSE

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
            "since": session.since, "loop_lag_p95_ms": self._lag(),
        }  # fmt: skip
        report = build_report(frontier, run)
        write_report(report, session.out, session.shard.suffix)
        return report

    def _lag(self) -> float:
        late = sorted(self._late)
        return round(late[int(len(late) * 0.95)] * 1000, 1) if late else 0.0

    async def _closing(self, reason: str) -> None:
        for loop in self._loops:
            loop.stop()
        if self._telling is not None:
            await self._telling
        if self._session is None:
            return
        self._crawler.stats.set_value("ghirbal/loop_lag_p95_ms", self._lag())
        total = self._write(reason, self._session.frontier)["total"]
        for what, n in total.items():
            self._crawler.stats.set_value(f"ghirbal/{what}", n)
        logger.info(
            "%s: %d fetched, %d unchanged, %d refused, %d failed, %d waiting; see %s", reason, total.get("fetched", 0),
            total.get("unchanged", 0), total.get("refused", 0), total.get("failed", 0), total.get("waiting", 0),
            self._session.out / f"report{self._session.shard.suffix}.html",
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
