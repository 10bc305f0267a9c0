"""What became of a record: `why`, `explain`, `stats` and `sample`, on a small corpus with a reason of each kind."""

import hashlib
import io
import random
import resource
import shutil
from dataclasses import asdict
from pathlib import Path

import orjson
import pytest

from corpus.errors import UsageError
from corpus.formats.shards import open_shard
from corpus.records import Document, Source
from ghirbal.account import side_by_side
from ghirbal.config import read_config
from ghirbal.opened import Corpus, documents_of
from ghirbal.published import RemovedRecord
from tests.ghirbal.builds import build, call, command, rare_words, rows, story

FURNITURE = "تابعوا نشرة الساحل كل مساء"


def told(number):
    return f"{story(number)}\n{rare_words(number)}"


@pytest.fixture(scope="module")
def job(tmp_path_factory):
    folder = tmp_path_factory.mktemp("why")
    sahil = folder / "dumps" / "sahil" / "2024"
    sahil.mkdir(parents=True)
    for number in range(5):
        (sahil / f"{number}.txt").write_text(f"{told(number)}\n{FURNITURE}\n", "utf-8")
    (sahil / "short.txt").write_text("خبر قصير جدا", "utf-8")
    lines = [
        {"id": "w1", "url": "https://www.wadi.example/1/%D8%AE%D8%A8%D8%B1/", "outlet": "wadi", "text": told(1),
         "title": "افتتاح الجسر الجديد قبل الأوان"},
        {"id": "w9", "url": "https://wadi.example/9", "outlet": "wadi", "text": told(9), "title": "عن المرفأ القديم"},
    ]  # fmt: skip
    (folder / "dumps" / "wadi.jsonl").write_bytes(b"".join(orjson.dumps(line) + b"\n" for line in lines) + b"{\n")
    build(folder / "dumps", folder / "out")
    return folder


@pytest.fixture(scope="module")
def corpus(job):
    return Corpus(job / "out")


def places(found):
    return [(row.source.path, row.source.record) for row in found]


def test_a_corpus_is_what_python_iterates(corpus, job):
    assert len(corpus) == len(list(corpus)) == 6
    assert [row.reason for row in corpus.removed] == ["bad-json", "too-short", "exact-duplicate"]
    (cluster,) = corpus.clusters
    assert {member.outlet for member in cluster.members} == {"sahil", "wadi"}
    assert list(corpus) == list(Corpus(job / "out" / "corpus"))
    part = next((job / "out" / "removed").iterdir())
    assert places(Corpus(part)) == places(corpus)


@pytest.mark.parametrize(
    ("key", "place"),
    [
        ("w9", ("wadi.jsonl", 1)),
        ("https://wadi.example/9", ("wadi.jsonl", 1)),
        ("http://www.wadi.example/9/#top", ("wadi.jsonl", 1)),
        ("https://wadi.example/1/خبر", ("wadi.jsonl", 0)),
        ("wadi.example/1/%D8%AE%D8%A8%D8%B1", ("wadi.jsonl", 0)),
        ("sahil/2024/3.txt", ("sahil/2024/3.txt", 0)),
        ("/anywhere/dumps/sahil/2024/3.txt", ("sahil/2024/3.txt", 0)),
        ("short.txt", ("sahil/2024/short.txt", 0)),
        ("wadi.jsonl:1", ("wadi.jsonl", 1)),
        ("wadi.jsonl:2", ("wadi.jsonl", 2)),
        ("المرفأ القديم", ("wadi.jsonl", 1)),
        ("القديم المرفا", ("wadi.jsonl", 1)),
        ("الاوان قبل الجسر", ("wadi.jsonl", 0)),
    ],
)
def test_a_record_is_found_by_whatever_it_is_known_by(corpus, key, place):
    assert places(corpus.find(key)) == [place]


def test_what_names_nothing_is_said(corpus):
    for key in ("w10", "https://wadi.example/10", "x.txt", "الجسر القديم", "wadi.jsonl:9"):
        assert corpus.find(key) == []
        with pytest.raises(UsageError, match=r"none of the 9 records of .* has this id"):
            corpus.why(key)
    with pytest.raises(UsageError, match="an empty name"):
        corpus.find(" ")


