"""`ghirbal similar`: what a corpus has like one document, and why."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import orjson

from cleaning.stages import Clean
from corpus.records import Document
from corpus.run import run_here, summarise
from dedup.decide import Match, find_similar
from dedup.stages import quote as quote_passage
from ghirbal.against import find_against
from ghirbal.config import read_config
from ghirbal.console import quote, results
from ghirbal.explain import read_documents

_SHOWN = ("resemblance", "containment", "rare")


def show_similar(file: str, corpus: str, *, limit: int, as_json: bool, config: str | None) -> int:
    """Print, for each document of `file`, the documents of `corpus` that share most with it; return the exit code."""
    settings = read_config(config)
    against = find_against([corpus], settings.dedup)
    documents, code = read_documents(file, settings)
    clean = Clean(settings.clean)
    clean.learn([memoryview(summarise(clean.accumulator(), documents))], run_here)
    # A corpus may be somebody else's, or read-only: what is built to search it is not put into it.
    with TemporaryDirectory(prefix="ghirbal-") as folder:
        index = against.open(Path(folder))
    for document in (clean.apply(document).record for document in documents):
        assert isinstance(document, Document)
        matches = find_similar(index, document, limit)
        if as_json:
            row = {"id": document.id, "source": document.source, "similar": [_row(document, m) for m in matches]}
            results.file.write(orjson.dumps(row).decode() + "\n")
        else:
            _show(document, matches)
    return code


def _row(document: Document, match: Match) -> dict[str, Any]:
    copy = match.copy
    return {
        "id": copy.id,
        "outlet": copy.outlet,
        "url": copy.url,
        "published": copy.published,
        "relation": copy.relation or "none",
        "scores": match.scores,
        "passage": quote_passage(document.text, match.start, match.length),
        "passage_words": match.length,
    }


def _show(document: Document, matches: list[Match]) -> None:
    results.print(f"[bold]{quote(document.source.path)}[/bold] {quote(document.title)}", soft_wrap=True)
    if not matches:
        results.print("  nothing like it")
        return
    for match in matches:
        row = _row(document, match)
        scores = "  ".join(f"{name} {row['scores'][name]:.2f}" for name in _SHOWN)
        origin = " ".join(filter(None, (row["id"], row["outlet"], row["published"], row["url"])))
        results.print(f"  [bold]{row['relation']}[/bold]  {scores}  {quote(origin)}", soft_wrap=True)
        results.print(f"    {row['passage_words']} words in a row: {quote(row['passage'])}", soft_wrap=True)
