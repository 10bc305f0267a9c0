"""Judge what stands between and after the paragraphs: boxes of links, end marks, appended articles, trailing lines."""

from __future__ import annotations

from collections.abc import Sequence

from cleaning.article.head import is_photo
from cleaning.article.judged import FURNITURE, Judged, is_fragment, name, name_all, name_phrase, open_units, rule_of
from cleaning.article.stretch import is_bare, resumes
from cleaning.lines.mentions import is_date_line, split_tags
from cleaning.lines.unit import SHORT, Unit
from corpus.arabic import folded_words

#: What may tell that the body has ended when it stands after a paragraph.
_ENDERS = frozenset({"source", "tags", "end", "most_read", "comments", "copyright", "read_also"})

#: After these a box of links opens no pause but another article.
_FINAL = frozenset({"source", "tags", "end", "comments"})

_LINKS = frozenset({"read-also", "most-read"})

#: What is chrome after the body, though it may be body elsewhere.
_AFTER = frozenset({"date", "nav", "byline", "most_read", "tags", "source"})

#: So many units on either side of a box are compared with what it links to.
_MEMORY = 40

#: A trailing list of more lines than this that nothing announces is a list of the article.
_TRAILING = 3

#: A line of so many words that opens with "and" is a sentence that has lost its stop.
_SENTENCE = 7

#: Shorter last lines of a run of furniture may be the sub-heading of the next paragraph.
_SUBHEADING = 60


def judge_boxes(judged: Judged, first: int) -> None:
    """Walk through the body from `first`; at each header of links or end mark decide what belongs to it."""
    at, ended = first, False
    while at < len(judged.units):
        kind = _header(judged, at)
        ended = (ended and not judged.paragraphs[at]) or kind in _FINAL
        at = _box(judged, at, ended=ended) if kind else at + 1


def _header(judged: Judged, at: int) -> str:
    """Return the class of the header of links or end mark at `at`, or ""."""
    entry = judged.units[at].entry
    if entry is None or judged.paragraphs[at] or entry.kind not in _ENDERS:
        return ""
    return entry.kind


def _box(judged: Judged, at: int, *, ended: bool) -> int:
    """Judge one header and what follows it; return where the walk goes on."""
    units, header = judged.units, judged.units[at]
    name_phrase(header)
    stop = at + 1
    while stop < len(units) and not judged.paragraphs[stop] and not _header(judged, stop):
        stop += 1
    following = units[at + 1 : stop]
    if stop == len(units):
        if not is_bare(header) and rule_of(header) in ("read-also", "source"):
            following = [unit for unit in following if not unit.ends]
        name_all(following, "related", "follows the end of the body")
    elif rule_of(header) in _LINKS:
        if judged.paragraphs[stop] and (ended or not _goes_on(judged, at, stop)):
            name_all(units[at + 1 :], "appended", "another article, after the links of this one")
            judged.paragraphs[at + 1 :] = [False] * (len(units) - at - 1)
            return len(units)
        if is_bare(header):
            links = [unit for unit in following if not unit.ends or unit.text[-1] in "؟?!"]
            name_all(links, "related", "linked in a box inside the article")
    return stop


def _goes_on(judged: Judged, at: int, stop: int) -> bool:
    linked = [unit.text for unit in judged.units[at + 1 : stop] if unit.headline]
    if not is_bare(judged.units[at]):
        linked.append(judged.units[at].text)
    before = judged.body(max(0, at - _MEMORY), at)
    return resumes([*before, judged.title], linked, judged.body(stop, stop + _MEMORY))


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
    is_list = len(tail) > 2 * _TRAILING and not judged.page
    for unit in tail:
        if unit.entry is not None and unit.entry.kind in _AFTER:
            name_phrase(unit)
        elif not is_list and is_date_line(unit.key) and unit.text[-1] not in ":：":
            name(unit, "date", "a date and hardly anything else")
    _after_furniture(judged.units[last + 1 :])
    _after_closing(judged, last)
    rest = open_units(tail)
    fragments = [unit for unit in rest if _trails(unit) or (unit is tail[-1] and unit.text[-1] in ":：")]
    if judged.units[last].ends and len(fragments) == len(rest) <= _TRAILING:
        _trail(judged, fragments, "a short line after the last paragraph that ends no sentence")


def _after_closing(judged: Judged, last: int) -> None:
    """Take out the short lines that follow what the outlet ends its articles with."""
    closing = next((at for at in range(last, len(judged.units)) if judged.units[at].closes), len(judged.units))
    following = open_units(judged.units[closing + 1 :])
    _trail(judged, [unit for unit in following if is_fragment(unit)], "after the words that end the outlet's articles")


def _trail(judged: Judged, fragments: Sequence[Unit], evidence: str) -> None:
    """Take out `fragments`; those in which words of the body have run together are tags."""
    told = (*judged.body(), judged.title) if fragments else ()
    known = frozenset(word for text in told for word in folded_words(text))
    for unit in fragments:
        if len(tags := split_tags(unit.text, known)) > 1:
            name(unit, "tags", "words of the body run together without a space")
            judged.tags += tags
        name(unit, "trailing", evidence)


def _after_furniture(tail: Sequence[Unit]) -> None:
    """Take out the short lines that follow a share bar, a form or a foot after the body."""
    furniture = next((at for at, unit in enumerate(tail) if unit.rule in FURNITURE), len(tail))
    for unit in open_units(tail[furniture:]):
        if not unit.ends and unit.size < SHORT:
            name(unit, "page", "a short line under the furniture after the body")


def _trails(unit: Unit) -> bool:
    words = unit.text.count(" ") + 1
    return is_fragment(unit) and not (unit.text[0] == "و" and words >= _SENTENCE)
