"""Turn bytes into text and say which rung of the ladder decided.

The ladder: byte order mark; UTF-16/32 without one; strict UTF-8 whatever the label says; UTF-8 with a few bad
bytes; the declared label; windows-1256 and ISO-8859-6; charset-normalizer on a sample; else nothing. Strict
UTF-8 comes early because Arabic in a legacy charset is practically never valid UTF-8, and windows-1256 comes
late because it has no undefined byte: it decodes anything, random bytes too. UTF-7 is never tried: it is a way
to smuggle markup past filters, not a way anybody writes news.
"""

from __future__ import annotations

import codecs
import re
import unicodedata

from corpus.errors import RecordError

#: The `<meta charset>` of a page stands within its first bytes (the HTML standard demands 1024).
_META_BYTES = 2048
_META = re.compile(rb"<meta[^<>]{0,200}?charset\s{0,5}=\s{0,5}[\"']?\s{0,5}([A-Za-z0-9_:.-]{2,40})", re.IGNORECASE)
_DECLARATION = re.compile(rb"""\s*<\?xml[^<>]{0,100}?encoding\s?=\s?["']([A-Za-z0-9_:.-]{2,40})""", re.IGNORECASE)
_LABEL = re.compile(r"charset\s{0,5}=\s{0,5}[\"']?\s{0,5}([A-Za-z0-9_:.-]{2,40})", re.IGNORECASE)

#: Longer first: the mark of UTF-16-LE opens the mark of UTF-32-LE.
_MARKS = {
    "utf-8": codecs.BOM_UTF8,
    "utf-32-le": codecs.BOM_UTF32_LE,
    "utf-32-be": codecs.BOM_UTF32_BE,
    "utf-16-le": codecs.BOM_UTF16_LE,
    "utf-16-be": codecs.BOM_UTF16_BE,
}
_WIDE = tuple(_MARKS)[1:]

#: C0 without tab, newline, vertical tab, form feed, return and escape; and DEL. Random bytes hold 10 % of
#: these, the worst text dumps seen far under 0.1 %.
_CONTROLS = bytes(set(range(32)) - {9, 10, 11, 12, 13, 27} | {127})
_MAX_CONTROLS = 0.005
_HIGH = bytes(range(128, 256))
#: UTF-8 is kept with U+FFFD where bytes are bad, as long as they are fewer than this share of all bytes.
MAX_BAD_BYTES = 0.01
#: Share of characters that must be letters, digits, marks, punctuation or spaces before text found without a
#: label is believed; random bytes reach .8, prose and markup .999.
_MIN_PLAIN = 0.95
#: Share of characters below U+0800 or of general punctuation before 16-bit units without a mark are believed:
#: Arabic, Latin and Cyrillic prose reach 1, the same in the wrong byte order .2, random bytes .03.
_MIN_NARROW, _NARROW = 0.8, re.compile("[\0-\u07ff\u2000-\u206f]")
#: Share of Arabic letters in the runs of high bytes, of the runs among all high bytes, and of the ten commonest
#: letters among the letters. Arabic prose as windows-1256: .99, .97, .66; KOI8-R reaches .95, .97, .15, Greek,
#: Hebrew and windows-1251 stay under .75 in the first, German and French under .2 in the second.
_MIN_ARABIC, _MIN_RUNS, _MIN_COMMON = 0.9, 0.8, 0.35
_COMMON_LETTERS = re.compile("[اليمونرتبه]")
#: The detector sees this much; more costs seconds and changes no verdict. Under this many high bytes it guesses.
_SAMPLE_BYTES = 1 << 16
_MIN_HIGH_BYTES = 32
_ASCII_LETTER, _ASCII = re.compile(rb"[A-Za-z]"), re.compile(r"[\x00-\x7f]+")
#: French prose has .05 accents to an ASCII letter, Spanish .04, German .03; headlines may have more.
_MAX_ACCENTS = 0.3
#: What French, German, Spanish, Italian, Portuguese and Scandinavian prose holds beyond ASCII. Other readings
#: of sparse high bytes (Polish, Czech, Turkish) produce at least one other character.
_WESTERN_LETTERS = frozenset("àâäáãåæçéèêëíìîïñóòôöõøœúùûüßÀÂÄÁÃÅÆÇÉÈÊËÍÎÏÑÓÔÖÕØŒÚÙÛÜ«»“”„‘’–—…°€£§©®·¡¿ºª•\u00a0")

