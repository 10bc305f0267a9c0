"""Main content and metadata of an HTML page.

One parse serves everybody. Our own structural extractor (`cleaning.html.body`) reads every page; where it is in doubt
a rival is asked, and whose text the page gets is decided (`cleaning.html.rival`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from lxml import etree

from cleaning.config import DEFAULTS, ExtractConfig
from cleaning.html import markup
from cleaning.html.body import find_body
from cleaning.html.layout import lay_out
from cleaning.html.metadata import read_metadata
from cleaning.html.rival import Choice, choose
from cleaning.html.shell import SHELL_PROSE, SHELL_RATIO, SHELL_STORY, find_story
from cleaning.lines.lexicon import key_of
from cleaning.lines.mentions import is_date_line
from corpus.dates import day_of, find_date
from corpus.text import scrub

#: Blocks before and from the first of the text among which a line with the date is looked for.
DATE_BEFORE, DATE_AFTER = 12, 4
#: The day under which an address files a story.
_DATED_PATH = re.compile(r"/((?:19|20)\d\d)([/-])(\d{1,2})\2(\d{1,2})(?![^/-])")


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
    listing: bool = False
    refused: str = ""


def extract_html(html: str, url: str = "", config: ExtractConfig = DEFAULTS, drop: Sequence[str] = ()) -> Extraction:
    """Extract main text and metadata from `html` without what the CSS selectors `drop` match.

    Returns an empty text when there is none. Raises nothing for bad markup; what would cost too much or is no HTML
    comes back empty with `refused` set to "not-html", "too-complex" or "too-deep".

    Raises:
        RecordError: `bad-selector`, one of `drop` is no CSS.
    """
    if refused := markup.refusal(html):
        return Extraction(refused=refused)
    html = markup.mend(html)
    root = markup.parse(html)
    if root is None:
        return Extraction(refused="not-html")
    if drop:
        markup.remove(root, drop)
        html = etree.tostring(root, encoding="unicode", method="html")
    metadata = read_metadata(root, url)
    layout = lay_out(markup.body_of(root))
    if layout.too_deep:
        return Extraction(refused="too-deep")
    body = find_body(layout, metadata)
    prose = sum(block.size for block in layout.blocks if block.weight > 0)
    story = find_story(root) if prose < SHELL_PROSE else ""
    if len(story) >= max(SHELL_STORY, SHELL_RATIO * prose):
        choice = Choice(story, "data", doubtful=True)
    else:
        choice = choose(html if config.rivals else "", body, layout, metadata)
    published = metadata.published
    if not published and body.blocks:
        # The date may stand on a line of its own near the beginning of the text.
        first = next(index for index, block in enumerate(layout.blocks) if block is body.blocks[0])
        near = layout.blocks[max(0, first - DATE_BEFORE) : first + DATE_AFTER]
        dated = (block.text for block in reversed(near) if is_date_line(key_of(block.text)))
        published = next(filter(None, map(find_date, dated)), "")
    if not published and (filed := _DATED_PATH.search(urlsplit(metadata.canonical or url).path)):
        published = day_of(*map(int, filed.group(1, 3, 4)))
    if not published and config.search_date:
        import htmldate  # slow to load

        published = htmldate.find_date(html, url=url or None, original_date=True, outputformat="%Y-%m-%d") or ""
    return Extraction(
        text=scrub(choice.text),
        title=scrub(metadata.title),
        published=published,
        authors=tuple(map(scrub, metadata.authors)),
        canonical=scrub(metadata.canonical),
        language=scrub(metadata.language),
        tags=tuple(map(scrub, metadata.tags)),
        extractor=choice.extractor,
        doubtful=choice.doubtful,
        listing=choice.listing,
    )
