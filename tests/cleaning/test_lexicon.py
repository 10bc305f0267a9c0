"""The lexicon: every example is found by its own entry, and no phrase is found where it is prose."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given

from cleaning.lines.lexicon import default_lexicon, key_of, parse
from tests.strategies import hostile_text
from tests.timing import fastest

LEXICON = default_lexicon()

#: One prose line, or the start of one, for each trap of the reference on Arabic dumps.
PROSE = [
    "شارك وزير النقل في افتتاح الجسر الجديد",
    "وشارك في اللقاء عدد من التجار",
    "مشاركة واسعة في الانتخابات البلدية",
    "تابعوا مباريات البطولة من المدرجات",
    "تابعنا أعمال اللجنة منذ بدايتها",
    "وقال المصدر: إن العمل سيبدأ غدا",
    "نشر في مجلة علمية محكمة بحث عن الأسماك",
    "تاريخ النشر القديم لا يهم القارئ",
    "الأكثر قراءة بين كتبه روايته الأولى التي صدرت قبل أربعين عاما",
    "بالفيديو وثق الأهالي لحظة انهيار الجدار",
    "حقوق النشر محل نزاع بين الدارين",
    "المتعلقة بالميناء كثيرة ومتشعبة",
    "ذات الصلة بالموضوع نفسه",
    "انضم إلى الفريق في الصيف الماضي",
    "اشترك في إعداد الدراسة ثلاثة باحثين",
    "جانب من الحقيقة ما زال غائبا",
    "حجم الخطر الذي يهدد الشاطئ كبير",
    "حجم الخطوات التي قطعها المشروع",
    "ابتسامات الأطفال ملأت القاعة",
    "احتجاجات التجار مستمرة",
    "موسوم بعلامة المصنع القديم",
    "الأجانب من سكان المدينة",
    "يشاهد أيضا في الصورة رصيف الميناء",
    "مختارات من شعر البحارة صدرت أمس",
    "طباعة الكتاب استغرقت عاما",
    "التعليقات على القرار تباينت بين مؤيد ومعارض",
    "القائمة البريدية للجمعية تضم ألف عضو",
    "جميع الحقوق والصلاحيات انتقلت إلى المجلس",
    "آخر تحديث للخريطة جرى قبل ثلاثة أعوام",
    "كلمات دلالية كثيرة في القصيدة تشير إلى البحر",
    "share prices fell sharply on Monday",
    "Related companies will publish their results",
    "Comments by the minister drew criticism",
    "source of the river lies in the hills",
    "Publicité mensongère : le tribunal tranche",
    "paylaşılan bilgilere göre köprü açıldı",
]


@pytest.mark.parametrize("phrase", LEXICON.phrases, ids=lambda phrase: f"{phrase.lang}-{phrase.text}")
def test_an_example_is_found_by_its_own_entry(phrase):
    key = key_of(phrase.example)
    found = LEXICON.whole(key) or LEXICON.head(key)
    assert found is phrase


@pytest.mark.parametrize("line", PROSE)
def test_prose_that_holds_a_phrase_is_not_found(line):
    key = key_of(line)
    assert LEXICON.whole(key) is None
    assert LEXICON.head(key, ends_sentence=False) is None
    assert LEXICON.head(key, ends_sentence=True) is None
    assert LEXICON.inside(line) == []


@pytest.mark.parametrize(
    "line",
    ["إقرأ أيضاً:", "اقرأ أيضا", "اقرأ أيضًا..", "اقــرأ أيضاً", "أقرا ايضا", "* اقرأ أيضاً", "اقْرَأ أَيْضاً :"],
)
def test_spellings_of_one_phrase_are_one(line):
    key = key_of(line)
    assert (LEXICON.whole(key) or LEXICON.head(key)).text == "اقرأ أيضا"


def test_every_language_and_class_the_issue_names_is_there():
    assert {phrase.lang for phrase in LEXICON.phrases} == {"ar", "fa", "ur", "en", "fr", "tr", "he", "ru"}
    kinds = {phrase.kind for phrase in LEXICON.phrases}
    assert kinds >= {"read_also", "tags", "source", "date", "fontsize", "comments", "share", "copyright"}


def test_a_line_that_opens_with_much_white_space_may_hold_a_phrase():
    assert LEXICON.may_open("\u00a0" * 60 + "كلمة")


@pytest.mark.parametrize(
    ("row", "kind"),
    [
        ("Share | Facebook | Twitter", "share"),
        ("شارك الخبر على فيسبوك", "share"),
        ("3 of 12", "nav"),
        ("Prev Next", "nav"),
    ],
)
def test_a_row_of_buttons_is_known_by_its_words(row, kind):
    assert LEXICON.whole(key_of(row)).kind == kind


@pytest.mark.parametrize("row", ["Harbour Facebook", "فيسبوك وتويتر", "Facebook, Twitter", "12 of 3", "on this page"])
def test_other_words_make_no_row_of_buttons(row):
    assert LEXICON.whole(key_of(row)) is None


def test_no_phrase_stands_twice():
    keys = [key_of(phrase.text) for phrase in LEXICON.phrases]
    twice = {key for key in keys if keys.count(key) > 1}
    assert twice == set()


def test_a_whole_line_may_hold_figures_beside_the_phrase():
    assert LEXICON.whole(key_of("التعليقات (12)")).text == "التعليقات"
    assert LEXICON.whole(key_of("3 تعليقات")).text == "تعليقات"


def test_an_inline_phrase_is_found_with_its_place_as_written():
    text = "انتهى اللقاء. إقــرأ أيضاً: موعد الافتتاح"
    ((start, end, phrase),) = LEXICON.inside(text)
    assert text[start:end] == "إقــرأ أيضاً"
    assert phrase.kind == "read_also"


def test_an_inline_phrase_inside_a_word_is_not_found():
    assert LEXICON.inside("سيقرأ أيضا كتابا آخر") == []
    assert LEXICON.inside("مزید پڑھیںگے") == []
    assert len(LEXICON.inside("مزید پڑھیں گے")) == 1


def test_an_unknown_key_is_refused():
    row = 'phrase = "x", class = "nav", position = "line", lang = "en", example = "x"'
    assert len(parse(f"entry = [{{ {row} }}]").phrases) == 1
    with pytest.raises(msgspec.ValidationError, match="colour"):
        parse(f'entry = [{{ {row}, colour = "red" }}]')
    with pytest.raises(msgspec.ValidationError, match="position"):
        parse(f"entry = [{{ {row.replace('line', 'anywhere')} }}]")


@given(hostile_text())
def test_any_text_can_be_looked_up(text):
    key = key_of(text)
    LEXICON.whole(key)
    LEXICON.head(key)
    for start, end, _ in LEXICON.inside(text):
        assert 0 <= start < end <= len(text)


@pytest.mark.parametrize("piece", ["اقرأ أيضا ", "قرا", "مقالات ", "روابط ذات ", "يه بهي پڑ", "ـ", "ا"])
def test_a_hostile_line_is_searched_in_linear_time(piece):
    text = piece * (200_000 // len(piece))
    assert fastest(lambda: (LEXICON.inside(text), LEXICON.head(key_of(text[:64]))), 0.2) < 0.2
