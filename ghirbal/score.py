"""`ghirbal score`: precision, recall and F1 on labelled data of one's own.

Gold for text is one object a document, of one of four kinds that tell themselves apart by their keys:

    {id, lines: [{text, label, class, span}]}   every line keep, drop or meta; in-line spans that go
    {id, text, spans: [[start, end, class]]}    these spans must go, every other sentence must stay
    {id, text, offset: [start, end]}            the words around the offset must stay
    {id, text}                                  nothing may go

Predictions are {id, text} or, for the first kind, {id, keep: [bool for each line]}. Characters are compared without
white space and in a folded form, so that a cleaner may normalise its output. Meta characters (headline, source
credit, embedded posts, second copies) count neither way. Gold for pages and for copies: `score_html`, `score_dups`.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from pathlib import Path
from statistics import fmean
from typing import Any

import orjson
from rich.table import Table

from corpus.arabic import FOLD_TABLE
from corpus.errors import UsageError
from corpus.text import scrub
from ghirbal.console import print_json, results

Row = Mapping[str, Any]
Figures = dict[str, dict[str, float]]

#: Whether a label says body; meta counts neither as body nor as chrome, and so do spans of these classes.
_IS_BODY = {"keep": True, "drop": False, "meta": None}
_META = frozenset({"title", "source", "embed", "dup"})
_SILVER_META = frozenset({"title", "source"})

_PUNCTUATION = {'"': "“”„«»″", "'": "‘’′`", "-": "–—−‑", "": "\0"}
_FOLD = FOLD_TABLE | {ord(form): one for one, forms in _PUNCTUATION.items() for form in forms}
#: Above this product of lengths the exact alignment takes minutes and anchors of ANCHOR characters are used.
_EXACT = 4_000_000
_ANCHOR, _STEP = 24, 8
#: Shorter common blocks in a long text are chance.
_BLOCK, _SHORT_TEXT = 4, 60

_SENTENCES = re.compile(r"\n+|(?<=[.؟!])\s+|\s{3,}")
#: Shorter sentences are not counted: too many of them stand in a text twice.
_SENTENCE = 20
#: A trap has survived if so many characters on either side of its words are still there.
_AROUND = 25

_TOKEN = re.compile(r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff]|[^\W\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff]+")
_SHINGLE = 4


def print_scores(kind: str, gold: str, pred: str, *, as_json: bool) -> None:
    """Print one line of figures for each group of the gold data, the whole last."""
    rows = _read(gold), _read(pred)
    if not rows[0]:
        raise UsageError(f"{gold}: holds no line to score against")
    try:
        figures = {str(group): row for group, row in _SCORERS[kind](*rows).items()}
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
        message = f"{gold}, {pred}: rows are not as `ghirbal score --help` has them for {kind}: {error}"
        raise UsageError(message) from error
    if as_json:
        print_json(figures)
        return
    table = Table("", *next(iter(figures.values())), box=None)
    for group, row in figures.items():
        cells = (f"{value:.4f}" if isinstance(value, float) else f"{value:,}" for value in row.values())
        table.add_row(group, *cells)
    results.print(table)


def _read(path: str) -> list[Row]:
    try:
        rows: list[Row] = [orjson.loads(line) for line in Path(path).read_bytes().split(b"\n") if line.strip()]
    except OSError as error:
        raise UsageError(f"{path}: cannot read ({error.strerror})") from error
    except orjson.JSONDecodeError as error:
        raise UsageError(f"{path}: every line must be one JSON object: {error}") from error
    if not all(isinstance(row, dict) for row in rows):
        raise UsageError(f"{path}: every line must be one JSON object")
    return rows


def _prf(hit: float, extra: float, missed: float) -> tuple[float, float, float]:
    precision = hit / (hit + extra) if hit + extra else 1.0
    recall = hit / (hit + missed) if hit + missed else 1.0
    both = precision + recall
    return precision, recall, 2 * precision * recall / both if both else 0.0


# --- text -----------------------------------------------------------------------------------------------------


def squash(text: str) -> str:
    """Return what is compared of `text`: no white space, no marks, one form of each letter, quote and dash."""
    return "".join(text.split()).translate(_FOLD)


def score_text(gold: Sequence[Row], predicted: Iterable[Row]) -> Figures:
    """Return the figures for each group of `gold`, the whole last; a document without prediction counts as empty."""
    found = {row["id"]: row for row in predicted}
    figures = _score_lines(gold, found) if gold and "lines" in gold[0] else _score_spans(gold, found)
    return {group: figures[group] for group in sorted(figures, key=lambda group: (group == "all", group))}


def _score_lines(gold: Sequence[Row], found: Mapping[str, Row]) -> Figures:
    """Score lines, and the characters in them: pooled (micro) and as means over documents (macro)."""
    groups: defaultdict[str, list[tuple[list[int], list[int]]]] = defaultdict(list)
    for document in gold:
        lines = document["lines"]
        tally = _tally(lines, _survivors(lines, found.get(document["id"], {"text": ""})))
        groups["all"].append(tally)
        if "variant" in document:
            groups[f"{document['variant']} {'ar' if document.get('lang', 'ar') == 'ar' else 'other'}"].append(tally)
    figures: Figures = {}
    for group, tallies in groups.items():
        row = figures[group] = {"documents": len(tallies)}
        for level, counts in zip(("line", "char"), zip(*tallies, strict=True), strict=True):
            row[f"{level} micro F"] = _prf(*map(sum, zip(*counts, strict=True)))[2]
            macro = zip(*(_prf(*count) for count in counts), strict=True)
            row |= {f"{level} macro {name}": fmean(values) for name, values in zip("PRF", macro, strict=True)}
        row["exact"] = sum(not extra and not missed for _, (_, extra, missed) in tallies)
    return figures


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
            alive[first:last] = [[True] * len(marks) for marks in alive[first:last]]
        elif tag == "replace":
            _match_inside(lines[first:last], "".join(given[other_first:other_last]), alive[first:last])
    return alive


def _match_inside(lines: Sequence[Row], given: str, alive: Sequence[list[bool]]) -> None:
    """Mark in `alive` which characters of some lines, but for second copies in them, are in `given`."""
    letters, places = "", []
    for line, marks in zip(lines, alive, strict=True):
        copies = {at for start, end, kind in line.get("span", ()) if kind == "dup" for at in range(start, end)}
        for at, letter in enumerate(line["text"]):
            if at not in copies and (folded := squash(letter)):
                letters += folded
                places.append((marks, at))
    for start, length in _blocks(letters, given):
        for marks, at in places[start : start + length]:
            marks[at] = True
    for line, marks in zip(lines, alive, strict=True):  # a mark goes with the letter before it
        for at, letter in enumerate(line["text"]):
            if not letter.isspace() and not squash(letter):
                marks[at] = at > 0 and marks[at - 1]


def _blocks(wanted: str, given: str) -> Iterator[tuple[int, int]]:
    """Yield (start in wanted, length) of common blocks, in order in both."""
    if len(wanted) * len(given) < _EXACT:
        blocks = SequenceMatcher(None, wanted, given, autojunk=False).get_matching_blocks()
        yield from ((one.a, one.size) for one in blocks if one.size >= _BLOCK or len(wanted) < _SHORT_TEXT)
        return
    here = there = 0
    while there + _ANCHOR <= len(given):
        start = wanted.find(given[there : there + _ANCHOR], here)
        if start < 0:
            there += _STEP
            continue
        length = _ANCHOR
        while wanted[start + length : start + length + 1] == given[there + length : there + length + 1] != "":
            length += 1
        yield start, length
        here, there = start + length, there + length


def _score_spans(gold: Sequence[Row], found: Mapping[str, Row]) -> Figures:
    """Count the spans that are left, and the sentences outside of them, or words of a trap, that are lost."""
    figures: Figures = {}
    for document in gold:
        text, given = document["text"], squash(found.get(document["id"], {"text": ""})["text"])
        if "offset" in document:
            start, end = document["offset"]
            counts = {"lost": int(squash(text[max(0, start - _AROUND) : end + _AROUND]) not in given)}
        else:
            spans = sorted(document.get("spans", ()))
            chrome = [squash(text[start:end]) for start, end, kind in spans if kind not in _SILVER_META]
            bounds = [0, *(at for start, end, _ in spans for at in (start, end)), len(text)]
            between = (text[start:end] for start, end in zip(bounds[::2], bounds[1::2], strict=True))
            sentences = [sentence for part in between for sentence in map(squash, _SENTENCES.split(part))]
            long = [sentence for sentence in sentences if len(sentence) >= _SENTENCE]
            lost = sum(sentence not in given for sentence in long)
            counts = {"sentences": len(long), "lost": lost, "hurt": lost > 0}
            if chrome:
                counts |= {"spans": sum(map(bool, chrome)), "left": sum(bool(one) and one in given for one in chrome)}
        for group in (document.get("outlet", ""), "all"):
            row = figures.setdefault(group, {"documents": 0, **dict.fromkeys(counts, 0)})
            for name, value in ({"documents": 1} | counts).items():
                row[name] += value
    return figures


# --- pages ----------------------------------------------------------------------------------------------------


def score_html(gold: Sequence[Row], predicted: Iterable[Row]) -> Figures:
    """Return the mean 4-gram precision, recall and F1 of the pages of each set, or of segments where those are gold.

    Gold is {id, gold} or {id, with: [...], without: [...]}, with `set` and `lang` if there are groups. Both sides are
    compared as Ghirbal writes text: a word with a soft hyphen in it is the word.
    """
    texts = {row["id"]: row.get("text") or "" for row in predicted}
    pages: defaultdict[str, list[tuple[float, float, float]]] = defaultdict(list)
    segments = Counter[str]()
    for row in gold:
        text = texts.get(row["id"], "")
        if "gold" in row:
            language = {"ar": "ar", "fa": "fa+ur", "ur": "fa+ur"}.get(row.get("lang", ""), "other")
            wanted, given = _shingles(row["gold"]), _shingles(text)
            hit = (wanted & given).total()
            both = _prf(hit, given.total() - hit, wanted.total() - hit)
            for group in (row.get("set", "pages"), f"lang {language}"):
                pages[group].append(both if wanted and given else (float(wanted == given),) * 3)
        else:
            segments["wanted"] += len(row["with"])
            for side in ("with", "without"):
                segments[side] += sum(_flat(part) in _flat(text) for part in row[side])
    figures: Figures = {}
    for group, rows in sorted(pages.items()):
        figures[group] = _page_row(len(rows), map(fmean, zip(*rows, strict=True)))
    sets = [row["F1"] for group, row in figures.items() if not group.startswith("lang ")]
    means = {name: fmean(row[name] for row in figures.values()) if pages else 0.0 for name in ("P", "R")}
    if segments.total():
        scores = _prf(segments["with"], segments["without"], segments["wanted"] - segments["with"])
        figures["segments"] = _page_row(0, scores)
        sets.append(scores[2])
    figures["macro over sets"] = {"pages": len(gold), **means, "F1": fmean(sets) if sets else 0.0}
    return figures


def _page_row(pages: int, scores: Iterable[float]) -> dict[str, float]:
    return {"pages": pages, **dict(zip(("P", "R", "F1"), scores, strict=True))}


def _flat(text: str) -> str:
    return " ".join(scrub(text).split())


def _shingles(text: str) -> Counter[tuple[str, ...]]:
    tokens = _TOKEN.findall(scrub(text))
    return Counter(tuple(tokens[at : at + _SHINGLE]) for at in range(max(1, len(tokens) - _SHINGLE + 1)) if tokens)


# --- copies ---------------------------------------------------------------------------------------------------


def score_dups(gold: Sequence[Row], predicted: Iterable[Row]) -> Figures:
    """Score `predicted` rows {id, cluster}; a missing id is alone.

    `gold` rows are {id, cluster, lang}: pair precision, recall and F1, B-cubed F1 (Bagga and Baldwin 1998) and
    documents wrongly removed, that is sharing no gold cluster with the first member of theirs, for each language
    and for all. Or they are judged pairs {a, b, label, weight} with D copy, P partial, N different: weighted
    precision of copies (and of copies or partial), recall of copies, F1, over pairs that land in one cluster.
    """
    clusters = defaultdict(object, {row["id"]: row["cluster"] for row in predicted})
    if gold and "label" in gold[0]:
        same = [row for row in gold if clusters[row["a"]] == clusters[row["b"]]]

        def weigh(rows: Sequence[Row], labels: str) -> float:
            return float(sum(row.get("weight", 1) for row in rows if row["label"] in labels))

        accepted, copies = weigh(same, "DPN"), weigh(same, "D")
        figures = _measures(copies, accepted, weigh(gold, "D"))
        partial = _share(weigh(same, "DP"), accepted)
        return {"pairs": {"pairs": len(gold), "same": len(same), **figures, "precision_with_partial": partial}}
    languages = sorted({str(row.get("lang", "")) for row in gold} - {""})
    groups = {name: [row for row in gold if row.get("lang") == name] for name in languages}
    return {name: _score_clusters(rows, clusters) for name, rows in {**groups, "all": list(gold)}.items()}


def _score_clusters(rows: Sequence[Row], clusters: Mapping[Any, Any]) -> dict[str, float]:
    labels = [(row["cluster"], clusters[row["id"]]) for row in rows]
    members: defaultdict[Any, list[Any]] = defaultdict(list)
    for name, label in labels:
        members[label].append(name)
    cells, truth, found = Counter(labels), Counter(name for name, _ in labels), Counter(label for _, label in labels)
    agreed, accepted, copies = (sum(count * (count - 1) / 2 for count in one.values()) for one in (cells, found, truth))
    precision = sum(count * count / found[label] for (_, label), count in cells.items())
    recall = sum(count * count / truth[name] for (name, _), count in cells.items())
    wrong = sum(name != group[0] for group in members.values() for name in group[1:])
    cubed = _share(2 * precision * recall, (precision + recall) * len(rows))
    return {"documents": len(rows), **_measures(agreed, accepted, copies), "bcubed_f1": cubed, "wrongly_removed": wrong}


def _measures(right: float, found: float, wanted: float) -> dict[str, float]:
    measures = {"precision": _share(right, found), "recall": _share(right, wanted)}
    return measures | {"f1": _share(2 * right, found + wanted)}


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0


_SCORERS: dict[str, Callable[[list[Row], list[Row]], Figures]] = {
    "text": score_text,
    "html": score_html,
    "dups": score_dups,
}
