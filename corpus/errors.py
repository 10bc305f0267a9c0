"""The exceptions of Ghirbal, one class for each thing a caller can do something about.

    GhirbalError
    +-- UsageError          the command line or the configuration is wrong        exit 2
    +-- EnvironmentFault    disk, permission, lock: the machine, not the data     exit 3
    +-- InputError          one input file is bad; the others go on               exit 1
    |   +-- TruncatedInput  the compressed stream ends before its end mark
    |   +-- CorruptInput    the bytes are not what they claim to be
    +-- RecordError         one record is bad; the rest of its file goes on       exit 1
    +-- CorpusError         a run breaks one of its own laws: a defect of ours    exit 70

Each message says which file, which record, what was wrong and what to do next.
"""

from __future__ import annotations

import importlib
from functools import partial
from typing import Any

EXIT_DONE = 0
EXIT_PARTIAL = 1
EXIT_USAGE = 2
EXIT_ENVIRONMENT = 3
#: As in sysexits.h: a defect of Ghirbal, whatever it met with.
EXIT_DEFECT = 70
EXIT_INTERRUPTED = 130


class GhirbalError(Exception):
    """Base of everything Ghirbal raises on purpose."""

    exit_code = EXIT_PARTIAL


class UsageError(GhirbalError):
    """The command line or the configuration cannot be obeyed."""

    exit_code = EXIT_USAGE


class EnvironmentFault(GhirbalError):
    """The machine refused: disk full, no permission, another run holds the lock."""

    exit_code = EXIT_ENVIRONMENT


class InputError(GhirbalError):
    """One input file cannot be read to its end; `reason` is kebab-case."""

    reason = "unreadable-input"

    def __init__(self, message: str, *, path: str = "", offset: int = 0, reason: str = "") -> None:
        super().__init__(f"{path}: {message}" if path else message)
        self.message, self.path, self.offset = message, path, offset
        self.reason = reason or type(self).reason

    def __reduce__(self) -> tuple[object, ...]:
        rebuild = partial(type(self), path=self.path, offset=self.offset, reason=self.reason)
        return rebuild, (self.message,)


class TruncatedInput(InputError):
    """A compressed stream stops before its end mark."""

    reason = "truncated-input"


class CorruptInput(InputError):
    """The bytes of a file are not what its format demands."""

    reason = "corrupt-input"


class RecordError(GhirbalError):
    """One record cannot become a document; `reason` is kebab-case."""

    def __init__(self, message: str, *, reason: str = "bad-record") -> None:
        super().__init__(message)
        self.reason = reason

    def __reduce__(self) -> tuple[object, ...]:
        return partial(type(self), reason=self.reason), (str(self),)


class CorpusError(GhirbalError):
    """What a run made breaks one of its laws; it is not published as finished."""

    exit_code = EXIT_DEFECT


def load_package(module: str, what: str, extra: str = "") -> Any:
    """Import what only `what` needs and `extra` installs, or the package by its own name.

    Raises:
        UsageError: it is not installed; the message says how it is.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        package = module.partition(".")[0]
        install = f"'ghirbal[{extra}]'" if extra else package
        raise UsageError(f"{what}: {package} is not installed; run: pip install {install}") from error
