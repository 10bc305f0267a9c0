"""Judge a text that is the dump of a whole page: tell that it is one, and which of its lines are the article.

Both are sums of figures, each with its weight, that were fitted on labelled dumps (bench/page.py; the weights
stand in page.toml). Lines are judged twice, the second time with what was found of those around them. A dump of an
article alone is left to the other rules.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from functools import cache, cached_property
from itertools import compress
from math import exp, sqrt
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from cleaning.article.analysis import AROUND, Analysis, remove
from cleaning.article.signs import LINKS, Figures, Outline, Table, context_of, figures_of, log_of, table_of

#: Classes that a page shows outside of its article.
_SIGNS = AROUND | LINKS

#: From this probability on a document is judged to be a page: of 709 labelled pages left out 5 are not, and of 6,096
#: dumps of articles 5 are. Those, lists mostly, would lose more by it than windows with little around them gain.
PAGE = 0.8

#: No labelled page has fewer lines that end no sentence.
_LEAST = 7

#: A line less likely than this goes even from a page of which nothing is sure; between two lines that stay a likelier
#: one stays with them: the item of a list, a sub-heading.
_UNLIKELY = 0.3

#: The first paragraph of a page, if it is so long and has this share of the running text, is an article in one line,
#: and the stretch of many lines below it is another one: of 25 such paragraphs of labelled pages and dumps 24 stay.
_ONE_LINE = 600
_MUCH = 0.2

#: Where so little of what is kept and of what is the article is expected to be the same (F over characters), the page
#: is doubtful, and unless it is so surely a page nothing is taken from it: it may be a list, or a poem. Hardly one
#: labelled page in a hundred is that doubtful, but a third of the articles that would be taken for pages.
_DOUBTFUL = 0.75
_SURELY = 0.95


class Scale(msgspec.Struct, frozen=True, forbid_unknown_fields=True, dict=True):
    """Weights of figures by group; `body` is what a line of an article has on average from each group."""

    bias: float
    weights: dict[str, dict[str, float]]
    body: dict[str, float] = {}

    @cached_property
    def _columns(self) -> Table:
        return {group: np.array([*weights.values()])[:, None] for group, weights in self.weights.items()}

    def points(self, table: Table) -> Table:
        """Return the sum of each group, for each line; the figures of the table stand in the order of the weights."""
        # One row after the other, which `sum` does not promise: the result is the same on every machine.
        return {group: np.add.accumulate(weights * table[group])[-1] for group, weights in self._columns.items()}

    def chances(self, points: Table) -> list[float]:
        """Return for each line the probability that goes with the sums of all groups."""
        return [1 / (1 + exp(-self.bias - total)) for total in sum(points.values(), np.zeros(())).tolist()]


@cache
def scales() -> dict[str, Scale]:
    """Return the weights for a document and for a line, read once per process."""
    rows = tomllib.loads(Path(__file__).with_name("page.toml").read_text("utf-8"))
    return msgspec.convert(rows, dict[str, Scale])


def document_figures(outline: Outline) -> Figures:
    """Return what tells a page from an article: short lines, how many, where and how alike, beside the paragraphs."""
    known, short = outline.found.paragraphs, [not running for running in outline.running]
    count, sizes = sum(short), [*compress(outline.sizes, short)]
    total = sum(sizes)
    first = known.index(True) if True in known else len(known)
    last = known[::-1].index(True) if True in known else len(known)
    signs = sum(kind in _SIGNS for kind in outline.kinds)
    # The deviation of the lengths, in units of their mean and one more character.
    spread = sqrt(count * sum(size * size for size in sizes) - total * total) / max(1, total + count)
    figures: dict[str, Any] = {
        "short lines": log_of(count, 5),
        "share of short lines": count / len(short),
        "share of the characters in short lines": total / sum(outline.sizes),
        "spread of the lengths of short lines": min(spread, 1.0),
        "share of dates among short lines": sum(compress(outline.dates, short)) / max(1, count),
        "menu entries": log_of(sum(unit.stub for unit in outline.units), 5),
        "lines above the first paragraph": log_of(first, 4),
        "lines below the last paragraph": log_of(last, 4),
        "phrases of the furniture of a page": min(signs, 6) / 6,
        "paragraphs": log_of(sum(known), 2),
        "no paragraph": True not in known,
    }
    return {"lines": {name: [value] for name, value in figures.items()}}


#: How the evidence names the group of figures by which a line falls short of one of an article.
_EVIDENCE = {
    "form": "has not the form of running text",
    "phrase": "has a phrase of the furniture of pages",
    "around": "stands among short lines",
    "place": "stands outside of the densest stretch of running text",
    "words": "shares few words with the article",
    "context": "stands among lines that are hardly of the article",
}


def judge(outline: Outline, line: Scale, again: Scale) -> tuple[Table, list[float]]:
    """Return for each line of a page the sums of its groups, and how likely it is of the article.

    Each line is judged twice: by itself, and then also by what was found of the lines around it.
    """
    table = table_of(figures_of(outline))
    near = context_of(line.chances(line.points(table)), outline.sizes)
    points = again.points(table | table_of({"context": near}))
    return points, again.chances(points)


def remove_outside(found: Analysis) -> None:
    """Remove from a text that is the dump of a whole page what is not its article.

    Where nothing is sure more is kept, and the page is doubtful.
    """
    if [unit.ends for unit in found.units].count(False) < _LEAST:
        return
    document, again, outline = scales()["document"], scales()["again"], Outline(found)
    surely = document.chances(document.points(table_of(document_figures(outline))))[0]
    if surely < PAGE:
        return
    points, chances = judge(outline, scales()["line"], again)
    least, agreement = choose_threshold(chances, outline.sizes)
    doubtful = agreement < _DOUBTFUL
    if doubtful and surely < _SURELY:
        return
    found.page, found.doubtful = True, doubtful
    running = [unit.size * known for unit, known in zip(found.units, found.paragraphs, strict=True)]
    stays = [chance >= least for chance in chances]
    if True in found.paragraphs:
        first = found.paragraphs.index(True)
        stays[first] |= running[first] >= max(_ONE_LINE, _MUCH * sum(running))
    lacks = np.argsort([points[group] - again.body[group] for group in _EVIDENCE], axis=0, kind="stable").T.tolist()
    said = list(_EVIDENCE.values())
    for at, unit in enumerate(found.units):
        between = all(stays[at - 1 : at] + stays[at + 1 : at + 2]) and chances[at] >= _UNLIKELY
        if not (stays[at] or between):
            found.paragraphs[at] = False
            remove(unit, "page", f"{said[lacks[at][0]]}, {said[lacks[at][1]]}")


def choose_threshold(chances: Sequence[float], sizes: Sequence[int]) -> tuple[float, float]:
    """Return (least, agreement): lines from that probability on are kept, and the F to be expected of them.

    The lines kept are those by which the expected F over characters is largest: every line that is likelier than not,
    and the more others the less is sure. Where all are unlikely it is all lines.
    """
    wanted = sum(chance * size for chance, size in zip(chances, sizes, strict=True))
    hit, kept, least, best = 0.0, 0, 1.0, 0.0
    for chance, size in sorted(zip(chances, sizes, strict=True), reverse=True):
        hit, kept = hit + chance * size, kept + size
        if 2 * hit > best * (kept + wanted):
            least, best = chance, 2 * hit / (kept + wanted)
    if max(chances) < _UNLIKELY:
        return 0.0, best
    return max(least, _UNLIKELY), best
