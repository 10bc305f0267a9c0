"""Say what becomes of pages that hold other texts, and of the texts that they hold.

A page of several stories survives for none of them, and goes only if all it has is kept. A truncated copy goes for the
survivor of the text that it was cut from, even where it is unlike the rest of the cluster.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from corpus.run import Map
from dedup.compare.relation import CONTAINED, CONTAINMENT, HELD, NEAR, NO_COPY, RESEMBLANCE
from dedup.decide.pairs import PairTask, Rows, find_own
from dedup.sketch.bands import distinct, ends_of, pair_up

#: A text that resembles its survivor so much has its truncated copies go with it, though the survivor may have other
#: words for what they have. Of 2,600 edited articles, pages with one more article appended reach .71 with each other,
#: and what that was appended to must not go with them; a new opening leaves .76 of a story of 220 words.
SAME_STORY = 0.75


def find_digests(edges: Rows, lengths: NDArray[np.int64], anchors: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Mark pages that hold a story of another cluster as well: one they tell second, or beside one of their own."""
    first, second = ends_of(edges["pair"])
    apart = anchors[first] != anchors[second]
    long = np.where(lengths[first] >= lengths[second], first, second)
    digests, held, copied, holds = np.zeros((4, len(anchors)), dtype=bool)
    digests[long[apart & (edges["relation"] == HELD)]] = True
    held[long[apart & (edges["relation"] == CONTAINED)]] = True
    holds[long[~apart & (edges["relation"] == CONTAINED)]] = True
    copied[np.concatenate(ends_of(edges["pair"][~apart & (edges["relation"] == NEAR)]))] = True
    return np.asarray(digests | (held & holds & ~copied))


def absorb(
    edges: Rows, lengths: NDArray[np.int64], digests: NDArray[np.bool_], best: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Let survivors that are truncated copies go for the survivor of the text that holds them; return which ones do.

    That is the text itself, or has something of the copy as well, or is nearly the same. `best` int64[N] changes.
    """
    first, second = ends_of(edges["pair"])
    swapped = lengths[first] > lengths[second]
    short, long = np.where(swapped, second, first), np.where(swapped, first, second)
    apart = (edges["relation"] == CONTAINED) & (best[short] == short) & (best[long] != short)
    held = np.flatnonzero(apart & ~digests[long] & (lengths[short] < lengths[long]))
    short, long = short[held], long[held]
    target = best[long]

    def resemblance(ones: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return how far each of `ones` resembles its target, -1 where nothing is known of the two."""
        pairs = pair_up(np.minimum(ones, target), np.maximum(ones, target))
        places = np.minimum(np.searchsorted(edges["pair"], pairs), len(edges["pair"]) - 1)
        return np.where(edges["pair"][places] == pairs, edges["scores"][places, RESEMBLANCE], np.float32(-1))

    fits = (target == long) | (resemblance(short) >= 0) | (resemblance(long) >= SAME_STORY)
    order = np.lexsort((target[fits], -edges["scores"][held[fits], CONTAINMENT]))
    short, at = np.unique(short[fits][order], return_index=True)
    best[short] = target[fits][order][at]
    while not np.array_equal(best, best[best]):
        best[:] = best[best]
    return short


def keep_digests(
    run: Map,
    how: PairTask,
    documents: NDArray[np.int64],
    edges: Rows,
    digests: NDArray[np.bool_],
    best: NDArray[np.int64],
) -> None:
    """Let those of `digests` survive that have a passage which no document kept has; their copies go for them.

    `edges` are between places in `documents`; `best`, the survivor of each of them, changes in place.
    """
    kept = best == np.arange(len(best))
    first, second = ends_of(edges["pair"])
    ends, others = np.concatenate((first, second)), np.concatenate((second, first))
    beside = digests[ends] & ~kept[ends] & kept[others]
    pages = ends[beside]
    staying = distinct(pages[find_own(run, how._replace(pairs=pair_up(documents[others[beside]], documents[pages])))])
    best[staying] = staying
    copies = ~np.isin(edges["relation"], NO_COPY) & np.isin(first, staying) & np.isin(second, staying)
    for better, worse in zip(first[copies].tolist(), second[copies].tolist(), strict=True):
        if best[better] == better:
            best[worse] = better
