"""Tell lines that hold a date, and read what other chrome says about the article: source credit, tags, byline."""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import lru_cache

from cleaning.lines.lexicon import MARKS
from corpus.arabic import fold
from corpus.dates import MONTH_NAMES, PERSIAN_MONTH_NAMES, find_date

_HIJRI = "محرم صفر ربيع جمادي رجب شعبان رمضان شوال ذو ذي القعده الحجه الاولي الاخره الثانيه"
_DAYS = """
السبت الاحد الاثنين الاتنين الثلاثاء الاربعاء الخميس الجمعه سبت احد اثنين ثلاثاء اربعاء خميس جمعه
شنبه يكشنبه دوشنبه سهشنبه سه چهارشنبه پنجشنبه پير منگل بدھ جمعرات ہفته اتوار
понедельник вторник среда четверг пятница суббота воскресенье
ראשון שני שלישי רביעי חמישי שישי שבת
monday tuesday wednesday thursday friday saturday sunday mon tue wed thu fri sat sun
lundi mardi mercredi jeudi vendredi samedi dimanche
pazartesi salı çarşamba perşembe cuma cumartesi pazar montag dienstag mittwoch donnerstag freitag samstag sonntag
"""
_AROUND = """
اليوم ص م ت ق هـ ه ميلادي هجري الموافق الساعه ساعه تاريخ النشر نشر في اخر تحديث التاريخ بتوقيت غرينتش منذ دقيقه دقائق
ساعات يوم ايام مضت بيروت القاهره مكه ب ظ بعد قبل انتشار دريافت خبر كد روز تعداد بازديد ديدگاه
am pm gmt utc est edt ist pst cet bst myt the on at posted published updated last update ago hours hour minutes
minute days day st nd rd th of date modified first le publie publié a à mis jour h min et par ilan güncelleme giriş
год года г в время мск опубликовано обновлено сегодня вчера назад יום בשעה פורסם עודכן ہجری بجے شائع اپ ڈیٹ
uhr stand aktualisiert um am كانون تشرين الاول الثاني اول ثاني
"""
_MORE_MONTHS = """
января февраля марта апреля мая июня июля августа сентября октября ноября декабря
בינואר בפברואר במרץ באפריל במאי ביוני ביולי באוגוסט בספטמבר באוקטובר בנובמבר בדצמבר
جنوری فروری مارچ اپریل مئی جون جولائی اگست ستمبر اکتوبر نومبر دسمبر
"""
_MONTHS = frozenset(fold(_MORE_MONTHS).split()) | MONTH_NAMES | PERSIAN_MONTH_NAMES | frozenset(_HIJRI.split())
_KNOWN = _MONTHS | frozenset(fold(_DAYS + _AROUND).split())
_TOKEN = re.compile(r"[^\W\d_]+|\d+")
_CLOCK = re.compile(r"(?<!\d)([01]?\d|2[0-3]):([0-5]\d)(?::[0-5]\d)?(?!\d)")
_LUNAR = re.compile(r"(?<!\d)\d{1,2}[/.\-]\d{1,2}[/.\-]1[34]\d\d(?!\d)")
#: A royal decree opens with its lunar date, which is body: "التاريخ: 9/10/1436هـ".
_DECREE = "التاريخ"

#: A date line has few words beside the date itself: a place, an agency, the name of an author.
_STRANGERS = 2
#: One that gives the date twice, or with the hour, has one more for so many words.
_EACH = 4
_LONGEST = 110


@lru_cache(maxsize=1 << 10)  # many rules ask for it
def is_date_line(key: str) -> bool:
    """Tell whether `key` (from `key_of`) is a date, a time, or both, and hardly anything else.

    >>> is_date_line("الرياض 25 شوال 1436 ه الموافق 10 اغسطس 2015 م")
    True
    """
    if not key or len(key) > _LONGEST or not any(map(str.isdigit, key)):
        return False
    tokens = _TOKEN.findall(key)
    strangers = sum(token not in _KNOWN and not token.isdigit() for token in tokens)
    if strangers == 0 and (_CLOCK.search(key) or (_LUNAR.search(key) and not key.startswith(_DECREE))):
        return True
    if strangers > max(_STRANGERS, len(tokens) // _EACH) or 2 * strangers >= len(tokens):
        return False
    year = any(len(token) == 4 and token.isdigit() for token in tokens)
    return bool(_CLOCK.search(key) or (year and not _MONTHS.isdisjoint(tokens)) or find_date(key))


_AFTER_COLON = re.compile(r"[:：]\s*")
_TAG_SEPARATORS = re.compile(r"\s*[،,;؛|/•·#\n]\s*|\s{2,}")
BY = re.compile(
    r"^(?:by|par|كتب|كتبت|بقلم|حوار|[اإ]عداد|تحرير|تقرير|متابعة|ترجمة|מאת)\b\s*[:/\-–]?\s*"
    r"|^(?:автор|текст|haber|yazan|muhabir|رپورٹ|تحریر|نویسنده|گزارش|گزارشگر|خبرنگار|röportaj|כתב)\s*[:/]\s*",
    re.IGNORECASE,
)

_PAIRS = (("“", "”"), ("«", "»"))
_NO_QUOTES = dict.fromkeys(map(ord, '“”«»"'))

#: Nobody has a longer name; the longest source credit of the labelled dumps has 24 characters.
_NAME_LENGTH = 60


def credit_of(text: str) -> str:
    """Return the source that a credit line names, or "".

    >>> credit_of("المصدر: وكالات + “نيسان")
    'وكالات + نيسان'
    """
    name = (_AFTER_COLON.split(text, maxsplit=1)[-1]).strip(" .،,;:")
    if name.count('"') % 2 or any(name.count(left) != name.count(right) for left, right in _PAIRS):
        name = name.translate(_NO_QUOTES)  # half of a pair
    return name if len(name) <= _NAME_LENGTH else ""


def tags_of(text: str) -> tuple[str, ...]:
    """Return the tags behind the colon of a tag line; without separators they cannot be told apart and stay one."""
    listed = _AFTER_COLON.split(text, maxsplit=1)[1:]
    found = (tag.strip(MARKS) for part in listed for tag in _TAG_SEPARATORS.split(part.strip(MARKS)))
    return tuple(dict.fromkeys(tag for tag in found if tag))


#: Two letters and fewer are also the particles and endings of words.
_PART = 3


def split_tags(text: str, known: Collection[str]) -> tuple[str, ...]:
    """Cut tags that ran together where two words of the body meet without a space; () if none do.

    >>> split_tags("ميناء الجسروزارة النقل", {"ميناء", "الجسر", "وزاره", "النقل"})
    ('ميناء الجسر', 'وزارة النقل')
    """
    tags, tag = [], ""
    for word in text.split():
        places = range(_PART, len(word) - _PART + 1) if fold(word) not in known else ()
        seam = next((at for at in places if fold(word[:at]) in known and fold(word[at:]) in known), 0)
        if seam:
            tags.append(f"{tag} {word[:seam]}".strip())
            tag = ""
        tag = f"{tag} {word[seam:]}".strip()
    return (*tags, tag) if tags else ()


def author_of(text: str) -> str:
    """Return the name in a byline such as "كتب: فلان", or ""."""
    stripped = text.strip(MARKS)
    opening = BY.match(stripped)
    name = stripped[opening.end() :].strip(MARKS) if opening else ""
    return name if name and len(name) <= _NAME_LENGTH else ""


def is_byline(text: str) -> bool:
    """Tell whether `text` is a short line that names who wrote the article."""
    return bool(author_of(text)) and not any(map(str.isdigit, text))
