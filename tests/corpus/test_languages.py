"""What inputs call languages."""

from __future__ import annotations

import pytest

from cleaning import language
from corpus.languages import _codes_by_name, language_code


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("ar", "ar AR ar-EG ar_SA ar_EG.UTF-8 ara arb arz Arabic ARABIC العربية عربي"),
        ("en", "en eng en-GB en_US English الإنجليزية"),
        ("fa", "fa fas per pes prs Persian Farsi Dari فارسی الفارسية fa-AF"),
        ("fr", "fr fre fra French Français français الفرنسية"),
        ("tr", "tr tur Turkish Türkçe"),
        ("ku", "ku kur ckb Kurdish کوردی"),
        ("ur", "ur urd Urdu اردو"),
        ("ps", "ps pus Pashto پښتو"),
        ("he", "he iw heb Hebrew עברית"),
        ("zh", "zh zh-Hans zh_CN cmn Chinese 中文"),
        ("no", "no nor Norwegian"),
        ("", "und mul zxx unknown xx N/A ar,en null 7 ؟ ar-" + "x" * 9 + "/"),
    ],
)
def test_names_and_codes(code: str, names: str) -> None:
    assert {name: language_code(name) for name in names.split()} == dict.fromkeys(names.split(), code)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("Modern Standard Arabic", "ar"),
        ("Arabic (Egypt)", "ar"),
        ("اللغة العربية", "ar"),
        ("  english ", "en"),
        ("Unknown language", ""),
        ("", ""),
    ],
)
def test_names_of_several_words(name: str, code: str) -> None:
    assert language_code(name) == code


def test_what_is_told_of_a_text_is_a_code() -> None:
    told = {*language._ONE_LANGUAGE.values(), *language._LETTERS, *" ".join(language._PROFILES.values()).split()}
    assert {code: language_code(code) for code in told} == {code: code for code in told}


def test_a_record_without_a_language_loads_no_names_of_languages():
    _codes_by_name.cache_clear()
    assert language_code("") == language_code(" ") == ""
    assert _codes_by_name.cache_info().misses == 0
