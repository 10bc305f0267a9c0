"""The crawl report: report.json to script on, report.html to look at; made from the frontier, so a kill loses none."""

from __future__ import annotations

import html
from pathlib import Path
from typing import Any

from corpus.commit import publish, publish_json
from crawler.frontier import Frontier

_COLUMNS = ("known", "discovered", "fetched", "unchanged", "articles", "bytes", "refused", "failed", "waiting")


def build_report(frontier: Frontier, run: dict[str, Any]) -> dict[str, Any]:
    """Return the report of a run: its own counts for each outlet, and what the frontier knows in total.

    In `outlets`: `discovered`, `fetched`, `unchanged`, `articles`, `bytes` of this run; `refused` and `failed` are
    by reason; `known` and `waiting` are totals of urls over all runs.
    """
    tallies, totals = frontier.tallies(), frontier.totals()
    names = sorted(set(tallies) | set(totals))
    outlets = {name: _outlet(tallies.get(name, {}), totals.get(name, {})) for name in names}
    files = [{"name": name, "state": state, "bytes": size} for name, state, size in frontier.archives()]
    return {"run": run, "outlets": outlets, "total": _sum(outlets), "archives": files}


def _outlet(tally: dict[str, int], total: dict[str, int]) -> dict[str, Any]:
    simple = ("discovered", "fetched", "unchanged", "articles", "bytes", "lists", "retried")
    row: dict[str, Any] = {name: tally.get(name, 0) for name in simple}
    for group in ("refused", "failed", "postponed"):
        row[group] = {what.partition(":")[2]: n for what, n in tally.items() if what.startswith(f"{group}:")}
    row["passed"] = {what.partition(":")[2]: n for what, n in tally.items() if what.startswith("fetched:")}
    states = ("discovered", "fetched", "failed", "refused")
    row["known"] = sum(total.get(state, 0) for state in states)
    row["waiting"] = total.get("discovered", 0)
    row["archived"], row["archived_articles"] = total.get("archived", 0), total.get("articles", 0)
    return row


def _sum(outlets: dict[str, dict[str, Any]]) -> dict[str, int]:
    totals: dict[str, int] = {}
    for row in outlets.values():
        for name, value in row.items():
            n = sum(value.values()) if isinstance(value, dict) else value
            totals[name] = totals.get(name, 0) + n
    return totals


def write_report(report: dict[str, Any], out: Path, suffix: str) -> None:
    """Write report.json and report.html, each all or nothing."""
    publish_json(out / f"report{suffix}.json", report)
    publish(out / f"report{suffix}.html", render(report).encode("utf-8"))


def render(report: dict[str, Any]) -> str:
    """Return the report as one HTML page without scripts or outside resources."""
    rows = [*report["outlets"].items(), ("total", report["total"])]
    body = "\n".join(_row(name, row) for name, row in rows)
    heads = "".join(f"<th>{name}</th>" for name in ("outlet", *_COLUMNS, "why"))
    facts = "".join(f"<li>{html.escape(f'{name}: {value}')}</li>" for name, value in report["run"].items())
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Ghirbal crawl</title><style>'
        "body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:80rem;padding:0 1rem;color:#222}"
        "table{border-collapse:collapse;width:100%}th,td{padding:.35rem .6rem;border-bottom:1px solid #ddd;"
        "text-align:right;vertical-align:top}th:first-child,td:first-child,th:last-child,td:last-child{text-align:left}"
        "tr:last-child{font-weight:600}td:last-child{font-weight:400;color:#555}"
        "@media(prefers-color-scheme:dark){body{background:#181818;color:#ddd}th,td{border-color:#444}"
        "td:last-child{color:#aaa}}</style></head><body><h1>Ghirbal crawl</h1>"
        f"<ul>{facts}</ul><table><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>"
        f"<p>{len(report['archives'])} archive files.</p></body></html>\n"
    )


def _row(name: str, row: dict[str, Any]) -> str:
    cells = "".join(f"<td>{_number(row.get(column, 0)):,}</td>" for column in _COLUMNS)
    reasons = [
        f"{reason} {n:,}"
        for group in ("refused", "failed", "postponed", "passed")
        for reason, n in (row[group].items() if isinstance(row.get(group), dict) else ())
    ]
    return f"<tr><td>{html.escape(name)}</td>{cells}<td>{html.escape(', '.join(reasons))}</td></tr>"


def _number(value: Any) -> int:
    return sum(value.values()) if isinstance(value, dict) else int(value)