_ARABIC_CODECS = ("cp1256", "iso8859-6")
_WESTERN_CODECS = frozenset({"cp1252", "iso8859-1", "iso8859-15", "cp1250", "iso8859-2", "cp1254", "iso8859-9"})
_LEGACY_CODECS = frozenset(
    {
        *_ARABIC_CODECS, *_WESTERN_CODECS, "cp1251", "cp1253", "cp1255", "cp1257", "cp1258", "cp874",
        "iso8859-3", "iso8859-4", "iso8859-5", "iso8859-7", "iso8859-8", "iso8859-10", "iso8859-13",
        "iso8859-14", "iso8859-16", "koi8-r", "koi8-u", "mac-roman", "mac-cyrillic", "tis-620",
        "gb18030", "gbk", "gb2312", "big5", "big5hkscs", "shift_jis", "cp932", "euc_jp", "euc_kr", "cp949",
    }
)  # fmt: skip
_OTHER_CODECS = _LEGACY_CODECS - _WESTERN_CODECS - set(_ARABIC_CODECS)
#: What a browser understands by these labels (encoding.spec.whatwg.org).
_MEANT = {"iso8859-1": "cp1252", "iso8859-9": "cp1254", "gb2312": "gb18030", "gbk": "gb18030", "tis-620": "cp874"}
_HIGH_RUN = re.compile(rb"[\x80-\xff]{2,}")
_ARABIC_LETTER = re.compile("[\u0621-\u0652\u067e\u0686\u0688\u0691\u0698\u06a9\u06af\u06ba\u06be\u06c1\u06d2]")
_ARABIC_SIGNS = "\u200c\u200d\u200e\u200f\u060c\u061b\u061f\u0640«»“”‘’–—…•\u00a0"


def decode(body: bytes, label: str = "") -> tuple[str, str]:
    """Return the text of `body` and the name of the rung that decided.

    `label` is what the sender declared (see `declared_charset`). Rungs: "bom-<codec>", "<codec>" found without
    help, "label-<codec>", "detected-<codec>", "utf-8-replaced" (U+FFFD stands where bytes were bad), each with
    "+mojibake" behind it if lines were repaired.

    Raises:
        RecordError: `binary-content` (control bytes), `bad-charset` (no rung holds).

    >>> decode("خبر".encode("cp1256"), "utf-8")
    ('خبر', 'cp1256')
    """
    text, rung = _climb(body, label)
    if rung == "utf-8" and not (_MISREAD_1252.search(body) or _MISREAD_1256.search(body)):
        return text, rung
    repaired = repair_mojibake(text)
    return (text, rung) if repaired == text else (repaired, rung + "+mojibake")


def declared_charset(content_type: str, body: bytes = b"") -> str:
    """Return the charset that a Content-Type header declares, else the page by XML declaration or `<meta>`, else "".

    >>> declared_charset("text/html; charset=Windows-1256")
    'Windows-1256'
    """
    if found := _LABEL.search(content_type[:1000]):
        return found[1]
    meta = _DECLARATION.match(body[:_META_BYTES]) or _META.search(body[:_META_BYTES])
    return meta[1].decode("ascii") if meta else ""


def _climb(body: bytes, label: str) -> tuple[str, str]:
    for codec, mark in _MARKS.items():
        if body.startswith(mark) and (text := _strict(body[len(mark) :], codec)) is not None:
            return text, f"bom-{codec}"
    if len(body) - len(body.translate(None, _CONTROLS)) > _MAX_CONTROLS * len(body):
        # UTF-16 or UTF-32 without a mark; in 8-bit text so many control bytes mean that it is none.
        for codec in _WIDE:
            text = _strict(body, codec)
            sample = text[:_SAMPLE_BYTES] if text else ""
            if text and len(_NARROW.findall(sample)) >= _MIN_NARROW * len(sample) and _plain_share(text) >= _MIN_PLAIN:
                return text, codec
        raise RecordError("control bytes throughout: this is no text", reason="binary-content")
    text = _strict(body, "utf-8")
    if text is not None:
        return text, "utf-8"
    # Whether most bytes beyond ASCII stand in whole UTF-8 sequences; legacy text has next to none.
    high = _count_high(body)
    if len(body.decode("utf-8", "ignore").encode()) - (len(body) - high) > high / 2:
        return _replaced(body)
    return _legacy(body, label)


def marked_codec(head: bytes | bytearray) -> str:
    """Name the codec for a byte order mark, which it takes away; "" for UTF-8, which needs none, and for no mark."""
    return next((codec[: len("utf-16")] for codec in _WIDE if head.startswith(_MARKS[codec])), "")


def _strict(body: bytes, codec: str) -> str | None:
    try:
        return body.decode(codec)
    except UnicodeDecodeError:
        return None


