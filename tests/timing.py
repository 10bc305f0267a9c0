"""Bounds on time that a loaded machine does not break: other load can only add to the fastest of several tries."""

import os
import time
from collections.abc import Callable, Iterable
from pathlib import Path

#: Seconds that a test waits for what ought to happen at once: many, for a loaded machine, and half of what a process
#: sleeps that ought not to be there any more.
PATIENCE = 30.0
#: Seconds in which a process that a test waits for ends by itself; only one that hangs needs more.
DEADLINE = 120.0


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


def all_end(processes: Iterable[int]) -> bool:
    """Wait for processes to end, and return whether all have; one that nobody has asked for its end yet has ended."""
    deadline = time.monotonic() + PATIENCE
    left = list(filter(is_alive, processes))
    while left and time.monotonic() < deadline:
        time.sleep(0.05)
        left = list(filter(is_alive, left))
    return not left


def is_alive(process: int) -> bool:
    """Return whether a process runs; it may end at any moment, between two looks at it too."""
    try:
        os.kill(process, 0)
        return Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False
