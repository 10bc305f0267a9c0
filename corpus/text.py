"""The law of text: what every `Document.text` keeps, whatever it was read from.

Valid UTF-8, NFC, no control characters but the newline, no surrogates, no noncharacters, no bidi embeddings,
overrides or isolates, no places where a word might be broken (soft hyphen, zero-width space, word joiner); ZWNJ and ZWJ
survive, because Persian words are spelt with them, and so does the zero-width space that parts the words of Khmer.
"""

from __future__ import annotations

import re
import unicodedata

#: More marks than this on one letter carry no text (Zalgo); vocalised Arabic needs 3, Quranic text 5.
MAX_MARKS = 8

#: A run of these is passed over at 1 GB/s; searching for the forbidden ones would be twenty times slower.
#: Outside the class: controls but the newline, C1, the spaces and separators that `scrub` replaces, bidi
#: embeddings, overrides and isolates, surrogates, noncharacters, the byte order mark.
_ALLOWED = re.compile(
    "[\n -~\u00a0-\u2027\u202f-\u2065\u206a-\ud7ff\ue000-\ufdcf\ufdf0-\ufefe\uff00-\ufffd"
    + "".join(f"{chr(plane * 0x10000)}-{chr(plane * 0x10000 + 0xFFFD)}" for plane in range(1, 17))
    + "]++"
)
_CLEAN = re.compile(
    "[\n -~\u00a1-\u00ac\u00ae-\u167f\u1681-\u1fff\u200c-\u2027\u2030-\u205e\u2061-\u2065\u206a-\u2fff\u3001-\ud7ff"
    "\ue000-\ufdcf\ufdf0-\ufefe\uff00-\ufffd]*+"
)
#: Characters that none beside them changes in NFC: letters of many alphabets, punctuation, kana, ideographs, Hangul.
#: With single vowel signs between them they keep the law, which need not be looked into then.
_STEADY = (
    "\u0100-\u02ff\u048a-\u0590\u05be\u05c0\u05c3\u05d0-\u060f\u061b-\u064a\u0660-\u066f\u0671-\u06d5\u06ee-\u070e"
    "\u1e00-\u1eff\u200c-\u200f\u2010-\u201d\u201f-\u2027\u2030-\u205e\u3001-\u3029\u3041-\u3096\u30a0-\u30ff"
    "\u4e00-\u9fff\uac00-\ud7a3\uff01-\uff60"
)
_VOWEL_SIGNS = "\u064b-\u0652\u0670"


def steady_text(more: str) -> re.Pattern[str]:
    """Return the pattern of texts of nothing but these characters and such of Latin and Cyrillic, `more` of a class."""
    return re.compile(f"[{more}{_STEADY}]*+(?:[{_VOWEL_SIGNS}][{more}{_STEADY}]++)*+")


_LAWFUL = steady_text("\n -~\u00a1-\u00ac\u00ae-\u00ff\u0400-\u0482")
_SPACELESS = "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]"
_BREAKS = re.compile(f"[\u00ad\u2060]|(?<!{_SPACELESS})\u200b|\u200b(?!{_SPACELESS})")
_NEWLINES = re.compile("\r\n?|[\u2028\u2029\x85\x0b\x0c]")
_SPACES = re.compile("[\t\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")
_MARKS = (
    "\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8"
    "\u06ea-\u06ed\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20f0\ufe20-\ufe2f"
)
_MARK = re.compile(f"[{_MARKS}]")
_MARK_RUN = re.compile(f"[{_MARKS}]{{2,}}")
_LONG_MARKS = re.compile(f"([{_MARKS}]{{{MAX_MARKS}}})[{_MARKS}]+")


def scrub(text: str) -> str:
    """Return `text` under the law above; applying it twice changes nothing.

    Foreign line ends become newlines, exotic spaces become spaces; nothing else visible is touched.

    >>> scrub("a\\r\\nb\\x00\\u202ec d\\u00ade\\u200bf")
    'a\\nbc def'
    """
    if _LAWFUL.fullmatch(text):
        return text
    if _CLEAN.fullmatch(text) is None:
        text = _SPACES.sub(" ", _NEWLINES.sub("\n", text))
        text = _BREAKS.sub("", "".join(_ALLOWED.findall(text)))
    return settle_marks(text)


def settle_marks(text: str) -> str:
    """Return `text` in NFC, with no more marks on a letter than carry meaning: the part of the law that marks break."""
    if not unicodedata.is_normalized("NFC", text):
        # The order of marks is what most of such texts break; what is equivalent and NFC is what NFC makes of it.
        text = _MARK_RUN.sub(lambda run: unicodedata.normalize("NFC", run[0]), text)
        # Line by line: one letter that is not NFC makes all that is given with it several times as dear.
        text = "\n".join([unicodedata.normalize("NFC", line) for line in lines(text)])
    # Wherever a run too long begins, it reaches a ninth place, and begins at most eight before it.
    places = (mark.start() * (MAX_MARKS + 1) for mark in _MARK.finditer(text[:: MAX_MARKS + 1]))
    if any(_LONG_MARKS.search(text, max(0, at - MAX_MARKS), at + MAX_MARKS + 1) for at in places):
        text = _LONG_MARKS.sub(r"\1", text)
    return text


def is_scrubbed(text: str) -> bool:
    """Tell whether `text` keeps the law."""
    return scrub(text) == text


def lines(text: str) -> list[str]:
    """Split on the newline and on nothing else (`str.splitlines` also splits at U+2028 and others)."""
    return text.split("\n")
