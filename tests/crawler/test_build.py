"""A crawl is an input like any other dump: its stories, and nothing that only leads to them."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from pathlib import Path

import pytest

from ghirbal.check import check_corpus
from tests.crawler.conftest import Crawl
from tests.crawler.site import Answer, Route, Site
from tests.ghirbal.builds import build, call, rows, story

HEAD = '<meta property="og:type" content="article"><script>var a = 1;</script>'


def article(number: int, text: str = "") -> Answer:
    """Return a page with a story in it, and the chrome that a site puts around one."""
    nav = "".join(f'<li><a href="/section/{name}">{name}</a></li>' for name in ("محليات", "رياضة", "ثقافة"))
    head = f"<title>عنوان الخبر {number}</title>{HEAD}"
    box = '<div class="x7"><p>نتابع في هذه الصفحة كل يوم آخر ما يصلنا من مراسلينا في المدن والقرى البعيدة.</p></div>'
    paragraphs = box.join(f"<p>{line}</p>" for line in (text or story(number)).split("\n"))
    main = f"<article><h1>عنوان الخبر {number}</h1>{paragraphs}</article><footer>جميع الحقوق محفوظة</footer>"
    html = f'<!doctype html><html lang="ar"><head>{head}</head><body><nav><ul>{nav}</ul></nav>{main}</body></html>'
    return Answer(html.encode())


def front(numbers: Iterable[int]) -> Answer:
    """Return a front page with links to stories."""
    links = "".join(f'<li><a href="/news/{number}">خبر {number} من أخبار اليوم</a></li>' for number in numbers)
    html = f"<!doctype html><html><head><title>الرئيسية</title></head><body><ul>{links}</ul></body></html>"
    return Answer(html.encode())


def routes() -> dict[str, Route]:
    """Return a front page and five stories, the last of which is a copy of the first."""
    pages: dict[str, Route] = {f"/news/{number}": article(number) for number in range(4)}
    return pages | {"/": front(range(5)), "/news/4": article(4, story(0))}


def test_crawl_then_build(crawl: Crawl) -> None:
    with Site(routes()) as site:
        crawl.write(f'name = "sahil"\nseeds = ["{site.url}/"]\ndelay = 0\ndrop = [".x7"]')
        crawl.run()
    # What another crawl is writing there is not read, and nobody waits for it.
    (crawl.out / "warc" / "running.warc.gz.open").write_bytes(b"half a record")
    finished = build(crawl.out, crawl.out.parent / "corpus")
    assert finished.exit_code == 0
    kept = rows(finished.out, "corpus")
    assert {row["outlet"] for row in kept} == {"sahil"}
    assert sorted(row["text"].split() for row in kept) == sorted(story(number).split() for number in range(4))
    assert finished.report.reasons == {"listing": 1, "exact-duplicate": 1}


def texts(corpus: Path) -> list[list[str]]:
    """Return the words of each document of a corpus, sorted."""
    return sorted(row["text"].split() for row in rows(corpus, "corpus"))


def test_a_second_crawl_built_against_the_first_corpus_adds_its_new_stories_alone(
    crawl: Crawl, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    old, new, third = (crawl.out.parent / name for name in ("old", "new", "third"))
    index = crawl.out.parent / "index"
    with Site(routes()) as site:
        crawl.write(f'name = "sahil"\nseeds = ["{site.url}/"]\ndelay = 0\ndrop = [".x7"]')
        crawl.run()
        build(crawl.out, old)
        site.routes |= {"/": front(range(7)), "/news/5": article(5), "/news/6": article(6, story(1))}
        crawl.run()
    run = partial(call, monkeypatch, capsys)
    assert run("index", old, "-o", index)[0] == 0
    code, said = run("build", crawl.out, "--against", index, "-o", new, "-q", "--workers", 1)
    assert (code, said.err) == (0, "")
    assert texts(old) == sorted(story(number).split() for number in range(4))
    assert texts(new) == [story(5).split()]
    assert check_corpus(old) == check_corpus(new) == []
    survivors = {row["survivor"] for row in rows(new, "removed") if row["reason"] != "listing"}
    assert survivors == {row["id"] for row in rows(old, "corpus")}
    assert run("index", new, "-o", index)[0] == 0
    assert build(crawl.out, third, against=str(index)).report.kept == 0
    assert check_corpus(third) == []
