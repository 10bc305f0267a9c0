"""What stands before the first paragraph and behind the last: each limit and each condition from either side."""

from __future__ import annotations

import pytest

from cleaning.lines.frames import is_contact, joins_names, opening_byline, opening_row
from cleaning.lines.lexicon import default_lexicon
from tests.cleaning.stories import BODY
from tests.cleaning.test_thresholds import removed

TITLE = "جسر ميناء الرصيف يفتح أمام الشاحنات مطلع الشهر"
DATE = "12 مايو 2021 18:11"
LABEL = "مرافئ الساحل"
CAPTION = "جانب من أعمال الجسر"
LEXICON = default_lexicon()


@pytest.mark.parametrize(("before", "goes"), [(2, True), (3, False)])
def test_a_name_and_an_outlet_stand_among_the_first_three_lines(before, goes):
    signature = "ليلى سعد – المرفأ نيوز"
    lines = ["مرافئ", "سواحل", "بحار"][:before]
    assert removed(*lines, signature, *BODY) == ({signature: "byline"} if goes else {})


@pytest.mark.parametrize(
    ("labels", "paragraphs", "section"),
    [
        ([LABEL], 3, True), ([LABEL], 2, False), ([f"{LABEL} الشرقي كله"], 4, True),
        ([f"{LABEL} الشرقي كلهم"], 4, True), ([f"{LABEL} الشرقي جميعه"], 4, False), ([f"{LABEL} 2"], 4, False),
        (["مرافئ - الساحل"], 4, False), ([f"{LABEL}."], 4, False), ([LABEL, "أخبار البحر"], 4, False), ([], 4, False),
    ],
)  # fmt: skip
def test_a_short_label_over_a_headline_that_the_body_says_again_is_a_section(labels, paragraphs, section):
    found = removed(*labels, TITLE, *BODY[:paragraphs])
    assert found == ({labels[0]: "section", TITLE: "title"} if section else {})
    assert removed(*labels, "فريق البحارة يفوز بالكأس للمرة الثالثة", *BODY[:paragraphs]) == {}


@pytest.mark.parametrize(
    ("lines", "title"),
    [
        ([TITLE, DATE], True), ([LABEL, TITLE, DATE], True), ([LABEL, "أخبار البحر", TITLE, DATE], False),
        ([TITLE, LABEL, DATE], False), (["قصير", DATE], False), ([f"{TITLE}.", DATE], False),
    ],
)  # fmt: skip
def test_a_headline_stands_above_the_date_with_one_line_more_at_most(lines, title):
    found = removed(*lines, *BODY)
    assert (found.get(TITLE), found[DATE]) == ("title" if title else None, "date")


@pytest.mark.parametrize(("known", "title"), [(TITLE, True), (f"عاجل: {TITLE}", False), ("", False)])
def test_a_headline_is_known_where_it_is_that_of_the_record_or_comes_again(known, title):
    assert removed(TITLE, *BODY, title=known) == ({TITLE: "title"} if title else {})
    assert removed(TITLE, f"{TITLE} المقبل", *BODY, title=known) == {TITLE: "title", f"{TITLE} المقبل": "title"}


@pytest.mark.parametrize(
    ("lines", "captions"),
    [
        ([DATE, CAPTION], [CAPTION]), ([DATE, CAPTION, f"{CAPTION} أمس"], [CAPTION, f"{CAPTION} أمس"]),
        ([DATE, CAPTION, f"{CAPTION} أمس", f"{CAPTION} غدا"], []), ([CAPTION], []), ([CAPTION, DATE], []),
        ([DATE, f"{CAPTION}."], []), ([DATE, f"- {CAPTION}"], []), ([DATE, f"{CAPTION}، والميناء"], []),
        ([DATE, f"{CAPTION}{' ك' * 45}"], [f"{CAPTION}{' ك' * 45}"]), ([DATE, f"{CAPTION}{' ك' * 46}"], []),
        ([f"{CAPTION} (رويترز)"], [f"{CAPTION} (رويترز)"]), (["في الصورة:", f"{CAPTION} (رويترز)"], []),
    ],
)  # fmt: skip
def test_one_or_two_captions_stand_under_the_furniture_of_the_head(lines, captions):
    found = removed(*lines, *BODY)
    assert [line for line, rule in found.items() if rule == "caption"] == captions


