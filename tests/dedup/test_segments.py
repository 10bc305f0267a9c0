"""What was damaged, cut or made up is refused with one clear error: never an answer, never a traceback."""

from __future__ import annotations

import os
import random
import struct

import numpy as np
import orjson
import pytest
import xxhash

from corpus.errors import EnvironmentFault, UsageError
from corpus.run import open_pool
from dedup.store import Index, index
from dedup.store import arrays as flat
from tests.dedup.conftest import look_up

CORPUS = "c0" * 32


@pytest.fixture(scope="session")
def whole(tmp_path_factory, story, document):
    folder = tmp_path_factory.mktemp("whole")
    Index(folder).add([document(f"قديم{seed}", story(seed), "nahr") for seed in range(6)], CORPUS)
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture
def folder(whole, tmp_path):
    for name, data in whole.items():
        (tmp_path / name).write_bytes(data)
    return tmp_path


SEGMENT = "segment-00000001.bin"


def forge(folder, data):
    """Put `data` in place of the segment, and its digest into the listing."""
    (folder / SEGMENT).write_bytes(data)
    listing = orjson.loads((folder / "index.json").read_bytes())
    listing["segments"][SEGMENT]["digest"] = xxhash.xxh3_128_hexdigest(data)
    (folder / "index.json").write_bytes(orjson.dumps(listing))


def arrays(folder):
    return {name: array.copy() for name, array in flat.unpack((folder / SEGMENT).read_bytes()).items()}


def with_header(header, body=bytes(4096)):
    text = header if isinstance(header, bytes) else orjson.dumps(header)
    start = b"GHRB0001" + struct.pack("<I", len(text)) + text
    return start + bytes(-len(start) % 64) + body


def refused(folder, name=SEGMENT):
    with pytest.raises(UsageError) as caught:
        Index(folder)
    assert str(caught.value).startswith(f"{folder / name}: ")
    assert "build it again" in str(caught.value)
    return str(caught.value)


def test_what_was_written_is_opened(folder, story, document):
    forge(folder, flat.pack(arrays(folder)))
    assert look_up(Index(folder), document("new", story(3))).copy.id == "قديم3"
    assert Index(folder).corpora == (CORPUS,)


def test_each_changed_byte_is_found(folder, whole):
    data = whole[SEGMENT]
    dice = random.Random(20261125)
    for place in [*range(16), len(data) - 1, *(dice.randrange(len(data)) for _ in range(150))]:
        changed = bytearray(data)
        changed[place] ^= 1 << dice.randrange(8)
        (folder / SEGMENT).write_bytes(changed)
        refused(folder)


@pytest.mark.parametrize("length", [0, 4, 8, 10, 12, 100, 2000, -64, -1])
def test_each_cut_is_found(folder, whole, length):
    data = whole[SEGMENT][:length]
    (folder / SEGMENT).write_bytes(data)
    refused(folder)
    forge(folder, data)
    refused(folder)


@pytest.mark.parametrize(
    "header",
    [
        b"", b"[]", b"{", b"{}", b"null", b"\xff\xfe", b"[" * 100_000, b'{"key":' * 100_000,
        {"key": []}, {"key": None}, {"key": ["<u8", [2]]}, {"key": ["<u8", [2], 0, 0]}, {"key": [8, [2], 0]},
        {"key": ["|O", [2], 0]}, {"key": ["O", [2], 0]}, {"key": ["<U4", [2], 0]}, {"key": ["<M8[s]", [2], 0]},
        {"key": ["(9,9)u8", [2], 0]}, {"key": ["u8,u8", [2], 0]}, {"key": ["nonsense", [2], 0]}, {"key": ["", [2], 0]},
        {"key": [">u8", [2], 0]}, {"key": ["<f16", [2], 0]}, {"key": ["<u8", [], 0]}, {"key": ["<u8", [1, 1, 1], 0]},
        {"key": ["<u8", [-1], 0]}, {"key": ["<u8", [-1, -2], 0]}, {"key": ["<u8", [2.5], 0]},
        {"key": ["<u8", [1 << 44], 0]}, {"key": ["<u8", [1 << 32, 1 << 32], 0]}, {"key": ["<u8", [0, 1 << 62], 0]},
        b'{"key": ["<u8", [99999999999999999999999], 0]}', b'{"key": ["<u8", [2], 99999999999999999999999]}',
        {"key": ["<u8", [2], -64]}, {"key": ["<u8", [2], 3]}, {"key": ["<u8", [2], 4096]},
        {"key": ["<u8", [2], 1 << 62]}, {"key": ["<u8", [True], 0]}, {"key": ["<u8", [513], 0]},
        {"key": ["<u8", [2], 0]}, {"key": ["<u8", [0], 0]},
    ],
    ids=lambda header: str(header)[:40],
)  # fmt: skip
def test_made_up_headers_are_refused(folder, header):
    forge(folder, with_header(header))
    refused(folder)


