"""Thresholds of the rules for lines, from either side: the nearest value that keeps and the nearest that does not."""

from __future__ import annotations

import pytest

from cleaning.article.links import resumes
from cleaning.article.rules import find_spans
from cleaning.article.spans import delete_spans
from cleaning.html.body import find_body
from cleaning.html.layout import lay_out
from cleaning.html.markup import body_of, parse
from cleaning.html.weigh import Evidence
from cleaning.lines.lexicon import default_lexicon
from cleaning.outlet.furniture import Furniture, OutletTable
from tests.cleaning.stories import BODY

#: Short lines of three words that end no sentence and are no phrase of the lexicon.
NAMES = ("سالم بن ناصر", "هدى عبد المجيد", "مروان بن يوسف", "ليلى أبو زيد")


def cleaned(*lines: str) -> list[str]:
    text = "\n".join(lines)
    spans, _ = find_spans(text, "", default_lexicon(), OutletTable(()))
    return delete_spans(text, spans).split("\n")


def test_three_lines_trail_after_the_body_and_four_are_its_list():
    assert cleaned(*BODY, *NAMES[:3]) == list(BODY)
    assert cleaned(*BODY, *NAMES) == [*BODY, *NAMES]


@pytest.mark.parametrize(("in_body", "goes_on"), [(7, False), (8, True)])
def test_a_headline_is_nearer_to_an_appended_article_than_to_the_body(in_body, goes_on):
    words = [f"كلمة{letter * 3}" for letter in "ابتثجحخدذرزسشصضطظعغف"]
    body, after = " ".join(words[:in_body]), " ".join(words[:10])  # of 20 words .35 or .40, and .50
    assert resumes([body], [" ".join(words)], [after]) is goes_on


@pytest.mark.parametrize(("size", "kept"), [(59, False), (60, True)])
def test_a_lead_above_the_container_has_so_many_characters(size, kept):
    lead = ("جسر ميناء " * 6)[: size - 1] + "."
    story = "".join(f"<p>{paragraph}</p>" for paragraph in BODY)
    page = body_of(
        parse(
            f"<body><h1>عنوان الخبر</h1><div class='lead'>{lead}</div><div>3 May</div>"
            f"<div class='article-body'>{story}</div></body>"
        )
    )
    found = find_body(lay_out(page), Evidence())
    assert found is not None
    assert [block.text for block in found.blocks] == ([lead, *BODY] if kept else list(BODY))


GLUED = Furniture("المرفأ", "tail", "tail", 5, 9, 9, "انتهي المرفا", "انتهى المرفأ")


@pytest.mark.parametrize(("names", "closes"), [(1, True), (2, False)])
def test_the_end_of_an_article_is_looked_for_in_its_last_lines(names, closes):
    text = "\n".join([*BODY[:-1], f"{BODY[-1]} انتهى المرفأ", *NAMES[:names]])
    _, found = find_spans(text, "", default_lexicon(), OutletTable((GLUED,)))
    assert found.units[len(BODY) - 1].closes is closes
