"""Take markup and entities out of a text that should have none, and leave prose about code alone.

A scraper often hands on what stood in the page: `<p>One.</p><p>Two.</p>`, `&quot;`, or both escaped once more.
"""

from __future__ import annotations

import html
import re

_BLOCKS = (
    "address|article|aside|blockquote|body|center|dd|details|div|dl|dt|fieldset|figcaption|figure|footer|form|h[1-6]|head"
    "|header|hr|html|li|main|nav|ol|p|pre|section|summary|table|tbody|tfoot|thead|title|tr|ul"
)
_INLINE = (
    "a|abbr|acronym|amp-img|audio|b|bdi|bdo|big|br|button|caption|cite|code|del|em|embed|font|i|iframe|img|input|ins|label"
    "|link|mark|meta|noscript|object|param|picture|q|s|script|small|source|span|strike|strong|style|sub|sup|svg|td"
    "|template|th|time|tt|u|var|video|wbr"
)
_TAG = re.compile(rf"</?(?P<name>{_BLOCKS}|{_INLINE})(?=[\s/>])[^<>]{{0,5000}}+>", re.IGNORECASE)
#: What no reader sees, up to its end; and marks around the text.
_UNSEEN = re.compile(r"<!--|<(?:script|style|template|noscript|svg)(?=[\s/>])", re.IGNORECASE)
_FRAME = re.compile(r"<\?[^<>]{0,500}>|<!\[CDATA\[|\]\]>|<!doctype[^<>]{0,500}>", re.IGNORECASE)
_BREAK = re.compile(rf"</?(?:br|{_BLOCKS})(?=[\s/>])[^<>]{{0,5000}}+>", re.IGNORECASE)
#: These make paragraphs; where one of them stands, the line ends between the tags part nothing.
_PARAGRAPH = re.compile(r"</?(?:p|br|div|li)(?=[\s/>])[^<>]{0,5000}+>", re.IGNORECASE)
_CELL = re.compile(r"</t[dh]\s*>", re.IGNORECASE)
_BLANK_LINES = re.compile(r"[ \t\r]*\n[ \t\r]*")
_START = re.compile(r"\s*(?:<\?xml[^<>]{0,500}>\s*|<!--|<!\[CDATA\[)?\s*(?:<!--|<!\[CDATA\[|<[a-z])", re.IGNORECASE)
_DECLARATION = re.compile(r"\A\s*<\?xml\s[^<>]{0,500}\?>\s*")
#: Marks of editors that use brackets: BBCode in forums, and what WordPress has before it makes a page of a text.
_BRACKETS = re.compile(
    r"\[(?P<end>/)?(?:b|i|u|s|url|img|quote|size|color|center|left|right|font|list|caption|gallery|embed|audio|video"
    r"|vc_[a-z_]{1,40}|et_pb_[a-z_]{1,40})(?:[ =][^\[\]\n]{0,500})?\]"
)
#: What stands for a letter or a line end in the source of a program, where it was escaped twice.
_LETTER_ESCAPE, _BREAK_ESCAPE = re.compile(r"(?:\\u[0-9a-fA-F]{4})+"), re.compile(r"(?:\\r)?\\n(?![a-z])")
#: Share of a text that stands in escapes of letters from which it is made of them; and those that tell of line ends.
_MIN_ESCAPED, _MIN_BREAKS = 0.3, 2
#: A text that speaks of these, or has lines that end as those of programs do, shows tags and entities on purpose.
_ABOUT_CODE = re.compile(r"\b(?:x?html5?|xml|css|javascript)\b|[`{};]\s*$", re.IGNORECASE | re.MULTILINE)
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});")
#: A sign that an escaped text would have escaped outweighs so many entities.
_SIGN_WEIGHT = 3
#: Escaped once by the editor, once by the feed, once by the scraper.
_MAX_ESCAPES = 3
_PAGE = re.compile(
    r"(?:\ufeff)?(?:\s+|<!--.*?-->|<\?xml[^>]*>)*+<(?:!doctype\s+html|html|head)\b", re.IGNORECASE | re.DOTALL
)


def is_page(text: str) -> bool:
    """Tell whether a text is a whole HTML page.

    >>> is_page("<!DOCTYPE html><p>One."), is_page("<p>One.</p>")
    (True, False)
    """
    return _PAGE.match(text) is not None


