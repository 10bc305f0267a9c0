"""`ghirbal stats` and `ghirbal sample`: a finished corpus in figures, and a few of its records to look at."""

from __future__ import annotations

import hashlib
import heapq
from collections.abc import Iterator
from typing import Any

from rich.text import Text

from corpus.errors import EXIT_DONE, UsageError
from corpus.records import Document
from ghirbal.console import print_json, print_report, quote, results
from ghirbal.opened import Corpus
from ghirbal.published import Found, read_report
from ghirbal.terminal import visible, visible_lines


def show_stats(out: str, *, as_json: bool) -> int:
    """Print what a corpus holds and what was removed from it."""
    corpus = Corpus(out)
    report = read_report(corpus.path)
    if as_json:
        print_json({"command": corpus.manifest.command} | report.to_row())
    else:
        print_report(report, most=None)
    return EXIT_DONE


def show_sample(out: str, *, count: int, as_json: bool, removed: bool, seed: int, **wanted: str | None) -> int:
    """Print `count` records drawn at random, the same for the same `seed`; `wanted` are values of their fields."""
    corpus = Corpus(out)
    rows: Iterator[Found] = iter(corpus.removed if removed or wanted.get("reason") else corpus)
    fitting = (
        row for row in rows if all(value is None or getattr(row, name, None) == value for name, value in wanted.items())
    )

    def lot(row: Found) -> tuple[bytes, str, int]:
        place = row.source.path, row.source.record
        name = f"{seed}\0{row.id}\0{place}".encode("utf-8", "surrogatepass")
        return hashlib.blake2b(name, digest_size=8).digest(), *place

    drawn = heapq.nsmallest(count, fitting, key=lot)
    if not drawn:
        asked = ", ".join(f"{name} {value}" for name, value in wanted.items() if value is not None)
        raise UsageError(f"{out}: holds no such record: {asked or 'there is none at all'}")
    for row in drawn:
        if as_json:
            print_json(row)
        else:
            _show(row)
    return EXIT_DONE


def _show(row: Found) -> None:
    results.rule(quote(f"{row.source.path} record {row.source.record}"), characters="=")
    about: dict[str, Any] = {"id": row.id, "outlet": row.outlet, "url": row.url, "published": row.published}
    if not isinstance(row, Document):
        about["reason"] = row.reason
    said = "  ".join(f"{name} {value}" for name, value in about.items() if value)
    results.print(Text.assemble((visible(row.title), "bold"), "\n" if row.title else "", (visible(said), "dim")))
    text = row.text if isinstance(row, Document) else row.text or row.excerpt
    results.print(Text(visible_lines(text)), soft_wrap=True)
