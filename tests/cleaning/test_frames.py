"""Frames at the head and the tail of an article: what they are made of, and what only looks like one."""

from __future__ import annotations

import pytest

from tests.cleaning.stories import BODY
from tests.cleaning.test_rules import clean, rules

FRENCH, ENGLISH = (
    [
        "Le directeur du port a annoncé que le nouveau pont ouvrira aux camions le mois prochain, après deux ans.",
        "Il a ajouté que le coût avait augmenté d'un tiers en raison du prix de l'acier, et que la ville paierait.",
    ],
    [
        "The harbour board said on Monday that the new bridge will open to lorries next month, after two years.",
        "The director added that the price of steel had raised the cost by a third, and that the town would pay.",
    ],
)


@pytest.mark.parametrize(
    ("body", "line", "rule"),
    [
        (BODY, "سمير الهادي – الرصيف نيوز", "byline"),
        (FRENCH, "Claire Morel | Le Courrier du Port", "byline"),
        (ENGLISH, "Jane Quay, Harbour Gazette", "byline"),
        (BODY, "الناقلات عند المدخل (تصوير: سمير الهادي)", "caption"),
        (ENGLISH, "Lorries queue at the bridge. Photo: Tom Pier / Quay Pictures", "caption"),
        (BODY, "Next Previous", "nav"),
        (FRENCH, "1 sur 9", "nav"),
        (BODY, "1 / 12", "nav"),
        (BODY, "شارك على فيسبوك تويتر واتساب طباعة", "share"),
        (ENGLISH, "www.gazette.example/news/8841", "contact"),
    ],
)
def test_a_frame_above_the_body_goes_by_its_form(body, line, rule):
    assert rules(line, *body) == {line: rule}


@pytest.mark.parametrize(
    ("body", "glued", "rule"),
    [
        (BODY, "شارك الخبر فيسبوك تويتر واتساب طباعة ", "share"),
        (ENGLISH, "Share | Facebook | Twitter | Print ", "share"),
        (BODY, "Next Previous ", "share"),
        (BODY, "إعداد: سمير الهادي - ", "byline"),
        (FRENCH, "Par Claire Morel – ", "byline"),
    ],
)
def test_a_frame_glued_before_the_first_sentence_goes_and_the_sentence_stays(body, glued, rule):
    first, *others = body
    assert rules(glued + first, *others) == {glued.strip(): rule}
    assert clean(glued + first, *others) == list(body)


@pytest.mark.parametrize(
    ("body", "box"),
    [
        (BODY, "للتواصل مع الكاتب أرسل رسالة SMS تبدأ بالرمز (70) ثم مسافة إلى 44100 - Nahr"),
        (BODY, "للتواصل: samir@raseef.example @samir_raseef"),
        (FRENCH, "Tél. : 01 44 55 66 77 – Fax : 01 44 55 66 78"),
        (ENGLISH, "Email: jane@gazette.example Twitter: @janequay"),
    ],
)
def test_a_closing_contact_goes_as_a_line_and_glued_behind_the_last_sentence(body, box):
    assert rules(*body, box) == {box: "contact"}
    assert clean(*body[:-1], f"{body[-1]} {box}") == list(body)
    assert clean(*body, "للتواصل مع الكاتب:", box, "44200 - Bahr", "وإلى اللقاء") == list(body)


@pytest.mark.parametrize(
    "lines",
    [
        [*BODY, "وللتسجيل ترسل الطلبات إلى العنوان info@raseef.example قبل نهاية الشهر."],
        [*BODY[:-1], f"{BODY[-1]} وللاستفسار يمكن الاتصال على الرقم 04-2233445."],
        ["Facebook, Twitter and WhatsApp went down for an hour on Monday, said the harbour board.", *ENGLISH],
        ["LONDON - " + ENGLISH[0], *ENGLISH[1:]],
        ["Par son ampleur - le pont est long - le chantier a surpris. " + FRENCH[0], *FRENCH[1:]],
        [BODY[0], "الدرجة الأولى: 1200 دينار", "Google", *BODY[1:]],
    ],
)
def test_what_only_looks_like_a_frame_stays(lines):
    assert clean(*lines) == lines
