"""Remove what stands around and between the paragraphs of an article.

Before the first: section, headline, date, byline, share bar, caption. After that: boxes of links, end marks, appended
articles, trailing lines.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import dropwhile, pairwise

from cleaning.article.analysis import (
    AROUND,
    CAPTION,
    Analysis,
    is_fragment,
    is_photo,
    remaining,
    remove,
    remove_all,
    remove_phrase,
)
from cleaning.article.links import is_bare, linked_headlines, resumes
from cleaning.article.words import covered, words_of
from cleaning.lines.frames import closing_frame, is_contact, is_signature, opening_byline, opening_row
from cleaning.lines.lexicon import LABEL_LENGTH, Lexicon, key_of
from cleaning.lines.mentions import is_byline, is_date_line, split_tags
from cleaning.lines.unit import SHORT, Unit, has_clauses
from corpus.arabic import folded_words
from corpus.records import Span

#: What stands before the body and is chrome there, and what after it, though it may be body elsewhere.
_BEFORE = frozenset({"date", "byline", "nav", "tags", "source"})
_AFTER = frozenset({"date", "nav", "byline", "tags", "source"})

#: What shows that the lines around it are the furniture of a head.
_FURNISHED = frozenset({"title", "date", "share", "fontsize"})

#: A headline may stand outside of a page's article, or behind the name of the outlet.
_MAY_BE_TITLE = frozenset({"", "page", "furniture-marker"})

#: A headline stands at most so many units above the first paragraph; so many units on either side of a box are compared
#: with what it links to.
_REACH = 40

#: Share of a headline's words that the body says again; menu entries and foreign headlines have less.
_SAID_AGAIN = 0.4

#: A text of fewer paragraphs may be a list or a poem, whose first lines are not section and headline.
_PARAGRAPHS = 3

#: A name and an outlet stand among so many first lines.
_SIGNED = 3

#: More short lines than this under the furniture of the head are verse or a list.
_CAPTIONS = 2

#: A dash, an underscore or a tatweel joins a name to a place: a byline, a dateline, an item of a list.
_JOINED = re.compile('[-–—_ـ/:|•*«»"“”]')

#: What may tell that the body has ended when it stands after a paragraph.
_ENDERS = frozenset({"source", "tags", "end", "comments", "copyright", "read_also"})

#: After these a box of links opens no pause but another article.
_FINAL = frozenset({"source", "tags", "end", "comments"})

#: A trailing list of more lines than this that nothing announces is a list of the article.
_TRAILING = 3

#: A line of so many words that opens with "and" is a sentence that has lost its stop.
_SENTENCE = 7


def remove_head(found: Analysis, first: int, lexicon: Lexicon) -> None:
    """Remove what stands before the first paragraph, the unit `first`, and find the headline."""
    head = found.units[max(0, first - _REACH) : first]
    if not head:
        return
    for unit in remaining(head):
        # A royal decree opens with its date, which is body: `التاريخ: 9/10/1436هـ`.
        decree = unit.key.startswith("التاريخ") and " م" not in unit.key and "20" not in unit.key
        if unit.kind in _BEFORE:
            remove_phrase(unit)
        elif is_date_line(unit.key) and not decree:
            remove(unit, "date", "a date and hardly anything else")
        elif is_byline(unit.text):
            remove(unit, "byline", "says who wrote it")
        elif unit in found.units[:_SIGNED] and not found.page and is_signature(unit.text, lexicon):
            remove(unit, "byline", "a name and an outlet, set apart by a mark")
        elif not found.page and is_contact(unit.text, lexicon):
            remove(unit, "contact", "hardly anything but addresses and numbers")
    remove_headline(found, head)
    left = remaining(head)
    if sum(found.paragraphs) >= _PARAGRAPHS and left and not found.extracted:
        remove_section(found, left)
    remove_captions(head)


def remove_headline(found: Analysis, head: Sequence[Unit]) -> None:
    """Find and remove the headline: known to the record, repeated, said again by the body, or followed by the date."""
    known, evidence = key_of(found.title), "the headline, repeated"
    lines = [unit for unit in head if unit.headline and unit.key and not unit.phrase and unit.rule in _MAY_BE_TITLE]
    if found.page:
        lines = _said_again(lines, found)
    times = Counter(unit.key for unit in lines)
    titles = [
        unit
        for unit in lines
        if (known and known in unit.key)
        or times[unit.key] > 1
        or any(other != unit.key and (unit.key in other or other in unit.key) for other in times)
    ]
    if found.page and not titles:
        titles, evidence = lines[-1:], "stands over the article, which says it again"
    dated = [unit for unit, below in pairwise(head) if below.rule and "date" in (below.rule, below.kind)]
    if dated and not titles and not found.title:
        # The outlet's other pages may list this headline, and have made it furniture.
        listed = _said_again([unit for unit in head if unit.rule == "furniture" and unit.headline], found)
        left = [unit for unit in head if not unit.rule or unit in listed]
        if 0 < len(left) <= 2 and left[-1].headline and left[-1] in dated:
            titles, evidence = left[-1:], "stands above the date"
    for unit in titles:
        unit.rule = ""
        remove(unit, "title", evidence)
    if titles:
        found.title = found.title or min((unit.text for unit in titles), key=len)


def _said_again(lines: Sequence[Unit], found: Analysis) -> list[Unit]:
    """Return the lines whose words the body uses again."""
    body = frozenset[str]().union(*words_of(found.running())) if lines else frozenset()
    return [unit for unit, words in zip(lines, words_of(lines), strict=True) if covered(words, body) >= _SAID_AGAIN]


def remove_section(found: Analysis, left: Sequence[Unit]) -> None:
    """Remove a section name over the headline, and the headline with it; the outlet's own line may be it."""
    label, headline = left[0], left[-1]
    named = label.stub and not any(map(str.isdigit, label.text)) and not _JOINED.search(label.text)
    fits = len(left) == 1 if found.units[0].rule == "furniture-marker" else len(left) == 2 and named
    if fits and headline.headline and _said_again([headline], found):
        if label is not headline:
            remove(label, "section", "a label over the headline")
        remove(headline, "title", "under the section, and said again by the body")
        found.title = found.title or headline.text


