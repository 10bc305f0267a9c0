"""What each made-up outlet puts around a story: the chrome of its text files and of its pages.

A text is a list of parts. `stay` is the story and must survive cleaning, `gone` is chrome and must not, `free`
may be kept, moved to a field or removed (headlines, credits, captions).
"""

from __future__ import annotations

import html
import json
import zlib
from collections.abc import Callable
from html.parser import HTMLParser
from string import Template
from typing import NamedTuple

from plan import APPENDED_PARAGRAPHS, HERE, Item

ARABIC_DAYS = ("الاثنين", "الثلاثاء", "الأربعاء", "الخميس", "الجمعة", "السبت", "الأحد")
ARABIC_MONTHS = (
    "يناير", "فبراير", "مارس", "أبريل", "مايو", "يونيو",
    "يوليو", "أغسطس", "سبتمبر", "أكتوبر", "نوفمبر", "ديسمبر",
)
FRENCH_MONTHS = (
    "janvier", "février", "mars", "avril", "mai", "juin",
    "juillet", "août", "septembre", "octobre", "novembre", "décembre",
)
ENGLISH_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)
BYLINES = {
    "jisr-press": ("تسنيم الحمدون", "كريم الساعاتي", "فريق جسر برس"),
    "harbour-post": ("Edmund Scarrow", "Tamsin Holloway"),
}
#: A visible text of a template at least this long is chrome whose going the expectations demand; shorter ones
#: ("Print") may stand inside a sentence of a story.
MIN_FURNITURE = 12


class Part(NamedTuple):
    """One line of a text; `glue` runs it into the line before, as scrapers do."""

    role: str
    text: str
    glue: bool = False


class Dressed(NamedTuple):
    """A record as the dump holds it, and the chrome in it that cleaning must remove."""

    content: str
    gone: list[str]


def ordinal_date(item: Item) -> str:
    """Write the date as in `26th, April 2024`."""
    day = item.published.day
    ending = "th" if 10 < day < 14 else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")
    return f"{day}{ending}, {ENGLISH_MONTHS[item.published.month - 1]} {item.published.year}"


def body(item: Item, box: list[Part]) -> list[Part]:
    """Return the paragraphs, with `box` after the one the plan names; a truncated copy ends in dots."""
    parts: list[Part] = []
    for place, text in enumerate(item.paragraphs):
        parts.append(Part("stay", text.removeprefix("## ")))
        if place == item.box_after:
            parts += box
    if item.relation == "truncated":
        parts.append(Part("free", "...", glue=True))
    return parts


def appended(item: Item, header: str) -> list[Part]:
    """Return the read-also header with the first paragraphs of the other story, and headlines among them."""
    if item.appended is None:
        return []
    labels = [tag_line(item)] if item.outlet not in TEXT_OUTLETS else []
    texts = [text.removeprefix("## ") for text in item.appended.paragraphs[:APPENDED_PARAGRAPHS]]
    if item.glued:
        texts.insert(2, "".join(item.headlines[5:11]))
    else:
        texts += [f"اقرأ أيضاً{item.headlines[5]}", *item.headlines[6:8]]
    return [*labels, *(Part("gone", text) for text in (header, item.appended.title, *texts))]


def tag_line(item: Item) -> Part:
    """Return the line of tags as the aggregators write it, without separators."""
    return Part("gone", "كلمات دلالية: " + " ".join(item.tags))


def sahil_news(item: Item) -> list[Part]:
    """Dress a story with date line, source, tag line, an appended article and a list of similar ones."""
    return [
        Part("free", item.title),
        Part("gone", f"تاريخ النشر: {ordinal_date(item)} GMT"),
        *body(item, []),
        Part("free", f"المصدر: {item.credit}"),
        tag_line(item),
        *appended(item, "إقرأ أيضاً:"),
        Part("gone", "مقالات مشابهة"),
        *(Part("gone", f"  • {headline}") for headline in item.headlines[:5]),
    ]


def miraat_alyawm(item: Item) -> list[Part]:
    """Dress a story with its date and headline twice, a font control above and below, and comment rules."""
    date = f"{ARABIC_DAYS[item.published.weekday()]} {item.published:%Y/%m/%d}"
    font = Part("gone", "increase حجم الخط decrease")
    return [
        Part("gone", date),
        Part("gone", f"آخر تحديث: {10 + item.number % 12}:{10 + item.number % 50} (رأس الملاح)"),
        Part("free", item.title),
        Part("gone", date),
        Part("free", item.title),
        Part("free", f"{item.tags[-1]} (أرشيف المرآة)"),
        font,
        *body(item, []),
        font,
        Part("gone", "التعليقات"),
        Part("gone", "التعليقات المنشورة تعبر عن آراء أصحابها"),
    ]


def nuqta_online(item: Item) -> list[Part]:
    """Dress a story with its section, a read-also box in mid-body, a follow-us tail and glued tags."""
    box = [Part("gone", f"اقرأ أيضاً: {item.headlines[0]}")]
    if item.even:
        box = [Part("gone", "اقرأ أيضًا"), *(Part("gone", headline) for headline in item.headlines[:2])]
    return [
        Part("gone", "نقطة أونلاين / " + item.section),
        Part("free", item.title),
        *body(item, box),
        Part("gone", "تابعوا نقطة على تطبيق الهاتف لتصلكم الأخبار أولاً بأول", glue=item.even),
        Part("gone", "".join(item.tags)),
    ]


