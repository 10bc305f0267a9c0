import hashlib
from pathlib import Path

import orjson
import pytest

pytest.importorskip("fsspec", reason="the extra [remote] is not installed")

import fsspec

from corpus.errors import EnvironmentFault, UsageError
from corpus.run import Watcher
from dedup.store import pull_index
from ghirbal.check import check_corpus
from ghirbal.config import Config
from ghirbal.index import extend_index, remove_from_index
from ghirbal.jobs import Job, run_job
from ghirbal.opened import Corpus
from ghirbal.upload import prepare_upload, resolve_out
from tests.corpus.test_remote import bucket, listed  # noqa: F401 - a fixture
from tests.ghirbal.builds import build, call, story
from tests.ghirbal.builds import tree as corpus_of

ADDRESS = "memory://news/corpus"


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def store():
    """A store in the memory of this process; what is put into it is gone with the test."""
    system = fsspec.filesystem("memory")
    yield system
    system.store.clear()
    system.pseudo_dirs[:] = [""]


@pytest.fixture
def stories(tmp_path):
    for number in range(3):
        (tmp_path / "stories").mkdir(exist_ok=True)
        (tmp_path / "stories" / f"{number}.txt").write_text(story(number), "utf-8")
    return tmp_path / "stories"


def publish(inputs, command="clean", **options):
    out, address = resolve_out(ADDRESS)
    return run_job(Job(command, (str(inputs),), out, Config(), address=address, **options), Watcher())


def published(store):
    return {name.removeprefix("/news/corpus/"): store.cat_file(name) for name in store.find("/news/corpus")}


def local(out):
    return {name: data for name, data in corpus_of(out).items() if not name.startswith(".ghirbal")}


def sent_as(name, data):
    """The name of a file in the store: that of a part says what it holds."""
    stem, _, form = name.partition(".")
    return f"{stem}-{hashlib.sha256(data).hexdigest()[:16]}.{form}" if "part-" in name else name


def assert_whole(store, tmp_path):
    """What lies in the store is a finished corpus, and nothing else lies there."""
    store.get("/news/corpus/", str(tmp_path / "fetched"), recursive=True)
    assert check_corpus(tmp_path / "fetched") == []
    found = published(store)
    assert found.keys() == {*orjson.loads(found["manifest.json"])["files"], "manifest.json", "_SUCCESS"}


def test_a_corpus_at_an_address_is_that_of_a_folder_and_an_input(store, stories, tmp_path):
    build(stories, tmp_path / "here", command="clean")
    publish(stories)
    here = {sent_as(name, data): data for name, data in local(tmp_path / "here").items()}
    there = published(store)
    assert there.keys() == here.keys()
    assert [name for name in here if here[name] != there[name]] == ["_SUCCESS", "manifest.json"]
    assert_whole(store, tmp_path)
    assert publish(stories).already
    build(ADDRESS, tmp_path / "again", command="clean")
    assert b'"kept": 3' in (tmp_path / "again" / "manifest.json").read_bytes()


@pytest.mark.parametrize("sent", range(8))
def test_a_publication_that_is_cut_has_no_marker_and_goes_on_where_it_was(store, stories, tmp_path, monkeypatch, sent):
    names = []

    def put(self, path, place, **options):
        if len(names) == sent:
            raise ConnectionResetError("cut")
        names.append(place)
        self.pipe_file(place, Path(path).read_bytes())

    def pipe(self, place, data, **options):
        if place.endswith("_SUCCESS") and len(names) == sent:
            raise ConnectionResetError("cut")
        return whole(self, place, data, **options)

    whole = type(store).pipe_file
    with monkeypatch.context() as patched:
        patched.setattr(type(store), "put_file", put)
        patched.setattr(type(store), "pipe_file", pipe)
        with pytest.raises(EnvironmentFault, match=r"memory://news/corpus: cannot be written \(cut\)"):
            publish(stories)
        assert "_SUCCESS" not in published(store)
        sent = -1
        publish(stories)
    parts = [name for name in names if "/part-" in name]
    assert len(parts) == len(set(parts)) == 2
    assert_whole(store, tmp_path)


