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


_WORD, _QUAD, _STRIPE = ir.IntType(32), ir.IntType(64), ir.VectorType(ir.IntType(32), 4)


def _load(kind: Any) -> Callable[..., Any]:
    """Return what numba calls to build the load of one `kind`, aligned or not (little-endian machines)."""

    def generate(target: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.load(_address(target, builder, signature.args[0], arguments[:2], kind), align=1)

    return generate


def _build_read32(context: Any, data: Any, at: Any) -> Any:  # noqa: ARG001  numba passes the context
    """Load the 32 bits at byte `at` of `data`."""
    return types.uint32(data, at), _load(_WORD)


def _build_read64(context: Any, data: Any, at: Any) -> Any:  # noqa: ARG001  numba passes the context
    """Load the 64 bits at byte `at` of `data`."""
    return types.uint64(data, at), _load(_QUAD)


def _build_store(context: Any, data: Any, at: Any, value: Any) -> Any:  # noqa: ARG001  numba passes them
    """Store 32 bits at byte `at` of `data`, aligned or not."""

    def generate(target: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        place = _address(target, builder, signature.args[0], arguments[:2], _WORD)
        builder.store(arguments[2], place, align=1)
        return target.get_dummy_value()

    return types.void(data, at, types.uint32), generate


def _build_copy(context: Any, data: Any, at: Any, words: Any, place: Any) -> Any:  # noqa: ARG001
    """Copy the 16 bytes at byte `at` of `data` to the four uint32 at `place` of `words`."""

    def generate(target: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        stripe = builder.load(_address(target, builder, signature.args[0], arguments[:2], _STRIPE), align=1)
        builder.store(stripe, _address(target, builder, signature.args[2], arguments[2:], _STRIPE), align=4)
        return target.get_dummy_value()

    return types.void(data, at, words, place), generate


read32: Callable[..., Any] = intrinsic(_build_read32)
read64: Callable[..., Any] = intrinsic(_build_read64)
store32: Callable[..., Any] = intrinsic(_build_store)
copy16: Callable[..., Any] = intrinsic(_build_copy)


def _address(target: Any, builder: Any, kind: Any, array_and_place: Any, wanted: Any) -> Any:
    array, place = array_and_place
    data = target.make_array(kind)(target, builder, array).data
    return builder.bitcast(builder.gep(data, [place]), wanted.as_pointer())
