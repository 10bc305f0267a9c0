"""Tell by form and place what is set before and behind an article: buttons, contacts, names.

No phrase is needed: a row of buttons is made of nothing but names of networks and verbs of sharing, a contact is dense
in addresses and numbers and ends no sentence, a name stands apart from its outlet by a mark.
"""

from __future__ import annotations

import re

from cleaning.lines.glued import sentence_starts
from cleaning.lines.lexicon import Lexicon, fold_word
from cleaning.lines.mentions import BY
from cleaning.lines.unit import ends_sentence
from corpus.arabic import folded_words, iterate_words, script_shares

#: So many buttons in a row are no prose, nor are two of a gallery; "Facebook Messenger" may open a sentence.
_ROW = 3
_STEPS = 2

#: Characters at the head of a text in which a row of buttons is looked for.
_REACH = 160
_BETWEEN = " .|•/-–—:\u200f"

_ADDRESS = re.compile(
    r"(?:https?://|www\.)\S{1,300}|[\w.+\-]{1,64}@[\w\-]{1,64}(?:\.[\w\-]{1,64})+|(?<!\w)@\w{2,40}"
    r"|(?<![\w.])[a-zA-Z\-]{1,40}(?:\.[a-zA-Z\-]{2,40}){1,3}/\S{1,300}"
)
#: No address is without one of these.
_MARKS = ("@", "/", "www.")
#: A number as it stands in a contact, with the marks between its parts.
_NUMBER = re.compile(r"\+?\(?\d[\d\-–()./ ]{3,40}\d")
_DIGIT = re.compile(r"\d")

#: The numbers of a contact have so many digits together.
_DIGITS = 5

#: A contact has at most so many other words for each address, number and word of contacts in it. Of 201 last pieces of
#: 17 outlets that have an address or a number and end no sentence, the 171 boxes of eight outlets have up to 1.3,
#: halves of boxes up to 4, and sentences begin at 5; it is the same whichever outlet is left out.
_WORDS_EACH = 2
_CONTACT = 250
_SENTENCES = re.compile(r"[^\W\d_]{3}[.!?؟۔]\s+[^\W\d_]")

#: A name and an outlet have so many words at most, both together so many characters.
_NAME_WORDS = 4
_NAMES = 60
_JOINS = re.compile(r"\s[-–—ـ/•]\s|\s?\|\s?")
_COMMA = re.compile(r", (?=[^\W\d_])")
_NAMED = re.compile(r"([^\W\d_][^\d.!?؟:،,;؛«»“”\"()|/–—\n]{2,40}?)\s?[-–—ـ|/]\s+(?=\S)")
_NAMED_AGAIN = re.compile(r"\s[-–—ـ]\s")
_NO_NAME = re.compile(r"[\d.!?؟:،,;؛«»“”\"()]")


def opening_row(text: str, lexicon: Lexicon) -> int:
    """Return where the row of buttons that opens `text` ends, or 0.

    >>> from cleaning.lines.lexicon import default_lexicon
    >>> text = "شارك فيسبوك تويتر واتساب أعلن الوزير"
    >>> text[opening_row(text, default_lexicon()):]
    'أعلن الوزير'
    """
    buttons = steps = at = end = 0
    for word in iterate_words(text[:_REACH]):
        key = fold_word(word[0])
        button, step = key in lexicon.buttons, key in lexicon.steps
        if not (button or step or key in lexicon.beside) or text[at : word.start()].strip(_BETWEEN):
            break
        buttons, steps, at = buttons + button, steps + step, word.end()
        end = at if button or step else end
    rest = text[end:].lstrip(_BETWEEN)
    return len(text) - len(rest) if (buttons >= _ROW or steps >= _STEPS) and rest[:1].isalnum() else 0


