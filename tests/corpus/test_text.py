from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given, settings

from corpus import text as law
from corpus.text import MAX_MARKS, is_scrubbed, lines, scrub
from tests.strategies import arabic_text, hostile_text
from tests.timing import fastest

FORBIDDEN = [
    *(code for code in range(0x20) if code != 0x0A),
    *range(0x7F, 0xA0),
    *range(0x202A, 0x202F),
    *range(0x2066, 0x206A),
    *range(0xD800, 0xE000),
    *range(0xFDD0, 0xFDF0),
    *(plane * 0x10000 + last for plane in range(17) for last in (0xFFFE, 0xFFFF)),
    0xFEFF,
    0x00AD,
    0x2060,
]


@given(hostile_text())
@settings(max_examples=500)
def test_the_law_of_text(text: str) -> None:
    clean = scrub(text)
    assert scrub(clean) == clean
    assert is_scrubbed(clean)
    assert unicodedata.is_normalized("NFC", clean)
    assert not set(map(ord, clean)) & set(FORBIDDEN)
    clean.encode("utf-8")


@given(arabic_text())
def test_plain_arabic_is_only_composed(text: str) -> None:
    assert scrub(text) == unicodedata.normalize("NFC", text)


def test_every_character_alone() -> None:
    forbidden = set(FORBIDDEN)
    for code in {*range(0x10000), *range(0x10000, 0x110000, 31), *FORBIDDEN}:
        clean = scrub(chr(code))
        if code in (0x0D, 0x85, 0x0B, 0x0C, 0x2028, 0x2029):
            assert clean == "\n", hex(code)
        elif code == 0x09 or (unicodedata.category(chr(code)) == "Zs" and code != 0x20):
            assert clean == " ", hex(code)
        elif code in forbidden or code == 0x200B:
            assert clean == "", hex(code)
        else:
            assert clean == unicodedata.normalize("NFC", chr(code)), hex(code)


def test_what_is_lawful_at_a_glance_keeps_the_law(monkeypatch) -> None:
    steady = [chr(code) for code in range(0x30000) if law._LAWFUL.fullmatch(chr(code))]
    assert len(steady) > 30_000
    pairs = (unicodedata.decomposition(chr(code)).split() for code in range(0x30000))
    seconds = {chr(int(pair[1], 16)) for pair in pairs if len(pair) == 2 and pair[0][0] != "<"}
    jamo = set(map(chr, range(0x1100, 0x1200)))
    assert (seconds | jamo).isdisjoint(steady)  # so none melts into the one before it
    vowelled = "\u064b".join(steady)
    assert law._LAWFUL.fullmatch(vowelled)
    assert not law._LAWFUL.fullmatch("ب\u0651\u064b")
    monkeypatch.setattr(law, "_LAWFUL", re.compile("(?!)"))
    assert scrub(vowelled) == vowelled


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\r\nb\rc\n", "a\nb\nc\n"),
        ("a\u2028b\u0085c\x0bd\x0ce", "a\nb\nc\nd\ne"),
        ("a\x1cb\x1dc", "abc"),
        ("a\u00a0b\tc", "a b c"),
        ("می\u200cروند", "می\u200cروند"),
        ("\u202eabc\u202c", "abc"),
        ("\u2067abc\u2069\u200f", "abc\u200f"),
        ("\ufeffخبر", "خبر"),
        ("x\ud800y", "xy"),
        ("ا\u0653", "آ"),
        ("ﻻ ½ ﷺ", "ﻻ ½ ﷺ"),
        ("\ufffd", "\ufffd"),
    ],
)
def test_by_rule(text: str, expected: str) -> None:
    assert scrub(text) == expected


def test_marks_are_capped() -> None:
    assert scrub("b" + "\u0336" * 10_000) == "b" + "\u0336" * MAX_MARKS
    assert scrub("ب" + "\u064e" * 10_000 + "ن") == "ب" + "\u064e" * MAX_MARKS + "ن"


@pytest.mark.parametrize("before", range(2 * MAX_MARKS + 3))
def test_marks_are_capped_wherever_they_stand(before: int) -> None:
    allowed = "ب" * before + "\u064e" * MAX_MARKS
    assert scrub(allowed) == allowed
    assert scrub(allowed + "\u064e" + "ن") == allowed + "ن"


@given(arabic_text(), arabic_text())
def test_composing_line_by_line_is_composing_the_text(one: str, other: str) -> None:
    text = one + "ا\u0653\n\u0653\u064e\u0651ا\n" + other
    assert scrub(text) == unicodedata.normalize("NFC", text)


@pytest.mark.parametrize("text", ["مح\u0651\u064eمد", "e\u0301\u0323 مح\u0651\u064eمد", "أ\u0651\u0655\u0654"])
def test_marks_out_of_order_are_put_in_order(text: str) -> None:
    assert not unicodedata.is_normalized("NFC", text)
    assert scrub(text) == unicodedata.normalize("NFC", text)


def test_lines_split_on_the_newline_only() -> None:
    assert lines("a\u2028b\x85c\nd") == ["a\u2028b\x85c", "d"]


@pytest.mark.parametrize("unit", [" ", "\r", "\u0301", "\u202e", "a\u0301", "\ud800", "\u00a0x"])
def test_hostile_text_takes_linear_time(unit: str) -> None:
    assert fastest(lambda: scrub(unit * 200_000), 0.5) < 0.5


def test_breaks_within_words_go_and_those_of_khmer_stay() -> None:
    assert scrub("Donners\u00adtag \u200bمدرسة\u200b ال\u2060مدينة") == "Donnerstag مدرسة المدينة"
    assert scrub("ភាសា\u200bខ្មែរ\u200b a") == "ភាសា\u200bខ្មែរ a"
