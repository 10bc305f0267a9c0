"""robots.txt, Crawl-delay, Retry-After: what a site asks is what it gets."""

from __future__ import annotations

from itertools import pairwise

from tests.crawler import sending
from tests.crawler.conftest import Crawl
from tests.crawler.site import Answer, Handler, Site, page


def _robots(text: str, status: int = 200) -> Answer:
    return Answer(text.encode(), status, "text/plain", validators=False)


def test_robots_txt_binds_every_request_that_waits_for_it(crawl: Crawl) -> None:
    error_page = "<html>Disallow: /</html>\nUser-agent: *\nDisallow: /"
    hidden = ["/no", "/no?1", "/no?2", "/no?3", "/nothing/سر"]
    with (
        Site({"/": page(0), "/a": page(1), "/no": page(2)}) as strict,
        Site({"/": page(0, ["/a"]), "/a": page(1), "/robots.txt": _robots("down", 503)}) as down,
        Site({"/": page(0), "/robots.txt": _robots(error_page, 404)}) as absent,
        Site({"/": page(0), "/robots.txt": Answer(status=302, headers={"Location": "/rules"})}) as moved,
        Site({"/": page(0), "/robots.txt": _robots("#" * 600_000 + "\nUser-agent: *\nDisallow: /\n")}) as endless,
        Site({"/": page(0), "/robots.txt": Answer(status=302, headers={"Location": "//me:pw@127.0.0.1/"})}) as secret,
    ):  # fmt: skip
        strict.routes["/robots.txt"] = _robots("User-agent: *\nDisallow: /no\n")
        moved.routes["/rules"] = _robots("User-agent: Ghirbal\nDisallow: /\n")
        seeds = ", ".join(f'"{strict.url}{path}"' for path in [*hidden, "/", "/a"])
        entries = [f'name = "strict"\nseeds = [{seeds}]\ndelay = 0']
        sites = {"down": down, "absent": absent, "moved": moved, "endless": endless, "secret": secret}
        for name, site in sites.items():
            entries.append(f'name = "{name}"\nseeds = ["{site.url}/"]\ndelay = 0')
        crawl.write(*entries)
        output = crawl.run("-s", "CONCURRENT_REQUESTS_PER_DOMAIN=8", code=1)
    assert "3 outlets gave nothing: down (robots-unreachable); moved (robots); secret (robots-unreachable)" in output
    assert dict(strict.asked()) == {"/robots.txt": 1, "/": 1, "/a": 1}
    assert dict(down.asked()) == {"/robots.txt": 1}
    assert dict(secret.asked()) == {"/robots.txt": 1}
    assert dict(absent.asked()) == {"/robots.txt": 1, "/": 1}
    assert dict(moved.asked()) == {"/robots.txt": 1, "/rules": 1}
    assert dict(endless.asked()) == {"/robots.txt": 1, "/": 1}
    outlets = crawl.report()["outlets"]
    assert outlets["strict"]["refused"] == {"robots": len(hidden)}
    assert outlets["down"]["postponed"] == {"robots-unreachable": 1}
    assert outlets["down"]["waiting"] == 1


def test_crawl_delay_is_kept_and_sitemaps_of_robots_are_read(crawl: Crawl) -> None:
    routes = {f"/p/{number}": page(number) for number in range(3)}
    with Site(routes) as site:
        site.routes["/robots.txt"] = _robots(f"User-agent: *\nCrawl-delay: 0.4\nSitemap: {site.url}/map.xml\n")
        urls = "".join(f"<url><loc>{site.url}/p/{number}</loc></url>" for number in range(3))
        site.routes["/map.xml"] = Answer(f"<urlset>{urls}</urlset>".encode(), kind="application/xml")
        site.routes["/"] = page(9)
        crawl.write(f'name = "slow"\nseeds = ["{site.url}/"]\ndelay = 0')
        crawl.run("-s", "CONCURRENT_REQUESTS_PER_DOMAIN=4", "-s", f"DOWNLOADER={sending.SETTING}")
    assert site.asked() == dict.fromkeys(["/robots.txt", "/map.xml", "/", *routes], 1)
    times = [at for _, at in sending.sent(crawl.out)]
    gaps = [later - earlier for earlier, later in pairwise(times)]
    assert len(gaps) == 5
    assert min(gaps) >= 0.4 - sending.ROUNDING


def test_retry_after_silences_the_host_and_the_page_comes_in_the_end(crawl: Crawl) -> None:
    tries: list[str] = []

    def busy(handler: Handler) -> Answer:
        tries.append(handler.path)
        return page(1) if len(tries) > 1 else Answer(b"later", 429, headers={"Retry-After": "2"})

    def broken(handler: Handler) -> Answer:
        return Answer(b"overloaded", 503, headers={"Retry-After": "100000"})

    with Site({"/": page(0, ["/b"]), "/b": page(2), "/a": busy}) as site, Site({"/": broken}) as other:
        crawl.write(
            f'name = "busy"\nseeds = ["{site.url}/a", "{site.url}/"]\ndelay = 0',
            f'name = "broken"\nseeds = ["{other.url}/"]\ndelay = 0',
        )
        crawl.run(code=1)
        first, second = (at for path, _, at in site.hits if path == "/a")
        between = [path for path, _, at in site.hits if first < at < first + 1.9]
    assert second - first >= 1.9
    assert between == []
    assert sorted(crawl.archived()) == sorted(f"{site.url}{path}" for path in ("/", "/a", "/b"))
    report = crawl.report()["outlets"]
    assert report["busy"]["retried"] == 1
    assert report["broken"]["waiting"] == 1
    assert other.asked()["/"] == 1
