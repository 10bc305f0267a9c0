import socket
import sys
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

pytest.importorskip("fsspec", reason="the extra [remote] is not installed")

import fsspec

from corpus.errors import EnvironmentFault, UsageError
from corpus.files.listing import InputFile, list_inputs
from corpus.files.remote import fetched
from corpus.formats.reader import read_input
from corpus.formats.rows import ReadConfig
from corpus.records import Failure
from corpus.run.runner import shard_inputs
from ghirbal.opened import Corpus
from ghirbal.published import list_records
from tests.ghirbal.builds import build, call, story
from tests.ghirbal.builds import tree as corpus_of

ROW = b'{"id": "1", "text": "one"}\n'
FILES = {"sahil/a.jsonl": ROW, "sahil/b.txt": b"two", ".hidden/c.txt": b"no", "wadi.txt": b"three"}


@pytest.fixture
def store():
    """A store in the memory of this process; what is put into it is gone with the test."""
    system = fsspec.filesystem("memory")
    for name, data in FILES.items():
        system.pipe(f"/dumps/{name}", data)
    yield system
    system.store.clear()
    system.pseudo_dirs[:] = [""]


def listed(*inputs):
    files, failures, _ = list_records(inputs)
    assert failures == []
    return [(file.path, file.name, file.size) for file in files]


def test_files_at_an_address_have_the_names_of_those_in_a_folder(store, tmp_path):
    for name, data in FILES.items():
        (tmp_path / "dumps" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "dumps" / name).write_bytes(data)
    here = str(tmp_path / "dumps")
    for parts in ([""], ["/sahil", "/wadi.txt"], ["/sahil/a.jsonl"], ["", "/sahil"], ["/sahil"]):
        found = [
            [(file.name, file.size, file.outlet) for file in list_inputs([root + part for part in parts])[0]]
            for root in (here, "memory:///dumps")
        ]
        assert found[0] == found[1] != []
    assert listed(f"file://{here}") == listed(here)
    assert listed("memory://dumps/sahil/")[0] == ("memory:///dumps/sahil/a.jsonl", "a.jsonl", 27)


def test_a_file_is_fetched_while_it_is_read_and_gone_afterwards(store):
    (file, *_), _ = list_inputs(["memory://dumps/sahil/a.jsonl"])
    with fetched(file.path, file.size) as path:
        assert Path(path).read_bytes() == ROW
        assert Path(path).suffix == ".jsonl"
    assert not Path(path).exists()
    assert [record.text for record in read_input(file, ReadConfig())] == ["one"]


@pytest.mark.parametrize(("now", "message"), [(b"longer", "from 3 bytes to 6"), (None, "gone from where it was")])
def test_a_file_that_changed_after_it_was_listed_is_not_read(store, now, message):
    (file,), _ = list_inputs(["memory://dumps/sahil/b.txt"])
    store.rm("/dumps/sahil/b.txt")
    if now:
        store.pipe("/dumps/sahil/b.txt", now)
    (failure,) = read_input(file, ReadConfig())
    assert isinstance(failure, Failure)
    assert failure.reason == "input-changed"
    assert message in failure.message


def test_two_versions_of_a_file_are_not_one_input(store):
    before, _ = list_inputs(["memory://dumps/wadi.txt"])
    again, _ = list_inputs(["memory://dumps/wadi.txt"])
    store.pipe("/dumps/wadi.txt", b"THREE")
    after, _ = list_inputs(["memory://dumps/wadi.txt"])
    assert before == again != after


def test_what_cannot_be_reached_says_what_to_do(store, monkeypatch):
    with pytest.raises(UsageError, match="memory://nowhere: no such file or folder"):
        list_inputs(["memory://nowhere"])
    with pytest.raises(UsageError, match="nonsense"):
        list_inputs(["nonsense://x"])

    def refuse(*given, **named):
        raise RuntimeError("NoCredentials")

    monkeypatch.setattr(type(store), "find", refuse)
    monkeypatch.setattr(type(store), "get_file", refuse)
    with pytest.raises(EnvironmentFault, match=r"memory://dumps: cannot be read \(NoCredentials\); see that the store"):
        list_inputs(["memory://dumps"])
    with pytest.raises(EnvironmentFault, match="NoCredentials"):
        list(read_input(InputFile("memory://dumps/wadi.txt", "wadi.txt", 5), ReadConfig()))
    monkeypatch.setitem(sys.modules, "fsspec.core", None)
    with pytest.raises(UsageError, match=r"ghirbal\[remote\]"):
        list_inputs(["memory://dumps"])