def without_markup(text: str) -> str:
    """Return `text` without tags and entities, if it was written as HTML; its paragraphs become lines.

    >>> without_markup("<p>One &amp;quot;two&amp;quot;.</p><p>Three<br>four.</p>")
    'One "two".\\nThree\\nfour.'
    >>> without_markup("In C, write if (a < b && *p) and AT&T; the tag <b> is bold.")
    'In C, write if (a < b && *p) and AT&T; the tag <b> is bold.'
    """
    if "[/" in text and any(mark["end"] for mark in _BRACKETS.finditer(text)):
        text = _BRACKETS.sub("", text)
    if "<" not in text and "&" not in text:
        return text
    stripped = False
    for _ in range(_MAX_ESCAPES):
        before = text
        if _is_markup(text) and (not stripped or _START.match(text)):
            text, stripped = html.unescape(_strip(text)), True
        else:
            # If the entities stand for signs, there are next to none of these signs themselves.
            entities = len(_ENTITY.findall(text))
            signs = text.count("&") - entities + text.count("<")
            if entities > _SIGN_WEIGHT * signs and not _is_about_code(text):
                text = html.unescape(text)
        if text == before:
            break
    text = _DECLARATION.sub("", text)
    bare = text.strip()
    return bare[9:-3].strip() if bare.startswith("<![CDATA[") and bare.endswith("]]>") else text


def without_escapes(text: str) -> str:
    """Return `text` with the letters and line ends that its escapes stand for, if it was escaped once more than read.

    >>> [without_escapes(text) for text in ("\\\\u062e\\\\u0628", "One.\\\\n\\\\nTwo.", "The sign \\\\n ends it.")]
    ['خب', 'One.\\n\\nTwo.', 'The sign \\\\n ends it.']
    """
    if "\\" in text and not _is_about_code(text):
        escaped = sum(len(run[0]) for run in _LETTER_ESCAPE.finditer(text))
        if escaped >= _MIN_ESCAPED * len(text):
            text = _LETTER_ESCAPE.sub(lambda run: bytes(run[0], "ascii").decode("unicode-escape"), text)
        if "\n" not in text and len(_BREAK_ESCAPE.findall(text)) >= _MIN_BREAKS:
            text = _BREAK_ESCAPE.sub("\n", text)
    return text


def _is_markup(text: str) -> bool:
    """Tell whether the tags of a text do the work of tags: they cling to what they mark, and stand for no words."""
    clinging = mentioned = closing = 0
    for tag in _TAG.finditer(text):
        before, behind = text[max(0, tag.start() - 1) : tag.start()], text[tag.end() : tag.end() + 1]
        if before in " `\"'«“(" and before and behind in " `\"'»”),.:;،" and behind:
            mentioned += 1
        else:
            clinging += 1
        closing += tag[0].startswith("</") or tag["name"].lower() in ("br", "img", "hr")
    if not closing or clinging <= mentioned:
        return False
    return bool(_START.match(text)) or not _is_about_code(text)


def _strip(text: str) -> str:
    text = _FRAME.sub("", _without_unseen(text))
    if _PARAGRAPH.search(text):
        paragraphs = re.split(r"\n[ \t\r]*\n", text)
        text = "\n".join(_BLANK_LINES.sub(" ", paragraph) for paragraph in paragraphs)
    text = _TAG.sub("", _BREAK.sub("\n", _CELL.sub(" ", text)))
    return "\n".join(line for part in text.split("\n") if (line := part.strip()))


def _without_unseen(text: str) -> str:
    kept, place, lower, endless = list[str](), 0, text.lower(), set[str]()
    for found in _UNSEEN.finditer(text):
        name = found[0].lower()
        if found.start() < place or name in endless:
            continue
        end = lower.find("-->" if name == "<!--" else f"</{name[1:]}", found.end())
        if end < 0:
            endless.add(name)
            continue
        kept += text[place : found.start()], "" if name == "<!--" else "\n"
        place = lower.find(">", end) + 1 or len(text)
    return "".join(kept) + text[place:]


def _is_about_code(text: str) -> bool:
    return _ABOUT_CODE.search(_ENTITY.sub("", _TAG.sub("", text))) is not None
