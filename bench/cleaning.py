"""Measure the Clean stage: what it takes out and what it spares on labelled data, and how fast.

    python bench/cleaning.py [--data FOLDER] [-o FILE]

Quality needs the labelled data (a sibling folder `shared/data`, or $GHIRBAL_DATA, or --data) and is skipped with a
word where that is absent. Each file is one corpus: scanned, learned, applied; then once more without the learned
table; then with all files put together, as a real corpus would be. The last column is what to expect of an outlet that
nobody has seen: the lexicon without the phrases that fewer than three outlets of the data have.

Each rule has a line that says of how many outlets it takes chrome, and how much. Each threshold of learning has one
that says what it costs where it is set, where the other outlets would have set it, and where it is off: the outlets are
cut into groups, the value is chosen on all groups but one, and the cost is that of the group left out. The cost of an
outlet is the share of its chrome that is left and ten times the share of its body that is lost.

Speed is CPU time of one thread, the best of three runs, on the unlabelled news of the data where present, else on
made-up text; hostile lines have 200,000 characters.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import platform
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from statistics import fmean
from types import ModuleType
from typing import Any, NamedTuple
from unittest.mock import patch
from zlib import crc32

PROJECT = Path(__file__).parents[1]
sys.path[0] = str(PROJECT)  # not this folder, where a file has the name of the package that is measured

from cleaning import stages as cleaning_stages  # noqa: E402
from cleaning.article.rules import find_phrases  # noqa: E402
from cleaning.lines.glued import find_glued  # noqa: E402
from cleaning.lines.lexicon import Lexicon, default_lexicon  # noqa: E402
from cleaning.lines.unit import cut  # noqa: E402
from cleaning.outlet import evidence, judge  # noqa: E402
from cleaning.stages import Clean  # noqa: E402
from corpus.records import Document, Source  # noqa: E402
from corpus.run.stage import run_here, summarise  # noqa: E402
from corpus.text import scrub  # noqa: E402
from ghirbal.published import read_rows  # noqa: E402
from ghirbal.score import score_text  # noqa: E402

DATA = Path(os.environ.get("GHIRBAL_DATA", PROJECT.parent / "shared" / "data"))
LINE_BARS = {"textdump ar": 0.990, "window ar": 0.95, "window other": 0.93, "fullpage ar": 0.90, "fullpage other": 0.88}
HOSTILE = ("ا", "ا ", "   ا", "اقرأ أيضا ", ". ", "1/", "a@", '"', "(رويترز ", "مايو 1 ")
SPEED_DOCUMENTS = 8_000
ROUNDS = 3

Row = dict[str, Any]


def rows_of(path: Path) -> list[Row]:
    return [json.loads(line) for line in path.read_text("utf-8").split("\n") if line]


def document(row: Row, at: int) -> Document:
    text = row["text"] if "text" in row else "\n".join(line["text"] for line in row["lines"])
    return Document(row["id"], Source("gold.jsonl", at), scrub(text), outlet=row.get("outlet", ""))


def predict(stage: Clean, documents: Sequence[Document]) -> list[Row]:
    return [{"id": record.id, "text": stage.apply(record).record.text} for record in documents]  # type: ignore[union-attr]


def taught(*shards: Sequence[Document]) -> Clean:
    stage = Clean()
    stage.learn([memoryview(summarise(stage.accumulator(), shard)) for shard in shards], run_here)
    return stage


def quality(data: Path) -> Iterator[str]:
    names = ("gold", "chrome", "clean", "traps")
    gold = {name: rows_of(data / "text" / f"{name}.jsonl") for name in names}
    documents = {name: [document(row, at) for at, row in enumerate(rows)] for name, rows in gold.items()}
    together = taught(*documents.values())
    stages: dict[str, Callable[[str], Clean]] = {
        "no table": lambda _: Clean(),
        "learned table": lambda name: taught(documents[name]),
        "all files one corpus": lambda _: together,
    }

    def score(make: Callable[[str], Clean]) -> dict[str, Any]:
        return {name: score_text(gold[name], predict(make(name), documents[name])) for name in names}

    scores = {label: score(make) for label, make in stages.items()}
    known = lexicon_of_many(data)
    with patch.object(cleaning_stages, "default_lexicon", lambda: known):
        scores[f"phrases of {MANY} outlets"] = score(lambda name: taught(documents[name]))
    untouched = [{"id": row.id, "text": row.text} for row in documents["gold"]]
    keep = score_text(gold["gold"], untouched)
    yield "| char macro F (documents exactly right) | bar | keep all | " + " | ".join(scores) + " |"
    yield "|---|---|---|" + "---|" * len(scores)
    for group, bar in LINE_BARS.items():
        cells = [keep[group], *(score["gold"][group] for score in scores.values())]
        shown = [f"{cell['char macro F']:.3f} ({cell['exact']:.0f}/{cell['documents']:.0f})" for cell in cells]
        yield f"| {group} | {bar} | " + " | ".join(shown) + " |"
    yield ""
    yield "| silver | bar | " + " | ".join(scores) + " |"
    yield "|---|---|" + "---|" * len(scores)
    yield from _silver(list(scores.values()))


#: A phrase of so many outlets is one of the trade.
MANY = 3
#: Documents of each outlet of unlabelled news that are searched for phrases.
SEARCHED = 400


def lexicon_of_many(data: Path) -> Lexicon:
    """Return the lexicon without the phrases that fewer than so many outlets of the data have."""
    lexicon, having = default_lexicon(), defaultdict[Any, set[str]](set)
    for outlet, text in texts_of(data):
        units = cut(text)
        find_phrases(units, lexicon)
        found = [unit.phrase for unit in units] + [phrase for *_, phrase in lexicon.inside(text)]
        found += [phrase for *_, phrase in find_glued(units[-1], lexicon, last=True)] if units else []
        for phrase in found:
            having[phrase].add(outlet)
    return Lexicon([phrase for phrase in lexicon.phrases if len(having[phrase]) >= MANY])


def texts_of(data: Path) -> Iterator[tuple[str, str]]:
    """Yield the outlet and the text of all labelled dumps and pages, and of some news."""
    paths = [data / "text" / f"{name}.jsonl" for name in ("gold", "chrome", "clean")]
    paths += [data / "v2" / "text" / f"{name}.jsonl.gz" for name in ("dumps", "pages")]
    for path in paths:
        body = path.read_bytes() if path.is_file() else b""
        lines = (gzip.decompress(body) if path.suffix == ".gz" and body else body).decode().split("\n")
        for row in (json.loads(line) for line in lines if line):
            yield row["outlet"], row["text"] if "text" in row else "\n".join(line["text"] for line in row["lines"])
    seen = Counter[str]()
    for path in (data / "dedup" / "saudinewsnet.jsonl.zst", *sorted((data / "v2" / "outlets2018").glob("*.zst"))):
        for row in read_rows(path, dict) if path.is_file() else ():
            outlet = row.get("source") or path.stem
            seen[outlet] += 1
            if seen[outlet] <= SEARCHED:
                yield outlet, row["text"]


def _silver(scores: Sequence[dict[str, Any]]) -> Iterator[str]:
    wholes = [{name: figures["all"] for name, figures in score.items()} for score in scores]
    gone = (f"{1 - whole['chrome']['left'] / whole['chrome']['spans']:.1%}" for whole in wholes)
    yield "| chrome spans gone | 90 % | " + " | ".join(gone) + " |"
    lost = (f"{whole['chrome']['lost'] / whole['chrome']['sentences']:.2%}" for whole in wholes)
    yield "| body sentences lost beside them | 0.3 % | " + " | ".join(lost) + " |"
    hurt = (f"{whole['clean']['hurt']} of {whole['clean']['documents']}" for whole in wholes)
    yield "| clean documents hurt | 2 | " + " | ".join(hurt) + " |"
    trapped = (f"{whole['traps']['lost']} of {whole['traps']['documents']}" for whole in wholes)
    yield "| traps lost | 1 | " + " | ".join(trapped) + " |"


class Labelled(NamedTuple):
    """A document of an outlet, and a mark for each character: `+` body, `-` chrome, ` ` neither."""

    document: Document
    marks: str


_MARKS = {"keep": "+", "drop": "-", "meta": " "}
_META = {"title", "source", "embed", "dup"}


def labelled(data: Path) -> dict[str, list[Labelled]]:
    """Return the documents of each outlet of which every character is labelled, context for learning behind them."""
    found: defaultdict[str, list[Labelled]] = defaultdict(list)
    for row in rows_of(data / "text" / "gold.jsonl"):
        if row["variant"] == "textdump":
            found[f"gold {row['outlet']}"].append(_labelled(row, " ".join(map(_marked, row["lines"]))))
    for row in rows_of(data / "text" / "chrome.jsonl"):
        marks = ["+"] * len(row["text"])
        for start, end, kind in row["spans"]:
            marks[start:end] = (" " if kind in _META else "-") * (end - start)
        found[f"chrome {row['outlet']}"].append(_labelled(row, "".join(marks)))
    for row in rows_of(data / "text" / "clean.jsonl"):
        found[f"clean {row['outlet']}"].append(_labelled(row, "+" * len(row["text"])))
    dumps = data / "v2" / "text" / "dumps.jsonl.gz"
    lines = gzip.decompress(dumps.read_bytes()).decode().split("\n") if dumps.is_file() else []
    for row in (json.loads(line) for line in lines if line):
        name = f"v2 {row['outlet'] if row['kind'] != 'page' else 'pages'}"
        if "lines" in row and " ".join(line["text"] for line in row["lines"]) == row["text"].replace("\n", " "):
            found[name].append(_labelled(row, " ".join(map(_marked, row["lines"]))))
        elif "lines" not in row:
            found[name].append(_labelled(row, "+" * len(row["text"])))
    return dict(found)


def _marked(line: Row) -> str:
    marks = [_MARKS[line["label"]]] * len(line["text"])
    for start, end, kind in line.get("span", ()):
        marks[start:end] = (" " if kind in _META else "-") * (end - start)
    return "".join(marks)


def _labelled(row: Row, marks: str) -> Labelled:
    """Return the document as it is, not scrubbed: marks are by character."""
    text = row["text"] if "text" in row else "\n".join(line["text"] for line in row["lines"])
    document = Document(row["id"], Source("gold"), text, title=row.get("title") or "", outlet=row.get("outlet", ""))
    return Labelled(document, marks)


class Account(NamedTuple):
    """What was taken of an outlet, by rule: characters of chrome and of body; and how many of each there were."""

    chrome: Counter[str]
    body: Counter[str]
    of_chrome: int
    of_body: int

    @property
    def cost(self) -> float:
        """Return the share of chrome left and ten times the share of body lost."""
        left = 1 - self.chrome.total() / self.of_chrome if self.of_chrome else 0
        return left + 10 * self.body.total() / max(1, self.of_body)


def account(documents: Sequence[Labelled]) -> Account:
    """Learn from the documents of one outlet, clean them, and say what went."""
    stage, chrome, body = taught([one.document for one in documents]), Counter[str](), Counter[str]()
    for document, marks in documents:
        for span in stage.explain(document):
            chrome[span.rule] += marks[span.start : span.end].count("-")
            body[span.rule] += marks[span.start : span.end].count("+")
    everything = "".join(one.marks for one in documents)
    return Account(chrome, body, everything.count("-"), everything.count("+"))


def rules(accounts: dict[str, Account]) -> Iterator[str]:
    """Yield what each rule takes, and of how many outlets."""
    yield "| rule | outlets it takes chrome of | chrome, characters | outlets it takes body of | body, characters |"
    yield "|---|---:|---:|---:|---:|"
    names = {rule for one in accounts.values() for rule in (*one.chrome, *one.body)}
    total = {rule: sum(one.chrome[rule] for one in accounts.values()) for rule in names}
    for rule in sorted(names, key=lambda rule: -total[rule]):
        helped = sum(one.chrome[rule] > one.body[rule] for one in accounts.values())
        hurt = sum(one.body[rule] > 0 for one in accounts.values())
        lost = sum(one.body[rule] for one in accounts.values())
        yield f"| {rule} | {helped} | {total[rule]:,} | {hurt} | {lost:,} |"


#: Groups of outlets that are left out in turn.
GROUPS = 5
#: Thresholds of learning: where they stand, what they do, other values to choose from, and the value that is off.
KNOBS: tuple[tuple[ModuleType, str, str, tuple[float, ...], float], ...] = (
    (evidence, "_UNRELATED", "rare words in common that make two stories related", (0.06, 0.25), 2.0),
    (evidence, "_COMPARABLE", "rare words of a story that can be compared", (3, 10), 0),
    (judge, "_TOLD", "part of a sentence that its story says again", (0.2, 0.5), 2.0),
    (judge, "_PLACED", "documents that have a piece at one place", (0.6, 0.95), 0.0),
    (judge, "_CONTINUING", 'times as many stories for a sentence with "and"', (2, 5), 0),
    (judge, "_VERSION", "rare words in common that make one story of two", (0.15, 0.6), 2.0),
    (judge, "_OWN_STORY", "part of a headline that its story says again", (0.4, 0.8), 2.0),
)


def thresholds(sets: dict[str, list[Labelled]], standing: dict[str, Account]) -> Iterator[str]:
    """Yield what each threshold costs as it is, as the other outlets choose it, and off."""
    yield f"| threshold | value | cost | chosen by the others, {GROUPS} groups | cost left out | off: cost |"
    yield "|---|---:|---:|---|---:|---:|"
    outlets = {name: name.split(" ", 1)[1].replace("-", "") for name in sets}
    group = {name: crc32(outlet.encode()) % GROUPS for name, outlet in outlets.items()}
    for module, name, meaning, others, off in KNOBS:
        value = getattr(module, name)
        costs = {value: {one: found.cost for one, found in standing.items()}}
        for other in (*others, off):
            setattr(module, name, other)
            costs[other] = {one: account(documents).cost for one, documents in sets.items()}
        setattr(module, name, value)
        chosen, left_out = [], []
        for number in range(GROUPS):
            rest = [one for one in sets if group[one] != number]
            best = min((value, *others), key=lambda at: fmean(costs[at][one] for one in rest))
            chosen.append(best)
            left_out += [costs[best][one] for one in sets if group[one] == number]
        as_set, as_off = (f"{fmean(cost.values()):.4f}" for cost in (costs[value], costs[off]))
        picked = ", ".join(f"{at:g} ({count})" for at, count in sorted(Counter(chosen).items()))
        yield f"| {meaning} | {value:g} | {as_set} | {picked} | {fmean(left_out):.4f} | {as_off} |"


def news(data: Path) -> tuple[str, list[Document]]:
    """Return what speed is measured on: real Arabic news where present."""
    path = data / "dedup" / "saudinewsnet.jsonl.zst"
    if not path.is_file():
        line = "قالت إدارة ميناء الرصيف اليوم إن الجسر الجديد سيفتح أمام الشاحنات مطلع الشهر المقبل."
        numbered = ("\n".join(f"{line} {at} {part}" for part in range(10)) for at in range(SPEED_DOCUMENTS))
        return "made-up Arabic text", [_plain(at, text, f"outlet {at % 9}") for at, text in enumerate(numbered)]
    rows = islice(read_rows(path, dict), SPEED_DOCUMENTS)
    return "real Arabic news", [_plain(at, row["text"], row.get("source", "")) for at, row in enumerate(rows)]


def _plain(at: int, text: str, outlet: str) -> Document:
    return Document(str(at), Source("news.jsonl", at), scrub(text), outlet=outlet)


def best(work: Callable[[], object]) -> float:
    times = []
    for _ in range(ROUNDS):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return min(times)


def speed(data: Path) -> Iterator[str]:
    name, documents = news(data)
    megabytes = sum(len(record.text.encode()) for record in documents) / 1e6
    plain, stage = Clean(), Clean()
    summary = summarise(stage.accumulator(), documents)
    stage.learn([memoryview(summary)], run_here)
    yield f"| {name}, {len(documents):,} documents, {megabytes:.0f} MB of UTF-8, one core | bar | measured |"
    yield "|---|---|---|"
    for label, work in (
        ("apply, no table", lambda: _apply(plain, documents)),
        ("apply, learned table", lambda: _apply(stage, documents)),
        ("summarise", lambda: summarise(stage.accumulator(), documents)),
    ):
        bar = "10 MB/s" if label.startswith("apply") else ""
        yield f"| {label} | {bar} | {megabytes / best(work):.1f} MB/s |"
    yield f"| learn from the summary ({len(summary) / 1e6:.1f} MB) | | {best(lambda: _learn(summary)):.2f} s |"
    yield f"| worst hostile line of 200,000 characters | 0.2 s | {max(_hostile(stage)):.3f} s |"
    ratio = _lines(stage, 16_000) / _lines(stage, 2_000)
    yield f"| 8 x as many lines | linear | {ratio:.1f} x the time |"


def _apply(stage: Clean, documents: Iterable[Document]) -> None:
    for record in documents:
        stage.apply(record)


def _learn(summary: bytes) -> None:
    Clean().learn([memoryview(summary)], run_here)


def _hostile(stage: Clean) -> Iterator[float]:
    for piece in HOSTILE:
        record = _plain(0, piece * (200_000 // len(piece)), "")
        yield best(lambda record=record: stage.apply(record))  # type: ignore[misc]


def _lines(stage: Clean, count: int) -> float:
    lines = ("فقرة قصيرة من متن الخبر انتهت هنا.", "اقرأ أيضا", "عنوان خبر آخر من أخبار المدينة القديمة")
    record = _plain(0, "\n".join(lines[at % 3] for at in range(count)), "")
    return best(lambda: stage.apply(record))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("-o", "--output", type=Path)
    options = parser.parse_args()
    machine = f"Python {platform.python_version()}, {platform.machine()}, {os.cpu_count()} cores"
    lines = ["## Cleaning text dumps", "", f"{datetime.now(UTC):%Y-%m-%d}, {machine}. `python bench/cleaning.py`", ""]
    if (options.data / "text").is_dir():
        lines += quality(options.data)
        sets = labelled(options.data)
        accounts = {name: account(documents) for name, documents in sets.items()}
        lines += ["", *rules(accounts), "", *thresholds(sets, accounts)]
    else:
        lines.append(f"Quality not measured: no labelled data in {options.data}.")
    lines += ["", *speed(options.data), ""]
    text = "\n".join(lines)
    print(text)
    if options.output:
        options.output.parent.mkdir(parents=True, exist_ok=True)
        options.output.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
