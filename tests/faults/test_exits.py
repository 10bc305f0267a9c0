"""Each way a command can end has its own exit code and one sentence; a traceback is never one of them."""

import errno
import fcntl
import os
import resource
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from corpus.errors import EnvironmentFault, UsageError
from corpus.files import durable as commit
from corpus.run import run_stages
from tests.ghirbal.builds import ROOT, build, call, command, story, tree
from tests.timing import DEADLINE

CALLS = ("fsync", "replace", "truncate", "write", "mkdir", "open")
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}


def one_sentence(said):
    return said.startswith("error: ") and said.count("error:") == 1 and "Traceback" not in said


# --- a disk that is full, at any moment ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("limit", "workers"),
    [(7, 2), (3000, 1), *(pytest.param(*case, marks=pytest.mark.slow) for case in ((0, 1), (0, 2), (7, 1), (3000, 2)))],
)
def test_a_full_disk_at_any_size_is_exit_3_and_the_same_command_goes_on(
    dumps, tmp_path, monkeypatch, capsys, limit, workers
):
    (dumps / "page.html").write_text(f"<html><body><p>{story(9)}</p></body></html>", "utf-8")
    arguments = ("clean", dumps, "-o", tmp_path / "out", "-q", "--workers", workers)

    def narrow():
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    done = command(*arguments, preexec_fn=narrow)
    assert done.returncode == 3, done.stderr
    assert one_sentence(done.stderr), done.stderr
    assert not (tmp_path / "out" / "_SUCCESS").exists()
    assert list((tmp_path / "out").rglob("*.unpublished-*")) == []
    assert call(monkeypatch, capsys, *arguments)[0] == 0
    build(dumps, tmp_path / "calm", command="clean")
    assert tree(tmp_path / "out") == tree(tmp_path / "calm")


@pytest.mark.parametrize(
    ("name", "code"),
    [
        *((name, errno.ENOSPC) for name in CALLS),
        ("write", errno.EIO),
        *(pytest.param(name, code, marks=pytest.mark.slow) for name in CALLS for code in (errno.EIO, errno.EDQUOT)),
    ],
)
def test_each_durable_call_that_is_refused_is_exit_3(dumps, tmp_path, monkeypatch, capsys, name, code):
    """Let the first, the second ... call of one kind fail, until a run meets none; every one but that is exit 3."""
    real, arguments = getattr(os, name), ("clean", dumps, "--workers", 1, "-q")
    for number in range(100):
        calls = 0

        def refuse(*given, _number=number, **named):
            nonlocal calls
            calls += str(given[0]).startswith(str(tmp_path / str(_number))) or isinstance(given[0], int)
            if calls == _number + 1:
                raise OSError(code, os.strerror(code))
            return real(*given, **named)

        with monkeypatch.context() as patch:
            patch.setattr(os, name, refuse)
            found, said = call(monkeypatch, capsys, *arguments, "-o", tmp_path / str(number))
        if calls <= number:
            assert found == 0
            assert number > 0
            return
        # What is refused when everything is published already, or was only tried, does no harm.
        if found != 0 or not (tmp_path / str(number) / "_SUCCESS").exists():
            assert found == 3, said.err
            assert one_sentence(said.err), said.err
    raise AssertionError("no run came to its end")


def test_the_first_refusal_is_the_one_that_is_told(tmp_path):
    """What the buffer holds is refused a second time when the file is closed."""
    code = (
        "import resource, pathlib, sys\n"
        "from corpus.files.durable import publish\n"
        "from corpus.errors import EnvironmentFault\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1, 1))\n"
        "try: publish(pathlib.Path(sys.argv[1]), b'four')\n"
        "except EnvironmentFault as fault: print(fault)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "x")], capture_output=True, text=True, check=False, env=ENVIRONMENT
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"{tmp_path}/x: cannot write (File too large); ")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("code", [errno.ENOLCK, errno.EOPNOTSUPP])
def test_a_disk_without_locks_is_named(tmp_path, monkeypatch, code):
    def refuse(*_):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(fcntl, "flock", refuse)
    with pytest.raises(EnvironmentFault, match="this disk has no locks"), commit.run_lock(tmp_path / "a" / "lock"):
        pass


