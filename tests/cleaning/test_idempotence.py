"""Cleaning what cleaning has made, with the same table, changes nothing: not the text, not a field, not the trace."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from itertools import islice, pairwise

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cleaning.article.spans import delete_spans, unite
from cleaning.config import CleanConfig
from cleaning.lines.lexicon import default_lexicon, key_of
from cleaning.outlet.furniture import Furniture, Table, to_toml
from cleaning.pages import Extract
from cleaning.stages import Clean
from corpus.files.compressed import zstd
from corpus.formats.rows import ReadConfig, record_from
from corpus.records import Document, Page, Source, Span, to_json
from corpus.run.stage import run_here, summarise
from corpus.text import scrub
from tests.cleaning.patterns import market, prayers, sentence, telegram, weather
from tests.cleaning.stories import BODY, OTHER, OTHER_TITLE, story
from tests.conftest import ROOT
from tests.strategies import arabic_text, hostile_text

PAGES = ROOT / "tests" / "golden" / "pages"
OUTLET = "المرفأ"
TITLE = "جسر الرصيف الجديد يفتح أمام الشاحنات مطلع الشهر المقبل"
CHROME = (
    *("الأخبار", "محليات", "الخليج والعالم", "Home", "Sports", "شارك", "Share", "فيسبوك", "+", "* * *", "|", "2min"),
    *("الجمعة 2024/04/26", "تاريخ النشر: 26th, April 2024 GMT", "12:42", "آخر تحديث: 3 مايو 2024", "26 شوال 1436 هـ"),
    *("كتب: سمير الهادي", "بقلم نادر الغيث", "سمير الهادي – الرصيف", "الرصيف - رويترز", "By Samir Hadi"),
    *("المصدر: وكالة الرصيف", "كلمات دلالية: ميناء، جسر", "سمات ميناء الرصيف", "ميناء الرصيفالجسر الجديد"),
    *("اقرأ أيضاً:", f"اقرأ أيضا: {OTHER_TITLE}", "الأكثر قراءة", "مقالات ذات صلة", "التعليقات", "أضف تعليقك"),
    *("desk@marfa.example", "تصوير: نادر الغيث", "(رويترز)", "© جميع الحقوق محفوظة", "// يتبع //"),
    *("تابعوا المرفأ على تطبيق الهاتف", "اشترك في النشرة البريدية", "حجم الخط", 'alt="الجسر" />', "وقال الوزير:", "…"),
    *(TITLE, f"{TITLE} | المرفأ", f"{TITLE} {TITLE}", TITLE[:30], OTHER_TITLE, f"• {OTHER_TITLE}", "وأضاف أنه نتج عنه"),
    *("شارك الخبر فيسبوك تويتر طباعة", "Next Previous", "3 من 12", "للتواصل: nadir@marfa.example", "44100 - Nahr"),
    *("إعداد: سمير الهادي -", "سمير الهادي | المرفأ", "الناقلات (تصوير: نادر الغيث)", "www.marfa.example/8"),
    *("أنهى المؤشر عند 7200 نقطة.   نادر   12:30", "عاجل : حريق في السوق", "رابط الخبر بصحيفة المرفأ:"),
)
CLOSING = "تابعوا المرفأ على تطبيق الهاتف"
GLUED = (
    *(CLOSING, "رابط الخبر بصحيفة المرفأ: ", "عاجل : ", " وكالة المرفأ  نقلا", "المرفأ الآن ", " نقلا", TITLE),
    *("شارك فيسبوك تويتر واتساب ", "إعداد: سمير الهادي - ", " للتواصل: nadir@marfa.example", " @nadir_marfa", "By "),
)
PATTERNS = (market, prayers, sentence, telegram, weather)


def _row(form, position, text):
    return Furniture(OUTLET, form, position, 16, 20, 20, text, text)


TABLE = to_toml(
    Table(
        [
            *(_row("piece", "head", text) for text in ("محليات", "الخليج والعالم")),
            *(_row("piece", "tail", text) for text in ("تابعوا المرفا علي تطبيق الهاتف", "اشترك في النشره البريديه")),
            _row("piece", "body", "وصعدت اسهم 0 شركه فيما هبطت اسهم 0 شركه اخري"),
            *(_row("link", "body", key_of(text)) for text in (TITLE, OTHER_TITLE)),
            *(_row("marker", "tail", text) for text in ("عاجل :", "رابط الخبر بصحيفه المرفا :")),
            *(_row("marker", "head", text) for text in ("وكاله المرفا للانباء -", "وقال المتحدث :")),
            *(_row("head", "head", text) for text in ("المرفا الان", "خاص بقراء المر+")),
            *(_row("tail", "tail", text) for text in ("المرفا نقلا", "+وا المرفا علي تطبيق الهاتف")),
        ]
    )
)


def documents():
    """Return documents of lines of all kinds in any order, some glued, some twice, with or without a title."""
    stories = st.integers(0, 60).flatmap(lambda n: st.sampled_from(story(n)))
    patterns = st.builds(lambda make, n: make(n), st.sampled_from(PATTERNS), st.integers(0, 60))
    phrases = st.sampled_from([phrase.example for phrase in default_lexicon().phrases])
    prose = st.one_of(st.sampled_from([*BODY, *OTHER]), stories, patterns.flatmap(st.sampled_from))
    chrome = st.one_of(st.sampled_from(CHROME), phrases)
    line = st.one_of(prose, chrome, chrome, arabic_text(max_size=120), hostile_text(40))
    glued = st.lists(st.one_of(line, st.sampled_from(GLUED)), min_size=2, max_size=4).flatmap(
        lambda parts: st.sampled_from([" ", "", "   ", "  "]).map(lambda glue: glue.join(parts))
    )
    cut_off = prose.flatmap(lambda text: st.integers(10, len(text)).map(lambda at: text[:at]))
    block = st.one_of(
        st.lists(line, min_size=1, max_size=5), glued.map(lambda text: [text]), cut_off.map(lambda text: [text]),
        line.map(lambda text: [text, text]), patterns, st.just(list(BODY)), st.just([OTHER_TITLE, *OTHER]),
    )  # fmt: skip
    lines = st.lists(block, max_size=12).map(lambda blocks: [line for part in blocks for line in part])
    text = st.builds(str.join, st.sampled_from(["\n", "\n\n"]), lines)
    title = st.sampled_from(["", "", TITLE, OTHER_TITLE, TITLE[:30]])
    return st.builds(
        lambda text, title: Document("1", Source("a.jsonl"), scrub(text), title=title, outlet=OUTLET), text, title
    )


def settled(stage: Clean, document: Document) -> Document:
    """Return `document` cleaned, having asserted that a second time changes nothing and that `explain` shows it all."""
    once = stage.apply(document).record
    assert isinstance(once, Document)
    again = record_from(orjson.loads(to_json(once)), once.source, ReadConfig())
    assert again == once
    assert stage.apply(again).record == once
    assert stage.explain(once) == []
    kept, at = "", 0
    for span in stage.explain(document):
        assert at <= span.start < span.end <= len(document.text)
        kept, at = kept + document.text[at : span.start], span.end
    assert kept + document.text[at:] == once.text
    return once


@pytest.mark.parametrize("harvest", [True, False])
@given(document=documents())
def test_a_second_cleaning_changes_nothing(document, harvest):
    settled(Clean(CleanConfig(harvest=harvest)), document)


@given(document=documents())
def test_nor_does_it_with_a_table(document):
    settled(Clean(reviewed=TABLE), document)


@given(st.lists(documents(), min_size=1, max_size=4), st.integers(0, 1000))
def test_nor_with_the_table_that_was_learned(some, seed):
    dice = random.Random(seed)
    dressed = ["\n".join([dice.choice(CHROME), *story(n), *dice.sample(CHROME, 2), CLOSING]) for n in range(12)]
    corpus = some + [replace(some[0], id=str(n), text=text) for n, text in enumerate(dressed)]
    stage = Clean()
    stage.learn([memoryview(summarise(stage.accumulator(), corpus))], run_here)
    for document in corpus[: len(some) + 3]:
        settled(stage, document)


LAST = "وأضاف المتحدث أن العمل سيبدأ قريبا"


@pytest.mark.parametrize(
    ("lines", "rules"),
    [
        # A last line is uncovered by the one behind it, or by what was glued to it.
        ([*BODY, "وقال الوزير:", "الصفحة الرئيسية"], {"nav": 1, "trailing": 1}),
        ([*BODY, f"{LAST} المرفأ نقلا"], {"furniture-tail": 1, "trailing": 1}),
        # What was glued to the end of a paragraph stood between it and the tags.
        (
            [*BODY[:-1], f"{BODY[-1]} اقرأ أيضا: افتتاح الجسر", "ميناء الرصيفالجسر الجديد", "تواصل معنا"],
            {"nav": 1, "read-also": 1, "tags": 1},
        ),
        # One glued piece behind the other, each at the end only when the next is gone.
        ([*BODY[:-1], BODY[-1] + 20 * " المرفأ نقلا"], {"furniture-tail": 20}),
    ],
    ids=["colon", "glued", "tags", "chain"],
)
def test_what_goes_takes_along_what_it_uncovers(lines, rules):
    once = settled(Clean(reviewed=TABLE), _make("\n".join(lines)))
    assert (once.text, once.trace["rules"]) == ("\n".join(BODY), rules)


def test_a_headline_under_a_headline_goes_with_it():
    menu = ["Home", "Sports", "Business", "World", "Contact Us", "Search"]
    lines = [*menu, TITLE, TITLE, *menu, "شارك", TITLE, "2min", *BODY, "Share", "Privacy Policy", "About Us"]
    once = settled(Clean(), _make("\n".join(lines)))
    assert (once.text, once.title) == ("\n".join(BODY), TITLE)


def test_the_title_is_written_as_it_will_be_read():
    once = settled(Clean(), _make("\n".join([TITLE.replace(" ", "  "), "الجمعة 2024/04/26", *BODY])))
    assert (once.title, once.text) == (TITLE, "\n".join(BODY))


def test_a_text_that_does_not_settle_stays_as_it_came():
    document = _make("\n".join([TITLE, "الجمعة 2024/04/26", *BODY]) + 20_000 * " المرفأ نقلا")
    assert settled(Clean(reviewed=TABLE), document) is document


def test_what_the_first_cleaning_did_stays_in_the_trace():
    once = settled(Clean(), _make("\n".join([TITLE, "الجمعة 2024/04/26", *BODY]), title=TITLE))
    assert Clean().apply(once).record is once
    assert once.trace["rules"] == {"date": 1, "title": 1}


PLACES = st.lists(st.integers(0, 60), max_size=20)


@given(st.text("ab \n", max_size=60), PLACES, PLACES)
def test_spans_of_what_is_left_become_spans_of_the_text(text, places, further):
    gone = _spans(text, places, "first")
    left = delete_spans(text, gone)
    more = _spans(left, further, "second")
    united = unite(text, gone, more)
    assert delete_spans(text, united) == delete_spans(left, more)
    assert all(one.end <= other.start for one, other in pairwise(united))
    for rule, spans, shown in (("first", gone, text), ("second", more, left)):
        ours = "".join(text[span.start : span.end] for span in united if span.rule == rule)
        assert "".join(ours.split()) == "".join("".join(shown[span.start : span.end] for span in spans).split())


def test_spans_are_shown_where_they_stand_in_the_text():
    text = "\n".join([*BODY, "وقال الوزير:", "", "الصفحة الرئيسية"])
    shown = [(text[span.start : span.end], span.rule) for span in Clean().explain(_make(text))]
    assert shown == [("\nوقال الوزير:", "trailing"), ("\n\nالصفحة الرئيسية", "nav")]


@pytest.mark.parametrize("path", sorted(PAGES.glob("*.html")), ids=lambda path: path.stem)
def test_a_page_once_extracted_and_cleaned_is_clean(path):
    document = Extract().apply(Page("1", Source(path.name), path.read_bytes())).record
    settled(Clean(), document)


@pytest.mark.parametrize("name", ["gold", pytest.param("chrome", marks=pytest.mark.slow), "clean", "traps"])
@pytest.mark.parametrize("learn", [True, False], ids=["table", "no-table"])
def test_labelled_texts_settle(labelled, name, learn):
    lines = (labelled / "text" / f"{name}.jsonl").read_text("utf-8").split("\n")
    _settle_all([_read(json.loads(line), at) for at, line in enumerate(lines) if line], learn=learn)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "field", "most"), [("synth", "dirty", 5_618), ("saudinewsnet", "text", 7_758)])
@pytest.mark.parametrize("learn", [True, False], ids=["table", "no-table"])
def test_many_real_texts_settle(labelled, name, field, most, learn):
    with zstd.open(labelled / "dedup" / f"{name}.jsonl.zst", "rt", encoding="utf-8") as lines:
        found = [json.loads(line) for line in islice(lines, most)]
    assert len(found) == most
    _settle_all([_read({**row, "text": row[field]}, at) for at, row in enumerate(found)], learn=learn)


def _make(text: str, **fields) -> Document:
    return Document("1", Source("a.jsonl"), scrub(text), outlet=OUTLET, **fields)


def _read(row: dict, at: int) -> Document:
    text = row["text"] if "text" in row else "\n".join(line["text"] for line in row["lines"])
    title = " ".join(scrub(row.get("title") or "").split())
    outlet = row.get("outlet") or row.get("source", "")
    return Document(str(at), Source("a.jsonl", at), scrub(text), title=title, outlet=outlet)


def _settle_all(documents: list[Document], *, learn: bool) -> None:
    stage = Clean()
    if learn:
        stage.learn([memoryview(summarise(stage.accumulator(), documents))], run_here)
    for document in documents:
        settled(stage, document)


def _spans(text: str, places: list[int], rule: str) -> list[Span]:
    ends = sorted({place for place in places if place <= len(text)})
    return [Span(start, end, rule, "") for start, end in zip(ends[::2], ends[1::2], strict=False)]
