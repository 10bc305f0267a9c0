"""Dumps of whole pages: which lines are the article, by weights that know no language; when a page is doubtful."""

from __future__ import annotations

from math import log1p

import pytest

from cleaning.article.page import PAGE, choose_threshold, document_figures, scales
from cleaning.article.rules import analyse, find_phrases, find_spans
from cleaning.article.signs import Outline, context_of, figures_of, table_of
from cleaning.article.spans import delete_spans
from cleaning.lines.lexicon import Lexicon, default_lexicon
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
FRENCH = (
    ["Accueil", "Actualité", "Économie", "Sport", "Culture", "Météo", "Se connecter", "Nous contacter"],
    [
        "Le port a ouvert aux camions le nouveau pont, dont la construction a duré plus de deux ans.",
        "Selon le directeur du port, la route vers les entrepôts ne prend plus que dix minutes au lieu de quarante, et "
        "les camions n'attendent plus à l'entrée.",
        "Les habitants du quai demandaient ce pont depuis l'automne dernier, quand la route du port avait été fermée.",
        "La circulation commencera lundi matin, et la seconde voie ouvrira à l'automne, a précisé la direction.",
    ],
    ["Partager", "Sur le même sujet", "Les pêcheurs attendent le début de la saison", "Commentaires", "Plan du site"],
)
PERSIAN = (
    ["صفحه اصلی", "سیاسی", "اقتصادی", "ورزشی", "فرهنگی", "استان‌ها", "عکس", "تماس با ما"],
    [
        "اداره بندر پل تازه را که ساخت آن بیش از دو سال طول کشید، امروز به روی کامیون‌ها باز کرد.",
        "به گفته مدیر بندر، راه انبارها اکنون به جای چهل دقیقه ده دقیقه طول می‌کشد و کامیون‌ها دیگر پشت در نمی‌مانند.",
        "ساکنان ساحل پاییز گذشته، هنگامی که جاده بندر برای تعمیر بسته شده بود، خواستار ساخت این پل شده بودند.",
        "رفت و آمد روی پل از صبح دوشنبه آغاز می‌شود و خط دوم نیز پاییز باز خواهد شد.",
    ],
    ["انتهای پیام", "مطالب مشابه", "ماهیگیران در انتظار آغاز فصل صید", "نظر شما", "کلیه حقوق محفوظ است", "نقشه سایت"],
)
URDU = (
    ["صفحہ اول", "پاکستان", "دنیا", "کھیل", "کاروبار", "صحت", "رابطہ", "تلاش"],
    [
        "بندرگاہ کی انتظامیہ نے نیا پل ٹرکوں کے لیے کھول دیا ہے، جس کی تعمیر میں دو سال سے زیادہ کا وقت لگا۔",
        "بندرگاہ کے سربراہ کے مطابق گوداموں تک کا راستہ اب چالیس کے بجائے دس منٹ کا رہ گیا ہے اور ٹرک قطار میں نہیں "
        "رکتے۔",
        "ساحل کے رہائشیوں نے گزشتہ خزاں میں اس پل کا مطالبہ کیا تھا جب مرمت کے لیے بندرگاہ کی سڑک بند کر دی گئی تھی۔",
        "پل پر آمد و رفت پیر کی صبح شروع ہو گی اور دوسری لین خزاں میں کھولی جائے گی۔",
    ],
    ["شیئر کریں", "مزید پڑھیں", "ماہی گیروں کو موسم کے آغاز کا انتظار", "تبصرے", "جملہ حقوق محفوظ ہیں", "ہم سے رابطہ"],
)


def clean(*lines: str) -> list[str]:
    text = "\n".join(lines)
    spans, _ = find_spans(text, "", default_lexicon(), OutletTable(()))
    return delete_spans(text, spans).split("\n")


PAGES = {"ru": RUSSIAN, "tr": TURKISH, "he": HEBREW, "fr": FRENCH, "fa": PERSIAN, "ur": URDU}