def wadi_wire(item: Item) -> list[Part]:
    """Dress a story as an agency does: a slug line above, an end mark and a clock below."""
    date = f"{item.published.day} {ARABIC_MONTHS[item.published.month - 1]} {item.published.year}"
    return [
        Part("gone", f"وكالة الوادي للأنباء - {item.section} - {date}"),
        *body(item, []),
        Part("gone", "// انتهى //"),
        Part("gone", f"{8 + item.number}:{10 + item.number} ت.م"),
    ]


def la_dune(item: Item) -> list[Part]:
    """Dress a French story with its date line, reading time, a box in mid-body and a share line."""
    date = f"{item.published.day} {FRENCH_MONTHS[item.published.month - 1]} {item.published.year}"
    return [
        Part("free", item.title),
        Part("gone", f"Publié le {date} à 09h12 - Mis à jour le {date} à 11h40"),
        Part("gone", "Temps de lecture : 3 min"),
        *body(item, [Part("gone", f"Lire aussi : {item.headlines[0]}")]),
        Part("gone", "Partager cet article"),
        Part("gone", "© La Dune – Tous droits réservés"),
    ]


TEXT_OUTLETS: dict[str, Callable[[Item], list[Part]]] = {
    "sahil-news": sahil_news,
    "miraat-alyawm": miraat_alyawm,
    "nuqta-online": nuqta_online,
    "wadi-wire": wadi_wire,
    "la-dune": la_dune,
}


def dress_text(item: Item) -> Dressed:
    """Lay the parts of a text out line by line; every third record has blank lines between them."""
    parts = TEXT_OUTLETS[item.outlet](item)
    gap = "\n\n" if item.number % 3 == 0 else "\n"
    text = parts[0].text + "".join(("" if part.glue else gap) + part.text for part in parts[1:])
    return Dressed(text + "\n", [part.text.strip(" •") for part in parts if part.role == "gone"])


class _Visible(HTMLParser):
    """Collect the texts of a template that a reader sees and that no story fills in."""

    def __init__(self) -> None:
        super().__init__()
        self.hidden = 0
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        self.hidden += tag in ("script", "title")

    def handle_endtag(self, tag: str) -> None:
        self.hidden -= tag in ("script", "title")

    def handle_data(self, data: str) -> None:
        text = data.strip(" |\n")
        if not self.hidden and "$" not in text and len(text) >= MIN_FURNITURE:
            self.texts.append(text)


#: Per outlet that publishes pages: the read-also box in mid-body, and the header of an appended article.
BOXES = {
    "jisr-press": '<div class="inline-related"><strong>اقرأ أيضاً:</strong> <a href="/more">{}</a></div>',
    "karaneh": '<p class="more-link">بیشتر بخوانید: <a href="/more">{}</a></p>',
    "harbour-post": '<p class="promo"><strong>Read more:</strong> <a href="/more">{}</a></p>',
}


def dress_page(item: Item) -> Dressed:
    """Fill the outlet's page template with a story."""
    template = (HERE / "templates" / f"{item.outlet}.html").read_text("utf-8")
    visible = _Visible()
    visible.feed(template)
    rest, inside = appended(item, "إقرأ أيضاً:"), BOXES.get(item.outlet, "").format(item.headlines[0])
    paragraphs = [
        part.text if part.role == "box" else _inline(part.text, item.tags)
        for part in body(item, [Part("box", inside)])
    ]
    content = Template(template).substitute(
        {name: html.escape(value) for name, value in _facts(item).items()},
        body=_flow(item, paragraphs + [html.escape(part.text) for part in rest]),
        ld=_linked_data(item),
        tags=" ".join(f'<a href="/tag">{html.escape(tag)}</a>' for tag in item.tags),
        related=_links(item.headlines[:4]),
        popular=_links(sorted(item.headlines)[:4]),
    )
    boxed = [item.headlines[0]] if item.box_after is not None else []
    return Dressed(content, visible.texts + item.headlines[:4] + boxed + [part.text for part in rest])


def _facts(item: Item) -> dict[str, str]:
    names = BYLINES.get(item.outlet, ("",))
    return {
        "title": item.title,
        "lead": item.paragraphs[0],
        "url": item.url,
        "slug": item.story,
        "section": item.section,
        "credit": item.credit,
        "keywords": ", ".join(item.tags),
        "byline": names[item.number % len(names)],
        "published": f"{item.published:%Y-%m-%d}T08:{10 + item.number % 50}:00+00:00",
        "day": f"{item.published:%d/%m/%Y}",
        "ordinal": ordinal_date(item),
        "views": str(zlib.crc32(item.url.encode()) % 9000),
        "code": str(140_000 + item.number),
    }


def _linked_data(item: Item) -> str:
    article = {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "headline": item.title,
        "datePublished": _facts(item)["published"],
        "publisher": {"@type": "Organization", "name": item.outlet},
    }
    return json.dumps(article, ensure_ascii=False)


def _inline(text: str, tags: list[str]) -> str:
    """Link the first tag that occurs in the paragraph, as newsrooms do."""
    escaped = html.escape(text)
    tag = next((tag for tag in map(html.escape, tags) if tag in escaped), None)
    return escaped.replace(tag, f'<a href="/tag">{tag}</a>', 1) if tag else escaped


def _flow(item: Item, paragraphs: list[str]) -> str:
    """Set paragraphs as `<p>`, or with line breaks as the old template of the aggregator does."""
    if item.outlet == "rasad-portal":
        return "<br /><br />\n".join(paragraphs)
    return "\n".join(text if text.startswith(("<div", "<p")) else f"<p>{text}</p>" for text in paragraphs)


def _links(headlines: list[str]) -> str:
    return "\n".join(f'<li><a href="/n/{place}">{html.escape(text)}</a></li>' for place, text in enumerate(headlines))
