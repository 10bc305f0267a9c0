"""What a user sees on the terminal: progress on standard error, the summary on standard output."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import msgspec
import orjson
from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table

from ghirbal.terminal import visible

if TYPE_CHECKING:  # the commands that only read need nothing of what these import
    from corpus.run import Report
    from ghirbal.output import Finished

errors = Console(stderr=True, highlight=False)
results = Console(highlight=False)

#: A summary shows so many of the most frequent reasons, outlets and failures; the report shows all.
_SHOWN = 12
#: A rate is told from the first moment on; a bar of which only records are known stays short of its end.
_MOMENT, _NEARLY = 0.01, 0.99


class Bars:
    """A `corpus.run.runner.Watcher` that draws one bar a step.

    A step after the first sees at most what the one before left to it, so its bar moves with the records of a task.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description:<34}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[records]}"),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=errors,
        )
        self._bar: TaskID | None = None
        self._clock, self._begun = clock, 0.0
        self._before = self._total = self._expected = self._tasks = self._done = 0

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._progress.stop()

    def begin(self, label: str, tasks: int) -> None:
        """Start a new bar."""
        self._expected = self._total - self._before or self._expected
        self._before, self._begun = self._total, self._clock()
        self._tasks, self._done = tasks, 0
        self._bar = self._progress.add_task(label, total=tasks, records="")

    def advance(self, tasks: int) -> None:
        """Move the bar on."""
        self._done += tasks
        self._move()

    def records(self, total: int) -> None:
        """Show how many records the current step has seen, and how many a second."""
        self._total = total
        self._move()

    def _move(self) -> None:
        if self._bar is None:
            return
        seen, passed = self._total - self._before, max(self._clock() - self._begun, _MOMENT)
        share = min(seen / self._expected, 1) * self._tasks if self._expected else 0
        # What is complete is certain; what records say of the rest is not, and never ends a bar.
        done = max(self._done, min(share, self._tasks * _NEARLY))
        said = f"{seen:,} records, {seen / passed:,.0f}/s" if seen else ""
        self._progress.update(self._bar, completed=done, records=said)


class Silence:
    """A watcher that says nothing."""

    def begin(self, label: str, tasks: int) -> None:
        """Say nothing."""

    def advance(self, tasks: int) -> None:
        """Say nothing."""

    def records(self, total: int) -> None:
        """Say nothing."""


def show_summary(finished: Finished) -> None:
    """Print the counts of a run, why records left, and where the corpus lies."""
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
    results.print(f"corpus:  {quote(str(finished.out / 'corpus'))}", soft_wrap=True)
    results.print(f"report:  {quote(str(finished.out / 'report.html'))}", soft_wrap=True)


def print_report(report: Report, most: int | None = _SHOWN) -> None:
    """Print counts, and of each kind at most so many."""
    table = Table(title=None, show_header=False, box=None, pad_edge=False)
    table.add_column(justify="left")
    table.add_column(justify="right")
    for name in ("read", "kept", "dropped", "failed"):
        table.add_row(f"[bold]{name}[/bold]", f"[bold]{getattr(report, name):,}[/bold]")
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
