"""`ghirbal why`: what became of one record of a finished corpus, stage by stage, and what each verdict rests on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
import orjson
from rich.table import Table
from rich.text import Text

from corpus.errors import EXIT_DONE, UsageError
from corpus.records import Document
from ghirbal.console import quote, results
from ghirbal.differences import Pieces, side_by_side
from ghirbal.opened import Corpus, Found, RemovedRecord
from ghirbal.terminal import visible, visible_lines

#: Of more records that a name fits, only so many are told in full.
_TOLD = 5
_LISTED = 20
#: The stages of each command, in order.
_STAGES = {
    "build": ("read", "extract", "clean", "filter", "dedup"),
    "clean": ("read", "extract", "clean", "filter"),
    "dedup": ("read", "extract", "dedup"),
}
_RELATIONS = {
    "exact": "the same words",
    "near": "the same story with changes",
    "contained": "a shorter or cut copy",
    "extended": "a page that holds the story and more",
    "same": "the same record once more",
}


class Account(msgspec.Struct, frozen=True):
    """What became of one record: what each stage did, in words; and what it was removed for, if it is a copy."""

    record: Found
    stages: dict[str, str]
    survivor: Document | None = None

    @property
    def kept(self) -> bool:
        """Tell whether the record is a document of the corpus."""
        return isinstance(self.record, Document)

    def __str__(self) -> str:
        return "\n".join(f"{name:<8} {said}" for name, said in self.stages.items())


def account_for(corpus: Corpus, key: str) -> list[Account]:
    """Return what became of each record that `key` names: an id, an address, a file, words of the title.

    Raises:
        UsageError: it names none.
    """
    found = corpus.find(key)
    if not found:
        read = f"{corpus.manifest.counts.read:,} records"
        raise UsageError(
            f"{key}: none of the {read} of {corpus.path} has this id, address, file or title; were its inputs complete?"
        )
    survivors = corpus.documents(*(record.survivor for record in found[:_LISTED] if isinstance(record, RemovedRecord)))
    return [
        Account(
            record,
            dict(_tell(corpus, record)),
            survivors.get(record.survivor) if isinstance(record, RemovedRecord) else None,
        )
        for record in found
    ]


def _tell(corpus: Corpus, record: Found) -> Iterator[tuple[str, str]]:
    """Yield each stage that saw the record, and what it did."""
    source = record.source
    for stage in _STAGES[corpus.manifest.command]:
        last = isinstance(record, RemovedRecord) and record.stage == stage
        if stage == "read":
            said = f"{source.path}, record {source.record} (byte {source.offset:,})"
            yield stage, f"{said}: {_removed(record)}" if last else said
        elif last:
            assert isinstance(record, RemovedRecord)
            yield stage, _removed(record)
        else:
            yield stage, _passed(stage, record)
        if last:
            return


def _passed(stage: str, record: Found) -> str:
    """Say what a stage did to a record that it let pass."""
    trace = record.trace
    if stage == "extract":
        charset = f"in {trace['charset']}" if "charset" in trace else ""
        by = f"main text found by {trace['extractor']}" if "extractor" in trace else "came as text"
        return ", ".join(filter(None, (by, charset, "in doubt" if trace.get("doubtful") else "")))
    if stage == "clean":
        rules = trace.get("rules") or {}
        spans = ", ".join(f"{rule} {count}" for rule, count in rules.items())
        return f"removed {sum(rules.values())} spans: {spans}" if rules else "nothing to remove"
    if stage == "filter":
        sure = f" ({trace['language']:.2f} of the evidence)" if isinstance(trace.get("language"), float) else ""
        return f"kept, language {record.language or 'not told'}{sure}"
    copies = record.also_in if isinstance(record, Document) else ()
    if not copies:
        return "kept, no copy of it was found"
    said = (
        f"{copy.outlet or copy.id} ({copy.relation or 'copy'} {copy.score:.2f}) {copy.published} {copy.url}".strip()
        for copy in copies
    )
    return f"kept for its {len(copies)} copies: {'; '.join(said)}"


def _removed(record: Found) -> str:
    """Say why a record went, and what was measured."""
    assert isinstance(record, RemovedRecord)
    said = f"{'FAILED' if record.failed else 'REMOVED'}: {record.reason}"
    if record.message:
        return f"{said}, {record.message}"
    if record.limit is not None:
        return f"{said}, {record.measure or 'measured'} {record.value} where the limit is {record.limit}"
    if not record.survivor:
        return said
    scores = ", ".join(f"{name} {value:g}" for name, value in record.scores.items())
    of = record.survivor_outlet or "the same outlet"
    return (
        f"{said}, {_RELATIONS.get(record.relation, record.relation)} as {record.survivor} ({of} {record.survivor_url})"
        f"{f'; {scores}' if scores else ''}{f'; both say: {record.passage}' if record.passage else ''}"
    )


def show_why(out: str, key: str, *, inputs: Sequence[str] = (), as_json: bool = False) -> int:
    """Print what became of the records that `key` names; with `inputs`, also every removed span and its evidence."""
    corpus = Corpus(out)
    accounts = account_for(corpus, key)
    for account in accounts[: _LISTED if as_json or len(accounts) > _TOLD else _TOLD]:
        spans = _spans(corpus, account, inputs) if inputs else []
        if as_json:
            row = {"kept": account.kept, "stages": account.stages, "survivor": account.survivor}
            row |= {"record": msgspec.to_builtins(account.record), "spans": spans}
            results.file.write(orjson.dumps(row).decode() + "\n")
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
            return [span_row(document, span) for span in explainer.spans(document)]
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
        results.print(_beside(record, account.survivor))
    elif isinstance(record, RemovedRecord) and record.survivor and account.survivor is None:
        results.print(f"  its survivor {quote(record.survivor)} is in a corpus that this one was built --against")
    elif text := record.text or (record.excerpt if isinstance(record, RemovedRecord) else ""):
        results.print(Text(visible_lines(text)), soft_wrap=True)


def _beside(record: RemovedRecord, survivor: Document) -> Table:
    """Return both texts in two columns, what only one of them has marked."""
    ours, theirs = side_by_side(record.text, survivor.text)
    table = Table(expand=True, pad_edge=False)
    table.add_column(f"removed: {visible(record.outlet or record.id)}", ratio=1)
    table.add_column(f"kept: {visible(survivor.outlet or survivor.id)}", ratio=1)
    table.add_row(_marked(ours, "red"), _marked(theirs, "green"))
    return table


def _marked(pieces: Pieces, colour: str) -> Text:
    return Text.assemble(*((visible_lines(text), "" if shared else colour) for text, shared in pieces))
