"""What compiled code is made with: numba and its cache. Only this module imports numba.

    python -m dedup      compiles all there is, which the first command does otherwise
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from hashlib import sha256
from inspect import getfile
from pathlib import Path
from shutil import rmtree
from tempfile import NamedTemporaryFile, TemporaryFile
from typing import Any

import numba as nb
import numpy as np
from numba.core.caching import FunctionCache, NullCache
from numba.core.registry import CPUDispatcher
from numba.core.runtime.nrt import rtsys
from numpy.typing import NDArray

#: The golden ratio in 64 bits: what hashes are multiplied by, so that every bit moves others (Knuth, TAOCP 3, 6.4).
MIX = np.uint64(0x9E3779B97F4A7C15)

_settings: Any = nb.config
#: What compiled code may have inside: other kernels, constants. The table of folding is read off `corpus.arabic`.
_IMPORT = re.compile(r"^from (corpus\.arabic|dedup[\w.]*) import", re.MULTILINE)


@cache
def _sources(source: Path) -> frozenset[Path]:
    """Return a module and those that it imports, and they import, of which code may be compiled into its own."""
    root, found = Path(__file__).parents[1], frozenset([source])
    for name in _IMPORT.findall(source.read_text("utf-8")):
        path = root.joinpath(*name.split("."))
        path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
        found |= _sources(path) if path.is_file() else set()
    return found


@cache
def cache_folder(source: str) -> Path | None:
    """Return the folder of what a module compiles, named after all sources of it, or None if none can be written to.

    Numba looks whether the file of a function has changed, but what it keeps holds code of other files as well. Beside
    the sources, folders of earlier ones are removed; elsewhere they may belong to another installation.
    """
    digest, beside = sha256(), Path(__file__).parent / "__pycache__"
    for path in sorted(_sources(Path(source))):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    kernels = f"kernels-{Path(source).parent.name}-{Path(source).stem}-"
    asked = [Path(_settings.CACHE_DIR)] if _settings.CACHE_DIR else []
    for place in (*asked, beside, Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "ghirbal"):
        folder = place / f"{kernels}{digest.hexdigest()[:16]}"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            TemporaryFile(dir=folder).close()
        except OSError:
            continue
        for old in beside.glob(f"{kernels}*"):
            if old.name != folder.name:
                rmtree(old, ignore_errors=True)
        return folder
    return None


class _Code(FunctionCache):
    """The code of a kernel on disk, read without what numba refreshes first: all that it can compile, and scipy.

    That takes a third of a second, and only compiling needs it, which refreshes again.
    """

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """Return what was compiled for a signature, or None."""
        rtsys.initialize(target_context)
        return self._load_overload(sig, target_context)  # type: ignore[no-untyped-call]


class Kernel(CPUDispatcher):
    """A function that is compiled, or its code read from disk, when it is first called or another one needs it.

    Numba does either for a signature when the module is imported: half a second for all, most of which are only parts
    of others.
    """

    def __init__(self, function: Callable[..., Any], signatures: tuple[str, ...]) -> None:
        super().__init__(function, targetoptions={"nopython": True, "nogil": True})
        self._signatures, self._settled = signatures, False

    def settle(self) -> None:
        """Compile for each of the signatures, and for nothing else from then on."""
        if self._settled:
            return
        folder = cache_folder(getfile(self.py_func))
        if folder is not None:
            # Numba's setting is one for the whole process, so it is put back.
            before, _settings.CACHE_DIR = _settings.CACHE_DIR, str(folder)
            with suppress(RuntimeError, OSError):
                self._cache: Any = _Code(self.py_func)  # type: ignore[no-untyped-call]
            _settings.CACHE_DIR = before
        for signature in self._signatures:
            try:
                self.compile(signature)
            except OSError:  # the disk is full, or the folder went: without a cache it still compiles
                self._cache = NullCache()
                self.compile(signature)
        self.disable_compile()
        self._settled = True

    def _compile_for_args(self, *_args: Any, **_named: Any) -> Callable[..., Any]:
        """Be asked by numba for what to call."""
        self.settle()
        return self

    def get_call_template(self, args: Any, kws: Any) -> Any:
        """Be asked by numba for the types of a call in another kernel."""
        self.settle()
        return super().get_call_template(args, kws)


#: All kernels of the modules imported so far.
KERNELS: list[Kernel] = []


def compiled(*signatures: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Compile a function for one signature or several, and keep the code on disk.

    The types of a compiled function stand in its signature, so its hints say Any. Where no folder can be written to,
    each process compiles for itself.
    """

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        KERNELS.append(Kernel(function, signatures))
        return KERNELS[-1]

    return decorate


def inlined(function: Callable[..., Any]) -> Callable[..., Any]:
    """Make `function` a part of each compiled function that calls it: a call costs more than a short one's work."""
    return nb.njit(inline="always")(function)


@inlined
def place_of(value: Any, in_order: Any) -> Any:
    """Return how many of the sorted values are smaller than `value`; numpy's own has numba load scipy, .25 s."""
    low, high = 0, len(in_order)
    while low < high:
        middle = (low + high) // 2
        if in_order[middle] < value:
            low = middle + 1
        else:
            high = middle
    return low


@inlined
def is_among(value: Any, in_order: Any) -> Any:
    """Tell whether `value` is one of the sorted values."""
    place = place_of(value, in_order)
    return place < len(in_order) and in_order[place] == value


def kept(name: str, make: Callable[[], NDArray[Any]], source: str) -> NDArray[Any]:
    """Return an array that takes long to make, from beside the code of the module `source`, or made if not there."""
    path = folder / f"{name}.npy" if (folder := cache_folder(source)) else None
    with suppress(OSError, ValueError, EOFError):
        if path:
            return np.asarray(np.load(path))
    array = make()
    with suppress(OSError):
        if path:
            with NamedTemporaryFile(dir=path.parent, delete=False) as file:
                np.save(file, array)
            Path(file.name).replace(path)
    return array
