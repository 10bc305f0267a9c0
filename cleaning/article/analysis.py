"""What the rules work on: the units of a text with what is known of them, and how a unit is removed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import compress

from cleaning.lines.lexicon import key_of
from cleaning.lines.unit import SHORT, Unit, has_clauses

#: Captions of the labelled dumps have up to 104 characters.
CAPTION = 110

#: What a dateline ends with; a dateline is body, though it names an agency.
_DATELINE = "-–—:،"

_AGENCY = r"(?:afp|ap|epa|reuters|getty(?: images)?|shutterstock|istock|رويترز|ا ف ب|اف ب|الاناضول|الفرنسيه)"
_PHOTO = re.compile(
    rf"\((?:{_AGENCY}|ارشيف\w*|صوره\w*|photo|picture|image|credit|foto)\b[^)]{{0,40}}\)?$|©|\b{_AGENCY}/?[\w ]{{0,20}}$"
    r"|^(?:تصوير|عدسه|photo|foto|watch)\b"
    r"|(?:^|[(/.|–—-] ?)(?:تصوير|عدسه|عكس|فوٹو|foto(?:ğraf)?|photo(?:graph)?(?: by)?|crédit|צילום|תמונה|фото)"
    r" ?[:/] ?[^:.،,]{2,40}$"
    r"|^(?:file photo|image caption|media caption|photograph|screenshot|picture:|مصدر الصوره)|^\d?\d:\d\d [^\W\d]"
)

#: The rules of lines that stand around an article on its page and in no article itself.
AROUND = frozenset({"share", "subscribe", "nav", "comments", "copyright", "ad", "widget", "cookie", "fontsize"})


@dataclass(slots=True)
class Analysis:
    """The units of one text, which of them are running text, and what the rules have found.

    `page` tells that the text is the dump of a whole page, `doubtful` that its article is not plain, `extracted` that
    it was cut out of the markup of its page, `title` is the headline, known or found, `tags` are those that were found
    run together.
    """

    units: list[Unit]
    title: str = ""
    page: bool = False
    doubtful: bool = False
    extracted: bool = False
    tags: tuple[str, ...] = ()
    paragraphs: list[bool] = field(default_factory=list)

    def running(self, start: int = 0, end: int | None = None) -> list[Unit]:
        """Return those of the units from `start` to before `end` that are running text."""
        return list(compress(self.units[start:end], self.paragraphs[start:end]))

    def body(self, start: int = 0, end: int | None = None) -> list[str]:
        """Return the running text in the units from `start` to before `end`."""
        return [unit.text for unit in self.running(start, end)]


def remove(unit: Unit, rule: str, evidence: str) -> None:
    """Remove `unit` under `rule`, unless an earlier rule already has."""
    if not unit.rule:
        unit.rule, unit.evidence = rule, evidence


def remove_phrase(unit: Unit) -> None:
    """Remove `unit` for the phrase that it is or opens with."""
    if unit.phrase is not None:
        remove(unit, unit.phrase.rule, f"phrase: {unit.phrase.text}")


def remove_all(units: Iterable[Unit], rule: str, evidence: str) -> None:
    """Remove `units` under `rule`, those with a phrase under the rule of the phrase."""
    for unit in units:
        remove(unit, unit.phrase.rule if unit.phrase else rule, evidence)


def remaining(units: Sequence[Unit]) -> list[Unit]:
    """Return the units that no rule has removed yet."""
    return [unit for unit in units if not unit.rule]


def is_fragment(unit: Unit) -> bool:
    """Tell whether `unit` is a short line with no trace of a sentence in it: a name, a tag, a caption."""
    return unit.size < CAPTION and (unit.text[-1].isalnum() or unit.text[-1] == ")") and not has_clauses(unit.text)


def is_photo(unit: Unit) -> bool:
    """Tell whether a short unit is a caption by what it says about the picture's origin."""
    if unit.size > SHORT or unit.text[-1] in _DATELINE:
        return False
    return _is_credit(unit.key or key_of(unit.text))


@lru_cache(maxsize=1 << 10)  # a menu stands on each page of its outlet
def _is_credit(key: str) -> bool:
    return _PHOTO.search(key) is not None
