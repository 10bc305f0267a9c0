"""Find files, read them whatever they are compressed with, and publish files that are absent or complete.

In: paths that a user gave. Out: `InputFile`s, blocks of bytes, published files with their digests.
Read listing and remote, then compressed, then durable.
"""

from __future__ import annotations

from corpus.files.compressed import Stream
from corpus.files.durable import (
    Published,
    decode_json,
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
from corpus.files.listing import STDIN, UNFINISHED, InputFile, list_inputs, show_name
from corpus.files.remote import Place, Store, fetched, is_address, place_of

__all__ = [
    "STDIN",
    "UNFINISHED",
    "InputFile",
    "Place",
    "Published",
    "Store",
    "Stream",
    "decode_json",
    "digest_file",
    "fetched",
    "is_address",
    "list_inputs",
    "place_of",
    "publish",
    "publish_json",
    "publishing",
    "refusal",
    "run_lock",
    "show_name",
    "sweep",
    "sync_folder",
    "translated",
]
