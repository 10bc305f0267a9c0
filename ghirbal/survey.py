"""What the report says about a corpus beyond its counts: outlets, lengths, days, who copies whom, pairs to look at.

Everything is gathered in the one pass that also checks the laws; what is held grows with outlets and days, not with
documents.
"""

from __future__ import annotations

import heapq
from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from statistics import median
from typing import Any

from corpus.dates import timestamp
from corpus.records import Document
from ghirbal.published import Found, RemovedRecord

#: The report shows so many documents before and after, clusters, pairs, and repeated lines of an outlet.
MOST_SAMPLES, MOST_CLUSTERS, MOST_PAIRS, MOST_LINES = 24, 12, 12, 5
#: Characters of each text of a pair.
PAIR_LENGTH = 6_000
#: More days than this are told by month.
MOST_DAYS = 31
#: Fewer records than this prove nothing; of real outlets none has more chrome than half of its text.
_FEW, _MUCH_CHROME = 20, 0.5
_FIELDS = ("title", "url", "published", "authors", "tags", "credit", "language")
_HOUR = 3_600
#: Relations of a removed document to its survivor that are worth a look.
_COMPARED = ("near", "contained", "extended")


class Survey:
    """Figures about a corpus, gathered from the rows of all its records."""

    def __init__(self) -> None:
        self._outlets: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._lengths: Counter[int] = Counter()
        self._days: Counter[str] = Counter()
        self._empty: Counter[str] = Counter()
        self._languages: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._stages: Counter[str] = Counter()
        self._hours: dict[tuple[str, str], array[float]] = {}
        self._copies: Counter[tuple[str, str]] = Counter()
        self._clusters: list[tuple[float, str, int, dict[str, Any]]] = []
        self._pairs: list[tuple[float, str, int, RemovedRecord]] = []
        #: The survivors of what will be in `_pairs`, for they come first.
        self._likely: list[tuple[float, str, int, Document]] = []
        self._serial = 0

    def observe(self, row: Found) -> None:
        """Take in a document, or what was removed."""
        outlet, language = self._outlets[row.outlet], self._languages[row.language]
        if isinstance(row, RemovedRecord):
            outlet["removed"] += 1
            language["removed"] += 1
            self._stages[row.stage] += 1
            if row.survivor and row.relation in _COMPARED:
                self._keep(self._pairs, (-row.score, row.id, row), MOST_PAIRS)
            return
        outlet["kept"] += 1
        outlet["doubtful"] += bool(row.trace.get("doubtful"))
        self._lengths[_floor(len(row.text))] += 1
        self._days[row.published[:10]] += 1
        language["kept"] += 1
        for name in _FIELDS:
            self._empty[name] += not getattr(row, name)
        if not row.also_in:
            return
        for copy in row.also_in:
            if copy.relation in _COMPARED:
                self._keep(self._likely, (-copy.score, copy.id, row), MOST_PAIRS)
        members = [(row.outlet, row.published), *((copy.outlet, copy.published) for copy in row.also_in)]
        times = [(timestamp(published), name) for name, published in members]
        dated = sorted((time, name) for time, name in times if time is not None)
        first = dated[0][1] if dated else row.outlet
        for time, later in times:
            if later != first:
                self._copies[first, later] += 1
                if time is not None:
                    self._hours.setdefault((first, later), array("d")).append((time - dated[0][0]) / _HOUR)
        about = {"survivor": row.id, "outlet": row.outlet, "title": row.title, "members": members[1:]}
        self._keep(self._clusters, (len(members), row.id, about), MOST_CLUSTERS)

    def add(self, other: Survey) -> None:
        """Take in what another has gathered, of rows that come after all that were observed here."""
        for name in ("_lengths", "_days", "_empty", "_stages", "_copies"):
            getattr(self, name).update(getattr(other, name))
        for name in ("_outlets", "_languages"):
            for key, counts in getattr(other, name).items():
                getattr(self, name)[key].update(counts)
        for pair, hours in other._hours.items():
            self._hours.setdefault(pair, array("d")).extend(hours)
        for name, most in (("_clusters", MOST_CLUSTERS), ("_pairs", MOST_PAIRS), ("_likely", MOST_PAIRS)):
            for worth, key, _, what in sorted(getattr(other, name), key=lambda item: item[2]):
                self._keep(getattr(self, name), (worth, key, what), most)

    def _keep(self, heap: list[Any], found: tuple[float, str, Any], most: int) -> None:
        """Keep the largest items; of equal ones the last that came."""
        self._serial += 1
        item = (*found[:2], self._serial, found[2])
        (heapq.heappush if len(heap) < most else heapq.heappushpop)(heap, item)

    @property
    def survivors(self) -> dict[str, Document | None]:
        """Return the ids whose texts are wanted for the pairs, and the documents that have passed already."""
        known = {row.id: row for *_, row in self._likely}
        return {row.survivor: known.get(row.survivor) for *_, row in self._pairs}

    def rows(self, before: Mapping[str, int], after: Mapping[str, int]) -> dict[str, Any]:
        """Return the figures as report.json has them; `before` and `after` are characters by outlet.

        `copied` says who was first with how many stories that which other had later, and after how many hours.
        """
        ranked = sorted(self._outlets.items(), key=lambda item: (-item[1].total(), item[0]))
        outlets = [
            {
                "outlet": name,
                **{what: counts[what] for what in ("kept", "removed", "doubtful")},
                "chrome": round(1 - after.get(name, 0) / before[name], 4) if before.get(name) else 0.0,
            }
            for name, counts in ranked
        ]
        dated, months = {day: times for day, times in self._days.items() if day}, Counter[str]()
        for day, times in dated.items():
            months[day[:7]] += times
        largest = sorted(self._clusters, key=lambda item: (-item[0], *item[1:3]))
        return {
            "by_outlet": outlets,
            "removed_by_stage": dict(sorted(self._stages.items())),
            "by_language": {name: dict(counts) for name, counts in sorted(self._languages.items())},
            "empty_fields": {name: self._empty[name] for name in _FIELDS},
            "lengths": [[least, times] for least, times in sorted(self._lengths.items())],
            "days": [[day, times] for day, times in sorted((months if len(dated) > MOST_DAYS else dated).items())],
            "copied": [
                {
                    "first": first,
                    "later": later,
                    "stories": stories,
                    "median_hours": round(median(hours), 1) if (hours := self._hours.get((first, later))) else None,
                }
                for (first, later), stories in sorted(self._copies.items(), key=lambda item: (-item[1], item[0]))
            ],
            "clusters": [about for *_, about in largest],
        }

    def pairs(self, survivors: Mapping[str, Document]) -> list[dict[str, Any]]:
        """Return the least certain copies beside what they were removed for."""
        ranked = sorted(self._pairs, key=lambda item: (-item[0], *item[1:3]))
        return [
            {
                "removed": row.id,
                "removed_outlet": row.outlet,
                "removed_text": (row.text or row.excerpt)[:PAIR_LENGTH],
                "kept": row.survivor,
                "kept_outlet": kept.outlet,
                "kept_text": kept.text[:PAIR_LENGTH],
                "relation": row.relation,
                "score": row.score,
            }
            for *_, row in ranked
            if (kept := survivors.get(row.survivor))
        ]


