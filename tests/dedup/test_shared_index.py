from __future__ import annotations

from dedup.config import DedupConfig
from dedup.minhash import sign, to_lean
from dedup.shared_index import open_shared_index


def test_it_finds_an_edited_copy_by_our_signatures(story):
    texts = [story(1, 14), story(2, 14), "\n".join(story(1, 14).split("\n")[1:])]
    sketches = [to_lean(row) for row in sign(texts).signatures]
    index = open_shared_index(DedupConfig())
    index.insert("one", sketches[0])
    index.insert("two", sketches[1])
    assert index.query(sketches[2]) == ["one"]
    assert (index.b, index.r) == (32, 4)
