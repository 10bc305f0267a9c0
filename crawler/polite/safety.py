"""Refuse addresses that a public crawler has no business with, at the moment it connects.

The guard sits in the name resolver, behind every connection Scrapy's HTTP handler opens: names, literals, decimal
and hexadecimal forms, each redirect hop, and a name that resolves differently the second time (rebinding) all
pass it. A middleware refuses IPv6 literals, other schemes and foreign hosts before that, and checks the peer's
address once more after the download.

GHIRBAL_ALLOW_PRIVATE lifts the guard for tests: "1" for every address, or addresses separated by commas.
"""

from __future__ import annotations

import ipaddress
from types import SimpleNamespace
from typing import Any, ClassVar
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import CannotResolveHostError, IgnoreRequest
from scrapy.http import Response
from scrapy.resolver import CachingHostnameResolver
from twisted.internet.base import ReactorBase

from corpus.errors import UsageError
from crawler.part import CrawlPart
from crawler.web.urls import PORTS

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

#: IPv6 ranges that carry an IPv4 address of any kind inside: NAT64, 6to4, Teredo.
_CARRIERS = tuple(ipaddress.ip_network(net) for net in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32"))


class Refused(IgnoreRequest):
    """A request that must not be sent; `reason` is kebab-case."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class AddressGuard:
    """Decide which addresses may be talked to."""

    def __init__(self, allowed: str = "") -> None:
        """Take the value of GHIRBAL_ALLOW_PRIVATE: "", "0", "1", or addresses separated by commas."""
        text = allowed.strip()
        self.allows_all = text.lower() in ("1", "true", "yes")
        listed = [] if self.allows_all or text.lower() in ("", "0", "false", "no") else text.split(",")
        try:
            self._listed = frozenset(ipaddress.ip_address(item.strip()) for item in listed)
        except ValueError as fault:
            message = f"GHIRBAL_ALLOW_PRIVATE={allowed!r}: give 1, or addresses separated by commas"
            raise UsageError(message) from fault

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> AddressGuard:
        """Read the setting."""
        return cls(str(crawler.settings.get("GHIRBAL_ALLOW_PRIVATE") or ""))

    def allows(self, address: str | Address) -> bool:
        """Tell whether an address is public, or listed as allowed.

        >>> AddressGuard().allows("127.0.0.1"), AddressGuard().allows("::ffff:10.0.0.1")
        (False, False)
        """
        if self.allows_all:
            return True
        try:
            parsed = ipaddress.ip_address(address)
        except ValueError:
            return False
        if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped:
            parsed = parsed.ipv4_mapped
        if parsed in self._listed:
            return True
        if isinstance(parsed, ipaddress.IPv6Address) and any(parsed in carrier for carrier in _CARRIERS):
            return False
        return parsed.is_global and not parsed.is_multicast and not parsed.is_reserved


class GuardedResolver(CachingHostnameResolver):
    """Scrapy's resolver for IPv4 and IPv6, but an answer that is not public is none; cached ones are checked too."""

    guard = AddressGuard()
    #: Names that have answers which were refused: Twisted passes on no more than that there was none.
    refused: ClassVar[set[str]] = set()

    @classmethod
    def from_crawler(cls, crawler: Crawler, reactor: ReactorBase) -> GuardedResolver:
        """Build the resolver with the crawl's guard."""
        resolver = super().from_crawler(crawler, reactor)
        resolver.guard = AddressGuard.from_crawler(crawler)
        return resolver

    def resolveHostName(self, resolutionReceiver: Any, hostName: str, *more: Any, **named: Any) -> Any:  # noqa: N802, N803
        """Resolve a name to the addresses that the guard allows."""
        began, complete = resolutionReceiver.resolutionBegan, resolutionReceiver.resolutionComplete

        def resolved(address: Any) -> None:
            if self.guard.allows(address.host):
                resolutionReceiver.addressResolved(address)
            else:
                self.refused.add(hostName.lower())

        receiver: Any = SimpleNamespace(resolutionBegan=began, addressResolved=resolved, resolutionComplete=complete)
        return super().resolveHostName(receiver, hostName, *more, **named)


class SafetyMiddleware(CrawlPart):
    """Refuse requests by scheme, host and literal address, and answers from a peer the guard refuses."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._guard = AddressGuard.from_crawler(crawler)

    def process_request(self, request: Request) -> None:
        """Let the request pass, or raise Refused."""
        parts = urlsplit(request.url)
        if parts.scheme not in PORTS or not parts.hostname or "@" in parts.netloc:
            raise Refused("bad-url")
        if ":" in parts.hostname and not self._guard.allows(parts.hostname):
            raise Refused("private-address")

    def process_exception(self, request: Request, exception: Exception) -> None:
        """Tell a name that was refused from one that does not exist."""
        host = (urlsplit(request.url).hostname or "").lower()
        if isinstance(exception, CannotResolveHostError) and host in GuardedResolver.refused:
            raise Refused("private-address") from exception

    def process_response(self, request: Request, response: Response) -> Response:  # noqa: ARG002  Scrapy's names
        """Let the response pass, or raise Refused if it came from an address that is not public."""
        if response.ip_address is not None and not self._guard.allows(response.ip_address):
            raise Refused("private-address")
        return response
