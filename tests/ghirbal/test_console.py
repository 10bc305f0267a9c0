import io

from rich.console import Console

from ghirbal import console
from ghirbal.console import quote, show_error


def test_foreign_text_cannot_steer_the_terminal(monkeypatch):
    written = io.StringIO()
    monkeypatch.setattr(console, "errors", Console(file=written, force_terminal=True, highlight=False, width=200))
    show_error("a\x1b[31m\r\u202e[red]b[/red]\nc")
    assert "a\\x1b[31m\\r\\u202e[red]b[/red]\\nc" in written.getvalue()


def test_arabic_and_joiners_stay_as_they_are():
    assert quote("می\u200cرود [خبر]") == "می\u200cرود [خبر]"
