"""What of cleaning can be configured; the figures it works by stand beside the code that uses them."""

from __future__ import annotations

from collections import Counter
from typing import Annotated

import msgspec

from corpus.arabic import fold

#: Unrelated stories are counted up to here; more are not looked for.
ENOUGH = 16
#: How many stories that have nothing else in common make furniture; two are chance, or one story told twice.
Stories = Annotated[int, msgspec.Meta(ge=3, le=ENOUGH)]


class CleanConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Say how chrome is taken out of text.

    `learn` uses what an outlet repeats; `harvest` fills empty fields from chrome that goes. So many `stories` of an
    outlet that have nothing else in common make what they share its furniture.
    """

    learn: bool = True
    harvest: bool = True
    stories: Stories = 3


class ExtractConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What of extraction can be chosen.

    `rivals`: ask trafilatura about doubtful pages. `search_date`: look for the date in the visible text when no
    markup states one, which costs as much as the rest. `drop`: for an outlet, CSS selectors of what is never part of a
    story. `outlets`: for an outlet, the other names under which folders, hosts and fields know it.

    Raises:
        ValueError: a selector is none, or a name is given to two outlets.
    """

    rivals: bool = True
    search_date: bool = False
    drop: dict[str, tuple[str, ...]] = {}
    outlets: dict[str, tuple[str, ...]] = {}

    def __post_init__(self) -> None:
        counts = Counter(fold(other) for others in self.outlets.values() for other in others)
        if twice := next((other for other, count in counts.items() if count > 1), ""):
            raise ValueError(f"outlets: {twice!r} is given to two outlets, or to one twice; give it to one")
        for outlet, selectors in self.drop.items():
            for selector in selectors:
                from corpus.selectors import compile_selector  # and lxml, for those who have selectors

                try:
                    compile_selector(selector)
                except ValueError as error:
                    raise ValueError(f"drop of {outlet!r}: {error}") from error


DEFAULTS = ExtractConfig()
