"""Give each line its verdict: body, or chrome under a rule, by its form, its place and its neighbours.

A phrase alone takes nothing out of a text. The order of judgement: what is known (lexicon, learned furniture),
paragraphs written twice, the article within a page, the head, the boxes and the end, the trailing lines.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import msgspec

from cleaning.article import best_stretch, find_paragraphs, is_page, reach_lede, resumes, weigh
from cleaning.boilerplate import FurnitureConfig
from cleaning.harvest import is_byline, is_date_line
from cleaning.lexicon import Lexicon, key_of
from cleaning.units import PARAGRAPH, SHORT, Unit, has_clauses, is_label, is_marks

#: Classes that are chrome wherever they stand as a line; the others need a place before or after the body.
_ANYWHERE = frozenset(
    {"fontsize", "share", "comments", "subscribe", "copyright", "caption", "end", "widget", "ad", "read_also"}
)
#: What tells that the body has ended when it stands after a paragraph.
_ENDERS = frozenset({"source", "tags", "end", "most_read", "comments", "copyright", "read_also"})
_FINAL = frozenset({"source", "tags", "end", "comments"})

_MAIL = re.compile(r"[\w.+\-]{1,64}@[\w\-]{1,64}(?:\.[\w\-]{1,64})+")
#: A dash, an underscore or a tatweel joins a name to a place: a byline, a dateline, an item of a list.
_JOINED = re.compile("[-–—_ـ/:|•*«»\"“”]")

_PHOTO = re.compile(
    r"\((?:getty|reuters|afp|ap|epa|رويترز|ا ف ب|اف ب|الاناضول|الفرنسيه|ارشيف\w*|صوره\w*)[^)]*\)$"
    r"|©|\b(?:afp|getty|reuters|epa|shutterstock|istock)\b.{0,20}$|^(?:تصوير|عدسه|photo|foto|watch)\b|^\d?\d:\d\d "
)
#: Captions of the labelled dumps have up to 104 characters.
_CAPTION = 110

#: How much of a long unit is folded to look for a phrase at its head.
_HEAD = 64

#: A trailing list of more lines than this that nothing announces is a list of the article.
_TRAILING = 3


class CleanConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Say how chrome is taken out of text.

    `learn` uses what an outlet repeats; `harvest` fills empty fields from chrome that goes; the thresholds of
    learning are in `furniture`.
    """

    learn: bool = True
    harvest: bool = True
    furniture: FurnitureConfig = FurnitureConfig()


@dataclass(frozen=True, slots=True)
class Span:
    """A part of a text that goes: `text[start:end]`, the rule that says so and what it rests on."""

    start: int
    end: int
    rule: str
    evidence: str


@dataclass(slots=True)
class Judged:
    """The units of one text after judgement, and the headline if it was found."""

    units: list[Unit]
    title: str = ""
    page: bool = False
    paragraphs: list[bool] = field(default_factory=list)


def name(unit: Unit, rule: str, evidence: str = "") -> None:
    """Take `unit` out under `rule`, unless an earlier rule already has."""
    if not unit.rule:
        unit.rule, unit.evidence = rule, evidence


def recognise(units: Sequence[Unit], lexicon: Lexicon) -> None:
    """Set `entry` of each unit that is, or opens with, a phrase of the lexicon in an allowed position."""
    for unit in units:
        if unit.key:
            unit.entry = lexicon.whole(unit.key) or lexicon.head(unit.key, ends_sentence=unit.ends)
        elif unit.size > SHORT:
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
    if any(judged.paragraphs):
        first = judged.paragraphs.index(True)
        _head(judged, first)
        _boxes(judged, first)
        _trailing(judged)
    return judged


def _known(unit: Unit) -> None:
    if unit.entry is not None and unit.entry.kind in _ANYWHERE and unit.size < 2 * SHORT:
        name(unit, unit.entry.kind.replace("_", "-"), f"phrase: {unit.entry.phrase}")
    elif is_marks(unit.text):
        name(unit, "marks", "no letter and no figure")
    elif unit.size < SHORT and "@" in unit.text and not _MAIL.sub("", unit.text).strip(" :*-()"):
        name(unit, "contact", "only an address")


def _doubled(units: Sequence[Unit]) -> None:
    for before, unit in pairwise(units):
        if unit.size >= PARAGRAPH / 2 and unit.text == before.text:
            name(unit, "doubled", "the paragraph before it, word for word")


def _outside(judged: Judged) -> None:
    """Take out what stands before and after the article of a page; the headline above it stays in reach."""
    units = judged.units
    first, last = best_stretch(weigh(units, judged.paragraphs))
    first = reach_lede(units, judged.paragraphs, first, last)
    for at, unit in enumerate(units):
        if not first <= at < last:
            judged.paragraphs[at] = False
            name(unit, _class(unit) or "page", "outside of the densest stretch of running text")


def _class(unit: Unit) -> str:
    return unit.entry.kind.replace("_", "-") if unit.entry else ""


def _head(judged: Judged, first: int) -> None:
    """Judge what stands before the first paragraph: headline, date, byline, caption, section."""
    head = [unit for unit in judged.units[:first] if not unit.rule]
    for unit in head:
        if unit.entry is not None and unit.entry.kind in ("date", "byline", "nav", "tags", "source", "most_read"):
            name(unit, _class(unit), f"phrase: {unit.entry.phrase}")
        elif is_date_line(unit.key) and not _is_decree(unit.key):
            name(unit, "date", "a date and hardly anything else")
        elif is_byline(unit.text):
            name(unit, "byline", "says who wrote it")
    _headline(judged, judged.units[:first])
    _captions(judged, first)