@pytest.mark.parametrize(("menu", "body", "foot"), PAGES.values(), ids=PAGES)
@pytest.mark.parametrize("known", [True, False])
def test_a_page_in_any_language_is_reduced_to_its_article(menu, body, foot, known):
    text = "\n".join([*menu, *body, *foot])
    lexicon = default_lexicon() if known else Lexicon(default_lexicon().phrases[:1])
    assert delete_spans(text, find_spans(text, "", lexicon, OutletTable(()))[0]).split("\n") == body


def headlines_of(body: list[str], count: int) -> list[str]:
    """Return lines in the letters of `body` and none of its words; every third one is a question in form."""
    words = [word.strip(",.،۔")[::-1].lower() for word in " ".join(body).split()]
    return [" ".join(words[at : at + 6]).capitalize() + "?" * (at % 3 == 1) for at in range(count)]


@pytest.mark.parametrize("language", ["ru", "tr", "he", "fr", "fa"])
def test_a_page_with_many_more_headlines_than_paragraphs_is_one_without_a_phrase_of_the_lexicon(language):
    menu, body, _ = PAGES[language]
    text = "\n".join([*menu, *body, *headlines_of(body, 45)])
    spans, found = find_spans(text, "", Lexicon(default_lexicon().phrases[:1]), OutletTable(()))
    kept = delete_spans(text, spans).split("\n")
    assert found.page
    assert [line for line in kept if line in body] == body
    assert not set(menu[:-1]).intersection(kept)


def test_lines_are_measured_by_the_paragraphs_of_the_article():
    _, body, _ = RUSSIAN
    headlines = headlines_of(body, 9)
    figures = figures_of(Outline(analyse(cut("\n".join([*body, *headlines])), "")))
    mean = sum(map(len, body)) / len(body)
    name = "its length beside the paragraphs of the densest stretch"
    assert figures["form"][name] == [min(len(line) / mean, 1.0) for line in [*body, *headlines]]
    # Headlines in the form of a sentence are no paragraphs, so they do not end the run.
    name = "length of the run of lines that are no paragraphs"
    assert list(figures["around"][name]) == [0.0] * 4 + [log1p(9) / 5] * 9


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
    assert list(likely["in the likeliest stretch"]) == [True] * 4
    assert likely["both neighbours"] == [0.0, pytest.approx(0.09), pytest.approx(0.81), 0.0]
    assert likely[first + "before"][2] == likely[first + "after"][2] == pytest.approx(270 / 360)
    assert unlikely[first + "before"][0] == unlikely["unlikely characters between"][0] == 0.0
    far = context_of([0.9, 0.1, 0.1, 0.1, 0.1, 0.1], [300, 300, 300, 300, 20, 20])
    assert list(far["lines down from it"]) == [log1p(at) / 5 for at in (0, 1, 2, 3, 4, 5)]


def test_the_lines_kept_are_those_of_the_largest_expected_agreement():
    assert choose_threshold([0.9, 0.1], [100, 100]) == (0.9, pytest.approx(2 * 90 / (100 + 100)))
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
    document, figures = scales()["document"], document_figures(Outline(analyse(units, "")))
    assert document.chances(document.points(table_of(figures)))[0] < PAGE


def test_figures_stand_in_the_order_of_their_weights():
    outline = Outline(analyse(cut("\n".join(TURKISH[1])), ""))
    lines, context = figures_of(outline), {"context": context_of([0.5], [1])}
    expected = {"document": document_figures(outline), "line": lines, "again": lines | context}
    for name, figures in expected.items():
        weights = scales()[name].weights
        assert {group: list(weights[group]) for group in weights} == {group: list(figures[group]) for group in figures}


def test_an_article_in_one_line_stays_beside_another_of_many_lines():
    """The densest stretch is the second article, and the body of the page itself is its first paragraph."""
    menu, body, foot = RUSSIAN
    whole = " ".join(TURKISH[1] + HEBREW[1]).rstrip(".") + "..."
    lines = clean(*menu, whole, "Читайте также: Рыбаки ждут начала сезона", *body, *foot)
    assert whole in lines
    assert body[1] in lines
    assert menu[0] not in lines
