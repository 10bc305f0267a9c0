"""Verdicts on lines: what goes, what stays, and why, on articles made up for the purpose."""

from __future__ import annotations

from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cleaning.article.rules import find_spans
from cleaning.article.spans import delete_spans
from cleaning.lines.lexicon import default_lexicon
from cleaning.lines.unit import cut, ends_sentence
from cleaning.outlet.furniture import OutletTable
from tests.cleaning.stories import BODY, OTHER, OTHER_TITLE
from tests.strategies import arabic_text, hostile_text
from tests.timing import fastest

EMPTY = OutletTable(())
TITLE = "جسر الرصيف الجديد يفتح أمام الشاحنات مطلع الشهر المقبل"


def clean(*lines: str, title: str = "") -> list[str]:
    text = "\n".join(lines)
    spans, _ = find_spans(text, title, default_lexicon(), EMPTY)
    return [line for line in delete_spans(text, spans).split("\n") if line.strip()]


def rules(*lines: str, title: str = "") -> dict[str, str]:
    """Map each removed piece to its rule."""
    text = "\n".join(lines)
    spans, _ = find_spans(text, title, default_lexicon(), EMPTY)
    return {text[span.start : span.end].strip(): span.rule for span in spans}


def test_an_article_without_chrome_stays_as_it_is():
    assert rules(*BODY) == {}


def test_what_stands_around_the_body_goes_by_its_rule():
    lines = [TITLE, "تاريخ النشر: 3rd, May 2021 GMT", "increase حجم الخط decrease", *BODY, "المصدر: وكالة الرصيف"]
    lines += ["كلمات دلالية: ميناء جسر", "التعليقات", "التعليقات المنشورة تعبر عن آراء أصحابها"]
    assert clean(*lines) == list(BODY)
    found = rules(*lines)
    assert found[TITLE] == "title"
    assert found["تاريخ النشر: 3rd, May 2021 GMT"] == "date"
    assert found["increase حجم الخط decrease"] == "fontsize"
    assert found["المصدر: وكالة الرصيف"] == "source"
    assert found["كلمات دلالية: ميناء جسر"] == "tags"
    assert found["التعليقات المنشورة تعبر عن آراء أصحابها"] == "comments"


def test_an_article_resumes_after_a_box_in_its_middle():
    box = ["اقرأ أيضا:", OTHER_TITLE, "حملة لتنظيف الشاطئ الشمالي من بقايا الشباك"]
    assert clean(*BODY[:2], *box, *BODY[2:]) == list(BODY)
    for header in ("إقرأ أيضاً:", "قد يهمك |", "قد يهمك أيضا/"):
        assert clean(*BODY[:2], f"{header} {OTHER_TITLE}", *BODY[2:]) == list(BODY)


def test_an_appended_article_goes_whole():
    lines = [*BODY, "إقرأ أيضاً:", OTHER_TITLE, *OTHER]
    assert clean(*lines) == list(BODY)
    assert set(rules(*lines).values()) == {"read-also", "appended"}


def test_an_appended_article_on_the_same_topic_goes_after_an_end_mark():
    more = "وزار وفد من التجار ميناء الرصيف وتفقد الجسر الجديد الذي ستعبره الشاحنات ابتداء من الشهر المقبل."
    headline = "وفد يزور الجسر الجديد في ميناء الرصيف"
    lines = [*BODY, "المصدر: وكالة الرصيف", "كلمات دلالية: جسر", "إقرأ أيضاً:", headline, more]
    assert clean(*lines) == list(BODY)


def test_a_source_in_mid_article_ends_nothing():
    lines = [*BODY[:2], "المصدر: بلدية الرصيف", *BODY[2:3], "اقرأ أيضا:", OTHER_TITLE, *BODY[3:]]
    assert [line for line in clean(*lines) if line in BODY] == list(BODY)


@pytest.mark.parametrize(
    "line",
    [
        'وقال المصدر: "خيار تأجيل الافتتاح يبدو صعبا في هذه المرحلة، والعمل مستمر في المواعيد التي حددت من قبل".',
        "شارك في الافتتاح وزير النقل وعدد كبير من التجار والصيادين الذين انتظروا هذا اليوم منذ أكثر من عامين.",
        "وتابعوا باهتمام عرضا عن حجم الخطوات التي قطعها المشروع، وعن القائمة البريدية التي ستوزع عليها الأخبار.",
        "وقرأ المدير أيضا رسالة من وزارة النقل نشرت في الجريدة الرسمية، وفيها أن جميع الحقوق محفوظة للعمال.",
    ],
)
def test_prose_with_a_phrase_inside_stays(line):
    assert clean(*BODY[:2], line, *BODY[2:]) == [*BODY[:2], line, *BODY[2:]]
    assert clean(*BODY, line) == [*BODY, line]


