"""`ghirbal explain`: a document with every removed span marked and the rule that removed it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Any

import orjson
from rich.text import Text

from cleaning.article import Span
from cleaning.stages import Clean, Extract
from corpus.errors import EXIT_DONE, EXIT_PARTIAL
from corpus.files import list_inputs
from corpus.formats import read_input
from corpus.records import Document, Failure, Skip, fail
from corpus.run import apply_stage, run_here, summarise
from ghirbal.config import Config, read_config, read_reviewed
from ghirbal.console import errors, quote, results
from ghirbal.published import find_records
from ghirbal.terminal import visible

#: More documents than this are not read: what an outlet repeats shows long before.
MAX_DOCUMENTS = 10_000

_FIELDS = ("title", "outlet", "published", "credit", "authors", "tags")


def explain_file(file: str, *, as_json: bool, config: str | None, boilerplate: str | None) -> int:
    """Print each document of `file`, marked up for a reader or as JSON for a tool; return the exit code."""
    settings = read_config(config)
    stage = Clean(settings.clean, read_reviewed(boilerplate))
    documents, code = read_documents(file, settings)
    stage.learn([memoryview(summarise(stage.accumulator(), documents))], run_here)
    for document in documents:
        spans = stage.explain(document)
        cleaned = stage.apply(document).record
        assert isinstance(cleaned, Document)
        if as_json:
            results.file.write(orjson.dumps(_row(document, cleaned, spans)).decode() + "\n")
        else:
            _show(document, cleaned, spans)
    return code


def read_documents(file: str, settings: Config) -> tuple[list[Document], int]:
    """Return the documents of one file, extracted but not cleaned, and the exit code.

    What cannot be read is said on standard error, and makes the code that of a run in which something failed.
    """
    found = find_records([file])
    files, failures = list_inputs(list(found), found, find_records)
    extract = Extract(settings.extract)
    documents: list[Document] = []
    code = EXIT_DONE
    for record in chain(failures, *(read_input(path, settings.read) for path in files)):
        if len(documents) == MAX_DOCUMENTS:
            break
        if isinstance(record, Skip):
            continue
        verdict = fail(record.reason, record.message) if isinstance(record, Failure) else apply_stage(extract, record)
        if isinstance(verdict.record, Document):
            documents.append(verdict.record)
            continue
        if verdict.failed:
            code = EXIT_PARTIAL
        where = f"{record.source.path}: record {record.source.record}"
        errors.print(quote(f"{where}: {verdict.reason} {verdict.detail.get('message', '')}"), soft_wrap=True)
    return documents, code


def _row(document: Document, cleaned: Document, spans: Sequence[Span]) -> dict[str, Any]:
    marked = [
        {
            "start": span.start,
            "end": span.end,
            "rule": span.rule,
            "evidence": span.evidence,
            "text": document.text[span.start : span.end],
        }
        for span in spans
    ]
    fields = {name: getattr(cleaned, name) for name in _FIELDS}
    return {"id": document.id, "source": document.source, "fields": fields, "spans": marked, "text": cleaned.text}


def _show(document: Document, cleaned: Document, spans: Sequence[Span]) -> None:
    results.rule(quote(f"{document.source.path} record {document.source.record}"), characters="=")
    for name in _FIELDS:
        value = getattr(cleaned, name)
        if value:
            shown = visible(value if isinstance(value, str) else ", ".join(value))
            results.print(Text.assemble((f"{name}: ", "dim"), shown))
    page, position = Text(), 0
    for span in spans:
        page.append(document.text[position : span.start])
        _mark(page, document.text[span.start : span.end], span)
        position = span.end
    page.append(document.text[position:])
    results.print(page, soft_wrap=True)


def _mark(page: Text, removed: str, span: Span) -> None:
    """Append a removed span with its rule; line breaks around it stay outside the marks."""
    inner = removed.strip()
    head, _, tail = removed.partition(inner) if inner else (removed, "", "")
    label = visible(f"{span.rule}: {span.evidence}" if span.evidence else span.rule)
    page.append(head).append(f"[-{inner}-]", style="red strike")
    page.append(f" <{label}>", style="bold magenta").append(tail)
