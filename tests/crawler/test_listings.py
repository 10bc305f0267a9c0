"""Sitemaps and feeds, honest and hostile."""

from __future__ import annotations

import gzip
import resource
import time
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.web.listings import MAX_ENTRIES, ListingEntry, is_listing, read_listing

MAP = b"""<?xml version="1.0"?><!-- x --><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"
  xmlns:n="http://www.google.com/schemas/sitemap-news/0.9" xmlns:i="http://www.google.com/schemas/sitemap-image/1.1">
  <url><loc> https://e.com/1?a=1&amp;b=2 </loc><lastmod>2026-11-01</lastmod><i:image><i:loc>https://e.com/1.jpg</i:loc>
  <i:title>image</i:title></i:image></url>
  <url><loc>https://e.com/2</loc><n:news><n:publication><n:name>X</n:name></n:publication>
  <n:publication_date>2026-11-02</n:publication_date><n:title>\xd8\xae\xd8\xa8\xd8\xb1</n:title></n:news></url>
  <url><lastmod>2026-11-01</lastmod></url></urlset>"""


def read(body: bytes, content_type: str = "", encodings: str = "") -> list[ListingEntry]:
    return read_listing(body, content_type, encodings) or []


def test_a_sitemap_gives_addresses_dates_and_titles() -> None:
    first, second = read(MAP)
    assert (first.url, first.changed) == ("https://e.com/1?a=1&b=2", "2026-11-01")
    assert second == ListingEntry("https://e.com/2", published="2026-11-02", title="خبر")
    assert read(gzip.compress(MAP)) == [first, second]


def test_an_index_a_plain_list_and_a_misplaced_feed_are_read() -> None:
    index = b"<sitemapindex><sitemap><loc>https://e.com/s.xml</loc></sitemap></sitemapindex>"
    assert read(index) == [ListingEntry("https://e.com/s.xml", kind="sitemap")]
    plain = b"https://e.com/a\nnonsense\nhttps://e.com/b\n"
    assert read(plain) == [ListingEntry("https://e.com/a"), ListingEntry("https://e.com/b")]
    feed = b"<rss version='2.0'><channel><item><link>https://e.com/a</link></item></channel></rss>"
    assert read(feed) == [ListingEntry("https://e.com/a")]
    assert all(map(is_listing, (index, feed, MAP)))
    assert not any(map(is_listing, (b"<html><feed-box>", b"")))
    for page in (b"<html><ul><li>https://e.com/a</ul></html>", b'{"items": 3}', b"nothing", b"", b"\x1f\x8b"):
        assert read_listing(page, "") is None


@pytest.mark.parametrize("cut", range(0, len(MAP), 37))
def test_a_cut_sitemap_gives_what_it_has(cut: int) -> None:
    urls = [entry.url for entry in read(MAP[:cut])]
    assert urls[:1] in ([], ["https://e.com/1?a=1&b=2"]) or "https://e.com/1?a=1&b=2".startswith(urls[0])
    assert len(urls) <= 2


@given(st.binary(max_size=300))
def test_no_bytes_break_the_readers(body: bytes) -> None:
    assert isinstance(read(body), list)
    assert isinstance(read(b"<urlset>" + body), list)
    assert isinstance(read(body), list)


FIRST = ListingEntry("https://e.com/1", published="2024-01-01T00:00:00+00:00", title="x")
ITEM = "<item><title>x</title><link>https://e.com/1</link><pubDate>Mon, 01 Jan 2024 00:00:00 GMT</pubDate></item>"
FEED = f"<rss version='2.0'><channel><title>c</title><link>https://e.com/</link>{ITEM}</channel></rss>"
RDF = f"<rdf:RDF xmlns:rdf='r' xmlns='http://purl.org/rss/1.0/'>{ITEM}</rdf:RDF>".replace("pubDate>", "dc:date>")
ATOM = """<feed xmlns='http://www.w3.org/2005/Atom'><entry><title>x</title><link rel='self' href='https://e.com/f'/>
  <link rel='enclosure' href='/a.mp3'/><link href='https://e.com/1'/><updated>2024-01-01T00:00:00Z</updated>
  </entry></feed>"""
JSON_FEED = """{"version": "https://jsonfeed.org/version/1.1", "items": [3, {"id": "9", "url": "https://e.com/1",
  "title": "x", "date_published": "2024-01-01T00:00:00Z"}, {"id": "no address"}]}"""
LINK = "<link>https://e.com/1</link>"
WARNING = "<br />\n<b>Warning</b>: date() in <b>/www/a.php</b> on line <b>7</b><br />\n"


