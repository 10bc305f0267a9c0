import orjson
import pytest

from corpus.errors import CorpusError
from corpus.files import decode_json
from corpus.records import Document, Source, drop, fail
from corpus.run.report import MAX_LISTED, Report


def address(reason="bad-json"):
    return {"source": {"path": "a.jsonl", "record": 3, "offset": 99}, "reason": reason, "message": "why"}


def test_counts_add_up_and_survive_json():
    report = Report(read=3)
    report.count_kept(Document("1", Source("a"), "نص", outlet="o", language="ar", trace={"rules": {"tags": 2}}))
    report.count_removed(drop("too-short"), address("too-short"), "o")
    report.count_removed(fail("bad-json", "why"), address(), "")
    report.balance()
    assert decode_json(orjson.dumps(report.to_row()), Report) == report
    assert report.to_row()["rules"] == {"tags": 2}
    row = {"path": "a.jsonl", "record": 3, "offset": 99, "reason": "bad-json", "message": "why", "count": 1}
    assert report.failures == [row]


def test_a_lost_record_is_never_published():
    with pytest.raises(CorpusError, match="read 2 records, but kept 0, dropped 1, failed 0"):
        Report(read=2, dropped=1).balance()


def failed(path, count=1, reason="bad-json", record=0):
    return {"path": path, "record": record, "offset": 0, "reason": reason, "message": "why", "count": count}


def test_failures_are_told_by_file_and_reason_the_largest_first():
    one, other = Report(read=2, kept=2), Report(read=6, failed=6)
    one.failures = [failed("a"), failed("b", 2)]
    other.failures = [failed("b", 3, record=9), failed("b", 4, "bad-row"), failed("c")]
    one.merge(other)
    assert (one.read, one.kept, one.failed) == (8, 2, 6)
    assert one.failures == [failed("b", 5), failed("b", 4, "bad-row"), failed("a"), failed("c")]


def test_the_listing_is_bounded():
    one, other = Report(), Report()
    other.failures = [failed(str(number)) for number in range(MAX_LISTED + 9)]
    one.merge(other)
    assert len(one.failures) == MAX_LISTED
