"""Who is the better one, step by step; and what is too short to be compared."""

from __future__ import annotations

import random

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from corpus.run import run_here, summarise
from dedup.config import DedupConfig
from dedup.decide import pairs
from dedup.decide.clusters import find_collections, group
from dedup.decide.pairs import Edges, find_candidates
from dedup.decide.survivors import find_repeats, pick_survivors, rank_documents
from dedup.sketch import draw_family
from dedup.stages import Dedup
from dedup.store.summaries import Summaries
from dedup.store.summary import summarise as summarise_documents

WORDS = ["".join("ابتجحدرس"[number >> 3 * place & 7] for place in range(4)) for number in range(4096)]
NEAR, CONTAINED, HELD, COMPANION = 1, 2, 3, 0


def ranked(documents, **config):
    settings = DedupConfig(**config)
    summaries = Summaries([summarise_documents(documents[at::2], settings, draw_family()) for at in range(2)])
    order = rank_documents(summaries, settings.survivor).order
    return [summaries.name(at) for at in order.tolist()]


def verdicts(documents, **config):
    stage = Dedup(DedupConfig(**config))
    stage.learn([memoryview(summarise(stage.accumulator(), documents))], run_here)
    return {one.id: stage.apply(one).reason for one in documents}


@pytest.mark.parametrize(
    ("config", "order"),
    [
        ({}, ["d", "c", "b", "a", "ب"]),  # the longest, then the earliest, no date being the latest; then the id
        ({"survivor": ("earliest",)}, ["c", "b", "d", "a", "ب"]),
        ({"survivor": ("earliest", "longest")}, ["c", "b", "d", "a", "ب"]),
        ({"survivor": ()}, ["a", "b", "c", "d", "ب"]),
        ({"survivor": ("preferred",), "preferred_outlets": ("wadi", "nahr")}, ["d", "c", "a", "b", "ب"]),
        ({"survivor": ("extraction",), "extractors": ("lines", "rival")}, ["b", "a", "c", "d", "ب"]),
        ({"survivor": ("extraction", "longest"), "extractors": ("rival",)}, ["a", "d", "b", "c", "ب"]),
    ],
)
def test_documents_are_ranked_by_one_criterion_after_another_and_by_id_at_last(document, config, order):
    documents = [
        document("ب", "خمس كلمات"),
        document("a", "خمس كلمات", published="soon", trace={"extractor": "rival"}),
        document("b", "خمس كلمات", published="2024-05-02", trace={"extractor": "lines"}),
        document("c", "خمس كلمات", "nahr", published="2024-05-01"),
        document("d", "خمس كلمات أخرى", "wadi", published="2024-05-03"),
    ]
    for seed in range(5):
        random.Random(seed).shuffle(documents)
        assert ranked(documents, **config) == order


def test_the_survivor_of_a_cluster_is_its_best_and_a_collection_only_if_all_are():
    anchors, ranks = np.array([3, 3, 3, 3, 4, 5]), np.arange(6)
    none = np.zeros(6, dtype=bool)
    assert pick_survivors(anchors, ranks, none).tolist() == [0, 0, 0, 0, 4, 5]
    some = np.array([True, True, False, False, True, False])
    assert pick_survivors(anchors, ranks, some).tolist() == [2, 2, 2, 2, 4, 5]
    assert pick_survivors(anchors, ranks, ~none).tolist() == [0, 0, 0, 0, 4, 5]


def test_repeats_name_the_first_that_counts():
    keys = [np.array([7, 1, 7, 7, 1, 2], dtype=np.uint64), np.array([0, 0, 0, 1, 0, 0], dtype=np.uint64)]
    later, first = find_repeats(keys, np.ones(6, dtype=bool))
    assert dict(zip(later.tolist(), first.tolist(), strict=True)) == {2: 0, 4: 1}
    later, first = find_repeats(keys, np.array([False, *[True] * 5]))
    assert (later.tolist(), first.tolist()) == ([4], [1])
    assert [len(part) for part in find_repeats(keys, np.zeros(6, dtype=bool))] == [0, 0]


