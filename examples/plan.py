"""Read the stories and the plan: what each outlet ran, and how it was changed on the way."""

from __future__ import annotations

import datetime
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent

#: How many paragraphs of another story an outlet appends under its read-also header.
APPENDED_PARAGRAPHS = 4

#: A copy appears a day after the original.
COPY_DELAY = datetime.timedelta(days=1)


@dataclass(frozen=True)
class Story:
    """One made-up story; a paragraph that opens with "## " is a sub-heading."""

    id: str
    title: str
    language: str
    published: datetime.date
    section: str
    tags: list[str]
    paragraphs: list[str]


@dataclass(frozen=True)
class Item:
    """One record of the dumps: a story as one outlet ran it, and what the outlet put around it."""

    number: int  # position in the plan
    outlet: str
    story: str
    relation: str
    title: str
    language: str
    published: datetime.date
    section: str
    tags: list[str]
    paragraphs: list[str]
    credit: str = ""
    encoding: str = "utf-8"
    glued: bool = False
    box_after: int | None = None
    appended: Story | None = None
    headlines: list[str] = field(default_factory=list)  # of the outlet's other stories

    @property
    def url(self) -> str:
        """Return the address, under a top-level domain that is reserved for examples."""
        return f"https://{self.outlet}.example/{self.published:%Y/%m}/{self.story}"

    @property
    def even(self) -> bool:
        """Tell every second record apart, for furniture that comes in two forms."""
        return self.number % 2 == 0


def read_story(path: Path) -> Story:
    """Read front matter in TOML between two lines of `+++`, then the paragraphs."""
    _, front, body = path.read_text("utf-8").split("+++\n", 2)
    paragraphs = [part.strip() for part in body.split("\n\n") if part.strip()]
    return Story(id=path.stem, paragraphs=paragraphs, **tomllib.loads(front))


def read_stories() -> dict[str, Story]:
    """Return every story by its id, in the order of the ids."""
    return {path.stem: read_story(path) for path in sorted(HERE.glob("stories/*.md"))}


def read_items(stories: dict[str, Story]) -> list[Item]:
    """Return the records of the plan, in its order."""
    rows = tomllib.loads((HERE / "plan.toml").read_text("utf-8"))["record"]
    return [_item(number, row, stories) for number, row in enumerate(rows)]


def _item(number: int, row: dict[str, Any], stories: dict[str, Story]) -> Item:
    story, appended = stories[row["story"]], stories.get(row.get("appended", ""))
    relation = row.get("relation", "original")
    return Item(
        number=number,
        outlet=row["outlet"],
        story=story.id,
        relation=relation,
        title=row.get("title", story.title),
        language=story.language,
        published=story.published + (COPY_DELAY if relation != "original" else datetime.timedelta()),
        section=story.section,
        tags=story.tags,
        paragraphs=_rewrite(story.paragraphs, row),
        credit=row.get("credit", ""),
        encoding=row.get("encoding", "utf-8"),
        glued=row.get("glued", False),
        box_after=row.get("box_after"),
        appended=appended,
        headlines=_headlines(number, story, appended, stories),
    )


def _rewrite(paragraphs: list[str], row: dict[str, Any]) -> list[str]:
    """Apply what the plan says happened to the text, in this order: opening, edits, keep, cut, added."""
    texts = [row.get("opening", paragraphs[0]), *paragraphs[1:]]
    for old, new in row.get("edits", []):
        found = [place for place, text in enumerate(texts) if old in text]
        if len(found) != 1:
            raise ValueError(f"{row['outlet']}/{row['story']}: {old!r} stands in {len(found)} paragraphs")
        texts[found[0]] = texts[found[0]].replace(old, new)
    texts = [texts[place] for place in row.get("keep", range(len(texts)))]
    if "cut_words" in row:
        texts[-1] = " ".join(texts[-1].split(" ")[: row["cut_words"]])
    return texts + row.get("added", [])


def _headlines(number: int, story: Story, appended: Story | None, stories: dict[str, Story]) -> list[str]:
    """Take the titles of the other stories in this language, starting at another one for each record."""
    others = [
        other.title
        for other in stories.values()
        if other.language == story.language and other not in (story, appended)
    ]
    start = number * 5 % len(others)
    return others[start:] + others[:start]
