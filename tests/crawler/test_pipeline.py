"""The committer answers every item that waits for it, whatever goes wrong."""

import asyncio
import atexit
from types import SimpleNamespace
from typing import Any

import pytest

from corpus.errors import EXIT_DEFECT, EXIT_ENVIRONMENT, EnvironmentFault
from crawler.state import pipeline as pipelines
from crawler.state.pipeline import ArchivePipeline


def settle(
    monkeypatch: pytest.MonkeyPatch, fault: Exception, *, where: str
) -> tuple[list[Any], list[int], list[str]]:
    """Let three items wait while `where` fails; return what they were answered, and how the crawl was ended."""
    codes: list[int] = []
    reasons: list[str] = []
    monkeypatch.setattr(atexit, "register", lambda _, code: codes.append(code))

    def fail(*_: Any) -> None:
        raise fault

    async def close(reason: str) -> None:
        reasons.append(reason)

    async def main() -> list[Any]:
        calls = {"settle": lambda *_: None, "sync": lambda: None, "publish": lambda: None} | {where: fail}
        more = {"append": lambda _: "date id", "open_files": list, "is_full": lambda: where == "publish"}
        archive = SimpleNamespace(name="w", **more, **calls)
        engine = SimpleNamespace(close_spider_async=close, scheduler=SimpleNamespace(release=lambda _: None))
        pipeline = ArchivePipeline(SimpleNamespace(engine=engine))  # type: ignore[arg-type]
        frontier = SimpleNamespace(settle=calls["settle"])
        pipeline._session = SimpleNamespace(archive=archive, frontier=frontier)  # type: ignore[assignment]
        items = [SimpleNamespace(capture=SimpleNamespace(earlier=""), changes={}) for _ in range(3)]
        waiting = [asyncio.ensure_future(pipeline.process_item(item)) for item in items]  # type: ignore[arg-type]
        answers = await asyncio.wait_for(asyncio.gather(*waiting, return_exceptions=True), 5)
        await asyncio.sleep(0)
        return answers

    async def here(function: Any) -> Any:
        return function()

    monkeypatch.setattr(pipelines, "run_in_thread", here)
    return asyncio.run(main()), codes, reasons


@pytest.mark.parametrize("where", ["sync", "settle"])
@pytest.mark.parametrize(
    ("fault", "code"),
    [(EnvironmentFault("full"), EXIT_ENVIRONMENT), (OSError(5, "EIO"), EXIT_ENVIRONMENT), (KeyError("x"), EXIT_DEFECT)],
)
def test_every_failure_reaches_every_item_and_ends_the_crawl(
    monkeypatch: pytest.MonkeyPatch, where: str, fault: Exception, code: int
) -> None:
    answers, codes, reasons = settle(monkeypatch, fault, where=where)
    expected = EnvironmentFault if isinstance(fault, OSError) else type(fault)
    assert [type(answer) for answer in answers] == [expected] * 3
    assert (codes, len(reasons)) == ([code], 1)


def test_items_that_wait_while_a_full_archive_is_published_are_answered_too(monkeypatch: pytest.MonkeyPatch) -> None:
    answers, codes, reasons = settle(monkeypatch, KeyError("x"), where="publish")
    assert [answer.changes for answer in answers] == [{"archived": "date id"}] * 3
    assert (codes, len(reasons)) == ([EXIT_DEFECT], 1)
