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
from crawler.state.rows import Settlement
from crawler.state.scheduler import FrontierScheduler, SessionSpider

logger = logging.getLogger(__name__)

_Waiting = tuple[Settlement, "asyncio.Future[None]"]


def exit_with(code: int) -> None:
    """End the process with a code of our own; `scrapy crawl` knows only success."""
    logging.shutdown()
    sys.stdout.flush()
    os._exit(code)


class ArchivePipeline(CrawlPart):
    """Item pipeline: Settlement in, archived and settled."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._pending: list[_Waiting] = []
        self._committer: asyncio.Task[None] | None = None
        self._fault: Exception | None = None

    async def open_spider(self) -> None:
        """Take the spider's session."""
        self._session = cast("SessionSpider", self._crawler.spider).session

    async def process_item(self, item: Settlement) -> Settlement:
        """Archive and settle one url; return when both are on disk."""
        if self._fault is not None:
            raise self._fault
        if item.capture is not None:
            try:
                archived = self._session.archive.append(item.capture)
            except Exception as fault:
                self._stop([], fault)
                raise
            if not item.capture.earlier:
                item.changes["archived"] = archived
        done = asyncio.get_running_loop().create_future()
        self._pending.append((item, done))
        if self._committer is None or self._committer.done():
            self._committer = asyncio.ensure_future(self._commit())
        await done
        cast("FrontierScheduler", self._crawler.engine.scheduler).release(item)
        return item

    async def _commit(self) -> None:
        """Bring what is pending to the disk, and tell each item that waits for it, or why it could not be."""
        archive = self._session.archive
        while self._pending:
            batch, self._pending = self._pending, []
            try:
                files, full = archive.open_files(), archive.is_full()
                if full:
                    archive.sync()  # no item may slip in before it is published: this one time all wait for the disk
                elif any(item.capture is not None for item, _ in batch):
                    await run_in_thread(archive.sync)
                self._session.frontier.settle([item for item, _ in batch], files, time.time())
                for _, done in batch:
                    done.set_result(None)
                if full:
                    archive.publish()
            except Exception as fault:  # noqa: BLE001  an item that nobody answers would hold the crawl for ever
                self._stop(batch + self._pending, fault)

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
        if self._fault is None:
            self._session.archive.publish()
