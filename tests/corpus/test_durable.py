import os

import pytest

from corpus.errors import EnvironmentFault
from corpus.files.durable import publish, publish_json, publishing, run_lock, sweep


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_publish_returns_digest_and_size(tmp_path):
    done = publish(tmp_path / "a" / "b.bin", b"abc")
    assert (tmp_path / "a" / "b.bin").read_bytes() == b"abc"
    assert done.bytes == 3
    assert done.sha256 == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_a_failing_block_leaves_the_old_file_and_nothing_else(tmp_path):
    publish(tmp_path / "x", b"old")
    with pytest.raises(ZeroDivisionError), publishing(tmp_path / "x") as (sink, _):
        sink.write(b"half")
        raise ZeroDivisionError
    assert (tmp_path / "x").read_bytes() == b"old"
    assert names(tmp_path) == ["x"]


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_full_disk_is_an_environment_fault_and_the_old_file_stays(tmp_path, monkeypatch, call):
    publish(tmp_path / "x", b"old")

    def refuse(*_args, **_kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, call, refuse)
    with pytest.raises(EnvironmentFault, match="free some space"):
        publish(tmp_path / "x", b"new")
    assert (tmp_path / "x").read_bytes() == b"old"
    assert names(tmp_path) == ["x"]


def test_an_error_of_the_reader_is_not_taken_for_one_of_the_disk(tmp_path):
    with pytest.raises(FileNotFoundError), publishing(tmp_path / "x"):
        (tmp_path / "missing").read_bytes()


def test_json_has_sorted_keys(tmp_path):
    publish_json(tmp_path / "x.json", {"b": 1, "a": [2]})
    assert (tmp_path / "x.json").read_text() == '{\n  "a": [\n    2\n  ],\n  "b": 1\n}\n'


def test_sweep_takes_only_what_is_ours(tmp_path):
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "x.unpublished-77").write_bytes(b"")
    (tmp_path / "mine.txt").write_bytes(b"")
    sweep(tmp_path)
    assert names(tmp_path / "deep") == []
    assert names(tmp_path) == ["deep", "mine.txt"]


def test_the_lock_names_its_holder(tmp_path):
    path = tmp_path / "out" / ".ghirbal" / "lock"
    with run_lock(path), pytest.raises(EnvironmentFault, match=f"process {os.getpid()}"), run_lock(path):
        pass
    with run_lock(path):
        pass
    assert path.read_bytes() == b""