def test_a_link_in_the_place_of_a_temporary_file_is_not_followed(tmp_path):
    victim = tmp_path / "victim"
    victim.write_bytes(b"precious")
    (tmp_path / f"x.unpublished-{socket.gethostname()}-{os.getpid()}").symlink_to(victim)
    with pytest.raises(UsageError, match="a link stands where none may"):
        commit.publish(tmp_path / "x", b"new")
    assert victim.read_bytes() == b"precious"
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize("error", [OSError(errno.ENOMEM, "no memory"), MemoryError(), OSError(errno.EMFILE, "many")])
def test_what_the_machine_refuses_anywhere_is_exit_3(dumps, tmp_path, monkeypatch, capsys, error):
    def refuse(*_):
        raise error

    monkeypatch.setattr("ghirbal.jobs.run_stages", refuse)
    code, said = call(monkeypatch, capsys, "clean", dumps, "-o", tmp_path / "out", "-q")
    assert code == 3
    assert one_sentence(said.err)


# --- our own defects ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("debug", [False, True])
def test_a_defect_of_ours_is_exit_70_and_names_its_place(dumps, tmp_path, monkeypatch, capsys, debug):
    def broken(*_):
        raise KeyError("x\x1b[31m")

    monkeypatch.setattr("ghirbal.jobs.run_stages", broken)
    monkeypatch.setenv("GHIRBAL_DEBUG", "1" if debug else "")
    code, said = call(monkeypatch, capsys, "clean", dumps, "-o", tmp_path / "out", "-q")
    assert code == 70
    assert "a defect of Ghirbal, not of your data: KeyError: " in said.err
    assert "(ghirbal/jobs.py:" in said.err
    assert "\x1b" not in said.err.split("error: a defect")[1]
    assert ("Traceback" in said.err) is debug
    assert not (tmp_path / "out" / "_SUCCESS").exists()


# --- interrupts ---------------------------------------------------------------------------------------------------


