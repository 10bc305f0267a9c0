"""Give each line its verdict: body, or chrome under a rule, by its form, its place and its neighbours.

A phrase alone takes nothing out of a text. The order of judgement: what is known (lexicon, learned furniture),
paragraphs written twice, the article within a page, the head, the boxes and the end, the trailing lines.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from cleaning.article.head import is_photo, judge_head
from cleaning.article.judged import Judged, Span, name, name_all, name_phrase
from cleaning.article.stretch import find_paragraphs, find_stretch, is_page
from cleaning.article.tail import judge_between, judge_boxes, judge_trailing
from cleaning.lines.lexicon import Lexicon, key_of
from cleaning.lines.mentions import is_date_line
from cleaning.lines.unit import PARAGRAPH, SHORT, STUB, Unit
from cleaning.outlet.furniture import FurnitureConfig

__all__ = ["CleanConfig", "Judged", "Span", "judge", "recognise"]

#: Classes that are chrome wherever they stand as a line; the others need a place before or after the body.
_ANYWHERE = frozenset(
    {"fontsize", "share", "comments", "subscribe", "copyright", "caption", "end", "widget", "ad", "read_also", "cookie"}
)

_MAIL = re.compile(r"[\w.+\-]{1,64}@[\w\-]{1,64}(?:\.[\w\-]{1,64})+")

#: `// يتبع //`: a word between slashes is the mark of an agency, whatever it says.
_END_MARK = re.compile(r"/{2,} ?[^/]{2,20} ?/{2,}\Z")

#: `alt="…" />`: what a careless extraction leaves of a tag.
_MARKUP = re.compile(r"\A(?:<\w+ )?(?:[a-z\-]{2,20} ?= ?\"[^\"]{0,300}\" ?){1,9}/?>\Z")

#: How much of a long unit is folded to look for a phrase at its head.
_HEAD = 64


class CleanConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Say how chrome is taken out of text.

    `learn` uses what an outlet repeats; `harvest` fills empty fields from chrome that goes; the thresholds of
    learning are in `furniture`.
    """

    learn: bool = True
    harvest: bool = True
    furniture: FurnitureConfig = FurnitureConfig()


def recognise(units: Sequence[Unit], lexicon: Lexicon) -> None:
    """Set `entry` of each unit that is, or opens with, a phrase of the lexicon in an allowed position."""
    for unit in units:
        if unit.key:
            unit.entry = lexicon.whole(unit.key) or lexicon.head(unit.key, ends_sentence=unit.ends)
        else:
            unit.entry = lexicon.head(key_of(unit.text[:_HEAD]), ends_sentence=True)


def judge(units: list[Unit], title: str) -> Judged:
    """Give every unit that is chrome its rule. `title` is what the record brought, or ""."""
    for unit in units:
        _known(unit)
    _doubled(units)
    judged = Judged(units, title, paragraphs=find_paragraphs(units))
    judged.page = is_page(units, judged.paragraphs)
    if judged.page:
        _outside(judged)
    if True in judged.paragraphs:
        first = judged.paragraphs.index(True)
        judge_head(judged, first)
        judge_boxes(judged, first)
        last = len(units) - 1 - judged.paragraphs[::-1].index(True)
        if judged.page:
            judge_between(judged, first, last)
        judge_trailing(judged, last)
    return judged


def _known(unit: Unit) -> None:
    if unit.entry is not None and unit.entry.kind in _ANYWHERE and unit.size < 2 * SHORT:
        name_phrase(unit)
    elif not unit.key and unit.size < PARAGRAPH:
        name(unit, "marks", "no letter and no figure")
    elif unit.text[-1] == ">" and _MARKUP.search(unit.text):
        name(unit, "markup", "the end of a tag that was not taken out")
    elif unit.text.startswith("//") and _END_MARK.match(unit.text):
        name(unit, "end", "a word between slashes")
    elif unit.size < SHORT and "@" in unit.text and not _MAIL.sub("", unit.text).strip(" :*-()"):
        name(unit, "contact", "only an address")


def _doubled(units: Sequence[Unit]) -> None:
    """Take out a paragraph that follows itself, and a line that is one headline twice: picture and link."""
    before = ""
    for unit in units:
        if unit.size >= PARAGRAPH / 2 and unit.text == before:
            name(unit, "doubled", "the paragraph before it, word for word")
        half = unit.size // 2
        if half >= STUB and unit.text[:half].strip() == unit.text[-half:].strip():
            name(unit, "related", "one headline twice in a line")
        before = unit.text


def _outside(judged: Judged) -> None:
    """Take out what stands before and after the article of a page; the headline above it stays in reach."""
    first, last = find_stretch(judged.units, judged.paragraphs)
    for at, unit in enumerate(judged.units):
        if not first <= at < last:
            judged.paragraphs[at] = False
            if is_date_line(unit.key):
                name(unit, "date", "a date and hardly anything else")
            elif is_photo(unit):
                name(unit, "caption", "names where the picture is from")
            name_all([unit], "page", "outside of the densest stretch of running text")
