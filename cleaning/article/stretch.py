"""Find the article in a text: where its body begins and ends, and whether it resumes after a box of links.

Two kinds of text come in. A dump of an article is nearly all body, and nothing is taken from between its
paragraphs without evidence. A dump of a whole page is nearly all menus, and the article is the stretch in which
running text is densest.
"""

from __future__ import annotations

from collections.abc import Sequence

from cleaning.article.continuity import content_words, covered
from cleaning.lines.mentions import is_date_line
from cleaning.lines.unit import LONG, PARAGRAPH, Unit, has_clauses

#: A page dump has at least so many menu entries, and they are at least this share of all units. In the labelled
#: article dumps the largest share among those with any known menu entry is .2.
PAGE_FURNITURE = 5
PAGE_SHARE = 0.4

#: Classes that a page shows outside of its article; two of them make a page of a text full of short lines.
_PAGE_CLASSES = frozenset({"nav", "share", "subscribe", "copyright", "comments", "most_read", "ad", "widget", "cookie"})
_PAGE_SIGNS = 2

#: With so many menu entries one sign is enough, for the lexicon knows little of most languages. Poems have none.
_MENUS = 25
_MENUS_SHARE = 0.6
_MENUS_PARAGRAPHS = 3

#: Of all units long enough for a paragraph, at least this share ends a sentence, or the text has no stops at all.
_PUNCTUATED = 0.3


#: Lines of a text wrapped by hand: so many at least, all but the last ones of paragraphs about equally long.
_WRAPPED_LINES = 12
_WRAPPED_LENGTH = 40
_WRAPPED_SPREAD = 1.3

#: Of the lines of such a text hardly more end a sentence than there are paragraphs; of an article nearly all do.
_WRAPPED_ENDS = 0.5


