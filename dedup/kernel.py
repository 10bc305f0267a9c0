"""Compiled code: numba makes it, once; from then on it is read from disk, and numba is not even imported.

    python -m dedup      compiles all there is, which the first command does otherwise

To import numba takes a fifth of a second and 60 MB in each process. What it has made of a kernel is kept as an object
file, which llvmlite links alone, as numba itself does; it is called as C is called. Only this module imports either.
"""

from __future__ import annotations

import ctypes
import os
import re
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import cache, cached_property
from hashlib import sha256
from importlib.machinery import EXTENSION_SUFFIXES
from importlib.metadata import version
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from inspect import getfile
from pathlib import Path
from shutil import rmtree
from tempfile import NamedTemporaryFile, TemporaryFile
from typing import Any, NamedTuple

import llvmlite.binding as llvm  # type: ignore[import-untyped]
import numpy as np
from numpy.typing import NDArray

#: The golden ratio in 64 bits: what hashes are multiplied by, so that every bit moves others (Knuth, TAOCP 3, 6.4).
MIX = np.uint64(0x9E3779B97F4A7C15)

#: What compiled code may have inside: other kernels, constants. The table of folding is read off `corpus.arabic`.
_IMPORT = re.compile(r"^from (corpus\.arabic|dedup[\w.]*) import", re.MULTILINE)
#: A parameter in a signature: a number, or an array, which is only read if it says const.
_PARAMETER = re.compile(r"(const )?(\w+)(\[.*?\])?")
#: Parts of numba that compiled code calls, each with what its names begin with.
_LIBRARIES = {"core/runtime/_nrt_python": "NRT_", "_helperlib": "numba_"}


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

    What is kept of one module holds code of others as well. Beside the sources, folders of earlier ones are removed;
    elsewhere they may belong to another installation.
    """
    digest, beside = sha256(), Path(__file__).parent / "__pycache__"
    for path in sorted(_sources(Path(source))):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    kernels = f"kernels-{Path(source).parent.name}-{Path(source).stem}-"
    asked = [Path(os.environ["NUMBA_CACHE_DIR"])] if os.environ.get("NUMBA_CACHE_DIR") else []
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


@cache
def _processor() -> dict[str, Any]:
    """Say what code is made for, and have llvmlite know what it calls."""
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    numba: Any = find_spec("numba")
    for name, prefix in _LIBRARIES.items():
        path = Path(numba.origin).parent / f"{name}{EXTENSION_SUFFIXES[0]}"
        spec: Any = spec_from_file_location(path.name.split(".")[0], path)
        library = module_from_spec(spec)
        spec.loader.exec_module(library)
        for helper, address in library.c_helpers.items():
            llvm.add_symbol(f"{prefix}{helper}", address)
    return {"cpu": llvm.get_host_cpu_name(), "features": llvm.get_host_cpu_features().flatten(), "opt": 3, "jit": True}


class Parameter(NamedTuple):
    """Say what a kernel takes: an array of so many axes, or a number where there are none."""

    kind: str
    dtype: np.dtype[Any]
    axes: int
    const: bool

    def passed(self, value: Any) -> tuple[Any, ...]:
        """Return `value` as C takes it.

        Raises:
            TypeError: it is an array of another type, or one that cannot be written to, or has gaps.
        """
        if not self.axes:
            return (value,)
        good = value.dtype == self.dtype and value.ndim == self.axes and value.flags.c_contiguous
        if not good or not (self.const or value.flags.writeable):
            raise TypeError(f"an array of {value.dtype}, {value.ndim} axes, but {self} is asked for")
        return (value.ctypes.data, *value.shape)


def _c_type(kind: str) -> Any:
    return getattr(ctypes, {"boolean": "c_bool", "float64": "c_double"}.get(kind, f"c_{kind}"))


class Kernel:
    """A function that is compiled, or its code read from disk, when it is first called.

    Called by another one, it becomes a part of that one's code.
    """

    def __init__(self, function: Callable[..., Any], signature: str, **options: str) -> None:
        self.py_func, self.signature, self.targetoptions = function, signature, options
        self._entry: Any = None

    @cached_property
    def _numba_type_(self) -> Any:
        """Be asked by numba what this is, in another kernel."""
        import numba

        make: Any = numba.njit
        # numba's type does not hold what it is the type of.
        self._part = make(self.signature.replace("const ", "") or None, **self.targetoptions)(self.py_func)
        return self._part._numba_type_

    def settle(self) -> None:
        """Read the code from disk, or compile it and keep it."""
        if self._entry is not None:
            return
        result, _, listed = self.signature.rstrip(")").partition("(")
        self._parameters = [
            Parameter(kind, np.dtype(kind.removesuffix("ean")), axes.count(":") - bool(axes), bool(const))
            for const, kind, axes in _PARAMETER.findall(listed)
        ]
        place = (self.signature, self.py_func.__code__.co_firstlineno, _processor(), sys.version_info, version("numba"))
        name = f"{self.py_func.__name__}-{sha256(repr(place).encode()).hexdigest()[:16]}"
        symbol, _, code = kept(name, self._compile, getfile(self.py_func)).tobytes().partition(b"\n")
        target = llvm.Target.from_default_triple().create_target_machine(**_processor())
        # An engine for each, because each of two objects may have a part of its own under one name.
        self._engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), target)
        self._engine.add_object_file(llvm.ObjectFileRef.from_data(code))
        self._engine.finalize_object()
        taken = list[Any]()
        for kind, _, axes, _ in self._parameters:
            taken += (ctypes.c_void_p, *[ctypes.c_ssize_t] * axes) if axes else (_c_type(kind),)
        made = ctypes.CFUNCTYPE(None if result == "void" else _c_type(result), *taken, ctypes.c_void_p)
        self._entry = made(self._engine.get_function_address(symbol.decode()))

    def _compile(self) -> NDArray[np.uint8]:
        """Return the name, a newline and the object file of a function for C that calls this one."""
        from numba import carray, cfunc  # type: ignore[attr-defined]

        taken, types, given = list[str](), list[str](), list[str]()
        for at, (kind, _, axes, _) in enumerate(self._parameters):
            sizes = [f"size{at}_{axis}" for axis in range(axes)]
            taken += (f"of{at}", *sizes)
            types += (f"CPointer({kind})" if axes else kind, *("int64" for _ in sizes))
            given.append(f"carray(of{at}, ({', '.join(sizes)},))" if axes else f"of{at}")
        lines = f"found = kernel({', '.join(given)})", "done[0] = 1", "return found"
        space: dict[str, Any] = {"kernel": self, "carray": carray}
        exec("\n    ".join((f"def entry({', '.join((*taken, 'done'))}):", *lines)), space)  # noqa: S102
        result = self.signature.partition("(")[0]
        entry: Any = cfunc(f"{result}({', '.join((*types, 'CPointer(int64)'))})")(space["entry"])
        target = llvm.Target.from_default_triple().create_target_machine(**_processor())
        code = target.emit_object(llvm.parse_assembly(entry.inspect_llvm()))
        return np.frombuffer(f"{entry.native_name}\n".encode() + code, np.uint8)

    def __call__(self, *given: Any) -> Any:
        """Call the compiled function.

        Raises:
            TypeError: an array is not what the signature says.
            MemoryError: there is no room for what the function needs besides.
        """
        self.settle()
        passed = [one for value, like in zip(given, self._parameters, strict=True) for one in like.passed(value)]
        done = ctypes.c_int64()
        found = self._entry(*passed, ctypes.addressof(done))
        if not done.value:
            raise MemoryError(f"{self.py_func.__name__}: not enough memory")
        return found


#: All kernels of the modules imported so far that Python calls.
KERNELS: list[Kernel] = []


def compiled(signature: str) -> Callable[[Callable[..., Any]], Kernel]:
    """Compile a function for a signature, and keep the code on disk; for Python it must return a number or nothing.

    The types of a compiled function stand in its signature, so its hints say Any. Where no folder can be written to,
    each process compiles for itself.
    """

    def decorate(function: Callable[..., Any]) -> Kernel:
        KERNELS.append(Kernel(function, signature))
        return KERNELS[-1]

    return decorate


def part(signature: str) -> Callable[[Callable[..., Any]], Kernel]:
    """Compile a function for a signature, for other kernels to call, and return what they like."""
    return lambda function: Kernel(function, signature)


def inlined(function: Callable[..., Any]) -> Callable[..., Any]:
    """Make `function` a part of each compiled function that calls it: a call costs more than a short one's work."""
    return Kernel(function, "", inline="always")


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
