"""The report page: one file that fetches nothing, and shows what was done as well as how often.

Charts are plain SVG: a bar needs one element, and a charting library would weigh ten times all the rest of the page and
need `unsafe-eval`. The policy of the page allows its one script and its one style sheet by their digests, nothing else.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from importlib.resources import files
from typing import Any

import orjson

from ghirbal.differences import side_by_side
from ghirbal.glossary import REASONS, RULES, WORDS
from ghirbal.html_parts import bar, name_cell, named, number_cell, plain, plain_lines, rows, section, table

#: A table on the page shows at most so many rows; report.json has them all.
_ROWS = 40
#: Rows and columns of the matrix of who copies whom.
_COPYING = 12
#: Colours of rules in the samples; with more rules they come again.
_COLOURS = 12
_CHART = (720, 140)

_STYLE = (files("ghirbal") / "report.css").read_text("utf-8")
_SCRIPT = (files("ghirbal") / "report.js").read_text("utf-8")


def render_report(row: Mapping[str, Any]) -> str:
    """Render what report.json holds as an HTML page that works offline."""
    outlets = {name or "(no outlet named)": count for name, count in row["outlets"].items()}
    languages = row["languages"]
    sections = [
        _cards(row),
        _alerts(row.get("alerts", ())),
        _flow(row),
        _samples(row.get("samples", ())),
        _pairs(row.get("pairs", ())),
        _table("Why records were removed", "reason", row["reasons"], REASONS),
        _table("Chrome removed from kept documents", "rule", row["rules"], RULES),
        _outlets(row) if row.get("by_outlet") else _table("Outlets, documents kept", "outlet", outlets),
        _copied(row.get("copied", ())),
        _clusters(row.get("clusters", ())),
        _chart("Length of the documents kept, in characters", row.get("lengths", ()), "and more"),
        _chart("When the documents kept were published", row.get("days", ())),
        _table("Languages", "language", languages),
        _empty(row),
        _failures(row["failures"], row["failed"]),
        _run(row.get("run", {})),
        _glossary(row),
    ]
    title = f"Ghirbal {escape(row['command'])}"
    policy = (
        "default-src 'none'; base-uri 'none'; form-action 'none'; "
        f"style-src '{_digest(_STYLE)}'; script-src '{_digest(_SCRIPT)}'"
    )
    head = (
        f'<meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{policy}">'
        f'<meta name="viewport" content="width=device-width"><title>{title}</title><style>{_STYLE}</style>'
    )
    body = "\n".join(filter(None, sections))
    body = f"<body><h1>{title}</h1>\n{body}\n<script>{_SCRIPT}</script></body>"
    return f'<!doctype html>\n<html lang="en"><head>{head}</head>\n{body}</html>\n'


def _digest(source: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()}"


def _cards(row: Mapping[str, Any]) -> str:
    cards = "".join(
        f'<div class="card" id="{name}"><b>{row[name]:,}</b>{name}</div>'
        for name in ("read", "kept", "dropped", "failed")
    )
    kept = row["characters"].get("kept", 0)
    cards += f'<div class="card" id="characters"><b>{kept:,}</b>characters kept</div>'
    before, after = (sum(row.get(f"characters_{when}", {}).values()) for when in ("before", "after"))
    if before:
        cards += f'<div class="card" id="chrome"><b>{1 - after / before:.1%}</b>of the text was chrome</div>'
    return f'<div class="cards">{cards}</div>'


def _alerts(alerts: Sequence[str]) -> str:
    if not alerts:
        return ""
    shown = "".join(f'<li dir="auto">{plain(alert)}</li>' for alert in alerts[:_ROWS])
    return f'<section id="alerts"><h2>Look at</h2><ul>{shown}</ul></section>'


def _flow(row: Mapping[str, Any]) -> str:
    """Show how many records came to each stage and went there."""
    removed = row.get("removed_by_stage")
    if not removed:
        return ""
    left, total, cells = row["read"], max(1, row["read"]), []
    for stage in ("read", "extract", "clean", "filter", "dedup"):
        if stage in removed:
            gone = f"{removed[stage]:,} removed"
            cells.append([f"<td>{stage}</td>", number_cell(left), f"<td>{bar(left / total)}</td>", f"<td>{gone}</td>"])
            left -= removed[stage]
    cells.append(["<td>kept</td>", number_cell(row["kept"]), f"<td>{bar(row['kept'] / total)}</td>", "<td></td>"])
    return section("From read to kept", f'<table id="flow">{rows(cells)}</table>')


def _table(title: str, column: str, counts: Mapping[str, int], meanings: Mapping[str, str] | None = None) -> str:
    if not counts:
        return ""
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    largest = max(1, ranked[0][1])
    cells = (
        [
            name_cell(str(name)),
            number_cell(count),
            f"<td>{bar(count / largest)}</td>",
            f'<td class="about">{(meanings or {}).get(name, "")}</td>',
        ]
        for name, count in ranked[:_ROWS]
    )
    return section(title, table(f"of-{column}", cells, len(ranked) - _ROWS, (column, "", "", "")))


def _samples(samples: Sequence[Mapping[str, Any]]) -> str:
    """Show documents as they came, with what was removed marked, and filters by rule and outlet."""
    if not samples:
        return ""
    rules = sorted({rule for sample in samples for rule in sample["rules"]})
    colour = {rule: at % _COLOURS for at, rule in enumerate(rules)}
    outlets = sorted({sample["outlet"] for sample in samples})
    choices = _choice("rule", rules) + _choice("outlet", outlets)
    shown = "".join(_sample(sample, colour) for sample in samples)
    about = "Drawn at random, some for each rule. What was removed is marked; hover, or touch, to see the rule."
    return section("Before and after", f'<p id="filters">{choices}</p><div id="samples">{shown}</div>', about)


def _choice(name: str, values: Iterable[str]) -> str:
    options = "".join(f'<option value="{plain(value)}">{named(value)}</option>' for value in values)
    return f'<label>{name} <select id="by-{name}"><option value="*">every</option>{options}</select></label> '


def _sample(sample: Mapping[str, Any], colour: Mapping[str, int]) -> str:
    text, pieces, position = sample["text"], [], 0
    for start, end, rule, evidence in sample["spans"]:
        why = plain(f"{rule}: {evidence}" if evidence else rule)
        removed = f'<del class="c{colour.get(rule, 0)}" tabindex="0" title="{why}">{plain_lines(text[start:end])}</del>'
        pieces += [plain_lines(text[position:start]), removed]
        position = end
    pieces.append(plain_lines(text[position:]))
    tags = " ".join(f'<span class="tag c{colour.get(rule, 0)}">{plain(rule)}</span>' for rule in sample["rules"])
    head = f'<h3 dir="auto">{plain(sample["title"] or sample["id"])}</h3>'
    head += f'<p class="about"><bdi>{named(sample["outlet"])}</bdi> {tags}</p>'
    attributes = f'data-outlet="{plain(sample["outlet"])}" data-rules="{plain(" ".join(sample["rules"]))}"'
    body = f'<div class="text" dir="auto">{"".join(pieces)}</div>'
    return f'<article class="sample" {attributes}>{head}{body}</article>'


def _pairs(pairs: Sequence[Mapping[str, Any]]) -> str:
    if not pairs:
        return ""
    shown = ""
    for pair in pairs:
        names, columns = [], ""
        texts = side_by_side(pair["removed_text"], pair["kept_text"])
        for side, pieces in zip(("removed", "kept"), texts, strict=True):
            said = ((plain_lines(text), shared) for text, shared in pieces)
            text = "".join(piece if shared else f"<mark>{piece}</mark>" for piece, shared in said)
            names.append(f"<bdi>{named(pair[f'{side}_outlet'])}</bdi>")
            columns += f'<div><p class="about">{side}: {names[-1]} {plain(pair[side])}</p>'
            columns += f'<div class="text" dir="auto">{text}</div></div>'
        head = f"<summary>{plain(pair['relation'])} {pair['score']:.2f} {', '.join(names)}</summary>"
        shown += f'<details class="pair">{head}<div class="beside">{columns}</div></details>'
    about = "What was removed beside what was kept for it; marked is what the other does not have."
    return section("The least certain copies", f'<div id="pairs">{shown}</div>', about)


def _outlets(row: Mapping[str, Any]) -> str:
    """Show for each outlet what was kept and removed, its share of chrome, and the lines that it repeats."""
    cells = []
    for one in row["by_outlet"][:_ROWS]:
        counts = (one["kept"], one["removed"], f"{one['chrome']:.1%}")
        furniture = row.get("furniture", {}).get(one["outlet"], ())
        lines = "".join(
            f'<li><bdi>{plain(line["example"])}</bdi> '
            f'<span class="about">{line["form"]}, {line["count"]:,} of {line["documents"]:,}</span></li>'
            for line in furniture
        )
        repeated = f"<details><summary>{len(furniture)} lines</summary><ul>{lines}</ul></details>" if lines else ""
        cells.append([name_cell(one["outlet"]), *map(number_cell, counts), f"<td>{repeated}</td>"])
    heads = ("outlet", "kept", "removed", "chrome", "what it repeats")
    return section("Outlets", table("outlets", cells, len(row["by_outlet"]) - _ROWS, heads))


def _copied(copied: Sequence[Mapping[str, Any]]) -> str:
    """Show as a matrix which outlet had how many stories first that another had later."""
    if not copied:
        return ""
    totals: dict[str, int] = {}
    for one in copied:
        for side in ("first", "later"):
            totals[one[side]] = totals.get(one[side], 0) + one["stories"]
    names = sorted(totals, key=lambda name: (-totals[name], name))[:_COPYING]
    found = {(one["first"], one["later"]): one for one in copied}
    most = max(one["stories"] for one in copied)
    cells = [["<th>first \\ later</th>", *(f'<th scope="col" dir="auto">{named(name)}</th>' for name in names)]]
    for first in names:
        cells.append([f'<th scope="row" dir="auto">{named(first)}</th>'])
        for later in names:
            copies = found.get((first, later), {"stories": 0})
            stories, hours = copies["stories"], copies.get("median_hours")
            after = f'<br><span class="about">{hours:g} h</span>' if hours is not None else ""
            shade = round(9 * stories / most)
            cells[-1].append(f'<td class="n h{shade}">{stories:,}{after}</td>' if stories else "<td></td>")
    about = (
        "A row for each outlet that had stories first, a column for who had them later: how many, and after how many "
        "hours (median) where both say when."
    )
    return section("Who copies whom", table("copied", cells, len(totals) - _COPYING), about)


def _clusters(clusters: Sequence[Mapping[str, Any]]) -> str:
    if not clusters:
        return ""
    cells = [
        [
            number_cell(1 + len(one["members"])),
            f'<td dir="auto">{plain(one["title"] or one["survivor"])}</td>',
            name_cell(one["outlet"]),
            f"<td>{', '.join(f'<bdi>{named(name)}</bdi>' for name, _ in one['members'][:_COPYING])}</td>",
        ]
        for one in clusters
    ]
    return section("The largest stories", table("clusters", cells, heads=("copies", "story", "kept from", "also in")))


def _chart(title: str, bars: Sequence[Sequence[Any]], about: str = "") -> str:
    if not bars:
        return ""
    width, height = _CHART
    step, largest = width / len(bars), max(count for _, count in bars)
    drawn = "".join(
        f'<rect x="{at * step:.1f}" y="{height * (1 - count / largest):.1f}" width="{max(1, step - 2):.1f}" '
        f'height="{height * count / largest:.1f}"><title>{plain(str(name))}: {count:,}</title></rect>'
        for at, (name, count) in enumerate(bars)
    )
    first, last = (plain(str(bars[at][0])) for at in (0, -1))
    shape = f'class="chart" viewBox="0 0 {width} {height}" preserveAspectRatio="none" role="img" aria-label="{title}"'
    ends = f'<p class="ends"><span>{first}</span><span>{last} {about}</span></p>'
    return section(title, f"<svg {shape}>{drawn}</svg>{ends}")


def _empty(row: Mapping[str, Any]) -> str:
    fields = row.get("empty_fields")
    if not fields or not row["kept"]:
        return ""
    shares = {name: count / row["kept"] for name, count in sorted(fields.items())}
    cells = ([name_cell(name), number_cell(f"{share:.0%}"), f"<td>{bar(share)}</td>"] for name, share in shares.items())
    return section("Fields that are empty", table("empty", cells), "Share of the documents kept.")


def _failures(failures: Sequence[Mapping[str, Any]], failed: int) -> str:
    if not failed:
        return ""
    cells = [
        [
            f'<td dir="auto"><code>{plain(failure["path"])}</code></td>',
            number_cell(failure["count"]),
            number_cell(failure["record"]),
            f"<td>{plain(failure['reason'])}</td>",
            f'<td dir="auto">{plain(failure["message"])}</td>',
        ]
        for failure in failures
    ]
    heads = ("file", "times", "first record", "reason", "what was wrong")
    rest = failed - sum(failure["count"] for failure in failures)
    more = f"<p>{rest:,} more are in removed/</p>" if rest > 0 else ""
    return section("Could not be read", table("failures", cells, heads=heads) + more)


def _run(run: Mapping[str, Any]) -> str:
    if not run:
        return ""
    about = {"inputs": f"{run['files']:,} files, {run['bytes']:,} bytes: {', '.join(run['names'])}"}
    about |= {name: orjson.dumps(value).decode() for name, value in sorted(run["configuration"].items())}
    about |= {"boilerplate": "a reviewed table"} if run["reviewed_table"] else {}
    about |= {"against": ", ".join(run["against"])} if run["against"] else {}
    versions = (f"{name} {version}" for name, version in sorted(run["versions"].items()) if name != "code")
    about |= {"versions": ", ".join(versions)}
    cells = ([name_cell(name), f'<td dir="auto">{plain(value)}</td>'] for name, value in about.items())
    return section("What was run", table("run", cells), "Inputs, and what of the configuration is not as by default.")


def _glossary(row: Mapping[str, Any]) -> str:
    met = {name: meaning for name, meaning in {**RULES, **REASONS}.items() if name in {*row["reasons"], *row["rules"]}}
    shown = "".join(f"<dt>{name}</dt><dd>{meaning}</dd>" for name, meaning in sorted({**WORDS, **met}.items()))
    return f'<details id="glossary"><summary>What the names mean</summary><dl>{shown}</dl></details>'
