"""What datasketch gives: the hash family of MinHash, the split into bands for a threshold, and the exchange format."""

from __future__ import annotations

from functools import cache
from importlib.metadata import version
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedup.kernel import kept

if TYPE_CHECKING:
    from datasketch import LeanMinHash

#: Values of a signature.
PERMUTATIONS = 128
#: datasketch's default; sketches of different seeds do not compare.
SEED = 1
_SCHEME = "affine32"
#: Bands and rows of a signature where no threshold is asked for: 32 x 4 finds 87 % of pairs at resemblance .5, all at
#: .8. Thinner bands (37 x 3) found nothing more beside the sampled shingles, and chance pairs that grow with the
#: square.
BANDS, ROWS = 32, 4
#: For .99 and more datasketch would take a single band, and refuses it; bands for less find all that resembles more.
_MOST_SPLIT = 0.95


class Family(NamedTuple):
    """Hold what all sketches of a run share: `permutations` uint32[2, count], and `bands` of `rows` values each."""

    permutations: NDArray[np.uint32]
    bands: int = BANDS
    rows: int = ROWS


@cache
def draw_family(threshold: float | None = None) -> Family:
    """Draw the permutations, and split signatures for candidates of resemblance `threshold`.

    datasketch takes .4 s to import: call it once a run, and hand the family to the processes that sketch.

    >>> draw_family(0.7)[1:]
    (14, 9)
    """
    if threshold is None:
        return Family(draw_permutations())
    from datasketch import MinHashLSH

    index = MinHashLSH(threshold=min(threshold, _MOST_SPLIT), num_perm=PERMUTATIONS)
    return Family(draw_permutations(), index.b, index.r)


def draw_permutations(count: int = PERMUTATIONS, seed: int = SEED) -> NDArray[np.uint32]:
    """Draw the factors and the shifts of `count` permutations, uint32[2, count]; those of datasketch, kept on disk."""

    def draw() -> NDArray[np.uint32]:
        from datasketch import MinHash

        return np.array(MinHash(num_perm=count, seed=seed, scheme=_SCHEME).permutations, dtype=np.uint32)

    return kept(f"permutations-{count}-{seed}-{_SCHEME}-{version('datasketch')}", draw, __file__)


def to_lean(signature: NDArray[np.uint32], seed: int = SEED) -> LeanMinHash:
    """Give a signature to datasketch: its indexes, which several machines can share, and its byte format.

    >>> from dedup.sketch import sign, to_lean
    >>> one, other = sign(["مطر غزير في الجبل", "مطر غزير في السهل"], ngram=2).signatures
    >>> to_lean(one).jaccard(to_lean(other)) == float((one == other).mean())
    True
    """
    from datasketch import LeanMinHash

    return LeanMinHash(seed=seed, hashvalues=signature, scheme=_SCHEME)
