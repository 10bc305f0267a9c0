"""Decide for a whole corpus which documents go, for which survivor, and why.

`decide` reads from top to bottom: each step says which of the documents that are left go (`Going`), and the next
sees those that stay. Documents are numbered by rank, so that the smaller number is the better one.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from corpus.run import Map
from dedup.compare.rarity import flag_words
from dedup.compare.relation import CONTAINED, thresholds_for
from dedup.config import DedupConfig
from dedup.decide.against import NOTHING_FULLER, Fuller, Old, find_known, rare_limit
from dedup.decide.clusters import group
from dedup.decide.crowds import find_crowds
from dedup.decide.digests import absorb, find_digests, keep_digests
from dedup.decide.pairs import ACCOUNT, PairTask, Rows, find_accounts, find_candidates, find_edges
from dedup.decide.shared import Shared, find_keys, find_named
from dedup.decide.survivors import Ranked, find_repeats, pick_survivors, rank_documents
from dedup.decide.versions import find_versions
from dedup.sketch.bands import NO_PAIRS, distinct, ends_of, pair_up
from dedup.store.arrays import Opened, pack, unpack
from dedup.store.index import Found, Index
from dedup.store.summaries import Summaries
from dedup.store.summary import MIN_WORDS


class Reason(IntEnum):
    """Say what became of a document: it stays, or why it goes."""

    KEPT = 0
    SAME_RECORD = 1
    EXACT = 2
    NEAR = 3
    INSIDE = 4
    EXTENDED = 5
    EARLIER = 6


#: The reasons as they stand in removed/, and the relations to the survivor as they stand in clusters.jsonl.
REASONS = ("", "duplicate-id", "exact-duplicate", "near-duplicate", "contained", "extended", "earlier-version")
RELATIONS = ("survivor", "same", "exact", "near", "contained", "extended", "earlier")
#: A document that goes: for which survivor, from N, the number of documents, on one of the index; the document it was
#: compared with where that is another one, else -1; why (`Reason`), and how it compares with the survivor.
GONE = np.dtype(
    [("gone", np.int64), ("survivor", np.int64), ("anchor", np.int64), ("reason", np.uint8), ("account", ACCOUNT)]
)


class Decisions(NamedTuple):
    """Hold what was decided: of each document that goes one row, GONE, in their order; all others stay.

    `renamed` int64: documents that stay, but whose id names another story too. `ranks` int64[N]: the place of each
    document by the survivor policy.
    """

    rows: Rows = np.empty(0, GONE)
    renamed: NDArray[np.int64] = np.empty(0, dtype=np.int64)
    ranks: NDArray[np.int64] = np.empty(0, dtype=np.int64)

    def rows_of(self, documents: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the row of each of some documents, -1 for those that stay."""
        gone = np.append(self.rows["gone"], -1)
        places = np.searchsorted(gone[:-1], documents)
        return np.where(gone[places] == documents, places, -1)

    def last(self, documents: NDArray[np.int64]) -> NDArray[np.int64]:
        """Follow copies of copies to the one that is kept."""
        while len(gone := np.flatnonzero((rows := self.rows_of(documents)) >= 0)):
            documents = documents.copy()
            documents[gone] = self.rows["survivor"][rows[gone]]
        return documents


class Going:
    """Write down which ranks go; `kept` marks the others."""

    def __init__(self, ranked: Ranked) -> None:
        self.ranked, self.kept = ranked, np.ones(len(ranked.order), dtype=bool)
        self._rows = [np.empty(0, GONE)]

    def remove(
        self,
        ranks: NDArray[np.int64],
        reason: NDArray[np.int64] | Reason,
        survivor: NDArray[np.int64],
        account: Rows | None = None,
        anchor: NDArray[np.int64] | int = -1,
    ) -> None:
        """Let ranks go that are as yet kept; without an `account` they have all words of their survivors."""
        rows = np.zeros(len(ranks), GONE)
        rows["gone"], rows["survivor"], rows["anchor"], rows["reason"] = ranks, survivor, anchor, reason
        if account is not None:
            rows["account"] = account
        elif reason != Reason.SAME_RECORD:  # of a record nothing is said
            rows["account"]["scores"][:, :4] = 1  # the four shares; nothing differs, and nothing comes first
            rows["account"]["passage"][:, 1] = self.ranked.lengths[ranks]
        self._rows.append(rows)
        self.kept[ranks] = False

    def remove_repeats(self, shared: Shared, equal: NDArray[np.bool_], reason: Reason) -> None:
        """Let those go, of the `equal` ranks that are kept, which share something with a better one."""
        places, firsts = find_repeats(shared.groups, (self.kept & equal)[shared.ranks])
        self.remove(shared.ranks[places], reason, shared.ranks[firsts])

    def table(self) -> Decisions:
        """Return all that goes, by rank, each for one that is kept."""
        rows = np.concatenate(self._rows)
        found = Decisions(rows[np.argsort(rows["gone"])])
        rows = found.rows.copy()
        middle = found.rows_of(rows["survivor"])
        moved = np.flatnonzero((middle >= 0) & (rows["reason"] == Reason.EXACT))
        for column in ("reason", "account", "anchor"):
            rows[column][moved] = found.rows[column][middle[moved]]
        rows["survivor"] = found.last(rows["survivor"])
        return Decisions(rows)


