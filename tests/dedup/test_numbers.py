"""Numbers are compared by value and names by their letters, in whole texts."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from corpus.run.stage import run_here, summarise
from dedup.sketch import digits, sign
from dedup.sketch.digits import comparable
from dedup.stages import Dedup


def values(text: str) -> list[int]:
    """Return what is compared of each number in `text`."""
    return [int(word) >> 16 for word in sign(comparable([text])).words if word & 1]


@pytest.mark.parametrize(
    "spellings",
    [
        ("2300", "2,300", "2.300", "٢٬٣٠٠", "۲٬۳۰۰", "2\u00a0300", "2 300", "2300م", "و2300", "2,3 ألف", "ألفين و300"),
        ("10000", "10,000", "عشرة آلاف", "10 آلاف", "لعشرة آلاف", "ten thousand", "dix mille", "ده هزار", "10 000"),
        ("13800", "13 ألفا و800", "13 ألفا و 800", "ثلاثة عشر ألفا وثمانمائة", "thirteen thousand eight hundred"),
        ("212000000", "212 مليون", "212 million", "212 mln", "۲۱۲ میلیون", "مئتين واثني عشر مليونا"),
        ("20.5", "20.50", "٢٠٫٥", "20,5"), ("25", "خمسة وعشرين", "خمس وعشرون", "twenty-five", "025"),
        ("1200000", "مليون و200 ألف", "1.2 مليون", "1,200,000"), ("3", "ثلاثة", "وثلاث", "three"),
        ("2\u0640009", "2009"),
    ],
)  # fmt: skip
def test_spellings_of_one_number_have_one_value(spellings):
    assert {len(values(spelling)) for spelling in spellings} == {1}
    assert len({tuple(values(spelling)) for spelling in spellings}) == 1


WRITTEN = {
    2: "اثنان اثنين two", 3: "ثلاثة three", 4: "أربع أربعة four", 5: "خمسة five", 6: "ستة six", 7: "سبعة seven",
    8: "ثمانية ثماني eight", 9: "تسع nine", 10: "عشرة ten", 11: "eleven onze", 12: "twelve douze",
    13: "thirteen treize",
    14: "fourteen quatorze", 15: "fifteen quinze", 16: "sixteen seize", 17: "seventeen", 18: "eighteen", 19: "nineteen",
    20: "عشرون twenty", 30: "ثلاثين thirty", 40: "أربعون forty", 50: "خمسين fifty", 60: "ستون sixty",
    70: "سبعين seventy", 80: "ثمانون eighty", 90: "تسعين ninety", 100: "مئة مائة",
    200: "مئتان مئتين مائتين", 300: "ثلاثمئة", 400: "أربعمائة",
    500: "خمسمئة", 600: "ستمائة", 700: "سبعمئة", 800: "ثمانمائة", 900: "تسعمئة", 1000: "ألف thousand mille هزار",
    2000: "ألفان ألفين", 10**6: "مليون million mln میلیون",
    2 * 10**6: "مليونين", 10**9: "مليار بليون billion bn milliard",
    2 * 10**9: "ملياران", 10**12: "تريليون trillion",
}  # fmt: skip
#: These are numbers only beside another one.
BESIDE = {
    1000: "one thousand", 3000: "trois mille سه هزار", 4000: "quatre mille چهار هزار", 5000: "cinq mille پنج هزار",
    6000: "ست آلاف شش هزار", 7000: "sept mille هفت هزار", 8000: "huit mille هشت هزار", 9000: "neuf mille نه هزار",
    20_000: "vingt mille بیست هزار", 30_000: "trente mille سی هزار", 40_000: "quarante mille چهل هزار",
    50_000: "cinquante mille پنجاه هزار", 60_000: "soixante mille شصت هزار", 70_000: "هفتاد هزار", 80_000: "هشتاد هزار",
    90_000: "نود هزار", 100_000: "cent mille صد هزار",
    11: "أحد عشر", 12: "اثنتا عشرة", 5 * 10**9: "خمسة مليارات", 3 * 10**6: "three millions", 700: "seven hundred",
}  # fmt: skip


def test_each_number_word_has_its_value():
    for value, listed in WRITTEN.items():
        assert {word: values(word) for word in listed.split()} == dict.fromkeys(listed.split(), values(str(value)))
    for value, listed in BESIDE.items():
        words = listed.split()
        pairs = [" ".join(words[at : at + 2]) for at in range(0, len(words), 2)]
        assert {pair: values(pair) for pair in pairs} == dict.fromkeys(pairs, values(str(value)))
    alone = "one deux trois quatre cinq sept huit neuf dix vingt trente quarante cent ست صد سه دو آلاف millions"
    assert [word for word in alone.split() if values(word)] == []


ENGLISH = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen"
    " eighteen nineteen"
).split()
ENGLISH_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
ONES = "صفر واحد اثنان ثلاثة أربعة خمسة ستة سبعة ثمانية تسعة عشرة".split()
TEENS = "أحد اثنا ثلاثة أربعة خمسة ستة سبعة ثمانية تسعة".split()
TENS = "عشرون ثلاثون أربعون خمسون ستون سبعون ثمانون تسعون".split()
HUNDREDS = "مئة مئتان ثلاثمئة أربعمئة خمسمئة ستمئة سبعمئة ثمانمئة تسعمئة".split()
SCALES = ((10**9, "billion", "مليار"), (10**6, "million", "مليون"), (10**3, "thousand", "ألف"))


def english(number: int) -> str:
    for scale, name, _ in (*SCALES, (100, "hundred", "")):
        if number >= scale:
            rest = f" {english(number % scale)}" if number % scale else ""
            return f"{english(number // scale)} {name}{rest}"
    if number < 20:
        return ENGLISH[number]
    return ENGLISH_TENS[number // 10 - 2] + (f" {ENGLISH[number % 10]}" if number % 10 else "")


def arabic(number: int) -> str:
    parts = []
    for scale, _, name in SCALES:
        if count := number // scale:
            parts.append(name if count == 1 else f"{arabic(count)} {name}")
        number %= scale
    if number >= 100:
        parts.append(HUNDREDS[number // 100 - 1])
        number %= 100
    if 0 < number <= 10:
        parts.append(ONES[number])
    elif number < 20 and number:
        parts.append(f"{TEENS[number - 11]} عشر")
    elif number:
        parts += [ONES[number % 10]] * (number % 10 > 0) + [TENS[number // 10 - 2]]
    return " و".join(parts)


@given(st.integers(2, 999_999_999_999) | st.integers(2, 2000) | st.integers(2, 9).map(lambda digit: digit * 10**6))
@example(21)
@example(110_000)
def test_a_number_in_words_has_the_value_of_its_digits(number):
    digits_of = str(number)
    grouped = f"{number:,}"
    told = [english(number), arabic(number), grouped, grouped.replace(",", "٬"), grouped.replace(",", "\u00a0")]
    told += [digits_of.translate(dict(zip(map(ord, "0123456789"), zeros, strict=True))) for zeros in
             ("٠١٢٣٤٥٦٧٨٩", "۰۱۲۳۴۵۶۷۸۹")]  # fmt: skip
    for scale, *names in SCALES:
        if not number % scale:
            told += [f"{number // scale} {name}" for name in names]
    assert {one: values(one) for one in told} == dict.fromkeys(told, values(digits_of))


#: What `comparable` looks for, as an expression, and what it takes for a number in it.
CHAIN = re.compile("[0-9٠-٩۰-۹]+(?:[.,٬٫،'’/:\u00a0\u2009\u202f \u0640\u064b-\u065f]{1,4}[0-9٠-٩۰-۹]+)*")


@given(st.text(st.sampled_from("0015٠٣۰۷.,٬/: _\u00a0\u0640\u064baب\n"), max_size=60))
def test_numbers_are_found_where_an_expression_finds_them(text):
    def written(chain):
        return digits._NUMBER.sub(digits._rewrite, digits._MARKS.sub("", chain[0]))

    # Long lines hold no counters.
    text = text.replace("\n", "a" * 41)
    assert comparable([text, "", text]) == [CHAIN.sub(written, text.replace("_", " ")), "", comparable([text])[0]]


@pytest.mark.parametrize("unit", ["0", "1 ", "0.", "1\n", "0,000 ", "5\u064b\u064b\u064b\u064b\u064b", "_"])
def test_hostile_digits_take_linear_time(unit):
    def seconds(length):
        text = "a" * 41 + unit * (length // len(unit))
        started = time.process_time()
        comparable([text])
        return time.process_time() - started

    seconds(1_000)
    assert seconds(200_000) < 0.5


def test_what_is_read_of_a_word_does_not_depend_on_the_words_beside_it():
    # The third and the fourth have the same pieces.
    several = ["الاختصاص", "الاغترار", "ababababab", "abababababab", "ثلاثة", "و", "25", "New", "York", "ب5ج", "aب"] * 2
    alone = [int(sign([word]).words[0]) for word in several]
    assert sign(several).words.tolist() == alone
    assert alone[0] != alone[1]
    assert alone[2] != alone[3]


@pytest.mark.parametrize(
    ("one", "other"),
    [("5/3/2024", "05/03/2024"), ("5/3", "٠٥/٠٣"), ("9:00", "09:00"), ("5.3.2024", "05.03.2024")],
)
def test_dates_and_times_are_equal_with_and_without_zeros(one, other):
    assert values(one) == values(other)
    assert len(values(one)) > 1


@pytest.mark.parametrize(
    ("one", "other"),
    [("4", "6"), ("20.5", "20.05"), ("5/3", "5/30"), ("2300", "23000"), ("4 آلاف", "6 آلاف"), ("ثلاثة", "أربعة"),
     ("9:05", "9:50"), ("12345678901234567890", "12345678901234567891"), ("20 و5", "25")],
)  # fmt: skip
def test_other_numbers_have_other_values(one, other):
    assert values(one) != values(other)


@pytest.mark.parametrize("text", ["ست الحسن", "one of them", "السبع", "بي بي سي", "يوم الأحد", "آلاف الناس", "neuf"])
def test_words_that_are_seldom_numbers_are_none(text):
    assert values(text) == []


def kept(documents):
    stage = Dedup()
    stage.learn([memoryview(summarise(stage.accumulator(), documents))], run_here)
    return [document.id for document in documents if stage.apply(document).record is not None]


@pytest.mark.parametrize(
    ("one", "other", "copies"),
    [("2300", "٢٬٣٠٠", True), ("عشرة آلاف", "10 آلاف", True), ("4", "6", False), ("ثلاثة", "خمسة", False)],
)
def test_a_copy_may_write_a_number_otherwise_but_not_another_number(document, story, one, other, copies):
    first = story(1) + f"\nيعمل في الميناء نحو {one} من العمال منذ سنة واحدة\n" + story(2)
    second = story(1) + f"\nيعمل في الميناء نحو {other} من العمال منذ سنة واحدة\n" + story(2)
    documents = [document("a", first, "sahil"), document("b", second, "wadi")]
    assert len(kept(documents)) == (1 if copies else 2)


def test_a_counter_of_the_page_is_no_other_number(document, story):
    lines = story(1).split("\n")
    texts = ["\n".join([*lines[:6], f"قراءة {minutes} دقائق", *lines[6:]]) for minutes in (3, 5)]
    assert len(kept([document("a", texts[0], "sahil"), document("b", texts[1], "wadi")])) == 1
    table = [[f"الذهب {price + day}" for price in range(10, 40, 10)] for day in (0, 1)]
    texts = ["\n".join([*lines[:6], *rows, *lines[6:]]) for rows in table]
    assert len(kept([document("a", texts[0], "sahil"), document("b", texts[1], "wadi")])) == 2


FORM = (
    "ينعى أهالي {} فقيدهم الغالي {} الذي انتقل إلى رحمة الله تعالى في مدينة {} بعد عمر حافل بالعطاء والعمل الصالح قضاه"
    " في خدمة {} محبوبا من كل من عرفه وسيشيع جثمانه الطاهر بعد صلاة الظهر من جامع {} إلى مقبرة العائلة وتقبل التعازي"
    " في ديوان {} ثلاثة أيام ابتداء من اليوم بعد صلاة المغرب نسأل الله العلي القدير أن يتغمد الفقيد بواسع رحمته وأن"
    " يسكنه فسيح جناته وأن يلهم أهله وذويه الصبر والسلوان"
)
SLOTS = (
    ("بلدة القنيطير", "فاضل الخزرجي", "الدبشية", "مطحنة الحبوب", "الشربيني", "آل الزغلول"),
    ("قرية مرشود", "عدنان الصفتي", "كفر بطنوس", "سكة الحديد", "العجمي", "بني هميم"),
)


@pytest.mark.parametrize("outlets", [("sahil", "sahil"), ("sahil", "wadi")])
def test_a_form_whose_blanks_hold_names_is_another_story_each_time(document, outlets):
    texts = [FORM.format(*names) for names in SLOTS]
    assert len(kept([document(name, *pair) for name, *pair in zip("ab", texts, outlets, strict=True)])) == 2
    respelt = texts[0].replace("القنيطير", "القنيطر").replace("الخزرجي", "الخزرجى").replace("الشربيني", "الشربينى")
    assert len(kept([document("a", texts[0], outlets[0]), document("b", respelt, outlets[1])])) == 1


def test_rolling_coverage_is_another_story_in_one_outlet_and_a_copy_in_another(document, story):
    background = story(1).split("\n")
    first = "\n".join([*story(2, 3).split("\n"), *background])
    second = "\n".join([*story(3, 3).split("\n"), *background])
    assert len(kept([document("a", first, "sahil"), document("b", second, "sahil")])) == 2


@pytest.mark.parametrize(
    ("fields", "left"), [({}, 2), ({"url": "https://sahil.example/7"}, 1), ({"title": "عاجل: الميناء"}, 1)]
)
def test_the_same_address_or_the_same_title_and_opening_make_versions(document, story, fields, left):
    lines = story(1).split("\n")
    first, second = "\n".join([*lines[:9], *story(2, 4).split("\n")]), "\n".join([*lines[:9], *story(3, 4).split("\n")])
    found = kept([document("a", first, "sahil", **fields), document("b", second, "sahil", **fields)])
    assert len(found) == left
