"""Thresholds of the rules for lines, from either side: the nearest value that keeps and the nearest that does not."""

from __future__ import annotations

import pytest

from cleaning.article.links import resumes
from cleaning.article.rules import find_spans
from cleaning.article.spans import delete_spans
from cleaning.html.body import find_body
from cleaning.html.layout import lay_out
from cleaning.html.markup import body_of, parse
from cleaning.html.metadata import Metadata
from cleaning.lines import cut, find_paragraphs
from cleaning.lines.glued import reads_on
from cleaning.lines.lexicon import default_lexicon
from cleaning.lines.lexicon import parse as parse_lexicon
from cleaning.lines.mentions import author_of, credit_of, is_date_line, split_tags
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
    found = find_body(lay_out(page), Metadata())
    assert found is not None
    assert [block.text for block in found.blocks] == ([lead, *BODY] if kept else list(BODY))


GLUED = Furniture("المرفأ", "tail", "tail", 5, 9, 9, "انتهي المرفا", "انتهى المرفأ")


@pytest.mark.parametrize(("names", "closes"), [(1, True), (2, False)])
def test_the_end_of_an_article_is_looked_for_in_its_last_lines(names, closes):
    text = "\n".join([*BODY[:-1], f"{BODY[-1]} انتهى المرفأ", *NAMES[:names]])
    _, found = find_spans(text, "", default_lexicon(), OutletTable((GLUED,)))
    assert found.units[len(BODY) - 1].closes is closes


def line(size: int, words: int = 3, end: str = "", inner: str = "") -> str:
    """Return a line of so many characters in so many words, `inner` behind the first of them."""
    opening = f"ا{inner} " + "ب " * (words - 2)
    return opening + "ك" * (size - len(opening) - len(end)) + end


@pytest.mark.parametrize(
    ("text", "forms"),
    [
        (line(24), "stub"), (line(24, end="."), ""), (line(25), "headline"), (line(25, end="."), ""),
        (line(30, 4, end="."), ""), (line(30, 5, end="."), "sentence"),
        (line(79, end="."), ""), (line(80, end="."), "paragraph"), (line(80, 5, end="."), "sentence paragraph"),
        (line(79, inner="،"), "headline"), (line(80, inner="،"), "sentence headline"), (line(80), "headline"),
        (line(219), "headline"), (line(220), "sentence paragraph"), (line(220, end="."), "sentence paragraph"),
    ],
)  # fmt: skip
def test_the_form_of_a_line_is_told_by_its_length_words_and_end(text, forms):
    (unit,) = cut(text)
    names = ("sentence", "paragraph", "headline", "stub")
    assert [name for name in names if getattr(unit, name)] == forms.split()


@pytest.mark.parametrize(
    ("size", "end", "looked_up"), [(79, ".", True), (80, ".", False), (160, "", True), (161, "", False)]
)
def test_whole_lines_are_looked_up_to_a_length(size, end, looked_up):
    (unit,) = cut(line(size, end=end))
    assert bool(unit.key) is looked_up


@pytest.mark.parametrize(("gaps", "units"), [(40, 41), (41, 1)])
def test_a_line_of_more_than_forty_gaps_is_a_table(gaps, units):
    assert len(cut("   ".join(["كلمة"] * (gaps + 1)))) == units
    assert len(cut(f"  \n{' ' * 9}كلمة  كلمة{' ' * 9}\n\n")) == 1


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        # Three of ten that are long enough end a sentence: there are stops, and who has none is no paragraph.
        ([line(90, end=".")] * 3 + [line(90)] * 7, [True] * 3 + [False] * 7),
        ([line(90, end=".")] * 3 + [line(90)] * 8, [True] * 11), ([line(80), line(79)], [True, False]),
        ([line(110, end=".")] * 3 + [line(80)] * 7 + [line(79)] * 9, [True] * 3 + [False] * 16),
        ([line(90, end="."), line(120, inner="،", end=":")], [True, True]),
        ([line(90, end="."), line(119, inner="،", end=":")], [True, False]),
        ([line(90, end="."), line(120, end=":")], [True, False]),
        ([line(90, end="."), line(120, inner="،")], [True, False]),
        # What was cut off goes on where running text has stood.
        ([line(90, end="."), line(90, end="...")], [True, True]),
        ([line(90, end="..."), line(90, end=".")], [False, True]),
        ([line(90, end="."), line(79, end="...")], [True, False]),
    ],
)  # fmt: skip
def test_running_text_is_told_from_lists(lines, found):
    assert find_paragraphs(cut("\n".join(lines))) == found


