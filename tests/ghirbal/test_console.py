import io
from importlib.metadata import PackageNotFoundError

import pytest
from rich.console import Console

from ghirbal import console, doctor
from ghirbal.console import quote, show_error
from ghirbal.progress import Bars
from tests.ghirbal.builds import call


def test_foreign_text_cannot_steer_the_terminal(monkeypatch):
    written = io.StringIO()
    monkeypatch.setattr(console, "errors", Console(file=written, force_terminal=True, highlight=False, width=200))
    show_error("a\x1b[31m\r\u202e[red]b[/red]\nc")
    assert "a\\x1b[31m\\r\\u202e[red]b[/red]\\nc" in written.getvalue()


def test_arabic_and_joiners_stay_as_they_are():
    assert quote("می\u200cرود [خبر]") == "می\u200cرود [خبر]"


def test_a_bar_moves_inside_a_task_and_says_how_fast():
    times = iter([0.0, 0.0, 0.0, 10.0, 10.0, 12.0, 12.0, 16.0])
    bars = Bars(clock=lambda: next(times))

    def shown():
        task = bars._progress.tasks[-1]
        return task.completed, task.fields["records"]

    bars.begin("extract", 1)
    bars.records(0)
    bars.records(500)
    assert shown() == (0, "500 records, 50/s")
    bars.begin("clean+filter", 2)
    bars.records(750)
    assert shown() == (1.0, "250 records, 125/s")
    bars.records(1_000)
    assert shown() == (1.98, "500 records, 250/s")
    bars.advance(2)
    assert shown() == (2, "500 records, 83/s")


def test_bytes_are_told_while_the_inputs_are_read():
    times = iter([0.0, 0.0, 1.0, 2.0, 3.0, 4.0])
    bars = Bars(clock=lambda: next(times))
    bars.expect(3_000_000)
    bars.begin("extract", 3)
    bars.records(10)
    bars.advance(1)
    assert bars._progress.tasks[-1].fields["records"] == "10 records, 5/s, 1.0 MB of 3.0 MB"
    bars.begin("clean", 1)
    bars.records(15)
    assert bars._progress.tasks[-1].fields["records"] == "5 records, 5/s"


def test_a_log_tells_each_step_and_how_it_ended(dumps, tmp_path, monkeypatch, capsys):
    times = iter([0.0, 1.0, 2.0, 2.0, 2.5, 3.0, 5.25, 5.25, 5.25, 6.0])
    written = io.StringIO()
    with pytest.raises(KeyboardInterrupt), Bars(quiet=True, log=written, clock=lambda: next(times)) as log:
        log.expect(2_000)
        log.begin("extract", 2)
        log.advance(2)
        log.records(75)
        log.begin("learn clean", 1)
        raise KeyboardInterrupt
    assert written.getvalue() == (
        "       1.0 s  inputs: 2,000 bytes\n       2.0 s  extract: 2 tasks\n       5.2 s  extract: 75 records seen\n"
        "       5.2 s  learn clean: 1 tasks\n       6.0 s  stopped: KeyboardInterrupt\n"
    )
    call(monkeypatch, capsys, "clean", dumps, "-o", tmp_path / "out", "--workers", 1, "-q", "--log", tmp_path / "log")
    lines = (tmp_path / "log").read_text("utf-8").splitlines()
    assert "s  extract: 1 tasks" in lines[1]
    assert lines[-2].endswith(f"s  {tmp_path / 'out'}: read 4, kept 4, dropped 0, failed 0")


def test_what_is_missing_is_said_with_what_it_is_needed_for(monkeypatch, capsys):
    real = doctor.version
    code, said = call(monkeypatch, capsys, "doctor")
    assert (code, "all that a build needs is here" in said.out) == (0, True)

    def version(name):
        if name in ("orjson", "pyarrow"):
            raise PackageNotFoundError(name)
        return real(name)

    monkeypatch.setattr(doctor, "version", version)
    code, said = call(monkeypatch, capsys, "doctor")
    assert code == 3
    assert "  orjson: missing, pip install orjson (needed by every build)\n" in said.out
    assert "  pyarrow: not installed, pip install 'ghirbal[parquet]' (needed to read and write Parquet)\n" in said.out
    assert "something is missing" in said.out
