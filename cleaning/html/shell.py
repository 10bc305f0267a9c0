"""Find the story of a page whose markup is a shell: in the data that its scripts would make the text of.

JSON-LD states it as `articleBody`; frameworks keep it in a script of JSON (`__NEXT_DATA__`) or in a variable
(`window.__INITIAL_STATE__ = {...}`), as one string of text or HTML, or as a list of paragraphs.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from itertools import groupby, islice
from typing import Any

from lxml.etree import _Element

from cleaning.html.layout import lay_out
from cleaning.html.markup import body_of, parse
from corpus.schema_org import read_script
from corpus.text import lines

#: A page with less prose (characters) may be a shell; the least that is a story, and how many times that prose it has
#: to be. None of 812 labelled pages is a shell, and none is taken for one.
SHELL_PROSE = 1_500
SHELL_STORY = 300
SHELL_RATIO = 2
#: Larger data hold catalogues; deeper ones nothing that people wrote.
_MAX_JSON = 4_000_000
_MAX_DEPTH = 40
#: The first parts of a flat list, from which all others hang.
_FLAT = 3
#: How many times its characters a flat list may grow; the four among 926 labelled pages grow 1 to 4 times.
_GROWTH = 8
_ASSIGNED = re.compile(r"(?<=[\w$\])\s])=\s*(?=[{\[])")
#: So many assignments of a script are tried.
_MAX_ASSIGNED = 8
#: A string of a script; what has no end is one up to the end of the script.
_LITERAL = re.compile(r"\"(?:[^\"\\]|\\.)*+(?:\"|\Z)|'(?:[^'\\]|\\.)*+(?:'|\Z)", re.DOTALL)
_BODY_KEY = re.compile(
    r"(?:article|story|post|news|page|main|full|entry)?[-_]?(?:body|content|contents|text|html|elements|paragraphs|blocks)"
    r"(?:[-_]?(?:html|text|elements|blocks|raw))?",
    re.IGNORECASE,
)
_WORDS_KEY = re.compile(
    r"text|content|html|value|body|children|paragraphs?|items?|data|rendered|rows?|elements|blocks|\d+", re.IGNORECASE
)
#: What editors of rich text call the nodes of a line.
_LEAVES = frozenset(("text", "span"))
_LINKS = frozenset(("link", "hyperlink", "autolink", "inlinelink"))
_TAG = re.compile(r"<(?:p|br|div|h[1-6]|ul|blockquote|figure|strong|a)\b", re.IGNORECASE)
_PROSE = re.compile(r"[.!?؟。۔…»”\"]\s*(?:</?\w+>)?\s*$")


def find_story(root: _Element) -> str:
    """Return the longest story in the scripts of a page, a paragraph a line; "" when none holds one."""
    longest = ""
    for value in (value for data in _data(root) for value in _bodies(data, 0)):
        pieces = list(_strings(value, 0))
        # Of names, labels and addresses no text is made: most of it has to end as sentences do.
        told = sum(len(piece) for piece in pieces if _PROSE.search(piece[-40:]))
        if told > sum(map(len, pieces)) / 2:
            longest = max(longest, "\n".join(line for piece in pieces for line in _lines(piece)), key=len)
    return longest


def _data(root: _Element) -> Iterator[Any]:
    """Yield the JSON that scripts hold or assign, and what long strings in other scripts hold, as text or as JSON."""
    for script in root.iter("script"):
        text = (script.text or "").strip()
        if not SHELL_STORY < len(text) <= _MAX_JSON:
            continue
        if "json" in script.get("type", ""):
            yield _unflattened(read_script(text), min(_GROWTH * len(text), _MAX_JSON))
            continue
        for assigned in islice(_ASSIGNED.finditer(text), _MAX_ASSIGNED):
            if data := read_script(text[assigned.end() :]):
                yield data
        for literal in _LITERAL.finditer(text):
            if len(literal[0]) > SHELL_STORY and (told := _unquoted(literal[0])):
                yield {"body": told}


def _unquoted(literal: str) -> Any:
    """Return what a string of a script says: the JSON in it, or HTML; None for anything else."""
    inner = literal[1:-1] if literal[0] == '"' else literal[1:-1].replace('"', r"\"").replace(r"\'", "'")
    told = read_script(f'"{inner}"')
    if not isinstance(told, str):
        return None
    return read_script(told) or (told if _TAG.search(told) else None)


def _unflattened(data: Any, left: int) -> Any:
    """Put the parts of a list of parts together, each of which names others by their place (`__NUXT_DATA__`)."""
    if not isinstance(data, list) or not any(isinstance(part, dict) for part in data[:_FLAT]):
        return data

    def put(part: Any, depth: int) -> Any:
        nonlocal left
        if type(part) is not int or depth > _MAX_DEPTH or not 0 <= part < len(data):
            return part
        named = data[part]
        # What is still to be put anywhere, in items and characters: parts may name one another without end.
        left -= len(named) if isinstance(named, dict | list | str) else 1
        if left < 0:
            return part
        if isinstance(named, dict):
            return {key: put(inner, depth + 1) for key, inner in named.items()}
        return [put(inner, depth + 1) for inner in named] if isinstance(named, list) else named

    flat = all(type(inner) is int for part in data if isinstance(part, dict) for inner in part.values())
    return [put(index, 0) for index in range(min(len(data), _FLAT))] if flat else data


def _bodies(value: Any, depth: int) -> Iterator[Any]:
    """Yield the values under the keys by which data call the text of an article."""
    if depth > _MAX_DEPTH:
        return
    if isinstance(value, dict):
        for key, inner in value.items():
            if _BODY_KEY.fullmatch(key.partition("(")[0]):  # of a query with arguments
                yield inner
            if isinstance(inner, str) and inner.startswith('{"'):
                inner = read_script(inner)
            yield from _bodies(inner, depth + 1)
    elif isinstance(value, list):
        for inner in value:
            yield from _bodies(inner, depth + 1)


def _strings(value: Any, depth: int) -> Iterator[str]:
    if isinstance(value, str):
        yield value if _TAG.search(value) else html.unescape(value)
    elif isinstance(value, list) and depth < _MAX_DEPTH:
        for is_inline, items in groupby(value, _is_inline):
            pieces = [piece for item in items for piece in _strings(item, depth + 1)]
            yield from ["".join(pieces)] if is_inline else pieces
    elif isinstance(value, dict) and depth < _MAX_DEPTH:
        for key, inner in value.items():
            if _WORDS_KEY.fullmatch(key):
                yield from _strings(inner, depth + 1)


def _is_inline(node: Any) -> bool:
    """Tell whether a node of a rich text is a piece of a line: text with marks of its own, or a link."""
    if not isinstance(node, dict):
        return False
    kind = str(node.get("_type") or node.get("nodeType") or node.get("type", "")).lower()
    return kind in _LINKS or (kind in _LEAVES and isinstance(node.get("text", node.get("value")), str))


def _lines(piece: str) -> list[str]:
    if _TAG.search(piece):
        root = parse(f"<html><body>{piece}</body></html>")
        return [] if root is None else [block.text for block in lay_out(body_of(root)).blocks if not block.is_link]
    return [line for line in map(str.strip, lines(piece)) if line]
