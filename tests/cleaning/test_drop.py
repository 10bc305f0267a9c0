"""CSS selectors that an outlet names: what they match is never part of a story."""

import time

import msgspec
import pytest

from cleaning.config import ExtractConfig
from cleaning.html.markup import parse, remove, text_of
from cleaning.pages import Extract
from corpus.errors import RecordError
from corpus.records import Page, Source
from tests.cleaning.stories import BODY

BOX = '<div class="x7"><p>كاتب هذه السطور باحث في شؤون المياه، وله كتابان في تاريخ الري بالمنطقة.</p></div>'


def page(number=1, **fields):
    opening, *rest = (f"<p>{line} {number}.</p>" for line in BODY)
    text = "".join((opening, BOX, *rest))  # at its end a box would go as a notice
    html = f"<!doctype html><html><head><title>عنوان</title></head><body><article>{text}</article></body></html>"
    return Page(str(number), Source("a.html", number), html.encode(), url=f"https://sahil.example/{number}", **fields)


def extracted(stage, record):
    return stage.apply(record).record.text


def test_the_box_stays_unless_somebody_says_otherwise():
    assert "كاتب هذه السطور" in extracted(Extract(), page())


def test_selectors_come_from_the_configuration_or_with_the_page():
    config = msgspec.convert({"drop": {"sahil.example": [".x7"]}}, ExtractConfig)
    dropped = extracted(Extract(config), page())
    assert "كاتب هذه السطور" not in dropped
    assert BODY[-1] in dropped
    document = Extract().apply(page(meta={"drop": ["div.x7"], "kind": "x"})).record
    assert document.text == dropped
    assert document.meta == {"kind": "x"}


def test_the_configuration_mends_what_the_crawl_was_told():
    config = msgspec.convert({"drop": {"sahil.example": []}}, ExtractConfig)
    told = page(meta={"drop": ["article"]})
    assert "كاتب هذه السطور" in extracted(Extract(config), told)
    assert BODY[-1] not in extracted(Extract(), told)


def test_what_follows_a_dropped_element_stays():
    root = parse("<html><body><p>قبل<span>بين</span>بعد</p><i>x</i><b>y</b>آخر</body></html>")
    remove(root, ["span", "b", "html"])
    assert text_of(root) == "قبلبعدxآخر"


@pytest.mark.parametrize("selector", ["div[[[", "svg|path", "div " * 5000 + "p"])
def test_a_page_whose_selector_is_none_fails_by_name(selector):
    with pytest.raises(RecordError, match="is no CSS selector") as refused:
        extracted(Extract(), page(meta={"drop": [selector]}))
    assert refused.value.reason == "bad-selector"


@pytest.mark.parametrize("selector", ["div[[[", "", "svg|path"])
def test_a_selector_that_is_none_is_refused_with_the_configuration(selector):
    with pytest.raises(msgspec.ValidationError) as refused:
        msgspec.convert({"drop": {"a.example": ["p"], "sahil.example": [".x7", selector]}}, ExtractConfig)
    assert str(refused.value).startswith(f"drop of 'sahil.example': {selector!r} is no CSS selector: ")


def test_what_would_cost_too_much_is_refused_before_anything_is_dropped():
    html = "<div " + " ".join(f'a{i}="1"' for i in range(200_000)) + ">text</div>"
    start = time.process_time()
    verdict = Extract().apply(Page("1", Source("a.html", 1), html.encode(), meta={"drop": [".x7"]}))
    assert verdict.reason == "too-complex"
    assert time.process_time() - start < 2
