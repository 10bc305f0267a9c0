"""The stages of cleaning: Extract turns pages into documents, Clean takes the chrome out of their text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cleaning.extract import ExtractConfig, Extraction, extract_html
from cleaning.markup import is_binary
from corpus.decode import declared_charset, decode
from corpus.document import Document, Page, Record, Verdict, drop, keep, name_outlet
from corpus.stage import Map
from corpus.text import scrub


class Extract:
    """Turn a Page into a Document; pass a Document through unchanged."""

    name = "extract"

    def __init__(self, config: ExtractConfig = ExtractConfig()) -> None:
        self.config = config

    def apply(self, record: Record) -> Verdict:
        """Extract text and metadata of a page; drop what is not HTML or would cost too much to read.

        Raises:
            RecordError: no charset makes text of the bytes.
        """
        if not isinstance(record, Page):
            return keep(record)
        if is_binary(record.body):
            return drop("not-html")
        html, rung = decode(record.body, declared_charset(record.header("content-type"), record.body))
        found = extract_html(html, record.url, self.config)
        if found.refused:
            return drop(found.refused)
        return keep(_document(record, found, rung))


def _document(page: Page, found: Extraction, rung: str) -> Document:
    url = page.url or found.canonical
    trace = {"charset": rung, "extractor": found.extractor, "doubtful": found.doubtful, "claims": found.language}
    return Document(
        id=page.id,
        source=page.source,
        text=found.text,
        title=scrub(page.title) or found.title,
        url=url,
        outlet=name_outlet(page.outlet, url, page.source),
        published=page.published or found.published,
        authors=found.authors,
        tags=found.tags,
        trace=trace,
        meta=page.meta,
    )


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
