"""What compiled code is made with: numba, its cache, and unaligned access to bytes. Only this module imports numba."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba as nb
from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.extending import intrinsic


def compiled(signature: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Compile a function for `signature` when its module is imported, and keep the code on disk.

    The types of a compiled function stand in `signature`, so its hints say Any. Where no folder can be written to,
    each process compiles for itself.
    """

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        try:
            return nb.njit(signature, cache=True, nogil=True)(function)
        except (RuntimeError, OSError):
            return nb.njit(signature, cache=False, nogil=True)(function)

    return decorate


def inlined(function: Callable[..., Any]) -> Callable[..., Any]:
    """Make `function` a part of each compiled function that calls it: a call costs more than a short one's work."""
    return nb.njit(inline="always")(function)


def _build_read(context: Any, data: Any, at: Any) -> Any:  # noqa: ARG001  numba passes the context
    """Load the 32 bits at byte `at` of `data`, aligned or not, in one instruction (little-endian machines)."""

    def generate(target: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        place = _address(target, builder, signature, arguments)
        return builder.load(place, align=1)

    return types.uint32(data, at), generate


def _build_store(context: Any, data: Any, at: Any, value: Any) -> Any:  # noqa: ARG001  numba passes them
    """Store 32 bits at byte `at` of `data`, aligned or not."""

    def generate(target: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        builder.store(arguments[2], _address(target, builder, signature, arguments), align=1)
        return target.get_dummy_value()

    return types.void(data, at, types.uint32), generate


read32: Callable[..., Any] = intrinsic(_build_read)
store32: Callable[..., Any] = intrinsic(_build_store)


def _address(target: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    array = target.make_array(signature.args[0])(target, builder, arguments[0])
    place = builder.gep(array.data, [arguments[1]])
    return builder.bitcast(place, ir.IntType(32).as_pointer())
