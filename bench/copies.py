"""Measure which copies are found on labelled data, and choose each threshold of a pair by leaving groups out.

    python bench/copies.py [DATA]

DATA is the folder of the labelled data (`shared/data` beside the project). Of each set all pairs that dedup compares
are kept with their words, and judged again under each value of each threshold; the score of a value is the mean over
the sets of F1 on their pairs, the real ones weighted by how many they stand for. A group is left out: a fourth of the
Saudi outlets, one of five other outlets, one language of the edited articles. The value that is best on all pairs which
have nothing to do with the group is then asked of those that have.
"""

from __future__ import annotations

import gzip
import itertools
import json
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).parents[1]
# Beside this file lies one that has the name of the package it measures.
sys.path[0] = str(ROOT)

from corpus.records import Document, Source  # noqa: E402
from corpus.run.stage import run_here, summarise  # noqa: E402
from dedup.compare.relation import NO_COPY, Thresholds, compare  # noqa: E402
from dedup.decide import pairs as pairs_of  # noqa: E402
from dedup.decide.pairs import PairTask  # noqa: E402
from dedup.sketch.bands import ends_of  # noqa: E402
from dedup.stages import Dedup  # noqa: E402
from ghirbal.published import read_rows  # noqa: E402
from ghirbal.score import score_dups  # noqa: E402

#: Values of each threshold that are tried; what is above every score turns a rule off.
GRID = {
    "min_told": (0.28, 0.3, 0.32, 0.34, 0.36, 0.4),
    "min_resemblance": (0.15, 0.2, 0.25, 0.3),
    "min_containment": (0.82, 0.84, 0.85, 0.86, 0.88, 0.92),
    "min_own_containment": (0.0, 0.7, 0.8, 0.85),
    "min_cut_containment": (0.5, 0.55, 0.6, 1.01),
    "min_cut_rare": (0.5, 0.6, 0.7),
    "max_names": (0.25, 100.0),
    "max_depth": (0.35, 0.5, 100.0),
}
PARTS_OF_SAUDI = 4
LABELS = {"copy": "D", "partial": "P", "different": "N"}

Row = dict[str, Any]
Label = Callable[[str, str], "tuple[str, float] | None"]
Marks = NDArray[np.bool_]


def read_labels(path: Path) -> list[Row]:
    """Read rows of JSON."""
    data = path.read_bytes()
    lines = (gzip.decompress(data) if path.suffix == ".gz" else data).decode().split("\n")
    return [json.loads(line) for line in lines if line]


@dataclass
class Judged:
    """Hold the labelled pairs of one set that dedup compares: label D, P or N, weight, and the groups of each."""

    name: str
    tasks: list[PairTask]
    kept: Marks
    labels: NDArray[np.str_]
    weights: NDArray[np.float64]
    groups: list[frozenset[str]]

    def merged(self, thresholds: Thresholds) -> Marks:
        """Mark the pairs that are copies under `thresholds`."""
        found = [compare(*task.gather(), thresholds).relation for task in self.tasks]
        return ~np.isin(np.concatenate(found)[self.kept], NO_COPY)

    def f1(self, merged: Marks, among: Marks) -> float | None:
        """Return the weighted F1 of copies among some of the pairs, None where none of these is a copy."""
        copies = self.weights * (self.labels == "D")
        wanted, found = copies[among].sum(), self.weights[among & merged].sum()
        return float(2 * copies[among & merged].sum() / (wanted + found)) if wanted else None


def documents_of(
    rows: Iterable[Row], text: str = "text", outlet: str = "outlet", date: str = "published"
) -> list[Document]:
    """Return documents of labelled rows; an address is the id where there is no other."""
    return [
        Document(
            row.get("id") or row["url"],
            Source("labelled", at),
            row[text],
            outlet=row[outlet],
            published=row.get(date) or "",
            title=row.get("title", ""),
            url=row.get("url", ""),
        )
        for at, row in enumerate(rows)
    ]


def find_clusters(documents: list[Document]) -> list[dict[str, str]]:
    """Return the cluster of each document that is in one."""
    stage = Dedup()
    stage.learn([memoryview(summarise(stage.accumulator(), documents))], run_here)
    lines = map(json.loads, stage.clusters())
    return [{"id": one["id"], "cluster": line["cluster"]} for line in lines for one in line["members"]]


def judge(name: str, documents: list[Document], label: Label, group: Callable[[str], str]) -> Judged:
    """Return the pairs of one set that dedup compares and `label` knows, with the words that it compares them by."""
    stage, tasks, find_likely = Dedup(), list[PairTask](), pairs_of.find_likely

    def watched(task: PairTask) -> Any:
        tasks.append(task)
        return find_likely(task)

    pairs_of.find_likely = watched
    stage.learn([memoryview(summarise(stage.accumulator(), documents))], run_here)
    pairs_of.find_likely = find_likely
    ends = np.stack([np.concatenate(column) for column in zip(*(ends_of(task.pairs) for task in tasks), strict=True)])
    pairs = [(documents[one].id, documents[other].id) for one, other in ends.T.tolist()]
    known = [label(*pair) for pair in pairs]
    kept = np.array([one is not None for one in known])
    labels, weights = zip(*filter(None, known), strict=True)
    groups = [frozenset(map(group, pair)) for pair, one in zip(pairs, known, strict=True) if one is not None]
    return Judged(name, tasks, kept, np.array(labels), np.array(weights), groups)


