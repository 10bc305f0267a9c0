"""Letters that came through the wrong hands, and letters that only look so."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings

from corpus import letters
from corpus import text as text_law
from corpus.charset import repair_mojibake
from corpus.letters import mend, open_forms, repair_misread
from corpus.markup import without_markup
from corpus.text import scrub, settle_marks
from tests.strategies import arabic_text

STORY = (
    "افتتح الوزير صباح الأحد (3 مايو 2024) المدرسة الجديدة في الحي الشرقي، بعد سنتين من العمل.\n"
    "وقالت المديرة سلمى إن «التلاميذ» ينتظرون ذلك منذ 15.5 شهرا، وأضافت أن New York Times كتبت عنهم.\n"
    "وبلغت التكلفة 1,250,000 دينار، على أن تنتهي أعمال التشجير قبل الشتاء."
)
HEBREW = "ראש העיר פתח את בית הספר החדש ביום ראשון, לאחר שנתיים של עבודות בניין, וכולם שמחו.\nהתלמידים חיכו לו זמן רב."
PERSIAN = "مدیر مدرسه گفت که این ساختمان پس از دو سال برای دانش‌آموزان آماده شده است و آن را باز کرد."
RUSSIAN = "Мэр города открыл новую школу в воскресенье утром, после двух лет работы строителей."


def misread(text: str, codec: str, as_codec: str = "latin-1") -> str:
    return text.encode(codec, "ignore").decode(as_codec)


@pytest.mark.parametrize(
    ("text", "codec"), [(STORY, "cp1256"), (STORY, "iso8859-6"), (RUSSIAN, "cp1251"), (HEBREW, "cp1255")]
)
def test_a_charset_of_another_script_read_as_western_is_undone(text: str, codec: str) -> None:
    sound = text.encode(codec, "ignore").decode(codec)
    assert mend(misread(text, codec)) == (scrub(sound), ("misread",))
    # Lines that are sound stay as they are.
    assert mend(f"Café fermé\n{misread(text, codec)}") == (f"Café fermé\n{scrub(sound)}", ("misread",))


def backwards(text: str) -> str:
    """Lay lines out from left to right as a program that reads PDF does: numbers and Latin words as they are."""
    rows = []
    for line in text.split("\n"):
        words = line.split(" ")
        place = 0
        while place < len(words):
            end = place
            while end < len(words) and words[end].isascii() and words[end].isalpha():
                end += 1
            words[place : max(end, place)] = reversed(words[place : max(end, place)])
            place = max(end, place) + 1
        turned = [word if word.strip("،.()").isascii() and word[0].isalnum() else word[::-1] for word in words]
        rows.append(" ".join(reversed(turned)))
    return "\n".join(rows)


@pytest.mark.parametrize("text", [STORY.replace("1,250,000 ", "").replace("2024)", "2024"), HEBREW, PERSIAN])
def test_letters_laid_out_backwards_are_turned(text: str) -> None:
    text = text.replace("(", "")
    assert mend(backwards(text)) == (text, ("backwards",))
    assert mend(text) == (text, ())


def test_marks_and_brackets_are_turned_with_their_letters() -> None:
    text = "وصُمم الجسر (الجديد) في المدينة على يد شركة محلية، وقال المدير إن العمل انتهى."
    mirrored = text[::-1].translate(str.maketrans("()", ")("))
    for turned in (text[::-1], mirrored):
        assert mend(turned) == (text, ("backwards",))
    # Each mark behind its letter.
    behind = text[::-1].replace("ُص", "صُ")
    assert mend(behind + " ةسردمُ")[0].startswith("مُدرسة وصُمم الجسر")


def test_presentation_forms_are_opened_where_the_text_is_made_of_them() -> None:
    text = "ﺍﻟﻤﺪﻳﻨﺔ ﻭﺍﻟﺒﻼﺩ ﻛﻠﻬﺎ"
    assert mend(text) == ("المدينة والبلاد كلها", ("forms",))
    assert unicodedata.normalize("NFKC", text) == mend(text)[0]
    sound = "وقال ﷺ في الحديث الشريف إن ﻻ خير فيمن لا يألف ولا يؤلف، رواه أحمد وغيره من الأئمة"
    assert mend(sound) == (sound, ())


def test_all_of_it_at_once() -> None:
    assert mend("<p>.ﺓﺪﻳﺪﺠﻟﺍ ﺔﺳﺭﺪﻤﻟﺍ ﻲﻓ ﺭﻮﻀﺤﻟﺍ ﻦﻣ ﺩﺪﻋ ﻝﺎﻗﻭ</p>") == (
        "وقال عدد من الحضور في المدرسة الجديدة.",
        ("markup", "backwards", "forms"),
    )


@given(arabic_text())
@settings(max_examples=50)
def test_sound_arabic_stays(text: str) -> None:
    plain = text.replace("<", "").replace("&", "")
    assert mend(plain)[0] == scrub(plain)


@pytest.mark.parametrize("text", ["ÇÁÎÉ ÇÁ", "ÆØÅ ÄÖÜ", "Ísland er á ísöld í dag", "له في في لا", "1234 (56)"])
def test_short_and_rare_letters_stay(text: str) -> None:
    assert mend(text) == (text, ())


def test_what_one_scan_calls_sound_no_repair_would_touch() -> None:
    sound = [chr(code) for code in range(0x10000) if letters._SOUND.fullmatch(chr(code))]
    assert len(sound) > 60_000
    text = " ".join(f"{one}ط{one}ظ{one}" for one in sound)
    for repair in (repair_misread, repair_mojibake, without_markup, open_forms):
        assert repair(text) == text
    kept = "".join(sound).replace("\u00a0", " ")
    assert scrub(kept) == settle_marks(kept)
    assert mend("a\u00a0b") == ("a b", ())
    steady = [chr(code) for code in range(0x10000) if letters._STEADY.fullmatch(chr(code))]
    assert len(steady) > 30_000
    assert set(steady) <= set(sound)
    assert all(map(text_law._LAWFUL.fullmatch, steady))


def test_hostile_texts_are_mended_in_linear_time() -> None:
    for piece in ("ط§", "Ã©", "ÇÁ", "Ç         ", "[/b", "\\u06", "ةا ", "ﻻ", "(ا", "ab ا", "\u064bا"):
        mend(piece * (50_000 // len(piece)))


SOUND = "أعلنت البلدية اليوم افتتاح الجسر الجديد في المدينة بعد أعمال استمرت عامين."


@pytest.mark.parametrize(
    ("damaged", "sound", "done"),
    [
        (SOUND + " " + SOUND.encode("cp1256").decode("cp1252"), SOUND + " " + SOUND, "misread"),
        (f"He said: {SOUND.encode('cp1256').decode('latin-1')} Then.", f"He said: {SOUND} Then.", "misread"),
        (SOUND.encode("cp1256").decode("cp1251"), SOUND, "misread"),
        (SOUND.replace("أ", "ا").encode("cp1256").decode("cp1253"), SOUND.replace("أ", "ا"), "misread"),
        (f"{SOUND}\n{SOUND[::-1]}\n{SOUND}", f"{SOUND}\n{SOUND}\n{SOUND}", "backwards"),
        ((SOUND + " في عام 2014 و 1999")[::-1], SOUND + " في عام 2014 و 1999", "backwards"),
        (SOUND[::-1] + " 2014 مويلا", "اليوم 2014 " + SOUND, "backwards"),
        ("".join(f"\\u{ord(sign):04x}" if sign > "~" else sign for sign in SOUND), SOUND, "escapes"),
        (f"{SOUND}\\r\\n{SOUND}\\n{SOUND}", f"{SOUND}\n{SOUND}\n{SOUND}", "escapes"),
        (f'[caption id="a"]{SOUND}[/caption] [url=http://a.example]{SOUND}[/url]', f"{SOUND} {SOUND}", "markup"),
        (f"<![CDATA[{SOUND}]]>", SOUND, "markup"),
        (f"{SOUND}<script>var a;</script>{SOUND}", f"{SOUND}\n{SOUND}", "markup"),
    ],
)
def test_damage_of_many_kinds_is_undone(damaged: str, sound: str, done: str) -> None:
    assert mend(damaged) == (sound, (done,))


@pytest.mark.parametrize(
    "text",
    [
        "Мэр города открыл новый мост через реку, который строили два года.",
        "Ο δήμαρχος εγκαινίασε τη νέα γέφυρα στην πόλη μετά από δύο χρόνια.",
        "L'été à Évry, où l'on a mangé à Noël; ÉTÉ, ÎLE, ÂGÉ.",
        "Það er mjög gott að vera hér, sagði hún við bæinn í gær.",
        "Write \\n for the end of a line and \\u0041 for A.",
        "He paid [a lot] for the list[0] of [names].",
        "C:\\news\\new",
    ],
)
def test_sound_texts_in_which_signs_of_damage_stand_stay(text: str) -> None:
    assert mend(text) == (text, ())
