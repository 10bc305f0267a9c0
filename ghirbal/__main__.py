"""The start of the program: signals and streams are taken charge of before anything slow is imported."""

from __future__ import annotations

import atexit
import contextlib
import os
import signal
import sys
import time
from typing import Any, NoReturn

from corpus.errors import EXIT_INTERRUPTED

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
#: Seconds in which an interrupted run must have put itself in order; a second interrupt after that ends it at once.
_PATIENCE = 5.0
#: Seconds after which compiled code has returned, most times; if not, this is tried again.
_MOMENT = 0.05
#: Bars hide the cursor, and the terminal shows ^C where it stands.
_AFTER_BARS = b"\x1b[?25h\n"
_INTERRUPTED = b"error: interrupted; the same command takes up where this one stopped\n"


def run() -> NoReturn:
    """Be the first thing that runs of the program: take charge of signals and streams, then run the command line."""
    interrupts = _Interrupts()
    _open_closed()
    code: Any = EXIT_INTERRUPTED
    try:
        from ghirbal.cli import main

        main()
    except SystemExit as end:
        code = end.code
    except KeyboardInterrupt:
        _say_interrupted()
    finally:
        interrupts.ignore()  # the outcome stands; nothing may spoil the last moments
    # Interrupted in the middle of compiled code, the interpreter may not come down in one piece; and to take apart all
    # that was loaded takes a quarter of a second, for nothing.
    atexit._run_exitfuncs()  # noqa: SLF001
    os._exit(code)


class _Interrupts:
    """Interrupt once where processes must be ended; end at once where there are none, or it takes too long.

    A run that ends at once leaves what a killed one leaves, and the same command takes it up. An exception in the
    middle of an import would leave half a module behind, and of one in C even less.
    """

    def __init__(self) -> None:
        self._since = 0.0
        for number in _SIGNALS:
            if signal.getsignal(number) is not signal.SIG_IGN:  # nohup means it
                signal.signal(number, self)
        sys.unraisablehook = self._repeat

    def __call__(self, *_: object) -> None:
        processes = sys.modules.get("multiprocessing.process")
        if processes is None or not processes.active_children():
            _leave()
        if self._since and time.monotonic() - self._since > _PATIENCE:
            _leave()
        if not self._since:
            self._since = time.monotonic()
            raise KeyboardInterrupt

    def ignore(self) -> None:
        """Let no signal do anything any more."""
        for number in _SIGNALS:
            signal.signal(number, signal.SIG_IGN)

    def _repeat(self, lost: sys.UnraisableHookArgs) -> None:
        """Interrupt again in a moment where compiled code that called back has swallowed it."""
        if not isinstance(lost.exc_value, KeyboardInterrupt):
            sys.__unraisablehook__(lost)
            return
        self._since = 0.0
        signal.signal(signal.SIGALRM, self)
        signal.setitimer(signal.ITIMER_REAL, _MOMENT)


def _leave() -> NoReturn:
    _say_interrupted()
    os._exit(EXIT_INTERRUPTED)


def _say_interrupted() -> None:
    with contextlib.suppress(OSError):  # with nobody left to read it, the code must do
        os.write(2, _AFTER_BARS * os.isatty(2) + _INTERRUPTED)


def _open_closed() -> None:
    """Give the numbers of closed streams to nothing, or the next file that is opened would take what is printed."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    sys.stdout = sys.stdout or os.fdopen(1, "w", encoding="utf-8")
    sys.stderr = sys.stderr or os.fdopen(2, "w", encoding="utf-8")


if __name__ == "__main__":
    run()
