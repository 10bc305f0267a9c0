"""Find the article in a text: where its body begins and ends, and whether it resumes after a box of links.

Two kinds of text come in. A dump of an article is nearly all body, and nothing is taken from between its
paragraphs without evidence. A dump of a whole page is nearly all menus, and the article is the stretch in which
running text is densest.

Whether two pieces are of one story, the words they share tell. Function words say nothing about a story; they are
short, so only words of some length count, without the Arabic article and the particles that are written with a word.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cleaning.article.analysis import Analysis
from cleaning.lines.mentions import is_date_line
from cleaning.lines.unit import Unit
from corpus.arabic import folded_words

#: A page dump has at least so many menu entries, and they are at least this share of all units. In the labelled
#: article dumps the largest share among those with any known menu entry is .2.
_PAGE_ENTRIES = 5
_PAGE_SHARE = 0.4

#: Classes that a page shows outside of its article; two of them make a page of a text full of short lines.
_PAGE_CLASSES = frozenset({"nav", "share", "subscribe", "copyright", "comments", "most_read", "ad", "widget", "cookie"})
_PAGE_SIGNS = 2

#: With so many menu entries one sign is enough, for the lexicon knows little of most languages. Poems have none.
_MENUS = 25
_MENUS_SHARE = 0.6
_MENUS_PARAGRAPHS = 3


def is_page(found: Analysis) -> bool:
    """Tell whether the text is the dump of a whole page rather than of an article."""
    units, paragraphs = found.units, sum(found.paragraphs)
    signs = sum(unit.kind in _PAGE_CLASSES for unit in units) if paragraphs else 0
    if not signs:
        return False
    pairs = zip(units, found.paragraphs, strict=True)
    short = sum((unit.stub or unit.headline) and not known for unit, known in pairs)
    if paragraphs >= _MENUS_PARAGRAPHS and short >= max(_MENUS, _MENUS_SHARE * len(units)):
        return True
    return signs >= _PAGE_SIGNS and short >= max(_PAGE_ENTRIES, _PAGE_SHARE * len(units))


#: What a unit is worth to the stretch that is the article: calibrated on naive dumps of 389 saved pages.
_WORTH_LONG = 400
_COST_STUB, _COST_HEADLINE, _COST_CLASS, _COST_HEADER, _COST_DATE = 0.6, 0.7, 1.2, 2.5, 2.0
_GAIN_RUN_ON = 0.3
_HEADERS = frozenset({"read_also", "most_read", "copyright", "comments", "tags"})

#: A line that ends with a colon announces a list if it is longer than a name: "dr. x says:" opens a comment.
_ANNOUNCES = 40


def unit_worths(found: Analysis) -> list[float]:
    """Return how much each unit speaks for (above 0) or against being in the article.

    The items of a list that a colon announces cost nothing.
    """
    units, worths, listing = found.units, [], False
    for at, (unit, paragraph) in enumerate(zip(units, found.paragraphs, strict=True)):
        value = _worth(unit, paragraph)
        worths.append(max(value, 0.0) if listing and unit.phrase is None else value)
        if unit.text[-1] in ":：":
            listing = unit.size >= _ANNOUNCES or (at + 1 < len(units) and units[at + 1].bullet)
        else:
            listing = listing and (value < 0 or unit.bullet)
    return worths


def _worth(unit: Unit, paragraph: bool) -> float:
    if unit.phrase is not None or unit.rule:
        return -_COST_HEADER if unit.kind in _HEADERS else -_COST_CLASS
    if paragraph:
        gain = min(unit.size, _WORTH_LONG) / 100
        return gain if unit.ends else _GAIN_RUN_ON * gain
    if is_date_line(unit.key):
        return -_COST_DATE
    if unit.ends:
        return 0.2 if unit.size >= 40 else -0.1
    return -_COST_STUB if unit.stub and not unit.bullet else -_COST_HEADLINE


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


#: What leads to other stories.
_LEADS = frozenset({"read_also", "most_read"})

#: A paragraph that captions, share bars or a box keep apart from the stretch stands at most so many units from it.
_REACH = 15

#: Share of the words of such a paragraph that the stretch says again.
_RELATED = 0.3


def find_stretch(found: Analysis) -> tuple[int, int]:
    """Return (first, last + 1) of the article in the units of a page.

    A stretch is worth more in many paragraphs than in one long one, and an appended story may be longer than the
    article; but what tells the story that a box of links leads to is not it, nor is what has less running text than
    stands before the box.
    """
    worths = unit_worths(found)
    first, last = best_stretch(worths)
    lead = next((at for at in range(first - 1, -1, -1) if found.units[at].kind in _LEADS), -1)
    if lead >= 0 and not any(found.paragraphs[lead + 1 : first]):
        before = best_stretch(worths[:lead])
        told, after = found.body(*before), found.body(first, last)
        longer = sum(map(len, told)) >= sum(map(len, after))
        if told and (longer or not resumes(told, linked_headlines(found.units, lead, first), after)):
            first, last = before
    last = before_comments(found, first, last)
    body = content_words(unit.text for unit in found.units[first:last])
    for at in range(max(0, first - _REACH), first):
        if found.paragraphs[at] and covered(content_words([found.units[at].text]), body) >= _RELATED:
            return at, last
    return first, last


#: Comments begin after at least so much of the running text of the stretch, and each bears a date.
_BEFORE_COMMENTS = 0.2
_STAMPS = 3


def before_comments(found: Analysis, first: int, last: int) -> int:
    """Return where the article ends if what readers say about it stands in the same stretch."""
    enough, total, stamps = _BEFORE_COMMENTS * sum(map(len, found.body(first, last))), 0, []
    for at in range(first, last):
        unit, paragraph = found.units[at], found.paragraphs[at]
        total += unit.size if paragraph else 0
        if total >= enough and unit.kind == "comments":
            return at
        if total >= enough and not paragraph and is_date_line(unit.key):
            stamps.append(at)
    return stamps[0] if len(stamps) >= _STAMPS else last


def is_bare(unit: Unit) -> bool:
    """Tell whether a header stands alone, so that what it announces follows on lines of its own."""
    return unit.phrase is not None and unit.size <= len(unit.phrase.text) + 8


def linked_headlines(units: Sequence[Unit], at: int, stop: int) -> list[str]:
    """Return the headlines that the header of links at `at` leads to: those before `stop`, and one on its own line."""
    found = [unit.text for unit in units[at + 1 : stop] if unit.headline]
    return found if is_bare(units[at]) else [*found, units[at].text]


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


#: Shorter words are mostly particles, pronouns and prepositions in the six languages of the lexicon.
_WORD_LENGTH = 4

_PROCLITICS = ("وبال", "وال", "بال", "كال", "فال", "لل", "ال")


def stem(word: str) -> str:
    """Return `word` without article and the particles before it.

    >>> stem("وبالعلاقات")
    'علاقات'
    """
    for proclitic in _PROCLITICS:
        if word.startswith(proclitic) and len(word) >= len(proclitic) + 3:
            return word[len(proclitic) :]
    return word


def content_words(texts: Iterable[str]) -> frozenset[str]:
    """Return the stems of the longer words of `texts`."""
    stems = (stem(word) for text in texts for word in folded_words(text))
    return frozenset(word for word in stems if len(word) >= _WORD_LENGTH)


def covered(words: frozenset[str], by: frozenset[str]) -> float:
    """Return the share of `words` that also stand in `by`; 0 if there are none."""
    return len(words & by) / len(words) if words else 0.0
