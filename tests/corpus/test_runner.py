import copy
import os
import shutil
import subprocess
import sys
import time
from multiprocessing import get_context
from pathlib import Path

import orjson
import pytest

from corpus.errors import EnvironmentFault
from corpus.files.listing import InputFile, list_inputs
from corpus.formats.rows import ReadConfig
from corpus.run import pool as pools
from corpus.run import runner
from corpus.run import worker as task_module
from corpus.run.plan import Item, Plan
from corpus.run.runner import cut_segments, first_tasks, keep_answers, open_pool, run_stages, shard_inputs, shard_items
from tests.timing import all_end

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))  # so that worker processes can import the toy stages too

import stages as toys  # noqa: E402


class Watch:
    def __init__(self):
        self.labels, self.seen = [], 0

    def begin(self, label, tasks):
        self.labels.append(label)

    def advance(self, tasks):
        pass

    def records(self, total):
        self.seen = max(self.seen, total)


def write_inputs(folder, texts):
    folder.mkdir(parents=True, exist_ok=True)
    for name, lines in texts.items():
        rows = (orjson.dumps({"id": f"{name}-{n}", "text": text}) for n, text in enumerate(lines))
        (folder / name).write_bytes(b"".join(row + b"\n" for row in rows))


def run(inputs, out, stages, workers=1, seconds=20.0, address=""):
    files, failures = list_inputs([str(inputs)])
    work = out / "work"
    work.mkdir(parents=True, exist_ok=True)
    plan = Plan("f", out, work, tuple(stages), cut_segments(stages), ReadConfig(), "jsonl", seconds, 4 * 2**30)
    watch = Watch()
    with open_pool(workers, address, work) as pool:
        outcome = run_stages(plan, [copy.copy(stage) for stage in stages], first_tasks(files, failures), pool, watch)
    return outcome, watch


def rows(out, folder):
    lines = b"".join(path.read_bytes() for path in sorted((out / folder).iterdir())).split(b"\n")
    return [orjson.loads(line) for line in lines if line]


def texts(out):
    return [row["text"] for row in rows(out, "corpus")]


def removed(out):
    return rows(out, "removed")


