"""Compare extractors: quality and CPU time on the same labelled pages, in one process and one run.

    python bench/extraction.py [--data FOLDER] [--limit N] [--without] [--choose rival.MAIN_SHARE .3 .5 .7]

FOLDER holds html/gold.jsonl and its pages, and perhaps v2/html and v2/outlets, more of them in sets that did not exist
when most of the rules were written (default: ../shared/data beside the project, or $GHIRBAL_DATA). In these a first
line that is the headline counts for nobody; pages that are no news are sets of their own. Soft hyphens and other
characters that nobody sees count for nobody either. Peers that are not installed are named as skipped; none of them is
a dependency of Ghirbal. Each extractor reads each page once; CPU time is that of the process, pages in the same order
for all, one page through every extractor before the next, so that a slow moment of the machine hits all alike.
Of WCXB there is its own measure too, F1 of the bags of words. `--without` shows instead how the means of the sets
change when each rule on blocks is off; `--choose` takes a threshold of cleaning.html, and shows for each set the value
that is best on the other sets, and what that gives on this one.
"""

from __future__ import annotations

import argparse
import datetime
import gzip
import importlib
import importlib.metadata
import json
import logging
import math
import os
import platform
import re
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

sys.path.insert(0, str(Path(__file__).parents[1]))

from cleaning.html import extract_html
from corpus.charset import declared_charset, decode
from corpus.text import scrub

DATA = Path(os.environ.get("GHIRBAL_DATA", Path(__file__).parents[1].parent / "shared" / "data"))
#: One CJK or Thai character is a token; other scripts are cut into words.
TOKEN = re.compile(r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff]|[^\W\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff]+")
Extractor = Callable[[str, str, str], str]
#: The time of this one is 1.00.
REFERENCE = "trafilatura, with metadata"


def ghirbal(html: str, url: str, _language: str) -> str:
    return extract_html(html, url).text


def trafilatura(**options: Any) -> Extractor:
    module = importlib.import_module("trafilatura")
    return lambda html, url, _language: module.extract(html, url=url or None, **options) or ""


def readability() -> Extractor:
    document = importlib.import_module("readability").Document
    parse = importlib.import_module("lxml.html").fromstring
    return lambda html, _url, _language: parse(document(html).summary()).text_content()


def resiliparse() -> Extractor:
    extract = importlib.import_module("resiliparse.extract.html2text").extract_plain_text
    return lambda html, _url, _language: extract(html, main_content=True, alt_texts=False)


def magic_html() -> Extractor:
    extractor = importlib.import_module("magic_html").GeneralExtractor()
    parse = importlib.import_module("lxml.html").fromstring
    return lambda html, url, _language: parse(extractor.extract(html, base_url=url)["html"]).text_content()


def justext() -> Extractor:
    module = importlib.import_module("justext")
    languages = {"ar": "Arabic", "de": "German", "es": "Spanish", "fa": "Persian", "fr": "French", "ur": "Urdu"}

    def run(html: str, _url: str, language: str) -> str:
        words = module.get_stoplist(languages.get(language, "English"))
        return "\n".join(p.text for p in module.justext(html, words) if not p.is_boilerplate)

    return run


PEERS: dict[str, tuple[str, Callable[[], Extractor]]] = {
    "Ghirbal": ("ghirbal", lambda: ghirbal),
    REFERENCE: ("trafilatura", lambda: trafilatura(with_metadata=True)),
    "trafilatura, default": ("trafilatura", lambda: trafilatura(include_comments=False)),
    "trafilatura, precision": ("trafilatura", lambda: trafilatura(include_comments=False, favor_precision=True)),
    "trafilatura, fast": ("trafilatura", lambda: trafilatura(include_comments=False, fast=True)),
    "readability-lxml": ("readability-lxml", readability),
    "resiliparse": ("resiliparse", resiliparse),
    "magic-html": ("magic-html", magic_html),
    "justext": ("justext", justext),
}


def shingles(text: str) -> Counter[tuple[str, ...]]:
    tokens = TOKEN.findall(scrub(text))
    return Counter(tuple(tokens[i : i + 4]) for i in range(max(1, len(tokens) - 3)) if tokens)


def f1(found: str, gold: str) -> float:
    ours, theirs = shingles(found), shingles(gold)
    common, both = (ours & theirs).total(), ours.total() + theirs.total()
    return 2 * common / both if both else 1.0


