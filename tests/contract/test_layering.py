"""The direction of dependencies: ghirbal -> {crawler, cleaning, dedup} -> corpus, no cycles, nothing vague."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MAY_IMPORT = {
    "corpus": set(),
    "cleaning": {"corpus"},
    "dedup": {"corpus"},
    "crawler": {"corpus"},
    "ghirbal": {"corpus", "cleaning", "dedup", "crawler"},
}
ONLY_IN = {"scrapy": "crawler", "twisted": "crawler", "trafilatura": "cleaning", "lxml": "", "numba": "dedup"}
ONLY_IN |= {"numpy": "dedup", "datasketch": "dedup", "langdetect": "cleaning"}
VAGUE = {"utils", "util", "helpers", "common", "misc", "base", "core"}
MODULES = sorted(path for package in MAY_IMPORT for path in (ROOT / package).rglob("*.py"))


def imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {f"{node.module}.{alias.name}" for alias in node.names} | {node.module}
    return names


def package(path: Path) -> str:
    return path.relative_to(ROOT).parts[0]


def test_there_is_something_to_check():
    assert len(MODULES) > 20


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_direction(path):
    ours = {name.split(".")[0] for name in imported(path)} & MAY_IMPORT.keys()
    assert ours - {package(path)} <= MAY_IMPORT[package(path)]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_heavy_libraries_stay_in_their_room(path):
    for library in {name.split(".")[0] for name in imported(path)} & ONLY_IN.keys():
        if ONLY_IN[library]:
            assert package(path) == ONLY_IN[library], f"{path.name} imports {library}"


def test_no_vague_names():
    assert not [path for path in MODULES if path.stem in VAGUE or path.parent.name in VAGUE]


def test_no_cycles():
    names = {str(path.relative_to(ROOT).with_suffix("")).replace("/", "."): path for path in MODULES}
    edges = {name: sorted(imported(path) & names.keys() - {name}) for name, path in names.items()}
    state: dict[str, int] = {}

    def visit(name: str, trail: tuple[str, ...]) -> None:
        assert state.get(name) != 1, f"cycle: {' -> '.join((*trail, name))}"
        if name not in state:
            state[name] = 1
            for other in edges[name]:
                visit(other, (*trail, name))
            state[name] = 2

    for name in names:
        visit(name, ())
