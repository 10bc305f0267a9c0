import gzip
import os
import random
import shutil
import subprocess
import sys

import orjson
import pytest

from corpus.errors import EnvironmentFault, UsageError
from corpus.files.durable import run_lock
from dedup.config import DedupConfig
from dedup.stages import Dedup
from ghirbal.check import check_corpus
from ghirbal.config import Config
from tests.conftest import EXAMPLES
from tests.ghirbal.builds import build, call, command, report, rows, story, tree


@pytest.fixture
def dumps(tmp_path):
    folder = tmp_path / "dumps" / "sahil"
    folder.mkdir(parents=True)
    for number in range(4):
        (folder / f"{number}.txt").write_text(story(number), "utf-8")
    lines = [orjson.dumps({"id": f"j{n}", "text": story(n), "outlet": "miraat"}) for n in range(2, 8)]
    (folder.parent / "miraat.jsonl").write_bytes(b"\n".join(lines) + b"\n")
    return folder.parent


def test_a_folder_and_all_that_is_in_it_are_the_same_input(dumps, tmp_path):
    (dumps / "wadi" / "2024").mkdir(parents=True)
    (dumps / "wadi" / "2024" / "0.txt").write_text(story(20), "utf-8")
    build(dumps, tmp_path / "one")
    build(sorted(dumps.iterdir()), tmp_path / "all")
    assert tree(tmp_path / "all") == tree(tmp_path / "one")
    assert {row["outlet"] for row in rows(tmp_path / "all", "corpus")} == {"sahil", "wadi", "miraat"}
    assert build(dumps, tmp_path / "all").already


def test_files_of_one_name_in_two_folders_are_two_stories(tmp_path):
    for at, folder in enumerate(("may", "june")):
        (tmp_path / folder).mkdir()
        for number in range(5):
            (tmp_path / folder / f"{number}.txt").write_text(story(10 * at + number), "utf-8")
    finished = build([tmp_path / "may", tmp_path / "june"], tmp_path / "out")
    assert (finished.report.kept, finished.report.dropped) == (10, 0)
    kept = rows(tmp_path / "out", "corpus")
    assert {(row["outlet"], row["source"]["path"]) for row in kept} == {
        (folder, f"{folder}/{number}.txt") for folder in ("may", "june") for number in range(5)
    }
    assert not any(row["also_in"] for row in kept)


def test_a_corpus_beside_a_copy_of_itself_stays_what_it_is(dumps, tmp_path):
    build(dumps, tmp_path / "one")
    shutil.copytree(tmp_path / "one", tmp_path / "two")
    finished = build([tmp_path / "one", tmp_path / "two"], tmp_path / "out", command="dedup")
    assert (finished.report.read, finished.report.kept) == (16, 8)
    by_id = {row["id"]: row for row in rows(tmp_path / "one", "corpus")}
    assert {row["id"]: row for row in rows(tmp_path / "out", "corpus")} == by_id
    assert {row["reason"] for row in rows(tmp_path / "out", "removed")} == {"duplicate-id"}


@pytest.mark.parametrize("name", ["wadi.jsonl", "sahil2/wadi.jsonl"])
def test_two_outlets_that_number_alike_lose_nothing(tmp_path, name):
    for at, path in enumerate(("dumps/sahil/sahil.jsonl", f"dumps/{name}")):
        (tmp_path / path).parent.mkdir(exist_ok=True, parents=True)
        outlet = "sahil" if at == 0 else "wadi"
        lines = [orjson.dumps({"id": n, "text": story(10 * at + n), "outlet": outlet}) for n in range(5)]
        (tmp_path / path).write_bytes(b"\n".join(lines))
    finished = build(tmp_path / "dumps", tmp_path / "out")
    assert (finished.report.kept, finished.exit_code) == (10, 0)
    kept = rows(tmp_path / "out", "corpus")
    assert len({row["id"] for row in kept}) == 10
    assert sorted(row["meta"]["given_id"] for row in kept) == sorted("0123401234")


