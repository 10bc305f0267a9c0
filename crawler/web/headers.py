"""Answers of sites: what their headers hold, as text, and where their redirects lead."""

from __future__ import annotations

import re
from typing import Any

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.http import Headers, Response
from scrapy.http.request import NO_CALLBACK

from crawler.web.urls import as_ascii, site_of

#: Redirects followed for one page or robots.txt (RFC 9309, 2.3.1.2: at least five).
MAX_HOPS = 5
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


async def fetch(crawler: Crawler, url: str, **meta: Any) -> Response:
    """Return what a url answers behind its redirects, each a request of its own; the last where they lead nowhere."""
    for _ in range(MAX_HOPS + 1):
        request = Request(url, meta={"download_slot": site_of(url), **meta}, callback=NO_CALLBACK)
        response = await crawler.engine.download_async(request)
        location = location_of(response.headers) if 300 <= response.status < 400 else ""
        target = as_ascii(location, url) if location else None
        if target is None:
            break
        url = target
    return response
