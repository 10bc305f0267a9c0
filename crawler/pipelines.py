"""Write each page to the archive, bring it to the disk, and only then tell the frontier.

Pages that arrive while the disk is busy share one fsync: the reactor never waits for it, and every item waits for
its own. What a kill leaves between the two is cut off the archive at the next start and fetched again.
"""

from __future__ import annotations

import asyncio
import time

from scrapy.crawler import Crawler
from scrapy.utils.asyncio import run_in_thread

from crawler.archive import Place
from crawler.outcomes import Outcome
from crawler.spiders.news import NewsSpider

_Waiting = tuple[Outcome, "asyncio.Future[None]"]


class ArchivePipeline:
    """Item pipeline: Outcome in, archived and settled."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._pending: list[_Waiting] = []
        self._committer: asyncio.Task[None] | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> ArchivePipeline:
        """Build the pipeline."""
        return cls(crawler)

    def open_spider(self) -> None:
        """Take the spider's session."""
        spider = self._crawler.spider
        assert isinstance(spider, NewsSpider)
        self._session = spider.session

    async def process_item(self, item: Outcome) -> Outcome:
        """Archive and settle one url; return when both are on disk."""
        if item.capture is not None:
            place = self._append(item)
            item.settlement.changes["archived"] = f"{place.date} {place.record_id}"
        done = asyncio.get_running_loop().create_future()
        self._pending.append((item, done))
        if self._committer is None or self._committer.done():
            self._committer = asyncio.ensure_future(self._commit())
        await done
        self._release(item)
        return item

    def _append(self, item: Outcome) -> Place:
        archive = self._session.archive
        assert item.capture is not None
        if not archive.is_open:
            # Noted before it is made: a file the frontier does not know would never be mended.
            name = archive.begin()
            self._session.frontier.note_archives([(name, "open", 0)])
        capture = item.capture
        if capture.earlier is not None:
            place = archive.append(capture)
            date, _, record_id = item.settlement.row.archived.partition(" ")
            return Place(place.archive, place.record, place.offset, date, record_id)
        return archive.append(capture)

    async def _commit(self) -> None:
        while self._pending:
            batch, self._pending = self._pending, []
            archive = self._session.archive
            try:
                if any(item.capture is not None for item, _ in batch):
                    size = archive.size
                    await run_in_thread(archive.sync)
                    self._settle(batch, [(archive.name, "open", size)])
                else:
                    self._settle(batch, [])
                if archive.is_full():
                    self._rotate()
            except BaseException as fault:
                for _, done in batch:
                    if not done.done():
                        done.set_exception(fault)
                raise

    def _settle(self, batch: list[_Waiting], files: list[tuple[str, str, int]]) -> None:
        self._session.frontier.settle([item.settlement for item, _ in batch], files, time.time())
        for _, done in batch:
            if not done.done():
                done.set_result(None)

    def _rotate(self) -> None:
        """Publish the open file; no item may slip in between, so this one time the disk is waited for."""
        archive, batch = self._session.archive, self._pending
        self._pending = []
        archive.sync()
        self._settle(batch, [(archive.name, "open", archive.size)])
        archive.publish()
        self._session.frontier.note_archives([(archive.name, "published", archive.size)])

    def _release(self, item: Outcome) -> None:
        scheduler = self._crawler.engine.scheduler
        row = item.settlement.row
        if item.hold:
            scheduler.hold(row.host, item.hold)  # type: ignore[union-attr]
        scheduler.release(row, item.spent, item.settlement.found)  # type: ignore[union-attr]

    def close_spider(self) -> None:
        """Publish the archive; the frontier was told of every page already."""
        archive = self._session.archive
        if archive.is_open:
            self._rotate()
