"""What compiled code is made with: numba, its cache, and unaligned access to bytes. Only this module imports numba."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from hashlib import sha256
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryFile
from typing import Any

import numba as nb
import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.extending import intrinsic

#: The golden ratio in 64 bits: what hashes are multiplied by, so that every bit moves others (Knuth, TAOCP 3, 6.4).
MIX = np.uint64(0x9E3779B97F4A7C15)

_settings: Any = nb.config


def _places() -> Iterator[Path]:
    """Yield where compiled code may be kept, best first."""
    if _settings.CACHE_DIR:
        yield Path(_settings.CACHE_DIR)
    yield Path(__file__).parent / "__pycache__"
    yield Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "ghirbal"


@cache
def cache_folder() -> Path | None:
    """Return the folder of compiled code, named after the sources it was made of, or None if none can be written to.

    Numba looks whether the file of a function has changed, but what it keeps holds code of other files as well. Beside
    the sources, folders of earlier ones are removed; elsewhere they may belong to another installation.
    """
    digest = sha256()
    for source in sorted(Path(__file__).parent.rglob("*.py")):
        digest.update(source.name.encode() + b"\0" + source.read_bytes())
    for place in _places():
        folder = place / f"kernels-{digest.hexdigest()[:16]}"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            TemporaryFile(dir=folder).close()
        except OSError:
            continue
        for old in Path(__file__).parent.glob("__pycache__/kernels-*"):
            if old.name != folder.name:
                rmtree(old, ignore_errors=True)
        return folder
    return None


@contextmanager
def _keeping_code_in(folder: Path) -> Iterator[None]:
    """Tell numba where to keep code; its setting is one for the whole process, so it is put back."""
    before, _settings.CACHE_DIR = _settings.CACHE_DIR, str(folder)
    try:
        yield
    finally:
        _settings.CACHE_DIR = before


def compiled(signature: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Compile a function for `signature` when its module is imported, and keep the code on disk.

    The types of a compiled function stand in `signature`, so its hints say Any. Where no folder can be written to,
    each process compiles for itself.
    """

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        folder = cache_folder()
        if folder is not None:
            try:
                with _keeping_code_in(folder):
                    return nb.njit(signature, cache=True, nogil=True)(function)
            except (RuntimeError, OSError):
                pass  # the disk is full, or the folder went: without a cache it still compiles
        return nb.njit(signature, cache=False, nogil=True)(function)

    return decorate


def inlined(function: Callable[..., Any]) -> Callable[..., Any]:
    """Make `function` a part of each compiled function that calls it: a call costs more than a short one's work."""
    return nb.njit(inline="always")(function)


_WORD, _QUAD = ir.IntType(32), ir.IntType(64)


def _build_read(context: Any, data: Any, at: Any) -> Any:  # noqa: ARG001  numba passes the context
    """Load the 64 bits at byte `at` of `data`, aligned or not (little-endian machines)."""

    def generate(target: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.load(_address(target, builder, signature.args[0], arguments, _QUAD), align=1)

    return types.uint64(data, at), generate


def _build_store(context: Any, data: Any, at: Any, value: Any) -> Any:  # noqa: ARG001  numba passes them
    """Store 32 bits at byte `at` of `data`, aligned or not."""

    def generate(target: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        place = _address(target, builder, signature.args[0], arguments[:2], _WORD)
        builder.store(arguments[2], place, align=1)
        return target.get_dummy_value()

    return types.void(data, at, types.uint32), generate


read64: Callable[..., Any] = intrinsic(_build_read)
store32: Callable[..., Any] = intrinsic(_build_store)


def _address(target: Any, builder: Any, kind: Any, array_and_place: Any, wanted: Any) -> Any:
    array, place = array_and_place
    data = target.make_array(kind)(target, builder, array).data
    return builder.bitcast(builder.gep(data, [place]), wanted.as_pointer())
