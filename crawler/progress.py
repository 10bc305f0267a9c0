"""How the crawl goes: a line now and then, report.json, and a log without a line for every page.

The report is made from the frontier, so a kill loses none of it.
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import logging
import time
from collections import Counter
from collections.abc import Collection
from typing import Any, cast

from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.logformatter import LogFormatter, LogFormatterResult
from scrapy.utils.asyncio import AsyncioLoopingCall, create_looping_call, run_in_thread
from scrapy.utils.misc import load_object
from twisted.internet.task import LoopingCall

from corpus.errors import EXIT_PARTIAL
from corpus.files import publish, publish_json
from crawler.part import CrawlPart
from crawler.session import Session
from crawler.state.frontier import Frontier
from crawler.state.pipeline import exit_with
from crawler.state.scheduler import SessionSpider

logger = logging.getLogger(__name__)

#: Articles of an outlet that the report shows.
SAMPLES = 3
#: Counts of a run that are no groups by reason.
_COUNTS = ("discovered", "fetched", "unchanged", "articles", "bytes", "lists", "empty-lists", "retried")


def build_report(frontier: Frontier, run: dict[str, Any], names: Collection[str] = ()) -> dict[str, Any]:
    """Return the report of a run: its own counts for each outlet, and what the frontier knows in total.

    In `outlets`: `discovered`, `fetched`, `unchanged`, `articles`, `bytes` of this run; `refused` and `failed` are
    by reason; `statuses` are the last answers of urls, `samples` the last articles; `known` and `waiting` are totals of
    urls over all runs. `silent` are those of the outlets `names` that gave neither a page nor a list with anything in
    it, and what they answered instead. `hours` are (hour, pages fetched in it).
    """
    tallies, totals = frontier.tallies(), frontier.totals()
    outlets: dict[str, dict[str, Any]] = {}
    total = Counter[str]()
    silent: dict[str, dict[str, int]] = {}
    for name in sorted({*tallies, *totals, *names}):
        tally, ever = tallies.get(name, {}), totals.get(name, {})
        row: dict[str, Any] = {what: tally.get(what, 0) for what in _COUNTS}
        for column, group in (("refused",) * 2, ("failed",) * 2, ("postponed",) * 2, ("passed", "fetched")):
            row[column] = {what.partition(":")[2]: n for what, n in tally.items() if what.startswith(f"{group}:")}
        row["known"] = sum(ever.get(state, 0) for state in ("discovered", "fetched", "failed", "refused"))
        row["waiting"] = ever.get("discovered", 0)
        row["archived"], row["archived_articles"] = ever.get("archived", 0), ever.get("articles", 0)
        total.update({what: sum(n.values()) if isinstance(n, dict) else n for what, n in row.items()})
        gave = row["fetched"] or row["unchanged"] or row["passed"] or row["lists"] > row["empty-lists"]
        if name in names and not gave:
            silent[name] = row["failed"] | row["refused"] | row["postponed"]
        outlets[name] = row | {"statuses": {}, "samples": []}
    for name, status, n in frontier.statuses():
        outlets[name]["statuses"][str(status)] = n
    for name, url, title in frontier.last_articles(SAMPLES):
        outlets[name]["samples"].append({"url": url, "title": title})
    hours = [(_stamp(3600 * hour)[:13], n) for hour, n in frontier.hours()]
    files = [{"name": file.name, "state": file.state, "bytes": file.size} for file in frontier.archives()]
    return {"run": run, "outlets": outlets, "total": total, "silent": silent, "hours": hours, "archives": files}


class Progress(CrawlPart):
    """Extension: a line and a renewed report every GHIRBAL_PROGRESS_SECONDS."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._timer: AsyncioLoopingCall | LoopingCall = create_looping_call(self._tick)
        self._writing: asyncio.Task[None] | None = None
        self._last = (time.monotonic(), 0)
        self._session: Session | None = None
        self._silent: dict[str, dict[str, int]] = {}
        crawler.signals.connect(self.opened, signal=signals.spider_opened)
        crawler.signals.connect(self.closed, signal=signals.spider_closed)

    def opened(self) -> None:
        """Say what begins, and start the clock."""
        settings = self._crawler.settings
        session = self._session = cast("SessionSpider", self._crawler.spider).session
        # Else Scrapy makes two records of each page for handlers that pass them over.
        logging.getLogger("scrapy.core").setLevel(settings["LOG_LEVEL"])
        if not settings.get("GHIRBAL_CONTACT"):
            logger.warning("sites cannot reach you: set -s GHIRBAL_CONTACT=URL-or-address, it goes into the user agent")
        logger.info(
            "%s: %d outlets, into %s", "resuming" if session.resumed else "starting", len(session.outlets), session.out
        )
        self._timer.start(settings.getfloat("GHIRBAL_PROGRESS_SECONDS"), now=False)

    def _tick(self) -> None:
        if self._writing is None or self._writing.done():
            # In a thread: counting millions of urls must not hold up the crawl.
            self._writing = asyncio.ensure_future(run_in_thread(self._write))

    def _write(self, reason: str = "") -> None:
        """Write the report, and log its totals; `reason` says why the run is over, if it is."""
        session = self._session
        assert session is not None
        path = session.out / f"report{session.share.suffix}.json"
        with contextlib.closing(session.frontier.reader()) as frontier:
            run = {
                "number": frontier.run, "started": _stamp(frontier.started), "finished": reason,
                "written": _stamp(time.time()), "shard": session.shard, "since": session.since,
                "folder": str(session.out),
            }  # fmt: skip
            report = build_report(frontier, run, session.outlets)
        for name, refused in list(session.not_followed.items()):
            report["outlets"][name]["not-followed"] = refused
        publish_json(path, report)
        if renderer := self._crawler.settings["GHIRBAL_REPORT_PAGE"]:
            publish(path.with_suffix(".html"), load_object(renderer)(report).encode())
        total = Counter(report["total"])
        now, done = time.monotonic(), total["fetched"] + total["unchanged"]
        rate = (done - self._last[1]) / max(now - self._last[0], 0.001)
        self._last = (now, done)
        logger.info(
            "%d fetched (%.1f/s), %d unchanged, %d articles, %d refused, %d failed, %d waiting, %.1f MB%s",
            total["fetched"], rate, total["unchanged"], total["articles"], total["refused"], total["failed"],
            total["waiting"], total["bytes"] / 1e6, f"; {reason}, see {path}" if reason else "",
        )  # fmt: skip
        self._silent = report["silent"]
        for what, n in total.items():
            self._crawler.stats.set_value(f"ghirbal/{what}", n)

    async def closed(self, reason: str) -> None:
        """Write the last report, and let the session go."""
        if self._timer.running:
            self._timer.stop()
        if self._writing is not None:
            await self._writing
        if self._session is not None:
            self._write(reason)
            self._session.close(reason)
        if reason == "finished" and self._silent:
            answers = "; ".join(f"{name} ({', '.join(why) or 'nothing'})" for name, why in self._silent.items())
            logger.error("%d outlets gave nothing: %s", len(self._silent), answers)
            atexit.register(exit_with, EXIT_PARTIAL)


def _stamp(seconds: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


class QuietFormatter(LogFormatter):
    """Log failed downloads, as pages, only for those who ask for DEBUG: the report has them."""

    def download_error(self, *args: Any, **named: Any) -> LogFormatterResult:
        """Log a failed download for DEBUG."""
        return {**super().download_error(*args, **named), "level": logging.DEBUG}
