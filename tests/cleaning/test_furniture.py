"""What an outlet repeats: learned from stories that have nothing else in common, whatever the order and the shards."""

from __future__ import annotations

import pickle
import random
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cleaning.config import ENOUGH
from cleaning.outlet import evidence, returning
from cleaning.outlet import learn as learning
from cleaning.outlet.count import LineCounts
from cleaning.outlet.furniture import Furniture, Table, from_toml, to_toml
from cleaning.outlet.learn import learn
from cleaning.outlet.pieces import cut_pieces, keys_of
from cleaning.stages import Clean
from corpus.errors import UsageError
from corpus.records import Document, Source
from corpus.run.stage import run_here, summarise
from tests.cleaning.patterns import market, sentence
from tests.cleaning.stories import names, story

STORIES = 3


def make(number: int, outlet: str, text: str, title: str = "") -> Document:
    return Document(f"{outlet}-{number}", Source("dump.jsonl", number), text, title=title, outlet=outlet)


def dressed(number: int, outlet: str = "المرفأ", *, head: str = "", tail: str = "") -> Document:
    """Return one story with the furniture of its outlet around it; `#` stands for a number of its own."""
    lines = [line for line in (head, *story(number), tail) if line]
    return make(number, outlet, "\n".join(lines).replace("#", str(100 + number)))


def plain(numbers: range, outlet: str = "المرفأ") -> list[Document]:
    return [dressed(number, outlet) for number in numbers]


def taught(documents: list[Document], shards: int = 1) -> Table:
    parts = [summarise(LineCounts(), documents[at::shards]) for at in range(shards)]
    return learn([memoryview(part) for part in parts], STORIES, run_here)


def found(table: Table) -> list[tuple[str, str, str]]:
    return [(row.form, row.position, row.text) for row in table.rows]


def cleaned(documents: list[Document]) -> list[str]:
    stage = Clean()
    stage.learn([memoryview(summarise(stage.accumulator(), documents))], run_here)
    return [stage.apply(document).record.text for document in documents]


def test_a_line_that_closes_unrelated_stories_is_learned_with_its_evidence():
    documents = [dressed(n, tail="هذه مادة # من أرشيف المرفأ") for n in range(40)] + plain(range(40, 140))
    (row,) = taught(documents).rows
    assert (row.form, row.position, row.stories, row.count, row.documents) == ("piece", "tail", ENOUGH, 40, 140)
    assert row.text == "هذه ماده 0 من ارشيف المرفا"
    assert row.example.endswith("من أرشيف المرفأ")
    assert row.evidence == "closes 16 or more stories of المرفأ that have nothing else in common"


@pytest.mark.parametrize(("stories", "rows"), [(2, []), (3, [("piece", "tail", "نلتقي غدا في المرفا")])])
def test_three_unrelated_stories_are_enough_for_a_closing_line(stories, rows):
    documents = [dressed(n, tail="نلتقي غدا في المرفأ") for n in range(stories)] + plain(range(20, 120))
    assert found(taught(documents)) == rows


def test_a_sentence_in_the_line_of_another_is_learned_too():
    documents = [make(n, "المرفأ", f"{' '.join(story(n))} تصدر المرفأ كل صباح.") for n in range(5)]
    assert found(taught(documents + plain(range(20, 60)))) == [("piece", "tail", "تصدر المرفا كل صباح")]
    assert cleaned(documents + plain(range(20, 60)))[:5] == [" ".join(story(n)) for n in range(5)]


def test_the_teasers_of_one_day_are_furniture_and_their_own_story_keeps_its_sentence():
    teasers = [story(500 + n)[0] for n in range(4)]
    documents = [make(n, "المرفأ", "\n".join([*story(n), *teasers])) for n in range(5)] + plain(range(20, 120))
    own = make(500, "المرفأ", "\n".join(["قالت الإدارة إن العمل بدأ.", *story(500), *story(501)[1:]]))
    texts = cleaned([*documents, own])
    assert texts[:5] == ["\n".join(story(n)) for n in range(5)]
    assert texts[-1] == own.text


