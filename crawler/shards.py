"""Divide a crawl among machines by host: `-a shard=K/N`, K from 1 to N.

All hosts of one outlet, and of outlets that share a host, go to the same shard: politeness needs one owner of
each host, and links between the hosts of an outlet must not fall between two shards.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass

from corpus.errors import UsageError
from crawler.outlets import Outlet

_SHARD = re.compile(r"([1-9]\d{0,4})/([1-9]\d{0,4})")


@dataclass(frozen=True, slots=True)
class Shard:
    """The K-th of N parts of a crawl."""

    number: int = 1
    of: int = 1

    @property
    def suffix(self) -> str:
        """Return what tells this shard's files from the others', or "" when there is only one."""
        return f"-{self.number}-of-{self.of}" if self.of > 1 else ""


def parse_shard(text: str) -> Shard:
    """Read "K/N".

    Raises:
        UsageError: it is not two whole numbers with 1 <= K <= N.
    """
    match = _SHARD.fullmatch(text or "1/1")
    if match is None or int(match[1]) > int(match[2]):
        raise UsageError(f"shard={text!r}: give K/N with K from 1 to N, for example shard=1/4")
    return Shard(int(match[1]), int(match[2]))


def share_of(outlets: Sequence[Outlet], shard: Shard) -> tuple[Outlet, ...]:
    """Return the outlets that belong to `shard`; the same for any order of the file."""
    groups = _groups(outlets)
    return tuple(outlet for outlet in outlets if _number(groups[outlet.name], shard.of) == shard.number)


def _number(group: str, shards: int) -> int:
    return int.from_bytes(hashlib.sha256(group.encode()).digest()[:8], "big") % shards + 1


def _groups(outlets: Sequence[Outlet]) -> dict[str, str]:
    """Return for each outlet the smallest host of the group of outlets it shares hosts with."""
    hosts = {outlet.name: {f"{host}:{port}" for host, port in outlet.scopes()} for outlet in outlets}
    label = {name: min(own) for name, own in hosts.items()}
    changed = True
    while changed:
        changed = False
        smallest: dict[str, str] = {}
        for name, own in hosts.items():
            for host in own:
                smallest[host] = min(smallest.get(host, label[name]), label[name])
        for name, own in hosts.items():
            best = min(smallest[host] for host in own)
            changed |= best != label[name]
            label[name] = best
    return label