def is_wrapped(units: Sequence[Unit]) -> bool:
    """Tell whether the lines are those of a text wrapped at a fixed width, where no line is a unit of its own."""
    lines = [unit for unit in units if unit.size >= _WRAPPED_LENGTH]
    if len(lines) < max(_WRAPPED_LINES, len(units) / 2) or _share_of_ends(lines) >= _WRAPPED_ENDS:
        return False
    sizes = sorted(unit.size for unit in lines)
    return sizes[-1] <= _WRAPPED_SPREAD * sizes[len(sizes) // 2] and sizes[-1] < LONG


def find_paragraphs(units: Sequence[Unit]) -> list[bool]:
    """Tell for each unit whether it is running text; in a text without stops length alone decides."""
    if is_wrapped(units):
        return [False] * len(units)
    long = [unit for unit in units if unit.size >= PARAGRAPH]
    punctuated = _share_of_ends(long) >= _PUNCTUATED
    found: list[bool] = []
    for unit in units:
        known = unit.paragraph or (unit.size >= PARAGRAPH and (not punctuated or unit.closes or _runs_on(unit)))
        cut_off = found[-1:] == [True] and unit.size >= PARAGRAPH and unit.trails_off
        found.append((known or cut_off) and not unit.rule)
    return found


def _share_of_ends(units: Sequence[Unit]) -> float:
    return sum(unit.ends for unit in units) / len(units) if units else 1.0


def _runs_on(unit: Unit) -> bool:
    """Tell whether a unit that ends no sentence is too long and too articulated for a headline."""
    return unit.size >= LONG or (unit.size >= 1.5 * PARAGRAPH and has_clauses(unit.text) and unit.text[-1] in ",،:؛;")


def is_page(units: Sequence[Unit], paragraphs: Sequence[bool]) -> bool:
    """Tell whether `units` are the dump of a whole page rather than of an article."""
    if not any(paragraphs):
        return False
    signs = sum(unit.entry is not None and unit.entry.kind in _PAGE_CLASSES for unit in units)
    short = sum((unit.stub or unit.headline) and not known for unit, known in zip(units, paragraphs, strict=True))
    if signs and sum(paragraphs) >= _MENUS_PARAGRAPHS and short >= _MENUS and short >= _MENUS_SHARE * len(units):
        return True
    return signs >= _PAGE_SIGNS and short >= PAGE_FURNITURE and short >= PAGE_SHARE * len(units)


#: What a unit is worth to the stretch that is the article: calibrated on naive dumps of 389 saved pages.
_WORTH_LONG = 400
_COST_STUB, _COST_HEADLINE, _COST_CLASS, _COST_HEADER, _COST_DATE = 0.6, 0.7, 1.2, 2.5, 2.0
_GAIN_RUN_ON = 0.3
_HEADERS = frozenset({"read_also", "most_read", "copyright", "comments", "tags"})
#: What leads to other stories.
_LEADS = frozenset({"read_also", "most_read"})


def worth(unit: Unit, paragraph: bool) -> float:
    """Return how much `unit` speaks for (above 0) or against being in the article."""
    if unit.entry is not None or unit.rule:
        kind = unit.entry.kind if unit.entry else ""
        return -_COST_HEADER if kind in _HEADERS else -_COST_CLASS
    if paragraph:
        gain = min(unit.size, _WORTH_LONG) / 100
        return gain if unit.ends else _GAIN_RUN_ON * gain
    if is_date_line(unit.key):
        return -_COST_DATE
    if unit.ends:
        return 0.2 if unit.size >= 40 else -0.1
    if unit.bullet:
        return -_COST_HEADLINE
    return -_COST_STUB if unit.stub else -_COST_HEADLINE


#: A line that ends with a colon announces a list if it is longer than a name: "dr. x says:" opens a comment.
_ANNOUNCES = 40


def weigh(units: Sequence[Unit], paragraphs: Sequence[bool]) -> list[float]:
    """Return the worth of each unit; the items of a list that a colon announces cost nothing."""
    worths, listing = [], False
    for at, (unit, paragraph) in enumerate(zip(units, paragraphs, strict=True)):
        value = worth(unit, paragraph)
        worths.append(max(value, 0.0) if listing and unit.entry is None else value)
        if unit.text[-1] in ":：":
            listing = unit.size >= _ANNOUNCES or (at + 1 < len(units) and units[at + 1].bullet)
        else:
            listing = listing and (value < 0 or unit.bullet)
    return worths


#: A paragraph that captions, share bars or a box keep apart from the stretch stands at most so many units from it.
_REACH = 15

#: Share of the words of such a paragraph that the stretch says again.
_RELATED = 0.3


def find_stretch(units: Sequence[Unit], paragraphs: Sequence[bool]) -> tuple[int, int]:
    """Return (first, last + 1) of the article in the units of a page."""
    first, last = _before_links(units, paragraphs, weigh(units, paragraphs))
    last = before_comments(units, paragraphs, first, last)
    body = content_words(unit.text for unit in units[first:last])
    near = [at for at in range(max(0, first - _REACH), first) if _belongs(units[at], body) and paragraphs[at]]
    return min(near, default=first), last


def _before_links(units: Sequence[Unit], paragraphs: Sequence[bool], worths: Sequence[float]) -> tuple[int, int]:
    """Return the best stretch, or the one before it where it is only the story that a box of links leads to.

    A stretch is worth more in many paragraphs than in one long one, and an appended story may be longer than the
    article; but what tells the link's story is not it, nor is what has less running text than stands before the link.
    """
    first, last = best_stretch(worths)
    lead = next((at for at in range(first - 1, -1, -1) if _leads(units[at])), -1)
    if lead < 0 or any(paragraphs[lead + 1 : first]):
        return first, last
    before = best_stretch(worths[:lead])
    told, after = _running(units, paragraphs, *before), _running(units, paragraphs, first, last)
    linked = [unit.text for unit in units[lead + 1 : first] if unit.headline]
    if not is_bare(units[lead]):
        linked.append(units[lead].text)
    if not told or (sum(map(len, told)) < sum(map(len, after)) and resumes(told, linked, after)):
        return first, last
    return before


def _leads(unit: Unit) -> bool:
    return unit.entry is not None and unit.entry.kind in _LEADS


def is_bare(unit: Unit) -> bool:
    """Tell whether a header stands alone, so that what it announces follows on lines of its own."""
    return unit.entry is not None and unit.size <= len(unit.entry.phrase) + 8


def _running(units: Sequence[Unit], paragraphs: Sequence[bool], first: int, last: int) -> list[str]:
    return [unit.text for unit, known in zip(units[first:last], paragraphs[first:last], strict=True) if known]


def _belongs(unit: Unit, body: frozenset[str]) -> bool:
    return covered(content_words([unit.text]), body) >= _RELATED


#: Comments begin after at least so much of the running text of the stretch, and each bears a date.
_BEFORE_COMMENTS = 0.2
_STAMPS = 3


def before_comments(units: Sequence[Unit], paragraphs: Sequence[bool], first: int, last: int) -> int:
    """Return where the article ends if what readers say about it stands in the same stretch."""
    sizes = [unit.size if known else 0 for unit, known in zip(units[first:last], paragraphs[first:last], strict=True)]
    enough, total, stamps = _BEFORE_COMMENTS * sum(sizes), 0, []
    for at in range(first, last):
        total += sizes[at - first]
        entry = units[at].entry
        if total >= enough and entry is not None and entry.kind == "comments":
            return at
        if total >= enough and not paragraphs[at] and is_date_line(units[at].key):
            stamps.append(at)
    return stamps[0] if len(stamps) >= _STAMPS else last


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


#: An appended article opens by saying its headline again: share of the headline's words in its first paragraphs.
#: Of 130 boxes after which the article resumed, those with one link reached .27; of 1,744 articles 79 % reach .4.
_RESTATED = 0.4

#: The words of the headline must be closer to what follows than to the body before it, by this much.
_CLOSER = 0.15


def resumes(body: Sequence[str], headlines: Sequence[str], after: Sequence[str]) -> bool:
    """Tell whether the paragraphs `after` a box of links go on with `body` rather than with the box's story.

    Only a box of one link can be the head of an appended article. How much the paragraphs share with the body
    says nothing: an article that resumes shares as little as .05 of its words, another one on the same topic .2.
    """
    if len(headlines) != 1:
        return True
    linked = content_words(headlines)
    restated = covered(linked, content_words(after[:2]))
    return restated < max(_RESTATED, covered(linked, content_words(body)) + _CLOSER)
