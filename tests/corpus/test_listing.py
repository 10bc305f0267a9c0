from __future__ import annotations

import os
import random
from pathlib import Path

import orjson
import pytest

from corpus.errors import UsageError
from corpus.files.listing import InputFile, list_inputs, show_name
from corpus.formats.reader import read_input
from corpus.formats.rows import ReadConfig
from corpus.records import Document, Failure, Source, to_json


@pytest.fixture
def dumps(tmp_path: Path) -> Path:
    for name in ("b/2.txt", "b/1.txt", "a.txt", "c/d/e.jsonl", ".hidden.txt", ".git/x.txt", "b/.x.txt"):
        path = tmp_path / "dumps" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return tmp_path / "dumps"


def names(*given: Path) -> list[str]:
    return [file.name for file in list_inputs([str(path) for path in given])[0]]


def test_folders_are_read_whole_but_for_the_hidden(dumps: Path) -> None:
    files, failures = list_inputs([str(dumps)])
    assert [file.name for file in files] == ["a.txt", "b/1.txt", "b/2.txt", "c/d/e.jsonl"]
    assert failures == []
    status = (dumps / "b/1.txt").stat()
    assert files[1] == InputFile(str(dumps / "b/1.txt"), "b/1.txt", status.st_size, status.st_mtime_ns)


def test_a_file_is_named_by_its_own_name_even_if_hidden(dumps: Path) -> None:
    assert names(dumps / "b/2.txt", dumps / ".hidden.txt") == [".hidden.txt", "2.txt"]


