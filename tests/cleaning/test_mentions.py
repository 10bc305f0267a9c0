"""Dates, credits, tags and names out of chrome."""

from __future__ import annotations

import pytest
from hypothesis import given

from cleaning.lines.lexicon import key_of
from cleaning.lines.mentions import (
    author_of,
    credit_of,
    is_byline,
    is_date_line,
    split_tags,
    tags_of,
)
from tests.strategies import hostile_text
from tests.timing import fastest


@pytest.mark.parametrize(
    "line",
    [
        "الجمعة 2024/04/26",
        "18:11 ت م",
        "آخر تحديث: 21:43 (بيروت)",
        "الرياض 25 شوال 1436 هـ الموافق 10 أغسطس 2015 م واس",
        "Wednesday, 08 Apr 2020 11:39 PM MYT",
        "Publié le 27 Mar 20 à 9:21",
        "١٥/٢/١٤٤٣ هـ في ٩:٠٥:٤٣ م",
        "١٥/٢/١٤٤٣ هـ",
        "تاریخ انتشار: ۱۴۰۰/۰۶/۳۱",
        "سه‌شنبه ۱۵ حمل ۱۴۰۲",
        "رام الله 25 شوال 1436 هـ الموافق 10 أغسطس 2015 م واس",
        "نشر الأربعاء ٦ تشرين الثاني ٢٠٢٤",
        "الاثنين 15 كانون 2 2024",
        "3 شباط (فبراير) 2020",
        "بدھ 22 ستمبر 2021",
    ],
)
def test_a_line_that_is_a_date_is_told(line):
    assert is_date_line(key_of(line))


@pytest.mark.parametrize(
    "line",
    [
        "الدوري 3:2",
        "مزمور 3:16 من الكتاب القديم",
        "مدينة الجسر الجديد 25 شوال 1436 هـ الموافق 10 أغسطس 2015 م واس",
        "قرر المجلس في 12 مايو 2021 إغلاق الميناء أمام الشاحنات",
        "36 عاما",
        "2015",
        "فاز الفريق 2-1",
        "التاريخ: 9/10/1436هـ",
        "التاريخ: 20/10/1436هـ",
        "بشار اسد 2021",
        "3/99/20 - 45/5/10",
        "شوال",
        "",
    ],
)
def test_a_line_that_holds_a_figure_is_no_date(line):
    assert not is_date_line(key_of(line))


def test_credit_tags_and_names_are_read():
    assert credit_of("المصدر: وكالة الرصيف") == "وكالة الرصيف"
    assert credit_of("المصدر: «الرصيف» + وكالات") == "«الرصيف» + وكالات"
    assert credit_of("المصدر: " + "كلمة " * 30) == ""


def test_a_credit_has_no_half_of_a_pair_of_quotation_marks():
    assert credit_of("المصدر: “الرصيف” + وكالات") == "“الرصيف” + وكالات"
    assert credit_of("المصدر: الرصيف” + وكالات") == "الرصيف + وكالات"
    assert credit_of('المصدر: "الرصيف') == "الرصيف"
    assert tags_of("الوسوم: ميناء، جسر | شاحنات") == ("ميناء", "جسر", "شاحنات")
    assert tags_of("كلمات دلالية: ميناء الرصيف") == ("ميناء الرصيف",)
    assert tags_of("الوسوم") == ()
    assert author_of("كتب: سمير الهادي") == "سمير الهادي"
    assert author_of("By Jane Quay") == "Jane Quay"
    assert author_of("سمير الهادي") == ""
    assert is_byline("كتبت سلمى النجار")
    assert not is_byline("كتبت الصحيفة في عددها 120 عن الجسر")


def test_tags_that_ran_together_are_cut_where_known_words_meet():
    known = {"ميناء", "الجسر", "وزاره", "النقل"}
    assert split_tags("ميناء الجسروزارة النقل", known) == ("ميناء الجسر", "وزارة النقل")
    assert split_tags("ميناء الجسر", known) == ()
    assert split_tags("كلام آخر", known) == ()


@given(hostile_text())
def test_any_text_can_be_read(text):
    is_date_line(key_of(text))
    author_of(text)
    tags_of(text)


@pytest.mark.parametrize("piece", ["1/", "1:1 ", "26th, ", "12 مايو ", "مايو 12 ", "كتب ", ":"])
def test_hostile_lines_are_read_in_linear_time(piece):
    text = piece * (200_000 // len(piece))
    assert fastest(lambda: (is_date_line(key_of(text)), tags_of(text)), 0.2) < 0.2
