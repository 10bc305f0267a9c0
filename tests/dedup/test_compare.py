"""What two texts are by their labels, and how much of a page others have, with made-up hashes of words."""

from __future__ import annotations

import numpy as np
import pytest

from dedup.compare.coverage import cover, has_own
from dedup.compare.relation import NEAR, NONE, OTHERS, SAME_OUTLET, VERSION, Thresholds, compare
from dedup.store.summaries import RARE, Texts
from tests.dedup.test_crowds import words

#: Hashes of numbers are odd, and have one high half for one value.
ONE, SAME, TWO = 0x7001_0001, 0x7001_0007, 0x7002_0001


def gathered(*texts: list[int], labels: list[tuple[int, ...]] | None = None, plain: int = RARE) -> Texts:
    """Gather texts, `plain` being the flags of all words from 40,000 on, and RARE of all others."""
    flat = np.array([word for text in texts for word in text], dtype=np.uint32)
    flags = np.where(flat >> np.uint32(16) < 40_000, RARE, plain).astype(np.uint8)
    label = np.array(labels or [(0, 0, 0)] * len(texts), dtype=np.uint64)
    return Texts(flat, flags, np.cumsum([0, *map(len, texts)]), label)


#: Hashes of outlets, addresses and titles.
OUTLET, ELSEWHERE, PAGE, HEADLINE = (1, 0, 0), (2, 0, 0), (1, 5, 0), (1, 0, 7)


@pytest.mark.parametrize(
    ("left", "right", "opening", "kin"),
    [
        ((0, 0, 0), (0, 0, 0), 0, OTHERS), (OUTLET, ELSEWHERE, 0, OTHERS), (OUTLET, OUTLET, 0, SAME_OUTLET),
        (PAGE, PAGE, 9, VERSION), (PAGE, (2, 5, 0), 9, VERSION), (PAGE, (1, 6, 0), 0, SAME_OUTLET),
        (HEADLINE, HEADLINE, 0, OTHERS), (HEADLINE, HEADLINE, 1, SAME_OUTLET), (HEADLINE, (1, 0, 8), 0, SAME_OUTLET),
        (HEADLINE, OUTLET, 0, SAME_OUTLET), ((0, 0, 7), (0, 0, 7), 1, OTHERS),
    ],
)  # fmt: skip
def test_outlet_address_title_and_opening_make_two_texts_kin(left, right, opening, kin):
    """Of texts with three quarters in common others are copies, those of one outlet are not, versions always are."""
    plain = [words(1, 47) + words(40_000, 15), words(1, 47) + words(41_000, 15)]
    numbered = [[*text[:20], number, *text[20:]] for text, number in zip(plain, (ONE, TWO), strict=True)]
    found = []
    for one, other in (plain, numbered):
        changed = [*words(45_000, opening), *other[opening:]]
        texts = gathered(one, changed, labels=[left, right], plain=0)
        found.append(int(compare(texts, np.array([0]), np.array([1]), Thresholds()).relation[0]))
    assert found == {OTHERS: [NEAR, NONE], SAME_OUTLET: [NONE, NONE], VERSION: [NEAR, NEAR]}[kin]


@pytest.mark.parametrize(
    ("page", "holders", "share", "numbers", "own"),
    [
        (words(1, 60), [words(1, 30)], 28 / 58, 0, [30, 30]), (words(1, 60), [words(31, 30)], 28 / 58, 0, [0, 30]),
        (words(1, 60), [words(1, 25), words(36, 25)], 46 / 58, 0, [25, 10]),
        (words(1, 60), [words(1, 60)], 1, 0, [0, 0]), (words(1, 60), [], 0, 0, [0, 60]),
        ([*words(1, 9), ONE, *words(20, 9)], [words(1, 9)], 7 / 17, 1, [9, 10]),
        ([*words(1, 9), ONE, *words(20, 9)], [[*words(1, 9), TWO]], 7 / 17, 1, [9, 10]),
        ([*words(1, 9), ONE, *words(20, 9)], [[*words(1, 9), 300 << 16, SAME]], 7 / 17, 0, [9, 10]),
        (words(1, 2), [words(1, 2)], 0, 0, [0, 2]),
    ],
)  # fmt: skip
def test_what_others_have_of_a_page_is_measured(page, holders, share, numbers, own):
    texts = gathered(page, *holders)
    found = cover(texts, np.arange(1, len(holders) + 1), np.array([0, len(holders)]), np.array([0]))
    assert (found.share.tolist(), found.numbers.tolist()) == ([np.float32(share)], [numbers])
    assert found.own.tolist() == [own]


@pytest.mark.parametrize(("count", "own"), [(20, True), (19, False)])
def test_a_passage_of_twenty_words_is_of_its_own(count, own):
    texts = gathered(words(1, 30) + words(500, count), words(1, 30), words(1, 50))
    assert has_own(texts, np.array([1, 2]), np.array([0, 0])).tolist() == [own] * 2
