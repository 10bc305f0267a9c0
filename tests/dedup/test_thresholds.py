"""Each threshold of the comparison, from either side: whoever changes one has to change a test as well.

Values stand here as numbers, not by the names of the constants.
"""

from __future__ import annotations

import numpy as np
import pytest

from corpus.run import run_here
from dedup.compare.gaps import longest_passages, read_gaps
from dedup.compare.rarity import flag_words, mark_old
from dedup.compare.relation import (
    CONTAINED,
    HELD,
    NEAR,
    NONE,
    OTHERS,
    SAME_OUTLET,
    VERSION,
    Thresholds,
    compare,
    relate,
    thresholds_for,
)
from dedup.decide.against import rare_limit
from dedup.decide.clusters import build_graph, find_anchors
from dedup.decide.pairs import PairTask, find_likely
from dedup.sketch import sign
from dedup.sketch.bands import key_pairs, sample
from dedup.store.summaries import COMMON, RARE, Summaries, Texts

PLAIN = {
    "resemblance": 0.6, "containment": 0.6, "rare": 1, "rare_back": 1, "numbers": 0, "names": 0, "gaps": 0, "depth": 0,
}  # fmt: skip
EDITED = {"gaps": 3}
CUT = {"resemblance": 0.26, "containment": 0.551, "rare": 0.601, "rare_back": 0.3, "gaps": 1}
TRUNCATED = {"resemblance": 0.3, "containment": 0.851, "rare": 0.3, "rare_back": 0}


#: Of two texts without outlet, address and title.
NO_LABELS = np.zeros((2, 3), dtype=np.uint64)


def relation(
    scores: dict[str, float], short: int = 50, long: int = 60, thresholds: Thresholds | None = None, kin: int = OTHERS
) -> int:
    row = np.array(list((PLAIN | scores).values()), dtype=np.float32)
    return int(relate(row, kin, np.array(thresholds or Thresholds()), short, long))


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        (EDITED | {"resemblance": 0.341}, NEAR), (EDITED | {"resemblance": 0.339}, NONE),
        # .6 times the cube of .83 is .343, of .82 .331; the larger share counts.
        (EDITED | {"rare": 0.83, "rare_back": 0.1}, NEAR), (EDITED | {"rare": 0.82, "rare_back": 0.82}, NONE),
        (EDITED | {"rare": 0.1, "rare_back": 0.83}, NEAR),
        (CUT, NEAR), (CUT | {"gaps": 2}, NONE), (CUT | {"resemblance": 0.249}, NONE),
        (CUT | {"containment": 0.549}, NONE), (CUT | {"rare": 0.599}, NONE),
        ({"numbers": 1}, NONE), ({"resemblance": 1, "numbers": 1}, NONE),
        ({"names": 1, "gaps": 1}, NEAR), ({"names": 2, "gaps": 2}, NONE), ({"names": 2, "gaps": 5}, NEAR),
        ({"names": 3, "gaps": 8}, NONE), ({"names": 3, "gaps": 9}, NEAR),
        ({"depth": 0.349, "resemblance": 0.3}, NEAR), ({"depth": 0.351, "resemblance": 0.3}, NONE),
        ({"depth": 0.599}, NEAR), ({"depth": 0.601}, NONE),
    ],
)  # fmt: skip
def test_near_copies(scores, expected):
    assert relation(scores) == expected


@pytest.mark.parametrize(
    ("kin", "scores", "expected"),
    [
        (SAME_OUTLET, {"containment": 0.801}, NEAR), (SAME_OUTLET, {"containment": 0.799}, NONE),
        (VERSION, {"containment": 0.501, "numbers": 3, "rare": 0, "rare_back": 0, "depth": 1}, NEAR),
        (VERSION, {"containment": 0.499, "numbers": 3}, NONE), (VERSION, {"containment": 0.499}, NEAR),
    ],
)  # fmt: skip
def test_one_outlet_tells_more_stories_in_the_same_words(kin, scores, expected):
    assert relation(scores, kin=kin) == expected


