"""Extraction may not get worse than it was: a pinned floor over our own golden pages, and one over labelled pages.

`extraction_floor.json` holds the digest of the golden set and the history of its floor. Changing a page, or
lowering the floor, fails here until the file says so: a new entry, and for a lower one its `lowered_because`.
"""

import gzip
import hashlib
import json
import statistics
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest

from cleaning.pages import Extract
from corpus.arabic import folded_words
from corpus.records import Page, Source

HERE = Path(__file__).parent
PAGES = HERE.parent / "golden" / "pages"
FLOOR = json.loads((HERE / "extraction_floor.json").read_text(encoding="utf-8"))
#: A floor further below what is measured protects nothing.
SLACK = 0.01


def f1(found, wanted):
    def grams(text):
        words = folded_words(text)
        return Counter(tuple(words[i : i + 4]) for i in range(max(1, len(words) - 3)) if words)

    ours, gold = grams(found), grams(wanted)
    common = (ours & gold).total()
    return 2 * common / (ours.total() + gold.total()) if ours or gold else 1.0


def golden_scores():
    for path in sorted(PAGES.glob("*.html")):
        wanted = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
        yield f1(text_of(path.read_bytes(), wanted["url"]), wanted["text"])


def text_of(body, url):
    found = Extract().apply(Page("x", Source("a.html"), body, url=url)).record
    return "" if found is None else found.text


def test_golden_set_is_the_one_that_was_measured():
    seal = hashlib.sha256()
    for path in sorted(PAGES.iterdir()):
        seal.update(path.name.encode() + b"\0" + path.read_bytes())
    assert seal.hexdigest() == FLOOR["golden_sha256"]


def test_floor_was_never_lowered_silently():
    history = FLOOR["history"]
    for before, after in pairwise(history):
        assert after["date"] >= before["date"]
        assert after["f1"] >= before["f1"] or len(after.get("lowered_because", "")) > 20


def test_golden_pages_reach_the_floor():
    measured = statistics.mean(golden_scores())
    floor = FLOOR["history"][-1]["f1"]
    assert floor <= measured <= floor + SLACK


@pytest.mark.slow
def test_labelled_pages_reach_their_floors(labelled):
    sets = {}
    for line in (labelled / "html" / "gold.jsonl").read_text(encoding="utf-8").splitlines():
        wanted = json.loads(line)
        if "gold" in wanted:
            body = gzip.decompress((labelled / "html" / wanted["file"]).read_bytes())
            sets.setdefault(wanted["set"], []).append(f1(text_of(body, wanted["url"]), wanted["gold"]))
    measured = {name: statistics.mean(scores) for name, scores in sets.items()}
    assert {name: measured[name] >= floor for name, floor in FLOOR["labelled"].items()} == dict.fromkeys(measured, True)
