"""A real HTTP server on loopback that behaves, or misbehaves, as a test tells it."""

from __future__ import annotations

import hashlib
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self

WORDS = (
    "غيمة", "فوق", "الميناء", "القديم", "وسفينة", "تنتظر", "المد", "والصيادون", "يصلحون", "شباكهم", "قرب", "الرصيف",
)  # fmt: skip


@dataclass
class Answer:
    """What to send; `script` takes over the connection instead."""

    body: bytes = b""
    status: int = 200
    kind: str = "text/html; charset=utf-8"
    headers: dict[str, str] = field(default_factory=dict)
    validators: bool = True
    script: Callable[[BaseHTTPRequestHandler], None] | None = None


Route = Answer | Callable[[BaseHTTPRequestHandler], Answer]


def page(number: int, links: Iterable[str] = (), head: str = "", words: int = 60) -> Answer:
    """Return an article-like page with its own text and the given links."""
    text = " ".join(WORDS[(number * 7 + step * (number % 5 + 1)) % len(WORDS)] for step in range(words))
    anchors = "\n".join(f'<li><a href="{link}">رابط</a></li>' for link in links)
    html = (
        f'<!doctype html><html lang="ar"><head><title>خبر {number}</title>{head}</head>'
        f"<body><h1>خبر {number}</h1><p>{text} {number}</p><ul>{anchors}</ul></body></html>"
    )
    return Answer(html.encode())


class Handler(BaseHTTPRequestHandler):
    """Answer from the site's table and remember what was asked."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Server

    def do_GET(self) -> None:
        site = self.server.site
        with site.lock:
            headers = {name.lower(): value for name, value in self.headers.items()}
            site.hits.append((self.path, headers, time.monotonic()))
        route = site.routes.get(self.path) or site.routes.get(self.path.partition("?")[0])
        if route is None:
            route = site.fallback or Answer(b"none", 404)
        answer = route(self) if callable(route) else route
        if answer.script is not None:
            answer.script(self)
            self.close_connection = True
            return
        self._send(answer)

    def _send(self, answer: Answer) -> None:
        etag = f'"{hashlib.sha256(answer.body).hexdigest()[:16]}"'
        validated = answer.validators and answer.status == 200
        if validated and self.headers.get("If-None-Match") == etag:
            self.send_response(304)
            self.send_header("ETag", etag)
            self.end_headers()
            return
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.kind)
        self.send_header("Content-Length", str(len(answer.body)))
        if validated:
            self.send_header("ETag", etag)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Keep quiet."""


class Server(ThreadingHTTPServer):
    """The listening half of a site."""

    daemon_threads = True
    request_queue_size = 128
    site: Site

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients that go away are part of the tests."""


class Site:
    """A site: routes by path (with or without query), and every hit it got."""

    def __init__(self, routes: Mapping[str, Route] | None = None, host: str = "127.0.0.1") -> None:
        self.routes: dict[str, Route] = dict(routes or {})
        self.fallback: Route | None = None
        self.hits: list[tuple[str, dict[str, str], float]] = []
        self.lock = threading.Lock()
        self._server = Server((host, 0), Handler)
        self._server.site = self
        self.host = f"{host}:{self._server.server_address[1]}"
        self.url = f"http://{self.host}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *why: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def asked(self) -> Counter[str]:
        """Return how often each path was asked for."""
        with self.lock:
            return Counter(path for path, _, _ in self.hits)

    def asked_for(self, path: str) -> list[dict[str, str]]:
        """Return the headers of each request for `path`."""
        with self.lock:
            return [headers for asked, headers, _ in self.hits if asked == path]

    def times(self, prefix: str = "/") -> list[float]:
        """Return when paths that begin with `prefix` were asked for, robots.txt left out."""
        with self.lock:
            return [at for path, _, at in self.hits if path.startswith(prefix) and path != "/robots.txt"]


def linked_site(count: int, traps: bool = False) -> dict[str, Route]:
    """Return a site of `count` pages /p/0 ... /p/N, each linked from others; / is the front page."""
    routes: dict[str, Route] = {"/": page(0, [f"/p/{n}" for n in range(0, count, 20)])}
    for number in range(count):
        near = [f"/p/{other}" for other in range(number + 1, min(number + 20, count))] if number % 20 == 0 else []
        extra = [f"/p/{number}?utm_source=feed", f"/p/{(number * 13) % count}#top", "/"]
        if traps:
            extra += [f"/trap/{number}/" + "again/" * (number % 6 + 3), f"/p/{number}/amp/"]
            extra += ["mailto:a@b.c", "javascript:void(0)"]
        routes[f"/p/{number}"] = page(number, near + extra)
    return routes


def drip(seconds: float) -> Callable[[BaseHTTPRequestHandler], None]:
    """Return a script that sends headers and then one byte a moment, for so long."""

    def script(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 100000\r\n\r\n")
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            handler.wfile.write(b".")
            time.sleep(0.05)

    return script


def endless(handler: BaseHTTPRequestHandler) -> None:
    """Send a body without end, in chunks that never say how long it is."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n<html><p>")
    block = b"endless " * 8192
    while True:
        handler.wfile.write(block)


def cut_short(handler: BaseHTTPRequestHandler) -> None:
    """Promise 100,000 bytes, send a part, hang up."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 100000\r\n\r\n<html><p>half")
    handler.wfile.flush()
    handler.connection.shutdown(socket.SHUT_RDWR)
