from __future__ import annotations

import pickle
import random
import time
from collections.abc import Sequence
from dataclasses import replace

import msgspec
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.records import GIVEN_ID, Copy, Document, Page, Source, Verdict
from corpus.run.stage import Learner, run_here, summarise
from dedup.config import DedupConfig
from dedup.stages import Dedup, quote


def learn(documents: Sequence[Document], config: DedupConfig | None = None, shards: int = 2) -> Dedup:
    stage = Dedup(config)
    summaries = [memoryview(summarise(stage.accumulator(), documents[number::shards])) for number in range(shards)]
    stage.learn(summaries, run_here)
    return stage


def reasons(documents: Sequence[Document], stage: Dedup) -> dict[str, str]:
    return {document.id: stage.apply(document).reason for document in documents}


def verdict(stage: Dedup, document: Document) -> Verdict:
    return stage.apply(document)


def test_it_is_a_learner():
    assert isinstance(Dedup(), Learner)


def test_nothing_learned_keeps_everything(document, story):
    one = document("a", story(1))
    assert Dedup().apply(one).record == one
    assert learn([]).apply(one).record == one
    assert list(learn([one]).clusters()) == []


def test_pages_pass():
    page = Page("p", Source("x"), b"<p>")
    assert Dedup().apply(page).record == page


def test_an_exact_copy_goes_and_the_survivor_remembers_it(document, story):
    text = story(1)
    first = document("a", text, "sahil", url="https://sahil.example/1", published="2024-05-01")
    copy = document("b", text.replace(".", " !"), "jabal", url="https://jabal.example/1", published="2024-05-02")
    other = document("c", story(2))
    documents = [copy, other, first]
    stage = learn(documents)
    assert reasons(documents, stage) == {"a": "", "b": "exact-duplicate", "c": ""}  # the earliest of equal length
    assert verdict(stage, first).record.also_in == (
        Copy("b", "jabal", "https://jabal.example/1", "2024-05-02", "exact", 1.0),
    )
    detail = verdict(stage, copy).detail
    assert (detail["survivor"], detail["relation"], detail["score"]) == ("a", "exact", 1.0)
    assert detail["passage"].split() == text.replace(".", "").split()[:30]


def test_an_edited_copy_goes_with_its_passage(document, story):
    lines = story(1, 14).split("\n")
    long = document("long", "\n".join(lines))
    cut = document("cut", "\n".join([*lines[:3], "وذكر مراسلنا أن الأمطار هطلت بغزارة", *lines[5:]]))
    stage = learn([long, cut, *(document(f"x{seed}", story(seed)) for seed in range(10, 40))])
    dropped = verdict(stage, cut)
    assert dropped.reason == "near-duplicate"
    assert dropped.detail["survivor"] == "long"
    assert dropped.detail["scores"]["rare"] > 0.8
    assert dropped.detail["passage"].split()[0] == lines[5].split()[0]
    assert 0.6 < dropped.detail["scores"]["resemblance"] < 0.95
    assert [copy.id for copy in verdict(stage, long).record.also_in] == ["cut"]


def test_orthography_does_not_hide_a_copy(document, story):
    text = story(3)
    spelt = text.replace("إ", "ا").replace("أ", "ا").replace("ة", "ه").replace("ن", "نـ")
    stage = learn([document("a", text), document("b", spelt)])
    assert sorted(reasons([document("a", text), document("b", spelt)], stage).values()) == ["", "exact-duplicate"]


def test_a_truncated_copy_is_contained(document, story):
    whole = document("whole", story(1, 16))
    start = document("start", "\n".join(story(1, 16).split("\n")[:5]) + "\nللمزيد")
    others = [document(f"x{seed}", story(seed)) for seed in range(10, 30)]
    stage = learn([start, whole, *others])
    assert verdict(stage, start).reason == "contained"
    assert verdict(stage, start).detail["relation"] == "contained"
    assert verdict(stage, start).detail["score"] == verdict(stage, start).detail["scores"]["containment"] > 0.9


def test_a_collection_of_two_stories_survives_for_neither(document, story):
    one, two = story(1, 14), story(2, 14)
    documents = [document("one", one), document("two", two), document("both", one + "\n" + two)]
    documents += [document(f"x{seed}", story(seed)) for seed in range(10, 30)]
    stage = learn(documents)
    found = reasons(documents, stage)
    assert (found["one"], found["two"]) == ("", "")
    assert found["both"] == "extended"


