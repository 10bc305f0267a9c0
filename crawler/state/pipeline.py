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
from typing import cast

from scrapy.crawler import Crawler
from scrapy.utils.asyncio import run_in_thread

from corpus.errors import EXIT_DEFECT, GhirbalError
from corpus.files import refusal
from crawler.part import CrawlPart
from crawler.state.rows import ArchiveFile
from crawler.state.scheduler import FrontierScheduler, SessionSpider
from crawler.state.settle import FetchResult

logger = logging.getLogger(__name__)

_Waiting = tuple[FetchResult, "asyncio.Future[None]"]


def exit_with(code: int) -> None:
    """End the process with a code of our own; `scrapy crawl` knows only success."""
    logging.shutdown()
    sys.stdout.flush()
    os._exit(code)


class ArchivePipeline(CrawlPart):
    """Item pipeline: FetchResult in, archived and settled."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._pending: list[_Waiting] = []
        self._committer: asyncio.Task[None] | None = None
        self._fault: Exception | None = None

    async def open_spider(self) -> None:
        """Take the spider's session."""
        self._session = cast("SessionSpider", self._crawler.spider).session

    async def process_item(self, item: FetchResult) -> FetchResult:
        """Archive and settle one url; return when both are on disk."""
        if self._fault is not None:
            raise self._fault
        settlement = item.settlement
        if item.capture is not None:
            archive = self._session.archive
            try:
                if not archive.is_open:
                    # Noted before it is made: a file the frontier does not know would never be mended.
                    self._session.frontier.note_archives([ArchiveFile(archive.next_name(), "open", 0)])
                    archive.begin()
                ref = archive.append(item.capture)
            except Exception as fault:
                self._stop([], fault)
                raise
            if item.capture.earlier is None:
                settlement.changes["archived"] = f"{ref.date} {ref.record_id}"
        await self._settled(item)
        scheduler = cast("FrontierScheduler", self._crawler.engine.scheduler)
        if item.hold:
            scheduler.hold(settlement.row.host, item.hold, lasting=item.lasting)
        scheduler.release(settlement.row, item.counted, settlement.found)
        return item

    async def _settled(self, item: FetchResult) -> None:
        """Wait until the committer has brought an item to the disk, or learn why it could not."""
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
                self._settle(batch, [ArchiveFile(archive.name, "open", size)] if archive.is_open else [])
                if archive.is_full():
                    self._rotate()
            except Exception as fault:  # noqa: BLE001  an item that nobody answers would hold the crawl for ever
                self._stop(batch + self._pending, fault)

    def _settle(self, batch: list[_Waiting], files: list[ArchiveFile]) -> None:
        self._session.frontier.settle([item.settlement for item, _ in batch], files, time.time())
        for _, done in batch:
            done.set_result(None)

    def _rotate(self) -> None:
        """Publish the open file; no item may slip in between, so this one time the disk is waited for."""
        archive = self._session.archive
        archive.sync()
        self._settle(self._pending, [ArchiveFile(archive.name, "open", archive.size)])
        self._pending = []
        archive.publish()
        self._session.frontier.note_archives([ArchiveFile(archive.name, "published", archive.size)])

    def _stop(self, batch: list[_Waiting], fault: Exception) -> None:
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
        atexit.register(exit_with, fault.exit_code if isinstance(fault, GhirbalError) else EXIT_DEFECT)
        self._closing = asyncio.ensure_future(self._crawler.engine.close_spider_async(reason="disk"))

    async def close_spider(self) -> None:
        """Publish the archive."""
        if self._session.archive.is_open and self._fault is None:
            self._rotate()
