"""The second run: conditional requests, revisit records, nothing new where nothing changed; two shards."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable

from tests.crawler.conftest import PROJECT, Crawl
from tests.crawler.site import Answer, Site, linked_site, page
from tests.timing import DEADLINE

UNMODIFIED = "http://netpreserve.org/warc/1.1/revisit/server-not-modified"
IDENTICAL = "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest"


def test_an_unchanged_site_answers_304_and_brings_no_new_document(crawl: Crawl) -> None:
    routes = linked_site(25)
    routes["/feed"] = Answer(b"<rss version='2.0'><channel></channel></rss>", kind="application/rss+xml")
    with Site(routes) as site:
        plain = page(77)
        site.routes["/p/7"] = Answer(plain.body, validators=False)
        crawl.write(f'name = "t"\nseeds = ["{site.url}/"]\nfeeds = ["{site.url}/feed"]\ndelay = 0')
        crawl.run()
        first = crawl.responses()
        site.hits.clear()
        crawl.run()
        assert dict(site.asked()) == {"/robots.txt": 1, "/": 1, "/feed": 1}, "only entry points are due so soon"
        site.hits.clear()
        site.routes["/p/3"] = page(99)
        site.hits.clear()
        crawl.run("-a", "recrawl=all")
        again = site.asked()
    assert len(first) == 26
    assert set(again) == {"/robots.txt", "/feed", "/"} | {f"/p/{n}" for n in range(25)}
    conditional = [headers for path, headers, _ in site.hits if path not in ("/robots.txt", "/p/7")]
    assert all("if-none-match" in headers for headers in conditional)
    records = crawl.records()
    revisits = [headers for kind, headers, _, _ in records if kind == "revisit"]
    assert len(revisits) == 1 + 25
    origins = {url: headers for url, (headers, _) in first.items()}
    for revisit in revisits:
        origin = origins[revisit["WARC-Target-URI"]]
        assert revisit["WARC-Refers-To"] == origin["WARC-Record-ID"]
        assert revisit["WARC-Refers-To-Date"] == origin["WARC-Date"]
        assert revisit["WARC-Payload-Digest"] == origin["WARC-Payload-Digest"]
        assert revisit["WARC-Profile"] == (IDENTICAL if revisit["WARC-Target-URI"].endswith("/p/7") else UNMODIFIED)
    assert crawl.archived().count(f"{site.url}/p/3") == 2
    assert len(crawl.archived()) == 27
    report = crawl.report()["outlets"]["t"]
    assert (report["unchanged"], report["fetched"], report["archived"]) == (25, 1, 26)


def test_warcio_check_passes(crawl: Crawl) -> None:
    with Site(linked_site(5)) as site:
        crawl.write(f'name = "t"\nseeds = ["{site.url}/"]\ndelay = 0')
        crawl.run("-s", "GHIRBAL_WARC_BYTES=1500")
    files = crawl.files()
    assert len(files) >= 3, "the archive rotates by size"
    warcio = shutil.which("warcio", path=str(PROJECT / ".venv" / "bin")) or shutil.which("warcio")
    command = [warcio] if warcio else [sys.executable, "-c", "from warcio.cli import main; main()"]
    checked = subprocess.run([*command, "check", "-v", *map(str, files)], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout
    assert "fail" not in checked.stdout
    assert checked.stdout.count("digest pass") >= 12


def test_two_shards_together_fetch_each_page_once(new_crawl: Callable[[str], Crawl]) -> None:
    shards = [new_crawl("one"), new_crawl("two")]
    with Site(linked_site(15)) as a, Site(linked_site(15)) as b, Site(linked_site(15)) as c, Site(linked_site(15)) as d:
        sites = {"a": a, "b": b, "c": c, "d": d}
        shards[0].write(*(f'name = "{name}"\nseeds = ["{site.url}/"]\ndelay = 0' for name, site in sites.items()))
        running = [shard.start("-a", f"shard={k}/2") for k, shard in enumerate(shards, start=1)]
        for process in running:
            output, _ = process.communicate(timeout=DEADLINE)
            assert process.returncode == 0, output
        asked = {name: site.asked() for name, site in sites.items()}
    for name, site in sites.items():
        assert asked[name] == {"/robots.txt": 1, "/": 1} | {f"/p/{n}": 1 for n in range(15)}
        owners = [shard for shard in shards if any(url.startswith(site.url) for url in shard.archived())]
        assert len(owners) == 1
    archived = shards[0].archived() + shards[1].archived()
    assert len(archived) == len(set(archived)) == 64
    assert (shards[0].out / "frontier-1-of-2.sqlite").exists()
    assert (shards[1].out / "report-2-of-2.json").exists()
