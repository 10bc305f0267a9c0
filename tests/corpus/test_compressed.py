from __future__ import annotations

import contextlib
import gzip
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.errors import CorruptInput, InputError, TruncatedInput
from corpus.files.compressed import BLOCK_BYTES, Stream, claimed_codec, sniff_codec
from tests.corpus.reading import PACKERS, zst, zstd

ROOT = Path(__file__).parents[2]


PARTS = ("خبر عاجل\n".encode() * 10, b"beta\n" * 300, b"gamma\n")


def put(folder: Path, name: str, data: bytes) -> str:
    path = folder / name
    path.write_bytes(data)
    return str(path)


def read(path: str) -> bytes:
    with Stream(path) as stream:
        return b"".join(stream.blocks())


@pytest.mark.parametrize("suffix", PACKERS)
@pytest.mark.parametrize("name", ["a{}", "a.jsonl{}", "a.txt", "a"])
def test_magic_bytes_decide(tmp_path: Path, suffix: str, name: str) -> None:
    path = put(tmp_path, name.format(suffix), PACKERS[suffix](PARTS[0]))
    assert read(path) == PARTS[0]


def test_plain_is_read_as_it_is(tmp_path: Path) -> None:
    data = os.urandom(3 * BLOCK_BYTES)
    data = b"plain" + data
    assert read(put(tmp_path, "a.bin", data)) == data


@pytest.mark.parametrize("suffix", PACKERS)
def test_members_follow_each_other(tmp_path: Path, suffix: str) -> None:
    whole = b"".join(map(PACKERS[suffix], PARTS))
    assert read(put(tmp_path, "a" + suffix, whole)) == b"".join(PARTS)
    assert read(put(tmp_path, "a" + suffix, whole + bytes(200_000))) == b"".join(PARTS)


@pytest.mark.parametrize("suffix", PACKERS)
def test_a_cut_anywhere_but_between_members_is_truncation(tmp_path: Path, suffix: str) -> None:
    members = list(map(PACKERS[suffix], PARTS))
    whole = b"".join(members)
    between = {len(members[0]): PARTS[0], len(members[0]) + len(members[1]): PARTS[0] + PARTS[1]}
    for cut in range(1, len(whole)):
        path = put(tmp_path, "a" + suffix, whole[:cut])
        if cut in between:
            assert read(path) == between[cut]
            continue
        with pytest.raises(TruncatedInput) as caught:
            read(path)
        assert caught.value.reason == "truncated-input"


@pytest.mark.parametrize("suffix", PACKERS)
def test_a_flipped_bit_never_gives_other_bytes(tmp_path: Path, suffix: str) -> None:
    whole = b"".join(map(PACKERS[suffix], PARTS))
    for place in range(len(whole)):
        damaged = bytearray(whole)
        damaged[place] ^= 1 << place % 8
        # Damage to what nobody checks (a time stamp in a header) leaves the bytes as they were.
        with contextlib.suppress(CorruptInput, TruncatedInput):
            assert read(put(tmp_path, "a" + suffix, bytes(damaged))) == b"".join(PARTS), place


@pytest.mark.parametrize("suffix", PACKERS)
def test_garbage_behind_the_end_is_corrupt(tmp_path: Path, suffix: str) -> None:
    for tail in (b"x", b"\0\0x", b"garbage that is long enough", bytes(100_000) + b"!"):
        with pytest.raises(CorruptInput, match="follow the stream"):
            read(put(tmp_path, "a" + suffix, PACKERS[suffix](b"data") + tail))


@pytest.mark.parametrize("suffix", PACKERS)
def test_a_name_that_lies_is_an_error_that_says_so(tmp_path: Path, suffix: str) -> None:
    with pytest.raises(CorruptInput, match=r"the name says \w+, the bytes are not"):
        read(put(tmp_path, "a" + suffix, b"plain text, nothing else"))
    other = ".gz" if suffix != ".gz" else ".xz"
    with pytest.raises(CorruptInput, match="rename the file"):
        read(put(tmp_path, "a" + suffix, PACKERS[other](b"data")))


@pytest.mark.parametrize("name", ["a.txt", "a.gz", "a.zst", "a.bz2", "a.xz"])
def test_zero_bytes_are_an_error(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError) as caught:
        read(put(tmp_path, name, b""))
    assert caught.value.reason == "empty-input"


@pytest.mark.parametrize("suffix", PACKERS)
def test_an_empty_stream_is_whole(tmp_path: Path, suffix: str) -> None:
    assert read(put(tmp_path, "a" + suffix, PACKERS[suffix](b""))) == b""


