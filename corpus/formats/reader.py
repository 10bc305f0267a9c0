"""Read any input file as Pages and Documents, and say by name what could not be read.

What a file holds is told by its magic bytes, then by its extension: .txt (one Document), .html (one Page),
.jsonl .ndjson .json .csv .tsv .parquet and feeds (a record each), .warc; each also as .gz .zst .bz2 .xz, and packed
into .zip and .tar. What is none of these is a Skip. Bad data never raises: a bad record is a Failure between the good
ones, a bad file one Failure.
"""

from __future__ import annotations

import contextlib
import errno
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any, TypeAlias

from corpus.charset import decode
from corpus.errors import CorruptInput, EnvironmentFault, InputError, RecordError, TruncatedInput
from corpus.files.compressed import Stream, claimed_codec
from corpus.files.listing import STDIN, InputFile, failure_of
from corpus.files.remote import fetched
from corpus.formats.csv import read_csv
from corpus.formats.fields import sort_keys
from corpus.formats.json_array import read_json
from corpus.formats.lines import WHOLE, Part, bare, check_whole, read_lines, read_whole
from corpus.formats.parquet import read_parquet
from corpus.formats.rows import ADVICE, Read, ReadConfig
from corpus.formats.warc import read_warc
from corpus.letters import mend
from corpus.markup import is_page
from corpus.records import Document, Failure, Page, Skip, Source, content_id, name_outlet

Reader: TypeAlias = Callable[[InputFile, ReadConfig], Iterator[Read]]

#: So many failures in a row that are no records at all, and the file is not what it claims to be: 64 kilobytes can
#: hold 20 million of them.
MAX_FAILURES_IN_A_ROW = 10_000
_NO_RECORDS = frozenset({"bad-json", "bad-charset", "bad-row", "not-an-object", "corrupt-record"})

#: Comments and an XML declaration may stand before the first tag; more than this does not.
_SNIFF_BYTES = 4096
_FEED = re.compile(
    rb"(?:\xef\xbb\xbf)?(?:\s+|<!--.*?-->|<\?[^>]*>|<!doctype[^>]*>)*+<(?:rss|feed|rdf:rdf)\b", re.I | re.S
)
_JSON, _KEY = re.compile(rb'(?:\xef\xbb\xbf)?\s*(?:\[\s*)?\{\s*"[^"\n]{1,60}"\s*:'), re.compile(r'"([^"\n]{1,60})"\s*:')
#: Names that say nothing of what a file holds, or claim a text where rows are.
_NO_NAMES = frozenset({"", "txt", "bak"})
_MARKUP = frozenset({"", "txt", "html", "htm", "xhtml", "xml", "rss", "rdf", "atom"})
#: Texts that lie beside dumps and are none of their stories.
_NO_STORIES = frozenset(
    {"readme", "license", "licence", "copying", "changelog", "robots", "humans", "ads", "requirements", "log"}
)


def read_input(file: InputFile, config: ReadConfig, part: Part = WHOLE) -> Iterator[Read]:
    """Yield what `file` holds, in order: records, and the Failures and Skips among them.

    `part` = (k, n) yields of JSON lines only the records whose block of 256 is the k-th of each n; of other files
    part 0 is all. Each part tells for itself what ends its reading, because a file can change, vanish or become
    unreadable between two parts. A compressed file of lines that is cut or damaged yields one Failure and nothing
    else, unless `config.salvage`; WARC files always give their whole records.

    Raises:
        UsageError: a package that the format needs is not installed.
        EnvironmentFault: the disk is full.
    """
    try:
        with fetched(file.path, file.size) as path:
            local = file if path == file.path else replace(file, path=path, mtime_ns=0)
            _check_as_listed(local)
            reader = _reader_of(local)
            if reader is read_lines:
                yield from _bounded(read_lines(local, config, part), file.outlet)
            elif part[0] == 0:
                yield from _bounded(reader(local, config), file.outlet)
            _check_as_listed(local)
    except (InputError, RecordError, OSError) as error:
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise EnvironmentFault(f"no space to unpack {file.name}: {error.strerror}") from error
        failure = failure_of(error, Source(file.name))
        where = "" if part == WHOLE else f" (part {part[0] + 1} of {part[1]} of the file)"
        yield replace(failure, message=failure.message + where)


def _bounded(found: Iterator[Read], outlet: str) -> Iterator[Read]:
    """Give up a file of which so many records in a row are none, and say once what to do where no text is found."""
    in_a_row, advised = 0, False
    for one in found:
        if outlet and isinstance(one, Page | Document) and not one.outlet:
            one = replace(one, outlet=outlet)
        if advised and isinstance(one, Failure) and one.reason == "missing-text":
            one = replace(one, message=one.message.partition(ADVICE)[0])
        advised = advised or (isinstance(one, Failure) and one.reason == "missing-text")
        yield one
        in_a_row = in_a_row + 1 if isinstance(one, Failure) and one.reason in _NO_RECORDS else 0
        if in_a_row == MAX_FAILURES_IN_A_ROW:
            raise CorruptInput(
                f"{in_a_row} failures in a row, up to record {one.source.record + 1} (byte {one.source.offset}): "
                "what stands behind is not read; is it the right format?"
            )


