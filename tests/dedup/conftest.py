"""Made-up news: a story is drawn from common words and from names of its own, as real ones are."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from corpus.records import Document, Source
from dedup.decide import Match, find_similar
from dedup.store import Index

COMMON = (
    "قال إن في من على إلى عن مع بعد قبل خلال أمس اليوم التي الذي كما وقد هذا هذه بين كل أكثر حيث أن"
    " لم ما لا وأضاف وأكد وأشار المدينة الحكومة الوزير المجلس العام الجديد الأول المنطقة العمل البلاد"
    " المشروع السكان الماء الطريق"
).split()
LETTERS = "بتجحدرزسشصطعفقكلمنهوي"

Story = Callable[..., str]
MakeDocument = Callable[..., Document]


def make_story(seed: int, sentences: int = 12) -> str:
    """Return one story: each seed has its own names, the common words are everybody's."""
    draw = random.Random(seed)
    names = ["".join(draw.choices(LETTERS, k=6)) for _ in range(25)]
    lines = []
    for _ in range(sentences):
        words = [draw.choice(names) if draw.random() < 0.35 else draw.choice(COMMON) for _ in range(14)]
        lines.append(" ".join(words) + ".")
    return "\n".join(lines)


def make_document(name: str, text: str, outlet: str = "sahil", **fields: object) -> Document:
    """Return a document called `name`."""
    record = int(fields.pop("record", 0))  # type: ignore[call-overload]
    return Document(name, Source(f"{outlet}/{name}", record), text, outlet=outlet, **fields)  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def story() -> Story:
    return make_story


@pytest.fixture(scope="session")
def document() -> MakeDocument:
    return make_document


def look_up(index: Index, document: Document) -> Match | None:
    """Return the document of the index that `document` is a copy of, or None."""
    return next((match for match in find_similar(index, document, 1) if match.copy.relation), None)
