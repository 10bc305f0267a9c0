from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from dedup.compare.relation import Thresholds, compare
from dedup.compare.screen import screen
from dedup.store.summaries import COMMON, RARE, Texts

#: Few words, so that texts share shingles by chance, and have the same one twice.
word = st.integers(0, 40).map(lambda number: number * 0x61C88647 & 0xFFFFFFFF)
flag = st.sampled_from([0, 0, RARE, COMMON, RARE | COMMON])
text = st.lists(st.tuples(word, flag), max_size=80)


def gather(found: list[list[tuple[int, int]]]) -> Texts:
    flat = [pair for one in found for pair in one]
    bounds = np.cumsum([0, *map(len, found)], dtype=np.int64)
    words = np.array([value for value, _ in flat], dtype=np.uint32)
    flags = np.array([flag for _, flag in flat], dtype=np.uint8)
    return Texts(words, flags, bounds, np.zeros((len(found), 3), np.uint64))


@settings(max_examples=300, deadline=None)
@given(
    st.lists(text, min_size=2, max_size=5),
    st.sampled_from([0.1, 0.2, 0.3, 0.4, 0.5, 1.0]),
    st.sampled_from([0.1, 0.3, 0.4, 0.6, 0.7, 1.0]),
)
def test_no_pair_that_shares_enough_is_put_aside(
    texts: list[list[tuple[int, int]]], resemblance: float, containment: float
) -> None:
    gathered = gather(texts)
    firsts, seconds = map(np.ascontiguousarray, np.triu_indices(len(texts), 1))
    kept = screen(gathered, firsts, seconds, (resemblance, containment))
    scores = compare(gathered, firsts, seconds, Thresholds()).scores
    enough = (scores[:, 0] >= resemblance) | (scores[:, 1] >= containment)
    assert not (enough & ~kept).any()


def test_pairs_that_share_nothing_are_put_aside() -> None:
    stories = [[(at * 7919 + 104729 * story, RARE) for at in range(300)] for story in range(3)]
    gathered = gather([*stories, stories[0]])
    pairs = np.array([0, 0, 0]), np.array([1, 2, 3])
    assert screen(gathered, *pairs, (0.25, 0.4)).tolist() == [False, False, True]
