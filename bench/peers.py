"""Run one tool for near-duplicates over one file of texts and print what it took: the other half of bench/dedup.py.

    python bench/peers.py TOOL FILE COUNT

Each tool runs in a process of its own, with the Python that has it. FILE has a text in JSON on each line; texts are
in memory before the clock starts. What all do: fold or lower the case, cut into words, hash the set of word 5-grams,
128 permutations, 16 bands of 8 rows, and join what is alike; rensa and gaoya check candidates by their estimated
resemblance, and so does "ghirbal, sketches alone". "ghirbal" is what users get: 3-grams, 32 bands of 4 and sampled long
shingles, every candidate compared word by word, clusters without chains, survivors, and the audit of each removal.
"""

from __future__ import annotations

import importlib.metadata
import itertools
import json
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any

# bench/dedup.py has the name of the package it measures.
sys.path[0] = str(Path(__file__).parents[1])

#: What all tools are set to.
NGRAM, PERMUTATIONS, BANDS, ROWS, THRESHOLD = 5, 128, 16, 8, 0.7


class Clock:
    """Note CPU seconds by phase."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._last = time.process_time()

    def note(self, phase: str) -> None:
        now = time.process_time()
        self.seconds[phase] = now - self._last
        self._last = now


Shingle = Callable[[str], Iterable[str]]


def join(words: list[str]) -> list[str]:
    return [" ".join(words[at : at + NGRAM]) for at in range(len(words) - NGRAM + 1)]


def listed(text: str) -> list[str]:
    """Shingle with the least work: a sketch is the same where a shingle comes twice."""
    return join(re.findall(r"\w+", text.lower()))


def shingles(text: str) -> set[str]:
    """Shingle as the peers' examples and scripts do, into a set."""
    return set(listed(text))


def union(pairs: Any, count: int) -> int:
    """Return how many documents connected components remove."""
    parent = list(range(count))

    def find(one: int) -> int:
        while parent[one] != one:
            parent[one] = parent[parent[one]]
            one = parent[one]
        return one

    for one, other in pairs:
        parent[find(one)] = find(other)
    return sum(parent[one] != one for one in range(count))


def run_ghirbal(texts: list[str], clock: Clock) -> int:
    from corpus.records import Document, Source
    from corpus.run.stage import run_here, summarise
    from dedup.sketch import minhash
    from dedup.stages import Dedup

    minhash.sign(texts[:10])
    clock.note("warm-up")
    for start in range(0, len(texts), 512):
        minhash.sign(texts[start : start + 512], NGRAM)
    clock.note("sign")
    documents = [Document(str(at), Source("x", at), text, outlet=f"o{at % 50}") for at, text in enumerate(texts)]
    stage = Dedup()
    clock.note("objects")
    size = 10_000
    parts = [documents[start : start + size] for start in range(0, len(documents), size)]
    summaries = [summarise(stage.accumulator(), part) for part in parts]
    clock.note("summarise")
    stage.learn([memoryview(summary) for summary in summaries], run_here)
    clock.note("learn")
    clock.seconds["end"] = clock.seconds["summarise"] + clock.seconds["learn"]
    return sum(len(json.loads(line)["members"]) - 1 for line in stage.clusters())


def run_sketches(texts: list[str], clock: Clock) -> int:
    """Do no more than the peers do: nothing is compared but sketches."""
    import numpy as np

    from dedup.sketch import bands as lsh
    from dedup.sketch import minhash

    minhash.sign(texts[:10])
    clock.note("warm-up")
    pieces = [minhash.sign(texts[start : start + 512], NGRAM).signatures for start in range(0, len(texts), 512)]
    clock.note("sign")
    signatures = np.concatenate(pieces)
    keys, found = lsh.band_keys(signatures, BANDS, ROWS), [np.empty(0, dtype=np.uint64)]
    for band in range(BANDS):
        order = np.argsort(keys[band], kind="stable")
        found.append(lsh.key_pairs(keys[band][order].astype(np.uint64), order.astype(np.uint32)))
    ends = np.stack(lsh.ends_of(lsh.distinct(np.concatenate(found))))
    alike = (signatures[ends[0]] == signatures[ends[1]]).mean(axis=1) >= THRESHOLD
    removed = union(ends[:, alike].T.tolist(), len(texts))
    clock.note("cluster")
    clock.seconds["end"] = clock.seconds["sign"] + clock.seconds["cluster"]
    return removed


