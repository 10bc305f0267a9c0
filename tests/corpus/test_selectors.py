"""CSS selectors: what compiles can be searched with, and what does not is named."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from corpus.selectors import compile_selector


@pytest.mark.parametrize(
    ("selector", "reason"),
    [
        ("div[[[", "Expected ident or '*', got <DELIM '[' at 4>"),
        ("", "Expected selector, got <EOF at 0>"),
        ("p::before", "Pseudo-elements are not supported."),
        ("p:unheard-of", "The pseudo-class :unheard-of is unknown"),
        ("//p", "Expected selector, got <DELIM '/' at 0>"),
        ("svg|path", "The prefix svg| is not defined."),
        ("\\1 ", "All strings must be XML compatible: Unicode or ASCII, no NULL bytes or control characters"),
        ("p[a|b]", "The prefix a| is not defined."),
    ],
)
def test_what_is_no_selector_is_named(selector, reason):
    with pytest.raises(ValueError, match="is no CSS selector") as refused:
        compile_selector(selector)
    assert str(refused.value) == f"{selector!r} is no CSS selector: {reason}"


@pytest.mark.parametrize("selector", ["div " * 5000 + "p", ",".join(["p"] * 20_000)])
def test_what_is_too_long_to_be_searched_with_is_refused(selector):
    with pytest.raises(ValueError, match="is no CSS selector") as refused:
        compile_selector(selector)
    assert len(str(refused.value)) < 400


@given(st.one_of(st.text(max_size=20), st.text("p.#[]|:*>~+='\"(), \\an1", max_size=30)))
def test_any_text_compiles_or_is_refused(selector):
    try:
        compiled = compile_selector(selector)
    except ValueError as error:
        refused = str(error)
    else:
        refused = ""
        compiled(etree.XML("<html><p class='a'/></html>"))
    assert not refused or "is no CSS selector" in refused
