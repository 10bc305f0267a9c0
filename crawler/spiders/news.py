"""The spider `news`: fetch what the frontier holds of the user's outlets, and find more.

    scrapy crawl news -a outlets=FILE [-a since=YYYY-MM-DD] [-a shard=K/N] [-s GHIRBAL_OUT=DIR]
"""

from __future__ import annotations

import gc
import logging
import resource
import sys
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

from msgspec.structs import replace
from scrapy import Request, Spider, signals
from scrapy.crawler import Crawler
from scrapy.http import Headers, Response
from twisted.python.failure import Failure

from corpus.errors import GhirbalError, RecordError
from corpus.formats import looks_html, unpack
from crawler.part import CrawlPart
from crawler.polite.safety import AddressGuard
from crawler.session import MAX_SITEMAP_DEPTH, Session, read_arguments
from crawler.state import settle
from crawler.state.rows import ENTRIES, LISTS, Capture, Row, Settlement, Target
from crawler.state.settle import NOT_MODIFIED
from crawler.web.headers import MAX_HOPS, header_of, location_of
from crawler.web.listings import is_listing
from crawler.web.pages import NOFOLLOW, Reading, moved_in, signals_of
from crawler.web.urls import as_ascii, date_stated, family_of, key_of, site_of

logger = logging.getLogger(__name__)

#: Redirects with cookies that are remembered.
MOST_SENT_ON = 10_000
_REDIRECTS = range(300, 400)
_SUCCESS = range(200, 300)


class KeepRaw(CrawlPart):
    """Downloader middleware next to the network: keep the body as it came, for the archive, and pass it on unpacked.

    It unpacks as the reader of archives does, so what the crawl takes for a page the build keeps. A listing goes on as
    it is, to be unpacked where it is read.
    """

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._limit = crawler.settings.getint("DOWNLOAD_MAXSIZE")

    def process_response(self, request: Request, response: Response) -> Response:
        """Put the response into the request's meta, and return it unpacked.

        Raises:
            RecordError: it is packed in a way that is unknown, or to more bytes than are taken.
        """
        request.meta["raw"] = response
        row: Row | None = request.meta.get("row")
        if row is not None and row.kind in LISTS:
            return response
        body, _ = unpack(response.body, header_of(response.headers, b"Content-Encoding"), self._limit)
        return response if body is response.body else response.replace(body=body)


