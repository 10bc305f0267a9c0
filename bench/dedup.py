"""Compare Ghirbal's dedup with its peers on one corpus in one run: speed, memory, quality, scaling.

    python bench/dedup.py [--documents 20000] [--peers PYTHON] [--text-dedup PYTHON] [--scaling] [--million] [-o FILE]

Peers (bench/peers.py) live in an environment of their own (`--peers`, a Python that has them); one that is not
installed is skipped with a word. Every figure is CPU time of one thread in a process of its own, from texts in memory;
the last line is the whole command, from a file to a corpus. The corpus is made of the real articles of the labelled
data where that is present, else of made-up ones.
"""

from __future__ import annotations

import argparse
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
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Thread
from typing import Any

ROOT = Path(__file__).parents[1]
# This file has the name of the package it measures.
sys.path[0] = str(ROOT)
DATA = Path(os.environ.get("GHIRBAL_DATA", ROOT / ".." / "shared" / "data")) / "dedup"
ROUNDS = 3
#: datatrove and text-dedup take minutes for what the others do in seconds; text-dedup needs a Python of its own.
SMALL, SLOW = 1_000, ("datatrove", "text-dedup")
#: Articles of 3.2 kB for the whole command beside datasketch, and how many times its CPU seconds that must take; and
#: CPU seconds that the command may take for 20 documents.
ARTICLES, ARTICLES_BAR, START_BAR = 15_000, 3.0, 0.8
#: Characters of an Arabic text of 2 kB.
LENGTH = 1_150


def articles() -> list[str]:
    """Return articles with the copies that news has, real ones where there are any."""
    from ghirbal.published import read_rows

    path = DATA / "saudinewsnet.jsonl.zst"
    if path.is_file():
        return [row["text"] for row in read_rows(path, dict) if len(row["text"]) > 200]
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


