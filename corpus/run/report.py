"""What happened to every record: counts that add up, or nothing is published.

The law of conservation is `read = kept + dropped + failed`, in each task and in the whole.

Besides, a few documents as they were before a stage took spans out of them, for people to look at. Each document draws
a lot from its address; those of the lowest lots stay, some for each rule. What stays of two parts of a corpus together
is what stays of the whole, so that tasks and workers change nothing.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from itertools import islice
from operator import itemgetter
from typing import Any, Protocol, TypeAlias, runtime_checkable

from corpus.errors import CorpusError
from corpus.records import Document, Span, Verdict

#: A report tells at most of so many files and reasons why their records failed; each record is in `removed/`.
MAX_LISTED = 200
_COUNTS = ("read", "kept", "dropped", "failed")
#: So many documents in all, and so many of each rule.
MOST, OF_EACH_RULE = 24, 2
#: A longer text is no sample that anybody reads.
MAX_LENGTH = 6_000

Sample: TypeAlias = dict[str, Any]


@dataclass(slots=True)
class Report:
    """Counts of one task or of a whole run; `merge` adds another's."""

    read: int = 0
    kept: int = 0
    dropped: int = 0
    failed: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    rules: Counter[str] = field(default_factory=Counter)
    languages: Counter[str] = field(default_factory=Counter)
    outlets: Counter[str] = field(default_factory=Counter)
    removed_by_outlet: Counter[str] = field(default_factory=Counter)
    characters: Counter[str] = field(default_factory=Counter)
    characters_before: Counter[str] = field(default_factory=Counter)
    characters_after: Counter[str] = field(default_factory=Counter)
    failures: list[dict[str, Any]] = field(default_factory=list)
    samples: list[Sample] = field(default_factory=list)

    def count_removed(self, verdict: Verdict, address: Mapping[str, Any], outlet: str) -> None:
        """Count one record that is not kept; `address` is its line in `removed/`."""
        self.reasons[verdict.reason] += 1
        if verdict.failed:
            self.failed += 1
            message = address.get("message", "")
            self._add_failure({**address["source"], "reason": address["reason"], "message": message, "count": 1})
        else:
            self.dropped += 1
            self.removed_by_outlet[outlet] += 1

    def count_kept(self, document: Document) -> None:
        """Count one document that reached the corpus."""
        self.kept += 1
        self.languages[document.language or "und"] += 1
        self.outlets[document.outlet] += 1
        self.characters["kept"] += len(document.text)
        if rules := document.trace.get("rules"):
            self.rules.update(rules)

    def count_cleaned(self, before: Document, after: Document) -> None:
        """Count what a stage took out of one document, by its outlet, and perhaps keep it to be looked at."""
        self.characters_before[before.outlet] += len(before.text)
        self.characters_after[before.outlet] += len(after.text)
        if before.text != after.text:
            offer(self.samples, before, after)

    def merge(self, other: Report) -> None:
        """Add the counts of another report."""
        for name in (one.name for one in fields(self)):
            ours, theirs = getattr(self, name), getattr(other, name)
            if isinstance(ours, Counter):
                ours.update(theirs)
            elif isinstance(ours, int):
                setattr(self, name, ours + theirs)
        self.samples += other.samples
        draw(self.samples)
        for failure in other.failures:
            self._add_failure(failure)
        self.failures.sort(key=lambda one: (-one["count"], one["path"], one["reason"]))

    def _add_failure(self, failure: dict[str, Any]) -> None:
        """Add failures of a file for one reason; the first of them stands for all."""
        same = (one for one in self.failures if (one["path"], one["reason"]) == (failure["path"], failure["reason"]))
        if known := next(same, None):
            known["count"] += failure["count"]
        elif len(self.failures) < MAX_LISTED:
            self.failures.append(dict(failure))

    def balance(self) -> None:
        """Check the law of conservation.

        Raises:
            CorpusError: a record was lost or counted twice; this is a defect of ours, never of the data.
        """
        if self.read != self.kept + self.dropped + self.failed:
            message = f"read {self.read} records, but kept {self.kept}, dropped {self.dropped}, failed {self.failed}"
            raise CorpusError(f"{message}; nothing was published, please report this")

    def counts(self) -> dict[str, int]:
        """Return what the law of conservation is about."""
        return {name: getattr(self, name) for name in _COUNTS}

    def to_row(self) -> dict[str, Any]:
        """Return a mapping that JSON can hold, and of which `decode_json` makes a Report again."""
        row = {one.name: getattr(self, one.name) for one in fields(self)}
        return {name: dict(sorted(of.items())) if isinstance(of, Counter) else of for name, of in row.items()}


@runtime_checkable
class Explaining(Protocol):
    """A stage that can say which spans it takes out of a document."""

    def explain(self, document: Document) -> Iterable[Span]:
        """Return the spans, in order and without overlap."""
        ...


def offer(samples: list[Sample], document: Document, cleaned: Document) -> None:
    """Add `document`, of which `cleaned` is what is left, if its lot is low enough; `explain` gives it its spans."""
    rules: Mapping[str, int] = cleaned.trace.get("rules", {})
    if not rules or len(document.text) > MAX_LENGTH:
        return
    place = f"{document.source.path}\0{document.source.record}\0{document.id}"
    lot = hashlib.blake2b(place.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
    lower = samples[: bisect_left(samples, lot, key=itemgetter("lot"))]
    if len(lower) >= MOST and all(_stands_often(rule, lower) for rule in rules):
        return
    samples.append(
        {
            "lot": lot,
            "rules": sorted(rules),
            "id": document.id,
            "outlet": document.outlet,
            "title": cleaned.title,
            "text": document.text,
            "spans": document,
        }
    )
    draw(samples)


def _stands_often(rule: str, samples: Iterable[Sample]) -> bool:
    """Tell whether so many samples of a rule as are kept are among these; of most rules the first few are."""
    found = (True for sample in samples if rule in sample["rules"])
    return next(islice(found, OF_EACH_RULE - 1, None), False)


def explain(samples: list[Sample], stage: Explaining) -> None:
    """Find the spans of those that stay when a task is done: to find them costs as much as to clean."""
    for sample in samples:
        if isinstance(document := sample["spans"], Document):
            spans = stage.explain(document)
            sample["spans"] = [[span.start, span.end, span.rule, span.evidence] for span in spans]


def draw(samples: list[Sample], most: int = MOST) -> None:
    """Leave in `samples` the lowest lots: `most` of all, and OF_EACH_RULE of each rule."""
    samples.sort(key=lambda sample: (sample["lot"], sample["id"]))
    seen: Counter[str] = Counter()
    kept = []
    for at, sample in enumerate(samples):
        if at < most or any(seen[rule] < OF_EACH_RULE for rule in sample["rules"]):
            kept.append(sample)
        seen.update(sample["rules"])
    samples[:] = kept
