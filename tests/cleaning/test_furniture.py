"""What an outlet repeats: learned from its documents, the same whatever the order, never from a shared story."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cleaning.lines.unit import cut
from cleaning.outlet import count as counting
from cleaning.outlet.count import SKETCH, LineCounts
from cleaning.outlet.furniture import Furniture, FurnitureConfig, Table, from_toml, line_key, to_toml
from cleaning.outlet.learn import learn
from corpus.errors import UsageError
from corpus.records import Document, Source
from corpus.run.stage import summarise
from tests.cleaning.stories import story

CONFIG = FurnitureConfig()


def make(number: int, outlet: str, text: str) -> Document:
    return Document(id=f"{outlet}-{number}", source=Source("dump.jsonl", number), text=text, outlet=outlet)


def dressed(number: int, outlet: str = "المرفأ", *, head: str = "", tail: str = "") -> Document:
    """Return one story with the furniture of its outlet around it; `#` stands for a number of its own."""
    lines = [line for line in (head, *story(number), tail) if line]
    return make(number, outlet, "\n".join(lines).replace("#", str(100 + number)))


def taught(documents: list[Document], shards: int = 1) -> Table:
    parts = [summarise(LineCounts(), documents[at::shards]) for at in range(shards)]
    return learn([memoryview(part) for part in parts], CONFIG)


def forms(table: Table) -> dict[str, str]:
    return {row.text: row.form for row in table.rows}


def test_a_line_that_an_outlet_repeats_is_learned_with_its_count():
    table = taught([dressed(n, tail="هذه مادة # من أرشيف المرفأ") for n in range(12)])
    (row,) = (row for row in table.rows if row.form == "line")
    assert (row.outlet, row.position, row.count, row.documents) == ("المرفأ", "tail", 12, 12)
    assert row.text == "هذه ماده 0 من ارشيف المرفا"
    assert row.example == "هذه مادة 100 من أرشيف المرفأ"
    assert row.evidence == "seen in 12 of 12 documents of المرفأ"


def test_two_repetitions_are_not_enough():
    documents = [dressed(n) for n in range(12)] + [dressed(n, tail="نلتقي غدا في المرفأ") for n in (20, 21)]
    assert taught(documents).rows == ()


def test_nothing_is_learned_from_one_story_told_often():
    copies = [make(n, "المرفأ", "\n".join(story(1))) for n in range(40)]
    assert taught(copies).rows == ()


def test_a_wire_story_that_several_outlets_run_is_not_furniture():
    documents = [make(n, f"صحيفة {n}", "\n".join([*story(1), "انتهى البيان"])) for n in range(30)]
    documents += [dressed(n, f"صحيفة {n % 30}") for n in range(30, 60)]
    assert taught(documents).rows == ()


def test_the_furniture_of_one_outlet_says_nothing_about_another():
    line = "مع تحيات قسم الأخبار"
    table = taught([dressed(n, "المرفأ", tail=line) for n in range(10)] + [dressed(40, "القلعة", tail=line)])
    assert table.of("المرفأ")
    assert not table.of("القلعة")
    assert not table.of("لا أحد")


def test_a_marker_is_learned_with_what_follows_it():
    linked = [f"{' '.join(story(n))} رابط الخبر في المرفأ: {story(n)[0][:40]}" for n in range(12)]
    documents = [make(n, "المرفأ", text) for n, text in enumerate(linked)]
    assert forms(taught(documents)) == {"رابط الخبر في المرفأ:": "marker"}


def test_a_common_word_is_a_marker_only_where_it_opens_most_tails():
    tagged = [make(n, "المرفأ", f"{' '.join(story(n))} سمات {story(n)[0][:9 + n % 9]}") for n in range(20)]
    assert forms(taught(tagged)) == {"سمات": "marker"}
    rare = tagged[:4] + [dressed(n) for n in range(20, 60)]
    assert "سمات" not in forms(taught(rare))


def test_how_sentences_begin_is_not_a_marker():
    said = [f"{' '.join(story(n))} والجدير بالذكر أن {story(n + 50)[1]}" for n in range(20)]
    assert taught([make(n, "المرفأ", text) for n, text in enumerate(said)]).rows == ()
    linked = [f"{text} رابط الخبر في المرفأ: {story(n)[0][:40]}" for n, text in enumerate(said)]
    assert list(forms(taught([make(n, "المرفأ", text) for n, text in enumerate(linked)]))) == ["رابط الخبر في المرفأ:"]


def test_a_glued_tail_is_learned_across_changing_figures():
    tail = "للتواصل مع قسم الأخبار ارسل رسالة إلى الرقم # ثم اسمك"
    numbers = (str(7 ** (n % 5)) for n in range(12))
    documents = [make(n, "المرفأ", " ".join(story(n)) + tail.replace("#", number)) for n, number in enumerate(numbers)]
    (row,) = (row for row in taught(documents).rows if row.form == "tail")
    assert row.text.startswith("للتواصل مع قسم الأخبار ارسل رسالة إلى الرقم")
    assert row.pattern.search("قبل. " + tail.replace("#", "987654"))


@pytest.mark.parametrize("gap", [" ", "  "])
def test_a_glued_tail_begins_where_the_last_sentence_has_ended(gap):
    documents = [make(n, "المرفأ", f"{story(n)[0][:-1]} قال.{gap}وكالة المرفأ") for n in range(12)]
    assert set(forms(taught(documents))) == {"وكالة المرفأ"}


def test_a_glued_head_is_learned_and_a_dateline_is_not():
    glued = [make(n, "المرفأ", f"خاص بقراء المرفأ الكرام{' '.join(story(n))}") for n in range(12)]
    assert forms(taught(glued)) == {"خاص بقراء المرفأ الكرام": "head"}
    datelines = [make(n, "القلعة", f"الرصيف عاصمة الجزيرة - {' '.join(story(n))}") for n in range(12)]
    assert forms(taught(datelines)) == {}


def test_documents_without_an_outlet_need_more():
    few = [dressed(n, "", tail="من أرشيف البوابة القديمة") for n in range(7)]
    assert taught(few).rows == ()
    many = [dressed(n, "", tail="من أرشيف البوابة القديمة") for n in range(8)]
    assert [row.count for row in taught(many).rows if row.form == "line"] == [8]


def test_a_line_inside_articles_needs_a_larger_share():
    def told(number, line):
        first, *rest = story(number)
        return make(number, "المرفأ", "\n".join([first, *([line] if line else []), *rest]))

    rare = [told(n, "تفاصيل أخرى" if n < 5 else "") for n in range(60)]
    assert taught(rare).rows == ()
    common = [told(n, "تابع بقية الخبر بعد الإعلان" if n < 20 else "") for n in range(60)]
    assert list(forms(taught(common))) == ["تابع بقيه الخبر بعد الاعلان"]


@settings(max_examples=25, deadline=None)
@given(st.permutations(range(24)), st.integers(1, 5))
def test_what_is_learned_knows_neither_order_nor_shards(order, shards):
    def document(number):
        return dressed(number, ("المرفأ", "القلعة")[number % 2], head="نشرة رقم #", tail="رابط الخبر في المرفأ: كذا")

    straight = to_toml(taught([document(n) for n in range(24)]))
    assert to_toml(taught([document(n) for n in order], shards)) == straight


def test_more_stories_than_the_sketch_holds_are_estimated():
    documents = [dressed(n, tail="من أرشيف المرفأ العتيق") for n in range(300)]
    (row,) = (row for row in taught(documents, 3).rows if row.form == "line")
    assert SKETCH < row.count <= row.documents == 300
    assert row.count > 150  # four sigma of a sketch of 32 are 70 %


def test_a_summary_grows_with_what_is_counted_and_not_with_repetition():
    once = summarise(LineCounts(), [dressed(n, tail="من أرشيف المرفأ") for n in range(50)])
    again = summarise(LineCounts(), [dressed(n, tail="من أرشيف المرفأ") for n in range(50)] * 20)
    assert len(again) < 1.2 * len(once)


def test_a_count_in_many_runs_is_the_same_bytes(monkeypatch):
    documents = [dressed(n, tail="من أرشيف المرفأ") for n in range(60)]
    at_once = summarise(LineCounts(), documents)
    monkeypatch.setattr(counting, "RUN", 50)
    assert summarise(LineCounts(), documents) == at_once


def test_nothing_in_nothing_out():
    assert learn([], CONFIG).rows == ()
    assert learn([memoryview(b""), memoryview(summarise(LineCounts(), []))], CONFIG).rows == ()
    assert learn([memoryview(summarise(LineCounts(), [make(1, "المرفأ", "")]))], CONFIG).rows == ()


def key(line: str) -> str:
    (unit,) = cut(line)
    return line_key(unit)


def test_numbers_are_one_class_and_long_lines_are_told_apart():
    assert key("عدد القراء 12 من 3456") == key("عدد القراء 7 من 8") == "عدد القراء 0 من 0"
    assert key("الرصيف 25 شوال 1436 هـ الموافق 10 أغسطس 2015 م") == key("الرصيف 9 شوال 1436 هـ الموافق 3 أغسطس 2015 م")
    long = "كلمة " * 60
    assert key(long + "أولى") != key(long + "ثانية")
    assert len(key(long)) < 80


def test_the_figures_of_a_sentence_are_news():
    assert key("وصعدت أسهم 12 شركة أمس.") != key("وصعدت أسهم 13 شركة أمس.")
    assert key("وصعدت أسهم 12 شركة فيما هبطت أسهم أخرى") != key("وصعدت أسهم 13 شركة فيما هبطت أسهم أخرى")
    assert key("أسهم 12.") == key("أسهم 13.")


def test_what_opens_the_first_lines_is_learned_up_to_the_mark_behind_it():
    sections = ("محليات", "ثقافة", "طقس", "حوادث")
    slugs = [f"وكالة المرفأ للأنباء - {sections[n % 4]} - {1 + n} مارس 2024" for n in range(12)]
    (row,) = taught([dressed(n, head=slug) for n, slug in enumerate(slugs)]).rows
    assert (row.form, row.position, row.text, row.count) == ("opening", "head", "وكالة المرفأ للأنباء -", 12)
    some = [dressed(n, head=slug if n < 9 else "") for n, slug in enumerate(slugs)]
    assert [row for row in taught(some).rows if row.form == "opening"] == []


def test_how_first_lines_begin_is_no_opening_without_a_mark():
    titles = [f"المجلس البلدي يبحث {story(n)[0][:12 + n % 9]}" for n in range(12)]
    assert taught([dressed(n, head=title) for n, title in enumerate(titles)]).rows == ()


def a_row(**changes) -> Furniture:
    fields = {"outlet": "المرفأ", "form": "line", "position": "tail", "count": 3, "documents": 9}
    return Furniture(**(fields | {"text": "نص", "example": "نص"} | changes))


def test_the_table_is_written_for_people_and_read_back():
    table = Table([a_row(), a_row(outlet="القلعة", form="marker", text='قال: "نعم" \\ لا', example="سطر\tبعلامة")])
    text = to_toml(table)
    assert from_toml(text).rows == table.rows
    assert to_toml(from_toml(text)) == text
    assert text.index("القلعة") < text.index("المرفأ")
    assert 'outlet = "المرفأ"\nform = "line"\nposition = "tail"\ncount = 3\ndocuments = 9\n' in text


@given(st.text(max_size=40), st.text(max_size=40))
def test_any_text_survives_the_table(outlet, example):
    for text in (outlet, example):
        text.encode("utf-8", "replace")
    table = Table([a_row(outlet=outlet, text=example, example=example)])
    assert from_toml(to_toml(table)).rows == table.rows


def test_a_reviewed_table_with_an_unknown_key_is_refused():
    good = to_toml(Table([a_row()]))
    with pytest.raises(UsageError, match="colour"):
        from_toml(good + 'colour = "red"\n')
    with pytest.raises(UsageError, match="form"):
        from_toml(good.replace('"line"', '"everywhere"'))
    with pytest.raises(UsageError, match="no boilerplate table"):
        from_toml("[[furniture]\n")
    with pytest.raises(UsageError, match="filters"):
        from_toml("[filters]\nmin_words = 3\n")
    assert from_toml("# nothing is furniture\n").rows == ()