def test_each_stage_says_what_it_did(corpus):
    (kept,) = corpus.why("2.txt")
    assert kept.kept
    assert str(kept).split("\n") == [
        "read     sahil/2024/2.txt, record 0 (byte 0)",
        "extract  came as text, in utf-8",
        "clean    removed 1 spans: furniture 1",
        "filter   kept, language ar (1.00 of the evidence)",
        "dedup    kept, no copy of it was found",
    ]
    (short,) = corpus.why("short.txt")
    assert short.stages["filter"] == "REMOVED: too-short, measured 3 where the limit is 20"
    assert "dedup" not in short.stages
    (broken,) = corpus.why("wadi.jsonl:2")
    assert list(broken.stages) == ["read"]
    assert broken.stages["read"].startswith("wadi.jsonl, record 2 (byte ")
    assert ": FAILED: bad-json, " in broken.stages["read"]


def test_a_copy_is_told_with_what_it_was_removed_for(corpus):
    (copy,) = (row for row in corpus.removed if row.reason == "exact-duplicate")
    (account,) = corpus.why(copy.id)
    assert account.record == copy
    assert account.survivor == next(row for row in corpus if row.id == copy.survivor)
    assert copy.survivor_outlet == account.survivor.outlet
    assert copy.survivor_url == account.survivor.url
    (other,) = corpus.why(copy.survivor)
    assert other.stages["dedup"].startswith(f"kept for its 1 copies: {copy.outlet} (exact 1.00)")


def test_a_record_is_known_by_the_id_it_brought_and_its_survivor_by_title(tmp_path):
    lines = [
        {"id": "7", "outlet": "wadi", "title": "عن السد", "text": told(1)},
        {"id": "7", "outlet": "wadi", "title": "عن الجسر", "text": told(2)},
        {"id": "8", "outlet": "sahil", "text": told(2)},
    ]
    (tmp_path / "a.jsonl").write_bytes(b"".join(orjson.dumps(line) + b"\n" for line in lines))
    build(tmp_path / "a.jsonl", tmp_path / "out", command="dedup")
    accounts = Corpus(tmp_path / "out").why("7")
    assert [(account.kept, account.record.title) for account in accounts] == [(True, "عن السد"), (True, "عن الجسر")]
    (copy,) = Corpus(tmp_path / "out").why("8")
    assert copy.record.survivor_title == "عن الجسر"
    assert f"the same words as the document that was kept: {copy.survivor.id} (wadi, عن الجسر)" in copy.stages["dedup"]


def test_removed_keeps_whole_texts_unless_told_otherwise(job, tmp_path):
    (short,) = (row for row in rows(job / "out", "removed") if row["reason"] == "too-short")
    assert short["text"] == short["excerpt"] == "خبر قصير جدا"
    (copy,) = (row for row in rows(job / "out", "removed") if row["reason"] == "exact-duplicate")
    assert copy["text"] == told(1)
    (tmp_path / "a.toml").write_text("[run]\nremoved_text = false\n")
    build(job / "dumps", tmp_path / "out", config=read_config(str(tmp_path / "a.toml")))
    assert not any("text" in row for row in rows(tmp_path / "out", "removed"))


def test_the_command_shows_both_texts_and_reads_the_record_again(job, monkeypatch, capsys):
    copy = next(row for row in Corpus(job / "out").removed if row.reason == "exact-duplicate")
    code, said = call(monkeypatch, capsys, "why", job / "out" / "corpus", copy.id)
    assert code == 0
    assert f"removed: {copy.outlet}" in said.out
    assert f"kept: {copy.survivor_outlet}" in said.out
    code, said = call(monkeypatch, capsys, "why", job / "out", "3.txt", "--from", job / "dumps", "--json")
    (span,) = orjson.loads(said.out)["spans"]
    assert span["rule"] == "furniture"
    assert span["evidence"] == "closes 5 stories of sahil that have nothing else in common"
    assert span["text"].strip() == FURNITURE
    code, said = call(monkeypatch, capsys, "why", job / "out", "3.txt", "--from", job / "out")
    assert code == 2
    assert "name what the corpus was built from" in said.err
    assert call(monkeypatch, capsys, "why", job / "dumps", "3.txt")[0] == 2


