"""Extract, clean and deduplicate while crawling (GHIRBAL_LIVE=1), outside the process that crawls.

Two names are loaded by their dotted paths, in other processes, so both must be importable without Scrapy:

    GHIRBAL_LIVE_PROCESSOR   process_page(page: corpus.document.Page) -> bytes | None
        Called once a page in one of several processes; None when the page holds no story. Each call has a
        deadline and a memory limit; a call that breaks them costs its process and its page, no other.
    GHIRBAL_LIVE_COLLECTOR   Collector(out: str), with add(result: bytes) -> str and close() -> None
        One instance in one process of its own, so it may keep an index and files open. `add` returns "kept" or a
        reason in kebab-case for the counts. It may see a page twice (after a kill) and must know it by its id.

A page is owed to the processor from the moment it is fetched until the collector has taken its result; what a
killed crawl still owed is read back from the archive at the next start.
"""

from __future__ import annotations

import asyncio
import os
import pkgutil
import threading
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context, parent_process
from pathlib import Path
from typing import Any, Protocol

from warcio.archiveiterator import ArchiveIterator  # type: ignore[import-untyped]

from corpus.document import Page, Source
from corpus.errors import RecordError, UsageError
from corpus.guard import Guard

#: trafilatura takes 0.06 s for a news page and 0.6 s for the worst honest one; hostile ones take minutes.
DEADLINE = 20.0
MEMORY = 4 << 30


class Processor(Protocol):
    """Turn a page into an opaque result, or None."""

    def __call__(self, page: Page, /) -> bytes | None:
        """Return what the collector should get."""
        ...


class Collector(Protocol):
    """Take results one by one."""

    def add(self, result: bytes, /) -> str:
        """Keep the result ("kept") or say why not."""
        ...

    def close(self) -> None:
        """Finish the files."""
        ...


def resolve(path: str) -> Any:
    """Load a function or class by its dotted path.

    Raises:
        UsageError: there is none.
    """
    try:
        return pkgutil.resolve_name(path)
    except (ImportError, AttributeError, ValueError) as fault:
        raise UsageError(f"{path}: cannot be loaded for live processing ({fault}); see crawler/live.py") from fault


@dataclass(frozen=True, slots=True)
class _Call:
    """A processor by name: crosses to another process, and is loaded there."""

    path: str

    def __call__(self, page: Page) -> bytes | None:
        processor: Processor = resolve(self.path)
        return processor(page)


_collector: list[Collector] = []


def _open_collector(path: str, out: str) -> None:
    threading.Thread(target=_die_with_parent, daemon=True).start()
    _collector.append(resolve(path)(out))


def _die_with_parent() -> None:
    """End this process when the crawl was killed; the pool's own pipe would keep it waiting for ever."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _collect(result: bytes) -> str:
    return _collector[0].add(result)


def _close_collector() -> None:
    _collector.pop().close()


def check_live(settings: Mapping[str, Any]) -> None:
    """Refuse at the start what would fail with the first page.

    Raises:
        UsageError: live processing is on and one of its two names cannot be loaded.
    """
    if str(settings["GHIRBAL_LIVE"]).lower() in ("1", "true"):
        resolve(settings["GHIRBAL_LIVE_PROCESSOR"])
        resolve(settings["GHIRBAL_LIVE_COLLECTOR"])


class LivePool:
    """Processes that work on pages while the crawl goes on; the event loop never waits for them."""

    def __init__(self, processor: str, collector: str, out: Path, workers: int = 0) -> None:
        count = workers or max(1, (os.cpu_count() or 2) - 1)
        guards = [Guard(_Call(processor), seconds=DEADLINE, memory=MEMORY) for _ in range(count)]
        self._guards = guards
        self._free: asyncio.Queue[Guard] = asyncio.Queue()
        for guard in guards:
            self._free.put_nowait(guard)
        self._threads = ThreadPoolExecutor(count, thread_name_prefix="live")
        self._collecting = ProcessPoolExecutor(1, get_context("spawn"), _open_collector, (collector, str(out)))

    async def process(self, page: Page) -> str:
        """Process one page; return "kept" or the reason why nothing was kept."""
        loop = asyncio.get_running_loop()
        guard = await self._free.get()
        try:
            result = await loop.run_in_executor(self._threads, guard, page)
        except RecordError as fault:
            return fault.reason
        finally:
            self._free.put_nowait(guard)
        if result is None:
            return "no-story"
        return await loop.run_in_executor(self._collecting, _collect, result)

    async def close(self) -> None:
        """Finish the collector's files and end the processes."""
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._collecting, _close_collector)
        self._collecting.shutdown()
        self._threads.shutdown()
        for guard in self._guards:
            guard.close()


def page_id(record_id: str) -> str:
    """Return the id a reader of the archive gives to the page of a record.

    >>> page_id("<urn:uuid:abc>")
    'abc'
    """
    return record_id.strip("<>").removeprefix("urn:uuid:")


def read_back(archive: Path, record_ids: set[str]) -> list[tuple[str, Page]]:
    """Return (record id, page) of the wanted response records of a finished archive file, if it is still there."""
    found: list[tuple[str, Page]] = []
    if not archive.exists():
        return found
    with archive.open("rb") as stream:
        for number, record in enumerate(ArchiveIterator(stream)):
            record_id = str(record.rec_headers.get_header("WARC-Record-ID"))
            if record_id not in record_ids or record.rec_type != "response":
                continue
            headers = tuple((name.lower(), value) for name, value in record.http_headers.headers)
            page = Page(
                page_id(record_id), Source(f"warc/{archive.name}", number), record.content_stream().read(),
                url=record.rec_headers.get_header("WARC-Target-URI"),
                fetched=record.rec_headers.get_header("WARC-Date"), headers=headers,
                status=int(record.http_headers.get_statuscode()),
                truncated=record.rec_headers.get_header("WARC-Truncated") or "",
            )  # fmt: skip
            found.append((record_id, page))
    return found
