"""The dataset card, and tables in the hands of others."""

import os
import subprocess
import sys

import pytest

from corpus.records import Document
from ghirbal.card import render_card
from tests.conftest import ROOT
from tests.ghirbal.builds import build, call, report

pyarrow = pytest.importorskip("pyarrow.parquet")


def test_the_card_says_what_it_is_and_leaves_the_licence_open(cleaned):
    card = (cleaned / "README.md").read_text("utf-8")
    assert card == render_card(report(cleaned))
    head, _, body = card.removeprefix("---\n").partition("---\n")
    assert head.split("\n")[:8] == [
        'pretty_name: "News corpus of 1 outlets"', 'language: ["ar"]', 'size_categories: ["n<1K"]',
        'task_categories: ["text-generation"]', "configs:", "- config_name: documents", "  data_files: corpus/*",
        "  default: true",
    ]  # fmt: skip
    assert "license" not in head
    assert "Licence: not stated" in body
    assert "4 documents of 1 outlets" in body
    assert "| ar | 4 |  |" in body


def test_names_of_strangers_are_no_markup(cleaned):
    row = report(cleaned) | {"outlets": {"a|b](x) <b>\u202e": 3}}
    assert "| a\\|b\\](x) \\<b\\>\\\\u202e | 3 |  |" in render_card(row)


def test_columns_of_parquet_stand_in_the_order_of_the_fields(dumps, tmp_path):
    build(dumps, tmp_path / "out", command="clean", form="parquet")
    names = pyarrow.read_schema(tmp_path / "out" / "corpus" / "part-00000.parquet").names
    assert names == [name for name in Document.__dataclass_fields__ if name != "_key"]


@pytest.mark.slow
def test_datasets_loads_documents_and_what_was_removed(dumps, tmp_path):
    datasets = pytest.importorskip("datasets", reason="datasets is not installed to load a corpus with")
    (dumps / "short.txt").write_text("قصير", "utf-8")
    build(dumps, tmp_path / "out")
    for name, rows in (("documents", 4), ("removed", 1)):
        assert datasets.load_dataset(str(tmp_path / "out"), name)["train"].num_rows == rows


def test_a_crawl_is_what_scrapy_does_from_any_folder(monkeypatch, capsys, tmp_path):
    (tmp_path / "outlets.toml").write_text("")
    called = []
    monkeypatch.setattr(os, "execve", lambda *given: called.append(given))
    options = ("--contact", "me@example.org", "-a", "since=2026-01-01", "-s", "LOG_LEVEL=ERROR")
    call(monkeypatch, capsys, "crawl", tmp_path / "outlets.toml", "-o", "there", *options)
    ((program, arguments, environment),) = called
    assert program == sys.executable
    assert arguments[1:] == [
        "-P", "-m", "scrapy", "crawl", "news", "-a", f"outlets={tmp_path}/outlets.toml", "-a", "since=2026-01-01",
        "-s", "GHIRBAL_OUT=there", "-s", "GHIRBAL_CONTACT=me@example.org", "-s", "LOG_LEVEL=ERROR",
    ]  # fmt: skip
    assert environment["SCRAPY_SETTINGS_MODULE"] == "crawler.settings"


@pytest.mark.slow
def test_the_outlets_file_is_read_wherever_one_stands(tmp_path):
    (tmp_path / "crawler.py").write_text("raise SystemExit('a module of the folder was imported')\n")
    (tmp_path / "outlets.toml").write_text("[[outlet]]\n")
    command = [sys.executable, "-P", "-m", "ghirbal", "crawl", "outlets.toml"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, env=environment)
    assert (done.returncode, "outlets.toml" in done.stderr) == (2, True)
    assert "a module of the folder" not in done.stderr