def measure(python: str, peer: str, path: Path, count: int) -> dict[str, Any] | None:
    """Run one peer in a process of its own; None where it is not installed or fails, with a word."""
    threads = dict.fromkeys(("NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "RAYON_NUM_THREADS", "DAFT_RUNNER_THREADS"), "1")
    done = subprocess.run(
        [python, str(Path(__file__).with_name("peers.py")), peer, str(path), str(count)],
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


def best_of_rounds(pythons: dict[str, str], path: Path, documents: int) -> dict[str, dict[str, Any]]:
    """Run all tools in turn, several times, and return the least each took; `pythons` is by package."""
    from bench.peers import TOOLS

    found: dict[str, dict[str, Any]] = {}
    for number in range(ROUNDS):
        for tool, (_, package) in TOOLS.items():
            if number and tool not in found:
                continue
            python = pythons.get(package, pythons["peers"])
            figures = measure(python, tool, path, SMALL if tool in SLOW else documents)
            if figures is None:
                continue
            best = found.setdefault(tool, figures)
            for phase, value in figures["seconds"].items():
                best["seconds"][phase] = min(best["seconds"][phase], value)
    return found


def speed_table(found: dict[str, dict[str, Any]]) -> Iterator[str]:
    """Yield the lines of the table of speeds."""
    own = found["ghirbal"]["seconds"], found["ghirbal, sketches alone"]["seconds"]
    base = [own[0]["sign"], own[1]["end"], own[0]["end"]]
    yield (
        "| | version | documents | signatures, docs/s | Ghirbal faster by | end to end, docs/s |"
        " Ghirbal's sketches alone faster by | all of Ghirbal faster by | MB | removed |"
    )
    yield "|---|---|---:|---:|---:|---:|---:|---:|---:|---:|"
    for tool, figures in found.items():
        seconds, count = figures["seconds"], figures["documents"]
        factor = found["ghirbal"]["documents"] / count
        taken = [seconds.get("sign"), seconds.get("end"), seconds.get("end")]
        faster = [f"{taken[at] * factor / base[at]:.1f}" if taken[at] else "-" for at in range(3)]
        rate = [f"{count / one:,.0f}" if one else "-" for one in taken]
        cells = [tool, figures["version"], f"{count:,}", rate[0], faster[0], rate[1], *faster[1:]]
        yield f"| {' | '.join(cells)} | {figures['mb']:,.0f} | {figures['removed']:,} |"


def time_command(path: Path, count: int) -> float:
    """Time `ghirbal dedup` from a file of rows to a published corpus with its audit, in CPU seconds of one worker."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "in.jsonl"
        with path.open(encoding="utf-8") as texts, source.open("w", encoding="utf-8") as file:
            for at, line in enumerate(itertools.islice(texts, count)):
                file.write(f'{{"id": "{at}", "outlet": "o{at % 50}", "text": {line.strip()}}}\n')
        command = [sys.executable, "-c", "from ghirbal.cli import main; main()", "dedup", str(source), "-o"]
        # What Python compiles is kept, as users have it.
        env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        for number in range(2):
            # The first run compiles the kernels where that was never done.
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            out = f"{folder}/{number}"
            subprocess.run([*command, out, "--workers", "1", "-q"], cwd=ROOT, check=True, capture_output=True, env=env)
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime - before.ru_utime - before.ru_stime


def command_table(peers: str, path: Path, count: int) -> Iterator[str]:
    """Yield what the whole command takes: for all texts, beside the peer with the same work, and to start."""
    seconds = time_command(path, count)
    yield (
        f"`ghirbal dedup`, the whole command, from {count:,} rows of JSON to a published corpus with its clusters, the"
        f" audit of each removal and a report: {seconds:.1f} CPU s, {count / seconds:,.0f} docs/s."
        f" Of 20 rows: {time_command(path, 20):.2f} CPU s (bar: {START_BAR})."
    )
    articles = min(ARTICLES, count)
    least = [(measure(peers, "datasketch bulk", path, articles), time_command(path, articles)) for _ in range(ROUNDS)]
    ends = [figures["seconds"]["end"] for figures, _ in least if figures]
    if ends:
        whole = min(seconds for _, seconds in least)
        yield ""
        yield (
            f"Of {articles:,} articles datasketch, signing in bulk and indexing in memory, takes {min(ends):.1f} CPU s,"
            f" the whole command {whole:.1f}: {min(ends) / whole:.2f} times as much (bar: {ARTICLES_BAR})."
        )


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


def scan_file(path: Path) -> int:
    """Summarise one file of texts into a file beside it; return the peak of this process in KiB."""
    from corpus.records import Document, Source
    from corpus.run.stage import summarise
    from dedup.stages import Dedup

    with path.open(encoding="utf-8") as lines:
        texts = (json.loads(line) for line in lines)
        documents = (
            Document(f"{path.stem}-{at}", Source(path.stem, at), text, outlet=f"o{at % 200}")
            for at, text in enumerate(texts)
        )
        path.with_suffix(".part").write_bytes(summarise(Dedup().accumulator(), documents))
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def own_memory(peak: list[int], done: Event) -> None:
    """Keep the peak of this process's own memory, without mapped files, in KiB."""
    while not done.wait(0.2):
        status = Path("/proc/self/status").read_text(encoding="ascii")
        peak.append(int(status.split("RssAnon:")[1].split()[0]))


def million(folder: Path, documents: int = 1_000_000, files: int = 20) -> Iterator[str]:
    """Yield what it takes to find the copies among a million documents of 2 kB, summaries in files, two processes."""
    from corpus.run import keep_answers, map_file, open_pool
    from dedup.stages import Dedup

    texts, paths = corpus(documents), [folder / f"{number:03d}.jsonl" for number in range(files)]
    for path in paths:
        part = (text[:LENGTH] for text in itertools.islice(texts, documents // files))
        path.write_text("".join(json.dumps(text, ensure_ascii=False) + "\n" for text in part), encoding="utf-8")
    with open_pool(2) as pool:
        started = time.monotonic()
        scanner = max(pool.map(scan_file, paths)) / 1024
        scanned = time.monotonic()
        summaries = [map_file(path.with_suffix(".part")) for path in paths]
        peak, done = [0], Event()
        watcher = Thread(target=own_memory, args=(peak, done))
        watcher.start()
        Dedup().learn(summaries, keep_answers(pool, folder, "learn"))
        done.set()
        learned = time.monotonic()
    yield (
        f"{documents:,} documents of 2 kB, summaries in files, two processes: scan {scanned - started:.0f} s, learn"
        f" {learned - scanned:.0f} s wall; a scanning process took {scanner:,.0f} MB at most, the learning one"
        f" {max(peak) / 1024:,.0f} MB beside {sum(map(len, summaries)) / 1e6:,.0f} MB of mapped summaries."
    )


def main() -> None:
    """Run the comparison and print or write it as markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=20_000)
    parser.add_argument("--peers", default=sys.executable, help="a Python that has the peers installed")
    parser.add_argument("--text-dedup", default="", help="a Python that has text-dedup installed")
    parser.add_argument("--scaling", action="store_true", help="also run 25k, 100k and 400k documents")
    parser.add_argument("--million", action="store_true", help="also run a million documents (2.5 GB of disk)")
    parser.add_argument("-o", dest="out", default="")
    options = parser.parse_args()
    lines = [f"## Dedup, {datetime.now(UTC):%Y-%m-%d}, Python {platform.python_version()}, {os.cpu_count()} cores", ""]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "corpus.jsonl"
        with path.open("w", encoding="utf-8") as file:
            for text in corpus(400_000 if options.scaling else options.documents):
                file.write(json.dumps(text, ensure_ascii=False) + "\n")
        pythons = {"ghirbal": sys.executable, "peers": options.peers, "text-dedup": options.text_dedup or options.peers}
        lines += [*speed_table(best_of_rounds(pythons, path, options.documents)), ""]
        lines += [*command_table(options.peers, path, options.documents), ""]
        if options.scaling:
            lines += [*scaling_table(path), ""]
        if options.million:
            lines += [*million(Path(folder)), ""]
    if DATA.is_dir():
        from bench.copies import quality_table, threshold_table

        lines += [*quality_table(DATA.parent), "", *threshold_table(DATA.parent)]
    else:
        lines += ["Quality: skipped, the labelled data is not here."]
    text = "\n".join(lines) + "\n"
    if options.out:
        Path(options.out).write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
