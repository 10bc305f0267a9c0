"""The table of clusters: its rows are in the order that plain sorting of plain strings gives."""

import random
from pathlib import Path

import numpy as np
import pytest

from corpus.files import publish
from corpus.run import map_file
from dedup.decide.decisions import GONE, Decisions, Reason
from dedup.decide.result import new_id, tabulate
from dedup.store.arrays import pack, unpack
from dedup.store.strings import EACH, pack_strings
from dedup.store.summaries import Summaries

#: Equal beginnings, prefixes of each other, zeros, ends beyond what is compared in words, code points of every length.
TEXTS = ["", "a", "a\0", "a\0b", "ab", "b" * 8, "b" * 9, "c" * 300, "c" * 300 + "d", "c" * 301, "خبر", "خبرا", "\ud7ff"]
TEXTS += ["\ud800", "\ue000", "𐍈", "https://e.com/2024/05/1", "https://e.com/2024/05/12"]


def summarised(dice, count):
    """Summaries of `count` documents that have few strings to choose from."""
    strings = [dice.choice(TEXTS) for _ in range(count * EACH)]
    blob, bounds = pack_strings(strings)
    return {
        "key": np.array([dice.getrandbits(64) for _ in range(count)], dtype=np.uint64),
        "text": np.array([dice.getrandbits(64) for _ in range(count)], dtype=np.uint64),
        "words": np.empty(0, dtype=np.uint32),
        "strings": blob,
        "string_bounds": bounds,
    }


def clustered(dice, count, olds):
    """Some clusters of `count` documents, a few around one of `olds` older ones; some keep their place renamed."""
    survivor: dict[int, int] = {}
    firsts = dice.sample(range(count), count // 4)
    for document in set(range(count)) - set(firsts):
        if dice.random() < 0.7:
            older = olds and dice.random() < 0.2
            survivor[document] = count + dice.randrange(olds) if older else dice.choice(firsts)
    gone = np.array(sorted(survivor), dtype=np.int64)
    renamed = [document for document in range(count) if document not in survivor and dice.random() < 0.2]
    rows = np.zeros(len(gone), GONE)
    rows["gone"], rows["survivor"] = gone, [survivor[document] for document in gone.tolist()]
    rows["anchor"], rows["reason"] = -1, Reason.NEAR
    return Decisions(rows, np.array(renamed, dtype=np.int64))


def in_plain_words(summaries, decided, old):
    """The strings of the rows, with objects and `sorted`: what `tabulate` does with arrays."""
    count = len(summaries)
    survivors = dict(zip(decided.rows["gone"].tolist(), decided.rows["survivor"].tolist(), strict=True))
    strings = {}
    for document in {*survivors, *survivors.values()}:
        strings[document] = summaries.labels(document) if document < count else old.labels(document - count)
        if document in decided.renamed:
            strings[document] = strings[document]._replace(id=new_id(summaries, document))

    def place(document):
        survivor = survivors.get(document, document)
        return strings[survivor].id, survivor, document != survivor, strings[document], document

    return [strings[document] for document in sorted(strings, key=place)]


@pytest.mark.parametrize("seed", range(20))
def test_rows_are_in_the_order_of_ids_and_addresses(seed):
    dice = random.Random(seed)
    summaries = Summaries([summarised(dice, size) for size in (40, 0, 25, 1)])
    old = Summaries([summarised(dice, 9), summarised(dice, 3)]) if seed % 2 else None
    decided = clustered(dice, len(summaries), len(old) if old else 0)
    rows = tabulate(summaries, decided, old)
    blob, bounds = pack_strings([text for five in in_plain_words(summaries, decided, old) for text in five])
    assert bytes(rows["strings"]) == bytes(blob)
    assert rows["string_bounds"].tolist() == bounds.tolist()
    assert (rows["strings"].dtype, rows["string_bounds"].dtype) == (np.uint8, np.int64)


@pytest.mark.skipif(not Path("/proc/self/smaps").exists(), reason="this system does not tell what is in memory")
def test_what_was_read_of_mapped_summaries_does_not_stay_in_memory(tmp_path):
    def resident():
        maps = Path("/proc/self/smaps").read_text("utf-8").split(str(tmp_path / "0.summary"))[1]
        return int(maps.split("Rss:")[1].split()[0])

    arrays = {"key": np.arange(1 << 16, dtype=np.uint64), "words": np.arange(9, dtype=np.uint32)}
    publish(tmp_path / "0.summary", pack(arrays))
    summaries = Summaries([unpack(map_file(tmp_path / "0.summary"))])
    assert summaries.shards[0]["key"].sum() == sum(range(1 << 16))
    assert resident() > 500
    assert summaries.column("key").tolist() == list(range(1 << 16))
    assert resident() == 0
    assert [part.arrays["key"].sum() for part in summaries.parts(np.arange(9))] == [sum(range(1 << 16))]
    assert resident() == 0
