"""Texts that hold markup they should not, and texts that speak of markup."""

from __future__ import annotations

import pytest

from corpus.markup import without_markup


@pytest.mark.parametrize(
    ("given", "plain"),
    [
        ("<p>One\nline.</p>\n\n<p>Two &amp; three.</p>", "One line.\nTwo & three."),
        ("One.<br>Two.<br />Three.", "One.\nTwo.\nThree."),
        ("One.\n\n<strong>Two.</strong>\n\nThree <a href='/x'>four</a>.", "One.\nTwo.\nThree four."),
        ("<ul><li>One</li><li>Two</li></ul><table><tr><td>a</td><td>b</td></tr></table>", "One\nTwo\na b"),
        ("<script>if (a) b()</script><style>p{}</style><!-- c --><p>One.</p>", "One."),
        ("&lt;p&gt;One.&lt;/p&gt;&lt;p&gt;Two.&lt;/p&gt;", "One.\nTwo."),
        ("قال &amp;quot;نعم&amp;quot; ثم مضى", 'قال "نعم" ثم مضى'),
        ("&#1582;&#1576;&#1585; &#x639;&#x627;&#x62c;&#x644;", "خبر عاجل"),
        ('<?xml version="1.0" encoding="utf-8"?>\nOne.', "One."),
        ("<p>Use the &lt;br&gt; element.</p>", "Use the <br> element."),
        ("<p>The &lt;b&gt;bold&lt;/b&gt; one.</p>", "The <b>bold</b> one."),
    ],
)
def test_markup_and_entities_go_and_paragraphs_stay(given: str, plain: str) -> None:
    assert without_markup(given) == plain


@pytest.mark.parametrize(
    "text",
    [
        "AT&T and R&D: a < b && b > c, or List<String> of <T>",
        "The elements <p> and <br> make paragraphs; </p> may be left out.",
        "In HTML, <b>bold</b> is bold and &amp; stands for the sign.",
        "if (a &lt; b) {\n  print(x);\n}",
        "Write &lt; for < and &amp; for &.",
        "x <3 y",
    ],
)
def test_prose_about_code_stays(text: str) -> None:
    assert without_markup(text) == text


def test_hostile_texts_are_read_in_linear_time() -> None:
    for piece in ("<", "<p ", "<!--", "&#", "<a href='", "<?xml ", "<script>", "\n ", "<p></p>"):
        without_markup("<p>x</p>" + piece * (100_000 // len(piece)))
