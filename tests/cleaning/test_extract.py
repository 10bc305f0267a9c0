"""From a page of bytes to a document: our own golden pages, hostile pages, and the laws of the text."""

import json
import re
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cleaning.config import DEFAULTS, ExtractConfig
from cleaning.html import body, layout, markup, metadata, others, rival, selection, weigh
from cleaning.html.extract import extract_html
from cleaning.html.markup import is_binary, refusal
from cleaning.pages import Extract
from cleaning.stages import Clean
from corpus.records import Document, Page, Source
from corpus.text import is_scrubbed

PAGES = Path(__file__).parents[1] / "golden" / "pages"
GOLDEN = sorted(path.stem for path in PAGES.glob("*.html"))
STORY = (
    "The museum reopened on Monday, after a winter of repairs to its roof and its heating.",
    "Visitors queued from the early morning, and the first hundred were let in without a ticket.",
    "The director said that the new rooms would be finished in the spring of next year.",
    "Until then, the collection of clocks is shown in the former stables, on two floors.",
)


def page(body, **fields):
    return Page("p1", Source("outlet/a.html"), body, **fields)


def article(*paragraphs, head="", before="", after=""):
    text = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    return f"<html><head>{head}</head><body>{before}<article class='post-content'>{text}</article>{after}</body></html>"


@pytest.mark.parametrize("name", GOLDEN)
def test_golden_page_comes_out_exactly(name):
    wanted = json.loads((PAGES / f"{name}.json").read_text(encoding="utf-8"))
    found = Extract().apply(page((PAGES / f"{name}.html").read_bytes(), url=wanted["url"])).record
    assert isinstance(found, Document)
    assert found.text == wanted["text"]
    assert found.title == wanted["title"]
    assert found.published == wanted["published"]
    assert list(found.authors) == wanted.get("authors", [])


def test_document_passes_through():
    document = Document("d", Source("a.txt"), "text")
    assert Extract().apply(document).record is document


def test_document_keeps_what_the_page_says():
    html = article(*STORY, head="<title>Clocks</title><link rel=canonical href='https://n.example/c'>").encode()
    found = Extract().apply(page(html, meta={"k": 1}, title="From the dump", published="2020-01-01")).record
    assert (found.id, found.source, found.meta) == ("p1", Source("outlet/a.html"), {"k": 1})
    assert (found.title, found.published) == ("From the dump", "2020-01-01")
    assert (found.url, found.outlet) == ("https://n.example/c", "n.example")
    assert found.trace == {"charset": "utf-8", "extractor": "structure", "doubtful": False, "claims": ""}


def test_text_cut_out_of_a_page_is_not_judged_as_a_page_again():
    lines = "\n".join(f"setting_{i} = {i}" for i in range(60))
    text = f"{lines}\n{STORY[0]} {STORY[1]}\n{lines}\n{STORY[2]}\n{STORY[2]}\n{STORY[2]}"
    extracted = Document("d", Source("a.html"), text, trace={"extractor": "structure"})
    assert Clean().apply(extracted).record.text == text
    assert Clean().apply(replace(extracted, trace={})).record.text != text


def test_what_markup_calls_text_is_not_trimmed_as_a_dump_is():
    text = "\n".join([*STORY, "Things", "rope", "a lamp"])
    extracted = Document("d", Source("a.html"), text, trace={"extractor": "structure"})
    assert Clean().apply(extracted).record.text == text
    assert Clean().apply(replace(extracted, trace={})).record.text == "\n".join(STORY)


def test_outlet_of_the_page_wins():
    found = Extract().apply(page(article(*STORY).encode(), outlet="Al Mina", url="https://n.example/c")).record
    assert (found.outlet, found.url) == ("Al Mina", "https://n.example/c")


@pytest.mark.parametrize(
    "body",
    [b"%PDF-1.7 text", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0", b"PK\x03\x04zip",
     b"<?xml version='1.0'?><rss><p>x</p></rss>", b'{"a": "<p>x</p>"}', b'[{"a": 1}]',
     b"<svg xmlns='x'></svg>", b"no tag at all", b"<!-- c --> <feed></feed>"],
)  # fmt: skip
def test_what_is_no_html_is_dropped(body):
    verdict = Extract().apply(page(body, headers=(("content-type", "text/html"),)))
    assert (verdict.record, verdict.reason) == (None, "not-html")