def _is_decree(key: str) -> bool:
    """Tell whether a date line is that of a royal decree, which is body: `التاريخ: 9/10/1436هـ`."""
    return key.startswith("التاريخ") and " م" not in key and "20" not in key


def _headline(judged: Judged, head: Sequence[Unit]) -> None:
    """Find the headline among the units before the body: repeated, known, or followed by the date."""
    known = key_of(judged.title)
    lines = [unit for unit in head if unit.headline and unit.key and not unit.entry and unit.rule in ("", "page")]
    for unit in lines:
        others = (other.key for other in lines if other is not unit)
        if (known and known in unit.key) or any(unit.key in other or other in unit.key for other in others):
            unit.rule = ""
            name(unit, "title", "the headline, repeated")
            shortest = min((unit.text, judged.title or unit.text), key=len)
            judged.title = judged.title or shortest
    open_lines = [unit for unit in head if not unit.rule]
    if not judged.title and open_lines and open_lines[-1].headline:
        at = head.index(open_lines[-1])
        if at + 1 < len(head) and head[at + 1].rule == "date" and len(open_lines) <= 2:
            name(open_lines[-1], "title", "stands above the date")
            judged.title = open_lines[-1].text
    _section(judged, head)


def _section(judged: Judged, head: Sequence[Unit]) -> None:
    """Take out a section name over the headline."""
    open_lines = [unit for unit in head if not unit.rule]
    if len(open_lines) != 2 or sum(judged.paragraphs) < _TRAILING:
        return
    label, headline = open_lines
    if label.stub and headline.headline and is_label(label) and not _JOINED.search(label.text):
        name(label, "section", "a label over the headline")
        judged.title = judged.title or headline.text


def _captions(judged: Judged, first: int) -> None:
    """Take out captions between a furnished head (headline, date, share bar) and the first paragraph."""
    furnished = [at for at in range(first) if judged.units[at].rule in ("title", "date", "byline", "share", "fontsize")]
    for at in range(first):
        unit = judged.units[at]
        if unit.rule or unit.entry:
            continue
        if _PHOTO.search(unit.key):
            name(unit, "caption", "names where the picture is from")
        elif furnished and at > furnished[0] and _is_caption(unit):
            name(unit, "caption", "between the furniture of the head and the first paragraph")
        elif judged.page and not unit.ends and unit.size < SHORT:
            name(unit, "page", "a short line over the article")


def _is_caption(unit: Unit) -> bool:
    return unit.size < _CAPTION and not unit.ends and not unit.bullet and not has_clauses(unit.text)


def _boxes(judged: Judged, first: int) -> None:
    """Walk through the body; at each header of links or end mark decide what belongs to it."""
    units, at, ended = judged.units, first, False
    while at < len(units):
        unit = units[at]
        kind = unit.entry.kind if unit.entry is not None and not judged.paragraphs[at] else ""
        if kind in _ENDERS:
            ended = ended or kind in _FINAL
            at = _box(judged, first, at, ended=ended)
        else:
            at += 1


def _box(judged: Judged, first: int, at: int, *, ended: bool) -> int:
    """Judge one header and what follows it; return where the walk goes on."""
    units, header = judged.units, judged.units[at]
    kind = _class(header)
    later = [i for i in range(at + 1, len(units)) if judged.paragraphs[i]]
    stop = later[0] if later else len(units)
    name(header, kind, f"phrase: {header.text[:_HEAD]}")
    if not later:
        _take(units[at + 1 :], "related", "follows the end of the body")
        return len(units)
    linked = [units[i].text for i in range(at + 1, stop) if units[i].headline]
    if kind == "read-also" and not is_bare(header):
        linked.append(header.text)
    body = [units[i].text for i in range(first, at) if judged.paragraphs[i]]
    after = [units[i].text for i in later]
    if kind in ("read-also", "most-read") and (ended or not resumes([*body, judged.title], linked, after)):
        _take(units[at + 1 :], "appended", "another article, after the links of this one")
        for i in later:
            judged.paragraphs[i] = False
        return len(units)
    if kind in ("read-also", "most-read") and is_bare(header):
        links = [unit for unit in units[at + 1 : stop] if not unit.ends or unit.text[-1] in "؟?!"]
        _take(links, "related", "linked in a box inside the article")
    return at + 1


def is_bare(unit: Unit) -> bool:
    """Tell whether a header stands alone, so that what it announces follows on lines of its own."""
    return unit.entry is not None and unit.size <= len(unit.entry.phrase) + 8


def _take(units: Sequence[Unit], rule: str, evidence: str) -> None:
    for unit in units:
        name(unit, _class(unit) or rule, evidence)


def _trailing(judged: Judged) -> None:
    """Take out what trails after the last paragraph and ends no sentence: tags, names, captions, dates."""
    units = judged.units
    last = max((at for at, known in enumerate(judged.paragraphs) if known), default=len(units))
    tail = [unit for unit in units[last + 1 :] if not unit.rule]
    for unit in tail:
        if unit.entry is not None and unit.entry.kind in ("date", "nav", "byline", "most_read", "tags", "source"):
            name(unit, _class(unit), f"phrase: {unit.entry.phrase}")
        elif is_date_line(unit.key):
            name(unit, "date", "a date and hardly anything else")
    rest = [unit for unit in tail if not unit.rule and _trails(unit)]
    if units[last].ends and len(rest) <= _TRAILING and all(unit.rule or unit in rest for unit in tail):
        _take(rest, "trailing", "a short line after the last paragraph that ends no sentence")


def _trails(unit: Unit) -> bool:
    """Tell whether `unit` is a short line with no trace of a sentence in it: a name, a tag, a caption."""
    return unit.size < _CAPTION and (unit.text[-1].isalnum() or unit.text[-1] == ")") and not has_clauses(unit.text)
