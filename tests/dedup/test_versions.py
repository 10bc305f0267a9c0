"""Versions of one page, copies by the dozen, and pages of which something would be lost."""

from __future__ import annotations

import random

import numpy as np
import pytest

from corpus.run import run_here, summarise
from dedup.config import DedupConfig
from dedup.decide.crowds import find_leaders
from dedup.stages import Dedup

ADDRESS = "https://sahil.example/live/1"


def learn(documents, **config):
    stage = Dedup(DedupConfig(**config))
    stage.learn([memoryview(summarise(stage.accumulator(), documents[at::2])) for at in range(2)], run_here)
    return stage


def kept(documents, **config):
    stage = learn(documents, **config)
    return [one.id for one in documents if stage.apply(one).kept]


def live_blog(document, story, count, **fields):
    """Return states of one page, each with one paragraph more on top; the fields are made of the number."""
    lines = story(1, count + 8).split("\n")
    return [
        document(f"v{at:02}", "\n".join(lines[count - at :]), **{name: make(at) for name, make in fields.items()})
        for at in range(count)
    ]


def hour(at: int) -> str:
    return f"2024-05-01T{at:02}:00:00+00:00"


@pytest.mark.parametrize("count", [3, 12, 20])
def test_of_a_page_fetched_again_and_again_the_last_version_stays(document, story, count):
    versions = live_blog(document, story, count, url=lambda at: ADDRESS + "#x" * (at % 2), published=hour)
    others = [document(f"x{seed}", story(seed)) for seed in range(10, 20)]
    stage = learn([*versions, *others])
    assert {stage.apply(one).reason for one in versions[:-1]} == {"earlier-version"}
    copies = stage.apply(versions[-1]).record.also_in
    assert [(copy.id, copy.relation) for copy in copies] == [(one.id, "earlier") for one in versions[:-1]]
    assert all(stage.apply(one).kept for one in others)


def test_the_last_version_is_the_latest_and_not_the_longest_unless_asked(document, story):
    lines = story(1, 14).split("\n")
    first = document("a", "\n".join(lines), url=ADDRESS, published="2024-05-01")
    second = document("b", "\n".join(lines[1:]), url=ADDRESS.replace("https", "http") + "/", published="2024-05-02")
    assert kept([first, second]) == ["b"]
    assert kept([first, second], latest=False) == ["a"]
    assert kept([first, document("b", second.text, "wadi", published="2024-05-02")], survivor=("latest",)) == ["b"]


def test_a_stub_does_not_take_the_place_of_the_story_nor_one_story_that_of_another(document, story):
    lines = story(1, 14).split("\n")
    whole = document("a", "\n".join(lines), url=ADDRESS, published="2024-05-01")
    stub = document("b", "\n".join(lines[:3]), url=ADDRESS, published="2024-05-02")
    other = document("c", story(2), url=ADDRESS, published="2024-05-03")
    assert kept([whole, stub, other]) == ["a", "c"]


def test_under_one_title_a_version_holds_all_of_the_former_and_its_numbers(document, story):
    versions = live_blog(document, story, 12, title=lambda at: "تغطية مباشرة", published=hour)
    assert kept(versions) == ["v11"]
    form = "سجلت محطة الرصد اليوم " + story(3, 8).replace("\n", " ") + " وبلغت الحرارة {} درجة ثم هبطت الرياح قليلا"
    reports = [document(str(at), form.format(20 + at), title="حال الطقس") for at in range(12)]
    assert kept(reports) == [str(at) for at in range(12)]


@pytest.mark.parametrize("count", [20, 80])
@pytest.mark.parametrize("on_top", [True, False])
def test_a_page_that_grows_is_one_page_without_address_and_title(document, story, count, on_top):
    base, news = story(1, 7).split("\n"), story(2, count).split("\n")
    texts = [[*news[at::-1], *base] if on_top else [*base, *news[: at + 1]] for at in range(count)]
    versions = [document(f"v{at:02}", "\n".join(lines)) for at, lines in enumerate(texts)]
    others = [document(f"x{seed}", story(seed)) for seed in range(10, 20)]
    assert kept([*versions, *others]) == [f"v{count - 1}", *(one.id for one in others)]