class Tally:
    """What one extractor has done so far."""

    def __init__(self) -> None:
        self.scores: dict[str, list[float]] = {}
        self.segments = [0, 0, 0]
        self.seconds = 0.0
        self.failures = 0

    def run(self, extract: Extractor, html: str, gold: dict[str, Any]) -> None:
        start = time.process_time()
        try:
            text = extract(html, gold["url"], gold["lang"])
        except Exception:  # noqa: BLE001
            text, self.failures = "", self.failures + 1
        self.seconds += time.process_time() - start
        self.score(text, gold)

    def score(self, text: str, gold: dict[str, Any]) -> None:
        if "gold" not in gold:
            squeezed = " ".join(text.split())
            hits = sum(" ".join(wanted.split()) in squeezed for wanted in gold["with"])
            wrong = sum(" ".join(unwanted.split()) in squeezed for unwanted in gold["without"])
            counts = (hits, wrong, len(gold["with"]) - hits)
            self.segments = [before + now for before, now in zip(self.segments, counts, strict=True)]
            return
        names = [
            gold["set"],
            ""
            if "titles" in gold
            else {"ar": "Arabic", "fa": "Persian, Urdu", "ur": "Persian, Urdu"}.get(gold["lang"], ""),
        ]
        found, wanted = untitled(text, gold), untitled(gold["gold"], gold)
        for name in filter(None, names):
            self.scores.setdefault(name, []).append(f1(found, wanted))
        if gold.get("id", "").startswith("wcxb/"):
            ours, theirs = (Counter(TOKEN.findall(one.lower())) for one in (text, gold["gold"]))
            words = 2 * (ours & theirs).total() / max(1, ours.total() + theirs.total())
            for name in ("wcxb, words *", "wcxb articles, words *")[: 1 + (gold["kind"] == "news")]:
                self.scores.setdefault(name, []).append(words)

    def means(self) -> dict[str, float]:
        hits, wrong, missed = self.segments
        means = {name: statistics.mean(scores) for name, scores in self.scores.items()}
        return means | ({"traf": 2 * hits / (2 * hits + wrong + missed)} if hits else {})


def load(peer: str) -> Extractor | None:
    try:
        return PEERS[peer][1]()
    except ImportError:
        return None


def version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "no version"


def pages(data: Path, limit: int) -> list[tuple[str, dict[str, Any]]]:
    lines = (data / "html" / "gold.jsonl").read_text(encoding="utf-8").splitlines()
    golds = [{**gold, "path": data / "html" / gold["file"]} for gold in map(json.loads, lines)]
    for folder, name in (("v2/html", "set"), ("v2/outlets", "outlet")):
        if (listed := data / folder / "gold.jsonl.gz").is_file():
            rows = map(json.loads, read(listed).splitlines())
            golds += [more(row, listed.parent, name) for row in rows if "gold" in row]
    golds = golds[:limit]
    bodies = [read(gold["path"]) for gold in golds]
    return [(decode(body, declared_charset("", body))[0], gold) for body, gold in zip(bodies, golds, strict=True)]


def more(gold: dict[str, Any], folder: Path, name: str) -> dict[str, Any]:
    path = folder / gold["file"] if name == "set" else folder / "pages" / gold["file"]
    kind = "outlets" if name == "outlet" else gold["set"] if gold["kind"] == "news" else "no news"
    first = gold["gold"].partition("\n")[0] if name == "outlet" or gold["set"] == "daniel" else ""
    titles = {" ".join(TOKEN.findall(title.lower())) for title in (first, gold.get("title") or "") if title}
    return {"url": "", "lang": "", **gold, "set": f"{kind} *", "path": path, "titles": titles}


def read(path: Path) -> bytes:
    return gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()


def untitled(text: str, gold: dict[str, Any]) -> str:
    first, _, rest = text.lstrip("\n").partition("\n")
    return rest if rest and " ".join(TOKEN.findall(first.lower())) in gold.get("titles", ()) else text


def table(tallies: dict[str, Tally], count: int) -> str:
    sets = sorted({name for tally in tallies.values() for name in tally.means() if name[0].islower()})
    columns = [*sets, "macro", "Arabic", "Persian, Urdu"]
    head = " | ".join(["extractor", *columns, "ms/page", "relative", "failed"])
    rows = [f"| {head} |", "|---" * (len(columns) + 4) + "|"]
    reference = tallies[REFERENCE].seconds
    for peer, tally in tallies.items():
        means = tally.means()
        means["macro"] = statistics.mean(means[name] for name in sets if not name.endswith("*"))
        cells = [f"{means[name]:.3f}" if name in means else "" for name in columns]
        cost = [f"{1000 * tally.seconds / count:.1f}", f"{tally.seconds / reference:.2f}", str(tally.failures)]
        rows.append(f"| {peer} | " + " | ".join(cells + cost) + " |")
    return "\n".join(rows)


