"""A downloader that notes when it let each request go: what the crawl decided, not when a loaded machine did it."""

from __future__ import annotations

from pathlib import Path

import orjson
from scrapy import Request
from scrapy.core.downloader import Downloader, Slot
from scrapy.http import Response

SETTING = "tests.crawler.sending.NotingDownloader"
#: The rounding of a difference of two readings of the clock, which are seconds since the machine was started.
ROUNDING = 1e-6


class NotingDownloader(Downloader):
    """Append (address, seconds on the monotonic clock) to sent.jsonl of the crawl folder."""

    async def _download(self, slot: Slot, request: Request) -> Response:
        with Path(self.settings["GHIRBAL_OUT"], "sent.jsonl").open("ab") as file:
            file.write(orjson.dumps([request.url, slot.lastseen]) + b"\n")
        return await super()._download(slot, request)


def sent(out: Path) -> list[tuple[str, float]]:
    """Return the addresses in the order they were asked for, each with the time."""
    return [(url, at) for url, at in map(orjson.loads, (out / "sent.jsonl").read_bytes().splitlines())]
