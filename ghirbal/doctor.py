"""`ghirbal doctor`: what is installed, what is missing, and what that is needed for."""

from __future__ import annotations

import os
import platform
import re
import shutil
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

from corpus.errors import EXIT_DONE, EXIT_ENVIRONMENT
from ghirbal.console import quote, results

#: What the extras are for; `test` is for who works on Ghirbal.
_EXTRAS = {
    "cluster": "to work on a cluster (--cluster)",
    "parquet": "to read and write Parquet",
    "push": "by ghirbal push",
}
_OPTIONAL = {"pandas": "Corpus.to_pandas()", "polars": "Corpus.to_polars()", "datasets": "Corpus.to_dataset()"}
_REQUIREMENT = re.compile(r"([\w.-]+)(?:\[[^]]*\])?\s*([^;]*)(?:;\s*(.*))?")
_EXTRA = re.compile(r"extra == ['\"](\w+)['\"]")
_OLDER = re.compile(r"python_version < ['\"]3\.(\d+)['\"]")
#: Gigabytes of free disk below which a large build is likely to stop.
_LITTLE_DISK = 1.0


def show_doctor() -> int:
    """Print what there is; return 3 if something that every build needs is missing."""
    results.print(f"ghirbal {version('ghirbal')}, {platform.python_implementation()} {platform.python_version()}")
    results.print(f"{platform.platform()}, {os.cpu_count()} cores", soft_wrap=True)
    free = shutil.disk_usage(Path.cwd()).free / 2**30
    results.print(f"{free:,.1f} GB free here{': little for a large build' if free < _LITTLE_DISK else ''}")
    missing = False
    for name, extra in _requirements():
        found = _find(name)
        if not extra:
            missing |= not found
        if extra == "test" or (found and not extra):
            continue
        needed = _EXTRAS.get(extra, "by every build")
        wanted = quote(f"'ghirbal[{extra}]'" if extra else name)
        lacks = "not installed" if extra else "[bold red]missing[/bold red]"
        said = found or f"{lacks}, pip install {wanted}"
        results.print(f"  {name}: {said} (needed {needed})", soft_wrap=True)
    for name, needed in _OPTIONAL.items():
        results.print(f"  {name}: {_find(name) or 'not installed'} (only for {needed})")
    results.print("[bold red]something is missing[/bold red]" if missing else "all that a build needs is here")
    return EXIT_ENVIRONMENT if missing else EXIT_DONE


def _find(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def _requirements() -> Iterator[tuple[str, str]]:
    """Yield what the package declares and this Python needs, each with its extra, or ""."""
    for line in requires("ghirbal") or ():
        if not (found := _REQUIREMENT.match(line)):
            continue
        name, _, condition = found.groups()
        older = _OLDER.search(condition or "")
        if older and int(older[1]) <= int(platform.python_version_tuple()[1]):
            continue
        extra = _EXTRA.search(condition or "")
        yield name, extra[1] if extra else ""
