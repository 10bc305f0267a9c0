"""Judge what stands between and after the paragraphs: boxes of links, end marks, appended articles, trailing lines."""

from __future__ import annotations

from collections.abc import Sequence

from cleaning.article import resumes
from cleaning.harvest import is_date_line
from cleaning.head import is_photo
from cleaning.judged import Judged, is_fragment, name, name_all, name_phrase, open_units, rule_of
from cleaning.units import Unit

#: What may tell that the body has ended when it stands after a paragraph.
_ENDERS = frozenset({"source", "tags", "end", "most_read", "comments", "copyright", "read_also"})

#: After these a box of links opens no pause but another article.
_FINAL = frozenset({"source", "tags", "end", "comments"})

_LINKS = frozenset({"read-also", "most-read"})

#: What is chrome after the body, though it may be body elsewhere.
_AFTER = frozenset({"date", "nav", "byline", "most_read", "tags", "source"})

#: A trailing list of more lines than this that nothing announces is a list of the article.
_TRAILING = 3

#: Shorter last lines of a run of furniture may be the sub-heading of the next paragraph.
_SUBHEADING = 60


def judge_boxes(judged: Judged, first: int) -> None:
    """Walk through the body from `first`; at each header of links or end mark decide what belongs to it."""
    at, ended = first, False
    while at < len(judged.units):
        unit = judged.units[at]
        kind = unit.entry.kind if unit.entry is not None and not judged.paragraphs[at] else ""
        ended = (ended and not judged.paragraphs[at]) or kind in _FINAL
        at = _box(judged, at, ended=ended) if kind in _ENDERS else at + 1


def _box(judged: Judged, at: int, *, ended: bool) -> int:
    """Judge one header and what follows it; return where the walk goes on."""
    units, header = judged.units, judged.units[at]
    name_phrase(header)
    later = next((i for i in range(at + 1, len(units)) if judged.paragraphs[i]), len(units))
    following = units[at + 1 : later]
    if later == len(units):
        if not is_bare(header) and rule_of(header) in ("read-also", "source"):
            following = [unit for unit in following if not unit.ends or unit.entry]
        name_all(following, "related", "follows the end of the body")
        return at + 1
    if rule_of(header) not in _LINKS:
        return at + 1
    if ended or not _goes_on(judged, at, following):
        name_all(units[at + 1 :], "appended", "another article, after the links of this one")
        judged.paragraphs[at + 1 :] = [False] * (len(units) - at - 1)
        return len(units)
    if is_bare(header):
        links = [unit for unit in following if not unit.ends or unit.text[-1] in "؟?!"]
        name_all(links, "related", "linked in a box inside the article")
    return at + 1


def _goes_on(judged: Judged, at: int, following: Sequence[Unit]) -> bool:
    linked = [unit.text for unit in following if unit.headline]
    if not is_bare(judged.units[at]):
        linked.append(judged.units[at].text)
    after = [unit.text for unit, known in zip(judged.units[at:], judged.paragraphs[at:], strict=True) if known]
    return resumes([*judged.body(at), judged.title], linked, after)


def is_bare(unit: Unit) -> bool:
    """Tell whether a header stands alone, so that what it announces follows on lines of its own."""
    return unit.entry is not None and unit.size <= len(unit.entry.phrase) + 8


def judge_between(judged: Judged, first: int, last: int) -> None:
    """Take share bars, captions and dates out from between the paragraphs of a page."""
    units = judged.units
    for unit in open_units(units[first:last]):
        if unit.entry is not None and unit.entry.kind in _AFTER and not unit.ends:
            name_phrase(unit)
        elif is_photo(unit):
            name(unit, "caption", "names where the picture is from")
        elif is_date_line(unit.key):
            name(unit, "date", "a date and hardly anything else")
    at = first
    while at < last:
        stop = next((i for i in range(at, last) if judged.paragraphs[i]), last)
        run = units[at:stop]
        if any(unit.rule for unit in run):
            if not run[-1].rule and run[-1].size < _SUBHEADING:
                run = run[:-1]
            name_all((unit for unit in run if is_fragment(unit)), "page", "among furniture between two paragraphs")
        at = stop + 1


def judge_trailing(judged: Judged, last: int) -> None:
    """Take out what trails after `last`, the last paragraph, and ends no sentence: tags, names, captions, dates."""
    tail = open_units(judged.units[last + 1 :])
    for unit in tail:
        if unit.entry is not None and unit.entry.kind in _AFTER:
            name_phrase(unit)
        elif is_date_line(unit.key):
            name(unit, "date", "a date and hardly anything else")
    rest = open_units(tail)
    fragments = [unit for unit in rest if is_fragment(unit) or (unit is tail[-1] and unit.text[-1] in ":：")]
    if judged.units[last].ends and len(fragments) == len(rest) <= _TRAILING:
        name_all(fragments, "trailing", "a short line after the last paragraph that ends no sentence")