TEMPLATE = (
    "أعلنت هيئة الأرصاد أن درجة الحرارة العظمى في {city} تبلغ اليوم {high} درجة والصغرى {low} درجة وأن الرياح تكون"
    " خفيفة إلى معتدلة السرعة وأن نسبة الرطوبة تصل إلى {wet} في المئة ودعت الهيئة المواطنين إلى شرب كميات كافية من"
    " الماء وتجنب التعرض لأشعة الشمس في ساعات الظهيرة وإلى متابعة النشرات التي تصدر عنها تباعا"
)


def test_reports_on_one_form_are_not_copies(document):
    cities = ["حلوان", "سيدون", "مرجان", "تلالة", "وردان", "كوثرة", "ساهرة", "نجمان"]
    documents = [
        document(city, TEMPLATE.format(city=city, high=30 + at, low=15 + at, wet=40 + at))
        for at, city in enumerate(cities)
    ]
    assert set(reasons(documents, learn(documents)).values()) == {""}


def test_a_number_that_differs_tells_two_reports_apart(document):
    one = document("one", TEMPLATE.format(city="حلوان", high=30, low=15, wet=40))
    other = document("other", TEMPLATE.format(city="حلوان", high=31, low=15, wet=40))
    assert set(reasons([one, other], learn([one, other])).values()) == {""}


@pytest.mark.parametrize(("first", "second", "copies"), [("30", "30م", 1), ("و30", "ال30", 1), ("30م", "31م", 0)])
def test_one_number_may_be_written_in_many_ways(document, first, second, copies):
    texts = [TEMPLATE.format(city="حلوان", high=high, low=15, wet=40) for high in (first, second)]
    documents = [document(str(at), text) for at, text in enumerate(texts)]
    assert list(reasons(documents, learn(documents)).values()).count("near-duplicate") == copies


def test_a_story_that_a_page_tells_second_is_no_copy_of_the_page(document, story):
    one = story(1, 8)
    first, second = document("first", one + "\n" + story(2, 14)), document("second", story(2, 14) + "\n" + one)
    others = [document(f"x{seed}", story(seed)) for seed in range(10, 30)]
    for page, reason in ((first, "contained"), (second, "")):
        documents = [document("one", one), page, *others]
        assert reasons(documents, learn(documents))["one"] == reason


@pytest.mark.parametrize("text", ["", " \n ", "...", "، ؟ !"])
def test_empty_texts_never_cluster(document, text):
    documents = [document(str(at), text) for at in range(5)]
    assert set(reasons(documents, learn(documents)).values()) == {""}


def test_short_texts_are_compared_for_equality_only(document):
    documents = [
        document("a", "صور من حفل افتتاح المسرح البلدي"),
        document("b", "صور من حفل افتتاح المسرح البلدي"),
        document("c", "صور من حفل افتتاح الملعب البلدي"),
        document("d", "حفل افتتاح المسرح البلدي"),
    ]
    assert reasons(documents, learn(documents)) == {"a": "", "b": "exact-duplicate", "c": "", "d": ""}


def test_very_short_texts_never_cluster(document):
    captions = [document(name, "صور من حفل الافتتاح") for name in "abc"]
    assert set(reasons(captions, learn(captions)).values()) == {""}


def test_same_record_twice_and_two_texts_under_one_id(document, story):
    text = story(1)
    first, again = document("a", text), document("a", text, record=7)
    conflict = document("a", story(2, 3), record=9)
    stage = learn([first, again, conflict])
    verdicts = [verdict(stage, one) for one in (first, again, conflict)]
    assert sorted(one.reason for one in verdicts) == ["", "", "duplicate-id"]
    kept = [one.record for one in verdicts if one.kept]
    assert len({one.id for one in kept} | {"a"}) == 3
    assert [one.meta for one in kept] == [{GIVEN_ID: "a"}] * 2
    assert [one.also_in for one in kept] == [(), ()]
    assert verdicts[[one.kept for one in verdicts].index(False)].detail["survivor"] in {one.id for one in kept}


