"""Who is the better one, step by step; and what is too short to be compared."""

from __future__ import annotations

import pickle
import random

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from corpus.run import run_here, summarise
from dedup.compare import rarity
from dedup.config import DedupConfig
from dedup.decide import crowds, pairs, shared, survivors
from dedup.decide.decisions import REASONS
from dedup.decide.digests import absorb, find_digests
from dedup.decide.pairs import EDGE
from dedup.decide.result import Clusters
from dedup.decide.survivors import find_repeats, pick_survivors, rank_documents
from dedup.sketch import draw_family
from dedup.stages import Dedup
from dedup.store.arrays import unpack
from dedup.store.index import Index
from dedup.store.strings import pack_strings, rank_strings
from dedup.store.summaries import Summaries
from dedup.store.summary import summarise as summarise_documents

WORDS = ["".join("ابتجحدرس"[number >> 3 * place & 7] for place in range(4)) for number in range(4096)]
NEAR, CONTAINED, HELD, COMPANION = 1, 2, 3, 0


@settings(max_examples=60)
@given(st.lists(st.text("ab\0س", max_size=20), max_size=12))
@example(["abababa", "abababa\0", "abababab", "abababa", "", "\0", "abababa" * 3])
def test_strings_are_ranked_in_order_of_their_bytes(strings):
    blob, bounds = pack_strings(strings)
    data = [one.encode() for one in strings]
    assert rank_strings(blob, bounds[:-1], bounds[1:]).tolist() == [sum(other < one for other in data) for one in data]


def ranked(documents, **config):
    asked = DedupConfig(**config)
    summaries = Summaries([summarise_documents(documents[at::2], asked, draw_family()) for at in range(2)])
    order = rank_documents(summaries, asked.survivor).order
    return [summaries.name(at) for at in order.tolist()]


def verdicts(documents, **config):
    stage = Dedup(DedupConfig(**config))
    stage.learn([memoryview(summarise(stage.accumulator(), documents))], run_here)
    return {one.id: stage.apply(one).reason for one in documents}


@pytest.mark.parametrize(
    ("config", "order"),
    [
        ({}, ["d", "c", "b", "a", "ب"]),  # the longest, then the earliest, no date being the latest; then the id
        ({"survivor": ("earliest",)}, ["c", "b", "d", "a", "ب"]),
        ({"survivor": ("earliest", "longest")}, ["c", "b", "d", "a", "ب"]),
        ({"survivor": ()}, ["a", "b", "c", "d", "ب"]),
        ({"survivor": ("preferred",), "preferred_outlets": ("wadi", "nahr")}, ["d", "c", "a", "b", "ب"]),
        ({"survivor": ("extraction",), "extractors": ("lines", "rival")}, ["b", "a", "c", "d", "ب"]),
        ({"survivor": ("extraction", "longest"), "extractors": ("rival",)}, ["a", "d", "b", "c", "ب"]),
    ],
)
def test_documents_are_ranked_by_one_criterion_after_another_and_by_id_at_last(document, config, order):
    documents = [
        document("ب", "خمس كلمات"),
        document("a", "خمس كلمات", published="soon", trace={"extractor": "rival"}),
        document("b", "خمس كلمات", published="2024-05-02", trace={"extractor": "lines"}),
        document("c", "خمس كلمات", "nahr", published="2024-05-01"),
        document("d", "خمس كلمات أخرى", "wadi", published="2024-05-03"),
    ]
    for seed in range(5):
        random.Random(seed).shuffle(documents)
        assert ranked(documents, **config) == order


def test_the_survivor_of_a_cluster_is_its_best_and_a_digest_only_if_all_are(document):
    documents = [document(name, " ".join(WORDS[: 60 - 5 * at])) for at, name in enumerate("abcdef")]
    ranks = rank_documents(Summaries([summarise_documents(documents, DedupConfig(), draw_family())]), ("longest",))
    anchors, none = np.array([3, 3, 3, 3, 4, 5]), np.zeros(6, dtype=bool)
    some = np.array([True, True, False, False, True, False])
    for digests, survivor in ((none, 0), (some, 2), (~none, 0)):
        assert pick_survivors(ranks, ("longest",), none, anchors, digests).tolist() == [survivor] * 4 + [4, 5]


CLEAN = " ".join(WORDS[:100])