@pytest.mark.parametrize(
    ("scores", "short", "long", "expected"),
    [
        (TRUNCATED, 30, 60, CONTAINED), (TRUNCATED | {"containment": 0.849, "gaps": 3}, 30, 60, NONE),
        (TRUNCATED, 45, 60, CONTAINED),
        (TRUNCATED, 46, 60, NEAR), (TRUNCATED | {"depth": 0.349}, 30, 60, CONTAINED),
        (TRUNCATED | {"depth": 0.351}, 30, 60, HELD),
        ({"resemblance": 1}, 10, 10, NEAR), ({"resemblance": 1}, 9, 9, NONE),
    ],
)  # fmt: skip
def test_what_stands_in_another(scores, short, long, expected):
    assert relation(scores, short, long) == expected


@pytest.mark.parametrize(
    ("threshold", "scores", "expected"),
    [
        (0.5, {"resemblance": 0.501}, NEAR), (0.5, {"resemblance": 0.499}, NONE),
        (0.9, {"resemblance": 0.901}, NEAR), (0.9, {"resemblance": 0.899}, NONE), (0.1, {"resemblance": 0.101}, NEAR),
        (0.1, EDITED | {"resemblance": 0.5, "rare": 0.1, "rare_back": 0.1}, NONE),
        # What stands whole in a longer text is contained in it, however little they resemble each other.
        (0.7, TRUNCATED, CONTAINED), (0.7, TRUNCATED | {"resemblance": 0.701}, NEAR),
    ],
)  # fmt: skip
def test_a_threshold_is_the_least_resemblance_of_near_copies(threshold, scores, expected):
    assert relation(scores, 50, 60, thresholds_for(threshold)) == expected


def side_by_side(left: list[int], right: list[int], ngram: int = 3, common: int = 0) -> tuple[float, ...]:
    """Read two texts of word hashes of which all are rare; the first `common` shingles of the right one are chrome."""
    one, other = np.array(left, dtype=np.uint32), np.array(right, dtype=np.uint32)
    marks = np.full(len(other), RARE, dtype=np.uint8)
    marks[:common] |= COMMON
    return gap_scores((one, np.full(len(one), RARE, dtype=np.uint8)), (other, marks), ngram)


def gap_scores(one: tuple[np.ndarray, ...], other: tuple[np.ndarray, ...], ngram: int) -> tuple[float, ...]:
    scores = np.empty(4, dtype=np.float32)
    read_gaps(*one, np.unique(one[0]), *other, np.unique(other[0]), ngram, scores)
    return tuple(round(score, 6) for score in scores.tolist())


def words(first: int, count: int) -> list[int]:
    """Return `count` words that are no numbers: their hashes are even, and differ in the high half."""
    return [at << 16 for at in range(first, first + count)]


ONE, SAME, TWO = 0x1_0001, 0x1_0007, 0x2_0001  # hashes of numbers are odd; the high half is that of the value


@pytest.mark.parametrize("count", [8, 9])
@pytest.mark.parametrize(("mine", "theirs", "numbers"), [(ONE, TWO, 1), (ONE, SAME, 0), (ONE, ONE, 0)])
def test_a_gap_has_at_most_eight_words(count, mine, theirs, numbers):
    before, after, rest = words(1, 9), words(50, 9), words(80, count - 1)
    found = side_by_side([*before, mine, *rest, *after], [*before, theirs, *rest[::-1], *after])
    assert found[0] == (numbers if count == 8 else 0)
    longer = side_by_side([*before, mine, *after], [*before, theirs, *rest, *after])
    assert longer[0] == (numbers if count == 8 else 0)


def names(first: int, count: int) -> list[int]:
    """Return `count` words whose letters, of each another one, stand in the low half."""
    return [word | 3 << 4 + 2 * (at % 6) for at, word in enumerate(words(first, count), first)]


