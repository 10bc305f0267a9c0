"""What a page says about itself."""

import json

import pytest

from cleaning.config import ExtractConfig
from cleaning.html.extract import extract_html
from cleaning.html.markup import parse
from cleaning.html.metadata import choose_address, read_metadata
from cleaning.pages import Extract
from corpus.records import Document, Page, Source


def read(head="", body="", url=""):
    return read_metadata(parse(f"<html lang='ar-EG'><head>{head}</head><body>{body}</body></html>"), url)


def ld(value):
    return f'<script type="application/ld+json">{value if isinstance(value, str) else json.dumps(value)}</script>'


def test_the_first_that_is_a_date_counts():
    head = "".join(f"<meta name='{name}' content='{said}'>" for name, said in
                   (("article:published_time", "soon"), ("pubdate", "1970-01-01T00:00:00Z"), ("date", "6 مايو 2020"),
                    ("dc.date", "2021-01-01")))  # fmt: skip
    assert read(head).published == "2020-05-06"
    assert read("<meta name='date' content='soon'>", "<time datetime='2020-05-06T10:00Z'></time>").published == (
        "2020-05-06T10:00:00+00:00"
    )


def test_json_ld_comes_first_and_is_found_in_a_graph():
    head = ld({"@graph": [{"@type": "Organization", "name": "X"},
                          {"@type": ["NewsArticle"], "headline": "Headline", "datePublished": "2022-02-03",
                           "author": [{"name": "Amal Nasr"}, "By Omar Zaki"], "articleBody": "Body.",
                           "keywords": ["sea", "fish"]}]})  # fmt: skip
    found = read(head + "<meta property='article:published_time' content='2020-01-01'>")
    assert (found.title, found.published, found.body) == ("Headline", "2022-02-03", "Body.")
    assert found.authors == ("Amal Nasr", "Omar Zaki")
    assert found.tags == ("sea", "fish")
    assert found.is_article
    assert found.language == "ar-eg"


@pytest.mark.parametrize(
    "broken",
    ["{", "[" * 100_000, "null", '{"@type": 5, "headline": []}', '{"@type": "NewsArticle", "author": {"name": 7}}',
     "<!-- -->"],
)  # fmt: skip
def test_broken_json_ld_is_passed_over(broken):
    assert read(ld(broken) + "<meta property='og:title' content='Title'>").title == "Title"


@pytest.mark.parametrize(
    ("value", "title"),
    [
        ([{"@type": "WebPage", "mainEntity": [{"@type": "NewsArticle", "headline": "Nested"}]},
          {"@type": "NewsArticle", "headline": "Next"}], "Nested"),
        ({"@type": "NewsArticle", "headline": "Outer", "mainEntity": {"@type": "NewsArticle", "headline": "Inner"}},
         "Outer"),
        ([{"@type": "NewsArticle", "headline": "Teaser"},
          {"@type": "NewsArticle", "headline": "Story", "articleBody": "Body."}], "Story"),
        ({"mainEntityOfPage": {"@type": "Report", "headline": "Page"},
          "@graph": [{"@type": "Report", "headline": "Graph"}]}, "Graph"),
    ],
)  # fmt: skip
def test_the_first_article_that_is_written_out_is_the_one_of_the_page(value, title):
    assert read(ld(value)).title == title


@pytest.mark.parametrize(("levels", "title"), [(12, "Deep"), (13, "Page")])
def test_json_ld_is_read_to_a_depth(levels, title):
    value = {"@type": "NewsArticle", "headline": "Deep"}
    for _ in range(levels):
        value = {"mainEntity": value}
    assert read(ld(value) + "<title>Page</title>").title == title


def test_raw_newlines_in_json_ld_are_read():
    assert read(ld('{"@type": "NewsArticle", "headline": "Two\nlines"}')).title == "Two lines"


def test_visible_headline_is_the_title_without_the_site():
    assert read("<title>Old bridge falls | The Quay</title>", "<h1>Old bridge falls</h1>").title == "Old bridge falls"
    window = "Old bridge falls | The Quay"
    assert read(f"<title>{window}</title>", "<h1>The Quay</h1>").title == window
    site = "<meta property='og:site_name' content='The Quay'>"
    assert read(site + "<title>Old bridge falls - The Quay</title>").title == "Old bridge falls"
    assert read(site + "<title>The Quay | Old bridge falls</title>").title == "Old bridge falls"
    assert read(site + "<title>The Quay</title>").title == "The Quay"
    assert read("<title></title>", "<h1>Only here</h1>").title == "Only here"


@pytest.mark.parametrize("name", ["https://x.example/author/5", "admin", "desk@x.example", "N" * 200, ""])
def test_what_is_no_author(name):
    assert read(f"<meta name='author' content='{name}'>").authors == ()


