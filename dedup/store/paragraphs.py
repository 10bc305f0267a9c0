"""Hash the paragraphs of documents: lines of at least `MIN_PARAGRAPH` words, by their folded words."""

from __future__ import annotations

from array import array
from typing import Any

import numpy as np
import xxhash
from numpy.typing import NDArray

from corpus.records import Document
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


class Paragraphs:
    """Gather the hashes of all long lines and the document of each, to stand beside the arrays of a summary."""

    def __init__(self) -> None:
        self._hashes, self._owners = array("Q"), array("I")
        self._documents = 0

    def add(self, document: Document) -> None:
        """Add one document."""
        hashes = hash_paragraphs(document.text).values()
        self._hashes.extend(hashes)
        self._owners.extend([self._documents] * len(hashes))
        self._documents += 1

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return the hashes, uint64, sorted, and the number of the document of each, uint32."""
        hashes, owners = np.array(self._hashes, dtype=np.uint64), np.array(self._owners, dtype=np.uint32)
        order = np.argsort(hashes, kind="stable")
        return {"paragraph": hashes[order], "paragraph_owner": owners[order]}
