"""What two whole texts are to each other, by kinds of what newsrooms do with a story; against plain ways to measure."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.arabic import folded_words
from dedup.compare.coverage import cover
from dedup.compare.gaps import longest_passages
from dedup.compare.relation import CONTAINED, FEATURES, HELD, NEAR, NONE, Thresholds, compare
from dedup.sketch import sign
from dedup.sketch.digits import comparable
from dedup.store.summaries import COMMON, RARE, Texts
from tests.dedup.conftest import COMMON as EVERYDAY
from tests.dedup.conftest import make_story

A, B, C = (make_story(seed).split("\n") for seed in (1, 2, 3))
LONG = make_story(4, 24).split("\n")
NAMES = [word for word in dict.fromkeys(" ".join(A).replace(".", "").split()) if word not in EVERYDAY]
OTHER_NAMES = [word for word in dict.fromkeys(" ".join(LONG).replace(".", "").split()) if word not in EVERYDAY]


def told(lines: Sequence[str], **words: str) -> list[str]:
    """Return a story with other words in the place of some."""
    return [" ".join(words.get(word.strip("."), word) for word in line.split()) for line in lines]


def edited(every: int) -> list[str]:
    """Return the story with each so manyth word of a line another one."""
    pairs = (zip(one.split(), other.split(), strict=True) for one, other in zip(A, B, strict=True))
    return [" ".join(two if at % every == every - 1 else one for at, (one, two) in enumerate(pair)) for pair in pairs]


def counted(number: str) -> list[str]:
    """Return the story with a sentence in its middle that has a number."""
    return [*A[:6], f"وبلغ عدد العمال في هذا المشروع {number} من أبناء المنطقة كما أكد المجلس.", *A[6:]]


VOWELS = [
    "".join(letter + "\u064e" * (at % 3 == 0 and letter.isalpha()) for at, letter in enumerate(line)) for line in A
]
SPELT = [line.replace("إ", "ا").replace("أ", "ا").replace("ي ", "ى ").replace(".", "!") for line in A]
RENAMED = dict(zip(NAMES, OTHER_NAMES, strict=False))

#: What was done with the story, the text that came of it, and what that is to the story.
KINDS = {
    "taken over": (A, NEAR), "vocalised": (VOWELS, NEAR), "another spelling": (SPELT, NEAR),
    "in one line": ([" ".join(A)], NEAR), "under a headline": ([" ".join(A[0].split()[:7]), *A], NEAR),
    "credited": ([*A, "المصدر وكالة أنباء الساحل"], NEAR),
    "without its first paragraph": (A[1:], NEAR), "without its last quarter": (A[:9], CONTAINED),
    "its last two thirds": (A[4:], CONTAINED), "its first half": (A[:6], CONTAINED), "its lead": (A[:2], CONTAINED),
    "its middle": (A[4:8], CONTAINED), "its ends": (A[8:] + A[:2], CONTAINED),
    "with a sentence more": ([*A, B[0]], NEAR), "with a background": (A + B[:4], CONTAINED),
    "with a short preface": (B[:5] + A, CONTAINED), "a digest that it opens": (A + LONG, CONTAINED),
    "a digest that it closes": (LONG + A, HELD), "behind a story as long": (B + A, HELD),
    "in another order": (A[::-1], NEAR), "with its halves changed": (A[6:] + A[:6], NEAR),
    "rewritten a little": (edited(14), NEAR), "rewritten": (edited(10), NEAR), "rewritten all over": (edited(4), NONE),
    "half another story": (A[:6] + B[:6], NONE), "a third another story": (A[:8] + B[:4], NEAR),
    "another story": (B, NONE), "quoting it": (B[:5] + A[5:7] + B[5:], NONE),
    "too short": ([" ".join(A[0].split()[:11])], NONE), "short": ([" ".join(A[0].split()[:12])], CONTAINED),
    "with one name changed": (told(A, **dict([*RENAMED.items()][:1])), NEAR),
    "with two names changed": (told(A, **dict([*RENAMED.items()][:2])), NONE),
    "with all names changed": (told(A, **RENAMED), NONE),
}  # fmt: skip
#: Of texts with a number, the numbers of both.
NUMBERS = {
    ("2300", "2300"): NEAR, ("2300", "٢٬٣٠٠"): NEAR, ("2300", "2400"): NONE, ("خمسة", "5"): NEAR, ("خمسة", "ستة"): NONE,
    ("12.5", "12٫50"): NEAR, ("12.5", "125"): NONE, ("ألفين", "2000"): NEAR, ("5/3/2024", "05/03/2024"): NEAR,
    ("5/3/2024", "6/3/2024"): NONE, ("9:30", "9:40"): NONE, ("كبيرا", "2300"): NEAR, ("مليون", "1000000"): NEAR,
}  # fmt: skip
#: Labels (outlet, address, title) of both, which make other relations of some kinds.
ONE_OUTLET, ONE_PAGE, TWO_OUTLETS = ([(1, 0, 0)] * 2, [(1, 5, 0)] * 2, [(1, 0, 0), (2, 0, 0)])
KIN = {
    "a third another story": (NONE, NEAR, NEAR), "rewritten": (NONE, NEAR, NEAR), "half another story": (NONE,) * 3,
    "its middle": (CONTAINED,) * 3, "a digest that it closes": (HELD, CONTAINED, HELD), "another story": (NONE,) * 3,
    "with two names changed": (NONE, NEAR, NONE), "with all names changed": (NONE, NONE, NONE),
    "in another order": (NEAR,) * 3, "without its last quarter": (CONTAINED,) * 3,
}  # fmt: skip


def judge(
    one: Sequence[str], other: Sequence[str], labels: Sequence[tuple[int, ...]] = ()
) -> tuple[int, dict[str, float]]:
    """Return the relation of two texts and their scores; all words but everyday ones are rare."""
    sketches = sign(comparable(["\n".join(one), "\n".join(other)]))
    everyday = np.isin(sketches.words >> 16, sign(EVERYDAY).words >> 16)
    flags = np.where(everyday, 0, RARE).astype(np.uint8)
    texts = Texts(sketches.words, flags, sketches.bounds, np.array(labels or [(0, 0, 0)] * 2, dtype=np.uint64))
    found = compare(texts, np.array([0]), np.array([1]), Thresholds())
    return int(found.relation[0]), dict(zip(FEATURES, found.scores[0].tolist(), strict=True))


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_done_with_a_story_makes_it_a_copy_or_not(kind):
    text, relation = KINDS[kind]
    assert judge(A, text)[0] == relation
    if relation != HELD:
        assert judge(text, A)[0] == relation


@pytest.mark.parametrize("numbers", NUMBERS)
def test_a_number_in_another_form_is_the_same_and_another_number_is_not(numbers):
    relation, scores = judge(*map(counted, numbers))
    assert (relation, scores["numbers"]) == (NUMBERS[numbers], float(NUMBERS[numbers] == NONE))


@pytest.mark.parametrize("kind", KIN)
@pytest.mark.parametrize("kin", [0, 1, 2])
def test_who_published_two_texts_counts(kind, kin):
    assert judge(A, KINDS[kind][0], (ONE_OUTLET, ONE_PAGE, TWO_OUTLETS)[kin])[0] == KIN[kind][kin]


@pytest.mark.parametrize("kind", KINDS)
def test_resemblance_and_containment_are_shares_of_runs_of_three_words(kind):
    words = [folded_words("\n".join(lines)) for lines in (A, KINDS[kind][0])]
    one, other = ({tuple(listed[at : at + 3]) for at in range(len(listed) - 2)} for listed in words)
    both = len(one & other)
    expected = [np.float32(both / len(one | other)), np.float32(both / min(len(one), len(other)))]
    assert list(judge(A, KINDS[kind][0])[1].values())[:2] == expected


_letters = st.sampled_from([at << 16 for at in range(1, 6)])
_numbers = st.sampled_from([0x7001_0001, 0x7001_0007, 0x7002_0001])
_text = st.lists(st.one_of(_letters, _letters, _numbers), max_size=25)


@given(_text, _text)
def test_the_longest_passage_is_that_of_comparing_all_places(left, right):
    flat = np.array([*left, *right], dtype=np.uint32)
    bounds = np.array([0, len(left), len(left) + len(right)])
    start, length = longest_passages(flat, bounds, np.array([0]), np.array([1]))[0].tolist()
    runs = {tuple(left[at : at + size]) for at in range(len(left)) for size in range(1, len(left) - at + 1)}
    shared = [(at, size) for at in range(len(right)) for size in range(1, len(right) - at + 1)
              if tuple(right[at : at + size]) in runs]  # fmt: skip
    most = max((size for _, size in shared), default=0)
    assert length == most
    assert start == min((at for at, size in shared if size == most), default=0)


@given(_text, st.lists(_text, max_size=3), st.integers(0, 24))
def test_coverage_is_that_of_marking_each_word(page, holders, chrome):
    flags = np.full(len(page) + sum(map(len, holders)), RARE, dtype=np.uint8)
    flags[chrome : chrome + 1] |= COMMON if chrome < len(page) else 0
    flat = np.array([word for text in (page, *holders) for word in text], dtype=np.uint32)
    bounds = np.cumsum([0, len(page), *map(len, holders)])
    texts = Texts(flat, flags, bounds, np.zeros((1 + len(holders), 3), np.uint64))
    found = cover(texts, np.arange(1, 1 + len(holders)), np.array([0, len(holders)]), np.array([0]))
    known = {tuple(text[at : at + 3]) for text in holders for at in range(len(text) - 2)}
    shingles = [tuple(page[at : at + 3]) for at in range(len(page) - 2)]
    held = [one in known or at == chrome for at, one in enumerate(shingles)]
    assert found.share.tolist() == [np.float32(sum(held) / max(1, len(held)))]
    values = {word >> 16 for text in holders for word in text if word & 1}
    assert found.numbers.tolist() == [sum(word & 1 and word >> 16 not in values for word in page)]
    covered = {place for at in range(len(held)) if held[at] for place in range(at, at + 3)}
    runs, begin = [(0, 0)], 0
    for place in range(len(page) + 1):
        if place == len(page) or place in covered:
            runs.append((begin, place - begin))
            begin = place + 1
    longest = max(size for _, size in runs)
    assert found.own.tolist()[0][1] == longest
    assert longest == 0 or tuple(found.own.tolist()[0]) in runs
