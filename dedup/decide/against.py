"""Compare new documents with those of an index: what is kept already wins, and names the survivor."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from corpus.run import Map
from dedup.compare.verify import FEATURES, NO_COPY, Judgement
from dedup.decide.index import Index, join_texts
from dedup.decide.pairs import VerifyTask, account, cut_pairs, in_batches
from dedup.sketch.bands import ends_of
from dedup.store.summary import Shards


class Known(NamedTuple):
    """Hold new documents that the index has: for each its best match, in order of `new`."""

    new: NDArray[np.int64]
    old: NDArray[np.int64]
    judged: Judgement
    passage: NDArray[np.int64]
    longer: NDArray[np.bool_]


def find_known(
    shards: Shards, wanted: NDArray[np.bool_], flags: NDArray[np.uint8], index: Index, run: Map
) -> Known:
    """Return which of the `wanted` new documents are copies of old ones."""
    pairs = index.candidates(shards)
    pairs = pairs[wanted[ends_of(pairs)[1]]]
    pieces = list(in_batches(run, account, _tasks(shards, flags, index, pairs)))
    if not pieces:
        return _nothing()
    found = np.concatenate([piece[0] for piece in pieces])
    relation = np.concatenate([piece[1].relation for piece in pieces])
    scores = np.concatenate([piece[1].scores for piece in pieces])
    passage = np.concatenate([piece[2] for piece in pieces])
    copies = np.flatnonzero(~np.isin(relation, NO_COPY))
    olds, news = ends_of(found)
    order = copies[np.lexsort((found[copies], -scores[copies, 1], -scores[copies, 0], news[copies]))]
    best = order[np.unique(news[order], return_index=True)[1]]
    new, old = news[best], olds[best]
    longer = shards.lengths_of(new) > _lengths(index, old)
    return Known(new, old, Judgement(relation[best], scores[best]), passage[best], longer)


def _tasks(
    shards: Shards, flags: NDArray[np.uint8], index: Index, pairs: NDArray[np.uint64]
) -> Iterator[VerifyTask]:
    lengths = shards.lengths_of(np.arange(len(shards)))
    for part in cut_pairs(pairs, lengths[ends_of(pairs)[1]]):
        old, new = ends_of(part)
        olds, news = np.unique(old), np.unique(new)
        texts = join_texts(index.texts(olds), shards.texts(news, flags))
        firsts, seconds = np.searchsorted(olds, old), len(olds) + np.searchsorted(news, new)
        yield VerifyTask(part, texts, firsts, seconds, index.config)


def _lengths(index: Index, documents: NDArray[np.int64]) -> NDArray[np.int64]:
    distinct, places = np.unique(documents, return_inverse=True)
    return index.shards.lengths_of(distinct)[places]


def _nothing() -> Known:
    none = np.empty(0, dtype=np.int64)
    judged = Judgement(none.astype(np.uint8), np.empty((0, len(FEATURES)), dtype=np.float32))
    return Known(none, none, judged, none.reshape(0, 2), none.astype(bool))
