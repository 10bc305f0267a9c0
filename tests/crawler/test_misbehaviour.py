"""Sites that drip, flood, lie, loop and point inside: the crawl ends, bounded, and says what it met."""

from __future__ import annotations

import gzip
import re
import zlib
from pathlib import Path

from tests.crawler.conftest import Crawl
from tests.crawler.site import Answer, Handler, Site, cut_short, drip, endless, linked_site, page

LIMIT = 300_000


def _moved(target: str, status: int = 302) -> Answer:
    return Answer(b"", status, headers={"Location": target})


def _chain(handler: Handler) -> Answer:
    step = int(handler.path.rpartition("/")[2])
    return _moved(f"/chain/{step + 1}")


def _routes() -> dict[str, Answer]:
    bomb = gzip.compress(zlib.compress(b"\0" * 20_000_000) + b"\0" * 20_000_000)
    arabic = "<html><body><p>خبر عاجل من المدينة القديمة</p><a href='/p/عربي'>x</a></body></html>"
    return {
        "/drip": Answer(script=drip(20)),
        "/endless": Answer(script=endless),
        "/cut": Answer(script=cut_short),
        "/huge": Answer(b"x" * (LIMIT + 1000)),
        "/bomb": Answer(bomb, headers={"Content-Encoding": "gzip"}),
        "/gone": Answer(b"gone", 410),
        "/loop": _moved("/loop"),
        "/ping": _moved("/pong"),
        "/pong": _moved("/ping"),
        "/inside": _moved("http://127.0.0.2:9/secret"),
        "/offsite": _moved("http://example.invalid/"),
        "/file": _moved("file:///etc/hostname"),
        "/nowhere": Answer(b"", 302),
        "/moved": _moved("/target", 301),
        "/target": page(1),
        "/picture": Answer(b"\x89PNG" + b"x" * 5000, kind="image/png"),
        "/data": Answer(b"{}", kind="application/json"),
        "/zipped": Answer(gzip.compress(page(5, ["/p/behind-gzip"]).body), headers={"Content-Encoding": "gzip"}),
        "/wrong": Answer(arabic.encode("cp1256"), kind="text/html; charset=utf-8"),
        "/header": Answer(b"<p>ok</p>", headers={"X-Long": "y" * 20_000}),
        "/p/behind-gzip": page(6),
        "/p/%D8%B9%D8%B1%D8%A8%D9%8A": page(7),
        "/links": page(8, ["file:///etc/hostname", "ftp://example.invalid/x", "data:text/html,x",
                           "//user:pw@x.invalid/", "http://[::1]/", "http://[broken/", "/ok\r\nX: y", "/%00", "http://127.0.0.1:1/"]),
    }  # fmt: skip


def test_a_site_of_every_misbehaviour_is_crawled_to_its_end(crawl: Crawl) -> None:
    routes: dict[str, object] = dict(_routes())
    front = list(routes)
    with Site(routes) as site:  # type: ignore[arg-type]
        for step in range(20):
            site.routes[f"/chain/{step}"] = _chain
        site.routes["/"] = page(0, [*front, "/chain/0"])
        crawl.write(f'name = "bad"\nseeds = ["{site.url}/"]\ndelay = 0')
        settings = ("DOWNLOAD_TIMEOUT=1.5", f"DOWNLOAD_MAXSIZE={LIMIT}", "CONCURRENT_REQUESTS_PER_DOMAIN=8")
        crawl.run(*(part for setting in settings for part in ("-s", setting)), "-s", "GHIRBAL_PATIENCE=10")
        asked = site.asked()
    failed = crawl.report()["outlets"]["bad"]["failed"]
    paths = {url.removeprefix(site.url) for url in crawl.archived()}
    assert paths == {"/", "/drip", "/endless", "/cut", "/target", "/zipped", "/wrong", "/links", "/p/behind-gzip",
                     "/p/%D8%B9%D8%B1%D8%A8%D9%8A"}  # fmt: skip
    assert failed == {
        "connection": 1, "http-404": 2, "http-410": 1, "not-a-page": 1, "not-html": 1,
        "redirect-bad-url": 1,
        "redirect-loop": 2,
        "redirect-offsite": 2, "redirect-without-location": 1, "too-large": 2,
    }  # fmt: skip
    assert crawl.report()["outlets"]["bad"]["waiting"] == 0
    truncated = {url: headers.get("WARC-Truncated", "") for url, (headers, _) in crawl.responses().items()}
    assert truncated[f"{site.url}/endless"] == "length"
    assert truncated[f"{site.url}/drip"] == "time"
    assert truncated[f"{site.url}/cut"] == "disconnect"
    assert truncated[f"{site.url}/target"] == ""
    assert asked["/chain/5"] == 1
    assert asked["/chain/6"] == 0
    assert (asked["/drip"], asked["/header"], asked["/cut"]) == (1, 3, 2)
    assert max(asked.values()) <= 3


