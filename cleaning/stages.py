"""The stages of cleaning: Extract turns pages into documents, Clean takes the chrome out of their text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from corpus.document import Page, Record, Verdict, drop, keep
from corpus.stage import Map


class Extract:
    """Turn a Page into a Document; pass a Document through unchanged."""

    name = "extract"

    def apply(self, record: Record) -> Verdict:
        """Extract the main content of a page."""
        if not isinstance(record, Page):
            return keep(record)
        return drop("not-implemented")


class Clean:
    """Remove chrome from the text of a Document, judged with what its outlet repeats."""

    name = "clean"

    def scan(self, records: Iterable[Record]) -> bytes:
        """Count what each outlet repeats in one shard."""
        for _ in records:
            pass
        return b""

    def learn(self, partials: Sequence[memoryview], run: Map) -> None:
        """Learn the furniture of each outlet."""

    def dump(self) -> bytes:
        """Return the learned table as bytes."""
        return b""

    def load(self, learned: memoryview) -> None:
        """Take a learned table back."""

    def apply(self, record: Record) -> Verdict:
        """Take the chrome out of one document."""
        return keep(record)
