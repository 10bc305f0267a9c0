"""The top layer: commands, configuration, jobs, and the finished corpus. Nobody depends on it.

From Python: `extract(html)`, `clean(texts)`, `dedup(texts)`, `signatures(texts)`; `build(INPUT, OUT)`, and `open(OUT)`
for a finished corpus: its documents, `.removed`, `.clusters`, `.why(key)`, `.to_pandas()` (face, opened).

In: what a user types. Out: a corpus in OUT, and what is said about it. Read cli (each command), then jobs (stages put
together and run), config; output (the folder while it is written), published (a finished one read back), check (its
laws); index (corpora that win, `similar`), explain, account, ask, score; report_page, console and terminal are
what is seen. `__main__` starts the program: signals and streams come first.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ghirbal.face import Deduplicated, Pair, build, clean, dedup, extract, open, signatures  # noqa: A004

__all__ = ["Deduplicated", "Pair", "build", "clean", "dedup", "extract", "open", "signatures"]


def __getattr__(name: str) -> Any:
    """Import the face when it is asked for: the command line takes charge of signals before it imports anything."""
    if name not in __all__:
        raise AttributeError(f"module 'ghirbal' has no attribute {name!r}")
    from ghirbal import face

    return getattr(face, name)


def __dir__() -> list[str]:
    return __all__
