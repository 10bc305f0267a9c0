"""The law of text: what every `Document.text` keeps, whatever it was read from.

Valid UTF-8, NFC, no control characters but the newline, no surrogates, no noncharacters, no bidi embeddings,
overrides or isolates; ZWNJ and ZWJ survive, because Persian words are spelt with them.
"""

from __future__ import annotations

import re
import unicodedata

#: More marks than this on one letter carry no text (Zalgo); vocalised Arabic needs 3, Quranic text 5.
MAX_MARKS = 8

_NEWLINES = re.compile("\r\n?|[\u2028\u2029\x85\x0b\x0c]")
_SPACES = re.compile("[\t\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")
_NONCHARACTERS = "".join(
    chr(plane * 0x10000 + last) for plane in range(17) for last in (0xFFFE, 0xFFFF)
)
_FORBIDDEN = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufeff\u202a-\u202e\u2066-\u2069" + _NONCHARACTERS + "]"
)
_LONG_MARKS = re.compile("[\u0300-\u036f\u0483-\u0489\u064b-\u065f\u0670\u20d0-\u20f0]{9,}")


def scrub(text: str) -> str:
    """Return `text` under the law above; applying it twice changes nothing.

    Foreign line ends become newlines, exotic spaces become spaces; nothing else visible is touched.

    >>> scrub("a\\r\\nb\\x00\\u202ec")
    'a\\nbc'
    """
    text = _SPACES.sub(" ", _NEWLINES.sub("\n", text))
    text = unicodedata.normalize("NFC", _FORBIDDEN.sub("", text))
    return _LONG_MARKS.sub(lambda run: run[0][:MAX_MARKS], text)


def is_scrubbed(text: str) -> bool:
    """Tell whether `text` keeps the law."""
    return scrub(text) == text


def lines(text: str) -> list[str]:
    """Split on the newline and on nothing else (`str.splitlines` also splits at U+2028 and others)."""
    return text.split("\n")