@pytest.mark.parametrize(
    "dirty",
    [
        "<p>" + CLEAN.replace(" ", " <b>", 1) + "</b></p>",
        CLEAN.replace(" ", "&nbsp; ", 5),
        CLEAN.replace("ب", "بـ"),
        CLEAN.replace("د", "دَ"),
        CLEAN.replace("ر", "ر\u200b"),
        CLEAN.replace("س", "\ufeb3"),
        CLEAN.replace(" ", "  ", 3),
        " ".join(f"{word[:2]}-\n{word[2:]}" if at % 20 == 0 else word for at, word in enumerate(CLEAN.split())),
        CLEAN.replace(WORDS[7], "Ø§Ù„").replace(WORDS[8], "\ufffd\ufffd"),
        " ".join("ق" + word[1:] if at % 20 == 0 else word for at, word in enumerate(CLEAN.split())),
    ],
    ids=["tags", "entities", "kashida", "vowels", "invisible", "forms", "spaces", "hyphens", "mojibake", "misread"],
)
def test_of_copies_as_long_the_cleanest_survives(document, dirty):
    """Whatever is earlier: the dirty copy is, and has the smaller id."""
    one = document("a", dirty, "wadi", published="2024-05-01")
    clean, third = (document(name, CLEAN, name, published="2024-05-02") for name in "bc")
    assert [name for name, reason in verdicts([one, clean, third]).items() if not reason] == ["b"]


def test_a_sentence_more_is_longer_however_long_the_text_is(document):
    text = " ".join(WORDS[:1000])
    copies = [document("a", text), document("b", text), document("c", text + " " + " ".join(WORDS[2000:2015]))]
    assert [name for name, reason in verdicts(copies).items() if not reason] == ["c"]


def test_a_longer_copy_survives_a_cleaner_one(document):
    longer = document("a", CLEAN.replace(" ", "  ", 3) + " " + " ".join(WORDS[200:205]))
    assert [name for name, reason in verdicts([longer, document("b", CLEAN)]).items() if not reason] == ["a"]


def test_repeats_name_the_first_that_counts():
    keys = np.array([1, 1, 2, 7, 7, 7, 8])
    later, first = find_repeats(keys, np.ones(7, dtype=bool))
    assert (later.tolist(), first.tolist()) == ([1, 4, 5], [0, 3, 3])
    later, first = find_repeats(keys, np.array([False, *[True] * 3, False, True, True]))
    assert (later.tolist(), first.tolist()) == ([5], [3])
    assert [len(part) for part in find_repeats(keys, np.zeros(7, dtype=bool))] == [0, 0]


def edges(*given):
    """Make edges of (first, second, relation, resemblance, containment)."""
    return np.array([(one << 32 | other, relation, scores) for one, other, relation, *scores in given], dtype=EDGE)


def absorbed(found, best, lengths, digests=()):
    best = np.array(best)
    absorb(found, np.array(lengths), np.isin(np.arange(len(best)), digests), best)
    return best.tolist()


def test_a_truncated_copy_goes_for_the_survivor_of_the_text_that_holds_it():
    """2 was cut from 1, which went for 0; 3 was cut from 2."""
    cut = [(1, 2, CONTAINED, 0.3, 1), (2, 3, CONTAINED, 0.5, 1)]
    lengths = [100, 100, 30, 10]
    assert absorbed(edges((0, 1, NEAR, 0.8, 0.9), *cut), [0, 0, 2, 2], lengths) == [0, 0, 0, 0]
    # 0 has another opening than 1 and too little of the rest, unless it has something of 2 as well.
    assert absorbed(edges((0, 1, NEAR, 0.7, 0.9), *cut), [0, 0, 2, 2], lengths) == [0, 0, 2, 2]
    assert absorbed(edges((0, 1, NEAR, 0.7, 0.9), (0, 2, COMPANION, 0.2, 0.4), *cut), [0, 0, 2, 2], lengths) == [0] * 4
    # A page of several stories takes none of them along; a longer text does not go for a shorter one.
    assert absorbed(edges((0, 1, NEAR, 0.8, 0.9), *cut), [0, 0, 2, 2], lengths, [1]) == [0, 0, 2, 2]
    assert absorbed(edges((0, 1, NEAR, 0.8, 0.9), *cut), [0, 0, 2, 2], [100, 30, 30, 30]) == [0, 0, 2, 2]


def test_a_digest_holds_what_is_told_elsewhere():
    lengths, anchors = np.array([100, 40, 50, 90]), np.array([0, 0, 2, 0])
    for listed, digest in (
        ([(0, 2, HELD, 0.3, 1)], True),  # it tells another story second
        ([(0, 1, CONTAINED, 0.4, 1), (0, 2, CONTAINED, 0.4, 1)], True),  # it tells that of its own cluster, and another
        ([(0, 2, CONTAINED, 0.4, 1)], False),  # something was cut from it
        ([(0, 1, CONTAINED, 0.4, 1), (0, 3, NEAR, 0.9, 1), (0, 2, CONTAINED, 0.4, 1)], False),  # and it has a copy
        ([(0, 3, NEAR, 0.9, 1)], False),
    ):
        assert find_digests(edges(*listed), lengths, anchors).tolist() == [digest, False, False, False]


