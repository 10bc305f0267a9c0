"""Floors on labelled data, where it is present: well below what is reached, well above what the prototype did."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from corpus.arabic import folded_words
from corpus.records import Document, Source
from corpus.run.stage import run_here, summarise
from dedup.stages import Dedup
from ghirbal.published import read_rows
from ghirbal.score import score_dups


def clusters(documents: list[Document], stage: Dedup | None = None) -> list[dict[str, str]]:
    stage = stage or Dedup()
    stage.learn([memoryview(summarise(stage.accumulator(), documents))], run_here)
    lines = map(json.loads, stage.clusters())
    return [{"id": one["id"], "cluster": line["cluster"]} for line in lines for one in line["members"]]


def rows(path: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in gzip.decompress(path.read_bytes()).decode().split("\n") if line]


def shingles(text: str) -> NDArray[np.int64]:
    """Return the runs of three words of a text, by hash."""
    words = folded_words(text)
    return np.array([hash(run) for run in zip(words, words[1:], words[2:], strict=False)], dtype=np.int64)


def lost(stage: Dedup, documents: list[Document]) -> Iterator[str]:
    """Yield the paragraphs of removed documents that no kept one has like them, and of which nothing is said.

    A paragraph has 80 characters or more; one is like it that has three in ten of its runs of three words.
    """
    verdicts = [stage.apply(one) for one in documents]
    kept = np.unique(
        np.concatenate([shingles(one.text) for one, verdict in zip(documents, verdicts, strict=True) if verdict.kept])
    )
    for one, verdict in zip(documents, verdicts, strict=True):
        for line in one.text.split("\n") if not (verdict.kept or "own" in verdict.detail) else ():
            if len(line) >= 80 and (own := shingles(line)).size:
                places = np.minimum(np.searchsorted(kept, own), len(kept) - 1)
                if np.mean(kept[places] == own) < 0.3:
                    yield f"{one.id}: {line}"


@pytest.mark.parametrize(
    ("language", "variant", "floor", "most_wrong"),
    [("ar", "clean", 0.975, 18), ("ar", "dirty", 0.97, 18), ("en", "clean", 0.975, 1), ("en", "dirty", 0.97, 1)],
)
def test_edited_copies_are_found_and_templates_left_alone(labelled, language, variant, floor, most_wrong):
    gold = [row for row in read_rows(labelled / "dedup" / "synth.jsonl.zst", dict) if row["lang"] == language]
    documents = [
        Document(row["id"], Source("synth", at), row[variant], outlet=row["outlet"]) for at, row in enumerate(gold)
    ]
    stage = Dedup()
    figures = score_dups(gold, clusters(documents, stage))["all"]
    assert figures["bcubed_f1"] >= floor
    assert figures["wrongly_removed"] <= most_wrong
    if language == "en":
        assert list(lost(stage, documents)) == []


@pytest.mark.slow
def test_copies_among_real_newspapers(labelled):
    folder = labelled / "dedup"
    documents = [
        Document(row["id"], Source("real", at), row["text"], outlet=row["source"], published=row["date"])
        for at, row in enumerate(read_rows(folder / "saudinewsnet.jsonl.zst", dict))
    ]
    stage = Dedup()
    found = clusters(documents, stage)
    lines = (folder / "real_judged.jsonl").read_text(encoding="utf-8").split("\n")
    figures = score_dups([json.loads(line) for line in lines if line], found)["pairs"]
    assert figures["f1"] >= 0.93
    assert figures["precision"] >= 0.94
    assert max(Counter(row["cluster"] for row in found).values()) <= 40
    # One line of twelve words, of a page whose stories are all kept.
    assert len(list(lost(stage, documents))) <= 1


@pytest.mark.slow
@pytest.mark.parametrize("variant", ["clean", "dirty"])
def test_nothing_is_lost_with_a_copy(labelled, variant):
    gold = [row for row in read_rows(labelled / "dedup" / "synth.jsonl.zst", dict) if row["lang"] == "ar"]
    documents = [
        Document(row["id"], Source("synth", at), row[variant], outlet=row["outlet"]) for at, row in enumerate(gold)
    ]
    stage = Dedup()
    clusters(documents, stage)
    assert list(lost(stage, documents)) == []


def test_copies_of_five_outlets_are_found_and_rolling_coverage_is_left_alone(labelled):
    folder = labelled / "v2" / "dedup"
    documents = [
        Document(row["url"], Source("five", at), row["text"], row.get("title", ""), row["url"], row["outlet"])
        for at, row in enumerate(rows(folder / "ant_corpus.jsonl.gz"))
    ]
    stage = Dedup()
    found = {row["id"]: row["cluster"] for row in clusters(documents, stage)}
    pairs = rows(folder / "ant_judged.jsonl.gz")
    merged = Counter(row["label"] for row in pairs if found.get(row["a"], "") == found.get(row["b"]))
    assert merged["copy"] >= 28
    assert merged["partial"] + merged["different"] <= 1
    assert list(lost(stage, documents)) == []
