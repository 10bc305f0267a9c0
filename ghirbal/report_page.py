"""The report page: one file, no script, nothing fetched from anywhere."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

from ghirbal.terminal import visible

#: A table on the page shows at most so many rows; report.json has them all.
_ROWS = 40

_STYLE = """
:root { color-scheme: light dark; --bar: #4a7c59; --line: #8884; }
body { font: 15px/1.6 system-ui, "Noto Naskh Arabic", sans-serif; }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.1rem; margin-top: 2rem; }
.cards { display: flex; gap: 1rem; flex-wrap: wrap; }
.card { border: 1px solid var(--line); border-radius: .5rem; padding: .7rem 1.2rem; min-width: 7rem; }
.card b { display: block; font-size: 1.6rem; font-variant-numeric: tabular-nums; }
table { border-collapse: collapse; width: 100%; } td, th { padding: .2rem .6rem; border-bottom: 1px solid var(--line); }
th { text-align: start; font-weight: 600; } td.n { text-align: end; font-variant-numeric: tabular-nums; }
td.bar { width: 40%; } td.bar i { display: block; height: .7rem; background: var(--bar); border-radius: .2rem; }
code { font-size: .9em; }
"""


def render_report(row: Mapping[str, Any]) -> str:
    """Render what report.json holds as an HTML page that works offline."""
    outlets = {name or "(no outlet named)": count for name, count in row["outlets"].items()}
    sections = [
        _cards(row),
        _table("Why records were removed", "reason", row["reasons"]),
        _table("Chrome removed from kept documents", "rule", row["rules"]),
        _table("Outlets, documents kept", "outlet", outlets),
        _table("Outlets, documents removed", "outlet", row["removed_by_outlet"]),
        _table("Languages", "language", row["languages"]),
        _failures(row["failures"], row["failed"]),
    ]
    title = f"Ghirbal {escape(row['command'])}"
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{title}</title>'
    body = "\n".join(section for section in sections if section)
    page = f'<html lang="en"><head>{head}<style>{_STYLE}</style></head>\n<body><h1>{title}</h1>\n{body}\n</body></html>'
    return f"<!doctype html>\n{page}\n"


def _text(value: str) -> str:
    """Return foreign text as the page may show it: no markup, and nothing that turns the direction or is not seen."""
    return escape(visible(value))


def _cards(row: Mapping[str, Any]) -> str:
    cards = "".join(
        f'<div class="card" id="{name}"><b>{row[name]:,}</b>{name}</div>'
        for name in ("read", "kept", "dropped", "failed")
    )
    kept = row["characters"].get("kept", 0)
    return f'<div class="cards">{cards}<div class="card" id="characters"><b>{kept:,}</b>characters kept</div></div>'


def _table(title: str, column: str, counts: Mapping[str, int]) -> str:
    if not counts:
        return ""
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    largest = max(1, ranked[0][1])
    rows = "".join(
        f'<tr><td dir="auto">{_text(str(name))}</td><td class="n">{count:,}</td>'
        f'<td class="bar"><i style="width:{100 * count / largest:.1f}%"></i></td></tr>'
        for name, count in ranked[:_ROWS]
    )
    more = f"<p>and {len(ranked) - _ROWS:,} more in report.json</p>" if len(ranked) > _ROWS else ""
    head = f"<tr><th>{column}</th><th></th><th></th></tr>"
    return f"<h2>{title}</h2><table>{head}{rows}</table>{more}"


def _failures(failures: list[Mapping[str, Any]], failed: int) -> str:
    if not failed:
        return ""
    rows = "".join(
        f'<tr><td dir="auto"><code>{_text(failure["path"])}</code></td><td class="n">{failure["count"]:,}</td>'
        f'<td class="n">{failure["record"]:,}</td>'
        f'<td>{_text(failure["reason"])}</td><td dir="auto">{_text(failure["message"])}</td></tr>'
        for failure in failures
    )
    head = "<tr><th>file</th><th>records</th><th>first</th><th>reason</th><th>what was wrong</th></tr>"
    rest = failed - sum(failure["count"] for failure in failures)
    more = f"<p>{rest:,} more are in removed/</p>" if rest else ""
    return f'<h2>Could not be read</h2><table id="failures">{head}{rows}</table>{more}'