def test_two_outlets_that_number_alike_lose_nothing(document, story):
    """Ids belong to an outlet: story 1 of one and story 1 of the other are two."""
    short = "صور من حفل"  # too short to be compared by its words
    texts = [*(story(seed) for seed in range(5)), short]
    ones = [document(str(at), text, "sahil") for at, text in enumerate(texts)]
    others = [document(str(at), story(10 + at), "wadi") for at in range(5)] + [document("5", short, "wadi")]
    alone = document("6", story(50), "wadi")
    stage = learn([*ones, *others, alone])
    kept = [verdict(stage, one).record for one in (*ones, *others, alone)]
    assert [one.text for one in kept] == [*texts, *(one.text for one in others), alone.text]
    assert len({one.id for one in kept}) == 13
    assert [one.meta.get(GIVEN_ID, one.id) for one in kept] == [str(at) for at in (*range(6), *range(6), 6)]
    assert not any(one.also_in for one in kept)
    again = learn(kept)
    assert [verdict(again, one).record for one in kept] == kept


def test_a_survivor_with_a_new_id_is_named_by_it(document, story):
    text = story(1)
    first, copy = document("1", text, "sahil"), document("9", text.split("\n", 1)[1], "jabal")
    stage = learn([first, copy, document("1", story(2), "wadi")])
    survivor = verdict(stage, first).record
    assert survivor.meta[GIVEN_ID] == "1"
    assert verdict(stage, copy).detail["survivor"] == survivor.id
    (line,) = map(orjson.loads, stage.clusters())
    assert [member["id"] for member in line["members"]] == [survivor.id, "9"]


def test_keys_tell_apart_what_says_the_same_of_itself(document, story):
    one = document("a", story(1))
    first, second = replace(one, _key=1), replace(one, _key=2)
    stage = learn([first, second])
    assert sorted(verdict(stage, each).reason for each in (first, second)) == ["", "duplicate-id"]
    (kept,) = [found for each in (first, second) if (found := verdict(stage, each).record)]
    assert kept.also_in == ()


def test_the_copies_of_a_removed_copy_stay_known(document, story):
    lines = story(1, 14).split("\n")
    older = Copy("k", "nahr", "https://nahr.example/k", "2024-01-01", "near", 0.9)
    removed = document("s", "\n".join(lines[1:]), also_in=(older,))
    survivor = document("t", "\n".join(lines), "jabal", also_in=(Copy("j", "wadi"),))
    stage = learn([removed, survivor, *(document(f"x{seed}", story(seed)) for seed in range(10, 30))])
    assert verdict(stage, removed).detail["survivor"] == "t"
    assert [copy.id for copy in verdict(stage, survivor).record.also_in] == ["j", "s", "k"]
    assert verdict(stage, survivor).record.also_in[2] == older
    (line,) = map(orjson.loads, stage.clusters())
    assert [member["id"] for member in line["members"]] == ["t", "s", "k"]


def test_a_copy_known_on_both_sides_is_listed_once(document, story):
    both = Copy("k", "nahr")
    one = document("t", story(1), also_in=(both,), record=1)
    two = document("t", story(1), also_in=(both,), record=2)
    stage = learn([one, two])
    (kept,) = [found for each in (one, two) if (found := verdict(stage, each).record)]
    assert kept.also_in == (both,)


@pytest.mark.parametrize(
    ("policy", "survivor"),
    [
        ({}, "long"),
        ({"survivor": ("earliest",)}, "early"),
        ({"survivor": ("preferred", "longest"), "preferred_outlets": ("wikala", "sahil")}, "wire"),
        ({"survivor": ("extraction",), "extractors": ("trafilatura", "lines")}, "clean"),
    ],
)
def test_the_survivor_policy_decides(document, story, policy, survivor):
    lines = story(1, 16).split("\n")
    documents = [
        document("long", "\n".join(lines), published="2024-05-03T10:00:00+03:00"),
        document("early", "\n".join(lines[1:]), published="2024-05-01", trace={"extractor": "lines"}),
        document("wire", "\n".join(lines[:-1]), "wikala", published="2024-05-02"),
        document("clean", "\n".join(lines[1:-1]), trace={"extractor": "trafilatura"}),
    ]
    found = reasons(documents, learn(documents, DedupConfig(**policy)))
    assert [name for name, reason in found.items() if not reason] == [survivor]


