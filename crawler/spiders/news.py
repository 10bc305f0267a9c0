"""The spider `news`: fetch what the frontier holds of the user's outlets, and find more.

    scrapy crawl news -a outlets=FILE [-a since=YYYY-MM-DD] [-a shard=K/N] [-s GHIRBAL_OUT=DIR]
"""

from __future__ import annotations

import logging
import resource
import sys
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

from msgspec.structs import replace
from scrapy import Request, Spider, signals
from scrapy.crawler import Crawler
from scrapy.http import Response
from scrapy.utils.asyncio import run_in_thread
from twisted.python.failure import Failure

from corpus.errors import GhirbalError
from crawler.browser import enable_browser
from crawler.polite.safety import AddressGuard
from crawler.session import MAX_HOPS, MAX_SITEMAP_DEPTH, Session, read_arguments
from crawler.state import settle
from crawler.state.archive import Capture
from crawler.state.frontier import Row, Target
from crawler.state.settle import NOT_MODIFIED, FetchResult
from crawler.web.listings import ListingEntry, is_listing_xml, read_feed, read_sitemap
from crawler.web.pages import OneByteView, Reading, read_page
from crawler.web.urls import as_ascii, key_of, site_of

logger = logging.getLogger(__name__)

_HTML_TYPES = ("text/html", "application/xhtml")
_REDIRECTS = range(300, 400)
_SUCCESS = range(200, 300)


class KeepRaw:
    """Downloader middleware next to the network: remember the body as it came, for the archive."""

    def process_response(self, request: Request, response: Response) -> Response:
        """Put the response into the request's meta; the decoder will take Content-Encoding out of its headers."""
        request.meta["raw"] = response
        request.meta["raw_headers"] = _pairs(response.headers)
        return response


