"""The types of schema.org by which a page says that it is an article."""

from __future__ import annotations

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


def is_article(kinds: Any) -> bool:
    """Tell whether the `@type` of a JSON-LD node, a name or a list of them, is that of an article.

    >>> is_article("https://schema.org/NewsArticle"), is_article(["Thing", "schema:Report"]), is_article("JobPosting")
    (True, True, False)
    """
    names = kinds if isinstance(kinds, list) else [kinds]
    bare = [name.replace(":", "/").rpartition("/")[2].strip().lower() for name in names if isinstance(name, str)]
    return not ARTICLE_TYPES.isdisjoint(bare)