def test_a_decree_keeps_its_number_and_date():
    decree = ["الرقم: أ/201", "التاريخ: 9/10/1436هـ", *BODY]
    assert clean(*decree) == decree


def test_a_dateline_stays():
    lines = ["الرصيف 20 يوليو تموز (رويترز) -", *BODY]
    assert clean(*lines)[1:] == list(BODY)
    assert "الرصيف – " + BODY[0] in clean("الرصيف – " + BODY[0], *BODY[1:])


def test_poems_and_dialogue_stay():
    poem = [f"يا بحر إن الموج يعرف خطوتي {number}" for number in ("الأولى", "الثانية", "الثالثة", "الأخيرة")] * 10
    assert clean(*poem) == poem
    dialogue = ["- هل وصلت السفينة؟", "- نعم، وصلت قبل ساعة.", "- ومن على متنها؟", *BODY, "- سنرى غدا."]
    assert clean(*dialogue) == dialogue


def test_own_headings_and_lists_stay():
    figures = ["أهم أرقام الجسر هي الآتية:", "ألفا شاحنة في اليوم", "عامان من العمل"]
    lines = [BODY[0], "كلفة المشروع", BODY[1], *figures, *BODY[2:]]
    assert clean(*lines) == lines


def test_a_text_wrapped_by_hand_stays():
    words = " ".join((*BODY, *OTHER)).split(" ")
    wrapped = [" ".join(words[at : at + 9]) for at in range(0, len(words), 9)]
    assert len(wrapped) > 12
    assert clean(*wrapped) == wrapped
    assert clean("Share", "Facebook", *wrapped, "Comments") == wrapped


def test_lines_of_one_length_that_all_end_sentences_are_paragraphs():
    body = [line.ljust(120, "ا") + "." for line in (*BODY, *OTHER, *BODY[::-1], *OTHER[::-1])]
    lines = [TITLE, "تاريخ النشر: 3rd, May 2021 GMT", *body, "المصدر: وكالة الرصيف"]
    assert clean(*lines) == body


def test_a_last_paragraph_that_was_cut_off_stays_on_a_page():
    cut_off = BODY[3][:95] + "..."
    font, comments = "increase حجم الخط decrease", ["التعليقات", "التعليقات المنشورة تعبر عن آراء أصحابها"]
    head = ["الجمعة 2024/06/14", "آخر تحديث: 13:37", TITLE, "الجمعة 2024/06/14", TITLE, font]
    assert clean(*head, *BODY[:2], cut_off, font, *comments) == [*BODY[:2], cut_off]
    teasers = [OTHER_TITLE, OTHER[0][:95] + "...", "نادي البحارة", OTHER[1][:95] + "..."]
    assert clean(*head, *BODY, font, *comments, *teasers) == list(BODY)


def test_direction_marks_do_not_hide_how_a_line_ends():
    marked = [f"\u200f{line}\u200f \u200f" for line in BODY]
    kept = clean(*marked, "\u200fالتعليقات\u200f")
    assert [line.strip("\u200f ") for line in kept] == list(BODY)


def test_a_heading_glued_to_its_paragraph_stays():
    glued = "تعاون مع التجارمن جانب آخر، اتفق المجلس مع أصحاب المحال على تنظيم المرور قرب المرفأ خلال فترة العمل."
    assert clean(*BODY[:2], glued, *BODY[2:]) == [*BODY[:2], glued, *BODY[2:]]


def test_what_is_no_text_goes():
    found = rules(*BODY[:2], "* * *", "\u200f", 'alt="الجسر" />', *BODY[2:], "// يتبع //")
    assert found == {"* * *": "marks", "\u200f": "marks", 'alt="الجسر" />': "markup", "// يتبع //": "end"}


