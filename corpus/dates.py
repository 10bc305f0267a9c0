"""Read dates as news prints them, in several calendars and languages, into ISO 8601.

A day without a time stays a day; a time is kept only together with its offset, for without one it names no moment.
Persian (solar Hijri) dates are converted. Lunar Hijri dates are recognised and never converted: the calendars that
outlets print differ by a day. No answer depends on the clock.

It stands in `corpus` because the fields of an input and the lines of a page are read by the same rules.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime

from corpus.arabic import FOLD_TABLE, fold

#: One line a month: Arabic of the Levant, Egypt, the Maghreb and Iraq, Kurdish, Persian, Urdu, Turkish, English,
#: French, German, Spanish. Compared folded, without spaces, and with
#: digits for the ordinals of the two Kanun and Tishrin.
_MONTHS = """
january jan janvier janv ocak januar enero ene يناير جانفي كانون2 ك2 ژانویه جنوری کانوونی2
february feb fevrier février fevr févr şubat subat februar febrero فبراير فيفري شباط فوریه فروری شوبات
march mar mars mart märz mrz marzo مارس اذار مارچ ئازار
april apr avril avr nisan abril abr ابريل افريل نيسان آوریل اپریل
may mai mayıs mayis mayo مايو ماي مايس ايار می مه مئی ئایار
june jun juin haziran juni junio يونيو يونيه جوان حزيران ژوئن جون حوزەیران
july jul juillet juil temmuz juli julio يوليو يوليه يوليوز جويلية تموز ژوئیه جولای جولائی تەممووز تەمموز
august aug aout août ağustos agustos agosto ago اغسطس اوت غشت اغشت اب آگوست اگست ئاب
september sep sept septembre eylül eylul septiembre سبتمبر ايلول شتنبر شتمبر سپتامبر ستمبر ئەیلوول ئەیلول
october oct octobre ekim oktober okt octubre اكتوبر تشرين1 ت1 اکتبر تشرینی1
november nov novembre kasım kasim noviembre نوفمبر نوڤمبر تشرين2 ت2 نونبر نوامبر نومبر تشرینی2
december dec decembre décembre déc aralık aralik dezember dez diciembre dic ديسمبر كانون1 ك1 دجنبر دسامبر دسمبر کانوونی1
"""
#: Further names that CLDR gives the months, in dates and alone, in Hebrew, Russian, Ukrainian, Belarusian, Bulgarian,
#: Italian, Portuguese, Dutch, Indonesian, Polish, Czech, Slovak, Romanian, Greek, Swedish, Danish, Norwegian,
#: Hungarian, Azerbaijani and Uzbek. A library that has them takes longer to load them than to read ten pages.
_FURTHER_MONTHS = """
yanvar ינואר január januari ιανουάριος ιανουαρίου ianuarie januára leden ledna styczeń stycznia janeiro gennaio януари
студзень студзеня січень січня январь января / fevral פברואר február februari φεβρουάριος φεβρουαρίου februarie
februára únor února luty lutego fevereiro febbraio февруари люты лютага лютий лютого февраль февраля / מרץ március
marts μάρτιος μαρτίου martie marec marca březen března marzec maret maart março март сакавік сакавіка березень березня
марта / aprel אפריל április απρίλιος απριλίου aprilie apríl apríla duben dubna kwiecień kwietnia aprile април красавік
красавіка квітень квітня апрель апреля / מאי május maj μάιος μαΐου máj mája květen května maja mei maio maggio май мая
травень травня / iyun יוני június ιούνιος ιουνίου iunie jún júna červen června czerwiec czerwca junho giugno юни
чэрвень чэрвеня червень червня июнь июня / iyul יולי július ιούλιος ιουλίου iulie júl júla červenec července lipiec
lipca julho luglio юли ліпень ліпеня липень липня июль июля / avgust אוגוסט avqust augusztus augusti αύγουστος
αυγούστου augusta srpen srpna sierpień sierpnia agustus augustus август жнівень жніўня серпень серпня августа /
sentabr ספטמבר sentyabr szeptember σεπτέμβριος σεπτεμβρίου septembrie septembra září wrzesień września setembro
settembre септември верасень верасня вересень вересня сентябрь сентября / oktabr אוקטובר oktyabr október οκτώβριος
οκτωβρίου octombrie októbra říjen října październik października outubro ottobre октомври кастрычнік кастрычніка
жовтень жовтня октябрь октября / noyabr נובמבר νοέμβριος νοεμβρίου noiembrie novembra listopad listopadu listopada
novembro ноември лістапад лістапада листопад листопада ноябрь ноября / dekabr דצמבר desember δεκέμβριος δεκεμβρίου
decembrie decembra prosinec prosince grudzień grudnia dezembro dicembre декември снежань снежня грудень грудня декабрь
декабря
"""
#: The months of the Persian calendar: Iranian, Dari, Pashto and Kurdish names.
_PERSIAN_MONTHS = """
فروردین حمل وری خاکەلێوە
اردیبهشت ثور غویی گوڵان
خرداد جوزا غبرګولی جۆزەردان
تیر سرطان چنګاښ پووشپەڕ
مرداد امرداد اسد زمری گەلاوێژ
شهریور سنبله وږی خەرمانان
مهر میزان تله ڕەزبەر
آبان عقرب لړم گەڵاڕێزان خەزەڵوەر
آذر قوس لیندۍ سەرماوەز
دی جدی مرغومی بەفرانبار
بهمن دلو سلواغه ڕێبەندان
اسفند حوت کب ڕەشەمە
"""
#: Turkish capitals leave a dot of their own behind when they are lowered.
_DOT_ABOVE = "\u0307"


def _key(text: str) -> str:
    return " ".join(fold(text).replace(_DOT_ABOVE, "").split())


def _month_numbers(rows: str, parting: str = "\n") -> dict[str, int]:
    return {_key(name): month for month, row in enumerate(rows.strip().split(parting), start=1) for name in row.split()}


_MONTH = _month_numbers(_FURTHER_MONTHS, "/") | _month_numbers(_MONTHS)
_PERSIAN_MONTH = _month_numbers(_PERSIAN_MONTHS)
#: The names of months of our own calendar that are one word, folded.
MONTH_NAMES = frozenset(name for name in _key(_MONTHS).split() if name.isalpha())
#: The same of the names that Iran gives the months; those of its neighbours are also signs of the zodiac, and people.
PERSIAN_MONTH_NAMES = frozenset(_key(row.split()[0]) for row in _PERSIAN_MONTHS.strip().split("\n"))

#: News is of these years; further ones are slips and the first days of software.
_FIRST_YEAR, _LAST_YEAR = 1900, 2099
#: A year of two digits above this one is of the century before: what is published lies in the past. The year of
#: this release, not of the clock, so that the same bytes come of the same input in all years to come.
_LAST_SHORT_YEAR = 26
#: Between these a year may be a Persian one where a month is named, between the first and the second also in a date of
#: digits; of digits alone from 1410 on (our 1989) it is a lunar one.
_FIRST_PERSIAN, _FIRST_LUNAR, _LAST_PERSIAN = 1300, 1410, 1599
#: Where the clocks of software begin (Unix, spreadsheets, old file systems): a default, not a date of publication.
_BEGINNINGS = frozenset({"1900-01-01", "1904-01-01", "1970-01-01", "1980-01-01"})
#: A stated date is looked for no further than this.
_STATED_LENGTH = 80

_WORD = r"[^\W\d_]{2,14}"
_SECOND = r"(?:الاول|الثاني|اول|ثاني|ثان|يهكهم|دووهم|[12])(?![^\W_])"
_NAME = rf"(?:[كت] ?[12](?!\d)|{_WORD}(?:[ \-]?{_SECOND})?)(?: ?ماه)?"
#: Two names of one month are printed side by side: "كانون الثاني/يناير", "شباط (فبراير)".
_NAMES = rf"({_NAME})(?: ?[/(\-] ?({_NAME})\)?)?"
_BETWEEN = r"[\s,،.\-/]+"
_TH = r"(?:st|nd|rd|th|er|مه|م|ي)?"
_YEAR = r"((?:1[3-5]|19|20)\d\d)(?!\d)"
_OPEN = r"(?<!\d)(?<!\d:)"
_CLOCK = r"\d{1,2}:\d\d"

_Reading = Callable[[re.Match[str]], str]


def find_date(text: str) -> str:
    """Return the first date that `text` prints as a day in ISO 8601, or "".

    >>> find_date("تاريخ النشر: 26th, April 2024 GMT")
    '2024-04-26'
    >>> find_date("چهارشنبه ۳۱ شهریور ۱۴۰۰")
    '2021-09-22'
    """
    key = _key(text)
    for needed, patterns in _PATTERNS:
        if not re.search(needed, key):
            continue
        firsts: list[tuple[int, str]] = []  # where the first date of each pattern begins, and the date
        for pattern, read in patterns:
            # `re` compiles a pattern when it is first wanted: all together take longer than to read a page.
            readings = ((match.start(), iso) for match in re.finditer(pattern, key) if (iso := read(match)))
            firsts += itertools.islice(readings, 1)
        if firsts:
            return min(firsts)[1]
    return ""


def _by_digits(match: re.Match[str], year: int, month: int, day: int) -> str:
    if year >= _FIRST_YEAR:
        # Where no month has so high a number, the month stands first.
        return _iso(year, month, day) or _iso(year, day, month)
    rest = match.string[match.end() :]
    is_persian = _SOLAR.match(rest) or (year < _FIRST_LUNAR and not _LUNAR.match(rest))
    return _from_persian(year, month, day) if is_persian else ""


_LUNAR = re.compile(r" ?ه(?![^\W\d_])| ?هجري")
_SOLAR = re.compile(r" ?(?:ه|هجري)?[ .]{0,2}(?:ش(?![^\W\d_])|شمسي|خورشيدي)")


_FIRST_OF_NAME = re.compile(r"(?<=.)(?:(?:ال)?اول|يهكهم)$")
_SECOND_OF_NAME = re.compile(r"(?<=.)(?:(?:ال)?ثاني?|دووهم)$")


def _by_names(year: int, names: tuple[str | None, ...], day: int) -> str:
    for name in filter(None, names):
        letters = _SECOND_OF_NAME.sub("2", _FIRST_OF_NAME.sub("1", re.sub("[ -]", "", name)))
        for known in (letters, letters.removesuffix("ماه")):
            # "In", which Hebrew writes as one word with the month.
            month = _MONTH.get(known) or _MONTH.get(known.removeprefix("ב"))
            if year >= _FIRST_YEAR and month:
                return _iso(year, month, day)
            if _FIRST_PERSIAN <= year <= _LAST_PERSIAN and known in _PERSIAN_MONTH:
                return _from_persian(year, _PERSIAN_MONTH[known], day)
    return ""


def _iso(year: int, month: int, day: int) -> str:
    try:
        return date(year, month, day).isoformat() if _FIRST_YEAR <= year <= _LAST_YEAR else ""
    except ValueError:
        return ""


#: Years of the Buddhist calendar, and what it is ahead of ours by.
_BUDDHIST, _BUDDHIST_AHEAD = range(2443, 2643), 543
#: The first day of the lunar calendar, counted as `date.toordinal` does, and the days that outlets differ by.
_HIJRA, _LUNAR_SPREAD = 227_015, 2


def day_of(year: int, month: int, day: int) -> str:
    """Return the day of our calendar, in ISO 8601, that numbers mean in the calendar to which their year belongs.

    Persian, Buddhist or our own; of a lunar Hijri date only the month, for the calendars that outlets print differ by
    a day or two, and it is the later month where it may be two. "" if there is no such day.

    >>> day_of(1405, 8, 3), day_of(2569, 11, 3), day_of(1448, 5, 3), day_of(2026, 13, 1)
    ('2026-10-25', '2026-11-03', '2026-10', '')
    """
    if _FIRST_LUNAR <= year <= _LAST_PERSIAN:
        if not (1 <= month <= 12 and 1 <= day <= 30):
            return ""
        # The arithmetic calendar: eleven leap years in thirty, months of thirty and of twenty-nine days in turn.
        days = 354 * (year - 1) + (11 * year + 3) // 30 + 29 * (month - 1) + month // 2 + day - 1
        return date.fromordinal(_HIJRA + days + _LUNAR_SPREAD).isoformat()[:7]
    if _FIRST_PERSIAN <= year < _FIRST_LUNAR:
        return _from_persian(year, month, day)
    return _iso(year - _BUDDHIST_AHEAD if year in _BUDDHIST else year, month, day)


def _from_persian(year: int, month: int, day: int) -> str:
    from persiantools.jdatetime import JalaliDate

    try:
        return JalaliDate(year, month, day).to_gregorian().isoformat()  # type: ignore[no-untyped-call]
    except ValueError:
        return ""


def _full_year(short: str) -> int:
    return int(short) + (2000 if int(short) <= _LAST_SHORT_YEAR else 1900)


_SEPARATOR = r"( ?[/.\-] ?)"
#: Dates with a year of four digits, and how each is read.
_FULL: tuple[tuple[str, _Reading], ...] = (
    (
        rf"{_OPEN}((?:1[3-5]|19|20)\d\d){_SEPARATOR}(\d{{1,2}})\2(\d{{1,2}})(?!\d)",
        lambda m: _by_digits(m, int(m[1]), int(m[3]), int(m[4])) if int(m[3]) <= 12 else "",
    ),
    (
        rf"{_OPEN}(\d{{1,2}}){_SEPARATOR}(\d{{1,2}})\2{_YEAR}",
        lambda m: _by_digits(m, int(m[4]), int(m[3]), int(m[1])),
    ),
    (
        rf"(?<!\d)(\d{{1,2}}){_TH}{_BETWEEN}(?:of |de |من )?{_NAMES}{_BETWEEN}(?:del? |سنه |عام )?{_YEAR}",
        lambda m: _by_names(int(m[4]), (m[2], m[3]), int(m[1])),
    ),
    (
        rf"(?<![^\W\d_]){_NAMES}[\s,،.\-/]{{1,3}}(\d{{1,2}}){_TH}"
        rf"(?: {_CLOCK}:\d\d(?: [+-]\d{{4}}| [a-z]{{3,4}})?)?[\s,،\-/]+{_YEAR}",
        lambda m: _by_names(int(m[4]), (m[1], m[2]), int(m[3])),
    ),
    (
        rf"(?<!\d){_YEAR}{_BETWEEN}{_NAMES}{_BETWEEN}(\d{{1,2}})(?![\d:])",
        lambda m: _by_names(int(m[1]), (m[2], m[3]), int(m[4])),
    ),
    (
        rf"{_OPEN}((?:19|20)\d\d) ?[年년] ?(\d{{1,2}}) ?[月월] ?(\d{{1,2}}) ?[日일]",
        lambda m: _iso(int(m[1]), int(m[2]), int(m[3])),
    ),
)
#: Dates with a year of two digits; beside a name it must be the last thing but a clock.
_SHORT: tuple[tuple[str, _Reading], ...] = (
    (
        r"(?<!\d)(\d{1,2})[/.\-](\d{1,2})[/.\-](\d\d)(?!\d)",
        lambda m: _by_digits(m, _full_year(m[3]), int(m[2]), int(m[1])),
    ),
    (
        rf"(?<!\d)(\d{{1,2}}){_TH}{_BETWEEN}{_NAMES}{_BETWEEN}['’]?(\d\d)"
        rf"(?=$|[,،)]| [\-–|]? ?(?:à |a |at |الساعه )?{_CLOCK})",
        lambda m: _by_names(_full_year(m[4]), (m[2], m[3]), int(m[1])),
    ),
)
#: Both, each with what all of its dates hold.
_PATTERNS = ((_YEAR, _FULL), (r"\d\D", _SHORT))


def parse_date(stated: str) -> str:
    """Read what a field states as a date: ISO 8601, RFC 2822, Unix time, or whatever `find_date` finds; else "".

    >>> parse_date("Mon, 11 Mar 2024 08:30:00 GMT")
    '2024-03-11T08:30:00+00:00'
    >>> parse_date("٢٠٢٤/٥/٣")
    '2024-05-03'
    >>> parse_date("2024-13-45")
    ''
    """
    text = stated.translate(FOLD_TABLE).strip()[:_STATED_LENGTH]
    if not text:
        return ""
    found, whole = "", text.partition(".")[0]
    if not _DIGITS_ALONE.fullmatch(text):
        found = _from_text(text)
    elif len(whole) in (8, 14):  # 20240426, 20240426103000
        found = _iso(int(whole[:4]), int(whole[4:6]), int(whole[6:8]))
    else:
        last = datetime(_LAST_YEAR + 1, 1, 1, tzinfo=UTC).timestamp()
        times = (seconds for unit in _UNITS if _FIRST_SECOND <= (seconds := int(whole) // unit) < last)
        if seconds := next(times, 0):
            found = datetime.fromtimestamp(seconds, UTC).isoformat()
    return "" if found[:10] in _BEGINNINGS else found


#: Unix time in seconds, and in thousandths, millionths and billionths of them.
_UNITS = (1, 10**3, 10**6, 10**9)
#: Less than this in seconds (1990) is a number of something else.
_FIRST_SECOND = 631_152_000
_DIGITS_ALONE = re.compile(r"\d{1,19}(?:\.\d{1,9})?", re.ASCII)
_ZONE = re.compile(r"\s*(?:Z|UTC|GMT)$")
_LOOSE_OFFSET = re.compile(r"(?<=\d)\s+([+-]\d\d(?::?\d\d)?)$", re.ASCII)
_SLASHES = re.compile(r"^(\d{4})/(\d\d)/(\d\d)(?=[T ]\d)", re.ASCII)


def _from_text(text: str) -> str:
    iso = _LOOSE_OFFSET.sub(r"\1", _ZONE.sub("+00:00", _SLASHES.sub(r"\1-\2-\3", text)))
    try:
        return _stamp(datetime.fromisoformat(iso))
    except (ValueError, OverflowError):
        day = find_date(text)
    # The time and offset of an e-mail date, where it is one of the same day; its years of two digits differ.
    try:
        moment = parsedate_to_datetime(text) if day else None
    except (ValueError, IndexError, OverflowError):
        return day
    if not moment or moment.tzinfo is None or moment.date().isoformat()[4:] != day[4:]:
        return day
    return _stamp(moment.replace(year=int(day[:4])))


def _stamp(moment: datetime) -> str:
    if not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
        return ""
    if moment.tzinfo is None:
        return moment.date().isoformat()
    # Local mean time, of before there were zones, has an offset in seconds, which many readers of ISO 8601 refuse.
    odd = moment.strftime("%z")[5:]
    return (moment.astimezone(UTC) if odd else moment).isoformat(timespec="seconds")


def timestamp(published: str) -> int | None:
    """Return a date in seconds since 1970, by UTC where no offset is given; None if it is none."""
    iso = parse_date(published)
    if not iso:
        return None
    moment = datetime.fromisoformat(iso)
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
