"""Find the fields of a record by the names that scrapers give them, and the records within other things.

Names are compared folded and without what parts their words: "articleBody", "article_body" and "Article Body" are one.
A word that only says what is described ("article", "news", "raw") may stand before or behind a name. Records are
wrapped in objects, in lists of lists, and in tables written column by column.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, TypeAlias

from corpus.arabic import fold

#: Of each of our fields the names that configure it: one path into the record, or several, best first.
Given: TypeAlias = Mapping[str, str | Sequence[str]]

#: Our fields, and the names by which they are known, best first.
_NAMES = {
    "id": "id",
    "text": "text content body article articlebody story fulltext contenttext textcontent bodytext contents document"
    " news passage message paragraphs contentelements contentencoded encoded contenthtml bodyhtml htmlbody htmlcontent"
    " نص محتوي محتوا متن جسم ماده خبر مقال مقاله مضمون تفاصيل تفصيل"
    " texte contenu corps texto contenido conteudo cuerpo corpo inhalt"
    " metin icerik içerik текст содержание טקסט תוכן teks isi konten",
    "html": "html htmlsource sourcehtml pagesource",
    "url": "url link href permalink weburl uri address sourceurl mainentityofpage رابط لينك ادرس نشاني lien enlace",
    "outlet": "outlet publisher source sourcename site sitename website newspaper domain sourcedomain hostname media"
    " publication provider newspapername publishername outletname مصدر صحيفه موقع جريده منبع ماخذ خبرگزاري روزنامه"
    " kaynak quelle fuente источник",
    "title": "title headline heading head subject عنوان تيتر سرخي titre titular titulo titulaire titel baslik başlık"
    " заголовок כותרת judul",
    "published": "published publishedat datepublished datepublish publishdate publishdatetime"
    " publisheddate publicationdate publishedon"
    " publishtime publishedtime pubdate firstpublished date datetime dateline time timestamp postedat posted"
    " postdate issued createdat created dategmt dateextracted تاريخ تاريخنشر تاريخانتشار تاريخاضافه وقت زمان"
    " fecha datum tarih дата תאריך tanggal",
    "authors": "authors author byline creator dccreator writer by journalist reporter authorname writername"
    " reportername كاتب بقلم مولف محرر مصنف نويسنده"
    " auteur auteurs autor yazar автор מחבר penulis",
    "tags": "tags tag keywords وسوم كلماتمفتاحيه كلماتدلاليه وسم برچسب برچسبها etiketler schlagworte",
    "language": "language lang languagecode inlanguage لغه زبان langue sprache dil",
    "credit": "credit",
}
FIELD_NAMES = tuple(_NAMES)
#: What may stand before or behind a name, and says nothing; in Arabic and Persian it stands behind.
_BEFORE = "article|news|post|story|item|page|full|main|raw|plain|clean|cleaned|original|web|اسم"
_BEHIND = "raw|clean|cleaned|خبر|مقال|مقاله|موضوع|نشر|كامل|رييسي|اصلي"
_STRIPPED = re.compile(rf"(?:{_BEFORE})?(.{{2,}}?)(?:{_BEHIND})?")
_LETTERS = re.compile(r"[\W_]+")
#: No name of a field is longer.
_MAX_NAME = 60

#: Where the value of a field stands in an object that wraps it, as the interfaces of WordPress, MongoDB and feeds do.
_VALUES = ("rendered", "name", "title", "value", "text", "#text", "@value", "$oid", "$date", "href", "url", "@id")
_TEXTS = (
    "rendered", "text", "content", "value", "html", "paragraph", "data", "#text", "$t", "blocks", "paragraphs",
    "children", "sentences",
)  # fmt: skip
#: What editors call a run of letters within a paragraph, and what stands between the parts of a list.
_RUNS, _KINDS = ("text", "span"), ("type", "_type", "nodeType")
#: Objects within objects are looked into so deep, and those of the text so deep: editors nest runs in paragraphs.
MAX_NESTING, _TEXT_NESTING = 4, 8
#: As many characters of the keys of a record as a message shows.
_QUOTED = 200
#: Of so many elements one at least must have a text, or they are something else.
LOOKED_AT = 20
#: Objects beside a text in which what is known about it stands, and what they do not tell of it.
_ASIDE = frozenset({"metadata", "meta", "info", "attributes", "properties"})
_NEVER_ASIDE = frozenset({"id", "text", "html"})


def compared(name: str) -> str:
    """Return the form in which the names of fields are compared."""
    return "".join(word.removeprefix("ال") for word in _LETTERS.split(fold(name)))


#: The rank of each name among those of its field, and the field; what stands first above is looked at last, and counts.
_RANKED = {
    compared(name): (rank, field)
    for field, names in reversed(_NAMES.items())
    for rank, name in reversed(list(enumerate(names.split())))
}


@lru_cache(maxsize=1 << 12)
def _known(name: str) -> tuple[int, str] | None:
    """Return the rank of a name among those of its field, and the field; None for what is no field of ours."""
    key = compared(name[:_MAX_NAME])
    if found := _RANKED.get(key):
        return found
    match = _STRIPPED.fullmatch(key)
    found = _RANKED.get(match[1]) if match else None
    return (found[0] + len(_RANKED), found[1]) if found and found[1] != "id" else None


def paths(given: str | Sequence[str] | None) -> Sequence[str]:
    """Return the paths that a field is configured with.

    >>> paths("content"), paths(["content", "body"]), paths(None)
    (('content',), ('content', 'body'), ())
    """
    return (given,) if isinstance(given, str) else tuple(given or ())


def sort_keys(row: Iterable[str], given: Given) -> dict[str, list[str]]:
    """Return for each of our fields the keys (or configured paths) of `row` that may hold it, best first.

    >>> sort_keys(["Article_Body", "pubDate", "link", "views"], {"title": "meta.name"})
    {'title': ['meta.name'], 'url': ['link'], 'text': ['Article_Body'], 'published': ['pubDate']}
    """
    settled = tuple((field, tuple(paths(listed))) for field, listed in given.items())
    return _sort_keys(tuple(row), settled)


@lru_cache(maxsize=1 << 10)
def _sort_keys(row: tuple[str, ...], given: tuple[tuple[str, tuple[str, ...]], ...]) -> dict[str, list[str]]:
    """Sort keys as all rows of most files have them; what is returned is not to be changed."""
    found = {field: list(own) for field, own in given}
    taken = {path for own in found.values() for path in own}
    ranked = [(known, key) for key in row if key not in taken and (known := _known(key))]
    for (_, field), key in sorted(ranked, key=lambda item: (item[0][0], item[1] != item[0][1], item[1])):
        found.setdefault(field, []).append(key)
    return found


def look_up(row: Mapping[str, Any], path: str) -> Any:
    """Return what stands at `path` ("a" or "a.b"), None where nothing does."""
    if path in row:
        return row[path]
    head, dot, tail = path.partition(".")
    inner = row.get(head) if dot else None
    return look_up(inner, tail) if isinstance(inner, dict) else None


def take(row: dict[str, Any], path: str) -> None:
    """Take what stands at `path` out of a row; objects on the way are copied, never changed."""
    head, dot, tail = path.partition(".")
    inner = row.get(head)
    if path in row or not dot or not isinstance(inner, dict):
        row.pop(path, None)
        return
    inner = dict(inner)
    take(inner, tail)
    row[head] = inner
    if not inner:
        del row[head]


def text_in(value: Any, depth: int = _TEXT_NESTING) -> str | None:
    """Return the text of a value: a string, paragraphs in a list, an object around either; None for anything else.

    >>> text_in([{"type": "p", "text": "One."}, {"type": "image", "src": "a.jpg"}, "Two."])
    'One.\\nTwo.'
    """
    if isinstance(value, dict) and depth:
        return next((text for key in _TEXTS if (text := text_in(value.get(key), depth - 1)) is not None), None)
    if not isinstance(value, list) or not depth:
        return value if isinstance(value, str) else None
    # An element of a list with a title or a date is a story of its own, and no paragraph of one.
    found = [sort_keys(item, {}).keys() for item in value if isinstance(item, dict)]
    if any("text" in names and not names.isdisjoint(("title", "published")) for names in found):
        return None
    texts = [text for item in value if (text := text_in(item, depth - 1)) is not None]
    runs = all(
        isinstance(item, dict)
        and "content" not in item
        and next((item[key] for key in _KINDS if key in item), None) in _RUNS
        for item in value
    )
    return ("" if runs else "\n").join(texts) if texts or not value else None


def value_in(value: Any, depth: int = MAX_NESTING) -> str | None:
    """Return a value of one line: a string, the first of a list, what an object wraps; None for anything else."""
    if isinstance(value, list) and depth:
        return value_in(value[0], depth - 1) if value else None
    if isinstance(value, dict) and depth:
        return next((found for key in _VALUES if (found := value_in(value.get(key), depth - 1)) is not None), None)
    return value if isinstance(value, str) else None


def quote_keys(row: Iterable[str]) -> str:
    """Name the keys of a row for a message, shortened."""
    room, quoted = _QUOTED, list[str]()
    for key in row:
        room -= len(key) + 2
        if room < 0:
            quoted.append("...")
            break
        quoted.append(key)
    return ", ".join(quoted) or "none"


def _has_text(row: Mapping[str, Any], given: Given) -> bool:
    keys = sort_keys(row, given)
    body = any(isinstance(look_up(row, key), str | bytes) for key in keys.get("html", ()))
    return body or any((text_in(look_up(row, key)) or "").strip() for key in keys.get("text", ()))


def is_record(value: Any, given: Given, depth: int = MAX_NESTING) -> bool:
    """Tell whether a value is one record: an object that holds a text or a page, itself or in an object within it."""
    if not isinstance(value, dict):
        return False
    if _has_text(value, given):
        return True
    return depth > 1 and not _by_id(value, given) and any(is_record(one, given, depth - 1) for one in value.values())


def open_row(row: dict[str, Any], given: Given) -> dict[str, Any]:
    """Return a row whose fields stand in an object within it (`{"_source": {...}}`) with these as its own.

    What tells of a text may stand beside it (`{"text": ..., "metadata": {"title": ...}}`).
    """
    for _ in range(MAX_NESTING):
        if _has_text(row, given):
            asides = (key for key, inner in row.items() if isinstance(inner, dict) and compared(key) in _ASIDE)
            if (key := next(asides, None)) is None:
                break
            known = _NEVER_ASIDE | sort_keys(row, given).keys()
            fields = sort_keys(row[key], {}).items()
            names = [name for field, own in fields if field not in known for name in own if name not in row]
            rest = {name: value for name, value in row[key].items() if name not in names}
            own = {name: value for name, value in row.items() if name != key or rest}
            return own | ({key: rest} if rest else {}) | {name: row[key][name] for name in names}
        if _by_id(row, given):
            break
        inner = next((key for key, value in row.items() if is_record(value, given)), None)
        if inner is None:
            break
        row = {key: value for key, value in row.items() if key != inner} | row[inner]
    return row


def rows_in(value: Any, given: Given, depth: int = MAX_NESTING) -> list[dict[str, Any]]:
    """Return the records that a value of JSON wraps, [] for what is a record itself, or nothing of the kind.

    They stand in lists (`{"status": "ok", "articles": [...]}`), under their ids, or column by column as pandas writes
    them.

    >>> [row["body"] for row in rows_in({"page": 1, "data": {"posts": [{"body": "One."}, {"body": "Two."}]}}, {})]
    ['One.', 'Two.']
    >>> rows_in({"title": {"0": "A", "1": "B"}, "text": {"0": "One.", "1": "Two."}}, {})
    [{'title': 'A', 'text': 'One.'}, {'title': 'B', 'text': 'Two.'}]
    """
    rows = _table(value, given) or (value if isinstance(value, list) else _by_id(value, given))
    if all(isinstance(row, dict) for row in rows) and any(is_record(row, given) for row in rows[:LOOKED_AT]):
        return rows
    if depth == 0 or is_record(value, given):
        return []
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [row for one in inner if isinstance(one, dict | list) for row in rows_in(one, given, depth - 1)]


def _by_id(row: Any, given: Given) -> list[dict[str, Any]]:
    """Return the values of an object that holds nothing but records, each under a name of its own."""
    values = list(row.values()) if isinstance(row, dict) else []
    if len(values) < 2 or not all(isinstance(value, dict) for value in values):
        return []
    return values if sum(_has_text(value, given) for value in values[:LOOKED_AT]) > 1 else []


def _table(value: Any, given: Given) -> list[dict[str, Any]]:
    """Return the rows of a table: names apart from cells, or for each name a list, or an object by row number."""
    if not isinstance(value, dict):
        return []
    names, cells = value.get("columns"), value.get("data")
    if isinstance(names, list) and isinstance(cells, list) and all(isinstance(row, list) for row in cells):
        return [dict(zip(map(str, names), row, strict=False)) for row in cells]
    # A text may be a list, of paragraphs; the title and the date of one record are none.
    fields = sort_keys(value, given)
    if "text" not in fields or fields.keys().isdisjoint(("title", "published")):
        return []
    columns = [
        list(column.values()) if isinstance(column, dict) and all(map(str.isdigit, column)) else column
        for column in value.values()
    ]
    if not all(isinstance(column, list) and column for column in columns) or len(set(map(len, columns))) != 1:
        return []
    return [dict(zip(value, row, strict=True)) for row in zip(*columns, strict=True)]
