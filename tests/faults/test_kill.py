"""kill -9 of the whole process tree at any moment; the same command again makes the bytes of a calm run."""

import os
import random
import signal
import subprocess
import sys

import pytest

from tests.conftest import EXAMPLES
from tests.ghirbal.builds import ROOT, build, tree
from tests.timing import all_end

#: A calm run of the examples with two workers takes about so long here; kills are spread over twice that.
SECONDS = 8.0


def kill_after(seconds, out):
    """Start a build in a process group of its own, and kill all of it; return whether it had finished."""
    call = [sys.executable, "-m", "ghirbal", "build", str(EXAMPLES), "-o", str(out), "--workers", "2", "-q"]
    run = subprocess.Popen(
        call, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    try:
        run.wait(seconds)
    except subprocess.TimeoutExpired:
        os.killpg(run.pid, signal.SIGKILL)
        run.wait()
        return False
    return True


def check(tmp_path, delays):
    calm = tmp_path / "calm"
    build(EXAMPLES, calm)
    for number, delay in enumerate(delays):
        out = tmp_path / f"killed-{number}"
        finished = kill_after(delay, out)
        assert (out / "_SUCCESS").exists() or not finished
        build(EXAMPLES, out)
        assert tree(out) == tree(calm), f"killed after {delay:.2f} s"


def test_killed_in_the_middle(tmp_path):
    check(tmp_path, [2.5])


@pytest.mark.slow
def test_killed_at_many_moments(tmp_path):
    dice = random.Random(20261122)
    check(tmp_path, [dice.uniform(0.2, 2 * SECONDS) for _ in range(20)])


def test_workers_do_not_outlive_a_killed_parent(tmp_path):
    script = (
        "import sys, time; from pathlib import Path; from corpus.run.runner import open_pool\n"
        "if __name__ == '__main__':\n"
        "    with open_pool(2) as pool:\n"
        "        print(*pool.map(id_of, range(2)), flush=True); time.sleep(60)\n"
    )
    script = "import os\ndef id_of(_):\n    import time; time.sleep(0.3); return os.getpid()\n" + script
    path = tmp_path / "parent.py"
    path.write_text(script)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    parent = subprocess.Popen([sys.executable, str(path)], stdout=subprocess.PIPE, text=True, env=environment)
    workers = [int(word) for word in parent.stdout.readline().split()]
    parent.stdout.close()
    assert len(workers) == 2
    parent.kill()
    parent.wait()
    assert all_end(workers)
