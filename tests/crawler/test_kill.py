"""kill -9 at any moment: nothing that was archived is lost, and nothing is fetched again but the page in hand."""

from __future__ import annotations

import os
import random
import signal
import time

import pytest

from tests.crawler.conftest import Crawl
from tests.crawler.site import Site, linked_site
from tests.timing import DEADLINE


def _crawl_with_kills(crawl: Crawl, pages: int, kills: int, seed: int) -> None:
    chance = random.Random(seed)
    with Site(linked_site(pages, traps=True)) as site:
        crawl.write(f'name = "t"\nseeds = ["{site.url}/"]\ndelay = 0.005')
        killed = 0
        while killed < kills:
            # At a random number of pages rather than a random time: starting takes most of the time. The last quarter
            # is left alone, or a busy machine finds the crawl done before it is killed.
            asked = sum(site.asked().values())
            target = asked + chance.randrange(1, max(2, (pages * 3 // 4 - asked) // (kills - killed)))
            process = crawl.start("-s", "LOG_LEVEL=ERROR")
            deadline = time.monotonic() + DEADLINE
            while sum(site.asked().values()) < target and process.poll() is None and time.monotonic() < deadline:
                time.sleep(0.001)
            time.sleep(chance.random() * 0.02)
            assert process.poll() is None, process.communicate()
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            killed += 1
        crawl.run("-s", "LOG_LEVEL=ERROR")
        asked_for = site.asked()
    wanted = {f"{site.url}/"} | {f"{site.url}/p/{number}" for number in range(pages)}
    archived = crawl.archived()
    assert set(archived) == wanted
    assert len(archived) == len(wanted), "a page stands in the archive twice"
    assert not list((crawl.out / "warc").glob("*.open"))
    again = sum(count - 1 for path, count in asked_for.items() if path != "/robots.txt")
    assert again <= kills
    assert len(crawl.archived("request")) == len(wanted)


def test_two_kills_lose_nothing(crawl: Crawl) -> None:
    _crawl_with_kills(crawl, pages=40, kills=2, seed=1)


@pytest.mark.slow
def test_twenty_kills_in_a_crawl_of_four_hundred_pages_lose_nothing(crawl: Crawl) -> None:
    _crawl_with_kills(crawl, pages=400, kills=20, seed=20)


@pytest.mark.slow
def test_interrupt_stops_softly_and_the_same_command_resumes(crawl: Crawl) -> None:
    with Site(linked_site(40)) as site:
        crawl.write(f'name = "t"\nseeds = ["{site.url}/"]\ndelay = 0.02')
        process = crawl.start()
        while sum(site.asked().values()) < 12:
            time.sleep(0.005)
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=DEADLINE)
        assert "shutdown" in output
        first = len(crawl.archived())
        assert 8 <= first < 41
        assert "resuming" in crawl.run()
        asked = site.asked()
    assert len(set(crawl.archived())) == len(crawl.archived()) == 41
    assert max(count for path, count in asked.items() if path != "/robots.txt") == 1


def test_a_full_disk_stops_the_crawl_and_loses_nothing(crawl: Crawl) -> None:
    with Site(linked_site(60)) as site:
        crawl.write(f'name = "t"\nseeds = ["{site.url}/"]\ndelay = 0')
        limited = crawl.start(limit=60 * 1024)
        output, _ = limited.communicate(timeout=DEADLINE)
        assert limited.returncode == 3, output
        assert "cannot write" in output or "cannot be written" in output
        assert "the same command goes on from here" in output
        before = sum(site.asked().values())
        assert before < 60
        crawl.run()
    assert sorted(crawl.archived()) == sorted([f"{site.url}/", *(f"{site.url}/p/{n}" for n in range(60))])