def _plain_share(text: str) -> float:
    """Return the share of characters that prose and markup are made of, in the scripts that news uses."""
    sample = text[:_SAMPLE_BYTES]
    plain = sum(1 for character in sample if unicodedata.category(character)[0] in "LMNPSZ" or character in "\t\r\n")
    return plain / len(sample)


def _count_high(body: bytes) -> int:
    return len(body) - len(body.translate(None, _HIGH))


def _replaced(body: bytes) -> tuple[str, str]:
    bad = len(body) - len(body.decode("utf-8", "ignore").encode())
    if bad >= MAX_BAD_BYTES * len(body):
        message = f"no charset makes text of these bytes; as UTF-8 {bad} of {len(body)} are bad"
        raise RecordError(message, reason="bad-charset")
    return body.decode("utf-8", "replace"), "utf-8-replaced"


def _legacy(body: bytes, label: str) -> tuple[str, str]:
    declared = _codec_of(label)
    arabic = arabic_codec(body, declared)
    if arabic:
        return body.decode(arabic), f"label-{arabic}" if arabic == declared else arabic
    if declared in _LEGACY_CODECS and (text := _strict(body, declared)) is not None:
        return text, f"label-{declared}"
    # Sparse accents among ASCII letters, if they are such as Western prose has.
    western = _strict(body, "cp1252") if _count_high(body) <= _MAX_ACCENTS * len(_ASCII_LETTER.findall(body)) else None
    if western and _WESTERN_LETTERS.issuperset(_ASCII.sub("", western)):
        return western, "cp1252"
    sample = body[:_SAMPLE_BYTES]
    if _count_high(sample) < _MIN_HIGH_BYTES:
        return _replaced(body)
    from charset_normalizer import from_bytes  # few need it, and all would wait for it

    found = from_bytes(sample, cp_isolation=sorted(_LEGACY_CODECS), enable_fallback=False).best()
    codec = _codec_of(found.encoding) if found else "ascii"
    text = _strict(body, codec)
    return (text, f"detected-{codec}") if text and _plain_share(text) >= _MIN_PLAIN else _replaced(body)


def _codec_of(label: str) -> str:
    try:
        codec = codecs.lookup(label).name if label else ""
    except (LookupError, ValueError):
        return ""
    return _MEANT.get(codec, codec)


def arabic_codec(body: bytes, declared: str = "") -> str:
    """Return the Arabic codec that makes Arabic words of the high bytes, or "".

    Asked even when a label says otherwise: of the labels on Arabic pages the Western ones are servers' defaults.
    """
    sample = body[: 1 << 20]
    runs = b" ".join(_HIGH_RUN.findall(sample))
    if _count_high(runs) < _MIN_RUNS * _count_high(sample) or declared in _OTHER_CODECS:
        return ""
    best, score = "", _MIN_ARABIC
    for codec in sorted(_ARABIC_CODECS, key=lambda codec: codec != declared):
        text = _strict(runs, codec)
        if text is None or _strict(body, codec) is None:
            continue
        bare = text.translate(dict.fromkeys(map(ord, _ARABIC_SIGNS + " ")))
        letters, common = len(_ARABIC_LETTER.findall(bare)), len(_COMMON_LETTERS.findall(bare))
        # The share of Arabic letters, and more for the article, the commonest of digrams.
        now = letters / len(bare) + min(text.count("ال") / len(bare), 0.1) if letters else 0.0
        if common >= _MIN_COMMON * letters and now > score:
            best, score = codec, now
    return best


