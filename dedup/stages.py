"""The Dedup stage: of each story the corpus keeps one copy, and knows the others by name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from corpus.arabic import first_words, folded_words, words
from corpus.document import Document, Record, Verdict, drop, keep
from corpus.stage import Map
from dedup import flat
from dedup.config import DedupConfig
from dedup.index import Index
from dedup.learned import Learned, Member, empty, name_cluster, tabulate
from dedup.paragraphs import find_repeated, strip, summarise_paragraphs
from dedup.partials import Shards, identity, summarise
from dedup.survivors import KEPT, REASONS, Decider
from dedup.verify import FEATURES

#: Words of the longest shared passage that an audit record quotes.
_QUOTED_WORDS = 30


class Dedup:
    """Drop exact, edited, truncated and extended copies; a `corpus.stage.Learner` over Documents.

    `against` is the folder of an index (`dedup.index`) whose documents win against all that come. Learned:
    `clusters_`, the members of all clusters with their survivors.
    """

    name = "dedup"

    def __init__(self, config: DedupConfig | None = None, against: Path | None = None) -> None:
        self.config = config or DedupConfig()
        self.against = against
        self.clusters_ = Learned(empty())

    def scan(self, records: Iterable[Record]) -> bytes:
        """Summarise one shard in about 1.4 kB for a story of 2 kB."""
        documents: Iterable[Document] = (record for record in records if isinstance(record, Document))
        if not self.config.paragraphs:
            return flat.pack(summarise(documents, self.config))
        documents = list(documents)
        return flat.pack(summarise(documents, self.config) | summarise_paragraphs(documents))

    def learn(self, partials: Sequence[memoryview], run: Map) -> None:
        """Find all copies and their survivors; nothing but numbers per document is held in memory."""
        shards = Shards([flat.unpack(partial) for partial in partials])
        index = Index(self.against, self.config) if self.against is not None else None
        outcome = Decider(shards, self.config, run, index).decide()
        rows = tabulate(shards, outcome, index.shards if index else None)
        if self.config.paragraphs:
            rows |= find_repeated(shards, outcome.fate == KEPT, outcome.rank)
        self.clusters_ = Learned(rows)

    def dump(self) -> bytes:
        """Return the clusters, to be read in place."""
        return flat.pack(self.clusters_.arrays)

    def load(self, learned: memoryview) -> None:
        """Open what `dump` returned."""
        self.clusters_ = Learned(flat.unpack(learned))

    def clusters(self) -> Iterable[bytes]:
        """Return the lines of clusters.jsonl, in order of the survivors' ids."""
        return self.clusters_.lines()

    def apply(self, record: Record) -> Verdict:
        """Keep a document with the names of its copies, or drop it for its survivor."""
        if not isinstance(record, Document):
            return keep(record)
        row = self.clusters_.find(identity(record.id, record.source))
        if row < 0:
            return self._strip(record)
        member = self.clusters_.member(row)
        if member.fate == KEPT:
            return self._strip(replace(record, also_in=record.also_in + tuple(self.clusters_.copies(row))))
        return drop(REASONS[member.fate], **self._audit(record, member))

    def _strip(self, document: Document) -> Verdict:
        if "paragraphs" not in self.clusters_.arrays:
            return keep(document)
        return strip(document, self.clusters_.arrays)

    def _audit(self, document: Document, member: Member) -> dict[str, Any]:
        survivor = self.clusters_.name(member.first)
        detail = {
            "cluster": name_cluster(survivor),
            "survivor": survivor,
            "relation": member.copy.relation,
            "score": member.copy.score,
            "scores": dict(zip(FEATURES, member.scores, strict=True)),
            "passage": quote(document.text, *member.passage),
        }
        if member.anchor >= 0:
            detail["anchor"] = self.clusters_.name(member.anchor)
        return detail


def quote(text: str, start: int, length: int) -> str:
    """Quote at most 30 of `length` words from word `start`, as they are written."""
    stop = start + min(length, _QUOTED_WORDS)
    beginning = first_words(text, stop)
    written, folded = words(beginning), folded_words(beginning)
    # Where a word folds to two, words are counted as the comparison counts them.
    return " ".join((written if len(written) == len(folded) else folded_words(text))[start:stop])
