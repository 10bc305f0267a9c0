"""The worker's side of a task: some records in, the stages of one segment over them, files out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from itertools import chain, count
from pathlib import Path
from typing import Any

from corpus.errors import EnvironmentFault, RecordError
from corpus.files.compressed import ISAL_ERROR, zstd
from corpus.files.sealed import is_whole, map_sealed, publish_sealed
from corpus.formats.reader import read_input
from corpus.formats.shards import FAST, Format, Shard, open_shard
from corpus.records import Document, Failure, Page, Record, Skip, Source, Verdict, drop, fail, set_key
from corpus.run.batches import open_batches, read_batches
from corpus.run.plan import Item, Plan, Segment, Task, TaskResult, find_done, first_key, learned_path, save_done
from corpus.run.report import Explaining, Report, explain
from corpus.run.sandbox import Guard
from corpus.run.stage import Accumulator, Learner, apply_stage, summarise

#: A work file is closed at so many UTF-8 bytes of text, so that what a stage gathers of it stays in memory.
CHUNK_BYTES = 64 * 2**20
#: How much of a removed text its audit record shows.
EXCERPT_LENGTH = 200
#: Records between two reports of progress.
TICK = 50


def answer(call: tuple[Path, Callable[[Any], bytes], Any]) -> Path:
    """Have the answer of a function to an item in the file at a path, where a killed run may have left it."""
    path, function, item = call
    if not is_whole(path):
        publish_sealed(path, function(item))
    return path


class Worker:
    """The stages of one run in one process, loaded with what has been learned so far."""

    def __init__(self, plan: Plan, tick: Callable[[int], None]) -> None:
        self.plan, self.tick = plan, tick
        self._loaded: set[int] = set()
        self._guards: dict[int, Guard] = {}

    def run(self, task: Task) -> TaskResult:
        """Do the task, or return the result of the run that has done it already."""
        done = find_done(self.plan, task)
        if done is not None:
            return done
        segment = self.plan.segments[task.segment]
        for index in range(segment.first, segment.last):
            stage = self.plan.stages[index]
            if index not in self._loaded and isinstance(stage, Learner):
                stage.load(map_sealed(learned_path(self.plan, index)))
            self._loaded.add(index)
        if not self._guards.keys() <= set(range(segment.first, segment.last)):
            self.close()  # their stages will not come again
        result = _TaskRun(self, task, segment).finish()
        for stage in self.plan.stages[segment.first : segment.last]:
            if isinstance(stage, Explaining):
                explain(result.report.samples, stage)
        save_done(self.plan, task, result)
        return result

    def apply(self, index: int, record: Record) -> Verdict:
        """Apply one stage; a page goes to a killable child, because parsers of pages can hang."""
        stage = self.plan.stages[index]
        if not isinstance(record, Page):
            return apply_stage(stage, record)
        if index not in self._guards:
            self._guards[index] = Guard(partial(apply_stage, stage), seconds=self.plan.seconds, memory=self.plan.memory)
        try:
            verdict = self._guards[index](record)
        except RecordError as error:
            return fail(error.reason, f"{stage.name}: {error}")
        assert isinstance(verdict, Verdict)
        return verdict

    def close(self) -> None:
        """End the children that read pages; the next page starts another."""
        for guard in self._guards.values():
            guard.close()
        self._guards.clear()


class _TaskRun:
    """The state of one task while it runs: where removed records go, and the counts."""

    def __init__(self, worker: Worker, task: Task, segment: Segment) -> None:
        self._worker, self._task, self._segment = worker, task, segment
        self._plan = worker.plan
        self._report = Report()
        self._removed: Shard | None = None

    def finish(self) -> TaskResult:
        if self._segment.writes:
            return self._final_part() if self._segment.learner is None else self._chunks()
        summary = f"{self._task.name}.summary"
        records = (record for record in self._source() if isinstance(record, Page | Document))
        publish_sealed(self._plan.work / summary, summarise(self._accumulator(), records))
        return TaskResult(items=self._task.items, summaries=(summary,))

    def _chunks(self) -> TaskResult:
        """Write documents into chunks, each with a summary of what the next learner saw of it."""
        work, survivors = self._plan.work, self._survivors()
        removed = tuple(name for item in self._task.items for name in item.removed)
        items: list[Item] = []
        summaries: list[str] = []
        ended = False
        while not ended:
            name, size, accumulator = f"{self._task.name}-{len(items):03d}", 0, self._accumulator()
            with ExitStack() as stack:
                self._removed = stack.enter_context(open_shard(work / f"{name}.removed", "jsonl.zst", FAST))
                kept = stack.enter_context(open_batches(work / f"{name}.kept"))
                for key, document in enumerate(survivors, first_key(name)):
                    assert isinstance(document, Document)
                    kept.write(document)
                    accumulator.observe(set_key(document, key))
                    size += len(document.text.encode())
                    if size >= CHUNK_BYTES:
                        break
                else:
                    ended = True
            summaries.append(f"{name}.summary")
            publish_sealed(work / summaries[-1], accumulator.summary())
            items.append(Item(name, size, (*removed, f"{name}.removed")))
            removed = ()
        return TaskResult(tuple(items), tuple(summaries), report=self._report)

    def _accumulator(self) -> Accumulator:
        assert self._segment.learner is not None
        learner = self._plan.stages[self._segment.learner]
        assert isinstance(learner, Learner)
        return learner.accumulator()

    def _final_part(self) -> TaskResult:
        part = f"part-{self._task.number:05d}"
        removed_form: Format = self._plan.form if self._plan.form.startswith("jsonl") else "jsonl.zst"
        corpus_name, removed_name = f"corpus/{part}.{self._plan.form}", f"removed/{part}.{removed_form}"
        with ExitStack() as stack:
            removed = stack.enter_context(open_shard(self._plan.out / removed_name, removed_form))
            corpus = stack.enter_context(open_shard(self._plan.out / corpus_name, self._plan.form))
            for item in self._task.items:
                for name in item.removed:
                    path = self._plan.work / name
                    with _undamaged(path), zstd.open(path, "rb") as lines:
                        removed.copy(lines)
            self._removed = removed
            for record in self._survivors():
                assert isinstance(record, Document)
                self._report.count_kept(record)
                corpus.write(record)
        assert corpus.published
        assert removed.published
        files = {corpus_name: corpus.published, removed_name: removed.published}
        return TaskResult(files=files, report=self._report)

    def _survivors(self) -> Iterator[Record]:
        """Yield what every stage of the segment keeps; write and count what one of them does not."""
        pending = 0
        stages = range(self._segment.first, self._segment.last)
        explaining = {index for index in stages if isinstance(self._plan.stages[index], Explaining)}
        for found in self._source():
            pending = (pending + 1) % TICK
            if not pending:
                self._worker.tick(TICK)
            if not self._task.items:
                self._report.read += 1
            if isinstance(found, Failure):
                self._remove(found.source, fail(found.reason, found.message), "read")
            elif isinstance(found, Skip):
                self._remove(found.source, drop(found.reason), "read")
            else:
                record: Record = found
                for index in stages:
                    verdict = self._worker.apply(index, record)
                    if verdict.record is None:
                        self._remove(record.source, verdict, self._plan.stages[index].name, record)
                        break
                    if index in explaining and isinstance(record, Document):
                        assert isinstance(verdict.record, Document)
                        self._report.count_cleaned(record, verdict.record)
                    record = verdict.record
                else:
                    yield record
        self._worker.tick(pending)

    def _remove(self, source: Source, verdict: Verdict, stage: str, record: Record | None = None) -> None:
        assert self._removed is not None
        row = audit_row(source, verdict, stage, record)
        if self._plan.texts and isinstance(record, Document):
            row["text"] = record.text
        self._removed.write(row)
        self._report.count_removed(verdict, row, str(row["outlet"]))

    def _source(self) -> Iterator[Page | Document | Failure | Skip]:
        yield from self._task.failures
        read = (read_input(file, self._plan.read, part=part) for file, part in self._task.inputs)
        for key, found in enumerate(chain.from_iterable(read), first_key(self._task.name)):
            yield set_key(found, key) if isinstance(found, Document) else found
        for item in self._task.items:
            path = self._plan.work / f"{item.name}.kept"
            with _undamaged(path):
                yield from map(set_key, read_batches(path), count(first_key(item.name)))


def audit_row(source: Source, verdict: Verdict, stage: str, record: Record | None) -> dict[str, Any]:
    """Describe one record that is not kept: address, reason, the stage that said so, and its evidence."""
    known = {name: getattr(record, name, "") for name in ("id", "outlet", "url", "title", "published", "language")}
    text = record.text if isinstance(record, Document) else ""
    return dict(verdict.detail) | {
        **known,
        "source": {"path": source.path, "record": source.record, "offset": source.offset},
        "reason": verdict.reason,
        "stage": stage,
        "failed": verdict.failed,
        "excerpt": text[:EXCERPT_LENGTH],
        "trace": getattr(record, "trace", {}),
    }


@contextmanager
def _undamaged(path: Path) -> Iterator[None]:
    """Tell what to do where a work file, of this run or of an earlier one, is not as it was published."""
    try:
        yield
    except (EOFError, zstd.ZstdError, ISAL_ERROR, ValueError) as error:
        advice = "see what the system says of the disk, and give the same command with --fresh"
        raise EnvironmentFault(f"{path}: damaged since it was written ({error}); {advice}") from error
