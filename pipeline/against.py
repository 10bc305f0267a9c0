"""Indexes of finished corpora: what new documents are compared with, for `--against` and `similar`."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import msgspec
import orjson

from corpus.commit import publish_json, translated
from corpus.document import Document
from corpus.errors import UsageError
from corpus.inputs import ReadConfig, list_inputs
from corpus.readers import read_input
from dedup.config import DedupConfig
from dedup.index import Index
from pipeline.output import HOUSE, SUCCESS, is_finished

#: Lists, inside an index folder, the markers of the corpora that are in it; written after they are.
_MEMBERS = "corpora.json"


class _Members(msgspec.Struct, frozen=True):
    """Name the corpora an index holds by the digests in their `_SUCCESS` markers, in the order of adding."""

    corpora: tuple[str, ...] = ()
    documents: int = 0


def find_index(path: Path, config: DedupConfig) -> tuple[Path, str]:
    """Return the index folder that `path` stands for and a digest of what it holds.

    `path` is an index folder, or a finished corpus, which gets an index inside its own folder the first time.

    Raises:
        UsageError: it is neither.
    """
    if (path / _MEMBERS).is_file():
        return path, ",".join(_members(path).corpora)
    if not is_finished(path):
        raise UsageError(f"{path}: neither a finished corpus nor an index; build one, or give another to --against")
    folder = path / HOUSE / "index"
    extend_index(folder, [path], config)
    return folder, _marker(path)


def extend_index(folder: Path, corpora: list[Path], config: DedupConfig) -> int:
    """Add the documents of finished corpora that the index does not hold yet; return how many were added.

    A corpus that was half added when the process died is taken out again first, by building the index anew.
    """
    members = _members(folder)
    if (folder / "index.json").exists() and len(Index(folder, config)) != members.documents:
        with translated(folder):
            shutil.rmtree(folder)
        members = _Members()
    index = Index(folder, config)
    added = 0
    for corpus in corpora:
        if not is_finished(corpus):
            raise UsageError(f"{corpus}: no finished corpus; run the command that makes it to its end first")
        if _marker(corpus) not in members.corpora:
            added += index.add(read_corpus(corpus))
            members = _Members((*members.corpora, _marker(corpus)), len(index))
            publish_json(folder / _MEMBERS, msgspec.to_builtins(members))
    return added


def read_corpus(corpus: Path) -> Iterator[Document]:
    """Yield the documents of a finished corpus.

    Raises:
        UsageError: its format does not hold whole documents (txt).
    """
    files, _ = list_inputs([str(corpus / "corpus")])
    if any(file.name.endswith(".txt") for file in files):
        raise UsageError(f"{corpus}: a corpus of format txt holds no ids; build it as jsonl.zst")
    for file in files:
        for record in read_input(file, ReadConfig()):
            if not isinstance(record, Document):
                raise UsageError(f"{corpus / 'corpus' / file.name}: damaged; run: ghirbal check {corpus}")
            yield record


def _members(folder: Path) -> _Members:
    path = folder / _MEMBERS
    return msgspec.convert(orjson.loads(path.read_bytes()), _Members) if path.is_file() else _Members()


def _marker(corpus: Path) -> str:
    return (corpus / SUCCESS).read_text("ascii").strip()
