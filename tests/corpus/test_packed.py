"""Archives of dumps, and feeds."""

from __future__ import annotations

import io
import tarfile
import zipfile
from pathlib import Path

import pytest

from corpus.formats.rows import ReadConfig
from corpus.records import Document, Failure, Page, Skip, Source
from tests.corpus.reading import PACKERS, only, read, reasons, texts

STORIES = {
    "sahil/2024/a.txt": "خبر".encode(),
    "wadi/b.jsonl": b'{"text": "One."}\n[]\n{"text": "Two."}\n',
    "wadi/c.html": b"<!doctype html><p>x",
    "wadi/photo.jpg": b"\xff\xd8\xff",
    ".DS_Store": b"x",
    "__MACOSX/._a.txt": b"x",
}


def zipped(files: dict[str, bytes]) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in files.items():
            archive.writestr(name, body)
    return sink.getvalue()


def tarred(files: dict[str, bytes]) -> bytes:
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode="w") as archive:
        for name, body in files.items():
            member = tarfile.TarInfo("./" + name)
            member.size = len(body)
            archive.addfile(member, io.BytesIO(body))
        link = tarfile.TarInfo("link.txt")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    return sink.getvalue()


ARCHIVES = {
    "dumps.zip": zipped(STORIES),
    "dumps.tar": tarred(STORIES),
    "dumps.tgz": PACKERS[".gz"](tarred(STORIES)),
    "dumps.tar.zst": PACKERS[".zst"](tarred(STORIES)),
}


@pytest.mark.parametrize("name", ARCHIVES)
def test_each_member_is_a_file_of_its_own(tmp_path: Path, name: str) -> None:
    found = read(tmp_path, name, ARCHIVES[name])
    text, first, bad, second, page, photo = found
    assert (texts(found), reasons(found)) == (["خبر", "One.", "Two."], ["not-an-object"])
    assert isinstance(text, Document)
    assert isinstance(page, Page)
    assert (text.source, text.outlet) == (Source(f"{name}/sahil/2024/a.txt"), "sahil")
    assert second.source == Source(f"{name}/wadi/b.jsonl", 2, 20)
    assert bad.source == Source(f"{name}/wadi/b.jsonl", 1, 17)
    assert isinstance(first, Document)
    assert first.outlet == "wadi"
    assert photo == Skip(Source(f"{name}/wadi/photo.jpg"), "not-a-dump")


def test_members_that_lie_flat_have_the_outlet_of_the_archive(tmp_path: Path) -> None:
    found = read(tmp_path, "sahil.zip", zipped({"a.txt": b"One."}))
    assert only(found).outlet == "sahil"


def test_archives_in_archives_are_named(tmp_path: Path) -> None:
    found = only(read(tmp_path, "a.zip", zipped({"b.zip": zipped(STORIES)})))
    assert (found.reason, found.source) == ("nested-archive", Source("a.zip/b.zip"))


@pytest.mark.parametrize("name", ["a.zip", "a.tar"])
def test_members_of_one_name_stay_two(tmp_path: Path, name: str) -> None:
    files = {"a.txt": b"One.", "b.txt": b"Two."}
    body = (zipped(files) if name == "a.zip" else tarred(files)).replace(b"b.txt", b"a.txt")
    if name == "a.tar":  # the sum of its header
        body = tarred({"a.txt": b"One."})[:1024] + tarred({"a.txt": b"Two."})
    found = read(tmp_path, name, body)
    assert [(one.source.path, one.text) for one in found if isinstance(one, Document)] == [
        (f"{name}/a.txt", "One."),
        (f"{name}/2/a.txt", "Two."),
    ]


def test_damage_and_bombs_are_one_failure(tmp_path: Path) -> None:
    for name, body in (("a.zip", b"PK\x03\x04 and then nothing"), ("a.tar", b"no archive at all" * 99)):
        assert reasons(read(tmp_path, name, body)) == ["corrupt-input"]
    assert reasons(read(tmp_path, "a.tgz", ARCHIVES["dumps.tgz"][:-9])) == ["truncated-input"]
    sealed = bytearray(zipped({"a.txt": b"One."}))
    for mark in (b"PK\x03\x04", b"PK\x01\x02"):
        sealed[sealed.index(mark) + (6 if mark[2] == 3 else 8)] |= 1
    assert reasons(read(tmp_path, "a.zip", bytes(sealed))) == ["encrypted"]


def test_a_bomb_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("corpus.formats.packed._BOMB_BYTES", 1 << 10)
    found = only(read(tmp_path, "a.zip", zipped({"a.txt": bytes(1 << 20)})))
    assert isinstance(found, Failure)
    assert found.reason == "too-large"


RSS = """<?xml version="1.0" encoding="utf-8"?>
<rss xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel>
<title>S</title><link>https://www.sahil.example/</link>
<item><title>A &amp;quot;b&amp;quot;</title><link>https://sahil.example/1</link><dc:creator>سلمى</dc:creator>
<category>x</category><pubDate>Tue, 05 Mar 2024 09:00:00 +0300</pubDate><description>Short.</description>
<content:encoded><![CDATA[<p>One&nbsp;two.</p><p>Three.</p>]]></content:encoded></item>
<item><title>B</title><description>&lt;p&gt;Four&nbsp;five.&lt;/p&gt;</description></item>
</channel></rss>"""
ATOM = """<feed xmlns="http://www.w3.org/2005/Atom"><link href="https://sahil.example/"/><entry><title>A "b"</title>
<link rel="self" href="https://sahil.example/self"/><link href="https://sahil.example/1"/><author><name>سلمى</name></author>
<category term="x"/><published>2024-03-05T09:00:00+03:00</published><updated>2024-03-06T09:00:00Z</updated>
<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>One two.</p><p>Three.</p></div></content></entry>
</feed>"""


@pytest.mark.parametrize("name", ["a.xml", "a.rss", "a.html", "feed"])
@pytest.mark.parametrize("feed", [RSS, ATOM])
def test_the_items_of_a_feed_are_records(tmp_path: Path, name: str, feed: str) -> None:
    first, *more = read(tmp_path, name, feed.encode())
    assert isinstance(first, Document)
    assert (first.text, first.title, first.url) == ("One two.\nThree.", 'A "b"', "https://sahil.example/1")
    assert (first.published, first.authors, first.tags) == ("2024-03-05T09:00:00+03:00", ("سلمى",), ("x",))
    assert (first.outlet, first.meta) == ("sahil.example", {})
    assert [(one.text, one.outlet, one.published, one.meta) for one in more if isinstance(one, Document)] == (
        [("Four five.", "sahil.example", "", {})] if feed == RSS else []
    )


def test_a_feed_in_windows_1256_says_so_in_its_declaration(tmp_path: Path) -> None:
    feed = "<?xml version='1.0' encoding='windows-1256'?><rss><channel><item><title>ژ</title></item></channel></rss>"
    assert only(read(tmp_path, "a.xml", feed.encode("cp1256"), ReadConfig())).title == "ژ"
