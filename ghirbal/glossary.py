"""What the names in a corpus mean: rules that take spans out of texts, and reasons for which records are removed."""

from __future__ import annotations

import sys
import tomllib
from importlib.resources import files

_TABLES: dict[str, dict[str, str]] = tomllib.loads((files("ghirbal") / "glossary.toml").read_text("utf-8"))
WORDS, REASONS, RULES = (_TABLES[name] for name in ("words", "reasons", "rules"))


def page() -> str:
    """Return docs/glossary.md; a test holds it to what stands here."""
    lines = ["# What the names mean", "", "Written by `python -m ghirbal.glossary > docs/glossary.md`.", ""]
    for title, names in (
        ("Words", WORDS),
        ("Reasons for which records are removed", REASONS),
        ("Rules that take spans out of texts", RULES),
    ):
        lines += [f"## {title}", "", "| name | meaning |", "|---|---|"]
        lines += [f"| `{name}` | {meaning} |" for name, meaning in names.items()] + [""]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.stdout.write(page())
