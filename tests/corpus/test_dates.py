"""Dates in the calendars, languages and orders in which news prints them, against known days."""

from __future__ import annotations

import re

import pytest
from babel import Locale
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.arabic import fold
from corpus.dates import _MONTH, _PATTERNS, _key, find_date, parse_date, timestamp
from tests.strategies import hostile_text
from tests.timing import fastest

#: The Gregorian day of 1 Farvardin, as the calendar centre of the University of Tehran prints it.
NOWRUZ = {
    1387: "2008-03-20", 1388: "2009-03-21", 1389: "2010-03-21", 1390: "2011-03-21", 1391: "2012-03-20",
    1392: "2013-03-21", 1393: "2014-03-21", 1394: "2015-03-21", 1395: "2016-03-20", 1396: "2017-03-21",
    1397: "2018-03-21", 1398: "2019-03-21", 1399: "2020-03-20", 1400: "2021-03-21", 1401: "2022-03-21",
    1402: "2023-03-21", 1403: "2024-03-20", 1404: "2025-03-21", 1405: "2026-03-21", 1406: "2027-03-21",
    1407: "2028-03-20", 1408: "2029-03-20", 1409: "2030-03-21", 1410: "2031-03-21",
}  # fmt: skip
GREGORIAN = {
    "Levant": "كانون الثاني,شباط,آذار,نيسان,أيار,حزيران,تموز,آب,أيلول,تشرين الأول,تشرين الثاني,كانون الأول",
    "Egypt": "يناير,فبراير,مارس,أبريل,مايو,يونيو,يوليو,أغسطس,سبتمبر,أكتوبر,نوفمبر,ديسمبر",
    "Algeria, Tunisia": "جانفي,فيفري,مارس,أفريل,ماي,جوان,جويلية,أوت,سبتمبر,أكتوبر,نوفمبر,ديسمبر",
    "Morocco": "يناير,فبراير,مارس,أبريل,ماي,يونيو,يوليوز,غشت,شتنبر,أكتوبر,نونبر,دجنبر",
    "Iran": "ژانویه,فوریه,مارس,آوریل,مه,ژوئن,ژوئیه,اوت,سپتامبر,اکتبر,نوامبر,دسامبر",
    "Pakistan": "جنوری,فروری,مارچ,اپریل,مئی,جون,جولائی,اگست,ستمبر,اکتوبر,نومبر,دسمبر",
    "Kurdistan": "کانوونی دووەم,شوبات,ئازار,نیسان,ئایار,حوزەیران,تەممووز,ئاب,ئەیلوول,تشرینی یەکەم,تشرینی دووەم,"
    "کانوونی یەکەم",
    "Turkish": "Ocak,Şubat,Mart,Nisan,Mayıs,Haziran,Temmuz,Ağustos,Eylül,Ekim,Kasım,Aralık",
    "Turkish capitals": "OCAK,ŞUBAT,MART,NİSAN,MAYIS,HAZİRAN,TEMMUZ,AĞUSTOS,EYLÜL,EKİM,KASIM,ARALIK",
    "English": "January,February,March,April,May,June,July,August,September,October,November,December",
    "English, short": "Jan.,Feb.,Mar.,Apr.,May,Jun.,Jul.,Aug.,Sept.,Oct.,Nov.,Dec.",
    "French": "janvier,février,mars,avril,mai,juin,juillet,août,septembre,octobre,novembre,décembre",
    "French, short": "janv.,févr.,mars,avr.,mai,juin,juil.,août,sept.,oct.,nov.,déc.",
    "German": "Januar,Februar,März,April,Mai,Juni,Juli,August,September,Oktober,November,Dezember",
    "Spanish": "enero,febrero,marzo,abril,mayo,junio,julio,agosto,septiembre,octubre,noviembre,diciembre",
}
PERSIAN = {
    "Iran": "فروردین,اردیبهشت,خرداد,تیر,مرداد,شهریور,مهر,آبان,آذر,دی,بهمن,اسفند",
    "Afghanistan, Dari": "حمل,ثور,جوزا,سرطان,اسد,سنبله,میزان,عقرب,قوس,جدی,دلو,حوت",
    "Afghanistan, Pashto": "وری,غویی,غبرګولی,چنګاښ,زمری,وږی,تله,لړم,لیندۍ,مرغومی,سلواغه,کب",
    "Kurdistan": "خاکەلێوە,گوڵان,جۆزەردان,پووشپەڕ,گەلاوێژ,خەرمانان,ڕەزبەر,گەڵاڕێزان,سەرماوەز,بەفرانبار,ڕێبەندان,ڕەشەمە",
}
#: The first day of each month of 1402.
MONTHS_OF_1402 = (
    "2023-03-21 2023-04-21 2023-05-22 2023-06-22 2023-07-23 2023-08-23 2023-09-23 2023-10-23 2023-11-22 2023-12-22 "
    "2024-01-21 2024-02-20"
).split()


