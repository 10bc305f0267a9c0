from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import xxhash
from datasketch import LeanMinHash, MinHash, MinHashLSH
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.arabic import folded_words
from dedup import kernel
from dedup.sketch import sign, to_lean
from dedup.sketch.family import draw_permutations
from dedup.sketch.minhash import Sketches, hash_shingles
from dedup.sketch.words import ROOM, hash_folded

#: What news is made of, and what breaks tokenisers: ligatures, loose accents, sigma, jamo, emoji, other planes.
arabic = st.characters(min_codepoint=0x600, max_codepoint=0x6FF)
forms = st.characters(min_codepoint=0xFB50, max_codepoint=0xFEFF)
traps = st.sampled_from("aZ9٣۴ـّ\u200c\u200d _-–…½²Σς\u0301\u0654\u0653ےİıßﷺﻻÉe😀𠀀한\u1100\u1161\u11a8\n\t\u00a0क्षि")
anything = st.characters(exclude_categories=("Cs",))
texts = st.lists(st.text(st.one_of(arabic, forms, traps, anything, st.just(" ")), max_size=60), max_size=4)


def reference(text: str, ngram: int, permutations: int) -> np.ndarray:
    words = folded_words(text)
    sketch = MinHash(num_perm=permutations, scheme="affine32", hashfunc=xxhash.xxh32_intdigest)
    shingles = {" ".join(words[at : at + ngram]).encode() for at in range(len(words) - ngram + 1)}
    if shingles:
        sketch.update_batch(sorted(shingles))
    return sketch.hashvalues


@settings(max_examples=400, deadline=None)
@given(texts, st.integers(1, 6), st.sampled_from([16, 111, 128]))
def test_signature_is_that_of_datasketch_bit_for_bit(batch: list[str], ngram: int, permutations: int) -> None:
    sketches = sign(batch, ngram, draw_permutations(permutations))
    for at, text in enumerate(batch):
        assert sketches.signatures[at].tolist() == reference(text, ngram, permutations).tolist()
        assert sketches.bounds[at + 1] - sketches.bounds[at] == len(folded_words(text))


@pytest.mark.parametrize("block", range(0, 0x20000, 0x8000))
def test_every_code_point_folds_as_in_python(block: int) -> None:
    codes = [chr(code) for code in range(block, block + 0x8000) if not 0xD800 <= code < 0xE000]
    batch = ["".join(f"اب{one}ج {one} د{one} " for one in codes[at : at + 8]) for at in range(0, len(codes), 8)]
    sketches = sign(batch, 1, draw_permutations(16))
    for at, text in enumerate(batch):
        assert sketches.signatures[at].tolist() == reference(text, 1, 16).tolist(), repr(text)


def mix(value: int) -> int:
    """MurmurHash3's finalizer, as it is published."""
    value = (value ^ value >> 16) * 0x85EBCA6B & 0xFFFFFFFF
    value = (value ^ value >> 13) * 0xC2B2AE35 & 0xFFFFFFFF
    return value ^ value >> 16


@settings(max_examples=200, deadline=None)
@given(st.lists(st.binary(max_size=70), max_size=200), st.integers(1, 7))
def test_shingles_are_hashed_with_xxh32_whatever_their_lengths(words: list[bytes], ngram: int) -> None:
    data = b"".join(word + b" " for word in words)
    out = np.frombuffer(bytearray(data + b"\xff" * ROOM), dtype=np.uint8)
    ends = np.cumsum([len(word) + 1 for word in words], dtype=np.int64) - 1
    values = np.zeros(len(words), dtype=np.uint32)
    total = hash_shingles(out, len(words), ends, ngram, values)
    runs = [b" ".join(words[at : at + ngram]) for at in range(len(words) - ngram + 1)]
    assert values[:total].tolist() == [mix(xxhash.xxh32_intdigest(run)) for run in runs]


