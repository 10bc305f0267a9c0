import os
import shutil
import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path

import orjson
import pytest

from corpus.arabic import words
from corpus.errors import CorpusError, EnvironmentFault, UsageError
from corpus.files.durable import run_lock
from corpus.run import runner
from dedup.config import DedupConfig
from dedup.stages import Dedup
from dedup.store import Index
from ghirbal import jobs as run
from ghirbal.check import check_corpus
from ghirbal.index import extend_index, find_against
from ghirbal.published import STATE, read_rows
from tests.cleaning.stories import BODY, OTHER, OTHER_TITLE
from tests.ghirbal.builds import ROOT, build, call, command, report, rows, story, tree

CONFIG = DedupConfig()


def write(folder, numbers, prefix):
    folder.mkdir(parents=True)
    lines = (orjson.dumps({"id": f"{prefix}{n}", "text": story(n), "outlet": prefix}) + b"\n" for n in numbers)
    (folder / "a.jsonl").write_bytes(b"".join(lines))
    return folder


def corpus(tmp_path, name, numbers):
    build(write(tmp_path / f"{name}-dumps", numbers, name[0]), tmp_path / name)
    return tmp_path / name


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """Corpora and their dumps, which tests get copies of; the last has three parts, of two documents at most."""
    folder = tmp_path_factory.mktemp("built")
    corpus(folder, "old", range(6))
    corpus(folder, "more", range(6, 11))
    dumps = folder / "parts-dumps"
    for at in range(3):
        write(dumps / str(at), range(6 + 2 * at, min(8 + 2 * at, 11)), "m")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(runner, "_GROUP_FILES", 1)
        patched.setattr(runner, "CHUNK_BYTES", 1)
        build(dumps, folder / "parts")
    assert len(list((folder / "parts" / "corpus").iterdir())) == 3
    return folder


def copied(built, tmp_path, name):
    shutil.copytree(built / f"{name}-dumps", tmp_path / f"{name}-dumps")
    return Path(shutil.copytree(built / name, tmp_path / name))


@pytest.fixture
def old(built, tmp_path):
    return copied(built, tmp_path, "old")


@pytest.fixture
def more(built, tmp_path):
    return copied(built, tmp_path, "more")


@pytest.fixture
def parts(built, tmp_path):
    return copied(built, tmp_path, "parts")


@pytest.fixture
def new(tmp_path):
    return write(tmp_path / "new", (2, 7, 20), "n")


def marker(folder):
    return (folder / "_SUCCESS").read_text().strip()


def kept(out):
    return [row["id"] for row in rows(out, "corpus")]


def survivors(out):
    return {row["id"]: row["survivor"] for row in rows(out, "removed")}


def test_the_index_is_built_once_and_extended(old, more, new, tmp_path):
    index = tmp_path / "index"
    assert extend_index(index, [old], CONFIG) == 6
    assert extend_index(index, [old, more], CONFIG) == 5
    assert extend_index(index, [more, old], CONFIG) == 0
    assert not (index / STATE / "work").exists()
    assert Index(index).corpora == (marker(old), marker(more))
    build(new, tmp_path / "out", against=str(index))
    assert kept(tmp_path / "out") == ["n20"]
    assert survivors(tmp_path / "out") == {"n2": "o2", "n7": "m7"}
    with pytest.raises(UsageError, match="neither a finished corpus nor an index"):
        find_against([str(new)], CONFIG)


def test_an_index_made_on_a_cluster_has_the_same_bytes(old, more, tmp_path, monkeypatch, capsys):
    distributed = pytest.importorskip("distributed", reason="the extra [cluster] is not installed")
    from tests.corpus.test_cluster import IN_THREADS

    extend_index(tmp_path / "alone", [old, more], CONFIG)
    with distributed.LocalCluster(1, **IN_THREADS) as cluster:
        monkeypatch.setenv("GHIRBAL_CLUSTER", cluster.scheduler_address)
        assert call(monkeypatch, capsys, "index", old, more, "-o", tmp_path / "shared")[0] == 0
    alone, shared = (
        {path.name: path.read_bytes() for path in (tmp_path / name).glob("[!.]*")} for name in ("alone", "shared")
    )
    assert alone == shared
    assert "index.json" in alone


