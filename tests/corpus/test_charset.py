from __future__ import annotations

import contextlib
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.charset import MAX_BAD_BYTES, declared_charset, decode, repair_mojibake
from corpus.errors import RecordError
from tests.strategies import arabic_text, arabic_words
from tests.timing import fastest

#: Short as it is, it holds the article: without it ISO-8859-6 and windows-1256 could not be told apart.
SHORT = "الخبر العاجل"
PROSE = "قال وزير الخارجية إن بلاده تسعى إلى حل سياسي، مؤكدا أن الحوار هو السبيل الوحيد؟ وأضاف في مؤتمر صحفي: نعم."
PAGE = f"<html><head><title>{SHORT}</title></head><body class='a'>{'<p>x</p>' * 300}<p>{PROSE}</p></body></html>"
LABELS = ["", "utf-8", "windows-1256", "iso-8859-6", "iso-8859-1", "windows-1252", "utf8mb4", "none", "utf-7", "\0"]


@pytest.mark.parametrize("label", LABELS)
@pytest.mark.parametrize("text", [SHORT, PROSE, PROSE * 100, PAGE], ids=["short", "prose", "long", "page"])
@pytest.mark.parametrize(
    ("codec", "rungs"),
    [
        ("utf-8", {"utf-8"}),
        ("utf-8-sig", {"bom-utf-8"}),
        ("cp1256", {"cp1256", "label-cp1256"}),
        ("iso8859-6", {"iso8859-6", "label-iso8859-6", "cp1256", "label-cp1256"}),
        ("utf-16", {"bom-utf-16-le"}),
        ("utf-32", {"bom-utf-32-le"}),
        ("utf-16-le", {"utf-16-le"}),
        ("utf-16-be", {"utf-16-be"}),
        ("utf-32-le", {"utf-32-le"}),
        ("utf-32-be", {"utf-32-be"}),
    ],
)
def test_arabic_in_every_charset_under_every_label(codec: str, rungs: set[str], text: str, label: str) -> None:
    found, rung = decode(text.encode(codec), label)
    assert found == text
    assert rung in rungs


@pytest.mark.parametrize(
    ("text", "codec"),
    [
        ("Правительство приняло решение о новых мерах поддержки. ", "cp1251"),
        ("Правительство приняло решение о новых мерах поддержки. ", "koi8-r"),
        ("Η κυβέρνηση αποφάσισε νέα μέτρα στήριξης της οικονομίας. ", "cp1253"),
        ("הממשלה החליטה על צעדים חדשים לתמיכה בכלכלה. ", "cp1255"),
        ("Le président a été élu à Paris après une journée très animée. ", "cp1252"),
        ("Größe schöner Straße für Übermütige. ", "cp1252"),
        ("El niño pasó mañana por la peña de los años, ¿qué más? ", "cp1252"),
        ("政府决定采取新的措施支持经济发展。", "gb18030"),
        ("政府は新しい措置を決定した。", "shift_jis"),
    ],
)
def test_other_languages_are_not_taken_for_arabic(text: str, codec: str) -> None:
    body = (text * 4).encode(codec)
    assert decode(body)[0] == text * 4
    assert decode(body, codec)[0] == text * 4


def test_a_label_decides_where_bytes_do_not() -> None:
    assert decode("łódź".encode("iso8859-2"), "iso-8859-2") == ("łódź", "label-iso8859-2")
    assert decode("Türkiye'de ışık".encode("cp1254"), "windows-1254") == ("Türkiye'de ışık", "label-cp1254")


def test_utf7_is_never_decoded() -> None:
    assert decode(b"+ADw-script+AD4-", "utf-7") == ("+ADw-script+AD4-", "utf-8")


def test_a_few_bad_bytes_are_replaced() -> None:
    body = PROSE.encode() * 10
    damaged = body[:400] + b"\xff" + body[400:900] + b"\xc3" + body[900:]
    for label in ("", "windows-1256", "utf-8"):
        text, rung = decode(damaged, label)
        assert rung == "utf-8-replaced"
        assert text.count("\ufffd") == 2
        assert text.replace("\ufffd", "") == PROSE * 10


def test_a_stray_byte_in_ascii_is_replaced() -> None:
    plain = "<p>plain text</p>" * 50
    assert decode(plain.encode() + b"\x95\xff\xd7") == (plain + "\ufffd" * 3, "utf-8-replaced")


@given(arabic_words(), st.data())
def test_damaged_utf8_is_never_mojibake(text: str, data: st.DataObject) -> None:
    body = text.encode()
    places = data.draw(st.lists(st.integers(0, len(body) - 1), min_size=1, max_size=5, unique=True))
    damaged = bytes(0xFF if place in places else byte for place, byte in enumerate(body))
    label = data.draw(st.sampled_from(LABELS))
    try:
        found, rung = decode(damaged, label)
    except RecordError as error:
        refused = error
    else:
        assert rung == "utf-8-replaced"
        assert len(places) < MAX_BAD_BYTES * len(damaged) * 2
        assert "\ufffd" in found
        return
    assert refused.reason == "bad-charset"