@pytest.mark.parametrize("seed", [1, 2, 77])
def test_permutations_are_those_of_datasketch(seed: int) -> None:
    theirs = MinHash(num_perm=111, seed=seed, scheme="affine32").permutations
    assert draw_permutations(111, seed).tolist() == np.asarray(theirs).tolist()


def words_of(sketches: Sketches, at: int) -> list[int]:
    return sketches.words[sketches.bounds[at] : sketches.bounds[at + 1]].tolist()


def test_word_hashes_follow_the_fold_and_tell_numbers() -> None:
    one, other, third = "قُتِل ٢٤ في البصرة", "قتل 24 فى البصره", "قتل 25 في البصرة"
    sketches = sign([one, other, third])
    assert words_of(sketches, 0) == words_of(sketches, 1)
    assert words_of(sketches, 0) != words_of(sketches, 2)
    assert [value & 1 for value in words_of(sketches, 0)] == [0, 1, 0, 0]


def test_words_that_differ_in_letters_eight_bytes_apart_have_hashes_of_their_own() -> None:
    letters = "ابتثجحخدذرزسشصضطظعغفقكلمنهوي"
    # What the last letters of eight bytes did to a hash could be undone by those eight bytes further on.
    words = [f"قنع{one}ك{two}م{three}" for one in letters for two in letters for three in letters]
    words += [f"{word}الهد" for word in words]
    for at in range(8):
        words += ["طوبشكحمفرجدنسطقل"[:at] + one + "زفس" + two + "لسهدفجرط"[at:] for one in letters for two in letters]
    words += ["b" + "a" * 8, "a" * 10]
    assert len(words) == len(set(words))
    # Chance lets 50,178 words meet .6 times in 31 bits, and never in 64.
    assert len(words) - len(np.unique(hash_folded(words)[2] >> 1)) <= 3
    assert len(np.unique(sign(words, 1, draw_permutations(16)).digests)) == len(words)


def test_words_of_a_text_folded_in_python_stand_in_their_place() -> None:
    plain, loose = "واحد اثنان ثلاثة", "é e\u0301 الجملة"
    mixed, alone = sign([plain, loose, plain]), sign([plain])
    assert words_of(mixed, 0) == words_of(mixed, 2) == words_of(alone, 0)
    assert len(words_of(mixed, 1)) == 3
    assert words_of(mixed, 1)[0] == words_of(mixed, 1)[1]


def test_no_texts_and_empty_texts_sign_as_nothing() -> None:
    assert sign([]).signatures.shape == (0, 128)
    assert (sign(["", "كلمة كلمتان"]).signatures == 0xFFFFFFFF).all()


def test_sketches_move_to_datasketch_and_back() -> None:
    left, right = sign(["خبر قصير عن المطر في الجبل", "خبر قصير عن المطر في السهل"], 2).signatures
    sketch = to_lean(left)
    buffer = bytearray(sketch.bytesize())
    sketch.serialize(buffer)
    assert (LeanMinHash.deserialize(buffer).hashvalues == left).all()
    assert to_lean(left).jaccard(to_lean(right)) == (left == right).mean()


def test_an_index_of_datasketch_finds_an_edited_copy_by_our_signatures(story) -> None:
    texts = [story(1, 14), story(2, 14), "\n".join(story(1, 14).split("\n")[1:])]
    one, two, copy = (to_lean(row) for row in sign(texts).signatures)
    index = MinHashLSH(num_perm=len(one), params=(32, 4))
    index.insert("one", one)
    index.insert("two", two)
    assert index.query(copy) == ["one"]


def add_to_all(words: np.ndarray, more: int, steps: np.ndarray, found: np.ndarray) -> float:
    for at, word in enumerate(plus(words, more)):
        found[0, at] = word
    return steps[0] + twice(steps[1])


@kernel.part("uint32[::1](const uint32[::1], int64)")
def plus(words, more):
    found = np.empty(len(words), dtype=np.uint32)
    for at in range(len(words)):
        found[at] = words[at] + more
    return found


