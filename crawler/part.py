"""What Scrapy builds by name, out of the crawler alone."""

from __future__ import annotations

from typing import Self

from scrapy.crawler import Crawler


class CrawlPart:
    """A middleware, an extension or a pipeline."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Build the part, as Scrapy does."""
        return cls(crawler)
