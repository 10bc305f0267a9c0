"""Compare new documents with those of an index: what is kept already wins, and names the survivor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from corpus.records import Copy, Document
from corpus.run import Map
from dedup.compare.coverage import OWN_WORDS
from dedup.compare.rarity import MIN_COMMON, RARE_SHARE, rare_words
from dedup.compare.relation import CONTAINED, CONTAINMENT, FEATURES, HELD, NO_COPY, RESEMBLANCE, thresholds_for
from dedup.decide.pairs import PairTask, account, find_accounts, find_coverage, find_own
from dedup.decide.survivors import Ends, Ranked
from dedup.decide.versions import MIN_PAGE
from dedup.sketch.bands import distinct, ends_of
from dedup.store.index import Index
from dedup.store.summaries import Summaries, Texts
from dedup.store.summary import NO_DATE, summarise


class Known(NamedTuple):
    """Hold new documents that the index has: for each its best match, in order of `new`."""

    new: NDArray[np.int64]
    old: NDArray[np.int64]
    accounts: NDArray[np.void]
    longer: NDArray[np.bool_]


class Fuller(NamedTuple):
    """Hold new documents that take the place of old ones: fuller texts, and later versions of their pages.

    `shares` float32 says how much of the shorter one both have.
    """

    new: NDArray[np.int64]
    old: NDArray[np.int64]
    shares: NDArray[np.float32]


NOTHING_FULLER = Fuller(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.float32))


class Match(NamedTuple):
    """Tell which document of the index a text is like, how, and what they share."""

    copy: Copy
    scores: dict[str, float]
    start: int
    length: int


def rare_limit(index: Index) -> int:
    """Return in how many documents of the index a word that is rare there may be."""
    return max(MIN_COMMON, int(RARE_SHARE * len(index)))


class Beside(NamedTuple):
    """Know the texts of pairs `old << 32 | new`: of documents of an index, with its counts, and of new ones.

    `turned`, a pair names the new one first.
    """

    old: Summaries
    new: Summaries
    counts: NDArray[np.uint32]
    limit: int
    flags: Sequence[Mapping[str, NDArray[Any]]] = ()
    turned: bool = False

    def gather(self, pairs: NDArray[np.uint64]) -> tuple[Texts, Ends]:
        """Gather the texts of old documents and new ones, each once, and tell which of them is that of each."""
        olds, news = ends_of(pairs)
        old, new = distinct(olds), distinct(news)
        words, bounds = self.old.words_of(old)
        texts = self.new.texts(new, self.flags)
        both = Texts(
            np.concatenate((words, texts.words)),
            np.concatenate((rare_words(words, self.counts, self.limit), texts.flags)),
            np.concatenate((bounds, texts.bounds[1:] + bounds[-1])),
            np.concatenate((self.old.labels_of(old), texts.labels)),
        )
        first, second = np.searchsorted(old, olds), len(old) + np.searchsorted(new, news)
        return both, (second, first) if self.turned else (first, second)

    def sizes(self, pairs: NDArray[np.uint64]) -> NDArray[np.int64]:
        """Return how many words the new document of each pair has."""
        news = ends_of(pairs)[1]
        documents, places = np.unique(news, return_inverse=True)
        return self.new.lengths_of(documents)[places]


def find_known(ranked: Ranked, wanted: NDArray[np.bool_], index: Index, run: Map) -> tuple[Known, Fuller]:
    """Return which of the `wanted` new documents are copies of old ones, and which take the place of old ones."""
    summaries = ranked.summaries
    same_page = index.same_pages(summaries)
    pairs = np.union1d(index.candidates(summaries), same_page)
    pairs = pairs[wanted[ends_of(pairs)[1]]]
    source = Beside(index.documents, summaries, index.word_counts, rare_limit(index), ranked.flags)
    accounts = find_accounts(run, PairTask(pairs, source, thresholds_for(index.config.threshold)))
    relation, scores = accounts["relation"], accounts["scores"]
    olds, news = ends_of(pairs)
    documents, places = np.unique(olds, return_inverse=True)
    longer = source.sizes(pairs) > index.documents.lengths_of(documents)[places]
    copy = ~np.isin(relation, NO_COPY)
    # The later version of a page is no earlier, and has most of the old one and something of its own.
    old_date, new_date = (part.column("published").view(np.int64) for part in (index.documents, summaries))
    unknown = (old_date[olds] == NO_DATE) | (new_date[news] == NO_DATE)
    later = np.isin(pairs, same_page) & (unknown | (old_date[olds] <= new_date[news]))
    covered = find_coverage(run, PairTask(pairs[later], source._replace(turned=True)))
    later[later] = covered.share >= MIN_PAGE
    later &= (accounts["own"][:, 1] >= OWN_WORDS) | ~copy
    # So does a fuller text hold old ones, and have something that none of these has.
    holds = longer & ~later & np.isin(relation, (CONTAINED, HELD))
    fuller = later.copy()
    fuller[holds] = find_own(run, source, pairs[holds])
    copies = np.flatnonzero(copy & ~fuller)
    unlike = -scores[copies]
    order = copies[np.lexsort((pairs[copies], unlike[:, CONTAINMENT], unlike[:, RESEMBLANCE], news[copies]))]
    best = order[np.unique(news[order], return_index=True)[1]]
    # A page of several stories takes the place of none of them.
    digests = news[holds & (relation == HELD)]
    stays = np.flatnonzero(fuller & copy | later)
    stays = stays[~np.isin(news[stays], news[best]) & (later[stays] | ~np.isin(news[stays], digests))]
    known = Known(news[best], olds[best], accounts[best], longer[best])
    return known, Fuller(news[stays], olds[stays], scores[stays, CONTAINMENT])


def look_up(index: Index, document: Document) -> Match | None:
    """Return the document of the index that `document` is a copy of, or None."""
    return next((match for match in find_similar(index, document, 1) if match.copy.relation), None)


def find_similar(index: Index, document: Document, limit: int = 10) -> list[Match]:
    """Return what the index has like `document`: copies first, then by containment.

    The relation is empty where the two share text without one being a copy of the other.
    """
    new = Summaries([summarise([document], index.config, index.family)])
    exact = index.same_words(new)[0]
    pairs = np.union1d(index.candidates(new), exact.astype(np.uint64) << np.uint64(32))
    olds, _ = ends_of(pairs)
    words, bounds = new.words_of(np.arange(1))
    if not len(pairs) or not len(words):
        return []
    rare = rare_limit(index)
    flags = {"documents": np.arange(1), "bounds": bounds, "flags": rare_words(words, index.word_counts, rare)}
    texts, ends = Beside(index.documents, new, index.word_counts, rare, [flags]).gather(pairs)
    found = account(texts, ends, thresholds_for(index.config.threshold))
    relation, scores = found["relation"], found["scores"]
    same = np.isin(olds, exact)
    no_copy = np.isin(relation, NO_COPY) & ~same
    order = np.lexsort((olds, -scores[:, CONTAINMENT], -scores[:, RESEMBLANCE], no_copy))[:limit]
    inside = len(words) <= index.documents.lengths_of(olds)

    def match(at: int) -> Match:
        contained = not same[at] and relation[at] == CONTAINED
        name = "" if no_copy[at] else "exact" if same[at] else "near"
        if contained:
            name = "contained" if inside[at] else "extended"
        score = round(float(scores[at, CONTAINMENT if contained else RESEMBLANCE]), 4)
        copy = Copy(*index.documents.labels(int(olds[at]))[:4], relation=name, score=score)
        named = {feature: round(float(value), 4) for feature, value in zip(FEATURES, scores[at], strict=True)}
        return Match(copy, named, *found["passage"][at].tolist())

    return [match(at) for at in order.tolist()]
