"""Sitemaps, feeds, links, dates: what a crawl finds, and what `ghirbal outlet` drafts."""

from __future__ import annotations

import subprocess
import sys
import time
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from corpus.errors import UsageError
from crawler.discovery import draft_outlet
from crawler.outlets import parse_outlets
from ghirbal.report_page import render_crawl
from tests.crawler.conftest import PROJECT, Crawl
from tests.crawler.forks import run_forked
from tests.crawler.site import Answer, Site, page
from tests.timing import DEADLINE, PATIENCE

NEWS = "http://www.google.com/schemas/sitemap-news/0.9"


def _xml(text: str, kind: str = "application/xml") -> Answer:
    return Answer(text.encode(), kind=kind)


def test_sitemaps_and_feeds_bring_articles_with_dates_and_titles(crawl: Crawl) -> None:
    with Site({f"/s/{n}": page(n) for n in range(8)}) as site:
        site.routes["/map.xml"] = _xml(
            "<sitemapindex><sitemap><loc>/sub.xml</loc></sitemap><sitemap><loc>/map.xml</loc></sitemap>"
            f"<sitemap><loc>{site.url}/old.xml</loc><lastmod>2020-01-01</lastmod></sitemap></sitemapindex>"
        )
        site.routes["/sub.xml"] = _xml(
            f'<urlset xmlns:news="{NEWS}" xmlns:xhtml="x"><url><loc>{site.url}/s/1</loc>'
            f'<xhtml:link href="{site.url}/s/6"/>'
            "<news:news><news:publication_date>2026-11-02T08:00:00+03:00</news:publication_date>"
            "<news:title>حريق في الميناء</news:title></news:news></url>"
            f"<url><loc>{site.url}/s/2</loc><lastmod>2026-10-30</lastmod></url>"
            f"<url><loc>http://elsewhere.invalid/s/3</loc></url><url><loc>{site.url}/s/3?utm_source=map</loc></url></urlset>"
        )
        site.routes["/rss"] = _xml(
            "<?xml version='1.0' encoding='windows-1256'?><rss version='2.0'><channel><item><title>خبر</title>"
            f"<link>{site.url}/s/4</link><pubDate>Mon, 02 Nov 2026 10:00:00 GMT</pubDate></item>"
            f"<item><link>{site.url}/s/5</link><pubDate>Mon, 05 Oct 2026 10:00:00 GMT</pubDate></item></channel></rss>"
        )
        site.routes["/rss"].body = site.routes["/rss"].body.decode().encode("cp1256")
        crawl.write(f'name = "m"\nsitemaps = ["{site.url}/map.xml"]\nfeeds = ["{site.url}/rss"]\ndelay = 0')
        crawl.run("-a", "since=2026-11-01")
        assert not site.asked()["/old.xml"]
        assert site.asked()["/map.xml"] == 1
    notes = {url.removeprefix(site.url): about["WARC-JSON-Metadata"] for url, (about, _) in crawl.responses().items()}
    assert set(notes) == {"/s/1", "/s/3", "/s/4"}
    title = "\\u062d\\u0631\\u064a\\u0642 \\u0641\\u064a \\u0627\\u0644\\u0645\\u064a\\u0646\\u0627\\u0621"
    assert f'"title":"{title}"' in notes["/s/1"]
    assert '"published":"2026-11-02T08:00:00+03:00"' in notes["/s/1"]
    assert '"published":"2026-11-02T10:00:00+00:00"' in notes["/s/4"]