@kernel.inlined
def twice(value):
    return value * 2


def test_code_is_read_from_disk_where_it_was_compiled_before(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(kernel, "cache_folder", lambda _: tmp_path)
    makes = kernel.compiled("float64(const uint32[::1], int64, const float64[::1], uint32[:, ::1])")
    steps = np.array((0.5, 2.0))
    words = np.frombuffer(np.arange(3, dtype=np.uint32).tobytes(), dtype=np.uint32)  # cannot be written to
    for _ in range(2):
        found = np.zeros((2, 4), dtype=np.uint32)
        assert makes(add_to_all)(words, np.int64(10), steps, found) == 4.5
        assert found.tolist() == [[10, 11, 12, 0], [0, 0, 0, 0]]
        monkeypatch.setattr(kernel.Kernel, "_compile", None)
    for refused in (found[0], found[:, ::2], found.astype(np.int32), np.frombuffer(bytes(32), np.uint32).reshape(2, 4)):
        with pytest.raises(TypeError, match=r"but Parameter\(kind='uint32', .*axes=2"):
            makes(add_to_all)(words, 10, steps, refused)


def test_a_kernel_that_gets_no_memory_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    reasons = []
    monkeypatch.setattr("sys.unraisablehook", reasons.append)
    with pytest.raises(MemoryError, match="room_for: not enough memory"):
        kernel.compiled("int64(int64)")(room_for)(1 << 50)
    assert [reason.exc_type for reason in reasons] == [MemoryError]


def room_for(count: int) -> int:
    return len(np.zeros(count))


def test_a_table_is_made_once_and_again_where_its_file_is_damaged(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    made = []

    def make() -> np.ndarray:
        made.append(1)
        return np.arange(5, dtype=np.uint32)

    monkeypatch.setattr(kernel, "cache_folder", lambda _: tmp_path)
    for times, damage in ((1, b""), (2, b"\x93NUMPY"), (3, None), (3, None)):
        assert kernel.kept("five", make, __file__).tolist() == [0, 1, 2, 3, 4]
        assert len(made) == times
        if damage is not None:
            (tmp_path / "five.npy").write_bytes(damage)
    assert [path.name for path in tmp_path.iterdir()] == ["five.npy"]
    monkeypatch.setattr(kernel, "cache_folder", lambda _: None)
    assert kernel.kept("five", make, __file__).tolist() == [0, 1, 2, 3, 4]


def test_kernels_compile_where_no_folder_can_be_written_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernel, "cache_folder", lambda _: None)
    assert kernel.compiled("int64(int64)")(lambda value: value + 1)(41) == 42


def test_compiled_code_is_kept_by_the_sources_it_may_hold_parts_of(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def folder_of(sources: dict[str, str]) -> Path:
        for name, text in sources.items():
            (tmp_path / "dedup" / name).write_text(text)
        monkeypatch.setattr(kernel, "__file__", str(tmp_path / "dedup" / "kernel.py"))
        kernel.cache_folder.cache_clear()
        kernel._sources.cache_clear()
        found = kernel.cache_folder(str(tmp_path / "dedup" / "caller.py"))
        assert found is not None
        return found

    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    try:
        (tmp_path / "dedup" / "sketch").mkdir(parents=True)
        caller, sketch = "from dedup.sketch import x\n", "from dedup.sketch.inner import x\n"
        first = folder_of({"caller.py": caller, "sketch/__init__.py": sketch, "sketch/inner.py": "1"})
        assert folder_of({"stages.py": "from dedup.caller import x\n"}) == first
        assert first.parent == tmp_path / "dedup" / "__pycache__"
        second = folder_of({"sketch/inner.py": "2"})
        assert second != first
        assert not first.exists()
        monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "elsewhere"))
        assert folder_of({}).parent == tmp_path / "elsewhere"
    finally:
        kernel.cache_folder.cache_clear()
        kernel._sources.cache_clear()
