"""An outlet that is empty without JavaScript, rendered by a real headless browser."""

from __future__ import annotations

import importlib.util
import shutil

import pytest

from tests.crawler.conftest import Crawl
from tests.crawler.site import Answer, Site, page

PLUGIN = importlib.util.find_spec("scrapy_playwright")
BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), "")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not BROWSER, reason="no browser (chromium) is installed"),
    pytest.mark.skipif(PLUGIN is None, reason="extra `javascript` is not installed"),
]

SHELL = b"""<!doctype html><html><head><title>shell</title></head><body><div id="app"></div><script>
fetch("/api/stories.json").then(r => r.json()).then(stories => {
  document.getElementById("app").innerHTML = stories.map(s => `<a href="${s.url}">${s.title}</a>`).join("");
});
new Image().src = "/beacon.png";
fetch("http://127.0.0.3:1/secret").catch(() => 0);
</script></body></html>"""


def test_a_rendered_page_gives_links_and_is_archived_as_rendered(crawl: Crawl) -> None:
    stories = b'[{"url": "/story/one", "title": "\xd8\xa3"}, {"url": "/hidden/two", "title": "b"}]'
    with Site({"/": Answer(SHELL, validators=False)}) as site:
        site.routes["/api/stories.json"] = Answer(stories, kind="application/json")
        site.routes["/story/one"] = page(1)
        site.routes["/hidden/two"] = page(2)
        site.routes["/robots.txt"] = Answer(b"User-agent: *\nDisallow: /hidden/\n", kind="text/plain")
        crawl.write(f'name = "js"\nseeds = ["{site.url}/"]\ndelay = 0\njavascript = true')
        crawl.run("-s", f"GHIRBAL_BROWSER={BROWSER}", private="127.0.0.1")
        asked = site.asked()
    assert sorted(crawl.archived()) == [f"{site.url}/", f"{site.url}/story/one"]
    assert asked["/api/stories.json"] >= 1
    assert asked["/beacon.png"] == 0
    assert asked["/hidden/two"] == 0
    headers, body = crawl.responses()[f"{site.url}/"]
    assert b'<a href="/story/one">\xd8\xa3</a>' in body
    assert '"rendered":"yes"' in headers["WARC-JSON-Metadata"]
