"""The report page, as text and in a real browser."""

import shutil
import subprocess

import pytest

from corpus.records import Document, Source, drop, fail
from corpus.run.report import Report
from ghirbal.report_page import render_report

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), None)
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]


@pytest.fixture
def row():
    report = Report(read=1203)
    for number in range(1200):
        report.count_kept(Document(str(number), Source("a"), "نص", outlet="سهيل", language="ar"))
    source = {"path": "<b>x</b>.gz", "record": 7, "offset": 9}
    address = {"source": source, "reason": "truncated-input", "message": "cut"}
    report.count_removed(fail("truncated-input", "cut"), address, "")
    report.count_removed(drop("near-duplicate"), address | {"reason": "near-duplicate"}, "منبر")
    report.count_removed(drop("near-duplicate"), address | {"reason": "near-duplicate"}, "منبر")
    report.balance()
    return {"command": "build", "format": "jsonl.zst"} | report.to_row()


def test_the_page_shows_the_counts_and_trusts_no_name(row):
    page = render_report(row)
    assert "<b>1,200</b>kept" in page
    assert "&lt;b&gt;x&lt;/b&gt;.gz" in page
    assert "<b>x</b>" not in page
    assert "http" not in page.replace("https://", "http://").split("</style>")[1]


def test_the_page_shows_what_turns_or_hides_text_as_escapes(row):
    row["failures"][0] |= {"path": "a\x1b[31m\u202egpj.exe", "message": "\u2067x", "reason": "r\x07"}
    row["outlets"] = {"o\u200fut": 3}
    page = render_report(row)
    assert "a\\x1b[31m\\u202egpj.exe" in page
    assert "\\u2067x" in page
    assert "o\\u200fut" in page
    assert not set("\x1b\x07\u202e\u2067\u200f") & set(page)


@pytest.mark.skipif(BROWSER is None, reason="no Chromium is installed to look at the report page with")
def test_a_browser_shows_it(row, tmp_path):
    (tmp_path / "report.html").write_text(render_report(row), "utf-8")
    profile = f"--user-data-dir={tmp_path / 'profile'}"
    call = [BROWSER, *FLAGS, profile, "--dump-dom", (tmp_path / "report.html").as_uri()]
    done = subprocess.run(call, capture_output=True, text=True, timeout=60, check=True)
    assert '<div class="card" id="kept"><b>1,200</b>kept</div>' in done.stdout
    assert '<table id="failures"><tbody>' in done.stdout
    shot = tmp_path / "report.png"
    subprocess.run([*call[:-2], f"--screenshot={shot}", call[-1]], capture_output=True, timeout=60, check=True)
    assert shot.stat().st_size > 10_000
