"""Notice that a site shows the same again: one page under many addresses, and pages without end that hold nothing.

Session ids, random numbers and times of the day make an address new and its page not: a parameter is known for noise
when two pages, each met under two of its values or without it, held the same text and the same links. And every address
that no list and no front page names is on an account: that of its first folder, or of its finder, if that held no new
text. On an account pages that hold nothing new cost, and texts pay: one that is overdrawn is served last, and then no
more.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

from crawler.state.rows import Row
from crawler.web.pages import Reading

#: Pages without anything new that an account may cost before it has brought a text, and that each of its texts pays
#: for. A trap that runs on two accounts stays within twenty requests.
FREE, WORTH = 10, 1
#: Different texts that must have been met under several values of a parameter, and the share of links that must agree.
PROOFS, SAME_LINKS = 2, 0.8
#: Share of words that two short pages one after the other have in common where they hold the same but for a name or a
#: date. Of 998 pairs of real pages of one outlet, short and long, eleven share so much.
ALIKE = 0.8
#: Letters of a page beside its links that may be a story in short lines.
MIN_PROSE = 200
#: Texts that are remembered; pages whose links are (10 kB each); accounts whose last words are (3 kB).
REMEMBERED, KEPT_LINKS, KEPT_WORDS = 200_000, 5_000, 20_000


class Repeats:
    """What the pages of a crawl repeat, by host and account."""

    def __init__(self, worth: Mapping[str, int]) -> None:
        """Take what earlier runs know: how many texts each account has brought."""
        self._worth, self._barren = Counter(worth), Counter[str]()
        self._first: dict[tuple[str, str], str] = {}
        self._links: dict[str, tuple[str, ...]] = {}
        self._proofs: defaultdict[tuple[str, frozenset[str]], set[str]] = defaultdict(set)
        self._last: dict[str, frozenset[str]] = {}
        self._fronts: dict[tuple[str, str], frozenset[str]] = {}
        self._asked: defaultdict[str, set[str]] = defaultdict(set)
        self._noise: defaultdict[str, set[str]] = defaultdict(set)

    def observe(self, row: Row, reading: Reading) -> bool:
        """Take in a page; tell whether it holds nothing new."""
        if len(self._first) > REMEMBERED:
            self._first.clear()
            self._asked.clear()
        words = reading.words
        first = self._first.setdefault((row.host, words), row.url)
        known = bool(words) and first != row.url
        self._asked[row.host].add(without(row.url, self._noise[row.host]))
        if known:
            self._learn(row, reading, first)
        else:
            _keep(self._links, row.url, reading.links, KEPT_LINKS)
        barren = known or not (words or reading.is_article or reading.prose >= MIN_PROSE)
        if not barren:  # a page with nearly the words of the one before it on its account is worth nothing
            before = self._last.get(row.family, frozenset())
            _keep(self._last, row.family, reading.sketch, KEPT_WORDS)
            shared = len(before & reading.sketch)
            barren = bool(row.family) and shared > 0 and shared >= ALIKE * len(before | reading.sketch)
        if row.family and not row.archived:
            (self._barren if barren else self._worth)[row.family] += int(barren or bool(words))
        return barren

    def is_front(self, row: Row, reading: Reading) -> bool:
        """Tell whether a page is the front page again, as sites answer for a story that is gone."""
        if row.kind == "seed":
            self._fronts[row.host, reading.words] = frozenset(reading.links)
            return False
        front = self._fronts.get((row.host, reading.words))
        if not front or not reading.words:
            return False
        links = frozenset(reading.links)
        return len(front & links) >= SAME_LINKS * len(front | links)

    def _learn(self, row: Row, reading: Reading, first: str) -> None:
        """Count what alone differs between the addresses of two pages with one text, and learn it once it is proven."""
        names, links = _differing(first, row.url), self._links.get(first)
        if not names or links is None:
            return
        before, now = ({without(link, names) for link in found} for found in (links, reading.links))
        if len(before & now) >= SAME_LINKS * len(before | now):
            self._proofs[row.host, names].add(reading.words)
        noise = self._noise[row.host]
        if len(self._proofs[row.host, names]) >= PROOFS and not names <= noise:
            noise |= names
            self._asked[row.host] = {without(url, noise) for url in self._asked[row.host]}

    def is_same_page(self, row: Row) -> bool:
        """Tell whether a url differs from one that was asked by nothing but noise."""
        noise = self._noise.get(row.host)
        bare = without(row.url, noise) if noise else row.url
        return bare != row.url and bare in self._asked[row.host]

    def is_overdrawn(self, family: str) -> bool:
        """Tell whether an account has cost more than it has brought."""
        return bool(family) and self._barren[family] >= FREE + WORTH * self._worth[family]


def _keep(kept: dict[str, Any], key: str, value: Any, most: int) -> None:
    """Put an entry last, and drop the first one where there are more than `most`."""
    kept.pop(key, None)
    kept[key] = value
    if len(kept) > most:
        del kept[next(iter(kept))]


def without(url: str, noise: Iterable[str]) -> str:
    """Return a url without parameters of these names, and without these (`name=value`).

    >>> without("/news?id=1&t=99&m=1", {"t", "m=1"})
    '/news?id=1'
    """
    path, _, query = url.partition("?")
    dropped = set(noise)
    kept = "&".join(part for part in query.split("&") if part not in dropped and part.partition("=")[0] not in dropped)
    return f"{path}?{kept}" if kept else path


def _differing(one: str, other: str) -> frozenset[str]:
    """Return by which parameters alone two urls differ; none if they differ otherwise.

    It is the name where both have the parameter, for other values of it mean as little; else the one value that was
    seen: a list without `page` is its page 1, and no other.
    """
    parts = [urlsplit(url) for url in (one, other)]
    if parts[0][:3] != parts[1][:3]:
        return frozenset()
    before, now = (dict(part.partition("=")[::2] for part in found.query.split("&") if part) for found in parts)
    names = frozenset(name for name in before.keys() & now.keys() if before[name] != now[name])
    alone = (before | now).keys() - (before.keys() & now.keys())
    return names | {f"{name}={(before | now)[name]}" for name in alone}
