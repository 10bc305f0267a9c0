"""Take the body out of an HTTP response as an archive holds it, and check the digests of archives."""

from __future__ import annotations

import base64
import hashlib
import importlib
import re
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from corpus.errors import RecordError
from corpus.files.compressed import MAGIC, zstd, zstd_engine

#: A longer head of a record or response is damage; real ones have 500 bytes, with many cookies 10,000.
HEAD_BYTES = 1 << 16
_STATUS_LINE = re.compile(rb"HTTP/\d(?:\.\d)? (\d{3})(?: |\Z)")
_CHUNK = re.compile(rb"\s{0,4}([0-9A-Fa-f]{1,8})[^\r\n]{0,200}\r?\n")
_ALGORITHMS = frozenset({"md5", "sha1", "sha256", "sha512"})
_HTML_TYPES = ("text/html", "application/xhtml+xml")
_HTML_START = re.compile(rb"\s*<(?:!doctype|html|head|body|!--|\?xml)", re.IGNORECASE)
#: Types under which servers send pages that they know nothing about, or all that they have.
_VAGUE_TYPES = re.compile(r"|html|(?:text|application)/(?:plain|xml|octet-stream|binary|unknown|vnd\.wap\.wml)")
_HTML_TAG = re.compile(rb"<(?:!doctype\s+html|html)[\s>]", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Response:
    """The head of an HTTP response: status, headers with names in lower case, and where its body begins."""

    status: int
    headers: tuple[tuple[str, str], ...]
    start: int

    def header(self, name: str) -> str:
        """Return the first header called `name`, or ""."""
        return next((value for key, value in self.headers if key == name), "")


def parse_response(block: bytes) -> Response:
    """Parse the head of a response, which ends before the first empty line; a lone head is whole.

    Raises:
        RecordError: `corrupt-record`, there is no status line.
    """
    ends = [(end, len(mark)) for mark in (b"\r\n\r\n", b"\n\n") if (end := block.find(mark, 0, HEAD_BYTES)) >= 0]
    end, length = min(ends, default=(min(len(block), HEAD_BYTES), 0))
    head, start = block[:end], end + length
    status_line, *lines = head.split(b"\n")
    status = _STATUS_LINE.match(status_line.strip())
    if not status:
        raise RecordError("the response has no HTTP status line", reason="corrupt-record")
    return Response(int(status[1]), tuple(parse_headers(lines)), start)


def parse_headers(lines: Iterable[bytes]) -> Iterable[tuple[str, str]]:
    """Yield name (lower case) and value of each header line, continuation lines joined."""
    name, value = "", ""
    for line in lines:
        text = line.decode("utf-8", "replace").rstrip("\r")
        if text[:1] in (" ", "\t") and name:
            value = f"{value} {text.strip()}"
            continue
        if name:
            yield name, value
        name, _, value = (part.strip() for part in text.partition(":"))
        name = name.lower()
    if name:
        yield name, value


def looks_html(content_type: str, body: bytes) -> bool:
    """Tell whether a body is HTML: by its declared type, else by its first bytes.

    >>> looks_html("text/plain", b"<!DOCTYPE html><p>"), looks_html("text/plain", b"a <p>")
    (True, False)
    """
    mime = content_type.partition(";")[0].strip().lower()
    if not _VAGUE_TYPES.fullmatch(mime):
        return mime in _HTML_TYPES
    return bool(_HTML_TAG.search(body[:1024]) or (not mime and _HTML_START.match(body[:1024])))


def decode_body(response: Response, body: bytes, limit: int) -> tuple[bytes, bool]:
    """Undo transfer and content encoding; return the body and whether it is cut short.

    Archives often hold bodies already decoded under headers that say otherwise, so what is not encoded as
    declared is taken as it is.

    Raises:
        RecordError: `too-large` (over `limit` bytes), `corrupt-record`, `unknown-encoding`.
    """
    pieces, position, found = list[bytes](), 0, None
    if "chunked" in response.header("transfer-encoding").lower():
        while (found := _CHUNK.match(body, position)) and (size := int(found[1], 16)):
            position = found.end() + size
            pieces.append(body[found.end() : position])
    # Without a single chunk the body was stored decoded; without the last one it is cut.
    cut = bool(pieces) and not found
    body = b"".join(pieces) if pieces or found else body
    body, broken = unpack(body, response.header("content-encoding"), limit)
    return body, cut or broken


def unpack(body: bytes, encodings: str, limit: int) -> tuple[bytes, bool]:
    """Undo the encodings of a Content-Encoding header; return the body and whether it is cut short.

    Gzip that no header names is undone too: no text begins as it does.

    Raises:
        RecordError: `too-large` (over `limit` bytes), `corrupt-record`, `unknown-encoding`.
    """
    cut = False
    for encoding in [*map(str.strip, reversed(encodings.lower().split(","))), "gzip"]:
        engine: Any = None
        damage: tuple[type[Exception], ...] = (zlib.error, zstd.ZstdError)
        if encoding in ("gzip", "x-gzip") and body.startswith(MAGIC["gzip"]):
            engine = zlib.decompressobj(31)
        elif encoding == "deflate" and body[:1] and not body.lstrip().startswith(b"<"):
            # With the header of zlib, as the standard has it, or without, as some servers send it.
            framed = body[0] & 0x0F == 8 and int.from_bytes(body[:2]) % 31 == 0
            engine = zlib.decompressobj(15 if framed else -15)
        elif encoding == "zstd" and body.startswith(MAGIC["zstd"]):
            engine = zstd_engine()
        elif encoding == "br" and not _HTML_START.match(body[:1024]):
            try:
                brotli = importlib.import_module("brotli")
            except ImportError as error:
                raise RecordError("the body is brotli; install brotli to read it", reason="unknown-encoding") from error
            engine, damage = brotli.Decompressor(), (brotli.error,)
        if engine:
            is_brotli, most = encoding == "br", limit + 1
            try:
                body = engine.process(body, output_buffer_limit=most) if is_brotli else engine.decompress(body, most)
            except damage as error:
                raise RecordError(f"the body is damaged: {error}", reason="corrupt-record") from error
            if len(body) > limit:
                raise RecordError(f"the body unpacks to more than {limit} bytes", reason="too-large")
            cut = cut or not (engine.is_finished() if is_brotli else engine.eof)
    return body, cut


def digest_matches(declared: str, body: bytes) -> bool | None:
    """Tell whether `body` has the digest that an archive declares ("sha1:BASE32"); None if it cannot be known."""
    algorithm, _, value = (part.strip() for part in declared.partition(":"))
    algorithm = algorithm.lower().replace("-", "")
    if algorithm not in _ALGORITHMS:
        return None
    digest = hashlib.new(algorithm, body, usedforsecurity=False).digest()
    b32, b64 = (encode(digest).decode().rstrip("=") for encode in (base64.b32encode, base64.b64encode))
    return value.lower() == digest.hex() or value.rstrip("=") == b64 or value.rstrip("=").upper() == b32