def test_a_document_taken_out_of_an_index_may_come_again(old, new, tmp_path, monkeypatch, capsys):
    index = tmp_path / "index"
    extend_index(index, [old], CONFIG)
    build(new, tmp_path / "before", against=str(index))
    assert call(monkeypatch, capsys, "index", "-o", index, "--remove", "o2")[1].out == f"{index}: 1 documents removed\n"
    code, printed = call(monkeypatch, capsys, "index", "-o", index, "--remove", "o2")
    assert (code, "holds no document 'o2'" in printed.err) == (2, True)
    assert call(monkeypatch, capsys, "index", "-o", index)[0] == 2
    build(new, tmp_path / "after", against=str(index))
    assert sorted(set(kept(tmp_path / "after")) - set(kept(tmp_path / "before"))) == ["n2"]
    extend_index(index, [tmp_path / "after"], CONFIG)
    build(new, tmp_path / "last", against=str(index))
    assert kept(tmp_path / "last") == []


@pytest.mark.parametrize("form", ["jsonl", "jsonl.zst"])
def test_a_day_without_news_is_a_corpus_like_any_other(old, tmp_path, form):
    """Nothing is kept, so that a part of plain JSONL is an empty file."""
    empty = tmp_path / "empty"
    build(tmp_path / "old-dumps", empty, against=str(old), form=form)
    assert report(empty)["kept"] == 0
    assert check_corpus(empty) == []
    assert extend_index(tmp_path / "index", [empty], CONFIG) == 0
    assert Index(tmp_path / "index").corpora == (marker(empty),)
    build(tmp_path / "old-dumps", tmp_path / "next", against=str(empty))
    assert len(kept(tmp_path / "next")) == 6
    build(empty, tmp_path / "again")
    assert report(tmp_path / "again")["read"] == 0


class Dead(BaseException):
    """The process was killed: nothing that it does after this reaches the disk."""


class Disk:
    """Count the calls that change the disk, and fail at one of them: once, or for ever like a dead process."""

    def __init__(self, monkeypatch):
        self.calls, self.at, self.fault = 0, 0, None
        for name in ("fsync", "replace", "unlink"):
            monkeypatch.setattr(os, name, self._watched(getattr(os, name)))

    def fail(self, at, fault):
        self.calls, self.at, self.fault = 0, at, fault

    def _watched(self, call):
        def watched(*arguments, **options):
            self.calls += 1
            if self.at and (self.calls == self.at or (self.calls > self.at and isinstance(self.fault, Dead))):
                raise self.fault
            return call(*arguments, **options)

        return watched


@pytest.mark.parametrize("fault", [Dead(), OSError(28, "No space left on device"), KeyboardInterrupt()], ids=repr)
def test_whatever_stops_an_addition_nothing_is_forgotten(old, parts, new, tmp_path, monkeypatch, fault):
    """B is added in three batches to an index that holds A, stopped at each call that changes the disk."""
    index, calm, disk = tmp_path / "index", tmp_path / "calm", Disk(monkeypatch)
    extend_index(calm, [old], CONFIG)
    shutil.copytree(calm, tmp_path / "before")
    disk.fail(0, fault)
    extend_index(calm, [parts], CONFIG)
    calls = disk.calls
    assert calls == 27
    for at in range(1, calls + 1):
        shutil.rmtree(index, ignore_errors=True)
        shutil.copytree(tmp_path / "before", index)
        disk.fail(at, fault)
        # What workers answered is taken away last, and may stay if it has to.
        stays = isinstance(fault, OSError) and at > calls - 3
        with nullcontext() if stays else pytest.raises(EnvironmentFault if isinstance(fault, OSError) else type(fault)):
            extend_index(index, [parts], CONFIG)
        disk.fail(0, fault)
        held = Index(index)
        assert (held.corpora, len(held)) in [((marker(old),), 6), ((marker(old), marker(parts)), 11)]
        assert len(Index(tmp_path / "none", CONFIG, [held])) == len(held)
        assert extend_index(index, [parts], CONFIG) == 11 - len(held)
        assert tree(index) == tree(calm), at


def test_a_stopped_first_addition_leaves_an_index_that_can_be_made(old, tmp_path, monkeypatch):
    index, disk = tmp_path / "index", Disk(monkeypatch)
    for at in range(1, 6):
        disk.fail(at, Dead())
        with pytest.raises(Dead):
            extend_index(index, [old], CONFIG)
        disk.fail(0, None)
        assert extend_index(index, [old], CONFIG) == 6
        shutil.rmtree(index)


