"""Thresholds of the comparison of two texts, from either side."""

from __future__ import annotations

import numpy as np
import pytest

from dedup.compare.gaps import read_gaps
from dedup.compare.relation import NEAR, NONE, Thresholds, relate


@pytest.mark.parametrize(("rare_back", "relation"), [(0.4, NEAR), (0.3999, NONE)])
def test_copies_share_four_tenths_of_the_rare_words_of_the_longer(rare_back, relation):
    #         resemblance, containment, rare, rare_back, numbers, names, depth
    scores = np.array([0.6, 0.6, 1.0, rare_back, 0, 0, 0], dtype=np.float32)
    assert relate(scores, tuple(map(float, Thresholds())), 50, 60) == relation


@pytest.mark.parametrize(("shared", "depth"), [(5, 1.0), (6, 20 / 26)])
def test_a_passage_is_six_shingles_in_a_row(shared, depth):
    right = np.arange(1, 21 + shared, dtype=np.uint32)  # 20 shingles of its own, then the shared ones
    left = np.concatenate([np.arange(100, 110), right[20:]]).astype(np.uint32)
    plain = np.zeros(len(right), dtype=np.uint8)
    found = read_gaps(left, plain[: len(left)].copy(), left, right, plain, right, 1)
    assert found == (0, 0, depth)