@pytest.mark.parametrize("count", [8, 9])
def test_a_name_that_changed_is_counted_once_a_gap(count):
    before, after = words(1, 9), words(50, 9)
    found = side_by_side([*before, *names(100, count), *after], [*before, *names(1000, count)[::-1], *after])
    assert found[:3] == (0, 0, 1) if count == 8 else (0, 0, 0)
    found = side_by_side([*before, *names(102, 2), *after], [*before, *names(213, 2), *after])
    assert found[:3] == (0, 1, 1)
    assert side_by_side([*before, *words(100, 2), *after], [*before, *after])[:3] == (0, 0, 0)


def test_the_same_name_changed_again_is_no_second_one():
    parts = [words(first, 9) for first in (1, 21, 41)]
    one, other = names(102, 1), names(205, 1)
    assert side_by_side(parts[0] + one + parts[1] + one + parts[2], parts[0] + other + parts[1] + other + parts[2])[
        :3
    ] == (0, 1, 1)


@pytest.mark.parametrize(
    ("side", "place", "found"),
    [
        (0, 6, (0, 0, 0)), (0, 10, (0, 0, 0)), (1, 6, (0, 0, 0)), (1, 10, (0, 0, 0)),
        (0, 5, (0, 1, 1)), (1, 11, (0, 1, 1)),
    ],
)
def test_a_gap_is_in_chrome_if_a_shingle_beside_it_is(side, place, found):
    before, after = words(1, 9), words(50, 9)
    texts = [np.array([*before, *name, *after], dtype=np.uint32) for name in (names(102, 1), names(205, 1))]
    flags = [np.full(len(text), RARE, dtype=np.uint8) for text in texts]
    flags[side][place] |= COMMON
    assert gap_scores(*zip(texts, flags, strict=True), 3)[:3] == found


def hashed(word: str) -> int:
    return int(sign([word]).words[0])


@pytest.mark.parametrize(
    ("left", "right", "changed"),
    [
        ("ترمب", "ترامب", 0), ("لوغان", "لوجان", 0), ("البندري", "والبندري", 0), ("القحطاني", "القخطاني", 0),
        ("ميرلند", "ميرلبد", 0), ("القحطاني", "البسامي", 1), ("Meredith", "Meradith", 0), ("Meredith", "Goldwyn", 1),
    ],
)  # fmt: skip
def test_a_name_in_another_spelling_is_the_same_name(left, right, changed):
    before, after = words(1, 9), words(50, 9)
    assert side_by_side([*before, hashed(left), *after], [*before, hashed(right), *after])[1] == changed


def test_a_number_on_one_side_only_is_no_changed_number():
    before, after = words(1, 9), words(50, 9)
    assert side_by_side([*before, ONE, *after], [*before, 200, *after])[0] == 0


@pytest.mark.parametrize(("shared", "depth"), [(5, 1.0), (6, round(20 / 26, 6))])
def test_a_passage_is_six_shingles_in_a_row(shared, depth):
    right = [*range(1, 21), *range(101, 101 + shared)]
    assert side_by_side([*range(201, 211), *right[20:]], right, ngram=1)[3] == depth


def test_chrome_before_a_passage_is_no_depth():
    right = [*range(1, 21), *range(101, 111)]
    assert side_by_side(right[20:], right, 1, common=20)[3] == 0
    assert side_by_side(right[20:], right, 1, common=10)[3] == 10 / 20


