"""Folders that strangers prepared: nothing outside them is touched, nothing that is not ours is removed."""

import io
import shutil
import sys
from dataclasses import replace
from functools import partial

import orjson
import pytest
from scrapy.settings import Settings

from corpus.errors import CorpusError, UsageError
from corpus.files.durable import publish, publish_json
from crawler.session import CrawlArguments, Session, refuse_dumps
from dedup.stages import Dedup
from ghirbal import check, jobs, output
from ghirbal.check import check_corpus, check_records
from tests.ghirbal.builds import ROOT, build, call, rows, story, tree

PACKAGES = ("cleaning", "corpus", "dedup", "ghirbal")


@pytest.fixture
def victim(tmp_path):
    folder = tmp_path / "victim"
    for name in ("work/precious", "index/precious", "part-00000.jsonl.zst", "file"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"precious")
    return folder


# --- links --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fresh", [False, True])
@pytest.mark.parametrize("finished", [False, True])
@pytest.mark.parametrize(
    ("name", "target"),
    [
        (".ghirbal", ""), (".ghirbal/work", "work"), (".ghirbal/index", "index"), (".ghirbal/lock", "file"),
        (".ghirbal/stdin", "file"), (".ghirbal/run.json", "file"), (".ghirbal/work/deep", "work"),
        ("corpus", ""), ("removed", ""), ("corpus/part-00000.jsonl.zst", "file"),
        ("removed/part-00007.parquet", "file"),
        ("_SUCCESS", "file"), ("manifest.json", "file"), ("report.json", "file"), ("report.html", "file"),
        ("README.md", "file"),
        ("clusters.jsonl", "file"), ("boilerplate.toml", "file"),
    ],
)  # fmt: skip
@pytest.mark.broken_corpus
def test_a_link_in_a_place_of_ours_is_refused_by_name(request, dumps, tmp_path, victim, name, target, finished, fresh):
    out = tmp_path / "out"
    if finished:
        path = request.getfixturevalue("cleaned") / name
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    (out / name).parent.mkdir(parents=True, exist_ok=True)
    (out / name).symlink_to(victim / target)
    before, inside = tree(victim), sorted(out.rglob("*"))
    with pytest.raises(UsageError, match=f"{name}: a link"):
        build(dumps, out, command="clean", fresh=fresh)
    assert tree(victim) == before
    assert sorted(out.rglob("*")) == inside


def test_an_output_folder_may_be_a_link_itself(dumps, tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "out").symlink_to("real")
    build(dumps, tmp_path / "out", command="clean")
    assert (tmp_path / "real" / "_SUCCESS").is_file()


@pytest.mark.parametrize("given", ["dumps", "link", "link/../dumps"])
@pytest.mark.parametrize("out", ["dumps/out", "link/out", "out2/out"])
def test_an_output_folder_inside_the_input_is_refused_however_it_is_called(dumps, tmp_path, given, out):
    (tmp_path / "link").symlink_to("dumps")
    (tmp_path / "out2").symlink_to("dumps")
    with pytest.raises(UsageError, match="lies inside the input"):
        build(tmp_path / given, tmp_path / out)
    assert not (dumps / "out").exists()


@pytest.mark.parametrize("given", ["out", "out/corpus", "out/corpus/part-00000.jsonl.zst", "link"])
def test_a_corpus_is_not_read_and_replaced_at_once(dumps, cleaned, tmp_path, given):
    out = cleaned
    (tmp_path / "link").symlink_to("out/corpus")
    before = tree(out)
    with pytest.raises(UsageError, match="lies inside the output folder"):
        build(tmp_path / given, out, command="clean", fresh=True)
    assert tree(out) == before


# --- what is not ours ---------------------------------------------------------------------------------------------


def test_fresh_removes_what_runs_publish_and_nothing_else(dumps, cleaned, tmp_path):
    out = cleaned
    for name in ("corpus/mine.txt", "corpus/sub/part-00000.jsonl", "removed/part-x.jsonl", "removed/part-1.jsonl",
                 "notes.txt", "LICENSE.md"):  # fmt: skip
        (out / name).parent.mkdir(exist_ok=True)
        (out / name).write_bytes(b"mine")
    for name in ("corpus/part-00041.jsonl.gz", "removed/part-00041.jsonl", ".ghirbal/index/segment", ".ghirbal/work/x"):
        (out / name).parent.mkdir(exist_ok=True)
        (out / name).write_bytes(b"ours")
    build(dumps, out, command="clean", form="parquet", fresh=True)
    assert sorted(name for name in tree(out) if not name.startswith(".ghirbal")) == [
        "LICENSE.md", "README.md", "_SUCCESS", "boilerplate.toml", "corpus/mine.txt", "corpus/part-00000.parquet",
        "corpus/sub/part-00000.jsonl", "manifest.json", "notes.txt", "removed/part-00000.jsonl.zst",
        "removed/part-1.jsonl", "removed/part-x.jsonl", "report.html", "report.json",
    ]  # fmt: skip
    assert sorted(name for name in tree(out) if name.startswith(".ghirbal")) == [".ghirbal/lock", ".ghirbal/run.json"]