def test_the_first_kind_of_mark_that_names_somebody_counts():
    meta = "<meta name='byl' content='By Omar Zaki'><meta name='author' content='admin'>"
    meta += "<meta name='dc.creator' content='Amal Nasr'>"
    links = "<a rel='author'>Mona Salem</a><a rel='author'>By Mona Salem</a><a rel='author'>Ali Odeh</a>"
    assert read(meta, links).authors == ("Amal Nasr",)
    assert read(ld({"@type": "Article", "author": "desk@x.example"}), links).authors == ("Mona Salem", "Ali Odeh")


def test_author_from_a_link():
    assert read(body="<a rel='author' href='/a'>بقلم: منى سالم</a>").authors == ("منى سالم",)


def test_canonical_is_made_absolute():
    found = read("<link rel='canonical' href='/a/1'>", url="https://n.example/x")
    assert found.canonical == "https://n.example/a/1"
    assert read("<link rel='canonical' href='javascript:1'>").canonical == ""
    assert read("<link rel='canonical' href='http://[broken'>").canonical == ""
    assert read("<meta property='og:url' content='https://n.example/b'>").canonical == "https://n.example/b"


def test_time_element_marked_as_publication_comes_first():
    body = "<time datetime='2019-01-01'></time><time itemprop='datePublished' datetime='2019-02-02'></time>"
    assert read(body=body).published == "2019-02-02"
    assert read(body="<p>no date</p>").published == ""


def test_empty_page_says_nothing():
    found = read_metadata(parse("<html><p>x</p></html>"))
    assert (found.title, found.published, found.authors, found.canonical, found.is_article) == ("", "", (), "", False)


@pytest.mark.parametrize(
    ("kind", "is_article"),
    [("NewsArticle", True), ("http://schema.org/Article", True), ("Review", True), ("BlogPosting", True),
     ("JobPosting", False), ("WebPage", False)],
)  # fmt: skip
def test_a_posting_is_no_article(kind, is_article):
    block = f'{{"@type": "{kind}", "headline": "x", "datePublished": "2026-01-02"}}'
    found = read(f"<script type='application/ld+json'>{block}</script>")
    assert (found.is_article, found.published) == (is_article, "2026-01-02" if is_article else "")


PERSON = {"@type": "Person", "givenName": "Salma", "familyName": "Haddad"}


@pytest.mark.parametrize(
    ("author", "names"),
    [
        (PERSON, ("Salma Haddad",)),
        ({"@type": "Person", "name": ["Salma Haddad", "Ali Odeh"]}, ("Salma Haddad", "Ali Odeh")),
        ([PERSON, "By Ali Odeh"], ("Salma Haddad", "Ali Odeh")),
        ("Salma Haddad, Ali Odeh and Omar Zaki", ("Salma Haddad", "Ali Odeh", "Omar Zaki")),
        ("Haddad, Salma", ("Haddad, Salma",)),
        ("Salma Haddad, Senior Writer", ("Salma Haddad, Senior Writer",)),
        ("سلمى الحداد، علي عودة", ("سلمى الحداد", "علي عودة")),
        ({"@id": "#salma"}, ("Salma Haddad",)),
        ({"@id": "#nobody"}, ()),
        ([{"@type": "Organization", "name": "Quay Agency"}, PERSON], ("Salma Haddad",)),
        ({"@type": "Organization", "name": "Quay Agency"}, ("Quay Agency",)),
        ({"@type": "Organization", "name": "The Quay"}, ()),
    ],
)
def test_authors_are_people_however_they_are_written(author, names):
    graph = [
        {"@type": "NewsArticle", "author": author, "publisher": {"name": "The Quay"}},
        {"@type": "Person", "@id": "#salma", "name": "Salma Haddad"},
    ]
    assert read(ld({"@graph": graph})).authors == names


def test_people_in_meta_elements_come_before_organisations():
    newsroom = ld({"@type": "Article", "author": {"@type": "Organization", "name": "Newsroom"}})
    meta = "<meta name='authors' content='Salma Haddad'><meta name='authors' content='Ali Odeh'>"
    assert read(newsroom + meta).authors == ("Salma Haddad", "Ali Odeh")
    assert read(newsroom).authors == ("Newsroom",)


@pytest.mark.parametrize(
    ("head", "body", "title"),
    [
        ("<title>Old bridge falls | Quay</title><meta property='og:title' content='Old bridge falls'>",
         "<h1>Quay</h1>", "Old bridge falls"),
        ("<meta property='og:title' content='The old bridge falls...'><title>The old bridge falls at last | Q</title>",
         "", "The old bridge falls at last"),
        ("<meta property='og:title' content='The old bridge falls …'>", "<h1>The old bridge falls at last</h1>",
         "The old bridge falls at last"),
        ("<meta property='og:title' content='The &amp;amp;quot;old&amp;amp;quot; bridge'>", "", 'The "old" bridge'),
        ("<meta property='og:title' content='The old bridge falls'><title>The old bridge falls: Quay</title>", "",
         "The old bridge falls"),
        (ld({"@type": "WebSite", "name": "Quay"}) + "<title>Old bridge falls - Quay</title>", "", "Old bridge falls"),
        ("<meta property='og:site_name' content='Quay'><meta property='og:title' content='Quay'>",
         "<h1>Old bridge falls</h1>", "Old bridge falls"),
    ],
)  # fmt: skip
def test_the_title_is_the_whole_headline_and_not_the_site(head, body, title):
    assert read(head, body).title == title