def in_persian_digits(number: object) -> str:
    return str(number).translate({48 + digit: 0x06F0 + digit for digit in range(10)})


def in_arabic_digits(number: object) -> str:
    return str(number).translate({48 + digit: 0x0660 + digit for digit in range(10)})


@pytest.mark.parametrize("year", NOWRUZ)
def test_the_persian_year_begins_on_its_day(year: int) -> None:
    assert find_date(f"۱ فروردین {in_persian_digits(year)}") == NOWRUZ[year]


@pytest.mark.parametrize("year", [year for year in NOWRUZ if year < 1410])
def test_persian_dates_in_digits(year: int) -> None:
    assert find_date(f"تاریخ انتشار: {in_persian_digits(f'{year}/01/01')} - ۱۰:۲۵") == NOWRUZ[year]
    assert find_date(in_persian_digits(f"1/1/{year}")) == NOWRUZ[year]


def test_the_last_day_of_a_persian_year_is_there_in_leap_years_only() -> None:
    assert find_date("30 اسفند 1399") == "2021-03-20"
    assert find_date("30 اسفند 1403") == "2025-03-20"
    assert find_date("30 اسفند 1402") == ""
    assert find_date("31 مهر 1402") == ""


@pytest.mark.parametrize("names", PERSIAN.values(), ids=PERSIAN)
def test_names_of_persian_months(names: str) -> None:
    assert [find_date(f"۱ {name} ۱۴۰۲") for name in names.split(",")] == MONTHS_OF_1402
    assert [find_date(f"{name} 1, 1402") for name in names.split(",")] == MONTHS_OF_1402
    assert [find_date(f"1402 {name} 1") for name in names.split(",")] == MONTHS_OF_1402


@pytest.mark.parametrize("names", GREGORIAN.values(), ids=GREGORIAN)
def test_names_of_our_months(names: str) -> None:
    days = [f"2021-{month:02d}-22" for month in range(1, 13)]
    assert [find_date(f"22 {name} 2021") for name in names.split(",")] == days
    assert [find_date(f"{name} 22, 2021") for name in names.split(",")] == days
    assert [find_date(f"2021 {name} 22") for name in names.split(",")] == days
    assert [find_date(f"{in_arabic_digits(22)} {name} {in_arabic_digits(2021)}") for name in names.split(",")] == days


def test_both_names_of_a_month_side_by_side() -> None:
    for at, (one, other) in enumerate(zip(GREGORIAN["Levant"].split(","), GREGORIAN["Egypt"].split(","), strict=True)):
        day = f"2024-{at + 1:02d}-16"
        for both in (f"{one}/{other}", f"{other}/{one}", f"{one} / {other}", f"{one} ({other})", f"{one} - {other}"):
            assert find_date(f"الثلاثاء 16 {both} 2024") == day
            assert find_date(f"{both} 16, 2024") == day


