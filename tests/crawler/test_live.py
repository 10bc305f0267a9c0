"""Live processing: every page once, in other processes, and the event loop never waits for them."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import orjson
import pytest

from tests.crawler.conftest import Crawl
from tests.crawler.site import Answer, Site, linked_site

LIVE = [
    part
    for setting in (
        "GHIRBAL_LIVE=1",
        "GHIRBAL_LIVE_PROCESSOR=tests.crawler.stub_live.process_page",
        "GHIRBAL_LIVE_COLLECTOR=tests.crawler.stub_live.Collector",
        "GHIRBAL_LIVE_WORKERS=2",
    )
    for part in ("-s", setting)
]


def _kept(out: Path) -> list[dict[str, object]]:
    return [orjson.loads(line) for line in (out / "live.jsonl").read_bytes().split(b"\n")[:-1]]


def test_pages_are_processed_elsewhere(crawl: Crawl) -> None:
    routes = linked_site(30)
    routes["/p/3"] = Answer(b"<p>no story")
    routes["/p/4"] = Answer(b"<p>kill the worker")
    with Site(routes) as site:
        crawl.write(f'name = "t"\nseeds = ["{site.url}/"]\ndelay = 0')
        crawl.run(*LIVE, "-s", "GHIRBAL_LIVE_WORKERS=1")
    kept = _kept(crawl.out)
    assert sorted(str(row["url"]) for row in kept) == sorted(
        f"{site.url}{path}" for path in routes if path not in ("/", "/p/3", "/p/4")
    )
    responses = crawl.responses()
    for row in kept:
        assert responses[str(row["url"])][0]["WARC-Record-ID"] == f"<urn:uuid:{row['id']}>"
        assert row["outlet"] == "t"
        assert row["type"] == "text/html; charset=utf-8"
    report = crawl.report()
    assert report["outlets"]["t"]["live"] == {"kept": 28, "no-story": 1, "worker-died": 1}
    assert (crawl.out / "live.done").exists()


@pytest.mark.slow
def test_the_loop_stays_prompt(crawl: Crawl) -> None:
    with Site(linked_site(60)) as site:
        crawl.write(f'name = "t"\nseeds = ["{site.url}/"]\ndelay = 0')
        crawl.run(*LIVE, "-s", "GHIRBAL_LIVE_WORKERS=1")
    assert crawl.report()["run"]["loop_lag_p95_ms"] < 50


@pytest.mark.slow
def test_a_kill_leaves_no_page_unprocessed(crawl: Crawl) -> None:
    with Site(linked_site(30)) as site:
        crawl.write(f'name = "t"\nseeds = ["{site.url}/"]\ndelay = 0')
        process = crawl.start(*LIVE)
        while sum(site.asked().values()) < 15:
            time.sleep(0.002)
        tasks = Path(f"/proc/{process.pid}/task").glob("*/children")
        children = [child for task in tasks for child in task.read_text().split()]
        assert len(children) >= 3, "two processors and the collector"
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
        deadline = time.monotonic() + 10
        while any(Path(f"/proc/{child}").exists() for child in children):
            assert time.monotonic() < deadline, "a process outlived the crawl that started it"
            time.sleep(0.05)
        crawl.run(*LIVE)
    urls = [str(row["url"]) for row in _kept(crawl.out)]
    assert sorted([f"{site.url}/", *urls]) == sorted(crawl.archived())
    assert len(urls) == 30


def test_a_processor_that_does_not_exist_is_named(crawl: Crawl) -> None:
    crawl.write('name = "a"\nseeds = ["https://example.invalid/"]')
    output = crawl.run("-s", "GHIRBAL_LIVE=1", "-s", "GHIRBAL_LIVE_PROCESSOR=nowhere.at_all", code=2)
    assert "nowhere.at_all: cannot be loaded for live processing" in output
