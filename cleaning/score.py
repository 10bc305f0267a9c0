"""Score cleaned text, and extracted pages, against labelled data of one's own.

Gold for text is one object a document, of one of four kinds that tell themselves apart by their keys:

    {id, lines: [{text, label, class, span}]}   every line keep, drop or meta; in-line spans that go
    {id, text, spans: [[start, end, class]]}    these spans must go, every other sentence must stay
    {id, text, offset: [start, end]}            the words around the offset must stay
    {id, text}                                  nothing may go

Predictions are {id, text} or, for the first kind, {id, keep: [bool for each line]}. Characters are compared without
white space and in a folded form, so that a cleaner may normalise its output. Meta characters (headline, source
credit, embedded posts, second copies) count neither way.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from statistics import fmean
from typing import Any

from corpus.text import scrub

Row = Mapping[str, Any]
Figures = dict[str, dict[str, float]]

#: Whether a label says body; meta counts neither as body nor as chrome, and so do spans of these classes.
_IS_BODY = {"keep": True, "drop": False, "meta": None}
_META = frozenset({"title", "source", "embed", "dup"})
_SILVER_META = frozenset({"title", "source"})

_ONE_FORM = {"ا": "أإآٱ", "ي": "ىی", "ه": "ة", "ك": "ک", '"': "“”„«»″", "'": "‘’′`", "-": "–—−‑"}
_UNSEEN = "\u0640\u0670\ufeff\u00ad\0"
_UNSEEN_RANGES = ((0x064B, 0x065F), (0x0610, 0x061A), (0x200B, 0x200F), (0x202A, 0x202E), (0x2060, 0x2069))
_FOLD: dict[int, str | None] = {
    **{ord(form): one for one, forms in _ONE_FORM.items() for form in forms},
    **{zero + digit: str(digit) for zero in (0x0660, 0x06F0) for digit in range(10)},
    **dict.fromkeys(map(ord, _UNSEEN)),
    **dict.fromkeys(code for first, last in _UNSEEN_RANGES for code in range(first, last + 1)),
}
_SPACE = re.compile(r"\s+")


def squash(text: str) -> str:
    """Return what is compared of `text`: no white space, no marks, one form of each letter, quote and dash."""
    return _SPACE.sub("", text).translate(_FOLD)


def score_text(gold: Sequence[Row], predicted: Iterable[Row]) -> Figures:
    """Return the figures for each group of `gold`, the whole last; a document without prediction counts as empty."""
    found = {row["id"]: row for row in predicted}
    return _score_lines(gold, found) if gold and "lines" in gold[0] else _score_spans(gold, found)


def _score_lines(gold: Sequence[Row], found: Mapping[str, Row]) -> Figures:
    """Score lines, and the characters in them: pooled (micro) and as means over documents (macro)."""
    groups: dict[str, list[tuple[list[int], list[int]]]] = {}
    for document in gold:
        lines = document["lines"]
        tally = _tally(lines, _survivors(lines, found.get(document["id"], {"text": ""})))
        groups.setdefault("all", []).append(tally)
        if "variant" in document:
            language = "ar" if document.get("lang", "ar") == "ar" else "other"
            groups.setdefault(f"{document['variant']} {language}", []).append(tally)
    figures: Figures = {}
    for group in _all_last(groups):
        row = figures[group] = {"documents": len(groups[group])}
        for level, counts in zip(("line", "char"), zip(*groups[group], strict=True), strict=True):
            row[f"{level} micro F"] = _prf(*map(sum, zip(*counts, strict=True)))[2]
            macro = [_prf(*count) for count in counts]
            row |= {f"{level} macro {name}": fmean(values[at] for values in macro) for at, name in enumerate("PRF")}
        row["exact"] = sum(not extra and not missed for _, (_, extra, missed) in groups[group])
    return figures


def _all_last(groups: Iterable[str]) -> list[str]:
    return sorted(groups, key=lambda group: (group == "all", group))


def _prf(hit: float, extra: float, missed: float) -> tuple[float, float, float]:
    precision = hit / (hit + extra) if hit + extra else 1.0
    recall = hit / (hit + missed) if hit + missed else 1.0
    both = precision + recall
    return precision, recall, 2 * precision * recall / both if both else 0.0


def _tally(lines: Sequence[Row], survived: Sequence[Sequence[bool]]) -> tuple[list[int], list[int]]:
    """Count [kept body, kept chrome, lost body] in lines and in characters; half a line kept is a line kept."""
    in_lines, in_characters = [0, 0, 0], [0, 0, 0]
    for line, alive in zip(lines, survived, strict=True):
        text, label = line["text"], _IS_BODY[line["label"]]
        labels = [label] * len(text)
        for start, end, kind in line.get("span", ()):
            labels[start:end] = [None if kind in _META else False] * len(text[start:end])
        triples = zip(text, labels, alive, strict=True)
        seen = Counter((is_body, kept) for letter, is_body, kept in triples if not letter.isspace())
        counts = seen[True, True], seen[False, True], seen[True, False]
        in_characters = [total + count for total, count in zip(in_characters, counts, strict=True)]
        kept, total = counts[0] + counts[1], sum(counts) + seen[False, False]
        if label is not None and total:
            stays = 2 * kept >= total
            in_lines[0] += label and stays
            in_lines[1] += not label and stays
            in_lines[2] += label and not stays
    return in_lines, in_characters


def _survivors(lines: Sequence[Row], predicted: Row) -> list[list[bool]]:
    """Tell for each character of each gold line whether it is in the prediction: equal lines first, then blocks."""
    if "keep" in predicted:
        return [[kept] * len(line["text"]) for kept, line in zip(predicted["keep"], lines, strict=True)]
    wanted = [squash(line["text"]) for line in lines]
    given = [text for text in map(squash, predicted["text"].split("\n")) if text]
    alive = [[False] * len(line["text"]) for line in lines]
    for tag, first, last, other_first, other_last in SequenceMatcher(None, wanted, given, autojunk=False).get_opcodes():
        if tag == "equal":
            for at in range(first, last):
                alive[at] = [True] * len(alive[at])
        elif tag == "replace":
            _match_inside(lines, range(first, last), "".join(given[other_first:other_last]), alive)
    return alive


def _match_inside(lines: Sequence[Row], chosen: range, given: str, alive: list[list[bool]]) -> None:
    letters, places = [], []
    for at in chosen:
        copies = [(start, end) for start, end, kind in lines[at].get("span", ()) if kind == "dup"]
        for position, letter in enumerate(lines[at]["text"]):
            folded = squash(letter)
            if folded and not any(start <= position < end for start, end in copies):
                letters.append(folded)
                places.append((at, position))
    for start, _, length in _blocks("".join(letters), given):
        for at, position in places[start : start + length]:
            alive[at][position] = True
    for at in chosen:  # a mark goes with the letter before it
        for position, letter in enumerate(lines[at]["text"]):
            if not letter.isspace() and not squash(letter):
                alive[at][position] = position > 0 and alive[at][position - 1]


#: Above this product of lengths the exact alignment takes minutes and anchors of ANCHOR characters are used.
_EXACT = 4_000_000
_ANCHOR, _STEP = 24, 8

#: Shorter common blocks in a long text are chance.
_BLOCK, _SHORT_TEXT = 4, 60


def _blocks(wanted: str, given: str) -> Iterator[tuple[int, int, int]]:
    """Yield (start in wanted, start in given, length) of common blocks, in order in both."""
    if len(wanted) * len(given) < _EXACT:
        for block in SequenceMatcher(None, wanted, given, autojunk=False).get_matching_blocks():
            if block.size >= _BLOCK or len(wanted) < _SHORT_TEXT:
                yield block.a, block.b, block.size
        return
    here = there = 0
    while there < len(given):
        start = wanted.find(given[there : there + _ANCHOR], here) if there + _ANCHOR <= len(given) else -1
        if start < 0:
            there += _STEP
            continue
        length = _ANCHOR
        while wanted[start + length : start + length + 1] == given[there + length : there + length + 1] != "":
            length += 1
        yield start, there, length
        here, there = start + length, there + length


_SENTENCES = re.compile(r"\n+|(?<=[.؟!])\s+|\s{3,}")

#: Shorter sentences are not counted: too many of them stand in a text twice.
_SENTENCE = 20

#: A trap has survived if so many characters on either side of its words are still there.
_AROUND = 25


def _score_spans(gold: Sequence[Row], found: Mapping[str, Row]) -> Figures:
    """Count the spans that are left, and the sentences outside of them, or words of a trap, that are lost."""
    figures: Figures = {}
    for document in gold:
        given = squash(found.get(document["id"], {"text": ""})["text"])
        if "offset" in document:
            start, end = document["offset"]
            trap = squash(document["text"][max(0, start - _AROUND) : end + _AROUND])
            counts = {"lost": int(trap not in given)}
        else:
            counts = _silver(document, given)
        for group in (document.get("outlet", ""), "all"):
            row = figures.setdefault(group, {"documents": 0, **dict.fromkeys(counts, 0)})
            row["documents"] += 1
            for name, value in counts.items():
                row[name] += value
    return {group: figures[group] for group in _all_last(figures)}


def _silver(document: Row, given: str) -> dict[str, int]:
    spans = sorted(document.get("spans", ()))
    chrome = [squash(document["text"][start:end]) for start, end, kind in spans if kind not in _SILVER_META]
    bounds = [0, *(at for start, end, _ in spans for at in (start, end)), len(document["text"])]
    between = (document["text"][start:end] for start, end in zip(bounds[::2], bounds[1::2], strict=True))
    sentences = [sentence for part in between for sentence in map(squash, _SENTENCES.split(part))]
    long = [sentence for sentence in sentences if len(sentence) >= _SENTENCE]
    lost = sum(sentence not in given for sentence in long)
    counts = {"sentences": len(long), "lost": lost, "hurt": lost > 0}
    if chrome:
        counts |= {"spans": sum(map(bool, chrome)), "left": sum(bool(text) and text in given for text in chrome)}
    return counts


_TOKEN = re.compile(r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff]|[^\W\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff]+")
_SHINGLE = 4


def score_html(gold: Sequence[Row], predicted: Iterable[Row]) -> Figures:
    """Return the mean 4-gram precision, recall and F1 of the pages of each set, or of segments where those are gold.

    Gold is {id, gold} or {id, with: [...], without: [...]}, with `set` and `lang` if there are groups. Both sides are
    compared as Ghirbal writes text: a word with a soft hyphen in it is the word.
    """
    texts = {row["id"]: row.get("text") or "" for row in predicted}
    pages: dict[str, list[tuple[float, float, float]]] = {}
    hit = extra = missed = 0
    for row in gold:
        text = texts.get(row["id"], "")
        if "gold" in row:
            language = {"ar": "ar", "fa": "fa+ur", "ur": "fa+ur"}.get(row.get("lang", ""), "other")
            for group in (row.get("set", "pages"), f"lang {language}"):
                pages.setdefault(group, []).append(_page(row["gold"], text))
            continue
        flat = _flat(text)
        kept, left = (sum(_flat(part) in flat for part in row[side]) for side in ("with", "without"))
        hit, extra, missed = hit + kept, extra + left, missed + len(row["with"]) - kept
    figures: Figures = {}
    for group, rows in sorted(pages.items()):
        precision, recall, f1 = map(fmean, zip(*rows, strict=True))
        figures[group] = {"pages": len(rows), "P": precision, "R": recall, "F1": f1}
    sets = [row["F1"] for group, row in figures.items() if not group.startswith("lang ")]
    if hit or extra or missed:
        f1 = 2 * hit / (2 * hit + extra + missed)
        figures["segments"] = {"pages": 0, "P": hit / max(1, hit + extra), "R": hit / max(1, hit + missed), "F1": f1}
        sets.append(f1)
    means = [fmean(row[name] for row in figures.values() if row["pages"]) if pages else 0.0 for name in ("P", "R")]
    figures["macro over sets"] = {"pages": len(gold), "P": means[0], "R": means[1], "F1": fmean(sets) if sets else 0.0}
    return figures


def _page(gold: str, text: str) -> tuple[float, float, float]:
    """Return precision, recall and F1 of the shingles of `text`."""
    wanted, given = _shingles(gold), _shingles(text)
    hit, total, size = (wanted & given).total(), wanted.total(), given.total()
    precision = hit / size if size else float(not total)
    recall = hit / total if total else float(not size)
    return precision, recall, 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def _flat(text: str) -> str:
    return " ".join(scrub(text).split())


def _shingles(text: str) -> Counter[tuple[str, ...]]:
    tokens = _TOKEN.findall(scrub(text))
    return Counter(tuple(tokens[at : at + _SHINGLE]) for at in range(max(1, len(tokens) - _SHINGLE + 1)) if tokens)
