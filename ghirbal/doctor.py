"""`ghirbal doctor`: what is installed, what is missing, and what that is needed for."""

from __future__ import annotations

import os
import platform
import re
import shutil
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

from corpus.errors import EXIT_DONE, EXIT_ENVIRONMENT
from ghirbal.console import quote, results

#: What the extras are for; the others are for who works on Ghirbal.
_EXTRAS = {
    "cluster": "to work on a cluster (--cluster)",
    "parquet": "to read and write Parquet",
    "push": "by ghirbal push",
    "remote": "to read inputs from s3:// and other addresses",
}
_OPTIONAL = {"pandas": "Corpus.to_pandas()", "polars": "Corpus.to_polars()", "datasets": "Corpus.to_dataset()"}
#: A requirement of every build, or of an extra; what only older Pythons need is imported before this is asked.
_REQUIREMENT = re.compile(r"([\w.-]+)[^;]*(?:; extra == '(\w+)')?")
#: Gigabytes of free disk below which a large build is likely to stop.
_LITTLE_DISK = 1.0


def show_doctor() -> int:
    """Print what there is; return 3 if something that every build needs is missing."""
    results.print(f"ghirbal {version('ghirbal')}, {platform.python_implementation()} {platform.python_version()}")
    results.print(f"{platform.platform()}, {os.cpu_count()} cores", soft_wrap=True)
    free = shutil.disk_usage(Path.cwd()).free / 2**30
    results.print(f"{free:,.1f} GB free here{': little for a large build' if free < _LITTLE_DISK else ''}")
    missing = False
    for found in filter(None, map(_REQUIREMENT.fullmatch, requires("ghirbal") or ())):
        name, extra = found.groups()
        there = _find(name)
        missing |= not (there or extra)
        if (extra and extra not in _EXTRAS) or (there and not extra):
            continue
        lacks = "not installed" if extra else "[bold red]missing[/bold red]"
        wanted = quote(f"'ghirbal[{extra}]'" if extra else name)
        needed = _EXTRAS.get(extra, "by every build")
        results.print(f"  {name}: {there or f'{lacks}, pip install {wanted}'} (needed {needed})", soft_wrap=True)
    for name, needed in _OPTIONAL.items():
        results.print(f"  {name}: {_find(name) or 'not installed'} (only for {needed})")
    results.print("[bold red]something is missing[/bold red]" if missing else "all that a build needs is here")
    return EXIT_ENVIRONMENT if missing else EXIT_DONE


def _find(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""
