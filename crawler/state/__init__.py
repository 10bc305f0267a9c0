"""Keep the state of a crawl on disk: what is known of every url, what was archived, what is to be asked next.

    FrontierScheduler --Row--> spider --Settlement--> ArchivePipeline
         ^                                                  |
         |                              its Capture --> Archive: WARC records on disk
         |                                                  |  only then
         +---- what was found ------------------------> Frontier: one transaction

A `Settlement` (rows) is what became of one request: the columns to write, the targets found, and a `Capture`, the
exchange to keep.

In: responses and failures. Out: rows to fetch, `frontier.sqlite`, `warc/*.warc.gz`.
Read rows, then frontier, archive, settle, repeats, scheduler and pipeline. Nothing outside the crawler imports from
here.
"""

from __future__ import annotations

__all__: list[str] = []
