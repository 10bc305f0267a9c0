"""A candidate index that several machines share: datasketch's, in memory or in Redis, over Ghirbal's signatures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from datasketch import MinHashLSH  # type: ignore[import-untyped]

from dedup.config import DedupConfig
from dedup.minhash import PERMUTATIONS


def open_shared_index(config: DedupConfig, storage: Mapping[str, Any] | None = None) -> MinHashLSH:
    """Open a `datasketch.MinHashLSH` with the bands and rows of `config`; insert and query `minhash.to_lean(...)`.

    `storage` is its `storage_config`, for Redis `{"type": "redis", "redis": {"host": ..., "port": ...}, "basename":
    b"news"}` (install the extra `redis`). It answers with candidates; verifying them is up to the caller, who has the
    texts.
    """
    options = {} if storage is None else {"storage_config": dict(storage)}
    return MinHashLSH(num_perm=PERMUTATIONS, params=(config.bands, config.rows), **options)
