"""`ghirbal crawl`: the crawl of `scrapy crawl news`, from any folder."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import NoReturn


def become_crawl(
    outlets: str,
    out: str,
    *,
    contact: str | None,
    allow_private: bool,
    arguments: Sequence[str],
    settings: Sequence[str],
) -> NoReturn:
    """Replace this process by Scrapy, which has its own ways with signals, streams and exit codes.

    The working folder is not searched for modules: what lies there may be called like a package of ours.
    """
    ours = {"GHIRBAL_OUT": out, "GHIRBAL_CONTACT": contact, "GHIRBAL_ALLOW_PRIVATE": "1" if allow_private else None}
    given = [f"{name}={value}" for name, value in ours.items() if value is not None]
    call = [sys.executable, "-P", "-m", "scrapy", "crawl", "news", "-a", f"outlets={outlets}"]
    call += [part for argument in arguments for part in ("-a", argument)]
    call += [part for setting in (*given, *settings) for part in ("-s", setting)]
    sys.stdout.flush()
    sys.stderr.flush()
    environment = {**os.environ, "SCRAPY_SETTINGS_MODULE": "crawler.settings"}
    os.execve(sys.executable, call, environment)  # noqa: S606 - no shell is wanted
