"""Say of each line of a page, in figures, what speaks for or against its being in the article.

No figure depends on a language: form, neighbours, place on the page, and words shared with the densest stretch of
running text or with the headline. The phrases of the lexicon enter by their class. What a figure weighs stands in
page.toml, where the names below are explained by themselves.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from math import log, log1p
from statistics import fmean

from cleaning.article.analysis import AROUND, Analysis, is_photo
from cleaning.article.words import content_words, covered, words_of
from cleaning.lines.lexicon import key_of
from cleaning.lines.mentions import is_byline, is_date_line
from cleaning.lines.unit import SHORT, Unit, has_clauses

#: What figures say is grouped by what it rests on.
Figures = dict[str, dict[str, float]]

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

#: Lines of running text in a window are compared with all its lines, and with so many characters more.
_PRIOR = 60

#: The words of fewer are shared by chance; those of so many hardly.
_SOME, _MANY = 3, 12

#: Of a headline's words so many tell that a line is the headline.
_HEADLINE = 0.7


@dataclass(slots=True)
class Outline:
    """What the figures of all lines of a page are read from; `text` and `total` are running sums of characters."""

    found: Analysis
    words: list[frozenset[str]]
    dates: list[bool]
    text: list[int]
    total: list[int]
    runs: list[int]
    lists: list[int]
    times: Counter[str]
    stamps: list[int] = field(default_factory=list)
    gaps: list[int] = field(default_factory=list)
    barriers: list[int] = field(default_factory=list)
    first: int = 0
    last: int = 0
    headline: int = -1
    usual: float = _FULL / 2
    told: Counter[str] = field(default_factory=Counter)
    asked: frozenset[str] = frozenset()

    def density(self, start: int, end: int) -> float:
        """Return the share of running text in the lines from `start` to before `end`."""
        start, end = max(start, 0), min(end, len(self.words))
        text, total = self.text[end] - self.text[start], self.total[end] - self.total[start]
        return text / (total + _PRIOR) if start < end else 0.0


def log_of(count: float, most: float) -> float:
    """Return the logarithm of a count in units of `most`, at most 1."""
    return min(log1p(count) / most, 1.0)


def outline_of(found: Analysis) -> Outline:
    """Read the page once: words, dates, running text, its densest stretch, and where the headline stands."""
    units = found.units
    running = [known or unit.sentence for unit, known in zip(units, found.paragraphs, strict=True)]
    sizes = [min(unit.size, _FULL) for unit in units]
    outline = Outline(
        found,
        words_of(units),
        [is_date_line(unit.key) for unit in units],
        [0, *accumulate(size * known for size, known in zip(sizes, running, strict=True))],
        [0, *accumulate(sizes)],
        _runs(running),
        _runs(found.paragraphs),
        Counter(unit.key or unit.text for unit in units),
    )
    worths = [
        size / 100 * (1 if unit.ends else _UNENDED) if known else -_COST_PHRASE if unit.phrase or unit.rule else -_COST
        for unit, size, known in zip(units, sizes, running, strict=True)
    ]
    outline.asked = content_words([found.title])
    outline.first, outline.last = _stretch(outline, worths)
    outline.stamps = [0, *accumulate(outline.dates)]
    outline.gaps = _between([0 if known else 1 for known in running], outline.first, outline.last, _longest)
    outline.barriers = _between([unit.phrase is not None for unit in units], outline.first, outline.last, accumulate)
    inside = [at for at in range(outline.first, outline.last) if found.paragraphs[at]]
    for at in inside:
        outline.told.update(outline.words[at])
    outline.usual = fmean([sizes[at] for at in inside] or [outline.usual])
    outline.headline = _headline(outline)
    return outline


def _stretch(outline: Outline, worths: list[float]) -> tuple[int, int]:
    """Return the densest stretch of running text; of several that one which also says the words of the headline."""
    best, least = (0, 0), 0.0
    for _ in range(_CANDIDATES):
        first, last = best_stretch(worths)
        told = frozenset[str]().union(*outline.words[first:last])
        worth = sum(worths[first:last]) * (_UNTOLD + covered(outline.asked, told))
        if worth > least:
            best, least = (first, last), worth
        worths[first:last] = [-_COST] * (last - first)
    return best


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


def _runs(running: Sequence[bool]) -> list[int]:
    """Return for each line how many lines that are no running text stand together there."""
    runs: list[int] = []
    for at, known in enumerate(running):
        if len(runs) == at:
            stop = next((stop for stop in range(at, len(running)) if running[stop]), len(running))
            runs += [0] if known else [stop - at] * (stop - at)
    return runs


def _between(marks: Sequence[int], first: int, last: int, tally: Callable[[Iterable[int]], Iterator[int]]) -> list[int]:
    """Return for each line what `tally` makes of the marks of the lines between it and the stretch, 0 inside."""
    above = [*tally(marks[:first][::-1])][::-1]
    return [*above[1:], *[0] * min(first, 1), *[0] * (last - first), 0, *[*tally(marks[last:])][:-1]][: len(marks)]


def _longest(marks: Iterable[int]) -> Iterator[int]:
    """Yield the longest run of marks so far."""
    run = longest = 0
    for mark in marks:
        run = run + 1 if mark else 0
        longest = max(longest, run)
        yield longest


def _headline(outline: Outline) -> int:
    """Return the last line before the end of the stretch that is the known headline, or -1."""
    known = key_of(outline.found.title)
    for at in range(outline.last - 1, -1, -1) if known else ():
        unit, shared = outline.found.units[at], len(outline.words[at] & outline.asked)
        same = bool(unit.key) and (unit.key == known or (unit.headline and unit.key in known))
        if same or (unit.size < 2 * len(known) and shared >= _HEADLINE * len(outline.asked) > 0):
            return at
    return -1


def figures_of(outline: Outline) -> list[Figures]:
    """Return the figures of each line of a page, all of them between 0 and 1."""
    rows: list[Figures] = []
    share = outline.density(0, len(outline.words))
    links, comments, listing = -_LINKS_REACH - 1, False, False
    for at, unit in enumerate(outline.found.units):
        around = _around(outline, at)
        around["links above"] = at - links <= _LINKS_REACH
        around["comments above"] = comments
        around["in a list that a colon announces"] = listing
        place = _place(outline, at)
        place["running text on the page"] = share
        place["a short line, by running text on the page"] = share if unit.size < 2 * _SIZES[0] else 0.0
        phrase = _phrase(unit)
        phrase["a date"] = outline.dates[at]
        form = _form(unit)
        form["its length beside the paragraphs of the densest stretch"] = min(unit.size / outline.usual, 1.0)
        form["more than once on the page"] = outline.times[unit.key or unit.text] > 1
        rows.append({"form": form, "phrase": phrase, "around": around, "place": place, "words": _words(outline, at)})
        links = at if unit.kind in LINKS else links
        comments = comments or (unit.kind == "comments" and at >= outline.first)
        listing = unit.text[-1] in ":：" or (listing and (unit.bullet or not outline.found.paragraphs[at]))
    return rows


def _form(unit: Unit) -> dict[str, float]:
    text, words = unit.text, unit.text.split()
    figures: dict[str, float] = {f"{size} characters": unit.size >= size for size in _SIZES}
    short = unit.size < _FULL
    figures |= {
        "ends a sentence": unit.ends,
        "ends with a colon": text[-1] in ":：",
        "ends with a question": text[-1] in "?؟!",
        "has commas or stops inside": has_clauses(text),
        "a sentence": unit.sentence,
        "share of words with a capital": sum(word[0].isupper() for word in words) / len(words) if words[1:] else 0.0,
        "only capitals": short and unit.size > len("BBC") and text.isupper(),
        "an address": "@" in text or "://" in text or "www." in text,
    }
    return figures


def _phrase(unit: Unit) -> dict[str, float]:
    return {
        "of the furniture of a page": unit.kind in AROUND,
        "a header of links": unit.kind in LINKS,
        "comments": unit.kind == "comments",
        "date, name, source or tags": unit.kind in _SAID,
        "known as chrome": bool(unit.rule) and not unit.kind,
        "a byline": unit.size < SHORT and is_byline(unit.text),
        "a photo credit": is_photo(unit),
    }


def _around(outline: Outline, at: int) -> dict[str, float]:
    dates = outline.dates
    figures: dict[str, float] = {}
    for reach in _WINDOWS:
        figures[f"running text in the {reach} before"] = outline.density(at - reach, at)
        figures[f"running text in the {reach} after"] = outline.density(at + 1, at + 1 + reach)
    figures |= {
        "under a date": at > 0 and dates[at - 1],
        "length of the run of short lines": log_of(outline.runs[at], 4),
        "length of the run of lines that are no paragraphs": log_of(outline.lists[at], 5),
        "dates nearby": min(sum(dates[max(0, at - _DATES_REACH) : at + _DATES_REACH + 1]), 4) / 4,
    }
    return figures


def _place(outline: Outline, at: int) -> dict[str, float]:
    first, last = outline.first, outline.last
    return {
        "in the densest stretch": first <= at < last,
        "lines up to the densest stretch": log_of(max(first - at, 0), 5),
        "lines down from the densest stretch": log_of(max(at - last + 1, 0), 5),
        "short lines between it and the densest stretch": log_of(outline.gaps[at], 3),
        "phrases between it and the densest stretch": min(outline.barriers[at], 3) / 3,
        "dates in the stretch above": log_of(outline.stamps[max(at, first)] - outline.stamps[first], 3),
        "how far down the page": at / len(outline.words),
        "the headline": at == outline.headline,
    }


def _words(outline: Outline, at: int) -> dict[str, float]:
    words, unit = outline.words[at], outline.found.units[at]
    own = outline.first <= at < outline.last and outline.found.paragraphs[at]
    shared = sum(outline.told[word] > own for word in words) / len(words) if words else 0.0
    some, many = len(words) >= _SOME, len(words) >= _MANY
    return {
        "shared with the densest stretch": shared if some else 0.0,
        "shared by a line of one or two": 0.0 if some else shared,
        "shared by a headline": shared if some and unit.headline else 0.0,
        "many": many,
        "shared with the headline": 0.0 if at == outline.headline else min(len(words & outline.asked), 3) / 3,
    }


#: A line as likely as this is worth nothing to a stretch, and a short one counts as so many characters.
_EVEN = 0.4
_LEAST = 25
#: A chance is not taken for surer than this, which is so large as the logarithm of odds.
_SURE = 1e-3
_ODDS = 7.0


def context_of(chances: Sequence[float], sizes: Sequence[int]) -> list[dict[str, float]]:
    """Return for each line of a page what the chances of the lines around it say, that it is of the article."""
    capped = [min(size, _FULL) for size in sizes]
    likely = [0.0, *accumulate(chance * size for chance, size in zip(chances, capped, strict=True))]
    total = [0, *accumulate(capped)]
    foreign = [0, *accumulate(size * (chance < 0.5) for chance, size in zip(chances, capped, strict=True))]
    worths = [(chance - _EVEN) * max(size, _LEAST) / 100 for chance, size in zip(chances, capped, strict=True)]
    first, last = best_stretch(worths)
    part = (likely[last] - likely[first]) / (likely[-1] + 1)

    def around(start: int, end: int) -> float:
        start, end = max(start, 0), min(end, len(capped))
        return (likely[end] - likely[start]) / (total[end] - total[start] + _PRIOR)

    rows: list[dict[str, float]] = []
    for at, chance in enumerate(chances):
        between = foreign[first] - foreign[at + 1] if at < first else max(foreign[at] - foreign[last], 0)
        figures = {"its own chance": log((chance + _SURE) / (1 - chance + _SURE)) / _ODDS}
        for reach in _WINDOWS:
            figures[f"the {reach} before"] = around(at - reach, at)
            figures[f"the {reach} after"] = around(at + 1, at + 1 + reach)
        figures |= {
            "both neighbours": chances[at - 1] * chances[at + 1] if 0 < at < len(chances) - 1 else 0.0,
            "in the likeliest stretch": first <= at < last,
            "lines up to it": log_of(max(first - at, 0), 5),
            "lines down from it": log_of(max(at - last + 1, 0), 5),
            "unlikely characters between": log_of(between / 50, 5),
            "share of the likeliest stretch": part,
        }
        rows.append(figures)
    return rows
