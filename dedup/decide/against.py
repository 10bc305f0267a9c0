"""Compare new documents with those of an index: what is kept already wins, and names the survivor.

Both are seen as one corpus, the new documents first.
"""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from corpus.records import Copy, Document
from corpus.run import Map, run_here
from dedup.compare.coverage import OWN_WORDS
from dedup.compare.rarity import MIN_COMMON, RARE_SHARE, flag_old
from dedup.compare.relation import CONTAINED, CONTAINMENT, FEATURES, HELD, NO_COPY, RESEMBLANCE, thresholds_for
from dedup.decide.pairs import PairTask, account, find_accounts, find_coverage, find_own
from dedup.decide.versions import MIN_PAGE
from dedup.sketch.bands import distinct, ends_of, pair_up
from dedup.store.index import Found, Index
from dedup.store.summaries import Summaries
from dedup.store.summary import NO_DATE, summarise

#: An index, and what documents of it have in common with new ones.
Old: TypeAlias = tuple[Index, Found]


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


def find_known(run: Map, how: PairTask, wanted: NDArray[np.bool_], old: Old) -> tuple[Known, Fuller]:
    """Return which of the `wanted` new documents are copies of old ones, and which take the place of old ones."""
    (index, found), new, count = old, how.summaries, len(how.summaries)
    pairs = np.union1d(found.alike, found.page)
    pairs = pairs[wanted[ends_of(pairs)[1]]]
    olds, news = ends_of(pairs)
    ends = olds + count, news
    both = Summaries([*new.shards, *index.documents.shards])
    compared = distinct(np.concatenate(ends))
    flags = flag_old(run, both, compared[compared >= count], (index.word_counts, rare_limit(index)))
    thresholds = thresholds_for(index.config.threshold)
    how = PairTask(pair_up(*ends), both, [*how.flags, *flags], thresholds)
    accounts = find_accounts(run, how)
    relation, scores = accounts["relation"], accounts["scores"]
    places = [np.searchsorted(compared, one) for one in ends]
    old_length, new_length = map(both.lengths_of(compared).__getitem__, places)
    copy = ~np.isin(relation, NO_COPY)
    # The later version of a page is no earlier, and has most of the old one and something of its own.
    old_date, new_date = map(both.labels_of(compared, ("published",))[:, 0].view(np.int64).__getitem__, places)
    unknown = (old_date == NO_DATE) | (new_date == NO_DATE)
    later = np.isin(pairs, found.page) & (unknown | (old_date <= new_date))
    turned = how._replace(pairs=pair_up(news, ends[0])[later])
    later[later] = find_coverage(run, turned)["share"] >= MIN_PAGE
    later &= (accounts["own"][:, 1] >= OWN_WORDS) | ~copy
    # So does a fuller text hold old ones, and have something that none of these has.
    longer = new_length > old_length
    holds = longer & ~later & np.isin(relation, (CONTAINED, HELD))
    fuller = later.copy()
    fuller[holds] = find_own(run, how._replace(pairs=how.pairs[holds]))
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


def find_similar(index: Index, document: Document, limit: int = 10) -> list[Match]:
    """Return what the index has like `document`: copies first, then by containment.

    The relation is empty where the two share text without one being a copy of the other.
    """
    new = Summaries([summarise([document], index.config, index.family)])
    words, known = new.lengths_of(np.arange(1)), index.look_up(new)
    exact = ends_of(known.words)[0]
    olds = np.union1d(ends_of(known.alike)[0], exact)
    if not len(olds) or not words:
        return []
    both = Summaries([*new.shards, *index.documents.shards])
    flags = flag_old(run_here, both, np.append(0, olds + 1), (index.word_counts, rare_limit(index)))
    pairs = pair_up(olds + 1, np.zeros_like(olds))
    found = account(PairTask(pairs, both, flags, thresholds_for(index.config.threshold)))
    relation, scores = found["relation"], found["scores"]
    same = np.isin(olds, exact)
    no_copy = np.isin(relation, NO_COPY) & ~same
    order = np.lexsort((olds, -scores[:, CONTAINMENT], -scores[:, RESEMBLANCE], no_copy))[:limit]
    inside = words <= index.documents.lengths_of(olds)

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