def run_datasketch(texts: list[str], clock: Clock, shingle: Shingle = shingles) -> int:
    import xxhash
    from datasketch import MinHash, MinHashLSH

    MinHash(num_perm=PERMUTATIONS)
    shingle(texts[0])
    clock.note("warm-up")
    sets = ([one.encode() for one in shingle(text)] for text in texts)
    sketches = list(MinHash.generator(sets, num_perm=PERMUTATIONS, hashfunc=xxhash.xxh32_intdigest))
    clock.note("sign")
    index = MinHashLSH(num_perm=PERMUTATIONS, params=(BANDS, ROWS))
    pairs = []
    for at, sketch in enumerate(sketches):
        pairs += [(at, other) for other in index.query(sketch)]
        index.insert(at, sketch)
    removed = union(pairs, len(texts))
    clock.note("cluster")
    clock.seconds["end"] = clock.seconds["sign"] + clock.seconds["cluster"]
    return removed


def run_same_shingles(texts: list[str], clock: Clock) -> int:
    """Let datasketch make the very signatures that Ghirbal makes, from words folded in Python."""
    from corpus.arabic import folded_words

    return run_datasketch(texts, clock, lambda text: set(join(folded_words(text))))


def run_rensa(texts: list[str], clock: Clock, shingle: Shingle = shingles) -> int:
    from rensa import RMinHash, RMinHashLSH

    clock.note("warm-up")
    sketches = []
    for start in range(0, len(texts), 512):
        sets = [list(shingle(text)) for text in texts[start : start + 512]]
        sketches += RMinHash.from_token_sets(sets, PERMUTATIONS, 42)
    clock.note("sign")
    index, pairs = RMinHashLSH(THRESHOLD, PERMUTATIONS, BANDS), []
    for at, sketch in enumerate(sketches):
        index.insert(at, sketch)
    for at, sketch in enumerate(sketches):
        near = (other for other in index.query(sketch) if other < at)
        pairs += [(at, other) for other in near if sketch.jaccard(sketches[other]) >= THRESHOLD]
    removed = union(pairs, len(texts))
    clock.note("cluster")
    clock.seconds["end"] = clock.seconds["sign"] + clock.seconds["cluster"]
    return removed


def run_gaoya(texts: list[str], clock: Clock) -> int:
    from gaoya.minhash import MinHashStringIndex

    index = MinHashStringIndex(32, THRESHOLD, BANDS, ROWS, PERMUTATIONS, "word", True, (NGRAM, NGRAM))
    clock.note("warm-up")
    for at, text in enumerate(texts):
        index.insert_document(at, text)
    clock.note("sign")
    pairs = [(at, other) for at, text in enumerate(texts) for other in index.query(text) if other < at]
    removed = union(pairs, len(texts))
    clock.note("cluster")
    clock.seconds["end"] = clock.seconds["sign"] + clock.seconds["cluster"]
    return removed


def run_daft(texts: list[str], clock: Clock) -> int:
    import daft

    daft.set_runner_native(num_threads=1) if hasattr(daft, "set_runner_native") else None
    frame = daft.from_pydict({"text": texts}).collect()
    clock.note("warm-up")
    text = daft.col("text")
    frame.select(text.minhash(num_hashes=128, ngram_size=5, hash_function="xxhash3_64")).collect()
    clock.note("sign")
    return 0


