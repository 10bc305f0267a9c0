import sys

import orjson
import pytest

from corpus.arabic import words
from corpus.errors import UsageError
from dedup.config import DedupConfig
from dedup.index import Index
from pipeline.against import extend_index, find_index
from pipeline.cli import main
from tests.pipeline.builds import build, rows, story


def write(folder, numbers, prefix):
    folder.mkdir()
    lines = (orjson.dumps({"id": f"{prefix}{n}", "text": story(n), "outlet": prefix}) + b"\n" for n in numbers)
    (folder / "a.jsonl").write_bytes(b"".join(lines))
    return folder


@pytest.fixture
def old(tmp_path):
    build(write(tmp_path / "old-dumps", range(6), "o"), tmp_path / "old")
    return tmp_path / "old"


def test_the_index_is_built_once_and_extended(old, tmp_path):
    build(write(tmp_path / "more-dumps", range(6, 9), "m"), tmp_path / "more")
    index = tmp_path / "index"
    assert extend_index(index, [old], DedupConfig()) == 6
    assert extend_index(index, [old, tmp_path / "more"], DedupConfig()) == 3
    new = write(tmp_path / "new", (2, 7, 20), "n")
    build(new, tmp_path / "out", against=str(index))
    assert [row["id"] for row in rows(tmp_path / "out", "corpus")] == ["n20"]
    assert {row["survivor"] for row in rows(tmp_path / "out", "removed")} == {"o2", "m7"}
    with pytest.raises(UsageError, match="neither a finished corpus nor an index"):
        find_index(new, DedupConfig())


def test_a_half_added_corpus_is_added_again(old, tmp_path):
    index = tmp_path / "index"
    extend_index(index, [old], DedupConfig())
    half = Index(index, DedupConfig())
    half.add([half_document(old)])
    assert extend_index(index, [old], DedupConfig()) == 6
    assert len(Index(index, DedupConfig())) == 6


def half_document(corpus):
    from pipeline.against import read_corpus

    return next(iter(read_corpus(corpus)))


def test_similar_names_the_copy_and_what_they_share(old, tmp_path, monkeypatch, capsys):
    (tmp_path / "one.txt").write_text(story(3), "utf-8")
    monkeypatch.setattr(sys, "argv", ["ghirbal", "similar", str(tmp_path / "one.txt"), str(old), "--json"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 0
    best = orjson.loads(capsys.readouterr().out)["similar"][0]
    assert (best["id"], best["relation"]) == ("o3", "exact")
    assert best["scores"]["resemblance"] == 1.0
    assert best["passage_words"] == len(words(story(3)))
    assert story(3).startswith(" ".join(best["passage"].split()[:5]))
