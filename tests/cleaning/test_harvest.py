"""Dates, credits, tags and names out of chrome."""

from __future__ import annotations

import pytest
from hypothesis import given

from cleaning.harvest import (
    author_of,
    credit_of,
    find_date,
    is_byline,
    is_date_line,
    split_tags,
    tags_of,
)
from cleaning.lexicon import key_of
from tests.strategies import hostile_text
from tests.timing import fastest


@pytest.mark.parametrize(
    ("line", "date"),
    [
        ("تاريخ النشر: 26th, April 2024 GMT", "2024-04-26"),
        ("تاريخ النشر: 3rd, May 2021 GMT", "2021-05-03"),
        ("الجمعة 2024/04/26", "2024-04-26"),
        ("٢٦/٠٤/٢٠٢٤", "2024-04-26"),
        ("الإثنين، 24 أغسطس 2020 09:23 ص", "2020-08-24"),
        ("الاثنين, 19 تشرين الأول/أكتوبر 2009, آخر تحديث 14:00 (GMT+0400)", "2009-10-19"),
        ("5 كانون الثاني 2011", "2011-01-05"),
        ("الجمعة 8 فيفري 2019", "2019-02-08"),
        ("1900 (GMT+04:00) - 20/07/09", "2009-07-20"),
        ("الرياض 26 شوال 1436 هـ الموافق 11 أغسطس 2015 م", "2015-08-11"),
        ("2 تير 1399 - 12:09:08 ب.ظ", "2020-06-22"),
        ("31 اردیبهشت 1403 ساعت 12:22", "2024-05-20"),
        ("1 فروردین 1399", "2020-03-20"),
        ("29 اسفند 1399", "2021-03-19"),
        ("March 23, 2020", "2020-03-23"),
        ("Posted March 2, 2020 5:04 pm", "2020-03-02"),
        ("publié le 26/12/2020 à 21:00", "2020-12-26"),
        ("30 Ekim 2020 Cuma 18:28", "2020-10-30"),
        ("31/02/2020", ""),
        ("شوال 1436", ""),
        ("12 رجب 1436 هـ", ""),
        ("لا تاريخ هنا", ""),
    ],
)
def test_a_date_becomes_iso(line, date):
    assert find_date(line) == date


@pytest.mark.parametrize(
    "line",
    [
        "الجمعة 2024/04/26",
        "18:11 ت م",
        "آخر تحديث: 21:43 (بيروت)",
        "الرياض 25 شوال 1436 هـ الموافق 10 أغسطس 2015 م واس",
        "Wednesday, 08 Apr 2020 11:39 PM MYT",
        "Publié le 27 Mar 20 à 9:21",
    ],
)
def test_a_line_that_is_a_date_is_told(line):
    assert is_date_line(key_of(line))


@pytest.mark.parametrize(
    "line",
    [
        "الدوري 3:2",
        "مزمور 3:16 من الكتاب القديم",
        "قرر المجلس في 12 مايو 2021 إغلاق الميناء أمام الشاحنات",
        "36 عاما",
        "2015",
        "فاز الفريق 2-1",
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
    find_date(text)
    is_date_line(key_of(text))
    author_of(text)
    tags_of(text)


@pytest.mark.parametrize("piece", ["1/", "1:1 ", "26th, ", "12 مايو ", "مايو 12 ", "كتب ", ":"])
def test_hostile_lines_are_read_in_linear_time(piece):
    text = piece * (200_000 // len(piece))
    assert fastest(lambda: (find_date(text), is_date_line(key_of(text)), tags_of(text)), 0.2) < 0.2
