"""Each value that means nothing is refused with exit 2 and the name of its key, before anything is written."""

import math
import typing

import msgspec
import pytest

from corpus.errors import UsageError
from ghirbal.config import Config, read_config, read_reviewed

HUGE = 2**62


def fields(kind=Config, place=()):
    for field in msgspec.structs.fields(kind):
        if isinstance(field.type, type) and issubclass(field.type, msgspec.Struct):
            yield from fields(field.type, (*place, field.name))
        else:
            yield (*place, field.name), field.type


def numbers(kind):
    return [key for key, hint in fields() if (typing.get_args(hint) or (hint,))[0] is kind]


FLOATS, INTEGERS = numbers(float), numbers(int)
#: Where 0 says "no limit of this kind", "not at all" or "every one".
ZERO_MEANS_SOMETHING = {
    ("filters", "min_words"), ("filters", "max_placeholder_words"),
}  # fmt: skip


def refused(tmp_path, text):
    path = tmp_path / "ghirbal.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(UsageError) as error:
        read_config(str(path))
    return str(error.value).removeprefix(f"{path}: ")


def toml(key, value):
    shown = {math.inf: "inf", -math.inf: "-inf"}.get(value, "nan" if value != value else repr(value))
    return f"[{'.'.join(key[:-1])}]\n{key[-1]} = {shown}\n"


def test_there_is_something_to_walk():
    assert len(FLOATS) >= 7
    assert len(INTEGERS) >= 6


@pytest.mark.parametrize("key", FLOATS, ids=".".join)
def test_each_fraction_is_finite_and_in_its_range(tmp_path, key):
    for value in (math.nan, math.inf, -math.inf, -1.0, -1e-9, 1e308, HUGE):
        said = refused(tmp_path, toml(key, value))
        assert said.startswith(".".join(key) + ": "), said
        assert "the default is " in said


@pytest.mark.parametrize("key", INTEGERS, ids=".".join)
def test_each_number_is_in_its_range(tmp_path, key):
    zero = [] if key in ZERO_MEANS_SOMETHING else [0]
    for value in (-1, -HUGE, HUGE, 2**70, math.nan, 0.5, *zero):
        said = refused(tmp_path, toml(key, value))
        assert key[-1] in said, said
        assert key[0] in said, said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[run]\ndeadline = 0\n", "run.deadline: Expected `float` >= 0.1; the default is 20.0"),
        ("[filters]\nmin_word = 3\n", "unknown field `min_word` in [filters]; did you mean min_words?"),
        ("[filtres]\n", "unknown field `filtres` in the top level; did you mean filters?"),
        ("[clean]\nzzz = 3\n", "unknown field `zzz` in [clean]; the keys there are: learn, "),
        ("[dedup]\nsurvivor = ['newest']\n", "; the values there are: preferred, extraction, longest, earliest"),
        ("[dedup]\nnear = 1\n", "dedup.near: Expected `bool`, got `int`; the default is true"),
        (
            "[extract.drop]\n'sahil.example' = ['.x7', 'div[[[']\n",
            "extract: drop of 'sahil.example': 'div[[[' is no CSS selector: Expected ident or '*', got",
        ),
        ("[filters]\nlanguages = ['ar', 'arabik']\n", "'arabik' is no language that is known by code or name; did"),
        ("[filters]\nlanguages = ['arabik']\n", "did you mean 'arabic'?"),
        ("[filters]\nlanguages = ['']\n", 'for example "ar", "arabic" or "العربية"'),
        ("[filters]\nlanguages = ['zz']\n", 'for example "ar", "arabic" or "العربية"'),
        ("[extract.outlets]\na = ['b']\nc = ['B']\n", "outlets: 'b' is given to two outlets, or to one twice"),
        ("[filters]\nmin_words = 10\nmax_words = 9\n", "filters: min_words: 10 is more than max_words 9"),
        ("[dedup]\nthreshold = 2\n", "dedup.threshold: Expected `float` <= 1.0"),
        ("[dedup]\nbands = 64\n", "unknown field `bands` in [dedup]"),
        ("[dedup]\nthreshold = 0\n", "dedup.threshold: Expected `float` > 0.0"),
        ("[dedup]\nthreshold = 1.01\n", "dedup.threshold: Expected `float` <= 1.0"),
        ("[dedup]\nthreshold = nan\n", "dedup.threshold: Expected `float`"),
        ("[dedup]\nthreshold = inf\n", "dedup.threshold: Expected `float`"),
        ("[dedup]\nngram = 5\n", "unknown field `ngram` in [dedup]; the keys there are: exact, near, "),
        ("[read]\nfields = {text = ''}\n", "read: fields.text: names no field of the input"),
        ("[run\n", "this is not TOML in UTF-8: "),
        ("run = 3\n", "run: Expected `object`, got `int`"),
        ("x = " + "9" * 5000, "this is not TOML in UTF-8: "),
        ("x = " + "[" * 100_000, "this is not TOML in UTF-8: "),
    ],
    ids=lambda text: text[:30],
)
def test_what_is_wrong_is_said_with_the_key_and_what_it_should_be(tmp_path, text, said):
    assert said in refused(tmp_path, text)


def test_the_codes_that_documents_carry_are_accepted(tmp_path):
    path = tmp_path / "ghirbal.toml"
    path.write_text('[filters]\nlanguages = ["ar", "en", "fa", "zh", "no", "ku", "he", "tl", "und"]\n')
    assert read_config(str(path)).filters.languages[-1] == "und"


@pytest.mark.parametrize(
    ("table", "wrong"),
    [(b"[filters]\nmin_words = 3\n", "filters"), (b"[[furniture]\n", "no boilerplate table"), (b"\xff", "utf-8")],
)
def test_a_reviewed_table_that_is_none_is_refused_with_its_name(tmp_path, table, wrong):
    path = tmp_path / "reviewed.toml"
    path.write_bytes(table)
    with pytest.raises(UsageError) as refused:
        read_reviewed(str(path))
    assert str(refused.value).startswith(f"{path}: ")
    assert wrong in str(refused.value)


def test_a_reviewed_table_that_cannot_be_read_is_told_without_the_words_of_python(tmp_path):
    with pytest.raises(UsageError) as refused:
        read_reviewed(str(tmp_path))
    assert str(refused.value) == f"{tmp_path}: cannot read the reviewed table (Is a directory)"


def test_languages_are_wanted_by_code_or_name(tmp_path):
    path = tmp_path / "c.toml"
    path.write_text("[filters]\nlanguages = ['Arabic', 'ara', 'العربية', 'fa', 'und']\n", "utf-8")
    assert read_config(str(path)).filters.languages == ("ar", "fa", "und")