def test_another_corpus_is_replaced_by_fresh_alone_and_stays_whole_until_then(store, stories, tmp_path, monkeypatch):
    publish(stories)
    before = published(store)
    (stories / "3.txt").write_text(story(3), "utf-8")
    with pytest.raises(UsageError, match="holds a finished corpus made from something else"):
        publish(stories)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "elsewhere"))
    with pytest.raises(UsageError, match=f"{ADDRESS}: holds another finished corpus; .*--fresh"):
        publish(stories)

    def refuse(self, path, place, **options):
        assert "part-00000-" in place, "a part of the corpus there was overwritten"
        raise ConnectionResetError

    with monkeypatch.context() as patched, pytest.raises(EnvironmentFault, match="ConnectionResetError"):
        patched.setattr(type(store), "put_file", refuse)
        publish(stories, fresh=True)
    assert published(store) == before
    publish(stories, fresh=True)
    assert_whole(store, tmp_path)
    (part,) = (name for name in published(store) if name.startswith("corpus/"))
    digest = hashlib.sha256(published(store)[part]).hexdigest()
    assert part == f"corpus/part-00000-{digest[:16]}.jsonl.zst"
    assert publish(stories).already
    assert published(store).keys() >= {part}
    assert [name for _, name, _ in listed(ADDRESS)] == [part.removeprefix("corpus/")]
    assert [name for _, name, _ in listed("memory://news")] == [f"corpus/{part}"]


def test_what_lies_at_an_address_is_not_touched(store, stories):
    store.pipe("/news/corpus/notes.txt", b"mine")
    with pytest.raises(UsageError, match=r"holds files that no run of ours wrote \(notes.txt\)"):
        publish(stories, fresh=True)
    with pytest.raises(UsageError, match="notes.txt: this is a file"):
        prepare_upload(Path(), f"{ADDRESS}/notes.txt", fresh=False)
    for name in ("memory://news", f"{ADDRESS}/corpus"):
        with pytest.raises(UsageError, match="one of input and output lies inside the other"):
            publish(name)
    assert published(store) == {"notes.txt": b"mine"}


def test_a_corpus_at_an_address_that_is_not_whole_is_no_input(store, stories):
    publish(stories)
    (part,) = store.ls("/news/corpus/corpus", detail=False)

    def assert_refused(message):
        for name in (ADDRESS, "memory://news"):
            with pytest.raises(UsageError, match=message):
                listed(name)

    store.rm(part)
    assert_refused(f"{part}: missing")
    store.pipe("/news/corpus/manifest.json", b"{}")
    assert_refused("corpus/manifest.json: changed since it was published")
    store.rm("/news/corpus/_SUCCESS")
    prepare_upload(Path(), ADDRESS, fresh=False)
    assert_refused("news/corpus: an unfinished corpus")
    store.pipe("/spark/_SUCCESS", b"")
    store.pipe("/spark/a.jsonl", b"{}")
    assert [name for _, name, _ in listed("memory://spark")] == ["_SUCCESS", "a.jsonl"]


@pytest.fixture
def copies(tmp_path):
    """Three stories, of which one has a copy; built as it is, and published from the same."""
    rows = [{"id": f"s{n}", "outlet": f"o{n % 4}", "title": f"t{n}", "text": story(n % 3)} for n in range(4)]
    (tmp_path / "rows.jsonl").write_bytes(b"\n".join(map(orjson.dumps, rows)))
    return tmp_path / "rows.jsonl"


@pytest.mark.parametrize("form", ["jsonl.zst", "jsonl", "parquet"])
def test_a_corpus_at_an_address_is_opened_and_checked_as_one_in_a_folder(
    store, copies, tmp_path, monkeypatch, capsys, form
):
    if form == "parquet":
        pytest.importorskip("pyarrow", reason="the extra [parquet] is not installed")
    publish(copies, command="dedup", form=form)
    here, _ = resolve_out(ADDRESS)
    (part,) = store.ls("/news/corpus/corpus", detail=False)
    for name in (ADDRESS, f"{ADDRESS}/corpus/", f"memory:/{part}"):
        one, other = Corpus(here), Corpus(name)
        for what in (list, lambda corpus: list(corpus.removed), lambda corpus: list(corpus.clusters), len):
            assert what(one) == what(other)
        assert [account.record for account in other.why("s3")] == [account.record for account in one.why("s3")]
    assert (len(one), len(list(one.removed)), len(list(one.clusters))) == (3, 1, 1)
    for arguments in (["why", "s3"], ["stats"], ["sample", "-n", "2", "--json"], ["similar"]):
        said = []
        for out in (here, ADDRESS):
            between = [copies, out] if arguments == ["similar"] else [out, *arguments[1:]]
            code, printed = call(monkeypatch, capsys, arguments[0], *between)
            said.append((code, printed.err, printed.out))
        assert said[0] == said[1]
        assert said[0][:2] == (0, "")
    assert call(monkeypatch, capsys, "check", ADDRESS)[1].out == f"{ADDRESS}: every law holds\n"
    name = part.removeprefix("/news/corpus/")
    for data, law in ((b"x", "changed since it was published (digest differs)"), (None, "missing")):
        store.pipe(part, data) if data else store.rm(part)
        assert check_corpus(ADDRESS) == [f"{name}: {law}"]
    with pytest.raises(UsageError, match=f"{name}: missing"):
        list(Corpus(ADDRESS))


