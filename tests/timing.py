"""Bounds on time that a loaded machine does not break: other load can only add to the fastest of several tries."""

import time
from collections.abc import Callable

#: Seconds that a test waits for what ought to happen at once: many, for a loaded machine, and half of what a process
#: sleeps that ought not to be there any more.
PATIENCE = 30.0


def fastest(call: Callable[[], object], bound: float = 0.0, tries: int = 5) -> float:
    """Return the CPU seconds of the fastest of `tries` calls; stop at the first that keeps the bound."""
    best = float("inf")
    for _ in range(tries):
        start = time.process_time()
        call()
        best = min(best, time.process_time() - start)
        if best < bound:
            break
    return best
