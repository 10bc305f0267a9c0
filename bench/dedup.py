"""Compare Ghirbal's dedup with its peers on one corpus in one run: speed, memory, quality, scaling.

    python bench/dedup.py [--documents 20000] [--peers PYTHON] [--text-dedup PYTHON] [--scaling] [-o FILE]

Peers live in an environment of their own (`--peers`, a Python that has them); one that is not installed is skipped
with a word. Every figure is CPU time of one thread in a process of its own, from texts in memory. The corpus is made
of the real articles of the labelled data where that is present, else of made-up ones.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import io
import itertools
import json
import os
import platform
import random
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
# This file has the name of the package it measures.
sys.path[0] = str(ROOT)
DATA = Path(os.environ.get("GHIRBAL_DATA", ROOT / ".." / "shared" / "data")) / "dedup"
ROUNDS = 3
#: datatrove and text-dedup take minutes for what the others do in seconds; text-dedup needs a Python of its own.
SMALL, SLOW = 1_000, ("datatrove", "text-dedup")


def rows(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the rows of a .jsonl.zst file."""
    import zstandard

    with path.open("rb") as file:
        for line in io.TextIOWrapper(zstandard.ZstdDecompressor().stream_reader(file), encoding="utf-8"):
            yield json.loads(line)


def articles() -> list[str]:
    """Return articles with the copies that news has, real ones where there are any."""
    path = DATA / "saudinewsnet.jsonl.zst"
    if path.is_file():
        return [row["text"] for row in rows(path) if len(row["text"]) > 200]
    draw, found = random.Random(1), []
    letters = "ابتجحدرسعفقكلمنهوي"
    common = ["".join(draw.choices(letters, k=draw.randint(2, 5))) for _ in range(3000)]
    for _ in range(10_000):
        names = ["".join(draw.choices(letters, k=7)) for _ in range(40)]
        lines = [" ".join(draw.choice(names if draw.random() < 0.2 else common) for _ in range(16)) for _ in range(16)]
        copies = range(draw.choice((1, 1, 1, 1, 2, 3)))
        found += [".\n".join(line for line in lines if draw.random() > 0.1) for _ in copies]
    return found


def corpus(count: int) -> Iterator[str]:
    """Yield `count` documents: the articles, then again and again with other words of the same frequency.

    Each round exchanges the words (but the 200 commonest) within bands of frequency, everywhere alike, so it has the
    copies, the templates and the vocabulary of the first, and shares no story with it.
    """
    texts = articles()
    counts: dict[str, int] = {}
    for text in texts:
        for word in re.findall(r"\w+", text):
            counts[word] = counts.get(word, 0) + 1
    ranked = sorted(counts, key=lambda word: (-counts[word], word))
    draw, made = random.Random(20261122), 0
    while made < count:
        fresh = list(ranked)
        for start in range(200, len(ranked) if made else 0, 64):
            band = fresh[start : start + 64]
            fresh[start : start + 64] = draw.sample(band, len(band))
        exchange = dict(zip(ranked, fresh, strict=True))
        for text in texts[: count - made]:
            parts = re.split(r"(\w+)", text)
            parts[1::2] = (exchange[word] for word in parts[1::2])
            yield "".join(parts)
            made += 1


