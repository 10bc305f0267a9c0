from __future__ import annotations

import pickle
from dataclasses import replace

import numpy as np
import orjson
import pytest
from numpy.testing import assert_array_equal

from corpus.errors import UsageError
from corpus.run.stage import run_here, summarise
from dedup.config import DedupConfig
from dedup.decide import find_similar
from dedup.sketch.bands import ends_of
from dedup.stages import Dedup
from dedup.store import Index
from dedup.store.summaries import Summaries
from dedup.store.summary import summarise as summarise_shard
from tests.dedup.conftest import look_up


@pytest.fixture
def old(story, document):
    return [document(f"old{seed}", story(seed, 14), "nahr", url=f"https://nahr.example/{seed}") for seed in range(40)]


def learn(documents, folder, config=None):
    stage = Dedup(config, against=Index(folder, config))
    parts = [summarise(stage.accumulator(), part) for part in (documents[:2], documents[2:])]
    stage.learn([memoryview(part) for part in parts], run_here)
    return stage


def test_an_empty_index_finds_nothing(tmp_path, story, document):
    index = Index(tmp_path / "index")
    assert len(index) == 0
    assert look_up(index, document("a", story(1))) is None
    assert find_similar(index, document("a", story(1))) == []


def test_lookup_names_the_old_document_and_how(tmp_path, old, story, document):
    index = Index(tmp_path / "index")
    assert index.add(old) == 40
    lines = story(3, 14).split("\n")
    same = look_up(index, document("new", "\n".join(lines)))
    assert (same.copy.id, same.copy.url, same.copy.relation) == ("old3", "https://nahr.example/3", "exact")
    assert same.copy.score == 1.0
    near = look_up(index, document("new", "\n".join([*lines[2:], "سطر جديد كتبه المحرر في آخر الخبر"])))
    assert (near.copy.id, near.copy.relation) == ("old3", "near")
    assert near.start == 0
    assert near.length >= 12 * 14
    inside = look_up(index, document("new", "\n".join(lines[:6])))
    assert (inside.copy.id, inside.copy.relation) == ("old3", "contained")
    whole = look_up(index, document("new", "\n".join(lines) + "\n" + story(99, 14)))
    assert (whole.copy.id, whole.copy.relation) == ("old3", "extended")
    assert look_up(index, document("new", story(77))) is None
    assert look_up(index, document("new", "")) is None


def test_similar_lists_what_is_alike_without_being_a_copy(tmp_path, old, story, document):
    index = Index(tmp_path / "index")
    index.add(old)
    mixed = "\n".join(story(3, 14).split("\n")[:5] + story(4, 14).split("\n")[:4] + story(88, 14).split("\n"))
    found = find_similar(index, document("new", mixed))
    assert [(match.copy.id, match.copy.relation) for match in found] == [("old3", ""), ("old4", "")]
    assert found[0].scores["containment"] > found[1].scores["containment"] > 0.2
    assert (found[1].start, found[1].length) == (5 * 14, 4 * 14)
    assert find_similar(index, document("new", mixed), limit=1) == found[:1]


def test_an_index_built_in_pieces_answers_as_one_built_at_once(tmp_path, old, story, document):
    whole, pieces = Index(tmp_path / "whole"), Index(tmp_path / "pieces")
    whole.add(old)
    for start in (0, 20, 23, 24, 30):
        stop = {0: 20, 20: 23, 23: 24, 24: 30, 30: 40}[start]
        pieces.add(old[start:stop])
    again = Index(tmp_path / "pieces")
    assert len(again) == len(pieces) == 40
    for seed in range(45):
        new = document("new", "\n".join(story(seed, 14).split("\n")[1:]))
        assert look_up(again, new) == look_up(pieces, new) == look_up(whole, new)


def test_what_tasks_look_up_in_segments_is_what_one_finds(tmp_path, old, document, monkeypatch):
    monkeypatch.setattr("dedup.store.index._SEGMENT", 15)
    monkeypatch.setattr("dedup.store.segments._LARGEST", 15)
    Index(tmp_path).add([*old, old[3]])
    index, asked = Index(tmp_path), []
    lines = old[7].text.split("\n")
    parts = [old[:4], [replace(old[7], id="cut", text="\n".join(lines[:9]))], [document("old9", "خبر آخر", "wadi")]]
    news = Summaries([summarise_shard(part, index.config, index.family) for part in parts])

    def run(function, tasks):
        for task in tasks:
            asked.append(len(task.new))
            yield memoryview(function(pickle.loads(pickle.dumps(task))))

    whole = index.look_up(news, run)
    monkeypatch.setattr("dedup.store.index._TOGETHER", 1)
    split = index.look_up(news, run)
    assert asked == [6] * 3 + [4] * 3 + [1] * 6
    assert list(map(np.ndarray.tolist, whole)) == list(map(np.ndarray.tolist, split))
    same, cut, other = [(0, 0), (1, 1), (2, 2), (3, 3), (40, 3)], (7, 4), (9, 5)
    with_cut = sorted([*same, cut])
    expected = {"record": same, "words": same, "page": with_cut, "id": sorted([*same, other]), "alike": with_cut}
    for name, pairs in whole._asdict().items():
        assert list(zip(*map(np.ndarray.tolist, ends_of(pairs)), strict=True)) == expected[name], name
    assert index.look_up(news, near=False).alike.tolist() == []


