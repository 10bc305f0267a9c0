"""The shipped example dumps, built with the defaults, against what examples/expected.json says of each record."""

import random

import orjson
import pytest

from corpus.arabic import folded_words
from corpus.text import is_scrubbed
from tests.conftest import EXAMPLES
from tests.ghirbal.builds import build, rows, tree

EXPECTED = orjson.loads((EXAMPLES.parent / "expected.json").read_bytes())


def key(row):
    """Say which record of the dumps a row came from: its file, and its id where the dump gives one."""
    identity = row.get("id", "")
    path = row["path"] if "path" in row else row["source"]["path"]
    given = path.endswith((".jsonl.gz", ".warc.gz"))
    return (path, identity.removeprefix("urn:uuid:") if given else "")


RECORDS = {key(record): record for record in EXPECTED["records"]}


@pytest.fixture(scope="module")
def cleaned(tmp_path_factory):
    out = tmp_path_factory.mktemp("cleaned") / "out"
    build(EXAMPLES, out, command="clean", filters=False)
    return {key(row): row for row in rows(out, "corpus")}


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    out = tmp_path_factory.mktemp("built") / "out"
    assert build(EXAMPLES, out).exit_code == 0
    return out


def test_every_record_is_there(cleaned):
    assert cleaned.keys() == RECORDS.keys()


def test_chrome_is_gone_and_every_paragraph_is_there(cleaned):
    pairs = [(path, record, cleaned[path]["text"]) for path, record in RECORDS.items()]
    leaked = [(path, chrome) for path, record, text in pairs for chrome in record["gone"] if chrome in text]
    lost = [(path, body) for path, record, text in pairs for body in record["stay"] if body not in text]
    assert leaked == []
    assert lost == []
    assert all(is_scrubbed(row["text"]) for row in cleaned.values())


def test_fields_are_harvested(cleaned):
    for path, record in RECORDS.items():
        row = cleaned[path]
        assert row["language"] == record["language"], path
        for name, value in record["fields"].items():
            assert row[name].startswith(value), (path, name)


def test_each_story_stands_once_and_templates_are_not_merged(built):
    kept, removed = rows(built, "corpus"), rows(built, "removed")
    cluster_of = {row["id"]: RECORDS[key(row)]["cluster"] for row in kept}
    assert sorted(cluster_of.values()) == sorted({record["cluster"] for record in EXPECTED["records"]})
    for row in removed:
        assert cluster_of[row["survivor"]] == RECORDS[key(row)]["cluster"], key(row)
    for group in EXPECTED["templates"]:
        assert {cluster for cluster in cluster_of.values() if cluster in group} == set(group)


def test_workers_and_order_of_inputs_change_no_byte(built, tmp_path):
    folders = sorted(map(str, EXAMPLES.iterdir()))
    random.Random(7).shuffle(folders)
    build(folders, tmp_path / "out", workers=2)
    assert tree(tmp_path / "out") == tree(built)


def test_the_examples_come_out_of_a_second_cleaning_as_they_went_in(built, tmp_path):
    table = str(built / "boilerplate.toml")
    build(built, tmp_path / "two", command="clean", filters=False, boilerplate=table)
    one, two = (sorted(map(orjson.dumps, rows(out, "corpus"))) for out in (built, tmp_path / "two"))
    assert one == two
    assert len(one) == 48


def test_every_paragraph_of_a_removed_copy_has_its_like_in_a_kept_document(built):
    kept = {at: runs_of_words(row["text"]) for at, row in enumerate(rows(built, "corpus"))}
    everything = set().union(*kept.values())
    removed = [row for row in rows(built, "removed") if row.get("survivor")]
    assert len(removed) > 20
    for row in removed:
        for paragraph in row["text"].split("\n"):
            runs = runs_of_words(paragraph)
            if len(paragraph) >= 80 and len(runs & everything) < 0.3 * len(runs):
                assert row.get("own"), (row["path"], paragraph)


def runs_of_words(text):
    words = folded_words(text)
    return set(zip(words, words[1:], words[2:], strict=False))
