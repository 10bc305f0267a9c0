"""Read web archives."""
from __future__ import annotations

from collections.abc import Iterator

from corpus.inputs import InputFile, ReadConfig
from corpus.tables import Part


def read_warc(file: InputFile, config: ReadConfig, part: Part) -> Iterator[object]:
    """Read."""
    raise NotImplementedError
    yield
