"""The outlets file: one `[[outlet]]` table for each site, read and checked with msgspec.

    [[outlet]]
    name = "sahil"                                  # lower case letters, digits, - and _
    seeds = ["https://www.sahil.example/"]          # at least one of seeds, feeds, sitemaps

Every other key has a default; an unknown key is an error, so that a misspelt one is not silently ignored.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import msgspec

from corpus.errors import UsageError
from corpus.selectors import compile_selector
from crawler.web.urls import PORTS, as_ascii, host_and_port

#: Pages of one outlet in one run when its entry says nothing: a week of a large daily, and the end of a trap.
DEFAULT_BUDGET = 10_000

#: More than an hour between two pages is surely a mistake.
MAX_DELAY = 3600

_SLUG = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_SHARE = re.compile(r"([1-9]\d{0,4})/([1-9]\d{0,4})", re.ASCII)
_LANGUAGE = re.compile(r"|[a-z]{2,3}(-[a-z0-9]{2,8})*")


class Outlet(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One site: where it starts, what belongs to it, how gently to treat it.

    `domains` are `host` (with its subdomains, on the usual ports) or `host:port` (exactly that); without it the
    hosts of the entry points are taken. `delay` is in seconds between two requests to one host
    (default: DOWNLOAD_DELAY); robots.txt may ask for more. `article`, `listing` and `exclude` are regular expressions
    searched in the url. `budget` is in pages a run. `drop` are CSS selectors of what the cleaning removes.
    """

    name: str
    domains: tuple[str, ...] = ()
    seeds: tuple[str, ...] = ()
    feeds: tuple[str, ...] = ()
    sitemaps: tuple[str, ...] = ()
    language: str = ""
    delay: float | None = None
    article: str = ""
    listing: str = ""
    exclude: str = ""
    drop: tuple[str, ...] = ()
    budget: int = DEFAULT_BUDGET
    verified: bool = True

    def entry_points(self) -> list[tuple[str, str]]:
        """Return (kind, url) of each place to start from."""
        kinds = (("seed", self.seeds), ("feed", self.feeds), ("sitemap", self.sitemaps))
        return [(kind, url) for kind, urls in kinds for url in urls]

    def scopes(self) -> frozenset[tuple[str, int]]:
        """Return (host, port) pairs that belong to the outlet; port 0 stands for the usual ports."""
        given = self.domains or tuple(urlsplit(url).netloc for _, url in self.entry_points())
        found = (host_and_port(as_ascii(f"https://{domain}/") or "") for domain in given)
        return frozenset((host, 0 if port in PORTS.values() else port) for host, port in found)


class _OutletsFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    outlet: tuple[Outlet, ...]


def load_outlets(path: Path) -> tuple[Outlet, ...]:
    """Read and check an outlets file.

    Raises:
        UsageError: the file is missing, is not TOML, or an entry cannot be obeyed; the message says what to do.
    """
    try:
        text = path.read_text("utf-8")
    except OSError as fault:
        message = f"{path}: cannot read the outlets file ({fault.strerror}); pass -a outlets=FILE"
        raise UsageError(message) from fault
    except UnicodeDecodeError as fault:
        raise UsageError(f"{path}: not UTF-8 at byte {fault.start}; save it as UTF-8") from fault
    return parse_outlets(text, str(path))


def parse_outlets(text: str, where: str) -> tuple[Outlet, ...]:
    """Check the text of an outlets file; `where` names it in messages."""
    try:
        outlets = msgspec.convert(tomllib.loads(text), _OutletsFile).outlet
    except tomllib.TOMLDecodeError as fault:
        raise UsageError(f"{where}: not valid TOML: {fault}") from fault
    except msgspec.ValidationError as fault:
        known = ", ".join(Outlet.__struct_fields__)
        raise UsageError(f"{where}: {fault}; the keys of an [[outlet]] are: {known}") from fault
    names = [outlet.name for outlet in outlets]
    repeated = sorted({name for name in names if names.count(name) > 1})
    problems = [f"two outlets are called {name!r}; names must differ" for name in repeated]
    for place, outlet in enumerate(outlets, start=1):
        problems += [f"outlet {place} ({outlet.name!r}): {problem}" for problem in _problems(outlet)]
    if not outlets:
        problems.append("no [[outlet]] in it; add one")
    if problems:
        raise UsageError(f"{where}: " + f"\n{where}: ".join(problems))
    return outlets