def decide(
    summaries: Summaries, config: DedupConfig, bands: int, run: Map, index: Index | None = None
) -> tuple[Decisions, Fuller]:
    """Decide which documents go, by their numbers in the summaries, and which take the place of those of the `index`.

    All others of the index win against all that come. Of all documents few bytes each are held here; what has to be
    known of them besides is looked up by tasks.
    """
    ranked = rank_documents(summaries, config.survivor, run)
    shared = find_named(run, ranked)
    going = Going(ranked)
    found = None if index is None else index.look_up(summaries, run, near=config.near)
    if found is not None:
        olds, news = _first(found.record)
        going.remove(ranked.ranks[news], Reason.SAME_RECORD, len(summaries) + olds)
    going.remove_repeats(shared["record"], going.kept, Reason.SAME_RECORD)
    # Texts that are too short to be compared are copies only where `exact` asks for them.
    equal = np.full(len(summaries), fill_value=True) if config.exact else config.near & (ranked.lengths >= MIN_WORDS)
    reason = Reason.EXACT if config.exact else Reason.NEAR
    going.remove_repeats(shared["exact"], equal, reason)
    if found is not None:
        # What the index has survives whatever the policy says; of several old documents the first of the index wins.
        olds, news = _first(found.words)
        ranks = ranked.ranks[news]
        open_ = (going.kept & equal)[ranks]
        going.remove(ranks[open_], reason, len(summaries) + olds[open_])
    old = None if index is None or found is None else (index, found)
    fuller = _remove_near(going, shared, config, bands, run, old) if config.near else NOTHING_FULLER
    return _finish(going, shared["id"], found, fuller)


