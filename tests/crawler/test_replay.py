"""Real outlets, served again from the pages that were kept of them: nothing is lost on the way to a corpus."""

from __future__ import annotations

import gzip
from contextlib import ExitStack
from pathlib import Path

import orjson
import pytest

from cleaning.pages import Extract
from corpus.records import Page, Source
from tests.conftest import SHARED
from tests.corpus.reading import read
from tests.crawler.conftest import Crawl
from tests.crawler.site import Answer, Site, page

KEPT = SHARED / "v2" / "outlets"


def outlets() -> dict[str, dict[str, bytes]]:
    """Return the pages of each outlet, by an address made up for each."""
    found: dict[str, dict[str, bytes]] = {}
    for line in gzip.decompress((KEPT / "gold.jsonl.gz").read_bytes()).splitlines():
        about = orjson.loads(line)
        path = f"/news/{Path(about['file']).name.partition('.')[0]}"
        body = gzip.decompress((KEPT / "pages" / about["file"]).read_bytes())
        found.setdefault(about["outlet"], {})[path] = body
    return found


def serve(site: Site, pages: dict[str, bytes], linked: bool) -> None:
    """Link all pages; or name a third of them in a feed, a third in a sitemap, and link the others."""
    paths = list(pages)
    links, listed, mapped = (paths, [], []) if linked else (paths[::3], paths[1::3], paths[2::3])
    site.routes |= {path: Answer(body, kind="text/html") for path, body in pages.items()}
    items = "".join(f"<item><title>x</title><link>{site.url}{path}</link></item>" for path in listed)
    urls = "".join(f"<url><loc>{site.url}{path}</loc></url>" for path in mapped)
    site.routes["/front"] = page(0, links)
    site.routes["/feed"] = Answer(f"<rss version='2.0'><channel>{items}</channel></rss>".encode(), kind="text/xml")
    site.routes["/map.xml"] = Answer(f"<urlset>{urls}</urlset>".encode(), kind="application/octet-stream")
    site.routes["/robots.txt"] = Answer(f"Sitemap: {site.url}/map.xml\n".encode(), kind="text/plain")


def extracted(record: Page) -> str:
    document = Extract().apply(record).record
    return document.text if document is not None else ""  # type: ignore[union-attr]


@pytest.mark.slow
@pytest.mark.skipif(not KEPT.is_dir(), reason="the labelled data is not here (set GHIRBAL_DATA to its folder)")
def test_every_page_of_an_outlet_comes_through_as_it_is(crawl: Crawl) -> None:
    pages = outlets()
    with ExitStack() as served:
        sites = {name: served.enter_context(Site()) for name in pages}
        for place, (name, site) in enumerate(sites.items()):
            serve(site, pages[name], linked=place % 2 == 0)
        crawl.write(*(
            f'name = "o{place}"\nseeds = ["{site.url}/front"]\nfeeds = ["{site.url}/feed"]\ndelay = 0\nbudget = 400'
            for place, site in enumerate(sites.values())
        ))  # fmt: skip
        crawl.run()
    (warc,) = crawl.files()
    records = read(crawl.out, "crawl.warc.gz", warc.read_bytes())
    came = {one.url: one for one in records if isinstance(one, Page)}
    for name, site in sites.items():
        lost = [path for path in pages[name] if f"{site.url}{path}" not in came]
        assert lost == [], name
        for path, body in pages[name].items():
            url = f"{site.url}{path}"
            alone = Page("1", Source("a.html"), body, url, headers=(("content-type", "text/html"),))
            assert extracted(came[url]) == extracted(alone), url