def remove_captions(head: Sequence[Unit]) -> None:
    """Remove captions between a furnished head and the first paragraph."""
    furniture = next((at for at, unit in enumerate(head) if unit.rule in _FURNISHED), len(head))
    few = len(remaining(head[furniture:])) <= _CAPTIONS
    for at, unit in enumerate(head):
        if unit.rule or unit.phrase or (at and not head[at - 1].rule and head[at - 1].text[-1] in ":："):
            continue
        caption = unit.size < CAPTION and not unit.ends and not unit.bullet and not has_clauses(unit.text)
        if is_photo(unit):
            remove(unit, "caption", "names where the picture is from")
        elif at > furniture and few and caption:
            remove(unit, "caption", "between the furniture of the head and the first paragraph")


def remove_boxes(found: Analysis, first: int) -> None:
    """Walk through the body from `first`; at each header of links or end mark decide what belongs to it."""
    units, at, ended = found.units, first, False
    headers = [unit.kind in _ENDERS and not known for unit, known in zip(units, found.paragraphs, strict=True)]
    learned = [
        unit.rule == "furniture" and not unit.kind and unit.size < LABEL_LENGTH and behind.headline and not behind.rule
        for unit, behind in pairwise([*units, units[-1]])
    ]
    while at < len(units):
        ended = (ended and not found.paragraphs[at]) or (headers[at] and units[at].kind in _FINAL)
        if not (headers[at] or learned[at]):
            at += 1
            continue
        header, stop = units[at], at + 1
        remove_phrase(header)
        while stop < len(units) and not (found.paragraphs[stop] or headers[stop] or learned[stop]):
            stop += 1
        following = units[at + 1 : stop]
        if stop == len(units):
            if learned[at] or (not is_bare(header) and header.kind in ("read_also", "source")):
                following = [unit for unit in following if not unit.ends]
            remove_all(following, "related", "follows the end of the body")
        elif learned[at]:
            remove_all([unit for unit in following if unit.headline], "related", "under a line that the outlet repeats")
        elif header.kind == "read_also":
            before = [*found.body(max(0, at - _REACH), at), found.title]
            linked, after = linked_headlines(units, at, stop), found.body(stop, stop + _REACH)
            if found.paragraphs[stop] and (ended or (is_bare(header) and not resumes(before, linked, after))):
                remove_all(units[at + 1 :], "appended", "another article, after the links of this one")
                found.paragraphs[at + 1 :] = [False] * (len(units) - at - 1)
                return
            if is_bare(header):
                links = [unit for unit in following if not unit.ends or unit.text[-1] in "؟?!"]
                remove_all(links, "related", "linked in a box inside the article")
        at = stop


