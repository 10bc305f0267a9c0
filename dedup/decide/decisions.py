"""Decide for a whole corpus which documents go, for which survivor, and why.

`decide` reads from top to bottom: each step says which of the documents that are left go (`Removed`), and the next
sees those that stay. Documents are numbered by rank, so that the smaller number is the better one.
"""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from corpus.run import Map
from dedup.compare.rarity import Among, flag_words
from dedup.compare.relation import CONTAINED, thresholds_for
from dedup.config import DedupConfig
from dedup.decide.against import NOTHING_FULLER, Fuller, find_known, rare_in
from dedup.decide.clusters import group
from dedup.decide.crowds import find_crowds
from dedup.decide.digests import absorb, find_digests, keep_digests
from dedup.decide.pairs import ACCOUNT, find_accounts, find_candidates, find_edges, pair_tasks
from dedup.decide.survivors import Ranked, find_repeats, pick_survivors, rank_documents
from dedup.decide.versions import find_versions
from dedup.sketch.bands import ends_of, pair_up
from dedup.store.index import Index
from dedup.store.summaries import COMMON, Summaries
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
#: What makes two records one; an id alone does not, for two outlets may number alike.
_RECORD = ("outlet", "id", "text")


class Decisions(NamedTuple):
    """Hold what was decided of N documents.

    `reason` uint8[N] (`Reason`); `survivor` int64[N]: itself where kept, from N on documents of the index;
    `anchor` int64[N]: the document it was compared with where that is not the survivor, else -1; `account` ACCOUNT[N]:
    how it compares with the survivor; `rank` int64[N]: the place by the survivor policy; `renamed` bool[N]: kept, but
    its id names another story too.
    """

    reason: NDArray[np.uint8]
    survivor: NDArray[np.int64]
    anchor: NDArray[np.int64]
    account: NDArray[np.void]
    rank: NDArray[np.int64]
    renamed: NDArray[np.bool_]

    @classmethod
    def of_none(cls, count: int) -> Decisions:
        """Keep all of `count` documents."""
        return cls(
            reason=np.zeros(count, dtype=np.uint8),
            survivor=np.arange(count, dtype=np.int64),
            anchor=np.full(count, -1, dtype=np.int64),
            account=np.zeros(count, dtype=ACCOUNT),
            rank=np.arange(count, dtype=np.int64),
            renamed=np.zeros(count, dtype=bool),
        )

    @property
    def kept(self) -> NDArray[np.bool_]:
        """Mark the documents that stay."""
        return np.asarray(self.reason == Reason.KEPT)

    def remove(
        self,
        ranks: NDArray[np.int64],
        reason: NDArray[np.int64] | Reason,
        survivor: NDArray[np.int64],
        account: NDArray[np.void],
    ) -> None:
        """Write down that documents go."""
        self.reason[ranks], self.survivor[ranks], self.account[ranks] = reason, survivor, account


def decide(
    summaries: Summaries, config: DedupConfig, bands: int, run: Map, index: Index | None = None
) -> tuple[Decisions, Fuller]:
    """Decide which documents go, in the order of the summaries, and which take the place of those of the `index`.

    All others of the index win against all that come.
    """
    ranked = rank_documents(summaries, config.survivor)
    decided = Decisions.of_none(len(summaries))
    _remove_same_records(ranked, decided, index)
    # Texts that are too short to be compared are copies only where `exact` asks for them.
    equal = np.full(len(summaries), fill_value=True) if config.exact else config.near & (ranked.lengths >= MIN_WORDS)
    reason = Reason.EXACT if config.exact else Reason.NEAR
    high, low = ranked.column("exact_high"), ranked.column("exact_low")
    ranks, survivors = find_repeats([low, high], decided.kept & equal & ((high | low) != 0))
    decided.remove(ranks, reason, survivors, _account_of_equal(ranked, ranks))
    if index is not None:
        # What the index has survives whatever the policy says; of several old documents the last that is written down
        # wins: the first of the index.
        olds, news = (ends[::-1] for ends in index.same_words(summaries))
        ranks = ranked.unrank(decided.rank)[news]
        open_ = (decided.kept & equal)[ranks]
        ranks, survivors = ranks[open_], len(summaries) + olds[open_]
        decided.remove(ranks, reason, survivors, _account_of_equal(ranked, ranks))
    fuller = _remove_near(ranked, decided, config, bands, run, index) if config.near else NOTHING_FULLER
    return _finish(ranked, decided, index, fuller)