@pytest.mark.broken_corpus
def test_a_failing_corpus_leaves_the_others(old, parts, tmp_path):
    index = tmp_path / "index"
    extend_index(index, [old], CONFIG)
    before = tree(index)
    part = sorted((parts / "corpus").iterdir())[-1]
    part.write_bytes(part.read_bytes()[:-4])
    with pytest.raises(UsageError, match="ghirbal check"):
        extend_index(index, [parts], CONFIG)
    assert tree(index) == before


def test_an_index_holds_a_corpus_whole_or_not_at_all_while_it_is_built_again(old, more, tmp_path, monkeypatch):
    def rebuilt(path, kind):
        yield from read_rows(path, kind)
        build(write(tmp_path / "other-dumps", range(30, 33), "x"), more, fresh=True)

    monkeypatch.setattr("ghirbal.index.read_rows", rebuilt)
    with pytest.raises(UsageError, match="was built again while it was read"):
        extend_index(tmp_path / "index", [more], CONFIG)
    monkeypatch.undo()
    assert extend_index(tmp_path / "index", [more], CONFIG) == 3


def test_one_process_at_a_time_adds(old, tmp_path):
    lock = tmp_path / "index" / ".ghirbal" / "lock"
    with run_lock(lock), pytest.raises(EnvironmentFault, match=rf"index: another run \(process {os.getpid()}\)"):
        extend_index(tmp_path / "index", [old], CONFIG)
    assert extend_index(tmp_path / "index", [old], CONFIG) == 6


@pytest.mark.slow
def test_two_at_once_lose_no_corpus(old, more, tmp_path):
    index = tmp_path / "index"
    calls = [[sys.executable, "-m", "ghirbal", "index", str(one), "-o", str(index)] for one in (old, more)]
    racing = [subprocess.Popen(adding, cwd=ROOT, stderr=subprocess.PIPE, text=True) for adding in calls]
    told = [one.communicate()[1] for one in racing]
    for one, adding, said in zip(racing, calls, told, strict=True):
        assert one.returncode in (0, 3)
        if one.returncode == 3:
            assert f"{index}: another run (process " in said
            assert command(*adding[3:]).returncode == 0
    assert set(Index(index).corpora) == {marker(old), marker(more)}
    assert len(Index(index)) == 11


@pytest.mark.parametrize("name", ["notes.txt", "manifest.json"])
def test_an_index_is_not_put_among_other_things(old, tmp_path, name):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / name).write_bytes(b"mine")
    for folder in (tmp_path / "mine", tmp_path / "mine" / name, old):
        before = tree(tmp_path)
        with pytest.raises(UsageError, match="something else than an index"):
            extend_index(folder, [old], CONFIG)
        assert tree(tmp_path) == before


def test_an_index_is_not_locked_through_a_link(old, tmp_path):
    (tmp_path / "victim").mkdir()
    (tmp_path / "victim" / "lock").write_bytes(b"mine")
    (tmp_path / "index").mkdir()
    (tmp_path / "index" / ".ghirbal").symlink_to(tmp_path / "victim")
    with pytest.raises(UsageError, match="leads out of the index"):
        extend_index(tmp_path / "index", [old], CONFIG)
    assert tree(tmp_path / "victim") == {"lock": b"mine"}


def test_all_that_is_given_wins(old, more, new, tmp_path, monkeypatch, capsys):
    """Corpora and indexes mixed, in any order, each once: the same bytes."""
    index = tmp_path / "index"
    extend_index(index, [more], CONFIG)
    build(new, tmp_path / "one", against=(str(old), str(more)))
    assert kept(tmp_path / "one") == ["n20"]
    assert survivors(tmp_path / "one") == {"n2": "o2", "n7": "m7"}
    manifest = orjson.loads((tmp_path / "one" / "manifest.json").read_bytes())
    assert manifest["configuration"]["against"].split(",") == [marker(old), marker(more)]
    both = ("--against", old, "--against", index, "--workers", 1)
    code, _ = call(monkeypatch, capsys, "build", new, "-o", tmp_path / "two", *both)
    assert (code, kept(tmp_path / "two")) == (0, ["n20"])
    build(new, tmp_path / "three", against=(str(index), str(old), str(more)))
    assert tree(tmp_path / "two") == tree(tmp_path / "three")
    for name in ("corpus", "removed"):
        assert rows(tmp_path / "two", name) == rows(tmp_path / "one", name)
    build(new, tmp_path / "alone", against=(str(more), str(more / "corpus")))
    assert kept(tmp_path / "alone") == ["n2", "n20"]


