"""The outlets file: what is accepted, and how clearly the rest is refused; who owns which host."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from scrapy.settings import Settings

from corpus.errors import UsageError
from crawler.outlets import CrawlShare, Outlet, Scope, load_outlets, parse_outlets
from crawler.session import Session, read_arguments

GOOD = '[[outlet]]\nname = "sahil"\nseeds = ["https://www.sahil.example/"]\n'


def test_a_name_and_one_entry_point_are_enough() -> None:
    (outlet,) = parse_outlets(GOOD, "o.toml")
    assert outlet.scopes() == {("sahil.example", 0)}
    assert outlet.delay is None
    assert outlet.budget == 10_000


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "missing required field `outlet`"),
        ("outlet = []", "no [[outlet]] in it; add one"),
        ("[[outlet]", "not valid TOML"),
        ("[[outlet]]\nseeds = ['https://e.com/']", "missing required field `name`"),
        (GOOD + 'sed = ["x"]', "unknown field `sed` - at `$.outlet[0]`; the keys of an [[outlet]] are: name, domains"),
        (GOOD + 'delay = "slow"', "Expected `float | null`, got `str` - at `$.outlet[0].delay`"),
        (GOOD + "delay = -1", "`delay` is in seconds, from 0 to 3600"),
        (GOOD + "budget = 0", "`budget` is the number of pages"),
        (GOOD + 'article = "["', "`article` is not a regular expression"),
        (GOOD + 'drop = [".ok", "div["]', "outlet 1 ('sahil'): `drop`: 'div[' is no CSS selector: "),
        (GOOD + 'drop = [""]', "outlet 1 ('sahil'): `drop`: '' is no CSS selector: "),
        (GOOD + 'drop = ["p::before"]', "`drop`: 'p::before' is no CSS selector: "),
        (GOOD + 'drop = ["svg|path"]', "`drop`: 'svg|path' is no CSS selector: "),
        (GOOD + 'language = "Arabic"', '`language` is a code such as "ar"'),
        (GOOD + 'domains = ["https://sahil.example"]', 'must be "host" or "host:port"'),
        (GOOD + 'domains = ["other.example"]', "is outside `domains`; add its host there"),
        (GOOD + 'feeds = ["ftp://sahil.example/"]', "is not an http or https url"),
        (GOOD + GOOD, "two outlets are called 'sahil'"),
        ('[[outlet]]\nname = "a"', "outlet 1 ('a'): give at least one of `seeds`, `feeds`, `sitemaps`"),
        ('[[outlet]]\nname = "../etc"\nseeds = ["https://e.com/"]', "because it names files"),
    ],
)
def test_what_is_wrong_is_said(text: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_outlets(text, "o.toml")
    assert message in str(caught.value)
    assert str(caught.value).startswith("o.toml: ")


def test_all_problems_are_told_at_once() -> None:
    with pytest.raises(UsageError) as caught:
        parse_outlets('[[outlet]]\nname = "A"\nbudget = 0\n', "o.toml")
    assert str(caught.value).count("o.toml: outlet 1") == 3


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot read the outlets file"):
        load_outlets(tmp_path / "none.toml")
    (tmp_path / "bad.toml").write_bytes(b"name = '\xff'")
    with pytest.raises(UsageError, match="not UTF-8 at byte 8"):
        load_outlets(tmp_path / "bad.toml")


def test_the_ready_entries_are_valid_and_say_that_they_are_unverified() -> None:
    outlets = load_outlets(Path(__file__).parents[2] / "crawler" / "outlets.toml")
    assert len(outlets) >= 12
    assert not any(outlet.verified for outlet in outlets)
    assert {outlet.language for outlet in outlets} == {"ar"}


def _outlet(name: str, *domains: str) -> Outlet:
    return Outlet(name, domains, seeds=(f"https://{domains[0]}/",))


def test_the_narrowest_domain_owns_a_host() -> None:
    scope = Scope([_outlet("a", "e.com"), _outlet("b", "sport.e.com"), _outlet("c", "مثال.com", "127.0.0.1:8000")])
    owners = {
        "https://e.com/": "a", "https://www.e.com/x": "a", "https://x.y.e.com/": "a", "https://live.sport.e.com/": "b",
        "https://xn--mgbh0fb.com/": "c", "http://127.0.0.1:8000/": "c", "http://127.0.0.1:8001/": None,
        "https://e.com:8443/": None, "https://note.com/": None, "https://com/": None,
    }  # fmt: skip
    for url, name in owners.items():
        assert [owner.name for owner in scope.owners(url)] == ([name] if name else []), url


def test_editions_may_share_a_host() -> None:
    scope = Scope([_outlet("ar", "e.com"), _outlet("fa", "e.com"), _outlet("sport", "sport.e.com")])
    assert [outlet.name for outlet in scope.owners("https://www.e.com/x")] == ["ar", "fa"]
    assert [outlet.name for outlet in scope.owners("https://sport.e.com/x")] == ["sport"]


def test_every_outlet_belongs_to_one_shard_whatever_the_order() -> None:
    outlets = [_outlet(f"o{n}", f"o{n}.example") for n in range(60)]
    outlets += [_outlet("p", "p.example", "shared.example"), _outlet("q", "q.example", "shared.example")]
    shares = [CrawlShare(k, 4).outlets(outlets) for k in range(1, 5)]
    assert sorted(outlet.name for share in shares for outlet in share) == sorted(outlet.name for outlet in outlets)
    assert min(len(share) for share in shares) >= 8
    shuffled = random.Random(1).sample(outlets, len(outlets))
    for k, share in enumerate(shares, start=1):
        assert set(CrawlShare(k, 4).outlets(shuffled)) == set(share)
        assert {outlet.name in {"p", "q"} for outlet in share if outlet.name in {"p", "q"}} <= {True}
    together = [{"p", "q"} <= {outlet.name for outlet in share} for share in shares]
    assert together.count(True) == 1


@pytest.mark.parametrize("text", ["0/2", "3/2", "1", "a/b", "1/2/3", "-1/2", "1/0", "١/٢", "1/2\n"])
def test_a_shard_that_cannot_be_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="give K/N with K from 1 to N"):
        CrawlShare.parse(text)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"outlet": "x"}, "unknown field `outlet`; the arguments are: outlets, since"),
        ({"since": "yesterday"}, "give a date such as"),
        ({"since": "20261101"}, "give a date such as"),
        ({"recrawl": "some"}, "give due, all or none"),
    ],
)
def test_arguments_that_cannot_be_obeyed_are_refused(given: dict[str, str], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_arguments(given)
    assert message in str(caught.value)


@pytest.mark.parametrize("name", ["DOWNLOAD_DELAY", "GHIRBAL_RETRY_SECONDS", "GHIRBAL_WARC_BYTES"])
def test_a_setting_that_is_no_number_is_refused_before_anything_is_written(tmp_path: Path, name: str) -> None:
    (tmp_path / "outlets.toml").write_text('[[outlet]]\nname = "a"\nseeds = ["https://a.example/"]\n')
    settings = Settings({"GHIRBAL_OUT": str(tmp_path / "crawl"), name: "soon"})
    with pytest.raises(UsageError, match=f"-s {name}=soon: no number"):
        Session(read_arguments({"outlets": str(tmp_path / "outlets.toml")}), settings)
    assert not (tmp_path / "crawl").exists()
