"""`ghirbal score`: precision, recall and F1 on labelled data of one's own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import orjson
from rich.table import Table

from cleaning.score import score_html, score_text
from corpus.errors import UsageError
from dedup.score import score_clusters
from ghirbal.console import print_json, results

_Row = Mapping[str, Any]
_Scorer = Callable[[list[_Row], list[_Row]], Mapping[str, Mapping[str, float]]]

_SCORERS: dict[str, _Scorer] = {"text": score_text, "html": score_html, "dups": score_clusters}


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


def _read(path: str) -> list[_Row]:
    try:
        rows: list[_Row] = [orjson.loads(line) for line in Path(path).read_bytes().split(b"\n") if line.strip()]
    except OSError as error:
        raise UsageError(f"{path}: cannot read ({error.strerror})") from error
    except orjson.JSONDecodeError as error:
        raise UsageError(f"{path}: every line must be one JSON object: {error}") from error
    if not all(isinstance(row, dict) for row in rows):
        raise UsageError(f"{path}: every line must be one JSON object")
    return rows
