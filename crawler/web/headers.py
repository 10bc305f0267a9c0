"""What headers of responses hold, as text."""

from __future__ import annotations

import re

from scrapy.http import Headers

_HIGH_BYTE = re.compile(rb"[\x80-\xff]")


def header_of(headers: Headers, name: bytes) -> str:
    """Return the value of a header, "" if there is none."""
    return (headers.get(name) or b"").decode("latin-1")


def location_of(headers: Headers) -> str:
    """Return where a redirect leads; bytes that are no UTF-8 are sent back as they came, as browsers do.

    >>> location_of(Headers({"Location": "/خبر"})), location_of(Headers({"Location": "/خبر".encode("cp1256")}))
    ('/خبر', '/%CE%C8%D1')
    """
    value = headers.get(b"Location") or b""
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return _HIGH_BYTE.sub(lambda byte: b"%%%02X" % byte[0][0], value).decode("ascii")
