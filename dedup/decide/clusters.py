"""Group verified pairs into clusters without chains.

Star clustering with a condition. The best-connected document of those not yet placed is an anchor, its verified
neighbours may join it, strongest first, each only if it was verified against a fair share of those already there
(`COHESION`) and is at least a companion, something alike, of every one. So a story cannot wander from copy to
copy into another story, as it does in connected components, and what an anchor refuses is tried again among
itself. (Aslam, Pelekhov, Rus: The star clustering algorithm, 2004.)
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedup.compare.relation import NO_COPY, RESEMBLANCE
from dedup.decide.pairs import Rows
from dedup.kernel import compiled
from dedup.sketch.bands import ends_of

#: A document joins a cluster if it was verified against this share of the members.
COHESION = 0.5
#: Members beyond this many raise the bar no more: in giant clusters not every pair is compared.
FULL_BAR = 16
#: Rounds after which the rest stays alone; two or three empty the graph.
_ROUNDS = 16


class Graph(NamedTuple):
    """Hold pairs both ways: neighbours of i are `others[bounds[i]:bounds[i + 1]]`, companions where the score is 0."""

    bounds: NDArray[np.int64]
    others: NDArray[np.int64]
    scores: NDArray[np.float64]


def build_graph(count: int, pairs: NDArray[np.uint64], scores: NDArray[np.float32]) -> Graph:
    """Build the graph of `count` documents from pairs `first << 32 | second`; those with score 0 are companions."""
    first, second = ends_of(pairs)
    ends, others = np.concatenate((first, second)), np.concatenate((second, first))
    order = np.lexsort((others, ends))
    bounds = np.searchsorted(ends[order], np.arange(count + 1))
    return Graph(bounds.astype(np.int64), others[order], np.concatenate((scores, scores))[order].astype(np.float64))


@compiled("void(int64[::1], int64[::1], float64[::1], boolean[::1], boolean[::1])")
def _mark_anchors(bounds: Any, others: Any, scores: Any, free: Any, chosen: Any) -> None:
    """Mark the anchors: in order of weight, each document that has no anchor for a neighbour.

    A document weighs the squares of its scores: many copies count, close copies count more.
    """
    weights = np.zeros(len(free), dtype=np.float64)
    for document in range(len(free)):
        if free[document]:
            for at in range(bounds[document], bounds[document + 1]):
                if free[others[at]]:
                    weights[document] += scores[at] * scores[at]
    for document in np.argsort(-weights, kind="mergesort"):
        if weights[document] <= 0:
            break
        alone = True
        for at in range(bounds[document], bounds[document + 1]):
            alone = alone and not (chosen[others[at]] and scores[at] > 0)
        chosen[document] = alone


@compiled("int64(int64[::1], int64[::1], float64[::1], int64[::1], int64[::1], int64[::1], boolean[::1], int64[::1])")
def _join(
    bounds: Any,
    others: Any,
    scores: Any,
    places: Any,
    anchors: Any,
    joiners: Any,
    free: Any,
    cluster: Any,
) -> Any:
    """Let each of `joiners`, in the order of `places`, into the cluster of its anchor if the conditions hold."""
    sizes = np.ones(len(free), dtype=np.int64)
    joined = 0
    for spoke in places:
        anchor, joiner = anchors[spoke], joiners[spoke]
        if not free[joiner]:
            continue
        verified, alike = 0, 0
        for at in range(bounds[joiner], bounds[joiner + 1]):
            if cluster[others[at]] == anchor:
                alike += 1
                verified += scores[at] > 0
        bar = min(sizes[anchor], FULL_BAR)
        if verified >= COHESION * bar and alike >= bar:
            cluster[joiner], free[joiner] = anchor, False
            sizes[anchor] += 1
            joined += 1
    return joined


def find_anchors(graph: Graph) -> NDArray[np.int64]:
    """Return the anchor of each document, itself where it is alone or an anchor."""
    count = len(graph.bounds) - 1
    found, free = np.arange(count, dtype=np.int64), np.ones(count, dtype=np.bool_)
    ends = np.repeat(np.arange(count), np.diff(graph.bounds))
    for _ in range(_ROUNDS):
        chosen = np.zeros(count, dtype=np.bool_)
        _mark_anchors(*graph, free, chosen)
        spokes = np.flatnonzero(chosen[ends] & free[graph.others] & ~chosen[graph.others] & (graph.scores > 0))
        anchors, joiners = ends[spokes], graph.others[spokes]
        places = np.lexsort((joiners, anchors, -graph.scores[spokes]))
        if not _join(*graph, places, anchors, joiners, free, found):
            break
        free[found[found != np.arange(count)]] = False
    return found


def group(edges: Rows, count: int) -> NDArray[np.int64]:
    """Return the anchor of the cluster of each of `count` documents."""
    scores = np.maximum(edges["scores"][:, RESEMBLANCE], np.float32(1e-6))
    scores = np.where(np.isin(edges["relation"], NO_COPY), np.float32(0), scores)
    return find_anchors(build_graph(count, edges["pair"], scores))