def test_a_digest_is_no_version_of_its_last_story(document, story):
    stories = [document(str(seed), story(seed)) for seed in (1, 2, 3)]
    digest = document("digest", "\n".join(one.text for one in stories))
    assert kept([*stories, digest]) == ["1", "2", "3"]


def edited(text: str, count: int, draw: random.Random) -> str:
    """Return the text with other words in three places."""
    words = text.split(" ")
    for _ in range(3):
        words[draw.randrange(len(words))] = f"كلمة{chr(0x628 + draw.randrange(20))}{chr(0x628 + count % 20)}"
    return " ".join(words)


@pytest.mark.parametrize("count", [12, 20, 300])
@pytest.mark.parametrize("outlets", [1, 30])
def test_near_copies_by_the_dozen_become_one(document, story, count, outlets):
    draw, text = random.Random(count), story(1).replace("\n", " ")
    copies = [document(f"n{at:03}", edited(text, at, draw), f"o{at % outlets}") for at in range(count)]
    others = [document(f"x{seed}", story(seed), f"o{seed % outlets}") for seed in range(10, 40)]
    stage = learn([*copies, *others])
    assert sum(stage.apply(one).kept for one in copies) == 1
    assert all(stage.apply(one).kept for one in others)


@pytest.mark.parametrize("count", [2, 12, 60])
def test_another_counter_on_each_page_keeps_no_copies_apart(document, story, count):
    draw, lines = random.Random(count), story(1).split("\n")
    beginnings = [edited(" ".join(lines[:6]), at, draw) for at in range(count)]
    texts = ["\n".join([one, f"المشاهدات {1000 + 37 * at}", *lines[6:]]) for at, one in enumerate(beginnings)]
    assert len(kept([document(f"n{at:02}", text) for at, text in enumerate(texts)])) == 1


@pytest.mark.parametrize("outlets", [1, 3])
@pytest.mark.parametrize(
    ("counter", "numbers"),
    [
        ("شاهد {} مرة", ("1,204", "98", "2310")), ("تمت مشاركة هذا الخبر {} مرة.", ("14", "350", "22")),
        ("عدد المشاهدات {}", ("12", "204", "1033")), ("{} min read", ("3", "4", "7")),
        ("This story was shared {} times.", ("14", "350", "22")), ("Views: {}", ("12", "204", "1033")),
    ],
)  # fmt: skip
def test_a_counter_within_a_paragraph_keeps_no_copies_apart(document, story, outlets, counter, numbers):
    lines = story(1).split("\n")
    texts = [f"{lines[0]} {counter.format(number)} {lines[1]}\n" + "\n".join(lines[2:]) for number in numbers]
    assert len(kept([document(str(at), text, f"o{at % outlets}") for at, text in enumerate(texts)])) == 1


@pytest.mark.parametrize("clause", ["قتل {} أشخاص", "سيطر الجيش على {} قرى", "shared {} documents", "for {} minutes"])
def test_a_number_of_the_story_keeps_copies_apart(document, story, clause):
    lines = story(1).split("\n")
    texts = [f"{lines[0]} {clause.format(number)} {lines[1]}\n" + "\n".join(lines[2:]) for number in (14, 16)]
    assert kept([document(str(at), text, f"o{at}") for at, text in enumerate(texts)]) == ["0", "1"]


@pytest.mark.parametrize(("count", "own"), [(12, 2), (12, 3), (60, 2)])
def test_a_story_that_many_outlets_print_with_a_passage_of_their_own_is_one(document, story, count, own):
    """More outlets than make a word common, and less of the bands than identical texts have."""
    copies = [document(f"n{at:02}", f"{story(1, 8)}\n{story(100 + at, own)}", f"o{at}") for at in range(count)]
    assert len(kept([*copies, *(document(f"x{seed}", story(seed)) for seed in range(10, 20))])) == 1 + 10


