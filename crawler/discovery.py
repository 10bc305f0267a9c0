"""Look at a news site and draft its entry for the outlets file: `ghirbal outlet URL`."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import urljoin, urlsplit

from protego import Protego

from corpus.arabic import script_shares
from corpus.errors import UsageError
from crawler.httpget import Fetched, FetchFailed, fetch
from crawler.listings import is_listing_xml, read_feed, read_sitemap
from crawler.outlets import parse_outlets
from crawler.pages import OneByteView, attributes, read_page
from crawler.safety import AddressGuard
from crawler.urls import as_ascii, host_and_port, kind_of, site_of

#: Where feeds and sitemaps usually are when nothing points to them.
_USUAL_FEEDS = ("/rss", "/feed", "/rss.xml", "/feed.xml", "/feed/")
_USUAL_SITEMAPS = ("/sitemap.xml", "/sitemap_index.xml", "/news-sitemap.xml")
#: Feeds and sitemaps that are tried out, and links of the front page that are judged.
_TRIED = 8
_JUDGED = 200
_OK = 200
#: Bytes of the front page from which the script is told.
_SAMPLE = 200_000
_SERVER_ERROR = 500

_FEED_LINK = re.compile(r"(?:^|[/._-])(?:rss|feed|feeds|atom|خلاصات)(?:$|[/._?-])", re.IGNORECASE)
_HTML_TAG = re.compile(r"<html\s([^<>]{0,2000})>", re.IGNORECASE)
_NOT_SLUG = re.compile(r"[^a-z0-9]+")


@dataclass
class _Draft:
    """What was found out about a site."""

    name: str
    url: str
    language: str = ""
    delay: float = 0.0
    feeds: list[str] = field(default_factory=list)
    sitemaps: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def draft_outlet(url: str, allow_private: bool = False) -> str:
    """Return a TOML entry for the outlet at `url`, with what its front page, robots.txt and feeds say.

    Asks the site for its robots.txt, front page and at most sixteen feeds and sitemaps.

    Raises:
        UsageError: the url is none, the site does not answer, or its robots.txt forbids its front page.
    """
    address = as_ascii(url if "://" in url else f"https://{url}")
    if address is None:
        raise UsageError(f"{url}: not an http or https url; give the front page of a news site")
    guard = AddressGuard("1" if allow_private else "")
    robots = _robots(address, guard)
    if not robots.can_fetch(address, "Ghirbal"):
        raise UsageError(f"{address}: its robots.txt forbids crawlers its front page; choose another outlet")
    front = _front_page(address, guard)
    draft = _Draft(_slug(front.url), front.url, delay=float(robots.crawl_delay("Ghirbal") or 0))
    _look_at(front, robots, draft, guard)
    text = _toml(draft)
    parse_outlets(text, "draft")
    return text


def _robots(address: str, guard: AddressGuard) -> Protego:
    parts = urlsplit(address)
    try:
        answer = fetch(f"{parts.scheme}://{site_of(address)}/robots.txt", guard)
    except FetchFailed as fault:
        raise UsageError(f"{fault}; check the address") from fault
    if answer.status >= _SERVER_ERROR:
        message = f"its robots.txt answers {answer.status}, which forbids everything for now; try later"
        raise UsageError(f"{address}: {message}")
    return Protego.parse(answer.body.decode("utf-8-sig", "replace") if answer.status == _OK else "")


def _front_page(address: str, guard: AddressGuard) -> Fetched:
    try:
        front = fetch(address, guard)
    except FetchFailed as fault:
        raise UsageError(f"{fault}; check the address") from fault
    if front.status != _OK:
        raise UsageError(f"{address}: answers {front.status}; give the front page of a news site")
    return front


def _look_at(front: Fetched, robots: Protego, draft: _Draft, guard: AddressGuard) -> None:
    page = OneByteView(front.body, front.kind)
    reading = read_page(page)
    links = [link for link in (as_ascii(link, front.url) for link in reading.links) if link]
    own = [link for link in links if host_and_port(link)[0].endswith(host_and_port(front.url)[0])]
    named = [*reading.feeds, *(link for link in own if _FEED_LINK.search(urlsplit(link).path))]
    draft.language = _language(page)
    draft.feeds = _working(named or _USUAL_FEEDS, front.url, guard, "feed")
    draft.sitemaps = _working(list(robots.sitemaps) or _USUAL_SITEMAPS, front.url, guard, "sitemap")
    articles = sum(kind_of(link) == "article" for link in own[:_JUDGED])
    draft.notes.append(f"{len(own)} links on the front page, {articles} of them look like articles")
    if not own:
        draft.notes.append("the front page has no links: perhaps it needs `javascript = true`")


def _working(candidates: list[str] | tuple[str, ...], base: str, guard: AddressGuard, kind: str) -> list[str]:
    """Return those of the candidates that answer with entries, in order."""
    found: dict[str, None] = {}
    for candidate in list(dict.fromkeys(urljoin(base, link) for link in candidates))[:_TRIED]:
        url = as_ascii(candidate)
        try:
            answer = fetch(url, guard) if url else None
        except FetchFailed:
            continue
        if answer is not None and answer.status == _OK and _has_entries(answer.body, kind):
            found[answer.url] = None
    own = host_and_port(base)[0]
    return [url for url in found if host_and_port(url)[0].endswith(own)]


def _has_entries(body: bytes, kind: str) -> bool:
    if kind == "feed":
        return is_listing_xml(body) == "feed" and bool(read_feed(body))
    return bool(read_sitemap(body))


def _language(page: OneByteView) -> str:
    tag = _HTML_TAG.search(page.text)
    declared = attributes(tag[1]).get("lang", "").lower().partition("-")[0] if tag else ""
    if declared.isalpha() and declared.isascii() and len(declared) in (2, 3):
        return declared
    return "ar" if next(iter(script_shares(page.read(page.text[:_SAMPLE]))), "") == "arabic" else ""


def _slug(url: str) -> str:
    host = host_and_port(url)[0]
    labels = [label for label in host.split(".") if label not in ("news", "arabic", "ar", "m")]
    longest = max(labels[:-1] or labels or ["outlet"], key=len)
    return _NOT_SLUG.sub("-", longest.lower()).strip("-")[:64] or "outlet"


def _toml(draft: _Draft) -> str:
    lines = [f"# {note}" for note in draft.notes]
    domain = site_of(draft.url).removeprefix("www.")
    lines += ["[[outlet]]", f'name = "{draft.name}"', f"domains = {_strings([domain])}"]
    lines.append(f"seeds = {_strings([draft.url])}")
    for key, urls in (("feeds", draft.feeds), ("sitemaps", draft.sitemaps)):
        lines.append(f"{key} = {_strings(urls)}" if urls else f"# no {key} found")
    if draft.language:
        lines.append(f'language = "{draft.language}"')
    if draft.delay:
        lines.append(f"delay = {draft.delay:g}  # from robots.txt")
    return "\n".join(lines) + "\n"


def _strings(values: list[str]) -> str:
    """Return a TOML array; a url on the wire holds no quote, backslash or control character unescaped."""
    quoted = [value.replace("\\", "%5C").replace('"', "%22") for value in values]
    return "[" + ", ".join(f'"{value}"' for value in quoted) + "]"