def test_merging_leaves_few_segments_and_no_others(tmp_path, old):
    index = Index(tmp_path / "index")
    for one in old:
        index.add([one])
    names = sorted(path.name for path in (tmp_path / "index").iterdir())
    listed = orjson.loads((tmp_path / "index" / "index.json").read_bytes())["segments"]
    assert names == ["index.json", *sorted(listed)]
    assert len(listed) <= 4
    assert_array_equal(index.documents.lengths_of(index.documents.starts[:1]), [14 * 14])


def test_other_settings_and_broken_files_are_refused_with_a_word(tmp_path, old):
    Index(tmp_path / "index").add(old[:3])
    with pytest.raises(UsageError, match=r"other settings of .dedup.; give these, or delete .* and build it again"):
        Index(tmp_path / "index", DedupConfig(threshold=0.9))
    segment = next((tmp_path / "index").glob("segment-*"))
    segment.write_bytes(b"something else" * 10)
    with pytest.raises(UsageError, match="not a dedup file"):
        Index(tmp_path / "index")
    (tmp_path / "index" / "index.json").write_bytes(b"{")
    with pytest.raises(UsageError, match="not an index"):
        Index(tmp_path / "index")


def test_the_old_corpus_wins_and_names_the_survivor(tmp_path, old, story, document):
    Index(tmp_path / "index").add(old)
    lines = story(3, 14).split("\n")
    new = [
        document("longer", "\n".join(lines) + "\n" + "وقال الناطق إن التفاصيل تنشر لاحقا على الموقع الرسمي"),
        document("same", "\n".join(lines)),
        document("cut", "\n".join(lines[:6])),
        document("fresh", story(70)),
        document("copy", story(70) + "\nالمصدر وكالات"),
    ]
    stage = learn(new, tmp_path / "index")
    verdicts = {one.id: stage.apply(one) for one in new}
    assert {name: verdict.reason for name, verdict in verdicts.items()} == {
        "longer": "near-duplicate",
        "same": "exact-duplicate",
        "cut": "contained",
        "fresh": "near-duplicate",
        "copy": "",
    }
    assert {verdicts[name].detail["survivor"] for name in ("longer", "same", "cut")} == {"old3"}
    assert verdicts["fresh"].detail["survivor"] == "copy"
    assert verdicts["longer"].detail["passage"].split()[:2] == lines[0].split()[:2]
    survivors = [orjson.loads(line)["survivor"] for line in stage.clusters()]
    assert survivors == ["copy", "old3"]
    other = Dedup(against=Index(tmp_path / "index"))
    other.load(memoryview(stage.dump()))
    assert [other.apply(one) for one in new] == list(verdicts.values())


def test_copies_of_a_copy_of_an_old_document_go_too(tmp_path, old, story, document):
    Index(tmp_path / "index").add(old)
    text = "\n".join(story(3, 14).split("\n")[1:])
    new = [document(name, text) for name in "abc"]
    stage = learn(new, tmp_path / "index")
    assert {(stage.apply(one).reason, stage.apply(one).detail["survivor"]) for one in new} == {
        ("near-duplicate", "old3")
    }


def test_in_a_crowd_whose_best_copy_the_index_has_the_others_are_compared_for_themselves(
    tmp_path, old, story, document
):
    """The outlet of the old story has another one in the same words, which others may copy but itself does not."""
    lines = story(50, 14).split("\n")
    told = document("told", "\n".join([*lines[:10], *story(60, 4).split("\n")]), "nahr")
    Index(tmp_path / "index").add([*old, told])
    best = document("best", "\n".join([*lines, "ختام الخبر"]), "sahil")
    ends = [f"خت{letter}" for letter in "ابجدهوز"]  # on both, so that they are no versions of one page
    crowd = [document(f"c{at}", "\n".join([end, *lines, end]), "nahr") for at, end in enumerate(ends)]
    stage = learn([best, *crowd], tmp_path / "index")
    assert (stage.apply(best).reason, stage.apply(best).detail["survivor"]) == ("near-duplicate", "told")
    assert stage.apply(crowd[0]).kept
    assert {(stage.apply(one).reason, stage.apply(one).detail["survivor"]) for one in crowd[1:]} == {
        ("near-duplicate", "c0")
    }


