"""Build examples/dumps and examples/expected.json from the stories: `python examples/make_dumps.py [FOLDER]`.

The same bytes come out on every machine: no clock, no random choice, and gzip members without compression,
because what a compressor makes of the same bytes depends on the zlib of the machine.
"""

from __future__ import annotations

import base64
import hashlib
import json
import struct
import sys
import uuid
import zlib
from pathlib import Path
from typing import Any

from furniture import TEXT_OUTLETS, Dressed, dress_page, dress_text
from plan import HERE, Item, read_items, read_stories

#: Clusters that look alike and are different events; no two of a family may be merged.
TEMPLATES = (
    ("weather-0512", "weather-0723"),
    ("close-0603", "close-0604"),
    ("telegram-lamar", "telegram-tuwayn", "telegram-osrin"),
)
WARC = "rasad-portal/rasad-20250710.warc.gz"
JSONL = {"wadi-wire": "wadi-wire/feed-2024.jsonl.gz", "subh-e-nau": "subh-e-nau/export.jsonl.gz"}
UNDATED = ("nuqta-online",)  # outlets whose texts do not say when they were published
STORED_BLOCK = 65_535  # the most bytes a deflate block without compression holds (RFC 1951, 3.2.4)


def gzip_member(content: bytes) -> bytes:
    """Wrap bytes, at least one, as one gzip member of stored blocks (RFC 1952), with no time and no file name in it."""
    blocks = []
    for start in range(0, len(content), STORED_BLOCK):
        piece = content[start : start + STORED_BLOCK]
        last = start + STORED_BLOCK >= len(content)
        blocks.append(struct.pack("<BHH", last, len(piece), len(piece) ^ 0xFFFF) + piece)
    header = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
    return header + b"".join(blocks) + struct.pack("<II", zlib.crc32(content), len(content) & 0xFFFFFFFF)


def record_id(item: Item, kind: str) -> str:
    """Return the WARC-Record-ID of an item, without its angle brackets."""
    return uuid.uuid5(uuid.NAMESPACE_URL, f"{kind} {item.url}").urn


def warc_record(fields: dict[str, str], block: bytes) -> bytes:
    """Write one WARC 1.1 record (ISO 28500) as a gzip member of its own."""
    digest = base64.b32encode(hashlib.sha1(block, usedforsecurity=False).digest()).decode()
    lines = ["WARC/1.1", *(f"{name}: {value}" for name, value in fields.items())]
    lines += [f"WARC-Block-Digest: sha1:{digest}", f"Content-Length: {len(block)}", "", ""]
    return gzip_member("\r\n".join(lines).encode() + block + b"\r\n\r\n")


def warc_records(item: Item, page: str) -> bytes:
    """Write the request and the response of one fetched page."""
    body = page.encode()
    common = {
        "WARC-Date": f"{item.published:%Y-%m-%d}T18:00:00Z",
        "WARC-Target-URI": item.url,
    }
    path = item.url.removeprefix("https://rasad-portal.example")
    request = f"GET {path} HTTP/1.1\r\nHost: rasad-portal.example\r\n\r\n".encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    return warc_record(
        {
            "WARC-Type": "request",
            "WARC-Record-ID": f"<{record_id(item, 'request')}>",
            **common,
            "Content-Type": "application/http;msgtype=request",
        },
        request,
    ) + warc_record(
        {
            "WARC-Type": "response",
            "WARC-Record-ID": f"<{record_id(item, 'response')}>",
            **common,
            "Content-Type": "application/http;msgtype=response",
        },
        head + body,
    )


def warc_head() -> bytes:
    """Write the record that opens the archive and says who wrote it."""
    fields = {
        "WARC-Type": "warcinfo",
        "WARC-Record-ID": f"<{uuid.uuid5(uuid.NAMESPACE_URL, WARC).urn}>",
        "WARC-Date": "2025-07-10T00:00:00Z",
        "WARC-Filename": Path(WARC).name,
        "Content-Type": "application/warc-fields",
    }
    return warc_record(fields, b"software: examples/make_dumps.py\r\nformat: WARC File Format 1.1\r\n")


def row_id(item: Item) -> str:
    """Return the id that a feed gives an item."""
    return f"{item.outlet}-{item.number:04}"


def jsonl_row(item: Item, dressed: Dressed) -> dict[str, str]:
    """Write a row of a feed: the agency gives text and says who it is, the other outlet gives html."""
    row = {"id": row_id(item), "url": item.url}
    if item.outlet in TEXT_OUTLETS:
        row |= {"outlet": item.outlet, "title": item.title, "published": f"{item.published:%Y-%m-%d}"}
        return row | {"text": dressed.content, "desk": item.section}
    return row | {"html": dressed.content}


def dump_path(item: Item) -> str:
    """Say which file of the dumps holds an item."""
    if item.outlet == "rasad-portal":
        return WARC
    if item.outlet in JSONL:
        return JSONL[item.outlet]
    suffix = "txt" if item.outlet in TEXT_OUTLETS else "html"
    return f"{item.outlet}/{item.published:%Y/%m}/{item.story}.{suffix}"


def text_bytes(item: Item, content: str) -> bytes:
    """Encode a file as the plan says; what was saved on Windows has its line ends too."""
    if item.encoding != "utf-8":
        content = content.replace("\n", "\r\n")
    return content.encode(item.encoding)


def expectation(item: Item, dressed: Dressed) -> dict[str, Any]:
    """Say what must become of a record; examples/README.md describes the fields."""
    stay = [text.removeprefix("## ") for text in item.paragraphs]
    kept = "\n".join([item.title, *stay])
    path = dump_path(item)
    given = record_id(item, "response") if path == WARC else row_id(item) if item.outlet in JSONL else ""
    fields = {} if item.outlet in UNDATED else {"published": f"{item.published:%Y-%m-%d}"}
    if item.outlet == "sahil-news":
        fields["credit"] = item.credit
    return {
        "path": path,
        "id": given,
        "url": item.url if given else "",
        "outlet": item.outlet,
        "story": item.story,
        "cluster": item.story,
        "relation": item.relation,
        "language": item.language,
        "title": item.title,
        "fields": fields,
        "gone": sorted({text for text in dressed.gone if text not in kept}),
        "stay": stay,
    }


def build(items: list[Item]) -> tuple[dict[str, bytes], list[dict[str, Any]]]:
    """Return the content of every dump file by its path, and the expectations in the order of the plan."""
    files: dict[str, bytes] = {WARC: warc_head()}
    rows: dict[str, list[dict[str, str]]] = {}
    expected = []
    for item in items:
        dressed = dress_text(item) if item.outlet in TEXT_OUTLETS else dress_page(item)
        path = dump_path(item)
        expected.append(expectation(item, dressed))
        if path == WARC:
            files[path] += warc_records(item, dressed.content)
        elif item.outlet in JSONL:
            rows.setdefault(path, []).append(jsonl_row(item, dressed))
        else:
            files[path] = text_bytes(item, dressed.content)
    for path, lines in rows.items():
        files[path] = gzip_member("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in lines).encode())
    return files, expected


def main(folder: Path) -> None:
    """Write the dumps and the expectations under `folder`."""
    files, expected = build(read_items(read_stories()))
    for path, content in files.items():
        target = folder / "dumps" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    text = json.dumps({"records": expected, "templates": TEMPLATES}, ensure_ascii=False, indent=1)
    (folder / "expected.json").write_text(text + "\n", "utf-8", newline="\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE)