def test_bodies_are_archived_as_they_came(crawl: Crawl) -> None:
    packed = gzip.compress(page(5).body)
    with Site({"/": Answer(packed, headers={"Content-Encoding": "gzip", "X-A": "é", "Set-Cookie": "a=b"})}) as site:
        crawl.write(f'name = "one"\nseeds = ["{site.url}/"]')
        crawl.run()
        assert "cookie" not in site.asked_for("/")[0]
    (_, about, headers, body), (_, request, sent, _) = crawl.records()[1:]
    assert body == packed
    assert headers["Content-Encoding"] == "gzip"
    assert headers["Content-Length"] == str(len(packed))
    assert headers[":status"] == "200 OK"
    assert about["WARC-IP-Address"] == "127.0.0.1"
    assert about["WARC-JSON-Metadata"] == '{"outlet":"one","kind":"seed"}'
    assert request["WARC-Concurrent-To"] == about["WARC-Record-ID"]
    assert sent[":status"].startswith("GET / HTTP/1.1") or sent[":status"] == "/ HTTP/1.1"
    assert sent["Host"] == site.host
    assert "Ghirbal" in sent["User-Agent"]


def test_traps_are_not_entered_and_budgets_hold(crawl: Crawl) -> None:
    def calendar(handler: Handler) -> Answer:
        return page(1, [f"{handler.path}x", f"/day{handler.path}", f"{handler.path}?a={len(handler.path)}"])

    with Site(linked_site(30, traps=True)) as site, Site({"/": page(0, ["/cal/"])}) as endless_site:
        endless_site.fallback = calendar
        endless_site.routes["/robots.txt"] = Answer(b"", 404)
        crawl.write(
            f'name = "trap"\nseeds = ["{site.url}/"]\ndelay = 0',
            f'name = "calendar"\nseeds = ["{endless_site.url}/"]\ndelay = 0\nbudget = 25',
        )
        output = crawl.run("-s", "CONCURRENT_REQUESTS_PER_DOMAIN=4", "-s", "GHIRBAL_PROGRESS_SECONDS=0.1")
    assert re.search(r"INFO: \d+ fetched \(\d+\.\d/s\), 0 unchanged, \d+ articles, 0 refused", output)
    assert "Warning" not in output
    assert set(site.asked()) == {"/robots.txt", "/"} | {f"/p/{number}" for number in range(30)}
    report = crawl.report()["outlets"]["calendar"]
    assert sum(endless_site.asked().values()) == report["fetched"] + 1 <= 26
    assert report["not-followed"]["trap"]["links"] >= 1


def test_private_addresses_are_refused_at_connect_time(crawl: Crawl) -> None:
    with Site({"/": page(0)}) as site:
        port = site.host.partition(":")[2]
        seeds = [f"http://{host}:{port}/" for host in ("127.0.0.1", "localhost", "2130706433", "0x7f000001", "[::1]")]
        seeds.append("http://169.254.169.254/latest/meta-data/")
        listed = ", ".join(f'"{seed}"' for seed in seeds)
        crawl.write(f'name = "inside"\nseeds = [{listed}]\ndelay = 0')
        crawl.run(private="", code=1)
        assert not site.asked()
    assert crawl.report()["total"]["fetched"] == 0
    assert not crawl.files()


def test_a_listed_address_may_not_lead_to_another(crawl: Crawl) -> None:
    with Site(host="127.0.0.2") as inner, Site() as outer:
        inner.routes["/"] = page(1)
        outer.routes["/"] = page(0, [f"{inner.url}/a"])
        outer.routes["/go"] = Answer(b"", 302, headers={"Location": f"{inner.url}/"})
        domains = f'domains = ["{outer.host}", "{inner.host}"]'
        crawl.write(f'name = "o"\nseeds = ["{outer.url}/", "{outer.url}/go"]\n{domains}\ndelay = 0')
        crawl.run(private="127.0.0.1")
        assert not inner.asked()
        assert outer.asked()["/go"] == 1


def test_what_cannot_be_obeyed_ends_with_a_message_and_exit_code_2(crawl: Crawl, tmp_path: Path) -> None:
    crawl.write('name = "a"\nseeds = ["https://example.com/"]\ndrop = ["div["]')
    assert "outlets.toml: outlet 1 ('a'): `drop`: 'div[' is no CSS selector" in crawl.run(code=2)
    crawl.write('name = "a"\nseed = ["https://example.com/"]')
    output = crawl.run(code=2)
    assert "unknown field `seed`" in output
    assert "the keys of an [[outlet]] are: name, domains, seeds" in output
    assert not (tmp_path / "out").exists()


def test_two_crawls_into_one_folder_are_refused(crawl: Crawl) -> None:
    with Site(linked_site(60)) as site:
        crawl.write(f'name = "t"\nseeds = ["{site.url}/"]\ndelay = 0.2')
        first = crawl.start()
        while not site.asked():
            assert first.poll() is None
        output = crawl.run(code=3)
        assert f"another run (process {first.pid}) is writing here" in output
