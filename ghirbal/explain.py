"""`ghirbal explain`: a document as a build would clean it, every removed span marked with its rule, and the verdict."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from itertools import chain, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Self

import msgspec
from rich.text import Text

from cleaning.filters import Filter
from cleaning.pages import Extract
from cleaning.stages import Clean
from corpus.errors import EXIT_DONE, EXIT_PARTIAL, UsageError
from corpus.files import STDIN, InputFile
from corpus.formats import read_input
from corpus.records import Document, Failure, Skip, Source, Span, Verdict, fail
from corpus.run import apply_stage, run_here, summarise
from ghirbal.config import Config, read_config, read_reviewed
from ghirbal.console import errors, print_json, quote, results
from ghirbal.opened import Corpus
from ghirbal.output import spool_input
from ghirbal.published import BOILERPLATE, list_records
from ghirbal.terminal import visible

#: More documents than this are not read: what an outlet repeats shows long before.
MAX_DOCUMENTS = 10_000

_FIELDS = ("title", "outlet", "published", "credit", "authors", "tags")


class Explainer:
    """Judge documents as a build does: with its configuration, its table, and the names it gives to files."""

    def __init__(self, settings: Config, reviewed: str | None = None, names: Iterable[str] = ()) -> None:
        self.settings = settings
        self.clean = Clean(settings.clean, reviewed)
        self.filter = Filter(settings.filters)
        self.exit_code = EXIT_DONE
        self.empty = True
        self._names = frozenset(names)

    @classmethod
    def like(cls, corpus: Corpus) -> Self:
        """Judge as the build of `corpus` did."""
        settings = {name: corpus.manifest.configuration[name] for name in Config.__struct_fields__}
        table = corpus.path / BOILERPLATE
        reviewed = read_reviewed(str(table)) if table.is_file() else None
        names = (file["path"] for file in corpus.manifest.inputs["listing"])
        return cls(msgspec.convert(settings, Config), reviewed, names)

    def documents(self, inputs: Sequence[str], only: Source | None = None) -> Iterator[Document]:
        """Yield the documents of `inputs`, extracted but not cleaned: those at `only`, if it is given.

        What cannot be read is said on standard error, and makes `exit_code` that of a run in which something failed;
        `empty` until there was a record.
        """
        extract = Extract(self.settings.extract)
        with ExitStack() as stack:
            files, failures, _ = list_records(inputs)
            files = [replace(file, name=self._name(file)) for file in files]
            if STDIN in inputs:
                folder = stack.enter_context(TemporaryDirectory(prefix="ghirbal-"))
                files.append(spool_input(Path(folder) / "stdin")[0])
            if only is not None:
                files, failures = [file for file in files if file.name == only.path], []
                if not files:
                    raise UsageError(f"{only.path}: none of {', '.join(inputs)}; name what the corpus was built from")
            for record in chain(failures, *(read_input(file, self.settings.read) for file in files)):
                if isinstance(record, Skip) or (only is not None and record.source.record != only.record):
                    continue
                self.empty = False
                refused = fail(record.reason, record.message) if isinstance(record, Failure) else None
                verdict = refused or apply_stage(extract, record)  # type: ignore[arg-type]  # no Failure gets here
                if isinstance(verdict.record, Document):
                    yield verdict.record
                    if only is not None:
                        return
                    continue
                self.exit_code = EXIT_PARTIAL if verdict.failed else self.exit_code
                where = f"{record.source.path}: record {record.source.record}"
                message = verdict.detail.get("message") or "no article by rule"
                errors.print(quote(f"{where}: {verdict.reason}, {message}"), soft_wrap=True)

    def read(self, file: str) -> list[Document]:
        """Return the documents of `file`, and learn from them what their outlets repeat, unless a table says so.

        Raises:
            UsageError: there is nothing to read.
        """
        documents = list(islice(self.documents([file]), MAX_DOCUMENTS))
        if self.empty:
            raise UsageError(f"{file}: holds no document; `ghirbal build --help` names the kinds that are read")
        self.clean.learn([memoryview(summarise(self.clean.accumulator(), documents))], run_here)
        return documents

    def judge(self, document: Document) -> tuple[Document, Verdict]:
        """Return `document` cleaned, and whether the filters keep it."""
        cleaned = self.clean.apply(document).record
        assert isinstance(cleaned, Document)
        return cleaned, apply_stage(self.filter, cleaned)

    def _name(self, file: InputFile) -> str:
        """Name a file as the build did; without a build, from the folder on that names its outlet."""
        parts = Path(file.path).parts[1:]
        for at in range(len(parts)):
            if "/".join(parts[at:]) in self._names:
                return "/".join(parts[at:])
        if "/" in file.name or self._names:
            return file.name
        folders = [at for at, part in enumerate(parts[:-1]) if not part.isdigit()]
        return "/".join(parts[folders[-1] :]) if folders else file.name


def explain_file(
    file: str,
    *,
    as_json: bool,
    config: str | None,
    boilerplate: str | None,
    like: str | None,
    record: int | None,
    identity: str | None,
) -> int:
    """Print the documents of `file`, marked up for a reader or as JSON for a tool; return the exit code."""
    if like is not None:
        explainer = Explainer.like(Corpus(like))
    else:
        explainer = Explainer(read_config(config), read_reviewed(boilerplate))
    documents = explainer.read(file)
    chosen = [
        document
        for document in documents
        if record in (None, document.source.record) and identity in (None, document.id)
    ]
    if not chosen and (record is not None or identity is not None):
        wanted = f"record {record}" if identity is None else f"id {identity}"
        raise UsageError(f"{file}: has no document with {wanted}, among {len(documents):,}")
    for document in chosen:
        spans = explainer.clean.explain(document)
        cleaned, verdict = explainer.judge(document)
        if as_json:
            fields = {name: getattr(cleaned, name) for name in _FIELDS}
            row = {"id": document.id, "source": document.source, "fields": fields}
            row |= {"spans": [span_row(document, span) for span in spans], "text": cleaned.text}
            row |= {"verdict": {"kept": verdict.kept, "reason": verdict.reason, **verdict.detail}}
            print_json(row)
        else:
            _show(document, cleaned, spans, verdict)
    return explainer.exit_code


def span_row(document: Document, span: Span) -> dict[str, Any]:
    """Describe a removed span: where it stood, its rule, the evidence, and the text that went."""
    text = document.text[span.start : span.end]
    return {"start": span.start, "end": span.end, "rule": span.rule, "evidence": span.evidence, "text": text}


def _show(document: Document, cleaned: Document, spans: Sequence[Span], verdict: Verdict) -> None:
    results.rule(quote(f"{document.source.path} record {document.source.record}"), characters="=")
    for name in _FIELDS:
        value = getattr(cleaned, name)
        if value:
            shown = visible(value if isinstance(value, str) else ", ".join(value))
            results.print(Text.assemble((f"{name}: ", "dim"), shown))
    measured = ", ".join(f"{name} {value}" for name, value in verdict.detail.items())
    said = "kept" if verdict.kept else f"dropped: {verdict.reason} ({measured})" if measured else verdict.reason
    results.print(Text.assemble(("a build: ", "dim"), (visible(said), "green" if verdict.kept else "bold red")))
    page, position = Text(), 0
    for span in spans:
        removed = document.text[span.start : span.end]
        inner = removed.strip()  # line breaks around it stay outside the marks
        head, _, tail = removed.partition(inner) if inner else (removed, "", "")
        label = visible(f"{span.rule}: {span.evidence}" if span.evidence else span.rule)
        page.append(document.text[position : span.start]).append(head).append(f"[-{inner}-]", style="red strike")
        page.append(f" <{label}>", style="bold magenta").append(tail)
        position = span.end
    page.append(document.text[position:])
    results.print(page, soft_wrap=True)
