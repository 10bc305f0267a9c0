"""What a user sees on the terminal: errors on standard error, results on standard output."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import msgspec
import orjson
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ghirbal.terminal import visible

if TYPE_CHECKING:  # the commands that only read need nothing of what these import
    from corpus.run import Report
    from ghirbal.output import Finished

errors = Console(stderr=True, highlight=False)
results = Console(highlight=False)

#: A summary shows so many of the most frequent reasons, outlets and failures; the report shows all.
_SHOWN = 12


def show_summary(finished: Finished, address: str) -> None:
    """Print the counts of a run, why records left, and where the corpus lies: at `address`, or where it was made."""
    report = finished.report
    print_report(report)
    if report.failed:
        errors.print(f"[bold]{report.failed:,} could not be read:[/bold]")
    shown = report.failures[:_SHOWN]
    for failure in shown:
        where = f"{failure['path']}: record {failure['record']} (byte {failure['offset']:,})"
        many = f"{failure['count']:,} times, first " if failure["count"] > 1 else ""
        errors.print(f"  {many}{quote(where)}: {failure['reason']}: {quote(failure['message'])}", soft_wrap=True)
    if rest := report.failed - sum(failure["count"] for failure in shown):
        errors.print(f"  ... and {rest:,} more; all are in removed/")
    if finished.already:
        results.print("this run had finished before; nothing was done again")
    results.print(f"corpus:  {quote(address or str(finished.out / 'corpus'))}", soft_wrap=True)
    results.print(f"report:  {quote(str(finished.out / 'report.html'))}", soft_wrap=True)


def print_report(report: Report, most: int | None = _SHOWN) -> None:
    """Print counts, and of each kind at most so many."""
    table = Table(title=None, show_header=False, box=None, pad_edge=False)
    table.add_column(justify="left")
    table.add_column(justify="right")
    for name, count in report.counts().items():
        table.add_row(f"[bold]{name}[/bold]", f"[bold]{count:,}[/bold]")
    _add(table, "removed because", report.reasons, most)
    _add(table, "chrome removed, spans", report.rules, most)
    _add(table, "languages", report.languages, most)
    if most is None:
        _add(table, "outlets, documents kept", report.outlets, most)
        _add(table, "outlets, documents removed", report.removed_by_outlet, most)
    results.print(table)


def print_json(row: Any) -> None:
    """Print one JSON object on a line of its own, exactly as it is."""
    results.file.write(orjson.dumps(row, default=msgspec.to_builtins).decode() + "\n")


def show_error(message: str) -> None:
    """Print one error, with nothing in it taken for markup."""
    errors.print(f"[bold red]error:[/bold red] {quote(message)}", soft_wrap=True)


def quote(text: str) -> str:
    r"""Return foreign text as the terminal may show it: no markup, no control or direction characters.

    >>> print(quote("one\x1b[31mtwo"))
    one\x1b[31mtwo
    """
    return escape(visible(text))


def _add(table: Table, title: str, counts: Counter[str], most: int | None) -> None:
    if counts:
        table.add_row("", "")
        table.add_row(f"[dim]{title}[/dim]", "")
        for name, count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:most]:
            table.add_row(f"  {quote(name) or '(none named)'}", f"{count:,}")
        if most is not None and len(counts) > most:
            table.add_row(f"  [dim]... and {len(counts) - most:,} more[/dim]", "")
