"""Judge a whole document: is it a text that a corpus wants? Keep it, or drop it with a reason.

Every limit is a field of `FilterConfig`, every rule can be switched off by its reason, and every drop says what was
measured and against which limit. The defaults were set on real news so that an article is hardly ever lost; what
calibrated each is said beside it. "The 31,030" are the articles of 14 Saudi newspapers, "the pages" 283 labelled
web pages in 25 languages; of 868 articles read as clean, none is dropped. Peers' limits for English web text do
not carry over: Gopher's 15 % of repeated 5-grams would cost 1.5 % of Arabic news, where titles of kings and formulas
of condolence repeat.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Annotated, Any, TypeAlias

import msgspec

from cleaning.language import identify
from cleaning.lines.unit import ends_sentence, trails_off
from cleaning.measured import FOLDED_LOSES, HIGH, LETTER, PRIVATE, TAIL, TAILS, Measured
from corpus.arabic import fold, words
from corpus.languages import UNDETERMINED, language_code, near_language
from corpus.letters import MIN_MISREAD, misread_share
from corpus.records import Document, Record, Verdict, drop, keep

Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
#: A bound above keeps numbers that mean nothing out.
Count = Annotated[int, msgspec.Meta(ge=0, le=10**9)]
Detail: TypeAlias = dict[str, Any]

#: The length of the n-grams whose repetition is measured (Gopher and FineWeb count several lengths; 5 alone tells).
GRAM = 5
#: Words looked at for repetition: what is written 20,000 words long in a loop shows it long before.
MAX_GRAM_WORDS = 20_000
#: A line of so many words is running text even without a full stop; 95 of 100 headlines have at most 12.
PROSE_WORDS = 14
#: Fewer lines than this are no list.
MIN_LIST_LINES = 5
#: Verse has no full stops either: the poems of the 31,030 have 3 to 7 words a line, menus fewer, most lists of
#: headlines more. Of lists drawn from real headlines, 57 to 77 % are told from verse; 7.5 words would tell 30 %.
VERSE_WORDS = (3.0, 7.0)
#: A list is also what has a bullet or a number before at least half of its lines.
MIN_BULLETS = 0.5
#: A share of these words that no language reaches: the printers' dummy text.
MAX_DUMMY_WORDS = 0.1


class FilterConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Set the limits of the document rules; `off` names the reasons that must not be given."""

    off: tuple[str, ...] = ()
    #: Below 20 words the 31,030 hold captions and lists of names: 1.1 % of those that have a text at all.
    min_words: Count = 20
    #: As in Gopher. The longest article of the 31,030 has 3,600 words.
    max_words: Count = 100_000
    #: Share of letters and their marks among all signs but spaces. Market tables reach .65, articles .70.
    min_letters: Share = 0.6
    #: Codes or names of the languages wanted, such as "ar" or "Arabic"; all where empty.
    languages: tuple[str, ...] = ()
    #: Share of the text that stands in lines seen before. Articles reach .15, a table of exercises .57.
    max_repeated_lines: Share = 0.3
    #: Share of the words that stand in 5-grams seen before. Collections of telegrams reach .56.
    max_repeated_grams: Share = 0.6
    #: Share of the words that stand in lines of running text; lists stay under it, and so does verse.
    min_sentences: Share = 0.2
    #: Share of U+FFFD among all signs but spaces: past 1 % words are lost, not letters.
    max_replaced: Share = 0.01
    #: Share of signs in pairs that UTF-8 read in a one-byte charset leaves. Sound text stays under .021.
    max_mojibake: Share = 0.1
    #: A message such as "page not found" is believed up to this length; the 31,030 hold none, of any length.
    max_placeholder_words: Count = 80

    def __post_init__(self) -> None:
        """Refuse names of rules and languages that do not exist, and limits that leave nothing."""
        unknown = [reason for reason in self.off if reason not in RULES]
        if unknown:
            raise ValueError(f"off: no rule has the reason {unknown[0]!r}; the reasons are {', '.join(RULES)}")
        if self.min_words > self.max_words:
            raise ValueError(f"min_words: {self.min_words} is more than max_words {self.max_words}, so none is kept")
        codes = tuple(dict.fromkeys(map(_code_of, self.languages)))
        msgspec.structs.force_setattr(self, "languages", codes)


def _code_of(given: str) -> str:
    """Return the code of a language that the configuration names by code or name."""
    code = given if given == UNDETERMINED else language_code(given)
    if not code:
        near = near_language(given)
        hint = f"did you mean {near!r}?" if near else 'for example "ar", "arabic" or "العربية"'
        raise ValueError(f"languages: {given!r} is no language that is known by code or name; {hint}")
    return code