def test_a_line_that_is_a_headline_of_the_corpus_it_is_compared_with_is_a_link(tmp_path):
    text, linked = "\n".join(BODY), "\n".join([*BODY[:2], OTHER_TITLE, *BODY[2:]])
    for name, given, title in (("old", "\n".join(OTHER), OTHER_TITLE), ("new", linked, "")):
        (tmp_path / name).mkdir()
        row = {"id": name, "outlet": "sahil", "title": title, "text": given}
        (tmp_path / name / "a.jsonl").write_bytes(orjson.dumps(row))
    build(tmp_path / "old", tmp_path / "corpus")
    build(tmp_path / "new", tmp_path / "alone")
    build(tmp_path / "new", tmp_path / "against", against=str(tmp_path / "corpus"))
    assert [rows(tmp_path / name, "corpus")[0]["text"] for name in ("alone", "against")] == [linked, text]


def test_nothing_is_written_into_a_corpus_that_wins(old, new, tmp_path, monkeypatch, capsys):
    """A stranger's corpus: its `.ghirbal` leads elsewhere, and it cannot be written to."""
    (tmp_path / "victim" / "index").mkdir(parents=True)
    (tmp_path / "victim" / "index" / "index.json").write_bytes(b"{}")
    shutil.rmtree(old / ".ghirbal")
    (old / ".ghirbal").symlink_to(tmp_path / "victim")
    (tmp_path / "one.txt").write_text(story(3), "utf-8")
    before = tree(tmp_path)
    folders = [old, *(path for path in old.iterdir() if path.is_dir() and not path.is_symlink())]
    for folder in folders:
        folder.chmod(0o555)
    try:
        build(new, tmp_path / "out", command="dedup", against=(str(old),))
        _, similar = call(monkeypatch, capsys, "similar", tmp_path / "one.txt", old, "--json")
    finally:
        for folder in folders:
            folder.chmod(0o755)
    assert orjson.loads(similar.out)["similar"][0]["id"] == "o3"
    assert kept(tmp_path / "out") == ["n7", "n20"]
    assert {name for name in tree(tmp_path / "out") if "against" in name or "index" in name} == set()
    assert {name: data for name, data in tree(tmp_path).items() if not name.startswith("out/")} == before
    assert check_corpus(old) == check_corpus(tmp_path / "out") == []


def test_an_index_that_an_earlier_version_left_in_a_corpus_is_not_asked(old, more, new, tmp_path):
    extend_index(tmp_path / "index", [more], CONFIG)
    shutil.copytree(tmp_path / "index", old / ".ghirbal" / "index")
    build(new, tmp_path / "out", against=str(old))
    assert kept(tmp_path / "out") == ["n7", "n20"]


