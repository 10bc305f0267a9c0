"""The parts that the report page is put together from: text that is safe to show, cells, tables, bars."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from ghirbal.terminal import visible, visible_lines

#: Pixels of a whole bar.
_BAR = 240


def plain(value: str) -> str:
    """Return foreign text as the page may show it: no markup, and nothing that turns the direction or is not seen."""
    return escape(visible(value))


def plain_lines(value: str) -> str:
    """Return foreign text of several lines as the page may show it."""
    return escape(visible_lines(value))


def named(value: str) -> str:
    """Return a name as the page may show it, or that there is none."""
    return plain(value) if value else "(none named)"


def section(title: str, body: str, about: str = "") -> str:
    """Return a part of the page under its title; `about` says how to read it."""
    said = f'<p class="about">{about}</p>' if about else ""
    return f"<section><h2>{title}</h2>{said}{body}</section>"


def bar(share: float) -> str:
    """Return a bar as long as `share` of a whole one."""
    drawn = f'<rect width="{share * _BAR:.1f}" height="11"/>'
    return f'<svg class="bar" width="{_BAR}" height="11" aria-hidden="true">{drawn}</svg>'


def table(name: str, cells: Iterable[Sequence[str]], rest: int = 0, heads: Sequence[str] = ()) -> str:
    """Return a table that scrolls by itself on a narrow screen, and how many rows it does not show."""
    head = rows([[f"<th>{column}</th>" for column in heads]]) if heads else ""
    more = f"<p>and {rest:,} more in report.json</p>" if rest > 0 else ""
    return f'<div class="wide"><table id="{name}">{head}{rows(cells)}</table></div>{more}'


def rows(cells: Iterable[Sequence[str]]) -> str:
    """Return rows of a table; cells come as they are."""
    return "".join("<tr>" + "".join(row) + "</tr>" for row in cells)


def name_cell(value: str) -> str:
    """Return a cell with a foreign name."""
    return f'<td dir="auto">{named(value)}</td>'


def number_cell(value: float | str) -> str:
    """Return a cell with a number, or with one that is written already."""
    return f'<td class="n">{value if isinstance(value, str) else f"{value:,}"}</td>'