def test_new_documents_are_compared_with_a_corpus_at_an_address(store, copies, tmp_path):
    publish(copies, command="dedup")
    more = tmp_path / "more.jsonl"
    more.write_bytes(b"\n".join(orjson.dumps({"id": f"m{n}", "text": story(n)}) for n in (2, 3)))
    for number, against in enumerate((str(resolve_out(ADDRESS)[0]), ADDRESS)):
        build(more, tmp_path / f"{number}", "dedup", against=against)
    one, other = ({name: data for name, data in local(tmp_path / out).items() if "part-" in name} for out in "01")
    assert one == other
    assert [row.survivor for row in Corpus(tmp_path / "1").removed] == ["s2"]
    assert extend_index(tmp_path / "index", [ADDRESS], Config().dedup) == 3
    with pytest.raises(UsageError, match="one of input and output lies inside the other"):
        publish(more, command="dedup", against=(ADDRESS,), fresh=True)
    with pytest.raises(UsageError, match="memory://nowhere: neither a finished corpus nor an index"):
        build(more, tmp_path / "2", "dedup", against="memory://nowhere")


INDEX = "memory://news/index"
CONFIG = Config().dedup


def listing(system):
    return orjson.loads(system.cat_file("/news/index/index.json"))


def assert_as_listed(system):
    names = [name.rpartition("/")[2] for name in system.find("/news/index")]
    assert sorted(names) == ["index.json", *listing(system)["segments"]]


def test_an_index_at_an_address_is_that_of_a_folder(store, copies, tmp_path, monkeypatch, capsys):
    build(copies, tmp_path / "old", "dedup")
    more = tmp_path / "more.jsonl"
    more.write_bytes(b"\n".join(orjson.dumps({"id": f"m{n}", "text": story(n)}) for n in (2, 3)))
    folder = tmp_path / "index"
    for out in (INDEX, folder):
        assert [extend_index(out, [tmp_path / "old"], CONFIG) for _ in range(2)] == [3, 0]
    here = {path.name: path.read_bytes() for path in folder.glob("[!.]*")}
    assert {name.rpartition("/")[2]: store.cat_file(name) for name in store.find("/news/index")} == here
    said = []
    for number, against in enumerate((folder, INDEX)):
        build(more, tmp_path / f"{number}", "dedup", against=str(against))
        said.append(call(monkeypatch, capsys, "similar", more, against, "--json"))
    one, other = (local(tmp_path / out) for out in "01")
    assert one == other
    assert said[0] == said[1]
    assert said[0][0] == 0
    assert [row.survivor for row in Corpus(tmp_path / "1").removed] == ["s2"]
    # Another machine knows nothing of this one, and this one goes on from what the other has published.
    with monkeypatch.context() as patched:
        patched.setenv("XDG_CACHE_HOME", str(tmp_path / "elsewhere"))
        assert extend_index(INDEX, [tmp_path / "1"], CONFIG) == 1
    assert remove_from_index(INDEX, ["s1"], CONFIG) == 1
    assert (sum(listing(store)["corpora"].values()), listing(store)["removed"]) == (4, 1)
    assert_as_listed(store)
    with pytest.raises(UsageError, match="holds no document 's1'"):
        remove_from_index(INDEX, ["s1"], CONFIG)
    segment = store.find("/news/index")[-1]
    data = store.cat_file(segment)
    for broken, message in ((data[:-1], "cut: array"), (None, f"{segment}: missing; build the index again")):
        store.pipe(segment, broken) if broken else store.rm(segment)
        with pytest.raises(UsageError, match=message):
            build(more, tmp_path / "2", "dedup", against=INDEX)
    store.pipe("/news/index/notes.txt", b"mine")
    with pytest.raises(UsageError, match=r"index: holds something else than an index \(notes.txt\)"):
        extend_index(INDEX, [], CONFIG)