def test_a_killed_run_goes_on_with_what_it_had_put_together(old, more, new, tmp_path, monkeypatch):
    options = {"against": (str(old), str(more))}
    build(new, tmp_path / "calm", **options)
    disk, real = Disk(monkeypatch), run.run_stages

    def killed(*_arguments):
        raise Dead

    monkeypatch.setattr(run, "run_stages", killed)
    with pytest.raises(Dead):
        build(new, tmp_path / "whole", **options)
    work = tmp_path / "whole" / ".ghirbal" / "work" / "against"
    assert Index(work).corpora == (marker(old), marker(more))
    calls = disk.calls
    for at in (calls // 3, calls // 2, calls - 1, calls):
        disk.fail(at, Dead())
        with pytest.raises(Dead):
            build(new, tmp_path / f"half{at}", **options)
    disk.fail(0, None)
    monkeypatch.setattr(run, "run_stages", real)
    for out in [tmp_path / "whole", *tmp_path.glob("half*")]:
        build(new, out, **options)
        assert tree(out) == tree(tmp_path / "calm")


def test_a_run_goes_on_with_the_index_that_it_began_with(old, more, new, tmp_path, monkeypatch):
    index, real = tmp_path / "index", run.run_stages
    extend_index(index, [old], CONFIG)

    def overtaken(*arguments):
        assert extend_index(index, [more], CONFIG) == 5
        return real(*arguments)

    monkeypatch.setattr(run, "run_stages", overtaken)
    build(new, tmp_path / "out", against=str(index))
    assert kept(tmp_path / "out") == ["n7", "n20"]
    manifest = orjson.loads((tmp_path / "out" / "manifest.json").read_bytes())
    assert manifest["configuration"]["against"] == marker(old)


def test_a_run_is_not_compared_with_what_it_replaces(old, new, tmp_path):
    (tmp_path / "link").symlink_to(old)
    before = tree(old)
    for path in (old, old / "corpus", tmp_path / "link"):
        with pytest.raises(UsageError, match="give another folder to -o"):
            build(new, old, against=(str(path),), fresh=True)
    assert tree(old) == before


def test_what_leads_nowhere_is_no_corpus(new, tmp_path):
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    for name in ("loop", "nothing", "new/a.jsonl"):
        with pytest.raises(UsageError, match=f"{name}: neither a finished corpus nor an index"):
            build(new, tmp_path / "out", against=str(tmp_path / name))
    assert not (tmp_path / "out").exists()


@pytest.mark.broken_corpus
@pytest.mark.parametrize("change", [b"", b"0" * 64, b"\xff\xfe", None])
def test_a_corpus_that_was_changed_is_refused(old, new, tmp_path, change):
    if change is None:
        (old / "manifest.json").write_bytes(b"{}")
    else:
        (old / "_SUCCESS").write_bytes(change)
    with pytest.raises(UsageError, match="changed since it was published; run: ghirbal check"):
        build(new, tmp_path / "out", against=str(old))
    with pytest.raises(UsageError, match="changed since it was published"):
        extend_index(tmp_path / "index", [old], CONFIG)
    assert not (tmp_path / "out").exists()
    assert not (tmp_path / "index" / "index.json").exists()


def test_texts_alone_cannot_win(new, tmp_path):
    build(new, tmp_path / "texts", form="txt")
    with pytest.raises(UsageError, match="format txt holds bare texts"):
        build(new, tmp_path / "out", against=str(tmp_path / "texts"))
    assert not (tmp_path / "out").exists()


def test_a_damaged_index_is_one_clear_error(old, new, tmp_path, monkeypatch, capsys):
    index = tmp_path / "index"
    extend_index(index, [old], CONFIG)
    segment = index / "segment-00000001.bin"
    data = bytearray(segment.read_bytes())
    data[len(data) // 2] ^= 1
    segment.write_bytes(data)
    (tmp_path / "one.txt").write_text(story(3), "utf-8")
    for arguments in (
        ["dedup", new, "-o", tmp_path / "out", "--against", index],
        ["similar", tmp_path / "one.txt", index],
    ):
        code, printed = call(monkeypatch, capsys, *arguments)
        said = " ".join(printed.err.split())
        assert (code, printed.out) == (2, "")
        assert f"{segment}: damaged: not the bytes that were written" in said
        assert "Traceback" not in said
    assert not (tmp_path / "out").exists()
    with pytest.raises(UsageError, match="damaged: not the bytes"):
        extend_index(index, [old], CONFIG)


def test_the_folder_of_the_documents_stands_for_the_corpus(old, new, tmp_path, monkeypatch):
    inside = old / "corpus"
    assert check_corpus(inside) == []
    assert extend_index(tmp_path / "index", [inside], CONFIG) == 6
    build(new, tmp_path / "out", against=str(inside))
    assert kept(tmp_path / "out") == ["n7", "n20"]
    monkeypatch.chdir(inside)
    assert list(find_against(["."], CONFIG).corpora) == [marker(old)]


def test_a_stage_takes_no_index_along_to_other_processes(old, tmp_path):
    extend_index(tmp_path / "index", [old], CONFIG)
    stage = Dedup(CONFIG, Index(tmp_path / "index"))
    assert stage.__getstate__()["against"] is None
    assert len(stage.against) == 6


def test_similar_names_the_copy_and_what_they_share(old, tmp_path, monkeypatch, capsys):
    (tmp_path / "one.txt").write_text(story(3), "utf-8")
    code, said = call(monkeypatch, capsys, "similar", tmp_path / "one.txt", old, "--json")
    assert code == 0
    best = orjson.loads(said.out)["similar"][0]
    assert (best["id"], best["relation"]) == ("o3", "exact")
    assert best["scores"]["resemblance"] == 1.0
    assert best["passage_words"] == len(words(story(3)))
    assert story(3).startswith(" ".join(best["passage"].split()[:5]))


def strange(corpus, folder):
    """Put into the folder of documents what no run wrote there: a text, a part of another corpus, a folder, a link."""
    for name, data in (("mine.txt", story(40)), ("part-00099.jsonl", orjson.dumps({"id": "x", "text": story(41)}))):
        (corpus / "corpus" / name).write_bytes(data if isinstance(data, bytes) else data.encode())
    (corpus / "corpus" / "sub").mkdir()
    shutil.copy(corpus / "corpus" / "part-00099.jsonl", corpus / "corpus" / "sub" / "part-00000.jsonl")
    (corpus / "corpus" / "dangling.txt").symlink_to("nowhere")
    # Another name of a part, which comes before it.
    os.link(corpus / "corpus" / "part-00000.jsonl.zst", corpus / "corpus" / "a.jsonl.zst")
    return write(folder, (2, 40, 41, 42), "n")


@pytest.mark.parametrize("given", ["old", "old/corpus", "link"])
def test_of_a_corpus_its_manifest_says_what_is_read(old, tmp_path, monkeypatch, given):
    new = strange(old, tmp_path / "new")
    (tmp_path / "link").symlink_to("old/corpus")
    finished = build(tmp_path / given, tmp_path / "again", command="dedup")
    assert (finished.report.read, finished.report.kept, finished.exit_code) == (9, 6, 1)
    assert kept(tmp_path / "again") == [f"o{n}" for n in range(6)]
    build(new, tmp_path / "out", against=str(tmp_path / given))
    assert kept(tmp_path / "out") == ["n40", "n41", "n42"]
    assert survivors(tmp_path / "out") == {"n2": "o2"}
    assert extend_index(tmp_path / "index", [tmp_path / given], CONFIG) == 6
    (tmp_path / "one.txt").write_text(story(40), "utf-8")
    assert find_against([str(tmp_path / given)], CONFIG).open(tmp_path / "other").documents.name(5) == "o5"


def test_what_is_named_besides_a_corpus_is_read_even_from_its_folder(old, tmp_path):
    strange(old, tmp_path / "new")
    finished = build([old, old / "corpus" / "mine.txt"], tmp_path / "out", command="dedup")
    assert (finished.report.read, finished.report.kept) == (9, 7)


@pytest.mark.broken_corpus
def test_a_corpus_that_lacks_a_part_is_refused(old, new, tmp_path):
    (old / "corpus" / "part-00000.jsonl.zst").unlink()
    for inputs, against in ((old, ()), (new, str(old))):
        with pytest.raises(UsageError, match=r"part-00000.jsonl.zst: missing; .*ghirbal check"):
            build(inputs, tmp_path / "out", against=against)
    assert not (tmp_path / "out" / "_SUCCESS").exists()


def test_survivors_are_looked_for_in_what_was_compared_with(old, more, new, tmp_path, monkeypatch):
    """The law of ids holds across corpora, before the marker is written."""
    index = tmp_path / "index"
    extend_index(index, [more], CONFIG)
    apply = Dedup.apply

    def misnamed(stage, record):
        verdict = apply(stage, record)
        if verdict.detail.get("survivor") == wrong:
            verdict.detail["survivor"] = "nobody"
        return verdict

    for wrong in ("o2", "m7"):
        with monkeypatch.context() as patch:
            patch.setattr(Dedup, "apply", misnamed)
            with pytest.raises(CorpusError, match="names the survivor 'nobody', which is not in the corpus: a defect"):
                build(new, tmp_path / wrong, against=(str(old), str(index)))
        assert not (tmp_path / wrong / "_SUCCESS").exists()
    build(new, tmp_path / "out", against=(str(old), str(index)))
    assert survivors(tmp_path / "out") == {"n2": "o2", "n7": "m7"}
