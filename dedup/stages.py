"""The Dedup stage: of each story the corpus keeps one copy, and knows the others by name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from corpus.arabic import first_words, folded_words, words
from corpus.records import GIVEN_ID, REPLACES, Copy, Document, Record, Verdict, drop, keep
from corpus.run import Accumulator, Map
from dedup.compare.relation import FEATURES
from dedup.config import DedupConfig
from dedup.decide.against import Fuller
from dedup.decide.decisions import REASONS, Decisions, Reason, decide
from dedup.decide.paragraphs import find_repeated, strip
from dedup.decide.result import Clusters, empty, name_cluster, tabulate
from dedup.sketch.digits import comparable
from dedup.sketch.family import draw_family
from dedup.store.arrays import pack, unpack
from dedup.store.index import Index
from dedup.store.summaries import Summaries
from dedup.store.summary import Summary, identity

#: Words of the longest shared passage that an audit record quotes.
_QUOTED_WORDS = 30
#: From this many words an audit record quotes what only the removed copy had: with fewer in a row, a line of 80
#: characters has its like elsewhere.
OWN_QUOTED = 5
#: In a text of nothing else each word folds to one: ASCII, Arabic and its marks, a kashida within a word, punctuation.
_ONE_EACH = re.compile(
    "(?:[\n -~\u00a0«»،؛؟\u0621-\u063a\u0641-\u0652\u0660-\u066c–—‘’“”…]++|(?<=[\u0621-\u064a])ـ++)*+"
)


class Dedup:
    """Drop exact, edited, truncated and extended copies; a `corpus.stage.Learner` over Documents.

    `against` is an index whose documents win against all that come. Learned: `clusters_`, the members
    of all clusters with their survivors. A copy in another process has the hash family, and need not draw it again.
    """

    name = "dedup"

    def __init__(self, config: DedupConfig | None = None, against: Index | None = None) -> None:
        self.config = config or DedupConfig()
        self.against = against
        self.family = draw_family(self.config.threshold)
        self.clusters_ = Clusters(empty())

    def __getstate__(self) -> dict[str, Any]:
        """Leave an index behind: other processes only apply what this one has learned."""
        return self.__dict__ | {"against": None}

    def accumulator(self) -> Accumulator:
        """Summarise one shard in about 1.4 kB for a story of 2 kB."""
        return Summary(self.config, self.family, paragraphs=self.config.paragraphs)

    def learn(self, summaries: Sequence[memoryview], run: Map) -> None:
        """Find all copies and their survivors; of documents that are like no others next to nothing is held here."""
        corpus = Summaries([unpack(summary) for summary in summaries])
        index = self.against
        decided, fuller = decide(corpus, self.config, self.family.bands, run, index)
        (rows,) = run(_tabulate, [(corpus, decided, fuller, index, self.config.paragraphs)])
        self.clusters_ = Clusters(unpack(rows))

    def dump(self) -> bytes:
        """Return the clusters, to be read in place."""
        return pack(self.clusters_.arrays)

    def load(self, learned: memoryview) -> None:
        """Open what `dump` returned."""
        self.clusters_ = Clusters(unpack(learned))

    def clusters(self) -> Iterable[bytes]:
        """Return the lines of clusters.jsonl, in order of the survivors' ids."""
        return self.clusters_.lines()

    def apply(self, record: Record) -> Verdict:
        """Keep a document with the names of its copies, or drop it for its survivor."""
        if not isinstance(record, Document):
            return keep(record)
        key = identity(record)
        row = self.clusters_.find(key)
        arrays = self.clusters_.arrays
        if row >= 0 and arrays["reason"][row] != Reason.KEPT:
            first, anchor = int(arrays["first"][row]), int(arrays["anchor"][row])
            scores, own = arrays["scores"][row].tolist(), arrays["own"][row].tolist()
            kept, copy = self.clusters_.copy(first), self.clusters_.copy(row)
            detail = {
                "cluster": name_cluster(kept.id),
                "survivor": kept.id,
                "survivor_outlet": kept.outlet,
                "survivor_url": kept.url,
                "survivor_title": self.clusters_.title(first),
                "relation": copy.relation,
                "score": copy.score,
                "scores": {name: round(score, 4) for name, score in zip(FEATURES, scores, strict=True)},
                "passage": quote(record.text, *arrays["passage"][row].tolist()),
            }
            if own[1] >= OWN_QUOTED:
                detail["own"] = quote(record.text, *own)
            if anchor >= 0:
                detail["anchor"] = self.clusters_.name(anchor)
            return drop(REASONS[arrays["reason"][row]], **detail)
        replaced = tuple(self.clusters_.replaced(key))
        if row >= 0 or replaced:
            copies = self.clusters_.copies(row) if row >= 0 else ()
            record = replace(record, also_in=join_copies(record, (*replaced, *copies)))
        if new_id := self.clusters_.new_id(key):
            record = replace(record, id=new_id, meta={**record.meta, GIVEN_ID: record.id})
        if "paragraphs" in arrays:
            return strip(record, key, arrays, survivor=row >= 0 or bool(replaced))
        return keep(record)


def _tabulate(task: tuple[Summaries, Decisions, Fuller, Index | None, bool]) -> bytes:
    corpus, decided, fuller, index, paragraphs = task
    rows = tabulate(corpus, decided, index.documents if index is not None else None, fuller)
    return pack(rows | (find_repeated(corpus, decided, index, fuller) if paragraphs else {}))


def join_copies(document: Document, copies: Iterable[Copy]) -> tuple[Copy, ...]:
    """Return the copies that `document` knows already and `copies`, each once, and never the document itself."""
    known = {(document.id, document.outlet, document.url, False)}
    joined = []
    for copy in (*document.also_in, *copies):
        # What it replaces in another corpus is often called as it is itself.
        name = (copy.id, copy.outlet, copy.url, copy.relation == REPLACES)
        if name not in known:
            known.add(name)
            joined.append(copy)
    return tuple(joined)


def quote(text: str, start: int, length: int) -> str:
    """Quote at most 30 of `length` words from word `start`, as they are written but for numbers (`comparable`)."""
    (text,), stop = comparable([text]), start + min(length, _QUOTED_WORDS)
    written = words(text)
    # Where a word folds to two, words are counted as the comparison counts them.
    if not _ONE_EACH.fullmatch(text) and len(folded_words(first_words(text, stop))) != len(written[:stop]):
        written = folded_words(text)
    return " ".join(written[start:stop])