#: Messages that stand where an article should be, as folded words.
_PLACEHOLDERS = (
    "الصفحة غير موجودة|الصفحة المطلوبة غير|الصفحة التي تبحث عنها|العثور على الصفحة|الخبر غير موجود|المقال غير موجود"
    "|تفعيل جافا سكريبت|تفعيل الجافا سكريبت|تفعيل جافاسكريبت|أنك لست روبوت|انا لست روبوت|الموقع تحت الصيانة"
    "|page not found|error 404|404 not found|page you requested|page you are looking for|page cannot be found"
    "|page could not be found|page does not exist|enable javascript|javascript is disabled|javascript is required"
    "|you are human|you are not a robot|checking your browser|access denied|403 forbidden|enable cookies"
    "|under maintenance|lorem ipsum|page introuvable|page non trouvée|page demandée|page que vous recherchez"
    "|activer javascript|n êtes pas un robot|accès refusé|site en maintenance"
    "|صفحه مورد نظر یافت نشد|صفحه مورد نظر پیدا نشد|صفحه یافت نشد|صفحه پیدا نشد|جاوا اسکریپت را فعال|ربات نیستم"
    "|صفحہ نہیں ملا|sayfa bulunamadı|seite nicht gefunden|página no encontrada"
)
_PLACEHOLDER = re.compile(rf" (?:{'|'.join(fold(phrase) for phrase in _PLACEHOLDERS.split('|'))})")
_DUMMY = frozenset({"lorem", "ipsum", "dolor", "amet", "consectetur", "adipiscing", "eiusmod", "incididunt", "aliqua"})
_BULLET = re.compile(r"[-*_•·▪●■►»–—]|\d{1,3}[.)\-]")


#: What letters of two UTF-8 bytes look like in windows-1252 and windows-1256.
_MOJIBAKE = re.compile(
    f"[ÂÃØÙÚÛÐÑ][{re.escape(TAILS.decode('cp1252', 'ignore'))}]|[طظعغ][{re.escape(TAILS.decode('cp1256'))}]"
)


#: Words with a nunation that does not end them, which is what a bad reader of PDF makes of other letters. Of 8,100
#: texts of the labelled data none has over .018 of them.
MAX_BROKEN = 0.05
_NUNATION = "\u064c\u064d"
_BROKEN_WORD = re.compile("[\u064c\u064d](?=[\u0621-\u064a])|(?<!\\S)[\u0621-\u064a][\u064c\u064d](?!\\S)")
#: Letters of a font's own that no other font has.
MAX_PRIVATE = 0.05

Rule: TypeAlias = Callable[[Measured, FilterConfig], Detail | None]


def _above(value: float, limit: float, **more: Any) -> Detail | None:
    return {"value": round(value, 4), "limit": limit, **more} if value > limit else None


def _below(value: float, limit: float, **more: Any) -> Detail | None:
    return {"value": round(value, 4), "limit": limit, **more} if value < limit else None


def _garbled(text: Measured, config: FilterConfig) -> Detail | None:
    signs = max(text.signs, 1)
    # Each pattern is only asked where a sign that it cannot do without is there, and often enough.
    pairs = sum(1 for _ in _MOJIBAKE.finditer(text.text)) if 2 * text.count(TAIL) > config.max_mojibake * signs else 0
    misread = misread_share(text.text) if text.count(HIGH) else 0.0
    broken, most = 0, sum(map(text.text.count, _NUNATION))
    if most > MAX_BROKEN * text.total:
        broken = sum(1 for _ in _BROKEN_WORD.finditer(text.text))
    return (
        _above(text.text.count("\ufffd") / signs, config.max_replaced, measure="replaced")
        or _above(2 * pairs / signs, config.max_mojibake, measure="mojibake")
        or _above(misread, MIN_MISREAD, measure="misread")
        or _above(broken / max(text.total, 1), MAX_BROKEN, measure="broken words")
        or _above(text.count(PRIVATE) / signs, MAX_PRIVATE, measure="private letters")
    )


def _placeholder(text: Measured, config: FilterConfig) -> Detail | None:
    # Each of these words has an a, an i or an o.
    most = sum(map(text.text.count, "aioAIO"))
    if most > MAX_DUMMY_WORDS * text.total and any(word in text.text for word in _DUMMY):
        dummy = sum(word.lower() in _DUMMY for word in text.words) / text.total
        if dummy > MAX_DUMMY_WORDS:
            return {"value": round(dummy, 4), "limit": MAX_DUMMY_WORDS, "measure": "dummy words"}
    if text.total > config.max_placeholder_words:
        return None
    found = _PLACEHOLDER.search(" " + " ".join(text.folded))
    return {"phrase": found[0].strip(), "words": text.total} if found else None


