"""What became of a record, stage by stage, in words: read off a finished corpus; and a copy beside what was kept."""

from __future__ import annotations

import re
from collections.abc import Mapping
from difflib import SequenceMatcher
from typing import TypeAlias

import msgspec

from corpus.arabic import fold
from corpus.records import Document
from ghirbal.glossary import REASONS
from ghirbal.published import Found, RemovedRecord

#: The stages of each command, in order.
_STAGES = {
    "build": ("read", "extract", "clean", "filter", "dedup"),
    "clean": ("read", "extract", "clean", "filter"),
    "dedup": ("read", "extract", "dedup"),
}
#: Pieces of a text in order, and whether the other text has them in the same order.
Pieces: TypeAlias = list[tuple[str, bool]]

_WORD = re.compile(r"\s*\S+")
#: Longer texts are compared up to here: the time grows with the square.
_MOST_WORDS = 3_000


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


def account_for(record: Found, command: str, survivors: Mapping[str, Document]) -> Account:
    """Return what became of `record` in a run of `command`; `survivors` are documents by their ids."""
    survivor = survivors.get(record.survivor) if isinstance(record, RemovedRecord) else None
    source, stages = record.source, {}
    for stage in _STAGES[command]:
        last = isinstance(record, RemovedRecord) and record.stage == stage
        stages[stage] = _removed(record) if last else _passed(stage, record)
        if stage == "read":
            place = f"{source.path}, record {source.record} (byte {source.offset:,})"
            stages[stage] = f"{place}: {stages[stage]}" if last else place
        if last:
            break
    return Account(record, stages, survivor)


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
    of = filter(None, (record.survivor_outlet or "the same outlet", record.survivor_title, record.survivor_url))
    return (
        f"{said}, {REASONS.get(record.reason, record.relation)}: {record.survivor} ({', '.join(of)})"
        f"{f'; {scores}' if scores else ''}{f'; both say: {record.passage}' if record.passage else ''}"
    )


def side_by_side(one: str, other: str) -> tuple[Pieces, Pieces]:
    """Split two texts where they agree and where they do not; words are compared as the comparison of copies does.

    >>> side_by_side("Rain fell on Monday.", "Rain fell yesterday.")
    ([('Rain fell', True), (' on Monday.', False)], [('Rain fell', True), (' yesterday.', False)])
    """
    left, right = (_WORD.findall(text)[:_MOST_WORDS] for text in (one, other))
    one_key, other_key = ([fold(word).strip() for word in words] for words in (left, right))
    ours: Pieces = []
    theirs: Pieces = []
    matcher = SequenceMatcher(None, one_key, other_key, autojunk=False)
    for tag, first, last, other_first, other_last in matcher.get_opcodes():
        for pieces, piece in ((ours, left[first:last]), (theirs, right[other_first:other_last])):
            if piece:
                pieces.append(("".join(piece), tag == "equal"))
    return ours, theirs
