"""Write each page to the archive, bring it to the disk, and only then tell the frontier.

Pages that arrive while the disk is busy share one fsync: the reactor never waits for it, and every item waits for
its own. What a kill leaves between the two is cut off the archive at the next start and fetched again.
"""

from __future__ import annotations

import asyncio
import atexit
import logging
import os
import sys
import time
from typing import TYPE_CHECKING, cast

from scrapy.crawler import Crawler
from scrapy.utils.asyncio import run_in_thread

from corpus.errors import EXIT_DEFECT, GhirbalError
from corpus.files import refusal
from crawler.state.archive import Capture, Place
from crawler.state.scheduler import FrontierScheduler
from crawler.state.settle import Outcome

if TYPE_CHECKING:
    from crawler.spiders.news import NewsSpider

logger = logging.getLogger(__name__)

_Waiting = tuple[Outcome, "asyncio.Future[None]"]


def _leave(code: int) -> None:
    """End the process with a code of our own; `scrapy crawl` knows only success."""
    logging.shutdown()
    sys.stdout.flush()
    os._exit(code)


class ArchivePipeline:
    """Item pipeline: Outcome in, archived and settled."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._pending: list[_Waiting] = []
        self._committer: asyncio.Task[None] | None = None
        self._fault: Exception | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> ArchivePipeline:
        """Build the pipeline."""
        return cls(crawler)

    async def open_spider(self) -> None:
        """Take the spider's session."""
        self._session = cast("NewsSpider", self._crawler.spider).session

    async def process_item(self, item: Outcome) -> Outcome:
        """Archive and settle one url; return when both are on disk."""
        if self._fault is not None:
            raise self._fault
        if item.capture is not None:
            place = self._append(item.capture)
            if item.capture.earlier is None:
                item.settlement.changes["archived"] = f"{place.date} {place.record_id}"
        await self._settled(item)
        self._release(item)
        return item

    def _append(self, capture: Capture) -> Place:
        archive = self._session.archive
        try:
            if not archive.is_open:
                # Noted before it is made: a file the frontier does not know would never be mended.
                self._session.frontier.note_archives([(archive.next_name(), "open", 0)])
                archive.begin()
            return archive.append(capture)
        except Exception as fault:
            self._give_up([], fault)
            raise

    async def _settled(self, item: Outcome) -> None:
        done = asyncio.get_running_loop().create_future()
        self._pending.append((item, done))
        if self._committer is None or self._committer.done():
            self._committer = asyncio.ensure_future(self._commit())
        await done

    async def _commit(self) -> None:
        archive = self._session.archive
        while self._pending:
            batch, self._pending = self._pending, []
            try:
                size = archive.size
                if any(item.capture is not None for item, _ in batch):
                    await run_in_thread(archive.sync)
                self._settle(batch, [(archive.name, "open", size)] if archive.is_open else [])
                if archive.is_full():
                    self._rotate()
            except Exception as fault:  # noqa: BLE001  # an item that nobody answers would hold the crawl for ever
                self._give_up(batch + self._pending, fault)

    def _settle(self, batch: list[_Waiting], files: list[tuple[str, str, int]]) -> None:
        self._session.frontier.settle([item.settlement for item, _ in batch], files, time.time())
        for _, done in batch:
            done.set_result(None)

    def _rotate(self) -> None:
        """Publish the open file; no item may slip in between, so this one time the disk is waited for."""
        archive = self._session.archive
        archive.sync()
        self._settle(self._pending, [(archive.name, "open", archive.size)])
        self._pending = []
        archive.publish()
        self._session.frontier.note_archives([(archive.name, "published", archive.size)])

    def _give_up(self, batch: list[_Waiting], fault: Exception) -> None:
        """Stop the crawl: what cannot be kept must not be fetched."""
        if isinstance(fault, OSError):
            fault = refusal(fault, f"{self._session.archive.name}: refused")
        for _, done in batch:
            if not done.done():
                done.set_exception(fault)
        if self._fault is not None:
            return
        defect = None if isinstance(fault, GhirbalError) else fault
        logger.critical("%s; the crawl stops, and the same command goes on from here", fault, exc_info=defect)
        self._pending, self._fault = [], fault
        atexit.register(_leave, fault.exit_code if isinstance(fault, GhirbalError) else EXIT_DEFECT)
        self._closing = asyncio.ensure_future(self._crawler.engine.close_spider_async(reason="disk"))

    def _release(self, item: Outcome) -> None:
        scheduler = cast("FrontierScheduler", self._crawler.engine.scheduler)
        row = item.settlement.row
        if item.hold:
            scheduler.hold(row.host, item.hold, lasting=item.lasting)
        scheduler.release(row, item.spent, item.settlement.found)

    async def close_spider(self) -> None:
        """Publish the archive."""
        if self._session.archive.is_open and self._fault is None:
            self._rotate()