def test_a_house_with_strange_things_is_foreign(dumps, tmp_path):
    (tmp_path / "out" / ".ghirbal" / "work").mkdir(parents=True)
    with pytest.raises(UsageError, match=r"no run of ours wrote \(.ghirbal/work\)"):
        build(dumps, tmp_path / "out")


def test_what_came_by_standard_input_is_gone_when_the_run_is(tmp_path, monkeypatch, capsys):
    lines = b"".join(orjson.dumps({"text": story(n)}) + b"\n" for n in range(3))
    for given, expected, told in ((lines, 0, ""), (lines, 0, "had finished before"), (lines + lines, 2, "")):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given)))
        code, said = call(monkeypatch, capsys, "clean", "-", "-o", tmp_path / "out", "-q", "--workers", 1)
        assert (code, told in said.out) == (expected, True), said.err
        assert sorted(path.name for path in (tmp_path / "out" / ".ghirbal").iterdir()) == ["lock", "run.json"]


def _lay(folder, names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(story(9) if name.endswith("txt") else f'{{"text": "{name}"}}', "utf-8")


#: Beside records: what was made of them, what a crawl or another run left, and what is no dump.
NO_DUMPS = ("notes.md", "log.txt", "outlets.toml", ".mine.jsonl", "lists/index/.ghirbal/lock", "lists/index/index.json")
LEFT = {"out": ["corpus/part-00041.jsonl", "removed/part-00000.txt"], "crawl": ["report-1-of-2.html", "report.json"]}


@pytest.mark.parametrize("above", [False, True])
@pytest.mark.parametrize("kind", ["out", "crawl"])
def test_what_somebody_laid_beside_records_is_named_or_read_when_it_is_given(cleaned, tmp_path, kind, above):
    folder = tmp_path / "in" / kind
    cleaned.rename(tmp_path / "made")
    if kind == "out":
        shutil.copytree(tmp_path / "made", folder)
    else:
        _lay(folder, ["frontier.sqlite", ".ghirbal/crawl.lock"])
        (folder / "warc").mkdir()
    shutil.copytree(tmp_path / "made", folder / "lists" / "made")
    mine = ["corpus/mine.txt", "mine.jsonl", "sahil/x.json"]
    _lay(folder, (*mine, *NO_DUMPS, *LEFT[kind]))
    (folder / "frontier.sqlite-wal").write_bytes(b"")
    kept = 4 if kind == "out" else 0
    told = [(f"{kind}/{name}", "beside-records") for name in mine]
    report = build(folder.parent if above else folder, tmp_path / "one", command="dedup").report
    assert (report.kept, report.failed, report.read) == (kept, 3, kept + 3)
    assert [(failure["path"], failure["reason"]) for failure in report.failures] == told
    report = build([folder, *(folder / name for name in mine)], tmp_path / "two", command="dedup").report
    assert (report.kept, report.failed, report.read) == (kept + 3, 0, kept + 3)
    if kind == "out":
        report = build(folder / "corpus", tmp_path / "three", command="dedup").report
        assert [failure["path"] for failure in report.failures] == ["corpus/mine.txt"]


def test_a_crawl_begins_in_no_folder_of_dumps(tmp_path):
    _lay(tmp_path, (*NO_DUMPS[:4], *LEFT["crawl"], "warc/ghirbal-2026.warc.gz"))
    refuse_dumps(tmp_path)
    refuse_dumps(tmp_path / "new")
    _lay(tmp_path, ["sahil/x.json"])
    before = tree(tmp_path)
    settings = Settings({"GHIRBAL_OUT": str(tmp_path)})
    settings.setmodule("crawler.settings", priority=0)
    with pytest.raises(UsageError, match=r"holds sahil/x.json, which no build of a crawl would read; give a new"):
        Session(CrawlArguments(), settings)
    assert tree(tmp_path) == before
    _lay(tmp_path, ["frontier-1-of-2.sqlite"])
    refuse_dumps(tmp_path)


# --- files that say what they should not --------------------------------------------------------------------------

BAD = [b"{broken", b"[]", b"{}", b"3", b"", b"\xff\xfe", b'{"files": 3}', b'{"counts": {"read": -1}}', b"[" * 100_000]


@pytest.mark.parametrize("data", BAD, ids=lambda data: repr(data[:12]))
@pytest.mark.parametrize("name", [".ghirbal/run.json", "manifest.json", "report.json", "_SUCCESS"])
@pytest.mark.broken_corpus
def test_the_same_command_on_a_damaged_corpus_is_one_clear_error(dumps, cleaned, name, data):
    out = cleaned
    (out / name).write_bytes(data)
    with pytest.raises(UsageError, match=r"(not as a run of ours writes it|changed since it was published).*--fresh"):
        build(dumps, out, command="clean")
    assert build(dumps, out, command="clean", fresh=True).report.kept == 4


@pytest.mark.parametrize("name", ["manifest.json", "report.json"])
@pytest.mark.broken_corpus
def test_a_finished_corpus_without_its_report_is_no_finished_run(dumps, cleaned, name):
    out = cleaned
    (out / name).unlink()
    with pytest.raises(UsageError, match=rf"{name}: missing; .*--fresh"):
        build(dumps, out, command="clean")


@pytest.mark.parametrize("data", BAD, ids=lambda data: repr(data[:12]))
@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.broken_corpus
def test_check_says_that_a_manifest_is_none(cleaned, monkeypatch, capsys, data, signed):
    out = cleaned
    done = publish(out / "manifest.json", data)
    if signed:
        publish(out / "_SUCCESS", f"{done.sha256}\n".encode())
    (law,) = check_corpus(out)
    assert "manifest.json: not as a run of ours writes it" in law
    assert call(monkeypatch, capsys, "check", out)[0] == 1


@pytest.mark.parametrize(
    "name", ["/etc/passwd", "../x", "corpus/../../x", "corpus/..", "..", "\x1b]0;pwned\x07", "corpus/a/b", "", "a\n"]
)
@pytest.mark.broken_corpus
def test_a_name_that_leads_out_of_the_corpus_is_never_opened(cleaned, monkeypatch, capsys, name):
    out = cleaned
    manifest = orjson.loads((out / "manifest.json").read_bytes())
    manifest["files"][name] = {"sha256": "0" * 64, "bytes": 1, "rows": 0}
    done = publish_json(out / "manifest.json", manifest)
    publish(out / "_SUCCESS", f"{done.sha256}\n".encode())
    (law,) = check_corpus(out)
    assert "is no name that a run gives a file" in law
    code, said = call(monkeypatch, capsys, "check", out)
    assert code == 1
    assert "\x1b" not in said.out
    assert "\x07" not in said.out


@pytest.mark.broken_corpus
def test_check_follows_no_link_and_reads_rows_that_are_none(dumps, tmp_path):
    out = tmp_path / "out"
    build(dumps, out, command="clean", form="jsonl")
    part = out / "corpus" / "part-00000.jsonl"
    part.rename(tmp_path / "elsewhere")
    part.symlink_to(tmp_path / "elsewhere")
    assert check_corpus(out) == ["corpus/part-00000.jsonl: a link, which may lead out of the corpus"]
    part.unlink()
    manifest = orjson.loads((out / "manifest.json").read_bytes())
    digest = publish(part, b'{"id": 3}\n').sha256
    manifest["files"]["corpus/part-00000.jsonl"] = {"sha256": digest, "bytes": 10, "rows": 4}
    done = publish_json(out / "manifest.json", manifest)
    publish(out / "_SUCCESS", f"{done.sha256}\n".encode())
    (law,) = check_corpus(out)
    assert law.startswith("corpus/part-00000.jsonl: not as a run writes it (")


# --- what a run is ------------------------------------------------------------------------------------------------


@pytest.mark.broken_corpus
def test_a_rule_that_changed_is_another_run(dumps, tmp_path, monkeypatch, capsys):
    """The packages are copied, because a line is added to the lexicon of the copy."""
    home = tmp_path / "home"
    for package in PACKAGES:
        shutil.copytree(ROOT / package, home / package, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(output, "INSTALLED", home)
    monkeypatch.setattr(jobs, "library_versions", output.library_versions.__wrapped__)
    run = partial(call, monkeypatch, capsys, "clean", dumps, "-o", tmp_path / "out", "-q", "--workers", 1)

    assert run()[0] == 0
    code, said = run()
    assert (code, "had finished before" in said.out) == (0, True)
    lexicon = home / "cleaning" / "lines" / "lexicon.toml"
    lexicon.write_text(lexicon.read_text("utf-8") + "\n# one more line\n", "utf-8")
    code, said = run()
    assert code == 2
    assert "a finished corpus made from something else (what differs: the code of Ghirbal)" in said.err
    assert "--fresh" in said.err
    assert run("--fresh")[0] == 0


def test_the_manifest_names_the_code_and_the_python_it_was_made_with(dumps, tmp_path):
    build(dumps, tmp_path / "out", command="clean")
    versions = orjson.loads((tmp_path / "out" / "manifest.json").read_bytes())["versions"]
    assert versions["code"] == output.code_digest()
    assert versions["python"] == f"CPython {sys.version.split()[0]}"


# --- the law of ids -----------------------------------------------------------------------------------------------


def part(folder, name, *rows):
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))
    return name


