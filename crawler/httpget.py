"""Fetch single pages under the crawl's safety rules without starting a crawl, for `ghirbal outlet`.

The address is checked and then connected to, so a name cannot answer differently in between.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import time
import zlib
from dataclasses import dataclass
from urllib.parse import urlsplit

from crawler.safety import AddressGuard
from crawler.urls import PORTS, as_ascii

MAX_BODY = 10 * 1024 * 1024
TIMEOUT = 30.0
MAX_REDIRECTS = 5
USER_AGENT = "Ghirbal/0.1 (polite news corpus crawler)"


class FetchFailed(OSError):
    """A page could not be had; the message says why."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """An answer: the url it came from after redirects, its status, type and decoded body."""

    url: str
    status: int
    kind: str
    body: bytes


def fetch(url: str, guard: AddressGuard) -> Fetched:
    """Fetch a url, following at most five redirects.

    Raises:
        FetchFailed: no answer, or one that is refused.
    """
    for _ in range(MAX_REDIRECTS + 1):
        try:
            answer, location = _exchange(url, guard)
        except (OSError, http.client.HTTPException, zlib.error, EOFError) as fault:
            raise FetchFailed(f"{url}: {fault or type(fault).__name__}") from fault
        if not location:
            return answer
        target = as_ascii(location, url)
        if target is None:
            raise FetchFailed(f"{url}: redirects to what is no http url")
        url = target
    raise FetchFailed(f"{url}: more than {MAX_REDIRECTS} redirects")


def _exchange(url: str, guard: AddressGuard) -> tuple[Fetched, str]:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port or PORTS[parts.scheme], timeout=TIMEOUT)
    connection.sock = _connect(parts.scheme, parts.hostname or "", connection.port, guard)
    try:
        path = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
        connection.putrequest("GET", path, skip_host=True, skip_accept_encoding=True)
        headers = {"Host": parts.netloc, "User-Agent": USER_AGENT, "Accept-Encoding": "gzip", "Connection": "close"}
        for name, value in headers.items():
            connection.putheader(name, value)
        connection.endheaders()
        response = connection.getresponse()
        location = response.getheader("Location") if response.status in range(300, 400) else None
        body = _unpacked(_read(response), response.getheader("Content-Encoding") or "")
        return Fetched(url, response.status, response.getheader("Content-Type") or "", body), location or ""
    finally:
        connection.close()


def _connect(scheme: str, host: str, port: int, guard: AddressGuard) -> socket.socket:
    answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    allowed = [answer for answer in answers if guard.allows(str(answer[4][0]))]
    if not allowed:
        raise FetchFailed(f"private-address: {host} is not on the public internet")
    raw = socket.create_connection(allowed[0][4][:2], TIMEOUT)  # type: ignore[arg-type]
    return ssl.create_default_context().wrap_socket(raw, server_hostname=host) if scheme == "https" else raw


def _read(response: http.client.HTTPResponse) -> bytes:
    end = time.monotonic() + TIMEOUT
    body = bytearray()
    while len(body) < MAX_BODY and (block := response.read1(65_536)):
        body += block
        if time.monotonic() > end:
            raise FetchFailed(f"took longer than {TIMEOUT:g} s")
    return bytes(body[:MAX_BODY])


def _unpacked(body: bytes, encoding: str) -> bytes:
    if encoding.strip().lower() not in ("gzip", "x-gzip"):
        return body
    unpacker = zlib.decompressobj(zlib.MAX_WBITS | 16)
    return unpacker.decompress(body, MAX_BODY)