def is_contact(text: str, lexicon: Lexicon) -> bool:
    """Tell whether `text` is hardly anything but addresses, numbers and words like "mail" and "phone".

    >>> from cleaning.lines.lexicon import default_lexicon
    >>> [is_contact(text, default_lexicon()) for text in ("للتواصل: nour@marsa.example", "طلبت 300 سفينة 12345 طنا")]
    [True, False]
    """
    if len(text) > _CONTACT or not _may_hold_contact(text) or _SENTENCES.search(text):
        return False
    left, addresses = _ADDRESS.subn(" ", text)
    left, numbers = _NUMBER.subn(" ", left)
    if not addresses and len(_DIGIT.findall(text)) < _DIGITS:
        return False
    words = [word for word in folded_words(left) if not word.isdigit()]
    brands = script_shares(left).get("latin", 1.0) < 1  # in the script of another language
    named = sum(word in lexicon.contacts or (brands and word.isascii()) for word in words)
    dense = len(words) - named <= _WORDS_EACH * (addresses + numbers + named)
    return dense and bool(addresses or named) and not (words and ends_sentence(text))


def _may_hold_contact(text: str) -> bool:
    """Tell whether there are addresses or numbers; only an address is a contact that ends as a sentence does."""
    if any(mark in text for mark in _MARKS):
        return True
    return not ends_sentence(text[-2:]) and len(_DIGIT.findall(text)) >= _DIGITS


def closing_frame(text: str, lexicon: Lexicon) -> int:
    """Return where the contact or the row of buttons that is glued behind the last sentence begins, or the length."""
    starts = [start for start in sentence_starts(text) if len(text) - start <= _CONTACT]
    contact = bool(starts) and _may_hold_contact(text[starts[0] :])
    for start in starts:
        rest = text[start:]
        if text[max(0, start - 4) : start].rstrip(" .")[-2:-1].isspace():
            continue  # a letter with a stop behind it
        row = len(rest) < _REACH and opening_row(f"{rest} x", lexicon) > len(rest)
        if row or (contact and is_contact(rest, lexicon)):
            return start
    return len(text)


def joins_names(text: str) -> bool:
    """Tell whether `text` is two names set apart by a mark: of a writer and an outlet, or a place.

    >>> [joins_names(text) for text in ("ليلى سعد – الميناء", "Jane Quay, Harbour Gazette", "مدينة الجسر القديمة")]
    [True, True, False]
    """
    if len(text) > _NAMES:
        return False
    parts = _JOINS.split(text)
    if len(parts) == 1 and text[0] != text[0].lower():
        parts = _COMMA.split(text)
    named = all(part and part.count(" ") < _NAME_WORDS and not _NO_NAME.search(part) for part in parts)
    ends = [word[:1] for part in parts for word in (part, part.split(" ")[-1])]
    return len(parts) == 2 and named and all(letter == letter.upper() for letter in ends)


def is_signature(text: str, lexicon: Lexicon) -> bool:
    """Tell whether `text` is a name and an outlet; a name and a place, which nothing tells apart, is a dateline.

    >>> from cleaning.lines.lexicon import default_lexicon
    >>> [is_signature(text, default_lexicon()) for text in ("ليلى سعد – المرفأ نيوز", "ليلى سعد – الميناء")]
    [True, False]
    """
    return joins_names(text) and ("|" in text or not lexicon.outlets.isdisjoint(folded_words(text)))


def opening_byline(text: str) -> int:
    """Return where the by-line ends that is glued before the first sentence, or 0.

    >>> text = "إعداد: سامر النجار - أعلن الوزير"
    >>> text[opening_byline(text):]
    'أعلن الوزير'
    """
    opening = BY.match(text)
    found = _NAMED.match(text, opening.end()) if opening else None
    if opening is None or found is None:
        return 0
    words = found[1].split()
    certain = opening[0].rstrip()[-1] in ":/" or 1 < len(words) <= _NAME_WORDS
    inserted = _NAMED_AGAIN.search(text, found.end(), found.end() + _REACH)  # a clause between two dashes
    return found.end() if certain and not inserted and all(word[0] == word[0].upper() for word in words) else 0
