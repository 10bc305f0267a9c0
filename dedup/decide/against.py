"""Compare new documents with those of an index: what is kept already wins, and names the survivor."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from corpus.records import Copy, Document
from corpus.run import Map
from dedup.compare.rarity import MIN_COMMON, RARE_SHARE, rare_words
from dedup.compare.relation import CONTAINED, CONTAINMENT, FEATURES, NO_COPY, RESEMBLANCE, thresholds_for
from dedup.decide.pairs import Accounts, PairTask, account, cut_pairs, find_accounts
from dedup.sketch.bands import ends_of
from dedup.store.index import Index
from dedup.store.summaries import Summaries, Texts
from dedup.store.summary import summarise


class Known(NamedTuple):
    """Hold new documents that the index has: for each its best match, in order of `new`."""

    new: NDArray[np.int64]
    old: NDArray[np.int64]
    accounts: Accounts
    longer: NDArray[np.bool_]


class Match(NamedTuple):
    """Tell which document of the index a text is like, how, and what they share."""

    copy: Copy
    scores: dict[str, float]
    start: int
    length: int


def rare_in(index: Index, words: NDArray[np.uint32]) -> NDArray[np.uint8]:
    """Return RARE for each of `words` that few documents of the index have."""
    flags: NDArray[np.uint8] = rare_words(words, index.word_counts, max(MIN_COMMON, int(RARE_SHARE * len(index))))
    return flags


def find_known(
    summaries: Summaries, wanted: NDArray[np.bool_], flags: NDArray[np.uint8], index: Index, run: Map
) -> Known:
    """Return which of the `wanted` new documents are copies of old ones."""
    pairs = index.candidates(summaries)
    pairs = pairs[wanted[ends_of(pairs)[1]]]
    lengths = summaries.lengths_of(np.arange(len(summaries)))
    accounts = find_accounts(run, _tasks(summaries, lengths, flags, index, pairs))
    olds, news = ends_of(pairs)
    copies = np.flatnonzero(~np.isin(accounts.relation, NO_COPY))
    scores = accounts.scores[copies]
    order = copies[np.lexsort((pairs[copies], -scores[:, CONTAINMENT], -scores[:, RESEMBLANCE], news[copies]))]
    best = order[np.unique(news[order], return_index=True)[1]]
    distinct, places = np.unique(olds[best], return_inverse=True)
    longer = lengths[news[best]] > index.documents.lengths_of(distinct)[places]
    return Known(news[best], olds[best], accounts.of(best), longer)


def _tasks(
    summaries: Summaries,
    lengths: NDArray[np.int64],
    flags: NDArray[np.uint8],
    index: Index,
    pairs: NDArray[np.uint64],
) -> Iterator[PairTask]:
    thresholds = thresholds_for(index.config.threshold)
    for part in cut_pairs(pairs, lengths[ends_of(pairs)[1]]):
        old, new = ends_of(part)
        olds, news = np.unique(old), np.unique(new)
        texts = _join(index, olds, summaries.texts(news, flags))
        firsts, seconds = np.searchsorted(olds, old), len(olds) + np.searchsorted(news, new)
        yield PairTask(part, texts, firsts, seconds, thresholds)


def _join(index: Index, olds: NDArray[np.int64], new: Texts) -> Texts:
    """Return the texts of the sorted documents `olds` of the index, and those of `new` after them."""
    words, bounds = index.documents.words_of(olds)
    return Texts(
        np.concatenate((words, new.words)),
        np.concatenate((rare_in(index, words), new.flags)),
        np.concatenate((bounds, new.bounds[1:] + bounds[-1])),
    )


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
    texts = _join(index, olds, Texts(words, rare_in(index, words), bounds))
    seconds = np.full(len(olds), len(olds), dtype=np.int64)
    thresholds = thresholds_for(index.config.threshold)
    relation, scores, passage, _ = account(PairTask(pairs, texts, np.arange(len(olds)), seconds, thresholds))
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
        return Match(copy, named, *passage[at].tolist())

    return [match(at) for at in order.tolist()]
