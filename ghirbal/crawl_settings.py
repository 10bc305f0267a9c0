"""The crawler's settings with what Ghirbal adds to them: the page that it makes of a crawl's report.

`scrapy.cfg` and `ghirbal crawl` name this module, for the crawler knows nothing of what stands above it.
"""

from __future__ import annotations

from crawler.settings import *  # noqa: F403  Scrapy reads a module's names

GHIRBAL_REPORT_PAGE = "ghirbal.report_page.render_crawl"