class NewsSpider(Spider):
    """Crawl news outlets; everything it learns goes to the pipeline as one Settlement for each url."""

    name = "news"
    session: Session

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._sent_on: dict[str, tuple[str, ...]] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> NewsSpider:
        """Build the spider and its session; what cannot be obeyed ends the program with its exit code."""
        del args  # Scrapy passes none
        try:
            AddressGuard.from_crawler(crawler)
            spider = super().from_crawler(crawler)
            spider.session = Session(read_arguments(kwargs), crawler.settings)
        except GhirbalError as fault:
            sys.stderr.write(f"ghirbal: {fault}\n")
            raise SystemExit(fault.exit_code) from fault
        if contact := crawler.settings.get("GHIRBAL_CONTACT"):
            agent = f"Ghirbal/0.1 (+{contact}; polite news corpus crawler)"
            crawler.settings.set("USER_AGENT", agent, priority="spider")
        crawler.signals.connect(spider.crashed, signal=signals.spider_error)
        return spider

    async def start(self) -> AsyncIterator[Any]:
        """Yield nothing: the scheduler takes everything from the frontier."""
        # A connection is kept open to each host; the usual 1,024 would be too few for a thousand of them.
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
        # What was loaded up to here stays; the collector would walk it again every few hundred pages.
        gc.freeze()
        return
        yield

    def request_for(self, row: Row) -> Request:
        """Make the request for a row of the frontier, conditional if the page was seen before."""
        outlet = self.session.outlets[row.outlet]
        delay = self.session.delay if outlet.delay is None else outlet.delay
        self.crawler.engine.downloader.per_slot_settings.setdefault(row.host, {"delay": delay})
        listing = row.kind in LISTS
        meta: dict[str, Any] = {"row": row, "download_slot": row.host, "ghirbal_any_type": row.kind in ENTRIES}
        if listing:
            meta["download_maxsize"] = 0  # a list that is too long is cut and read as far as it goes
        headers = {}
        if row.archived or listing:
            headers = {"If-None-Match": row.etag, "If-Modified-Since": row.modified}
        return Request(
            row.url, callback=self.parse, errback=self.failed, meta=meta, dont_filter=True,
            headers={name: value for name, value in headers.items() if value},
        )  # fmt: skip

    # --- answers ----------------------------------------------------------------------------------------------

    async def parse(self, response: Response) -> AsyncIterator[Settlement]:
        """Settle an answer: none, a listing (also one that was given as a seed), a page, or what no page could be."""
        row: Row = response.meta["row"]
        listing = row.kind in LISTS or (row.kind == "seed" and is_listing(response.body))
        try:
            settled = self._without_page(response)
            yield settled or await (self._listing(response) if listing else self._page(response))
        except RecordError as fault:
            # A host that costs so much is left alone for a while.
            settled = settle.closed(row, time.time(), "failed", f"reading-{fault.reason}", response.status)
            settled.hold = settle.READING_PAUSE
            yield settled

    def failed(self, failure: Failure) -> Iterator[Settlement]:
        """Settle a download that gave no answer."""
        row: Row = failure.request.meta["row"]  # type: ignore[attr-defined]
        yield settle.went_wrong(row, time.time(), failure.value or OSError("no answer"), self.session.first_wait)

    def crashed(self, response: Any) -> None:
        """Settle a page that made the spider fail, so that it is not in flight for ever."""
        row = response.request.meta.get("row")
        if row is not None:
            settled = settle.closed(row, time.time(), "failed", "crashed")
            self.crawler.engine.scraper._start_itemproc_nowait(settled)  # noqa: SLF001

    def _without_page(self, response: Response) -> Settlement | None:
        """Settle an answer that is no page: unchanged, elsewhere, refused, cut short; None if it is a page."""
        row: Row = response.meta["row"]
        now = time.time()
        if response.status == NOT_MODIFIED:
            settled = settle.fetched(row, now, {"status": NOT_MODIFIED}, changed=False)
            settled.counts = {"unchanged": 1} if row.archived else {"lists": 1}
            settled.capture = self._capture(response, row.digest) if row.archived else None
            return settled
        if response.status in _REDIRECTS:
            return settle.moved(row, now, self._redirect_target(response, row), response.status)
        if response.status not in _SUCCESS:
            wait = header_of(response.headers, b"Retry-After")
            return settle.answered_badly(row, now, response.status, wait, self.session.first_wait)
        if "dataloss" in response.flags and row.attempts == 0:
            return settle.postponed(row, now, "disconnect", first=self.session.first_wait)
        return None

    async def _page(self, response: Response) -> Settlement:
        """Settle a page: none for us, or one to archive, with its links."""
        row: Row = response.meta["row"]
        now, kind = time.time(), header_of(response.headers, b"Content-Type")
        if not looks_html(kind, response.body):
            return settle.closed(row, now, "failed", "not-html", response.status)
        reading = await self.session.readers.read_page(response.body, kind)
        words, repeats = reading.words, self.session.repeats
        wall = "challenge" if response.headers.get(b"cf-mitigated") else reading.wall
        if wall or repeats.is_front(row, reading):
            return settle.closed(row, now, "failed", wall or "soft-404", response.status)
        if self.session.is_old(date_stated(reading.published)) and row.kind != "seed":
            return settle.closed(row, now, "fetched", "too-old", response.status)
        signals = signals_of(reading.robots, response.headers)
        if left_out := self.session.left_out.intersection(signal.partition(":")[0] for signal in signals):
            return settle.closed(row, now, "fetched", min(left_out), response.status)
        body = response.meta["raw"].body
        digest = settle.payload_digest(body)
        same = bool(row.archived) and (digest == row.digest or (bool(words) and words == row.words))
        article = reading.is_article or row.kind == "article"
        facts = _facts(response) | {"digest": digest, "words": words, "article": int(article)}
        settled = settle.fetched(row, now, facts, changed=not same)
        settled.found = self._found_links(row, reading, response.headers, NOFOLLOW in signals)
        barren = repeats.observe(row, reading)
        if barren or row.kind in ENTRIES:
            account = "" if row.kind in ENTRIES else row.family or f"{row.host}/{family_of(row.url)}"
            settled.found = [replace(target, family=account) for target in settled.found]
        notes = ({"kind": "article"} if article else {}) | ({"robots": signals} if signals else {})
        settled.capture = self._capture(response, digest, notes)
        settled.counts = {"fetched": 1, "bytes": len(body)} | ({"articles": 1} if article else {})
        if settled.capture.earlier:
            settled.counts = {"unchanged": 1}
        return settled

    async def _listing(self, response: Response) -> Settlement:
        """Settle a feed or a sitemap, also one that was given as a seed: from now on it is a feed."""
        row: Row = response.meta["row"]
        raw: Response = response.meta["raw"]
        encodings = "" if row.kind == "seed" else header_of(raw.headers, b"Content-Encoding")
        content_type = header_of(raw.headers, b"Content-Type")
        entries = await self.session.readers.read_list(response.body, content_type, encodings)
        if entries is None:
            return settle.closed(row, time.time(), "failed", "not-a-list", response.status)
        kind = "feed" if row.kind == "seed" else row.kind
        settled = settle.fetched(row, time.time(), _facts(response) | {"kind": kind}, changed=True)
        settled.counts = {"lists": 1} | ({} if entries else {"empty-lists": 1})
        for entry in entries:
            nested = entry.kind == "sitemap"
            if self.session.is_old(entry.published or entry.changed) or (nested and row.depth >= MAX_SITEMAP_DEPTH):
                continue
            depth = row.depth + 1 if nested else 1
            target = self.session.target(entry.url, row.url, depth, "sitemap" if nested else "")
            if not isinstance(target, str):
                kind = "article" if target.kind == "page" else target.kind
                found = replace(target, kind=kind, title=entry.title, published=entry.published, family="")
                settled.found.append(found)
        return settled

    def _capture(self, response: Response, digest: str, notes: dict[str, Any] | None = None) -> Capture:
        """Make the exchange to archive; what came before unchanged is a revisit."""
        row: Row = response.meta["row"]
        raw: Response = response.meta["raw"]
        request = response.request
        assert request is not None
        outlet = self.session.outlets[row.outlet]
        about = {
            "outlet": row.outlet, "kind": row.kind, "title": row.title, "published": row.published,
            "drop": list(outlet.drop),
        } | (notes or {})  # fmt: skip
        return Capture(
            url=row.url, status=raw.status, request=[("Host", site_of(row.url)), *_pairs(request.headers)],
            response=_pairs(raw.headers), body=raw.body, digest=digest, protocol=raw.protocol or "HTTP/1.1",
            address=str(raw.ip_address or ""),
            truncated="disconnect" if "dataloss" in raw.flags else response.meta.get("truncated", ""),
            notes={name: value for name, value in about.items() if value},
            earlier=row.archived if digest == row.digest else "",
            unchanged=response.status == NOT_MODIFIED,
        )  # fmt: skip

    # --- discovery --------------------------------------------------------------------------------------------

    def _redirect_target(self, response: Response, row: Row) -> Target | str:
        """Return where a redirect leads, as a url of its own, or why it leads nowhere."""
        location = location_of(response.headers)
        if not location:
            return "without-location"
        if row.hops >= MAX_HOPS:
            return "loop"
        target = self.session.target(location, row.url, row.depth, row.kind)
        if isinstance(target, str):
            return target
        if target.url == row.url and (plain := as_ascii(location, row.url)):
            # A site that adds what it tracks itself wants to see it.
            target = replace(target, url=plain)
        if response.headers.get(b"Set-Cookie"):
            # Who came from there and sends no cookie will be sent there again.
            if len(self._sent_on) > MOST_SENT_ON:
                self._sent_on.clear()
            self._sent_on[row.url] = (*self._sent_on.pop(row.url, ()), row.url)
            if target.url in self._sent_on[row.url]:
                return "cookie-wall"
            self._sent_on[target.url] = self._sent_on[row.url]
        if target.url == row.url:
            return "loop"
        # From a url to one of the same key (a fragment or a tracking parameter less, another order): the key is taken
        # by the page that redirects, so the target goes under its own address.
        key = target.url if target.key == key_of(row.url) else target.key
        return replace(target, key=key, hops=row.hops + 1, title=row.title, published=row.published)

    def _found_links(self, row: Row, reading: Reading, headers: Headers, nofollow: bool) -> list[Target]:
        base = (as_ascii(reading.base, row.url) if reading.base else None) or row.url
        followed = () if nofollow else reading.links
        moved_to = reading.moved_to or moved_in(header_of(headers, b"Refresh"))
        links = [(link, "") for link in (*followed, moved_to, reading.canonical) if link]
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


def _facts(response: Response) -> dict[str, Any]:
    return {
        "status": response.status,
        "etag": header_of(response.headers, b"ETag")[:1000],
        "modified": header_of(response.headers, b"Last-Modified")[:100],
    }


def _pairs(headers: Any) -> list[tuple[str, str]]:
    return [
        (name.decode("latin-1"), value.decode("latin-1")) for name, values in headers.items() for value in values
    ]