def test_each_story_stands_once_and_every_removal_is_accounted_for(dumps, tmp_path):
    finished = build(dumps, tmp_path / "out")
    counts = finished.report
    assert (counts.read, counts.kept, counts.dropped, counts.failed) == (10, 8, 2, 0)
    assert finished.exit_code == 0
    kept, removed = rows(tmp_path / "out", "corpus"), rows(tmp_path / "out", "removed")
    assert {row["reason"] for row in removed} == {"exact-duplicate"}
    survivors = {row["id"]: row for row in kept}
    for row in removed:
        assert survivors[row["survivor"]]["also_in"][0]["id"] == row["id"]
    clusters = [orjson.loads(line) for line in (tmp_path / "out" / "clusters.jsonl").read_bytes().splitlines()]
    assert len(clusters) == 2
    assert {cluster["survivor"] for cluster in clusters} == {row["survivor"] for row in removed}
    assert check_corpus(tmp_path / "out") == []
    assert not (tmp_path / "out" / ".ghirbal" / "work").exists()


def test_bad_inputs_are_named_and_the_rest_goes_on(dumps, tmp_path):
    whole = gzip.compress(b"".join(orjson.dumps({"text": story(n)}) + b"\n" for n in range(20, 40)))
    (dumps / "cut.jsonl.gz").write_bytes(whole[: len(whole) // 2])
    (dumps / "empty.txt").write_bytes(b"")
    (dumps / "random.txt").write_bytes(random.Random(1).randbytes(5000))
    (dumps / "random.bin").write_bytes(random.Random(2).randbytes(5000))
    (dumps / "lines.jsonl").write_bytes(b'{"text": "\n' + orjson.dumps({"text": story(50)}) + b"\n[]\n")
    (dumps / "dangling.txt").symlink_to(dumps / "nowhere")
    finished = build(dumps, tmp_path / "out")
    assert finished.exit_code == 1
    assert finished.report.kept == 9
    found = {(row["source"]["path"], row["reason"]) for row in rows(tmp_path / "out", "removed") if row["failed"]}
    assert {path for path, _ in found} == {
        "cut.jsonl.gz", "empty.txt", "random.txt", "lines.jsonl", "dangling.txt",
    }  # fmt: skip
    assert ("cut.jsonl.gz", "truncated-input") in found
    assert ("empty.txt", "empty-input") in found
    assert finished.report.reasons["not-a-dump"] == 1
    assert finished.report.failed == 6
    assert [row["count"] for row in report(tmp_path / "out")["failures"]] == [1] * 6
    assert check_corpus(tmp_path / "out") == []


def test_the_same_run_again_does_nothing_and_another_is_refused(dumps, tmp_path):
    out = tmp_path / "out"
    build(dumps, out)
    before = tree(out)
    assert build(dumps, out).already
    assert tree(out) == before
    (dumps / "new.txt").write_text(story(60), "utf-8")
    with pytest.raises(UsageError, match="what differs: inputs.*--fresh"):
        build(dumps, out)
    assert tree(out) == before
    assert build(dumps, out, fresh=True).report.kept == 9


def test_foreign_files_are_never_touched(dumps, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / "thesis.txt").write_text("mine")
    with pytest.raises(UsageError, match=r"no run of ours wrote \(thesis.txt\)"):
        build(dumps, out, fresh=True)
    assert (out / "thesis.txt").read_text() == "mine"
    with pytest.raises(UsageError, match="this is a file"):
        build(dumps, out / "thesis.txt")
    with pytest.raises(UsageError, match="lies inside the input"):
        build(tmp_path, tmp_path / "inside")


def test_a_full_disk_ends_with_nothing_half_published(dumps, tmp_path, monkeypatch):
    def refuse(*_args, **_kwargs):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", refuse)
        with pytest.raises(EnvironmentFault):
            build(dumps, tmp_path / "out")
    assert not (tmp_path / "out" / "_SUCCESS").exists()
    build(dumps, tmp_path / "out")
    build(dumps, tmp_path / "calm")
    assert tree(tmp_path / "out") == tree(tmp_path / "calm")


def test_a_finished_corpus_is_an_input(dumps, tmp_path):
    build(dumps, tmp_path / "clean", command="clean")
    assert report(tmp_path / "clean")["kept"] == 10
    finished = build(tmp_path / "clean", tmp_path / "unique", command="dedup")
    assert (finished.report.read, finished.report.kept) == (10, 8)
    ids = {row["id"] for row in rows(tmp_path / "unique", "corpus")}
    assert ids < {row["id"] for row in rows(tmp_path / "clean", "corpus")}


def test_of_a_corpus_in_a_folder_only_the_documents_are_read(dumps, tmp_path):
    build(dumps, tmp_path / "all/deep/old", command="dedup")
    (tmp_path / "all/more.txt").write_text(story(90), "utf-8")
    below = build(tmp_path / "all", tmp_path / "out", command="clean")
    assert (below.report.read, below.report.failed) == (9, 0)
    removed = build([tmp_path / "all", tmp_path / "all/deep/old/removed"], tmp_path / "both", command="clean")
    assert removed.report.read == 11
    (tmp_path / "all/deep/old/_SUCCESS").unlink()
    with pytest.raises(UsageError, match="an unfinished corpus"):
        build(tmp_path / "all", tmp_path / "late", command="clean")


def test_an_existing_corpus_wins(dumps, tmp_path):
    build(dumps, tmp_path / "old")
    new = tmp_path / "new"
    new.mkdir()
    lines = [orjson.dumps({"id": f"n{n}", "text": story(n)}) for n in (1, 5, 70)]
    (new / "a.jsonl").write_bytes(b"\n".join(lines))
    build(new, tmp_path / "out", command="dedup", against=str(tmp_path / "old"))
    assert [row["id"] for row in rows(tmp_path / "out", "corpus")] == ["n70"]
    old = {row["id"] for row in rows(tmp_path / "old", "corpus")}
    assert {row["survivor"] for row in rows(tmp_path / "out", "removed")} <= old
    assert check_corpus(tmp_path / "out") == []


@pytest.mark.broken_corpus
def test_a_changed_byte_is_found(dumps, tmp_path):
    out = tmp_path / "out"
    build(dumps, out, form="jsonl")
    part = out / "corpus" / "part-00000.jsonl"
    data = bytearray(part.read_bytes())
    data[100] ^= 1
    part.write_bytes(data)
    assert check_corpus(out) == ["corpus/part-00000.jsonl: changed since it was published (digest differs)"]
    part.unlink()
    assert check_corpus(out) == ["corpus/part-00000.jsonl: missing"]


@pytest.mark.parametrize("form", ["jsonl", "jsonl.gz", "txt", "parquet"])
def test_every_format_can_be_built_checked_and_built_again(dumps, tmp_path, form):
    build(dumps, tmp_path / "out", form=form)
    assert (tmp_path / "out" / "corpus" / f"part-00000.{form}").is_file()
    assert check_corpus(tmp_path / "out") == []
    build(tmp_path / "out", tmp_path / "again", form=form, command="clean")
    part = f"corpus/part-00000.{form}"
    assert form == "txt" or (tmp_path / "again" / part).read_bytes() == (tmp_path / "out" / part).read_bytes()


@pytest.mark.broken_corpus
@pytest.mark.parametrize(
    ("form", "data"),
    [
        ("jsonl", b'{"id": 1}\n'), ("jsonl", b'{"id": \n'), ("parquet", b"PAR1xx"), ("jsonl.gz", b"\x1f\x8b"),
        ("jsonl.zst", b"x"),
    ],
)
def test_records_that_are_damaged_are_no_defect_of_ours(dumps, tmp_path, monkeypatch, capsys, form, data):
    out = tmp_path / "out"
    build(dumps / "sahil", out, form=form, command="clean")
    (out / "corpus" / f"part-00000.{form}").write_bytes(data)
    for arguments in (("sample", out), ("index", out, "-o", tmp_path / "index")):
        code, said = call(monkeypatch, capsys, *arguments)
        assert (code, said.err.startswith(f"error: {out}: damaged (")) == (2, True), said.err
        assert said.err.endswith(f"; run: ghirbal check {out}\n")
    for name in ("0.txt", "no such title", "https://none.example/1"):
        code, said = call(monkeypatch, capsys, "why", out, name)
        assert (code, said.err.startswith(f"error: {out}: damaged (")) == (2, True), said.err


def test_no_filters_drops_no_document(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.txt").write_text("قصير", "utf-8")
    assert build(tmp_path / "in", tmp_path / "one", command="clean").report.kept == 0
    assert build(tmp_path / "in", tmp_path / "two", command="clean", filters=False).report.kept == 1


def test_the_command_line_from_end_to_end(dumps, tmp_path):
    out = tmp_path / "out"
    done = command("build", dumps, "-o", out, "--workers", "1", "-q")
    assert (done.returncode, done.stderr) == (0, "")
    assert f"corpus:  {out}/corpus" in done.stdout
    piped = (dumps / "miraat.jsonl").read_text("utf-8")
    done = command("clean", "-", "-o", tmp_path / "piped", "-q", "--workers", "1", input=piped)
    assert done.returncode == 0, done.stderr
    assert len(rows(tmp_path / "piped", "corpus")) == 6


@pytest.mark.broken_corpus
def test_exit_codes_tell_what_happened(dumps, tmp_path, monkeypatch, capsys):
    out = tmp_path / "out"
    assert call(monkeypatch, capsys, "build", dumps, "-o", out, "--workers", 1, "-q")[0] == 0
    code, said = call(monkeypatch, capsys, "check", out)
    assert (code, said.out) == (0, f"{out}: every law holds\n")
    (out / "clusters.jsonl").write_bytes(b"")
    assert call(monkeypatch, capsys, "check", out)[0] == 1
    (dumps / "bad.jsonl").write_bytes(b"{\n")
    assert call(monkeypatch, capsys, "build", dumps, "-o", tmp_path / "bad", "--workers", 1, "-q")[0] == 1
    missing = ["build", dumps / "none", "-o", tmp_path / "no"]
    for arguments in (["build", dumps], missing, ["check", dumps], ["nonsense"]):
        code, said = call(monkeypatch, capsys, *arguments)
        assert code == 2
        assert said.err
    with run_lock(tmp_path / "held" / ".ghirbal" / "lock"):
        code, said = call(monkeypatch, capsys, "build", dumps, "-o", tmp_path / "held")
    assert code == 3
    assert f"another run (process {os.getpid()})" in said.err


def test_a_misspelt_key_is_refused_before_anything_is_written(dumps, tmp_path, monkeypatch, capsys):
    config = tmp_path / "ghirbal.toml"
    config.write_text("[dedup]\nthreshhold = 0.5\n")
    code, said = call(monkeypatch, capsys, "build", dumps, "-o", tmp_path / "x", "--config", config)
    assert code == 2
    assert "unknown field `threshhold`" in said.err.replace("\n", " ")
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize("text", ["x = [", "[[furniture]]\noutlet = 3\n", None])
def test_a_reviewed_table_that_cannot_be_read_is_named_before_anything_is_written(
    dumps, tmp_path, monkeypatch, capsys, text
):
    table = tmp_path / "table.toml"
    if text is not None:
        table.write_text(text)
    for arguments in (("build", dumps, "-o", tmp_path / "no"), ("explain", dumps / "miraat.jsonl")):
        code, said = call(monkeypatch, capsys, *arguments, "--boilerplate", table)
        assert (code, said.out) == (2, "")
        assert "table" in said.err
    assert not (tmp_path / "no").exists()


def test_scores_of_rows_that_are_none_end_with_a_message(tmp_path, monkeypatch, capsys):
    rows_file = tmp_path / "rows.jsonl"
    rows_file.write_text('{"x": 1}\n')
    for kind in ("text", "html", "dups"):
        code, said = call(monkeypatch, capsys, "score", kind, rows_file, rows_file)
        assert code == 2
        assert "score --help" in said.err


@pytest.mark.parametrize(
    ("needed", "spared"),
    [
        ("ghirbal.jobs, cleaning.stages", {"dedup.kernel", "datasketch", "langdetect"}),
        ("ghirbal.jobs, dedup.stages", {"cleaning.html", "cleaning.article", "datasketch", "langdetect"}),
    ],
)
def test_a_command_does_not_load_what_only_others_need(needed, spared):
    code = f"import sys, {needed}; print({spared} & sys.modules.keys())"
    assert subprocess.check_output([sys.executable, "-c", code], cwd=EXAMPLES.parents[1]) == b"set()\n"


def test_paragraphs_that_stand_once_leave_every_law_whole(tmp_path, monkeypatch, capsys):
    """Stories that share paragraphs, copies of stories of shared paragraphs only, and pages that hold nothing else."""
    shared = [story(90 + number).split("\n")[0] for number in range(6)]
    texts = [f"{story(number)}\n{shared[number % 6]}\n{shared[(number + 1) % 6]}" for number in range(8)]
    first, last = "\n".join(shared[:3]), "\n".join(shared[3:])
    texts += [first, first, last, shared[0], f"{shared[5]}\n{shared[5]}"]
    (tmp_path / "dumps").mkdir()
    for at, name in enumerate(("sahil", "wadi")):
        lines = [
            orjson.dumps({"id": f"{name}{number}", "text": text, "outlet": name})
            for number, text in enumerate(texts)
            if at == 0 or number % 3 == 2
        ]
        (tmp_path / "dumps" / f"{name}.jsonl").write_bytes(b"\n".join(lines) + b"\n")
    config = tmp_path / "ghirbal.toml"
    config.write_text("[dedup]\nparagraphs = true\n[filters]\nmin_words = 5\n")
    arguments = ("build", tmp_path / "dumps", "--config", config, "-q", "-o", tmp_path / "out", "--workers", "1")
    code, said = call(monkeypatch, capsys, *arguments)
    assert (code, said.err) == (0, "")
    assert check_corpus(tmp_path / "out") == []
    kept, removed = rows(tmp_path / "out", "corpus"), rows(tmp_path / "out", "removed")
    assert len(kept) + len(removed) == 17
    assert {"exact-duplicate", "paragraphs-elsewhere"} <= {row["reason"] for row in removed}
    assert {row["survivor"] for row in removed if row.get("survivor")} <= {row["id"] for row in kept}
    assert any(row["trace"].get("paragraphs") for row in kept)


def test_what_was_learned_under_another_configuration_is_not_taken_up(dumps, tmp_path, monkeypatch):
    """Of a run that was killed when it had learned all, with the answers of its tasks still there."""

    def die(self):
        raise KeyboardInterrupt

    strict = Config(dedup=DedupConfig(threshold=0.5, paragraphs=True))
    out, work = tmp_path / "out", tmp_path / "out" / ".ghirbal" / "work"
    with monkeypatch.context() as patch:
        patch.setattr(Dedup, "dump", die)
        with pytest.raises(KeyboardInterrupt):
            build(dumps, out)
    answers = {path.name for path in work.glob("learned-3-dedup-*.part")}
    assert "learned-3-dedup-00-00000.part" in answers
    with pytest.raises(UsageError, match=r"an unfinished run made from .* \(what differs: .*dedup\.threshold.*--fresh"):
        build(dumps, out, config=strict)
    assert {path.name for path in work.glob("learned-3-dedup-*.part")} == answers
    build(dumps, out, config=strict, fresh=True)
    build(dumps, tmp_path / "calm", config=strict)
    assert tree(out) == tree(tmp_path / "calm")