def test_of_many_that_are_meant_each_is_named(job, monkeypatch, capsys):
    code, said = call(monkeypatch, capsys, "why", job / "out", "wadi.jsonl")
    assert (code, said.out.count("wadi.jsonl, record")) == (0, 3)


def explained(monkeypatch, capsys, *arguments):
    code, said = call(monkeypatch, capsys, "explain", "--json", *arguments)
    return code, [orjson.loads(line) for line in said.out.splitlines()]


def test_explain_does_what_the_build_did(job, monkeypatch, capsys):
    path = job / "dumps" / "sahil" / "2024" / "3.txt"
    kept = {row.source.path: row for row in Corpus(job / "out")}
    for option in (("--like", job / "out"), ("--boilerplate", job / "out")):
        code, (row,) = explained(monkeypatch, capsys, path, *option)
        assert (code, row["text"]) == (0, kept["sahil/2024/3.txt"].text)
        assert row["fields"]["outlet"] == "sahil"
        assert [span["rule"] for span in row["spans"]] == ["furniture"]
        assert row["verdict"] == {"kept": True, "reason": ""}
    code, (row,) = explained(monkeypatch, capsys, path)
    assert (code, [span["rule"] for span in row["spans"]]) == (0, ["trailing"])
    code, (row,) = explained(monkeypatch, capsys, path.with_name("short.txt"))
    assert row["verdict"] == {"kept": False, "reason": "too-short", "value": 3, "limit": 20}
    code, said = call(monkeypatch, capsys, "explain", path.with_name("short.txt"))
    assert (code, "too-short (value 3, limit 20)" in said.out) == (0, True)


def test_a_corpus_is_named_by_its_folder_its_documents_or_a_file_of_them(job, monkeypatch, capsys):
    path, out = job / "dumps" / "sahil" / "2024" / "3.txt", job / "out"
    for name in (out, out / "corpus", next((out / "corpus").iterdir()), next((out / "removed").iterdir())):
        for asked in (
            ("why", name, "w9"), ("stats", name), ("sample", name), ("check", name), ("similar", path, name),
            ("explain", path, "--like", name), ("explain", path, "--boilerplate", name),
        ):  # fmt: skip
            code, said = call(monkeypatch, capsys, *asked)
            assert (code, said.err) == (0, ""), asked
            assert asked[0] != "explain" or "[-تابعوا" in said.out


def test_explain_picks_a_record_and_reads_standard_input(job, monkeypatch, capsys):
    path = job / "dumps" / "wadi.jsonl"
    for option, wanted in ((("--record", 1), "w9"), (("--id", "w1"), "w1")):
        code, found = explained(monkeypatch, capsys, path, *option)
        assert (code, [row["id"] for row in found]) == (1, [wanted])
    code, said = call(monkeypatch, capsys, "explain", path, "--id", "w7")
    assert (code, "has no document with id w7, among 2" in said.err) == (2, True)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(path.read_bytes().splitlines()[0])))
    code, (row,) = explained(monkeypatch, capsys, "-")
    assert (code, row["id"]) == (0, "w1")
    monkeypatch.setattr("sys.stdin", None)
    code, said = call(monkeypatch, capsys, "explain", "-")
    assert (code, "-: standard input is closed" in said.err) == (2, True)


def test_a_sample_is_drawn_the_same_and_by_what_is_asked_for(job, monkeypatch, capsys):
    def drawn(*arguments):
        code, said = call(monkeypatch, capsys, "sample", job / "out", "--json", *arguments)
        return code, [orjson.loads(line)["source"]["path"] for line in said.out.splitlines()]

    code, two = drawn("-n", 2)
    assert (code, len(two), drawn("-n", 2)) == (0, 2, (0, two))
    assert "_key" not in call(monkeypatch, capsys, "sample", job / "out", "--json")[1].out
    assert any(drawn("-n", 2, "--seed", seed) != (0, two) for seed in range(1, 5))
    assert drawn("--outlet", "wadi", "--language", "ar")[1] == ["wadi.jsonl"]
    assert drawn("--reason", "too-short") == (0, ["sahil/2024/short.txt"])
    assert len(drawn("--removed")[1]) == 3
    assert drawn("--outlet", "nobody")[0] == 2
    assert "خبر قصير جدا" in call(monkeypatch, capsys, "sample", job / "out", "--reason", "too-short")[1].out


