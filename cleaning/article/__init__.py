"""Decide which spans of a text are not its article, and harvest fields from what goes.

In: a text and the table of its outlet. Out: spans, each with the rule and the evidence that removed it.
Read rules (their order, from top to bottom), then repeated, signs and page, links and edges, then spans and fields.
"""

from __future__ import annotations

from cleaning.article.rules import find_spans

__all__ = [
    "find_spans",
]
