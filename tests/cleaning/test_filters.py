"""Document rules: each fires on what it is for, says what it measured, can be switched off, and spares articles."""

from __future__ import annotations

import json
import os
import pickle
import time
import unicodedata
from collections import Counter
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cleaning import filters
from cleaning.filters import RULES, Filter, FilterConfig, reason_to_drop
from cleaning.measured import Measured
from corpus.arabic import folded_words, words
from corpus.records import Document, Page, Source

ROOT = Path(__file__).parents[2]
DATA = Path(os.environ.get("GHIRBAL_DATA", ROOT.parent / "shared" / "data"))

ARTICLE = """قالت إدارة الميناء إن الرافعة الجديدة ستدخل الخدمة مطلع الشهر المقبل بعد اختبارات استمرت أسبوعين كاملين.
وأضاف المدير أن تدريب العمال انتهى أمس، وأن الطاقة السنوية سترتفع بنحو الخمس من دون زيادة في ساعات العمل.
ويأمل التجار أن تقل مدة انتظار السفن التي بلغت في الصيف الماضي أربعة أيام، وأن تنخفض رسوم التخزين تبعاً لذلك."""

VERSE = """يا بحر إن الموج يعرف خطوتي
والريح تحفظ في السفوح حكايتي
مشيت خلف الضوء حتى خانني
ليل طويل لا يضيء بدايتي
علقت أيامي على باب المدى
ورجعت أحمل في يدي حقيبتي"""

HEADLINES = """مجلس المدينة يقر ميزانية العام المقبل بعد نقاش استمر ثلاث ساعات
انقطاع المياه عن الأحياء الشرقية بسبب كسر في الخط الرئيسي
فريق الميناء يتعادل مع ضيفه ويبقى في صدارة الترتيب العام
افتتاح معرض الصور القديمة في قاعة المكتبة العامة مساء اليوم
ارتفاع أسعار الخضار في الأسواق الشعبية قبل بداية الشهر الجديد
بدء التسجيل في دورات اللغة للكبار في المركز الثقافي الجديد"""


def document(text: str, language: str = "") -> Document:
    return Document(id="a", source=Source("a.txt"), text=text, language=language)


def reason_of(text: str, language: str = "", **fields: object) -> str:
    found = reason_to_drop(document(text, language), FilterConfig(**fields))
    return found[0] if found else ""


DROPPED = {
    "empty": ["", " \n ", "… * * *", "–\n–\n–"],
    "garbled": [
        ARTICLE.encode("cp1256", "ignore").decode("latin-1"),
        ARTICLE.replace("ين ", " يٌن ").replace("ة ", " ةٌ "),
        "\uf041\uf042 \uf043" * 20 + ARTICLE,
        ARTICLE.replace("ال", "\ufffd\ufffd"),
        ARTICLE.encode().decode("windows-1256", "replace").replace("\ufffd", ""),
        ("Le marché a été fermé après l'incendie, a déclaré la mairie. " * 9).encode().decode("cp1252")
        .replace("e", "é").encode().decode("cp1252", "ignore"),
    ],
    "placeholder": [
        "عذراً، الصفحة غير موجودة. ربما نُقلت أو حُذفت.",
        "404\nPage not found\nSorry, the page you requested has moved. Try the search or go to the front page.",
        "Please enable JavaScript and reload this page to go on reading.",
        "Page introuvable. Retour à l'accueil",
        "متأسفانه صفحه مورد نظر یافت نشد",
        "Checking your browser before you go on. This takes five seconds.",
        "Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do eiusmod tempor incididunt ut labore." * 9,
    ],
    "too-short": ["صورة من الاحتفال أمس.", "Read the whole story in tomorrow's paper."],
    "few-letters": ["12.5 | 13.7 | 0.3 | 44.1 % سهم\n" * 2 + " ".join(str(number) for number in range(200))],
    "repetitive": [
        ARTICLE + ("\n" + ARTICLE) * 2,
        "اشترك الآن واحصل على العرض قبل انتهاء اليوم " * 20,
    ],
    "no-sentences": [
        HEADLINES,
        "\n".join(["الرئيسية", "محليات", "اقتصاد", "رياضة", "فن", "تواصل معنا"] + [f"قسم رقم {n}" for n in range(9)]),
        "\n".join(f"- {line}" for line in VERSE.split("\n")),
    ],
}


