"""The report page, as text and in a real browser."""

import base64
import hashlib
import os
import pickle
import re
import shutil
import subprocess

import orjson
import pytest

from cleaning.article.repeated import _RULES as FURNITURE
from cleaning.filters import RULES as FILTERS
from cleaning.lines.lexicon import default_lexicon
from corpus.records import Copy, Document, Source, drop, fail
from corpus.run import draw
from corpus.run.report import Report
from dedup.decide.decisions import REASONS as DUPLICATES
from ghirbal.glossary import REASONS, RULES
from ghirbal.published import RemovedRecord
from ghirbal.report_page import render_report
from ghirbal.survey import MOST_PAIRS, Survey, find_alerts
from tests.conftest import ROOT
from tests.ghirbal.builds import build, rare_words, report, story

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


TITLE = "ريح قوية في الميناء"


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    """A corpus of two outlets, one of which has each story a day later, in other words here and there."""
    folder = tmp_path_factory.mktemp("report")
    (folder / "dumps").mkdir()
    rows = []
    for number in range(6):
        text = f"{story(number)}\n{rare_words(number)}"
        first = {"id": f"s{number}", "outlet": "sahil", "published": f"2024-05-0{number + 1}"}
        dressed = {"title": f"{TITLE} {number}", "text": f"{text}\nتابعوا نشرة <الساحل> كل مساء\n"}
        rows.append(first | dressed)
        if number % 2:
            later = {"id": f"w{number}", "outlet": "wadi", "published": f"2024-05-0{number + 2}"}
            rows.append(later | {"text": text.replace("\n", " وأضاف المصدر.\n", number)})
    rows.append({"id": "x", "outlet": "wadi", "text": "قصير"})
    lines = b"".join(orjson.dumps(row) + b"\n" for row in rows)
    (folder / "dumps" / "a.jsonl").write_bytes(lines + b"{\n")
    build(folder / "dumps", folder / "out")
    return folder / "out"


def test_the_report_says_who_copies_whom_and_what_to_look_at(out):
    row = report(out)
    counts = {one["outlet"]: (one["kept"], one["removed"]) for one in row["by_outlet"]}
    assert counts == {"sahil": (5, 1), "wadi": (1, 3), "": (0, 1)}
    assert row["copied"] == [{"first": "sahil", "later": "wadi", "stories": 3, "median_hours": 24.0}]
    assert row["removed_by_stage"] == {"dedup": 3, "filter": 1, "read": 1}
    assert [len(one["members"]) for one in row["clusters"]] == [1, 1, 1]
    assert row["alerts"] == ["1 records could not be read: bad-json 1"]
    assert row["empty_fields"]["url"] == row["kept"] == 6
    assert sum(times for _, times in row["lengths"]) == sum(times for _, times in row["days"]) == 6
    assert row["furniture"]["sahil"][0]["example"] == "تابعوا نشرة <الساحل> كل مساء"


def test_the_page_shows_what_the_json_holds(out):
    assert render_report(report(out)) == (out / "report.html").read_text("utf-8")


def test_samples_are_texts_as_they_came_with_what_went(out):
    samples = report(out)["samples"]
    assert [sample["lot"] for sample in samples] == sorted(sample["lot"] for sample in samples)
    assert {sample["outlet"] for sample in samples} == {"sahil"}
    for sample in samples:
        ((start, end, rule, evidence),) = sample["spans"]
        assert (sample["text"][start:end].strip(), rule) == ("تابعوا نشرة <الساحل> كل مساء", "furniture")
        assert evidence == "closes 6 stories of sahil that have nothing else in common"
        assert sample["title"].startswith(TITLE)


def test_the_page_fetches_nothing_and_allows_only_its_own_script(out):
    page = (out / "report.html").read_text("utf-8")
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]+)"', page)[1]
    assert policy.startswith("default-src 'none'; base-uri 'none'; form-action 'none'; style-src 'sha256-")
    for kind in ("style", "script"):
        (source,) = re.findall(rf"<{kind}>(.*?)</{kind}>", page, re.S)
        digest = base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in policy
    assert not re.search(r"""\b(?:src|href|style|on\w+)=["']""", page)
    assert "تابعوا نشرة &lt;الساحل&gt; كل مساء" in page


def test_samples_of_parts_are_those_of_the_whole():
    def sample(number):
        lot = hashlib.blake2b(str(number).encode(), digest_size=8).hexdigest()
        return {"lot": lot, "id": str(number), "rules": ["rare"] if number % 50 == 0 else ["common"]}

    samples = [sample(number) for number in range(300)]
    whole = list(samples)
    draw(whole, 10)
    parts = []
    for at in range(0, 300, 70):
        part = samples[at : at + 70]
        draw(part, 10)
        parts += part
    draw(parts, 10)
    assert parts == whole
    assert [one["rules"] for one in whole].count(["rare"]) == 2
    assert 10 <= len(whole) <= 12


