"""Render outlets that are empty without JavaScript, through scrapy-playwright (extra `javascript`).

Only documents, scripts and data requests go out, over http and https, and only to addresses the guard allows.
The browser resolves names itself a second time, so this guard is weaker than the one behind plain requests:
render only outlets you trust not to point their names at your network.
"""

from __future__ import annotations

import asyncio
import importlib.util
import os
import socket
import time
from typing import Any
from urllib.parse import urlsplit

from scrapy.settings import BaseSettings

from corpus.errors import UsageError
from crawler.polite.safety import AddressGuard

_HANDLER = "scrapy_playwright.handler.ScrapyPlaywrightDownloadHandler"
_WANTED = frozenset(("document", "script", "xhr", "fetch", "stylesheet"))
#: Seconds for which a name's answer is believed.
_REMEMBERED = 60.0


def enable_browser(settings: BaseSettings) -> None:
    """Route requests marked `playwright` through a headless browser.

    Raises:
        UsageError: the extra is not installed.
    """
    if importlib.util.find_spec("scrapy_playwright") is None:
        raise UsageError(
            "an outlet has `javascript = true`, which needs the extra: pip install 'ghirbal[javascript]', "
            "then `playwright install chromium` (or name a browser with -s GHIRBAL_BROWSER=/usr/bin/chromium)"
        )
    # Chromium refuses to build its sandbox for root, and then would not start.
    launch: dict[str, Any] = {"headless": True, "chromium_sandbox": os.geteuid() != 0}
    if executable := settings.get("GHIRBAL_BROWSER"):
        launch |= {"executable_path": executable}
    guard = AddressGuard(str(settings.get("GHIRBAL_ALLOW_PRIVATE") or ""))
    values = {
        "DOWNLOAD_HANDLERS": {**settings.getdict("DOWNLOAD_HANDLERS"), "http": _HANDLER, "https": _HANDLER},
        "PLAYWRIGHT_BROWSER_TYPE": "chromium",
        "PLAYWRIGHT_LAUNCH_OPTIONS": launch,
        "PLAYWRIGHT_CONTEXTS": {"default": {"service_workers": "block", "accept_downloads": False}},
        "PLAYWRIGHT_MAX_PAGES_PER_CONTEXT": 4,
        "PLAYWRIGHT_DEFAULT_NAVIGATION_TIMEOUT": settings.getfloat("DOWNLOAD_TIMEOUT") * 1000,
        "PLAYWRIGHT_ABORT_REQUEST": BrowserGuard(guard).refuses,
    }
    for name, value in values.items():
        settings.set(name, value, priority="spider")


class BrowserGuard:
    """Decide about each request a page makes inside the browser."""

    def __init__(self, guard: AddressGuard) -> None:
        self._guard = guard
        self._answers: dict[str, tuple[float, bool]] = {}

    async def refuses(self, request: Any) -> bool:
        """Tell whether to abort a request of the browser."""
        parts = urlsplit(request.url)
        if parts.scheme not in ("http", "https") or request.resource_type not in _WANTED or not parts.hostname:
            return True
        at, allowed = self._answers.get(parts.hostname, (float("-inf"), False))
        if self._guard.allows_all or time.monotonic() - at < _REMEMBERED:
            return not (self._guard.allows_all or allowed)
        try:
            answers = await asyncio.get_running_loop().getaddrinfo(parts.hostname, None, type=socket.SOCK_STREAM)
        except OSError:
            return True
        allowed = all(self._guard.allows(str(answer[4][0])) for answer in answers)
        self._answers[parts.hostname] = (time.monotonic(), allowed)
        return not allowed
