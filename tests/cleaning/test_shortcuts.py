"""What is looked at first, to spare work, decides as doing all of the work would: on every kind of writing."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from cleaning.article import rules
from cleaning.article.rules import find_phrases, remove_doubled
from cleaning.article.words import content_words, words_of
from cleaning.lines import frames
from cleaning.lines.frames import closing_frame, is_contact
from cleaning.lines.glued import end_of, find_glued, sentence_starts
from cleaning.lines.lexicon import default_lexicon, key_of
from cleaning.lines.unit import STUB, cut
from cleaning.outlet import count as counting
from cleaning.outlet.count import (
    HEAD,
    INSIDE,
    KINDS,
    LEAD,
    MARKER,
    TAIL,
    TITLE,
    LineCounts,
    Occurrences,
    Story,
    hash_of,
)
from cleaning.outlet.evidence import OutletStories, Read
from cleaning.outlet.furniture import Furniture, OutletTable
from cleaning.outlet.pieces import (
    affixes,
    announcements,
    cut_pieces,
    cut_spans,
    first_words,
    last_words,
    title_key,
)
from cleaning.outlet.returning import Candidates, Repetition, find_candidates
from corpus.arabic import folded_words
from corpus.records import Document, Source
from corpus.run.stage import summarise
from corpus.text import scrub
from tests.strategies import hostile_text

LEXICON = default_lexicon()
#: What may stand between two letters and is no letter, and before a line and is no word.
_WITHIN = ("", "", "", "", "\u0640", "\u064e", "\u0651", "\u0652", "\u200c")
_BEFORE = (
    "",
    "",
    "• ",
    "- ",
    "😀 ",
    "\u200f",
    "\u200e* ",
    "(",
    "\u064b ",
    "» ",
    "⚽⚽ ",
    "-" * 45,
    "ـ" * 45 + " ",
    "12) ",
)
_OTHER = str.maketrans({"ا": "أ", "ي": "ى", "ك": "ک", "ه": "ة"})
_BEHIND = ("", ".", "!", "؟", " ", "…", ":", " ⚽", "\n", "   ", "\u200f\n", ": 12345", " a@b.example", " w.example/x")


@st.composite
def written(draw: st.DrawFn, texts: tuple[str, ...]) -> str:
    """Return some of `texts` as they may be written: vocalised, stretched, with other letters, glued, apart."""
    parts = []
    for text in draw(st.lists(st.sampled_from(texts), min_size=1, max_size=5)):
        way = draw(st.sampled_from(("as it is", "as it is", "other", "wide", "marked", "capital")))
        if way == "other":
            text = text.replace("لا", "ﻻ").translate(_OTHER)
        elif way == "wide":
            text = text.replace(" ", draw(st.sampled_from(("  ", "   ", "\u00a0", "\u3000"))))
        elif way == "marked":
            marks = draw(st.lists(st.sampled_from(_WITHIN), min_size=1, max_size=5))
            text = "".join(letter + marks[at % len(marks)] for at, letter in enumerate(text))
        elif way == "capital":
            text = text.upper()
        parts.append(draw(st.sampled_from(_BEFORE)) + text + draw(st.sampled_from(_BEHIND)))
    return scrub(draw(st.sampled_from((" ", "\n", "", "  "))).join(parts))


_PHRASES = tuple(sorted({phrase.text for phrase in LEXICON.phrases if phrase.position != "line"}))
_PROSE = (
    "قال الوزير إن الجسر سيفتح غدا", "وأضاف المدير", "الميناء", "د. سمير", "ﷺ", "اﻻتحاد ﻻ يعلق", "e\u0301tude", "ΟΔΟΣ",
    "می‌شود این خبر", "ﾊﾞ", "नमस्ते", "한국 뉴스", "12", "١٢٫٥", "B2B", "x_1", "İstanbul", "ǰ",
)  # fmt: skip
anything = st.one_of(written(_PHRASES + _PROSE), hostile_text().map(scrub))


@given(anything)
def test_no_phrase_opens_what_its_first_word_rules_out(text):
    for start in (0, *sentence_starts(text)):
        assert LEXICON.may_open(text[start:]) or LEXICON.head(key_of(text[start:]), ends_sentence=True) is None


@given(anything)
def test_phrases_of_units_are_those_of_looking_up_each(text):
    units = cut(text)
    find_phrases(units, LEXICON)
    for unit in units:
        if unit.key:
            found = LEXICON.whole(unit.key) or LEXICON.head(unit.key, ends_sentence=unit.ends)
        else:
            found = LEXICON.head(key_of(unit.text[: rules._HEAD]), ends_sentence=True)
        assert unit.phrase == found


@given(st.tuples(anything, written(("وبالعلاقات", "بالدم", "والميناء", "للجسر", "كاللؤلؤ", "الـ23", "ال_نص", "ᾳΟΔΟΣ"))))
def test_content_words_are_those_of_stripping_each_word(texts):
    stems = set()
    for word in folded_words("\n".join(texts)):
        known = (one for one in ("وبال", "وال", "بال", "كال", "فال", "لل", "ال") if word.startswith(one))
        stems.add(word[next((len(one) for one in known if len(word) >= len(one) + 3), 0) :])
    assert content_words(texts) == {stem for stem in stems if len(stem) >= 4}
    units = cut("\n".join(texts))
    assert words_of(units) == words_of(units) == [content_words([unit.text]) for unit in units]


@given(anything)
@example("انتهى. اقَرأ أيضا: موعد")
def test_phrases_inside_are_those_of_looking_for_each_alone(text):
    alone = [hit for _, _, ones in LEXICON._inline for one in ones for hit in one.hits(text)]
    assert LEXICON.inside(text) == sorted(alone, key=lambda hit: (hit[0], -hit[1]))


@given(st.sampled_from(("اقرأ أيضا: ", "مقالات أخرى للكاتب ", "پڑ")), st.integers(150, 900), st.sampled_from(".؟…ك"))
@example("اقرأ أيضا: ", 218, ".")
@example("اقرأ أيضا: ", 698, "ك")
def test_a_header_of_links_stands_in_the_end_of_its_unit(header, size, last):
    for unit in cut(f"{'كلام ' * 99}انتهى. {header}{'ك' * size}{last}"):
        assert LEXICON.inside(end_of(unit)) or not list(find_glued(unit, LEXICON, last=False))


_CONTACTS = (
    "للتواصل", "هاتف", "البريد", "nour@marsa.example", "@marsa", "www.marsa.example", "marsa.example/x", "0123 456",
    "12", "٠١٢٣٤٥", "²²²²²²", "فيسبوك", "تويتر", "واتساب", "شارك", "أعلن الوزير ذلك.", "قال:", "Nour", "2024/12/1",
)  # fmt: skip


@given(written(_CONTACTS))
@example("أعلن الوزير ذلك اليوم. هاتف 12345")
@example("أعلن الوزير ذلك اليوم. بريد a@b.example")
def test_contacts_are_those_of_looking_at_all_texts(text):
    told = [is_contact(text, LEXICON), closing_frame(text, LEXICON)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(frames, "_may_hold_contact", lambda text: True)
        assert [is_contact(text, LEXICON), closing_frame(text, LEXICON)] == told


@given(st.lists(written(_PROSE), min_size=1, max_size=3), st.sampled_from(("", " ", "  ", " - ", "\u200f")))
def test_doubled_headlines_are_those_of_comparing_all_halves(texts, seam):
    units = [unit for text in texts for unit in cut(f"{text}{seam}{text}".replace("\n", " "))]
    remove_doubled(units, filler=False)
    for unit in units:
        half = len(unit.text) // 2
        same = half >= STUB and unit.text[:half].strip() == unit.text[-half:].strip()
        assert (unit.rule == "related") <= same <= (unit.rule != "")


@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow])
@given(st.data(), written(_PROSE))
def test_the_table_finds_what_the_keys_of_all_pieces_find(data, text):
    """Its rows are some of what the text has: pieces, announcements, frames; glued ones too."""
    spans = cut_spans(text)
    pieces, told = cut_pieces(text, spans), announcements(text, spans)
    edges = {
        form: [key for key, _ in affixes([word.key for word in words])]
        for form, words in (("head", first_words(text)), ("tail", last_words(text)))
    }
    edges["tail"] = [" ".join(reversed(key.split(" "))) for key in edges["tail"]]
    known = {"piece": [piece.key for piece in pieces], "marker": [one.key for one in told], **edges}
    rows = [
        Furniture("o", form, "tail", 3, 3, 9, key, key)
        for form, keys in known.items()
        for key in data.draw(st.lists(st.sampled_from(keys), max_size=2) if keys else st.just([]))
    ]
    table = OutletTable(rows)
    chosen = {form: {row.text for row in rows if row.form == form} for form in known}
    chosen["tail"] |= {key for key in chosen["piece"] if key.count(" ") >= 3}
    assert table.may_know(text, spans) or chosen["piece"].isdisjoint(known["piece"])
    found = [one for one in table.announced(text, spans) if table.marker(one)]
    assert found == [one for one in told if table.marker(one)]
    assert {one.key for one in told if not one.glued} & chosen["marker"] <= {one.key for one in found}
    for form in ("head", "tail"):
        longest = max((key for key in edges[form] if key in chosen[form]), key=len, default=None)
        frame = table.frame(form, text)
        assert (frame[2].text if frame else None) == longest


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(anything, written(_PROSE)), min_size=1, max_size=11))
def test_what_is_counted_of_a_block_is_what_is_counted_of_each_document(stories):
    documents = [
        Document(f"{at}", Source("a"), text, title=title, outlet="o") for at, (text, title) in enumerate(stories)
    ]
    (shard,) = counting.unpack(memoryview(summarise(LineCounts(), documents))).values()
    plain = []
    for number, (text, title) in enumerate(stories):
        spans = cut_spans(text)
        keys = [piece.key for piece in cut_pieces(text, spans) if " " in piece.key or piece.whole]
        headline = title_key(title)
        told = [(LEAD if not at else INSIDE, key) for at, key in enumerate(keys)]
        told += [(TITLE, headline)] * bool(headline)
        for kind, words in ((HEAD, first_words(text)), (TAIL, last_words(text))):
            told += [(kind, key) for key, _ in affixes([word.key for word in words])]
        told += [(MARKER, one.key) for one in announcements(text, spans)]
        plain += [(hash_of(kind, key), number * KINDS + kind) for kind, key in told]
    assert sorted(zip(shard.hashes.tolist(), shard.where.tolist(), strict=True)) == sorted(plain)
    assert shard.hashes.tolist() == sorted(shard.hashes.tolist())
    assert [shard.story(at).text for at in range(len(stories))] == [text for text, _ in stories]


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(anything, st.data())
def test_words_in_numbers_are_the_words_of_the_keys(text, data):
    read = Read(Story(text, "", ""))
    keys = [piece.key for piece in cut_pieces(text)]
    words = [word for key in keys for word in key.split(" ")]
    numbers = dict(zip(words, read.words.tolist(), strict=True))
    assert [numbers[word] for word in words] == read.words.tolist()
    assert len(set(numbers.values())) == len(numbers)
    brought = data.draw(st.lists(st.booleans(), min_size=len(keys), max_size=len(keys)))
    own = {word for key, left in zip(keys, brought, strict=True) if not left for word in key.split(" ")}
    long = {numbers[word] for word in own if len(word.encode("utf-16-le", "surrogatepass")) >= 8}
    assert read.own(brought).tolist() == sorted(long)


_KINDS = (INSIDE, INSIDE, LEAD, TITLE, MARKER, TAIL)
#: Documents of an outlet: a hash, and pieces as hash and kind; frames have hashes of their own.
_documents = st.lists(
    st.tuples(st.integers(0, 8), st.lists(st.tuples(st.integers(0, 4), st.sampled_from(_KINDS)), max_size=4)),
    max_size=8,
    unique_by=lambda document: document[0],
)


def gathered(documents):
    told = ((number, *piece) for number, (_, pieces) in enumerate(documents) for piece in pieces)
    hashes = sorted((at + 10 * kind * (kind > TITLE), number * KINDS + kind) for number, at, kind in told)
    stories = np.array([story for story, _ in documents], np.uint64)
    columns = np.array(hashes, np.uint64).reshape(-1, 2).T
    return Occurrences(stories, columns[0].copy(), columns[1].astype(np.uint32), [])


@given(st.lists(_documents, min_size=1, max_size=3), st.integers(0, 8))
def test_what_returns_is_what_counting_each_piece_finds(outlets, cut_at):
    names = "abc"[: len(outlets)]
    read = {
        name: OutletStories([gathered(some[:cut_at]), gathered(some[cut_at:])], np.empty(0, np.uint32))
        for name, some in zip(names, outlets, strict=True)
    }
    everywhere = Counter()
    places = {name: {} for name in names}
    for name, some in zip(names, outlets, strict=True):
        for rank, (_, pieces) in enumerate(sorted(some)):
            for at, kind in pieces:
                places[name].setdefault(at + 10 * kind * (kind > TITLE), set()).add((rank, kind))
        everywhere.update(value for value, known in places[name].items() if {kind for _, kind in known} != {TITLE})
    expected, tells = [], {name: set() for name in names}
    for name in names:
        for value, known in sorted(places[name].items()):
            stands = sorted({rank for rank, kind in known if kind != TITLE})
            named = sorted({rank for rank, kind in known if kind in (TITLE, LEAD)})
            form = max(kind if kind > TITLE else INSIDE for _, kind in known)
            if len({rank for rank, _ in known}) == 1 or (form == INSIDE and len(stands) < 3):
                tells[name] |= {rank for rank, kind in known if kind <= LEAD}
            if len({rank for rank, _ in known}) > 1 and (len(stands) >= 3 or named):
                expected.append((name, Repetition(value, form, len(stands), everywhere[value] > 1, stands, named)))
    returning = find_candidates(read, 0, 2**64 - 1)
    assert [(name, one) for name, found in returning for one in Candidates([found])] == expected
    assert {name: set(np.flatnonzero(one.tells).tolist()) for name, one in read.items()} == tells


@pytest.mark.parametrize("before", ["", "-" * 45, "ـ" * 45, "\u200f", "ن\u200f"])
@pytest.mark.parametrize("behind", ["", "-" * 45])
def test_what_an_outlet_repeats_is_found_however_far_its_words_are(before, behind):
    key = "نلتقي غدا في المرفا"
    text = f"{before}{'نلتقي'.removeprefix(before[:1])} غدا في المرفأ{behind}"
    table = OutletTable([Furniture("o", "piece", "body", 3, 3, 9, key, key)])
    assert table.may_know(text, cut_spans(text))
    assert [piece.key for piece in cut_pieces(text)] == list(table.pieces)
    frames = OutletTable([Furniture("o", form, "body", 3, 3, 9, "غدا في المرفا", "") for form in ("head", "tail")])
    head, tail = frames.frame("head", f"{before}غدا في المرفأ قال"), frames.frame("tail", f"قال غدا في المرفأ{behind}")
    assert (tail and tail[:2]) == (4, len(f"قال غدا في المرفأ{behind}"))
    assert (head and head[:2]) == (None if before[:1] == "ن" else (0, len(f"{before}غدا في المرفأ")))