FOREIGN = {
    "fa": (
        "بیشتر بخوانید:",
        "کلاس‌های تازه شنا برای کودکان در استخر شهر",
        "مدیر بندر گفت که پل تازه از ماه آینده برای کامیون‌ها باز می‌شود و عبور آن‌ها از مرکز شهر ممنوع خواهد شد.",
        "او افزود که ساخت این پل دو سال طول کشید و هزینه آن به خاطر گرانی آهن یک سوم بیشتر از برآورد نخست بود.",
        "انتهای پیام/",
    ),
    "ur": (
        "یہ بھی پڑھیں:",
        "شہر کے تالاب میں بچوں کے لیے تیراکی کی نئی کلاسیں",
        "بندرگاہ کے ڈائریکٹر نے کہا کہ نیا پل اگلے مہینے سے ٹرکوں کے لیے کھول دیا جائے گا اور شہر کا راستہ بند ہو گا۔",
        "انہوں نے بتایا کہ پل کی تعمیر میں دو سال لگے اور لوہے کی قیمت بڑھنے سے لاگت ایک تہائی زیادہ ہو گئی تھی۔",
        "شیئر کریں",
    ),
    "fr": (
        "Lire aussi :",
        "De nouveaux cours de natation pour les enfants à la piscine",
        "Le directeur du port a annoncé que le nouveau pont ouvrira aux camions le mois prochain, après deux ans.",
        "Il a ajouté que le coût avait augmenté d'un tiers en raison du prix de l'acier, et que la ville paierait.",
        "Partager",
    ),
    "tr": (
        "İlgili Haberler",
        "Şehir havuzunda çocuklar için yeni yüzme dersleri",
        "Liman müdürü, yeni köprünün iki yıl süren çalışmaların ardından gelecek ay kamyonlara açılacağını söyledi.",
        "Müdür, demir fiyatları yüzünden maliyetin üçte bir arttığını ve yarısını belediyenin ödeyeceğini de ekledi.",
        "Paylaş",
    ),
}


@pytest.mark.parametrize("language", FOREIGN)
def test_boxes_and_tails_go_in_the_other_languages(language):
    header, link, first, second, tail = FOREIGN[language]
    assert clean(first, header, link, second, tail) == [first, second]
    assert clean(first, f"{header.strip(' :')}: {link}", second) == [first, second]


def test_a_paragraph_written_twice_stays_once():
    assert clean(BODY[0], BODY[0], BODY[1], BODY[1], *BODY[2:]) == list(BODY)


def test_the_headline_goes_where_it_is_repeated_or_known():
    assert clean(TITLE, "الجمعة 2024/04/26", TITLE, *BODY) == list(BODY)
    assert clean(TITLE, *BODY, title=TITLE) == list(BODY)
    assert clean(TITLE, *BODY) == [TITLE, *BODY]


def test_a_section_name_over_the_headline_goes_and_a_name_with_a_place_stays():
    assert rules("الخليج والعالم", TITLE, *BODY) == {"الخليج والعالم": "section", TITLE: "title"}
    assert clean("سمير الهادي ـ الرصيف", TITLE, *BODY)[0] == "سمير الهادي ـ الرصيف"


def test_what_trails_after_the_last_paragraph_goes():
    assert clean(*BODY, "سمير الهادي") == list(BODY)
    assert clean(*BODY, "* باحث في شؤون الموانئ") == list(BODY)
    assert clean(*BODY, "وعلى دروب الخير نلتقي.") == [*BODY, "وعلى دروب الخير نلتقي."]
    sentence = "وحددت البلدية برنامجا زمنيا لتفاصيل العمل في الموقع"
    assert clean(*BODY, sentence) == [*BODY, sentence]


def test_tags_that_ran_together_after_the_body_are_told_from_other_lines():
    assert rules(*BODY, "ميناء الرصيفالجسر الجديد") == {"ميناء الرصيفالجسر الجديد": "tags"}


def test_headlines_glued_behind_a_header_go_with_it():
    glued = f"مقالات أخرى للكاتب{OTHER_TITLE}!حملة لتنظيف الشاطئ الشمالي"
    assert clean(*BODY, glued) == list(BODY)
    assert clean(*BODY[:3], BODY[3] + " " + glued) == list(BODY)
    assert clean(*BODY[:3], BODY[3] + glued) == list(BODY)


def test_a_disclaimer_behind_the_last_sentence_goes():
    disclaimer = "الآراء الواردة في هذا المقال لا تعبر بالضرورة عن رأي الصحيفة."
    assert clean(*BODY[:3], f"{BODY[3]} {disclaimer}") == list(BODY)
    prose = "الآراء الواردة في التقرير تباينت كثيرا."
    assert clean(*BODY[:3], f"{BODY[3]} {prose}")[-1].endswith(prose)


def test_a_wide_gap_keeps_headline_date_and_links_apart():
    first = f"الرصيف نيوز - {TITLE}"
    second = f"1900 (GMT+04:00) - 20/07/09    {TITLE}        شاحنات عند مدخل الجسر"
    box = f"روابط ذات علاقة    {OTHER_TITLE}    حملة لتنظيف الشاطئ الشمالي     {BODY[2]}"
    assert clean(first, second, *BODY[:2], box, BODY[3]) == [BODY[0], BODY[1], BODY[2], BODY[3]]