def test_in_a_crowd_a_number_of_one_copy_is_a_slip_and_one_of_several_is_news(document, story):
    text = "بلغ عدد المصابين 14 شخصا " + story(1).replace("\n", " ") + " وكان ذلك عند الساعة 9 مساء ثم هدأت الأحوال"
    draw = random.Random(1)
    copies = [document(f"n{at:02}", edited(text, at, draw)) for at in range(20)]
    slip = document("slip", text.replace("14", "44"))
    news = [document(f"later{at}", edited(text.replace("14", "17"), at, draw)) for at in range(4)]
    assert len(kept([*copies, slip])) == 1
    assert [name[0] for name in kept([*copies, *news])] == ["n", "l"]


def test_in_a_crowd_what_an_edit_leaves_of_a_number_is_no_news(document, story):
    text = "بلغت كلفة الرصيف 212 مليون دينار " + story(1).replace("\n", " ")
    draw = random.Random(1)
    copies = [document(f"n{at:02}", edited(text, at, draw)) for at in range(20)]
    torn = [document(f"torn{word}", text.replace("212", word)) for word in ("الشراع", "السلطة", "إنشائه", "القرى")]
    assert len(kept([*copies, *torn])) == 1


def test_a_form_filled_in_again_and_again_is_no_crowd_of_copies(document, story):
    parts = story(1).split("\n")
    names = ["".join(random.Random(at).choices("بتجحدرزسشصطعف", k=6)) for at in range(200)]
    reports = [
        document(f"r{at:02}", " ".join(f"{part} {names[at * 5 + place]}" for place, part in enumerate(parts[:5])))
        for at in range(20)
    ]
    assert kept(reports) == [one.id for one in reports]


def test_a_leader_is_the_first_that_has_enough_of_the_keys():
    keys = [(0, 3, 6), (0, 3, 7), (1, 4, 7), (0, 4, 7), (2, 4, 6)]
    # 3 shares one key with 0 and two with 2; 4 shares one with each.
    held = np.array([at << 32 | key for at, own in enumerate(keys) for key in own], dtype=np.uint64)
    assert find_leaders(held, 5, 7, 2).tolist() == [0, 0, 2, 2, 4]
    assert find_leaders(held, 5, 7, 1).tolist() == [0, 0, 2, 2, 0]
    held = held[held != 4 << 32 | 2]  # which 4 alone had
    assert find_leaders(held, 5, 7, 2).tolist() == [0, 0, 2, 2, 4]
    assert find_leaders(held[:0], 2, 0, 1).tolist() == [0, 1]


def test_a_digest_stays_while_it_has_a_story_of_its_own(document, story):
    stories = {name: story(seed) for seed, name in enumerate(("one", "two", "three"), start=1)}
    digest = document("digest", "\n".join(stories.values()), "wadi")
    again = document("again", digest.text + "\nخاتمة", "nahr")
    all_three = [document(name, text) for name, text in stories.items()]
    stage = learn([*all_three, digest])
    assert {one.id: stage.apply(one).reason for one in (*all_three, digest)} == dict.fromkeys(stories, "") | {
        "digest": "extended"
    }
    assert "own" not in stage.apply(digest).detail
    assert kept([*all_three[1:], digest, again]) == ["two", "three", "again"]


def test_a_removed_copy_says_what_only_it_had(document, story):
    lines = story(1, 16).split("\n")
    own = "وقال شاهد من أهل الحي إنه رأى الدخان من نافذته قبل الفجر ثم سمع صوت الباب الحديدي يغلق فنزل إلى الشارع"
    own += " ولم يجد أحدا هناك"
    copy = document("copy", "\n".join([*lines[:4], own, *lines[6:]]), "wadi")
    stage = learn([document("whole", "\n".join(lines)), copy, *(document(f"x{at}", story(at)) for at in range(20, 29))])
    assert stage.apply(copy).detail["survivor"] == "whole"
    assert stage.apply(copy).detail["own"] == own