def _problems(outlet: Outlet) -> Iterable[str]:
    bad = [domain for domain in outlet.domains if "/" in domain or as_ascii(f"https://{domain}/") is None]
    wires = {url: as_ascii(url) for _, url in outlet.entry_points()}
    outside = [] if bad else [url for url, wire in wires.items() if wire and not Scope([outlet]).owners(wire)]
    slug = "`name` must be lower case letters, digits, - and _ (64 at most), because it names files"
    checks = [
        (_SLUG.fullmatch(outlet.name), slug),
        (wires, "give at least one of `seeds`, `feeds`, `sitemaps`"),
        (0 <= (outlet.delay or 0) <= MAX_DELAY, f"`delay` is in seconds, from 0 to {MAX_DELAY}"),
        (outlet.budget >= 1, "`budget` is the number of pages a run may fetch, at least 1"),
        (_LANGUAGE.fullmatch(outlet.language), '`language` is a code such as "ar"'),
    ]
    yield from (message for right, message in checks if not right)
    for name in ("article", "listing", "exclude"):
        try:
            re.compile(getattr(outlet, name))
        except re.error as fault:
            yield f"`{name}` is not a regular expression: {fault}"
    for selector in outlet.drop:
        try:
            compile_selector(selector)
        except ValueError as fault:
            yield f"`drop`: {fault}"
    yield from (f'`domains`: {domain!r} must be "host" or "host:port", without a scheme or a path' for domain in bad)
    yield from (f"{url!r} is not an http or https url" for url, wire in wires.items() if wire is None)
    yield from (f"{url!r} is outside `domains`; add its host there" for url in outside)


class Scope:
    """Find the outlets that a url may belong to: the narrowest domain wins, then the order of the file."""

    def __init__(self, outlets: Sequence[Outlet]) -> None:
        self._owners: dict[tuple[str, int], tuple[Outlet, ...]] = {}
        for outlet in outlets:
            for scope in outlet.scopes():
                self._owners[scope] = (*self._owners.get(scope, ()), outlet)

    def owners(self, url: str) -> tuple[Outlet, ...]:
        """Return the outlets of a url that `as_ascii` made; several where editions share a host."""
        host, port = host_and_port(url)
        scopes = [(host, port)]
        if port in PORTS.values():
            labels = host.split(".")
            scopes += [(".".join(labels[start:]), 0) for start in range(len(labels))]
        return next((self._owners[scope] for scope in scopes if scope in self._owners), ())


class CrawlShare(NamedTuple):
    """The K-th of N parts of a crawl, for N machines: `-a shard=K/N`.

    All hosts of one outlet, and of outlets that share a host, go to the same part: politeness needs one owner of each
    host, and links between the hosts of an outlet must not fall between two parts.
    """

    number: int = 1
    of: int = 1

    @classmethod
    def parse(cls, text: str) -> CrawlShare:
        """Read "K/N".

        Raises:
            UsageError: it is not two whole numbers with 1 <= K <= N.
        """
        match = _SHARE.fullmatch(text)
        if match is None or int(match[1]) > int(match[2]):
            raise UsageError(f"shard={text!r}: give K/N with K from 1 to N, for example shard=1/4")
        return cls(int(match[1]), int(match[2]))

    @property
    def suffix(self) -> str:
        """Return what tells the files of this part from the others', or "" when there is only one."""
        return f"-{self.number}-of-{self.of}" if self.of > 1 else ""

    def outlets(self, outlets: Sequence[Outlet]) -> tuple[Outlet, ...]:
        """Return the outlets that belong to this part, by a hash of their hosts; the same for any order of the file."""
        groups: list[frozenset[tuple[str, int]]] = []
        for outlet in outlets:
            hosts = outlet.scopes()
            joined = [group for group in groups if group & hosts]
            groups = [group for group in groups if not group & hosts] + [hosts.union(*joined)]
        mine: set[tuple[str, int]] = set()
        for group in groups:
            first = min(f"{host}:{port}" for host, port in group)
            if int.from_bytes(hashlib.sha256(first.encode()).digest()[:8], "big") % self.of + 1 == self.number:
                mine |= group
        return tuple(outlet for outlet in outlets if outlet.scopes() <= mine)
