"""Decide whose text a page gets: our own where its markup is plain, a rival's where it is not."""

from __future__ import annotations

from dataclasses import dataclass

from lxml.html import HtmlElement

from cleaning.blocks import Layout
from cleaning.body import Body
from cleaning.metadata import Metadata
from cleaning.rivals import trafilatura_text

#: Below this share of the page's prose the container may be the wrong one.
SURE_SHARE = 0.6
#: Below this length (characters) a consent wall or a teaser can pass for a story.
SURE_LENGTH = 250


@dataclass(frozen=True, slots=True)
class Choice:
    """The text chosen, who found it ("structure" or "trafilatura"), and whether there was doubt."""

    text: str
    extractor: str
    doubtful: bool


def choose(root: HtmlElement, layout: Layout, body: Body, metadata: Metadata, *, rivals: bool) -> Choice:
    """Take our own text where it is sure, else ask trafilatura."""
    text = body.text
    if body.named and body.share >= SURE_SHARE and len(text) >= SURE_LENGTH:
        return Choice(text, "structure", doubtful=False)
    rival = trafilatura_text(root) if rivals else ""
    if rival:
        return Choice(rival, "trafilatura", doubtful=True)
    return Choice(text, "structure", doubtful=True)
