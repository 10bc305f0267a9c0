"""The scorer: its figures by hand on small cases, and equal to the reference scorer where that is present."""

from __future__ import annotations

import importlib.util
import json

import pytest

from cleaning.stages import Clean
from corpus.records import Document, Source
from ghirbal.score import score_dups, score_html, score_text, squash

GOLD = [
    {
        "id": "a",
        "variant": "textdump",
        "lang": "ar",
        "lines": [
            {"text": "عنوان المادة", "label": "meta", "class": "title"},
            {"text": "متن أول طويل بما يكفي لهذا", "label": "keep", "class": "body"},
            {"text": "اقرأ أيضا", "label": "drop", "class": "read_also"},
            {"text": "متن ثان طويل بما يكفي تابعونا", "label": "keep", "class": "body", "span": [[22, 29, "share"]]},
        ],
    }
]
WHOLE = "\n".join(line["text"] for line in GOLD[0]["lines"])
CLEAN = "متن أول طويل بما يكفي لهذا\nمتن ثان طويل بما يكفي"


def figures(text: str) -> dict[str, float]:
    return score_text(GOLD, [{"id": "a", "text": text}])["all"]


def test_the_right_text_is_exact():
    found = figures(CLEAN)
    assert found["char macro F"] == found["line macro F"] == 1.0
    assert found["exact"] == 1


def test_a_cleaner_may_normalise_and_keep_the_headline():
    assert figures("عنوان المادة\n" + CLEAN.replace("أول", "اول").replace("متن", "مَتــن"))["exact"] == 1


def test_keeping_everything_costs_precision():
    found = figures(WHOLE)
    body, chrome = len(squash(CLEAN)), len("اقرأأيضا") + len("تابعونا")
    assert found["char macro P"] == pytest.approx(body / (body + chrome))
    assert found["char macro R"] == 1.0
    assert found["line macro P"] == pytest.approx(2 / 3)


def test_losing_a_line_costs_recall():
    found = figures(CLEAN.split("\n")[0])
    assert found["line macro R"] == 0.5
    assert found["char macro P"] == 1.0
    assert found["exact"] == 0


def test_a_missing_prediction_is_an_empty_text():
    assert score_text(GOLD, [])["all"]["char macro R"] == 0.0


def test_line_decisions_are_scored_too():
    found = score_text(GOLD, [{"id": "a", "keep": [False, True, False, True]}])["all"]
    assert found["line macro F"] == 1.0
    assert found["char macro R"] == 1.0


def test_groups_come_before_the_whole():
    assert list(score_text(GOLD, [])) == ["textdump ar", "all"]


def test_silver_spans_must_go_and_sentences_stay():
    text = "هذه جملة أولى طويلة بما يكفي للعد. تابعونا على كل المنصات"
    gold = [{"id": "a", "outlet": "o", "text": text, "spans": [[35, len(text), "share"]]}]
    assert score_text(gold, [{"id": "a", "text": text[:34]}])["all"] == {
        "documents": 1, "sentences": 1, "lost": 0, "hurt": 0, "spans": 1, "left": 0,
    }
    assert score_text(gold, [{"id": "a", "text": text[35:]}])["o"]["lost"] == 1
    assert score_text(gold, [{"id": "a", "text": text}])["all"]["left"] == 1


def test_a_trap_survives_with_the_words_around_it():
    gold = [{"id": "a", "outlet": "o", "offset": [4, 9], "text": "لقد تابعوا المباراة حتى نهايتها"}]
    assert score_text(gold, [{"id": "a", "text": gold[0]["text"]}])["all"]["lost"] == 0
    assert score_text(gold, [{"id": "a", "text": "لقد المباراة حتى نهايتها"}])["all"]["lost"] == 1


def test_pages_are_scored_by_shingles_and_segments():
    gold = [
        {"id": "a", "set": "s", "lang": "en", "gold": "one two three four five"},
        {"id": "b", "lang": "en", "with": ["kept part"], "without": ["gone part"]},
    ]
    found = score_html(gold, [{"id": "a", "text": "one two three four"}, {"id": "b", "text": "kept  part gone part"}])
    assert (found["s"]["P"], found["s"]["R"]) == (1.0, 0.5)
    assert found["segments"]["F1"] == pytest.approx(2 / 3)
    assert found["macro over sets"]["F1"] == pytest.approx(2 / 3)