def test_page_without_text_stays_for_the_filters():
    found = Extract().apply(page(b"<html><head><title>T</title></head><body><nav>a</nav></body></html>")).record
    assert (found.text, found.title) == ("", "T")


@pytest.mark.parametrize(
    ("html", "reason"),
    [
        ("<div>" * 50_000 + "text", "too-deep"),
        ("<p>x" + "<b>x" * 50_000, "too-deep"),
        ("<div " + " ".join(f'a{i}="1"' for i in range(200_000)) + ">text</div>", "too-complex"),
        ("<div>" * 1_000_000 + "text", "too-complex"),
        ("<p>a short one</p>" * 200_000, "too-complex"),
    ],
)
def test_hostile_page_is_refused_at_once(html, reason):
    start = time.process_time()
    assert extract_html(html).refused == reason
    assert time.process_time() - start < 2


MANY = "".join(f' a{number}="1"' for number in range(markup.MAX_ATTRIBUTES + 1))


@pytest.mark.parametrize(
    ("html", "reason"),
    [
        (f"<p{MANY}>", "too-complex"),
        (f"<p>{' ' * 4_000}<br><p{MANY}", "too-complex"),
        (f"<p>x</p>{MANY}<i{MANY}></i>", "too-complex"),
        (f"x{MANY}<p>", ""),
        (f"<p>{MANY}</p{MANY}><p>", ""),
        (f"<p{MANY.partition(' a2000=')[0]}>", ""),
    ],
)
def test_attributes_are_counted_in_tags_alone(html, reason):
    assert refusal(html) == reason


@pytest.mark.parametrize(
    "html",
    ["<p>" + "<a href='/x'>link text</a> " * 20_000 + "</p>", "<b><p>" * 20_000, "<a>" * 50_000,
     "<p>" + "&amp;" * 500_000, "<p>" + " " * 3_000_000 + "x", "<html><body>" + "<!--" * 100_000,
     "<div><p>" + "word " * 500_000],
)  # fmt: skip
def test_hostile_page_is_read_in_bounded_time(html):
    start = time.process_time()
    extract_html(f"<html><body>{html}")
    assert time.process_time() - start < 5


MODULES = (markup, layout, weigh, others, selection, body, metadata, rival)
PATTERNS = [(m.__name__, name) for m in MODULES for name, p in vars(m).items() if isinstance(p, re.Pattern)]


@pytest.mark.parametrize(("module", "name"), PATTERNS)
def test_every_pattern_is_linear(module, name):
    pattern = getattr(sys.modules[module], name)
    kind = bytes if isinstance(pattern.pattern, bytes) else str
    for piece in (" ", "a", "-", "1", "<!--", "<!-- -->", "'\"", "<?xml", "\n", "share-", "display: ", "© follow a on"):
        hostile = piece * (50_000 // len(piece)) + "\x00"
        subject = hostile.encode() if kind is bytes else hostile
        start = time.process_time()
        pattern.search(subject)
        pattern.match(subject)
        assert time.process_time() - start < 1


def test_deep_page_below_the_limit_keeps_its_text():
    story = "".join(f"<p>{paragraph}</p>" for paragraph in STORY)
    assert extract_html("<html><body>" + "<div>" * 200 + story + "</div>" * 200).text == "\n".join(STORY)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("</body></html>", ""),
        ("</html>\n</body>", "</html>"),
        (f"<script>var state = '{'x' * 10_100_000}'</script>", ""),
        (f"<img src='data:image/png;base64,{'iVBO' * 2_600_000}'>", ""),
    ],
    ids=("body", "html", "script", "picture"),
)
def test_nothing_of_a_page_ends_before_its_end(before, after):
    html = f"<html><body><article><p>{STORY[0]}</p>{before}<p>{STORY[1]}</p><p>{STORY[2]}</p></article>{after}"
    assert extract_html(html).text == "\n".join(STORY[:3])


