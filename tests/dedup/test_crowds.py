"""Limits of what is decided of many documents at once, from either side, with made-up hashes of words."""

from __future__ import annotations

import numpy as np
import pytest

from corpus.run import run_here, summarise
from dedup.config import DedupConfig
from dedup.decide.crowds import find_copies
from dedup.decide.survivors import pick_survivors, rank_documents
from dedup.sketch import draw_family
from dedup.stages import Dedup
from dedup.store.summaries import Summaries, Texts
from dedup.store.summary import summarise as summarise_documents

#: Numbers are odd, and those of one value have the same high half.
NUMBER, OTHER_NUMBER = 0x7001_0001, 0x7002_0001


def words(first: int, count: int) -> list[int]:
    """Return `count` words that are no numbers."""
    return [at << 16 for at in range(first, first + count)]


def read(*texts: list[int]) -> tuple[list[bool], list[bool]]:
    """Return who of a crowd has its text, and who is a copy."""
    flat = np.array([word for text in texts for word in text], dtype=np.uint32)
    labels = np.zeros((len(texts), 3), dtype=np.uint64)
    bounds = np.cumsum([0, *map(len, texts)])
    members, copies = find_copies(Texts(flat, np.zeros_like(flat, np.uint8), bounds, labels))
    return members.tolist(), copies.tolist()


BASE = words(1, 102)  # a hundred shingles


@pytest.mark.parametrize(
    ("shared", "member", "copy"), [(80, True, True), (79, True, False), (60, True, False), (59, False, False)]
)
def test_who_has_six_tenths_belongs_to_a_crowd_and_who_has_eight_is_a_copy(shared, member, copy):
    last = [*BASE[: shared + 2], *words(500, 100 - shared)]
    assert read(*[BASE] * 5, last) == ([True] * 5 + [member], [True] * 5 + [copy])


@pytest.mark.parametrize(("with_text", "found"), [(4, True), (3, False)])
def test_the_text_of_a_crowd_is_what_more_than_half_of_it_have(with_text, found):
    texts = [BASE] * with_text + [words(1000 * at, 102) for at in range(1, 7 - with_text)]
    assert read(*texts)[1] == [found] * with_text + [False] * (6 - with_text)


@pytest.mark.parametrize(("filled_in", "found"), [(2, True), (4, False)])
def test_a_form_that_more_than_half_fill_in_anew_is_no_story(filled_in, found):
    forms = [[*BASE[:50], *words(1000 * at, 2), *BASE[50:]] for at in range(1, filled_in + 1)]
    assert read(*forms, *[BASE] * (6 - filled_in))[1] == [found] * 6


@pytest.mark.parametrize(
    ("crowd", "others", "found"), [(6, 1, True), (6, 2, False), (300, 3, True), (300, 4, False), (199, 2, False)]
)
def test_a_number_that_more_than_a_hundredth_have_is_another_story_and_a_slip_else(crowd, others, found):
    mine, theirs = ([*BASE[:50], number, *BASE[50:]] for number in (NUMBER, OTHER_NUMBER))
    assert read(*[mine] * (crowd - others), *[theirs] * others) == (
        [True] * crowd,
        [True] * (crowd - others) + [found] * others,
    )


def reasons(documents, **config) -> list[str]:
    stage = Dedup(DedupConfig(**config))
    stage.learn([memoryview(summarise(stage.accumulator(), documents))], run_here)
    return [stage.apply(one).reason for one in documents]


@pytest.mark.parametrize(("count", "versions"), [(3, 0), (4, 3)])
def test_a_page_of_no_address_grows_if_three_of_its_states_are_held_by_one(document, story, count, versions):
    base, news = story(1, 7).split("\n"), story(2, count).split("\n")
    states = [document(f"v{at}", "\n".join([*base, *news[: at + 1]])) for at in range(count)]
    assert reasons(states).count("earlier-version") == versions


@pytest.mark.parametrize(("kept", "reason"), [(6, "earlier-version"), (5, "")])
def test_a_version_under_one_address_has_half_of_the_former_one(document, story, kept, reason):
    """Twelve paragraphs of 14 words are 166 shingles, six of them 82 and two that go on otherwise, five 68."""
    lines, url = story(1).split("\n"), "https://sahil.example/1"
    former = document("a", "\n".join(lines), url=url, published="2024-05-01")
    later = document("b", "\n".join([*lines[:kept], lines[kept][:9], story(2, 9)]), url=url, published="2024-05-02")
    assert reasons([former, later])[0] == reason


@pytest.mark.parametrize(("count", "found"), [(19, ""), (20, "near-duplicate")])
def test_a_text_is_compared_from_twenty_words_on(document, count, found):
    text = " ".join(f"كلمة{chr(0x628 + at)}" for at in range(count))
    assert reasons([document("a", text), document("b", text, "wadi")], exact=False) == ["", found]


@pytest.mark.parametrize(
    ("letters", "fewer", "cleaner"), [(1000, 30, True), (1000, 31, False), (2000, 40, True), (2000, 41, False)]
)
def test_of_texts_about_as_long_the_cleaner_survives(document, letters, fewer, cleaner):
    """About as long is what lacks at most three hundredths, and forty letters."""
    listed = ["".join("ابتجحدرسصط"[at // 10**place % 10] for place in range(10)) for at in range(letters // 10)]
    shorter = listed[: (letters - fewer) // 10] + [listed[-1][: -fewer % 10]] * (fewer % 10 > 0)
    documents = [document("longest", "  ".join(listed)), document("clean", " ".join(shorter))]
    ranked = rank_documents(Summaries([summarise_documents(documents, DedupConfig(), draw_family())]), ("longest",))
    assert ranked.column("length").tolist() == [letters, letters - fewer]
    none, one = np.zeros(2, dtype=bool), np.zeros(2, dtype=np.int64)
    assert pick_survivors(ranked, ("longest",), none, one, none).tolist() == [int(cleaner)] * 2
