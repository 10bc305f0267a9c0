import orjson
import pytest

from corpus.document import Document, Page, Source, to_json
from corpus.task import read_rows
from pipeline import live
from pipeline.live import Collector, process_page
from tests.pipeline.builds import story


def result(number, identity=None, cut=0):
    text = "\n".join(story(number).split("\n")[cut:])
    return to_json(Document(identity or f"d{number}", Source("a.warc.gz", number), text, outlet="سهيل"))


def shard(out, folder):
    return [row for path in sorted((out / "live" / folder).glob("part-*")) for row in read_rows(path)]


def test_a_page_becomes_a_clean_story():
    paragraphs = "".join(f"<p>{line}</p>" for line in story(1).split("\n"))
    body = f"<!doctype html><html><head><title>عنوان</title></head><body><article><h1>عنوان</h1>{paragraphs}</article>"
    page = Page("p1", Source("a.warc.gz"), f"{body}<p>إقرأ أيضاً</p></body></html>".encode(), url="https://s.example/1")
    row = orjson.loads(process_page(page))
    assert (row["id"], row["outlet"], row["language"]) == ("p1", "s.example", "ar")
    assert row["text"].split() == story(1).split()
    assert process_page(Page("p2", Source("a.warc.gz"), b"<html><body>404</body></html>")) is None


def test_each_story_is_kept_once_and_copies_are_accounted_for(tmp_path):
    collector = Collector(str(tmp_path))
    assert [collector.add(result(number)) for number in range(3)] == ["kept"] * 3
    assert collector.add(result(1, "copy")) == "exact-duplicate"
    assert collector.add(result(2, "edited", cut=1)) in ("near-duplicate", "contained")
    assert collector.add(result(0)) == "known"
    collector.close()
    assert [row["id"] for row in shard(tmp_path, "corpus")] == ["d0", "d1", "d2"]
    assert [(row["id"], row["survivor"]) for row in shard(tmp_path, "removed")] == [("copy", "d1"), ("edited", "d2")]


def test_parts_are_published_on_the_way(tmp_path, monkeypatch):
    monkeypatch.setattr(live, "PART_ROWS", 2)
    collector = Collector(str(tmp_path))
    for number in range(5):
        collector.add(result(number))
    assert [row["id"] for row in shard(tmp_path, "corpus")] == ["d0", "d1", "d2", "d3"]


@pytest.mark.parametrize("damage", [b"", b'{"id": "half'])
def test_a_killed_collector_goes_on_where_it_was(tmp_path, damage):
    collector = Collector(str(tmp_path))
    collector.add(result(0))
    collector._kept.append(orjson.loads(result(1)))  # killed before the index knew
    with collector._kept._open_part.open("ab") as stream:
        stream.write(damage)
    again = Collector(str(tmp_path))
    assert [again.add(result(number)) for number in range(3)] == ["known", "kept", "kept"]
    again.close()
    assert [row["id"] for row in shard(tmp_path, "corpus")] == ["d0", "d1", "d2"]


def test_a_part_published_before_the_crash_is_not_published_again(tmp_path):
    collector = Collector(str(tmp_path))
    collector.add(result(0))
    open_part, data = collector._kept._open_part, collector._kept._open_part.read_bytes()
    collector.close()
    open_part.write_bytes(data)
    again = Collector(str(tmp_path))
    again.add(result(1))
    again.close()
    assert [row["id"] for row in shard(tmp_path, "corpus")] == ["d0", "d1"]