def test_a_page_is_reduced_to_its_article():
    menu = ["الرئيسية", "* رياضة", "* اقتصاد", "منوعات", "اتصل بنا", "بحث", "أخبار الموانئ"]
    head = [TITLE, "الإثنين، 24 أغسطس 2020 09:23 ص", "شاحنات عند مدخل الجسر", "كتبت سلمى النجار", "مشاركة", "*", "*"]
    links = ["الموضوعات المتعلقة", OTHER_TITLE, "الأحد، 23 أغسطس 2020 09:14 ص", "الأكثر قراءة", "حملة لتنظيف الشاطئ"]
    foot = ["تويتر", "فيسبوك", "جميع الحقوق محفوظة © 2020 بوابة الرصيف", "من نحن"]
    assert clean(*menu, *head, *BODY, "ميناء", "جسر", "مشاركة", *links, *foot) == list(BODY)


def test_a_page_keeps_the_list_that_a_paragraph_announces():
    menu = ["Home", "Sports", "Business", "World", "Contact Us", "Search"]
    body = [
        "The harbour board published a list of rules for lorries that will use the new bridge from next month.",
        "Drivers who break them may lose their permit for half a year. The rules are:",
        "* Lorries must keep to the right lane",
        "* Engines must be off while waiting",
        "* No parking on the bridge",
        "The board said that the rules will be reviewed after one year, and that drivers may send their comments.",
    ]
    foot = ["Share", "Facebook", "Twitter", "Related Articles", "Fishing season opens", "Privacy Policy", "About Us"]
    assert clean(*menu, *body, *foot) == body


@given(st.lists(st.one_of(arabic_text(max_size=120), hostile_text(40), st.sampled_from([*BODY, "إقرأ أيضاً:", TITLE]))))
def test_spans_are_sorted_disjoint_and_all_that_is_removed(lines):
    text = "\n".join(lines)
    spans, _ = find_spans(text, "", default_lexicon(), EMPTY)
    at, kept = 0, []
    for span in spans:
        assert at <= span.start < span.end <= len(text)
        assert span.rule
        assert span.evidence
        kept.append(text[at : span.start])
        at = span.end
    assert delete_spans(text, spans) == "".join(kept) + text[at:]


def test_the_gap_between_two_parts_of_a_line_goes_once():
    text = "\n".join([*BODY, f"{OTHER[0]}     الصفحة الرئيسية     تواصل معنا"])
    spans, _ = find_spans(text, "", default_lexicon(), EMPTY)
    assert [text[span.start : span.end] for span in spans] == ["     الصفحة الرئيسية     ", "تواصل معنا"]


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        *((text, True) for text in ("وقع.", "وقع. - AFP", "وقع. (رويترز)", "«وقع».", "«وقع.»", "हुआ।", "起きた。")),
        *((text, False) for text in ("", "وقع", "قال الوزير:", "وقع…", "وقع..", "(رويترز)", "«وقع»", "أولا؛", "وقع،")),
    ],
)
def test_there_is_one_answer_to_what_ends_a_sentence(text, answer):
    assert ends_sentence(text) is answer
    assert cut(text)[0].ends is answer if text else not cut(text)


HOSTILE = ["ا", "ا ", "شارك ", "a.b/", "1 ", "By a "]
HOSTILE += ["   ا", ". ", "اقرأ أيضا ", "قرا", "1/", "1:1 ", "a@", ":", '"', " - ", 'ا. "', "(رويترز "]
MANY = ["اقرأ أيضا", "التعليقات", "الجمعة 2024/04/26", OTHER_TITLE, BODY[0], "سمات", "المصدر: وكالة"]


@pytest.mark.parametrize("piece", [*HOSTILE, "//a", "©", "مايو 1 "])
def test_a_hostile_line_costs_little(piece):
    text = piece * (200_000 // len(piece))
    for document in (text, "\n".join((*BODY, text)), "\n".join((text, *BODY))):
        assert fastest(partial(find_spans, document, "", default_lexicon(), EMPTY), 0.2) < 0.2


@pytest.mark.parametrize("line", MANY)
def test_time_is_linear_in_the_number_of_lines(line):
    def cost(times, bound=0.0):
        text = "\n".join([*BODY, *[line, BODY[1]] * times])
        return fastest(partial(find_spans, text, "", default_lexicon(), EMPTY), bound)

    most = 24 * cost(250)  # linear: 8, quadratic: 64
    assert cost(2_000, most) < most