def test_text_that_begins_like_a_stream_is_text() -> None:
    assert sniff_codec(b"BZh9 is a fine beginning") == ""
    assert sniff_codec(b"") == ""
    assert sniff_codec(b"PK\x03\x04") == ""
    assert sniff_codec(b"\x50\x2a\x4d\x18\x00\x00\x00\x00") == "zstd"
    assert claimed_codec("a.jsonl.GZ") == "gzip"
    assert claimed_codec("a.jsonl") == ""


def test_skippable_frames_are_skipped(tmp_path: Path) -> None:
    frame = b"\x50\x2a\x4d\x18\x05\x00\x00\x00hello"
    assert read(put(tmp_path, "a.zst", frame + zst(b"data") + frame)) == b"data"


@pytest.mark.parametrize("data", [bytes(20_000_000)], ids=["20 MB of zeros"])
@pytest.mark.parametrize("suffix", PACKERS)
def test_blocks_are_bounded_whatever_they_expand_to(tmp_path: Path, suffix: str, data: bytes) -> None:
    with Stream(put(tmp_path, "a" + suffix, PACKERS[suffix](data))) as stream:
        sizes = [len(block) for block in stream.blocks()]
    assert sum(sizes) == len(data)
    assert max(sizes) <= BLOCK_BYTES


def test_a_window_beyond_the_limit_is_refused(tmp_path: Path) -> None:
    packer = zstd.ZstdCompressor(options={zstd.CompressionParameter.window_log: 30})
    with pytest.raises(CorruptInput, match="damaged"):
        read(put(tmp_path, "a.zst", packer.compress(b"data" * 1000) + packer.flush()))


@pytest.mark.slow
@pytest.mark.parametrize("suffix", [".gz", ".zst"])
def test_a_bomb_does_not_fill_the_memory(tmp_path: Path, suffix: str) -> None:
    bomb = tmp_path / f"bomb{suffix}"
    zeros = bytes(1 << 20)
    packer = zstd.ZstdCompressor()
    with gzip.open(bomb, "wb") if suffix == ".gz" else bomb.open("wb") as out:
        for _ in range(1024):
            out.write(zeros if suffix == ".gz" else packer.compress(zeros))
        out.write(b"" if suffix == ".gz" else packer.flush())
    code = (
        "import resource, sys\nresource.setrlimit(resource.RLIMIT_AS, (400 << 20, 400 << 20))\n"
        f"sys.path.insert(0, {str(ROOT)!r})\nfrom corpus.files.compressed import Stream\n"
        f"for _ in Stream({str(bomb)!r}).blocks(): pass"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)


def test_only_regular_files_are_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "socket"))
        for path in (tmp_path / "fifo", tmp_path / "socket", tmp_path, Path("/dev/zero")):
            with pytest.raises(InputError) as caught:
                Stream(str(path))
            assert caught.value.reason == "not-a-file"
    with pytest.raises(FileNotFoundError):
        Stream(str(tmp_path / "nothing"))


def _grow(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"more")


def _replace(path: Path) -> None:
    other = path.with_suffix(".new")
    other.write_bytes(path.read_bytes())
    other.replace(path)


@pytest.mark.parametrize("change", [_grow, _replace, Path.unlink])
def test_a_file_that_changes_while_read_is_an_error(tmp_path: Path, change: Callable[[Path], None]) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"x" * 1_000_000)
    with Stream(str(path)) as stream:
        blocks = stream.blocks()
        next(blocks)
        change(path)
        with pytest.raises(InputError) as caught:
            list(blocks)
    assert caught.value.reason == "input-changed"


@given(st.lists(st.binary(max_size=2000), min_size=1, max_size=5), st.sampled_from(sorted(PACKERS)))
@settings(max_examples=100)
def test_what_was_packed_is_read(tmp_path_factory: pytest.TempPathFactory, parts: list[bytes], suffix: str) -> None:
    path = put(tmp_path_factory.getbasetemp(), f"hypothesis{suffix}", b"".join(map(PACKERS[suffix], parts)))
    assert read(path) == b"".join(parts)


@given(st.binary(min_size=1, max_size=300), st.sampled_from([*sorted(PACKERS), ".txt"]))
def test_any_bytes_are_read_or_refused(tmp_path_factory: pytest.TempPathFactory, data: bytes, suffix: str) -> None:
    path = put(tmp_path_factory.getbasetemp(), f"any{suffix}", data)
    with contextlib.suppress(InputError):
        assert suffix != ".txt" or sniff_codec(data) or read(path) == data
        read(path)