@pytest.mark.parametrize("collide", [False, True])
def test_ids_that_stand_twice_and_survivors_that_are_nowhere_break_the_law(tmp_path, monkeypatch, collide):
    if collide:  # "b0" is no "b1", and stands once
        key = check._key
        monkeypatch.setattr(check, "_key", lambda name: key(name.replace("b0", "b1")))
    text = {"text": "نص", "source": {"path": "x"}}
    rows = [({"id": "a", **text}, {"id": f"b{n}", **text}) for n in range(2)]
    one, two = (part(tmp_path, f"corpus/part-0000{n}.jsonl", *rows[n]) for n in range(2))
    address = {"reason": "exact-duplicate", "stage": "dedup", "source": {"path": "x"}}
    named = [{"id": f"c{n}", "survivor": name, **address} for n, name in enumerate(("nobody", "b1", "old", "nobody"))]
    gone = part(tmp_path, "removed/part-00000.jsonl", *named, {"id": "", **address})
    lost = [f"{gone}: 'c{n}' names the survivor 'nobody', which is not in the corpus" for n in (0, 3)]
    old = f"{gone}: 'c2' names the survivor 'old', which is not in the corpus"
    assert list(check_records(tmp_path, [gone, two, one], unique=True)) == [
        f"{two}: id 'a' stands twice", lost[0], old, lost[1],
    ]  # fmt: skip
    assert list(check_records(tmp_path, [two, gone, one], unique=False, elsewhere=["x", "old"])) == lost
    assert list(check_records(tmp_path, [one, two, gone], unique=False, elsewhere=None)) == []


