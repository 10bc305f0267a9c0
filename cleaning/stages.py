"""The stages of cleaning: Extract turns pages into documents, Clean takes the chrome out of their text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import msgspec

from cleaning.article.fields import harvest
from cleaning.article.rules import CleanConfig, find_spans
from cleaning.article.spans import delete_spans, unite
from cleaning.html import DEFAULTS, ExtractConfig, choose_address, extract_html, is_binary
from cleaning.lines.lexicon import default_lexicon
from cleaning.outlet.count import LineCounts
from cleaning.outlet.furniture import Furniture, Table, from_toml, outlet_of, to_toml
from cleaning.outlet.learn import learn
from corpus.arabic import fold
from corpus.charset import declared_charset, decode
from corpus.letters import mend
from corpus.records import DROP, Document, Page, Record, Span, Verdict, drop, keep, name_outlet
from corpus.run import Accumulator, Map
from corpus.text import scrub


class Extract:
    """Turn a Page into a Document; pass a Document through unchanged."""

    name = "extract"

    def __init__(self, config: ExtractConfig = DEFAULTS) -> None:
        self.config = config
        self._names = {fold(other): name for name, others in config.outlets.items() for other in others}

    def _rename(self, outlet: str) -> str:
        return self._names.get(fold(outlet), outlet)

    def apply(self, record: Record) -> Verdict:
        """Extract text and metadata of a page; drop what is not HTML or would cost too much to read.

        Raises:
            RecordError: no charset makes text of the bytes, or a selector that came with the page is none.
        """
        if not isinstance(record, Page):
            outlet = self._rename(record.outlet)
            return keep(record if outlet == record.outlet else replace(record, outlet=outlet))
        if is_binary(record.body):
            return drop("not-html")
        html, charset = decode(record.body, declared_charset(record.header("content-type"), record.body))
        outlet = self._rename(name_outlet(record.outlet, record.url, record.source))
        # What the configuration says of an outlet stands in place of what the crawl was told: it can be mended.
        dropped = self.config.drop.get(outlet, record.meta.get(DROP, ()))
        found = extract_html(html, record.url, self.config, dropped)
        if found.refused:
            return drop(found.refused)
        (text, done), title = mend(found.text), mend(found.title)[0]
        url = choose_address(record.url, found.canonical)
        meta = {name: value for name, value in record.meta.items() if name != DROP}
        if record.url and url != record.url:
            meta["fetched_url"] = record.url
        # What a row of data says of its page is better than the page; of an answer, it is what a feed said of it.
        listed = scrub(record.title)
        document = Document(
            id=record.id,
            source=record.source,
            text=text,
            title=title or listed if record.headers else listed or title,
            url=url,
            outlet=self._rename(name_outlet(record.outlet, url, record.source)),
            published=record.published or found.published,
            authors=found.authors,
            tags=found.tags,
            trace={
                "charset": charset,
                "extractor": found.extractor,
                "doubtful": found.doubtful,
                "claims": found.language,
            }
            | ({"mended": list(done)} if done else {})
            | ({"listing": True} if found.listing else {}),
            meta=meta,
        )
        return keep(document)


class _Unobserved:
    """An accumulator where nothing is to be learned."""

    def observe(self, record: Record) -> None:
        pass

    def summary(self) -> bytes:
        return b""


#: What goes may uncover more: a headline behind a headline, a last line behind a last line. No text of the labelled
#: data takes more than three rounds, the last of which finds nothing; a short text may take as many as cost little.
#: What is not settled by then was made to cost time, and stays as it came.
_ROUNDS = 10
_JUDGED = 1_000_000  # characters

#: A frozen default, made once.
_CLEAN = CleanConfig()


class Clean:
    """Remove chrome from the text of a Document, judged with what its outlet repeats.

    `reviewed` is the TOML of a boilerplate table that somebody has read and corrected; it replaces learning. `known`
    are summaries of documents that are not cleaned, but belong to the same outlets: headlines to link to, stories to
    compare with.
    """

    name = "clean"
    known: Sequence[memoryview] = ()

    def __init__(self, config: CleanConfig = _CLEAN, reviewed: str | None = None) -> None:
        self.config = config
        self.reviewed = reviewed
        self.table_ = Table() if reviewed is None else from_toml(reviewed)

    def accumulator(self) -> Accumulator:
        """Count what each outlet repeats in one shard, if anything is to be learned."""
        return LineCounts() if self.learns else _Unobserved()

    @property
    def learns(self) -> bool:
        """Tell whether anything is to be learned: not if it is switched off, or a reviewed table is given."""
        return self.config.learn and self.reviewed is None

    def learn(self, summaries: Sequence[memoryview], run: Map) -> None:  # noqa: ARG002 - the contract of a Learner
        """Learn the furniture of each outlet from the counts of all shards."""
        if self.reviewed is None:
            self.table_ = learn([*summaries, *self.known], self.config.stories)

    def dump(self) -> bytes:
        """Return the learned table as bytes."""
        return msgspec.msgpack.encode(self.table_.rows)

    def load(self, learned: memoryview) -> None:
        """Take a learned table back."""
        self.table_ = Table(msgspec.msgpack.decode(learned, type=list[Furniture]))

    def table_toml(self) -> str:
        """Return the table in force in the form in which people read, correct and give it back."""
        return to_toml(self.table_)

    def explain(self, document: Document) -> list[Span]:
        """Return what `apply` removes from `document.text`, in order and without overlap."""
        return self._settle(document)[0]

    def apply(self, record: Record) -> Verdict:
        """Take the chrome out of one document and keep in its fields what the chrome said about it.

        What comes out is as this leaves it: applied to it again, with the same table, it changes nothing.
        """
        if not isinstance(record, Document):
            return keep(record)
        spans, cleaned = self._settle(record)
        if cleaned is record and ("rules" in record.trace or not record.title):
            return keep(record)
        rules = Counter(span.rule for span in spans)
        return keep(replace(cleaned, trace={**cleaned.trace, "rules": dict(sorted(rules.items()))}))

    def _settle(self, document: Document) -> tuple[list[Span], Document]:
        """Judge `document`, and what is left of it, until nothing more goes: what went and the document without it."""
        spans: list[Span] = []
        cleaned, table = document, self.table_.of(outlet_of(document))
        extracted = "extractor" in document.trace
        for _ in range(max(_ROUNDS, _JUDGED // (len(document.text) + 1))):
            more, found = find_spans(cleaned.text, cleaned.title, default_lexicon(), table, extracted=extracted)
            if not more:
                return spans, cleaned
            fields = harvest(cleaned, found) if self.config.harvest else {}
            spans = unite(document.text, spans, more) if spans else more
            trace = {**cleaned.trace, "doubtful": True} if found.doubtful else cleaned.trace
            cleaned = replace(cleaned, text=delete_spans(cleaned.text, more), trace=trace, **fields)
        return [], document
