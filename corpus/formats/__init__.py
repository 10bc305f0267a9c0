"""Read every kind of dump as records, and write records as shards of a corpus.

In: an `InputFile`. Out: Pages, Documents, Failures and Skips, in the order of the file; shards for the way back.
Read reader, then rows (what a row of data means), then the format you are after: lines (JSON lines), csv and
json_array (both upon lines), parquet, or warc (upon archive_stream, bytes that survive damage, and payload, what a
response holds).
"""

from __future__ import annotations

from corpus.formats.payload import looks_html, unpack
from corpus.formats.reader import is_dump, read_input
from corpus.formats.rows import ReadConfig
from corpus.formats.shards import FORMATS, Format, arrow_schema

__all__ = [
    "FORMATS",
    "Format",
    "ReadConfig",
    "arrow_schema",
    "is_dump",
    "looks_html",
    "read_input",
    "unpack",
]
