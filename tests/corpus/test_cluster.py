import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from threading import Thread

import pytest

pytest.importorskip("distributed", reason="the extra [cluster] is not installed")

from corpus.errors import EnvironmentFault
from corpus.run import cluster as clusters
from corpus.run import runner
from corpus.run.runner import open_pool
from tests.corpus.test_runner import HERE, run, toys, tree, write_inputs
from tests.ghirbal.builds import build, call, rows
from tests.ghirbal.builds import tree as corpus_of
from tests.timing import PATIENCE

ROOT = HERE.parents[1]
EXAMPLES = ROOT / "examples" / "dumps"
CHAIN = [toys.Read(), toys.DropRepeats()]
INPUTS = {"a.jsonl": ["one", "two", "one"], "b.jsonl": ["two", "boom", "three"], "c.jsonl": ["one"]}
#: Options of a cluster in threads of this process, whatever else listens at the ports that Dask likes.
IN_THREADS = {
    "processes": False,
    "protocol": "tcp://",
    "host": "127.0.0.1",
    "threads_per_worker": 1,
    "dashboard_address": None,
    "scheduler_kwargs": {"dashboard_address": "127.0.0.1:0"},
}


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def end(process):
    """End a process of Dask; a worker whose scheduler is gone may wait for it for ever instead."""
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(10)
    process.kill()
    process.wait()


