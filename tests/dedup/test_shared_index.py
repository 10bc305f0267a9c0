from __future__ import annotations

import gc
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from dedup.config import DedupConfig
from dedup.minhash import sign, to_lean
from dedup.shared_index import open_shared_index


def test_it_finds_an_edited_copy_by_our_signatures(story):
    texts = [story(1, 14), story(2, 14), "\n".join(story(1, 14).split("\n")[1:])]
    sketches = [to_lean(row) for row in sign(texts).signatures]
    index = open_shared_index(DedupConfig())
    index.insert("one", sketches[0])
    index.insert("two", sketches[1])
    assert index.query(sketches[2]) == ["one"]
    assert (index.b, index.r) == (32, 4)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[int]:
    """Run a Redis server of the test's own; return its port."""
    redis = pytest.importorskip("redis", reason="the extra `redis` is not installed")
    binary = shutil.which("redis-server")
    if binary is None:
        pytest.skip("there is no redis-server on this machine")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    command = [binary, "--bind", "127.0.0.1", "--port", str(port), "--save", "", "--dir", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        retry = redis.retry.Retry(redis.backoff.ConstantBackoff(0.05), 100)
        with redis.Redis(port=port, retry=retry) as client:
            client.ping()
        yield port
        process.terminate()


# The peer's index has no way to close its connections, so they are collected here.
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.slow
def test_what_one_machine_stores_in_redis_another_finds(story, server):
    storage = {"type": "redis", "redis": {"host": "127.0.0.1", "port": server}, "basename": b"news"}
    texts = [story(1, 14), story(2, 14), "\n".join(story(1, 14).split("\n")[1:])]
    sketches = [to_lean(row) for row in sign(texts).signatures]
    here, there = (open_shared_index(DedupConfig(), storage) for _ in range(2))
    here.insert("one", sketches[0])
    here.insert("two", sketches[1])
    assert there.query(sketches[2]) == ["one"]
    del here, there
    gc.collect()