def test_what_comes_again_is_read_where_the_text_goes_on():
    """The second of two equal shingles is the one behind what was read, if there is one behind it."""
    right = [*range(2, 14, 2), 50, *range(22, 34, 2), 50, *range(42, 54, 2)]
    assert side_by_side([*range(22, 34, 2), 50, *range(42, 54, 2)], right, 1)[3] == 7 / 20
    assert side_by_side([*range(42, 54, 2), 50, *range(22, 34, 2)], right, 1)[3] == 6 / 20
    one, other, name, another = words(1, 6), words(50, 6), names(102, 1), names(205, 1)
    assert side_by_side([*one, *name, 80, *other], [80, *one, *another, 80, *other], 1)[:2] == (0, 1)


def test_the_longest_passage_begins_in_the_second_text():
    texts = [words(1, 10) + words(30, 5), words(90, 3) + words(30, 5) + words(91, 2) + words(1, 6)]
    bounds = np.cumsum([0, *map(len, texts)])
    whole = np.array([word for text in texts for word in text], dtype=np.uint32)
    found = longest_passages(whole, bounds, np.array([0]), np.array([1]))
    assert found.tolist() == [[10, 6]]


    again = [words(1, 5) + words(90, 3) + words(30, 5), words(30, 5) + words(95, 3) + words(1, 5)]
    bounds = np.cumsum([0, *map(len, again)])
    whole = np.array([word for text in again for word in text], dtype=np.uint32)
    assert longest_passages(whole, bounds, np.array([0]), np.array([1])).tolist() == [[0, 5]]


@pytest.mark.parametrize(("shared", "kept"), [(32, 1), (31, 0)])
def test_companions_have_three_tenths_of_the_shorter_text_in_common(shared, kept):
    flat = np.array(words(1, 102) + words(1, shared) + words(500, 102 - shared), dtype=np.uint32)
    none = np.zeros(2, dtype=np.uint64)
    shard = {"key": none, "outlet": none, "url": none, "title": none, "words": flat, "bounds": np.array([0, 102, 204])}
    edges = find_likely(PairTask(np.array([1], dtype=np.uint64), Summaries([shard])))
    assert edges["relation"].tolist() == [NONE] * kept


def test_the_order_of_two_texts_changes_nothing_but_the_passage():
    texts = [words(1, 60), words(1, 30) + words(500, 5)]
    flags = np.full(95, RARE, dtype=np.uint8)
    flat = np.array([word for text in texts for word in text], dtype=np.uint32)
    gathered = Texts(flat, flags, np.array([0, 60, 95]), NO_LABELS)
    one = compare(gathered, np.array([0, 1]), np.array([1, 0]), Thresholds())
    assert one.scores[0].tolist() == one.scores[1].tolist()
    assert one.scores[0, :4].tolist() == np.array([28 / 63, 28 / 33, 30 / 35, 0.5], dtype=np.float32).tolist()


def flagged(holders: dict[str, int], sizes: dict[str, int], run: int, bit: int) -> set[int]:
    """Return the flags of a run of words that so many documents of each outlet have, `sizes` being those of all.

    All other words are everybody's.
    """
    filler, wanted = [2, 4, 6], [1000 + 2 * at for at in range(run)]
    texts = [
        (outlet, [*wanted, *filler] if at < holders.get(outlet, 0) else filler)
        for outlet, size in sizes.items()
        for at in range(size)
    ]
    lengths = [len(text) for _, text in texts]
    shard = {
        "key": np.arange(len(texts), dtype=np.uint64),
        "outlet": np.array([list(sizes).index(outlet) for outlet, _ in texts], dtype=np.uint64),
        "words": np.array([word for _, text in texts for word in text], dtype=np.uint32),
        "bounds": np.cumsum([0, *lengths]),
    }
    everybody = np.ones(len(texts), dtype=bool)
    (found,) = flag_words(run_here, Summaries([shard]), everybody, everybody)
    flags = found["flags"]
    firsts = shard["bounds"][:-1][np.array(lengths) > len(filler)]
    return {int(flag) for flag in flags[firsts] & bit}


FOUR = dict.fromkeys("abcd", 500)


