"""Hash the paragraphs of documents: lines of at least `MIN_PARAGRAPH` words, by their folded words."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import chain
from typing import Any

import numpy as np
import xxhash
from numpy.typing import NDArray

from corpus.text import lines
from dedup.sketch.minhash import sign

#: Shorter lines are greetings, headings and credits, which belong to each document that has them.
MIN_PARAGRAPH = 12
#: The kernel is asked for word hashes only, for signatures of no values.
_NO_PERMUTATIONS = np.empty((2, 0), dtype=np.uint32)


def hash_paragraphs(text: str) -> dict[int, int]:
    """Return the 64-bit hash of the folded words of each long line, by its number."""
    parts = lines(text)
    sketches = sign(parts, 1, _NO_PERMUTATIONS)
    bounds = sketches.bounds.tolist()
    return {
        number: xxhash.xxh3_64_intdigest(sketches.words[bounds[number] : bounds[number + 1]].data)
        for number in range(len(parts))
        if bounds[number + 1] - bounds[number] >= MIN_PARAGRAPH
    }


def join_paragraphs(listed: Sequence[Collection[int]]) -> dict[str, NDArray[Any]]:
    """Return the hashes that all documents have, uint64, sorted, and the number of the document of each, uint32."""
    hashes = np.fromiter(chain.from_iterable(listed), dtype=np.uint64)
    sizes = np.array([len(one) for one in listed], dtype=np.int64)
    owners = np.repeat(np.arange(len(listed), dtype=np.uint32), sizes)
    order = np.argsort(hashes, kind="stable")
    return {"paragraph": hashes[order], "paragraph_owner": owners[order]}
