"""The documents and the code agree: every configuration key and every command is described, no link is dead."""

import pydoc
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from ghirbal import glossary
from ghirbal.cli import ghirbal
from ghirbal.config import Config, plain, read_config

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *(ROOT / "bench").glob("*.md")])
LIFE = ROOT / "docs" / "life-of-a-record.md"


def test_every_key_is_documented_with_its_default():
    page = (ROOT / "docs" / "configuration.md").read_text("utf-8")
    for section, values in plain(Config()).items():
        assert f"## [{section}]" in page
        part = page.split(f"## [{section}]")[1].split("\n## ")[0]
        for key, value in values.items():
            if isinstance(value, dict) and value:
                for inner, default in value.items():
                    assert documented(part, inner, default), f"{section}.{key}.{inner}"
            else:
                assert documented(part, key, value), f"{section}.{key}"


def documented(part, key, value):
    row = next((line for line in part.split("\n") if line.startswith("|") and f"`{key}`" in line.split("|")[1]), "")
    shown = str(value).lower() if isinstance(value, bool | None) else str(value).replace("'", '"')
    cells = row.split("|")
    if not row:
        return False
    position = [name.strip().strip("`") for name in cells[1].split(",")].index(key)
    defaults = [cells[2].strip()] if "," not in cells[1] else [cell.strip() for cell in cells[2].split(",")]
    return defaults[position].strip("`") == shown


@pytest.mark.parametrize("command", sorted(ghirbal.commands))
def test_every_command_has_help_and_stands_in_the_readme(command):
    assert ghirbal.commands[command].help
    assert re.search(rf"\bghirbal {command}\b", (ROOT / "README.md").read_text("utf-8")), command


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_no_link_is_dead(page):
    for target in re.findall(r"\]\(([^)#]+)", page.read_text("utf-8")):
        if not target.startswith("http"):
            assert (page.parent / target).exists(), target


NAMED = sorted(set(re.findall(r"\b(?:ghirbal|crawler|cleaning|dedup|corpus)\.[\w.]*\w", LIFE.read_text("utf-8"))))


@pytest.mark.parametrize("name", NAMED)
def test_every_name_in_the_life_of_a_record_is_there(name):
    assert pydoc.locate(name) is not None


def test_the_glossary_is_what_the_code_has():
    assert (ROOT / "docs" / "glossary.md").read_text("utf-8") == glossary.page()


def outline(page):
    """Return the levels of the headings of a page, and the commands that it shows."""
    text = (ROOT / page).read_text("utf-8")
    commands = set(re.findall(r"\bghirbal ([a-z]+)\b", "\n".join(re.findall(r"^    .*$", text, re.M))))
    return [len(mark) for mark in re.findall(r"^(#+) ", text, re.M)], commands & ghirbal.commands.keys()


def test_the_readme_in_arabic_keeps_step():
    assert outline("README.ar.md") == outline("README.md")
    assert set(ghirbal.commands) == outline("README.ar.md")[1]


def test_every_page_stands_in_the_site_once():
    nav = re.findall(r"[\w-]+\.md", (ROOT / "mkdocs.yml").read_text("utf-8"))
    assert sorted(nav) == sorted(path.name for path in (ROOT / "docs").glob("*.md"))


def test_the_site_is_built_and_no_link_or_anchor_in_it_is_dead(tmp_path):
    pytest.importorskip("material", reason="mkdocs-material is not installed to build the site with")
    call = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(tmp_path)]
    done = subprocess.run(call, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, (tmp_path / "index.html").is_file()) == (0, True), done.stderr


def blocks(page):
    """Return the code blocks of a page, fenced and indented."""
    text = page.read_text("utf-8")
    indented = re.findall(r"(?:(?<=\n\n)|\A)((?: {4}.*\n|\n(?= {4}))+)", text)
    return [*re.findall(r"^```\w*\n(.*?)^```", text, re.M | re.S), *map(textwrap.dedent, indented)]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_that_is_shown_is_one(page):
    for line in "\n".join(blocks(page)).split("\n"):
        found = re.match(r"[\w$ -]*?(?:\.venv/bin/)?\bghirbal ([a-z]+)\b([^#|&]*)", line)
        if not found:
            continue
        command = ghirbal.commands.get(found[1])
        assert command, line
        options = {name for option in command.params for name in option.opts} | {"--help"}
        assert not set(re.findall(r"(?<!\S)--?[a-z][a-z-]*", found[2])) - options, line


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_configuration_that_is_shown_is_accepted(page, tmp_path):
    for number, block in enumerate(blocks(page)):
        if re.match(rf"\[(?:{'|'.join(plain(Config()))})[\].]", block):
            path = tmp_path / f"{number}.toml"
            path.write_text(block, "utf-8")
            assert read_config(str(path)) != Config(), block


def test_the_life_of_a_record_names_every_package():
    assert {name.split(".")[0] for name in NAMED} == {"ghirbal", "crawler", "cleaning", "dedup", "corpus"}
    assert len(NAMED) > 25
