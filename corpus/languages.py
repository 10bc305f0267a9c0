"""Turn what an input calls a language into the code by which languages are known here.

Codes and names come from CLDR, through Babel: "eng", "ar-EG", "Arabic", "العربية", "français".
"""

from __future__ import annotations

import re
from difflib import get_close_matches
from functools import cache, lru_cache

from babel import Locale, localedata
from babel.core import get_global

from corpus.arabic import fold

#: What stands for the language of letters that nobody can name (ISO 639-2).
UNDETERMINED = "und"
#: Languages in whose words news names other languages.
_NAMED_IN = ("en", "ar", "fa", "fr", "tr", "ur")
#: Languages that are also asked what they call themselves: all that are told apart by their letters and words.
_OWN_NAMES = frozenset(
    "af am ar bg bn bo ca cs cy da de dv el en es et fa fi fr gu he hi hr hu hy id it ja ka km kn ko ku lo lt lv mk ml "
    "mr my ne nl no or pa pl ps pt ro ru sd si sk sl so sq sv sw ta te th tl tr ug uk ur vi zh".split()
)
#: Names in use that CLDR has not, and codes of varieties that are written as the language itself.
_OTHERS = {
    "farsi": "fa", "عربي": "ar", "عربى": "ar", "کوردی": "ku", "sorani": "ku", "kurmanji": "ku", "central kurdish": "ku",
    "ckb": "ku", "kmr": "ku", "arz": "ar", "apc": "ar", "ary": "ar", "prs": "fa", "fil": "tl", "filipino": "tl",
}  # fmt: skip
#: As alike as difflib finds a name with one letter of seven wrong.
_MIN_LIKENESS = 0.8
#: Codes that name no language.
_NONE = frozenset({UNDETERMINED, "mul", "zxx", "mis", "root"})
#: Small words by which languages that share a script are told apart, and the direction of a text.
SMALL_WORDS = {
    "ar": "في من على إلى الى عن أن ان التي الذي هذا هذه بعد كان قال وقال مع بين لا ما لم",
    "fa": "در به از که این را است با برای آن های ها می شد شده کرد خود بر یک كه اين است براي"
    " هم تا اگر چه باید نیست هستم دارد شما همه سلام",
    "ku": "لە بە بۆ کە ئەو ئەم لەگەڵ دەکات",
    "ps": "په چې کې د دې سره او له شو",
    "sd": "جي ۾ جو آهي کي تي ۽ سان",
    "ug": "ۋە بىلەن ئۈچۈن بۇ بىر ئۇ",
    "ur": "کے کی میں ہے کا سے کو نے اور پر ہیں یہ کہ",
}
_CODE = re.compile(r"([a-z]{2,3})(?:[-_.@][a-z0-9_.@-]*)?")
_ASIDE = re.compile(r"\s*[(\[].*")
#: "The language", before its name in Arabic.
_THE_LANGUAGE = fold("اللغة ")


@lru_cache(maxsize=1 << 10)
def language_code(given: str) -> str:
    """Return the ISO 639 code of a language, of two letters where there is one; "" for what is not known to be one.

    >>> [language_code(name) for name in ("Arabic", "ar-EG", "العربية", "eng", "Klingonese")]
    ['ar', 'ar', 'ar', 'en', '']
    """
    if given in _OWN_NAMES:
        return given
    name = fold(_ASIDE.sub("", given.strip())).removeprefix(_THE_LANGUAGE)
    if not name:
        return ""
    if match := _CODE.fullmatch(name):
        code, known = match[1], Locale("en").languages
        # An alias may carry a country ("prs" is fa_AF); codes of two letters that are in use stay as they are.
        alias = code if len(code) == 2 and code in known else get_global("language_aliases").get(code, code)
        short = _OTHERS.get(code) or str(alias).partition("_")[0]
        if short in known and short not in _NONE:
            return short
    return _codes_by_name().get(name, "")


def near_language(given: str) -> str:
    """Return the name of a language that `given` may have been meant for, "" if none is near.

    >>> near_language("Arabik"), near_language("عربيه فصحى جدا")
    ('arabic', '')
    """
    return next(iter(get_close_matches(fold(given), _codes_by_name(), 1, _MIN_LIKENESS)), "")


@cache
def _codes_by_name() -> dict[str, str]:
    own = {Locale(code).languages.get(code, ""): code for code in sorted(filter(localedata.exists, _OWN_NAMES))}
    named = {name: code for place in reversed(_NAMED_IN) for code, name in Locale(place).languages.items()}
    table = {fold(name): code.partition("_")[0] for name, code in (named | own).items() if name}
    table |= {fold(name): code for name, code in _OTHERS.items()}
    return {name: code for name, code in table.items() if code not in _NONE}