class NewsSpider(Spider):
    """Crawl news outlets; everything it learns goes to the pipeline as one FetchResult for each url."""

    name = "news"
    session: Session

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> NewsSpider:
        """Build the spider and its session; what cannot be obeyed ends the program with its exit code."""
        del args  # Scrapy passes none
        try:
            AddressGuard.from_crawler(crawler)
            spider = super().from_crawler(crawler)
            spider.session = Session(read_arguments(kwargs), crawler.settings)
            spider.prepare(crawler)
        except GhirbalError as fault:
            sys.stderr.write(f"ghirbal: {fault}\n")
            raise SystemExit(fault.exit_code) from fault
        return spider

    def prepare(self, crawler: Crawler) -> None:
        """Set what depends on the outlets: the user agent, and a browser where one is needed."""
        if contact := crawler.settings.get("GHIRBAL_CONTACT"):
            agent = f"Ghirbal/0.1 (+{contact}; polite news corpus crawler)"
            crawler.settings.set("USER_AGENT", agent, priority="spider")
        if any(outlet.javascript for outlet in self.session.outlets.values()):
            enable_browser(crawler.settings)
        self._default_delay = crawler.settings.getfloat("DOWNLOAD_DELAY")
        self._first_wait = crawler.settings.getfloat("GHIRBAL_RETRY_SECONDS")
        crawler.signals.connect(self.crashed, signal=signals.spider_error)
        # A connection is kept open to each host; the usual 1,024 would be too few for a thousand of them.
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))

    async def start(self) -> AsyncIterator[Any]:
        """Yield nothing: the scheduler takes everything from the frontier."""
        return
        yield

    def request_for(self, row: Row) -> Request:
        """Make the request for a row of the frontier, conditional if the page was seen before."""
        outlet = self.session.outlets[row.outlet]
        delay = self._default_delay if outlet.delay is None else outlet.delay
        self.crawler.engine.downloader.per_slot_settings.setdefault(row.host, {"delay": delay})
        listing = row.kind in ("feed", "sitemap")
        rendered = outlet.javascript and not listing
        meta = {"row": row, "download_slot": row.host} | ({"playwright": True} if rendered else {})
        headers = {}
        # A browser would show an empty page for a 304.
        if (row.archived or listing) and not rendered:
            headers = {"If-None-Match": row.etag, "If-Modified-Since": row.modified}
        return Request(
            row.url, callback=self.parse_listing if listing else self.parse_page, errback=self.failed,
            headers={name: value for name, value in headers.items() if value}, meta=meta, dont_filter=True,
        )  # fmt: skip

    # --- answers ----------------------------------------------------------------------------------------------

    def parse_page(self, response: Response) -> Iterator[FetchResult]:
        """Settle a page."""
        yield self._without_page(response) or self._page(response)

    async def parse_listing(self, response: Response) -> AsyncIterator[FetchResult]:
        """Settle a sitemap or a feed; it is parsed in a thread."""
        settled = self._without_page(response)
        if settled is None:
            row: Row = response.meta["row"]
            read = read_sitemap if row.kind == "sitemap" else read_feed
            entries = await run_in_thread(read, response.body, _header(response, b"Content-Type"))
            settled = self._listing(response, entries, row.kind)
        yield settled

    def failed(self, failure: Failure) -> Iterator[FetchResult]:
        """Settle a download that gave no answer."""
        row: Row = failure.request.meta["row"]  # type: ignore[attr-defined]
        yield settle.went_wrong(row, time.time(), failure.value or OSError("no answer"), self._first_wait)

    def crashed(self, response: Any) -> None:
        """Settle a page that made the spider fail, so that it is not in flight for ever."""
        row = response.request.meta.get("row")
        if row is not None:
            self.crawler.engine.scraper._start_itemproc_nowait(  # noqa: SLF001
                FetchResult(settle.closed(row, time.time(), "failed", "crashed"))
            )

    def _without_page(self, response: Response) -> FetchResult | None:
        """Settle an answer that is no page: unchanged, elsewhere, refused, cut short; None if it is a page."""
        row: Row = response.meta["row"]
        now = time.time()
        if response.status == NOT_MODIFIED:
            settlement = settle.fetched(row, now, {"status": NOT_MODIFIED}, changed=False)
            settlement.counts = {"unchanged": 1} if row.archived else {"lists": 1}
            return FetchResult(settlement, self._capture(response, row.digest) if row.archived else None)
        if response.status in _REDIRECTS:
            target = self._redirect_target(_header(response, b"Location", "utf-8"), row)
            return settle.moved(row, now, target, response.status)
        if response.status not in _SUCCESS:
            wait = _header(response, b"Retry-After")
            return settle.answered_badly(row, now, response.status, wait, self._first_wait)
        if "dataloss" in response.flags and row.attempts == 0:
            return FetchResult(settle.postponed(row, now, "disconnect", first=self._first_wait))
        return None

    def _page(self, response: Response) -> FetchResult:
        """Settle a page: a listing after all, none for us, or one to archive, with its links."""
        row: Row = response.meta["row"]
        now, kind = time.time(), _header(response, b"Content-Type")
        if row.kind == "seed" and (listing := is_listing_xml(response.body)):
            read = read_sitemap if listing == "sitemap" else read_feed
            return self._listing(response, read(response.body, kind), listing)
        if kind and not kind.strip().lower().startswith(_HTML_TYPES):
            return FetchResult(settle.closed(row, now, "failed", "not-html", response.status))
        page = OneByteView(response.body, kind)
        reading = read_page(page)
        if self.session.is_old(reading.published) and row.kind != "seed":
            return FetchResult(settle.closed(row, now, "fetched", "too-old", response.status))
        body = response.meta["raw"].body
        digest, words = settle.payload_digest(body), settle.words_digest(page.text)
        same = bool(row.archived) and (digest == row.digest or (bool(words) and words == row.words))
        article = reading.is_article or row.kind == "article"
        facts = _facts(response) | {"digest": digest, "words": words, "article": int(article)}
        settlement = settle.fetched(row, now, facts, changed=not same)
        settlement.found = self._found_links(row, reading)
        capture = self._capture(response, digest, {"kind": "article"} if article else {})
        settlement.counts = {"fetched": 1, "bytes": len(body)} | ({"articles": 1} if article else {})
        if capture.earlier is not None:
            settlement.counts = {"unchanged": 1}
        return FetchResult(settlement, capture)

    def _listing(self, response: Response, entries: list[ListingEntry], kind: str) -> FetchResult:
        """Settle a feed or a sitemap, also one that was given as a seed: from now on it is of its own `kind`."""
        row: Row = response.meta["row"]
        settlement = settle.fetched(row, time.time(), _facts(response) | {"kind": kind}, changed=True)
        settlement.counts = {"lists": 1}
        for entry in entries:
            nested = entry.kind == "sitemap"
            if self.session.is_old(entry.published or entry.changed) or (nested and row.depth >= MAX_SITEMAP_DEPTH):
                continue
            depth = row.depth + 1 if nested else 1
            target = self.session.target(entry.url, row.url, depth, "sitemap" if nested else "")
            if not isinstance(target, str):
                as_kind = "article" if target.kind == "page" else target.kind
                settlement.found.append(replace(target, kind=as_kind, title=entry.title, published=entry.published))
        return FetchResult(settlement)

    def _capture(self, response: Response, digest: str, notes: dict[str, Any] | None = None) -> Capture:
        """Make the exchange to archive; what came before unchanged is a revisit."""
        row: Row = response.meta["row"]
        raw: Response = response.meta["raw"]
        request = response.request
        assert request is not None
        outlet = self.session.outlets[row.outlet]
        about = {
            "outlet": row.outlet, "kind": row.kind, "title": row.title, "published": row.published,
            "drop": list(outlet.drop), "rendered": "yes" if response.meta.get("playwright") else "",
        } | (notes or {})  # fmt: skip
        date, _, record_id = row.archived.partition(" ")
        return Capture(
            url=row.url, status=raw.status, request=[("Host", site_of(row.url)), *_pairs(request.headers)],
            response=response.meta["raw_headers"], body=raw.body, digest=digest, protocol=raw.protocol or "HTTP/1.1",
            address=str(raw.ip_address or ""),
            truncated="disconnect" if "dataloss" in raw.flags else response.meta.get("truncated", ""),
            notes={name: value for name, value in about.items() if value},
            earlier=(row.url, date, record_id) if row.archived and digest == row.digest else None,
            unchanged=response.status == NOT_MODIFIED,
        )  # fmt: skip

    # --- discovery --------------------------------------------------------------------------------------------

    def _redirect_target(self, location: str, row: Row) -> Target | str:
        """Return where a redirect leads, as a url of its own, or why it leads nowhere."""
        if not location:
            return "without-location"
        if row.hops >= MAX_HOPS:
            return "loop"
        target = self.session.target(location, row.url, row.depth, row.kind)
        if isinstance(target, str):
            return target
        if target.url == row.url:
            return "loop"
        # From a url to one of the same key (a fragment or a tracking parameter less, another order): the key is taken
        # by the page that redirects, so the target goes under its own address.
        key = target.url if target.key == key_of(row.url) else target.key
        return replace(target, key=key, hops=row.hops + 1, title=row.title, published=row.published)

    def _found_links(self, row: Row, reading: Reading) -> list[Target]:
        base = (as_ascii(reading.base, row.url) if reading.base else None) or row.url
        links = [(link, "") for link in (*reading.links, reading.moved_to, reading.canonical) if link]
        if row.kind == "seed":
            links += [(feed, "feed") for feed in reading.feeds]
        targets = [self.session.target(link, base, row.depth + 1, kind) for link, kind in links]
        found: dict[str, Target] = {}
        for target in targets:
            if not isinstance(target, str):
                found.setdefault(target.key, target)
        return list(found.values())

    def found_sitemaps(self, links: list[str], base: str) -> None:
        """Take the sitemaps that a robots.txt names."""
        targets = [self.session.target(link, base, 0, "sitemap") for link in links]
        known = [target for target in targets if isinstance(target, Target)]
        self.session.frontier.add(known, time.time())
        scheduler = self.crawler.engine.scheduler
        scheduler.wake({target.host for target in known})  # type: ignore[union-attr]


def _header(response: Response, name: bytes, encoding: str = "latin-1") -> str:
    return (response.headers.get(name) or b"").decode(encoding, "replace")


def _facts(response: Response) -> dict[str, Any]:
    return {
        "status": response.status,
        "etag": _header(response, b"ETag")[:1000],
        "modified": _header(response, b"Last-Modified")[:100],
    }


def _pairs(headers: Any) -> list[tuple[str, str]]:
    return [
        (name.decode("latin-1"), value.decode("latin-1")) for name, values in headers.items() for value in values
    ]