def test_links_are_followed_once_and_duplicates_of_a_page_not_at_all(crawl: Crawl) -> None:
    old = '<meta property="article:published_time" content="2019-03-01T00:00:00Z">'
    feed = '<link rel="alternate" type="application/rss+xml" href="/feed.xml">'
    links = ["/a", "/a#comments", "/a?utm_medium=x", "a", "/a/amp/", "/a?print=1", "/en/a", "/photo.jpg", "/login",
             "/2019/03/01/older-story/", "/وسم/ميناء", "/old-story-of-the-port", "/adds", "/goes",
             "http://other.invalid/"]  # fmt: skip
    with Site({"/": page(0, links, head=feed)}) as site:
        canonical = f'<link rel="canonical" href="{site.url}/a-canonical">'
        site.routes |= {"/a": page(1, head=canonical + '<link rel="amphtml" href="/a/amp/">')}
        site.routes |= {"/a-canonical": page(2), "/f/1": page(4), "/old-story-of-the-port": page(5, head=old)}
        site.routes |= {"/%D9%88%D8%B3%D9%85/%D9%85%D9%8A%D9%86%D8%A7%D8%A1": page(3, ["/a"])}
        # A site that adds what only tracks, and goes round in circles for who takes it off again.
        site.routes |= {"/adds": _moved("/adds?utm_source=x"), "/adds?utm_source=x": page(6)}
        site.routes |= {"/goes": page(7), "/on": page(8)}
        site.routes["/goes"].headers["Refresh"] = "0; url=/on"
        item = f"<item><link>{site.url}/f/1</link></item>"
        site.routes["/feed.xml"] = _xml(f"<rss version='2.0'><channel>{item}</channel></rss>")
        crawl.write(f'name = "l"\nseeds = ["{site.url}/"]\nlanguage = "ar"\ndelay = 0')
        crawl.run("-a", "since=2026-01-01")
        asked = site.asked()
    fetched = {"/", "/a", "/a-canonical", "/f/1", "/%D9%88%D8%B3%D9%85/%D9%85%D9%8A%D9%86%D8%A7%D8%A1"}
    fetched |= {"/adds?utm_source=x", "/goes", "/on"}
    assert set(asked) == fetched | {"/robots.txt", "/feed.xml", "/old-story-of-the-port", "/adds"}
    assert max(asked.values()) == 1
    assert {url.removeprefix(site.url) for url in crawl.archived()} == fetched
    report = crawl.report()["outlets"]["l"]
    assert (crawl.out / "report.html").read_text("utf-8") == render_crawl(crawl.report())
    assert report["passed"] == {"redirect": 1, "too-old": 1}
    assert report["lists"] == 1


def test_editions_on_one_host_share_its_links(crawl: Crawl) -> None:
    links = ["/ar/story-one", "/fa/story-two", "/en/story-three"]
    with Site({"/ar/": page(0, links), "/fa/": page(1), **{link: page(2) for link in links}}) as site:
        crawl.write(
            f'name = "ar"\nseeds = ["{site.url}/ar/"]\nexclude = "/(fa|en)/"\ndelay = 0',
            f'name = "fa"\nseeds = ["{site.url}/fa/"]\nexclude = "/(ar|en)/"\ndelay = 0\nbudget = 2',
            f'name = "left-out"\nseeds = ["{site.url}/en/"]\ndelay = 0',
        )
        crawl.run("-a", "only=ar,fa")
        assert set(site.asked()) == {"/robots.txt", "/ar/", "/fa/", *links[:2]}
    outlets = crawl.report()["outlets"]
    assert (outlets["ar"]["fetched"], outlets["fa"]["fetched"]) == (2, 2)


def test_an_outlet_is_drafted_from_its_front_page_robots_and_feeds(tmp_path: Path) -> None:
    feed = '<link rel="alternate" type="application/rss+xml" href="/feed.xml">'
    with Site({"/": page(0, ["/2026/11/01/a-long-story/", "/rss/sport", "/rss/news"], head=feed)}) as site:
        robots = b"User-agent: *\nCrawl-delay: 0.2\nDisallow: /rss/sport\nSitemap: /sitemap.xml\n"
        site.routes["/robots.txt"] = Answer(robots, kind="text/plain")
        site.routes["/feed.xml"] = _xml("<rss version='2.0'><channel><item><link>/x</link></item></channel></rss>")
        # A feed that is not well-formed.
        site.routes["/rss/news"] = _xml("<rss><item><link>/x</lik><pubDate>Mon, 01 Jan 2024 00:00:[0</pubDate></item>")
        site.routes["/sitemap.xml"] = _xml(f"<urlset><url><loc>{site.url}/x</loc></url></urlset>")
        done = run_forked(tmp_path, "ghirbal", "outlet", site.url, "--allow-private")
        asked = site.asked()
        agents = {headers["user-agent"] for _, headers, _ in site.hits}
    assert (done.returncode, done.stderr) == (0, "")
    (outlet,) = parse_outlets(done.stdout, "draft")
    assert outlet.seeds == (f"{site.url}/",)
    assert outlet.feeds == (f"{site.url}/feed.xml", f"{site.url}/rss/news")
    assert outlet.sitemaps == (f"{site.url}/sitemap.xml",)
    assert outlet.domains == (site.host,)
    assert (outlet.language, outlet.delay) == ("ar", 0.2)
    assert "3 links on the front page, 1 of them look like articles" in done.stdout
    assert asked == {"/robots.txt": 1, "/": 1, "/feed.xml": 1, "/rss/news": 1, "/sitemap.xml": 1}
    assert agents == {"Ghirbal/0.1 (polite news corpus crawler)"}


