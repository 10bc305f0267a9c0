"""The dataset card of a corpus, OUT/README.md: what Hugging Face shows, and `datasets.load_dataset(OUT)` reads."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import orjson

from ghirbal.glossary import REASONS, RULES
from ghirbal.terminal import visible

#: A table of the card has at most so many rows; report.json has them all.
_ROWS = 30
#: Sizes as Hugging Face names them, by the number of documents below which they end.
_SIZES = (
    (10**3, "n<1K"), (10**4, "1K<n<10K"), (10**5, "10K<n<100K"), (10**6, "100K<n<1M"), (10**7, "1M<n<10M"),
    (10**8, "10M<n<100M"), (10**9, "100M<n<1B"),
)  # fmt: skip
_MARKUP = re.compile(r"[\\`*_{}\[\]<>|#]")


def render_card(row: Mapping[str, Any]) -> str:
    """Render what report.json holds as a dataset card."""
    languages = [name for name, _ in _ranked(row["languages"]) if name != "und"]
    size = next((name for least, name in _SIZES if row["kept"] < least), "n>1B")
    head = {"pretty_name": f"News corpus of {len(row['outlets']):,} outlets", "language": languages}
    head |= {"size_categories": [size], "task_categories": ["text-generation"]}
    lines = [f"{name}: {orjson.dumps(value).decode()}" for name, value in head.items()]  # JSON is YAML
    lines += ["configs:", "- config_name: documents", "  data_files: corpus/*", "  default: true"]
    if row["format"] != "parquet" and (row["dropped"] or row["failed"]):
        lines += ["- config_name: removed", "  data_files: removed/*"]
    method = []
    if row["command"] != "dedup":
        method += [
            "- The article of each page was found, and its title, date and authors.",
            "- Chrome was removed from texts: by the form and place of lines, by phrases, and by what each "
            "outlet repeats in unrelated stories (`boilerplate.toml`).",
            "- Documents that no corpus wants were dropped: too short, no sentences, not the language asked for.",
        ]
    if row["command"] != "clean":
        method.append(
            "- Of exact, edited, cut and extended copies one document was kept; it names the others in `also_in` "
            "(`clusters.jsonl`)."
        )
    run, versions = row["run"], row["run"]["versions"]
    characters = row["characters"].get("kept", 0)
    texts = [
        "---",
        *lines,
        "---",
        "",
        "# News corpus",
        "",
        f"{row['kept']:,} documents of {len(row['outlets']):,} outlets, {characters:,} characters; made by",
        f"`ghirbal {row['command']}` {versions['ghirbal']} of {run['files']:,} files, {row['read']:,} records.",
        "",
        "**Licence: not stated.** The texts belong to those who published them; whoever passes this corpus on says",
        "here under which terms.",
        "",
        "`report.html` shows what was done, `manifest.json` has the digest of each file and the whole configuration,",
        "`removed/` every record that is not here, and why.",
        "",
        "## Method",
        "",
        *method,
        "",
        *_table("Outlets", "outlet", row["outlets"], {}),
        *_table("Languages", "language", row["languages"], {}),
        *_table("Removed records", "reason", row["reasons"], REASONS),
        *_table("Spans removed from texts", "rule", row["rules"], RULES),
        "## Made from",
        "",
        f"- inputs: {run['files']:,} files, {run['bytes']:,} bytes; digest of their names and sizes `{run['sha256']}`",
        f"- code: `{versions['code']}`",
        *(f"- {name}: {_plain(orjson.dumps(value).decode())}" for name, value in sorted(run["configuration"].items())),
        *(f"- {name} {version}" for name, version in sorted(versions.items()) if name != "code"),
    ]
    return "\n".join(texts) + "\n"


def _table(title: str, column: str, counts: Mapping[str, int], meanings: Mapping[str, str]) -> list[str]:
    if not counts:
        return []
    ranked = _ranked(counts)
    head = [f"## {title}", "", f"| {column} | times | |", "|---|---:|---|"]
    named = ((_plain(name) or "(none named)", times, meanings.get(name, "")) for name, times in ranked[:_ROWS])
    rows = [f"| {name} | {times:,} | {meaning} |" for name, times, meaning in named]
    more = [f"\nand {len(ranked) - _ROWS:,} more"] if len(ranked) > _ROWS else []
    return [*head, *rows, *more, ""]


def _ranked(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def _plain(value: str) -> str:
    """Return foreign text without what Markdown would take for its own."""
    return _MARKUP.sub(lambda sign: f"\\{sign[0]}", visible(value))