def test_an_id_used_by_the_old_corpus_is_given_to_no_other_story(tmp_path, old, story, document):
    Index(tmp_path / "index").add(old)
    fresh = document("old3", story(71))
    kept = learn([fresh], tmp_path / "index").apply(fresh).record
    assert (kept.text, kept.meta) == (fresh.text, {"given_id": "old3"})
    assert kept.id != "old3"


def test_a_record_that_the_old_corpus_has_goes_however_short_it_is(tmp_path, old, document):
    caption = document("caption", "صورة من حفل", "wadi")
    Index(tmp_path / "index").add([*old, caption])
    other = replace(caption, outlet="sahil")
    stage = learn([caption, other], tmp_path / "index")
    assert (stage.apply(caption).reason, stage.apply(caption).detail["survivor"]) == ("duplicate-id", "caption")
    assert stage.apply(other).record.meta == {"given_id": "caption"}


def test_a_fuller_text_takes_the_place_of_a_stub(tmp_path, old, story, document):
    lines = story(50, 14).split("\n")
    page = "https://wadi.example/9"
    stub = document("9", "\n".join(lines[:4]), "wadi", url=page, published="2024-05-01")
    index = Index(tmp_path)
    index.add([*old, stub])
    whole = document("9", "\n".join(lines), "wadi", url=page, published="2024-05-02")
    copy = document("copy", "\n".join(lines[1:]), "jabal")
    stage = learn([copy, whole], tmp_path)
    assert stage.apply(copy).detail["survivor"] == "9"
    kept = stage.apply(whole).record
    assert [(one.id, one.relation) for one in kept.also_in] == [("9", "replaces"), ("copy", "near")]
    assert (kept.id, kept.meta) == ("9", {})
    again = learn([kept], tmp_path / "none")
    assert again.apply(kept).record == kept
    assert index.add([kept], "a" * 64) == 1
    assert (len(index), len(Index(tmp_path))) == (41, 41)
    assert learn([whole], tmp_path).apply(whole).reason == "duplicate-id"


def test_a_later_version_of_a_page_replaces_it_and_an_earlier_one_goes(tmp_path, story, document):
    lines = story(50, 16).split("\n")
    page = {"outlet": "wadi", "url": "https://wadi.example/9"}
    Index(tmp_path).add([document("b", "\n".join(lines[2:14]), published="2024-05-02", **page)])
    for start, stop, published, reason in ((0, 14, "2024-05-03", ""), (4, 14, "2024-05-01", "near-duplicate")):
        version = document("a", "\n".join(lines[start:stop]), published=published, **page)
        verdict = learn([version], tmp_path).apply(version)
        assert verdict.reason == reason
        if not reason:
            assert [(copy.id, copy.relation) for copy in verdict.record.also_in] == [("b", "replaces")]


def test_a_digest_goes_if_the_index_has_all_of_it_and_replaces_nothing(tmp_path, old, story, document):
    Index(tmp_path).add(old)
    held = document("held", "\n".join(one.text for one in old[:3]), "wadi")
    more = document("more", held.text + "\n" + story(50, 14), "wadi")
    assert learn([held], tmp_path).apply(held).reason == "extended"
    assert learn([more], tmp_path).apply(more).record == more


def test_what_is_taken_out_of_an_index_wins_no_more(tmp_path, old, document, monkeypatch):
    monkeypatch.setattr("dedup.store.index._SEGMENT", 15)
    monkeypatch.setattr("dedup.store.segments._LARGEST", 15)
    index = Index(tmp_path)
    index.add(old, "a" * 64)
    assert len(index.segments) == 3
    assert index.remove(["old3", "old17", "none"]) == 2
    assert (len(index), len(index.segments), index.corpora) == (38, 3, ("a" * 64,))
    rest = [one for one in old if one.id not in ("old3", "old17")]
    fresh = Index(tmp_path / "fresh")
    fresh.add(rest[:14])
    for name, array in index.segments[0].arrays.items():
        assert_array_equal(array, fresh.segments[0].arrays[name])
    news = [document(f"new{at}", one.text, "jabal") for at, one in enumerate(old)]
    stage = learn(news, tmp_path)
    assert [one.id for one in news if stage.apply(one).kept] == ["new3", "new17"]
    assert index.add([news[3]], "b" * 64) == 1
    assert not learn([news[3]], tmp_path).apply(news[3]).kept
    assert index.remove([one.id for one in old]) == 38
    assert len(Index(tmp_path)) == 1