def _remove_near(
    ranked: Ranked, decided: Decisions, config: DedupConfig, bands: int, run: Map, index: Index | None
) -> Fuller:
    """Remove versions of one page, copies of what the index has, and all but one of each cluster.

    Returns which documents are fuller than those of the index that they hold.
    """
    fuller = NOTHING_FULLER
    summaries, thresholds, count = ranked.summaries, thresholds_for(config.threshold), len(ranked.order)
    versions, last = find_versions(ranked, decided.kept, config.latest, run)
    decided.reason[versions], decided.survivor[versions] = Reason.EARLIER, last
    comparable = np.flatnonzero(decided.kept & (ranked.lengths >= MIN_WORDS))
    leaders, crowded = find_crowds(ranked, comparable, bands, run)
    # A story does not become common by being copied.
    counted = decided.kept & (~crowded | np.isin(decided.rank, leaders[leaders != decided.rank]))
    if index is not None:
        flags = _flag(ranked, counted, np.full(count, fill_value=True), index)
        known, fuller = find_known(summaries, ranked.unrank(decided.kept), flags, index, run)
        ranks, olds = ranked.unrank(decided.rank)[known.new], len(summaries) + known.old
        decided.remove(ranks, _name(known.accounts, known.longer), olds, known.accounts)
        # Whose leader is in the index is compared for itself.
        leaders = np.where(decided.kept[leaders], leaders, decided.rank)
    comparable = comparable[decided.kept[comparable] & (leaders[comparable] == comparable)]
    candidates = find_candidates(ranked, comparable, bands, run)
    if index is None:
        flags = _flag(ranked, counted, np.isin(decided.rank, np.concatenate((*ends_of(candidates), versions, last))))
    edges = find_edges(run, pair_tasks(ranked, flags, thresholds, candidates))
    anchors = group(edges, count)[leaders]
    digests = find_digests(edges, ranked.lengths, anchors)
    best = pick_survivors(ranked, config.survivor, ~decided.kept, anchors, digests)
    attached = absorb(edges, ranked.lengths, digests, best)
    keep_digests(ranked, edges, flags, digests, best)
    # A version is compared with the survivor of the last one, whoever that is; that may be a version of another page.
    best[versions], anchors[versions] = last, last
    best[versions] = best[best[versions]]
    gone = np.flatnonzero(best != decided.rank)
    pairs = np.sort(pair_up(best[gone], gone))
    accounts = find_accounts(run, pair_tasks(ranked, flags, thresholds, pairs))
    survivors, gone = ends_of(pairs)
    reasons = _name(accounts, ranked.lengths[gone] > ranked.lengths[survivors])
    reasons[np.isin(gone, attached) & (reasons == Reason.NEAR)] = Reason.INSIDE
    reasons[np.isin(gone, versions)] = Reason.EARLIER
    # All that a digest has is kept, in one document or another.
    accounts["own"][digests[gone]] = 0
    decided.remove(gone, reasons, survivors, accounts)
    decided.anchor[gone] = np.where(anchors[gone] == survivors, -1, anchors[gone])
    return fuller


def _remove_same_records(ranked: Ranked, decided: Decisions, index: Index | None) -> None:
    """Remove records that come twice; of those that the index has, the old one stays."""
    columns, olds, count = [ranked.column(name) for name in _RECORD], 0, len(ranked.order)
    if index is not None:
        olds = len(index)
        known = [index.documents.column(name) for name in _RECORD]
        columns = [np.concatenate(pair) for pair in zip(known, columns, strict=True)]
    later, first = find_repeats(columns, np.ones(olds + count, dtype=bool))
    later, first = later[later >= olds] - olds, first[later >= olds] - olds
    survivor = np.where(first < 0, count + olds + first, first)
    decided.remove(later, Reason.SAME_RECORD, survivor, np.zeros(len(later), dtype=ACCOUNT))


def _account_of_equal(ranked: Ranked, ranks: NDArray[np.int64]) -> NDArray[np.void]:
    """Return the accounts of documents that share all their words with their survivors."""
    account = np.zeros(len(ranks), dtype=ACCOUNT)
    account["scores"][:, :4] = 1  # the four shares; nothing differs, and nothing comes first
    account["passage"][:, 1] = ranked.lengths[ranks]
    return account


def _flag(
    ranked: Ranked, kept: NDArray[np.bool_], compared: NDArray[np.bool_], index: Index | None = None
) -> NDArray[np.uint8]:
    """Return the flags of all words, set for the documents that are `compared`; what the index calls rare counts."""
    summaries = ranked.summaries
    flags = flag_words(summaries, Among(ranked.unrank(kept), ranked.unrank(compared)))
    if index is not None:
        for part in summaries.parts(np.arange(len(summaries))):
            flags[part.words] &= rare_in(index, part.arrays["words"]) | np.uint8(COMMON)
    return flags


def _name(accounts: NDArray[np.void], longer: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return the reason why a document goes that compares so with its survivor, and is `longer` or not."""
    return np.where(accounts["relation"] == CONTAINED, np.where(longer, Reason.EXTENDED, Reason.INSIDE), Reason.NEAR)


def _finish(ranked: Ranked, decided: Decisions, index: Index | None, fuller: Fuller) -> tuple[Decisions, Fuller]:
    """Follow copies of copies to the one that is kept, and put all in the order of the summaries.

    A kept document whose id another one has as well, kept here or in the index and not replaced, is renamed.
    """
    count = len(ranked.order)

    def follow(survivor: NDArray[np.int64]) -> NDArray[np.int64]:
        return np.where(survivor < count, decided.survivor[np.minimum(survivor, count - 1)], survivor)

    last = follow(decided.survivor)
    moved = np.flatnonzero((last != decided.survivor) & (decided.reason == Reason.EXACT))
    middle = decided.survivor[moved]
    for column in (decided.reason, decided.account, decided.anchor):
        column[moved] = column[middle]
    while not np.array_equal(last, follow(last)):
        last = follow(last)
    ids = ranked.column("id")
    distinct, places = np.unique(ids, return_inverse=True)
    taken = np.bincount(places[decided.kept], minlength=len(distinct)) > 1
    if index is not None:
        taken |= np.isin(distinct, np.delete(index.documents.column("id"), fuller.old))
    finished = decided._replace(
        survivor=np.where(last < count, ranked.order[np.minimum(last, count - 1)], last),
        anchor=np.where(decided.anchor < 0, -1, ranked.order[decided.anchor]),
        renamed=decided.kept & taken[places],
    )
    best = last[ranked.unrank(decided.rank)[fuller.new]]
    here = best < count
    fuller = Fuller(ranked.order[best[here]], fuller.old[here], fuller.shares[here])
    return Decisions(*(ranked.unrank(np.asarray(column)) for column in finished)), fuller