@pytest.mark.parametrize(
    ("holders", "rare"),
    [
        (dict.fromkeys("abcd", 5), True), (dict.fromkeys("abcd", 5) | {"a": 6}, False),  # 20 and 21 of 2,000
        ({"a": 10}, True), ({"a": 11}, False),  # of one outlet
    ],
)  # fmt: skip
def test_a_word_is_rare_in_a_hundredth_of_the_documents_and_in_ten(holders, rare):
    assert flagged(holders, FOUR, 1, RARE) == {RARE if rare else 0}


@pytest.mark.parametrize(
    ("holders", "sizes", "common"),
    [
        ({"a": 20}, {"a": 1000, "b": 500}, False), ({"a": 21}, {"a": 1000, "b": 500}, True),
        ({"a": 10}, {"a": 100, "b": 500}, False), ({"a": 11}, {"a": 100, "b": 500}, True),
        ({"a": 6, "b": 6}, {"a": 100, "b": 100}, False),
    ],
)  # fmt: skip
def test_a_shingle_in_a_fiftieth_of_an_outlet_and_in_eleven_documents_is_chrome(holders, sizes, common):
    assert flagged(holders, sizes, 3, COMMON) == {COMMON if common else 0}


@pytest.mark.parametrize(("documents", "most"), [(2000, 20), (400, 10)])
def test_an_index_calls_the_same_words_rare(documents, most):
    words, limit = np.array([2, 4], dtype=np.uint32), rare_limit(range(documents))
    for documents, found in ((most, [RARE | COMMON, RARE]), (most + 1, [COMMON, 0])):
        flags = np.array([RARE | COMMON, RARE], dtype=np.uint8)
        mark_old(words, np.full(1 << 18, documents, dtype=np.uint32), limit, flags)
        assert flags.tolist() == found


def clustered(verified: int, alike: int, size: int) -> bool:
    """Tell whether a document joins a cluster of `size`, verified against some members and like `alike` in all."""
    clique = {(one, other): 1.0 for other in range(size) for one in range(other)}
    joining = {(member, size): 0.5 if member < verified else 0.0 for member in range(alike)}
    pairs = np.array([one << 32 | other for one, other in clique | joining], dtype=np.uint64)
    scores = np.array(list((clique | joining).values()), dtype=np.float32)
    found = find_anchors(build_graph(size + 1, pairs, scores)).tolist()
    assert len(set(found[:size])) == 1
    return bool(found[size] == found[0])


@pytest.mark.parametrize(
    ("verified", "alike", "size", "joins"),
    [
        (2, 4, 4, True), (1, 4, 4, False), (4, 3, 4, False), (1, 2, 2, True), (2, 5, 5, False), (3, 5, 5, True),
        # From 16 members on the bar is that of 16.
        (8, 16, 20, True), (7, 16, 20, False), (16, 15, 20, False),
    ],
)  # fmt: skip
def test_who_joins_was_verified_against_half_and_is_a_companion_of_all(verified, alike, size, joins):
    assert clustered(min(verified, alike), alike, size) == joins


@pytest.mark.parametrize(("documents", "pairs"), [(48, 48 * 47 // 2), (49, 876)])
def test_in_groups_of_more_than_48_each_meets_the_best_8_and_the_16_before_it(documents, pairs):
    ranks = np.arange(documents, dtype=np.uint32)
    assert len(key_pairs(np.zeros(documents, dtype=np.uint64), ranks)) == pairs


@pytest.mark.parametrize(("length", "least", "most"), [(5, 0, 0), (6, 80, 130), (7, 170, 240)])
def test_one_in_eight_runs_of_six_words_is_sampled(length, least, most):
    """Binomial: 800 runs give 100 +- 28 (three deviations), 1,600 give 200 +- 40."""
    found, owners = sample(np.arange(1, 800 * length + 1, dtype=np.uint32), np.arange(801) * length, 1)
    assert least <= len(found) <= most
    assert len(owners) == len(found)