def test_alerts_name_the_outlet_the_field_and_the_language():
    base = {"read": 90, "kept": 50, "failed": 0, "failures": []}
    outlet = {"outlet": "sahil", "kept": 9, "removed": 21, "chrome": 0.51, "doubtful": 0}
    doubtful = {"outlet": "", "kept": 20, "removed": 0, "chrome": 0.5, "doubtful": 11}
    few = {"outlet": "wadi", "kept": 0, "removed": 19, "chrome": 0.9, "doubtful": 0}
    languages = {"fr": {"removed": 20}, "en": {"removed": 20, "kept": 1}, "": {"removed": 30}}
    empty = {"title": 26, "url": 25}
    row = {"by_outlet": [outlet, doubtful, few], "empty_fields": empty, "by_language": languages}
    assert find_alerts(base | row) == [
        "sahil: 21 of 30 records were removed",
        "sahil: 51% of its text was removed as chrome",
        "(no outlet named): the main text of 11 of 20 pages is in doubt",
        "title is empty in 26 of 50 documents",
        "every document of language fr was removed: 20",
    ]
    assert find_alerts(base | {"kept": 0}) == ["nothing was kept: see the reasons below"]


def test_every_rule_and_reason_is_in_the_glossary():
    rules = {phrase.rule for phrase in default_lexicon().phrases} | {"furniture", "share", "nav"}
    rules |= set(FURNITURE.values())
    calls = r"""\b(?:remove|remove_all|remove_phrase|Span)\([^"\n]*, "([a-z-]+)", """
    for path in (ROOT / "cleaning").rglob("*.py"):
        rules |= set(re.findall(calls, path.read_text("utf-8")))
    assert len(rules) > 25
    assert rules <= RULES.keys()
    assert {*FILTERS, *(reason for reason in DUPLICATES if reason)} <= REASONS.keys()


def chromium(tmp_path, page, *flags):
    profile = f"--user-data-dir={tmp_path / 'profile'}"
    call = [BROWSER, *FLAGS, "--enable-logging=stderr", "--hide-scrollbars", profile, *flags, page]
    return subprocess.run(call, capture_output=True, text=True, timeout=120, check=True)


@pytest.mark.skipif(BROWSER is None, reason="no Chromium is installed to look at the report page with")
def test_a_browser_shows_it_and_filters(out, tmp_path):
    page = (out / "report.html").as_uri()
    done = chromium(tmp_path, f"{page}#rule=furniture", "--dump-dom")
    assert "CONSOLE" not in done.stderr
    assert '<div class="card" id="kept"><b>6</b>kept</div>' in done.stdout
    assert '<table id="failures"><tbody>' in done.stdout
    assert done.stdout.count("<article") == 6
    assert 'hidden=""' not in done.stdout
    done = chromium(tmp_path, f"{page}#outlet=wadi", "--dump-dom")
    assert done.stdout.count('hidden=""') == 6


@pytest.mark.slow
@pytest.mark.skipif(BROWSER is None, reason="no Chromium is installed to look at the report page with")
@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pictures_of_both_widths_and_schemes(out, tmp_path, width, scheme):
    shot = tmp_path / f"report-{width}-{scheme}.png"
    dark = ["--force-dark-mode"] if scheme == "dark" else []
    flags = [f"--window-size={width},2000", f"--screenshot={shot}", *dark]
    done = chromium(tmp_path, (out / "report.html").as_uri(), *flags)
    assert "CONSOLE" not in done.stderr
    assert shot.stat().st_size > 20_000
    if folder := os.environ.get("GHIRBAL_ARTEFACTS"):
        shutil.copy(shot, folder)


def test_survivors_of_the_least_certain_copies_are_known_from_the_pass_over_the_documents():
    survey, source = Survey(), Source("a")
    scores = [0.6 + at / 100 for at in range(MOST_PAIRS + 5)]
    documents = {
        f"k{at}": Document(f"k{at}", source, "نص", also_in=(Copy(f"r{at}", relation="near", score=score),))
        for at, score in enumerate(scores)
    }
    for document in documents.values():
        survey.observe(document)
    for at, score in enumerate(scores):
        detail = {"survivor": f"k{at}", "relation": "near", "score": score}
        survey.observe(RemovedRecord(source=source, reason="near-duplicate", stage="dedup", id=f"r{at}", **detail))
    assert survey.survivors == {f"k{at}": documents[f"k{at}"] for at in range(MOST_PAIRS)}
    # One that no document remembers has to be looked up.
    detail = {"survivor": "old", "relation": "near", "score": 0.1}
    survey.observe(RemovedRecord(source=source, reason="near-duplicate", stage="dedup", id="r", **detail))
    assert survey.survivors["old"] is None


def test_what_is_surveyed_by_file_is_what_is_surveyed_at_once():
    source, rows = Source("a"), []
    for at in range(60):
        dates = [f"2024-05-0{1 + (at + more) % 9}" for more in (0, 3)]
        copies = (Copy(f"r{at}", f"o{at % 4}", "", dates[0], "near", at % 3 / 10),) * (at % 4)
        about = {"outlet": f"o{at % 5}", "language": "ar" if at % 2 else "", "published": dates[1] if at % 7 else ""}
        rows.append(Document(f"k{at % 50}", source, "نص" * at, also_in=copies, **about))
        removed = {"reason": "x", "stage": f"s{at % 2}", "survivor": f"k{at}", "relation": "near", "score": at % 3 / 10}
        rows.append(RemovedRecord(source=source, id=f"r{at % 30}", **about, **removed))
    rows.sort(key=lambda row: isinstance(row, RemovedRecord))
    whole, joined = Survey(), Survey()
    for start in range(0, len(rows), 17):
        part = Survey()
        for row in rows[start : start + 17]:
            whole.observe(row)
            part.observe(row)
        joined.add(pickle.loads(pickle.dumps(part)))
    documents = {row.id: row for row in rows[:60]}
    for told in (lambda one: one.rows({}, {}), lambda one: one.survivors, lambda one: one.pairs(documents)):
        assert told(joined) == told(whole)
