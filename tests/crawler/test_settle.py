"""What follows from an answer: when to come back, how often to try, what a failure is called."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadFailedError,
    DownloadTimeoutError,
    StopDownload,
)

from corpus.errors import RecordError
from crawler.polite.safety import Refused
from crawler.state import settle
from crawler.state.rows import LONGEST_WAIT, Row, Target
from crawler.state.settle import DAY, HOUR, MAX_INTERVAL, MIN_INTERVAL

NOW = 1_800_000_000.0


def row(**changes: object) -> Row:
    values: dict[str, object] = {
        "id": 1, "key": "https://e.com/a", "url": "https://e.com/a", "host": "e.com", "outlet": "e", "kind": "article",
    }  # fmt: skip
    return Row(**(values | changes))  # type: ignore[arg-type]


def test_a_page_is_revisited_as_often_as_it_changes() -> None:
    assert settle.next_interval(row(), changed=True) == 2 * DAY
    assert settle.next_interval(row(kind="listing"), changed=True) == 1.5 * HOUR
    known = row(status=200, interval=2 * DAY)
    assert settle.next_interval(known, changed=True) == DAY
    assert settle.next_interval(known, changed=False) == 4 * DAY


@given(st.lists(st.booleans(), max_size=40))
def test_the_interval_stays_between_ninety_minutes_and_ninety_days(changes: list[bool]) -> None:
    interval = 0.0
    for changed in changes:
        interval = settle.next_interval(row(status=200, interval=interval), changed)
        assert MIN_INTERVAL <= interval <= MAX_INTERVAL


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("0", 0), ("120", 120), (" 7 ", 7), ("999999999999999999999", LONGEST_WAIT), ("", 60), ("soon", 60), ("-5", 60),
        ("٣", 60), ("1e9", 60), ("Fri, 15 Jan 2027 08:00:30 GMT", 30), ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", LONGEST_WAIT), ("Fri, 31 Dec 99999999 23:59:59 GMT", 60),
    ],
)  # fmt: skip
def test_retry_after_is_read_and_capped(header: str, seconds: float) -> None:
    assert settle.retry_after(header, NOW) == seconds


@given(st.text(max_size=40))
def test_no_retry_after_is_longer_than_an_hour(header: str) -> None:
    assert 0 <= settle.retry_after(header, NOW) <= LONGEST_WAIT


def test_passing_failures_are_tried_three_times() -> None:
    first = settle.postponed(row(), NOW, "timeout")
    assert first.changes == {"attempts": 1, "due": NOW + 5, "reason": "timeout"}
    second = settle.postponed(row(attempts=1), NOW, "timeout")
    assert second.changes["due"] == NOW + 30
    third = settle.postponed(row(attempts=2), NOW, "timeout")
    assert (third.changes["state"], third.changes["due"], third.counts) == ("failed", None, {"failed:timeout": 1})


def test_overload_silences_the_host() -> None:
    polite = settle.answered_badly(row(), NOW, 429, "90")
    assert (polite.hold, polite.lasting, polite.changes["due"]) == (90, True, NOW + 90)
    mute = settle.answered_badly(row(attempts=1), NOW, 503, "")
    assert (mute.hold, mute.lasting) == (120, False)
    assert settle.answered_badly(row(), NOW, 500, "").hold == 0
    assert settle.answered_badly(row(), NOW, 403, "").counts == {"failed:http-403": 1}


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (Refused("robots"), "robots"),
        (DownloadCancelledError("Expected response size larger than"), "too-large"),
        (RecordError("the body unpacks to more", reason="too-large"), "too-large"),
        (StopDownload(), "not-a-page"),
        (DownloadTimeoutError(), "timeout"),
        (Refused("private-address"), "private-address"),
        (CannotResolveHostError("no such host"), "dns"),
        (DownloadFailedError("reset"), "connection"),
        (OSError("anything"), "connection"),
    ],
)
def test_failures_have_names(fault: Exception, reason: str) -> None:
    assert settle.reason_of(fault) == reason


def test_refusals_are_not_failures_and_an_unreachable_robots_txt_is_no_verdict() -> None:
    refused = settle.went_wrong(row(), NOW, Refused("robots"))
    assert (refused.changes["state"], refused.counts) == ("refused", {"refused:robots": 1})
    unreachable = settle.went_wrong(row(), NOW, Refused("robots-unreachable"))
    assert "state" not in unreachable.changes
    assert (unreachable.hold, unreachable.lasting, unreachable.asked) == (600, False, False)


def test_a_redirect_leads_to_a_url_of_its_own() -> None:
    target = Target("k", "https://e.com/b", "e.com", "e", "article")
    result = settle.moved(row(), NOW, target, 301)
    assert result.found == [target]
    assert result.changes["state"] == "fetched"
    assert settle.moved(row(), NOW, "offsite", 301).counts == {"failed:redirect-offsite": 1}
