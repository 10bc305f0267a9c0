"""Stand-ins for live processing: they take the time that extraction takes, and remember what they saw."""

from __future__ import annotations

import os
import time
from pathlib import Path

import orjson

from corpus.document import Page

#: What trafilatura takes for a news page.
SECONDS = 0.057


def process_page(page: Page) -> bytes | None:
    """Burn CPU, then hand on what came; a page that asks for it kills its process."""
    if b"kill the worker" in page.body:
        os._exit(1)
    end = time.process_time() + SECONDS
    while time.process_time() < end:
        sum(range(1000))
    if b"no story" in page.body:
        return None
    fields = ("id", "url", "fetched", "status", "outlet", "title", "truncated")
    row = {name: getattr(page, name) for name in fields} | {"body": page.body.decode(), "source": page.source}
    return orjson.dumps(row | {"type": page.header("content-type")})


class Collector:
    """Append results to a file; the id is known on the second time."""

    def __init__(self, out: str) -> None:
        self._path = Path(out) / "live.jsonl"
        lines = self._path.read_bytes().split(b"\n")[:-1] if self._path.exists() else []
        self._seen = {orjson.loads(line)["id"] for line in lines}

    def add(self, result: bytes) -> str:
        """Keep a result once."""
        identity = orjson.loads(result)["id"]
        if identity in self._seen:
            return "known"
        self._seen.add(identity)
        with self._path.open("ab") as stream:
            stream.write(result + b"\n")
        return "kept"

    def close(self) -> None:
        """Leave a mark."""
        (self._path.parent / "live.done").touch()
