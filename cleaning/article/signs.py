"""Say of each line of a page, in figures, what speaks for or against its being in the article.

No figure depends on a language: form, neighbours, place on the page, and words shared with the densest stretch of
running text or with the headline. The phrases of the lexicon enter by their class. What a figure weighs stands in
page.toml, where the names below are explained by themselves.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cached_property
from itertools import accumulate, chain, compress, groupby
from math import exp, log, log1p
from operator import mul
from statistics import fmean
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cleaning.article.analysis import AROUND, Analysis, is_photo
from cleaning.article.words import content_words, words_of
from cleaning.lines.lexicon import key_of
from cleaning.lines.mentions import is_byline, is_date_line
from cleaning.lines.unit import SHORT, has_clauses

#: A value for each line of a page.
Column: TypeAlias = Sequence[float] | NDArray[Any]
#: What figures say is grouped by what it rests on.
Figures: TypeAlias = dict[str, dict[str, Column]]
#: The figures of each group, one after the other: figures x lines.
Table: TypeAlias = dict[str, NDArray[np.float64]]

LINKS = frozenset({"read_also", "most_read"})
_SAID = frozenset({"source", "tags", "date", "byline"})

_SIZES = (12, 25, 160, 300)
#: A long paragraph counts no more than this, and so much of it if it ends no sentence; what a stretch loses by a short
#: line, and by a phrase of the lexicon.
_FULL = 300
_UNENDED = 0.3
_COST, _COST_PHRASE = 0.6, 1.2

#: So many stretches are compared, and what one is worth that says no word of the headline.
_CANDIDATES = 4
_UNTOLD = 0.3

#: So many lines before and after a line are its neighbours; dates and links have a reach of their own.
_WINDOWS = (1, 3, 20)
_DATES_REACH, _LINKS_REACH = 8, 12
#: Where windows begin and end, counted from the line: those before it and after it, by turns.
_BEGINS = np.array([begin for reach in _WINDOWS for begin in (-reach, 1)])[:, None]
_ENDS = np.array([end for reach in _WINDOWS for end in (0, reach + 1)])[:, None]
_WINDOW_NAMES = [f"{reach} {side}" for reach in _WINDOWS for side in ("before", "after")]

#: Lines of running text in a window are compared with all its lines, and with so many characters more.
_PRIOR = 60

#: The words of fewer are shared by chance; those of so many hardly.
_SOME, _MANY = 3, 12

#: Of a headline's words so many tell that a line is the headline.
_HEADLINE = 0.7


class Outline:
    """What the figures of a page and of its lines are read from; the words of it only if lines are judged."""

    def __init__(self, found: Analysis) -> None:
        self.found, self.units = found, found.units
        self.sizes = [unit.size for unit in found.units]
        self.capped = [min(size, _FULL) for size in self.sizes]
        self.asked = content_words([found.title])
        self.kinds = [unit.kind for unit in found.units]
        self.dates = [is_date_line(unit.key) for unit in found.units]
        self.sentences = [unit.sentence for unit in found.units]
        self.running = [known or sentence for known, sentence in zip(found.paragraphs, self.sentences, strict=True)]

    @cached_property
    def words(self) -> list[frozenset[str]]:
        """Return the content words of each line."""
        return words_of(self.units)

    @cached_property
    def stretch(self) -> tuple[int, int]:
        """Return (first, last + 1) of the densest stretch of running text, of several that which says the headline."""
        worths = [-_COST_PHRASE if unit.phrase or unit.rule else -_COST for unit in self.units]
        for at, size in compress(enumerate(self.capped), self.running):
            worths[at] = size / 100 * (1 if self.units[at].ends else _UNENDED)
        best, least = (0, 0), 0.0
        for _ in range(_CANDIDATES):
            first, last = best_stretch(worths)
            told = self.asked.intersection(chain.from_iterable(self.words[first:last]))
            worth = sum(worths[first:last]) * (_UNTOLD + len(told) / max(1, len(self.asked)))
            if worth > least:
                best, least = (first, last), worth
            worths[first:last] = [-_COST] * (last - first)
        return best

    @cached_property
    def headline(self) -> int:
        """Return the last line before the end of the stretch that is the known headline, or -1."""
        known = key_of(self.found.title)
        for at in range(self.stretch[1] - 1, -1, -1) if known else ():
            unit, shared = self.units[at], len(self.words[at] & self.asked)
            same = bool(unit.key) and (unit.key == known or (unit.headline and unit.key in known))
            if same or (unit.size < 2 * len(known) and shared >= _HEADLINE * len(self.asked) > 0):
                return at
        return -1


def best_stretch(worths: Sequence[float]) -> tuple[int, int]:
    """Return (first, last + 1) of the contiguous stretch with the largest sum; (0, 0) if none is above 0."""
    best, best_span, run, start = 0.0, (0, 0), 0.0, 0
    for at, value in enumerate(worths):
        if run <= 0:
            run, start = 0.0, at
        run += value
        if run > best:
            best, best_span = run, (start, at + 1)
    return best_span


#: The logarithms of counts, as far as they are below 1.
_LOGS = {most: np.array([min(log1p(n) / most, 1.0) for n in range(int(exp(most)) + 1)]) for most in (2, 3, 4, 5)}


def log_of(counts: ArrayLike, most: int) -> NDArray[np.float64]:
    """Return the logarithm of each count in units of `most`, at most 1; a count below 0 is none."""
    return _LOGS[most].take(np.asarray(counts, int), mode="clip")


def _sums(values: Iterable[float]) -> NDArray[np.float64]:
    """Return the sums of the values before each line, and of all."""
    return np.array([0, *accumulate(values)], np.float64)


def _within(sums: NDArray[np.float64], begin: NDArray[Any] | int, end: NDArray[Any] | int) -> NDArray[np.float64]:
    """Return the sum of what stands from `begin` to before `end`, both counted from each line."""
    lines = np.arange(len(sums) - 1)
    return sums.take(lines + end, mode="clip") - sums.take(lines + begin, mode="clip")


def _windows(what: str, parts: NDArray[np.float64], capped: Sequence[int]) -> dict[str, Column]:
    """Return the share that `parts` have of all in the windows around each line, by their running sums."""
    shares = _within(parts, _BEGINS, _ENDS) / (_within(_sums(capped), _BEGINS, _ENDS) + _PRIOR)
    return dict(zip((f"{what}the {name}" for name in _WINDOW_NAMES), shares, strict=True))


def _runs(running: Sequence[bool]) -> list[int]:
    """Return for each line how many lines that are no running text stand together there."""
    counts = [(known, len(list(lines))) for known, lines in groupby(running)]
    return [0 if known else count for known, count in counts for _ in range(count)]


def _between(sums: NDArray[np.float64], first: int, last: int) -> NDArray[np.float64]:
    """Return for each line the sum over the lines between it and the stretch, 0 inside."""
    return np.concatenate([sums[first] - sums[1 : first + 1], np.maximum(sums[first:-1] - sums[last], 0)])


def _gaps(running: Sequence[bool], first: int, last: int) -> list[int]:
    """Return for each line the longest run of short lines between it and the stretch, 0 inside."""
    runs = (
        accumulate(side, lambda run, known: 0 if known else run + 1, initial=0)
        for side in (running[:first][::-1], running[last:])
    )
    above, below = ([*accumulate(lengths, max)] for lengths in runs)
    return [*above[-2::-1], *[0] * (last - first), *below[:-1]]


def table_of(figures: Figures) -> Table:
    """Return the columns of each group as one array."""
    return {group: np.array([*columns.values()], np.float64) for group, columns in figures.items()}


def figures_of(outline: Outline) -> Figures:
    """Return the figures of the lines of a page, all of them between 0 and 1."""
    return {
        "form": _form(outline),
        "phrase": _phrase(outline),
        "around": _around(outline),
        "place": _place(outline),
        "words": _words(outline),
    }


def _form(outline: Outline) -> dict[str, Column]:
    units, sizes = outline.units, outline.sizes
    texts = [unit.text for unit in units]
    ends = [text[-1] for text in texts]
    inside = slice(*outline.stretch)
    usual = fmean([*compress(outline.capped[inside], outline.found.paragraphs[inside])] or [_FULL / 2])
    forms = [unit.key or unit.text for unit in units]
    times = Counter(forms)
    return {
        **{f"{least} characters": [size >= least for size in sizes] for least in _SIZES},
        "ends a sentence": [unit.ends for unit in units],
        "ends with a colon": [end in ":：" for end in ends],
        "ends with a question": [end in "?؟!" for end in ends],
        "has commas or stops inside": [has_clauses(text) for text in texts],
        "a sentence": outline.sentences,
        "share of words with a capital": [
            sum(map(str.isupper, [word[0] for word in words])) / len(words) if words[1:] else 0.0
            for words in map(str.split, texts)
        ],
        "only capitals": [len("BBC") < len(text) < _FULL and text.isupper() for text in texts],
        "an address": ["@" in text or "://" in text or "www." in text for text in texts],
        "its length beside the paragraphs of the densest stretch": [min(size / usual, 1.0) for size in sizes],
        "more than once on the page": [times[form] > 1 for form in forms],
    }


def _phrase(outline: Outline) -> dict[str, Column]:
    units, kinds = outline.units, outline.kinds
    return {
        "of the furniture of a page": [kind in AROUND for kind in kinds],
        "a header of links": [kind in LINKS for kind in kinds],
        "comments": [kind == "comments" for kind in kinds],
        "date, name, source or tags": [kind in _SAID for kind in kinds],
        "known as chrome": [bool(unit.rule) and not kind for unit, kind in zip(units, kinds, strict=True)],
        "a byline": [unit.size < SHORT and is_byline(unit.text) for unit in units],
        "a photo credit": [is_photo(unit) for unit in units],
        "a date": outline.dates,
    }


def _around(outline: Outline) -> dict[str, Column]:
    nearby = _within(_sums(outline.dates), -_DATES_REACH, _DATES_REACH + 1)
    return {
        **_windows("running text in ", _sums(map(mul, outline.capped, outline.running)), outline.capped),
        "under a date": [False, *outline.dates[:-1]],
        "length of the run of short lines": log_of(_runs(outline.running), 4),
        "length of the run of lines that are no paragraphs": log_of(_runs(outline.found.paragraphs), 5),
        "dates nearby": np.minimum(nearby, 4) / 4,
        **_announced(outline),
    }


def _announced(outline: Outline) -> dict[str, Column]:
    """Return what is said of a line by those above it."""
    links, comments, listing = -_LINKS_REACH - 1, False, False
    rows: list[tuple[bool, bool, bool]] = []
    for at, (unit, kind) in enumerate(zip(outline.units, outline.kinds, strict=True)):
        rows.append((at - links <= _LINKS_REACH, comments, listing))
        links = at if kind in LINKS else links
        comments = comments or (kind == "comments" and at >= outline.stretch[0])
        listing = unit.text[-1] in ":：" or (listing and (unit.bullet or not outline.found.paragraphs[at]))
    names = ("links above", "comments above", "in a list that a colon announces")
    return dict(zip(names, zip(*rows, strict=True), strict=True))


def _place(outline: Outline) -> dict[str, Column]:
    first, last = outline.stretch
    lines = np.arange(len(outline.units))
    phrases = _between(_sums(unit.phrase is not None for unit in outline.units), first, last)
    stamps = _sums(outline.dates)
    share = sum(compress(outline.capped, outline.running)) / (sum(outline.capped) + _PRIOR)
    return {
        "in the densest stretch": (lines >= first) & (lines < last),
        "lines up to the densest stretch": log_of(first - lines, 5),
        "lines down from the densest stretch": log_of(lines - last + 1, 5),
        "short lines between it and the densest stretch": log_of(_gaps(outline.running, first, last), 3),
        "phrases between it and the densest stretch": np.minimum(phrases, 3) / 3,
        "dates in the stretch above": log_of(stamps[:-1] - stamps[first], 3),
        "how far down the page": lines / len(lines),
        "the headline": lines == outline.headline,
        "running text on the page": [share] * len(lines),
        "a short line, by running text on the page": [share * (size < 2 * _SIZES[0]) for size in outline.sizes],
    }


def _words(outline: Outline) -> dict[str, Column]:
    first, last = outline.stretch
    own = [first <= at < last and known for at, known in enumerate(outline.found.paragraphs)]
    told = Counter(chain.from_iterable(compress(outline.words, own)))
    # A paragraph of the stretch says all its words there itself.
    once, twice = frozenset(told), frozenset(word for word, times in told.items() if times > 1)
    counts = np.array([len(words) for words in outline.words])
    again = [len(words & (twice if inside else once)) for words, inside in zip(outline.words, own, strict=True)]
    shared, some = np.array(again) / np.maximum(counts, 1), counts >= _SOME
    asked = np.array([min(len(words & outline.asked), 3) / 3 for words in outline.words])
    return {
        "shared with the densest stretch": shared * some,
        "shared by a line of one or two": shared * ~some,
        "shared by a headline": shared * (some & [unit.headline for unit in outline.units]),
        "many": counts >= _MANY,
        "shared with the headline": asked * (np.arange(len(counts)) != outline.headline),
    }


#: A line as likely as this is worth nothing to a stretch, and a short one counts as so many characters.
_EVEN = 0.4
_LEAST = 25
#: A chance is not taken for surer than this, which is so large as the logarithm of odds.
_SURE = 1e-3
_ODDS = 7.0


def context_of(chances: Sequence[float], sizes: Sequence[int]) -> dict[str, Column]:
    """Return for the lines of a page what the chances of the lines around them say, that they are of the article."""
    capped = [min(size, _FULL) for size in sizes]
    pairs = list(zip(chances, capped, strict=True))
    likely = _sums([chance * size for chance, size in pairs])
    foreign = _sums([size * (chance < 0.5) for chance, size in pairs])
    worths = [(chance - _EVEN) * max(size, _LEAST) / 100 for chance, size in pairs]
    first, last = best_stretch(worths)
    lines, between = np.arange(len(capped)), _between(foreign, first, last)
    return {
        "its own chance": [log((chance + _SURE) / (1 - chance + _SURE)) / _ODDS for chance in chances],
        **_windows("", likely, capped),
        "both neighbours": [above * below for above, below in zip([0.0, *chances], [*chances[1:], 0.0], strict=False)],
        "in the likeliest stretch": (lines >= first) & (lines < last),
        "lines up to it": log_of(first - lines, 5),
        "lines down from it": log_of(lines - last + 1, 5),
        "unlikely characters between": [min(log1p(count / 50) / 5, 1.0) for count in between.tolist()],
        "share of the likeliest stretch": [(likely[last] - likely[first]) / (likely[-1] + 1)] * len(lines),
    }