def _floor(length: int) -> int:
    """Return the lower end of the half octave that a length lies in.

    >>> [_floor(length) for length in (0, 3, 1023, 1024, 1535, 1536)]
    [0, 3, 768, 1024, 1024, 1536]
    """
    low = max(0, length.bit_length() - 2)
    return length >> low << low


def main_furniture(table: Iterable[Mapping[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """Return of each outlet what most of its documents repeat, as boilerplate.toml has it."""
    found: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for line in sorted(table, key=lambda line: (line["outlet"], -line["count"], line["form"], line["text"])):
        if len(found[line["outlet"]]) < MOST_LINES:
            found[line["outlet"]].append({name: line[name] for name in ("form", "example", "count", "documents")})
    return dict(found)


def find_alerts(row: Mapping[str, Any]) -> list[str]:
    """Return what in a report deserves a second look, in sentences."""
    alerts: list[str] = []
    if row["read"] and not row["kept"]:
        alerts.append("nothing was kept: see the reasons below")
    for one in row.get("by_outlet", ()):
        alerts += _alerts_of(one)
    for name, empty in row.get("empty_fields", {}).items():
        if row["kept"] >= _FEW and empty > row["kept"] / 2:
            alerts.append(f"{name} is empty in {empty:,} of {row['kept']:,} documents")
    for name, counts in row.get("by_language", {}).items():
        if name and counts.get("removed", 0) >= _FEW and not counts.get("kept"):
            alerts.append(f"every document of language {name} was removed: {counts['removed']:,}")
    if row["failed"]:
        reasons: Counter[str] = Counter()
        for failure in row["failures"]:
            reasons[failure["reason"]] += failure["count"]
        most = ", ".join(f"{reason} {count:,}" for reason, count in reasons.most_common(5))
        alerts.append(f"{row['failed']:,} records could not be read: {most}")
    return alerts


def _alerts_of(outlet: Mapping[str, Any]) -> Iterator[str]:
    name, total, kept = outlet["outlet"] or "(no outlet named)", outlet["kept"] + outlet["removed"], outlet["kept"]
    if total >= _FEW and outlet["removed"] > total / 2:
        yield f"{name}: {outlet['removed']:,} of {total:,} records were removed"
    if total >= _FEW and outlet["chrome"] > _MUCH_CHROME:
        yield f"{name}: {outlet['chrome']:.0%} of its text was removed as chrome"
    if kept >= _FEW and outlet["doubtful"] > kept / 2:
        yield f"{name}: the main text of {outlet['doubtful']:,} of {kept:,} pages is in doubt"
