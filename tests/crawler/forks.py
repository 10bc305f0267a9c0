"""Commands of the crawler in processes of their own, forked from one that has loaded the code already.

Scrapy's reactor starts once a process, and loading the code costs three times what a crawl on loopback does.
"""

from __future__ import annotations

import atexit
import os
import sys
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from scrapy.cmdline import execute

from ghirbal.__main__ import run
from tests.timing import DEADLINE

ROOT = Path(__file__).parents[2]

_FORKS = get_context("forkserver")
_FORKS.set_forkserver_preload(
    [__name__, "crawler.discovery", "crawler.progress", "crawler.spiders.news", "ghirbal.cli"]
)


@dataclass
class Done:
    """How a command ended, and what it printed."""

    returncode: int | None
    stdout: str
    stderr: str


def run_forked(folder: Path, *arguments: str) -> Done:
    """Run `ghirbal` or `scrapy` with arguments; `folder` is for what they print."""
    folder.mkdir(exist_ok=True)
    printed = folder / "stdout", folder / "stderr"
    process = _FORKS.Process(target=_be, args=(printed, arguments))
    process.start()
    process.join(DEADLINE)
    process.kill()
    done = Done(process.exitcode, *(path.read_text("utf-8") for path in printed))
    assert "Traceback" not in done.stdout + done.stderr, done.stderr
    return done


def _be(printed: tuple[Path, Path], arguments: tuple[str, ...]) -> None:
    for number, path in enumerate(printed, 1):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
    os.chdir(ROOT)  # where scrapy.cfg is
    sys.argv = list(arguments)
    atexit._clear()
    try:
        execute() if arguments[0] == "scrapy" else run()
    finally:
        atexit._run_exitfuncs()  # a fork runs none by itself, and one of the crawler sets the exit code
