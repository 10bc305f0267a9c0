"""What of deduplication can be configured, and why the defaults are what they are."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

import msgspec

#: Values of a signature.
SIGNATURE = 128

Share: TypeAlias = Annotated[float, msgspec.Meta(ge=0, le=1)]
#: Bounds above keep numbers that mean nothing out; a shingle or a band is never as large as a signature.
Count: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=10**9)]
Positive: TypeAlias = Annotated[int, msgspec.Meta(ge=1, le=SIGNATURE)]

Criterion: TypeAlias = Literal["preferred", "extraction", "longest", "earliest"]


class DedupConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Configure what counts as a copy and which copy survives.

    The thresholds were set together on 122 judged pairs of 31,030 Saudi articles and on 5,618 edited articles with
    and without chrome; they lie in the middle of ranges over which the figures hardly move.
    """

    #: Remove documents whose folded words are all the same.
    exact: bool = True
    #: Remove edited, truncated and extended copies.
    near: bool = True
    #: Also remove paragraphs that the corpus has word for word elsewhere.
    paragraphs: bool = False

    #: Which copy survives: the first criterion that tells two apart; after all of them, the smallest id.
    survivor: tuple[Criterion, ...] = ("longest", "earliest")
    #: Outlets for the criterion "preferred", best first.
    preferred_outlets: tuple[str, ...] = ()
    #: Values of trace["extractor"] for the criterion "extraction", best first.
    extractors: tuple[str, ...] = ()

    #: Words in a shingle.
    ngram: Positive = 3
    #: Bands and rows of the 128 values of a signature: 32 x 4 finds 87 % of pairs at resemblance .5, all at .8. Thinner
    #: bands (37 x 3) found nothing more beside the sampled shingles, and chance pairs that grow with the square.
    bands: Positive = 32
    rows: Positive = 4
    #: A text with fewer words is compared for equality only.
    min_words: Count = 20
    #: With fewer words nothing is a copy: of 31,030 articles twelve groups agree in one to four words, the name of a
    #: writer or of who is in the picture, and all are different articles.
    min_exact_words: Count = 5

    #: A copy shares at least this much: shingles of both over shingles of either, chrome left aside.
    min_resemblance: Share = 0.25
    #: ... and this share of the rare words of the shorter text, ...
    min_rare: Share = 0.8
    #: ... and this share of the rare words of the longer one.
    min_rare_back: Share = 0.4
    #: Resemblance that needs no rare words to prove it.
    sure_resemblance: Share = 0.8
    #: A truncated copy, or a page that holds the whole story: share of the shorter text's shingles, ...
    min_containment: Share = 0.88
    #: ... and of its rare words.
    min_contained_rare: Share = 0.93
    #: A copy cut and rearranged, in which no name changed in its place: resemblance, containment, rare words.
    min_cut_resemblance: Share = 0.3
    min_cut_containment: Share = 0.55
    min_cut_rare: Share = 0.6
    #: Templates: places where the texts around agree and the numbers differ; more than this many, no copy.
    max_changed_numbers: Count = 0
    #: A page that tells another story first is no copy: share of the longer text before the first shared passage. Any
    #: value from .33 to .40 does; chosen on 229 more pairs of those articles, judged by reading what differs.
    max_depth: Share = 0.35

    #: A word is rare in at most this share of documents, of the corpus and of the outlet.
    rare_share: Share = 0.01
    #: A shingle in more than this share of an outlet's documents is its chrome or its template.
    common_share: Share = 0.02
    #: Both shares never mean fewer documents than this.
    min_common: Count = 10
    #: A document joins a cluster if it was verified against this share of the members ...
    cohesion: Share = 0.5
    #: ... and has at least this containment with the rest.
    min_companion: Share = 0.3

    def __post_init__(self) -> None:
        if self.bands * self.rows > SIGNATURE:
            raise ValueError(f"bands x rows must be at most {SIGNATURE}")
        if self.min_words < self.ngram:
            raise ValueError("min_words must be at least ngram")