@pytest.mark.parametrize("pattern", [market, sentence])
def test_forty_reports_told_after_a_pattern_make_no_furniture(pattern):
    documents = [make(n, "المرفأ", "\n".join(pattern(n))) for n in range(40)] + plain(range(100, 200))
    assert taught(documents).rows == ()


def test_a_returning_background_is_part_of_its_stories():
    background = "وكان جسر بارونيشو كاديموزا زافولوتي قد انهار في نيسان بعد فيضان جيروكاشو وسوفيلودي."
    told = "تحدث سكان جسر بارونيشو كاديموزا زافولوتي عن فيضان جيروكاشو وسوفيلودي مع"
    stories = [[*story(n)[:2], f"{told} {story(n)[2]}", background] for n in range(9)]
    documents = [make(n, "المرفأ", "\n".join(lines)) for n, lines in enumerate(stories)]
    assert [row for row in taught(documents + plain(range(20, 120))).rows if row.text.startswith("وكان")] == []


def test_a_lead_of_two_sentences_that_others_show_stays_with_its_story():
    teasers = [story(500)[0], story(501)[0]]
    documents = [make(n, "المرفأ", "\n".join([*story(n), *teasers])) for n in range(6)] + plain(range(20, 120))
    own = make(500, "المرفأ", "\n".join([" ".join(teasers), *story(77)[1:]]))
    assert cleaned([*documents, own])[-1] == own.text


def test_a_header_inside_articles_is_learned_from_the_headlines_below_it():
    def boxed(number: int, header: str) -> Document:
        links = [" ".join(("عنوان", *names(number + at, 5))) for at in (300, 400)]
        first, second, third = story(number)
        return make(number, "المرفأ", "\n".join([first, header, *links, second, third]))

    others = plain(range(20, 120))
    assert cleaned([boxed(n, "من دفتر المرفأ") for n in range(6)] + others)[:6] == [
        "\n".join(story(n)) for n in range(6)
    ]
    few = [boxed(n, "من دفتر المرفأ") for n in range(3)]
    assert cleaned(few + others)[:3] == [document.text for document in few]
    headings = [
        make(n, "المرفأ", "\n".join([*story(n)[:2], "خلفية الأمر", story(n)[2], story(n + 200)[1]])) for n in range(6)
    ]
    assert cleaned(headings + others)[:6] == [document.text for document in headings]


def test_a_name_and_a_place_over_several_stories_are_no_furniture():
    documents = [dressed(n, head="سمير الهادي - الرصيف") for n in range(6)] + plain(range(20, 120))
    assert taught(documents).rows == ()


def test_nothing_is_learned_from_one_story_told_often():
    copies = [make(n, "المرفأ", "\n".join([*story(1), f"نسخة {n}."])) for n in range(40)]
    assert taught(copies + plain(range(50, 90))).rows == ()


def test_what_other_outlets_have_too_is_language():
    formula = "والله من وراء القصد"
    ours = [dressed(n, tail=formula) for n in range(5)] + plain(range(20, 140))
    assert found(taught(ours)) == [("piece", "tail", formula.replace("ء", "ء"))]
    assert taught([*ours, dressed(150, "القلعة", tail=formula), *plain(range(160, 190), "القلعة")]).rows == ()


def test_furniture_of_one_publishing_system_is_that_of_each_outlet():
    outlets = ("المرفأ", "القلعة", "الساحل")
    documents = [dressed(n, outlets[n % 3], tail="أرسل إلى صديق نسخة للطباعة") for n in range(60)]
    assert [row.outlet for row in taught(documents).rows] == sorted(outlets)


def test_the_furniture_of_one_outlet_says_nothing_about_another():
    table = taught([dressed(n, tail="مع تحيات قسم الأخبار") for n in range(10)] + plain(range(40, 50), "القلعة"))
    assert table.of("المرفأ")
    assert not table.of("القلعة")
    assert not table.of("لا أحد")


def test_documents_without_an_outlet_need_more():
    few = [dressed(n, "", tail="من أرشيف البوابة القديمة") for n in range(8)]
    assert taught(few + plain(range(20, 60), "")).rows == ()
    many = [dressed(n, "", tail="من أرشيف البوابة القديمة") for n in range(12)]
    assert [row.count for row in taught(many + plain(range(20, 60), "")).rows] == [12]


