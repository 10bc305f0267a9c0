"""`import ghirbal`: what it promises to Python."""

import doctest
import importlib.util
import os
import subprocess
import sys

import orjson
import pytest

import ghirbal
from corpus.errors import UsageError
from corpus.records import Copy, Document, Source
from tests.conftest import ROOT
from tests.ghirbal.builds import build, rare_words, rows, story


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Where the notebook and the page of the documentation build the same corpus, the second of them for nothing."""
    folder = tmp_path_factory.mktemp("tour")
    (folder / "dumps").symlink_to(ROOT / "examples" / "dumps")
    return folder


@pytest.mark.parametrize(("page", "needed"), [("python", ()), ("load", ("duckdb", "pandas", "polars"))])
def test_the_pages_of_the_documentation_run(folder, monkeypatch, page, needed):
    for name in needed:
        pytest.importorskip(name)
    monkeypatch.chdir(ROOT)
    where = str(ROOT / "docs" / f"{page}.md")
    done = doctest.testfile(where, module_relative=False, globs={"OUT": folder / "tour-corpus"}, encoding="utf-8")
    assert (done.failed, done.attempted > 13) == (0, True)


def test_the_notebook_runs_and_shows_what_it_says(folder, monkeypatch):
    notebook = orjson.loads((ROOT / "examples" / "tour.ipynb").read_bytes())
    monkeypatch.chdir(folder)
    names: dict[str, object] = {}
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            *lines, last = "".join(cell["source"]).split("\n")
            exec("\n".join(lines), names)
            shown = "".join(cell["outputs"][0]["data"]["text/plain"])
            assert repr(eval(last, names)) == shown, last


@pytest.mark.slow
def test_a_script_that_builds_needs_no_guard(folder, tmp_path):
    script = f"import ghirbal\nprint(len(ghirbal.build({str(folder / 'dumps')!r}, 'out', workers=2)))\n"
    (tmp_path / "script.py").write_text(script)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    call = [sys.executable, "script.py"]
    done = subprocess.run(call, cwd=tmp_path, capture_output=True, text=True, check=False, env=environment)
    assert (done.stdout, done.stderr) == ("48\n", "")


def test_every_name_is_there_and_no_other():
    assert dir(ghirbal) == sorted(ghirbal.__all__)
    for name in ghirbal.__all__:
        assert getattr(ghirbal, name).__doc__
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = ghirbal.nothing


def test_extracting_loads_neither_kernels_nor_crawler_nor_terminal():
    heavy = ("numpy", "numba", "datasketch", "scrapy", "rich", "click", "langdetect", "pyarrow")
    code = "import sys, ghirbal; print(*dir(ghirbal), 'ghirbal.face' in sys.modules); ghirbal.extract('<p>x')"
    code += f"; print(*(set({heavy!r}) & sys.modules.keys()))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == f"{' '.join(sorted(ghirbal.__all__))} False\n\n"


def test_a_page_of_bytes_is_decoded_as_it_says():
    page = "<html><head><meta charset=windows-1256><title>خبر</title></head><body>" + f"<p>{story(1)}</p></body>"
    document = ghirbal.extract(page.encode("cp1256"))
    assert document.title == "خبر"
    assert document.trace["charset"] == "label-cp1256"
    assert story(1).split("\n")[0] in document.text




def test_cleaning_is_that_of_the_command(tmp_path):
    texts = [f"{story(number)}\n{rare_words(number)}\nتابعوا نشرة الساحل كل مساء" for number in range(5)]
    (tmp_path / "dumps" / "sahil").mkdir(parents=True)
    for number, text in enumerate(texts):
        (tmp_path / "dumps" / "sahil" / f"{number}.txt").write_text(text, "utf-8")
    build(tmp_path / "dumps", tmp_path / "out", command="clean")
    kept = [row["text"] for row in rows(tmp_path / "out", "corpus")]
    assert [document.text for document in ghirbal.clean(texts, outlet="sahil")] == kept
    assert [document.outlet for document in ghirbal.clean(texts, outlet="sahil")] == ["sahil"] * 5
    with pytest.raises(TypeError, match="give a list"):
        ghirbal.clean("text")


def test_copies_are_told_by_position_whatever_ids_say():
    one = Document("same", Source("a"), story(1), outlet="sahil", also_in=(Copy("older", "rasad"),))
    shorter = "\n".join(story(2).split("\n")[:4])
    texts = [one, Document("same", Source("b"), story(1), outlet="wadi"), story(2), shorter, story(3)]
    found = ghirbal.dedup(texts)
    assert [(pair.removed, pair.kept, pair.relation) for pair in found.pairs] in (
        [(1, 0, "exact"), (3, 2, "contained")],
        [(0, 1, "exact"), (3, 2, "contained")],
    )
    survivor = found.pairs[0].kept
    assert found.clusters == [[survivor, 1 - survivor], [2, 3]]
    assert [document.text for document in found.kept] == [story(1), story(2), story(3)]
    assert [(copy.id, copy.relation) for copy in found.kept[0].also_in if copy.id == "same"] == [("same", "exact")]
    assert "older" in [copy.id for copy in found.kept[0].also_in]
    assert [copy.id for copy in found.kept[1].also_in] == ["3"]
    assert one.also_in == (Copy("older", "rasad"),)
    surer = found.rethreshold(1.0)
    assert [pair.relation for pair in surer.pairs] == ["exact"] + ["contained"] * (found.pairs[1].score == 1.0)
    assert len(found.rethreshold(1.1).kept) == 5
    assert found.rethreshold(0.0) == found


def test_signatures_are_those_of_datasketch():
    one, other = ghirbal.signatures([story(1), story(1) + " " + story(2).split("\n")[0]])
    assert one.jaccard(one) == 1.0
    assert 0.6 < one.jaccard(other) < 1.0
    assert len(one) == 128


def test_a_build_is_opened_and_refuses_what_the_command_refuses(dumps, tmp_path):
    corpus = ghirbal.build(dumps, tmp_path / "out", command="clean")
    assert [document.text for document in corpus] == [row["text"] for row in rows(tmp_path / "out", "corpus")]
    assert len(ghirbal.build(str(dumps), tmp_path / "out", command="clean")) == 4
    with pytest.raises(UsageError, match="no such file"):
        ghirbal.build(tmp_path / "nothing", tmp_path / "other")
    with pytest.raises(UsageError, match="no finished corpus"):
        ghirbal.open(tmp_path / "nothing")


@pytest.mark.parametrize("name", ["pandas", "polars", "datasets"])
def test_tables_of_others_have_a_row_for_each_document(cleaned, name):
    corpus = ghirbal.open(cleaned)
    method = {"pandas": corpus.to_pandas, "polars": corpus.to_polars, "datasets": corpus.to_dataset}[name]
    if not installed(name):
        with pytest.raises(UsageError, match=f"{name} is not installed; run: pip install {name}"):
            method()
        return
    table = method()
    assert list(table["id"]) == [document.id for document in corpus]
    assert list(table["text"]) == [document.text for document in corpus]
    if name == "polars":
        assert [str(table.schema[column]) for column in ("authors", "tags")] == ["List(String)"] * 2
    elif name == "datasets":
        assert [table.features[column].feature.dtype for column in ("authors", "tags")] == ["string"] * 2


def installed(name):
    return importlib.util.find_spec(name) is not None


@pytest.mark.slow
def test_the_face_has_types(tmp_path):
    (tmp_path / "use.py").write_text(
        "import ghirbal\n"
        "reveal_type(ghirbal.extract('x').text)\n"
        "reveal_type(ghirbal.dedup(['x']).pairs[0].scores)\n"
        "reveal_type(ghirbal.open('x').why('y')[0].kept)\n"
        "ghirbal.build('x', 'y', command='nonsense')\n"
    )
    call = [sys.executable, "-m", "mypy", "--strict", str(tmp_path / "use.py")]
    said = subprocess.run(call, cwd=ROOT, capture_output=True, text=True, check=False).stdout
    assert [line.split("note: ")[1] for line in said.splitlines() if "Revealed" in line] == [
        'Revealed type is "str"', 'Revealed type is "dict[str, float]"', 'Revealed type is "bool"',
    ]  # fmt: skip
    assert 'Argument "command" to "build" has incompatible type' in said


def test_bare_texts_which_cannot_be_opened_are_refused_before_anything_is_written(tmp_path):
    (tmp_path / "a.txt").write_text(story(1), "utf-8")
    with pytest.raises(UsageError, match="form: bare texts cannot be opened"):
        ghirbal.build(tmp_path / "a.txt", tmp_path / "out", form="txt")
    assert not (tmp_path / "out").exists()
