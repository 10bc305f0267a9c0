"""The other extractor, asked only about pages on which our own is in doubt; trafilatura is called nowhere else."""

from __future__ import annotations

import logging
import re
from typing import Literal

import trafilatura
from lxml import etree
from lxml.html import HTMLParser, document_fromstring

from cleaning.html.markup import to_bytes
from corpus.text import lines

#: It warns about every page it cannot read; our verdicts say that better.
logging.getLogger("trafilatura").setLevel(logging.CRITICAL)

_JOINER = re.compile("\u200c|\u200d|&(?:zwnj|zwj|#820[45]|#[xX]200[cCdD]);")
_MARKS = ("\u200c", "\u200d", "zwnj", "zwj", "&#820", "&#x200", "&#X200")
_ENTITIES = {"zwnj": 0, "zwj": 1, "8204": 0, "8205": 1, "200c": 0, "200d": 1}
#: Letters of Linear A: printable, kept by every normal form, in no newspaper.
_LINEAR_A = range(0x10600, 0x10737)

_PARSER = HTMLParser(collect_ids=False, encoding="utf-8", remove_comments=True, remove_pis=True)

#: A fault of a rival on a strange tree must not cost the page: we have a text of our own.
_FAULTS = (etree.LxmlError, ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError)

Focus = Literal["balanced", "precision"]


class Shield:
    """Carry ZWNJ and ZWJ through a tool that deletes every character that is not printable.

    Persian is spelt with them. They cross as two letters that do not occur in the page.
    """

    def __init__(self, html: str) -> None:
        self.html = html
        self._back: dict[int, str] = {}
        if any(mark in html for mark in _MARKS):
            stand_ins = [chr(code) for code in _LINEAR_A if chr(code) not in html][:2]
            if len(stand_ins) == 2:
                self._back = {ord(stand_ins[0]): "\u200c", ord(stand_ins[1]): "\u200d"}
                self.html = _JOINER.sub(lambda match: stand_ins[_which(match[0])], html)

    def restore(self, text: str) -> str:
        """Put the joiners back."""
        return text.translate(self._back) if self._back else text


def _which(joiner: str) -> int:
    if len(joiner) == 1:
        return 0 if joiner == "\u200c" else 1
    return _ENTITIES[joiner.strip("&;#xX").lower()]


def trafilatura_text(html: str, focus: Focus = "balanced") -> str:
    """Return trafilatura's main text of a page, "" when it finds none."""
    shield = Shield(html)
    try:
        root = document_fromstring(to_bytes(shield.html), parser=_PARSER)
        document = trafilatura.bare_extraction(
            root, include_comments=False, favor_precision=focus == "precision", with_metadata=False
        )
    except _FAULTS:
        return ""
    text = document.text if document is not None and not isinstance(document, dict) else ""
    return "\n".join(line.strip() for line in lines(shield.restore(text or "")))
