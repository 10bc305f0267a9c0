"""What the summary of a document says about it."""

from dedup.store.summary import moment


def test_the_earliest_is_told_whatever_form_a_date_has():
    dates = ["1 مرداد 1394", "2015-07-21T10:00:00+03:00", "July 21, 2015", "Mon, 20 Jul 2015 23:00:00 GMT", "26/4/98"]
    assert sorted(dates, key=moment) == [
        "26/4/98", "Mon, 20 Jul 2015 23:00:00 GMT", "July 21, 2015", "2015-07-21T10:00:00+03:00", "1 مرداد 1394",
    ]  # fmt: skip
    assert moment("July 21, 2015") == moment("2015-07-21") == moment("2015-07-21T00:00:00Z")


def test_what_is_no_date_comes_last():
    assert moment("soon") == moment("") == moment("2024-13-45") > moment("2099-12-31")
