"""Fields under the names that scrapers give them, and records inside of others."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from corpus.formats.fields import sort_keys
from corpus.formats.rows import ReadConfig
from corpus.records import Document, Failure, Page
from tests.corpus.reading import only, read, read_lines, texts


def record(row: dict[str, Any], folder: Path, **fields: str | tuple[str, ...]) -> Any:
    return only(read_lines(folder, orjson.dumps(row), config=ReadConfig(fields=fields)))


@pytest.mark.parametrize(
    ("field", "names"),
    [
        ("text", "content body Article article_body articleBody full_text main-text raw_text النص المحتوى text_clean"),
        ("text", "نص_الخبر النص_الكامل متن content:encoded texte Текст"),
        ("published", "date pubDate published_at date_extracted datePublished Publish_Date article.date"),
        ("published", "تاريخ_النشر تاريخ_الإضافة date_publish publish_datetime"),
        ("outlet", "source publisher site domain website newspaper المصدر الصحيفة اسم_الصحيفة ماخذ خبرگزاری"),
        ("url", "link href permalink article_url الرابط لینک"),
        ("title", "headline Headline article_title العنوان العنوان_الرئيسي تیتر כותרת"),
        ("authors", "author byline dc:creator Writer الكاتب نویسنده"),
        ("tags", "keywords tag الوسوم الكلمات_المفتاحية الكلمات_الدلالية"),
        ("language", "lang inLanguage اللغة"),
        ("html", "raw_html page_source HTML"),
        ("id", "_id ID Id"),
    ],
)
def test_the_usual_names_are_known(field: str, names: str) -> None:
    for name in names.split():
        assert sort_keys([name], {}) == {field: [name]}, name


@pytest.mark.parametrize("name", ["summary", "views", "article_id", "category", "image", "modified", "text_length", ""])
def test_other_names_are_no_fields(name: str) -> None:
    assert sort_keys([name], {}) == {}


def test_a_record_of_a_scraper_needs_no_configuration(tmp_path: Path) -> None:
    row = {
        "headline": "عنوان",
        "article_body": "خبر",
        "pubDate": "Tue, 05 Mar 2024 09:00:00 +0300",
        "source": "الرصيف",
        "link": "https://rasif.example/1",
        "author": [{"name": "سلمى"}],
        "keywords": "جسور، طرق",
        "views": 3,
    }
    found = record(row, tmp_path)
    assert (found.title, found.text, found.published) == ("عنوان", "خبر", "2024-03-05T09:00:00+03:00")
    assert (found.outlet, found.url) == ("الرصيف", "https://rasif.example/1")
    assert (found.authors, found.tags, found.meta) == (("سلمى",), ("جسور", "طرق"), {"views": 3})


def test_the_best_name_that_holds_something_counts(tmp_path: Path) -> None:
    found = record({"text": "", "content": "خبر", "date": "soon", "pubDate": "2024-05-03"}, tmp_path)
    assert (found.text, found.published, found.meta) == ("خبر", "2024-05-03", {"date": "soon"})
    assert record({"text": "", "content": None}, tmp_path).text == ""


def test_what_is_configured_comes_first_and_excludes_nothing(tmp_path: Path) -> None:
    for fields in ({"text": "summary"}, {"text": ("missing", "summary")}, {"text": "data.summary"}):
        row = {"summary": "خبر", "text": "آخر", "data": {"summary": "خبر", "n": 1}}
        assert record(row, tmp_path, **fields).text == "خبر"
    assert record({"content": "خبر"}, tmp_path, text="summary").text == "خبر"
    assert record({"d": {"t": "خبر", "n": 1}}, tmp_path, text="d.t").meta == {"d": {"n": 1}}
    assert record({"text": "خبر", "content": "عنوان"}, tmp_path, title="content").title == "عنوان"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"rendered": "<p>One.</p><p>Two.</p>", "protected": False}, "One.\nTwo."),
        (["One.", "Two."], "One.\nTwo."),
        (
            [{"type": "p", "content": "One."}, {"type": "image", "url": "a.jpg"}, {"data": {"text": "Two."}}],
            "One.\nTwo.",
        ),
        (
            {"type": "doc", "content": [
                {"type": "paragraph", "content": [{"type": "text", "text": "On"}, {"type": "text", "text": "e."}]},
                {"type": "paragraph", "content": [{"type": "text", "text": "Two."}]},
            ]},
            "One.\nTwo.",
        ),
        ({"blocks": [{"text": "One."}, {"children": [{"_type": "span", "text": "Two."}]}]}, "One.\nTwo."),
    ],
)
def test_a_text_in_an_object_or_a_list_is_opened(tmp_path: Path, value: Any, text: str) -> None:
    found = record({"content": value, "title": {"rendered": "A &#8220;b&#8221;"}}, tmp_path)
    assert (found.text, found.title, found.meta) == (text, "A “b”", {})


def test_a_record_in_an_object_is_opened(tmp_path: Path) -> None:
    found = record({"_index": "news", "_id": "7", "_source": {"title": "T", "body": "خبر"}}, tmp_path)
    assert (found.id, found.title, found.text, found.meta) == ("7", "T", "خبر", {"_index": "news"})
    found = record({"_id": {"$oid": "65a"}, "text": "خبر", "date": {"$date": "2024-05-03T00:00:00Z"}}, tmp_path)
    assert (found.id, found.published) == ("65a", "2024-05-03T00:00:00+00:00")


def test_what_stands_beside_a_text_is_known(tmp_path: Path) -> None:
    aside = {"source": "https://a.example/1", "title": "T", "date": "2024-05-01", "id": 3, "text": "No."}
    found = record({"page_content": "خبر", "Metadata": aside}, tmp_path)
    assert (found.text, found.title, found.url, found.published) == ("خبر", "T", "https://a.example/1", "2024-05-01")
    assert found.meta == {"Metadata": {"id": 3, "text": "No."}}
    found = record({"text": "خبر", "title": "A", "meta": {"title": "B", "url": "https://a.example/2"}}, tmp_path)
    assert (found.title, found.url, found.meta) == ("A", "https://a.example/2", {"meta": {"title": "B"}})
    assert record({"text": "خبر", "info": {"title": "B"}}, tmp_path).meta == {}


def test_a_source_that_is_an_address_names_outlet_and_url(tmp_path: Path) -> None:
    found = record({"text": "خبر", "source": "https://www.rasif.example/a/1"}, tmp_path)
    assert (found.outlet, found.url) == ("rasif.example", "https://www.rasif.example/a/1")
    assert record({"text": "خبر", "source": {"id": None, "name": "الرصيف"}}, tmp_path).outlet == "الرصيف"


def test_a_whole_page_in_a_text_is_a_page(tmp_path: Path) -> None:
    found = record({"content": "<!doctype html><p>خبر", "title": "T"}, tmp_path)
    assert isinstance(found, Page)
    assert (found.body.decode(), found.title) == ("<!doctype html><p>خبر", "T")


def test_records_without_a_text_say_once_which_keys_there_are(tmp_path: Path) -> None:
    row = orjson.dumps({"headline": "T", "summary": "S"})
    first, second = read_lines(tmp_path, row, row)
    assert isinstance(first, Failure)
    assert isinstance(second, Failure)
    advice = '; [read.fields] text = "KEY" in the configuration names the key that holds it. The keys there are: '
    said = "$.text: the record has neither text nor html"
    assert first.message == f"line 1 (byte 0): {said}{advice}headline, summary"
    assert second.message == f"line 2 (byte {len(row) + 1}): {said}"


@pytest.mark.parametrize(
    "wrapped",
    [
        {"articles": [{"body": "One."}, {"body": "Two."}]},
        {"status": "ok", "data": {"posts": [{"content": "One."}, {"content": "Two."}]}},
        {"hits": {"total": 2, "hits": [{"_source": {"text": "One."}}, {"_source": {"text": "Two."}}]}},
        {"pages": 9, "content": [{"title": "A", "content": "One."}, {"title": "B", "content": "Two."}]},
        {"articles": {"101": {"text": "One."}, "102": {"text": "Two."}}},
        {"title": {"0": "A", "1": "B"}, "text": {"0": "One.", "1": "Two."}},
        {"title": ["A", "B"], "body": ["One.", "Two."]},
        {"columns": ["title", "text"], "index": [0, 1], "data": [["A", "One."], ["B", "Two."]]},
    ],
)
@pytest.mark.parametrize("option", [0, orjson.OPT_INDENT_2])
def test_an_array_in_an_object_is_read(tmp_path: Path, wrapped: dict[str, Any], option: int) -> None:
    found = read(tmp_path, "a.json", orjson.dumps(wrapped, option=option))
    assert texts(found) == ["One.", "Two."]
    assert [one.source.record for one in found] == [0, 1]


def test_a_record_with_lists_of_its_own_stays_one(tmp_path: Path) -> None:
    row = {"comments": [{"text": "No."}], "text": "One.", "author": [{"name": "A"}]}
    found = only(read(tmp_path, "a.json", orjson.dumps(row)))
    assert isinstance(found, Document)
    assert (found.text, found.meta) == ("One.", {"comments": [{"text": "No."}]})