def test_paths_are_absolute_and_normal(dumps: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(dumps / "b")
    files, _ = list_inputs(["../c/../b", "./1.txt"])
    assert [(file.name, file.path) for file in files] == [
        ("1.txt", str(dumps / "b/1.txt")),
        ("2.txt", str(dumps / "b/2.txt")),
    ]


def test_the_order_of_arguments_and_folders_does_not_matter(dumps: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given = [str(dumps), str(dumps / "b"), str(dumps / "a.txt"), str(dumps / "c")]
    expected = list_inputs(given)
    scandir = os.scandir
    for seed in range(10):
        shuffle = random.Random(seed)

        def shuffled(path: str, shuffle: random.Random = shuffle) -> list[os.DirEntry[str]]:
            entries = list(scandir(path))
            shuffle.shuffle(entries)
            return entries

        monkeypatch.setattr("corpus.files.listing.os.scandir", shuffled)
        shuffle.shuffle(given)
        assert list_inputs(given) == expected


def test_one_file_under_two_names_is_listed_once(dumps: Path) -> None:
    os.link(dumps / "a.txt", dumps / "0-hard.txt")
    (dumps / "soft.txt").symlink_to("a.txt")
    assert names(dumps) == ["0-hard.txt", "b/1.txt", "b/2.txt", "c/d/e.jsonl"]
    (dumps.parent / "again").mkdir()
    os.link(dumps / "b/1.txt", dumps.parent / "again/1.txt")
    assert names(dumps, dumps.parent / "again") == [
        "again/1.txt", "dumps/0-hard.txt", "dumps/b/2.txt", "dumps/c/d/e.jsonl",
    ]  # fmt: skip


def test_several_inputs_name_their_files_as_their_common_folder_does(dumps: Path) -> None:
    assert names(*dumps.glob("[!.]*")) == names(dumps) == names(dumps, dumps / "b", dumps / "b/1.txt", f"{dumps}/")


def test_files_of_one_name_in_two_folders_keep_two_names(tmp_path: Path) -> None:
    given = [tmp_path / "may" / "sahil", tmp_path / "june" / "sahil", tmp_path / "wadi"]
    for folder in given:
        folder.mkdir(parents=True)
        (folder / "1.txt").write_text("x")
    assert names(*given) == ["june/sahil/1.txt", "may/sahil/1.txt", "wadi/1.txt"]
    assert names(*(folder / "1.txt" for folder in given)) == ["june/sahil/1.txt", "may/sahil/1.txt", "wadi/1.txt"]


def test_a_hidden_file_is_read_where_it_is_given(dumps: Path) -> None:
    assert names(dumps, dumps / ".hidden.txt") == [
        ".hidden.txt", "dumps/a.txt", "dumps/b/1.txt", "dumps/b/2.txt", "dumps/c/d/e.jsonl",
    ]  # fmt: skip


def test_archives_that_a_crawl_is_writing_are_passed_over_in_folders(dumps: Path) -> None:
    for name in ("b/x.warc.gz", "b/y.warc.gz.open", "doors.open.txt", "z.open"):
        (dumps / name).write_text("")
    assert names(dumps) == ["a.txt", "b/1.txt", "b/2.txt", "b/x.warc.gz", "c/d/e.jsonl", "doors.open.txt", "z.open"]
    assert names(dumps / "b/y.warc.gz.open") == ["y.warc.gz.open"]


def test_links_to_folders_are_not_followed(dumps: Path) -> None:
    before = names(dumps)
    (dumps / "b/up").symlink_to("..")
    (dumps / "b/self").symlink_to("self")
    files, failures = list_inputs([str(dumps)])
    assert [file.name for file in files] == before
    assert failures == [Failure(Source("b/self"), "dangling-link", "the link leads nowhere")]
    (dumps.parent / "link").symlink_to(dumps)
    (dumps / "b/self").unlink()
    assert names(dumps.parent / "link") == before


def test_what_is_no_file_is_named(dumps: Path) -> None:
    os.mkfifo(dumps / "fifo.txt")
    (dumps / "dangling.txt").symlink_to("nothing")
    _, failures = list_inputs([str(dumps), str(dumps / "fifo.txt"), str(dumps)])
    assert [(one.source.path, one.reason) for one in failures] == [
        ("dangling.txt", "dangling-link"),
        ("fifo.txt", "not-a-file"),
    ]


def test_an_unreadable_folder_is_named(dumps: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scandir = os.scandir

    def refuse(path: str) -> object:
        if path.endswith("c"):
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr("corpus.files.listing.os.scandir", refuse)
    files, failures = list_inputs([str(dumps)])
    assert [file.name for file in files] == ["a.txt", "b/1.txt", "b/2.txt"]
    assert failures == [Failure(Source("c"), "unreadable-input", "Permission denied")]


def test_a_missing_input_is_a_usage_error(dumps: Path) -> None:
    with pytest.raises(UsageError, match="nothing: no such file or folder"):
        list_inputs([str(dumps), str(dumps / "nothing")])


def test_standard_input() -> None:
    assert list_inputs(["-", "-"]) == ([InputFile("-", "-")], [])


@pytest.mark.parametrize("name", [b"\xff\xfe.jsonl", b"a\nb.jsonl", b"-rf.jsonl", "\u202etxt.jsonl".encode()])
def test_strange_names_are_read_and_shown_as_utf8(tmp_path: Path, name: bytes) -> None:
    (tmp_path / os.fsdecode(name)).write_bytes(b'{"text":"x"}\nbroken\n')
    (file,), _ = list_inputs([str(tmp_path)])
    assert file.name == name.decode("utf-8", "backslashreplace") == show_name(os.fsdecode(name))
    document, failure = read_input(file, ReadConfig())
    assert not isinstance(document, Failure)
    assert isinstance(failure, Failure)
    assert orjson.loads(to_json(document))["source"]["path"] == file.name  # type: ignore[arg-type]
    assert failure.source.path == file.name


@pytest.mark.parametrize(
    ("files", "outlet"),
    [(["1.txt", "2024/05/2.txt"], "sahil"), (["1.txt", "sport/2.txt"], ""), (["2024/05/2.txt"], "sahil")],
)
def test_a_single_folder_of_years_is_that_of_an_outlet(tmp_path: Path, files: list[str], outlet: str) -> None:
    for name in files:
        path = tmp_path / "dumps" / "sahil" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("One.")
    found, _ = list_inputs([str(path) for path in (tmp_path / "dumps").glob("*")])
    assert [file.outlet for file in found] == [outlet] * len(files)
    whole, _ = list_inputs([str(tmp_path / "dumps")])
    for one, other in zip(found, whole, strict=True):
        (document,), (same,) = read_input(one, ReadConfig()), read_input(other, ReadConfig())
        assert isinstance(document, Document)
        assert isinstance(same, Document)
        assert document.outlet == ("sport" if "sport" in one.name else outlet)
        assert same.outlet == (document.outlet or "sahil")
    folder = str(tmp_path / "dumps" / "sahil")
    assert all(not file.outlet for file in list_inputs([folder], {folder: {"1.txt"}})[0])
