"""Stores of other kinds than `s3://`, which test_remote and test_upload have: each answers on loopback."""

from hashlib import sha1
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qs, unquote, urlsplit

import orjson
import pytest

pytest.importorskip("fsspec", reason="the extra [remote] is not installed")

import fsspec.config

from corpus.errors import EnvironmentFault, InputError, UsageError
from corpus.files.remote import Store, version_of
from ghirbal.check import check_corpus
from ghirbal.config import Config
from ghirbal.index import extend_index
from ghirbal.opened import Corpus
from tests.corpus.test_remote import listed
from tests.ghirbal.builds import build, call
from tests.ghirbal.builds import tree as corpus_of

ROW = b'{"id": "1", "text": "one"}\n'


class Hub(BaseHTTPRequestHandler):
    """As much of the Hub as reading the dataset me/news asks for; its files are those of `server.files`."""

    def do_GET(self):
        asked, files = urlsplit(self.path), self.server.files
        kind, _, rest = unquote(asked.path).removeprefix("/api").strip("/").partition("/me/news")
        verb, _, under = (part.strip("/") for part in rest.partition("/main"))
        if kind != "datasets":
            self.answer({}, 404, "RepoNotFound")
        elif verb in ("", "revision"):
            self.answer({"id": "me/news", "sha": "a" * 40, "tags": [], "siblings": []})
        elif verb == "resolve" and under in files:
            self.answer(files[under])
        elif verb == "tree" and (found := self.tree(under, parse_qs(asked.query)["recursive"] == ["true"])):
            self.answer(found)
        else:
            self.answer({}, 404, "EntryNotFound")

    def tree(self, under, recursive):
        found = {}
        for name, data in self.server.files.items():
            if name.startswith(prefix := f"{under}/" if under else ""):
                parts = name.removeprefix(prefix).split("/")
                folders = ["/".join(parts[:end]) for end in range(1, len(parts))]
                for folder in folders if recursive else folders[:1]:
                    found[folder] = {"type": "directory", "path": prefix + folder, "oid": "0", "size": 0}
                if recursive or not folders:
                    found[name] = {"type": "file", "path": name, "oid": sha1(data).hexdigest(), "size": len(data)}
        return list(found.values())

    def answer(self, said, status=200, error=""):
        data = said if isinstance(said, bytes) else orjson.dumps(said)
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.send_header("X-Error-Code", error)
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture
def hub(monkeypatch):
    constants = pytest.importorskip("huggingface_hub.constants", reason="the extra [push] is not installed")
    with ThreadingHTTPServer(("127.0.0.1", 0), Hub) as server:
        server.files = {"README.md": b"---\n", "dumps/sahil/a.jsonl": ROW, "dumps/b.txt": b"two"}
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        here = f"http://127.0.0.1:{server.server_port}"
        there = constants.HUGGINGFACE_CO_URL_TEMPLATE.removeprefix(constants.ENDPOINT)
        monkeypatch.setattr(constants, "ENDPOINT", here)
        monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", here + there)
        monkeypatch.setattr(constants, "HF_HUB_DISABLE_IMPLICIT_TOKEN", True)
        yield server
        server.shutdown()
    fsspec.get_filesystem_class("hf").clear_instance_cache()


def test_a_dataset_of_the_hub_is_read(hub, dumps, cleaned, tmp_path):
    address = "hf://datasets/me/news"
    assert listed(f"{address}/dumps") == [
        (f"{address}/dumps/b.txt", "b.txt", 3),
        (f"{address}/dumps/sahil/a.jsonl", "sahil/a.jsonl", 27),
    ]
    assert [name for _, name, _ in listed(f"{address}@main/dumps/sahil")] == ["a.jsonl"]
    store = Store(f"{address}/dumps")
    before = {name: version_of(entry) for name, entry in store.find().items()}
    hub.files["dumps/b.txt"] = b"TWO"
    after = {name: version_of(entry) for name, entry in store.find().items()}
    assert [name for name in before if before[name] != after[name]] == ["b.txt"]
    hub.files.clear()
    for folder, prefix in ((dumps, "dumps"), (cleaned, "corpus")):
        hub.files |= {f"{prefix}/{name}": data for name, data in corpus_of(folder).items()}
    build(f"{address}/dumps", tmp_path / "there", command="clean")
    build(dumps, tmp_path / "here", command="clean")
    there, here = (
        {name: data for name, data in corpus_of(tmp_path / out).items() if name.startswith(("corpus", "removed"))}
        for out in ("there", "here")
    )
    assert there == here != {}
    assert list(Corpus(f"{address}/corpus")) == list(Corpus(cleaned))
    assert check_corpus(f"{address}/corpus") == []


def test_what_the_hub_does_not_have_is_said(hub):
    store = Store("hf://datasets/me/news/dumps/none")
    assert (store.is_file(), store.find()) == (False, {})
    with pytest.raises(InputError, match="gone from where it was listed"):
        store.fetch("nowhere")
    with pytest.raises(UsageError, match="hf://datasets/me/other: no such file or folder"):
        listed("hf://datasets/me/other")
    with pytest.raises(UsageError, match="hf://datasets/me: no address of such a store"):
        listed("hf://datasets/me")
    hub.shutdown()
    hub.server_close()
    with pytest.raises(EnvironmentFault, match="news: cannot be read .*; see that the store answers"):
        listed("hf://datasets/me/news")


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:Sending a large body")  # says aiohttp of gcsfs
def test_a_bucket_of_google_is_read_written_and_compared_with(dumps, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT", "false")  # which asks more than the emulator knows
    monkeypatch.setenv("FSSPEC_GS_TOKEN", "anon")  # which processes of workers read
    monkeypatch.setitem(fsspec.config.conf, "gs", {"token": "anon"})
    emulator = pytest.importorskip("gcp_storage_emulator.server", reason="gcp-storage-emulator is not installed")
    gcsfs = pytest.importorskip("gcsfs", reason="gcsfs is not installed")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with emulator.create_server("127.0.0.1", 0, in_memory=True, default_bucket="news") as server:
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", "http://127.0.0.1:{1}".format(*server._api._httpd.server_address))
        gcsfs.GCSFileSystem.clear_instance_cache()
        store = Store("gs://news/dumps")
        for path in dumps.iterdir():
            store.put(path.name, path)
        before = {name: version_of(entry) for name, entry in store.find().items()}
        store.put("0.txt", dumps / "0.txt")
        after = {name: version_of(entry) for name, entry in store.find().items()}
        assert [name for name in before if before[name] != after[name]] == ["0.txt"]
        command = ("dedup", "gs://news/dumps", "-o", "gs://news/corpus", "-q", "--workers", "2")
        for expected in ("corpus:  gs://news/corpus", "this run had finished before"):
            code, said = call(monkeypatch, capsys, *command)
            assert (code, expected in said.out) == (0, True)
        build(dumps, tmp_path / "here", command="dedup")
        assert list(Corpus("gs://news/corpus")) == list(Corpus(tmp_path / "here"))
        assert check_corpus("gs://news/corpus") == []
        assert extend_index("gs://news/index", ["gs://news/corpus"], Config().dedup) == 4
        build(dumps, tmp_path / "again", command="dedup", against="gs://news/index")
        assert len(Corpus(tmp_path / "again")) == 0
        with pytest.raises(EnvironmentFault, match=r"gs://other: cannot be written \(nothing is there: "):
            Store("gs://other").write("a", b"")
        with pytest.raises(UsageError, match="gs://other/dumps: no such file or folder"):
            listed("gs://other/dumps")
