"""The Extract stage: a page becomes a document."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Self

from cleaning.config import DEFAULTS, ExtractConfig
from corpus.arabic import fold
from corpus.charset import declared_charset, decode
from corpus.letters import mend
from corpus.records import DROP, Document, Page, Record, Verdict, drop, keep, name_outlet
from corpus.text import scrub


class Extract:
    """Turn a Page into a Document; pass a Document through unchanged."""

    name = "extract"

    def __init__(self, config: ExtractConfig = DEFAULTS) -> None:
        self.config = config
        self._names = {fold(other): name for name, others in config.outlets.items() for other in others}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Arrive in a process that reads pages: what that takes is loaded before the first page has its deadline."""
        import cleaning.html  # noqa: F401

        self.__dict__ |= state

    def __deepcopy__(self, _: dict[int, Any]) -> Self:
        """Return the stage itself: it learns nothing."""
        return self

    def _rename(self, outlet: str) -> str:
        return self._names.get(fold(outlet), outlet) if self._names else outlet

    def apply(self, record: Record) -> Verdict:
        """Extract text and metadata of a page; drop what is not HTML or would cost too much to read.

        Raises:
            RecordError: no charset makes text of the bytes, or a selector that came with the page is none.
        """
        if not isinstance(record, Page):
            outlet = self._rename(record.outlet)
            return keep(record if outlet == record.outlet else replace(record, outlet=outlet))
        from cleaning.html import choose_address, extract_html, is_binary  # a run of texts needs none of it

        if is_binary(record.body):
            return drop("not-html")
        html, charset = decode(record.body, declared_charset(record.header("content-type"), record.body))
        outlet = self._rename(name_outlet(record.outlet, record.url, record.source))
        # What the configuration says of an outlet stands in place of what the crawl was told: it can be mended.
        dropped = self.config.drop.get(outlet, record.meta.get(DROP, ()))
        found = extract_html(html, record.url, self.config, dropped)
        if found.refused:
            return drop(found.refused)
        (text, done), title = mend(found.text), mend(found.title)[0]
        url = choose_address(record.url, found.canonical)
        meta = {name: value for name, value in record.meta.items() if name != DROP}
        if record.url and url != record.url:
            meta["fetched_url"] = record.url
        # What a row of data says of its page is better than the page; of an answer, it is what a feed said of it.
        listed = scrub(record.title)
        document = Document(
            id=record.id,
            source=record.source,
            text=text,
            title=title or listed if record.headers else listed or title,
            url=url,
            outlet=self._rename(name_outlet(record.outlet, url, record.source)),
            published=record.published or found.published,
            authors=found.authors,
            tags=found.tags,
            trace={
                "charset": charset,
                "extractor": found.extractor,
                "doubtful": found.doubtful,
                "claims": found.language,
            }
            | ({"mended": list(done)} if done else {})
            | ({"listing": True} if found.listing else {}),
            meta=meta,
        )
        return keep(document)