@pytest.mark.parametrize(
    ("line", "day"),
    [
        ("الاثنين 15 كانون 2 2024 - 10:30", "2024-01-15"),
        ("15 كانون 1 2024", "2024-12-15"),
        ("٣ تشرين ١ ٢٠٢٤", "2024-10-03"),
        ("3 تشرين2 2024", "2024-11-03"),
        ("3 ت2 2024", "2024-11-03"),
        ("3 ك1 2024", "2024-12-03"),
        ("3 ت 1 2024", "2024-10-03"),
        ("3 تشرين ثاني 2024", "2024-11-03"),
        ("3 تشرين أوّل 2024", "2024-10-03"),
        ("3 كانون ثانٍ 2024", "2024-01-03"),
        ("يناير 12, 2020", "2020-01-12"),
        ("كانون الثاني 1, 2020", "2020-01-01"),
    ],
)
def test_numbered_months(line: str, day: str) -> None:
    assert find_date(line) == day


@pytest.mark.parametrize(
    ("line", "day"),
    [
        ("نشر في: ٢٢\u200f/٩\u200f/٢٠٢١, ٩:٠٥:٤٣ م", "2021-09-22"),
        ("\u202d4 سبتمبر، 2018\u202c", "2018-09-04"),
        ("\u200e2021\u200e-\u200e09\u200e-\u200e22", "2021-09-22"),
        ("\u206622\u2069/\u206609\u2069/\u20662021\u2069", "2021-09-22"),
        ("\u061c٢٢ أيلول\u061c ٢٠٢١", "2021-09-22"),
        ("سبتمبر 22, 2021 9:05 م", "2021-09-22"),
        ("22 / 9 / 2021", "2021-09-22"),
        ("2021 - 09 - 22", "2021-09-22"),
        ("10:30 - 22/09/2021", "2021-09-22"),
        ("التاريخ:22/9/2021", "2021-09-22"),
        ("22.09.2021", "2021-09-22"),
        ("09/22/2021", "2021-09-22"),
        ("4/5/2021", "2021-05-04"),
        ("22/أيلول/2021", "2021-09-22"),
        ("22-Sep-2021", "2021-09-22"),
        ("2 من سبتمبر عام 2021", "2021-09-02"),
        ("22 de septiembre de 2021", "2021-09-22"),
        ("July 21st, 2015", "2015-07-21"),
        ("21 جولائی 2015ء", "2015-07-21"),
        ("۳۱ شهریورماه ۱۴۰۰", "2021-09-22"),
        ("چهارشنبه ۳۱ شهریور ماه ۱۴۰۰ ساعت ۱۰:۲۵", "2021-09-22"),
        ("31/02/2020", ""),
        ("2024-13-45", ""),
        ("22 سبتمبر 2150", ""),
        ("22 سبتمبر 1650", ""),
        ("سبتمبر 2021", ""),
    ],
)
def test_orders_marks_and_separators(line: str, day: str) -> None:
    assert find_date(line) == day


@pytest.mark.parametrize(
    ("line", "day"),
    [
        ("١٥/٢/١٤٤٣ هـ في ٩:٠٥:٤٣ م", ""),
        ("1443/2/15", ""),
        ("1/1/1409 هـ", ""),
        ("12 رجب 1436 هـ", ""),
        ("15 رمضان 1445", ""),
        ("1 محرّم 1446هـ", ""),
        ("ربيع الأول 12, 1445", ""),
        ("15/2/1443 هـ الموافق 22/9/2021 م", "2021-09-22"),
        ("15 صفر 1443 - 22 سبتمبر 2021", "2021-09-22"),
        ("الرياض 26 شوال 1436 هـ الموافق 11 أغسطس 2015 م", "2015-08-11"),
        ("1402/1/15 هـ.ش", "2023-04-04"),
        ("15/1/1402 هجری شمسی", "2023-04-04"),
        ("1400/1/15 هـ.ق", ""),
        ("15/1/1400 هجري قمري", ""),
    ],
)
def test_a_lunar_date_alone_is_none(line: str, day: str) -> None:
    assert find_date(line) == day


