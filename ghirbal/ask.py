"""A finished corpus asked: what became of one record, and on what that rests; its figures; a few records to look at."""

from __future__ import annotations

import hashlib
import heapq
from collections.abc import Iterator, Sequence
from typing import Any

from rich.table import Table
from rich.text import Text

from corpus.errors import EXIT_DONE, UsageError
from corpus.records import Document
from ghirbal.account import Account, Pieces, side_by_side
from ghirbal.console import print_json, print_report, quote, results
from ghirbal.opened import Corpus
from ghirbal.published import Found, RemovedRecord, read_report
from ghirbal.terminal import visible, visible_lines

#: Of more records that a name fits, only so many are told in full.
_TOLD = 5
_LISTED = 20


def show_why(out: str, key: str, *, inputs: Sequence[str] = (), as_json: bool = False) -> int:
    """Print what became of the records that `key` names; with `inputs`, also every removed span and its evidence."""
    corpus = Corpus(out)
    accounts = corpus.why(key)
    for account in accounts[: _LISTED if as_json or len(accounts) > _TOLD else _TOLD]:
        spans = _spans(corpus, account, inputs) if inputs else []
        if as_json:
            row = {"kept": account.kept, "stages": account.stages, "survivor": account.survivor}
            print_json(row | {"record": account.record, "spans": spans})
            continue
        _show(account, brief=len(accounts) > _TOLD)
        for span in spans:
            label = f"{span['rule']}: {span['evidence']}" if span["evidence"] else span["rule"]
            results.print(Text.assemble(("  - ", "red"), visible(span["text"].strip()), (f"  <{label}>", "magenta")))
    if len(accounts) > _LISTED:
        results.print(f"and {len(accounts) - _LISTED:,} more; name one by its id, or as FILE:RECORD")
    return EXIT_DONE


def _spans(corpus: Corpus, account: Account, inputs: Sequence[str]) -> list[dict[str, Any]]:
    """Read the record again from the INPUT it came from, and return what cleaning takes out of it."""
    from ghirbal.explain import Explainer, span_row  # loads the parsers of pages, which nobody else here needs

    if account.kept or account.record.text:
        explainer = Explainer.like(corpus)
        for document in explainer.documents(inputs, only=account.record.source):
            return [span_row(document, span) for span in explainer.clean.explain(document)]
    return []


def _show(account: Account, *, brief: bool) -> None:
    record = account.record
    verdict = ("kept", "bold green") if account.kept else ("removed", "bold red")
    origin = " ".join(filter(None, (record.id, record.outlet, record.published, record.url)))
    results.print(Text.assemble(verdict, "  ", (visible(record.title), "bold"), "  ", (visible(origin), "dim")))
    if brief:
        return
    for name, said in account.stages.items():
        results.print(Text.assemble((f"  {name:<8}", "cyan"), visible(said)), soft_wrap=True)
    if account.survivor is not None and isinstance(record, RemovedRecord) and record.text:
        ours, theirs = side_by_side(record.text, account.survivor.text)
        table = Table(expand=True, pad_edge=False)
        table.add_column(f"removed: {visible(record.outlet or record.id)}", ratio=1)
        table.add_column(f"kept: {visible(account.survivor.outlet or account.survivor.id)}", ratio=1)
        table.add_row(_marked(ours, "red"), _marked(theirs, "green"))
        results.print(table)
    elif isinstance(record, RemovedRecord) and record.survivor and account.survivor is None:
        results.print(f"  its survivor {quote(record.survivor)} is in a corpus that this one was built --against")
    elif text := record.text or (record.excerpt if isinstance(record, RemovedRecord) else ""):
        results.print(Text(visible_lines(text)), soft_wrap=True)


def _marked(pieces: Pieces, colour: str) -> Text:
    return Text.assemble(*((visible_lines(text), "" if shared else colour) for text, shared in pieces))


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
            continue
        results.rule(quote(f"{row.source.path} record {row.source.record}"), characters="=")
        named = ("id", "outlet", "url", "published", "reason")
        said = "  ".join(f"{name} {value}" for name in named if (value := getattr(row, name, "")))
        results.print(Text.assemble((visible(row.title), "bold"), "\n" if row.title else "", (visible(said), "dim")))
        text = row.text if isinstance(row, Document) else row.text or row.excerpt
        results.print(Text(visible_lines(text)), soft_wrap=True)
    return EXIT_DONE