def tree(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


INPUTS = {"a.jsonl": ["one", "two", "one"], "b.jsonl": ["two", "boom", "three"], "c.jsonl": ["one"]}


@pytest.fixture
def inputs(tmp_path):
    write_inputs(tmp_path / "in", INPUTS)
    (tmp_path / "in" / "d.jsonl").write_bytes(b'{"text": "four"}\n{broken\n')
    return tmp_path / "in"


def test_segments_are_cut_before_each_learner():
    read, repeats, upper = toys.Read(), toys.DropRepeats(), toys.Upper()
    cut = [(s.first, s.last, s.learner) for s in cut_segments([read, repeats, upper])]
    assert cut == [(0, 1, 1), (1, 3, None)]
    assert [(s.first, s.last, s.learner) for s in cut_segments([repeats])] == [(0, 0, 0), (0, 1, None)]
    assert [(s.first, s.last, s.learner) for s in cut_segments([read])] == [(0, 1, None)]


def test_every_record_is_kept_dropped_or_failed(inputs, tmp_path):
    outcome, watch = run(inputs, tmp_path / "out", [toys.Read(), toys.DropRepeats(), toys.Upper()])
    report = outcome.report
    assert (report.read, report.kept, report.dropped, report.failed) == (9, 4, 3, 2)
    assert texts(tmp_path / "out") == ["ONE", "TWO", "THREE", "FOUR"]
    gone = removed(tmp_path / "out")
    assert sorted(row["reason"] for row in gone) == ["bad-json", "internal-error", "repeat", "repeat", "repeat"]
    broken = next(row for row in gone if row["reason"] == "bad-json")
    assert (broken["source"]["path"], broken["source"]["record"], broken["stage"]) == ("d.jsonl", 1, "read")
    repeat = next(row for row in gone if row["source"]["path"] == "c.jsonl")
    assert (repeat["survivor"], repeat["stage"], repeat["excerpt"]) == ("a.jsonl", "drop-repeats", "one")
    assert watch.labels == ["read-page", "learn drop-repeats", "drop-repeats+upper"]


@pytest.mark.parametrize("chain", [[toys.Read, toys.DropRepeats, toys.Upper], [toys.DropRepeats], [toys.Upper]])
def test_workers_and_chunks_change_no_byte(inputs, tmp_path, chain, monkeypatch):
    run(inputs, tmp_path / "one", [stage() for stage in chain])
    run(inputs, tmp_path / "two", [stage() for stage in chain], workers=2)
    names = ("corpus", "removed")
    assert [tree(tmp_path / "one" / name) for name in names] == [tree(tmp_path / "two" / name) for name in names]
    monkeypatch.setattr(task_module, "CHUNK_BYTES", 4)
    run(inputs, tmp_path / "three", [stage() for stage in chain])
    assert texts(tmp_path / "three") == texts(tmp_path / "one")
    one, three = (sorted(map(orjson.dumps, removed(tmp_path / name))) for name in ("one", "three"))
    assert one == three


def test_a_page_that_hangs_is_set_aside(tmp_path):
    (tmp_path / "in").mkdir()
    for name in ("a", "hang", "z"):
        (tmp_path / "in" / f"{name}.html").write_text(f"<!doctype html><html><body>{name}</body></html>")
    outcome, _ = run(tmp_path / "in", tmp_path / "out", [toys.Read()], seconds=0.5)
    assert (outcome.report.kept, outcome.report.failed) == (2, 1)
    assert removed(tmp_path / "out")[0]["reason"] == "timeout"


@pytest.mark.parametrize("workers", [1, 2])
def test_one_child_a_worker_reads_the_pages_of_all_tasks(tmp_path, monkeypatch, workers):
    monkeypatch.setattr(runner, "_GROUP_FILES", 1)
    (tmp_path / "in").mkdir()
    for name in "abcdefgh":
        (tmp_path / "in" / f"{name}.html").write_text(f"<!doctype html><html><body>{name}</body></html>")
    run(tmp_path / "in", tmp_path / "out", [toys.ReadSomewhere()], workers)
    assert len(list((tmp_path / "out" / "corpus").iterdir())) == 8
    children = {int(row["tags"][0]) for row in rows(tmp_path / "out", "corpus")}
    assert 1 <= len(children) <= workers
    assert all_end(children)


def test_small_files_are_grouped_and_large_ones_divided():
    def file(name, size):
        return InputFile(name, name, size)

    sizes = {"a": 10, "b.JSONL": 200 * 2**20, "c": 10, "d": 9 * 2**20, "e.jsonl.gz": 900 * 2**20, "f.csv": 70 * 2**20}
    shards = shard_inputs([file(name, size) for name, size in sizes.items()])
    assert [[(f.name, part) for f, part in shard] for shard in shards] == [
        [("b.JSONL", (0, 4))],
        [("b.JSONL", (1, 4))],
        [("b.JSONL", (2, 4))],
        [("b.JSONL", (3, 4))],
        [("a", (0, 1)), ("c", (0, 1))],
        [("d", (0, 1))],
        [("e.jsonl.gz", (0, 1))],
        [("f.csv", (0, 1))],
    ]
    items = [Item(str(n), 30 * 2**20, ()) for n in range(5)]
    assert [len(shard) for shard in shard_items(items)] == [2, 2, 1]


KILLER = """
import os, sys
sys.path[:0] = [{here!r}, {root!r}]
from pathlib import Path
import test_runner
calls, limit = 0, 0
def dying(real):
    def call(*args, **kwargs):
        global calls
        calls += 1
        if calls == limit:
            os._exit(137)
        return real(*args, **kwargs)
    return call
os.fsync, os.replace = dying(os.fsync), dying(os.replace)
for limit in range(1, int(sys.argv[3]) + 1):
    child = os.fork()
    if not child:
        chain = [test_runner.toys.Read(), test_runner.toys.DropRepeats()]
        test_runner.run(Path(sys.argv[1]), Path(sys.argv[2], str(limit)), chain)
        os._exit(0)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


#: Eight files are published, with two syncs and one rename each.
DURABLE_CALLS = 24


def test_a_run_killed_at_any_durable_call_converges(inputs, tmp_path):
    code = KILLER.format(here=str(HERE), root=str(HERE.parents[1]))
    chain = [toys.Read(), toys.DropRepeats()]
    run(inputs, tmp_path / "calm", chain)
    arguments = [sys.executable, "-c", code, str(inputs), str(tmp_path), str(DURABLE_CALLS)]
    died = subprocess.run(arguments, capture_output=True, text=True, check=True)
    assert died.stdout.split() == ["137"] * DURABLE_CALLS, died.stderr
    for limit in range(1, DURABLE_CALLS + 1):
        out = tmp_path / str(limit)
        run(inputs, out, chain)
        for name in ("corpus", "removed"):
            found = {k: v for k, v in tree(out / name).items() if ".unpublished-" not in k}
            assert found == tree(tmp_path / "calm" / name), limit


def test_a_worker_that_dies_again_and_again_ends_the_run(inputs, tmp_path, monkeypatch):
    monkeypatch.setattr(pools, "_MAX_DEATHS", 1)
    with pytest.raises(EnvironmentFault, match="lost their worker 2 times"):
        run(inputs, tmp_path / "out", [toys.Suicide()], workers=2)


def test_learning_asks_again_what_a_killed_worker_did_not_answer(tmp_path):
    with open_pool(2) as pool:
        assert list(pool.map(toys.die_once, [(tmp_path, number) for number in range(5)])) == [0, 1, 2, 3, 4]
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize(("harm", "again"), [("", []), ("cut", [1]), ("flipped", [1])])
def test_a_killed_learner_goes_on_with_the_answers_that_are_whole(tmp_path, harm, again):
    asked, killed = [], [KeyboardInterrupt]

    def double(number):
        asked.append(number)
        if number == 4 and killed:
            raise killed.pop()
        return b"%d" % (2 * number)

    def learn(run):
        first = [int(bytes(view)) for view in run(double, [1, 2])]
        return [int(bytes(view)) for view in run(double, first)]

    with open_pool(1) as pool:
        with pytest.raises(KeyboardInterrupt):
            learn(keep_answers(pool, tmp_path, "learn"))
        if harm:
            damage(tmp_path / "learn-00-00000.part", harm)
        assert learn(keep_answers(pool, tmp_path, "learn")) == [4, 8]
    assert asked == [1, 2, 2, 4, *again, 4]


def test_arguments_of_learning_are_made_as_there_is_room_for_them():
    made = []
    with open_pool(2) as pool:
        numbers = pool.map(abs, (made.append(number) or -number for number in range(100)))
        assert next(numbers) == 0
        assert made == list(range(8))
        assert list(numbers) == list(range(1, 100))


def test_learning_whose_workers_die_again_and_again_is_the_fault_of_the_machine(monkeypatch):
    monkeypatch.setattr(pools, "_MAX_DEATHS", 1)
    with open_pool(2) as pool, pytest.raises(EnvironmentFault, match="tasks of learning lost their worker 2 times"):
        list(pool.map(toys.die_always, range(3)))


def test_a_pool_ends_its_own_processes_and_no_others():
    bystander = get_context("spawn").Process(target=time.sleep, args=(60,), daemon=True)
    bystander.start()
    with open_pool(2) as pool:
        workers = set(pool.map(toys.process_id, range(4)))
    assert bystander.exitcode is None
    bystander.kill()
    bystander.join()
    assert all_end(workers)


def test_processes_are_forked_with_the_environment_of_now_where_they_have_an_address(monkeypatch):
    with open_pool(2) as pool:
        assert list(pool.map(os.getenv, ["SET_LATER"])) == [None]
    monkeypatch.setenv("SET_LATER", "here")  # as credentials are, once a first run has missed them
    with open_pool(2) as pool:
        assert list(pool.map(os.getenv, ["SET_LATER"])) == ["here"]
    kind = type(pools._Processes().Process()).__name__
    assert kind == ("ForkServerProcess" if sys.platform == "linux" else "SpawnProcess")
    monkeypatch.setattr(pools, "gettempdir", lambda: "/tmp/" + "long/" * 20)
    assert type(pools._Processes().Process()).__name__ == "SpawnProcess"


@pytest.mark.parametrize("fault", [OSError(28, "No space left on device"), ImportError("lacks sem_open")])
def test_processes_that_cannot_be_started_are_the_fault_of_the_machine(inputs, tmp_path, monkeypatch, fault):
    def refuse(*given, **named):
        raise fault

    monkeypatch.setattr(pools._Processes, "Process", refuse)
    with pytest.raises(EnvironmentFault, match=r"2 processes .* cannot be started \(.*; --workers 1 needs none"):
        run(inputs, tmp_path / "out", [toys.Upper()], workers=2)


def damage(path, how):
    data = bytearray(path.read_bytes())
    if how == "cut":
        del data[-1]
    else:
        data[len(data) // 2] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize("how", ["cut", "flipped"])
def test_what_was_damaged_since_a_killed_run_wrote_it_is_made_again_or_refused(inputs, tmp_path, how):
    def published(out):
        return [tree(out / name) for name in ("corpus", "removed")]

    chain = [toys.Read(), toys.DropRepeats(), toys.Upper()]
    run(inputs, tmp_path / "calm", chain)
    calm, left, refused, out = published(tmp_path / "calm"), tree(tmp_path / "calm"), [], tmp_path / "out"
    # As it was when all was done, before the last task was, and before anything was learned.
    for wanting in ((), ("1-00000.done",), ("1-00000.done", "learned-1-drop-repeats.bin")):
        for name in sorted(set(left) - {f"work/{gone}" for gone in wanting}):
            shutil.copytree(tmp_path / "calm", out)
            for gone in wanting:
                (out / "work" / gone).unlink()
            damage(out / name, how)
            try:
                run(inputs, out, chain)
                assert published(out) == calm, name
            except EnvironmentFault as fault:
                refused.append(str(fault).partition(" (")[0])
            shutil.rmtree(out)
    # Compressed files have a sum of their own, and are read where the last task is done (again).
    told = [f"{out / 'work'}/0-00000-000.{kind}: damaged since it was written" for kind in ("kept", "removed")]
    assert refused == told * 2
    assert len(left) == 8