def test_a_header_longer_than_the_file_is_refused(folder):
    forge(folder, b"GHRB0001" + struct.pack("<I", (1 << 32) - 1) + b"{}")
    refused(folder)


def put(name, place, value):
    def change(found):
        found[name].reshape(-1)[place] = value

    return change


def replace(name, make):
    def change(found):
        found[name] = make(found[name])

    return change


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("bounds", put("bounds", 0, 1)), ("bounds", put("bounds", -1, 1 << 40)), ("bounds", put("bounds", 2, 1 << 40)),
        ("bounds", put("bounds", 2, -1)), ("bounds", put("bounds", slice(None), 1 << 40)),
        ("string_bounds", put("string_bounds", 0, -1)), ("string_bounds", put("string_bounds", 3, 1 << 40)),
        ("string_bounds", put("string_bounds", -1, 0)), ("string_bounds", put("string_bounds", 1, 1)),
        ("strings", put("strings", 0, 0xFF)), ("strings", put("strings", -1, 0xD9)),
        ("sample", put("sample_owner", 0, 6)), ("sample", put("sample", 0, (1 << 64) - 1)),
        ("band_keys", put("band_owner", 0, 1 << 31)), ("band_keys", put("band_owner", slice(None), 0)),
        ("band_keys", put("band_keys", 0, (1 << 32) - 1)), ("exact_sorted", put("exact_owner", 5, 6)),
        ("exact_sorted", put("exact_sorted", 5, 0)), ("exact_sorted", put("exact_sorted", slice(None), 0)),
        ("key", replace("key", lambda array: array.astype(np.float64))),
        ("words", replace("words", lambda array: array.astype(np.int32))),
        ("words", replace("words", lambda array: array.reshape(1, -1))),
        ("bounds", replace("bounds", lambda array: array[:-1])),
        ("band_keys", replace("band_keys", lambda array: array[:-1])),
        ("band_owner", replace("band_owner", lambda array: array.reshape(-1))),
        ("word_counts", replace("word_counts", lambda array: array[:16])),
        ("length", replace("length", lambda array: array[:3])),
    ],
)  # fmt: skip
def test_arrays_that_do_not_fit_are_refused(folder, name, change):
    found = arrays(folder)
    change(found)
    forge(folder, flat.pack(found))
    assert name in refused(folder)


def test_a_missing_array_and_a_strange_one_are_refused(folder):
    found = arrays(folder)
    for name in found:
        forge(folder, flat.pack({other: array for other, array in found.items() if other != name}))
        refused(folder)
    forge(folder, flat.pack(found | {"more": found["key"]}))
    assert "'more'" in refused(folder)


def test_a_segment_without_documents_is_refused(folder):
    found = arrays(folder)
    empty = {name: array[..., : name.endswith("bounds")] for name, array in found.items() if name != "word_counts"}
    forge(folder, flat.pack(found | empty))
    assert "no documents" in refused(folder)


def without(key):
    return lambda listing: {name: value for name, value in listing.items() if name != key}


def change_listing(**changes):
    return lambda listing: {**listing, **changes}


def rename_segment(name):
    return lambda listing: {**listing, "segments": {name: listing["segments"][SEGMENT]}}


def change_segment(**changes):
    return lambda listing: {**listing, "segments": {SEGMENT: {**listing["segments"][SEGMENT], **changes}}}


@pytest.mark.parametrize(
    "change",
    [
        lambda _: [], lambda _: {}, lambda _: None, lambda _: 4, lambda listing: [listing],
        without("settings"), without("segments"), without("corpora"), change_segment(more=1),
        change_listing(settings={}), change_listing(segments=[]), change_listing(segments={SEGMENT: []}),
        change_listing(corpora=[]), change_listing(corpora={}), change_listing(corpora={CORPUS: -1}),
        change_listing(corpora={CORPUS: 5}), change_listing(corpora={CORPUS: 6, "ab" * 32: 1}),
        change_listing(corpora={CORPUS.upper(): 6}), change_listing(corpora={f"{CORPUS}\n": 6}),
        change_listing(written=-1), change_listing(written="1"), change_listing(more=1),
        change_listing(version=7), change_listing(version=9), change_listing(version=None),
        rename_segment("../segment-00000001.bin"), rename_segment("/etc/passwd"), rename_segment(f"{SEGMENT}\n"),
        rename_segment("segment-1.bin"), change_segment(digest=""), change_segment(digest=None),
        change_segment(corpora=[]), change_segment(corpora=["../x"]), change_segment(corpora=CORPUS),
    ],
)  # fmt: skip
def test_listings_of_another_shape_are_refused(folder, change):
    listing = orjson.loads((folder / "index.json").read_bytes())
    (folder / "index.json").write_bytes(orjson.dumps(change(listing)))
    refused(folder, "index.json")