def test_a_glued_head_is_learned_and_a_dateline_is_not():
    glued = [make(n, "المرفأ", f"شارك من خلال البريد اكتب رأيك{' '.join(story(n))}") for n in range(6)]
    (row,) = taught(glued + plain(range(20, 120))).rows
    assert (row.form, row.text) == ("head", "شارك من خلال البريد اكتب رايك+")
    assert cleaned(glued + plain(range(20, 120)))[:6] == [" ".join(story(n)) for n in range(6)]
    datelines = [make(n, "القلعة", f"الرصيف عاصمة الجزيرة الكبرى - {' '.join(story(n))}") for n in range(20)]
    assert taught(datelines).rows == ()


def test_how_sentences_begin_is_no_head():
    said = [make(n, "المرفأ", f"علمت صحيفة المرفأ اليومية أن {story(n)[0]}") for n in range(12)]
    said += [make(n, "المرفأ", f"أكد للمرفأ {story(n)[0]}") for n in range(20, 40)]
    assert taught(said + plain(range(50, 150))).rows == ()


@pytest.mark.parametrize("glue", ["", " "])
def test_a_glued_tail_goes_across_changing_figures(glue):
    tail = "للتواصل مع الكاتب أرسل رسالة إلى الرقم #"
    documents = [make(n, "المرفأ", f"{' '.join(story(n))}{glue}{tail.replace('#', str(7**n))}") for n in range(6)]
    assert cleaned(documents + plain(range(20, 120)))[:6] == [" ".join(story(n)) for n in range(6)]


def test_a_marker_takes_the_rest_of_its_line():
    linked = [
        make(n, "المرفأ", f"{' '.join(story(n))} رابط الخبر في المرفأ: {story(n)[1][:40].strip()}") for n in range(6)
    ]
    assert found(taught(linked + plain(range(20, 120)))) == [("marker", "tail", "رابط الخبر في المرفا :")]
    assert cleaned(linked + plain(range(20, 120)))[:6] == [" ".join(story(n)) for n in range(6)]


@pytest.mark.parametrize(("before", "behind"), [("\n", ""), (" ", ""), ("\n", "\n"), ("   ", "   ")])
def test_a_header_behind_the_article_takes_the_headlines_that_follow_to_the_end(before, behind):
    own = [[" ".join(line[:-1].split()[-4:]) for line in story(n)] for n in range(300, 308)]
    headlines = [f"{one}!{behind}{two}.. {three}" for one, two, three in own]
    bodies = [" ".join(story(n)) for n in range(8)]
    signed = [f"{body}{before}أقلام المرفأ الأخرى{behind}{more}" for body, more in zip(bodies, headlines, strict=True)]
    documents = [make(n, "المرفأ", text) for n, text in enumerate(signed)] + plain(range(20, 120))
    assert cleaned(documents)[:8] == bodies
    told = [make(n, "المرفأ", f"{body}{before}أقلام المرفأ الأخرى{behind}{body}") for n, body in enumerate(bodies)]
    assert cleaned(told + plain(range(20, 120)))[:8] == [document.text for document in told]


@pytest.mark.parametrize(
    "tail",
    [
        "للتواصل مع الكاتب {} أرسل رسالة إلى 88591",
        "{} - المرفأ نيوز",
        "{} {} {} صحيفة المرفأ اليومية تصدر كل صباح عن دار الساحل",
    ],
)
def test_what_closes_the_stories_has_slots_for_names(tail):
    signed = [f"{' '.join(story(n))} {tail.replace('{}', story(n + 500)[1].split()[1])}" for n in range(12)]
    documents = [make(n, "المرفأ", text) for n, text in enumerate(signed)] + plain(range(20, 120))
    left = [text.removeprefix(" ".join(story(n))) for n, text in enumerate(cleaned(documents)[:12])]
    names = [len(story(n + 500)[1].split()[1]) for n in range(12)]
    assert all(len(text.strip()) <= 3 * size + 2 for text, size in zip(left, names, strict=True))
    assert not any("المرفأ" in text or "للتواصل" in text for text in left)