def _not_language(text: Measured, config: FilterConfig) -> Detail | None:
    if not config.languages or text.language in config.languages:
        return None
    return {"language": text.language, "wanted": list(config.languages)}


def _repetitive(text: Measured, config: FilterConfig) -> Detail | None:
    if len(distinct := set(text.lines)) < len(text.lines):
        size = sum(map(len, text.lines))
        share = (size - sum(map(len, distinct))) / size
        if detail := _above(share, config.max_repeated_lines, measure="lines"):
            return detail
    # What a repeated n-gram covers are words seen before, so their share is a bound; of folded words more are the same.
    if not text.total or text.most_repeated() <= config.max_repeated_grams / FOLDED_LOSES * text.total:
        return None
    tokens = text.folded[:MAX_GRAM_WORDS]
    grams = list(zip(*(tokens[place:] for place in range(GRAM)), strict=False))
    if GRAM * (len(grams) - len(set(grams))) <= config.max_repeated_grams * len(tokens):
        return None
    seen: set[tuple[str, ...]] = set()
    covered = end = 0
    for start, gram in enumerate(grams):
        if gram in seen:
            covered += start + GRAM - max(start, end)
            end = start + GRAM
        seen.add(gram)
    return _above(covered / max(len(tokens), 1), config.max_repeated_grams, measure=f"{GRAM}-grams")


def _no_sentences(text: Measured, config: FilterConfig) -> Detail | None:
    if len(text.lines) < MIN_LIST_LINES:
        return None
    prose = 0
    # The longest lines first: of an article one or two of them are enough.
    for line in sorted(text.lines, key=len, reverse=True):
        count = len(words(line))
        if count >= PROSE_WORDS or ends_sentence(line) or trails_off(line):  # as the lines of some poems do
            prose += count
        if prose >= config.min_sentences * text.total:
            return None
    bullets = sum(_BULLET.match(line) is not None for line in text.lines) / len(text.lines)
    if bullets < MIN_BULLETS and VERSE_WORDS[0] <= text.total / len(text.lines) <= VERSE_WORDS[1]:
        return None
    return _below(prose / max(text.total, 1), config.min_sentences, lines=len(text.lines))


#: Reason -> rule, in the order in which they are asked; the first that answers names the reason.
RULES: Mapping[str, Rule] = {
    "empty": lambda text, _: None if text.total else {"signs": text.signs},
    "listing": lambda text, _: {"words": text.total} if text.is_listing else None,
    "garbled": _garbled,
    "placeholder": _placeholder,
    "too-short": lambda text, config: _below(text.word_count(config.min_words), config.min_words),
    "too-long": lambda text, config: _above(text.word_count(0), config.max_words),
    "few-letters": lambda text, config: _below(text.count(LETTER) / max(text.signs, 1), config.min_letters),
    "not-language": _not_language,
    "repetitive": _repetitive,
    "no-sentences": _no_sentences,
}


def reason_to_drop(document: Document, config: FilterConfig) -> tuple[str, Detail] | None:
    """Return why `document` should be dropped and what was measured, or None where it should stay.

    `document.language` must be set where a rule of the configuration asks for it.
    """
    text = Measured(document)
    for reason, rule in RULES.items():
        if reason in config.off:
            continue
        detail = rule(text, config)
        if detail is not None:
            return reason, detail
    return None


class Filter:
    """Name the language of a document that has none, and drop what no corpus wants.

    With `enabled=False` nothing is dropped, only the language is named.
    """

    name = "filter"

    def __init__(self, config: FilterConfig | None = None, *, enabled: bool = True) -> None:
        self.config = config or FilterConfig()
        self.enabled = enabled

    def apply(self, record: Record) -> Verdict:
        """Keep the document with its language, or drop it with the first reason that holds."""
        if not isinstance(record, Document):
            return keep(record)
        document = name_language(record)
        found = reason_to_drop(document, self.config) if self.enabled else None
        if found is None:
            return keep(document)
        reason, detail = found
        return drop(reason, **detail)


def name_language(document: Document) -> Document:
    """Return the document with its language, and in the trace how sure that is; a language it has stays."""
    if document.language:
        return document
    language, confidence = identify(document.text)
    if not language:
        return document
    trace = {**document.trace, "language": round(confidence, 3)}
    return replace(document, language=language, trace=trace)