@pytest.mark.parametrize(("count", "reason"), [(20, "near-duplicate"), (19, "")])
def test_texts_of_twenty_words_are_compared(document, count, reason):
    one = document("a", " ".join(WORDS[:count]) + "،،")
    other = document("b", " ".join([*WORDS[: count - 1], "ختام"]))
    assert verdicts([one, other]) == {"a": "", "b": reason}
    assert verdicts([one, other], near=False) == {"a": "", "b": ""}


@pytest.mark.parametrize(("count", "reason"), [(5, "exact-duplicate"), (4, ""), (19, "exact-duplicate")])
def test_texts_of_five_words_may_be_the_same(document, count, reason):
    text = " ".join(WORDS[:count])
    assert verdicts([document("a", text + "."), document("b", text)]) == {"a": "", "b": reason}


@pytest.mark.parametrize(("count", "reason"), [(20, "near-duplicate"), (19, "")])
def test_equal_texts_are_near_copies_where_exact_is_off_and_they_are_long_enough(document, count, reason):
    text = " ".join(WORDS[:count])
    documents = [document("a", text + "."), document("b", text)]
    assert verdicts(documents, exact=False) == {"a": "", "b": reason}
    assert set(verdicts(documents, exact=False, near=False).values()) == {""}


#: What cuts the work of learning into tasks, made so small that everything is cut.
SMALL = {
    shared: {"_KEYS": 20},
    pairs: {
        "_SAMPLES_PER_TASK": 7, "_WORDS_AT_ONCE": 200, "_WORDS_PER_TASK": 900, "_CANDIDATES_PER_TASK": 8, "_ONE_OF": 2,
        "_HOLDERS_PER_TASK": 1,
    },
    crowds: {"_TOGETHER": 8},
    survivors: {"_TIED": 3},
    rarity: {"_FLAGGED": 9},
}  # fmt: skip


@pytest.mark.parametrize(("indexed", "tasks"), [(False, (21, 664)), (True, (25, 623))])
def test_how_work_is_cut_changes_nothing(document, story, monkeypatch, tmp_path, indexed, tasks):
    documents, old = [], []
    for seed in range(6):
        lines = story(seed, 12).split("\n")
        documents += [document(f"{seed}{at}", "\n".join(lines[at:]), f"o{at}") for at in range(4)]
        documents += [document(f"{seed}v{at}", "\n".join(lines[: 6 + at]), url=f"e.com/{seed}") for at in range(2)]
        documents.append(document(f"digest{seed}", story(seed, 12) + story(seed + 9, 12) + story(seed + 20, 9)))
        documents += [document(f"{seed}c{at}", story(50 + seed // 3, 12) + f" {at} خبر", f"o{at}") for at in range(5)]
        # A copy, what a digest holds, an earlier version, a paragraph, one that is less than what comes.
        old += [document(f"old{seed}", "\n".join(lines[1:]), "o9"), document(f"held{seed}", story(seed + 9, 12), "o8")]
        page = document(f"{seed}n", story(seed + 80, 12), url=f"n.com/{seed}")
        documents += [page] * indexed
        old.append(document(f"was{seed}", page.text[:500], url=page.url))
        old.append(document(f"part{seed}", f"{lines[2]}\n{story(seed + 70, 9)}", "o7"))
    index = Index(tmp_path / "index") if indexed else None
    if index is not None:
        index.add(old)
    calls: list[int] = []

    def learned() -> bytes:
        def run(function, items):
            calls.append(0)
            for item in items:
                calls[-1] += 1
                yield memoryview(function(pickle.loads(pickle.dumps(item))))

        stage = Dedup(DedupConfig(paragraphs=True), index)
        stage.learn([memoryview(summarise(stage.accumulator(), documents[at::3])) for at in range(3)], run)
        return stage.dump()

    whole, steps = learned(), calls.copy()
    for module, values in SMALL.items():
        for name, value in values.items():
            monkeypatch.setattr(module, name, value)
    assert learned() == whole
    assert (sum(steps), sum(calls)) == tasks
    if indexed:
        table = Clusters(unpack(whole))
        reasons = {REASONS[reason] for reason in table.arrays["reason"].tolist()}
        assert reasons == {"", "exact-duplicate", "near-duplicate", "contained", "earlier-version"}
        assert (len(table.arrays["fuller"]), len(table.arrays["paragraphs"])) == (6, 120)