def edges(*given):
    """Make edges of (first, second, relation, resemblance, containment)."""
    scores = np.zeros((len(given), 7), dtype=np.float32)
    scores[:, :2] = [one[3:] for one in given]
    found = np.array([one[0] << 32 | one[1] for one in given], dtype=np.uint64)
    return Edges(found, np.array([one[2] for one in given], dtype=np.uint8), scores)


#: Three copies, 0 to 2, and a truncated one, 3, that was verified against one of them only.
TRIO = [(0, 1, NEAR, 0.9, 1), (0, 2, NEAR, 0.9, 1), (1, 2, NEAR, 0.9, 1), (1, 3, CONTAINED, 0.2, 0.95)]
LIKE = [(0, 3, COMPANION, 0.2, 0.4), (2, 3, COMPANION, 0.2, 0.4)]


def test_a_truncated_copy_joins_the_text_that_holds_it_if_it_is_like_all_members():
    lengths = np.array([100, 100, 100, 20])
    assert group(edges(*TRIO, *LIKE), lengths).tolist() == [1, 1, 1, 1]
    assert group(edges(*TRIO, *LIKE[:1]), lengths).tolist() == [1, 1, 1, 3]
    assert group(edges(*TRIO[:3]), lengths).tolist() == [0, 0, 0, 3]
    # The longer text does not join the shorter ones that it holds.
    assert group(edges(*TRIO, *LIKE), np.array([100, 100, 100, 300])).tolist() == [1, 1, 1, 3]


def test_a_page_that_holds_another_story_is_a_collection_unless_it_is_in_its_cluster():
    lengths, anchors = np.array([100, 40, 50]), np.array([0, 1, 2])
    found = edges((0, 1, HELD, 0.3, 1), (0, 2, CONTAINED, 0.4, 1), (1, 2, NEAR, 0.9, 1))
    assert find_collections(found, lengths, anchors).tolist() == [True, False, False]
    assert find_collections(found, lengths, np.zeros(3, dtype=np.int64)).tolist() == [False] * 3
    assert find_collections(edges((0, 1, NEAR, 0.9, 1)), lengths, anchors).tolist() == [False] * 3


@pytest.mark.parametrize(("count", "reason"), [(20, "near-duplicate"), (19, "")])
def test_texts_of_twenty_words_are_compared(document, count, reason):
    one = document("a", " ".join(WORDS[:count]) + "،،")
    other = document("b", " ".join([*WORDS[: count - 1], "ختام"]))
    assert verdicts([one, other]) == {"a": "", "b": reason}
    assert verdicts([one, other], near=False) == {"a": "", "b": ""}


@pytest.mark.parametrize(("count", "reason"), [(5, "exact-duplicate"), (4, ""), (19, "exact-duplicate")])
def test_texts_of_five_words_may_be_the_same(document, count, reason):
    text = " ".join(WORDS[:count])
    assert verdicts([document("a", text + "."), document("b", text)]) == {"a": "", "b": reason}


@pytest.mark.parametrize(("count", "reason"), [(20, "near-duplicate"), (19, "")])
def test_equal_texts_are_near_copies_where_exact_is_off_and_they_are_long_enough(document, count, reason):
    text = " ".join(WORDS[:count])
    documents = [document("a", text + "."), document("b", text)]
    assert verdicts(documents, exact=False) == {"a": "", "b": reason}
    assert set(verdicts(documents, exact=False, near=False).values()) == {""}


def test_how_work_is_cut_changes_nothing(document, story, monkeypatch):
    documents = []
    for seed in range(6):
        lines = story(seed, 12).split("\n")
        documents += [document(f"{seed}{at}", "\n".join(lines[at:])) for at in range(4)]
    summaries = Summaries([summarise_documents(documents, DedupConfig(), draw_family())])
    order = rank_documents(summaries, ("longest",))
    whole = find_candidates(order, np.arange(24), 32, run_here)
    expected = verdicts(documents)
    assert list(expected.values()).count("") == 6
    for name, value in (("_SAMPLES_PER_TASK", 7), ("_WORDS_PER_TASK", 200), ("_TASKS_AT_ONCE", 1)):
        monkeypatch.setattr(pairs, name, value)
    assert_array_equal(find_candidates(order, np.arange(24), 32, run_here), whole)
    assert verdicts(documents) == expected