class Clock:
    """Note CPU seconds by phase."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._last = time.process_time()

    def note(self, phase: str) -> None:
        now = time.process_time()
        self.seconds[phase] = now - self._last
        self._last = now


def words_of(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


def shingles(text: str, size: int = 5) -> list[str]:
    words = words_of(text)
    return [" ".join(words[at : at + size]) for at in range(len(words) - size + 1)]


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
    from corpus.document import Document, Source
    from corpus.stage import run_here
    from dedup import minhash
    from dedup.stages import Dedup

    minhash.sign(texts[:10])
    clock.note("warm-up")
    for start in range(0, len(texts), 512):
        minhash.sign(texts[start : start + 512], 5)
    clock.note("sign")
    documents = [Document(str(at), Source("x", at), text, outlet=f"o{at % 50}") for at, text in enumerate(texts)]
    stage = Dedup()
    clock.note("objects")
    size = 10_000
    partials = [stage.scan(documents[start : start + size]) for start in range(0, len(documents), size)]
    clock.note("scan")
    stage.learn([memoryview(partial) for partial in partials], run_here)
    clock.note("learn")
    clock.seconds["end"] = clock.seconds["scan"] + clock.seconds["learn"]
    return sum(len(json.loads(line)["members"]) - 1 for line in stage.clusters())


def run_bands(texts: list[str], clock: Clock) -> int:
    """Do no more than the peers do: word 5-grams, 16 x 8 bands, connected components, nothing verified."""
    import numpy as np

    from dedup import lsh, minhash
    from dedup.tasks import bring_together

    minhash.sign(texts[:10])
    bring_together(np.zeros(0, dtype=np.uint64), 1)
    clock.note("warm-up")
    pieces = [minhash.sign(texts[start : start + 512], 5).signatures for start in range(0, len(texts), 512)]
    clock.note("sign")
    keys = lsh.band_keys(np.concatenate(pieces), 16, 8)
    pairs = lsh.PairSet()
    for band in range(16):
        pairs.add(lsh.band_pairs(keys[band]))
    found = pairs.pairs()
    removed = union(((int(pair) >> 32, int(pair) & 0xFFFFFFFF) for pair in found), len(texts))
    clock.note("cluster")
    clock.seconds["end"] = clock.seconds["sign"] + clock.seconds["cluster"]
    return removed


def run_datasketch(texts: list[str], clock: Clock) -> int:
    import xxhash
    from datasketch import MinHash, MinHashLSH

    MinHash(num_perm=128)
    clock.note("warm-up")
    sets = ([one.encode() for one in shingles(text)] for text in texts)
    sketches = list(MinHash.generator(sets, num_perm=128, hashfunc=xxhash.xxh32_intdigest))
    clock.note("sign")
    index = MinHashLSH(threshold=0.7, num_perm=128)
    pairs = []
    for at, sketch in enumerate(sketches):
        pairs += [(at, other) for other in index.query(sketch)]
        index.insert(at, sketch)
    removed = union(pairs, len(texts))
    clock.note("cluster")
    clock.seconds["end"] = clock.seconds["sign"] + clock.seconds["cluster"]
    return removed


def run_rensa(texts: list[str], clock: Clock) -> int:
    from rensa import RMinHash, RMinHashLSH

    clock.note("warm-up")
    sketches = []
    for start in range(0, len(texts), 512):
        sketches += RMinHash.from_token_sets([shingles(text) for text in texts[start : start + 512]], 128, 42)
    clock.note("sign")
    index, pairs = RMinHashLSH(0.7, 128, 16), []
    for at, sketch in enumerate(sketches):
        index.insert(at, sketch)
    for at, sketch in enumerate(sketches):
        pairs += [(at, other) for other in index.query(sketch) if other < at and sketch.jaccard(sketches[other]) >= 0.7]
    removed = union(pairs, len(texts))
    clock.note("cluster")
    clock.seconds["end"] = clock.seconds["sign"] + clock.seconds["cluster"]
    return removed


def run_gaoya(texts: list[str], clock: Clock) -> int:
    from gaoya.minhash import MinHashStringIndex

    index = MinHashStringIndex(32, 0.7, 16, 8, 128, "word", True, (5, 5))
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


PEERS: dict[str, tuple[Callable[[list[str], Clock], int], str]] = {
    "ghirbal": (run_ghirbal, "ghirbal"),
    "ghirbal, bands alone": (run_bands, "ghirbal"),
    "datasketch bulk": (run_datasketch, "datasketch"),
    "rensa": (run_rensa, "rensa"),
    "gaoya": (run_gaoya, "gaoya"),
    "daft": (run_daft, "daft"),
    "datatrove": (run_datatrove, "datatrove"),
    "text-dedup": (run_text_dedup, "text-dedup"),
}


def child(peer: str, path: str, count: int) -> None:
    """Run one peer over the first `count` documents of a file and print what it took."""
    function, package = PEERS[peer]
    with Path(path).open(encoding="utf-8") as file:
        texts = [json.loads(line) for line in itertools.islice(file, count)]
    base = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    clock = Clock()
    removed = function(texts, clock)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    version = importlib.metadata.version(package) if package != "ghirbal" else "this tree"
    figures = {"seconds": clock.seconds, "removed": removed, "mb": peak / 1024, "base": base / 1024}
    print(json.dumps({**figures, "documents": len(texts), "version": version}))


def measure(python: str, peer: str, path: Path, count: int) -> dict[str, Any] | None:
    """Run one peer in a process of its own; None where it is not installed or fails, with a word."""
    threads = dict.fromkeys(("NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "RAYON_NUM_THREADS", "DAFT_RUNNER_THREADS"), "1")
    done = subprocess.run(
        [python, __file__, "child", peer, str(path), str(count)],
        capture_output=True,
        text=True,
        env={**os.environ, **threads, "PYTHONPATH": ""},
        check=False,
    )
    if done.returncode:
        print(f"{peer}: skipped ({(done.stderr.strip().splitlines() or ['no word'])[-1]})", file=sys.stderr)
        return None
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return figures


def speed_table(peers: dict[str, str], path: Path, documents: int) -> Iterator[str]:
    """Yield the lines of the table of speeds; rounds are interleaved, and the best of each peer counts."""
    found: dict[str, dict[str, Any]] = {}
    for _ in range(ROUNDS):
        for peer in PEERS:
            count = SMALL if peer in SLOW else documents
            python = peers["ghirbal"] if peer.startswith("ghirbal") else peers.get(peer, peers["peers"])
            figures = measure(python, peer, path, count)
            if figures is None:
                continue
            best = found.setdefault(peer, figures)
            for phase, value in figures["seconds"].items():
                best["seconds"][phase] = min(best["seconds"][phase], value)
    own = {phase: found["ghirbal"]["seconds"][phase] / documents for phase in ("sign", "end")}
    bare = found["ghirbal, bands alone"]["seconds"]["end"] / documents
    yield (
        "| | version | documents | signatures, docs/s | Ghirbal faster by | end to end, docs/s | by |"
        " bands alone by | MB | removed |"
    )
    yield "|---|---|---:|---:|---:|---:|---:|---:|---:|---:|"
    for peer, figures in found.items():
        cells = [peer, figures["version"], f"{figures['documents']:,}"]
        for phase in ("sign", "end"):
            seconds = figures["seconds"].get(phase)
            each = seconds / figures["documents"] if seconds else 0
            cells += [f"{1 / each:,.0f}", f"{each / own[phase]:.1f}"] if each else ["-", "-"]
        cells.append(f"{each / bare:.1f}" if each else "-")
        yield f"| {' | '.join(cells)} | {figures['mb']:,.0f} | {figures['removed']:,} |"


def scaling_table(path: Path) -> Iterator[str]:
    """Yield the lines of the table from 25k to 400k documents, with the exponent of growth."""
    import math

    yield "| documents | scan s | learn s | docs/s | peak MB | removed |"
    yield "|---:|---:|---:|---:|---:|---:|"
    ends = []
    for count in (25_000, 100_000, 400_000):
        figures = measure(sys.executable, "ghirbal", path, count)
        if figures is None:
            return
        seconds = figures["seconds"]
        ends.append(seconds["end"])
        yield (
            f"| {count:,} | {seconds['scan']:.1f} | {seconds['learn']:.1f} | {count / seconds['end']:,.0f} |"
            f" {figures['mb']:,.0f} | {figures['removed']:,} |"
        )
    yield ""
    yield f"Exponent from 25k to 400k: {math.log(ends[-1] / ends[0]) / math.log(16):.2f}."


def quality_table() -> Iterator[str]:
    """Yield the lines of the table of quality on the labelled data."""
    from corpus.document import Document, Source
    from corpus.stage import run_here
    from dedup.score import score_clusters
    from dedup.stages import Dedup

    def clusters(documents: list[Document]) -> list[dict[str, str]]:
        stage = Dedup()
        stage.learn([memoryview(stage.scan(documents))], run_here)
        lines = map(json.loads, stage.clusters())
        return [{"id": one["id"], "cluster": line["cluster"]} for line in lines for one in line["members"]]

    yield "| set | P | R | F1 | B-cubed F1 | wrongly removed | largest cluster |"
    yield "|---|---:|---:|---:|---:|---:|---:|"
    real = [
        Document(row["id"], Source("r", at), row["text"], outlet=row["source"], published=row["date"])
        for at, row in enumerate(rows(DATA / "saudinewsnet.jsonl.zst"))
    ]
    judged = [json.loads(line) for line in (DATA / "real_judged.jsonl").read_text(encoding="utf-8").split("\n") if line]
    found = clusters(real)
    sizes: dict[str, int] = {}
    for row in found:
        sizes[row["cluster"]] = sizes.get(row["cluster"], 0) + 1
    score = score_clusters(judged, found)["pairs"]
    shares = " | ".join(f"{score[name]:.3f}" for name in ("precision", "recall", "f1"))
    yield f"| real, judged | {shares} | | | {max(sizes.values())} |"
    synth = list(rows(DATA / "synth.jsonl.zst"))
    for variant in ("clean", "dirty"):
        for language in ("ar", "en"):
            gold = [row for row in synth if row["lang"] == language]
            documents = [
                Document(row["id"], Source("s", at), row[variant], outlet=row["outlet"]) for at, row in enumerate(gold)
            ]
            score = score_clusters(gold, clusters(documents))["all"]
            yield (
                f"| synth {variant} {language} | {score['precision']:.3f} | {score['recall']:.3f} | {score['f1']:.3f} |"
                f" {score['bcubed_f1']:.3f} | {score['wrongly_removed']} | |"
            )


def main() -> None:
    """Run the comparison and print or write it as markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=20_000)
    parser.add_argument("--peers", default=sys.executable, help="a Python that has the peers installed")
    parser.add_argument("--text-dedup", default="", help="a Python that has text-dedup installed")
    parser.add_argument("--scaling", action="store_true", help="also run 25k, 100k and 400k documents")
    parser.add_argument("-o", dest="out", default="")
    options = parser.parse_args()
    lines = [f"## Dedup, {datetime.now(UTC):%Y-%m-%d}, Python {platform.python_version()}, {os.cpu_count()} cores", ""]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "corpus.jsonl"
        with path.open("w", encoding="utf-8") as file:
            for text in corpus(400_000 if options.scaling else options.documents):
                file.write(json.dumps(text, ensure_ascii=False) + "\n")
        pythons = {"ghirbal": sys.executable, "peers": options.peers, "text-dedup": options.text_dedup or options.peers}
        lines += [*speed_table(pythons, path, options.documents), ""]
        if options.scaling:
            lines += [*scaling_table(path), ""]
    if DATA.is_dir():
        lines += [*quality_table()]
    else:
        lines += ["Quality: skipped, the labelled data is not here."]
    text = "\n".join(lines) + "\n"
    if options.out:
        Path(options.out).write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    if sys.argv[1:2] == ["child"]:
        child(sys.argv[2], sys.argv[3], int(sys.argv[4]))
    else:
        main()
