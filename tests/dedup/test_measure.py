"""What a text says and what it carries that no clean copy would, against a second way to count them."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dedup.sketch.words import encode
from dedup.store.measure import measure

#: A tag of at most 400 characters, an entity of at most 9.
MARKUP = re.compile(r"<[A-Za-z/!][^<>]{0,397}>|&[A-Za-z#][A-Za-z0-9]{0,6};")
BLEMISH = re.compile(
    "[\u0640\u064b-\u065f\u0670\u00ad\u200b\u200e\u200f\u2060\ufeff\ufb50-\ufdef\ufe70-\ufefe\u0080-\u009f\ufffd]"
    "|(?<= ) |-(?=\n)|[\u00c2-\u00df](?=[\u00a0-\u00bf\u2013-\u2122])"
)


def measured(*texts: str) -> list[list[int]]:
    return measure(encode(list(texts))).tolist()


def counted(text: str) -> list[int]:
    left = MARKUP.sub("\1", text)
    letters = sum((sign.isalnum() and sign != "\u0640") or sign == "\u2122" for sign in left)  # which folds to two
    return [letters, text.count("\1") + left.count("\1") + len(BLEMISH.findall(left))]


@pytest.mark.parametrize(
    ("text", "letters", "blemishes"),
    [
        ("خبر قصير", 7, 0), ("خبر  قصير", 7, 1), ("خبر   قصير", 7, 2), ("خبر \n قصير", 7, 0),
        ("خـبر", 3, 1), ("خَبَر", 3, 2),
        ("ﻻ", 1, 1), ("ﷺ", 0, 0), ("كلـ-\nمة", 4, 2), ("كل-مة", 4, 0), ("كل-\rمة", 4, 0), ("a-", 1, 0),
        ("\u200bا\ufffd", 1, 2),
        ("<b>a</b>", 1, 2), ("<!-- a -->", 0, 1), ("a < b > c", 3, 0), ("<b", 1, 0), ("<b c <i>", 2, 1),
        ("<>", 0, 0), ("<1>", 1, 0),
        (f"<a{'b' * 397}>", 0, 1), (f"<a{'b' * 398}>", 399, 0),
        ("&amp;&#39;&#x27;", 0, 3), ("&abcdefg;", 0, 1), ("&abcdefgh;", 8, 0), ("&a b;", 2, 0),
        ("& amp;", 3, 0), ("&1;", 1, 0),
        ("&am", 2, 0), ("&#39", 2, 0), ("&ab/;", 2, 0), ("&ab:;", 2, 0), ("&;", 0, 0),
        ("Ø§", 1, 1), ("Ø¨", 1, 1), ("\u00df\u00bf", 1, 1),
        ("Ø\u2122", 2, 1), ("Ø\u2123", 1, 0), ("Øa", 2, 0), ("Ø\u2012", 1, 0), ("\u00e0\u00a7", 1, 0),
        ("&a09;", 0, 1), ("Ø\u00a0", 1, 1), ("Ø\u2013", 1, 1), ("Ø", 1, 0), ("-", 0, 0), ("", 0, 0),
    ],
)  # fmt: skip
def test_letters_and_blemishes_are_counted(text, letters, blemishes):
    assert measured(text) == [[letters, blemishes]]
    # What stands beside it belongs to another text.
    assert measured("<a", text, ">; \n\u00a7") == [measured("<a")[0], [letters, blemishes], measured(">; \n\u00a7")[0]]


SIGNS = "aZ9<>&;#/! -\n@[`{:\u0640\u064b\u00ad\u00c2\u00df\u00e0\u009f\u00a0\u00a7\u2013\u2122\u2123ا"


@given(st.lists(st.text(SIGNS, max_size=30)))
@example(["&aa9;", "<a<b>", "-\n", "Ø§", " " * 9])
def test_measures_are_those_of_patterns(texts):
    assert measured(*texts) == [counted(text) for text in texts]
