"""Group verified pairs into clusters without chains.

Star clustering with a condition. The best-connected document of those not yet placed is an anchor, its verified
neighbours may join it, strongest first, each only if it was verified against a fair share of those already there
(`cohesion`) and is at least a companion, something alike, of every one. So a story cannot wander from copy to
copy into another story, as it does in connected components, and what an anchor refuses is tried again among
itself. (Aslam, Pelekhov, Rus: The star clustering algorithm, 2004.)
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedup.compare.relation import CONTAINED, CONTAINMENT, HELD, NO_COPY, RESEMBLANCE
from dedup.decide.pairs import Edges
from dedup.kernel import compiled
from dedup.sketch.bands import ends_of, pair_up

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


@compiled("boolean[::1](int64[::1], int64[::1], float64[::1], boolean[::1])")
def _mark_anchors(bounds: Any, others: Any, scores: Any, free: Any) -> Any:
    """Mark the anchors: in order of weight, each document that has no anchor for a neighbour.

    A document weighs the squares of its scores: many copies count, close copies count more.
    """
    weights, chosen = np.zeros(len(free), dtype=np.float64), np.zeros(len(free), dtype=np.bool_)
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
    return chosen


@compiled(
    "int64(int64[::1], int64[::1], float64[::1], int64[::1], int64[::1], int64[::1], boolean[::1], float64, int64[::1])"
)
def _join(
    bounds: Any,
    others: Any,
    scores: Any,
    places: Any,
    anchors: Any,
    joiners: Any,
    free: Any,
    cohesion: Any,
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
        if verified >= cohesion * bar and alike >= bar:
            cluster[joiner], free[joiner] = anchor, False
            sizes[anchor] += 1
            joined += 1
    return joined


def find_anchors(graph: Graph, cohesion: float = COHESION) -> NDArray[np.int64]:
    """Return the anchor of each document, itself where it is alone or an anchor."""
    count = len(graph.bounds) - 1
    found, free = np.arange(count, dtype=np.int64), np.ones(count, dtype=np.bool_)
    ends = np.repeat(np.arange(count), np.diff(graph.bounds))
    for _ in range(_ROUNDS):
        chosen = _mark_anchors(*graph, free)
        spokes = np.flatnonzero(chosen[ends] & free[graph.others] & ~chosen[graph.others] & (graph.scores > 0))
        anchors, joiners = ends[spokes], graph.others[spokes]
        places = np.lexsort((joiners, anchors, -graph.scores[spokes]))
        if not _join(*graph, places, anchors, joiners, free, cohesion, found):
            break
        free[found[found != np.arange(count)]] = False
    return found


def group(edges: Edges, lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the anchor of the cluster of each document, of which there are as many as `lengths` in words."""
    ends = np.stack(ends_of(edges.pairs))
    nodes = np.unique(ends)
    scores = np.maximum(edges.scores[:, RESEMBLANCE], np.float32(1e-6))
    scores = np.where(np.isin(edges.relation, NO_COPY), np.float32(0), scores)
    graph = build_graph(len(nodes), pair_up(*np.searchsorted(nodes, ends)), scores)
    anchors = np.arange(len(lengths), dtype=np.int64)
    anchors[nodes] = nodes[find_anchors(graph)]
    _attach(edges, lengths, anchors)
    return anchors


def _attach(edges: Edges, lengths: NDArray[np.int64], anchors: NDArray[np.int64]) -> None:
    """Let a truncated copy left alone into the cluster of a text that holds all of it.

    It need not be verified against a fair share of the members, for edits of the part it has lost its likeness to
    some; but it must be a companion of each, or it may be the other half of a page that holds two stories.
    """
    first, second = ends_of(edges.pairs)
    sizes = np.bincount(anchors, minlength=len(anchors))
    alone = sizes[anchors] == 1
    swapped = lengths[first] > lengths[second]
    short, long = np.where(swapped, second, first), np.where(swapped, first, second)
    held = (edges.relation == CONTAINED) & alone[short] & ~alone[long]
    if not held.any():
        return
    ones, others = np.concatenate((first, second)), np.concatenate((second, first))
    near = alone[ones] & ~alone[others]
    pairs, alike = np.unique(pair_up(ones[near], anchors[others[near]]), return_counts=True)
    wanted = pair_up(short[held], anchors[long[held]])
    fits = alike[np.searchsorted(pairs, wanted)] >= np.minimum(sizes[anchors[long[held]]], FULL_BAR)
    order = np.lexsort((wanted[fits], -edges.scores[held][fits, CONTAINMENT]))
    joiners = short[held][fits][order]
    chosen, at = np.unique(joiners, return_index=True)
    anchors[chosen] = anchors[long[held][fits][order][at]]


def find_collections(
    edges: Edges, lengths: NDArray[np.int64], anchors: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Mark pages that hold another story as well: they do not survive for either."""
    first, second = ends_of(edges.pairs)
    inside = np.isin(edges.relation, (CONTAINED, HELD)) & (anchors[first] != anchors[second])
    first, second = first[inside], second[inside]
    collections = np.zeros(len(anchors), dtype=bool)
    collections[np.where(lengths[first] >= lengths[second], first, second)] = True
    return collections
