"""Main content and metadata of an HTML page.

One parse serves everybody. Our own structural extractor (`cleaning.body`) reads every page; where it is in doubt
the arbiter asks a rival and chooses (`cleaning.arbiter`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import htmldate
import msgspec

from cleaning import arbiter, markup
from cleaning.blocks import lay_out
from cleaning.body import find_body
from cleaning.metadata import Metadata, read_metadata
from cleaning.rivals import Shield
from corpus.text import scrub


#: Characters on which libxml2 stops or which it drops with what follows.
_BREAKING = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


class ExtractConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What of extraction can be chosen.

    `rivals`: ask trafilatura about doubtful pages. `search_date`: look for the date in the visible text when no
    markup states one, which costs as much as the rest.
    """

    rivals: bool = True
    search_date: bool = False


@dataclass(frozen=True, slots=True)
class Extraction:
    """The main text of a page (under the law of `corpus.text`), its metadata, and how it was found."""

    text: str = ""
    title: str = ""
    published: str = ""
    authors: tuple[str, ...] = ()
    canonical: str = ""
    language: str = ""
    tags: tuple[str, ...] = ()
    extractor: str = "none"
    doubtful: bool = True
    refused: str = ""


def extract_html(html: str, url: str = "", config: ExtractConfig = ExtractConfig()) -> Extraction:
    """Extract main text and metadata from `html`; an empty text when there is none.

    Raises nothing for bad markup; what would cost too much or is no HTML comes back empty with `refused` set to
    "not-html", "too-complex" or "too-deep".
    """
    if refused := markup.refusal(html):
        return Extraction(refused=refused)
    shield = Shield(scrub_html(html))
    root = markup.parse(shield.html)
    if root is None:
        return Extraction()
    metadata = read_metadata(root, url)
    layout = lay_out(markup.body_of(root))
    if layout.too_deep:
        return Extraction(refused="too-deep")
    body = find_body(layout, metadata.title)
    choice = arbiter.choose(root, layout, body, metadata, rivals=config.rivals)
    published = metadata.published or (_search_date(shield.html, url) if config.search_date else "")
    return _extraction(shield, choice, metadata, published)


def _extraction(shield: Shield, choice: arbiter.Choice, metadata: Metadata, published: str) -> Extraction:
    def clean(text: str) -> str:
        return scrub(shield.restore(text))

    return Extraction(
        text=clean(choice.text),
        title=clean(metadata.title),
        published=published,
        authors=tuple(map(clean, metadata.authors)),
        canonical=clean(metadata.canonical),
        language=clean(metadata.language),
        tags=tuple(map(clean, metadata.tags)),
        extractor=choice.extractor,
        doubtful=choice.doubtful,
    )


def scrub_html(html: str) -> str:
    """Take out what makes a parser stop early: NULs, other C0 controls, surrogates.

    >>> scrub_html("a\\x00b\\ud800c")
    'abc'
    """
    return _BREAKING.sub("", html)


def _search_date(html: str, url: str) -> str:
    """Search the visible text for the date of publication (htmldate)."""
    found = htmldate.find_date(html, url=url or None, original_date=True, outputformat="%Y-%m-%d")
    return found or ""
