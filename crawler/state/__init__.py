"""Keep the state of a crawl on disk: what is known of every url, what was archived, what is to be asked next.

    FrontierScheduler --Row--> spider --FetchResult--> ArchivePipeline
         ^                                                   |
         |                              Capture --> Archive: WARC records on disk, RecordRef back
         |                                                   |  only then
         +---- what was found ------- Settlement --> Frontier: one transaction

A `FetchResult` (settle) is what became of one request: a `Settlement` (rows), the columns to write and the targets
found, and a `Capture` (archive), the exchange to keep. A `RecordRef` names the record of it, for later revisits.

In: responses and failures. Out: rows to fetch, `frontier.sqlite`, `warc/*.warc.gz`.
Read rows, then frontier, archive, settle, repeats, scheduler and pipeline. Nothing outside the crawler imports from
here.
"""

from __future__ import annotations

__all__: list[str] = []