@pytest.mark.parametrize(
    ("lines", "gone"),
    [
        (["ميناء الرصيف"], 1), (["ميناء", "الجسر", "السفن"], 3), (["ميناء", "الجسر", "السفن", "الريح"], 0),
        (["ميناء الرصيف:"], 1), (["ميناء الرصيف:", "الجسر."], 0), (["ميناء الرصيف."], 0),
    ],
)  # fmt: skip
def test_up_to_three_lines_trail_behind_the_body(lines, gone):
    assert removed(*BODY, *lines) == dict.fromkeys(lines[:gone], "trailing")


@pytest.mark.parametrize(("before", "goes"), [(5, True), (6, False)])
def test_a_date_behind_a_long_list_is_of_the_list(before, goes):
    assert removed(*BODY, *"ابتثجح"[:before], DATE) == ({DATE: "date"} if goes else {})


@pytest.mark.parametrize(
    ("text", "contact"),
    [
        ("هاتف 12345", True), ("هاتف ١٢٣٤٥", True), ("هاتف 123 45", True), ("هاتف 1234", False),
        ("المرفأ 12345", False),
        ("رأى ب ج د 12345 هاتف", True), ("رأى ب ج د ر 12345 هاتف", False), ("@marsa ب ج", True),
        ("@marsa ب ج د", False), ("@marsa ب ج.", False), ("@marsa.", True), ("ب Nour Salem @marsa ج د ر ز", True),
        ("nour salem at 12345", False), ("رأى ذلك. رأى هاتف 12345", False),
        (f"هاتف {'nour@marsa.example ' * 12}{'x' * 17}", True), (f"هاتف {'nour@marsa.example ' * 12}{'x' * 18}", False),
    ],
)  # fmt: skip
def test_a_contact_is_dense_in_addresses_and_numbers(text, contact):
    assert is_contact(text, LEXICON) is contact


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("ليلى سعد عمر علي – الميناء", True), ("ليلى سعد عمر علي زيد – الميناء", False),
        ("ليلى – سعد – الميناء", False),
        ("ليلى سعد: – الميناء", False), ("Jane Quay, Harbour", True), ("Jane quay, Harbour", False),
        ("jane Quay, Harbour", False), ("Jane Quay, Harbour news", False), ("ليلى سعد، الميناء", False),
        (f"ليلى سعد - {'ك' * 49}", True), (f"ليلى سعد - {'ك' * 50}", False),
    ],
)  # fmt: skip
def test_two_names_of_four_words_are_joined_by_one_mark(text, names):
    assert joins_names(text) is names


@pytest.mark.parametrize(
    ("row", "found"),
    [
        ("شارك فيسبوك تويتر", True), ("شارك | فيسبوك • تويتر -", True), ("فيسبوك تويتر", False),
        ("شارك، فيسبوك تويتر", False), ("السابق التالي", True), ("السابق", False),
    ],
)  # fmt: skip
def test_three_buttons_or_two_of_a_gallery_are_a_row(row, found):
    text = f"{row} أعلن الوزير"
    assert text[opening_row(text, LEXICON) :] == ("أعلن الوزير" if found else text)
    assert opening_row(f"{row}.", LEXICON) == 0


@pytest.mark.parametrize(
    ("byline", "found"),
    [
        ("إعداد: سامر النجار - ", True), ("إعداد سامر النجار - ", True), ("إعداد: سامر - ", True),
        ("إعداد سامر - ", False), ("إعداد سامر عمر علي زيد - ", True), ("إعداد سامر عمر علي زيد كرم - ", False),
        ("إعداد: سامر - في الميناء - ", False), ("By Jane Quay - ", True), ("By Jane quay - ", False),
        ("إعداد سامر النجار-", False),
    ],
)  # fmt: skip
def test_a_byline_glued_before_the_first_sentence_has_a_name(byline, found):
    assert opening_byline(f"{byline}أعلن الوزير") == (len(byline) if found else 0)