@pytest.mark.parametrize("size", [64, 200, 1000, 20_000, 1_000_000])
@pytest.mark.parametrize("label", ["", "utf-8", "windows-1256", "windows-1252", "gb18030"])
def test_random_bytes_are_refused(size: int, label: str) -> None:
    for seed in range(20 if size < 10_000 else 2):
        with pytest.raises(RecordError) as caught:
            decode(random.Random(seed).randbytes(size), label)
        assert caught.value.reason in ("binary-content", "bad-charset")


def test_random_high_bytes_are_refused() -> None:
    for seed in range(50):
        body = bytes(random.Random(seed).choices(range(0x80, 0x100), k=200))
        with pytest.raises(RecordError) as caught:
            decode(body)
        assert caught.value.reason == "bad-charset"


@pytest.mark.parametrize(
    "body",
    [b"%PDF-1.7\n%\xe2\xe3" + bytes(range(256)) * 4, b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\1\0", b"\0" * 100],
)
def test_binary_files_are_refused(body: bytes) -> None:
    with pytest.raises(RecordError) as caught:
        decode(body)
    assert caught.value.reason == "binary-content"


@given(st.binary(max_size=300), st.sampled_from(LABELS))
def test_any_bytes_are_decoded_or_refused(body: bytes, label: str) -> None:
    with contextlib.suppress(RecordError):
        text, rung = decode(body, label)
        assert rung
        text.encode("utf-8")


@pytest.mark.parametrize(
    ("header", "body", "expected"),
    [
        ("text/html; charset=windows-1256", b"", "windows-1256"),
        ('text/html; CHARSET="UTF-8"', b"", "UTF-8"),
        ("text/html", b'<html><meta charset="windows-1256">', "windows-1256"),
        ("", b"<META http-equiv='Content-Type' content='text/html; charset=iso-8859-6'>", "iso-8859-6"),
        ("text/html; charset=utf-8", b'<meta charset="windows-1256">', "utf-8"),
        ("text/html", b" " * 3000 + b'<meta charset="windows-1256">', ""),
        ("text/html", b"<p>charset=windows-1256</p>", ""),
        ("", b"", ""),
    ],
)
def test_declared_charset(header: str, body: bytes, expected: str) -> None:
    assert declared_charset(header, body) == expected


@given(arabic_words())
def test_mojibake_goes_back(text: str) -> None:
    as_windows = text.encode().decode("cp1256")
    as_latin = text.encode().decode("latin-1")
    as_western = "".join(bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in text.encode())
    for wrong in (as_windows, as_latin, as_western):
        assert repair_mojibake(wrong) == text
        assert repair_mojibake(f"{text}\n{wrong}\nplain") == f"{text}\n{text}\nplain"
    assert repair_mojibake(as_windows.encode().decode("cp1256")) == text


def test_a_repair_is_told() -> None:
    assert decode("ط§ظ„ط®ط¨ط± ط§ظ„ط£ظˆظ„".encode()) == ("الخبر الأول", "utf-8+mojibake")


@given(arabic_text())
def test_sound_arabic_is_left_alone(text: str) -> None:
    assert repair_mojibake(text) == text


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        ("قال: ط§ظ„ط®ط¨ط± ط§ظ„ط¹ط§ط¬ظ„ كما هو", "قال: الخبر العاجل كما هو"),
        ("وقال Ø§Ù„Ø®Ø¨Ø± أمس", "وقال الخبر أمس"),
        ("Ã©tÃ©, déjà lÃ\xa0", "été, déjà là"),
        ("Itâ€™s", "It’s"),
        ("Ð¿Ñ€Ð¸Ð²ÐµÑ‚", "привет"),
        ("ÅŸehir Ä±ÅŸÄ±k", "şehir ışık"),
    ],
)
def test_what_is_wrong_beside_sound_text_is_mended(wrong: str, text: str) -> None:
    assert repair_mojibake(wrong) == text


@pytest.mark.parametrize("text", ["خبر أمس، ظ ط غ", "déjà là, weiß", "привет", "“x” – ‹y›", "ÿ", "ß—", "é…"])
@pytest.mark.parametrize("codec", ["cp1256", "cp1252"])
def test_whatever_text_was_misread_is_found_in_its_bytes(text: str, codec: str) -> None:
    misread = "".join(bytes([byte]).decode(codec, "ignore") or chr(byte) for byte in text.encode())
    repaired = repair_mojibake(misread)
    assert decode(misread.encode()) == (repaired, "utf-8" if repaired == misread else "utf-8+mojibake")


@pytest.mark.parametrize(
    "text", ["Ù and Ø alone", "§ 5 „quoted“", "ط§ط", "ط§ظ„خبر السليم", "café Ø§", "«AMANHû", "«ER SAGTE Ä»", "Ü–"]
)
def test_half_sound_lines_are_left_alone(text: str) -> None:
    assert repair_mojibake(text) == text


@pytest.mark.parametrize(
    "unit", [b"<meta ", b"<meta charset", b"charset=", b"\xd8", b"\xc7\xe1", "ط§".encode(), "Ø§\n".encode()]
)
def test_hostile_bytes_take_linear_time(unit: bytes) -> None:
    body = unit * (200_000 // len(unit))

    def read() -> None:
        declared_charset("", body)
        with contextlib.suppress(RecordError):
            decode(body)

    assert fastest(read, 1.0) < 1.0
