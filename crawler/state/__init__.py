"""Keep the state of a crawl on disk: frontier, scheduler, archive, and what became of each request.

In: requests and responses. Out: rows of the frontier and WARC records, written together. Read frontier, then scheduler,
archive, settle and pipeline.
"""

from __future__ import annotations

__all__ = [
]
