"""The dataset card, and tables in the hands of others."""

import base64
import os
import shutil
import subprocess
import sys
import threading
from functools import partial
from http.server import BaseHTTPRequestHandler, HTTPServer

import orjson
import pytest

from corpus.records import Document
from ghirbal.opened import Corpus
from ghirbal.report_page import render_card
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
    files = str(tmp_path / "out" / "corpus" / "*.parquet")
    names = pyarrow.read_schema(files.replace("*", "part-00000")).names
    assert names == [name for name in Document.__dataclass_fields__ if name != "_key"]
    ids = [document.id for document in Corpus(tmp_path / "out")]
    duckdb, pandas, polars = map(pytest.importorskip, ("duckdb", "pandas", "polars"))
    assert [row[0] for row in duckdb.sql(f"select id from '{files}'").fetchall()] == ids
    assert list(pandas.read_parquet(tmp_path / "out" / "corpus")["id"]) == list(polars.read_parquet(files)["id"]) == ids


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
    assert environment["SCRAPY_SETTINGS_MODULE"] == "ghirbal.crawl_settings"


@pytest.mark.slow
def test_the_outlets_file_is_read_wherever_one_stands(tmp_path):
    (tmp_path / "crawler.py").write_text("raise SystemExit('a module of the folder was imported')\n")
    (tmp_path / "outlets.toml").write_text("[[outlet]]\n")
    command = [sys.executable, "-P", "-m", "ghirbal", "crawl", "outlets.toml"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, env=environment)
    assert (done.returncode, "outlets.toml" in done.stderr) == (2, True)
    assert "a module of the folder" not in done.stderr


class Hub(BaseHTTPRequestHandler):
    """As much of the Hub as an upload asks for."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.asked.append((self.path, self.headers["authorization"], body))
        named = orjson.loads(body)["files"] if "preupload" in self.path else ()
        regular = [{"uploadMode": "regular", "shouldIgnore": False, "oid": None, "path": one["path"]} for one in named]
        answer = {
            "/api/repos/create": {"url": "https://huggingface.co/datasets/me/news"},
            "/api/validate-yaml": {"errors": [], "warnings": []},
            "/api/datasets/me/news/preupload/main": {"files": regular},
            "/api/datasets/me/news/commit/main": {
                "commitOid": "a" * 40,
                "commitUrl": f"https://huggingface.co/datasets/me/news/commit/{'a' * 40}",
            },
        }[self.path]
        self.send_response(self.server.status)
        self.send_header("content-type", "application/json")
        self.end_headers()
        self.wfile.write(orjson.dumps(answer))

    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture
def hub(monkeypatch):
    huggingface_hub = pytest.importorskip("huggingface_hub")
    with HTTPServer(("127.0.0.1", 0), Hub) as server:
        server.asked, server.status = [], 200
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}"
        monkeypatch.setattr(huggingface_hub, "HfApi", partial(huggingface_hub.HfApi, address, "secret"))
        yield server
        server.shutdown()


def test_a_corpus_is_pushed_whole_and_private_and_nothing_else(cleaned, hub, monkeypatch, capsys, tmp_path):
    out = tmp_path / "copy"
    shutil.copytree(cleaned, out)
    (out / "corpus" / "notes.txt").write_text("mine")
    assert call(monkeypatch, capsys, "push", out / "corpus", "me/news")[0] == 0
    (_, _, created), (commit, token, body) = hub.asked[0], hub.asked[-1]
    made = {"name": "news", "organization": "me", "visibility": "private", "type": "dataset"}
    assert orjson.loads(created) == made
    assert (commit, token) == ("/api/datasets/me/news/commit/main", "Bearer secret")
    sent = [orjson.loads(line)["value"] for line in body.splitlines()]
    published = {str(path.relative_to(cleaned)): path.read_bytes() for path in cleaned.rglob("*") if path.is_file()}
    assert {file["path"]: base64.b64decode(file["content"]) for file in sent[1:]} == {
        name: data for name, data in published.items() if not name.startswith(".ghirbal")
    }


@pytest.mark.broken_corpus
def test_what_the_hub_refuses_and_a_corpus_that_is_damaged_are_said(cleaned, hub, monkeypatch, capsys, tmp_path):
    hub.status = 401
    code, said = call(monkeypatch, capsys, "push", cleaned, "me/news")
    assert (code, "me/news: the Hub refuses: " in said.err, "HF_TOKEN" in said.err) == (2, True, True)
    hub.server_close()
    hub.shutdown()
    code, said = call(monkeypatch, capsys, "push", cleaned, "me/news")
    assert (code, "cannot be reached" in said.err) == (3, True)
    out = tmp_path / "copy"
    shutil.copytree(cleaned, out)
    (out / "README.md").write_text("other")
    code, said = call(monkeypatch, capsys, "push", out, "me/news")
    assert (code, "README.md: changed since it was published" in said.err) == (2, True)
