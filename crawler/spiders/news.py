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

import msgspec
from scrapy import Request, Spider, signals
from scrapy.crawler import Crawler
from scrapy.http import Response
from scrapy.utils.asyncio import run_in_thread
from twisted.python.failure import Failure

from corpus.errors import GhirbalError
from crawler.browser import enable_browser
from crawler.polite.safety import AddressGuard
from crawler.session import MAX_HOPS, MAX_SITEMAP_DEPTH, Session, read_arguments
from crawler.state import settle as outcomes
from crawler.state.archive import Capture
from crawler.state.frontier import Row, Target
from crawler.state.settle import NOT_MODIFIED, Outcome
from crawler.web.listings import Entry, is_listing_xml, read_feed, read_sitemap
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
    """Crawl news outlets; everything it learns goes to the pipeline as one Outcome for each url."""

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
        crawler.signals.connect(self._crashed, signal=signals.spider_error)
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

    def parse_page(self, response: Response) -> Iterator[Outcome]:
        """Settle a page."""
        outcome = self._without_page(response)
        yield outcome if outcome is not None else self._page(response)

    async def parse_listing(self, response: Response) -> AsyncIterator[Outcome]:
        """Settle a sitemap or a feed; it is parsed in a thread."""
        outcome = self._without_page(response)
        if outcome is not None:
            yield outcome
            return
        row: Row = response.meta["row"]
        read = read_sitemap if row.kind == "sitemap" else read_feed
        entries = await run_in_thread(read, response.body, _content_type(response))
        settlement = outcomes.fetched(row, time.time(), _facts(response), changed=True)
        settlement.found = list(self._found_entries(entries, row))
        settlement.counts = {"lists": 1}
        yield Outcome(settlement)

    def failed(self, failure: Failure) -> Iterator[Outcome]:
        """Settle a download that gave no answer."""
        row: Row = failure.request.meta["row"]  # type: ignore[attr-defined]
        yield outcomes.went_wrong(row, time.time(), failure.value or OSError("no answer"), self._first_wait)

    def _crashed(self, response: Any) -> None:
        """Settle a page that made the spider fail, so that it is not in hand for ever."""
        row = response.request.meta.get("row")
        if row is not None:
            self.crawler.engine.scraper._start_itemproc_nowait(  # noqa: SLF001
                Outcome(outcomes.closed(row, time.time(), "failed", "crashed"))
            )

    def _without_page(self, response: Response) -> Outcome | None:
        """Settle an answer that is no page: unchanged, elsewhere, refused, cut short; None if it is a page."""
        row: Row = response.meta["row"]
        now = time.time()
        if response.status == NOT_MODIFIED:
            return self._unchanged(response, row, now)
        if response.status in _REDIRECTS:
            location = (response.headers.get(b"Location") or b"").decode("utf-8", "replace")
            return outcomes.moved(row, now, self._moved(location, row), response.status)
        if response.status not in _SUCCESS:
            asked = (response.headers.get(b"Retry-After") or b"").decode("latin-1")
            return outcomes.answered_badly(row, now, response.status, asked, self._first_wait)
        if "dataloss" in response.flags and row.attempts == 0:
            return Outcome(outcomes.postponed(row, now, "disconnect", first=self._first_wait))
        return None

    def _unchanged(self, response: Response, row: Row, now: float) -> Outcome:
        settlement = outcomes.fetched(row, now, {"status": NOT_MODIFIED}, changed=False)
        settlement.counts = {"unchanged": 1} if row.archived else {"lists": 1}
        capture = self._capture(response, row, row.digest) if row.archived else None
        if capture is not None:
            capture.earlier, capture.unchanged = _earlier(row), True
        return Outcome(settlement, capture)

    def _page(self, response: Response) -> Outcome:
        row: Row = response.meta["row"]
        now = time.time()
        kind = _content_type(response)
        if row.kind == "seed" and (listing := is_listing_xml(response.body)):
            return self._misplaced_listing(response, row, listing)
        if kind and not kind.strip().lower().startswith(_HTML_TYPES):
            return Outcome(outcomes.closed(row, now, "failed", "not-html", response.status))
        page = OneByteView(response.body, kind)
        reading = read_page(page)
        if self.session.is_old(reading.published) and row.kind != "seed":
            return Outcome(outcomes.closed(row, now, "fetched", "too-old", response.status))
        return self._archived(response, row, page.text, reading)

    def _archived(self, response: Response, row: Row, text: str, reading: Reading) -> Outcome:
        raw: Response = response.meta["raw"]
        digest, words = outcomes.payload_digest(raw.body), outcomes.words_digest(text)
        same = bool(row.archived) and (digest == row.digest or (bool(words) and words == row.words))
        article = reading.is_article or row.kind == "article"
        facts = _facts(response) | {"digest": digest, "words": words, "article": int(article)}
        settlement = outcomes.fetched(row, time.time(), facts, changed=not same)
        settlement.found = self._found_links(row, reading)
        settlement.counts = {"fetched": 1, "bytes": len(raw.body)} | ({"articles": 1} if article else {})
        capture = self._capture(response, row, digest)
        if article:
            capture.notes["kind"] = "article"
        if row.archived and digest == row.digest:
            capture.earlier = _earlier(row)
            settlement.counts = {"unchanged": 1}
        return Outcome(settlement, capture)

    def _misplaced_listing(self, response: Response, row: Row, kind: str) -> Outcome:
        """A seed that turns out to be a feed or a sitemap is read as one."""
        read = read_sitemap if kind == "sitemap" else read_feed
        entries = read(response.body, _content_type(response))
        settlement = outcomes.fetched(row, time.time(), _facts(response) | {"kind": kind}, changed=True)
        settlement.found = list(self._found_entries(entries, row))
        settlement.counts = {"lists": 1}
        return Outcome(settlement)

    def _capture(self, response: Response, row: Row, digest: str) -> Capture:
        raw: Response = response.meta["raw"]
        request = response.request
        assert request is not None
        host = [("Host", site_of(row.url))]
        truncated = "disconnect" if "dataloss" in raw.flags else response.meta.get("truncated", "")
        outlet = self.session.outlets.get(row.outlet)
        notes: dict[str, str | list[str]] = {"outlet": row.outlet, "kind": row.kind, "title": row.title}
        notes |= {"published": row.published, "drop": list(outlet.drop) if outlet else []}
        notes["rendered"] = "yes" if response.meta.get("playwright") else ""
        notes = {name: value for name, value in notes.items() if value}
        return Capture(
            url=row.url, status=raw.status, request=host + _pairs(request.headers),
            response=response.meta["raw_headers"], body=raw.body, digest=digest, protocol=raw.protocol or "HTTP/1.1",
            address=str(raw.ip_address or ""), truncated=truncated, notes=notes,
        )  # fmt: skip

    # --- discovery --------------------------------------------------------------------------------------------

    def _moved(self, location: str, row: Row) -> Target | str:
        if not location:
            return "without-location"
        if row.hops >= MAX_HOPS:
            return "loop"
        target = self.session.target(location, row.url, row.depth, row.kind)
        if isinstance(target, str):
            return target
        if target.key == key_of(row.url):
            # http to https, or a slash: the same page by its key, so it is fetched under a key of its own.
            target = _replace(target, key=target.url) if target.url != row.url else target
        if target.url == row.url:
            return "loop"
        return _replace(target, hops=row.hops + 1, title=row.title, published=row.published)

    def _found_links(self, row: Row, reading: Reading) -> list[Target]:
        base = as_ascii(reading.base, row.url) if reading.base else row.url
        base = base or row.url
        found: dict[str, Target] = {}
        refused: dict[str, int] = {}
        links = [(link, "") for link in (*reading.links, reading.moved_to, reading.canonical) if link]
        if row.kind == "seed":
            links += [(feed, "feed") for feed in reading.feeds]
        for link, kind in links:
            target = self.session.target(link, base, row.depth + 1, kind)
            if isinstance(target, str):
                refused[target] = refused.get(target, 0) + 1
            else:
                found.setdefault(target.key, target)
        return list(found.values())

    def _found_entries(self, entries: list[Entry], row: Row) -> Iterator[Target]:
        for entry in entries:
            if self.session.is_old(entry.published or entry.changed):
                continue
            kind = "sitemap" if entry.kind == "sitemap" else ""
            if kind and row.depth >= MAX_SITEMAP_DEPTH:
                continue
            target = self.session.target(entry.url, row.url, row.depth + 1 if kind else 1, kind)
            if not isinstance(target, str):
                target = _replace(target, kind="article") if not kind and target.kind == "page" else target
                yield _replace(target, title=entry.title, published=entry.published)

    def found_sitemaps(self, links: list[str], base: str) -> None:
        """Take the sitemaps that a robots.txt names."""
        targets = [self.session.target(link, base, 0, "sitemap") for link in links]
        known = [target for target in targets if isinstance(target, Target)]
        self.session.frontier.add(known, time.time())
        scheduler = self.crawler.engine.scheduler
        scheduler.wake({target.host for target in known})  # type: ignore[union-attr]


def _content_type(response: Response) -> str:
    return (response.headers.get(b"Content-Type") or b"").decode("latin-1")


def _facts(response: Response) -> dict[str, Any]:
    headers = response.headers
    return {
        "status": response.status,
        "etag": (headers.get(b"ETag") or b"").decode("latin-1")[:1000],
        "modified": (headers.get(b"Last-Modified") or b"").decode("latin-1")[:100],
    }


def _earlier(row: Row) -> tuple[str, str, str]:
    date, _, record_id = row.archived.partition(" ")
    return row.url, date, record_id


def _pairs(headers: Any) -> list[tuple[str, str]]:
    return [
        (name.decode("latin-1"), value.decode("latin-1")) for name, values in headers.items() for value in values
    ]


def _replace(target: Target, **changes: Any) -> Target:


    return msgspec.structs.replace(target, **changes)
