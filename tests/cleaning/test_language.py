"""The language of a text: script first, then letters or seeded langdetect; total and the same everywhere."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import langdetect
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cleaning import language
from cleaning.language import identify

ROOT = Path(__file__).parents[2]
DATA = Path(os.environ.get("GHIRBAL_DATA", ROOT.parent / "shared" / "data"))

SENTENCES = {
    "ar": "أعلنت البلدية أن أعمال الصيانة في الجسر القديم ستبدأ الأسبوع المقبل وتستمر شهرين",
    "fa": "شهرداری اعلام کرد که تعمیر پل قدیمی از هفته‌ی آینده آغاز می‌شود و دو ماه طول می‌کشد",
    "ur": "بلدیہ نے اعلان کیا ہے کہ پرانے پل کی مرمت اگلے ہفتے شروع ہو گی اور دو ماہ تک جاری رہے گی",
    "ku": "شارەوانی ڕایگەیاند کە نۆژەنکردنەوەی پردە کۆنەکە هەفتەی داهاتوو دەست پێ دەکات و دوو مانگ دەخایەنێت",
    "ug": "شەھەرلىك ھۆكۈمەت كونا كۆۋرۈكنى رېمونت قىلىش ئىشىنىڭ كېلەر ھەپتە باشلىنىدىغانلىقىنى ئۇقتۇردى",
    "ps": "ښاروالۍ وویل چې د زاړه پله رغونه به په راتلونکې اونۍ کې پیل شي او دوه میاشتې به وخت ونیسي",
    "sd": "ميونسپل ڪميٽي چيو آهي ته پراڻي پل جي مرمت ايندڙ هفتي شروع ٿيندي ۽ ٻه مهينا جاري رهندي",
    "he": "העירייה הודיעה כי עבודות השיפוץ בגשר הישן יתחילו בשבוע הבא",
    "el": "Ο δήμος ανακοίνωσε ότι οι εργασίες στην παλιά γέφυρα ξεκινούν την επόμενη εβδομάδα",
    "ru": "Мэрия сообщила, что ремонт старого моста начнётся на следующей неделе и продлится два месяца",
    "uk": "Мерія повідомила, що ремонт старого мосту розпочнеться наступного тижня і триватиме два місяці",
    "zh": "市政府宣布旧桥的维修工程将于下周开始，预计持续两个月，期间车辆须绕行。",
    "ja": "市は古い橋の補修工事を来週から始め、二か月ほど続けると発表した。",
    "ko": "시는 오래된 다리의 보수 공사가 다음 주에 시작되어 두 달 동안 이어진다고 밝혔다",
    "th": "เทศบาลประกาศว่าการซ่อมสะพานเก่าจะเริ่มในสัปดาห์หน้า",
    "hi": "नगर पालिका ने कहा कि पुराने पुल की मरम्मत अगले सप्ताह शुरू होगी और दो महीने चलेगी",
    "en": "The town council said that repairs to the old bridge would start next week and last two months",
    "fr": "La mairie a annoncé que les travaux du vieux pont commenceront la semaine prochaine",
    "de": "Die Stadt teilte mit, dass die Arbeiten an der alten Brücke nächste Woche beginnen",
    "tr": "Belediye, eski köprünün onarımının gelecek hafta başlayacağını ve iki ay süreceğini duyurdu",
}


@pytest.mark.parametrize("code", SENTENCES)
def test_one_sentence_is_enough(code: str) -> None:
    found, confidence = identify(SENTENCES[code])
    assert found == code
    assert 0.5 < confidence <= 1.0


@pytest.mark.parametrize("text", ["", " \n\t", "1234 – 56,7 %", "… !؟", "٢٠٢٤", "\u200c\u200f"])
def test_no_letters_no_language(text: str) -> None:
    assert identify(text) == ("", 0.0)


@pytest.mark.parametrize(("text", "code"), [("市" * 9 + "の", "ja"), ("市" * 10 + "の", "zh"), ("市" * 9 + "ノ", "ja")])
def test_a_tenth_of_kana_is_japanese(text: str, code: str) -> None:
    assert identify(text)[0] == code


def test_among_figures_the_script_tells_as_well() -> None:
    figures = "12/3 45 67 89 10 11 12 13 14 15 16"
    assert identify(f"وصل الوزير {figures} إلى العاصمة {figures}")[0] == "ar"
    assert identify(f"شهرداری {figures} گفت که {figures}")[0] == "fa"


def test_arabic_typed_on_a_persian_keyboard_is_arabic() -> None:
    text = SENTENCES["ar"].replace("ي", "ی").replace("ك", "ک")
    assert identify(text)[0] == "ar"


def test_persian_with_arabic_letters_is_persian() -> None:
    text = SENTENCES["fa"].replace("ی", "ي").replace("ک", "ك").replace("\u200c", " ")
    assert identify(text)[0] == "fa"


def test_letters_that_all_share_are_arabic_without_confidence() -> None:
    found, confidence = identify("محمد سعد حسن")
    assert found == "ar"
    assert confidence < 0.2


def test_vocalised_arabic_is_arabic() -> None:
    assert identify("وَقَالَ المُدِيرُ إِنَّ العَمَلَ سَيَبْدَأُ غَدًا فِي المَدِينَةِ")[0] == "ar"


def test_capitals_do_not_matter() -> None:
    assert identify(SENTENCES["en"].upper())[0] == "en"


def test_addresses_are_no_english() -> None:
    links = " https://news.example/the-old-bridge-and-the-town #bridge @council" * 6
    assert identify(SENTENCES["ar"] + links)[0] == "ar"


def test_a_quotation_at_the_head_does_not_decide() -> None:
    assert identify(SENTENCES["en"] + "\n" + (SENTENCES["ar"] + ".\n") * 20)[0] == "ar"


def test_unknown_letters_are_undetermined() -> None:
    assert identify("ᚠᚢᚦᚨᚱᚲ ᚷᚹᚺᚾ")[0] == "und"


def test_the_global_state_of_langdetect_is_left_alone() -> None:
    before = (langdetect.DetectorFactory.seed, random.getstate())
    identify(SENTENCES["en"])
    assert (langdetect.DetectorFactory.seed, random.getstate()) == before


@given(st.text(max_size=300))
def test_total_and_the_same_twice(text: str) -> None:
    found, confidence = identify(text)
    assert identify(text) == (found, confidence)
    assert 0.0 <= confidence <= 1.0
    assert (found == "") == (not any(character.isalpha() for character in language._sample(text)))


def test_threads_agree_even_on_the_first_call() -> None:
    language._factory.cache_clear()
    texts = [SENTENCES[code] for code in ("en", "fr", "de", "ru", "hi", "tr")] * 4
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(identify, texts)) == [identify(text) for text in texts]


def test_another_process_with_another_hash_seed_agrees() -> None:
    program = (
        "import json,sys; from cleaning.language import identify;"
        " print(json.dumps([identify(t) for t in json.load(sys.stdin)]))"
    )
    texts = list(SENTENCES.values())
    answers = [
        subprocess.run(
            [sys.executable, "-c", program],
            input=json.dumps(texts),
            capture_output=True,
            text=True,
            check=True,
            cwd=ROOT,
            env={"PYTHONHASHSEED": seed, "PYTHONIOENCODING": "utf-8", "PYTHONUTF8": "1"},
        ).stdout
        for seed in ("1", "2")
    ]
    assert answers[0] == answers[1]
    assert json.loads(answers[0]) == [list(identify(text)) for text in texts]


@pytest.mark.parametrize("hostile", ["@" * 200_000, "a@" * 100_000, "ا" * 200_000, "a" * 200_000, "http://" * 30_000])
def test_hostile_text_is_quick(hostile: str) -> None:
    identify(SENTENCES["en"])  # load the profiles
    started = time.process_time()
    identify(hostile)
    assert language._ADDRESS.sub("", hostile) is not None
    assert time.process_time() - started < 0.5


def test_labelled_documents() -> None:
    path = DATA / "text" / "gold.jsonl"
    if not path.exists():
        pytest.skip(f"no labelled data at {path}")
    rows = [json.loads(line) for line in path.read_text("utf-8").split("\n") if line]
    wrong = [
        row["id"] for row in rows if identify("\n".join(line["text"] for line in row["lines"]))[0] != row["lang"]
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("سلام، من هم خوبم، فردا می بینمت.", "fa"),
        ("ما در خانه هستیم", "fa"),
        ("وقال الوزیر إن المدرسة الجدیدة فی الحی الشرقی ستفتح غدا", "ar"),
        ("ذهبت إلى السوق أمس", "ar"),
        ("کہاں جا رہے ہو؟", "ur"),
    ],
)
def test_short_texts_in_arabic_script(text, language):
    assert identify(text)[0] == language
