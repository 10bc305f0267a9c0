"""What `import ghirbal` gives: the parts of a build as functions of Python values, and finished corpora to read.

Nothing heavy is imported before it is called: `extract` needs the parsers of pages, `dedup` and `signatures` the
compiled kernels, `build` all of it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace
from os import PathLike
from types import ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from corpus.records import Copy, Document, Source, set_key

if TYPE_CHECKING:
    from corpus.formats import Format
    from ghirbal.jobs import Command
    from ghirbal.opened import Corpus

Path: TypeAlias = str | PathLike[str]


def extract(html: str | bytes, url: str = "") -> Document:
    """Return the article of a page, and what the page says about it; the text is empty where there is none.

    `trace` says what found the text (`extractor`), whether that is in doubt (`doubtful`), and why nothing was looked
    for (`refused`: not-html, too-complex, too-deep).

    Raises:
        RecordError: no charset makes text of the bytes.

    >>> page = "<html><head><title>Rain</title></head><body><article>" + "<p>It rained all day in the hills.</p>" * 9
    >>> extract(page).title, extract(page).text.split("\\n")[0]
    ('Rain', 'It rained all day in the hills.')
    """
    from cleaning.html import extract_html

    charset = ""
    if isinstance(html, bytes):
        from corpus.charset import declared_charset, decode

        html, charset = decode(html, declared_charset("", html))
    found = extract_html(html, url)
    trace = {"charset": charset, "extractor": found.extractor, "doubtful": found.doubtful, "refused": found.refused}
    return Document(
        id=url or found.canonical,
        source=Source(""),
        text=found.text,
        title=found.title,
        url=url or found.canonical,
        language=found.language,
        published=found.published,
        authors=found.authors,
        tags=found.tags,
        trace={name: value for name, value in trace.items() if value != ""},
    )


def clean(texts: Iterable[str | Document], outlet: str = "") -> list[Document]:
    """Take the chrome out of texts, in the light of what repeats among those of one outlet.

    Give many texts of an outlet at once: what it repeats can only be seen in several stories. `outlet` names that of
    texts that do not say; texts of different outlets come as documents. `trace["rules"]` counts what went.

    >>> clean(["Rain fell all day in the hills, and the river rose.\\n\\nShare on Facebook"])[0].text
    'Rain fell all day in the hills, and the river rose.'
    """
    from cleaning.stages import Clean
    from corpus.run import run_here, summarise

    documents, stage = _documents(texts, outlet), Clean()
    stage.learn([memoryview(summarise(stage.accumulator(), documents))], run_here)
    cleaned = (stage.apply(document).record for document in documents)
    return [record for record in cleaned if isinstance(record, Document)]


class Pair(NamedTuple):
    """A removed copy and what it is a copy of: positions among the documents given, and what that rests on.

    `score` is the resemblance of the two, for `contained` and `extended` how much of the shorter text the other has;
    `passage` the longest run of words that both share, at most thirty.
    """

    removed: int
    kept: int
    relation: str
    score: float
    scores: dict[str, float]
    passage: str


class Deduplicated(NamedTuple):
    """Documents told apart: `kept` has one of each story, with its copies in `also_in`.

    `clusters` are positions among `documents`, the survivor first; `pairs` say why each of the others went.
    """

    documents: list[Document]
    kept: list[Document]
    clusters: list[list[int]]
    pairs: list[Pair]

    def rethreshold(self, threshold: float) -> Deduplicated:
        """Return what remains where only pairs of at least this score are copies; nothing is compared again.

        Only what has been found can be let go again: which pairs are compared at all depends on the threshold, so for
        less than what was asked of `dedup`, call that.
        """
        return _tell_apart(self.documents, [pair for pair in self.pairs if pair.score >= threshold])


def _tell_apart(documents: list[Document], pairs: list[Pair]) -> Deduplicated:
    copies: dict[int, list[Copy]] = {}
    clusters: dict[int, list[int]] = {}
    for pair in pairs:
        gone = documents[pair.removed]
        copy = Copy(gone.id, gone.outlet, gone.url, gone.published, pair.relation, pair.score)
        copies.setdefault(pair.kept, []).extend((copy, *gone.also_in))
        clusters.setdefault(pair.kept, [pair.kept]).append(pair.removed)
    removed = {pair.removed for pair in pairs}
    kept = [
        replace(document, also_in=(*document.also_in, *copies[at])) if at in copies else document
        for at, document in enumerate(documents)
        if at not in removed
    ]
    return Deduplicated(documents, kept, list(clusters.values()), pairs)


def dedup(texts: Iterable[str | Document], threshold: float | None = None) -> Deduplicated:
    """Find exact, edited, cut and extended copies among texts, and keep one of each story.

    `threshold`: how much of their word triples two texts must share to be near copies; by default the thresholds of a
    build, which look at names and numbers as well.

    >>> story = "The council of the harbour town voted on Monday to repair the old bridge over the river after years "
    >>> story += "of complaints from fishermen, drivers and the two schools on the northern bank, the mayor said. "
    >>> found = dedup([story, "Rain. " + story, "Another story about something else."])
    >>> len(found.kept), found.clusters, found.pairs[0].relation
    (2, [[0, 1]], 'near')
    """
    from corpus.run import run_here, summarise
    from dedup.config import DedupConfig
    from dedup.stages import Dedup

    documents, stage = _documents(texts, ""), Dedup(DedupConfig(threshold=threshold))
    # Told apart by their positions, whatever ids they have.
    numbered = [set_key(replace(one, id=str(at), also_in=()), one.key) for at, one in enumerate(documents)]
    stage.learn([memoryview(summarise(stage.accumulator(), numbered))], run_here)
    pairs: list[Pair] = []
    for at, document in enumerate(numbered):
        told = stage.apply(document).detail
        if told:
            account = (told["relation"], told["score"], told["scores"], told["passage"])
            pairs.append(Pair(at, int(told["survivor"]), *account))
    return _tell_apart(documents, pairs)


def signatures(texts: Iterable[str]) -> list[Any]:
    """Return the MinHash signatures of texts as `datasketch.LeanMinHash`, for its indexes and its byte format.

    >>> one, other = signatures(["Rain fell all day in the hills.", "Rain fell all day in the valley."])
    >>> one.jaccard(other) > 0.5
    True
    """
    from dedup.sketch import sign, to_lean

    return [to_lean(signature) for signature in sign(list(texts)).signatures]


def open(path: Path) -> Corpus:  # noqa: A001 - as `gzip.open`, it is called by the name of its module
    """Open a finished corpus: its folder or its address, or a file in it.

    Raises:
        UsageError: it is none.
    """
    from ghirbal.opened import Corpus

    return Corpus(str(path))


def build(
    inputs: Path | Sequence[Path],
    out: Path,
    *,
    command: Command = "build",
    config: Path | None = None,
    against: Sequence[Path] = (),
    boilerplate: Path = "",
    form: Format = "jsonl.zst",
    filters: bool = True,
    workers: int = 1,
    fresh: bool = False,
) -> Corpus:
    """Make a corpus as `ghirbal build` (or clean, or dedup) does, and open it; `out` may be an address (`s3://...`).

    Without `filters` no document is dropped for what it is.

    Raises:
        UsageError: inputs, configuration or output folder make no sense; nothing was written.
        EnvironmentFault: the machine refused; the same call goes on.
    """
    from corpus.errors import UsageError

    if form == "txt":
        raise UsageError("form: bare texts cannot be opened; choose another, or run: ghirbal build --format txt")
    from corpus.run import Watcher
    from ghirbal.config import read_config
    from ghirbal.jobs import Job, run_job
    from ghirbal.upload import resolve_out

    folder, address = resolve_out(str(out))
    names = [inputs] if isinstance(inputs, str | PathLike) else inputs
    job = Job(
        command=command,
        inputs=tuple(map(str, names)),
        out=folder,
        address=address,
        config=read_config(None if config is None else str(config)),
        form=form,
        filters=filters,
        workers=workers,
        fresh=fresh,
        boilerplate=str(boilerplate),
        against=tuple(map(str, against)),
    )
    # The processes of a build shall not import the script that calls it, which would call it again.
    main, sys.modules["__main__"] = sys.modules["__main__"], ModuleType("__main__")
    try:
        finished = run_job(job, Watcher())
    finally:
        sys.modules["__main__"] = main
    return open(finished.out)


def _documents(texts: Iterable[str | Document], outlet: str) -> list[Document]:
    """Return documents that no other call sees, each with a key of its own; a bare text has its position for an id."""
    from corpus.text import scrub

    if isinstance(texts, str):
        raise TypeError("one text where several are wanted; give a list of them")
    documents: list[Document] = []
    for at, text in enumerate(texts):
        if isinstance(text, Document):
            document = replace(text, outlet=text.outlet or outlet)
        else:
            document = Document(str(at), Source("", at), scrub(text), outlet=outlet)
        documents.append(set_key(document, at + 1))
    return documents
