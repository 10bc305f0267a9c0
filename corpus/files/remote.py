"""Inputs at addresses, `s3://bucket/dumps` and whatever else fsspec knows: listed there, and fetched to be read.

A file is fetched whole into the folder of temporary files before it is read, so every format is read as it is from a
disk, a cut transfer is seen, and nothing holds a connection while texts are cleaned.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path, PurePosixPath
from tempfile import NamedTemporaryFile
from typing import Any, NamedTuple

from corpus.errors import EnvironmentFault, InputError, UsageError

_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://", re.ASCII)
_PLAIN_SUFFIX = re.compile(r"\.[A-Za-z0-9]{1,10}", re.ASCII)
#: What tells two versions of an object apart, by the names that stores have for it.
_VERSION = ("ETag", "etag", "md5Hash", "checksum", "generation", "LastModified", "last_modified", "mtime", "created")


def is_address(path: str) -> bool:
    """Tell whether an INPUT is an address, and no path of this machine.

    >>> is_address("s3://bucket/dumps"), is_address("/data/a://b"), is_address("dumps")
    (True, False, False)
    """
    return _ADDRESS.match(path) is not None


class StoredFile(NamedTuple):
    """Tell of a file at an address where it is `below` the address that was asked for, "" for that itself.

    `version` differs between versions of the file, and is 0 where the store says nothing of them.
    """

    address: str
    below: str
    size: int
    version: int


def find_stored(address: str) -> list[StoredFile]:
    """Return the files at or below an address; of a finished corpus these are the parts of `corpus/`.

    Raises:
        UsageError: nothing is there, or the package for such addresses is not installed.
        EnvironmentFault: the store does not answer, or refuses.
    """
    system, path = _open(address)
    try:
        system.invalidate_cache()
        files = [
            StoredFile(system.unstrip_protocol(name), name.removeprefix(path).lstrip("/"), *_describe(entry))
            for name, entry in sorted(system.find(path, detail=True).items())
        ]
    except FileNotFoundError:
        files = []
    except Exception as error:
        raise _refused(address, error) from error
    if not files:
        raise UsageError(f"{address}: no such file or folder")
    corpora = [file.below.removesuffix("_SUCCESS") for file in files if PurePosixPath(file.below).name == "_SUCCESS"]
    return [
        file
        for file in files
        if all(not file.below.startswith(corpus) or file.below.startswith(f"{corpus}corpus/") for corpus in corpora)
    ]


@contextmanager
def fetched(path: str, size: int) -> Iterator[str]:
    """Give the path on this machine of what lies at `path` while the block runs: itself, or that of a copy.

    Raises:
        InputError: it is gone from its address, or has another than the `size` it was listed with.
        EnvironmentFault: the store does not answer, or refuses.
    """
    if not is_address(path):
        yield path
        return
    suffix = PurePosixPath(path).suffix
    with NamedTemporaryFile(prefix="ghirbal-", suffix=suffix if _PLAIN_SUFFIX.fullmatch(suffix) else "") as local:
        system, place = _open(path)
        try:
            system.get_file(place, local.name)
            found = Path(local.name).stat().st_size
        except FileNotFoundError as error:
            raise InputError("it is gone from where it was listed", path=path, reason="input-changed") from error
        except Exception as error:
            raise _refused(path, error) from error
        if found != size:
            message = f"the file changed after it was listed, from {size} bytes to {found}"
            raise InputError(message, path=path, reason="input-changed")
        yield local.name


def _open(address: str) -> tuple[Any, str]:
    try:
        from fsspec.core import url_to_fs  # type: ignore[import-untyped]
    except ImportError as error:
        raise UsageError(f'{address}: addresses need fsspec: pip install "ghirbal[remote]"') from error
    try:
        system, path = url_to_fs(address)
    except (ImportError, ValueError) as error:
        raise UsageError(f"{address}: {error}") from error
    return system, path


def _describe(entry: dict[str, Any]) -> tuple[int, int]:
    """Return the size and the version of what a store says of a file."""
    version = "\0".join(f"{name}={entry[name]}" for name in _VERSION if entry.get(name))
    number = int.from_bytes(blake2b(version.encode(), digest_size=7).digest(), "big") if version else 0
    return int(entry["size"] or 0), number


def _refused(address: str, error: Exception) -> EnvironmentFault:
    why = str(error) or type(error).__name__
    advice = "see that the store answers and lets you in, then give the same command again"
    return EnvironmentFault(f"{address}: cannot be read ({why}); {advice}")
