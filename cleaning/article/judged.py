"""What the rules of a text work on: its units, the verdicts on them, and how a verdict is passed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from cleaning.lines.unit import Unit, has_clauses

#: Captions of the labelled dumps have up to 104 characters.
CAPTION = 110


#: The rules of lines that stand around an article on its page and in no article itself.
FURNITURE = frozenset({"share", "subscribe", "nav", "comments", "copyright", "ad", "widget", "cookie", "fontsize"})


@dataclass(frozen=True, slots=True)
class Span:
    """A part of a text that goes: `text[start:end]`, the rule that says so and what it rests on."""

    start: int
    end: int
    rule: str
    evidence: str


@dataclass(slots=True)
class Judged:
    """The units of one text, which of them are running text, and what the judgement has found.

    `page` tells that the text is the dump of a whole page, `title` is the headline, known or found, `tags` are
    those that were found run together.
    """

    units: list[Unit]
    title: str = ""
    page: bool = False
    tags: tuple[str, ...] = ()
    paragraphs: list[bool] = field(default_factory=list)

    def body(self, start: int = 0, end: int | None = None) -> list[str]:
        """Return the running text in the units from `start` to before `end`."""
        pairs = zip(self.units[start:end], self.paragraphs[start:end], strict=True)
        return [unit.text for unit, known in pairs if known]


def rule_of(unit: Unit) -> str:
    """Return the rule that the phrase of a unit stands for, or ""."""
    return unit.entry.kind.replace("_", "-") if unit.entry else ""


def name(unit: Unit, rule: str, evidence: str) -> None:
    """Take `unit` out under `rule`, unless an earlier rule already has."""
    if not unit.rule:
        unit.rule, unit.evidence = rule, evidence


def name_phrase(unit: Unit) -> None:
    """Take `unit` out for the phrase that it is or opens with."""
    if unit.entry is not None:
        name(unit, rule_of(unit), f"phrase: {unit.entry.phrase}")


def name_all(units: Iterable[Unit], rule: str, evidence: str) -> None:
    """Take `units` out under `rule`, those with a phrase under the rule of the phrase."""
    for unit in units:
        name(unit, rule_of(unit) or rule, evidence)


def is_fragment(unit: Unit) -> bool:
    """Tell whether `unit` is a short line with no trace of a sentence in it: a name, a tag, a caption."""
    return unit.size < CAPTION and (unit.text[-1].isalnum() or unit.text[-1] == ")") and not has_clauses(unit.text)


def open_units(units: Sequence[Unit]) -> list[Unit]:
    """Return the units that no rule has taken yet."""
    return [unit for unit in units if not unit.rule]
