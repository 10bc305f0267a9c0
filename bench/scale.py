"""Measure how `ghirbal dedup` grows with the corpus: time, and the memory of its largest process.

    python bench/scale.py [--documents 100000 400000] [--words 40] [--workers 2] [--cluster ADDRESS] [-o FILE]

Documents are made up: words of a vocabulary of Zipf's law, 50 outlets, one document in five a copy with a few words
changed. CPU time and memory are read ten times a second from all processes of the run: `own` is what a process has to
itself, `all` with the pages of files that it has mapped, which the system takes back when it needs them.
"""

from __future__ import annotations

import argparse
import math
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import numpy as np

ROOT = Path(__file__).parents[1]
VOCABULARY, ZIPF, OUTLETS, COPIES, CHANGED = 400_000, 1.1, 50, 0.2, 0.05
BATCH = 20_000
LETTERS = np.array(list("ابتجحدرسعفقكلمنهوي"))


TICKS = os.sysconf("SC_CLK_TCK")


class Peak(NamedTuple):
    """Hold the most that one process took: memory in MB, CPU time in seconds."""

    own: float
    all: float
    cpu: float


def write_corpus(path: Path, count: int, words: int) -> None:
    """Write `count` made-up documents of about so many words."""
    draw = np.random.default_rng(20261126)
    letters = LETTERS[draw.integers(0, len(LETTERS), (VOCABULARY, 7))]
    lengths = draw.integers(3, 8, VOCABULARY)
    vocabulary = np.array(["".join(row[:size]) for row, size in zip(letters, lengths, strict=True)])
    weights = np.cumsum(1 / np.arange(1, VOCABULARY + 1) ** ZIPF)
    with path.open("w", encoding="utf-8") as file:
        for start in range(0, count, BATCH):
            chosen = np.searchsorted(weights, draw.random((BATCH, words)) * weights[-1])
            copied = np.flatnonzero(draw.random(BATCH) < COPIES)
            chosen[copied] = chosen[draw.integers(0, BATCH, len(copied))]
            changed = draw.random((len(copied), words)) < CHANGED
            chosen[copied] = np.where(changed, draw.integers(0, VOCABULARY, changed.shape), chosen[copied])
            for at, row in enumerate(vocabulary[chosen[: count - start]].tolist(), start):
                file.write(f'{{"id":"d{at}","outlet":"o{at % OUTLETS}","text":"{" ".join(row)}"}}\n')


def family(root: int) -> Iterator[int]:
    """Yield the ids of a process and of all below it."""
    yield root
    for task in Path(f"/proc/{root}/task").glob("*/children"):
        try:
            for child in map(int, task.read_text().split()):
                yield from family(child)
        except OSError:
            continue


def peaks(run: subprocess.Popen[bytes], seen: dict[int, Peak]) -> None:
    """Watch a run to its end."""
    while run.poll() is None:
        for process in family(run.pid):
            try:
                status = Path(f"/proc/{process}/status").read_text(encoding="ascii")
                own, everything = (int(status.split(f"{name}:")[1].split()[0]) / 1024 for name in ("RssAnon", "VmRSS"))
                times = Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[11:13]
            except (OSError, IndexError):
                continue
            old = seen.get(process, Peak(0, 0, 0))
            # What a process started that is gone again is not counted: its workers live as long as it does.
            seen[process] = Peak(max(old.own, own), max(old.all, everything), sum(map(int, times)) / TICKS)
        time.sleep(0.1)


def main() -> None:
    """Run the measurement and print or write it as markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, nargs="+", default=[100_000, 400_000])
    parser.add_argument("--words", type=int, default=40)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--cluster", default="")
    parser.add_argument("-o", dest="out", default="")
    given = parser.parse_args()
    lines = [
        f"## Scale, {datetime.now(UTC):%Y-%m-%d}, Python {platform.python_version()}, {os.cpu_count()} cores", "",
        f"`ghirbal dedup --workers {given.workers}`, made-up documents of {given.words} words, a fifth copies.", "",
        "| documents | s | CPU s | first process, own MB | all MB | largest worker, own MB | all MB |",
        "|---:|---:|---:|---:|---:|---:|---:|",
    ]  # fmt: skip
    ends = []
    for count in given.documents:
        with tempfile.TemporaryDirectory() as folder:
            source = Path(folder) / "in.jsonl"
            write_corpus(source, count, given.words)
            call = [sys.executable, "-m", "ghirbal", "dedup", str(source), "-o", f"{folder}/out", "-q"]
            call += ["--workers", str(given.workers), *(["--cluster", given.cluster] if given.cluster else [])]
            started = time.monotonic()
            seen: dict[int, Peak] = {}
            run = subprocess.Popen(call, cwd=ROOT, stdout=subprocess.DEVNULL)
            peaks(run, seen)
            if run.returncode:
                sys.exit(run.returncode)
            taken, used = time.monotonic() - started, sum(process.cpu for process in seen.values())
        first, most = seen.pop(run.pid), Peak(*map(max, zip(*seen.values(), strict=True)))
        ends.append((count, used, first.own))
        figures = (count, taken, used, first.own, first.all, most.own, most.all)
        lines.append(f"| {' | '.join(f'{figure:,.0f}' for figure in figures)} |")
        print(lines[-1], file=sys.stderr, flush=True)
    if len(ends) > 1:
        growth = math.log(ends[-1][0] / ends[0][0])
        time_of, memory = (math.log(ends[-1][at] / ends[0][at]) / growth for at in (1, 2))
        lines += ["", f"Exponent of CPU time {time_of:.2f}, of the first process's own memory {memory:.2f}."]
    text = "\n".join(lines) + "\n"
    if given.out:
        Path(given.out).write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