NEVER = re.compile("(?!)")
#: Rules on blocks by where they stand in cleaning.html, and what stands there when they are off.
RULES: dict[str, Any] = {
    "weigh._discount_cards": lambda _blocks: None,
    "weigh.is_attested": lambda _text, _metadata: False,
    "weigh._Hidden.continues": lambda _hidden, _aside: False,
    "weigh._quotes": lambda _blocks, _aside: False,
    "weigh._is_never_body": lambda _named: False,
    "weigh._CLASS_SHARE": 9.0,
    "weigh._COMMENTS_NAME": NEVER,
    "weigh._SHORT_SENTENCE": 0.0,
    "weigh._LINKED_SENTENCE": math.inf,
    "others._captions": lambda _layout: [],
    "others._next_article": lambda layout, _metadata: len(layout.blocks),
    "others._comments": lambda layout: len(layout.blocks),
    "body._BODY_NAME": NEVER,
    "body._LINK_LIST": math.inf,
    "body._MAX_LEADS": 0,
    "rival.MAIN_SHARE": 0.0,
    "selection._CLOSING": NEVER,
    "selection.Selection._without_notice": lambda _selection, chosen: chosen,
    "selection._DATED": NEVER,
    "selection._VERSE": math.inf,
    "selection._SUBHEADINGS": math.inf,
    "selection.OPENING_ITEM": math.inf,
    "layout._names_chrome": lambda _named: False,
    "layout._UNSEEN_NAME": NEVER,
}
Material = list[tuple[str, dict[str, Any]]]


def means_with(material: Material, changed: Mapping[str, Any]) -> dict[str, float]:
    """Return the means of Ghirbal over the sets with other values at some places of cleaning.html."""
    with ExitStack() as stack:
        for place, value in changed.items():
            module, *inner, name = place.split(".")
            owner = importlib.import_module(f"cleaning.html.{module}")
            stack.enter_context(patch.object(getattr(owner, inner[0]) if inner else owner, name, value))
        tally = Tally()
        for html, gold in material:
            tally.run(ghirbal, html, gold)
        return tally.means()


def without(material: Material, rival: Callable[..., str]) -> Iterator[str]:
    """Yield a row for each rule: what the sets lose and win when it is off, in thousandths."""
    asked = {"rival.trafilatura_text": rival}
    normal = means_with(material, asked)
    yield "| without | sets that lose | sets that win | changes, thousandths |\n|---|---|---|---|"
    for place, off in RULES.items():
        means = means_with(material, {**asked, place: off})
        changes = {name: round(1000 * (mean - normal[name]), 1) for name, mean in means.items()}
        told = {name: change for name, change in changes.items() if change}
        lost = sum(change < 0 for change in told.values())
        shown = ", ".join(f"{name} {change:+.1f}" for name, change in told.items())
        yield f"| {place} | {lost} | {len(told) - lost} | {shown} |"


def choose(material: Material, rival: Callable[..., str], place: str, values: Sequence[float]) -> Iterator[str]:
    """Yield a row for each set: the value that is best on all others, and the mean of this set with it."""
    means = {value: means_with(material, {"rival.trafilatura_text": rival, place: value}) for value in values}
    sets = [name for name in means[values[0]] if "words" not in name and name[0].islower()]
    yield f"| {place} | best on the others | with it | " + " | ".join(map(str, values)) + " |"
    yield "|---" * (len(values) + 3) + "|"
    for left in sets:
        best = max(values, key=lambda value: sum(means[value][name] for name in sets if name != left))
        cells = [f"{means[value][left]:.4f}" for value in (best, *values)]
        yield f"| {left} | {best} | " + " | ".join(cells) + " |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--limit", type=int, default=1_000_000)
    parser.add_argument("--without", action="store_true")
    parser.add_argument("--choose", nargs="+", default=[])
    options = parser.parse_args()
    logging.disable(logging.CRITICAL)
    if not (options.data / "html" / "gold.jsonl").is_file():
        sys.exit("the labelled pages are not here (set GHIRBAL_DATA to their folder)")
    material = pages(options.data, options.limit)
    if options.without or options.choose:
        rival = cache(importlib.import_module("cleaning.html.rival").trafilatura_text)
        place, values = "".join(options.choose[:1]), [float(value) for value in options.choose[1:]]
        rows = without(material, rival) if options.without else choose(material, rival, place, values)
        for row in rows:
            print(row, flush=True)
        return
    extractors = {peer: extract for peer in PEERS if (extract := load(peer))}
    for extract in extractors.values():
        Tally().run(extract, *material[0])  # first calls load tables
    tallies = {peer: Tally() for peer in extractors}
    for html, gold in material:
        for peer, extract in extractors.items():
            tallies[peer].run(extract, html, gold)
    versions = ", ".join(f"{package} {version(package)}" for package in dict.fromkeys(PEERS[p][0] for p in extractors))
    skipped = ", ".join(peer for peer in PEERS if peer not in extractors) or "none"
    today = datetime.datetime.now(datetime.UTC).date()
    print(f"# Extraction\n\n{today}, Python {platform.python_version()}, {versions}.")
    print(f"Skipped, not installed: {skipped}. {len(material)} labelled pages; mean F1 of word 4-grams over pages")
    print("(traf: over segments); CPU time of one process, every extractor on each page before the next page.\n")
    print(table(tallies, len(material)))


if __name__ == "__main__":
    main()