def read_sets(data: Path) -> Iterator[Judged]:
    """Yield the labelled sets with their pairs."""
    saudi = list(read_rows(data / "dedup" / "saudinewsnet.jsonl.zst", dict))
    outlets = {row["id"]: row["source"] for row in saudi}
    part = {outlet: f"Saudi {at % PARTS_OF_SAUDI + 1}" for at, outlet in enumerate(sorted(set(outlets.values())))}
    judged = {
        frozenset((row["a"], row["b"])): (row["label"], row["weight"])
        for row in read_labels(data / "dedup" / "real_judged.jsonl")
    }
    documents = documents_of(saudi, outlet="source", date="date")
    yield judge("Saudi", documents, lambda *pair: judged.get(frozenset(pair)), lambda name: part[outlets[name]])
    five = read_labels(data / "v2" / "dedup" / "ant_corpus.jsonl.gz")
    owners = {row["url"]: row["outlet"] for row in five}
    read = {
        frozenset((row["a"], row["b"])): (LABELS[row["label"]], 1.0)
        for row in read_labels(data / "v2" / "dedup" / "ant_judged.jsonl.gz")
    }
    yield judge("five outlets", documents_of(five), lambda *pair: read.get(frozenset(pair)), owners.__getitem__)
    edited = list(read_rows(data / "dedup" / "synth.jsonl.zst", dict))
    cluster = {row["id"]: row["cluster"] for row in edited}
    for language, variant in itertools.product(("ar", "en"), ("clean", "dirty")):
        documents = documents_of((row for row in edited if row["lang"] == language), variant)
        yield judge(
            f"edited {language} {variant}",
            documents,
            lambda one, other: ("D" if cluster[one] == cluster[other] else "N", 1.0),
            lambda _, language=language: f"edited {language}",  # type: ignore[misc]
        )


def threshold_table(data: Path) -> Iterator[str]:
    """Yield the lines of the table: for each threshold what the others choose for a group, and what that gives it."""
    sets, now = list(read_sets(data)), Thresholds()
    names = sorted({name for one in sets for groups in one.groups for name in groups})
    yield "| threshold | now | left out: value the others choose (its F1 / F1 of the one that stands) | all, by value |"
    yield "|---|---:|---|---|"
    for threshold, values in GRID.items():
        stands = getattr(now, threshold)
        merged = {value: [one.merged(now._replace(**{threshold: value})) for one in sets] for value in values}

        def score(value: float, among: list[Marks], merged: dict[float, list[Marks]] = merged) -> float:
            scores = (one.f1(*marks) for one, *marks in zip(sets, merged[value], among, strict=True))
            return fmean(found for found in scores if found is not None)

        everything = [np.ones(len(one.labels), dtype=bool) for one in sets]
        cells = []
        for name in names:
            out = [np.array([name in groups for groups in one.groups]) for one in sets]
            if not any((one.labels[marks] == "D").any() for one, marks in zip(sets, out, strict=True)):
                continue
            others = [~marks for marks in out]
            best = max(values, key=lambda value: (round(score(value, others), 4), -abs(value - stands)))
            cells.append(f"{name} {best:g} ({score(best, out):.3f} / {score(stands, out):.3f})")
        every = ", ".join(f"{value:g}: {score(value, everything):.4f}" for value in values)
        yield f"| `{threshold}` | {stands:g} | {'; '.join(cells)} | {every} |"
    yield ""
    yield "| set, pairs by themselves | copies | partial | different |"
    yield "|---|---:|---:|---:|"
    for one in sets:
        found, all_of = Counter(one.labels[one.merged(now)].tolist()), Counter(one.labels.tolist())
        yield f"| {one.name} | {' | '.join(f'{found[label]} of {all_of[label]}' for label in 'DPN')} |"


def quality_table(data: Path) -> Iterator[str]:
    """Yield the lines of the table of quality on the labelled data."""
    yield "| set | P | R | F1 | B-cubed F1 | wrongly removed | largest cluster |"
    yield "|---|---:|---:|---:|---:|---:|---:|"
    real = documents_of(read_rows(data / "dedup" / "saudinewsnet.jsonl.zst", dict), outlet="source", date="date")
    found = find_clusters(real)
    largest = max(Counter(row["cluster"] for row in found).values())
    score = score_dups(read_labels(data / "dedup" / "real_judged.jsonl"), found)["pairs"]
    shares = " | ".join(f"{score[name]:.3f}" for name in ("precision", "recall", "f1"))
    yield f"| real, judged | {shares} | | | {largest} |"
    edited = list(read_rows(data / "dedup" / "synth.jsonl.zst", dict))
    for variant, language in itertools.product(("clean", "dirty"), ("ar", "en")):
        gold = [row for row in edited if row["lang"] == language]
        score = score_dups(gold, find_clusters(documents_of(gold, variant)))["all"]
        figures = " | ".join(f"{score[name]:.3f}" for name in ("precision", "recall", "f1", "bcubed_f1"))
        yield f"| synth {variant} {language} | {figures} | {score['wrongly_removed']} | |"
    five = find_clusters(documents_of(read_labels(data / "v2" / "dedup" / "ant_corpus.jsonl.gz")))
    cluster = {row["id"]: row["cluster"] for row in five}
    pairs = read_labels(data / "v2" / "dedup" / "ant_judged.jsonl.gz")
    merged = Counter(row["label"] for row in pairs if cluster.get(row["a"], "") == cluster.get(row["b"]))
    every = Counter(row["label"] for row in pairs)
    yield ""
    yield f"Five other outlets: {', '.join(f'{merged[label]} of {every[label]} {label}' for label in LABELS)} merged."


if __name__ == "__main__":
    folder = Path(*sys.argv[1:2] or (os.environ.get("GHIRBAL_DATA", ROOT.parent / "shared" / "data"),))
    if not folder.is_dir():
        sys.exit(f"{folder}: the labelled data is not here")
    for line in itertools.chain(quality_table(folder), [""], threshold_table(folder)):
        print(line, flush=True)
