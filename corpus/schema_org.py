"""Read the JSON in the scripts of a page: what schema.org calls an article, and how it writes down who wrote it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

#: Article and what schema.org puts below it, and reviews, which critics write. A JobPosting is none of them.
ARTICLE_TYPES = frozenset(
    (
        "article", "newsarticle", "analysisnewsarticle", "askpublicnewsarticle", "backgroundnewsarticle",
        "opinionnewsarticle", "reportagenewsarticle", "reviewnewsarticle", "advertisercontentarticle",
        "satiricalarticle", "scholarlyarticle", "medicalscholarlyarticle", "techarticle", "report",
        "socialmediaposting", "blogposting", "liveblogposting", "discussionforumposting",
        "review", "criticreview", "claimreview",
    )
)  # fmt: skip

#: Where the name of a person or a thing stands, and where its parts.
_NAMES = ("name", "@value", "title", "display_name", "displayName", "full_name", "text")
_NAME_PARTS = (("givenName", "first_name", "firstName"), ("familyName", "last_name", "lastName"))

#: Larger scripts hold catalogues, not articles, and deeper nodes nothing of the page itself.
_MAX_JSON = 2_000_000
_MAX_DEPTH = 12
_NESTED = ("@graph", "mainEntity", "mainEntityOfPage")

_DECODER = json.JSONDecoder(strict=False)
_LAST_COMMA = re.compile(r",\s*+([}\]])")


def read_script(text: str) -> Any:
    """Read the JSON at the beginning of `text`, with the commas too many that templates leave; None where none is.

    >>> read_script('{"a": ["b",],}; run()'), read_script("no JSON")
    ({'a': ['b']}, None)
    """
    try:
        return _DECODER.raw_decode(text.strip().removeprefix("<!--").strip())[0]
    except RecursionError:
        return None
    except ValueError:
        mended = _LAST_COMMA.sub(r"\1", text)
        return read_script(mended) if mended != text else None


def nodes_in(text: str) -> Iterator[dict[str, Any]]:
    """Yield the JSON-LD objects of one script, in the order in which they stand.

    >>> list(nodes_in('[{"@graph": [{"@type": "Report"}]}]'))
    [{'@graph': [{'@type': 'Report'}]}, {'@type': 'Report'}]
    """
    if len(text) > _MAX_JSON:
        return
    waiting = [(read_script(text), 0)]
    while waiting:
        value, depth = waiting.pop()
        if isinstance(value, dict):
            yield value
            value = [value[key] for key in _NESTED if key in value]
        if isinstance(value, list) and depth < _MAX_DEPTH:
            waiting += [(inner, depth + 1) for inner in reversed(value)]


def is_article(kinds: Any) -> bool:
    """Tell whether the `@type` of a JSON-LD node, a name or a list of them, is that of an article.

    >>> is_article("https://schema.org/NewsArticle"), is_article(["Thing", "schema:Report"]), is_article("JobPosting")
    (True, True, False)
    """
    names = kinds if isinstance(kinds, list) else [kinds]
    bare = [name.replace(":", "/").rpartition("/")[2].strip().lower() for name in names if isinstance(name, str)]
    return not ARTICLE_TYPES.isdisjoint(bare)


def names_in(value: Any, depth: int = 4) -> tuple[str, ...] | None:
    """Return the names in a value: a string, an object with a name or its parts, or a list; None for anything else.

    >>> names_in([{"@type": "Person", "name": ["A", "B"]}, {"givenName": "Salma", "familyName": "Haddad"}, "C"])
    ('A', 'B', 'Salma Haddad', 'C')
    """
    if isinstance(value, str):
        return (value,)
    if isinstance(value, dict) and depth:
        parts = (next((value[key] for key in keys if isinstance(value.get(key), str)), "") for keys in _NAME_PARTS)
        whole = next((value[key] for key in _NAMES if value.get(key)), " ".join(filter(None, parts)))
        return names_in(whole or None, depth - 1)
    if not isinstance(value, list) or not depth:
        return None
    found = [names for item in value if (names := names_in(item, depth - 1)) is not None]
    return tuple(name for names in found for name in names) if found or not value else None
