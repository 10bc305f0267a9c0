"""Sitemaps and feeds, honest and hostile."""

from __future__ import annotations

import gzip
import resource
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.web.listings import MAX_ENTRIES, ListingEntry, is_listing_xml, read_feed, read_sitemap

MAP = b"""<?xml version="1.0"?><!-- x --><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"
  xmlns:n="http://www.google.com/schemas/sitemap-news/0.9" xmlns:i="http://www.google.com/schemas/sitemap-image/1.1">
  <url><loc> https://e.com/1?a=1&amp;b=2 </loc><lastmod>2026-11-01</lastmod><i:image><i:loc>https://e.com/1.jpg</i:loc>
  <i:title>image</i:title></i:image></url>
  <url><loc>https://e.com/2</loc><n:news><n:publication><n:name>X</n:name></n:publication>
  <n:publication_date>2026-11-02</n:publication_date><n:title>\xd8\xae\xd8\xa8\xd8\xb1</n:title></n:news></url>
  <url><lastmod>2026-11-01</lastmod></url></urlset>"""


def test_a_sitemap_gives_addresses_dates_and_titles() -> None:
    first, second = read_sitemap(MAP)
    assert (first.url, first.changed) == ("https://e.com/1?a=1&b=2", "2026-11-01")
    assert second == ListingEntry("https://e.com/2", published="2026-11-02", title="خبر")
    assert read_sitemap(gzip.compress(MAP)) == [first, second]


def test_an_index_a_plain_list_and_a_misplaced_feed_are_read() -> None:
    index = b"<sitemapindex><sitemap><loc>https://e.com/s.xml</loc></sitemap></sitemapindex>"
    assert read_sitemap(index) == [ListingEntry("https://e.com/s.xml", kind="sitemap")]
    plain = b"https://e.com/a\nnonsense\nhttps://e.com/b\n"
    assert read_sitemap(plain) == [ListingEntry("https://e.com/a"), ListingEntry("https://e.com/b")]
    feed = b"<rss version='2.0'><channel><item><link>https://e.com/a</link></item></channel></rss>"
    assert read_sitemap(feed) == [ListingEntry("https://e.com/a")]
    assert [is_listing_xml(body) for body in (index, feed, MAP, b"<html>")] == ["sitemap", "feed", "sitemap", ""]


@pytest.mark.parametrize("cut", range(0, len(MAP), 37))
def test_a_cut_sitemap_gives_what_it_has(cut: int) -> None:
    urls = [entry.url for entry in read_sitemap(MAP[:cut])]
    assert urls[:1] in ([], ["https://e.com/1?a=1&b=2"]) or "https://e.com/1?a=1&b=2".startswith(urls[0])
    assert len(urls) <= 2


@given(st.binary(max_size=300))
def test_no_bytes_break_the_readers(body: bytes) -> None:
    assert isinstance(read_sitemap(body), list)
    assert isinstance(read_sitemap(b"<urlset>" + body), list)
    assert isinstance(read_feed(body), list)


ITEM = "<item><title>x</title><link>https://e.com/1</link>{}</item>"
FIRST = ListingEntry("https://e.com/1", published="2024-01-01T00:00:00+00:00", title="x")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        # Each of these makes feedparser raise: a label that is no UTF-8, a bracket in a date, no link to complete.
        (b"<?xml version='1.0' encoding='utf-\x85'?><rss><channel><item><title>x</titl<><link>https://e.com/1</link>"
         b"<pubDate>Mon, 01 Jan 2024 00:00:00 GMT</pubDate></item></channel></rss>", [FIRST]),
        (b"<rss><channel><item><title>x</title><link>https://e.com/1</lik><pubDate>Mon, 01 Jan 2024 00:00:[00 GMT"
         b"</pubDate></item></cample/2</link></rss>", [ListingEntry("https://e.com/1", title="x")]),
        (b"<feed xmlns='http://www.w3.org/2005/Atom'><entry><title>x</title><link href='https://e.com/1'/>"
         b"<updated>2024-01-01T00:00:00+00:00</updated></entry></feed>", [FIRST]),
    ],
)  # fmt: skip
def test_a_feed_that_breaks_feedparser_gives_what_it_can(text: bytes, wanted: list[ListingEntry]) -> None:
    assert read_feed(text) == wanted


