"""Live crawling: each fetched page becomes a clean story, checked against those the crawl has, while it goes on.

The crawler loads both names by their dotted paths (crawler/live.py) and never imports this package: `process_page`
runs in several processes, one `Collector` in a process of its own. What an outlet repeats is not known yet while a
crawl runs, so a story is cleaned by structure and lexicon alone; `ghirbal build` over the archive knows more.

    OUT/live/corpus/part-00000.jsonl.zst     stories kept      OUT/live/index/    what new ones are compared with
    OUT/live/removed/part-00000.jsonl.zst    copies, and of what
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import Any

import orjson

from cleaning.filters import Filter
from cleaning.stages import Clean, Extract
from corpus.commit import sync_folder, translated
from corpus.document import Document, Page, Verdict, document_from, drop, to_json
from corpus.stage import Stage, judge
from corpus.task import audit_row
from corpus.writers import open_shard
from dedup.index import Index, Match
from dedup.stages import quote

#: Stories to a published part: some minutes of a crawl of many outlets, and about 4 MB.
PART_ROWS = 1_000


@cache
def _stages() -> tuple[Stage, ...]:
    return (Extract(), Clean(), Filter())


def process_page(page: Page) -> bytes | None:
    """Return a page's story as a line of JSON, or None if it holds none that the filters keep."""
    record: Any = page
    for stage in _stages():
        verdict = judge(stage, record)
        if verdict.record is None:
            return None
        record = verdict.record
    return to_json(record)


class Journal:
    """Rows on their way into a shard: on disk when `append` returns, published as a part when there are enough.

    The open part is a hidden file of plain lines; a crash leaves at most half a line, which is cut off again.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        with translated(folder):
            folder.mkdir(parents=True, exist_ok=True)
        self._number = len(list(folder.glob("part-*.jsonl.zst")))
        for stale in folder.glob(".part-*.open"):
            if (folder / f"{stale.stem.removeprefix('.')}.jsonl.zst").exists():
                stale.unlink()
        data = self._open_part.read_bytes() if self._open_part.exists() else b""
        whole = data[: data.rfind(b"\n") + 1]
        if len(whole) != len(data):
            os.truncate(self._open_part, len(whole))
        self.rows: list[dict[str, Any]] = [orjson.loads(line) for line in whole.split(b"\n")[:-1]]

    @property
    def _open_part(self) -> Path:
        return self._folder / f".part-{self._number:05d}.open"

    def append(self, row: dict[str, Any]) -> None:
        """Add one row; it survives a crash once this returns."""
        with translated(self._open_part), self._open_part.open("ab") as stream:
            stream.write(orjson.dumps(row, option=orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE))
            stream.flush()
            os.fsync(stream.fileno())
        self.rows.append(row)
        if len(self.rows) >= PART_ROWS:
            self.publish()

    def publish(self) -> None:
        """Give the open part its final name, if there is anything in it."""
        if not self.rows:
            return
        with open_shard(self._folder / f"part-{self._number:05d}.jsonl.zst", "jsonl.zst") as shard:
            for row in self.rows:
                shard.write(row)
        with translated(self._folder):
            self._open_part.unlink()
            sync_folder(self._folder)
        self._number += 1
        self.rows = []


class Collector:
    """Keep each story once: the crawler's `Collector`."""

    def __init__(self, out: str) -> None:
        folder = Path(out) / "live"
        self._kept, self._removed = Journal(folder / "corpus"), Journal(folder / "removed")
        self._index = Index(folder / "index")

    def add(self, result: bytes) -> str:
        """Keep the story ("kept"), or say of what kind of copy it is; a story seen before a crash is "known"."""
        row = orjson.loads(result)
        document = document_from(row)
        match = self._index.lookup(document)
        if match is not None and match.copy.id == document.id:
            return "known"
        if match is not None:
            verdict = _copy_of(match, document)
            self._removed.append(audit_row(document.source, verdict, "dedup", document))
            return verdict.reason
        if not any(kept["id"] == document.id for kept in self._kept.rows):
            self._kept.append(row)
        self._index.add([document])
        return "kept"

    def close(self) -> None:
        """Publish what is still open."""
        self._kept.publish()
        self._removed.publish()


def _copy_of(match: Match, document: Document) -> Verdict:
    relation = match.copy.relation
    reason = relation if relation in ("contained", "extended") else f"{relation}-duplicate"
    return drop(
        reason,
        survivor=match.copy.id,
        relation=relation,
        score=match.copy.score,
        scores=match.scores,
        passage=quote(document.text, match.start, match.length),
    )
