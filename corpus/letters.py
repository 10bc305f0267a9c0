"""Mend texts that came through the wrong hands.

Read in the wrong charset (`ÇáÎÈÑ`), laid out backwards by a program that reads PDF (`ربخلا`), written in the forms that
letters take within words (`ﺍﻟﺨﺒﺮ`), still full of markup. Each is undone where what comes out is better by the same
measure.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

from corpus.arabic import script_shares, words
from corpus.charset import arabic_codec, decode_legacy, repair_mojibake, western_bytes
from corpus.languages import SMALL_WORDS
from corpus.markup import without_escapes, without_markup
from corpus.text import lines, scrub, settle_marks, steady_text

_FORM = re.compile("[\ufb1d-\ufb4f\ufb50-\ufbb1\ufbd3-\ufd3d\ufd50-\ufdef\ufe70-\ufefc]")
_MARK_FORM = re.compile("[\ufc5e-\ufc63\ufcf2-\ufcf4\ufe70-\ufe7f]")
_LETTER = re.compile("[\u05d0-\u05ea\u0620-\u064a\u066e-\u06d3\ufb1d-\ufefc]")
#: Share of presentation forms among the letters from which a text is made of them. Of 8,100 texts of the labelled
#: data five have more than .02, and three of these more than .2.
MIN_FORMS = 0.1

#: Letters that stand only at the end of a word: where they begin words, the words are written backwards.
_FINALS = "ةىےںךםןףץ"
_NEVER_FIRST = (" ة", " ى", ".ة")
_FINAL_FIRST = re.compile(f" [{_FINALS}]")
_SMALL = frozenset(word for known in SMALL_WORDS.values() for word in known.split()) | frozenset(
    "של על לא עם הוא היא זה כי גם או אל מה כל אם את".split()
)
_ARTICLE = ("ال", "وال", "بال")
#: Characters looked at to tell the order of letters, and what tells it: sound Arabic prose has evidence in half of its
#: words, read backwards in one of fifty.
_ORDER_SAMPLE, _MIN_ORDER, _ORDER_RATIO = 1000, 3, 3
#: What runs from left to right in a line that does not: Latin words, numbers.
_LEFT_TO_RIGHT = re.compile(
    r"[A-Za-z0-9\u00c0-\u024f\u0660-\u0669\u06f0-\u06f9]"
    r"(?:[^\u0590-\u08ff\ufb1d-\ufefc\n()«»\[\]]*[A-Za-z0-9\u00c0-\u024f\u0660-\u0669\u06f0-\u06f9%])?"
)
_YEAR = re.compile(r"(?<!\d)(?:19|20|١٩|٢٠)\d\d(?!\d)")
_MIRRORED = str.maketrans("()[]{}«»<>", ")(][}{»«><")
_CLOSES_FIRST = re.compile(r"[^(\[«]*[)\]»]")
_MARKS = "\u064b-\u0652\u0670\u05b0-\u05c7"
_MARK_AT_START, _MARK_AT_END = re.compile(rf"(?:^|\s)[{_MARKS}]", re.MULTILINE), re.compile(rf"[{_MARKS}](?:\s|$)")
_CLUSTER = re.compile(rf"[^{_MARKS}][{_MARKS}]*|[{_MARKS}]+")

#: A text of nothing but these has no sign of damage but its order: no letters of a wrong charset (nor what those leave
#: of Arabic: § · ¸ „), no tags, no escapes, no presentation forms, and nothing that `scrub` takes away but the no-break
#: space; and no Cyrillic or Greek.
_SOUND = re.compile(
    "[\n !-%'-;=-Z\\]-~\u00a0-\u00a6\u00a8-\u00ac\u00ae-\u00b6\u00b9-\u00bf"
    "\u0100-\u0385\u0450-\u167f\u1681-\u1fff\u200c-\u201d"
    "\u201f-\u2027\u2030-\u205e\u2061-\u2065\u206a-\u2fff\u3001-\ud7ff\ue000-\ufb1c\ufdf0-\ufe6f\uff00-\ufffd]*+"
)
#: And of nothing but these it keeps the law as well.
_STEADY = steady_text("\n !-%'-;=-Z\\]-~\u00a1-\u00a6\u00a8-\u00ac\u00ae-\u00b6\u00b9-\u00bf")

#: Share of À-ÿ among the letters of a line from which it is no Western prose: of 8,100 texts of the
#: labelled data, in 25 languages, none has .15.
MIN_MISREAD = 0.5
_MISREAD = re.compile("[\u00c0-\u00ff]")
_LINE = re.compile("(.+)")
#: So many letters with none of another kind between them are no words of the West, whose accents stand among ASCII.
_MISREAD_RUN = re.compile(
    "([\u00c0-\u00ff](?:[^A-Za-z\u00c0-\u0151\u0180-\u1fff\u2c00-\ud7ff\n]{0,20}+[\u00c0-\u00ff]){7,}+)"
)
#: Other charsets in which windows-1256 is read, and the letters that Arabic becomes there.
_READERS, _READ_AS = ("cp1251", "cp1253"), re.compile("[\u0386-\u044f]")
_ARABIC = re.compile("[\u0620-\u06ff]")
_OTHER_LETTER = re.compile("[A-Za-z\u0100-\u1fff\u2c00-\ud7ff]")
#: What comes out must be so much of one script that is not Latin.
_MIN_SCRIPT = 0.8


def mend(text: str) -> tuple[str, tuple[str, ...]]:
    """Return a text mended and under the law of `corpus.text`, and the names of what was done.

    >>> mend("ÇáÎÈÑ ÇáÚÇÌá Ýí ÇáãÏíäÉ"), mend("ﺍﻟﺨﺒﺮ"), mend(".ةنيدملا يف لجاعلا ربخلا")
    (('الخبر العاجل في المدينة', ('misread',)), ('الخبر', ('forms',)), ('الخبر العاجل في المدينة.', ('backwards',)))
    """
    is_steady = _STEADY.fullmatch(text) is not None
    if is_steady or _SOUND.fullmatch(text):
        mended = turn_around(text)
        if is_steady and mended == text:
            return text, ()
        return settle_marks(mended.replace("\u00a0", " ")), () if mended == text else ("backwards",)
    done: list[str] = []
    repairs: tuple[tuple[str, Callable[[str], str]], ...] = (
        ("misread", repair_misread),
        ("mojibake", repair_mojibake),
        ("escapes", without_escapes),
        ("markup", without_markup),
        ("backwards", turn_around),
        ("forms", open_forms),
    )
    for name, repair in repairs:
        mended = repair(text)
        if mended != text:
            done.append(name)
            text = mended
    return scrub(text), tuple(done)


def repair_misread(text: str) -> str:
    """Undo a charset of another script read as windows-1252, in lines and runs of letters that are nothing but that.

    >>> repair_misread("He said: ÇáÎÈÑ ÇáÚÇÌá, and left.")
    'He said: الخبر العاجل, and left.'
    """
    if not _MISREAD.search(text):
        return _reread(text)
    rows = lines(text)
    for wrong in (_LINE, _MISREAD_RUN):
        found = [run[0] for row in rows for run in wrong.finditer(row) if misread_share(run[0]) >= MIN_MISREAD]
        decoded = decode_legacy(western_bytes("\n".join(found)))
        script, share = next(iter(script_shares(decoded).items()), ("latin", 0.0))
        if script != "latin" and share >= _MIN_SCRIPT:
            sound = dict(zip(found, lines(decoded), strict=True))
            rows = ["".join(sound.get(piece, piece) for piece in wrong.split(row)) for row in rows]
    return "\n".join(rows)


def _reread(text: str) -> str:
    """Undo windows-1256 read as Cyrillic or Greek, where all of a text is that."""
    if not _READ_AS.search(text[:_ORDER_SAMPLE]) or _ARABIC.search(text[:_ORDER_SAMPLE]):
        return text
    for codec in _READERS:
        try:
            body = text.encode(codec)
        except UnicodeEncodeError:
            continue
        arabic = arabic_codec(body)
        if arabic and _order(body[:_ORDER_SAMPLE].decode(arabic)) >= _MIN_ORDER:
            return body.decode(arabic)
    return text


def misread_share(text: str) -> float:
    """Return the share of À-ÿ among the letters of a text."""
    high = len(_MISREAD.findall(text))
    return high / (high + len(_OTHER_LETTER.findall(text))) if high else 0.0


def turn_around(text: str) -> str:
    """Put the letters of a text that was laid out backwards, line by line, in the order in which they are read."""
    sample = text[:_ORDER_SAMPLE]
    if not _LETTER.search(sample):
        return text
    # What can be counted without cutting words is enough for most texts: articles, less words that begin with an end.
    evidence = sample.count(" ال") - len(_FINAL_FIRST.findall(sample))
    if evidence >= (sample.count(" ") + sample.count("\n") + 1) / _ORDER_RATIO**2:
        return _turn_lines(text)
    few = len(sample.split()) / _ORDER_RATIO**2
    forward = _order(sample)
    if forward < few and _order(_turn(sample)) >= max(_MIN_ORDER, _ORDER_RATIO * forward):
        turned = zip(lines(_turn(text)), lines(text), strict=True)
        return "\n".join(line if _order(line) >= _order(before) else before for line, before in turned)
    return _turn_lines(text)


def _turn_lines(text: str) -> str:
    """Turn the lines of a sound text that were laid out backwards, as captions and tables within it are."""
    if not any(map(text.__contains__, _NEVER_FIRST)):
        return text
    rows = lines(text)
    for place, line in enumerate(rows):
        if any(sign in line for sign in _NEVER_FIRST) and _order(line) < 0:
            turned = _turn(line)
            rows[place] = turned if _order(turned) >= _MIN_ORDER else line
    return "\n".join(rows)


def _order(text: str) -> int:
    """Count the words that are written in the order in which they are read, less those that cannot be."""
    tokens = words(open_forms(text, 0.0))
    found = sum(
        token in _SMALL or (len(token) > 3 and token.startswith(_ARTICLE)) or (len(token) > 1 and token[-1] in _FINALS)
        for token in tokens
    )
    return found - sum(len(token) > 1 and token[0] in _FINALS for token in tokens)


def _turn(text: str) -> str:
    # Some programs leave each mark behind its letter, most turn all characters around.
    keep_marks = bool(_MARK_AT_END.search(text)) and not _MARK_AT_START.search(text)
    # Where years stand backwards, so does all that usually keeps its direction.
    keep_numbers = len(_YEAR.findall(text[::-1])) > len(_YEAR.findall(text))
    rows = lines(text)
    for place, line in enumerate(rows):
        if _LETTER.search(line):
            turned = "".join(reversed(_CLUSTER.findall(line) if keep_marks else line))
            turned = turned if keep_numbers else _LEFT_TO_RIGHT.sub(lambda run: run[0][::-1], turned)
            rows[place] = turned.translate(_MIRRORED) if _CLOSES_FIRST.match(turned) else turned
    return "\n".join(rows)


def open_forms(text: str, least: float = MIN_FORMS) -> str:
    """Put letters in the place of their presentation forms, in a text of whose letters they are more than `least`."""
    forms = len(_FORM.findall(text))
    if not forms or forms <= least * len(_LETTER.findall(text)):
        return text
    # The form of a mark alone stands on a space.
    text = _MARK_FORM.sub(lambda form: unicodedata.normalize("NFKC", form[0]).lstrip(" "), text)
    return _FORM.sub(lambda form: unicodedata.normalize("NFKC", form[0]), text)
