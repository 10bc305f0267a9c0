"""Finished corpora that win against what comes: opened for `--against` and `similar`, put together by `index`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from corpus.errors import EnvironmentFault, UsageError
from corpus.files import digest_file, list_inputs, run_lock, sweep, translated
from corpus.formats import ReadConfig, read_input
from corpus.records import Document
from dedup.config import DedupConfig
from dedup.store import LISTING, Index
from ghirbal.output import HOUSE, corpus_at, is_finished
from ghirbal.published import MANIFEST, SUCCESS


class Against(NamedTuple):
    """Hold open indexes, and the finished corpora (by marker) that none of them holds."""

    config: DedupConfig
    indexes: tuple[Index, ...]
    corpora: dict[str, Path]

    @property
    def holds(self) -> str:
        """Name all that new documents are compared with: the markers of corpora, one after another."""
        held = (name for index in self.indexes for name in (*index.corpora, *index.loose))
        return ",".join(dict.fromkeys((*held, *self.corpora)))

    def open(self, folder: Path) -> Index:
        """Return one index of all; corpora are put into an index in `folder`, where a killed run may have begun it."""
        if self.corpora:
            extend_index(folder, list(self.corpora.values()), self.config)
        index = Index(folder, self.config, self.indexes)
        if set(index.corpora) != set(self.corpora):
            raise UsageError(f"{folder}: holds a corpus that was built again meanwhile; give the command with --fresh")
        return index


def find_against(paths: Sequence[str], config: DedupConfig) -> Against:
    """Find out what `paths`, finished corpora and index folders, stand for; nothing is written.

    Raises:
        UsageError: one is neither, or is damaged.
    """
    folders = [corpus_at(Path(path)) for path in paths]
    indexes = tuple(Index(folder, config) for folder in folders if (folder / LISTING).is_file())
    held = {corpus for index in indexes for corpus in index.corpora}
    corpora: dict[str, Path] = {}
    for folder in folders:
        if not (folder / LISTING).is_file():
            if not is_finished(folder):
                raise UsageError(f"{folder}: neither a finished corpus nor an index; build one first")
            _refuse_texts(folder)
            corpora.setdefault(_marker(folder), folder)
    return Against(config, indexes, {marker: corpora[marker] for marker in corpora if marker not in held})


def extend_index(folder: Path, corpora: Sequence[Path], config: DedupConfig) -> int:
    """Add the documents of finished corpora that the index does not hold yet; return how many were added.

    Each corpus is added whole or not at all, whatever happens.

    Raises:
        UsageError: one is no finished corpus; or the folder holds other things.
        EnvironmentFault: another process is adding to the index; or the machine refuses.
    """
    _refuse_foreign(folder)
    with run_lock(folder / HOUSE / "lock"):
        with translated(folder):
            sweep(folder)
        index, added = Index(folder, config), 0
        index.sweep()
        for corpus in map(corpus_at, corpora):
            marker = _marker(corpus)
            if marker not in index.corpora:
                added += index.add(_documents(corpus, marker), marker)
    return added


def _refuse_foreign(folder: Path) -> None:
    names = [path.name for path in folder.iterdir()] if folder.is_dir() else []
    ours = all(name == HOUSE or name.startswith(("segment-", LISTING)) for name in names)
    if (folder.exists() and not folder.is_dir()) or (LISTING not in names and not ours):
        raise UsageError(f"{folder}: holds something else than an index; give a new or empty folder to -o")
    if (folder / HOUSE).is_symlink():
        raise UsageError(f"{folder / HOUSE}: leads out of the index; remove this link")


def _documents(corpus: Path, marker: str) -> Iterator[Document]:
    """Yield the documents of a finished corpus.

    Raises:
        UsageError: it holds no whole documents (txt), is damaged, or was built again meanwhile.
    """
    _refuse_texts(corpus)
    files, _ = list_inputs([str(corpus / "corpus")])
    for file in files:
        for record in read_input(file, ReadConfig()):
            if not isinstance(record, Document):
                raise UsageError(f"{corpus / 'corpus' / file.name}: damaged; run: ghirbal check {corpus}")
            yield record
    if _marker(corpus) != marker:
        raise UsageError(f"{corpus}: was built again while it was read; give the same command again")


def _refuse_texts(corpus: Path) -> None:
    if any((corpus / "corpus").glob("*.txt")):
        raise UsageError(f"{corpus}: a corpus of format txt holds no ids; build it as jsonl.zst")


def _marker(corpus: Path) -> str:
    """Return the digest that names the state of a finished corpus."""
    if not is_finished(corpus):
        raise UsageError(f"{corpus}: no finished corpus; run the command that makes it to its end first")
    try:
        marker, digest = (corpus / SUCCESS).read_bytes(), digest_file(corpus / MANIFEST).sha256
    except OSError as error:
        raise EnvironmentFault(f"{error.filename}: cannot be read ({error.strerror}); see its permissions") from error
    if marker.strip() != digest.encode("ascii"):
        raise UsageError(f"{corpus / MANIFEST}: changed since it was published; run: ghirbal check {corpus}")
    return digest