def test_each_cut_of_the_listing_is_refused(folder, whole):
    data = whole["index.json"]
    for length in range(len(data)):
        (folder / "index.json").write_bytes(data[:length])
        refused(folder, "index.json")
    for data in (b"\xff\xfe", b"[" * 100_000, b'{"settings":' * 100_000, b" " * (1 << 25) + b"{}"):
        (folder / "index.json").write_bytes(data)
        refused(folder, "index.json")


@pytest.mark.parametrize("name", [SEGMENT, "index.json"])
def test_what_is_no_file_is_refused(folder, name):
    (folder / name).unlink()
    (folder / name).mkdir()
    refused(folder, name)
    (folder / name).rmdir()
    os.mkfifo(folder / name)
    refused(folder, name)


def test_a_missing_segment_is_named(folder):
    (folder / SEGMENT).unlink()
    with pytest.raises(EnvironmentFault, match=f"{SEGMENT}: missing; build the index again"):
        Index(folder)


def test_a_reader_that_a_writer_overtakes_sees_the_new_state(folder, story, document, monkeypatch):
    """The writer merges and removes the segment between the reading of the listing and the opening of it."""
    calls, real = [], index.open_segments

    def overtaken(*arguments):
        calls.append(1)
        if len(calls) == 1:
            Index(folder).add([document(f"more{seed}", story(seed)) for seed in (7, 8, 9)], "ab" * 32)
            assert not (folder / SEGMENT).exists()
        return real(*arguments)

    monkeypatch.setattr(index, "open_segments", overtaken)
    reader = Index(folder)
    assert len(calls) == 3
    assert (len(reader), reader.corpora) == (9, (CORPUS, "ab" * 32))


def test_an_open_index_outlives_its_files(folder, story, document):
    reader = Index(folder)
    Index(folder).add([document(f"more{seed}", story(seed)) for seed in (7, 8, 9)], "ab" * 32)
    assert not (folder / SEGMENT).exists()
    assert look_up(reader, document("new", story(3))).copy.id == "قديم3"
    assert look_up(reader, document("new", story(9))) is None


def test_workers_that_come_too_late_for_a_segment_say_that_it_was_removed(folder, story, document, capfd):
    reader = Index(folder)
    Index(folder).add([document(f"more{seed}", story(seed)) for seed in (7, 8, 9)], "ab" * 32)
    with open_pool(2) as pool, pytest.raises(EnvironmentFault) as caught:
        list(pool.map(len, reader.documents.shards))
    advice = "add to no index while a run asks it, and give the same command again"
    assert str(caught.value) == f"{folder / SEGMENT}: was removed while it was read; {advice}"
    assert capfd.readouterr().err == ""


def test_several_indexes_are_asked_as_one(folder, tmp_path, story, document):
    more = [document(f"more{seed}", story(seed)) for seed in (7, 8, 9)]
    other = Index(tmp_path / "other")
    other.add(more, "ab" * 32)
    one = Index(folder)
    both = Index(tmp_path / "none", others=[one, other])
    whole = Index(tmp_path / "both")
    whole.add([document(f"قديم{seed}", story(seed), "nahr") for seed in range(6)], CORPUS)
    whole.add(more, "ab" * 32)
    assert len(both) == len(whole) == 9
    for seed in range(10):
        new = document("new", "\n".join(story(seed).split("\n")[1:]))
        assert look_up(both, new) == look_up(whole, new)
    assert len(Index(tmp_path / "none", others=[whole, one, other, whole])) == 9
    assert len(Index(tmp_path / "none", others=[one, one, other])) == 9


def test_nothing_is_added_to_a_state_that_is_no_longer_there(folder, story, document):
    one, other = Index(folder), Index(folder)
    one.add([document("more", story(9))], "ab" * 32)
    with pytest.raises(EnvironmentFault, match="changed by another process"):
        other.add([document("most", story(8))], "ef" * 32)
    assert Index(folder).corpora == (CORPUS, "ab" * 32)
