"""The Clean stage: the chrome is taken out of the text of a document."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import msgspec

from cleaning.article.fields import harvest
from cleaning.article.rules import find_spans
from cleaning.article.spans import delete_spans, unite
from cleaning.config import CleanConfig
from cleaning.lines.lexicon import default_lexicon
from cleaning.outlet.count import LineCounts
from cleaning.outlet.furniture import Furniture, Table, from_toml, outlet_of, to_toml
from cleaning.outlet.learn import learn
from corpus.records import Document, Record, Span, Verdict, keep
from corpus.run import Accumulator, Map


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

    def learn(self, summaries: Sequence[memoryview], run: Map) -> None:
        """Learn the furniture of each outlet from the counts of all shards."""
        if self.reviewed is None:
            self.table_ = learn([*summaries, *self.known], self.config.stories, run)

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
