"""Look at a news site and draft its entry for the outlets file: `ghirbal outlet URL`.

The site is asked by a spider with the settings of the crawl: its downloader, its robots.txt, its delays, its guard.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
from collections.abc import AsyncIterator, Iterable
from typing import Any
from urllib.parse import urljoin, urlsplit

from scrapy import Spider
from scrapy.crawler import CrawlerProcess
from scrapy.http import Response
from scrapy.settings import Settings

from corpus.arabic import script_shares
from corpus.errors import GhirbalError, RecordError, UsageError
from crawler import settings as crawl
from crawler.outlets import parse_outlets
from crawler.readers import Readers
from crawler.state.settle import reason_of
from crawler.web.headers import fetch, header_of
from crawler.web.urls import as_ascii, host_and_port, kind_of, site_of

#: Where feeds and sitemaps usually are when nothing points to them.
_USUAL_FEEDS = ("/rss", "/feed", "/rss.xml", "/feed.xml", "/feed/")
_USUAL_SITEMAPS = ("/sitemap.xml", "/sitemap_index.xml", "/news-sitemap.xml")
#: Feeds and sitemaps that are tried out, and links of the front page that are judged.
_TRIED = 8
_JUDGED = 200
_OK = 200
#: Seconds for everything: a front page and sixteen feeds at the crawl's usual pace, and as much again.
DEADLINE = 60.0

_WHY = {
    "private-address": "is not on the public internet; --allow-private lets it be looked at all the same",
    "robots": "its robots.txt forbids crawlers this page; choose another outlet",
    "robots-unreachable": "its robots.txt cannot be had, which forbids everything for now; try later",
    "dns": "there is no such host; check the address",
    "timeout": "no whole answer in time; check the address or try later",
    "connection": "no connection, or one that broke; check the address or try later",
}

_FEED_LINK = re.compile(r"(?:^|[/._-])(?:rss|feed|feeds|atom|خلاصات)(?:$|[/._?-])", re.IGNORECASE)
_NOT_SLUG = re.compile(r"[^a-z0-9]+")
#: Parts of host names that name no outlet.
_NO_NAMES = ("news", "arabic", "ar", "m")
_LANGUAGE = re.compile(r"[a-z]{2,3}")


def draft_outlet(url: str, allow_private: bool = False, deadline: float = DEADLINE) -> str:
    """Return a TOML entry for the outlet at `url`, with what its front page, robots.txt and feeds say.

    Asks the site for its robots.txt, front page and at most sixteen feeds and sitemaps, `deadline` seconds long. Once
    a process: Scrapy's reactor cannot start again.

    Raises:
        UsageError: the url is none, the site does not answer, or its robots.txt forbids its front page.
    """
    address = as_ascii(url if "://" in url else f"https://{url}")
    if address is None:
        raise UsageError(f"{url}: not an http or https url; give the front page of a news site")
    settings = Settings()
    settings.setmodule(crawl)
    # A robots.txt that is on its way is waited for even at the end, so half the time is all that one request gets.
    ours = {"DOWNLOAD_TIMEOUT": deadline / 2, "GHIRBAL_ALLOW_PRIVATE": "1" if allow_private else ""}
    settings.setdict({**ours, "LOG_ENABLED": False}, "cmdline")
    process = CrawlerProcess(settings)
    ended: list[str | GhirbalError] = []
    process.crawl(DraftSpider, address=address, deadline=deadline, ended=ended)
    process.start()
    if not ended:
        raise KeyboardInterrupt
    if isinstance(ended[0], GhirbalError):
        raise ended[0]
    parse_outlets(ended[0], "draft")
    return ended[0]


class DraftSpider(Spider):
    """Look at one site; `ended` gets the draft, or why there is none."""

    name = "draft"
    custom_settings = {  # noqa: RUF012  as Scrapy declares it
        "SCHEDULER": "scrapy.core.scheduler.Scheduler",
        "ITEM_PIPELINES": {},
        "EXTENSIONS": {**crawl.EXTENSIONS, "crawler.progress.Progress": None},
    }

    def __init__(self, address: str, deadline: float, ended: list[str | GhirbalError]) -> None:
        super().__init__()
        self.address, self.deadline, self.ended = address, deadline, ended
        self.sitemaps: list[str] = []
        self.readers = Readers()

    async def start(self) -> AsyncIterator[Any]:
        """Do it all, and yield nothing."""
        try:
            self.ended.append(await self._draft())
        except GhirbalError as fault:
            self.ended.append(fault)
        finally:
            self.readers.close()
        return
        yield

    def found_sitemaps(self, links: list[str], base: str) -> None:
        """Take the sitemaps that a robots.txt names."""
        self.sitemaps += [urljoin(base, link) for link in links]

    async def _draft(self) -> str:
        """Look at the front page, then at feeds and sitemaps while there is time, and write down what was found."""
        front, notes = None, list[str]()
        found: dict[str, list[str]] = {"feeds": [], "sitemaps": []}
        try:
            async with asyncio.timeout(self.deadline):
                front = await self._ask(self.address)
                if front.status != _OK:
                    raise UsageError(f"{front.url}: answers {front.status}; give the front page of a news site")
                reading = await self.readers.read_page(front.body, header_of(front.headers, b"Content-Type"))
                links = [link for link in (as_ascii(link, front.url) for link in reading.links) if link]
                own = [link for link in links if _is_of(link, front.url)]
                articles = sum(kind_of(link) == "article" for link in own[:_JUDGED])
                notes.append(f"{len(own)} links on the front page, {articles} of them look like articles")
                if not own:
                    notes.append("the front page has no links: name its feeds and sitemaps, or sections that have some")
                named = [*reading.feeds, *(link for link in own if _FEED_LINK.search(urlsplit(link).path))]
                candidates = {"feeds": named or _USUAL_FEEDS, "sitemaps": self.sitemaps or _USUAL_SITEMAPS}
                for kind, urls in candidates.items():
                    async for url in self._lists(front.url, urls):
                        found[kind].append(url)
        except TimeoutError:
            if front is None:
                raise UsageError(f"{self.address}: no front page within {self.deadline:g} s; try later") from None
            notes.append(f"stopped after {self.deadline:g} s: not all feeds and sitemaps were tried")
        site = site_of(front.url)
        labels = [label for label in host_and_port(front.url)[0].split(".") if label not in _NO_NAMES]
        name = _NOT_SLUG.sub("-", max(labels[:-1] or labels or ["outlet"], key=len).lower()).strip("-")[:64]
        # An array of JSON is one of TOML.
        lines = [*(f"# {note}" for note in notes), "[[outlet]]", f'name = "{name or "outlet"}"']
        lines += [f"domains = {json.dumps([site.removeprefix('www.')])}", f"seeds = {json.dumps([front.url])}"]
        lines += [f"{key} = {json.dumps(urls)}" if urls else f"# no {key} found" for key, urls in found.items()]
        script = "ar" if next(iter(script_shares(reading.visible)), "") == "arabic" else ""
        if language := reading.language if _LANGUAGE.fullmatch(reading.language) else script:
            lines.append(f'language = "{language}"')
        if delay := self.crawler.engine.downloader.per_slot_settings.get(site, {}).get("delay"):
            lines.append(f"delay = {delay:g}  # from robots.txt")
        return "\n".join(lines) + "\n"

    async def _lists(self, base: str, links: Iterable[str]) -> AsyncIterator[str]:
        """Yield those of the first few addresses that answer with a list of the site's own."""
        told: set[str] = set()
        urls = dict.fromkeys(url for link in links if (url := as_ascii(link, base)))
        for url in list(urls)[:_TRIED]:
            with contextlib.suppress(UsageError, RecordError):
                answer = await self._ask(url)
                fresh = answer.status == _OK and answer.url not in told and _is_of(answer.url, base)
                if fresh and await self.readers.read_list(answer.body, header_of(answer.headers, b"Content-Type")):
                    told.add(answer.url)
                    yield answer.url

    async def _ask(self, url: str) -> Response:
        """Fetch a url, following its redirects; each hop passes robots.txt and the address guard.

        Raises:
            UsageError: no answer, or one that is refused.
        """
        try:
            response = await fetch(self.crawler, url)
        # Scrapy's handlers and middlewares raise classes without a common base.
        except Exception as fault:
            reason, cause = reason_of(fault), fault.__cause__
            why = _WHY.get(reason, reason)
            # A robots.txt that could not be had may have a telling reason itself.
            if reason == "robots-unreachable" and cause is not None and str(cause).strip():
                inner = reason_of(cause)
                why = _WHY[inner] if inner in ("private-address", "dns") else f"{why} ({cause})"
            raise UsageError(f"{url}: {why}") from fault
        if 300 <= response.status < 400:
            raise UsageError(f"{url}: redirects without end, or to what is no http or https url; check the address")
        return response


def _is_of(url: str, base: str) -> bool:
    """Tell whether a url is on the host of `base` or below it."""
    return f".{host_and_port(url)[0]}".endswith(f".{host_and_port(base)[0]}")