@pytest.mark.parametrize(
    ("url", "canonical", "chosen"),
    [
        ("https://m.q.example/m/12345", "https://www.q.example/2024/12345-old-bridge", 1),
        ("https://q.example/old-bridge/amp", "https://q.example/2024/old-bridge", 1),
        ("https://q.example/s/1.html?utm_source=x", "https://q.example/s/1.html", 1),
        ("https://q.example/view?id=8812", "https://q.example/news/8812", 1),
        ("https://q.example/news/8812", "https://q.example/", 0),
        ("https://q.example/news/8812", "https://q.example/news", 0),
        ("https://q.example/news/8812", "https://q.example/news/1111", 0),
        ("https://q.example/news/8812", "https://other.example/news/8812", 0),
        ("https://q.example/news/8812", "", 0),
        ("", "https://q.example/news/8812", 1),
    ],
)
def test_the_canonical_address_counts_where_it_is_of_the_same_story(url, canonical, chosen):
    assert choose_address(url, canonical) == (url, canonical)[chosen]


def test_one_outlet_has_one_name_and_a_page_its_canonical_address():
    stage = Extract(ExtractConfig(rivals=False, outlets={"quay": ("quay.example", "الرصيف")}))
    page = b"<link rel=canonical href='https://quay.example/2024/12345-old-bridge'><p>Old bridge falls.</p>"
    found = stage.apply(Page("1", Source("a.html"), page, url="https://m.quay.example/m/12345")).record
    assert (found.outlet, found.url) == ("quay", "https://quay.example/2024/12345-old-bridge")
    assert found.meta == {"fetched_url": "https://m.quay.example/m/12345"}
    assert stage.apply(Document("2", Source("b.txt"), "نص", outlet="الرصيف")).record.outlet == "quay"
    assert stage.apply(Document("2", Source("b.txt"), "نص", outlet="other")).record.outlet == "other"


@pytest.mark.parametrize(
    ("head", "body"),
    [
        (ld({"@graph": [{"@type": "Article", "author": {"@id": "#p"}},
                        {"@id": "#p", "givenName": "Amal", "familyName": "Nasr"}]}), ""),
        (ld({"@type": "Article", "author": "بقلم / Amal Nasr"}), ""),
        (ld({"@type": "Article", "author": "إعداد: Amal Nasr"}), ""),
        ("", "<a rel='author nofollow'>Amal Nasr</a>"),
        ("", "<span itemprop='author'>Amal Nasr</span>"),
        ("", "<span itemprop='author' itemscope><meta itemprop='name' content='Amal Nasr'></span>"),
        ("<meta name='author' content='----'>", "<a rel='author'>Amal Nasr</a>"),
    ],
)  # fmt: skip
def test_one_author_is_named_in_any_of_these_ways(head, body):
    assert read(head, body).authors == ("Amal Nasr",)


@pytest.mark.parametrize("mark", ["-", "|", "•", "»", "—", "–", ":", "·", "::", "›", "<", ">", "/", "«", "||"])
def test_the_name_of_the_site_is_cut_off_at_any_mark(mark):
    site = "<meta property='og:site_name' content='Sahil'>"
    for title in (f"Rain in May {mark} Sahil", f"Sahil {mark} Rain in May"):
        assert read(f"{site}<title>{title.replace('<', '&lt;')}</title>").title == "Rain in May"


def test_a_title_is_freed_of_tags_marks_and_the_site_before_a_colon():
    site = "<meta property='og:site_name' content='Sahil'>"
    assert read(f"{site}<title>\u200f&lt;b&gt;Rain&lt;/b&gt; in May\u200f</title>").title == "Rain in May"
    assert read(f"{site}<title>Sahil: Rain in May</title>").title == "Rain in May"
    cut = read(f"{site}<title>Rain in May stops the... - Sahil</title>", "<h1>Rain in May stops the ferries</h1>")
    assert cut.title == "Rain in May stops the ferries"


@pytest.mark.parametrize(
    ("graph", "published"),
    [
        ({"datePublished": 1588759200}, "2020-05-06T10:00:00+00:00"),
        ({"datePublished": "2020-05-06T10:00:00&#43;03:00"}, "2020-05-06T10:00:00+03:00"),
        ({"dateCreated": "2020-05-06"}, "2020-05-06"),
    ],
)
def test_a_date_in_json_ld_may_be_a_number_escaped_or_the_day_of_creation(graph, published):
    assert read(ld({"@type": "Article", **graph})).published == published


def test_the_address_dates_a_page_that_says_nothing():
    page = "<html><body><p>It rained on the hills in May, as it had not for years, said the people.</p></body></html>"
    assert extract_html(page, "https://sahil.example/2020/05/06/rain").published == "2020-05-06"
    assert extract_html(page, "https://sahil.example/2020/13/06/rain").published == ""
