from __future__ import annotations

import sys
import unicodedata

import pytest
from hypothesis import given, settings

from corpus import arabic
from corpus.arabic import FOLD_TABLE, fold, folded_words, script_shares, words
from tests.strategies import arabic_text, hostile_text
from tests.timing import fastest


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("إقرأ أيضًا", "اقرا ايضا"),
        ("مُحَمَّد", "محمد"),
        ("مـــحـمد", "محمد"),
        ("مدرسة", "مدرسه"),
        ("مصطفى", "مصطفي"),
        ("کتاب ایران", "كتاب ايران"),
        ("می\u200cروند", "ميروند"),
        ("٢٠٢٤", "2024"),
        ("۲۰۲۴", "2024"),
        ("ﻻ ﷲ", "لا الله"),
        ("شؤون", "شوون"),
        ("و\u0654", "و"),
        ("\u200fخبر\u200e", "خبر"),
        ("Élysée", "élysée"),
        ("E\u0301", "é"),
        ("e\u200c\u0301", "é"),
        ("J\u030c", "\u01f0"),
        ("ΑΣ", "ας"),
        ("ｶﾞ", "ガ"),
        ("\u1100\u1161", "가"),
        ("ۓ", "ي"),
    ],
)
def test_two_spellings_are_one(one: str, other: str) -> None:
    assert fold(one) == fold(other)


def test_digits_and_letters_that_differ_stay_different() -> None:
    assert fold("5") != fold("6")
    assert fold("قلب") != fold("كلب")
    assert fold("(خبر) «عاجل»") == "(خبر) «عاجل»"


@given(hostile_text())
@settings(max_examples=500)
def test_fold_twice_is_fold_once(text: str) -> None:
    once = fold(text)
    assert fold(once) == once


@given(hostile_text())
@settings(max_examples=500)
def test_fold_by_characters_equals_fold_by_the_whole(text: str) -> None:
    assert fold(text) == arabic._fold_together(text)


@given(arabic_text())
def test_fold_of_lines_is_the_lines_folded(text: str) -> None:
    assert fold(text) == "\n".join(map(fold, text.split("\n")))


@given(hostile_text())
def test_fold_leaves_nothing_it_folds(text: str) -> None:
    assert not FOLD_TABLE.keys() & set(map(ord, fold(text)))


def test_every_character_is_folded_to_something_stable() -> None:
    for code in (*range(0x3400), *range(0xA000, 0xB000), *range(0xF000, 0x10000), *range(0x10000, 0x110000, 31)):
        once = fold(chr(code))
        assert fold(once) == once, hex(code)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("مُحَمَّد، كِتابٌ", ["مُحَمَّد", "كِتابٌ"]),
        ("قال: «نعم»؟ لا!", ["قال", "نعم", "لا"]),
        ("می\u200cروند خانه", ["می\u200cروند", "خانه"]),
        ("عام ٢٠٢٤/2025", ["عام", "٢٠٢٤", "2025"]),
        ("_a_b __", ["a_b"]),
        ("नमस्ते दुनिया", ["नमस्ते", "दुनिया"]),
        ("خبر🙂عاجل", ["خبر", "عاجل"]),
        ("𐤀𐤁 𠀀", ["𐤀𐤁", "𠀀"]),
        ("\u064bخبر", ["خبر"]),
        ("", []),
    ],
)
def test_words(text: str, expected: list[str]) -> None:
    assert words(text) == expected


@given(arabic_text())
def test_vocalised_words_are_as_many_as_bare_ones(text: str) -> None:
    assert len(folded_words(text)) <= len(words(text))
    assert folded_words(text) == words(fold(text))


@given(hostile_text())
def test_words_hold_letters_and_digits_only(text: str) -> None:
    for word in words(text):
        assert word[0].isalnum() or ord(word[0]) > 0xFFFF
        for character in word:
            known = character.isalnum() or character in "_\u200c\u200d" or ord(character) > 0xFFFF
            assert known or unicodedata.category(character) in ("Mn", "Mc")


def test_script_shares() -> None:
    assert script_shares("خبر abc خبر 12") == {"arabic": 6 / 9, "latin": 3 / 9}
    assert script_shares("12 ،.") == {}
    assert list(script_shares("яaяa")) == ["cyrillic", "latin"]


@pytest.mark.parametrize("text", [" " * 200_000, "\u064b" * 200_000, "ا" * 200_000, "_" * 200_000, "أ\u0301" * 100_000])
def test_hostile_text_takes_linear_time(text: str) -> None:
    assert fastest(lambda: folded_words(text), 1.0) < 1.0


def test_all_that_melts_into_the_letter_before_it_is_known() -> None:
    parts = (unicodedata.decomposition(chr(code)).split() for code in range(sys.maxunicode + 1))
    second = {chr(int(pair[1], 16)) for pair in parts if len(pair) == 2 and pair[0][0] != "<"}
    assert [one for one in sorted(second) if not arabic._melts(one)] == []
