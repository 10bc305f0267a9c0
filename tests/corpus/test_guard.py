import os
import signal
import time

import pytest

from corpus.errors import EnvironmentFault, RecordError
from corpus.guard import Guard

GIBIBYTE = 2**30


def behave(item):
    match item:
        case "hang":
            while True:
                time.sleep(0.01)
        case "die":
            os._exit(139)
        case "eat":
            return len(bytearray(8 * GIBIBYTE))
        case "deaf":
            signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM, signal.SIGINT])
            while True:
                pass
    return item.upper()


@pytest.fixture
def guard():
    guard = Guard(behave, seconds=0.5, memory=2 * GIBIBYTE)
    yield guard
    guard.close()


def test_neighbours_of_bad_items_are_unharmed(guard):
    assert guard("a") == "A"
    with pytest.raises(RecordError, match="longer than 0.5 s") as hung:
        guard("hang")
    assert hung.value.reason == "timeout"
    assert guard("b") == "B"
    with pytest.raises(RecordError) as died:
        guard("die")
    assert died.value.reason == "worker-died"
    assert guard("c") == "C"


def test_items_of_any_size_cross_whole(guard):
    for size in (0, 1, 70_000, 5_000_000, 40_000_000):
        assert guard("x" * size) == "X" * size


def test_a_busy_loop_that_ignores_signals_ends_at_its_deadline(guard):
    began = time.monotonic()
    with pytest.raises(RecordError) as hung:
        guard("deaf")
    assert hung.value.reason == "timeout"
    assert time.monotonic() - began < 5


def test_memory_is_bounded(guard):
    with pytest.raises(RecordError) as died:
        guard("eat")
    assert died.value.reason == "worker-died"


class Unreadable:
    """A function that the child cannot load."""

    def __call__(self, item):
        return item

    def __reduce__(self):
        return explode, ()


def explode():
    raise RuntimeError("cannot be loaded")


def test_a_child_that_cannot_start_is_no_fault_of_the_page():
    guard = Guard(Unreadable(), seconds=5, memory=2 * GIBIBYTE)
    with pytest.raises(EnvironmentFault, match="cannot be started"):
        guard("a")
    guard.close()