def _moved(location: str) -> Answer:
    return Answer(b"", 302, headers={"Location": location})


@pytest.mark.parametrize(
    ("routes", "message"),
    [
        ({"/robots.txt": Answer(b"User-agent: *\nDisallow: /", kind="text/plain")}, "robots.txt forbids crawlers"),
        ({"/robots.txt": Answer(b"", 503)}, "forbids everything for now; try later (it answers 503)"),
        ({"/robots.txt": Answer(b"", 429)}, "forbids everything for now; try later (it answers 429)"),
        ({}, "answers 404"),
        pytest.param({"/": _moved("/")}, "redirects without end", marks=pytest.mark.slow),
        ({"/": _moved("file:///etc/passwd")}, "or to what is no http or https url"),
        ({"/": _moved(f"http://{'a' * 70}.example/")}, "or to what is no http or https url"),
    ],
)  # fmt: skip
def test_a_draft_that_cannot_be_made_says_why(tmp_path: Path, routes: dict[str, Answer], message: str) -> None:
    with Site(routes) as site:
        done = run_forked(tmp_path, "ghirbal", "outlet", site.url, "--allow-private")
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
def test_a_private_address_is_refused_and_the_message_says_how_to_lift_that(tmp_path: Path, host: str) -> None:
    with Site({"/": page(0)}) as site:
        done = run_forked(tmp_path, "ghirbal", "outlet", f"http://{host}:{site.host.partition(':')[2]}/")
        assert not site.asked()
    assert (done.returncode, done.stdout) == (2, "")
    assert "is not on the public internet; --allow-private" in done.stderr


@pytest.mark.parametrize("url", ["file:///etc/passwd", f"http://{'a' * 70}.example/"])
def test_a_draft_of_no_url_says_so(url: str) -> None:
    with pytest.raises(UsageError, match="not an http or https url"):
        draft_outlet(url)


def drip_headers(handler: BaseHTTPRequestHandler) -> None:
    """Send a head that never ends, a letter at a time."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
    while True:
        handler.wfile.write(b"X")
        time.sleep(0.2)


@pytest.mark.parametrize(
    ("slow", "ending"),
    [
        pytest.param("/robots.txt", "robots.txt cannot be had", marks=pytest.mark.slow),
        ("/", "no whole answer in time"),
        pytest.param("/feed.xml", "seeds = ", marks=pytest.mark.slow),
    ],
)
def test_a_site_that_drips_holds_a_draft_no_longer_than_its_deadline(slow: str, ending: str) -> None:
    feed = '<link rel="alternate" type="application/rss+xml" href="/feed.xml">'
    code = """if True:
        import sys, time
        from corpus.errors import UsageError
        from crawler.discovery import draft_outlet
        start = time.monotonic()
        try:
            print(draft_outlet(sys.argv[1], allow_private=True, deadline=4))
        except UsageError as fault:
            print(fault)
        print("seconds", time.monotonic() - start)
    """
    with Site({"/": page(0, head=feed), slow: Answer(script=drip_headers)}) as site:
        call = [sys.executable, "-c", code, site.url]
        done = subprocess.run(call, cwd=PROJECT, capture_output=True, text=True, check=True, timeout=DEADLINE)
    assert done.stderr == ""
    assert ending in done.stdout
    assert ("stopped after 4 s: not all feeds and sitemaps were tried" in done.stdout) == (slow == "/feed.xml")
    assert float(done.stdout.split()[-1]) < PATIENCE
