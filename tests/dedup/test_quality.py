"""Floors on labelled data, where it is present: well below what is reached, well above what the prototype did."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from functools import cache

import pytest

from corpus.arabic import folded_words
from corpus.records import Document, Source
from corpus.run.stage import run_here, summarise
from corpus.run.worker import read_rows
from dedup.score import score_clusters
from dedup.stages import Dedup


def clusters(documents: list[Document], stage: Dedup | None = None) -> list[dict[str, str]]:
    stage = stage or Dedup()
    stage.learn([memoryview(summarise(stage.accumulator(), documents))], run_here)
    lines = map(json.loads, stage.clusters())
    return [{"id": one["id"], "cluster": line["cluster"]} for line in lines for one in line["members"]]


def shingles(text: str) -> set[tuple[str, ...]]:
    return set(zip(*(folded_words(text)[at:] for at in range(3)), strict=False))


def lost(stage: Dedup, documents: list[Document]) -> Iterator[str]:
    """Yield the paragraphs of removed documents that no kept one has like them, and of which nothing is said.

    A paragraph has 80 characters or more; one is like it that has three in ten of its runs of three words. One document
    in eight is looked at.
    """
    verdicts = {one.id: stage.apply(one) for one in documents}
    texts = {one.id: one.text for one in documents}
    everything = cache(lambda: set().union(*(shingles(texts[name]) for name, one in verdicts.items() if one.kept)))
    for name, verdict in list(verdicts.items())[::8]:
        if verdict.kept or "own" in verdict.detail:
            continue
        survivor = shingles(texts[verdict.detail["survivor"]])
        for line in filter(lambda line: len(line) >= 80, texts[name].split("\n")):
            own = shingles(line)
            if len(own & survivor) < 0.3 * len(own) and len(own & everything()) < 0.3 * len(own):
                yield f"{name}: {line}"


@pytest.mark.parametrize(
    ("language", "variant", "floor", "most_wrong"),
    [("ar", "clean", 0.965, 25), ("ar", "dirty", 0.96, 25), ("en", "clean", 0.975, 1), ("en", "dirty", 0.965, 1)],
)
def test_edited_copies_are_found_and_templates_left_alone(labelled, language, variant, floor, most_wrong):
    gold = [row for row in read_rows(labelled / "dedup" / "synth.jsonl.zst") if row["lang"] == language]
    documents = [
        Document(row["id"], Source("synth", at), row[variant], outlet=row["outlet"]) for at, row in enumerate(gold)
    ]
    stage = Dedup()
    figures = score_clusters(gold, clusters(documents, stage))["all"]
    assert figures["bcubed_f1"] >= floor
    assert figures["wrongly_removed"] <= most_wrong
    if language == "en":
        assert list(lost(stage, documents)) == []


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


@pytest.mark.slow
@pytest.mark.parametrize("variant", ["clean", "dirty"])
def test_nothing_is_lost_with_a_copy(labelled, variant):
    gold = [row for row in read_rows(labelled / "dedup" / "synth.jsonl.zst") if row["lang"] == "ar"]
    documents = [
        Document(row["id"], Source("synth", at), row[variant], outlet=row["outlet"]) for at, row in enumerate(gold)
    ]
    stage = Dedup()
    clusters(documents, stage)
    assert list(lost(stage, documents)) == []
