"""What `pip install` brings is all that the packages import, and nothing that they do not."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from corpus.errors import UsageError
from ghirbal.check import check_corpus
from tests.ghirbal.builds import build, story

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
PACKAGES = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
MODULES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
#: Extras of which a feature says, in words, that it needs them.
OPTIONAL = ("cluster", "parquet", "remote")


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def declared(lines: list[str]) -> set[str]:
    return {canonical(Requirement(line).name) for line in lines}


def elsewhere(lines: list[str]) -> set[str]:
    """The modules of what only other Pythons need: nobody has installed it here to ask."""
    found = [Requirement(line) for line in lines]
    return {one.name.split(".")[0] for one in found if one.marker and not one.marker.evaluate()}


ALWAYS = declared(PROJECT["project"]["dependencies"])
EXTRA = {name for extra in OPTIONAL for name in declared(PROJECT["project"]["optional-dependencies"][extra])}
ELSEWHERE = elsewhere(PROJECT["project"]["dependencies"])
PROVIDERS = {module: set(map(canonical, names)) for module, names in packages_distributions().items()}
#: Named before 3.14 and part of Python from then on.
STANDARD = sys.stdlib_module_names | {"compression"}


def imports(node: ast.AST, late: bool = False) -> Iterator[tuple[str, bool]]:
    """Yield the first name of every import, and whether it happens only when a function is called."""
    if isinstance(node, ast.Import):
        yield from ((alias.name.split(".")[0], late) for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
        yield node.module.split(".")[0], late
    for child in ast.iter_child_nodes(node):
        yield from imports(child, late or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def foreign(path: Path) -> set[tuple[str, bool]]:
    known = STANDARD | set(PACKAGES) | ELSEWHERE
    return {(name, late) for name, late in imports(ast.parse(path.read_text("utf-8"))) if name not in known}


def test_the_five_packages_are_looked_at():
    assert PACKAGES == ["corpus", "cleaning", "dedup", "crawler", "ghirbal"]
    assert {path.relative_to(ROOT).parts[0] for path in MODULES} == set(PACKAGES)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_are_declared(path):
    for name, late in foreign(path):
        allowed = ALWAYS | EXTRA if late else ALWAYS
        assert PROVIDERS.get(name, set()) & allowed, f"{path.name} imports {name}: declare it in pyproject.toml"


def test_what_is_declared_is_imported():
    used = {provider for path in MODULES for name, _ in foreign(path) for provider in PROVIDERS.get(name, ())}
    needed = {name for name in ALWAYS if name.split("-")[0] not in ELSEWHERE}
    assert needed - used == set()


@pytest.mark.parametrize("package", PACKAGES)
def test_hints_are_shipped(package):
    assert (ROOT / package / "py.typed").is_file()


def test_a_corpus_in_parquet_is_not_checked_without_pyarrow(tmp_path, monkeypatch):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.txt").write_text(story(1), "utf-8")
    build(tmp_path / "in", tmp_path / "out", form="parquet")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.delitem(sys.modules, "pyarrow.parquet", raising=False)
    with pytest.raises(UsageError, match=r"part-00000\.parquet: .* 'ghirbal\[parquet\]'"):
        check_corpus(tmp_path / "out")
