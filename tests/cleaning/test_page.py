"""Dumps of whole pages: which lines are the article, by weights that know no language; when a page is doubtful."""

from __future__ import annotations

from math import log1p

import pytest

from cleaning.article.page import PAGE, choose_threshold, document_figures, scales
from cleaning.article.rules import analyse, find_phrases, find_spans
from cleaning.article.signs import context_of
from cleaning.article.spans import delete_spans
from cleaning.lines.lexicon import default_lexicon
from cleaning.lines.unit import cut
from cleaning.outlet.furniture import OutletTable
from cleaning.stages import Clean
from corpus.records import Document, Source
from tests.cleaning.stories import BODY

RUSSIAN = (
    [*"Главная Новости Спорт Экономика Контакты Поиск Войти".split(), "Все рубрики", "Портовый вестник"],
    [
        "Портовое управление открыло новый мост для грузовиков, строительство которого заняло больше двух лет.",
        "По словам начальника порта, дорога до складов теперь занимает десять минут вместо прежних сорока, а грузовики "
        "больше не стоят в очереди у въезда.",
        "Жители набережной просили построить мост ещё прошлой осенью, когда из-за ремонта дороги к порту закрыли две "
        "улицы и автобусы ходили в объезд.",
        "Движение по мосту начнётся в понедельник утром, а осенью управление обещает открыть и вторую полосу.",
    ],
    ["Поделиться", "Читайте также:", "Рыбаки ждут начала сезона", "Выставка книг на набережной", "Комментарии",
     "Все права защищены"],
)  # fmt: skip
TURKISH = (
    ["Ana sayfa", "Gündem", "Spor", "Ekonomi", "Yazarlar", "Foto Galeri", "Giriş yap", "Arşiv"],
    [
        "Liman idaresi, yapımı iki yıldan uzun süren yeni köprüyü kamyonların geçişine açtı ve törenle tanıttı.",
        "Liman müdürüne göre depolara giden yol artık kırk dakika yerine on dakika sürüyor, kamyonlar da girişte sıra "
        "beklemek zorunda kalmıyor.",
        "Sahil sakinleri köprünün yapılmasını geçen sonbaharda, limana giden yol onarım için kapatıldığında istemişti.",
        "Köprüde trafik pazartesi sabahı başlayacak, ikinci şeridin ise sonbaharda açılacağı bildirildi.",
    ],
    ["Paylaş", "İlgili haberler", "Balıkçılar sezonun açılmasını bekliyor", "Sahilde kitap fuarı", "Yorumlar",
     "Hakkımızda", "Künye"],
)  # fmt: skip
HEBREW = (
    ["דף הבית", "חדשות", "ספורט", "כלכלה", "צור קשר", "חיפוש", "התחברות", "כל המדורים"],
    [
        "רשות הנמל פתחה לתנועת משאיות את הגשר החדש, שבנייתו נמשכה יותר משנתיים ועלתה יותר מן המתוכנן.",
        "לדברי מנהל הנמל, הדרך אל המחסנים נמשכת עכשיו עשר דקות במקום ארבעים, והמשאיות אינן עומדות עוד בתור בכניסה.",
        "תושבי הטיילת ביקשו לבנות את הגשר כבר בסתיו שעבר, כאשר נסגר הכביש אל הנמל לצורך תיקונים.",
        "התנועה על הגשר תתחיל ביום שני בבוקר, והנתיב השני ייפתח לקראת הסתיו, כך נמסר מן הרשות.",
    ],
    ["שתפו", "קראו גם:", "הדייגים מחכים לפתיחת העונה", "יריד ספרים על הטיילת", "תגובות", "כל הזכויות שמורות"],
)


def clean(*lines: str) -> list[str]:
    text = "\n".join(lines)
    spans, _ = find_spans(text, "", default_lexicon(), OutletTable(()))
    return delete_spans(text, spans).split("\n")


@pytest.mark.parametrize(("menu", "body", "foot"), [RUSSIAN, TURKISH, HEBREW], ids=["ru", "tr", "he"])
def test_a_page_in_any_language_is_reduced_to_its_article(menu, body, foot):
    assert clean(*menu, *body, *foot) == body


