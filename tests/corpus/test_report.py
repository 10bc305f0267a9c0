import pytest

from corpus.errors import CorpusError
from corpus.records import Document, Source, drop, fail
from corpus.run.report import MAX_LISTED, Report, report_from


def address(reason="bad-json"):
    return {"source": {"path": "a.jsonl", "record": 3, "offset": 99}, "reason": reason, "message": "why"}


def test_counts_add_up_and_survive_json():
    report = Report(read=3)
    report.count_kept(Document("1", Source("a"), "نص", outlet="o", language="ar", trace={"rules": {"tags": 2}}))
    report.count_removed(drop("too-short"), address("too-short"), "o")
    report.count_removed(fail("bad-json", "why"), address(), "")
    report.balance()
    assert report_from(report.to_row()) == report
    assert report.to_row()["rules"] == {"tags": 2}
    assert report.failures == [{"path": "a.jsonl", "record": 3, "offset": 99, "reason": "bad-json", "message": "why"}]


def test_a_lost_record_is_never_published():
    with pytest.raises(CorpusError, match="read 2 records, but kept 0, dropped 1, failed 0"):
        Report(read=2, dropped=1).balance()


def test_merging_adds_and_bounds_the_listing():
    one, other = Report(read=2, kept=2), Report(read=1, failed=1)
    other.failures = [{}] * MAX_LISTED
    one.failures = [{"path": "first"}]
    one.merge(other)
    assert (one.read, one.kept, one.failed) == (3, 2, 1)
    assert len(one.failures) == MAX_LISTED
    assert one.failures[0] == {"path": "first"}
