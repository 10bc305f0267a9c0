import io
from importlib.metadata import PackageNotFoundError

from rich.console import Console

from ghirbal import console, doctor
from ghirbal.console import quote, show_error
from tests.ghirbal.builds import call


def test_foreign_text_cannot_steer_the_terminal(monkeypatch):
    written = io.StringIO()
    monkeypatch.setattr(console, "errors", Console(file=written, force_terminal=True, highlight=False, width=200))
    show_error("a\x1b[31m\r\u202e[red]b[/red]\nc")
    assert "a\\x1b[31m\\r\\u202e[red]b[/red]\\nc" in written.getvalue()


def test_arabic_and_joiners_stay_as_they_are():
    assert quote("می\u200cرود [خبر]") == "می\u200cرود [خبر]"


def test_a_bar_moves_inside_a_task_and_says_how_fast():
    times = iter([0.0, 0.0, 10.0, 10.0, 12.0, 12.0, 16.0])
    bars = console.Bars(lambda: next(times))

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
