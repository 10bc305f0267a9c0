"""What of deduplication can be configured; the figures it works by stand beside the code that uses them."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

import msgspec

Criterion: TypeAlias = Literal["preferred", "extraction", "longest", "earliest", "latest"]


class DedupConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Configure what counts as a copy and which copy survives."""

    #: Remove documents whose folded words are all the same.
    exact: bool = True
    #: Remove edited, truncated and extended copies.
    near: bool = True
    #: Also remove paragraphs that the corpus has word for word elsewhere.
    paragraphs: bool = False

    #: Which copy survives: the first criterion that tells two apart; after all of them, the smallest id.
    survivor: tuple[Criterion, ...] = ("longest", "earliest")
    #: Of the versions of one page (of one address, or of one title where the later holds the former) the last one
    #: survives; if not, the one that `survivor` says.
    latest: bool = True
    #: Outlets for the criterion "preferred", best first.
    preferred_outlets: tuple[str, ...] = ()
    #: Values of trace["extractor"] for the criterion "extraction", best first.
    extractors: tuple[str, ...] = ()

    #: Resemblance from which two texts may be near copies, shingles of both over shingles of either; None for the
    #: thresholds that were chosen together (`dedup.compare.relation`). Truncated copies are found whatever it is.
    threshold: Annotated[float, msgspec.Meta(gt=0, le=1)] | None = None
