"""What follows from an answer or a failure: the columns to write, when to come back, what to count.

Pure functions of the row, the facts and the time, so that every policy here is tested without a network.
"""

from __future__ import annotations

import base64
import email.utils
import hashlib
from typing import Any

from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadTimeoutError,
    StopDownload,
)

from corpus.errors import RecordError
from crawler.polite.safety import Refused
from crawler.state.rows import LONGEST_WAIT, Row, Settlement, Target

HOUR, DAY = 3600.0, 86400.0
#: CC news-crawl's adaptive schedule: from 90 minutes to 90 days.
MIN_INTERVAL, MAX_INTERVAL = 1.5 * HOUR, 90 * DAY
#: The first guess, before a page has shown how often it changes.
FIRST_INTERVAL = {"seed": MIN_INTERVAL, "feed": MIN_INTERVAL, "sitemap": MIN_INTERVAL, "listing": MIN_INTERVAL}
DEFAULT_INTERVAL = 2 * DAY
#: Halve when it changed, double when it did not: the schedule finds the page's pace within a factor of two.
FASTER, SLOWER = 0.5, 2.0

#: Tries of one url within a run, and the wait in seconds before the second; later ones wait six times longer.
MAX_ATTEMPTS = 3
FIRST_WAIT = 5.0
WAIT_FACTOR = 6.0
#: How long 429 or 503 without Retry-After silences a host.
DEFAULT_BACKOFF = 60.0

#: How long a host is left alone whose robots.txt could not be had; a new start asks again at once.
ROBOTS_PAUSE = 600.0
#: How long a host is left alone whose answer took longer to read than any may.
READING_PAUSE = 600.0

NOT_MODIFIED = 304
TOO_MANY, UNAVAILABLE = 429, 503
_RETRIED = frozenset((408, 425, 500, 502, 504, 520, 521, 522, 523, 524))


def payload_digest(body: bytes) -> str:
    """Return the SHA-1 of a body as WARC writes it, in base32."""
    return base64.b32encode(hashlib.sha1(body, usedforsecurity=False).digest()).decode()


def next_interval(row: Row, changed: bool) -> float:
    """Return the seconds until a page is worth another look, from the last interval and whether it changed."""
    if row.status is None or not row.interval:
        return FIRST_INTERVAL.get(row.kind, DEFAULT_INTERVAL)
    factor = FASTER if changed else SLOWER
    return min(max(row.interval * factor, MIN_INTERVAL), MAX_INTERVAL)


def retry_after(value: str, now: float) -> float:
    """Return the seconds a Retry-After header asks for, at most an hour; without a readable one a minute.

    >>> retry_after("7.5", 0.0), retry_after("1e9", 0.0), retry_after("99999999", 0.0)
    (7.5, 60.0, 3600.0)
    """
    text = value.strip()
    if text.isascii() and text.replace(".", "", 1).isdigit():
        return min(float(text[:12]), LONGEST_WAIT)
    try:
        wanted = email.utils.parsedate_to_datetime(text).timestamp() - now
    except (ValueError, TypeError, OverflowError):
        return DEFAULT_BACKOFF
    return min(max(wanted, 0.0), LONGEST_WAIT)


def fetched(row: Row, now: float, facts: dict[str, Any], changed: bool) -> Settlement:
    """Settle a url whose page came; `facts` are further columns (etag, digest, ...)."""
    interval = next_interval(row, changed)
    changes = {
        "state": "fetched", "fetched": now, "reason": "", "attempts": 0, "refusals": 0, "interval": interval,
        "due": now + interval, **facts,
    }  # fmt: skip
    return Settlement(row, changes)


def closed(row: Row, now: float, state: str, reason: str, status: int | None = None) -> Settlement:
    """Settle a url for this run without a page: "failed" or "refused", or "fetched" for what needs no second look."""
    changes = {"state": state, "reason": reason, "due": None, "status": status, "fetched": now}
    if state == "failed":
        changes["refusals"] = row.refusals + 1
    return Settlement(row, changes, counts={f"{state}:{reason}" if reason else state: 1})


def postponed(row: Row, now: float, reason: str, wait: float = 0.0, first: float = FIRST_WAIT) -> Settlement:
    """Settle a url that is worth another try later in this run, or that has had its tries.

    It waits `first` seconds before its second try and six times longer before its third, at least `wait`.
    """
    attempts = row.attempts + 1
    if attempts >= MAX_ATTEMPTS:
        return closed(row, now, "failed", reason)
    due = now + max(wait, first * WAIT_FACTOR ** (attempts - 1))
    return Settlement(row, {"attempts": attempts, "due": due, "reason": reason}, counts={"retried": 1})


def answered_badly(row: Row, now: float, status: int, asked: str, first: float = FIRST_WAIT) -> Settlement:
    """Settle an answer that is neither a page nor a redirect; `asked` is its Retry-After."""
    if status in (TOO_MANY, UNAVAILABLE):
        wait = retry_after(asked, now) * (1 if asked else 2**row.attempts)
        reason = "too-many-requests" if status == TOO_MANY else "server-error"
        settled = postponed(row, now, reason, wait, first)
        settled.hold, settled.lasting = min(wait, LONGEST_WAIT), bool(asked)
        return settled
    if status in _RETRIED:
        return postponed(row, now, "server-error", first=first)
    return closed(row, now, "failed", f"http-{status}", status)


def went_wrong(row: Row, now: float, fault: BaseException, first: float = FIRST_WAIT) -> Settlement:
    """Settle a download that gave no answer."""
    reason = reason_of(fault)
    if reason == "robots-unreachable":
        # The url stays as it is, without a try: its host is not to be asked now.
        counts = {f"postponed:{reason}": 1}
        return Settlement(row, {"reason": reason}, counts=counts, hold=ROBOTS_PAUSE, asked=False)
    if reason in ("timeout", "connection", "dns"):
        return postponed(row, now, reason, first=first)
    settled = closed(row, now, "refused" if isinstance(fault, Refused) else "failed", reason)
    settled.asked = not isinstance(fault, Refused)
    return settled


def reason_of(fault: BaseException) -> str:
    """Name what went wrong with a download, in kebab-case."""
    if isinstance(fault, (Refused, RecordError)):
        return fault.reason
    if isinstance(fault, DownloadCancelledError):
        return "too-large"
    if isinstance(fault, StopDownload):
        return "not-a-page"
    if isinstance(fault, DownloadTimeoutError):
        return "timeout"
    return "dns" if isinstance(fault, CannotResolveHostError) else "connection"


def moved(row: Row, now: float, target: Target | str, status: int) -> Settlement:
    """Settle a url that only points elsewhere; the target becomes a url of its own, or the reason is kept."""
    if isinstance(target, str):
        return closed(row, now, "failed", f"redirect-{target}", status)
    settled = closed(row, now, "fetched", "redirect", status)
    settled.found = [target]
    return settled
