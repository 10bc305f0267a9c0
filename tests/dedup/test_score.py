from __future__ import annotations

import pytest

from dedup.score import score_clusters

GOLD = [
    {"id": "a", "cluster": 1, "lang": "ar"},
    {"id": "b", "cluster": 1, "lang": "ar"},
    {"id": "c", "cluster": 2, "lang": "ar"},
    {"id": "d", "cluster": 3, "lang": "en"},
    {"id": "e", "cluster": 3, "lang": "en"},
]


def test_clusters_are_scored_for_each_language_and_all():
    figures = score_clusters(GOLD, [{"id": name, "cluster": "x"} for name in "abc"])
    assert list(figures) == ["ar", "en", "all"]
    assert figures["ar"]["precision"] == pytest.approx(1 / 3)
    assert figures["ar"]["recall"] == 1.0
    assert figures["ar"]["wrongly_removed"] == 1
    # B-cubed of ar: precision (2 * 2/3 + 1/3) / 3 = 5/9, recall 1.
    assert figures["ar"]["bcubed_f1"] == pytest.approx(2 * (5 / 9) / (1 + 5 / 9))
    assert figures["en"] == {
        "documents": 2, "precision": 0.0, "recall": 0.0, "f1": 0.0,
        "bcubed_f1": pytest.approx(2 / 3), "wrongly_removed": 0,
    }  # fmt: skip
    assert figures["all"]["recall"] == 0.5


def test_judged_pairs_are_weighted():
    gold = [
        {"a": "a", "b": "b", "label": "D", "weight": 3},
        {"a": "a", "b": "c", "label": "P", "weight": 1},
        {"a": "c", "b": "d", "label": "N", "weight": 5},
        {"a": "d", "b": "e", "label": "D", "weight": 1},
    ]
    figures = score_clusters(gold, [{"id": name, "cluster": "x"} for name in "abc"])["pairs"]
    assert figures["precision"] == 0.75
    assert figures["precision_with_partial"] == 1.0
    assert figures["recall"] == 0.75
    assert (figures["pairs"], figures["same"]) == (4, 2)


def test_nothing_scores_nothing():
    assert score_clusters([], []) == {
        "all": {
            "documents": 0, "precision": 0.0, "recall": 0.0, "f1": 0.0, "bcubed_f1": 0.0, "wrongly_removed": 0,
        }
    }  # fmt: skip
