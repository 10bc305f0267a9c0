"""Main content and metadata of an HTML page.

One parse serves everybody. Our own structural extractor (`cleaning.body`) reads every page; where it is in doubt
the arbiter asks a rival and chooses (`cleaning.arbiter`).
"""

from __future__ import annotations

from dataclasses import dataclass

import htmldate
import msgspec

from cleaning import arbiter, markup
from cleaning.blocks import lay_out
from cleaning.body import Evidence, find_body
from cleaning.metadata import Metadata, read_metadata
from cleaning.rivals import Shield
from corpus.text import scrub


class ExtractConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What of extraction can be chosen.

    `rivals`: ask trafilatura about doubtful pages. `search_date`: look for the date in the visible text when no
    markup states one, which costs as much as the rest.
    """

    rivals: bool = True
    search_date: bool = False


DEFAULTS = ExtractConfig()

#: Rivals take quadratic time on some hostile pages of more tags; the largest of 389 labelled pages has 8,900.
MAX_RIVAL_TAGS = 20_000


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


def extract_html(html: str, url: str = "", config: ExtractConfig = DEFAULTS) -> Extraction:
    """Extract main text and metadata from `html`; an empty text when there is none.

    Raises nothing for bad markup; what would cost too much or is no HTML comes back empty with `refused` set to
    "not-html", "too-complex" or "too-deep".
    """
    if refused := markup.refusal(html):
        return Extraction(refused=refused)
    shield = Shield(html)
    root = markup.parse(shield.html)
    if root is None:
        return Extraction()
    metadata = read_metadata(root, url)
    layout = lay_out(markup.body_of(root))
    if layout.too_deep:
        return Extraction(refused="too-deep")
    body = find_body(layout, Evidence(metadata.title, metadata.description, metadata.body))
    choice = arbiter.choose(root, body, metadata, rivals=config.rivals and html.count("<") <= MAX_RIVAL_TAGS)
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


def _search_date(html: str, url: str) -> str:
    """Search the visible text for the date of publication (htmldate)."""
    found = htmldate.find_date(html, url=url or None, original_date=True, outputformat="%Y-%m-%d")
    return found or ""
