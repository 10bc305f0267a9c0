from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from dedup.decide.clusters import build_graph, find_anchors
from dedup.sketch.bands import GROUP_ALL, band_keys, key_pairs, sample, sample_pairs

Edge = tuple[int, int, float]


def codes(pairs: list[tuple[int, int]]) -> np.ndarray:
    return np.array([first << 32 | second for first, second in pairs], dtype=np.uint64)


def group(count: int, edges: list[Edge]) -> list[int]:
    pairs = codes([(first, second) for first, second, _ in edges])
    scores = np.array([score for *_, score in edges], dtype=np.float32)
    return find_anchors(build_graph(count, pairs, scores)).tolist()


def test_a_chain_does_not_make_one_cluster():
    chain = [(at, at + 1, 0.5) for at in range(6)]
    found = group(7, chain)
    assert max(found.count(anchor) for anchor in found) <= 3


def test_the_best_connected_is_the_anchor_and_the_strongest_decides():
    star = [(0, 2, 0.9), (1, 2, 0.9), (0, 1, 0.9), (2, 3, 0.3), (3, 4, 0.8)]
    assert group(5, star) == [2, 2, 2, 4, 4]


def test_companions_are_needed_but_join_nothing():
    spokes = [(0, 1, 0.6), (0, 2, 0.5)]
    assert group(3, spokes) == [0, 0, 2]
    assert group(3, [*spokes, (1, 2, 0.0)]) == [0, 0, 0]
    assert group(2, [(0, 1, 0.0)]) == [0, 1]


def test_what_an_anchor_refuses_may_cluster_on_its_own():
    edges = [(0, 1, 0.9), (0, 2, 0.5), (0, 3, 0.5), (2, 3, 0.7)]
    assert group(4, edges) == [0, 0, 2, 2]


@given(st.lists(st.tuples(st.integers(0, 11), st.integers(0, 11), st.sampled_from([0.0, 0.3, 0.6, 1.0])), max_size=40))
def test_members_are_verified_against_their_anchor(edges: list[Edge]):
    edges = [(min(a, b), max(a, b), s) for a, b, s in edges if a != b]
    edges = list({(a, b): (a, b, s) for a, b, s in edges}.values())
    found = group(12, edges)
    strong = {frozenset(edge[:2]) for edge in edges if edge[2] > 0}
    for member, anchor in enumerate(found):
        assert found[anchor] == anchor
        assert member == anchor or frozenset((member, anchor)) in strong


def test_equal_keys_pair_up_and_large_groups_stay_linear():
    keys, ranks = np.array([1, 2, 7, 7, 7], dtype=np.uint64), np.array([1, 3, 0, 2, 4], dtype=np.uint32)
    assert key_pairs(keys, ranks).tolist() == codes([(0, 2), (0, 4), (2, 4)]).tolist()

    def pairs_of_one_key(count: int) -> int:
        return len(key_pairs(np.zeros(count, dtype=np.uint64), np.arange(count, dtype=np.uint32)))

    assert pairs_of_one_key(GROUP_ALL) == GROUP_ALL * (GROUP_ALL - 1) // 2
    assert pairs_of_one_key(10_000) < 10_000 * 25


def test_sampled_shingles_pair_texts_that_share_a_passage_and_skip_what_everybody_has():
    words = np.arange(400, dtype=np.uint32)
    texts = [words[:200], words[150:350], words[360:400]]
    bounds = np.cumsum([0, *map(len, texts)])
    hashes, owners = sample(np.concatenate(texts), bounds, 20)
    assert sample_pairs(hashes, owners.astype(np.int64)).tolist() == codes([(0, 1)]).tolist()
    everybody = np.zeros(GROUP_ALL + 1, dtype=np.uint64)
    assert len(sample_pairs(everybody, np.arange(GROUP_ALL + 1))) == 0


def test_a_sample_is_the_same_wherever_the_passage_stands():
    words = np.arange(1, 300, dtype=np.uint32)
    shifted = np.concatenate((np.full(57, 9, dtype=np.uint32), words))
    one = sample(words, np.array([0, len(words)]), 20)[0]
    other = sample(shifted, np.array([0, len(shifted)]), 20)[0]
    assert set(one.tolist()) <= set(other.tolist())
    assert 20 < len(one) < 55


def test_band_keys_depend_on_their_rows_alone():
    signatures = np.arange(3 * 128, dtype=np.uint32).reshape(3, 128)
    signatures[1] = signatures[0]
    signatures[1, 4] += 1
    keys = band_keys(signatures, 32, 4)
    assert (keys[:, 0] == keys[:, 1]).sum() == 31
    assert keys[1, 0] != keys[1, 1]
