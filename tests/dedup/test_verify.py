from __future__ import annotations

from functools import partial

import numpy as np

from dedup.compare.relation import NEAR, Comparison, Thresholds, compare
from dedup.sketch import sign
from dedup.store.summaries import RARE, Texts
from tests.timing import fastest

#: CPU seconds; the two texts take .014, sorting them by neighbours alone .56 (2026-11, 2 cores).
BOUND = 0.1


def judge(texts: list[str]) -> Comparison:
    sketches = sign(texts)
    flags, labels = np.full(len(sketches.words), RARE, dtype=np.uint8), np.zeros((2, 3), dtype=np.uint64)
    gathered = Texts(sketches.words, flags, sketches.bounds, labels)
    return compare(gathered, np.array([0]), np.array([1]), Thresholds())


def test_thousands_of_words_with_one_number_in_them_cost_as_much_as_others():
    parts = ["".join("ابتجحدرس"[number >> 3 * place & 7] for place in range(5)) for number in range(30_000)]
    one = " ".join(f"{part}7" for part in parts)
    texts = [one, one + " انتهى"]
    assert judge(texts).relation.tolist() == [NEAR]
    assert fastest(partial(judge, texts), BOUND) < BOUND
