"""What compiled code is made with: numba and its cache. Only this module imports numba."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache
from hashlib import sha256
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryFile
from typing import Any

import numba as nb
import numpy as np

#: The golden ratio in 64 bits: what hashes are multiplied by, so that every bit moves others (Knuth, TAOCP 3, 6.4).
MIX = np.uint64(0x9E3779B97F4A7C15)

_settings: Any = nb.config


@cache
def cache_folder() -> Path | None:
    """Return the folder of compiled code, named after the sources it was made of, or None if none can be written to.

    Numba looks whether the file of a function has changed, but what it keeps holds code of other files as well. Beside
    the sources, folders of earlier ones are removed; elsewhere they may belong to another installation.
    """
    digest = sha256()
    for source in sorted(Path(__file__).parent.rglob("*.py")):
        digest.update(source.name.encode() + b"\0" + source.read_bytes())
    beside = Path(__file__).parent / "__pycache__"
    asked = [Path(_settings.CACHE_DIR)] if _settings.CACHE_DIR else []
    for place in (*asked, beside, Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "ghirbal"):
        folder = place / f"kernels-{digest.hexdigest()[:16]}"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            TemporaryFile(dir=folder).close()
        except OSError:
            continue
        for old in beside.glob("kernels-*"):
            if old.name != folder.name:
                rmtree(old, ignore_errors=True)
        return folder
    return None


def compiled(signature: str | list[str]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Compile a function for one signature or several when its module is imported, and keep the code on disk.

    The types of a compiled function stand in its signature, so its hints say Any. Where no folder can be written to,
    each process compiles for itself.
    """

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        folder = cache_folder()
        if folder is not None:
            # Numba's setting is one for the whole process, so it is put back.
            before, _settings.CACHE_DIR = _settings.CACHE_DIR, str(folder)
            try:
                return nb.njit(signature, cache=True, nogil=True)(function)
            except (RuntimeError, OSError):
                pass  # the disk is full, or the folder went: without a cache it still compiles
            finally:
                _settings.CACHE_DIR = before
        return nb.njit(signature, cache=False, nogil=True)(function)

    return decorate


def inlined(function: Callable[..., Any]) -> Callable[..., Any]:
    """Make `function` a part of each compiled function that calls it: a call costs more than a short one's work."""
    return nb.njit(inline="always")(function)
