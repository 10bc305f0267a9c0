"""A few documents as they were before a stage took spans out of them, for people to look at.

Each document draws a lot from its address; those of the lowest lots stay, some for each rule. What stays of two parts
of a corpus together is what stays of the whole, so that tasks and workers change nothing.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Protocol, TypeAlias, runtime_checkable

from corpus.records import Document, Span

#: So many documents in all, and so many of each rule.
MOST, OF_EACH_RULE = 24, 2
#: A longer text is no sample that anybody reads.
MAX_LENGTH = 6_000

Sample: TypeAlias = dict[str, Any]


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
    lower = [sample for sample in samples if sample["lot"] < lot]
    seen = Counter(rule for sample in lower for rule in sample["rules"])
    if len(lower) >= MOST and all(seen[rule] >= OF_EACH_RULE for rule in rules):
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