@pytest.mark.parametrize(
    ("lines", "wrapped"),
    [
        ([line(100)] * 12, True), ([line(100)] * 11, False),
        ([line(100)] * 11 + [line(40)], True), ([line(100)] * 11 + [line(39)], False),
        ([line(100)] * 12 + [line(30)] * 12, True), ([line(100)] * 12 + [line(30)] * 13, False),
        ([line(100)] * 11 + [line(130)], True), ([line(100)] * 11 + [line(131)], False),
        ([line(100)] * 7 + [line(100, end=".")] * 6, True), ([line(100)] * 7 + [line(100, end=".")] * 7, False),
        ([line(219)] * 12, True), ([line(219)] * 11 + [line(220)], False),
    ],
)  # fmt: skip
def test_a_text_wrapped_by_hand_has_no_running_lines(lines, wrapped):
    assert any(find_paragraphs(cut("\n".join(lines)))) is not wrapped


@pytest.mark.parametrize(
    ("key", "is_date"),
    [
        ("سمير الهادي 12 مايو 2021 18:11", True), ("سمير الهادي رصيف 12 مايو 2021 18:11", False),
        ("سمير الهادي 18:11:05", True), ("سمير الهادي 18:11", False),
        ("12:30" + " 1" * 52 + "1", True), ("12:30" + " 1" * 52 + "11", False), ("الجمعه مايو", False),
    ],
)  # fmt: skip
def test_a_date_line_has_two_strangers_and_a_hundred_and_ten_characters(key, is_date):
    assert is_date_line(key) is is_date


@pytest.mark.parametrize(("size", "read"), [(60, True), (61, False)])
def test_names_have_sixty_characters(size, read):
    assert credit_of("المصدر: " + "ك" * size) == "ك" * size * read
    assert author_of("كتب: " + "ك" * size) == "ك" * size * read


def test_tags_that_ran_together_have_three_letters_on_either_side():
    assert split_tags("بحرقمر", {"بحر", "قمر"}) == ("بحر", "قمر")
    assert split_tags("يدقمر", {"يد", "قمر"}) == split_tags("قمريد", {"يد", "قمر"}) == ()


@pytest.mark.parametrize(
    ("position", "key", "ends_sentence", "found"),
    [
        ("label", "قسم " + "ك" * 36, False, True), ("label", "قسم " + "ك" * 37, False, False),
        ("label", "قسم " + "ك" * 36, True, False), ("prefix", "قسم " + "ك" * 99, True, True),
        ("line", "قسم " + "ك" * 36, False, False), ("prefix", "قسمك", False, False),
        ("header", "قسم", False, True), ("header", "قسم : ك", False, True), ("header", "قسم ك", False, False),
    ],
)  # fmt: skip
def test_a_phrase_opens_a_line_in_its_position_only(position, key, ends_sentence, found):
    row = f'phrase = "قسم", class = "nav", position = "{position}", lang = "ar", example = "x"'
    lexicon = parse_lexicon(f"entry = [{{ {row} }}]")
    assert (lexicon.head(key, ends_sentence=ends_sentence) is not None) is found
    assert lexicon.whole("قسم") is not None
    assert (lexicon.whole("قسم 12 34567890"), lexicon.whole("قسم 12 345678901")) == (lexicon.phrases[0], None)


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("اقرأ أيضا: موعد", 1), ("انتهى. اقْرأ أيْضا: موعد", 1), ("واقرأ أيضا كتابا", 0), ("نقرأ أيضا كتابا", 0),
        ("قرأ أيضا كتابا", 0),
    ],
)  # fmt: skip
def test_an_inline_phrase_stands_in_words_of_its_own(text, count):
    assert len(default_lexicon().inside(text)) == count


@pytest.mark.parametrize(
    ("rest", "goes_on"),
    [
        (line(219, end="."), False), (line(220, end="."), True), (line(220, end="!"), False), (line(220), False),
        ("عنوان الخبر. وبقيته هنا.", True), ("عنوان الخبر. وبقيته هنا", False), ("عنوان الخبر. وبقيته هنا!", False),
        (line(700), False), (line(701), True),
    ],
)  # fmt: skip
def test_running_text_behind_a_header_is_told(rest, goes_on):
    assert reads_on(rest) is goes_on


