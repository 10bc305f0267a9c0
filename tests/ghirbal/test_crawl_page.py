"""The report page of a crawl."""

import subprocess

import pytest

from ghirbal.report_page import render_crawl
from tests.ghirbal.test_report_page import BROWSER, chromium

COUNTS = {"discovered": 9, "fetched": 3, "unchanged": 1, "articles": 0, "bytes": 900, "lists": 1, "waiting": 4}


def outlet(**more):
    reasons = {"refused": {"robots": 2}, "failed": {"http-404": 1}, "postponed": {}, "passed": {}}
    return COUNTS | reasons | {"statuses": {"200": 3, "404": 1}, "samples": []} | more


@pytest.fixture
def report():
    story = {"url": "https://e.com/<b>", "title": "خبر \u202egpj"}
    rule = {"trap": {"links": 7, "examples": ["https://e.com/a/a/a"]}}
    return {
        "run": {"finished": "finished", "folder": "crawl"},
        "outlets": {"sahil": outlet(), "wadi": outlet(articles=3, samples=[story]) | {"not-followed": rule}},
        "total": COUNTS | {"articles": 3, "refused": 4, "failed": 2},
        "silent": {"nabd": {"http-403": 1}},
        "hours": [("2026-11-26T03", 2), ("2026-11-26T04", 1)],
        "archives": [{"name": "a.warc.gz", "state": "published", "bytes": 12345}],
    }


def test_the_page_says_what_came_and_what_to_do_next(report):
    page = render_crawl(report)
    assert '<div class="card" id="fetched"><b>3</b>fetched</div>' in page
    assert '<li dir="auto">nabd gave nothing: http-403</li>' in page
    assert "sahil: 3 pages, none of them an article" in page
    assert "<code>ghirbal build crawl -o corpus</code>" in page
    assert '<td dir="auto">refused: robots</td><td class="n">4</td>' in page
    assert "<td>200: 3, 404: 1</td>" in page
    assert '<td dir="auto">wadi</td><td>trap</td><td class="n">7</td><td><bdi>https://e.com/a/a/a</bdi></td>' in page
    assert "<title>2026-11-26T03: 2</title>" in page
    assert "https://e.com/&lt;b&gt;" in page
    assert "\u202e" not in page


@pytest.mark.parametrize(
    ("finished", "said"), [("", "is at work, or was killed"), ("shutdown", "was stopped (shutdown)")]
)
def test_a_crawl_that_is_not_done_is_to_go_on(report, finished, said):
    report["run"]["finished"] = finished
    assert said in render_crawl(report)


@pytest.mark.skipif(BROWSER is None, reason="no Chromium is installed to look at the report page with")
def test_a_browser_shows_it(report, tmp_path):
    (tmp_path / "report.html").write_text(render_crawl(report), "utf-8")
    done: subprocess.CompletedProcess[str] = chromium(tmp_path, (tmp_path / "report.html").as_uri(), "--dump-dom")
    assert "CONSOLE" not in done.stderr
    assert '<table id="outlets"><tbody>' in done.stdout
