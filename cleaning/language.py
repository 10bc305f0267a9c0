"""Tell the language of a text: the script first, then letters or langdetect on a bounded sample.

Most scripts belong to one language. Languages in Arabic script are told apart by the letters and small words that
only one of them uses, which is surer on news than n-gram statistics and costs microseconds. What is left (Latin,
Cyrillic, Devanagari) goes to langdetect, seeded, with the profiles of that script only, in a fixed order: the
same text gives the same answer in every process and on every machine.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from corpus.arabic import script_shares, words
from corpus.languages import SMALL_WORDS, UNDETERMINED

#: Characters looked at. Pieces from all over the text, because a page may open with a quotation or a dateline in
#: another language. On 2,193 texts in 26 languages, 500, 2,000 and 8,000 characters give the same answers.
SAMPLE_LENGTH = 500
SAMPLE_PIECES = 4

#: Seed of langdetect's random trials, and how many it takes. Its own seven cost twice as much: of 242 texts of 19
#: languages, and pieces of 160, 60 and 25 of their characters, 70 are named wrongly with seven and 69 with three.
SEED = 0
TRIALS = 3

#: A Japanese text is told from a Chinese one by its kana, of which no ordinary sentence is free; a Chinese text
#: holds a brand name or two.
MIN_KANA = 0.1

#: The answer for a script that one language (or by far the largest of its languages) writes.
_ONE_LANGUAGE = {
    "armenian": "hy",
    "bengali": "bn",
    "cjk": "zh",
    "ethiopic": "am",
    "georgian": "ka",
    "greek": "el",
    "gujarati": "gu",
    "gurmukhi": "pa",
    "hangul": "ko",
    "hebrew": "he",
    "hiragana": "ja",
    "kannada": "kn",
    "katakana": "ja",
    "khmer": "km",
    "lao": "lo",
    "malayalam": "ml",
    "myanmar": "my",
    "oriya": "or",
    "sinhala": "si",
    "tamil": "ta",
    "telugu": "te",
    "thaana": "dv",
    "thai": "th",
    "tibetan": "bo",
}
#: The languages of a script among which langdetect decides.
_PROFILES = {
    "cyrillic": "bg mk ru uk",
    "devanagari": "hi mr ne",
    "latin": "af ca cs cy da de en es et fi fr hr hu id it lt lv nl no pl pt ro sk sl so sq sv sw tl tr vi",
}
#: Letters that one language of the Arabic script uses and its neighbours do not (or hardly). The two forms of ya
#: and of kaf say less than others: many an Arabic newsroom types the Persian ones, and old Persian systems the Arabic
#: ones.
_LETTERS = {
    "ar": "ةأإ",
    "fa": "پچژگ",
    "ku": "ێۆڕڵەڤ",
    "ps": "ټډړږښڼځڅۍې",
    "sd": "ٿڀٻڄڃڏڌڊڳڱڻڦٺ",
    "ug": "ۇۈۋڭېەۆ",
    "ur": "ٹڈڑںےہھ",
}
#: The forms of ya and kaf that are typed for all of these languages but not, as a rule, for Arabic; one is as good as
#: so much of another letter. Of 2,760 pieces of 25 to 160 characters of 12 Persian texts 46 are named wrongly with it,
#: 66 without; of 3,392 of 107 Arabic ones 23 and 23, typed with these forms 136 and 83, whole articles never.
_PERSIAN_FORMS, _FORM_WEIGHT = "یک", 0.3
_WITH_PERSIAN_FORMS = ("fa", "ku", "ps", "ur")
#: The article of Arabic, which is no word of its own, is looked for at the beginning of words.
_ARTICLE = (" ال", " وال", " بال")
#: A small word is as good as this many letters: a word of news is five letters long.
_WORD_WEIGHT = 5

_LANGUAGES_OF_WORD = {
    word: tuple(language for language, small in SMALL_WORDS.items() if word in small.split())
    for word in " ".join(SMALL_WORDS.values()).split()
}
#: The columns of _LETTERS in which each character from U+0600 on stands, of the forms of ya and kaf, and of all letters
#: of the script; characters of the same columns are counted as one. ZWNJ, a sign of Persian spelling, stands elsewhere.
_BLOCK, _ZWNJ = 0x600, "\u200c"
_ALL_LETTERS = "".join(map(chr, (*range(0x620, 0x640), *range(0x641, 0x64B), *range(0x66E, 0x6D4))))
_COLUMNS = (*_LETTERS.values(), _PERSIAN_FORMS, _ALL_LETTERS)
_KINDS, _KIND_OF = np.unique(
    [[chr(_BLOCK + at) in column for column in _COLUMNS] for at in range(256)], axis=0, return_inverse=True
)
_WEIGHTS, _KIND_OF = _KINDS.astype(np.int64), _KIND_OF.reshape(-1).astype(np.intp)

#: Addresses are Latin in every language.
_ADDRESS = re.compile(r"https?://\S+|[@#]\S+")


def identify(text: str) -> tuple[str, float]:
    """Return the language of `text` (ISO 639-1, or "und") and how sure that is, from 0 to 1.

    Total: a text without letters gives ("", 0.0). The second value is a share of evidence, not a probability.

    >>> identify("وصل الوزير إلى العاصمة في زيارة رسمية")[0]
    'ar'
    >>> identify("وزیر امروز برای یک دیدار رسمی به پایتخت رسید")[0]
    'fa'
    """
    sample = _sample(text)
    letters = _count_letters(sample)
    # Where more than half of a sample is of letters of a script, it is the first of its scripts.
    if 2 * letters[-1] > len(sample):
        return _arabic_script(sample, letters)
    shares = script_shares(sample)
    if not shares:
        return "", 0.0
    script, share = next(iter(shares.items()))
    kana = shares.get("hiragana", 0.0) + shares.get("katakana", 0.0)
    if script == "cjk" and kana >= MIN_KANA:
        return "ja", share + kana
    if script == "arabic":
        return _arabic_script(sample, letters)
    if script in _PROFILES:
        return _by_profiles(sample, script)
    return _ONE_LANGUAGE.get(script, UNDETERMINED), share


def _sample(text: str) -> str:
    """Take pieces from all over a long text, the same ones each time."""
    if len(text) > SAMPLE_LENGTH:
        size, step = SAMPLE_LENGTH // SAMPLE_PIECES, len(text) // SAMPLE_PIECES
        text = " ".join(text[start : start + size] for start in range(0, step * SAMPLE_PIECES, step))
    return _ADDRESS.sub(" ", text) if "@" in text or "#" in text or "http" in text else text


def _count_letters(sample: str) -> list[int]:
    """Return how many characters of a sample are of each of _COLUMNS."""
    codes = np.frombuffer(sample.encode("utf-16-le", "surrogatepass"), np.uint16)
    # What stands before the block wraps around, and the last character of the block is no letter.
    kinds = _KIND_OF.take(codes - np.uint16(_BLOCK), mode="clip")
    counts: list[int] = (np.bincount(kinds, minlength=len(_WEIGHTS)) @ _WEIGHTS).tolist()
    return counts


def _arabic_script(sample: str, letters: list[int]) -> tuple[str, float]:
    evidence: dict[str, float] = dict(zip(_LETTERS, letters, strict=False))
    evidence["fa"] += sample.count(_ZWNJ)
    tokens = words(sample)
    for token in filter(_LANGUAGES_OF_WORD.__contains__, tokens):
        for language in _LANGUAGES_OF_WORD[token]:
            evidence[language] += _WORD_WEIGHT
    evidence["ar"] += _WORD_WEIGHT * sum(map(f" {' '.join(tokens)}".count, _ARTICLE))
    for language in _WITH_PERSIAN_FORMS:
        evidence[language] += _FORM_WEIGHT * letters[-2]
    total = sum(evidence.values())
    if not total:  # nothing but the letters all of them share: the one that is written most
        return "ar", 1 / len(_LETTERS)
    best = max(evidence, key=evidence.__getitem__)  # of equals the first one of _LETTERS
    return best, evidence[best] / total


@cache
def _factory(script: str) -> Any:
    """Load the profiles of a script once a process; a factory of our own leaves langdetect's global state alone."""
    import langdetect  # type: ignore[import-untyped]
    from langdetect.detector_factory import DetectorFactory  # type: ignore[import-untyped]

    folder = Path(langdetect.__file__).parent / "profiles"
    factory = DetectorFactory()
    factory.load_json_profile([(folder / name).read_text("utf-8") for name in _PROFILES[script].split(" ")])
    factory.set_seed(SEED)
    return factory


def _by_profiles(sample: str, script: str) -> tuple[str, float]:
    from langdetect.lang_detect_exception import LangDetectException  # type: ignore[import-untyped]

    detector = _factory(script).create()
    detector.n_trial = TRIALS
    # The profiles know capitals only as the first letter of a word.
    detector.append(sample.lower() if sample.isupper() else sample)
    try:
        found = detector.get_probabilities()
    except LangDetectException:  # letters that stand in no profile
        return UNDETERMINED, 0.0
    return (found[0].lang, min(found[0].prob, 1.0)) if found else (UNDETERMINED, 0.0)
