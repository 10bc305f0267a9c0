"""Give each line of a text the rule that removes it, by its form, its place and its neighbours, or leave it.

A phrase alone removes nothing. `find_spans` is the order of the rules.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from cleaning.article.analysis import Analysis, remaining, remove, remove_phrase
from cleaning.article.edges import framed_spans, remove_boxes, remove_head, remove_trailing
from cleaning.article.page import remove_outside
from cleaning.article.repeated import glued_spans, remove_repeated
from cleaning.article.spans import disjoint, unit_spans
from cleaning.lines.lexicon import Lexicon, key_of
from cleaning.lines.paragraphs import find_paragraphs
from cleaning.lines.unit import PARAGRAPH, SHORT, STUB, Unit, cut
from cleaning.outlet import OutletTable
from corpus.records import Span

#: Classes that are chrome wherever they stand as a line; the others need a place before or after the body.
_ANYWHERE = frozenset(
    {"fontsize", "share", "comments", "subscribe", "copyright", "caption", "end", "widget", "ad", "read_also", "cookie"}
)

#: `// يتبع //`: a word between slashes is the mark of an agency, whatever it says.
_END_MARK = re.compile(r"/{2,} ?[^/]{2,20} ?/{2,}\Z")

#: `alt="…" />`: what a careless extraction leaves of a tag.
_MARKUP = re.compile(r"\A(?:<\w+ )?(?:[a-z\-]{2,20} ?= ?\"[^\"]{0,300}\" ?){1,9}/?>\Z")

#: How much of a long unit is folded to look for a phrase at its head.
_HEAD = 64


def find_spans(
    text: str, title: str, lexicon: Lexicon, table: OutletTable, *, extracted: bool = False
) -> tuple[list[Span], Analysis]:
    """Return what to remove from `text`, sorted and without overlap, with what was found on the way.

    Boxes of links are weighed on a page like all its lines; in the dump of an article they are read. `title` is what
    the record brought, or "". `extracted` says that the text was cut out of the markup of its page:
    then it is no whole page, however many short lines it has. What an earlier rule has removed no later one sees.
    """
    units = cut(text)
    find_phrases(units, lexicon)
    inside = remove_repeated(text, title, units, table) if table else []
    found = analyse(units, title, filler=extracted)
    found.extracted = extracted
    if not extracted:
        remove_outside(found)
    if True in found.paragraphs:
        first = found.paragraphs.index(True)
        remove_head(found, first, lexicon)
        if not found.page:
            remove_boxes(found, first)
        last = len(units) - 1 - found.paragraphs[::-1].index(True)
        remove_trailing(found, last, lexicon)
        if not found.page:
            inside += framed_spans(units, first, lexicon)
    return disjoint([*unit_spans(units, len(text)), *inside, *glued_spans(text, units, lexicon)]), found


def analyse(units: list[Unit], title: str, *, filler: bool = False) -> Analysis:
    """Tell what is running text in `units`, and remove what is chrome wherever it stands."""
    for unit in remaining(units):
        remove_known(unit)
    remove_doubled(units, filler=filler)
    return Analysis(units, title, paragraphs=find_paragraphs(units))


def find_phrases(units: Sequence[Unit], lexicon: Lexicon) -> None:
    """Set `phrase` of each unit that is, or opens with, one of the lexicon in an allowed position."""
    for unit in units:
        if unit.key:
            unit.phrase = lexicon.phrase_of(unit.key, unit.ends)
        elif lexicon.may_open(unit.text):
            unit.phrase = lexicon.head(key_of(unit.text[:_HEAD]), ends_sentence=True)


def remove_known(unit: Unit) -> None:
    """Remove what is chrome wherever it stands: by its phrase, or by its form alone."""
    if unit.kind in _ANYWHERE and unit.size < 2 * SHORT:
        remove_phrase(unit)
    elif not unit.key and unit.size < PARAGRAPH:
        remove(unit, "marks", "no letter and no figure")
    elif unit.text[-1] == ">" and _MARKUP.search(unit.text):
        remove(unit, "markup", "the end of a tag that was not taken out")
    elif unit.text.startswith("//") and _END_MARK.match(unit.text):
        remove(unit, "end", "a word between slashes")


def remove_doubled(units: Sequence[Unit], *, filler: bool) -> None:
    """Remove a paragraph that follows itself, and a line that is one headline twice: picture and link.

    With `filler` a paragraph that stands there more than twice stays: a refrain, or a text that fills a page.
    """
    before = ""
    times = Counter(unit.text for unit in units) if filler else Counter[str]()
    for unit in units:
        if unit.size >= PARAGRAPH / 2 and unit.text == before and times[unit.text] <= 2:
            remove(unit, "doubled", "the paragraph before it, word for word")
        half = unit.size // 2
        alike = half >= STUB and unit.text[-half] in (unit.text[0], " ")
        if alike and unit.text[:half].strip() == unit.text[-half:].strip():
            remove(unit, "related", "one headline twice in a line")
        before = unit.text
