import subprocess
import sys
import time
from pathlib import Path

import pytest

from corpus.errors import EnvironmentFault, RecordError
from corpus.run import sandbox as guard_module
from corpus.run.sandbox import Guard
from tests.corpus.behaviours import GIBIBYTE, Unreadable, behave, killed_always, killed_once
from tests.timing import PATIENCE, all_end, is_alive

ROOT = Path(__file__).parents[2]


@pytest.fixture
def guard():
    guard = Guard(behave, seconds=0.5, memory=2 * GIBIBYTE)
    yield guard
    guard.close()


def test_neighbours_of_bad_items_are_unharmed(guard):
    assert guard("a") == "A"
    with pytest.raises(RecordError, match=r"longer than 0.5 s of CPU time, or 5 s in all") as hung:
        guard("hang")
    assert hung.value.reason == "timeout"
    assert guard("b") == "B"
    with pytest.raises(RecordError, match="exit 139") as died:
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
    assert time.monotonic() - began < PATIENCE


def test_time_in_which_the_machine_does_something_else_does_not_count(guard):
    assert guard("work slowly") == "WORK SLOWLY"
    assert guard("work slowly") == "WORK SLOWLY"
    assert guard("work slowly") == "WORK SLOWLY"


def test_what_sleeps_ends_too():
    guard = Guard(behave, seconds=0.1, memory=2 * GIBIBYTE)
    with pytest.raises(RecordError) as asleep:
        guard("sleep")
    assert asleep.value.reason == "timeout"
    assert guard("a") == "A"
    guard.close()


def test_memory_is_bounded(guard, capfd):
    with pytest.raises(RecordError, match="more than 2147483648 bytes") as died:
        guard("eat")
    assert died.value.reason == "worker-died"
    assert capfd.readouterr().err == ""


def test_one_child_serves_until_it_dies_or_has_served_long(guard, monkeypatch):
    first = guard("who")
    assert [guard("who") for _ in range(5)] == [first] * 5
    with pytest.raises(RecordError):
        guard("die")
    second = guard("who")
    assert second != first
    monkeypatch.setattr(guard_module, "_CALLS", 3)
    children = [guard("who") for _ in range(5)]
    assert children[:2] == [second] * 2
    assert children[2] != second
    assert children[2:] == [children[2]] * 3


def test_a_child_that_cannot_start_is_no_fault_of_the_page():
    guard = Guard(Unreadable(), seconds=5, memory=2 * GIBIBYTE)
    with pytest.raises(EnvironmentFault, match="cannot be started"):
        guard("a")
    guard.close()


def test_a_child_killed_while_it_starts_is_started_again(tmp_path):
    guard = Guard(Unreadable(tmp_path, times=2), seconds=5, memory=2 * GIBIBYTE)
    assert guard("a") == "A"
    assert len(list(tmp_path.iterdir())) == 2
    guard.close()


def test_a_child_killed_each_time_it_starts_is_the_fault_of_the_machine(tmp_path):
    guard = Guard(Unreadable(tmp_path, times=100), seconds=5, memory=2 * GIBIBYTE)
    with pytest.raises(EnvironmentFault, match="killed by the system each time"):
        guard("a")
    assert len(list(tmp_path.iterdir())) == 4
    guard.close()


def test_a_page_whose_child_was_killed_from_outside_is_read_again(tmp_path):
    guard = Guard(killed_once, seconds=5, memory=2 * GIBIBYTE)
    assert guard(tmp_path) == "read"
    guard.close()


def test_a_page_whose_child_is_killed_again_is_set_aside(tmp_path):
    guard = Guard(killed_always, seconds=5, memory=2 * GIBIBYTE)
    with pytest.raises(RecordError, match="exit -9") as died:
        guard(tmp_path)
    assert died.value.reason == "worker-died"
    assert len(list(tmp_path.iterdir())) == 2
    guard.close()


PARENT = """
import sys
sys.path[:0] = [{root!r}]
from corpus.run.sandbox import Guard
from tests.corpus.behaviours import GIBIBYTE, behave
if __name__ == "__main__":
    guard = Guard(behave, seconds=60, memory=2 * GIBIBYTE)
    print(guard("who"), *guard("limit"), flush=True)
    {then}
"""


def start_parent(folder, then, limit=""):
    path = folder / "parent.py"
    path.write_text(PARENT.format(root=str(ROOT), then=then))
    command = ["sh", "-c", f"{limit} exec {sys.executable} {path}"]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.mark.parametrize("then", ["guard('hang')", "guard('sleep')", "import time; time.sleep(60)"])
def test_no_child_outlives_a_parent_that_is_killed(tmp_path, then):
    with start_parent(tmp_path, then) as parent:
        child = int(parent.stdout.readline().split()[0])
        parent.kill()
    assert all_end([child])


def test_a_guard_that_nobody_closes_does_not_keep_its_parent(tmp_path):
    with start_parent(tmp_path, "pass") as parent:
        child = int(parent.stdout.readline().split()[0])
        assert parent.wait(PATIENCE) == 0
    assert not is_alive(child)


def test_a_hard_limit_below_the_memory_of_a_page_holds(tmp_path):
    with start_parent(tmp_path, "pass", limit="ulimit -v 1048576;") as parent:
        out, err = parent.communicate()
    assert (parent.returncode, err) == (0, "")
    assert out.split()[1:] == [str(GIBIBYTE)] * 2