@pytest.mark.parametrize("sent", range(3))
def test_an_index_whose_publication_is_cut_is_what_it_was_and_the_same_command_goes_on(
    store, copies, tmp_path, monkeypatch, sent
):
    build(copies, tmp_path / "old", "dedup")
    (tmp_path / "more.jsonl").write_bytes(orjson.dumps({"id": "m", "text": story(7)}))
    build(tmp_path / "more.jsonl", tmp_path / "more", "dedup")
    extend_index(INDEX, [tmp_path / "old"], CONFIG)
    before, calls = listing(store), []

    def cut(call):
        def counted(self, *given, **named):
            calls.append(given)
            if len(calls) > sent:
                raise ConnectionResetError("cut")
            return call(self, *given, **named)

        return counted

    with monkeypatch.context() as patched, pytest.raises(EnvironmentFault, match="cannot be written"):
        for name in ("put_file", "pipe_file", "rm_file"):
            patched.setattr(type(store), name, cut(getattr(type(store), name)))
        extend_index(INDEX, [tmp_path / "more"], CONFIG)
    assert (listing(store) == before) == (sent < 2)  # a segment, the listing, and what it names no more
    assert extend_index(INDEX, [tmp_path / "more"], CONFIG) == 0
    assert sum(listing(store)["corpora"].values()) == 4
    assert_as_listed(store)

    def pulled(*given):
        pull_index(*given)
        store.pipe("/news/index/index.json", orjson.dumps(before))

    monkeypatch.setattr("ghirbal.index.pull_index", pulled)
    with pytest.raises(EnvironmentFault, match="changed by another run meanwhile"):
        extend_index(INDEX, [], CONFIG)


def test_the_folder_of_an_address_is_always_the_same(tmp_path):
    one, other = resolve_out("s3://b/corpus/"), resolve_out("s3://b/corpus")
    assert one == other == (one[0], "s3://b/corpus")
    assert one[0].parent == tmp_path / "cache" / "ghirbal"
    assert resolve_out("s3://c/corpus")[0] != one[0]
    assert [resolve_out("file:///data/out"), resolve_out("out")] == [(Path("/data/out"), ""), (Path("out"), "")]


@pytest.mark.slow
def test_a_corpus_in_a_bucket(bucket, stories, tmp_path, monkeypatch, capsys):  # noqa: F811 - the fixture
    arguments = ("clean", stories, "-o", "s3://news/out/corpus", "-q")
    for expected in ("corpus:  s3://news/out/corpus", "this run had finished before"):
        code, said = call(monkeypatch, capsys, *arguments)
        assert (code, said.err) == (0, "")
        assert expected in said.out
    bucket.get("news/out/corpus/", str(tmp_path / "fetched"), recursive=True)
    assert check_corpus(tmp_path / "fetched") == check_corpus("s3://news/out/corpus") == []
    assert list(Corpus("s3://news/out/corpus")) == list(Corpus(tmp_path / "fetched"))
    assert extend_index("s3://news/out/index", ["s3://news/out/corpus"], Config().dedup, workers=2) == 3
    with pytest.raises(UsageError, match="s3://nowhere/corpus: no finished corpus"):
        Corpus("s3://nowhere/corpus")
    sent = []
    monkeypatch.setattr(bucket, "put_file", lambda path, place: sent.append(place))
    bucket.rm_file("news/out/corpus/_SUCCESS")
    assert call(monkeypatch, capsys, *arguments)[0] == 0
    assert sent[-1] == "news/out/corpus/manifest.json"
    assert not any("part-" in name for name in sent)
    code, said = call(monkeypatch, capsys, "clean", stories, "-o", "s3://nowhere/corpus", "-q")
    assert code == 3
    assert "s3://nowhere/corpus: cannot be written" in said.err
