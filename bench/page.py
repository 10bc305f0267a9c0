"""Fit the weights by which a dump of a whole page is judged, and measure them on sites left out.

    python bench/page.py [--data FOLDER] [--write]

Needs the labelled data (a sibling folder `shared/data`, or $GHIRBAL_DATA, or --data). Logistic regressions with a
ridge, by Newton's method: whether a document is a page, and whether a line of a page is of its article; the latter
twice, the second one with what the first says of the lines around. Pages are also cut to windows around their
articles; every other one of the 709 labelled pages is used without its headline. Beside them stand pages and windows
labelled by hand, and dumps of saved news pages, whose lines are labelled by their gold text.
A line weighs as the square root of its length, a document as much as any other, those labelled by hand and the news
pages more, but all pages of one site together as much as one. Weights are fitted with a phrase of the lexicon known
only if another site has it too: so they lean on phrases no more than a site that nobody has seen allows.
For the table sites are put into groups, and each group is judged by weights fitted on the others; in the column of
common phrases the lexicon has only those that three outlets of the data have. `--write` makes
cleaning/article/page.toml of the weights fitted on all.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import sys
import zlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from statistics import fmean
from typing import Any
from urllib.parse import urlsplit

import lxml.etree
import lxml.html
import numpy as np
from numpy.typing import NDArray

PROJECT = Path(__file__).parents[1]
sys.path[0] = str(PROJECT)  # not this folder, where files have the names of the packages that are measured

from bench.cleaning import lexicon_of_many  # noqa: E402
from cleaning.article.page import PAGE, choose_threshold, document_figures  # noqa: E402
from cleaning.article.rules import analyse, find_phrases  # noqa: E402
from cleaning.article.signs import Figures, Outline, context_of, figures_of, table_of  # noqa: E402
from cleaning.lines.lexicon import Phrase, default_lexicon  # noqa: E402
from cleaning.lines.unit import Unit, cut  # noqa: E402
from corpus.charset import declared_charset, decode  # noqa: E402
from corpus.text import scrub  # noqa: E402
from ghirbal.published import read_rows  # noqa: E402
from ghirbal.score import squash  # noqa: E402

DATA = Path(os.environ.get("GHIRBAL_DATA", PROJECT.parent / "shared" / "data"))
WEIGHTS = PROJECT / "cleaning" / "article" / "page.toml"

FOLDS = 4
RIDGE = 1.0
STEPS = 8
LONGEST_LINE = 600
#: There are 46 labelled pages and windows in other languages beside 1,418 in English.
RARE = 4.0
WINDOW_ABOVE, WINDOW_BELOW = 4, 15
NEWS_STEP = 9
#: Saved news pages weigh twice: what is measured elsewhere on pages of all kinds is wanted for news first.
NEWS = 2.0
#: Sets of saved pages that have no gold text, or are labelled by hand in the text dumps.
NO_GOLD = frozenset({"traf", "news"})
#: Of the gold text at least so much is found again in the dump, and a line of it is known by so many characters.
FOUND = 0.6
IN_GOLD = 25
HIDDEN = frozenset({"script", "style", "noscript", "template", "head", "svg", "iframe"})
INLINE = frozenset("a abbr b bdi cite code em font i img ins kbd mark q s small span strong sub sup time u wbr".split())

Row = dict[str, Any]
Table = NDArray[np.float32]


@dataclass
class Labelled:
    """One page; labels of its lines are 1 article, 0 chrome, -1 neither.

    Figures of the lines are as they are, without the phrases that no other site has, and with common phrases alone.
    """

    group: str
    site: str
    figures: Table
    unseen: Table
    common: Table
    labels: NDArray[np.int8]
    sizes: NDArray[np.int64]
    weight: float


def read(path: Path) -> list[Row]:
    text = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return [json.loads(line) for line in text.decode().split("\n") if line]


def pages(data: Path) -> Iterator[tuple[str, Row, float]]:
    for at, row in enumerate(read(data / "v2" / "text" / "pages.jsonl.gz")):
        titled = {**row, "title": (row["title"] or "") if at % 2 else "", "outlet": row["outlet"].removeprefix("www.")}
        yield "whole pages", titled, 1.0
        yield from window_of("windows of them", titled, 1.0)
    for row in read(data / "text" / "gold.jsonl"):
        if row["variant"] != "textdump":
            language = "ar" if row["lang"] == "ar" else "other"
            yield f"{row['variant']} {language}", row, RARE
    saved = list(news_pages(data))
    times = Counter(row["outlet"] for _, row in saved)
    for language, row in saved:
        weight = NEWS / times[row["outlet"]]
        yield f"news pages {language}", row, weight
        yield from window_of(f"news windows {language}", row, weight)


def window_of(group: str, row: Row, weight: float) -> Iterator[tuple[str, Row, float]]:
    body = [at for at, line in enumerate(row["lines"]) if line["label"] == "keep"]
    if body:
        lines = row["lines"][max(0, body[0] - WINDOW_ABOVE) : body[-1] + WINDOW_BELOW]
        yield group, {**row, "lines": lines}, weight


def news_pages(data: Path) -> Iterator[tuple[str, Row]]:
    """Yield dumps of saved news pages, a line for each block; what their gold text holds is the article."""
    v2 = data / "v2"
    for folder, name in (
        (data / "html", "gold.jsonl"),
        (v2 / "html", "gold.jsonl.gz"),
        (v2 / "outlets", "gold.jsonl.gz"),
    ):
        for row in read(folder / name):
            if not row.get("gold") or row.get("set") in NO_GOLD or row.get("kind", "news") != "news":
                continue
            path = folder / row["file"]
            body = gzip.decompress((path if path.is_file() else folder / "pages" / row["file"]).read_bytes())
            html, _ = decode(body, declared_charset("", body))
            lines = block_lines(lxml.html.fromstring(html.encode(), parser=lxml.html.HTMLParser(encoding="utf-8")))
            gold, known = squash(row["gold"]), {squash(line) for line in row["gold"].split("\n")}
            labelled = [{"text": line, "label": _label(squash(line), gold, known)} for line in lines]
            found = sum(len(squash(line["text"])) for line in labelled if line["label"] == "keep")
            if FOUND * len(gold) < found < len(gold) / FOUND:
                meta, host = row.get("meta") or {}, urlsplit(row.get("url") or "").hostname
                language = "English" if (row.get("lang") or meta.get("lang") or "").startswith("en") else "other"
                site = (row.get("outlet") or host or row["id"]).removeprefix("www.")
                yield language, {"lines": labelled, "outlet": site, "title": meta.get("title") or ""}


def _label(line: str, gold: str, known: set[str]) -> str:
    return "keep" if line and (line in known or (len(line) >= IN_GOLD and line in gold)) else "drop"


def block_lines(tree: lxml.html.HtmlElement) -> list[str]:
    """Return the text of a page as careless extraction gives it: a line for each block, nothing left out."""
    parts: list[str] = []
    for event, element in lxml.etree.iterwalk(tree, events=("start", "end")):
        hidden = any(outer.tag in HIDDEN for outer in (element, *element.iterancestors()))
        if not isinstance(element.tag, str):
            parts.append(element.tail or "" if event == "end" else "")
            continue
        edge = "" if element.tag in INLINE else "\n"
        text = element.text if event == "start" and not hidden else element.tail if event == "end" else ""
        parts.append(edge + " ".join((text or "").split("\n")))
    return [line for part in "".join(parts).split("\n") if (line := " ".join(part.split()))]


def articles(data: Path) -> Iterator[tuple[str, Row]]:
    text = data / "text"
    yield from (("article dumps", row) for row in read(text / "gold.jsonl") if row["variant"] == "textdump")
    for name in ("chrome", "clean"):
        yield from ((name, row) for row in read(text / f"{name}.jsonl"))
    yield from (("one outlet", row) for row in read(data / "v2" / "text" / "dumps.jsonl.gz") if row["kind"] != "page")
    rows = islice(read_rows(data / "dedup" / "saudinewsnet.jsonl.zst", dict), None, None, NEWS_STEP)
    yield from (("news", row) for row in rows if row["text"])


def units_of(row: Row) -> list[Unit]:
    lines = [line["text"].replace("\n", " ") for line in row["lines"]] if "lines" in row else [row["text"]]
    units = cut(scrub("\n".join(lines)))
    find_phrases(units, default_lexicon())
    return units


def flat(figures: Figures) -> Table:
    """Return a row for each line of the figures, the last one of them for the constant."""
    table = np.concatenate([*table_of(figures).values()]).T
    return np.hstack([table, np.ones((len(table), 1))]).astype(np.float32)


def label(
    group: str, row: Row, weight: float, having: Mapping[Phrase, set[str]], common: frozenset[Phrase]
) -> tuple[Labelled, Figures, Figures]:
    """Return a page with the figures of its lines, and by name those of the lines and of the document."""

    def judged(known: Callable[[Phrase], object]) -> tuple[Figures, Outline]:
        units = units_of(row)
        for unit in units:
            unit.phrase = unit.phrase if unit.phrase and known(unit.phrase) else None
        outline = Outline(analyse(units, row.get("title") or ""))
        return figures_of(outline), outline

    figures, outline = judged(bool)
    unseen, _ = judged(lambda phrase: having[phrase] - {row["outlet"]})
    commonly, _ = judged(lambda phrase: phrase in common)
    named = {"keep": 1, "drop": 0, "meta": -1}
    labels = np.array([named[row["lines"][unit.line]["label"]] for unit in outline.units], np.int8)
    tables = flat(figures), flat(unseen), flat(commonly)
    page = Labelled(group, row["outlet"], *tables, labels, np.array(outline.sizes), weight)
    return page, figures, document_figures(outline)


def fit(figures: Table, labels: NDArray[Any], weights: NDArray[Any]) -> NDArray[np.float64]:
    """Return the weights that make the labels likeliest, the last one for the constant."""
    labels, weights = labels.astype(np.float32), (weights * len(weights) / weights.sum()).astype(np.float32)
    found = np.zeros(figures.shape[1])
    ridge = np.full(len(found), RIDGE)
    ridge[-1] = 1e-3
    for _ in range(STEPS):
        chance = 1 / (1 + np.exp(-(figures @ found.astype(np.float32))))
        slope = figures.T @ ((labels - chance) * weights) - ridge * found
        curve = (figures * (np.maximum(chance * (1 - chance), 0.01) * weights)[:, None]).T @ figures
        found += np.linalg.solve(curve + np.diag(ridge), slope)
    return found


def fit_lines(rows: Sequence[Labelled], tables: Sequence[Table]) -> NDArray[np.float64]:
    roots = [np.sqrt(np.minimum(row.sizes, LONGEST_LINE)) for row in rows]
    weights = np.concatenate([row.weight * root / root.sum() for row, root in zip(rows, roots, strict=True)])
    labels = np.concatenate([row.labels for row in rows])
    known = labels >= 0
    return fit(np.concatenate(tables)[known], labels[known], weights[known])


def beside(table: Table, row: Labelled, weights: NDArray[np.float64]) -> Table:
    """Return the figures of `table` with those of what `weights` say of the lines around each line."""
    chances = 1 / (1 + np.exp(-(table @ weights)))
    near = flat({"context": context_of(chances.tolist(), row.sizes.tolist())})
    return np.concatenate([table[:, :-1], near], axis=1)


def fit_twice(rows: Sequence[Labelled]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    first = fit_lines(rows, [row.unseen for row in rows])
    return first, fit_lines(rows, [beside(row.unseen, row, first) for row in rows])


def agreement(table: Table, row: Labelled, weights: tuple[NDArray[np.float64], NDArray[np.float64]]) -> float:
    """Return F over the characters of the lines that are kept by `weights`."""
    chances = 1 / (1 + np.exp(-(beside(table, row, weights[0]) @ weights[1])))
    kept = chances >= choose_threshold(chances.tolist(), row.sizes.tolist())[0]
    body, hit = row.sizes[row.labels == 1].sum(), row.sizes[kept & (row.labels == 1)].sum()
    return float(2 * hit / max(1, body + row.sizes[kept & (row.labels >= 0)].sum()))


def fold(site: str) -> int:
    return zlib.crc32(site.encode()) % FOLDS


def measure(rows: Sequence[Labelled]) -> Iterator[str]:
    left_out = [fit_twice([row for row in rows if fold(row.site) != at]) for at in range(FOLDS)]
    fitted = fit_twice(rows)
    yield "| pages, F over characters (F below .3) | documents | keep all | left out | common phrases | fitted |"
    yield "|---|---|---|---|---|---|"
    for group in dict.fromkeys(row.group for row in rows):
        chosen = [row for row in rows if row.group == group]
        everything = [2 * body / (body + rest) for body, rest in map(_both, chosen)]
        cells = [everything]
        cells.append([agreement(row.figures, row, left_out[fold(row.site)]) for row in chosen])
        cells.append([agreement(row.common, row, left_out[fold(row.site)]) for row in chosen])
        cells.append([agreement(row.figures, row, fitted) for row in chosen])
        shown = [f"{fmean(cell):.3f} ({sum(value < 0.3 for value in cell)})" for cell in cells]
        yield f"| {group} | {len(chosen)} | " + " | ".join(shown) + " |"


def _both(row: Labelled) -> tuple[int, int]:
    return int(row.sizes[row.labels == 1].sum()) or 1, int(row.sizes[row.labels >= 0].sum())


def measure_documents(documents: Sequence[tuple[str, str, Figures]]) -> Iterator[str]:
    groups, sites, rows = zip(*documents, strict=True)
    figures = np.concatenate([flat(row) for row in rows])
    labels, folds = np.array([group in PAGES for group in groups]), np.array([fold(site) for site in sites])
    chances = np.zeros(len(labels))
    for at in range(FOLDS):
        weights = fit(figures[folds != at], labels[folds != at], np.ones((folds != at).sum()))
        chances[folds == at] = 1 / (1 + np.exp(-(figures[folds == at] @ weights)))
    yield "| documents judged to be a page | documents | left out |"
    yield "|---|---|---|"
    for group in dict.fromkeys(groups):
        taken = [chance >= PAGE for chance, name in zip(chances, groups, strict=True) if name == group]
        yield f"| {group} | {len(taken)} | {sum(taken)} |"


PAGES = frozenset({"whole pages", "windows of them", "fullpage ar", "fullpage other", "window ar", "window other"}) | {
    *(f"news {kind} {language}" for kind in ("pages", "windows") for language in ("English", "other")),
}

HEAD = """\
# What speaks for (above 0) or against a document being the dump of a whole page, and a line of a page being of its
# article: by itself, and `again` with what that says of the lines around it. Fitted by `python bench/page.py --write`;
# figures are between 0 and 1 (a chance enters as odds, from -1 to 1), the sum goes through the logistic function.
# `body` is what the lines of articles have on average in each group; the evidence names where a line falls short of it.
"""


def to_toml(name: str, figures: Figures, weights: Sequence[float], body: Mapping[str, float]) -> Iterator[str]:
    yield f"\n[{name}]\nbias = {weights[-1]:.2f}"
    at = 0
    for group, values in figures.items():
        yield f"\n[{name}.weights.{group}]"
        for key in values:
            yield f'"{key}" = {weights[at]:.2f}'
            at += 1
    if body:
        yield f"\n[{name}.body]"
        yield from (f"{group} = {value:.2f}" for group, value in body.items())


def body_means(rows: Sequence[Labelled], tables: Sequence[Table], figures: Figures, weights: Any) -> dict[str, float]:
    """Return what lines of articles have on average from each group of figures."""
    pairs = [(table, row.labels == 1) for table, row in zip(tables, rows, strict=True)]
    mean = np.mean([table[body].mean(0) for table, body in pairs if body.any()], axis=0) * weights
    bounds = np.cumsum([0] + [len(values) for values in figures.values()])
    return {group: float(mean[bounds[at] : bounds[at + 1]].sum()) for at, group in enumerate(figures)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    if not (options.data / "v2" / "text").is_dir():
        sys.exit(f"No labelled pages in {options.data}; name the folder that has them with --data.")
    rows, having = list(pages(options.data)), defaultdict[Phrase, set[str]](set)
    for _, row, _ in rows:
        for unit in units_of(row):
            if unit.phrase is not None:
                having[unit.phrase].add(row["outlet"])
    common = frozenset(lexicon_of_many(options.data).phrases)
    lines, documents = [], []
    for group, row, weight in rows:
        labelled, named, whole = label(group, row, weight, having, common)
        lines.append(labelled)
        documents.append((group, row["outlet"], whole))
    for group, row in articles(options.data):
        outline = Outline(analyse(units_of(row), row.get("title") or ""))
        documents.append((group, row.get("outlet") or row.get("source") or "", document_figures(outline)))
    print("\n".join([*measure(lines), "", *measure_documents(documents)]))
    if options.write:
        weights, again = fit_twice(lines)
        figures = np.concatenate([flat(row) for *_, row in documents])
        weighed = fit(figures, np.array([group in PAGES for group, *_ in documents]), np.ones(len(documents)))
        text = [*to_toml("document", documents[0][2], weighed.tolist(), {})]
        text += to_toml("line", named, weights.tolist(), {})
        both = named | {"context": context_of([0.5], [1])}
        means = body_means(lines, [beside(row.unseen, row, weights) for row in lines], both, again)
        text += to_toml("again", both, again.tolist(), means)
        WEIGHTS.write_text(HEAD + "\n".join(text) + "\n", "utf-8")


if __name__ == "__main__":
    main()
