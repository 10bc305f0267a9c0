"""Measure how long a piece of work takes on a machine that has other work, too."""

from __future__ import annotations

import time
from collections.abc import Callable


def fastest(work: Callable[[], object], tries: int = 3) -> float:
    """Return the CPU seconds of the fastest of `tries`."""
    times = []
    for _ in range(tries):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return min(times)
