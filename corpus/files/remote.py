"""Files at addresses, `s3://bucket/dumps` and whatever else fsspec knows: listed there, fetched to be read, put there.

A file is fetched whole into the folder of temporary files before it is read, so every format is read as it is from a
disk, a cut transfer is seen, and nothing holds a connection while texts are cleaned.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from hashlib import blake2b
from json import JSONDecodeError
from pathlib import Path, PurePosixPath
from tempfile import NamedTemporaryFile
from typing import Any, TypeAlias

from corpus.errors import EnvironmentFault, GhirbalError, InputError, UsageError, load_package

_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://", re.ASCII)
#: Begins the address of a path of this machine.
LOCAL = "file://"
_PLAIN_SUFFIX = re.compile(r"\.[A-Za-z0-9]{1,10}", re.ASCII)
#: What tells two versions of an object apart, by the names that stores have for it.
_VERSION = (
    "ETag", "etag", "md5Hash", "checksum", "generation", "blob_id", "xet_hash", "LastModified", "last_modified",
    "mtime", "created",
)  # fmt: skip


def is_address(path: str) -> bool:
    """Tell whether an INPUT is an address, and no path of this machine.

    >>> is_address("s3://bucket/dumps"), is_address("/data/a://b"), is_address("dumps")
    (True, False, False)
    """
    return _ADDRESS.match(path) is not None


class Store:
    """What lies at or below an address; names of files are below it, and "" is the address itself.

    Finished corpora are read through what it has in common with `Path`. All methods that ask the store raise
    EnvironmentFault where it does not answer, or refuses.
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
        package = type(self._system).__module__.partition(".")[0]
        logging.getLogger(package).setLevel(logging.CRITICAL)  # what matters of it becomes an error of ours
        if package == "huggingface_hub":
            load_package("huggingface_hub.utils", address).disable_progress_bars()  # which would break ours
        self.address = address
        self.name, self.suffix = PurePosixPath(address).name, PurePosixPath(address).suffix

    def __str__(self) -> str:
        return self.address

    def __reduce__(self) -> tuple[object, ...]:
        return Store, (self.address,)

    def __truediv__(self, name: str) -> Store:
        return Store(f"{self.address.rstrip('/')}/{name}")

    @property
    def parent(self) -> Store:
        """Return what this lies in; a whole bucket lies in itself."""
        above = self.address.rpartition("/")[0]
        return Store(above) if is_address(above) else self

    def is_file(self) -> bool:
        """Tell whether a file is at the address itself, now."""
        with _asking(self.address):
            self._system.invalidate_cache()
            try:
                return bool(self._system.info(self._path)["type"] == "file")
            except FileNotFoundError:
                return False

    def read_bytes(self) -> bytes:
        """Return what the small file at the address itself holds.

        Raises:
            FileNotFoundError: there is none.
        """
        with _asking(self.address):
            return bytes(self._system.cat_file(self._path))

    def find(self) -> dict[str, dict[str, Any]]:
        """Return what the store says of each file, by name; nothing where nothing is."""
        with _asking(self.address):
            self._system.invalidate_cache()
            try:
                found = self._system.find(self._path, detail=True)
                if not found:  # some walks pass over a store that does not answer
                    self._system.ls(self._path)
            except FileNotFoundError:
                return {}
        return {name.removeprefix(self._path).lstrip("/"): found[name] for name in sorted(found)}

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


#: Where a finished corpus may lie.
Place: TypeAlias = Path | Store


def place_of(name: object) -> Place:
    """Return the place that a path or an address names.

    >>> str(place_of("file:///data/corpus")), str(place_of("corpus/"))
    ('/data/corpus', 'corpus')
    """
    text = str(name).removeprefix(LOCAL)
    return Store(text.rstrip("/")) if is_address(text) else Path(text)


def version_of(entry: Mapping[str, Any]) -> int:
    """Return a number that differs between versions of a stored file; 0 where the store says nothing of them."""
    said = "\0".join(f"{key}={entry[key]}" for key in _VERSION if entry.get(key))
    return int.from_bytes(blake2b(said.encode(), digest_size=7).digest(), "big") if said else 0


@contextmanager
def fetched(path: str, size: int = 0) -> Iterator[str]:
    """Give the path on this machine of what lies at `path` while the block runs: itself, or that of a copy.

    Raises:
        InputError: it is gone from its address, or has another than the `size` it was listed with, if that is known.
        EnvironmentFault: the store does not answer, or refuses.
    """
    if not is_address(path):
        yield path
        return
    suffix = PurePosixPath(path).suffix
    with NamedTemporaryFile(prefix="ghirbal-", suffix=suffix if _PLAIN_SUFFIX.fullmatch(suffix) else "") as local:
        Store(path).fetch(local.name)
        found = Path(local.name).stat().st_size
        if size not in (0, found):
            message = f"the file changed after it was listed, from {size} bytes to {found}"
            raise InputError(message, path=path, reason="input-changed")
        yield local.name


@contextmanager
def _asking(address: str, what: str = "read") -> Iterator[None]:
    """Turn whatever a store says no with into an error of ours; that a file to be read is not there is none.

    Raises:
        EnvironmentFault: the store does not answer, or refuses.
        UsageError: there can be nothing at such an address.
    """
    try:
        yield
    except Exception as error:
        if isinstance(error, GhirbalError) or (what == "read" and isinstance(error, FileNotFoundError)):
            raise
        why = str(error) or type(error).__name__
        if isinstance(error, ValueError | NotImplementedError) and not isinstance(error, JSONDecodeError):
            raise UsageError(f"{address}: no address of such a store ({why})") from error
        if isinstance(error, FileNotFoundError):
            why = f"nothing is there: {why}"
        advice = "see that the store answers and lets you in, then give the same command again"
        raise EnvironmentFault(f"{address}: cannot be {what} ({why}); {advice}") from error