def interrupted(arguments, number, delays):
    """Start a command, send it a signal after each delay once it handles them, and return how it ended."""
    run = subprocess.Popen(
        [sys.executable, "-m", "ghirbal", *map(str, arguments)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=ENVIRONMENT, start_new_session=True,
    )  # fmt: skip
    while not handles(run.pid, signal.SIGTERM):
        time.sleep(0.01)
    for delay in delays:
        time.sleep(delay)
        run.send_signal(number)
    _, said = run.communicate(timeout=DEADLINE)
    return run.returncode, said


def handles(process, number):
    """Return whether a process has a handler of its own for a signal: before, Python itself answers, or nobody."""
    caught = Path(f"/proc/{process}/status").read_text().split("SigCgt:")[1].split()[0]
    return bool(int(caught, 16) >> (number - 1) & 1)


@pytest.mark.parametrize(
    ("number", "delays"),
    [
        (signal.SIGTERM, [0]),
        pytest.param(signal.SIGHUP, [0.6], marks=pytest.mark.slow),
        (signal.SIGTERM, [1.2]),
        pytest.param(signal.SIGINT, [0.6, 0.02, 0.02, 0.02, 0.02], marks=pytest.mark.slow),
        (signal.SIGINT, [1.2, 0.02, 0.02, 0.02, 0.02]),
        (signal.SIGINT, [1.2, 0.2]),
    ],
)
def test_interrupts_end_with_130_and_one_sentence_however_often_and_early(tmp_path, number, delays):
    folder = tmp_path / "many"
    folder.mkdir()
    text = story(1)
    for at in range(3000):
        (folder / f"{at}.txt").write_text(text, "utf-8")
    code, said = interrupted(("clean", folder, "-o", tmp_path / "out", "-q", "--workers", 1), number, delays)
    assert (code, said) == (130, "error: interrupted; the same command takes up where this one stopped\n")
    assert not (tmp_path / "out" / "_SUCCESS").exists()


def test_an_interrupt_that_compiled_code_swallows_comes_again():
    code = (
        "import ctypes, os, signal, sys, time, types\n"
        "import ghirbal.__main__\n"
        "call = ctypes.CFUNCTYPE(None)(lambda: (os.kill(os.getpid(), signal.SIGINT), time.sleep(0.01)) and None)\n"
        "def main():\n"
        "    call()\n"
        "    time.sleep(60)\n"
        "    sys.exit(0)\n"
        "sys.modules['ghirbal.cli'] = types.SimpleNamespace(main=main)\n"
        "ghirbal.__main__.run()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, env=ENVIRONMENT)
    assert (done.returncode, done.stderr.count("\n")) == (130, 1)
    assert done.stderr.startswith("error: interrupted")


def test_nohup_means_it(dumps, tmp_path):
    arguments = ("clean", dumps, "-o", tmp_path / "out", "-q", "--workers", 1)
    done = command(*arguments, preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
    assert done.returncode == 0


# --- streams that nobody reads ------------------------------------------------------------------------------------


def shell(line, tmp_path, **options):
    script = f"ghirbal() {{ {sys.executable} -m ghirbal \"$@\"; }}\n{line}\n"
    return subprocess.run(
        ["bash", "-c", script], cwd=tmp_path, env=ENVIRONMENT, capture_output=True, text=True, check=False, **options
    )


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("ghirbal check out", 0),
        ("ghirbal --help", 0),
        *(
            pytest.param(*case, marks=pytest.mark.slow)
            for case in (
                ("ghirbal clean dumps bad -o out -q --workers 1", 1),
                ("ghirbal check broken", 1),
                ("ghirbal explain --json dumps/0.txt", 0),
                ("ghirbal score text none none", 2),
            )
        ),
    ],
)
@pytest.mark.broken_corpus
def test_output_that_nobody_can_be_given_changes_no_verdict(dumps, tmp_path, line, code):
    bad = tmp_path / "bad"
    bad.mkdir()
    (bad / "x.jsonl").write_bytes(b"{\n")
    if "check" in line:
        build(dumps, tmp_path / line.split()[-1], command="clean")
    if code == 1 and "check" in line:
        (tmp_path / "broken" / "report.html").write_bytes(b"")
    for end in ("| true", ">&-", "2>&- | head -c1", "2>/dev/full"):
        done = shell(f"{line} {end}; exit ${{PIPESTATUS[0]}}", tmp_path)
        assert (end, done.returncode) == (end, code), done.stderr
        assert "Traceback" not in done.stderr
        assert "Exception ignored" not in done.stderr
    done = shell(f"{line} >/dev/full", tmp_path)
    assert done.returncode == (3 if code < 2 else code)
    assert "Traceback" not in done.stderr
    if code < 2:
        assert "standard output: not all could be written (No space left on device)" in done.stderr


def test_standard_input_that_is_closed_is_named(tmp_path):
    done = shell("ghirbal clean - -o out -q <&-", tmp_path)
    assert (done.returncode, one_sentence(done.stderr)) == (2, True)
    assert "standard input is closed" in done.stderr


def test_letters_that_the_terminal_does_not_have_are_escaped(dumps, tmp_path):
    done = command("explain", dumps / "0.txt", env={**ENVIRONMENT, "PYTHONIOENCODING": "ascii"})
    assert (done.returncode, done.stderr) == (0, "")
    assert "\\u0627" in done.stdout


# --- paths that cannot be -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("bad", ["a" * 300, "aaaaaaaaa/" * 500, "loop", "loop/x", "a\0b", ""])
@pytest.mark.parametrize("place", ["out", "input", "file"])
def test_a_path_that_cannot_be_is_exit_2(dumps, tmp_path, monkeypatch, capsys, bad, place):
    monkeypatch.chdir(tmp_path)
    Path("loop").symlink_to("loop")
    arguments = {
        "out": ("clean", dumps, "-o", bad),
        "input": ("clean", dumps, bad, "-o", "out"),
        "file": ("explain", bad),
    }
    code, said = call(monkeypatch, capsys, *arguments[place])
    assert code == 2
    assert said.err
    assert "\0" not in said.err
    assert not Path("out").exists()


@pytest.mark.parametrize("name", ["file", "file/x", "dangling", "a" * 300, "aaaaaaaaa/" * 408])
def test_an_output_that_can_be_no_folder_is_refused_from_python_too(dumps, tmp_path, name):
    (tmp_path / "file").write_text("x")
    (tmp_path / "dangling").symlink_to("nowhere")
    with pytest.raises(UsageError):
        build(dumps, tmp_path / name)
    assert (tmp_path / "file").read_text() == "x"


@pytest.mark.parametrize("name", ["a" * 300, "aaaaaaaaa/" * 500])
def test_an_input_that_cannot_be_is_refused_from_python_too(dumps, tmp_path, name):
    with pytest.raises(UsageError):
        build([dumps, name], tmp_path / "out")


# --- explain ------------------------------------------------------------------------------------------------------


def test_explain_says_with_its_code_that_something_could_not_be_read(dumps, tmp_path, monkeypatch, capsys):
    assert call(monkeypatch, capsys, "explain", dumps / "0.txt")[0] == 0
    (tmp_path / "a.jsonl").write_bytes(b'{"text": "')
    (tmp_path / "empty.txt").write_bytes(b"")
    for name in ("a.jsonl", "empty.txt"):
        code, said = call(monkeypatch, capsys, "explain", tmp_path / name)
        assert code == 1
        assert name in said.err


@pytest.mark.parametrize("command", ["explain", "similar"])
def test_where_there_is_no_document_to_look_at_nothing_is_shown(cleaned, tmp_path, monkeypatch, capsys, command):
    (tmp_path / "photo.jpg").write_bytes(b"\xff\xd8\xff")
    (tmp_path / "folder").mkdir()
    for name in ("photo.jpg", "folder"):
        arguments = (command, tmp_path / name, *([cleaned] if command == "similar" else []))
        code, said = call(monkeypatch, capsys, *arguments)
        remedy = "holds no document; `ghirbal build --help` names the kinds that are read"
        assert (code, said.out, said.err) == (2, "", f"error: {tmp_path / name}: {remedy}\n")


@pytest.mark.parametrize(("name", "what"), [("nowhere/log.txt", "there is no such folder"), (".", "a folder stands")])
def test_a_log_that_cannot_be_written_is_exit_2_before_anything_is(dumps, tmp_path, monkeypatch, capsys, name, what):
    code, said = call(monkeypatch, capsys, "clean", dumps, "-o", tmp_path / "out", "-q", "--log", tmp_path / name)
    assert (code, one_sentence(said.err), what in said.err) == (2, True, True)
    assert not (tmp_path / "out").exists()


# --- score --------------------------------------------------------------------------------------------------------

LINES = '{"id": "a", "lines": [{"text": "one", "label": "keep"}, {"text": "two", "label": "drop"}]}'


@pytest.mark.parametrize(
    ("kind", "gold", "pred"),
    [
        ("text", LINES, '{"id": "a", "keep": [true]}'),
        ("text", LINES, '{"id": "a", "keep": [true, false, true]}'),
        ("text", LINES, '{"id": "a", "text": 3}'),
        ("text", LINES, '["a"]'),
        ("text", LINES, "{"),
        ("text", "", LINES),
        ("text", '{"id": "a", "text": "b", "spans": [[0]]}', '{"id": "a", "text": "b"}'),
        ("text", '{"id": "a", "text": "b", "offset": []}', '{"id": "a", "text": "b"}'),
        ("html", '{"id": "a", "gold": 3}', '{"id": "a", "text": "b"}'),
        ("html", "", '{"id": "a", "text": "b"}'),
        ("dups", '{"id": "a", "cluster": []}', '{"id": "a", "cluster": 1}'),
        ("dups", "", ""),
        ("dups", '{"a": 1, "b": 2, "label": 3}', '{"id": 1, "cluster": 1}'),
    ],
)
def test_scores_of_rows_that_do_not_fit_are_exit_2(tmp_path, monkeypatch, capsys, kind, gold, pred):
    (tmp_path / "gold").write_text(f"{gold}\n")
    (tmp_path / "pred").write_text(f"{pred}\n")
    code, said = call(monkeypatch, capsys, "score", kind, tmp_path / "gold", tmp_path / "pred")
    assert code == 2
    assert one_sentence(said.err)


def test_what_a_worker_left_that_was_replaced_is_not_in_the_corpus(dumps, tmp_path, monkeypatch):
    def leave(*given):
        outcome = run_stages(*given)
        (tmp_path / "out" / "corpus" / "part-00000.jsonl.zst.unpublished-there-7").touch()
        return outcome

    monkeypatch.setattr("ghirbal.jobs.run_stages", leave)
    build(dumps, tmp_path / "out")
    assert list((tmp_path / "out").rglob("*unpublished*")) == []
