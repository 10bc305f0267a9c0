"""What the pages of one outlet share: where the body stands, and which blocks every story carries.

One page cannot show that "Follow us on ..." at the foot of a story is chrome; thirty can. A bounded sample of an
outlet's pages is looked at once; the table that comes out is small, sorted JSON that a person can read and edit.
The sample is chosen by the digest of the page's id, so neither the order of pages nor the number of shards matters.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import lru_cache

import msgspec
import xxhash
from lxml.etree import _Element

from corpus.arabic import fold
from corpus.text import lines

#: Pages looked at per outlet. Chrome on a tenth of the pages is seen on three or more of 64 with p = .95.
SAMPLE = 64
#: An outlet with fewer stories teaches nothing.
MIN_PAGES = 5
#: A container is known when the stories agree on it by this share.
CONTAINER_SHARE = 0.6
#: A block is repeated when it stands on so many different stories, and on this share of the sample.
MIN_REPEATS = 3
REPEAT_SHARE = 0.1
#: Blocks kept per page for counting, and characters of each kept for the reader of the table.
_MAX_BLOCKS = 400
_SAMPLE_LENGTH = 80
_NUMBER = re.compile(r"\d+")


class Sighting(msgspec.Struct, frozen=True):
    """One page as the sample remembers it: digests of its id and its text, its container, its blocks."""

    page: str
    story: str
    container: str
    blocks: dict[str, str]


class Template(msgspec.Struct, frozen=True):
    """What is known of an outlet: the name of the body container ("" when unknown), digest -> text of repeats."""

    pages: int = 0
    container: str = ""
    repeated: dict[str, str] = {}


UNKNOWN = Template()


def digest(text: str) -> str:
    """Return a digest of `text` in folded form: 64 bits in hexadecimal."""
    return xxhash.xxh3_64_hexdigest(fold(text).encode("utf-8", "surrogatepass"))


def container_name(element: _Element) -> str:
    """Name an element by tag, class and the same of its parent, numbers left out: ids of stories stand in classes."""
    parent = element.getparent()
    above = "" if parent is None else _plain_name(parent.tag, parent.get("class", ""))
    return f"{above} > {_plain_name(element.tag, element.get('class', ''))}"


def surroundings(body: _Element, template: Template) -> _Element | None:
    """Return the part of a page that holds the known container and the headline, None when it is not plain which.

    Reading that part alone is the fast path; menus, sidebars and lists of other stories mostly lie outside.
    """
    if not template.container:
        return None
    tag = template.container.rpartition(" > ")[2].partition(".")[0]
    found = [element for element in body.iter(tag) if container_name(element) == template.container]
    if len(found) != 1:
        return None
    around = (found[0], *found[0].iterancestors())
    return next((element for element in around if element.find(".//h1") is not None), found[0])


@lru_cache(maxsize=4096)
def _plain_name(tag: str, classes: str) -> str:
    return ".".join([tag, *_NUMBER.sub("#", classes).split()])


def sight(page_id: str, text: str, container: _Element | None) -> Sighting:
    """Note what one extracted page contributes to its outlet's template."""
    texts = {digest(line): line[:_SAMPLE_LENGTH] for line in lines(text)[:_MAX_BLOCKS]}
    name = "" if container is None else container_name(container)
    return Sighting(digest(page_id), digest(text), name, texts)


def is_sampled(page_id: str, sample: Mapping[str, Sighting]) -> bool:
    """Tell whether a page belongs to the sample seen so far: the `SAMPLE` smallest digests."""
    return len(sample) < SAMPLE or digest(page_id) < max(sample)


def add(sample: dict[str, Sighting], sighting: Sighting) -> None:
    """Put a page into the sample, and take the largest digest out when it is full."""
    sample[sighting.page] = sighting
    if len(sample) > SAMPLE:
        del sample[max(sample)]


def learn_template(sample: Mapping[str, Sighting]) -> Template:
    """Derive the template of an outlet from its sample; `UNKNOWN` when the sample is too small."""
    stories = {sighting.story: sighting for _, sighting in sorted(sample.items(), reverse=True)}
    if len(stories) < MIN_PAGES:
        return UNKNOWN
    repeated = _repeats(stories)
    # A container full of repeats is a sidebar or a consent wall that was taken for the body.
    voters = [s for s in stories.values() if s.container and 2 * len(s.blocks.keys() & repeated) < len(s.blocks)]
    name, count = Counter(sighting.container for sighting in voters).most_common(1)[0] if voters else ("", 0)
    return Template(len(stories), name if count >= CONTAINER_SHARE * len(stories) else "", repeated)


def _repeats(stories: Mapping[str, Sighting]) -> dict[str, str]:
    counts = Counter(key for sighting in stories.values() for key in sighting.blocks)
    enough = max(MIN_REPEATS, REPEAT_SHARE * len(stories))
    texts = {key: text for sighting in stories.values() for key, text in sighting.blocks.items()}
    return {key: texts[key] for key, count in sorted(counts.items()) if count >= enough}


def encode_table(table: Mapping[str, Template]) -> bytes:
    """Write the templates of all outlets as indented JSON, outlets and blocks in order."""
    return msgspec.json.format(msgspec.json.encode(dict(sorted(table.items())), order="sorted"), indent=1)


def decode_table(data: bytes | memoryview) -> dict[str, Template]:
    """Read what `encode_table` wrote; an empty buffer is an empty table."""
    return msgspec.json.decode(bytes(data), type=dict[str, Template]) if len(data) else {}


def encode_samples(samples: Mapping[str, Mapping[str, Sighting]]) -> bytes:
    """Write the samples of one shard."""
    return msgspec.json.encode({outlet: list(samples[outlet].values()) for outlet in sorted(samples)})


def merge_samples(partials: Iterable[memoryview]) -> dict[str, dict[str, Sighting]]:
    """Bring the samples of all shards together, one bounded sample per outlet."""
    samples: dict[str, dict[str, Sighting]] = {}
    for partial in partials:
        for outlet, sightings in msgspec.json.decode(bytes(partial), type=dict[str, list[Sighting]]).items():
            for sighting in sightings:
                add(samples.setdefault(outlet, {}), sighting)
    return samples
