"""Decide which spans of a text are not its article, and harvest fields from what goes.

In: a document and the table of its outlet. Out: spans, each with the rule and the evidence that removed it.
Read judge (the order of rules), then the rules in that order.
"""

from __future__ import annotations

from cleaning.article.rules import CleanConfig, Span

__all__ = [
    "CleanConfig",
    "Span",
]
