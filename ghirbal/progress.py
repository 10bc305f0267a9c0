"""How a run goes, as it goes: bars on standard error, and a log file."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import TracebackType
from typing import Self, TextIO

from rich.filesize import decimal
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

from corpus.run import Watcher
from ghirbal.console import errors

#: A rate is told from the first moment on; a bar of which only records are known stays short of its end.
_MOMENT, _NEARLY = 0.01, 0.99


class Bars(Watcher):
    """A watcher that draws one bar a step, unless `quiet`, and writes each step, with the seconds passed, into `log`.

    A step after the first sees at most what the one before left to it, so its bar moves with the records of a task.
    """

    def __init__(
        self, *, quiet: bool = False, log: TextIO | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description:<34}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[records]}"),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=errors,
            disable=quiet,
        )
        self._bar: TaskID | None = None
        self._log, self._label = log, ""
        self._clock, self._opened, self._begun = clock, clock(), 0.0
        self._size = self._before = self._total = self._expected = self._tasks = self._done = 0

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._progress.stop()
        self.say(f"stopped: {str(error) or kind.__name__}" if kind else "done")

    def say(self, message: str) -> None:
        """Write into the log how the step ended that was on, and then `message`."""
        if self._log:
            ended = f"{self._label}: {self._total - self._before:,} records seen"
            for line in (ended, message) if self._total > self._before else (message,):
                self._log.write(f"{self._clock() - self._opened:10.1f} s  {line}\n")
            self._log.flush()
        self._before = self._total

    def expect(self, size: int) -> None:
        """Tell bytes as well while the inputs are read."""
        self._size = size
        self.say(f"inputs: {size:,} bytes")

    def begin(self, label: str, tasks: int) -> None:
        """Start a new bar."""
        self._expected = self._total - self._before or self._expected
        self.say(f"{label}: {tasks:,} tasks")
        self._label, self._begun = label, self._clock()
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
        if said and self._size and not self._expected:
            said += f", {decimal(self._size * self._done // self._tasks)} of {decimal(self._size)}"
        self._progress.update(self._bar, completed=done, records=said)