def test_whatever_feedparser_raises_the_feed_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    date = "<pubDate>Mon, 01 Jan 2024 00:00:00 GMT</pubDate>"
    text = f"<rss version='2.0'><channel>{ITEM.format(date)}</channel></rss>".encode()
    assert read_feed(text) == [FIRST]
    for fault in (KeyError("links"), ValueError("x"), OverflowError(), UnicodeEncodeError("u", "x", 0, 1, "")):

        def fail(*_: object, fault: Exception = fault, **__: object) -> None:
            raise fault

        monkeypatch.setattr("feedparser.parse", fail)
        assert read_feed(text) == [FIRST]
        assert read_feed(b"no feed at all") == []


@pytest.mark.parametrize("reference", ["&#xd800;", "&#xDFFF", "&#55296;", "&#x110000;", f"&#{'9' * 9999};"])
def test_references_to_what_is_no_character_spoil_no_listing(reference: str) -> None:
    item = f"<item><title>a{reference}</title><link>https://e.com/1</link></item>"
    feed = f"<rss version='2.0'><channel>{item}</channel></rss>"
    assert [entry.url for entry in read_feed(feed.encode())] == ["https://e.com/1"]
    first = f"<url><loc>https://e.com/1</loc><lastmod>{reference}</lastmod></url>"
    sitemap = f"<urlset>{first}<url><loc>https://e.com/2</loc></url></urlset>"
    assert [entry.url for entry in read_sitemap(sitemap.encode())] == ["https://e.com/1", "https://e.com/2"]


@pytest.mark.parametrize(
    ("label", "content_type"),
    [("", "application/rss+xml; charset=windows-1256"), ("utf-8", ""), ("windows-1256", ""), ("no-such-charset", "")],
)
def test_titles_are_readable_whatever_the_feed_says_of_its_charset(label: str, content_type: str) -> None:
    head = f"<?xml version='1.0' encoding='{label}'?>" if label else "<?xml version='1.0'?>"
    title = "وزير المالية يفتتح المعرض"
    item = f"<item><title>{title}</title><link>https://e.com/1</link></item>"
    feed = f"{head}<rss version='2.0'><channel>{item}</channel></rss>"
    assert read_feed(feed.encode("cp1256"), content_type) == [ListingEntry("https://e.com/1", title=title)]


def test_utf_16_is_read() -> None:
    wanted = read_sitemap(MAP)
    assert read_sitemap(MAP.decode().replace("<?xml", "<?xml ").encode("utf-16")) == wanted


@pytest.mark.parametrize("opening", [b"<?xml ", b"<? ", b"\xef\xbb\xbf<?xml ", b"<?xml ?><?xml "])
def test_a_declaration_without_end_takes_no_time(opening: bytes) -> None:
    body = opening + b'encoding="x"' * 20_000
    start = time.process_time()
    assert read_feed(body) == []
    assert read_sitemap(body) == []
    assert time.process_time() - start < 2


def test_entities_open_no_file_and_blow_nothing_up(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("https://e.com/secret")
    inside = f'<!DOCTYPE u [<!ENTITY x SYSTEM "file://{secret}">]><urlset><url><loc>&x;</loc></url></urlset>'
    assert read_sitemap(inside.encode()) == []
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    bomb = f'<!DOCTYPE u [<!ENTITY l0 "ha">{laughs}]><urlset><url><loc>http://e.com/&l9;</loc></url></urlset>'
    before, start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    assert all(len(entry.url) < 1000 for entry in read_sitemap(bomb.encode()))
    assert read_feed(bomb.encode()) == []
    assert time.process_time() - start < 3
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000


def test_sizes_are_capped() -> None:
    many = b"<urlset>" + b"<url><loc>https://e.com/a</loc></url>" * (MAX_ENTRIES + 10) + b"</urlset>"
    assert len(read_sitemap(many)) == MAX_ENTRIES
    assert read_sitemap(gzip.compress(b"\0" * 200_000_000, 1)) == []
    assert read_sitemap(gzip.compress(MAP)[:-20]) == []