@pytest.mark.parametrize(("reason", "text"), [(reason, text) for reason in DROPPED for text in DROPPED[reason]])
def test_each_rule_fires_on_what_it_is_for(reason: str, text: str) -> None:
    assert reason_of(text) == reason


def test_section_front_is_dropped_however_much_running_text_its_teasers_have() -> None:
    front = replace(document(ARTICLE, "ar"), trace={"listing": True})
    assert reason_to_drop(front, FilterConfig()) == ("listing", {"words": 55})
    assert reason_to_drop(front, FilterConfig(off=("listing",))) is None


@pytest.mark.parametrize("reason", DROPPED)
def test_a_rule_that_is_off_is_not_asked(reason: str) -> None:
    for text in DROPPED[reason]:
        assert reason_of(text, off=(reason,)) != reason
    assert reason_of(DROPPED[reason][0], off=tuple(RULES)) == ""


@pytest.mark.parametrize(
    "text",
    [
        ARTICLE,
        ARTICLE.replace("\n", " "),
        VERSE,
        "\n".join(f"{one} {other}.." for one in ("مطر", "ليل", "بحر", "ريح") for other in ("الغريب", "القديم", "بعيد")),
        "وقالت الشركة إن من يفتح الرابط يرى عبارة الصفحة غير موجودة. " + ARTICLE + ARTICLE[::-1],
        "وَقَالَ المُدِيرُ إِنَّ العَمَلَ سَيَبْدَأُ غَدًا فِي المَدِينَةِ وَإِنَّ الجَمِيعَ مَدْعُوٌّ إِلَى الحُضُورِ "
        "مُنْذُ الصَّبَاحِ البَاكِرِ مَعَ أَهْلِهِ وَأَصْحَابِهِ وَجِيرَانِهِ.",
    ],
)
def test_articles_verse_and_vocalised_text_stay(text: str) -> None:
    assert reason_of(text) == ""


def test_what_folds_to_nothing_is_no_word_near_a_limit_and_letters_beyond_the_basic_plane_are_letters() -> None:
    text = " ".join(ARTICLE.split()[:20]) + " ـ ـ"
    assert reason_to_drop(document(text), FilterConfig(min_words=21)) == ("too-short", {"value": 20, "limit": 21})
    assert reason_of(" ".join(["\U00010400\U00010401"] * 30), max_repeated_grams=1) == ""
    assert reason_of(" ".join(["\U0001f600\U0001f601"] * 30), min_words=0, off=("empty",)) == "few-letters"


def test_detail_says_value_and_limit() -> None:
    found = reason_to_drop(document("كلمة واحدة هنا"), FilterConfig(min_words=7))
    assert found == ("too-short", {"value": 3, "limit": 7})
    found = reason_to_drop(document(ARTICLE + "\n" + ARTICLE), FilterConfig())
    assert found == ("repetitive", {"value": 0.5, "limit": 0.3, "measure": "lines"})


def lines_of(*counts: int, end: str = "") -> str:
    """Return a line of each count of words, no two words alike; `end` closes the first line."""
    numbered = [[f"كلمة{line}{place}" for place in range(count)] for line, count in enumerate(counts)]
    first, *others = [" ".join(line) for line in numbered]
    return "\n".join((first + end, *others))


def words_of(different: int, count: int) -> str:
    """Return `count` words, after the first `different` ones from the beginning again."""
    return " ".join(f"كلمة{place % different}" for place in range(count))


