"""What the names in a corpus mean: rules that take spans out of texts, and reasons for which records are removed."""

from __future__ import annotations

import sys

WORDS = {
    "chrome": "what a page has besides its article",
    "furniture": "chrome that an outlet repeats",
    "survivor": "of several copies of a story the one that is kept",
}

RULES = {
    "ad": "announces an advertisement",
    "appended": "a block of other stories behind the article",
    "byline": "names who wrote or edited; kept in `authors` or `credit`",
    "caption": "the line under or over a picture, or where it is from",
    "comments": "belongs to the readers' comments",
    "contact": "nothing but an address",
    "cookie": "asks to accept cookies",
    "copyright": "says who owns the page",
    "date": "a date line; kept in `published`",
    "doubled": "says word for word what stands before it",
    "end": "a mark that the article is over",
    "fontsize": "buttons for the size of letters",
    "furniture": "a line that the outlet repeats in unrelated stories",
    "furniture-head": "repeated by the outlet, glued before the first sentence",
    "furniture-marker": "repeated by the outlet, takes the rest of its line with it",
    "furniture-tail": "repeated by the outlet, glued behind the last sentence",
    "link": "the headline or first sentence of another story of the outlet",
    "marks": "neither a letter nor a figure",
    "markup": "what is left of a tag",
    "most-read": "a list of stories that others read",
    "nav": "menus, and names of sections",
    "page": "outside of the densest stretch of running text of a page",
    "read-also": "points to another story",
    "related": "headlines of other stories",
    "section": "the section that the story stands in",
    "share": "buttons to share the story",
    "source": "names the source; kept in `credit`",
    "subscribe": "asks to follow or to subscribe",
    "tags": "keywords; kept in `tags`",
    "title": "the headline once more; kept in `title`",
    "trailing": "short lines after the last paragraph",
    "widget": "of a player, a poll, the weather, a clock",
}

REASONS = {
    "contained": "a shorter or cut copy of the document that was kept",
    "duplicate-id": "the same record once more: outlet, id and text",
    "earlier-version": "an earlier version of a story that was kept in a later one",
    "empty": "no word in it",
    "exact-duplicate": "the same words as the document that was kept",
    "extended": "a page that holds the kept story and more",
    "few-letters": "mostly figures and signs",
    "garbled": "decoded in the wrong charset, or letters lost",
    "http-status": "an answer that is no page, such as 404",
    "listing": "a front or section page, no article",
    "near-duplicate": "the same story with changes",
    "no-sentences": "lists and menus, no running text",
    "not-html": "no page",
    "not-language": "in a language that was not asked for",
    "paragraphs-elsewhere": "every paragraph of it stands in other documents",
    "placeholder": "a message such as page not found",
    "repetitive": "the same lines or words again and again",
    "strange-file": "no kind of file that is read",
    "too-complex": "a page of too many tags to be read in time",
    "too-deep": "a page nested too deep to be read",
    "too-long": "more words than any article has",
    "too-short": "fewer words than an article needs",
}


def page() -> str:
    """Return docs/glossary.md; a test holds it to what stands here."""
    lines = ["# What the names mean", "", "Written by `python -m ghirbal.glossary > docs/glossary.md`.", ""]
    for title, names in (
        ("Words", WORDS),
        ("Reasons for which records are removed", REASONS),
        ("Rules that take spans out of texts", RULES),
    ):
        lines += [f"## {title}", "", "| name | meaning |", "|---|---|"]
        lines += [f"| `{name}` | {meaning} |" for name, meaning in names.items()] + [""]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.stdout.write(page())