def test_a_server_that_does_not_answer_is_no_missing_file():
    pytest.importorskip("aiohttp", reason="aiohttp is not installed")
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"http://127.0.0.1:{server.getsockname()[1]}/dumps/a.jsonl"
    with pytest.raises(EnvironmentFault, match=r"a\.jsonl: cannot be read \(.*; see that the store answers"):
        list_inputs([address])


def test_a_large_file_elsewhere_is_read_by_one_task():
    assert len(shard_inputs([InputFile("s3://b/x.jsonl", "x.jsonl", 2**30)])) == 1
    assert len(shard_inputs([InputFile("/b/x.jsonl", "x.jsonl", 2**30)])) == 16


def test_a_corpus_of_what_lies_in_a_store_is_that_of_a_folder(store, tmp_path):
    for number in range(3):
        store.pipe(f"/stories/{number}.txt", story(number).encode())
        (tmp_path / "stories").mkdir(exist_ok=True)
        (tmp_path / "stories" / f"{number}.txt").write_text(story(number), "utf-8")
    build("memory://stories", tmp_path / "there", command="clean")
    build(tmp_path / "stories", tmp_path / "here", command="clean")
    there, here = (
        {name: data for name, data in corpus_of(tmp_path / out).items() if name.startswith(("corpus", "removed"))}
        for out in ("there", "here")
    )
    assert there == here != {}
    # A finished corpus in a store is its documents, and not what else was published with them.
    store.put(str(tmp_path / "here"), "/finished/", recursive=True)
    assert [name for _, name, _ in listed("memory://finished")] == ["here/corpus/part-00000.jsonl.zst"]
    for name in ("mine.jsonl", "notes.md"):
        store.pipe(f"/finished/here/{name}", ROW)
    for given, part in (("finished", "here/corpus/part-00000.jsonl.zst"), ("finished/here", "part-00000.jsonl.zst")):
        files, failures, _ = list_records([f"memory://{given}"])
        assert [file.name for file in files] == [part]
        assert [(one.source.path, one.reason) for one in failures] == [("here/mine.jsonl", "beside-records")]


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *said):
        pass


def test_what_a_web_server_has_is_read_though_it_tells_neither_sizes_nor_folders(tmp_path):
    pytest.importorskip("aiohttp", reason="what fsspec asks web servers with is not installed")
    (tmp_path / "dumps").mkdir()
    (tmp_path / "dumps" / "a.jsonl").write_bytes(ROW)
    build(tmp_path / "dumps", tmp_path / "out", "clean")
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=tmp_path)) as server:
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        root = f"http://127.0.0.1:{server.server_port}"
        for address in (f"{root}/dumps/a.jsonl", f"{root}/dumps"):
            ((file,), _, _) = list_records([address])
            assert [record.text for record in read_input(file, ReadConfig())] == ["one"]
        assert list(Corpus(f"{root}/out")) == list(Corpus(tmp_path / "out"))
        assert [name for _, name, _ in listed(f"{root}/out")] == ["part-00000.jsonl.zst"]
        assert [name for _, name, _ in listed(root)] == ["dumps/a.jsonl", "out/corpus/part-00000.jsonl.zst"]
        server.shutdown()


@pytest.fixture
def bucket(monkeypatch):
    """An object store on loopback that has the bucket `news`."""
    server = pytest.importorskip("moto.server", reason="moto[s3] and flask are not installed")
    s3fs = pytest.importorskip("s3fs", reason="the extra [remote] is not installed")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "none")
    store = server.ThreadedMotoServer("127.0.0.1", 0)
    store.start()
    s3fs.S3FileSystem.clear_instance_cache()  # they know the address of the store before
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:{1}".format(*store.get_host_and_port()))
    system = fsspec.filesystem("s3")
    system.makedirs("news", exist_ok=True)  # buckets outlive their server
    yield system
    store.stop()


@pytest.mark.slow
def test_inputs_in_a_bucket(bucket, tmp_path, monkeypatch, capsys):
    for number in range(3):
        bucket.pipe(f"news/dumps/sahil/{number}.txt", story(number).encode())
    code, said = call(monkeypatch, capsys, "build", "s3://news/dumps", "-o", tmp_path / "out", "--workers", "2", "-q")
    assert (code, said.err) == (0, "")
    assert b'"kept": 3' in (tmp_path / "out" / "manifest.json").read_bytes()
    code, said = call(monkeypatch, capsys, "build", "s3://other/dumps", "-o", tmp_path / "none", "-q")
    assert code == 2