def is_dump(file: InputFile) -> bool:
    """Tell whether `read_input` would look for records in a file, by how it begins and its name."""
    try:
        with fetched(file.path, file.size) as path:
            return _reader_of(replace(file, path=path)) is not _skip
    except InputError:  # empty, or gone
        return False
    except OSError:
        return True


def _check_as_listed(file: InputFile) -> None:
    if not file.mtime_ns:
        return
    status = Path(file.path).stat()
    if (status.st_size, status.st_mtime_ns) != (file.size, file.mtime_ns):
        raise InputError(
            "the file changed after it was listed: run again when nothing writes to it",
            path=file.path,
            reason="input-changed",
        )


def _reader_of(file: InputFile) -> Reader:
    with Stream(file.path) as stream, contextlib.closing(stream.blocks()) as blocks:
        try:
            head = next(blocks, b"")[:_SNIFF_BYTES]
        except (TruncatedInput, CorruptInput):
            head = b""  # the reader that the name calls for will say so
    if head.startswith(b"PAR1"):
        return read_parquet
    if head.startswith(b"WARC/"):
        return read_warc
    name = PurePosixPath(file.name)
    kind = (name.with_suffix("") if claimed_codec(name.name) else name).suffix.lower().removeprefix(".")
    if file.name == STDIN:
        kind = {b"{": "jsonl", b"[": "json", b"P": "zip"}.get(head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1], "txt")
    keys = _KEY.findall(head.decode("utf-8", "replace")) if kind in _NO_NAMES and _JSON.match(head) else []
    if "text" in sort_keys(keys, {}):
        return read_json
    if _READERS.get(kind) is read_lines and bare(head.partition(b"\n")[0]) in (b"{", b"["):
        return read_json
    if kind in _MARKUP and _FEED.match(head):
        return _read_feed
    if kind in _MARKUP and is_page(head.decode("utf-8", "replace")):
        return _read_html
    if kind == "txt" and name.stem.lower() in _NO_STORIES:
        return _skip
    return _READERS.get(kind, _skip)


def _skip(file: InputFile, config: ReadConfig) -> Iterator[Read]:  # noqa: ARG001 - the form of a reader
    yield Skip(Source(file.name), "not-a-dump")


def _refuse_archive(file: InputFile, config: ReadConfig) -> Iterator[Read]:  # noqa: ARG001 - the form of a reader
    yield Failure(Source(file.name), "unknown-archive", "no archive that is read here: unpack it, and give the folder")


def _read_feed(file: InputFile, config: ReadConfig) -> Iterator[Read]:
    from corpus.formats.feed import read_feed  # and lxml: few have feeds, and all would wait for it

    return read_feed(file, config)


def _read_packed(file: InputFile, config: ReadConfig) -> Iterator[Read]:
    """Read each member of an archive as a file of its own; archives inside of archives are not opened."""
    from corpus.formats.packed import unpack  # as for feeds

    if PurePosixPath(file.name).suffix.lower() != ".zip":
        check_whole(file, config)
    for member in unpack(file):
        if isinstance(member, Failure):
            yield member
        elif _reader_of(member) is _read_packed:
            yield Failure(
                Source(member.name), "nested-archive", "an archive in an archive: unpack it, and give the folder"
            )
        else:
            yield from read_input(member, config)


def _read_text(file: InputFile, config: ReadConfig) -> Iterator[Read]:
    source, body = Source(file.name), read_whole(file, config.max_record_bytes)
    text, rung = decode(body)
    mended, done = mend(text)
    trace: dict[str, Any] = {"charset": rung} | ({"mended": list(done)} if done else {})
    if rung.startswith("utf-8-replaced"):
        trace["replaced"] = text.count("\ufffd")
    yield Document(content_id(source, ""), source, mended, outlet=name_outlet("", "", source), trace=trace)


def _read_html(file: InputFile, config: ReadConfig) -> Iterator[Read]:
    source, body = Source(file.name), read_whole(file, config.max_record_bytes)
    yield Page(content_id(source, ""), source, body, outlet=name_outlet("", "", source))


_READERS: dict[str, Reader] = {
    "txt": _read_text,
    **dict.fromkeys(("html", "htm", "xhtml"), _read_html),
    **dict.fromkeys(("jsonl", "ndjson", "jl", "jsonlines", "ldjson"), read_lines),
    "json": read_json,
    **dict.fromkeys(("csv", "tsv"), read_csv),
    "parquet": read_parquet,
    "warc": read_warc,
    **dict.fromkeys(("7z", "rar"), _refuse_archive),
    **dict.fromkeys(("zip", "tar", "tgz", "tbz", "tbz2", "txz"), _read_packed),
}