@pytest.mark.parametrize(
    ("line", "day"),
    [
        ("26/4/98", "1998-04-26"),
        ("26.04.85", "1985-04-26"),
        ("26-4-24", "2024-04-26"),
        ("26/4/26", "2026-04-26"),
        ("26/4/27", "1927-04-26"),
        ("٢٦/٤/٠٠", "2000-04-26"),
        ("04/26/98", "1998-04-26"),
        ("1900 (GMT+04:00) - 20/07/09", "2009-07-20"),
        ("Publié le 27 Mar 20 à 9:21", "2020-03-27"),
        ("26 نيسان 98", "1998-04-26"),
        ("26 April '98, London", "1998-04-26"),
        ("5 مايو 10 صباحا", ""),
        ("5 May 20 people died", ""),
        ("1/2/98 او 26/4/2024", "2024-04-26"),
    ],
)
def test_years_of_two_digits_lie_in_the_past(line: str, day: str) -> None:
    assert find_date(line) == day


@pytest.mark.parametrize(
    ("stated", "date"),
    [
        ("2024-03-11T08:30:00+03:00", "2024-03-11T08:30:00+03:00"),
        ("2024-03-11T08:30:00Z", "2024-03-11T08:30:00+00:00"),
        ("2024-03-11T08:30:00.123456+0300", "2024-03-11T08:30:00+03:00"),
        ("2024-03-11T08:30:00.1234567Z", "2024-03-11T08:30:00+00:00"),
        ("2024-03-11T00:00:00+00:00", "2024-03-11T00:00:00+00:00"),
        ("2024-03-11 08:30:00", "2024-03-11"),
        ("2024-03-11T08:30", "2024-03-11"),
        ("2024-03-11 08:30:00 +0300", "2024-03-11T08:30:00+03:00"),
        ("2024-03-11 08:30:00 UTC", "2024-03-11T08:30:00+00:00"),
        ("2024/03/11 08:30:00 +03:00", "2024-03-11T08:30:00+03:00"),
        ("2024-03-11", "2024-03-11"),
        (" ٢٠٢٤-٠٣-١١ ", "2024-03-11"),
        ("٢٠٢٤/٣/١١", "2024-03-11"),
        ("2024/03/11 - 10:20", "2024-03-11"),
        ("1985-03-11", "1985-03-11"),
        ("20240311", "2024-03-11"),
        ("20240311083000", "2024-03-11"),
        ("Mon, 11 Mar 2024 08:30:00 GMT", "2024-03-11T08:30:00+00:00"),
        ("11 Mar 2024 08:30:00 +0300", "2024-03-11T08:30:00+03:00"),
        ("Mon, 11 Mar 2024 08:30:00 -0000", "2024-03-11"),
        ("Sunday, 06-Nov-94 08:49:37 GMT", "1994-11-06T08:49:37+00:00"),
        ("Tue, 21 Jul 45 10:00:00 +0300", "1945-07-21T10:00:00+03:00"),
        ("Tue Jul 21 10:00:00 +0000 2015", "2015-07-21T10:00:00+00:00"),
        ("Tue Jul 21 10:00:00 2015", "2015-07-21"),
        ("July 21, 2015", "2015-07-21"),
        ("21 يوليو 2015", "2015-07-21"),
        ("الثلاثاء ٢١ تموز/يوليو ٢٠١٥ - ١٠:٠٠", "2015-07-21"),
        ("۳۰ تیر ۱۳۹۴", "2015-07-21"),
        ("1437472800", "2015-07-21T10:00:00+00:00"),
        ("1437472800.5", "2015-07-21T10:00:00+00:00"),
        ("1437472800123", "2015-07-21T10:00:00+00:00"),
        ("1437472800123456", "2015-07-21T10:00:00+00:00"),
        ("1437472800123456789", "2015-07-21T10:00:00+00:00"),
        ("٠1437472800", "2015-07-21T10:00:00+00:00"),
        ("946684799", "1999-12-31T23:59:59+00:00"),
        ("0", ""),
        ("12345", ""),
        ("-1437472800", ""),
        ("1970-01-01T00:00:00Z", ""),
        ("1912-01-01T12:00:00.5+03:06:36", "1912-01-01T08:53:24+00:00"),
        ("0001-01-01", ""),
        ("9999-12-31", ""),
        ("2024-13-45", ""),
        ("2024-02-30", ""),
        ("20241345", ""),
        ("2024", ""),
        ("2024-05", ""),
        ("yesterday", ""),
        ("١٥ رمضان ١٤٤٥", ""),
        ("", ""),
        ("9" * 500, ""),
    ],
)
def test_what_a_field_states_becomes_iso(stated: str, date: str) -> None:
    assert parse_date(stated) == date
    assert parse_date(date) == date
    assert re.fullmatch(r"|\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d[+-]\d\d:\d\d)?", date)


