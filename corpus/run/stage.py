"""The shape every stage has: fit over the corpus, then judge each record.

    observe(record) ... summary() -> bytes   in parallel, one accumulator a shard; pure
    learn(summaries)                         once; sets attributes that end in _
    dump() -> bytes, load(bytes)             the learned attributes, to hand them to the workers
    apply(record) -> Verdict                 in parallel; pure

A stage knows no files, no clock and no processes: the runner owns everything impure. Summaries cross between
processes as bytes that the runner keeps in files; `learn` receives them as memory-mapped buffers, so a stage
that reads them in order never holds the corpus in memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol, TypeVar, runtime_checkable

from corpus.errors import RecordError
from corpus.records import Record, Verdict, fail

Item = TypeVar("Item")


class Map(Protocol):
    """Call a module-level function on each item, perhaps in other processes; it answers in bytes, as summaries are.

    The runner keeps each answer in a file, which is not made again when a killed run goes on; so what `learn` asks for
    must follow from the summaries alone. What is behind a view (`memoryview.obj`) crosses in an item as a path.
    """

    def __call__(self, function: Callable[[Item], bytes], items: Iterable[Item], /) -> Iterable[memoryview]:
        """Return the answers in the order of `items`, as memory-mapped buffers."""
        ...


@runtime_checkable
class Stage(Protocol):
    """Judge one record at a time. `name` goes into audit records and fingerprints."""

    name: str

    def apply(self, record: Record) -> Verdict:
        """Keep the record, perhaps changed, or drop it with a reason."""
        ...


class Accumulator(Protocol):
    """Gather what a learner wants to know of one shard; the order of records must not matter to what is learned."""

    def observe(self, record: Record) -> None:
        """Take one record in."""
        ...

    def summary(self) -> bytes:
        """Return what was gathered; nothing is observed after it."""
        ...


@runtime_checkable
class Learner(Stage, Protocol):
    """A stage that first learns from the whole corpus."""

    def accumulator(self) -> Accumulator:
        """Return a new accumulator for one shard."""
        ...

    def learn(self, summaries: Sequence[memoryview], run: Map) -> None:
        """Set the learned attributes from all summaries, in shard order; a second call forgets the first."""
        ...

    def dump(self) -> bytes:
        """Return the learned attributes as bytes, the same bytes for the same corpus."""
        ...

    def load(self, learned: memoryview) -> None:
        """Set the learned attributes from what `dump` returned."""
        ...


def summarise(accumulator: Accumulator, records: Iterable[Record]) -> bytes:
    """Return the summary of a shard that is at hand."""
    for record in records:
        accumulator.observe(record)
    return accumulator.summary()


def apply_stage(stage: Stage, record: Record) -> Verdict:
    """Apply one stage to one record; whatever goes wrong becomes a failed verdict, never a lost record.

    This is the one place where any exception is caught: a rule that breaks on one page of a million must not
    stop the run, and must show in its counts.
    """
    try:
        return stage.apply(record)
    except RecordError as error:
        return fail(error.reason, str(error))
    except MemoryError:
        return fail("out-of-memory", f"{stage.name} needed more memory than one record may take")
    except Exception as error:  # noqa: BLE001
        return fail("internal-error", f"{stage.name}: {type(error).__name__}: {error}")


def run_here(function: Callable[[Item], bytes], items: Iterable[Item]) -> Iterable[memoryview]:
    """Be a `Map` in this process, without files: for tests and small work."""
    return map(memoryview, map(function, items))
