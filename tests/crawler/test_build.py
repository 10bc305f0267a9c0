"""A crawl is an input like any other dump: its stories, and nothing that only leads to them."""

from __future__ import annotations

from corpus.task import read_rows
from tests.crawler.conftest import Crawl
from tests.crawler.site import Answer, Route, Site
from tests.pipeline.builds import build, rows, story

HEAD = '<meta property="og:type" content="article"><script>var a = 1;</script>'


def article(number: int, text: str = "") -> Answer:
    """Return a page with a story in it, and the chrome that a site puts around one."""
    paragraphs = "".join(f"<p>{line}</p>" for line in (text or story(number)).split("\n"))
    nav = "".join(f'<li><a href="/section/{name}">{name}</a></li>' for name in ("محليات", "رياضة", "ثقافة"))
    head = f"<title>عنوان الخبر {number}</title>{HEAD}"
    box = '<div class="x7"><p>نتابع في هذه الصفحة كل يوم آخر ما يصلنا من مراسلينا في المدن والقرى البعيدة.</p></div>'
    main = f"<article><h1>عنوان الخبر {number}</h1>{paragraphs}{box}</article><footer>جميع الحقوق محفوظة</footer>"
    html = f'<!doctype html><html lang="ar"><head>{head}</head><body><nav><ul>{nav}</ul></nav>{main}</body></html>'
    return Answer(html.encode())


def routes() -> dict[str, Route]:
    """Return a front page and five stories, the last of which is a copy of the first."""
    links = "".join(f'<li><a href="/news/{number}">خبر {number} من أخبار اليوم</a></li>' for number in range(5))
    front = f"<!doctype html><html><head><title>الرئيسية</title></head><body><ul>{links}</ul></body></html>"
    pages: dict[str, Route] = {f"/news/{number}": article(number) for number in range(4)}
    return pages | {"/": Answer(front.encode()), "/news/4": article(4, story(0))}


def test_crawl_then_build(crawl: Crawl) -> None:
    with Site(routes()) as site:
        crawl.write(f'name = "sahil"\nseeds = ["{site.url}/"]\ndelay = 0\ndrop = [".x7"]')
        crawl.run()
    finished = build(crawl.out, crawl.out.parent / "corpus")
    assert finished.exit_code == 0
    kept = rows(finished.out, "corpus")
    assert {row["outlet"] for row in kept} == {"sahil"}
    assert sorted(row["text"].split() for row in kept) == sorted(story(number).split() for number in range(4))
    assert finished.report.reasons == {"listing": 1, "exact-duplicate": 1}


def test_live(crawl: Crawl) -> None:
    with Site(routes()) as site:
        crawl.write(f'name = "sahil"\nseeds = ["{site.url}/"]\ndelay = 0\ndrop = [".x7"]')
        crawl.run("-s", "GHIRBAL_LIVE=1", "-s", "GHIRBAL_LIVE_WORKERS=1")
    parts = sorted((crawl.out / "live" / "corpus").glob("part-*"))
    kept = [row for part in parts for row in read_rows(part)]
    assert sorted(row["text"].split() for row in kept) == sorted(story(number).split() for number in range(4))
    assert {row["outlet"] for row in kept} == {"sahil"}
    live = crawl.report()["outlets"]["sahil"]["live"]
    assert (live["kept"], live["exact-duplicate"]) == (4, 1)
