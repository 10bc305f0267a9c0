"""Finished corpora that win against what comes: opened for `--against` and `similar`, put together by `index`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from corpus.errors import EnvironmentFault, UsageError
from corpus.files import Place, Store, place_of, publish, run_lock, sweep, translated
from corpus.records import Document
from corpus.run import Learner, keep_answers, map_file, open_pool, summarise
from dedup.config import DedupConfig
from dedup.decide import find_similar
from dedup.stages import quote as quote_passage
from dedup.store import LISTING, Index, IndexListing, fetch_index, pull_index, push_index, read_index
from ghirbal.config import read_config
from ghirbal.console import print_json, quote, results
from ghirbal.explain import Explainer
from ghirbal.opened import Corpus
from ghirbal.output import library_versions
from ghirbal.published import STATE, corpus_at, is_finished, read_marker, read_rows
from ghirbal.upload import resolve_out

#: The scores that `similar` prints; with --json it gives all.
_SHOWN = ("resemblance", "containment", "rare")
#: Documents of a corpus that a learner sees at a time.
_TOGETHER = 10_000


class Against(NamedTuple):
    """Hold open indexes, what others say that are at addresses, and finished corpora (by marker) that none holds."""

    config: DedupConfig
    indexes: tuple[Index, ...]
    elsewhere: dict[Store, IndexListing]
    corpora: dict[str, Corpus]

    @property
    def holds(self) -> str:
        """Name all that new documents are compared with: the markers of corpora, one after another."""
        listings = [*(index.listing for index in self.indexes), *self.elsewhere.values()]
        held = chain.from_iterable(listing.names for listing in listings)
        return ",".join(dict.fromkeys((*held, *self.corpora)))

    def open(self, folder: Path) -> Index:
        """Return one index of all; corpora are put into an index in `folder`, where a killed run may have begun it.

        Those at addresses are fetched into folders beside it.
        """
        if self.corpora:
            extend_index(folder, [corpus.path for corpus in self.corpora.values()], self.config)
        indexes = list(self.indexes)
        for number, (store, listing) in enumerate(self.elsewhere.items()):
            here = folder.with_name(f"{folder.name}-{number}")
            fetch_index(store, here, self.config)
            indexes.append(Index(here, self.config))
            if indexes[-1].listing != listing:
                raise EnvironmentFault(f"{store}: changed by another run meanwhile; give the same command again")
        index = Index(folder, self.config, indexes)
        if set(index.corpora) != set(self.corpora):
            raise UsageError(f"{folder}: holds a corpus that was built again meanwhile; give the command with --fresh")
        return index

    def observe(self, learner: Learner, folder: Path) -> Sequence[memoryview]:
        """Return summaries of what `learner` sees in the corpora, kept in `folder`; an index holds no texts to see."""
        summaries: list[memoryview] = []
        for _, corpus in sorted(self.corpora.items()):
            with _reading(corpus):
                documents = iter(corpus)
                while some := list(islice(documents, _TOGETHER)):
                    path = folder / f"against-{len(summaries):03d}.summary"
                    publish(path, summarise(learner.accumulator(), some))
                    summaries.append(map_file(path))
        return summaries


def find_against(paths: Sequence[str], config: DedupConfig) -> Against:
    """Find out what `paths`, finished corpora and index folders, stand for; nothing is written.

    Raises:
        UsageError: one is neither, or is damaged.
    """
    places = [corpus_at(place_of(path)) for path in paths]
    folders = [place for place in places if (place / LISTING).is_file()]
    indexes = tuple(Index(folder, config) for folder in folders if isinstance(folder, Path))
    elsewhere = {store: read_index(store, config) for store in folders if isinstance(store, Store)}
    listings = [*(index.listing for index in indexes), *elsewhere.values()]
    held = {corpus for listing in listings for corpus in listing.corpora}
    corpora: dict[str, Corpus] = {}
    for place in places:
        if place not in folders:
            if not is_finished(place):
                raise UsageError(f"{place}: neither a finished corpus nor an index; build one first")
            corpus = Corpus(place)
            corpora.setdefault(corpus.marker, corpus)
    return Against(config, indexes, elsewhere, {marker: corpora[marker] for marker in corpora if marker not in held})


def extend_index(
    out: object, corpora: Iterable[object], config: DedupConfig, workers: int = 1, cluster: str = ""
) -> int:
    """Add the documents of finished corpora that the index does not hold yet; return how many were added.

    `out` is its folder or address. Each corpus is added whole or not at all, whatever happens; so many `workers` read
    its parts, or a `cluster`.

    Raises:
        UsageError: one is no finished corpus; or the folder holds other things.
        EnvironmentFault: another process is adding to the index; or the machine refuses.
    """
    added = 0
    with _opened(out, config) as index, ExitStack() as at_last:

        def watched(function: Callable[[Any], bytes], items: Iterable[Any]) -> Iterator[memoryview]:
            """Call functions while the corpus stays as it is."""
            with _reading(corpus):
                yield from keep_answers(pool, work, corpus.marker)(function, items)

        work = index.folder / STATE / "work"
        rmtree(work, ignore_errors=True)  # another release may have begun it
        at_last.callback(rmtree, work, ignore_errors=True)
        pool = at_last.enter_context(open_pool(workers, cluster, work, library_versions))
        for corpus in map(Corpus, corpora):
            if corpus.marker not in index.corpora:
                added += index.add_parts(map(_Part, corpus.parts("corpus")), corpus.marker, watched)
    return added


@dataclass(frozen=True, slots=True)
class _Part:
    """The documents of one file of a corpus, wherever they are asked for."""

    path: Place

    def __iter__(self) -> Iterator[Document]:
        return read_rows(self.path, Document)


def remove_from_index(out: object, ids: Sequence[str], config: DedupConfig) -> int:
    """Take documents out of an index, so that they win no more; return how many there were.

    Raises:
        UsageError: one is not there; or the folder holds other things.
        EnvironmentFault: as for `extend_index`.
    """
    with _opened(out, config) as index:
        if missing := [name for name in ids if not index.holds(name)]:
            raise UsageError(f"{out}: holds no document {missing[0]!r}; `ghirbal similar FILE {out}` prints ids")
        return index.remove(ids)


@contextmanager
def _opened(out: object, config: DedupConfig) -> Iterator[Index]:
    """Open an index to change it, alone; one at an address is changed in a folder of this machine, then published."""
    folder, address = resolve_out(str(out))
    names = [path.name for path in folder.iterdir()] if folder.is_dir() else []
    ours = all(name == STATE or name.startswith(("segment-", LISTING)) for name in names)
    if (folder.exists() and not folder.is_dir()) or (LISTING not in names and not ours):
        raise UsageError(f"{folder}: holds something else than an index; give a new or empty folder to -o")
    if (folder / STATE).is_symlink():
        raise UsageError(f"{folder / STATE}: leads out of the index; remove this link")
    with run_lock(folder / STATE / "lock"):
        with translated(folder):
            sweep(folder)
        if address:
            pull_index(Store(address), folder, config)
        index = Index(folder, config)
        index.sweep()
        yield index
        if address:
            push_index(Store(address), folder)


@contextmanager
def _reading(corpus: Corpus) -> Iterator[None]:
    """Read a finished corpus in the block.

    Raises:
        UsageError: it is damaged, or was built again meanwhile.
    """
    with corpus.intact():
        yield
    if read_marker(corpus.path) != corpus.marker:
        raise UsageError(f"{corpus.path}: was built again while it was read; give the same command again")


def show_similar(file: str, corpus: str, *, limit: int, as_json: bool, config: str | None) -> int:
    """Print, for each document of `file`, the documents of `corpus` that share most with it; return the exit code."""
    settings = read_config(config)
    against = find_against([corpus], settings.dedup)
    explainer = Explainer(settings)
    documents = explainer.read(file)
    # A corpus may be somebody else's, or read-only: what is built to search it is not put into it.
    with TemporaryDirectory(prefix="ghirbal-") as folder:
        index = against.open(Path(folder, "against"))
    for document in (explainer.judge(document)[0] for document in documents):
        rows: list[dict[str, Any]] = [
            {
                **{name: getattr(match.copy, name) for name in ("id", "outlet", "url", "published")},
                "relation": match.copy.relation or "none",
                "scores": match.scores,
                "passage": quote_passage(document.text, match.start, match.length),
                "passage_words": match.length,
            }
            for match in find_similar(index, document, limit)
        ]
        if as_json:
            print_json({"id": document.id, "source": document.source, "similar": rows})
            continue
        results.print(f"[bold]{quote(document.source.path)}[/bold] {quote(document.title)}", soft_wrap=True)
        if not rows:
            results.print("  nothing like it")
        for row in rows:
            scores = "  ".join(f"{name} {row['scores'][name]:.2f}" for name in _SHOWN)
            origin = " ".join(filter(None, (row["id"], row["outlet"], row["published"], row["url"])))
            results.print(f"  [bold]{row['relation']}[/bold]  {scores}  {quote(origin)}", soft_wrap=True)
            results.print(f"    {row['passage_words']} words in a row: {quote(row['passage'])}", soft_wrap=True)
    return explainer.exit_code
