"""The configuration: one TOML file, one frozen struct per stage, unknown keys refused.

    [read]      corpus.files.listing.ReadConfig
    [extract]   cleaning.config.ExtractConfig
    [clean]     cleaning.config.CleanConfig
    [filters]   cleaning.filters.FilterConfig
    [dedup]     dedup.config.DedupConfig
    [run]       RunConfig, below

Every key has a default; `ghirbal build --help` and docs/configuration.md say what they mean.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin

import msgspec
import orjson

from cleaning.config import CleanConfig, ExtractConfig
from cleaning.filters import FilterConfig
from corpus.errors import UsageError
from corpus.files import place_of
from corpus.formats import ReadConfig
from dedup.config import DedupConfig
from ghirbal.published import BOILERPLATE, corpus_at


class RunConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Bound what one page may cost: `deadline` in seconds of CPU time, `memory_mb` of address space."""

    #: The slowest of 181 real news pages took 0.6 s; hostile ones take minutes. At most a day.
    deadline: Annotated[float, msgspec.Meta(ge=0.1, le=86_400)] = 20.0
    #: Keep the whole text of what is removed, so that a verdict can be judged and undone from OUT alone.
    removed_text: bool = True
    #: A page of ordinary size is read within 128; at most a terabyte.
    memory_mb: Annotated[int, msgspec.Meta(ge=128, le=2**20)] = 3072


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
        given = tomllib.loads(Path(path).read_text("utf-8"))
        _refuse_unknown(given, Config, "the top level")
        return msgspec.convert(given, Config)
    except OSError as error:
        raise UsageError(f"{path}: cannot read the configuration ({error.strerror})") from error
    except msgspec.ValidationError as error:
        raise UsageError(f"{path}: {_explain(str(error))}") from error
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path}: this is not TOML in UTF-8: {error}") from error


def _refuse_unknown(given: Mapping[str, Any], kind: type[msgspec.Struct], place: str) -> None:
    """Refuse a key that `kind` does not have, with the one that was meant or all there are."""
    types = {field.name: field.type for field in msgspec.structs.fields(kind)}
    for name, value in given.items():
        if name not in types:
            near = get_close_matches(name, types, 1)
            hint = f"did you mean {near[0]}?" if near else f"the keys there are: {', '.join(types)}"
            raise msgspec.ValidationError(f"unknown field `{name}` in {place}; {hint}")
        if isinstance(value, dict) and isinstance(types[name], type) and issubclass(types[name], msgspec.Struct):
            _refuse_unknown(value, types[name], f"[{name}]" if kind is Config else f"{place[:-1]}.{name}]")


def _explain(said: str) -> str:
    """Put the key in front of what msgspec says of its value, and behind it the default and the values there are."""
    what, _, where = said.partition(" - at `$")
    keys = re.findall(r"\.(\w+)", where)
    if not keys:
        return said
    kind: Any = Config
    default: Any = Config()
    for key in keys:
        if not isinstance(default, msgspec.Struct):
            break
        kind = next(field.type for field in msgspec.structs.fields(type(default)) if field.name == key)
        default = getattr(default, key)
    inside = (kind, *get_args(kind))
    values = ", ".join(value for one in inside if get_origin(one) is Literal for value in get_args(one))
    more = f"; the values there are: {values}" if values else ""
    if default is not None and not isinstance(default, msgspec.Struct):  # TOML has no null
        more += f"; the default is {orjson.dumps(default).decode()}"
    return f"{'.'.join(keys)}: {what}{more}"


def plain(config: msgspec.Struct) -> dict[str, Any]:
    """Return the configuration as JSON gives it back."""
    value: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(config, order="deterministic"))
    return value


def fingerprint(value: Any) -> str:
    """Hash a JSON value in its canonical form (sorted keys), in hexadecimal."""
    return hashlib.sha256(orjson.dumps(value, option=orjson.OPT_SORT_KEYS)).hexdigest()


def read_reviewed(path: str | None) -> str | None:
    """Read a table that somebody has reviewed; None where no path is given.

    Raises:
        UsageError: it cannot be read, or is no such table.
    """
    if not path:
        return None
    from cleaning.outlet import from_toml

    try:
        inside = corpus_at(place_of(path)) / BOILERPLATE
        text = (inside if inside.is_file() else place_of(path)).read_bytes().decode()
        from_toml(text)
    except OSError as error:
        raise UsageError(f"{path}: cannot read the reviewed table ({error.strerror or 'it is not there'})") from error
    except (UnicodeDecodeError, UsageError) as error:
        raise UsageError(f"{path}: {error}; give an OUT/boilerplate.toml to --boilerplate") from error
    return text
