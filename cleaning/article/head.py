"""Judge what stands before the first paragraph: section, headline, date, byline, share bar, caption."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from cleaning.article.continuity import content_words, covered
from cleaning.article.judged import CAPTION, FURNITURE, Judged, name, name_phrase, open_units
from cleaning.lines.lexicon import key_of
from cleaning.lines.mentions import is_byline, is_date_line
from cleaning.lines.unit import SHORT, STUB, Unit, has_clauses, is_label

#: What stands before the body and is chrome there, though it may be body elsewhere.
_KINDS = frozenset({"date", "byline", "nav", "tags", "source", "most_read"})

#: What shows that the lines around it are the furniture of a head.
_FURNISHED = frozenset({"title", "date", "byline", "share", "fontsize", "furniture"})

#: A headline may stand outside of a page's article, or behind the name of the outlet.
_MAY_BE_TITLE = frozenset({"", "page", "furniture-marker"})

#: A headline stands at most so many units above the first paragraph.
_REACH = 40

#: Share of a headline's words that the body says again; menu entries and foreign headlines have less.
_SAID_AGAIN = 0.4

#: A text of fewer paragraphs may be a list or a poem, whose first lines are not section and headline.
_PARAGRAPHS = 3

#: More short lines than this under the furniture of the head are verse or a list.
_CAPTIONS = 2

#: A dash, an underscore or a tatweel joins a name to a place: a byline, a dateline, an item of a list.
_JOINED = re.compile("[-–—_ـ/:|•*«»\"“”]")

#: What a dateline ends with; a dateline is body, though it names an agency.
_DATELINE = "-–—:،"

_AGENCY = r"(?:afp|ap|epa|reuters|getty(?: images)?|shutterstock|istock|رويترز|ا ف ب|اف ب|الاناضول|الفرنسيه)"
_PHOTO = re.compile(
    rf"\((?:{_AGENCY}|ارشيف\w*|صوره\w*|photo|picture|image|credit|foto)\b[^)]{{0,40}}\)?$|©|\b{_AGENCY}/?[\w ]{{0,20}}$"
    rf"|\b{_AGENCY} (?:pics?|photos?|images?)$|^(?:تصوير|عدسه|photo|foto|watch)\b"
    r"|^(?:file photo|image caption|media caption|photograph|screenshot|picture:|مصدر الصوره)|^\d?\d:\d\d [^\W\d]"
)


def judge_head(judged: Judged, first: int) -> None:
    """Give the units before `first`, the first paragraph, their rules; find the headline."""
    head = judged.units[max(0, first - _REACH) : first]
    for unit in open_units(head):
        if unit.entry is not None and unit.entry.kind in _KINDS:
            name_phrase(unit)
        elif is_date_line(unit.key) and not _is_decree(unit.key):
            name(unit, "date", "a date and hardly anything else")
        elif is_byline(unit.text):
            name(unit, "byline", "says who wrote it")
    _headline(judged, head)
    if sum(judged.paragraphs) >= _PARAGRAPHS:
        _section(judged, open_units(head))
    _captions(judged, head)


def is_photo(unit: Unit) -> bool:
    """Tell whether a short unit is a caption by what it says about the picture's origin."""
    if unit.size > SHORT or unit.text[-1] in _DATELINE:
        return False
    return _PHOTO.search(unit.key or key_of(unit.text)) is not None


def _is_decree(key: str) -> bool:
    """Tell whether a date line is that of a royal decree, which is body: `التاريخ: 9/10/1436هـ`."""
    return key.startswith("التاريخ") and " م" not in key and "20" not in key


def _headline(judged: Judged, head: Sequence[Unit]) -> None:
    """Find the headline: known to the record, repeated, or followed by the date."""
    lines = [unit for unit in head if unit.headline and unit.key and not unit.entry and unit.rule in _MAY_BE_TITLE]
    said = lines if not judged.page else _said_again(lines, judged)
    found = _repeated(said, key_of(judged.title))
    evidence = "the headline, repeated"
    if judged.page and not found:
        found, evidence = said[-1:], "stands over the article, which says it again"
    for unit in found:
        unit.rule = ""
        name(unit, "title", evidence)
    if found:
        judged.title = judged.title or min((unit.text for unit in found), key=len)
        return
    left = [unit for unit in head if not unit.rule or _is_listed(unit, judged)]
    if judged.title or not left or not left[-1].headline or len(left) > 2:
        return
    after = head[head.index(left[-1]) + 1 :]
    if after and _says_date(after[0]):
        left[-1].rule = ""
        name(left[-1], "title", "stands above the date")
        judged.title = left[-1].text


def _is_listed(unit: Unit, judged: Judged) -> bool:
    """Tell whether `unit` is furniture only because the outlet's other pages list this headline."""
    return unit.rule == "furniture" and unit.headline and bool(_said_again([unit], judged))


def _says_date(unit: Unit) -> bool:
    return unit.rule == "date" or (bool(unit.rule) and unit.entry is not None and unit.entry.kind == "date")


def _said_again(lines: Sequence[Unit], judged: Judged) -> list[Unit]:
    """Return the lines whose words the body uses again."""
    body = content_words(judged.body())
    return [unit for unit in lines if covered(content_words([unit.text]), body) >= _SAID_AGAIN]


def _repeated(lines: Sequence[Unit], known: str) -> list[Unit]:
    """Return the lines that are the known headline or say each other again."""
    times = Counter(unit.key for unit in lines)
    found = []
    for unit in lines:
        inside = any(other.key != unit.key and (unit.key in other.key or other.key in unit.key) for other in lines)
        if (known and known in unit.key) or times[unit.key] > 1 or inside:
            found.append(unit)
    return found


def _section(judged: Judged, left: Sequence[Unit]) -> None:
    """Take out a section name over the headline, and the headline with it; the outlet's own line may be it."""
    slug = judged.units[0].rule == "furniture-opening"
    if len(left) != (1 if slug else 2):
        return
    label, headline = left[0], left[-1]
    if not slug and (not label.stub or not is_label(label) or _JOINED.search(label.text)):
        return
    if headline.headline and _said_again([headline], judged):
        if not slug:
            name(label, "section", "a label over the headline")
        name(headline, "title", "under the section, and said again by the body")
        judged.title = judged.title or headline.text


def _captions(judged: Judged, head: Sequence[Unit]) -> None:
    """Take out captions between a furnished head and the first paragraph."""
    furniture = next((at for at, unit in enumerate(head) if unit.rule in _FURNISHED), len(head))
    menu = any(unit.rule in FURNITURE for unit in head)
    few = len(open_units(head[furniture:])) <= _CAPTIONS
    for at, unit in enumerate(head):
        if unit.rule or unit.entry or (at and not head[at - 1].rule and head[at - 1].text[-1] in ":："):
            continue
        if is_photo(unit):
            name(unit, "caption", "names where the picture is from")
        elif at > furniture and few and _is_caption(unit):
            name(unit, "caption", "between the furniture of the head and the first paragraph")
        elif not unit.ends and unit.size < (SHORT if judged.page else STUB if menu else 0):
            name(unit, "page", "a short line over the article")


def _is_caption(unit: Unit) -> bool:
    return unit.size < CAPTION and not unit.ends and not unit.bullet and not has_clauses(unit.text)