@pytest.mark.parametrize("end", ["</titel>", "< /title>", "", "<title>"])
def test_damaged_end_of_the_title_costs_no_text(end):
    html = article(*STORY, head=f"<title>Clocks{end}<meta charset='utf-8'>")
    found = extract_html(html)
    assert (found.title, found.text) == ("Clocks", "\n".join(STORY))


def test_joiners_survive_on_both_paths():
    sentence = "او می\u200cگوید که خانه\u200cها تا پایان سال ساخته می\u200cشوند و مردم به آن\u200cها می\u200cروند."
    escaped = sentence.replace("\u200c", "&zwnj;")
    sure = extract_html(article(*[sentence] * 5, escaped))
    assert (sure.extractor, sure.text) == ("structure", "\n".join([sentence] * 6))


def test_nul_surrogates_and_controls_do_not_cut_the_text():
    broken = [STORY[0] + "\x00", "\ud800" + STORY[1], STORY[2] + "\x0b\x1f", STORY[3] + "\u202e\ufffe"]
    assert extract_html(article(*broken)).text == "\n".join(STORY)


def test_entities_are_opened_once_and_nothing_is_fetched():
    entity = '<!DOCTYPE html [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    html = entity + article("&amp;lt;b&amp;gt; &x; " + STORY[0], *STORY)
    assert extract_html(html).text.startswith("&lt;b&gt; &x; " + STORY[0][:20])


def test_without_rivals_our_own_text_is_returned(monkeypatch):
    monkeypatch.setattr("cleaning.html.rival.trafilatura_text", lambda *_: pytest.fail("a rival was asked"))
    assert extract_html("<body><div><p>" + STORY[0], config=ExtractConfig(rivals=False)).text == STORY[0]


@pytest.mark.parametrize(
    ("line", "date"),
    [
        ("3 May 2021", "2021-05-03"),
        ("الإثنين ٣ أيار ٢٠٢١ - 10:20", "2021-05-03"),
        ("Number 3 of 2021 in all", ""),
        ("", ""),
    ],
)
def test_date_on_a_line_of_its_own_near_the_text(line, date):
    html = article(*STORY, before=f"<h1>T</h1><div class='meta'>{line}</div>")
    assert extract_html(html).published == date
    stated = "<meta property='article:published_time' content='2020-02-02'>"
    assert extract_html(article(*STORY, head=stated, before=f"<div>{line}</div>")).published == "2020-02-02"


def test_date_is_searched_for_on_demand_only():
    html = article(*STORY, after="<p>x</p>" * 9 + "<footer><p>This page was published on 3 May 2021.</p></footer>")
    assert extract_html(html).published == ""
    assert extract_html(html, config=ExtractConfig(search_date=True)).published == "2021-05-03"


def test_unknown_option_is_refused():
    with pytest.raises(TypeError):
        ExtractConfig(colour="red")
    assert ExtractConfig() == DEFAULTS


_markup = st.lists(
    st.one_of(
        st.sampled_from(("<p>", "</p>", "<div>", "</div>", "<a href='x'>", "</a>", "<br>", "<h1>", "</h1>")),
        st.sampled_from(("<td>", "<tr>", "<table>", "<li>", "&zwnj;", "&#0;", "<!--", "<p hidden>", "<x:y>", "<?pi")),
        st.text(max_size=60),
    ),
    max_size=40,
).map("".join)


@settings(max_examples=80, deadline=None)
@given(_markup)
def test_any_markup_gives_lawful_text(markup):
    found = extract_html(f"<html><body>{markup}</body></html>")
    assert is_scrubbed(found.text)
    assert is_scrubbed(found.title)
    assert extract_html(f"<html><body>{markup}</body></html>") == found


def test_refusal_looks_at_attributes_not_at_length():
    image = "<img src='data:image/png;base64," + "A" * 100_000 + "'>"
    assert refusal(f"<html><body>{image}") == ""
    assert not is_binary(b"<html>")
