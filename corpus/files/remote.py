"""Files at addresses, `s3://bucket/dumps` and whatever else fsspec knows: listed there, fetched to be read, put there.

A file is fetched whole into the folder of temporary files before it is read, so every format is read as it is from a
disk, a cut transfer is seen, and nothing holds a connection while texts are cleaned.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from hashlib import blake2b, sha256
from pathlib import Path, PurePosixPath
from tempfile import NamedTemporaryFile
from typing import Any

import orjson

from corpus.errors import EnvironmentFault, GhirbalError, InputError, UsageError, load_package

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


class Store:
    """What lies at or below an address; names of files are below it, and "" is the address itself.

    All methods raise EnvironmentFault where the store does not answer, or refuses.
    """

    def __init__(self, address: str) -> None:
        """Find out how addresses of this kind are asked.

        Raises:
            UsageError: the package for them is not installed, or nobody knows them.
        """
        core = load_package("fsspec.core", address, "remote")
        try:
            self._system, self._path = core.url_to_fs(address)
        except (ImportError, ValueError) as error:
            raise UsageError(f"{address}: {error}") from error
        self.address = address

    def find(self) -> dict[str, dict[str, Any]]:
        """Return what the store says of each file, by name; nothing where nothing is."""
        with _asking(self.address):
            self._system.invalidate_cache()
            try:
                found = self._system.find(self._path, detail=True)
            except FileNotFoundError:
                return {}
        return {name.removeprefix(self._path).lstrip("/"): found[name] for name in sorted(found)}

    def read(self, name: str) -> bytes:
        """Return what a small file holds."""
        with _asking(self.address):
            return bytes(self._system.cat_file(self._place(name)))

    def fetch(self, path: str) -> None:
        """Copy the file at the address itself to `path`.

        Raises:
            InputError: it is not there any more.
        """
        with _asking(self.address):
            try:
                self._system.get_file(self._path, path)
            except FileNotFoundError as error:
                message = "it is gone from where it was listed"
                raise InputError(message, path=self.address, reason="input-changed") from error

    def write(self, name: str, data: bytes) -> None:
        """Put a small file there."""
        with _asking(self.address, "written"):
            self._system.pipe_file(self._place(name), data)

    def put(self, name: str, path: Path) -> None:
        """Put the file at `path` there."""
        with _asking(self.address, "written"):
            self._system.put_file(str(path), self._place(name))

    def remove(self, name: str) -> None:
        """Remove one file."""
        with _asking(self.address, "written"):
            self._system.rm_file(self._place(name))

    def address_of(self, name: str) -> str:
        """Return the whole address of a file."""
        return str(self._system.unstrip_protocol(self._place(name)))

    def _place(self, name: str) -> str:
        return f"{self._path.rstrip('/')}/{name}" if name else self._path


def version_of(entry: Mapping[str, Any]) -> int:
    """Return a number that differs between versions of a stored file; 0 where the store says nothing of them."""
    said = "\0".join(f"{key}={entry[key]}" for key in _VERSION if entry.get(key))
    return int.from_bytes(blake2b(said.encode(), digest_size=7).digest(), "big") if said else 0


def find_stored(store: Store) -> dict[str, dict[str, Any]]:
    """Return the files that are to be read there; of a finished corpus these are the parts that its manifest names.

    Raises:
        UsageError: nothing is there, or a corpus that is damaged, or the package for such addresses is not installed.
        EnvironmentFault: the store does not answer, or refuses.
    """
    files = store.find()
    if not files:
        raise UsageError(f"{store.address}: no such file or folder")
    for marker in [name for name in files if PurePosixPath(name).name == "_SUCCESS"]:
        corpus = marker.removesuffix("_SUCCESS")
        manifest = store.read(f"{corpus}manifest.json") if f"{corpus}manifest.json" in files else b""
        if store.read(marker).strip() != sha256(manifest).hexdigest().encode("ascii"):
            message = f"{corpus}manifest.json is not what was published; publish the corpus again"
            raise UsageError(f"{store.address}: {message}")
        # In plain JSONL a part without documents is an empty file, which as an input would be a failure.
        named = {f"{corpus}{name}": said["bytes"] for name, said in orjson.loads(manifest)["files"].items()}
        parts = {name for name, size in named.items() if size and name.startswith(f"{corpus}corpus/")}
        if missing := parts - files.keys():
            raise UsageError(f"{store.address}: {min(missing)} is missing; publish the corpus again")
        files = {name: said for name, said in files.items() if name in parts or not name.startswith(corpus)}
    return files


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
        Store(path).fetch(local.name)
        found = Path(local.name).stat().st_size
        if found != size:
            message = f"the file changed after it was listed, from {size} bytes to {found}"
            raise InputError(message, path=path, reason="input-changed")
        yield local.name


@contextmanager
def _asking(address: str, what: str = "read") -> Iterator[None]:
    """Turn whatever a store says no with into an error of ours."""
    try:
        yield
    except GhirbalError:
        raise
    except Exception as error:
        why = str(error) or type(error).__name__
        advice = "see that the store answers and lets you in, then give the same command again"
        raise EnvironmentFault(f"{address}: cannot be {what} ({why}); {advice}") from error
