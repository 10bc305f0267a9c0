"""Compare new documents with those of an index: what is kept already wins, and names the survivor."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from corpus.records import Copy, Document
from corpus.run import Map
from dedup.compare.coverage import OWN_WORDS, has_own
from dedup.compare.rarity import MIN_COMMON, RARE_SHARE, rare_words
from dedup.compare.relation import CONTAINED, CONTAINMENT, FEATURES, HELD, NO_COPY, RESEMBLANCE, thresholds_for
from dedup.decide.pairs import PairTask, account, cut_pairs, find_accounts, find_coverage
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


def rare_in(index: Index, words: NDArray[np.uint32]) -> NDArray[np.uint8]:
    """Return RARE for each of `words` that few documents of the index have."""
    flags: NDArray[np.uint8] = rare_words(words, index.word_counts, max(MIN_COMMON, int(RARE_SHARE * len(index))))
    return flags


def find_known(
    summaries: Summaries, wanted: NDArray[np.bool_], flags: NDArray[np.uint8], index: Index, run: Map
) -> tuple[Known, Fuller]:
    """Return which of the `wanted` new documents are copies of old ones, and which take the place of old ones."""
    same_page = index.same_pages(summaries)
    pairs = np.union1d(index.candidates(summaries), same_page)
    pairs = pairs[wanted[ends_of(pairs)[1]]]
    accounts = find_accounts(run, _tasks(summaries, flags, index, pairs))
    relation, scores = accounts["relation"], accounts["scores"]
    olds, news = ends_of(pairs)
    lengths = summaries.lengths_of(np.arange(len(summaries)))
    documents, places = np.unique(olds, return_inverse=True)
    longer = lengths[news] > index.documents.lengths_of(documents)[places]
    copy = ~np.isin(relation, NO_COPY)
    # The later version of a page is no earlier, and has most of the old one and something of its own.
    old_date, new_date = (part.column("published").view(np.int64) for part in (index.documents, summaries))
    unknown = (old_date[olds] == NO_DATE) | (new_date[news] == NO_DATE)
    later = np.isin(pairs, same_page) & (unknown | (old_date[olds] <= new_date[news]))
    tasks = _tasks(summaries, flags, index, pairs[later])
    turned = (task._replace(firsts=task.seconds, seconds=task.firsts) for task in tasks)
    later[later] = find_coverage(run, turned).share >= MIN_PAGE
    later &= (accounts["own"][:, 1] >= OWN_WORDS) | ~copy
    # So does a fuller text hold old ones, and have something that none of these has.
    holds = longer & ~later & np.isin(relation, (CONTAINED, HELD))
    fuller = later.copy()
    texts, ends = _gather(summaries, flags, index, olds[holds], news[holds])
    fuller[holds] = has_own(texts, *ends)
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


def _tasks(
    summaries: Summaries, flags: NDArray[np.uint8], index: Index, pairs: NDArray[np.uint64]
) -> Iterator[PairTask]:
    lengths = summaries.lengths_of(np.arange(len(summaries)))
    for part in cut_pairs(pairs, lengths[ends_of(pairs)[1]]):
        texts, ends = _gather(summaries, flags, index, *ends_of(part))
        yield PairTask(part, texts, *ends, thresholds_for(index.config.threshold))


def _gather(
    summaries: Summaries,
    flags: NDArray[np.uint8],
    index: Index,
    olds: NDArray[np.int64],
    news: NDArray[np.int64],
) -> tuple[Texts, tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Gather the texts of old documents and new ones, each once, and tell which of them is that of each."""
    old, new = distinct(olds), distinct(news)
    words, bounds = index.documents.words_of(old)
    texts = summaries.texts(new, flags)
    both = Texts(
        np.concatenate((words, texts.words)),
        np.concatenate((rare_in(index, words), texts.flags)),
        np.concatenate((bounds, texts.bounds[1:] + bounds[-1])),
        np.concatenate((index.documents.labels_of(old), texts.labels)),
    )
    return both, (np.searchsorted(old, olds), len(old) + np.searchsorted(new, news))


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
    words, _ = new.words_of(np.arange(1))
    if not len(pairs) or not len(words):
        return []
    texts, ends = _gather(new, rare_in(index, words), index, olds, np.zeros_like(olds))
    found = account(PairTask(pairs, texts, *ends, thresholds_for(index.config.threshold)))
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
