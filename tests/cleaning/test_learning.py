"""When what returns is furniture: each limit from either side, in corpora of stories that have nothing else in common.

Values stand here as numbers, not by the names of the constants.
"""

from __future__ import annotations

import random

import pytest

from corpus.records import Document
from tests.cleaning.stories import story
from tests.cleaning.test_furniture import dressed, found, make, plain, taught

TAIL = "نلتقي غدا في المرفأ"
KNOWN = "نلتقي غدا في المرفا"


def told(number: int, end: str = ".") -> str:
    return " ".join(story(number))[:-1] + end


def learned(documents: list[Document], others: int = 100) -> list[tuple[str, str, str]]:
    """Return what is learned from documents of an outlet that has so many others."""
    return found(taught(documents + plain(range(200, 200 + others))))


@pytest.mark.parametrize(("letters", "words", "enough"), [(4, 5, True), (4, 4, False), (3, 15, False)])
def test_a_story_is_known_by_five_rare_words_of_four_letters(letters, words, enough):
    def own(number: int) -> str:
        dice = random.Random(f"{number}")
        return " ".join("".join(dice.choices("بتثجحخدذرزسشصضطظعغفقكلمن", k=letters)) for _ in range(words))

    documents = [make(n, "المرفأ", f"{own(n)}.\n{TAIL}") for n in range(5)]
    assert learned(documents) == [("piece", "tail", KNOWN)] * enough


@pytest.mark.parametrize(("at_tail", "piece"), [(8, True), (7, False)])
def test_a_piece_has_its_place_in_four_of_five_documents(at_tail, piece):
    ended = [make(n, "المرفأ", "\n".join([*story(n), TAIL])) for n in range(at_tail)]
    inside = [[*story(n)[:1], TAIL, *story(n)[1:], *story(n + 300)] for n in range(at_tail, 10)]
    documents = ended + [make(n, "المرفأ", "\n".join(lines)) for n, lines in enumerate(inside, 20)]
    assert learned(documents) == [("piece", "tail", KNOWN)] * piece


@pytest.mark.parametrize(("said", "piece"), [(2, True), (3, False)])
def test_a_piece_of_which_its_stories_say_a_third_again_may_be_of_them_and_half_is(said, piece):
    names = "زكريا شمعون بطرس ميخائيل جرجس"
    end = f" {' '.join(names.split()[:said])}."
    documents = [make(n, "المرفأ", f"{told(n, end)}\nمندوبنا {names}") for n in range(6)]
    assert learned(documents) == [("piece", "tail", "مندوبنا زكريا شمعون بطرس ميخاييل جرجس")] * piece


@pytest.mark.parametrize(
    ("first", "stories", "piece"), [("وقال", 8, False), ("وقال", 9, True), ("وكالة", 3, True), ("قال", 3, True)]
)
def test_a_sentence_that_goes_on_with_and_needs_thrice_the_stories(first, stories, piece):
    tail = f"{first} مندوبنا زكريا شمعون بطرس ميخائيل"
    documents = [dressed(n, tail=tail) for n in range(stories)] + [make(99, "المرفأ", f"{told(99)} قال كلمته.")]
    assert bool(learned(documents)) is piece
    assert learned(
        [dressed(n, tail=f"{first} مندوبنا زكريا شمعون") for n in range(3)]
    )  # too short to be about anything


@pytest.mark.parametrize(
    ("count", "documents", "piece"),
    [(8, 160, True), (8, 161, False), (7, 100, False), (4, 8, True), (4, 9, False)],
)
def test_what_other_outlets_have_is_furniture_in_a_twentieth_of_the_documents_and_eight_or_in_half(
    count, documents, piece
):
    ours = [dressed(n, tail="نسخة للطباعة من الموقع") for n in range(count)]
    theirs = [dressed(400, "القلعة", tail="نسخة للطباعة من الموقع"), *plain(range(410, 420), "القلعة")]
    assert bool(learned(ours + theirs, documents - count)) is piece


@pytest.mark.parametrize(
    ("head", "stories", "known"),
    [
        ("شارك اكتب رأيك هنا", 6, True), ("شارك اكتب رأيك هنا", 5, False), ("شاركونا اكتبوا رأيكم", 8, False),
        ("شا اك را هن", 8, False), ("شار اك را هن", 8, True),
    ],
)  # fmt: skip
def test_a_head_has_four_words_twelve_letters_and_six_stories(head, stories, known):
    assert bool(learned([make(n, "المرفأ", f"{head} {told(n)}") for n in range(stories)])) is known


@pytest.mark.parametrize(("ended", "others", "known"), [(7, 100, True), (6, 100, False), (0, 23, True), (0, 24, False)])
def test_before_a_tail_seven_of_ten_documents_have_ended_or_three_of_ten_have_it(ended, others, known):
    ends = ["»" if n >= ended else ".»" for n in range(10)]
    documents = [make(n, "المرفأ", f"{told(n, end)} شبكة الرصيف الاخبارية") for n, end in enumerate(ends)]
    assert learned(documents, others) == [("tail", "tail", "شبكه الرصيف الاخباريه")] * known


@pytest.mark.parametrize(
    ("tail", "known"), [("شبكة الرصيف", False), ("شبكات الرصيف", True), ("شبكةالرصيفالعالمية", False)]
)
def test_a_tail_has_two_words_and_twelve_letters(tail, known):
    assert bool(learned([make(n, "المرفأ", f"{told(n, '.»')} {tail}") for n in range(8)])) is known


@pytest.mark.parametrize(("lead", "link"), [("عاد الوزير أمس مبتسما.", True), ("عاد الوزير متعجبامبتسما.", False)])
def test_a_first_sentence_of_four_words_is_a_link_elsewhere(lead, link):
    linked = make(1, "المرفأ", "\n".join([*story(1)[:2], lead, story(1)[2]]))
    own = make(30, "المرفأ", "\n".join([lead, *story(30)]))
    assert [form for form, *_ in learned([linked, own])] == ["link"] * link


@pytest.mark.parametrize(
    ("mark", "stories", "running", "elsewhere", "known"),
    [
        ("رابط الخبر هنا", 6, 0, 0, True), ("رابط الخبر هنا", 6, 0, 1, False), ("رابط الخبر هنا", 3, 0, 0, True),
        ("رابط الخبر هنا", 2, 0, 0, False), ("رابط الخبر هنا", 10, 2, 0, True), ("رابط الخبر هنا", 10, 3, 0, False),
        ("المصدر", 25, 0, 0, True), ("المصدر", 24, 0, 0, False), ("يد دم", 6, 0, 0, True), ("يد د", 6, 0, 0, False),
    ],
)  # fmt: skip
def test_an_announcement_has_four_letters_and_a_rest_that_does_not_run_on(mark, stories, running, elsewhere, known):
    def announced(number: int, outlet: str, end: str) -> Document:
        return make(number, outlet, f"{told(number)} {mark}: {story(number)[1][:40].strip()}{end}")

    ours = [announced(n, "المرفأ", "." * (n < running)) for n in range(stories)]
    theirs = [announced(400 + n, "القلعة", "") for n in range(elsewhere)] + plain(range(410, 420), "القلعة")
    assert bool(learned(ours + theirs, 100 - stories)) is known
