"""Hold the spider that `scrapy crawl news` finds: requests from the frontier, a `Settlement` for each.

In: responses and failures. Out: items for the pipeline, and targets for the frontier. Read news.
"""

from __future__ import annotations

from crawler.spiders.news import NewsSpider

__all__ = ["NewsSpider"]