def test_exact_and_near_can_be_turned_off(document, story):
    text = story(1, 14)
    near = "\n".join(text.split("\n")[1:])
    documents = [document("a", text), document("b", text), document("c", near)]
    documents += [document(name, "خبر عاجل من غرفة الأخبار") for name in "de"]
    assert reasons(documents, learn(documents, DedupConfig(near=False))) == {
        "a": "", "b": "exact-duplicate", "c": "", "d": "", "e": "exact-duplicate",
    }  # fmt: skip
    assert reasons(documents, learn(documents, DedupConfig(exact=False))) == {
        "a": "", "b": "near-duplicate", "c": "near-duplicate", "d": "", "e": "",
    }  # fmt: skip


def family(story, document, seeds: int) -> list[Document]:
    documents = []
    for seed in range(seeds):
        lines = story(seed, 12).split("\n")
        documents.append(document(f"{seed}-whole", "\n".join(lines)))
        documents.append(document(f"{seed}-same", "\n".join(lines), "jabal"))
        documents.append(document(f"{seed}-cut", "\n".join(lines[2:10]), "wadi"))
        documents.append(document(f"{seed}-turned", "\n".join(lines[6:] + lines[:5]), "nahr"))
    return documents


def test_clusters_are_lines_of_json_named_after_survivors(document, story):
    documents = family(story, document, 3)
    lines = [orjson.loads(line) for line in learn(documents).clusters()]
    assert [line["survivor"] for line in lines] == ["0-same", "1-same", "2-same"]
    for line in lines:
        assert line["members"][0]["id"] == line["survivor"]
        assert line["members"][0]["relation"] == "survivor"
        assert sorted(line["members"][1]) == ["id", "outlet", "published", "relation", "score", "url"]
        assert len(line["members"]) == 4
    assert len({line["cluster"] for line in lines}) == 3


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 5))
def test_neither_order_nor_shards_change_the_survivors(document, story, seed: int, shards: int) -> None:
    documents = family(story, document, 4)
    expected = b"".join(learn(documents).clusters())
    random.Random(seed).shuffle(documents)
    assert b"".join(learn(documents, shards=shards).clusters()) == expected


def test_what_is_learned_moves_as_bytes(document, story):
    documents = family(story, document, 3)
    stage = learn(documents)
    other = pickle.loads(pickle.dumps(Dedup()))
    other.load(memoryview(stage.dump()))
    assert [other.apply(one) for one in documents] == [stage.apply(one) for one in documents]
    assert other.dump() == stage.dump()
    assert learn(documents).dump() == stage.dump()


def test_learning_again_forgets(document, story):
    documents = family(story, document, 2)
    stage = learn(documents)
    stage.learn([memoryview(summarise(stage.accumulator(), [documents[0]]))], run_here)
    assert list(stage.clusters()) == []


def test_quote_is_as_written_and_bounded():
    assert quote("قالَ إنّ الأمرَ «جيّد» جدًّا", 1, 3) == "إنّ الأمرَ جيّد"
    assert len(quote("كلمة " * 100, 5, 90).split()) == 30
    assert quote("½ من الكعكة", 0, 2) == "1 2"  # "½" folds to two words, so the quotation is folded


def test_unknown_settings_are_refused():
    with pytest.raises(msgspec.ValidationError, match="min_word"):
        msgspec.convert({"min_word": 3}, DedupConfig)


@pytest.mark.slow
def test_a_hundred_thousand_copies_are_linear_work(document, story):
    text = story(1)
    documents = [document(f"{at:06d}", text) for at in range(100_000)]
    started = time.process_time()
    stage = learn(documents)
    assert time.process_time() - started < 20
    assert sum(1 for one in documents if stage.apply(one).kept) == 1


@pytest.mark.slow
def test_ten_thousand_near_copies_are_linear_work(document, story):
    lines = story(1, 12).split("\n")
    documents = [
        document(f"{at:05d}", "\n".join([*lines, story(at + 10, 1)]), f"outlet{at % 2000}") for at in range(10_000)
    ]
    started = time.process_time()
    stage = learn(documents)
    assert time.process_time() - started < 30
    # Not every pair of a giant group is compared, so a few of its members stay.
    assert sum(1 for one in documents if stage.apply(one).kept) < 100
