"""The configuration: one TOML file, one frozen struct per stage, unknown keys refused.

    [read]      corpus.inputs.ReadConfig
    [extract]   cleaning.extract.ExtractConfig
    [clean]     cleaning.lines.CleanConfig
    [filters]   cleaning.filters.FilterConfig
    [dedup]     dedup.config.DedupConfig
    [run]       RunConfig, below

Every key has a default; `ghirbal build --help` and docs/configuration.md say what they mean.
"""

from __future__ import annotations

import hashlib
import tomllib
from pathlib import Path
from typing import Any

import msgspec
import orjson

from cleaning.extract import ExtractConfig
from cleaning.filters import FilterConfig
from cleaning.lines import CleanConfig
from corpus.errors import UsageError
from corpus.inputs import ReadConfig
from dedup.config import DedupConfig


class RunConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Bound what one page may cost: `deadline` in seconds of CPU time, `memory_mb` of address space."""

    #: The slowest of 181 real news pages took 0.6 s; hostile ones take minutes.
    deadline: float = 20.0
    memory_mb: int = 3072


class Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything that decides what comes out, and nothing that does not."""

    read: ReadConfig = msgspec.field(default_factory=ReadConfig)
    extract: ExtractConfig = msgspec.field(default_factory=ExtractConfig)
    clean: CleanConfig = msgspec.field(default_factory=CleanConfig)
    filters: FilterConfig = msgspec.field(default_factory=FilterConfig)
    dedup: DedupConfig = msgspec.field(default_factory=DedupConfig)
    run: RunConfig = msgspec.field(default_factory=RunConfig)


def read_config(path: str | None) -> Config:
    """Read a TOML file, or return the defaults.

    Raises:
        UsageError: the file cannot be read, is no TOML, or holds a key or a value that means nothing.
    """
    if path is None:
        return Config()
    try:
        return msgspec.convert(tomllib.loads(Path(path).read_text("utf-8")), Config)
    except OSError as error:
        raise UsageError(f"{path}: cannot read the configuration ({error.strerror})") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: this is not TOML in UTF-8: {error}") from error
    except msgspec.ValidationError as error:
        raise UsageError(f"{path}: {error}; see docs/configuration.md for the keys there are") from error


def plain(config: msgspec.Struct) -> dict[str, Any]:
    """Return the configuration as JSON gives it back."""
    value: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(config, order="deterministic"))
    return value


def fingerprint(value: Any) -> str:
    """Hash a JSON value in its canonical form (sorted keys), in hexadecimal."""
    return hashlib.sha256(orjson.dumps(value, option=orjson.OPT_SORT_KEYS)).hexdigest()


def salvaging(config: Config) -> Config:
    """Return the configuration with the whole records of damaged files kept."""
    return msgspec.structs.replace(config, read=msgspec.structs.replace(config.read, salvage=True))


def read_reviewed(path: str | None) -> str | None:
    """Read a table that somebody has reviewed; None where no path is given.

    Raises:
        UsageError: it cannot be read.
    """
    if not path:
        return None
    try:
        return Path(path).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: cannot read the reviewed table ({error})") from error
