"""Dates, languages and names that a row states, in the form in which a corpus keeps them."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import orjson
import pytest

from corpus.formats.rows import ReadConfig, record_from
from corpus.records import Document, Failure, Page, Source, to_json
from tests.corpus.reading import only, read_lines

SOURCE = Source("a.jsonl")


def record(config: ReadConfig | None = None, **row: Any) -> Any:
    return record_from({"text": "خبر", **row}, SOURCE, config or ReadConfig())


def mojibake(text: str) -> str:
    return text.encode().decode("cp1256")


@pytest.mark.parametrize(
    ("stated", "published"),
    [
        ("2015-07-21", "2015-07-21"),
        ("2015-07-21T10:00:00+03:00", "2015-07-21T10:00:00+03:00"),
        ("2015-07-21 10:00:00", "2015-07-21"),
        ("July 21, 2015", "2015-07-21"),
        ("Tue, 21 Jul 2015 10:00:00 GMT", "2015-07-21T10:00:00+00:00"),
        ("٢١ تموز/يوليو ٢٠١٥", "2015-07-21"),
        ("26/4/98", "1998-04-26"),
        ("1437472800", "2015-07-21T10:00:00+00:00"),
        (1437472800, "2015-07-21T10:00:00+00:00"),
        (1437472800.0, "2015-07-21T10:00:00+00:00"),
        (1437472800000, "2015-07-21T10:00:00+00:00"),
        (20150721, "2015-07-21"),
        (datetime.date(2015, 7, 21), "2015-07-21"),
        (datetime.datetime(2015, 7, 21, 10, tzinfo=datetime.UTC), "2015-07-21T10:00:00+00:00"),
        (datetime.datetime(2015, 7, 21, 10), "2015-07-21"),
        ("", ""),
        (None, ""),
        (float("nan"), ""),
    ],
)
def test_a_date_that_can_be_read_is_normal(stated: Any, published: str) -> None:
    found = record(published=stated)
    assert (found.published, found.meta) == (published, {})


@pytest.mark.parametrize(
    "stated",
    ["2024-13-45", "yesterday", "2024", "15 رمضان 1445", "1970-01-01", 7, True, ["soon"], {"year": 2015}],
)
def test_a_date_that_cannot_be_read_is_set_aside(stated: Any) -> None:
    found = record(published=stated)
    assert (found.published, found.meta) == ("", {"published": stated})
    assert record(ReadConfig(fields={"published": "day"}), day=stated).meta == {"day": stated}
    page = record(text=None, html="<p>خبر", published=stated)
    assert isinstance(page, Page)
    assert (page.published, page.meta) == ("", {"published": stated})


def test_a_day_before_all_news_is_set_aside_as_text() -> None:
    assert record(published=datetime.date(1, 1, 1)).meta == {"published": "0001-01-01"}


@pytest.mark.parametrize(
    ("stated", "language"),
    [("Arabic", "ar"), ("ar-EG", "ar"), ("العربية", "ar"), ("eng", "en"), ("ar", "ar"), ("", ""), (None, "")],
)
def test_a_language_that_is_known_is_a_code(stated: str | None, language: str) -> None:
    found = record(language=stated)
    assert (found.language, found.meta) == (language, {})


@pytest.mark.parametrize("stated", ["Klingonese", "und", "ar,en", ["ar"], 7])
def test_a_language_that_is_not_known_is_set_aside(stated: Any) -> None:
    found = record(language=stated)
    assert (found.language, found.meta) == ("", {"language": stated})


def test_what_people_read_is_mended_like_the_text() -> None:
    name, noisy = mojibake("وكالة الرصيف"), "وكالة\u202e  الرصيف\x00\n"
    for given in (name, noisy):
        found = record(title=given, outlet=given, credit=given, authors=[given, " "], tags=given)
        assert (found.title, found.outlet, found.credit) == ("وكالة الرصيف",) * 3
        assert (found.authors, found.tags, found.meta) == (("وكالة الرصيف",), ("وكالة الرصيف",), {})
    assert record(text=None, html="<p>خبر", title=name, outlet=name).title == "وكالة الرصيف"


def test_a_row_of_an_older_corpus_is_made_normal(tmp_path: Path) -> None:
    old = Document("1", SOURCE, "خبر", language="Arabic", published="July 21, 2015", meta={"k": 1})
    found = only(read_lines(tmp_path, to_json(old)))
    assert (found.language, found.published, found.meta) == ("ar", "2015-07-21", {"k": 1})
    old = Document("1", SOURCE, "خبر", language="Klingonese", published="soon", meta={"k": 1})
    found = only(read_lines(tmp_path, to_json(old)))
    assert (found.language, found.published) == ("", "")
    assert found.meta == {"k": 1, "language": "Klingonese", "published": "soon"}
    again = only(read_lines(tmp_path, to_json(found)))
    assert orjson.loads(to_json(again)) == orjson.loads(to_json(found))


@pytest.mark.parametrize("name", ["trace", "meta"])
def test_a_row_of_a_corpus_in_columns_has_free_fields_as_json(tmp_path: Path, name: str) -> None:
    document = Document("1", SOURCE, "خبر", **{name: {"deep": [{"k": 1.5}], "none": None}})
    row = orjson.loads(to_json(document))
    columns = row | {free: orjson.dumps(row[free]).decode() for free in ("trace", "meta")}
    assert only(read_lines(tmp_path, orjson.dumps(columns))) == document
    for broken in ("{", "[]", "[" * 9999):
        found = only(read_lines(tmp_path, orjson.dumps(columns | {name: broken})))
        assert isinstance(found, Failure)
        assert (found.source.record, found.reason) == (0, "bad-field")