def test_stats_are_those_of_the_report(job, monkeypatch, capsys):
    code, said = call(monkeypatch, capsys, "stats", job / "out", "--json")
    report = orjson.loads((job / "out" / "report.json").read_bytes())
    stats = orjson.loads(said.out)
    assert code == 0
    assert {name: report[name] for name in ("read", "kept", "reasons", "outlets")} == {
        name: stats[name] for name in ("read", "kept", "reasons", "outlets")
    }
    assert "outlets, documents kept" in call(monkeypatch, capsys, "stats", job / "out")[1].out


@pytest.mark.parametrize("form", ["parquet", "jsonl.gz"])
def test_every_format_is_read_back(job, corpus, tmp_path, form):
    build(job / "dumps", tmp_path / "out", form=form)
    other = Corpus(tmp_path / "out")
    assert list(other) == list(corpus)
    assert places(other.find("w9")) == [("wadi.jsonl", 1)]
    assert places(other.find("القديم المرفا")) == [("wadi.jsonl", 1)]
    assert set(documents_of(other.parts("corpus"), ("w9", "nobody"))) == {"w9"}


def test_bare_texts_and_unfinished_folders_have_no_records(job, tmp_path):
    build(job / "dumps", tmp_path / "texts", form="txt")
    with pytest.raises(UsageError, match="holds bare texts"):
        Corpus(tmp_path / "texts")
    shutil.copytree(job / "out" / "corpus", tmp_path / "corpus")
    for path in (tmp_path / "corpus", Path("nowhere")):
        with pytest.raises(UsageError, match="no finished corpus"):
            Corpus(path)


def test_records_have_their_types(corpus):
    assert all(isinstance(row, Document) for row in corpus)
    assert all(isinstance(row, RemovedRecord) for row in corpus.removed)


def test_two_texts_side_by_side_are_whole():
    one, other = "أعلن الوزير، أمس. وقال\nإن السد", "اعلن الوزير اليوم. وقال\nإنّ السد كبير"
    ours, theirs = side_by_side(one, other)
    assert ("".join(piece for piece, _ in ours), "".join(piece for piece, _ in theirs)) == (one, other)
    assert [piece for piece, shared in theirs if not shared] == [" الوزير اليوم.", " كبير"]


@pytest.mark.slow
@pytest.mark.broken_corpus
def test_a_record_of_100_000_is_told_within_a_second(tmp_path):
    out, files, words = tmp_path / "out", {}, " ".join(story(number) for number in range(20)).split()
    dice = random.Random(1)
    for part in range(5):
        with (
            open_shard(tmp_path / f"out/removed/part-{part:05d}.jsonl.zst", "jsonl.zst") as removed,
            open_shard(tmp_path / f"out/corpus/part-{part:05d}.jsonl.zst", "jsonl.zst") as kept,
        ):
            for number in range(part * 20_000, part * 20_000 + 20_000):
                text = " ".join(dice.choices(words, k=250))
                url = f"https://sahil.example/{number}"
                kept.write(Document(f"{number:032x}", Source("a.jsonl", number), text, title=text[:40], url=url))
        for folder, shard in (("removed", removed), ("corpus", kept)):
            files[f"{folder}/part-{part:05d}.jsonl.zst"] = asdict(shard.published)
    counts = {"read": 100_000, "kept": 100_000, "dropped": 0, "failed": 0}
    manifest = {"command": "build", "configuration": {"format": "jsonl.zst"}, "counts": counts, "files": files}
    (out / "manifest.json").write_bytes(orjson.dumps(manifest))
    (out / "_SUCCESS").write_text(hashlib.sha256(orjson.dumps(manifest)).hexdigest())
    for key in (f"{99_999:032x}", "https://sahil.example/99999", "a.jsonl:99999"):
        times = []
        for _ in range(3):
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            assert command("why", out, key).stdout.startswith("kept")
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            times.append(after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime)
        assert min(times) < 1.0, (key, times)
