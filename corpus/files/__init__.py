"""Find files, read them whatever they are compressed with, and publish files that are absent or complete.

In: paths that a user gave. Out: `InputFile`s, blocks of bytes, published files with their digests.
Read listing, then compressed, then durable.
"""

from __future__ import annotations

from corpus.files.compressed import Stream
from corpus.files.durable import (
    Published,
    digest_file,
    publish,
    publish_json,
    publishing,
    refusal,
    run_lock,
    sweep,
    sync_folder,
    translated,
)
from corpus.files.listing import STDIN, UNFINISHED, InputFile, list_inputs

__all__ = [
    "STDIN",
    "UNFINISHED",
    "InputFile",
    "Published",
    "Stream",
    "digest_file",
    "list_inputs",
    "publish",
    "publish_json",
    "publishing",
    "refusal",
    "run_lock",
    "sweep",
    "sync_folder",
    "translated",
]
