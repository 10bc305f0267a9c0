"""What imports what: ghirbal -> {crawler, cleaning, dedup} -> corpus, rooms in order, only faces, no cycles."""

import ast
import importlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[2]
MAY_IMPORT = {
    "corpus": set(),
    "cleaning": {"corpus"},
    "dedup": {"corpus"},
    "crawler": {"corpus"},
    "ghirbal": {"corpus", "cleaning", "dedup", "crawler"},
}
#: The sub-packages of each package, each importing only those before it; `html` stands beside the rooms of text.
ORDER = {
    "corpus": ("files", "formats", "run"),
    "cleaning": ("lines", "outlet", "article"),
    "dedup": ("sketch", "store", "compare", "decide"),
    "crawler": ("web", "polite", "state", "spiders"),
}
BESIDE = {("html", "lines")}
ONLY_IN = {"scrapy": "crawler", "twisted": "crawler", "trafilatura": "cleaning", "langdetect": "cleaning"}
ONLY_IN |= {"numba": "dedup", "llvmlite": "dedup", "datasketch": "dedup"}
VAGUE = {"utils", "util", "helpers", "common", "misc", "base", "core"}
#: What a string names a module by, for those who import by name, as Scrapy does.
NAMED = re.compile(rf"(?<![\w./])({'|'.join(MAY_IMPORT)})\.[a-z]\w*")
MODULES = sorted(path for package in MAY_IMPORT for path in (ROOT / package).rglob("*.py"))
ROOMS = ["cleaning.html", *(f"{package}.{room}" for package, rooms in ORDER.items() for room in rooms)]


class Import(NamedTuple):
    module: tuple[str, ...]
    names: tuple[str, ...]


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def imports(path: Path) -> Iterator[Import]:
    """Yield what a file imports of ours; of `from package import module` the module itself."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found = [Import(tuple(alias.name.split(".")), ()) for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            module = tuple(node.module.split("."))
            inside = [alias.name for alias in node.names if (ROOT.joinpath(*module, alias.name + ".py")).is_file()]
            found = [Import((*module, name), ()) for name in inside]
            rest = tuple(alias.name for alias in node.names if alias.name not in inside)
            found += [Import(module, rest)] if rest else []
        else:
            continue
        yield from (one for one in found if one.module[0] in MAY_IMPORT)


def room_of(module: tuple[str, ...]) -> str:
    return module[1] if len(module) > 1 and (ROOT / module[0] / module[1]).is_dir() else ""


def test_there_is_something_to_check():
    assert len(MODULES) > 50
    assert len(ROOMS) == 15


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_packages_import_what_stands_below_them(path):
    package = path.relative_to(ROOT).parts[0]
    assert {one.module[0] for one in imports(path)} - {package} <= MAY_IMPORT[package]


def named_in_strings(tree: ast.Module) -> set[str]:
    """Return the packages that strings name modules of; what stands as a statement is a docstring."""
    said = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    constants = (node for node in ast.walk(tree) if isinstance(node, ast.Constant) and id(node) not in said)
    texts = (node.value for node in constants if isinstance(node.value, str))
    return {package for text in texts for package in NAMED.findall(text)}


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_strings_name_modules_of_packages_below_them(path):
    package = path.relative_to(ROOT).parts[0]
    assert named_in_strings(ast.parse(path.read_text("utf-8"))) - {package} <= MAY_IMPORT[package]


def test_a_module_named_in_a_string_is_seen_and_one_in_a_docstring_is_not():
    text = '"""See crawler.session."""\nPAGE = f"ghirbal.report_page.{name}"\nURL = "https://x.example/dedup.html"'
    assert named_in_strings(ast.parse(text)) == {"ghirbal"}


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_rooms_import_what_stands_before_them(path):
    package, *below = path.relative_to(ROOT).parts
    here = below[0] if len(below) > 1 else ""
    order = ORDER.get(package, ())
    for one in imports(path):
        there = room_of(one.module)
        if one.module[0] != package or not here or not there or here == there or (here, there) in BESIDE:
            continue
        assert here in order, f"{here} stands by itself, and imports {one.module}"
        assert there in order[: order.index(here)], f"{here} imports {one.module}"


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_other_packages_see_only_the_faces_of_rooms(path):
    for one in imports(path):
        if one.module[0] != path.relative_to(ROOT).parts[0] and room_of(one.module):
            assert len(one.module) == 2, f"{'.'.join(one.module)} is inside a room; import it from {one.module[:2]}"
            assert set(one.names) <= set(importlib.import_module(".".join(one.module)).__all__)


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_says_what_it_is_for_and_has_a_face(room):
    module = importlib.import_module(room)
    assert module.__doc__
    assert "Read" in module.__doc__
    assert all(hasattr(module, name) for name in module.__all__)


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_heavy_libraries_stay_in_their_package(path):
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [node.module] if isinstance(node, ast.ImportFrom) and node.module else []
        for library in {name.split(".")[0] for name in names} & ONLY_IN.keys():
            assert path.relative_to(ROOT).parts[0] == ONLY_IN[library], f"{path.name} imports {library}"


def test_no_vague_names():
    assert not [path for path in MODULES if path.stem in VAGUE or path.parent.name in VAGUE]


def test_no_file_is_longer_than_a_reader_can_hold():
    assert [name_of(path) for path in MODULES if path.read_text("utf-8").count("\n") > 350] == []


def test_one_name_is_one_class():
    seen: dict[str, str] = {}
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                assert node.name not in seen, f"{node.name}: in {seen[node.name]} and in {name_of(path)}"
                seen[node.name] = name_of(path)


def test_no_cycles():
    names = {name_of(path): path for path in MODULES}
    edges = {
        name: sorted({".".join(one.module) for one in imports(path)} & names.keys() - {name})
        for name, path in names.items()
    }
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