#: UTF-8 read as windows-1256 and as windows-1252 (its five undefined bytes as C1, as browsers do).
_TRAILS = bytes(range(0x80, 0xC0))
_WESTERN_BYTES = {ord(bytes([byte]).decode("cp1252", "ignore") or chr(byte)): byte for byte in range(0x80, 0xA0)}
_TRAIL_1256 = f"[{re.escape(_TRAILS.decode('cp1256'))}]"
_TRAIL_1252 = "[\x80-\xbf" + re.escape("".join(map(chr, _WESTERN_BYTES))) + "]"
#: Every Arabic letter in UTF-8 begins with D8-DB, which read as ط ظ ع غ: three such pairs in a row are no words.
#: Between them may stand ASCII other than letters, and quotation marks and dashes read in the same way.
_RUN_1256 = re.compile(rf"(?:[طظعغ]{_TRAIL_1256}(?:[ -@\[-`{{-~]|آ{_TRAIL_1256}|[âï]{_TRAIL_1256}{{2}})*+){{3,}}+")
_RUN_1252 = re.compile(rf"(?:[Â-ß]{_TRAIL_1252}|[à-ï]{_TRAIL_1252}{{2}}|[ð-ô]{_TRAIL_1252}{{3}})++")
_HIGH_LETTER = re.compile("[À-ÿ]")
#: One of these is in every text read as windows-1252; all of them are rare elsewhere.
_LEADS_1252 = "ÃÂâÐÑØÙÚÛ×ÎÏÄÅ"
#: What comes of letters in the scripts that two bytes hold, of punctuation and signs, and of presentation forms.
_PLAUSIBLE = re.compile(
    "[ -~\u00a0-\u017f\u0300-\u04ff\u0590-\u06ff\u1e00-\u1fff\u200b-\u203a\u20ac\u2122\ufb50-\ufefc]+"
)
#: Alef and lam, one of which is in every Arabic line but the shortest, read so; their absence tells that a text is
#: sound. The second halves alone, a section sign and a low quotation mark, stand in many honest pages.
#: The last two are what ط and ظ become when a text went through windows-1256 twice.
_SIGNS_1256 = ("ط\u00a7", "ظ\u201e", "ط\u00b7", "ط\u00b8")
#: With what all that is repaired begins: a lead and its first trail, and one of the signs, in UTF-8. Bytes are searched
#: for them at several times the speed of characters.
_MISREAD_1252 = re.compile(rb"\xc3[\x82-\xb4](?:\xc2|[\xc5\xc6\xcb]|\xe2[\x80\x82\x84])")
_MISREAD_1256 = re.compile(rb"\xd8(?:\xb7\xc2[\xa7\xb7\xb8]|\xb8\xe2\x80\x9e)")
_ARABIC_BLOCK = re.compile("[\u0620-\u06ff]")
#: A text that went through two wrong readers needs two repairs; more has not been seen.
_MAX_REPAIRS = 2


def repair_mojibake(text: str) -> str:
    """Undo UTF-8 read as windows-1256 or windows-1252, where it goes back to valid UTF-8.

    >>> repair_mojibake("ط§ظ„ط®ط¨ط± عاجل - cafÃ©")
    'الخبر عاجل - café'
    """
    for _ in range(_MAX_REPAIRS):
        before = text
        # One character is found at five times the speed of two.
        if any(sign[1] in text and sign in text for sign in _SIGNS_1256):
            text = "\n".join(map(_repair_1256, text.split("\n")))
        if any(lead in text for lead in _LEADS_1252):
            text = "\n".join(line if line.isascii() else _repair_1252(line) for line in text.split("\n"))
        if text == before:
            break
    return text


def _repair_1256(line: str) -> str:
    """Repair a line that goes back as a whole and gains Arabic letters, else the runs in it that do."""
    try:
        repaired = line.encode("cp1256").decode("utf-8")
    except UnicodeError:
        return _RUN_1256.sub(lambda run: _decoded(run[0], "cp1256"), line)
    return repaired if _arabic_share(repaired) > _arabic_share(line) else line


def _repair_1252(line: str) -> str:
    """Repair the runs of a line whose letters beyond ASCII mostly stand in runs; elsewhere chance makes some.

    A single pair is none behind a capital, where a quotation mark may close («AMANHû).
    """
    # No run has a space in it, and that a word is ASCII costs next to nothing to know.
    if not any(_RUN_1252.search(word) for word in line.split(" ") if not word.isascii()):
        return line
    runs = list(_RUN_1252.finditer(line))
    if len(runs) == 1 and len(runs[0][0]) == 2 and (runs[0][0][0] != "Ã" or line[: runs[0].start()][-1:].isupper()):
        return line
    leads = sum(len(_HIGH_LETTER.findall(run[0])) for run in runs)
    if 2 * leads <= len(_HIGH_LETTER.findall(line)):
        return line
    return _RUN_1252.sub(lambda run: _decoded(run[0], "cp1252"), line)


def _decoded(run: str, codec: str) -> str:
    body = run.encode(codec) if codec == "cp1256" else western_bytes(run)
    text = body.decode("utf-8", "replace") if body else run
    return text if _PLAUSIBLE.fullmatch(text) else run


def western_bytes(text: str) -> bytes:
    """Return the bytes that were read as windows-1252 or ISO 8859-1; b"" if these never give such a text."""
    try:
        return text.translate(_WESTERN_BYTES).encode("latin-1")
    except UnicodeError:
        return b""


def decode_legacy(body: bytes) -> str:
    """Return the text of bytes in a charset that is neither UTF-8 nor known; "" if there is none that fits."""
    try:
        text, rung = _climb(body, "") if body else ("", "")
    except RecordError:
        return ""
    return "" if rung.startswith("utf-8") else text


def _arabic_share(line: str) -> float:
    return len(_ARABIC_BLOCK.findall(line)) / max(1, len(line) - line.count(" "))