#: Of each limit of its reason: a text that just keeps it, one that just does not, and what is said of that.
LIMITS: dict[str, list[tuple[str, str, dict[str, object]]]] = {
    "garbled": [
        ("ا" * 99 + "\ufffd", "ا" * 98 + "\ufffd", {"value": 0.0101, "limit": 0.01, "measure": "replaced"}),
        ("ا" * 90 + "ط§" * 5, "ا" * 89 + "ط§" * 5, {"value": 0.101, "limit": 0.1, "measure": "mojibake"}),
        (
            "كلام " * 38 + "يٌن يٍن", "كلام " * 37 + "يٌن يٍن",
            {"value": 0.0513, "limit": 0.05, "measure": "broken words"},
        ),
        (
            "ا" * 95 + "\uf041" * 5, "ا" * 94 + "\uf041" * 5,
            {"value": 0.0505, "limit": 0.05, "measure": "private letters"},
        ),
    ],
    "placeholder": [
        ("lorem " + "كلام " * 9, "lorem " + "كلام " * 8, {"value": 0.1111, "limit": 0.1, "measure": "dummy words"}),
        (
            "Page not found. " + "كلام " * 78, "Page not found. " + "كلام " * 77,
            {"phrase": "page not found", "words": 80},
        ),
    ],
    "too-short": [("كلام " * 20, "كلام " * 19, {"value": 19, "limit": 20})],
    "too-long": [("ا " * 100_000, "ا " * 100_001, {"value": 100_001, "limit": 100_000})],
    "few-letters": [("ا" * 60 + "1" * 40, "ا" * 59 + "1" * 41, {"value": 0.59, "limit": 0.6})],
    "repetitive": [
        (
            "\n".join("ابجدهوز" + "ازز"), "\n".join("ابجدهو" + "اوو"),
            {"value": 0.3333, "limit": 0.3, "measure": "lines"},
        ),
        (words_of(40, 100), words_of(40, 101), {"value": 0.604, "limit": 0.6, "measure": "5-grams"}),
    ],
    "no-sentences": [
        (lines_of(8, 8, 8, 8), lines_of(8, 8, 8, 8, 8), {"value": 0.0, "limit": 0.2, "lines": 5}),
        (lines_of(3, 3, 3, 3, 3), lines_of(3, 3, 3, 3, 2), {"value": 0.0, "limit": 0.2, "lines": 5}),
        (lines_of(7, 7, 7, 7, 7), lines_of(7, 7, 7, 7, 8), {"value": 0.0, "limit": 0.2, "lines": 5}),
        (lines_of(14, 13, 13, 13, 13), lines_of(13, 13, 13, 13, 13), {"value": 0.0, "limit": 0.2, "lines": 5}),
        (
            lines_of(10, 10, 10, 10, 10, end="."), lines_of(10, 10, 10, 10, 11, end="."),
            {"value": 0.1961, "limit": 0.2, "lines": 5},
        ),
        (
            "- " + lines_of(5, 5, 5, 5, 5, 5).replace("\n", "\n- ", 1),
            "- " + lines_of(5, 5, 5, 5, 5, 5).replace("\n", "\n- ", 2),
            {"value": 0.0, "limit": 0.2, "lines": 6},
        ),
    ],
}  # fmt: skip


@pytest.mark.parametrize(
    ("reason", "kept", "dropped", "detail"), [(reason, *case) for reason, cases in LIMITS.items() for case in cases]
)
def test_each_limit_is_inclusive(reason: str, kept: str, dropped: str, detail: dict[str, object]) -> None:
    config = FilterConfig(off=tuple(set(RULES) - {reason}))
    assert reason_to_drop(document(kept), config) is None
    assert reason_to_drop(document(dropped), config) == (reason, detail)


def test_languages_wanted() -> None:
    assert reason_of(ARTICLE, "ar", languages=("fa", "ar")) == ""
    assert reason_to_drop(document(ARTICLE, "ar"), FilterConfig(languages=("en",))) == (
        "not-language",
        {"language": "ar", "wanted": ["en"]},
    )


def test_letters_stand_for_words_where_no_spaces_do() -> None:
    chinese = "市政府宣布旧桥的维修工程将于下周开始，预计持续两个月，期间车辆须绕行，居民可拨打热线咨询。"
    assert reason_of(chinese, "zh") == ""
    assert reason_of(chinese, "en") == "too-short"
    assert reason_of("市政" * 20, "zh", off=("repetitive",)) == ""
    found = reason_to_drop(document("市政" * 19 + "。", "zh"), FilterConfig())
    assert found == ("too-short", {"value": 19, "limit": 20})