def test_comments_do_not_belong_to_the_article():
    menu, body, foot = TURKISH
    remarks = ["Deniz K.", "3 Mayıs 2021, 14:05", "Köprü güzel olmuş, emeği geçenlere teşekkür ederiz.", "Yanıtla"]
    assert clean(*menu, *body, "Yorumlar", *remarks, "Ece", *remarks[1:], "Can", *remarks[1:], *foot) == body


def test_the_evidence_says_where_a_line_falls_short():
    text = "\n".join([*RUSSIAN[0], *RUSSIAN[1], *RUSSIAN[2]])
    spans, _ = find_spans(text, "", default_lexicon(), OutletTable(()))
    evidence = {text[span.start : span.end].strip(): span.evidence for span in spans}
    assert evidence["Рыбаки ждут начала сезона"] == (
        "stands among lines that are hardly of the article, has not the form of running text"
    )
    assert evidence["Контакты"].endswith("has a phrase of the furniture of pages")


def test_a_line_is_told_by_those_around_it_that_are_likely():
    likely, unlikely, first = context_of([0.9, 0.9, 0.1, 0.9], [300, 300, 20, 300]), context_of([0.9], [300]), "the 1 "
    assert [row["in the likeliest stretch"] for row in likely] == [True] * 4
    assert [row["both neighbours"] for row in likely] == [0.0, pytest.approx(0.09), pytest.approx(0.81), 0.0]
    assert likely[2][first + "before"] == likely[2][first + "after"] == pytest.approx(270 / 360)
    assert unlikely[0][first + "before"] == unlikely[0]["unlikely characters between"] == 0.0
    far = context_of([0.9, 0.1, 0.1, 0.1, 0.1, 0.1], [300, 300, 300, 300, 20, 20])
    assert [row["lines down from it"] for row in far] == [log1p(at) / 5 for at in (0, 1, 2, 3, 4, 5)]


def test_the_lines_kept_are_those_of_the_largest_expected_agreement():
    assert choose_threshold([0.9, 0.1], [100, 100]) == (0.5, pytest.approx(2 * 90 / (100 + 100)))
    assert choose_threshold([0.9, 0.4], [100, 200]) == (0.4, pytest.approx(2 * 170 / (300 + 170)))
    assert choose_threshold([0.35, 0.34, 0.05], [100, 100, 100])[0] == 0.34
    assert choose_threshold([0.2, 0.1], [100, 100])[0] == 0.0


def test_a_page_without_a_plain_article_is_doubtful_and_keeps_more():
    menu, _, foot = RUSSIAN
    links = [f"Мост номер {number} откроют для грузовиков" for number in range(12)]
    text = "\n".join([*menu, "Погода", "Спорт", "Наука", *links, RUSSIAN[1][0], *links[::-1], *foot])
    kept = Clean().apply(Document("1", Source("a.jsonl", 0), text)).record
    assert kept.trace["doubtful"] is True
    assert RUSSIAN[1][0] in kept.text


def test_a_list_of_names_under_a_paragraph_is_no_page():
    names = ("سمير الهادي", "نادر الغيث", "ليلى الراوي", "كمال الصياد", "هدى البحري", "فريد الموج", "رنا المرساة")
    units = cut("\n".join([BODY[0], *(f"{name} {names[at % 5]}" for at, name in enumerate(names * 6))]))
    find_phrases(units, default_lexicon())
    document = scales()["document"]
    assert document.chance(document.points(document_figures(analyse(units, "")))) < PAGE / 2


def test_an_article_in_one_line_stays_beside_another_of_many_lines():
    """The densest stretch is the second article, and the body of the page itself is its first paragraph."""
    menu, body, foot = RUSSIAN
    whole = " ".join(TURKISH[1] + HEBREW[1]).rstrip(".") + "..."
    lines = clean(*menu, whole, "Читайте также: Рыбаки ждут начала сезона", *body, *foot)
    assert whole in lines
    assert body[1] in lines
    assert menu[0] not in lines
