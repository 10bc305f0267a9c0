"""Keep the pace a host asks for: its floor survives idle slots and AutoThrottle, and 429 and 503 slow it down."""

from __future__ import annotations

import time
from typing import Any

from scrapy import Request, Spider, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import StopDownload
from scrapy.extensions.throttle import AutoThrottle
from scrapy.http import Headers, Response

from corpus.formats import looks_html
from crawler.part import CrawlPart
from crawler.web.headers import header_of

#: A host that says it is overloaded is asked half as often from then on, down to once in this many seconds.
SLOWEST = 60.0
_SLOW_DOWN = 2.0
_GENTLE_START = 1.0
#: A body that still comes when so much of DOWNLOAD_TIMEOUT has passed is cut and kept; Scrapy would throw it away.
_SHARE_OF_TIMEOUT = 0.9

#: Answers of these kinds hold no article; their bodies are not downloaded.
_UNWANTED_TYPES = ("image/", "video/", "audio/", "font/", "application/zip", "application/pdf", "application/vnd.",
                   "application/msword", "text/css", "application/javascript", "text/javascript")  # fmt: skip
#: Types of anything; what does not begin as HTML is no page.
_VAGUE_TYPES = ("application/octet-stream", "application/binary")


def set_floor(crawler: Crawler, site: str, delay: float) -> None:
    """Make `delay` seconds the least between two requests to `site`, unless more is asked already.

    Scrapy drops a slot that was idle for a minute and with it the delay; `per_slot_settings` outlives it.
    """
    downloader = crawler.engine.downloader
    known = downloader.per_slot_settings.setdefault(site, {})
    known["delay"] = max(delay, known.get("delay", 0.0))
    slot = downloader.slots.get(site)
    if slot is not None:
        slot.delay = max(slot.delay, known["delay"])


class PoliteThrottle(AutoThrottle):
    """Scrapy's AutoThrottle with a floor for each host, and a brake for hosts that say it is too much."""

    def _response_downloaded(self, response: Response, request: Request, spider: Spider) -> None:
        key, slot = self._get_slot(request, spider)
        if slot is None:
            return
        settings = self.crawler.engine.downloader.per_slot_settings.get(str(key), {})
        self.mindelay = settings.get("delay", self._min_delay())
        super()._response_downloaded(response, request, spider)
        if response.status in (429, 503):
            slot.delay = min(max(slot.delay * _SLOW_DOWN, _GENTLE_START), SLOWEST)


class DownloadLimits(CrawlPart):
    """Stop downloads that are too long or of no use, keeping what a long one has brought so far."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._limit = crawler.settings.getint("DOWNLOAD_MAXSIZE")
        self._seconds = crawler.settings.getfloat("DOWNLOAD_TIMEOUT") * _SHARE_OF_TIMEOUT
        crawler.signals.connect(self.headers_received, signal=signals.headers_received)
        crawler.signals.connect(self.bytes_received, signal=signals.bytes_received)

    def headers_received(self, headers: Headers, request: Request, **_: Any) -> None:
        """Refuse bodies that are no text, but for lists, and start the clock."""
        meta = request.meta
        meta["ghirbal_clock"] = time.monotonic()
        if "row" in meta and not meta.get("ghirbal_any_type"):
            kind = header_of(headers, b"Content-Type").strip().lower()
            if kind.startswith(_UNWANTED_TYPES) and "xml" not in kind and "gzip" not in kind:
                raise StopDownload(fail=True)
            meta["ghirbal_vague"] = kind.startswith(_VAGUE_TYPES)

    def bytes_received(self, data: bytes, request: Request, **_: Any) -> None:
        """Stop at the limit of size or time; meta then says which, as WARC-Truncated would."""
        meta = request.meta
        if meta.pop("ghirbal_vague", False) and not looks_html("", data):
            raise StopDownload(fail=True)
        meta["ghirbal_bytes"] = received = meta.get("ghirbal_bytes", 0) + len(data)
        if received >= meta.get("ghirbal_limit", self._limit):
            meta["truncated"] = "length"
        elif time.monotonic() - meta.get("ghirbal_clock", float("inf")) > self._seconds:
            meta["truncated"] = "time"
        else:
            return
        raise StopDownload(fail=False)
