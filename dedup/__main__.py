"""Compile every kernel and make every table of `dedup` that is not on disk yet: a minute that no command then takes."""

from __future__ import annotations

from dedup.kernel import KERNELS
from dedup.stages import Dedup

# Whoever makes the stage imports all modules that have kernels, and draws what sketches are made with.
stage = Dedup()
stage.accumulator()
for kernel in KERNELS:
    kernel.settle()