def test_dates_are_ordered_by_the_moment_they_name() -> None:
    assert timestamp("2015-07-21") == timestamp("July 21, 2015") == 1437436800
    assert timestamp("2015-07-21T03:00:00+03:00") == 1437436800
    assert timestamp("soon") is None
    assert timestamp("") is None


@given(hostile_text())
def test_any_text_can_be_read(text: str) -> None:
    for date in (find_date(text), parse_date(text)):
        assert parse_date(date) == date


@pytest.mark.parametrize("text", ["قبل 5 يناير 2021 بيوم", "٢٦/٤/٩٨", "1 فروردین 1400"])
def test_folding_first_changes_nothing(text: str) -> None:
    assert find_date(fold(text)) == find_date(text) != ""


@pytest.mark.parametrize(
    "piece", ["1/", "1:1 ", "26th, ", "12 مايو ", "مايو 12 ", "a", "1 ", "كانون ", "1 كانون/", "2021 ", "1-", ", "]
)
def test_hostile_text_is_read_in_linear_time(piece: str) -> None:
    text = piece * (200_000 // len(piece)) + " 2021"
    assert fastest(lambda: find_date(text), 0.4) < 0.4


@pytest.mark.parametrize(
    ("printed", "day"),
    [
        ("5 במרץ 2024", "2024-03-05"),
        ("15 בינואר 2024", "2024-01-15"),
        ("Вторник, 5 марта 2024 г.", "2024-03-05"),
        ("5 березня 2024", "2024-03-05"),
        ("5 de março de 2024", "2024-03-05"),
        ("5 gennaio 2024", "2024-01-05"),
        ("5 maart 2024", "2024-03-05"),
        ("5 Agustus 2024", "2024-08-05"),
        ("5 listopada 2024", "2024-11-05"),
        ("5. března 2024", "2024-03-05"),
        ("5 Μαρτίου 2024", "2024-03-05"),
        ("2024年3月5日 10:30", "2024-03-05"),
        ("2024년 3월 5일", "2024-03-05"),
    ],
)
def test_months_of_other_languages(printed: str, day: str) -> None:
    assert find_date(printed) == day


@pytest.mark.parametrize(("needed", "pattern"), [(one, each) for one, many in _PATTERNS for each, _ in many])
@settings(max_examples=20)
@given(data=st.data())
def test_what_is_looked_for_first_stands_in_every_date(needed: str, pattern: str, data: st.DataObject) -> None:
    assert re.search(needed, data.draw(st.from_regex(pattern)))


def test_months_have_the_names_that_cldr_gives_them() -> None:
    for code in "he ru uk be bg it pt nl id pl cs sk ro el sv da nb hu az uz".split():
        for form in ("format", "stand-alone"):
            for month, name in Locale(code).months[form]["wide"].items():
                assert _MONTH[_key(name)] == month, (code, name)