@pytest.mark.parametrize(
    "text",
    [
        FEED, RDF, ATOM, JSON_FEED, JSON_FEED.replace('"id": "9", "url"', '"id"'), f"<?xml version='1.0'?>{FEED}",
        f"\ufeff\n {FEED}", FEED[:-25],
        f"{WARNING}<?xml version='1.0'?>{FEED}", f"<!--{'x' * 9000}-->{FEED}", f"{FEED}<script>1 < 2</script>",
        FEED.replace("<link>", "<link><![CDATA[ ").replace("</link>", " ]]></link>"),
        FEED.replace("<title>x", "<media:title>no</media:title><title>x"),
        FEED.replace(LINK, LINK.replace("link", "guid")),
        FEED.replace(LINK, f"<guid isPermaLink='false'>https://e.com/0</guid>{LINK}"),
        FEED.replace("<rss", "<rss xml:base='https://e.com/a/'").replace("https://e.com/1", "../1"),
        # These made a reader of feeds raise: a label that is no UTF-8, a bracket in an address, no end of a title.
        f"<?xml version='1.0' encoding='utf-\x85'?>{FEED}", FEED.replace("x</title>", "x</titl<>"),
        FEED.replace("<item>", "<item><link>http://[a/</link></item><item>", 1),
    ],
)  # fmt: skip
@pytest.mark.parametrize("pack", [bytes, gzip.compress, lambda body: gzip.compress(gzip.compress(body)) + b"\n<!-->"])
def test_every_kind_of_feed_is_read(text: str, pack: Callable[[bytes], bytes]) -> None:
    assert FIRST in read(pack(text.encode()), "application/octet-stream")


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "none"])
def test_content_encodings_are_undone_as_far_as_they_are_true(encoding: str) -> None:
    packed = {"gzip": gzip.compress, "deflate": lambda body: zlib.compress(body)[2:-4]}.get(encoding, bytes)
    assert read(packed(FEED.encode()), "text/xml", encoding) == read(FEED.encode(), "text/xml", encoding) == [FIRST]


def test_ampersands_stay_in_addresses_and_entities_in_titles() -> None:
    text = FEED.replace("e.com/1", "e.com/1?a=1&b=2&copy=3").replace(">x<", ">A & B &nbsp;&hellip;&bogus; &#1582;<")
    (entry,) = read(text.encode())
    assert (entry.url, entry.title) == ("https://e.com/1?a=1&b=2&copy=3", "A & B …&bogus; خ")


@pytest.mark.parametrize("reference", ["&#xd800;", "&#xDFFF", "&#55296;", "&#x110000;", f"&#{'9' * 9999};"])
def test_references_to_what_is_no_character_spoil_no_listing(reference: str) -> None:
    item = f"<item><title>a{reference}</title><link>https://e.com/1</link></item>"
    feed = f"<rss version='2.0'><channel>{item}</channel></rss>"
    assert [entry.url for entry in read(feed.encode())] == ["https://e.com/1"]
    first = f"<url><loc>https://e.com/1</loc><lastmod>{reference}</lastmod></url>"
    sitemap = f"<urlset>{first}<url><loc>https://e.com/2</loc></url></urlset>"
    assert [entry.url for entry in read(sitemap.encode())] == ["https://e.com/1", "https://e.com/2"]


@pytest.mark.parametrize(
    ("label", "content_type"),
    [("", "application/rss+xml; charset=windows-1256"), ("utf-8", ""), ("windows-1256", ""), ("no-such-charset", "")],
)
def test_titles_are_readable_whatever_the_feed_says_of_its_charset(label: str, content_type: str) -> None:
    head = f"<?xml version='1.0' encoding='{label}'?>" if label else "<?xml version='1.0'?>"
    title = "وزير المالية يفتتح المعرض"
    item = f"<item><title>{title}</title><link>https://e.com/1</link></item>"
    feed = f"{head}<rss version='2.0'><channel>{item}</channel></rss>"
    assert read(feed.encode("cp1256"), content_type) == [ListingEntry("https://e.com/1", title=title)]


def test_utf_16_is_read() -> None:
    wanted = read(MAP)
    assert read(MAP.decode().replace("<?xml", "<?xml ").encode("utf-16")) == wanted


@pytest.mark.parametrize("opening", [b"<?xml ", b"<? ", b"\xef\xbb\xbf<?xml ", b"<?xml ?><?xml "])
def test_a_declaration_without_end_takes_no_time(opening: bytes) -> None:
    body = opening + b'encoding="x"' * 20_000
    start = time.process_time()
    assert read(body) == []
    assert read(body) == []
    assert time.process_time() - start < 2


def test_entities_open_no_file_and_blow_nothing_up(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("https://e.com/secret")
    inside = f'<!DOCTYPE u [<!ENTITY x SYSTEM "file://{secret}">]><urlset><url><loc>&x;</loc></url></urlset>'
    assert read(inside.encode()) == [ListingEntry("&x;")]
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    bomb = f'<!DOCTYPE u [<!ENTITY l0 "ha">{laughs}]><urlset><url><loc>http://e.com/&l9;</loc></url></urlset>'
    before, start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    assert all(len(entry.url) < 1000 for entry in read(bomb.encode()))
    assert time.process_time() - start < 3
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000


def test_sizes_are_capped() -> None:
    many = b"<urlset>" + b"<url><loc>https://e.com/a</loc></url>" * (MAX_ENTRIES + 10) + b"</urlset>"
    assert len(read(many)) == MAX_ENTRIES
    assert read(gzip.compress(b"\0" * 200_000_000, 1)) == []
    assert read(gzip.compress(MAP)[:-9]) == read(MAP), "gzip that is cut gives what it holds"