def _first(pairs: NDArray[np.uint64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return of each new document in pairs `old << 32 | new` the first old one, and itself."""
    olds, news = ends_of(pairs)
    news, at = np.unique(news, return_index=True)
    return olds[at], news


def _remove_near(
    going: Going, shared: Mapping[str, Shared], config: DedupConfig, bands: int, run: Map, old: Old | None
) -> Fuller:
    """Remove versions of one page, copies of what the index has, and all but one of each cluster.

    Returns which documents are fuller than those of the index that they hold.
    """
    ranked, kept, fuller = going.ranked, going.kept, NOTHING_FULLER
    how = PairTask(NO_PAIRS, ranked.summaries, thresholds=thresholds_for(config.threshold))
    versions, last = find_versions(run, ranked, shared, kept, config.latest)
    kept[versions] = False
    comparable = kept & (ranked.lengths >= MIN_WORDS)
    keys = find_keys(run, ranked, bands, _give(run, comparable))
    crowded, copies, leaders = find_crowds(run, ranked, bands, keys)
    # A story does not become common by being copied.
    counted = kept.copy()
    counted[crowded] = False
    counted[leaders] = True
    if old is not None:
        everything, rare = np.full(len(kept), fill_value=True), (old[0].word_counts, rare_limit(old[0]))
        how = how._replace(flags=flag_words(run, ranked.summaries, counted[ranked.ranks], everything, rare))
        known, fuller = find_known(run, how, kept[ranked.ranks], old)
        olds = len(kept) + known.old
        going.remove(ranked.ranks[known.new], _name(known.accounts, known.longer), olds, known.accounts)
        # Whose leader is in the index is compared for itself.
        copies, leaders = (column[kept[copies] & kept[leaders]] for column in (copies, leaders))
    comparable &= kept
    comparable[copies] = False
    candidates = find_candidates(run, ranked, keys, _give(run, comparable))
    if old is None:
        compared = np.zeros(len(kept), dtype=bool)
        for ends in (versions, last, *(ends for part in candidates for ends in ends_of(part["pairs"]))):
            compared[ends] = True
        flags = flag_words(run, ranked.summaries, counted[ranked.ranks], compared[ranked.ranks])
        how = how._replace(flags=flags)
    edges = find_edges(run, candidates, ranked, how)
    # From here on, of all documents those alone are looked at that something is like, numbered through.
    nodes = distinct(np.concatenate((*ends_of(edges["pair"]), copies, leaders, versions, last)))
    near = ranked.only(nodes)
    edges["pair"] = pair_up(*(np.searchsorted(nodes, ends) for ends in ends_of(edges["pair"])))
    copies, leaders, versions, last = (np.searchsorted(nodes, ranks) for ranks in (copies, leaders, versions, last))
    anchors = group(edges, len(nodes))
    anchors[copies] = anchors[leaders]
    digests = find_digests(edges, near.lengths, anchors)
    best = pick_survivors(near, config.survivor, ranked.order[np.flatnonzero(~kept)], anchors, digests)
    attached = absorb(edges, near.lengths, digests, best)
    keep_digests(run, how, near.order, edges, digests, best)
    # A version is compared with the survivor of the last one, whoever that is; that may be a version of another page.
    best[versions], anchors[versions] = last, last
    best[versions] = best[best[versions]]
    gone = np.flatnonzero(best != np.arange(len(best)))
    survivors, gone = ends_of(np.sort(pair_up(best[gone], gone)))
    accounts = find_accounts(run, how._replace(pairs=pair_up(near.order[survivors], near.order[gone])))
    reasons = _name(accounts, near.lengths[gone] > near.lengths[survivors])
    reasons[np.isin(gone, attached) & (reasons == Reason.NEAR)] = Reason.INSIDE
    reasons[np.isin(gone, versions)] = Reason.EARLIER
    # All that a digest has is kept, in one document or another.
    accounts["own"][digests[gone]] = 0
    anchor = np.where(anchors[gone] == survivors, -1, nodes[anchors[gone]])
    going.remove(nodes[gone], reasons, nodes[survivors], accounts, anchor)
    return fuller


def _give(run: Map, among: NDArray[np.bool_]) -> Opened:
    """Give tasks marks of all ranks: in a file, which they read in places."""
    (given,) = run(pack, [{"among": among}])
    return unpack(given)


def _name(accounts: NDArray[np.void], longer: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return the reason why a document goes that compares so with its survivor, and is `longer` or not."""
    return np.where(accounts["relation"] == CONTAINED, np.where(longer, Reason.EXTENDED, Reason.INSIDE), Reason.NEAR)


def _finish(going: Going, ids: Shared, found: Found | None, fuller: Fuller) -> tuple[Decisions, Fuller]:
    """Put all in the order of the summaries.

    A kept document whose id another one has as well, kept here or in the index and not replaced, is renamed.
    """
    ranked, kept, count = going.ranked, going.kept, len(going.kept)
    by_rank = going.table()
    ranks, groups = (column[kept[ids.ranks]] for column in ids)
    renamed = ranks[(np.bincount(groups) > 1)[groups]]
    if found is not None:
        olds, news = ends_of(found.id)
        taken = ranked.ranks[news[~np.isin(olds, fuller.old)]]
        renamed = np.union1d(renamed, taken[kept[taken]])
    order = np.append(ranked.order, -1)  # who has no anchor has none
    rows = by_rank.rows.copy()
    here = rows["survivor"] < count
    rows["survivor"][here] = order[rows["survivor"][here]]
    rows["gone"], rows["anchor"] = order[rows["gone"]], order[rows["anchor"]]
    best = by_rank.last(ranked.ranks[fuller.new])
    here = best < count
    fuller = Fuller(order[best[here]], fuller.old[here], fuller.shares[here])
    return Decisions(rows[np.argsort(rows["gone"])], np.sort(order[renamed]), ranked.ranks), fuller
