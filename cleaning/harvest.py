"""Read what chrome says about the article, before it goes: date, source credit, tags, byline.

Dates become ISO 8601. A day without a time stays a day; a time is kept only together with its offset. Hijri
dates are recognised but not converted: the calendars that outlets print differ by a day.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import date

from cleaning.lexicon import MARKS, key_of
from corpus.arabic import fold

_MONTHS = """
1 january jan janvier ocak يناير جانفي كانون.الثاني جنوري januar enero
2 february feb fevrier février şubat فبراير فيفري شباط فروري februar febrero
3 march mar mars mart مارس اذار مارچ märz marzo
4 april apr avril nisan ابريل افريل نيسان اپريل abril
5 may mai mayıs مايو ماي ايار مئي مي mayo
6 june jun juin haziran يونيو جوان حزيران جون juni junio
7 july jul juillet temmuz يوليو جويليه تموز جولاي juli julio
8 august aug aout août ağustos اغسطس اوت اب اگست agosto غشت
9 september sep sept septembre eylül سبتمبر ايلول ستمبر septiembre شتنبر
10 october oct octobre ekim اكتوبر تشرين.الاول oktober octubre
11 november nov novembre kasım نوفمبر تشرين.الثاني نومبر noviembre نونبر
12 december dec decembre décembre aralık ديسمبر كانون.الاول دسمبر dezember diciembre دجنبر
"""
_JALALI = "فروردين ارديبهشت خرداد تير مرداد شهريور مهر ابان اذر دي بهمن اسفند"
_HIJRI = "محرم صفر ربيع جمادي رجب شعبان رمضان شوال ذو ذي القعده الحجه الاولي الاخره الثانيه"
_DAYS = """
السبت الاحد الاثنين الاتنين الثلاثاء الاربعاء الخميس الجمعه سبت احد اثنين ثلاثاء اربعاء خميس جمعه
شنبه يكشنبه دوشنبه سهشنبه سه چهارشنبه پنجشنبه پير منگل بدھ جمعرات ہفته اتوار
monday tuesday wednesday thursday friday saturday sunday mon tue wed thu fri sat sun
lundi mardi mercredi jeudi vendredi samedi dimanche
pazartesi salı çarşamba perşembe cuma cumartesi pazar montag dienstag mittwoch donnerstag freitag samstag sonntag
"""
_AROUND = """
اليوم ص م ت ق هـ ه ميلادي هجري الموافق الساعه ساعه تاريخ النشر نشر في اخر تحديث التاريخ بتوقيت غرينتش منذ دقيقه دقائق
ساعات يوم ايام مضت بيروت القاهره مكه ب ظ بعد قبل انتشار دريافت خبر كد روز تعداد بازديد ديدگاه
am pm gmt utc est edt ist pst cet bst myt the on at posted published updated last update ago hours hour minutes
minute days day st nd rd th of date modified first le publie publié a à mis jour h min et par ilan güncelleme giriş
uhr stand aktualisiert um am
"""


def _months() -> dict[str, int]:
    table: dict[str, int] = {}
    for row in _MONTHS.split("\n"):
        number, *names = row.split() or ["0"]
        table.update({name.replace(".", " "): int(number) for name in names})
    return table


_MONTH = _months()
_JALALI_MONTH = {name: at for at, name in enumerate(_JALALI.split(), start=1)}
_KNOWN = frozenset((_DAYS + _AROUND + _HIJRI + _JALALI).split()) | frozenset(
    word for name in _MONTH for word in name.split()
)
_TOKEN = re.compile(r"[^\W\d_]+|\d+")
_YMD = re.compile(r"(?<!\d)((?:19|20)\d\d)[/.\-](\d{1,2})[/.\-](\d{1,2})(?!\d)")
_DMY = re.compile(r"(?<!\d)(\d{1,2})[/.\-](\d{1,2})[/.\-]((?:19|20)?\d\d)(?!\d)")
_CLOCK = re.compile(r"(?<!\d)([01]?\d|2[0-3]):([0-5]\d)(?::[0-5]\d)?(?!\d)")
_NAME = r"[^\W\d_]+(?: (?:الاول|الثاني))?"
_BETWEEN = r"[\s,،.\-]+"
_DAY_MONTH = re.compile(
    rf"(?<!\d)(\d{{1,2}})(?:st|nd|rd|th|er)?{_BETWEEN}(?:of |de )?({_NAME})(?:\s*/\s*{_NAME})?{_BETWEEN}(\d{{4}})(?!\d)"
)
_MONTH_DAY = re.compile(rf"({_NAME})\.? (\d{{1,2}})(?:st|nd|rd|th)?[\s,،]+(\d{{4}})(?!\d)")

#: A date line has few words beside the date itself: a place, an agency, the name of an author.
_STRANGERS = 2
_LONGEST = 110


def find_date(text: str) -> str:
    """Return the first date in `text` as ISO 8601, or "".

    >>> find_date("تاريخ النشر: 26th, April 2024 GMT")
    '2024-04-26'
    >>> find_date("الجمعة 2024/04/26")
    '2024-04-26'
    """
    key = key_of(text)
    if found := _YMD.search(key):
        return _iso(int(found[1]), int(found[2]), int(found[3]))
    if found := _DMY.search(key):
        year = int(found[3])
        return _iso(year if year > 99 else 2000 + year, int(found[2]), int(found[1]))
    for found in _DAY_MONTH.finditer(key):
        if iso := _named(int(found[3]), found[2], int(found[1])):
            return iso
    for found in _MONTH_DAY.finditer(key):
        if iso := _named(int(found[3]), found[1], int(found[2])):
            return iso
    return ""


def _named(year: int, name: str, day: int) -> str:
    month = _MONTH.get(name) or _MONTH.get(name.split(" ")[0])
    if month and year > _JALALI_LAST:
        return _iso(year, month, day)
    jalali = _JALALI_MONTH.get(name)
    return _from_jalali(year, jalali, day) if jalali and year < _JALALI_LAST else ""


#: Years below are of the Persian or the Hijri calendar, years above of ours.
_JALALI_LAST = 1600


def _iso(year: int, month: int, day: int) -> str:
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return ""


def _from_jalali(year: int, month: int, day: int) -> str:
    """Convert a Persian date with the 33-year rule, exact for 1178-1633 (Borkowski 1996)."""
    leaps = (year * 8 + 29) // 33
    days = (year - 1) * 365 + leaps + (month - 1) * 31 - max(0, month - 7) + day
    return date.fromordinal(_JALALI_EPOCH + days).isoformat() if 1 <= day <= 31 else ""


#: Such that 1 Farvardin 1399 is 20 March 2020.
_JALALI_EPOCH = date(2020, 3, 20).toordinal() - (1398 * 365 + (1399 * 8 + 29) // 33 + 1)


def is_date_line(key: str) -> bool:
    """Tell whether `key` (from `key_of`) is a date, a time, or both, and hardly anything else.

    >>> is_date_line(key_of("الرياض 25 شوال 1436 هـ الموافق 10 أغسطس 2015 م"))
    True
    """
    if not key or len(key) > _LONGEST or not any(map(str.isdigit, key)):
        return False
    tokens = _TOKEN.findall(key)
    strangers = sum(token not in _KNOWN and not token.isdigit() for token in tokens)
    clock = _CLOCK.search(key) is not None
    if strangers == 0 and clock:
        return True
    dated = clock or _YMD.search(key) or _DMY.search(key) or _has_month(tokens)
    return bool(dated) and strangers <= _STRANGERS and 2 * strangers < len(tokens)


def _has_month(tokens: list[str]) -> bool:
    years = any(len(token) == 4 and token.isdigit() for token in tokens)
    return years and any(token in _MONTH or token in _JALALI_MONTH or token in _HIJRI.split() for token in tokens)


_AFTER_COLON = re.compile(r"[:：]\s*")
_TAG_SEPARATORS = re.compile(r"\s*[،,;؛|/•·#\n]\s*|\s{2,}")
_BY = re.compile(r"^(?:by|par|كتب|كتبت|بقلم|حوار|اعداد|تحرير|تقرير)\b\s*[:/\-–]?\s*", re.IGNORECASE)

_PAIRS = (("“", "”"), ("«", "»"))
_NO_QUOTES = dict.fromkeys(map(ord, "“”«»\""))

#: Nobody has a longer name; the longest source credit of the labelled dumps has 24 characters.
_NAME_LENGTH = 60


def after_colon(text: str) -> str:
    """Return what follows the first colon of a header line, without marks at its ends."""
    parts = _AFTER_COLON.split(text, maxsplit=1)
    return parts[1].strip(MARKS) if len(parts) == 2 else ""


def credit_of(text: str) -> str:
    """Return the source that a credit line names, or "".

    >>> credit_of("المصدر: وكالات + “نيسان")
    'وكالات + نيسان'
    """
    name = (_AFTER_COLON.split(text, maxsplit=1)[-1]).strip(" .،,;:")
    if not _is_balanced(name):
        name = name.translate(_NO_QUOTES)
    return name if len(name) <= _NAME_LENGTH else ""


def _is_balanced(name: str) -> bool:
    """Tell whether every quotation mark of `name` has its other half."""
    return all(name.count(left) == name.count(right) for left, right in _PAIRS) and name.count('"') % 2 == 0


def tags_of(text: str) -> tuple[str, ...]:
    """Return the tags of a tag line; without separators they cannot be told apart and stay one."""
    found = (tag.strip(MARKS) for tag in _TAG_SEPARATORS.split(after_colon(text)))
    return tuple(dict.fromkeys(tag for tag in found if tag))


def split_tags(text: str, known: Collection[str]) -> tuple[str, ...]:
    """Cut tags that ran together where two words of the body meet without a space; () if none do.

    >>> split_tags("ميناء الجسروزارة النقل", {"ميناء", "الجسر", "وزاره", "النقل"})
    ('ميناء الجسر', 'وزارة النقل')
    """
    tags, tag = [], ""
    for word in text.split():
        seam = _seam(word, known)
        if seam:
            tags.append(f"{tag} {word[:seam]}".strip())
            tag = ""
        tag = f"{tag} {word[seam:]}".strip()
    return (*tags, tag) if tags else ()


#: Two letters and fewer are also the particles and endings of words.
_PART = 3


def _seam(word: str, known: Collection[str]) -> int:
    """Return where two known words meet in `word`; 0 if it is known itself or they do not."""
    if fold(word) in known:
        return 0
    ends = range(_PART, len(word) - _PART + 1)
    return next((at for at in ends if fold(word[:at]) in known and fold(word[at:]) in known), 0)


def author_of(text: str) -> str:
    """Return the name in a byline such as "كتب: فلان", or ""."""
    stripped = text.strip(MARKS)
    opening = _BY.match(stripped)
    name = stripped[opening.end() :].strip(MARKS) if opening else ""
    return name if name and len(name) <= _NAME_LENGTH else ""


def is_byline(text: str) -> bool:
    """Tell whether `text` is a short line that names who wrote the article."""
    return bool(author_of(text)) and not any(map(str.isdigit, text))