class Machines:
    """A scheduler and its workers on loopback, in processes of their own."""

    def __init__(self, stack, workers=2, memory="0", port=0):
        self.stack = stack
        self.port = port or free_port()
        self.address = f"tcp://127.0.0.1:{self.port}"
        self.scheduler = self.start("scheduler", "--host", "127.0.0.1", "--port", str(self.port))
        for _ in range(workers):
            self.start("worker", self.address, "--nthreads", "1", "--memory-limit", memory, "--host", "127.0.0.1")

    def start(self, what, *arguments):
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT), str(HERE)))}
        call = [sys.executable, "-m", "dask", what, *arguments, "--no-dashboard"]
        process = subprocess.Popen(call, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.stack.callback(end, process)
        return process


@contextmanager
def machines(**options):
    with ExitStack() as stack:
        yield Machines(stack, **options)


@pytest.fixture
def inputs(tmp_path):
    write_inputs(tmp_path / "in", INPUTS)
    return tmp_path / "in"


def answers(address, folder, function, items, code=tuple):
    with open_pool(2, address, folder, code) as pool:
        return list(pool.map(function, items))


def published(out):
    return {name: data for name, data in tree(out).items() if "work" not in name and ".unpublished-" not in name}


def same_corpus(one, other):
    assert published(one) == published(other)


@pytest.fixture
def here():
    """A scheduler and a worker in threads of this process."""
    from distributed import LocalCluster

    with LocalCluster(1, **IN_THREADS) as cluster:
        yield cluster.scheduler_address


def test_a_cluster_answers_as_the_pool_does_and_leaves_no_call_behind(here, inputs, tmp_path):
    run(inputs, tmp_path / "pool", CHAIN)
    run(inputs, tmp_path / "cluster", CHAIN, address=here)
    same_corpus(tmp_path / "pool", tmp_path / "cluster")
    assert sorted(tree(tmp_path / "pool" / "work")) == sorted(tree(tmp_path / "cluster" / "work"))
    with pytest.raises(EnvironmentFault, match="does not see it; OUT must lie in a folder that all workers share"):
        clusters.call(str(tmp_path / "0.call"))
    with pytest.raises(EnvironmentFault, match="has another release of Ghirbal"):
        answers(here, tmp_path, str, [1], code=iter(range(9)).__next__)


def test_what_crosses_the_scheduler_are_paths_and_sizes(tmp_path):
    pool = clusters.DaskPool("", 1, tmp_path, tuple)
    submitted = []
    pool._executor = type("Fake", (), {"submit": lambda self, function, path: submitted.append((function, path))})()
    pool._submit(len, "x" * 1000)
    ((function, path),) = submitted
    assert (function, Path(path).name) == (clusters.call, "0.call")
    answer, size = clusters.call(path)
    assert (Path(answer).name, size) == ("0.answer", len(Path(answer).read_bytes()))


def test_calls_of_a_killed_run_are_not_done_any_more(tmp_path):
    old = tmp_path / "calls-1" / "0.call"
    old.parent.mkdir()
    old.write_bytes(b"")
    clusters.DaskPool("", 1, tmp_path, tuple)
    with pytest.raises(EnvironmentFault, match="does not see it"):
        clusters.call(str(old))


@pytest.mark.slow
def test_two_workers_make_the_bytes_of_the_pool_in_two_runs_at_once(tmp_path):
    build(EXAMPLES, tmp_path / "pool", workers=2)
    with machines() as cluster:
        given = {"cluster": cluster.address}
        runs = [Thread(target=build, args=(EXAMPLES, tmp_path / name), kwargs=given) for name in "ab"]
        for one in runs:
            one.start()
        for one in runs:
            one.join()
    with socket.socket() as another_dask:
        with suppress(OSError):  # whoever listens there already does as well
            another_dask.bind(("127.0.0.1", 8787))
            another_dask.listen()
        build(EXAMPLES, tmp_path / "local", workers=2, cluster="local")
    expected = corpus_of(tmp_path / "pool")
    assert all(corpus_of(tmp_path / name) == expected for name in ("a", "b", "local"))


def blocks(text, language=""):
    """The blocks of commands of a page: indented ones without their comments, or fenced ones of a language."""
    if language:
        return re.findall(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    return [
        re.sub(r" +#.*|^    ", "", block, flags=re.MULTILINE)
        for block in re.findall(r"(?:^    .+\n)+", text, re.MULTILINE)
    ]


@pytest.mark.slow
def test_the_lines_of_the_page_make_the_bytes_of_the_pool(tmp_path):
    """Those for several machines, and those for Slurm without `srun`, which starts a line on each machine."""
    build(EXAMPLES, tmp_path / "pool", workers=2)
    page = (ROOT / "docs" / "scale.md").read_text("utf-8")
    by_hand = next(block for block in blocks(page) if block.startswith("dask scheduler"))
    scheduler, worker, run_it = by_hand.splitlines()
    for name, script in (("hand", f"{scheduler} &\n{worker} &\n{run_it}"), ("slurm", blocks(page, "sh")[0])):
        given = {"10.0.0.1": "127.0.0.1", "8786": str(free_port()), "nworkers 8": "nworkers 2", "srun ": ""}
        for old, new in (given | {"/shared/dumps": str(EXAMPLES), "/shared/OUT": str(tmp_path / name)}).items():
            script = script.replace(old, new)
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        environment["PATH"] = os.pathsep.join((str(Path(sys.executable).parent), environment["PATH"]))
        with (tmp_path / f"{name}.log").open("wb") as said:
            done = subprocess.Popen(
                ["bash", "-c", script], cwd=tmp_path, env=environment, stdout=said, stderr=said, start_new_session=True
            )
            try:
                assert done.wait(10 * PATIENCE) == 0, (tmp_path / f"{name}.log").read_text()
            finally:
                os.killpg(done.pid, signal.SIGTERM)  # as a job ends what it has left
        assert corpus_of(tmp_path / name) == corpus_of(tmp_path / "pool")


def test_what_another_machine_wrote_is_read_as_soon_as_all_of_it_is_seen_here(tmp_path, monkeypatch):
    """A network disk may remember that there was no such file, or a part of it."""
    path, seen = tmp_path / "0.answer", [b"", b"an ", b"an answer"]

    def wait(seconds):
        path.write_bytes(seen.pop(0))

    monkeypatch.setattr(clusters.time, "sleep", wait)
    assert clusters._read(path, 9) == b"an answer"
    assert seen == []
    monkeypatch.setattr(clusters, "_PATIENCE", 0)
    with pytest.raises(EnvironmentFault, match="1.answer: cannot read"):
        clusters._read(tmp_path / "1.answer", 9)


@pytest.mark.slow
def test_a_worker_killed_in_each_phase_is_replaced(inputs, tmp_path):
    deaths = tmp_path / "deaths"
    (deaths / "learn").mkdir(parents=True)
    run(inputs, tmp_path / "calm", [toys.Upper()])
    with machines() as cluster:
        run(inputs, tmp_path / "out", [toys.DieOnce(str(deaths)), toys.Upper()], address=cluster.address)
        same_corpus(tmp_path / "calm", tmp_path / "out")
        assert sorted(tree(deaths)) == ["apply", "learn/0", "observe"]
        with pytest.raises(EnvironmentFault, match="a task ended each worker that had it"):
            answers(cluster.address, tmp_path, toys.die_always, [1])


@pytest.mark.slow
def test_a_worker_over_its_memory_is_replaced(tmp_path):
    (tmp_path / "eaten").mkdir()
    with machines(memory="600MiB") as cluster:
        items = [(tmp_path / "eaten", number) for number in range(4)]
        assert answers(cluster.address, tmp_path, toys.eat_once, items) == [0, 1, 2, 3]
    assert list((tmp_path / "eaten").iterdir())


@pytest.mark.slow
def test_a_slow_worker_changes_no_byte(inputs, tmp_path, monkeypatch):
    monkeypatch.setattr(runner, "_GROUP_FILES", 1)
    (tmp_path / "seen").mkdir()
    run(inputs, tmp_path / "calm", CHAIN)
    with machines() as cluster:
        run(inputs, tmp_path / "out", [toys.SlowInOne(str(tmp_path / "seen")), *CHAIN], address=cluster.address)
    same_corpus(tmp_path / "calm", tmp_path / "out")
    assert len(list((tmp_path / "seen").iterdir())) == 3  # both have worked, and one is named as the slow one


@pytest.mark.slow
def test_a_run_whose_scheduler_is_killed_goes_on_with_the_next(inputs, tmp_path, monkeypatch):
    run(inputs, tmp_path / "calm", CHAIN)
    with machines() as cluster, open_pool(2, cluster.address, tmp_path) as pool:
        done = iter(pool.map(toys.nap, [0, 0, PATIENCE]))
        assert [next(done), next(done)] == [0, 0]
        monkeypatch.setattr(clusters, "_PATIENCE", 5)  # not before: a loaded machine starts a scheduler in more
        cluster.scheduler.kill()
        with pytest.raises(EnvironmentFault, match="no cluster answers there .*; start it, and give the same command"):
            next(done)
    monkeypatch.undo()
    with machines(port=cluster.port) as cluster:
        run(inputs, tmp_path / "out", CHAIN, address=cluster.address)
    same_corpus(tmp_path / "calm", tmp_path / "out")


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:9", "scheduler.json", "nowhere/scheduler.json"])
def test_a_cluster_that_does_not_answer_is_exit_3_and_no_dask_exit_2(dumps, tmp_path, monkeypatch, capsys, address):
    monkeypatch.setattr(clusters, "_PATIENCE", 0.2)
    monkeypatch.setenv("GHIRBAL_CLUSTER", address)
    code, said = call(monkeypatch, capsys, "clean", dumps, "-o", tmp_path / "out", "-q")
    assert code == 3
    assert f"{address}: no cluster answers there" in said.err
    assert said.err.endswith("; start it, and give the same command again\n")
    monkeypatch.setitem(sys.modules, "distributed", None)
    code, said = call(monkeypatch, capsys, "clean", dumps, "-o", tmp_path / "out", "-q")
    assert code == 2
    assert "ghirbal[cluster]" in said.err


def test_what_listens_at_the_address_and_says_nothing_is_no_cluster(dumps, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(clusters, "_PATIENCE", 0.2)
    monkeypatch.setattr(clusters, "_GRACE", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"tcp://127.0.0.1:{server.getsockname()[1]}"
        code, said = call(monkeypatch, capsys, "clean", dumps, "-o", tmp_path / "out", "-q", "--cluster", address)
    assert code == 3
    assert f"{address}: no cluster answers there (what listens there says nothing); start it" in said.err


@pytest.mark.slow
def test_shards_by_outlet_cleaned_apart_and_joined_by_dedup_are_one_build(tmp_path):
    outlets = sorted(EXAMPLES.iterdir())
    for shard, some in (("a", outlets[::2]), ("b", outlets[1::2])):
        for outlet in some:
            (shutil.copytree if outlet.is_dir() else shutil.copy)(outlet, made(tmp_path / "in" / shard) / outlet.name)
        build(tmp_path / "in" / shard, tmp_path / shard, command="clean")
    build([tmp_path / "a", tmp_path / "b"], tmp_path / "joined", command="dedup")
    build(EXAMPLES, tmp_path / "whole")
    joined, whole = ({row["id"]: row["text"] for row in rows(tmp_path / out, "corpus")} for out in ("joined", "whole"))
    assert joined == whole != {}


def made(folder):
    folder.mkdir(parents=True, exist_ok=True)
    return folder
