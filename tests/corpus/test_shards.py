import gzip
import hashlib

import msgspec
import pytest

from corpus.formats.shards import FORMATS, open_shard
from corpus.records import Copy, Document, Source
from corpus.run.batches import open_batches, read_batches
from tests.corpus.reading import zstd

DOCUMENTS = [
    Document(
        "1",
        Source("a/b.txt", 0, 0),
        "سطر أول\n\nسطر ثانٍ",
        tags=("اقتصاد",),
        also_in=(Copy("2", "منبر", score=0.91),),
        trace={"rules": {"tags": 1}},
    ),
    Document("2", Source("c.txt", 4, 77), "می‌رود"),
]


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_is_deterministic_and_described(tmp_path, form):
    for name in ("one", "two"):
        with open_shard(tmp_path / name, form) as shard:
            for document in DOCUMENTS:
                shard.write(document)
        assert shard.published.rows == 2
        assert shard.published.sha256 == hashlib.sha256((tmp_path / name).read_bytes()).hexdigest()
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


@pytest.mark.parametrize("form", ["jsonl", "jsonl.gz", "jsonl.zst"])
def test_json_formats_give_the_documents_back(tmp_path, form):
    with open_shard(tmp_path / "x", form) as shard:
        for document in DOCUMENTS:
            shard.write(document)
    data = (tmp_path / "x").read_bytes()
    lines = {"jsonl.gz": gzip.decompress, "jsonl.zst": zstd.decompress}.get(form, bytes)(data).split(b"\n")
    assert [msgspec.json.decode(line, type=Document) for line in lines[:-1]] == DOCUMENTS


@pytest.mark.parametrize("form", ["jsonl", "jsonl.gz", "jsonl.zst", "txt"])
def test_a_shard_of_many_blocks_has_every_row_once(tmp_path, form):
    numbers = [f"{number:07d}" for number in range(50_000)]
    with open_shard(tmp_path / "x", form) as shard:
        for number in numbers:
            shard.write({"text": number})
    data = (tmp_path / "x").read_bytes()
    data = {"jsonl.gz": gzip.decompress, "jsonl.zst": zstd.decompress}.get(form, bytes)(data)
    line = "{}\n\n" if form == "txt" else '{{"text":"{}"}}\n'
    assert data.decode() == "".join(map(line.format, numbers))


def test_text_parts_documents_by_a_blank_line(tmp_path):
    with open_shard(tmp_path / "x", "txt") as shard:
        for document in DOCUMENTS:
            shard.write(document)
    assert (tmp_path / "x").read_text("utf-8") == "سطر أول\nسطر ثانٍ\n\nمی‌رود\n\n"


def test_parquet_holds_every_field(tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet")
    with open_shard(tmp_path / "x", "parquet") as shard:
        for document in DOCUMENTS:
            shard.write(document)
    first, second = parquet.read_table(tmp_path / "x").to_pylist()
    assert first["also_in"][0]["score"] == 0.91
    assert first["trace"] == '{"rules":{"tags":1}}'
    assert second["source"] == {"path": "c.txt", "record": 4, "offset": 77}


def test_an_empty_shard_is_a_whole_file(tmp_path):
    for form in FORMATS:
        with open_shard(tmp_path / form, form) as shard:
            pass
        assert shard.published.rows == 0
    assert zstd.decompress((tmp_path / "jsonl.zst").read_bytes()) == b""


def test_batches_give_the_documents_back(tmp_path):
    documents = [*DOCUMENTS, Document("3", Source("d.txt"), "ا" * 200_000), *DOCUMENTS]
    with open_batches(tmp_path / "x") as kept:
        for document in documents:
            kept.write(document)
    assert list(read_batches(tmp_path / "x")) == documents
    (tmp_path / "cut").write_bytes((tmp_path / "x").read_bytes()[:-4])  # as it would be if only whole batches were left
    with pytest.raises(EOFError):
        list(read_batches(tmp_path / "cut"))
