"""What report.json holds as pages to read: report.html, and the dataset card that the Hugging Face Hub shows.

The page is one file that fetches nothing. Charts are plain SVG: a bar needs one element, and a charting library would
weigh ten times all the rest of the page and need `unsafe-eval`. The policy of the page allows its one script and its
one style sheet by their digests, nothing else. The templates lie in templates/.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import cache
from importlib.resources import files
from importlib.util import cache_from_source
from pathlib import Path
from typing import Any

import orjson
from jinja2 import (
    Environment,
    FileSystemBytecodeCache,
    PackageLoader,
    StrictUndefined,
    pass_eval_context,
    select_autoescape,
)
from jinja2.bccache import Bucket
from jinja2.nodes import EvalContext
from markupsafe import escape

from ghirbal.account import side_by_side
from ghirbal.glossary import REASONS, RULES, WORDS
from ghirbal.terminal import visible, visible_lines

#: A table on the page shows at most so many rows; report.json has them all.
_ROWS = 40
#: Rows and columns of the matrix of who copies whom.
_COPYING = 12
#: Colours of rules in the samples; with more rules they come again.
_COLOURS = 12
#: Sizes as Hugging Face names them, by the number of documents below which they end.
_SIZES = (
    (10**3, "n<1K"), (10**4, "1K<n<10K"), (10**5, "10K<n<100K"), (10**6, "100K<n<1M"), (10**7, "1M<n<10M"),
    (10**8, "10M<n<100M"), (10**9, "100M<n<1B"),
)  # fmt: skip
_MARKUP = re.compile(r"[\\`*_{}\[\]<>|#]")


def render_report(row: Mapping[str, Any]) -> str:
    """Render what report.json holds as an HTML page that works offline."""
    met = {name: said for name, said in {**RULES, **REASONS}.items() if name in {*row["reasons"], *row["rules"]}}
    rules = sorted({rule for sample in row.get("samples", ()) for rule in sample["rules"]})
    return _templates().get_template("report.html.jinja").render(
        row=row,
        most=_ROWS,
        reasons=REASONS,
        rules=RULES,
        words={**WORDS, **met},
        colours={rule: at % _COLOURS for at, rule in enumerate(rules)},
        samples=[{**sample, "pieces": list(_pieces(sample))} for sample in row.get("samples", ())],
        pairs=[(pair, side_by_side(pair["removed_text"], pair["kept_text"])) for pair in row.get("pairs", ())],
        matrix=_matrix(row.get("copied", ())),
        copying=len({one[side] for one in row.get("copied", ()) for side in ("first", "later")}),
    )


def render_crawl(row: Mapping[str, Any]) -> str:
    """Render what the report.json of a crawl holds as an HTML page that works offline."""
    problems = [f"{name} gave nothing: {', '.join(why) or 'it was not asked'}" for name, why in row["silent"].items()]
    reasons: Counter[str] = Counter()
    turned_away = []
    for name, one in sorted(row["outlets"].items()):
        if one["fetched"] and not one["articles"]:
            problems.append(f"{name}: {one['fetched']:,} pages, none of them an article; is its entry right?")
        for group in ("refused", "failed", "postponed", "passed"):
            reasons.update({f"{group}: {reason}": n for reason, n in one[group].items()})
        turned_away += [(name, rule, found) for rule, found in sorted(one.get("not-followed", {}).items())]
    return _templates().get_template("crawl.html.jinja").render(
        row=row, most=_ROWS, problems=problems, why=reasons, turned_away=turned_away
    )


def render_card(row: Mapping[str, Any]) -> str:
    """Render what report.json holds as a dataset card, OUT/README.md, which `datasets.load_dataset(OUT)` reads."""
    return _templates().get_template("README.md.jinja").render(
        row=row,
        languages=[name for name, _ in _ranked(row["languages"]) if name != "und"],
        size=next((name for least, name in _SIZES if row["kept"] < least), "n>1B"),
        reasons=REASONS,
        rules=RULES,
    )


class _Compiled(FileSystemBytecodeCache):
    """Templates compiled to Python, beside what is compiled of this module: to do it anew takes .1 s of each run."""

    def dump_bytecode(self, bucket: Bucket) -> None:
        with suppress(OSError):  # nobody may write there
            Path(self.directory).mkdir(exist_ok=True)
            super().dump_bytecode(bucket)


@cache
def _templates() -> Environment:
    environment = Environment(
        bytecode_cache=_Compiled(str(Path(cache_from_source(__file__)).parent)),
        loader=PackageLoader("ghirbal", "templates"),
        undefined=StrictUndefined,
        autoescape=select_autoescape(["html.jinja"]),
        finalize=_shown,
        keep_trailing_newline=True,
    )
    filters: dict[str, Callable[..., Any]] = {
        "digest": lambda text: f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}",
        "json": lambda value: orjson.dumps(value).decode(),
        "lines": lambda text: escape(visible_lines(text)),
        "plain": lambda name: _MARKUP.sub(lambda sign: f"\\{sign[0]}", visible(name)),
        "ranked": _ranked,
        "thousands": lambda number: f"{number:,}",
    }
    environment.filters |= filters
    for name, file in (("style", "report.css"), ("script", "report.js")):
        environment.globals[name] = (files("ghirbal") / "templates" / file).read_text("utf-8")
    return environment


@pass_eval_context
def _shown(context: EvalContext, value: Any) -> Any:
    """Return what is printed in HTML with what it would hide or turn as escapes; markup comes as it is."""
    return visible(value) if context.autoescape and type(value) is str else value


def _ranked(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def _pieces(sample: Mapping[str, Any]) -> Iterator[tuple[str, str, str, str]]:
    """Yield what stays of a text, what goes after it, and the rule and evidence of that."""
    text, position = sample["text"], 0
    for start, end, rule, evidence in sample["spans"]:
        yield text[position:start], text[start:end], rule, evidence
        position = end
    yield text[position:], "", "", ""


def _matrix(copied: Any) -> dict[str, list[Mapping[str, Any] | None]]:
    """Return for the outlets that copy and are copied most which of them had how many stories later."""
    totals: Counter[str] = Counter()
    for one in copied:
        totals.update({one["first"]: one["stories"], one["later"]: one["stories"]})
    names = [name for name, _ in _ranked(totals)[:_COPYING]]
    found = {(one["first"], one["later"]): one for one in copied}
    return {first: [found.get((first, later)) for later in names] for first in names}
