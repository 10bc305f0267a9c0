"""Floors on labelled data, where it is present: well below what is reached, well above what the prototype did."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from corpus.records import Document, Source
from corpus.run.stage import run_here, summarise
from corpus.run.worker import read_rows
from dedup.score import score_clusters
from dedup.stages import Dedup


def clusters(documents: list[Document]) -> list[dict[str, str]]:
    stage = Dedup()
    stage.learn([memoryview(summarise(stage.accumulator(), documents))], run_here)
    lines = map(json.loads, stage.clusters())
    return [{"id": one["id"], "cluster": line["cluster"]} for line in lines for one in line["members"]]


@pytest.mark.parametrize(
    ("language", "variant", "floor", "most_wrong"),
    [("ar", "clean", 0.965, 25), ("ar", "dirty", 0.96, 25), ("en", "clean", 0.975, 1), ("en", "dirty", 0.965, 1)],
)
def test_edited_copies_are_found_and_templates_left_alone(labelled, language, variant, floor, most_wrong):
    gold = [row for row in read_rows(labelled / "dedup" / "synth.jsonl.zst") if row["lang"] == language]
    documents = [
        Document(row["id"], Source("synth", at), row[variant], outlet=row["outlet"]) for at, row in enumerate(gold)
    ]
    figures = score_clusters(gold, clusters(documents))["all"]
    assert figures["bcubed_f1"] >= floor
    assert figures["wrongly_removed"] <= most_wrong


@pytest.mark.slow
def test_copies_among_real_newspapers(labelled):
    folder = labelled / "dedup"
    documents = [
        Document(row["id"], Source("real", at), row["text"], outlet=row["source"], published=row["date"])
        for at, row in enumerate(read_rows(folder / "saudinewsnet.jsonl.zst"))
    ]
    found = clusters(documents)
    lines = (folder / "real_judged.jsonl").read_text(encoding="utf-8").split("\n")
    figures = score_clusters([json.loads(line) for line in lines if line], found)["pairs"]
    assert figures["f1"] >= 0.92
    assert figures["precision"] >= 0.92
    assert max(Counter(row["cluster"] for row in found).values()) <= 40
