"""CSS selectors that an outlet names: what they match is never part of a story."""

import msgspec
import pytest

from cleaning.html.extract import ExtractConfig
from cleaning.html.markup import without
from cleaning.stages import Extract
from corpus.errors import RecordError
from corpus.records import Page, Source
from tests.cleaning.stories import BODY

BOX = '<div class="x7"><p>كاتب هذه السطور باحث في شؤون المياه، وله كتابان في تاريخ الري بالمنطقة.</p></div>'


def page(number=1, **fields):
    text = "".join(f"<p>{line} {number}.</p>" for line in BODY)
    html = f"<!doctype html><html><head><title>عنوان</title></head><body><article>{text}{BOX}</article></body></html>"
    return Page(str(number), Source("a.html", number), html.encode(), url=f"https://sahil.example/{number}", **fields)


def text_of(stage, record):
    return stage.apply(record).record.text


def test_the_box_stays_unless_somebody_says_otherwise():
    assert "كاتب هذه السطور" in text_of(Extract(), page())


def test_selectors_come_from_the_configuration_or_with_the_page():
    config = msgspec.convert({"drop": {"sahil.example": [".x7"]}}, ExtractConfig)
    dropped = text_of(Extract(config), page())
    assert "كاتب هذه السطور" not in dropped
    assert BODY[-1] in dropped
    document = Extract().apply(page(meta={"drop": ["div.x7"], "kind": "x"})).record
    assert document.text == dropped
    assert document.meta == {"kind": "x"}


def test_what_follows_a_dropped_element_stays():
    assert "قبلبعد" in without("<html><body><p>قبل<span>بين</span>بعد</p></body></html>", ["span"])


def test_what_is_no_selector_is_named():
    with pytest.raises(RecordError, match="is no CSS selector") as refused:
        text_of(Extract(), page(meta={"drop": ["div[[["]}))
    assert refused.value.reason == "bad-selector"
