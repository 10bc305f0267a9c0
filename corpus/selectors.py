"""CSS selectors that people write into configurations, checked before a run depends on them."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import cast

from cssselect import HTMLTranslator, SelectorError
from lxml import etree
from lxml.etree import _Element

#: What asks for more than one evaluation may cost compiles, and fails only here.
_PROBE = etree.Element("html")
#: Strings and axes of XPath, and in what is left of it a prefix.
_NO_NAMES, _PREFIX = re.compile(r"'[^']*+'|\"[^\"]*+\"|[\w-]{1,40}::"), re.compile(r"([\w-]{1,80}):")
#: As many characters of a selector as a message shows.
_SHOWN = 200


@lru_cache(maxsize=256)
def compile_selector(selector: str) -> Callable[[_Element], list[_Element]]:
    """Compile a CSS selector into what finds its elements in a tree of HTML, in document order.

    >>> [found.get("id") for found in compile_selector("p.ad")(etree.XML("<div><p class='a ad' id='x'/><p/></div>"))]
    ['x']

    Raises:
        ValueError: it is none, or none that a page can be searched with; the message names it.
    """
    try:
        path = HTMLTranslator().css_to_xpath(selector)
        # A parsed page has no namespaces, and XPath fails on them only where it meets one.
        if prefix := _PREFIX.search(_NO_NAMES.sub("", path)):
            raise ValueError(f"The prefix {prefix[1]}| is not defined.")
        found = etree.XPath(path)
        found(_PROBE)
    except (SelectorError, etree.XPathError, ValueError, RecursionError) as error:
        raise ValueError(f"{selector[:_SHOWN]!r} is no CSS selector: {error}") from error
    return cast("Callable[[_Element], list[_Element]]", found)