@pytest.mark.parametrize(
    "row",
    [
        {"min_wrods": 3},
        {"min_words": -1},
        {"min_letters": 1.5},
        {"languages": "ar"},
        {"off": ["too-shrot"]},
        {"min_words": 21, "max_words": 20},
    ],
)
def test_a_wrong_configuration_is_refused(row: dict[str, object]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(row, FilterConfig)


def test_the_least_number_of_words_may_be_the_most() -> None:
    assert reason_of("كلام " * 20, min_words=20, max_words=20, off=("repetitive",)) == ""


def test_the_defaults_survive_a_round_trip() -> None:
    assert msgspec.convert(msgspec.to_builtins(FilterConfig()), FilterConfig) == FilterConfig()


def test_the_documentation_has_every_reason_and_every_default() -> None:
    page = (ROOT / "docs" / "filters.md").read_text("utf-8")
    assert [reason for reason in RULES if f"| `{reason}` |" not in page] == []
    fields = msgspec.to_builtins(FilterConfig(), builtin_types=()) | {"languages": []}
    stated = {f"`{name} = {value}`" for name, value in fields.items() if name != "off"}
    assert {one for one in stated if one not in page} == set()


def test_the_stage_sets_the_language_and_keeps_one_that_is_there() -> None:
    verdict = Filter().apply(document(ARTICLE))
    assert isinstance(verdict.record, Document)
    assert verdict.record.language == "ar"
    assert verdict.record.trace["language"] > 0.9
    given = document(ARTICLE, "fa")
    assert Filter().apply(given).record == given


def test_the_stage_drops_with_reason_and_detail() -> None:
    verdict = Filter(FilterConfig(languages=("fa",))).apply(document(ARTICLE))
    assert not verdict.kept
    assert (verdict.reason, dict(verdict.detail)) == ("not-language", {"language": "ar", "wanted": ["fa"]})


def test_a_disabled_stage_drops_nothing() -> None:
    stage = Filter(FilterConfig(languages=("fa",)), enabled=False)
    for texts in DROPPED.values():
        for text in texts:
            verdict = stage.apply(document(text))
            assert isinstance(verdict.record, Document)
            assert verdict.record.text == text


def test_a_page_passes() -> None:
    page = Page(id="p", source=Source("p.html"), body=b"<p>x")
    assert Filter().apply(page).record is page


def test_the_stage_crosses_processes() -> None:
    stage = pickle.loads(pickle.dumps(Filter(FilterConfig(min_words=3), enabled=False)))
    assert (stage.config, stage.enabled, stage.name) == (FilterConfig(min_words=3), False, "filter")


@given(st.text(alphabet=st.one_of(st.characters(), st.sampled_from("اليوم في. \n-،ط§")), max_size=400))
@example("\ud800")
def test_total_and_the_record_is_not_changed(text: str) -> None:
    record = document(text, "ar")
    found = reason_to_drop(record, FilterConfig())
    assert reason_to_drop(record, FilterConfig()) == found
    verdict = Filter().apply(record)
    assert verdict.kept == (found is None)
    assert verdict.record in (None, record)
    if found:
        assert found[0] in RULES
        assert json.dumps(found[1])


HOSTILE = {
    "dots": ".)" * 100_000,
    "brackets": "." + ")" * 200_000,
    "one word": "ا" * 200_000,
    "spaces": " " * 200_000,
    "lines": "a\n" * 100_000,
    "one gram": "ا " * 100_000,
    "digits": "1" * 200_000,
    "mojibake": "ط§" * 100_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_is_quick(name: str) -> None:
    started = time.process_time()
    reason_to_drop(document(HOSTILE[name]), FilterConfig(off=tuple(set(RULES) - {"no-sentences", "repetitive"})))
    reason_to_drop(document(HOSTILE[name]), FilterConfig())
    assert time.process_time() - started < 2.0


@given(st.text("اةمين ab1_\u064b\u0651\u200c،.\n\U0001fbf0é½ـ", max_size=80))
@example("\u200cابا _اب \u064bاب اب")
def test_words_are_counted_as_they_are_cut(text: str) -> None:
    measured, found = Measured(document(text)), words(text)
    assert measured.total == len(found)
    assert measured.most_repeated() >= len(found) - len(set(found))


FRAGMENTS = (
    *("قال", "وزير", "الميناء", "lorem", "Ipsum", "DOLOR", "amet,", "marché", "12", "—", "\n", ".\n", "😀", "\u200c"),
    *("ـ", "كتاٌب", " يٌ ", "كتابٌ", "\u064c", "\u064b", "Ã©", "Ù†", "ط§", "é", "Â", "\ufffd", "\uf041", "\U000f0041"),
)
FRAGMENTED = st.one_of(st.lists(st.sampled_from(FRAGMENTS), max_size=60).map(glue.join) for glue in (" ", ""))
#: A few of some words that fold to themselves, so that most texts repeat.
REPEATING = st.lists(st.sampled_from(("بحر", "نجم", "سفن", "gulf", "1", "بدر", "رجب", "\n")), max_size=60).map(" ".join)
LIMIT = st.sampled_from((0.0, 0.05, 0.3, 0.6, 1.0))


def above(*measures: tuple[float, float, str]) -> dict[str, object] | None:
    found = ((value, limit, name) for value, limit, name in measures if value > limit)
    return next(({"value": round(value, 4), "limit": limit, "measure": name} for value, limit, name in found), None)


@given(FRAGMENTED, LIMIT, LIMIT)
def test_what_is_garbled_is_told_as_by_counting_all(text: str, replaced: float, mojibake: float) -> None:
    config = FilterConfig(max_replaced=replaced, max_mojibake=mojibake)
    signs, count = max(sum(not sign.isspace() for sign in text), 1), max(len(words(text)), 1)
    assert filters._garbled(Measured(document(text)), config) == above(
        (text.count("\ufffd") / signs, replaced, "replaced"),
        (2 * len(filters._MOJIBAKE.findall(text)) / signs, mojibake, "mojibake"),
        (filters.misread_share(text), filters.MIN_MISREAD, "misread"),
        (len(filters._BROKEN_WORD.findall(text)) / count, filters.MAX_BROKEN, "broken words"),
        (sum(unicodedata.category(sign) == "Co" for sign in text) / signs, filters.MAX_PRIVATE, "private letters"),
    )


@given(FRAGMENTED)
def test_dummy_words_are_told_as_by_asking_each(text: str) -> None:
    found = words(text)
    share = sum(word.lower() in filters._DUMMY for word in found) / max(len(found), 1)
    plain = above((share, filters.MAX_DUMMY_WORDS, "dummy words"))
    told = filters._placeholder(Measured(document(text)), FilterConfig(max_placeholder_words=0))
    # Of capitals alone it does not ask.
    assert told == (plain if any(word in text for word in filters._DUMMY) else None)


@given(REPEATING, LIMIT, LIMIT)
def test_what_repeats_is_told_as_by_looking_at_each_gram(text: str, most_lines: float, most_grams: float) -> None:
    stripped = [line.strip() for line in text.split("\n") if line.strip()]
    again = [line for at, line in enumerate(stripped) if line in stripped[:at]]
    found = words(text)
    grams = [found[at : at + 5] for at in range(len(found) - 4)]
    covered = {at + place for at, gram in enumerate(grams) for place in range(5) if gram in grams[:at]}
    config = FilterConfig(max_repeated_lines=most_lines, max_repeated_grams=most_grams)
    assert filters._repetitive(Measured(document(text)), config) == above(
        (len("".join(again)) / max(len("".join(stripped)), 1), most_lines, "lines"),
        (len(covered) / max(len(found), 1), most_grams, "5-grams"),
    )


@given(FRAGMENTED, st.sampled_from(("ar", "th")), st.integers(0, 30))
def test_words_near_a_limit_are_counted_folded(text: str, language: str, least: int) -> None:
    total, folded = len(words(text)), folded_words(text)
    plain = total if total > 1.25 * least else len(folded)
    known = sum(map(len, folded)) // 2 if language == "th" else plain
    assert Measured(document(text, language)).word_count(least) == known


def test_a_word_again_is_told_from_another_word() -> None:
    assert Measured(document("قال وزير قال وزير جديد لوزير، قال.")).most_repeated() == 3


def test_words_looked_at_for_repetition_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filters, "MAX_GRAM_WORDS", 40)
    distinct = " ".join(f"كلمة{number}" for number in range(40))
    assert reason_of(distinct + " مكرر" * 200 + ".") == ""


def test_real_articles_stay() -> None:
    path = DATA / "text" / "clean.jsonl"
    if not path.exists():
        pytest.skip(f"no labelled data at {path}")
    stage, reasons = Filter(), Counter[str]()
    rows = [json.loads(line) for line in path.read_text("utf-8").split("\n") if line]
    for row in rows:
        verdict = stage.apply(replace(document(row["text"]), id=row["id"]))
        reasons["kept" if verdict.kept else verdict.reason] += 1
    assert reasons == {"kept": len(rows)}


def test_every_example_stays() -> None:
    rows = json.loads((ROOT / "examples" / "expected.json").read_text("utf-8"))["records"]
    for row in rows:
        verdict = Filter().apply(document("\n".join(row["stay"])))
        assert isinstance(verdict.record, Document), (row["path"], verdict.reason)
        assert verdict.record.language == row["language"]
