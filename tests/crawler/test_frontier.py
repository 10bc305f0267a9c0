"""The frontier: states, runs, what is due, and that a transaction is all or nothing."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from corpus.errors import EnvironmentFault
from crawler.progress import build_report
from crawler.state import frontier as frontiers
from crawler.state import settle
from crawler.state.frontier import Frontier
from crawler.state.rows import Row, Settlement, Target

NOW = 1_800_000_000.0
ALL = ["e", "e/lists"]


def target(name: str, kind: str = "article", outlet: str = "e", host: str = "e.com") -> Target:
    return Target(f"https://{host}/{name}", f"https://{host}/{name}", host, outlet, kind)


@pytest.fixture
def frontier(tmp_path: Path) -> Iterator[Frontier]:
    found = Frontier(tmp_path / "frontier.sqlite")
    found.begin(NOW, "due")
    yield found
    found.close()


def rows(frontier: Frontier, at: float = NOW + 1) -> list[Row]:
    return frontier.waiting("e.com", at, 99, ALL)


def names(frontier: Frontier, at: float = NOW + 1) -> list[str]:
    return [row.url.rpartition("/")[2] for row in rows(frontier, at)]


def test_a_url_is_known_once_and_the_best_come_first(frontier: Frontier) -> None:
    kinds = ("page", "listing", "article", "seed", "feed", "sitemap")
    assert frontier.add([target(kind, kind) for kind in kinds], NOW) == 6
    assert frontier.add([target(kind, kind) for kind in kinds], NOW) == 0
    assert names(frontier) == ["feed", "sitemap", "seed", "article", "listing", "page"]
    assert frontier.hosts() == ["e.com"]


def test_outlets_without_budget_are_passed_over(frontier: Frontier) -> None:
    frontier.add([target("a"), target("f", "feed"), target("b", outlet="x")], NOW)
    assert {row.url[-1] for row in frontier.waiting("e.com", NOW, 9, ["e", "x"])} == {"a", "b"}
    assert {row.url[-1] for row in frontier.waiting("e.com", NOW, 9, ["e/lists"])} == {"f"}
    assert frontier.next_due("e.com", ["x"]) == NOW
    assert frontier.next_due("e.com", []) is None


def test_a_fetched_url_is_gone_until_it_is_due_in_a_later_run(tmp_path: Path) -> None:
    path = tmp_path / "frontier.sqlite"
    frontier = Frontier(path)
    assert not frontier.begin(NOW, "due")
    frontier.add([target("a"), target("s", "seed")], NOW)
    settled = [settle.fetched(row, NOW, {"etag": "x", "archived": "d r"}, changed=True) for row in rows(frontier)]
    frontier.settle(settled, [("w", "open", 10)], NOW)
    assert names(frontier) == []
    frontier.close()
    frontier = Frontier(path)
    assert frontier.begin(NOW + 100, "due"), "not finished, so it is resumed"
    assert names(frontier, NOW + 100) == []
    frontier.finish(NOW + 100, "finished")
    for recrawl, at, wanted in (
        ("none", NOW + 200, ["s"]), ("due", NOW + 300, ["s"]), ("all", NOW + 400, ["s", "a"]),
        ("due", NOW + 9_999_999, ["s", "a"]),
    ):  # fmt: skip
        assert not frontier.begin(at, recrawl)
        assert names(frontier, at) == wanted
        assert all(row.etag == "x" for row in rows(frontier, at))
        frontier.settle([settle.fetched(row, NOW, {}, changed=True) for row in rows(frontier, at)], [], at)
        frontier.finish(at, "finished")
    frontier.close()


def test_a_later_run_tries_again_what_failed_in_passing(frontier: Frontier) -> None:
    frontier.add([target(name) for name in ("timeout", "http-404", "robots")], NOW)
    for row in rows(frontier):
        reason = row.url.rpartition("/")[2]
        state = "refused" if reason == "robots" else "failed"
        frontier.settle([settle.closed(row, NOW, state, reason)], [], NOW)
    frontier.finish(NOW, "finished")
    frontier.begin(NOW + 10, "due")
    assert sorted(names(frontier, NOW + 10)) == ["http-404", "robots", "timeout"]


def test_entry_points_are_asked_in_every_run_and_other_refusals_four_times(frontier: Frontier) -> None:
    kinds = ("seed", "feed", "sitemap", "article", "page")
    frontier.add([target(kind, kind) for kind in kinds], NOW)
    asked = []
    for run in range(7):
        at = NOW + run * 86_400
        asked.append(sorted(names(frontier, at)))
        settled = [settle.answered_badly(row, at, 403, "") for row in rows(frontier, at)]
        frontier.settle(settled, [], at)
        frontier.finish(at, "finished")
        frontier.begin(at + 86_400, "all" if run == 5 else "due")
    assert asked == [sorted(kinds)] * 4 + [["feed", "seed", "sitemap"]] * 2 + [sorted(kinds)]


def test_a_seed_that_is_postponed_is_asked_at_once_in_the_next_run(frontier: Frontier) -> None:
    frontier.add([target("s", "seed"), target("a")], NOW)
    frontier.settle([settle.postponed(row, NOW, "timeout", 1800) for row in rows(frontier)], [], NOW)
    assert names(frontier) == []
    frontier.finish(NOW, "finished")
    frontier.begin(NOW + 10, "due")
    assert names(frontier, NOW + 10) == ["s"]


def test_what_was_a_mere_page_and_is_now_a_feed_is_asked_as_one(frontier: Frontier) -> None:
    frontier.add([target("x", "page", outlet="old"), target("y", "feed")], NOW)
    frontier.enter([target("x", "feed"), target("y", "seed")], NOW)
    assert {row.url[-1]: (row.kind, row.outlet) for row in rows(frontier)} == {"x": ("feed", "e"), "y": ("feed", "e")}


def test_an_overdrawn_account_is_served_last_and_then_no_more(frontier: Frontier) -> None:
    frontier.add([target("s", "seed"), target("c", "page")], NOW)
    found = [replace(target(name, "page"), family="e.com/calendar") for name in "ab"]
    seed = settle.fetched(rows(frontier)[0], NOW, {}, changed=True)
    seed.found = found
    frontier.settle([seed], [], NOW)
    first = next(row for row in rows(frontier) if row.family)
    frontier.serve_last(first)
    assert names(frontier) == ["c", "a", "b"]
    frontier.serve_last(rows(frontier)[1])
    assert names(frontier) == ["c"]
    assert frontier.tallies() == {"e": {"discovered": 2, "refused:trap": 2}}


def test_a_file_of_the_first_version_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "frontier.sqlite"
    with sqlite3.connect(path) as db:
        db.executescript(f"{frontiers._VERSIONS[0]} PRAGMA user_version=1;")
    db.close()
    frontier = Frontier(path)
    frontier.begin(NOW, "due")
    frontier.add([target("a")], NOW)
    assert (names(frontier), frontier.worth()) == (["a"], {})
    frontier.close()


def test_the_report_names_outlets_that_gave_nothing(frontier: Frontier) -> None:
    frontier.add([target("a", "seed"), target("b", "feed", "f"), target("c", "feed", "g")], NOW)
    refused, *lists = (*rows(frontier), *frontier.waiting("e.com", NOW, 9, ["f/lists", "g/lists"]))
    frontier.settle([settle.answered_badly(refused, NOW, 403, "")], [], NOW)
    for row, counts in zip(lists, ({"lists": 1, "empty-lists": 1}, {"lists": 1}), strict=True):
        frontier.settle([Settlement(row, {"state": "fetched"}, counts=counts)], [], NOW)
    assert build_report(frontier, {}, ["e", "f", "g", "h"])["silent"] == {"e": {"http-403": 1}, "f": {}, "h": {}}


def test_a_clock_that_jumped_back_puts_nothing_off_for_a_year(frontier: Frontier) -> None:
    frontier.add([target("a")], NOW)
    frontier.begin(NOW - 365 * 86400, "due")
    assert names(frontier, NOW - 365 * 86400 + 3601) == ["a"]


def test_a_settlement_is_all_or_nothing(frontier: Frontier) -> None:
    frontier.add([target("a"), target("b")], NOW)
    good, bad = rows(frontier)
    broken = Settlement(bad, {"no_such_column": 1})
    with pytest.raises(EnvironmentFault, match="no such column"):
        frontier.settle([settle.fetched(good, NOW, {}, changed=True), broken], [("w", "open", 5)], NOW)
    assert names(frontier) == ["a", "b"]
    assert frontier.archives() == []


def test_holds_outlive_a_restart_but_no_longer_than_an_hour(frontier: Frontier) -> None:
    frontier.hold("e.com", NOW + 90)
    frontier.hold("f.com", NOW + 1e9)
    assert frontier.holds(NOW) == {"e.com": NOW + 90, "f.com": NOW + 3600}
    assert frontier.holds(NOW + 100) == {"f.com": NOW + 3700}


def test_another_version_and_another_file_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "frontier.sqlite"
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA user_version=99")
    db.close()
    with pytest.raises(EnvironmentFault, match="written by version 99"):
        Frontier(path)
    path.write_bytes(b"no database" * 100)
    with pytest.raises(EnvironmentFault, match="cannot open the frontier"):
        Frontier(path)


@pytest.mark.parametrize("error", [sqlite3.DatabaseError, sqlite3.OperationalError, sqlite3.IntegrityError])
def test_whatever_sqlite_refuses_is_a_fault_that_names_the_file(frontier: Frontier, error: type[sqlite3.Error]) -> None:
    with pytest.raises(EnvironmentFault, match=r"frontier\.sqlite: .*malformed"), frontier.transaction():
        raise error("database disk image is malformed")


def test_a_damaged_file_is_a_fault_in_reading_and_in_writing(tmp_path: Path) -> None:
    path = tmp_path / "frontier.sqlite"
    frontier = Frontier(path)
    frontier.begin(NOW, "due")
    frontier.add([target(str(n)) for n in range(200)], NOW)
    frontier.close()
    data = bytearray(path.read_bytes())
    data[4096:] = b"\xff" * (len(data) - 4096)
    path.write_bytes(data)
    frontier = Frontier(path)
    for call in (
        lambda: frontier.begin(NOW, "due"),
        lambda: frontier.hosts(),
        lambda: frontier.waiting("e.com", NOW, 9, ALL),
        lambda: frontier.hold("e.com", NOW),
        lambda: frontier.add([target("x")], NOW),
        lambda: frontier.archives(),
    ):
        with pytest.raises(EnvironmentFault, match="damaged"):
            call()
    frontier.close()


def test_the_report_adds_up(frontier: Frontier) -> None:
    frontier.add([target(name) for name in "abcd"], NOW)
    a, b, c, _ = rows(frontier)
    page = settle.fetched(a, NOW, {"archived": "d r", "article": 1, "status": 200}, changed=True)
    page.counts, page.found = {"fetched": 1, "bytes": 900, "articles": 1}, [target("e")]
    refused, failed = settle.closed(b, NOW, "refused", "robots"), settle.closed(c, NOW, "failed", "timeout", 408)
    frontier.settle([page, refused, failed], [("w", "published", 10)], NOW)
    report = build_report(frontier, {"since": "2026-11-01"})
    assert report["run"] == {"since": "2026-11-01"}
    own = report["outlets"]["e"]
    wanted = {"known": 5, "discovered": 1, "fetched": 1, "articles": 1, "bytes": 900, "waiting": 2, "archived": 1}
    assert {name: own[name] for name in wanted} == wanted
    assert (own["refused"], own["failed"]) == ({"robots": 1}, {"timeout": 1})
    assert own["statuses"] == {"200": 1, "408": 1}
    assert own["samples"] == [{"url": a.url, "title": ""}]
    assert [n for _, n in report["hours"]] == [1]
    assert report["total"]["refused"] == report["total"]["failed"] == 1
    assert report["archives"] == [{"name": "w", "state": "published", "bytes": 10}]