def test_pages_are_compared_without_characters_that_nobody_sees():
    gold = [
        {"id": "a", "set": "s", "gold": "die Wind\u00adräder drehen sich im Sturm"},
        {"id": "b", "with": ["die Wind\u00adräder"], "without": ["im\u00a0Sturm"]},
    ]
    texts = [("a", "die Windräder drehen sich im Sturm"), ("b", "die Windräder stehen im Sturm")]
    found = score_html(gold, [{"id": name, "text": text} for name, text in texts])
    assert found["s"]["F1"] == 1.0
    assert (found["segments"]["P"], found["segments"]["R"]) == (0.5, 1.0)


COPIES = [
    {"id": "a", "cluster": 1, "lang": "ar"},
    {"id": "b", "cluster": 1, "lang": "ar"},
    {"id": "c", "cluster": 2, "lang": "ar"},
    {"id": "d", "cluster": 3, "lang": "en"},
    {"id": "e", "cluster": 3, "lang": "en"},
]


def test_clusters_are_scored_for_each_language_and_all():
    figures = score_dups(COPIES, [{"id": name, "cluster": "x"} for name in "abc"])
    assert list(figures) == ["ar", "en", "all"]
    assert figures["ar"]["precision"] == pytest.approx(1 / 3)
    assert figures["ar"]["recall"] == 1.0
    assert figures["ar"]["wrongly_removed"] == 1
    # B-cubed of ar: precision (2 * 2/3 + 1/3) / 3 = 5/9, recall 1.
    assert figures["ar"]["bcubed_f1"] == pytest.approx(2 * (5 / 9) / (1 + 5 / 9))
    assert figures["en"] == {
        "documents": 2, "precision": 0.0, "recall": 0.0, "f1": 0.0,
        "bcubed_f1": pytest.approx(2 / 3), "wrongly_removed": 0,
    }  # fmt: skip
    assert figures["all"]["recall"] == 0.5


def test_judged_pairs_are_weighted():
    gold = [
        {"a": "a", "b": "b", "label": "D", "weight": 3},
        {"a": "a", "b": "c", "label": "P", "weight": 1},
        {"a": "c", "b": "d", "label": "N", "weight": 5},
        {"a": "d", "b": "e", "label": "D", "weight": 1},
    ]
    figures = score_dups(gold, [{"id": name, "cluster": "x"} for name in "abc"])["pairs"]
    assert figures["precision"] == 0.75
    assert figures["precision_with_partial"] == 1.0
    assert figures["recall"] == 0.75
    assert (figures["pairs"], figures["same"]) == (4, 2)


def test_nothing_scores_nothing():
    assert score_dups([], []) == {
        "all": {
            "documents": 0, "precision": 0.0, "recall": 0.0, "f1": 0.0, "bcubed_f1": 0.0, "wrongly_removed": 0,
        }
    }  # fmt: skip


@pytest.fixture(scope="module")
def reference(labelled):
    path = labelled.parent / "tools" / "score_text.py"
    if not path.is_file():
        pytest.skip("the reference scorer is not beside the labelled data")
    spec = importlib.util.spec_from_file_location("reference_scorer", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("cleaner", ["everything", "Clean"])
def test_the_figures_are_those_of_the_reference(labelled, reference, cleaner):
    lines = (labelled / "text" / "gold.jsonl").read_text("utf-8").split("\n")
    gold = [json.loads(line) for line in lines if line]
    texts = {row["id"]: "\n".join(line["text"] for line in row["lines"]) for row in gold}
    if cleaner == "Clean":
        stage = Clean()
        texts = {key: stage.apply(Document(key, Source("x"), text)).record.text for key, text in texts.items()}
    predicted = [{"id": key, "text": text} for key, text in texts.items()]
    rows, _, _ = reference.score_text(gold, predicted)
    found = score_text(gold, predicted)["all"]
    assert found["exact"] == sum(row[2][1] == row[2][2] == 0 for row in rows)
    for part, name in ((1, "line"), (2, "char")):
        scores = [reference.prf(*row[part]) for row in rows]
        for at, letter in enumerate("PRF"):
            assert found[f"{name} macro {letter}"] == pytest.approx(sum(row[at] for row in scores) / len(rows))
        pooled = reference.prf(*(sum(row[part][at] for row in rows) for at in range(3)))
        assert found[f"{name} micro F"] == pytest.approx(pooled[2])