def test_a_number_before_a_glued_tail_is_of_the_story():
    bodies = [f"{' '.join(story(n))[:-1]}{' عام ' + str(2000 + n) if n % 2 else ''}" for n in range(12)]
    glued = [make(n, "المرفأ", f"{body} اشترك في خدمة المرفأ العاجلة") for n, body in enumerate(bodies)]
    assert cleaned(glued + plain(range(20, 40)))[:12] == bodies


def test_a_line_that_is_the_headline_of_another_story_is_a_link_to_it():
    titles = {n: " ".join(story(n)[2][:-1].split()[-4:]) for n in (30, 33)}
    linked = make(1, "المرفأ", "\n".join([*story(1)[:2], titles[30], story(1)[2], story(33)[0]]))
    others = [make(n, "المرفأ", "\n".join(story(n)), titles.get(n, "")) for n in range(20, 60)]
    table = taught([linked, *others])
    assert sorted((row.form, row.of) for row in table.rows) == [("link", "المرفأ-30"), ("link", "المرفأ-33")]
    assert {row.evidence for row in table.rows} == {
        f"is the headline or first sentence of another story of المرفأ: المرفأ-{n}" for n in (30, 33)
    }
    assert cleaned([linked, *others])[0] == "\n".join(story(1))


def test_a_version_of_a_story_is_no_link_to_it():
    one = make(1, "المرفأ", "\n".join(story(1)))
    other = make(2, "المرفأ", "\n".join(["قالت الإدارة إن العمل بدأ أمس قبل الظهر.", *story(1)]))
    assert taught([one, other, *plain(range(20, 60))]).rows == ()


@settings(max_examples=15, deadline=None)
@given(st.permutations(range(24)), st.integers(1, 5))
def test_what_is_learned_knows_neither_order_nor_shards(order, shards):
    def document(number):
        return dressed(number, ("المرفأ", "القلعة")[number % 2], head="نشرة رقم #", tail="رابط الخبر في المرفأ: كذا")

    straight = to_toml(taught([document(n) for n in range(24)]))
    assert "[[furniture]]" in straight
    assert to_toml(taught([document(n) for n in order], shards)) == straight


def test_learning_in_small_tasks_elsewhere_is_the_same(monkeypatch):
    outlets = ("المرفأ", "القلعة", "الجسر")
    documents = [dressed(n, outlets[n % 3], tail=f"من أرشيف {outlets[n % 3]} العتيق") for n in range(60)]
    at_once = taught(documents).rows
    monkeypatch.setattr(learning, "_PART", 100)
    monkeypatch.setattr(learning, "_JUDGED", 1)
    asked = Counter[str]()

    def elsewhere(function: Callable[[Any], bytes], items: Iterable[Any]) -> Iterable[memoryview]:
        for item in items:
            asked[function.__name__] += 1
            there, sent = pickle.loads(pickle.dumps((function, item)))
            yield memoryview(there(sent))

    parts = [memoryview(summarise(LineCounts(), documents[at::7])) for at in range(7)]
    assert learn(parts, STORIES, elsewhere).rows == at_once
    assert {row.outlet for row in at_once} == set(outlets)
    assert asked["_judge"] == 3
    assert asked["_find_returning"] > 3


def recombined(count: int, own: bool) -> list[Document]:
    """Return documents of one outlet, each of four of 24 paragraphs, with a first one of its own or without."""
    paragraphs = [line for n in range(8) for line in story(n)]
    drawn = (random.Random(n).sample(paragraphs, 4) for n in range(count))
    return [make(n, "المرفأ", "\n".join([*story(100 + n)[:own], *lines])) for n, lines in enumerate(drawn)]


def count_reads(monkeypatch: pytest.MonkeyPatch, documents: list[Document]) -> int:
    """Return how often a document is read to judge pieces of which each stands in many documents."""
    read: list[int] = []
    monkeypatch.setattr(evidence, "_HELD", 1)
    monkeypatch.setattr(evidence, "Read", lambda story, make=evidence.Read: read.append(1) or make(story))
    taught(documents)
    monkeypatch.undo()
    return len(read)


