"""Judge a text that is the dump of a whole page: tell that it is one, and which of its lines are the article.

Both are sums of figures, each with its weight, that were fitted on labelled dumps (bench/page.py; the weights
stand in page.toml). Lines are judged twice, the second time with what was found of those around them. A dump of an
article alone is left to the other rules.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from math import exp
from operator import mul
from pathlib import Path
from statistics import fmean, pstdev

import msgspec

from cleaning.article.analysis import AROUND, Analysis, remove
from cleaning.article.signs import LINKS, Figures, context_of, figures_of, log_of, outline_of
from cleaning.lines.mentions import is_date_line

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


class Scale(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Weights of figures by group; `body` is what a line of an article has on average from each group."""

    bias: float
    weights: dict[str, dict[str, float]]
    body: dict[str, float] = {}

    def points(self, figures: Figures) -> dict[str, float]:
        """Return the sum of each group."""
        return {
            group: sum(map(mul, weights.values(), map(figures[group].__getitem__, weights)))
            for group, weights in self.weights.items()
        }

    def chance(self, points: Mapping[str, float]) -> float:
        """Return the probability that goes with the sums of all groups."""
        return 1 / (1 + exp(-self.bias - sum(points.values())))


@cache
def scales() -> dict[str, Scale]:
    """Return the weights for a document and for a line, read once per process."""
    rows = tomllib.loads(Path(__file__).with_name("page.toml").read_text("utf-8"))
    return msgspec.convert(rows, dict[str, Scale])


def document_figures(found: Analysis) -> Figures:
    """Return what tells a page from an article: short lines, how many, where and how alike, beside the paragraphs."""
    units, known = found.units, found.paragraphs
    short = [not (paragraph or unit.sentence) for unit, paragraph in zip(units, known, strict=True)]
    first = known.index(True) if True in known else len(units)
    last = known[::-1].index(True) if True in known else len(units)
    signs = sum(unit.kind in _SIGNS for unit in units)
    outside = [unit for unit, is_short in zip(units, short, strict=True) if is_short]
    sizes = [unit.size for unit in outside] or [0]
    return {
        "lines": {
            "short lines": log_of(sum(short), 5),
            "share of short lines": sum(short) / len(units),
            "share of the characters in short lines": sum(sizes) / sum(unit.size for unit in units),
            "spread of the lengths of short lines": min(pstdev(sizes) / (fmean(sizes) + 1), 1.0),
            "share of dates among short lines": sum(is_date_line(unit.key) for unit in outside) / max(1, len(outside)),
            "menu entries": log_of(sum(unit.stub for unit in units), 5),
            "lines above the first paragraph": log_of(first, 4),
            "lines below the last paragraph": log_of(last, 4),
            "phrases of the furniture of a page": min(signs, 6) / 6,
            "paragraphs": log_of(sum(known), 2),
            "no paragraph": True not in known,
        }
    }


#: How the evidence names the group of figures by which a line falls short of one of an article.
_EVIDENCE = {
    "form": "has not the form of running text",
    "phrase": "has a phrase of the furniture of pages",
    "around": "stands among short lines",
    "place": "stands outside of the densest stretch of running text",
    "words": "shares few words with the article",
    "context": "stands among lines that are hardly of the article",
}


def judge(found: Analysis, line: Scale, again: Scale) -> tuple[list[dict[str, float]], list[float]]:
    """Return for each line of a page the sums of its groups, and how likely it is of the article.

    Each line is judged twice: by itself, and then also by what was found of the lines around it.
    """
    rows = figures_of(outline_of(found))
    chances = [line.chance(line.points(figures)) for figures in rows]
    context = context_of(chances, [unit.size for unit in found.units])
    points = [again.points({**figures, "context": near}) for figures, near in zip(rows, context, strict=True)]
    return points, [again.chance(groups) for groups in points]


def remove_outside(found: Analysis) -> None:
    """Remove from a text that is the dump of a whole page what is not its article.

    Where nothing is sure more is kept, and the page is doubtful.
    """
    if sum(not unit.ends for unit in found.units) < _LEAST:
        return
    document, again = scales()["document"], scales()["again"]
    surely = document.chance(document.points(document_figures(found)))
    if surely < PAGE:
        return
    points, chances = judge(found, scales()["line"], again)
    least, agreement = choose_threshold(chances, [unit.size for unit in found.units])
    doubtful = agreement < _DOUBTFUL
    if doubtful and surely < _SURELY:
        return
    found.page, found.doubtful = True, doubtful
    running = [unit.size * known for unit, known in zip(found.units, found.paragraphs, strict=True)]
    stays = [chance >= least for chance in chances]
    if True in found.paragraphs:
        first = found.paragraphs.index(True)
        stays[first] |= running[first] >= max(_ONE_LINE, _MUCH * sum(running))
    for at, unit in enumerate(found.units):
        between = all(stays[at - 1 : at] + stays[at + 1 : at + 2]) and chances[at] >= _UNLIKELY
        if not (stays[at] or between):
            found.paragraphs[at] = False
            lacks = sorted(_EVIDENCE, key=lambda group: points[at][group] - again.body[group])[:2]
            remove(unit, "page", f"{_EVIDENCE[lacks[0]]}, {_EVIDENCE[lacks[1]]}")


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
