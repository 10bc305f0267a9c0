"""Made-up news that is told after a pattern: the same sentences every day, with other figures or names."""

from __future__ import annotations

import random

_DAYS = ("الأحد", "الاثنين", "الثلاثاء", "الأربعاء", "الخميس")
_TOWNS = ("الرصيف", "المنارة", "الجسر", "الوادي", "الغدير", "الساحل")
_SIDES = ("الشمالية", "الجنوبية", "الشرقية", "الغربية")
_NAMES = ("سمير", "نادر", "جابر", "مازن", "رائد", "طارق", "فواز", "هاني", "وليد", "عماد")
_PRAYERS = {"الفجر": 4, "الشروق": 5, "الظهر": 12, "العصر": 3, "المغرب": 6, "العشاء": 8}


def market(number: int) -> list[str]:
    """Return the close of a stock exchange."""
    day, figure = _DAYS[number % 5], random.Random(number).randint
    return [
        f"أنهى مؤشر بورصة الرصيف تعاملات {day} عند مستوى {figure(7000, 9000)} نقطة.",
        f"وبلغت قيمة الأسهم المتداولة {figure(2, 9)}.{figure(1, 9)} مليار دينار عبر {figure(50, 90)} ألف صفقة.",
        f"وصعدت أسهم {figure(50, 90)} شركة فيما هبطت أسهم {figure(50, 90)} شركة أخرى.",
        f"وكانت البورصة قد أغلقت في الجلسة السابقة عند {figure(7000, 9000)} نقطة بمكاسب قدرها {figure(1, 90)} نقطة.",
    ]


def weather(number: int) -> list[str]:
    """Return a forecast with a table of temperatures."""
    figure = random.Random(number).randint
    return [
        "يتوقع مرصد الرصيف أن يكون الطقس حارا في النهار ومعتدلا في الليل على الشريط الساحلي.",
        f"وتهب رياح شمالية غربية تصل سرعتها إلى {figure(10, 40)} كيلومترا في الساعة.",
        "ودرجات الحرارة المتوقعة يوم غد:",
        *(f"{town}: العظمى {figure(30, 45)} الصغرى {figure(15, 29)}" for town in _TOWNS),
    ]


def sentence(number: int) -> list[str]:
    """Return a statement on the execution of a sentence, two paragraphs of it the same each time."""
    choice = random.Random(number).choice
    culprit, victim = (f"{choice(_NAMES)} بن {choice(_NAMES)} {choice(_NAMES)}" for _ in range(2))
    return [
        f"أقدم {culprit} على قتل {victim} بطعنه عدة مرات بسكين إثر خلاف نشب بينهما في مدينة {choice(_TOWNS)}.",
        "وقد تمكنت الشرطة من القبض على الجاني المذكور، وأسفر التحقيق معه عن اتهامه بارتكاب الجريمة، وبإحالته إلى"
        " المحكمة صدر بحقه حكم بثبوت ما نسب إليه، وأيد الحكم من محكمة الاستئناف ومن المحكمة العليا.",
        f"ونفذ الحكم بالجاني {culprit} صباح يوم {choice(_DAYS)} في مدينة {choice(_TOWNS)}.",
        "والوزارة إذ تعلن ذلك لتؤكد للجميع حرصها على استتباب الأمن وتحقيق العدل وتنفيذ الأحكام في كل من يتعدى على"
        " الآمنين، وتحذر كل من تسول له نفسه الإقدام على مثل ذلك بأن العقاب سيكون مصيره.",
    ]


def telegram(number: int) -> list[str]:
    """Return a telegram of congratulation; only the country is another."""
    country = f"{_TOWNS[number % 6]} {_SIDES[number // 6 % 4]}"
    return [
        f"بعث الرئيس برقية تهنئة إلى رئيس جمهورية {country} بمناسبة ذكرى استقلال بلاده.",
        "وعبر الرئيس باسمه وباسم الشعب والحكومة عن أصدق التهاني وأطيب التمنيات له بالصحة ولشعب بلاده بالازدهار.",
        "وأشاد بالعلاقات التي تربط البلدين الصديقين، والتي يسعى الجميع إلى تعزيزها وتنميتها في المجالات كافة.",
    ]


def prayers(number: int) -> list[str]:
    """Return the hours of prayer of one day."""
    figure = random.Random(number).randint
    return [
        f"مواقيت الصلاة في مدينة {_TOWNS[number % 6]} ليوم {_DAYS[number % 5]}:",
        *(f"{prayer} {hour}:{figure(10, 59)}" for prayer, hour in _PRAYERS.items()),
    ]