def test_documents_that_say_nothing_of_their_own_are_not_read(monkeypatch):
    assert count_reads(monkeypatch, recombined(200, own=False)) == 0


def test_a_document_is_read_once_for_all_its_pieces(monkeypatch):
    documents = recombined(200, own=True)
    rows = taught(documents).rows
    assert rows != ()
    # For its words, for all its pieces, and for some as the first one that has a piece.
    assert count_reads(monkeypatch, documents) <= 3 * len(documents)
    monkeypatch.setattr(returning, "_HELD", 10)
    assert taught(documents).rows == rows


@pytest.mark.parametrize(("reads", "most"), [(100_000, 30), (20 * 24, 20), (1, ENOUGH)])
def test_documents_read_for_a_piece_are_fewer_where_many_return(monkeypatch, reads, most):
    read: list[int] = []
    monkeypatch.setattr(returning, "_READS", reads)
    monkeypatch.setattr(evidence.OutletStories, "unrelated", lambda _, ranks: read.append(len(ranks)) or 0)
    taught(recombined(200, own=True))
    assert max(read) == most


def test_nothing_in_nothing_out():
    assert learn([], STORIES, run_here).rows == ()
    assert learn([memoryview(b""), memoryview(summarise(LineCounts(), []))], STORIES, run_here).rows == ()
    assert taught([make(1, "المرفأ", "")]).rows == ()


def test_pieces_are_lines_sentences_and_what_wide_gaps_keep_apart():
    text = "عنوان   التاريخ: 12/3\n\nقال د. سمير ذلك. وقال: لا! نعم؟ هنا  \n شارك"
    cut = [(text[piece.start : piece.end], piece.key, piece.whole) for piece in cut_pieces(text)]
    assert cut == [
        ("عنوان", "عنوان", True), ("التاريخ: 12/3", "التاريخ 0 0", True), ("قال د. سمير ذلك.", "قال د سمير ذلك", False),
        ("وقال: لا!", "وقال لا", False), ("نعم؟", "نعم", False), ("هنا  ", "هنا", False), (" شارك", "شارك", True),
    ]  # fmt: skip


def test_a_key_has_the_folded_words_one_zero_for_a_number_and_no_mark():
    texts = ["قال: «١٢٫٥ مـليون»…", "ﷺ ﻻ ½", "e\u0301 \u064b", "Straße ΟΔΟΣ", "😀 𝐀", "", "."]
    assert keys_of(texts) == ["قال 0٫0 مليون", "صلي الله عليه وسلم لا 0⁄0", "é", "straße οδος", "😀 a", "", ""]
    assert keys_of(texts[:1]) == keys_of(["قال 00٫9 مليون"]) == ["قال 0٫0 مليون"]


@given(st.lists(st.text(st.characters(exclude_categories=("Cc", "Cs")), max_size=20), max_size=4))
def test_keys_do_not_depend_on_the_texts_beside_them(texts):
    assert keys_of(texts) == [key for text in texts for key in keys_of([text])]


def a_row(**changes) -> Furniture:
    fields = {"outlet": "المرفأ", "form": "piece", "position": "tail", "stories": 3, "count": 3, "documents": 9}
    return Furniture(**(fields | {"text": "نص", "example": "نص"} | changes))


def test_the_table_is_written_for_people_and_read_back():
    link = a_row(outlet="القلعة", form="link", text='قال: "نعم" \\ لا', example="سطر\tبعلامة", of="u")
    table = Table([a_row(), link])
    text = to_toml(table)
    assert from_toml(text).rows == table.rows
    assert to_toml(from_toml(text)) == text
    assert text.index("القلعة") < text.index("المرفأ")
    assert 'outlet = "المرفأ"\nform = "piece"\nposition = "tail"\nstories = 3\ncount = 3\ndocuments = 9\n' in text


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
        from_toml(good.replace('"piece"', '"everywhere"'))
    with pytest.raises(UsageError, match="no boilerplate table"):
        from_toml("[[furniture]\n")
    with pytest.raises(UsageError, match="filters"):
        from_toml("[filters]\nmin_words = 3\n")
    assert from_toml("# nothing is furniture\n").rows == ()
