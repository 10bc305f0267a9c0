"""A finished corpus as Python sees it: its documents, what was removed, who copied whom, and any record by its name."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import chain, islice
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote, unquote

import msgspec
import orjson

from corpus.arabic import fold
from corpus.errors import InputError, UsageError, load_package
from corpus.files import Place, digest_file, fetched
from corpus.records import FREE_FIELDS, GIVEN_ID, Document, Source
from ghirbal.account import Account, account_for
from ghirbal.published import (
    CLUSTERS,
    MANIFEST,
    Cluster,
    Found,
    Manifest,
    RemovedRecord,
    finished_at,
    read_lines,
    read_marker,
    read_rows,
    read_struct,
)

_Kind = TypeVar("_Kind")

#: Files read at a time, and records that one name may stand for in each.
_READERS, _MOST_FOUND = 4, 1_000
#: Of more copies that one name stands for, what they were removed for is not looked up.
_SURVIVORS = 20


class _Name(msgspec.Struct, frozen=True):
    """What records are known by."""

    id: str
    source: Source
    url: str = ""
    title: str = ""
    meta: dict[str, Any] = {}


_NO_WORD = re.compile(r"[\d/:.]")
_NAME = msgspec.json.Decoder(_Name)


class Corpus:
    """Read a finished corpus; `path` is its folder or address, that of its documents, or a file in either.

    Raises:
        UsageError: it is no finished corpus, a changed one, or one of bare texts, which have no names; from what reads
            its records, too, where they are damaged.
    """

    def __init__(self, path: object) -> None:
        self.path = finished_at(path)
        self.marker = read_marker(self.path)
        self.manifest: Manifest = read_struct(self.path / MANIFEST, Manifest)
        if self.manifest.configuration.get("format") == "txt":
            raise UsageError(f"{path}: a corpus of format txt holds bare texts; build it as jsonl.zst")

    def __len__(self) -> int:
        return self.manifest.counts["kept"]

    def __iter__(self) -> Iterator[Document]:
        yield from self._read(self.parts("corpus"), Document)

    @property
    def removed(self) -> Iterator[RemovedRecord]:
        """Return every record that was not kept, in order."""
        return self._read(self.parts("removed"), RemovedRecord)

    @property
    def clusters(self) -> Iterator[Cluster]:
        """Return each story that had copies; none for a corpus that was only cleaned."""
        path = self.path / CLUSTERS
        return self._read([path] if path.is_file() else [], Cluster)

    def _read(self, paths: Iterable[Place], kind: type[_Kind]) -> Iterator[_Kind]:
        with self.intact():
            for path in paths:
                yield from read_rows(path, kind)

    @contextmanager
    def intact(self) -> Iterator[None]:
        """Say of what cannot be read that the corpus is damaged."""
        try:
            yield
        except (InputError, msgspec.DecodeError) as error:
            raise UsageError(f"{self.path}: damaged ({error}); run: ghirbal check {self.path}") from error

    def parts(self, folder: str) -> list[Place]:
        """Return the files of `corpus` or `removed`, in order."""
        return [self.path / name for name in sorted(self.manifest.files) if name.startswith(f"{folder}/")]

    def find(self, key: str) -> list[Found]:
        """Return the records that `key` names, the best kind of name first found: id, address, file, words of titles.

        A file may be followed by `:` and the number of the record in it. At most a thousand are returned.
        """
        asked = _Asked(key)
        best: dict[int, list[Found]] = {}
        paths = self.parts("removed") + self.parts("corpus")
        with self.intact():
            for rank, found in _named(paths, asked.rank, asked.needles):
                best.setdefault(rank, []).append(found)
            if not best and asked.words:
                best = {1: [found for _, found in _named(paths, asked.titles, None)]}
            if not any(best.values()):  # lines that hold nothing of it were never taken apart
                for path, name in ((path, f"{path.parent.name}/{path.name}") for path in paths):
                    with fetched(str(path)) as local:
                        if digest_file(Path(local)).sha256 != self.manifest.files[name].sha256:
                            raise InputError("changed since it was published", path=str(path))
        return best[min(best)][:_MOST_FOUND] if best else []

    def why(self, key: str) -> list[Account]:
        """Return what became of each record that `key` names, stage by stage; print one to read it.

        Raises:
            UsageError: it names none.
        """
        found = self.find(key)
        if not found:
            read = f"{self.manifest.counts['read']:,} records"
            raise UsageError(
                f"{key}: none of the {read} of {self.path} has this id, address, file or title; "
                "were its inputs complete?"
            )
        removed = (record for record in found[:_SURVIVORS] if isinstance(record, RemovedRecord))
        survivors = documents_of(self.parts("corpus"), (record.survivor for record in removed))
        return [account_for(record, self.manifest.command, survivors) for record in found]

    def to_pandas(self) -> Any:
        """Return the documents as a `pandas.DataFrame`, a column each field."""
        return load_package("pandas", "to_pandas").DataFrame(self._rows())

    def to_polars(self) -> Any:
        """Return the documents as a `polars.DataFrame`; `trace` and `meta` are JSON. Needs pyarrow as well."""
        return load_package("polars", "to_polars").from_arrow(self._table("to_polars"))

    def to_dataset(self) -> Any:
        """Return the documents as a `datasets.Dataset`; `trace` and `meta` are JSON."""
        return load_package("datasets", "to_dataset").Dataset(self._table("to_dataset"))

    def _rows(self) -> list[dict[str, Any]]:
        return [orjson.loads(orjson.dumps(document)) for document in self]

    def _table(self, what: str) -> Any:
        from corpus.formats import arrow_schema

        rows = self._rows()
        for row in rows:
            row |= {name: orjson.dumps(row[name], option=orjson.OPT_SORT_KEYS).decode() for name in FREE_FIELDS}
        return load_package("pyarrow", what).Table.from_pylist(rows, arrow_schema())


def documents_of(parts: Sequence[Place], ids: Iterable[str]) -> dict[str, Document]:
    """Return the documents of these ids that are in `parts`, files of documents."""
    wanted = set(ids) - {""}
    found = _named(parts, lambda row: int(row.id in wanted), list(map(_written, sorted(wanted)))) if wanted else []
    return {row.id: row for _, row in found if isinstance(row, Document)}


def _named(
    paths: Sequence[Place], rank: Callable[[_Name | Document], int], needles: Sequence[bytes] | None
) -> list[tuple[int, Found]]:
    """Return the records to which `rank` gives one; lines without any of `needles` are never taken apart."""

    def scan(path: Place) -> list[tuple[int, Found]]:
        if path.suffix == ".parquet":
            rows = ((rank(row), row) for row in read_rows(path, Document))
            return list(islice(((place, row) for place, row in rows if place), _MOST_FOUND))
        kind: type[Found] = RemovedRecord if path.parent.name == "removed" else Document
        decoder = msgspec.json.Decoder(kind)
        lines = (line for line in read_lines(path) if needles is None or any(needle in line for needle in needles))
        named = ((place, decoder.decode(line)) for line in lines if (place := rank(_NAME.decode(line))))
        return list(islice(named, _MOST_FOUND))

    # What takes the time is to decompress, which threads do side by side.
    with ThreadPoolExecutor(_READERS) as pool:
        return list(chain.from_iterable(pool.map(scan, paths)))


class _Asked:
    """What somebody knows a record by, told apart from what only looks like it."""

    def __init__(self, key: str) -> None:
        self.key = key.strip()
        if not self.key:
            raise UsageError("an empty name; give an id, an address, a file or words of a title")
        # To look through the titles takes three times as long, and no id, address or file is worth it.
        self.words = frozenset(fold(self.key).split() if " " in self.key or not _NO_WORD.search(self.key) else ())
        self.address = unquote(_address(self.key))
        path, _, number = self.key.rpartition(":")
        self.record = int(number) if path and number.isdecimal() else None
        self.path = (self.key if self.record is None else path).replace("\\", "/").strip("/")
        # What any line must hold that this names, as JSON has it; addresses are written with and without %.
        core = _address(self.key)
        places = dict.fromkeys((self.key, core, unquote(core), quote(unquote(core), "/:?=&;,+@!$'()*~")))
        self.needles = [_written(place) for place in places if place]
        file = "" if "://" in self.key else self.path.rpartition("/")[2]
        if file:
            record = b"" if self.record is None else b',"record":%d' % self.record
            self.needles.append(_written(file) + b'"' + record)
        self.needles = [one for one in self.needles if not any(less in one for less in self.needles if less != one)]

    def rank(self, row: _Name | Document) -> int:
        """Return how `row` is named: 1 by its id, 2 its address, 3 its file, 4 its title as written; 0 not at all."""
        if self.key in (row.id, row.meta.get(GIVEN_ID)):
            return 1
        if row.url and unquote(_address(row.url)) == self.address:
            return 2
        path = f"/{row.source.path}"
        if path.endswith(f"/{self.path}") or f"/{self.path}".endswith(path):
            return 3 if self.record in (None, row.source.record) else 0
        return 4 if self.key in row.title else 0

    def titles(self, row: _Name | Document) -> int:
        """Return 1 where all words stand in the title, in whatever spelling."""
        return int(bool(row.title) and self.words <= set(fold(row.title).split()))


def _address(url: str) -> str:
    """Return what tells an address from others: no scheme, no `www.`, no fragment, no slash at the end."""
    return url.rpartition("://")[2].partition("#")[0].removeprefix("www.").rstrip("/")


def _written(text: str) -> bytes:
    """Return text as it stands inside a string of JSON."""
    return orjson.dumps(text)[1:-1]
