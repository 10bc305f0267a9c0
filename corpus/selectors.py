"""CSS selectors that people write into configurations, checked before a run depends on them."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import cast

from cssselect import ExpressionError, HTMLTranslator, SelectorError
from cssselect.parser import Attrib, Element
from cssselect.xpath import XPathExpr
from lxml import etree
from lxml.etree import _Element

#: What asks for more than one evaluation may cost compiles, and fails only here.
_PROBE = etree.Element("html")
#: As many characters of a selector as a message shows.
_SHOWN = 200


class _Translator(HTMLTranslator):
    """Refuse prefixes: a parsed page has no namespaces, and XPath fails on them only where it meets one."""

    def xpath_element(self, selector: Element) -> XPathExpr:
        _refuse_prefix(selector.namespace)
        return super().xpath_element(selector)

    def xpath_attrib(self, selector: Attrib) -> XPathExpr:
        _refuse_prefix(selector.namespace)
        return super().xpath_attrib(selector)


def _refuse_prefix(prefix: str | None) -> None:
    if prefix:
        raise ExpressionError(f"The prefix {prefix}| is not defined.")


@lru_cache(maxsize=256)
def compile_selector(selector: str) -> Callable[[_Element], list[_Element]]:
    """Compile a CSS selector into what finds its elements in a tree of HTML, in document order.

    >>> [found.get("id") for found in compile_selector("p.ad")(etree.XML("<div><p class='a ad' id='x'/><p/></div>"))]
    ['x']

    Raises:
        ValueError: it is none, or none that a page can be searched with; the message names it.
    """
    try:
        found = etree.XPath(_Translator().css_to_xpath(selector))
        found(_PROBE)
    except (SelectorError, etree.XPathError, ValueError, RecursionError) as error:
        raise ValueError(f"{selector[:_SHOWN]!r} is no CSS selector: {error}") from error
    return cast("Callable[[_Element], list[_Element]]", found)