def removed(*lines: str, title: str = "", rows: tuple[Furniture, ...] = ()) -> dict[str, str]:
    """Map each removed piece to its rule."""
    text = "\n".join(lines)
    spans, _ = find_spans(text, title, default_lexicon(), OutletTable(rows))
    return {text[span.start : span.end].strip(): span.rule for span in spans}


@pytest.mark.parametrize(
    ("line", "goes"),
    [
        ("وقد عاد العمال إلى منازلهم قبل", True), ("وقد عاد العمال إلى منازلهم قبل الغروب", False),
        ("قد عاد العمال إلى منازلهم قبل الغروب", True), ("// يتبع //", True), ("//example.org/a/b وما بعده.", False),
    ],
)  # fmt: skip
def test_seven_words_that_open_with_and_are_a_sentence_without_its_stop(line, goes):
    assert (line in removed(*BODY, line)) is goes


@pytest.mark.parametrize(("size", "goes"), [(40, True), (39, False)])
def test_a_line_of_forty_characters_that_follows_itself_goes(size, goes):
    told = ("رأى " * 20)[: size - 1] + "."
    assert (removed(BODY[0], told, told, *BODY[1:]) == {told: "doubled"}) is goes


@pytest.mark.parametrize(
    ("line", "goes"),
    [
        ("التاريخ: 9/10/1436هـ", False), ("التاريخ: 9/10/1999 م", True), ("التاريخ: 9/10/2015", True),
        ("12 مايو 2021 18:11", True),
    ],
)  # fmt: skip
def test_the_lunar_date_of_a_decree_is_body_and_other_dates_are_not(line, goes):
    assert removed("الرقم: أ/201", line, *BODY) == ({line: "date"} if goes else {})


def test_of_a_box_with_two_links_none_is_the_head_of_another_article():
    words = [f"كلمة{letter * 3}" for letter in "ابتثجحخدذرزسشصضطظعغف"]
    headline, after = " ".join(words), " ".join(words[:10])
    assert resumes([], [headline], [after]) is False
    assert resumes([], [headline, headline], [after]) is resumes([], [], [after]) is True


def furniture(text: str, form: str = "piece", position: str = "tail") -> Furniture:
    return Furniture("المرفأ", form, position, 5, 9, 9, text, text)


@pytest.mark.parametrize(
    ("words", "goes"),
    [
        ("ميناء الرصيف الجسر زقزقه خربشه", False), ("ميناء الرصيف دندنه زقزقه خربشه", True),
        ("ميناء الرصيف الجسر اليوم", True), ("ميناء الرصيف الجسر زقزقه سفن", True),
    ],
)  # fmt: skip
def test_what_an_outlet_repeats_is_of_a_story_that_says_three_of_its_five_words(words, goes):
    assert removed(*BODY, words, rows=(furniture(words),)).get(words) == ("furniture" if goes else "trailing")


@pytest.mark.parametrize(
    ("position", "size", "end", "goes"),
    [
        ("tail", 200, "", True), ("tail", 201, "", False), ("head", 60, "", True), ("head", 61, "", False),
        ("head", 60, ".", False),
    ],
)  # fmt: skip
def test_what_an_outlet_announces_has_a_length(position, size, end, goes):
    announced = "رابط الخبر: " + line(size, 9, end)
    text = (announced, *BODY) if position == "head" else (*BODY, announced)
    found = removed(*text, rows=(furniture("رابط الخبر :", "marker", position),))
    assert (found.get(announced) == "furniture-marker") is goes


@pytest.mark.parametrize(
    ("before", "after"), [("{} ", ""), ("{}  ", ""), ("كلام يسبق ما يعاد. {} ", "كلام يسبق ما يعاد. ")]
)
def test_what_an_outlet_repeats_goes_with_the_spaces_beside_it(before, after):
    text = "\n".join([BODY[0], f"{before.format('صورة من أرشيف المرفأ.')}{BODY[1]}", *BODY[2:]])
    rows = (furniture("صوره من ارشيف المرفا", position="body"),)
    spans, _ = find_spans(text, "", default_lexicon(), OutletTable(rows))
    assert delete_spans(text, spans).split("\n") == [BODY[0], f"{after}{BODY[1]}", *BODY[2:]]


@pytest.mark.parametrize(("line", "rule"), [("12 مايو 2021 18:11", "date"), ("12 مايو 2021 18:11:", "trailing")])
def test_a_date_that_announces_something_is_no_date_line(line, rule):
    assert removed(*BODY, line) == {line: rule}