def run_datatrove(texts: list[str], clock: Clock) -> int:
    from datatrove.data import Document
    from datatrove.pipeline.dedup import MinhashDedupBuckets, MinhashDedupCluster, MinhashDedupSignature
    from datatrove.pipeline.dedup.minhash import MinhashConfig
    from datatrove.utils.typeshelper import Languages

    with tempfile.TemporaryDirectory() as folder:
        config = MinhashConfig()
        documents = [Document(text=text, id=str(at)) for at, text in enumerate(texts)]
        clock.note("warm-up")
        list(MinhashDedupSignature(f"{folder}/s", config, language=Languages.arabic).run(iter(documents), 0, 1) or ())
        clock.note("sign")
        for bucket in range(config.num_buckets):
            MinhashDedupBuckets(f"{folder}/s", f"{folder}/b", config=config).run(None, bucket, config.num_buckets)
        MinhashDedupCluster(f"{folder}/b", f"{folder}/r", config=config).run(None, 0, 1)
        clock.note("cluster")
        clock.seconds["end"] = clock.seconds["sign"] + clock.seconds["cluster"]
        return sum(path.stat().st_size // 4 for path in Path(f"{folder}/r").glob("*.remove"))


def run_text_dedup(texts: list[str], clock: Clock) -> int:
    """Run its command on a file, for it has no other face; the time includes its loading of the data set."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "in.jsonl"
        rows = [json.dumps({"text": text}, ensure_ascii=False) for text in texts]
        path.write_text("\n".join(rows), encoding="utf-8")
        clock.note("warm-up")
        options = {"path": "json", "data_files": path, "cache_dir": f"{folder}/c", "output": f"{folder}/out"}
        options |= {"split": "train", "column": "text", "num_proc": 1, "ngram": 5, "num_perm": 128, "threshold": 0.7}
        command = [sys.executable, "-m", "text_dedup.minhash", "--hash_func", "xxh3", "--hash_bits", "32"]
        command += [str(part) for name, value in options.items() for part in (f"--{name}", value)]
        wide = {**os.environ, "COLUMNS": "200"}
        done = subprocess.run(command, capture_output=True, text=True, check=True, env=wide)
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        clock.seconds["end"] = used.ru_utime + used.ru_stime
        counts = dict(re.findall(r"(Before|After)\s*:\s*(\d+)", done.stdout + done.stderr))
        return int(counts["Before"]) - int(counts["After"])


TOOLS: dict[str, tuple[Callable[[list[str], Clock], int], str]] = {
    "ghirbal": (run_ghirbal, "ghirbal"),
    "ghirbal, sketches alone": (run_sketches, "ghirbal"),
    "datasketch bulk": (run_datasketch, "datasketch"),
    "datasketch bulk, no sets": (partial(run_datasketch, shingle=listed), "datasketch"),
    "datasketch bulk, the same shingles": (run_same_shingles, "datasketch"),
    "rensa": (run_rensa, "rensa"),
    "rensa, no sets": (partial(run_rensa, shingle=listed), "rensa"),
    "gaoya": (run_gaoya, "gaoya"),
    "daft": (run_daft, "daft"),
    "datatrove": (run_datatrove, "datatrove"),
    "text-dedup": (run_text_dedup, "text-dedup"),
}


def main(tool: str, path: str, count: int) -> None:
    """Run one tool over the first `count` texts of a file and print what it took."""
    function, package = TOOLS[tool]
    version = importlib.metadata.version(package) if package != "ghirbal" else "this tree"
    with Path(path).open(encoding="utf-8") as file:
        texts = [json.loads(line) for line in itertools.islice(file, count)]
    base = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    clock = Clock()
    removed = function(texts, clock)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    figures = {"seconds": clock.seconds, "removed": removed, "mb": peak / 1024, "base": base / 1024}
    print(json.dumps({**figures, "documents": len(texts), "version": version}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
