from __future__ import annotations

from corpus.run.stage import run_here, summarise
from dedup.config import DedupConfig
from dedup.stages import Dedup
from dedup.store import Index
from dedup.store.paragraphs import hash_paragraphs


def learn(documents, **config):
    stage = Dedup(DedupConfig(paragraphs=True, **config))
    stage.learn([memoryview(summarise(stage.accumulator(), documents[at::2])) for at in range(2)], run_here)
    return stage


def test_only_long_lines_count_and_spelling_does_not(story):
    line = story(1, 1)
    found = hash_paragraphs(f"{line}\nسطر قصير\n\n{line.replace('ة', 'ه').replace('.', ' !')}")
    assert sorted(found) == [0, 3]
    assert found[0] == found[3]
    assert hash_paragraphs("") == {}
    assert [len(hash_paragraphs("كلمة " * count)) for count in (11, 12, 13)] == [0, 1, 1]


def test_the_best_document_keeps_a_paragraph_and_the_others_say_what_they_lost(story, document):
    shared = story(50, 1)
    long = document("long", story(1, 14) + "\n" + shared)
    short = document("short", story(2, 10) + "\n" + shared + "\nخاتمة قصيرة")
    stage = learn([short, long, document("other", story(3, 9))])
    assert stage.apply(long).record == long
    stripped = stage.apply(short).record
    assert stripped.text == story(2, 10) + "\nخاتمة قصيرة"
    assert stripped.trace["paragraphs"] == [{"survivor": "long", "text": shared[:80]}]
    other = Dedup(stage.config)
    other.load(memoryview(stage.dump()))
    assert other.apply(short) == stage.apply(short)


def test_a_paragraph_twice_in_one_document_is_kept_once(story, document):
    line = story(5, 1)
    twice = document("twice", f"{line}\n{story(6, 8)}\n{line}")
    assert learn([twice, document("x", story(7))]).apply(twice).record.text == f"{line}\n{story(6, 8)}"


def test_a_document_of_nothing_but_other_documents_goes(story, document):
    one, two = document("one", story(1, 14)), document("two", story(2, 14))
    patchwork = document("patch", "\n".join(story(1, 14).split("\n")[:2] + story(2, 14).split("\n")[:2]))
    stage = learn([patchwork, one, two], near=False)
    gone = stage.apply(patchwork)
    assert gone.reason == "paragraphs-elsewhere"
    assert [lost["survivor"] for lost in gone.detail["paragraphs"]] == ["one", "one", "two", "two"]
    assert stage.apply(one).record == one


def test_removed_copies_own_no_paragraphs(story, document):
    whole = document("whole", story(1, 14))
    copy = document("copy", story(1, 14))
    stage = learn([copy, whole])
    verdicts = [stage.apply(one) for one in (copy, whole)]
    kept = next(verdict.record for verdict in verdicts if verdict.kept)
    assert kept.text == story(1, 14)
    assert sorted(verdict.reason for verdict in verdicts) == ["", "exact-duplicate"]


def test_a_document_that_others_went_for_stays_even_if_its_paragraphs_stand_elsewhere(story, document):
    lines = story(1, 3).split("\n")
    whole = document("whole", story(2, 14) + "\n" + "\n".join(lines))
    first, copy = document("first", "\n".join(lines)), document("copy", "\n".join(lines), "wadi")
    stage = learn([whole, first, copy], near=False)
    verdicts = {one.id: stage.apply(one) for one in (whole, first, copy)}
    gone = next(verdict for verdict in verdicts.values() if not verdict.kept)
    assert gone.reason == "exact-duplicate"
    assert verdicts[gone.detail["survivor"]].record.text == first.text


def test_it_is_off_unless_asked_for(story, document):
    one, two = document("a", story(1) + "\n" + story(9, 1)), document("b", story(2) + "\n" + story(9, 1))
    stage = Dedup()
    stage.learn([memoryview(summarise(stage.accumulator(), [one, two]))], run_here)
    assert [stage.apply(document).record for document in (one, two)] == [one, two]


def test_a_paragraph_of_the_old_corpus_goes_unless_its_document_is_replaced(tmp_path, story, document):
    shared, lines = story(50, 1), story(1, 14).split("\n")
    index = Index(tmp_path, DedupConfig(paragraphs=True))
    index.add([document("old", story(9, 9)), document("stub", "\n".join([*lines[:3], shared]), "wadi")])
    index.add([document("other", story(8, 9) + "\n" + story(51, 1))])
    new = document("new", f"{story(2, 10)}\n{shared}\n{story(51, 1)}\n{story(9, 1)}")
    whole = document("whole", "\n".join([*lines[:3], shared, *lines[3:]]), "wadi")
    for documents, keeper in (([new], "stub"), ([new, whole], "whole")):
        stage = Dedup(index.config, against=index)
        stage.learn([memoryview(summarise(stage.accumulator(), documents))], run_here)
        stripped = stage.apply(new).record
        assert stripped.text == story(2, 10)
        assert [lost["survivor"] for lost in stripped.trace["paragraphs"]] == [keeper, "other", "old"]
    assert stage.apply(whole).record.text == whole.text
    index.remove(["other"])
    stage.learn([memoryview(summarise(stage.accumulator(), [new]))], run_here)
    assert stage.apply(new).record.text == f"{story(2, 10)}\n{story(51, 1)}"
