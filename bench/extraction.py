"""Compare extractors: quality and CPU time on the same labelled pages, in one process and one run.

    python bench/extraction.py [--data FOLDER] [--limit N]

FOLDER holds html/gold.jsonl and its pages, and perhaps v2/html and v2/outlets, more of them in sets that did not exist
when most of the rules were written (default: ../shared/data beside the project, or $GHIRBAL_DATA). In these a first
line that is the headline counts for nobody; pages that are no news are sets of their own. Soft hyphens and other
characters that nobody sees count for nobody either. Peers that are not installed are named as skipped; none of them is
a dependency of Ghirbal. Each extractor reads each page once; CPU time is that of the process, pages in the same order
for all, one page through every extractor before the next, so that a slow moment of the machine hits all alike.
"""

from __future__ import annotations

import argparse
import datetime
import gzip
import importlib
import importlib.metadata
import json
import logging
import os
import platform
import re
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

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
        for name in filter(None, names):
            found, wanted = untitled(text, gold), untitled(gold["gold"], gold)
            self.scores.setdefault(name, []).append(f1(found, wanted))

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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--limit", type=int, default=1_000_000)
    options = parser.parse_args()
    logging.disable(logging.CRITICAL)
    if not (options.data / "html" / "gold.jsonl").is_file():
        sys.exit("the labelled pages are not here (set GHIRBAL_DATA to their folder)")
    material = pages(options.data, options.limit)
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
