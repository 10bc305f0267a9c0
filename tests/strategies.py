"""Hypothesis strategies that several test modules share."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

ARABIC_LETTERS = "ءآأؤإئابةتثجحخدذرزسشصضطظعغفقكلمنهوي"
HARAKAT = "\u064b\u064c\u064d\u064e\u064f\u0650\u0651\u0652\u0670"
PERSIAN_LETTERS = "پچژگکی\u200c"
#: Characters that text tools stumble over: line ends of all kinds, controls, bidi, joiners, marks, odd planes.
TRAPS = (
    "\x00\x01\t\n\x0b\x0c\r\x1b\x1c\x1f\x7f\x85\x9f\u00a0\u00ad\u2028\u2029\u202a\u202e\u2066\u2069\u200b\u200c\u200d"
    "\u200e\u200f\ufeff\ufffd\ufffe\uffff\U0001ffff\ud800\udfff\u0640\u0654\u0655\u0653\u0670\u06d2\u0301\u0327\u0334"
    "\u3099\u30ab\u1100\u1161\u11a8\uac00\u0345\u03a3\u03c3\u0130\u01f0\u030c\uff76\uff9e\ufdfa\ufefb½…ﬁ①½ẛ̣"
)


def arabic_text(min_size: int = 1, max_size: int = 200) -> st.SearchStrategy[str]:
    """Arabic as newspapers write it: words, punctuation, digits, a haraka here and there."""
    others = "     \n،؛؟.:«»ـ0123456789٠١٢٣٤٥٦٧٨٩" + HARAKAT + PERSIAN_LETTERS
    return st.text(st.sampled_from(ARABIC_LETTERS * 4 + others), min_size=min_size, max_size=max_size)


def arabic_words() -> st.SearchStrategy[str]:
    """Plain Arabic words with single spaces, at least three of them, each with an alef or a lam."""
    word = st.text(st.sampled_from(ARABIC_LETTERS), min_size=1, max_size=8).map(lambda letters: "ال" + letters)
    return st.lists(word, min_size=3, max_size=30).map(" ".join)


def hostile_text(max_size: int = 100) -> st.SearchStrategy[str]:
    """Any string at all, surrogates included, with the known traps far more often than chance has them."""
    anything = st.characters(codec=None, categories=None)
    return st.text(st.one_of(st.sampled_from(TRAPS), st.sampled_from(ARABIC_LETTERS), anything), max_size=max_size)


def json_value() -> st.SearchStrategy[Any]:
    """Any JSON value, records that are nearly right among them."""
    leaf = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
    names = st.sampled_from(("id", "text", "html", "url", "title", "published", "source", "trace", "meta")) | st.text()
    return st.recursive(leaf, lambda inner: st.lists(inner) | st.dictionaries(names, inner), max_leaves=20)
