"""Crawls of real sites on loopback, each in a process of its own, as a user starts them."""

from __future__ import annotations

import gzip
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
import pytest
from warcio.archiveiterator import ArchiveIterator

from tests.crawler.forks import run_forked

PROJECT = Path(__file__).parents[2]


@dataclass
class Crawl:
    """A crawl folder and how to run a crawl into it."""

    out: Path
    outlets: Path
    processes: list[subprocess.Popen[str]] = field(default_factory=list)

    def command(self, arguments: tuple[str, ...], private: str = "1") -> list[str]:
        """Return the command of a crawl."""
        command = ["scrapy", "crawl", "news", "-a", f"outlets={self.outlets}"]
        settings = {"GHIRBAL_OUT": str(self.out), "GHIRBAL_ALLOW_PRIVATE": private, "AUTOTHROTTLE_ENABLED": "0"}
        settings |= {"GHIRBAL_RETRY_SECONDS": "0.2", "GHIRBAL_CONTACT": "test@example.com"}
        for name, value in settings.items():
            command += ["-s", f"{name}={value}"]
        return [*command, *arguments]

    def start(self, *arguments: str, limit: int = 0) -> subprocess.Popen[str]:
        """Start a crawl and do not wait for it; `limit` is the largest file it may write, in bytes."""
        process = subprocess.Popen(
            [sys.executable, "-m", *self.command(arguments)],
            cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
            preexec_fn=(lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))) if limit else None,
        )  # fmt: skip
        self.processes.append(process)
        return process

    def run(self, *arguments: str, private: str = "1", code: int = 0) -> str:
        """Run a crawl to its end, demand its exit code, and return what it printed."""
        done = run_forked(self.out.with_name("printed"), *self.command(arguments, private))
        assert done.returncode == code, done.stderr
        return done.stdout + done.stderr

    def write(self, *entries: str) -> None:
        """Write the outlets file from the bodies of its tables."""
        self.outlets.write_text("".join(f"[[outlet]]\n{entry}\n" for entry in entries), "utf-8")

    def files(self) -> list[Path]:
        """Return the published archive files, in the order they were begun."""
        return sorted((self.out / "warc").glob("*.warc.gz"), key=lambda path: path.stat().st_mtime_ns)

    def records(self) -> list[tuple[str, dict[str, str], dict[str, str], bytes]]:
        """Return (type, WARC headers, HTTP headers, raw body) of every record of every archive."""
        found = []
        for path in self.files():
            with gzip.open(path) as stream:
                stream.read()  # raises where the file is cut
            with path.open("rb") as raw:
                for record in ArchiveIterator(raw, check_digests="raise"):
                    http = dict(record.http_headers.headers) if record.http_headers else {}
                    if record.http_headers:
                        http[":status"] = record.http_headers.statusline
                    found.append((record.rec_type, dict(record.rec_headers.headers), http, record.raw_stream.read()))
        return found

    def archived(self, kind: str = "response") -> list[str]:
        """Return the urls of all records of a kind, in order."""
        return [headers["WARC-Target-URI"] for rec_type, headers, _, _ in self.records() if rec_type == kind]

    def responses(self) -> dict[str, tuple[dict[str, str], bytes]]:
        """Return the WARC headers and the raw body of each response record, by url."""
        found = [(headers, body) for kind, headers, _, body in self.records() if kind == "response"]
        return {headers["WARC-Target-URI"]: (headers, body) for headers, body in found}

    def report(self, name: str = "report.json") -> dict[str, Any]:
        """Return the crawl report."""
        return orjson.loads((self.out / name).read_bytes())


@pytest.fixture
def crawl(tmp_path: Path) -> Iterator[Crawl]:
    """Give a crawl into a folder of its own; what still runs at the end is killed."""
    found = Crawl(tmp_path / "out", tmp_path / "outlets.toml")
    yield found
    for process in found.processes:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()


@pytest.fixture
def new_crawl(tmp_path: Path) -> Callable[[str], Crawl]:
    """Give crawls into several folders that share an outlets file."""
    return lambda name: Crawl(tmp_path / name, tmp_path / "outlets.toml")