def test_each_record_has_its_text_its_reason_and_its_address(tmp_path):
    kept = part(tmp_path, "corpus/part-00000.jsonl", {"id": "a", "text": "\u202eنص", "source": {"path": "x"}})
    rows = [{"id": "r", "reason": "", "source": {"path": "x"}}, {"id": "s", "reason": "x", "source": {"path": ""}}]
    gone = part(tmp_path, "removed/part-00000.jsonl", *(row | {"stage": "read"} for row in rows))
    assert list(check_records(tmp_path, [kept, gone], unique=True)) == [
        f"{kept}: the text of 'a' holds characters that no text may hold",
        f"{gone}: 'r' was removed without a reason or an address",
        f"{gone}: 's' was removed without a reason or an address",
    ]


@pytest.mark.parametrize("form", ["jsonl.zst", "parquet"])
def test_a_run_that_breaks_the_law_of_ids_is_not_published_as_finished(dumps, tmp_path, monkeypatch, form):
    apply = Dedup.apply

    def same_id(stage, record):
        verdict = apply(stage, record)
        return type(verdict)(output_record(verdict.record), verdict.reason, verdict.detail)

    def output_record(record):
        return record and replace(record, id="same")

    with monkeypatch.context() as patch:
        patch.setattr(Dedup, "apply", same_id)
        with pytest.raises(CorpusError, match="id 'same' stands twice"):
            build(dumps, tmp_path / "out", form=form)
    assert CorpusError.exit_code == 70
    assert not (tmp_path / "out" / "_SUCCESS").exists()
    assert not (tmp_path / "out" / "manifest.json").exists()


def test_a_corpus_with_copies_keeps_the_law(dumps, tmp_path):
    (dumps / "copy.txt").write_text(story(1), "utf-8")
    build(dumps, tmp_path / "out")
    assert [row["reason"] for row in rows(tmp_path / "out", "removed")] == ["exact-duplicate"]
