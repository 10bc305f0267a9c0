"""Answers that take too long to read cost their deadline, and nobody else a page."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from corpus.errors import RecordError
from crawler import readers
from crawler.readers import Readers, read_answer
from crawler.web.pages import read_page

TEXT = "قال الوزير إن المعرض مفتوح لجميع الزوار في المدينة القديمة كل يوم. " * 9
STORY = f"<html lang=ar><title>x</title><p>{TEXT}</p>".encode()


def spin(task: tuple[Any, bytes, str]) -> object:
    while b"spin" in task[1]:
        pass
    return read_answer(task)


def test_an_answer_that_takes_too_long_costs_its_deadline_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readers, "read_answer", spin)
    monkeypatch.setattr(readers, "SECONDS", 0.3)
    monkeypatch.setattr(readers, "SMALL", 0)
    children = Readers()

    async def main() -> list[object]:
        calls = (children.read_list(b"spin", ""), children.read_page(STORY, ""))
        return await asyncio.gather(*calls, children.read_list(b"https://e.com/", ""), return_exceptions=True)

    failed, page, entries = asyncio.run(main())
    children.close()
    assert isinstance(failed, RecordError)
    assert failed.reason == "timeout"
    assert page == read_page(STORY)
    assert [entry.url for entry in entries] == ["https://e.com/"]  # type: ignore[attr-defined]


@pytest.mark.parametrize("body", [STORY, STORY * 80])
def test_an_ordinary_page_needs_no_child(monkeypatch: pytest.MonkeyPatch, body: bytes) -> None:
    monkeypatch.setattr(readers.Guard, "__call__", None)
    reading = asyncio.run(Readers().read_page(body, "text/html"))
    assert (reading.language, reading.wall, len(reading.words)) == ("ar", "", 32)


NAMES = [f"a{number}" for number in range(12_000)]


@pytest.mark.parametrize(
    "page",
    [
        "<p " + " ".join(NAMES) + ">",
        "<p " + " ".join(f"{name}='>'" for name in NAMES) + ">",
        "<p " + " ".join(f'{name} = "<b>"' for name in NAMES) + ">",
        "<p " + "".join(f'{name}="\'>"' + " b".join(NAMES[:40]) for name in NAMES[:600]) + ">",
        ("<p " + " ".join(NAMES[:4_000]) + ">") * 16,
        ("<p " + " ".join(f"{name}='>'" for name in NAMES) + ">").encode("utf-16-le").decode("latin-1"),
        "<p>x" * 140_000,
    ],
    ids=["names", "values", "tags", "mixed", "many", "utf-16", "large"],
)
def test_a_page_that_may_take_long_is_read_by_a_child(page: str) -> None:
    assert len(page) > readers.SMALL
    assert not readers.is_quick(page.encode("latin-1"))
