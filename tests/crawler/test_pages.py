"""What a page says about itself, and that no page takes long to say it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.web.pages import FEW_WORDS, MAX_LINKS, MAX_WORDS, Reading, read_page
from tests.timing import fastest


def read(text: str) -> Reading:
    return read_page(text.encode("utf-8", "surrogatepass"))


def test_links_are_found_however_they_are_written() -> None:
    html = """<a href="/one">1</a><A class='x' HREF='/two'>2</A><a href=/three>3</a><area href="/map">
      <a data-href="/no" href = "/four?a=1&amp;b=2">4</a><a name="x">5</a><a href="#top">6</a><a href="/one">7</a>
      <abbr href="/no">8</abbr><link href="/no"><a
      href="/خبر">9</a><a href="">10</a><a title="a > b" href="/five">11</a>
      <noscript><a href="/six">12</a></noscript>"""
    assert read(html).links == ("/one", "/two", "/three", "/map", "/four?a=1&b=2", "/خبر", "/five", "/six")


@pytest.mark.parametrize(
    "html",
    [
        "<!-- <a href='/no'> -->", "<script>var a = '<a href=\"/no\">';</script>",
        "<style>/* <a href='/no'> */</style>",
        "<template><p><a href='/no'></a></p></template>", "<textarea><a href='/no'></textarea>",
        "<a href='/no' rel='external NoFollow'>", "<!-- > <a href='/no'> --!>", "<title><a href='/no'></title>",
    ],
)  # fmt: skip
def test_links_that_no_reader_sees_are_none(html: str) -> None:
    assert read(f"<p>x{html}<a href='/yes'>").links == ("/yes",)


def test_a_query_goes_out_in_the_charset_of_its_page() -> None:
    page = '<meta charset="windows-1256"><p>سلام يا قمر</p><a href="/خبر?t=خبر+قديم&n=&#x4e2d;%20">'
    sent = "/خبر?t=%CE%C8%D1+%DE%CF%ED%E3&n=&#20013;%20"
    assert read_page(page.encode("cp1256"), "text/html").links == (sent,)
    assert read(page).links == ("/خبر?t=خبر+قديم&n=中%20",)


def test_the_head_is_read() -> None:
    html = """<base href="/b/"><link rel="canonical" href="/c">
      <link href='/f' type="application/rss+xml" rel="alternate"><link rel="alternate" hreflang="en" href="/en">
      <meta property="og:type" content="Article"><title> A &amp; B </title>
      <meta content="2026-11-02T10:00:00Z" property="article:published_time">
      <meta http-equiv="refresh" content="0; url=/moved">"""
    reading = read(html)
    assert (reading.base, reading.canonical, reading.feeds, reading.moved_to) == ("/b/", "/c", ("/f",), "/moved")
    assert (reading.is_article, reading.published) == (True, "2026-11-02T10:00:00Z")


ARTICLE = '<meta property="og:type" content="article">'


@pytest.mark.parametrize(("mark", "most"), [("", MAX_WORDS), (ARTICLE, FEW_WORDS)])
def test_of_an_article_few_words_are_kept_and_its_running_text_is_whole(mark: str, most: int) -> None:
    reading = read(f"{mark}<p>{'كلمة ' * 2_000}</p>")
    assert (len(reading.visible.split()), reading.prose) == (most, 2_000 * 5)


@pytest.mark.parametrize(
    ("block", "is_article", "published"),
    [
        ('{"@type": "NewsArticle", "datePublished": "2026-01-02"}', True, "2026-01-02"),
        ('[{"@graph": [{"@type": ["Thing", "ReportageNewsArticle"]}]}]', True, ""),
        ('{"@type": "WebSite"}', False, ""),
        ('{"@type": "JobPosting", "datePosted": "2026-01-02"}', False, ""),
        ('{"@type": "http://schema.org/LiveBlogPosting"}', True, ""),
        ('{"@type": "NewsArticle", }', True, ""),
        ('{"@type": "WebPage", "mainEntity": {"@type": "Article", "datePublished": "2026-01-03"}}', True, "2026-01-03"),
        ('{"@type": "NewsArticle"', False, ""),
        ('{"@type": "Article", "text": "</p>"}', True, ""),
        ("[" * 500, False, ""),
        ("", False, ""),
    ],
)
def test_json_ld_tells_articles(block: str, is_article: bool, published: str) -> None:
    reading = read(f'<p><script type="application/ld+json">{block}</script>')
    assert (reading.is_article, reading.published) == (is_article, published)


@given(st.text(alphabet="<>/a hrefscitplnkmb=\"'&;#{}[]:,!-\n\x00ا", max_size=300))
def test_no_text_breaks_the_reader(text: str) -> None:
    reading = read(text)
    assert all(isinstance(link, str) and link for link in reading.links)
    assert read(text) == reading


HOSTILE = {
    "open anchors": "<a " * 70_000,
    "open hrefs": '<a href="' * 25_000,
    "spaces": "<a" + " " * 200_000,
    "equals": "<a href" + "=" * 200_000,
    "meta": "<meta " * 35_000,
    "one meta": "<meta " + "a=b " * 50_000,
    "attributes": "<link canonical " + "a='" * 70_000,
    "scripts": '<script type="application/ld+json">' * 6_000,
    "half scripts": "<script " + "application/ld+json " * 10_000,
    "ends": '<script type="application/ld+json">' + "</" * 100_000,
    "titles": "<title>" * 28_000,
    "running text": ">" + "x" * 200_000,
    "running texts": (">" + "x" * 59) * 3_300,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_pages_are_read_in_linear_time(name: str) -> None:
    assert fastest(lambda: read(HOSTILE[name]), 0.2) < 0.2


def test_a_page_gives_a_bounded_number_of_links() -> None:
    text = "".join(f'<a href="/{n}">' for n in range(MAX_LINKS + 500))
    assert len(read(text).links) == MAX_LINKS


@pytest.mark.parametrize("label", ["", "utf-8", "windows-1256", "no-such-charset"])
def test_arabic_links_are_read_under_any_label(label: str) -> None:
    kind = f"text/html; charset={label}" if label else "text/html"
    for encoding in ("utf-8", "cp1256", "utf-16"):
        for word in ("خبر", "سلام", "قمم"):
            page = f"<p>وقال وزير المالية<a title=x href='/{word}'><a href=/{word}>".encode(encoding)
            assert read_page(page, kind).links == (f"/{word}",)


def test_the_digest_of_words_ignores_what_changes_by_itself() -> None:
    story = "<p>" + "كلمات الخبر الطويل عن الميناء القديم والسفينة التي تنتظر المد فيه " * 3 + "</p>"
    one = read(f"<div>123 views</div>{story}<script>token=1</script><a href=/x>{'خبر آخر ' * 9}</a>")
    same = read(f"<div>124 views</div>{story}<script>{'token ' * 20}</script><a href=/y>{'غيره ' * 20}</a>")
    assert one.words == same.words
    assert one.words != read(story.replace("القديم", "الجديد")).words
    assert read("<p>short</p>").words == ""
    month = "لا توجد أحداث في يوم 5 من شهر 11 من عام 2026 حتى الآن"
    assert read(f"<p>{month}").words != read(f"<p>{month.replace('5', '17')}").words
    assert read(f"<p>{month}").sketch == read(f"<p>{month.replace('5', '17')}").sketch
    assert read(story * 3).sketch == frozenset(), "too long for a sentence with a name in it"
