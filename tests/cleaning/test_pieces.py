"""What of a text an outlet may repeat: announcements and the words at its ends, each limit from either side."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given

from cleaning.outlet.pieces import (
    announcements,
    announcing,
    cut_spans,
    first_words,
    is_headline,
    last_words,
    may_open,
)
from tests.strategies import hostile_text

BODY = ["كلام طويل عن الميناء."] * 5


def announced(*lines: str, mark: str) -> list[tuple[str, int, str]]:
    """Return key, number of the piece and rest of the announcements with a mark."""
    text = "\n".join(lines)
    return [(one.key, one.at, one.rest) for one in announcements(text, cut_spans(text)) if mark in one.key]


@pytest.mark.parametrize(("size", "found"), [(47, True), (48, False)])
def test_a_mark_sets_apart_within_forty_eight_characters(size, found):
    assert announced(*BODY, f"{'ك' * size}: كذا", mark="ك :") == [(f"{'ك' * size} :", 5, "كذا")] * found


@pytest.mark.parametrize(("place", "found"), [(0, True), (1, True), (2, False), (3, True), (5, True)])
def test_announcements_stand_in_the_first_two_and_the_last_three_pieces(place, found):
    lines = [*BODY[:place], "نشرة: اليوم.", *BODY[place:]]
    assert announced(*lines, mark="نشره :") == [("نشره :", place, "اليوم.")] * found


@pytest.mark.parametrize(
    ("line", "found"),
    [
        (f"سمير - {'ك' * 44} - المرفأ", True), (f"سمير - {'ك' * 45} - المرفأ", False), ("سمير الهادي - المرفأ.", False),
        ("سمير الهادي -المرفأ", False),
    ],
)  # fmt: skip
def test_what_signs_closes_sixty_characters_without_a_stop(line, found):
    assert announced(*BODY, line, mark="- ") == [("- المرفا", 5, line.removesuffix(" - المرفأ"))] * found


@pytest.mark.parametrize(
    ("line", "keys"),
    [
        (f"مع ب ب {'ك' * 93}", ["مع …", "مع ب ب …"]), (f"مع ب ب {'ك' * 94}", []), ("مع ب ب ك", ["مع …", "مع ب ب …"]),
        ("مع ب ب ك.", []), ("مع ب", ["مع …"]), ("مع: ب ب ك", []),
    ],
)  # fmt: skip
def test_a_contact_of_a_hundred_characters_is_announced_by_its_first_words(line, keys):
    assert [key for key, *_ in announced(*BODY, line, mark="…")] == keys


@pytest.mark.parametrize(("words", "found"), [(5, True), (6, False)])
@pytest.mark.parametrize(("size", "near"), [(660, True), (720, False)])
def test_a_short_line_announces_seven_hundred_characters_that_end_no_sentence(words, found, size, near):
    header, rest = " ".join("ابجدهو"[:words]), "ك" * size
    assert announced(*BODY, header, rest, mark=f"{header} …") == [(f"{header} …", 5, rest)] * (found and near)
    assert announced(*BODY, header, f"{rest}.", mark=f"{header} …") == []


@pytest.mark.parametrize(
    ("key", "found"), [("كلمه كلمه كلمه كلمات", True), ("كلمه كلمه كلمه كلمه", False), ("كلمات كلمات كلماتنا", False)]
)
def test_a_headline_has_four_words_and_twenty_letters(key, found):
    assert is_headline(key) is found


def test_the_words_at_the_ends_are_of_the_first_line_and_the_last():
    text = "\n  إقرأ، أيضا 12\nفي المتن\nنلتقي ١٢٣٤ غدا \n"
    assert [(text[word.start : word.end], word.key) for word in first_words(text)] == [
        ("إقرأ", "اقرا"), ("أيضا", "ايضا"), ("12", "0"),
    ]  # fmt: skip
    assert [word.key for word in last_words(text)] == ["غدا", "0", "نلتقي"]


def test_a_look_at_its_first_word_tells_what_may_open_a_text():
    texts = ("ـ «إقرأ/أيضا»", "اقـ\u200fرأ أيضا", "قال إقرأ", "اقرأ" * 11, "-" * 41, "-" * 40)
    assert [may_open(text, {"اقرا"}) for text in texts] == [True, True, False, True, True, False]
    assert [may_open("قال اقرأ", {"اقرا"}, at) for at in (0, 3, 4, 5)] == [False, True, True, False]


def test_of_what_announces_only_what_may_be_asked_for_is_looked_at():
    closing = "للتواصل: في كل يوم نلتقي عند الساعة السابعة مساء غدا في الميناء القديم."
    text = "\n".join(["المصدر: وكالات", *BODY, closing])
    parts = [part for part, *_ in announcing(text, cut_spans(text))]
    assert parts == ["المصدر", " وكالات", "للتواصل"]
    assert [part for part, *_ in announcing(text, cut_spans(text), {"للتواصل"})] == parts  # one may be signed
    assert [part for part, *_ in announcing(text, cut_spans(text), {"المصدر"})] == parts[:2]


@pytest.mark.parametrize("ends", [first_words, last_words])
def test_at_either_end_fourteen_words_count_in_a_hundred_and_sixty_characters(ends):
    assert [len(ends("كلمة " * count)) for count in (13, 14, 15)] == [13, 14, 14]
    assert len(ends(" ".join(["ك" * 31] * 9))) == 5  # of 32 characters each with its space
    assert all(word.key == "ك" * 31 for word in last_words(" ".join(["ك" * 31] * 9)))


@given(hostile_text())
def test_what_is_found_stands_in_the_text(text):
    spans = cut_spans(text)
    assert all(start <= end <= after for (start, end, _), (after, *_) in pairwise(spans))
    for one in announcements(text, spans):
        assert one.rest in text[one.start : one.end]
    for word in (*first_words(text), *last_words(text)):
        assert text[word.start : word.end].strip() == text[word.start : word.end] != ""