def remove_trailing(found: Analysis, last: int, lexicon: Lexicon) -> None:
    """Remove what trails after `last`, the last paragraph, and ends no sentence: tags, names, captions, dates."""
    units = found.units
    if last + 1 == len(units):
        return
    remove_contacts(remaining(units[last + 1 :]), lexicon)
    tail = remaining(units[last + 1 :])
    is_list = len(tail) > 2 * _TRAILING
    for unit in tail:
        if unit.kind in _AFTER:
            remove_phrase(unit)
        elif not is_list and is_date_line(unit.key) and unit.text[-1] not in ":：":
            remove(unit, "date", "a date and hardly anything else")
    for unit in dropwhile(lambda unit: unit.rule not in AROUND, units[last + 1 :]):
        if not unit.ends and unit.size < SHORT:
            remove(unit, "page", "a short line under the furniture after the body")
    closing = next((at for at in range(last, len(units)) if units[at].closes), len(units))
    following = [unit for unit in remaining(units[closing + 1 :]) if is_fragment(unit)]
    _remove_fragments(found, following, "after the words that end the outlet's articles")
    rest = remaining(tail)
    fragments = []
    for unit in rest:
        sentence = unit.text[0] == "و" and unit.text.count(" ") + 1 >= _SENTENCE
        if (is_fragment(unit) and not sentence) or (unit is tail[-1] and unit.text[-1] in ":："):
            fragments.append(unit)
    if units[last].ends and not found.extracted and len(fragments) == len(rest) <= _TRAILING:
        _remove_fragments(found, fragments, "a short line after the last paragraph that ends no sentence")


def remove_contacts(tail: Sequence[Unit], lexicon: Lexicon) -> None:
    """Remove from the closing lines a contact, what announces it, and the short lines that follow."""
    contacts = [at for at, unit in enumerate(tail) if is_contact(unit.text, lexicon)]
    if not contacts or len(tail) - contacts[0] > 2 * _TRAILING:  # a list
        return
    first = contacts[0]
    while first and not tail[first - 1].ends and tail[first - 1].size < SHORT:
        first -= 1
    for at, unit in enumerate(tail[first:], first):
        if at in contacts or (not unit.ends and unit.size < SHORT):
            remove(unit, "contact", "a closing box of addresses and numbers")


def framed_spans(units: Sequence[Unit], first: int, lexicon: Lexicon) -> Iterator[Span]:
    """Yield what is glued before the first sentence, of the unit `first`, and behind the last one."""
    unit = units[first]
    if end := opening_row(unit.text, lexicon):
        yield Span(unit.start, unit.start + end, "share", "a row of buttons before the first sentence")
    elif end := opening_byline(unit.text):
        yield Span(unit.start, unit.start + end, "byline", "says who wrote it, before the first sentence")
    unit = remaining(units)[-1]
    start = closing_frame(unit.text, lexicon)
    if start < unit.size:
        start = len(unit.text[:start].rstrip())
        yield Span(unit.start + start, unit.end, "contact", "addresses and numbers behind the last sentence")


def _remove_fragments(found: Analysis, fragments: Sequence[Unit], evidence: str) -> None:
    """Remove `fragments`; those in which words of the body have run together are tags."""
    told = (*found.body(), found.title) if fragments else ()
    known = frozenset(word for text in told for word in folded_words(text))
    for unit in fragments:
        if len(tags := split_tags(unit.text, known)) > 1:
            remove(unit, "tags", "words of the body run together without a space")
            found.tags += tags
        remove(unit, "trailing", evidence)
