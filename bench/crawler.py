"""Measure what archiving costs: pages per CPU second of `scrapy crawl news` against a bare Scrapy spider.

    python bench/crawler.py [--pages 600] [--kib 170] [--rounds 3]
    python bench/crawler.py --hosts 5000 [--seconds 90] [--kib 20]

A server in another process gives pages of news size with a hundred links each. The bare spider requests every
page and does nothing with it. Ours finds the pages in a sitemap, obeys robots.txt, reads their links, writes and
fsyncs WARC and keeps the frontier. CPU time is of the crawling process alone; starting up is taken out by
measuring two sizes. With --gzip the server sends compressed bodies, as real sites do.

With --hosts as many sites on loopback addresses are crawled for a while, each with a feed and more pages than there is
time for: what grows, and how fast pages come.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import multiprocessing
import os
import random
import resource
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

#: Requests that the server has had.
_ASKED = multiprocessing.Value("q", 0, lock=False)

PROJECT = Path(__file__).parents[1]

BARE = """
import scrapy
class Bare(scrapy.Spider):
    name = "bare"
    custom_settings = {"CONCURRENT_REQUESTS": 16, "CONCURRENT_REQUESTS_PER_DOMAIN": 16, "LOG_LEVEL": "ERROR",
                       "TELNETCONSOLE_ENABLED": False, "REMOTE_CONTROL_ENABLED": False}
    async def start(self):
        for number in range(int(self.pages)):
            yield scrapy.Request(f"{self.site}/news/2024/05/{number}-story.html")
    def parse(self, response):
        return None
"""


def _page(number: int, kib: int, chance: random.Random) -> bytes:
    letters = "ابتثجحخدذرزسشصضطظعغفقكلمنهوي"
    words = ["".join(chance.choices(letters, k=chance.randint(2, 8))) for _ in range(3000)]
    parts = [f"<html><head><title>خبر {number}</title><meta property='og:type' content='article'></head><body>"]
    parts += [f"<a href='/news/2024/05/{chance.randrange(2000)}-story.html'>رابط</a>" for _ in range(100)]
    size = 0
    while size < kib * 1024:
        block = f"<div class='block block-{len(parts)}'><p>{' '.join(chance.choices(words, k=60))}</p></div>\n"
        parts.append(block)
        size += len(block.encode())
    return "".join(parts).encode()


def _serve(pipe: multiprocessing.connection.Connection, kib: int, packed: bool) -> None:
    chance = random.Random(6)
    bodies = [_page(number, kib, chance) for number in range(40)]
    bodies = [gzip.compress(body, 6, mtime=0) for body in bodies] if packed else bodies
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        base = "http://{}:{}".format(*writer.get_extra_info("sockname"))
        while head := await _head(reader):
            _ASKED.value += 1
            path = head.split(b" ", 2)[1].decode()
            kind, encoding = "text/html; charset=utf-8", b""
            if path == "/robots.txt":
                body, kind = f"User-agent: *\nDisallow: /private/\nSitemap: {base}/sitemap.xml\n".encode(), "text/plain"
            elif path.startswith("/sitemap-"):
                count = int(path[9:].partition(".")[0])
                urls = "".join(f"<url><loc>{base}/news/2024/05/{n}-story.html</loc></url>" for n in range(count))
                body, kind = f"<urlset>{urls}</urlset>".encode(), "application/xml"
            elif "story" in path:
                number = int(path.rpartition("/")[2].partition("-")[0])
                body, encoding = bodies[number % 40], b"Content-Encoding: gzip\r\n" if packed else b""
            else:
                body, kind = b"", "text/plain"
            length = f"Content-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n".encode()
            writer.write(b"HTTP/1.1 200 OK\r\n" + encoding + length + body)
            await writer.drain()

    async def run() -> None:
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
        server = await asyncio.start_server(answer, "0.0.0.0", 0, backlog=4096)
        pipe.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(run())


async def _head(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, ConnectionError):
        return b""


def _cpu_seconds(command: list[str]) -> float:
    process = subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    assert os.waitstatus_to_exitcode(status) == 0, command
    return usage.ru_utime + usage.ru_stime


def _bare(site: str, pages: int, folder: Path) -> float:
    spider = folder / "bare.py"
    spider.write_text(BARE, "utf-8")
    command = [sys.executable, "-m", "scrapy", "runspider", str(spider), "-s", "LOG_LEVEL=ERROR"]
    command += ["-a", f"site={site}", "-a", f"pages={pages}"]
    return _cpu_seconds(["env", "SCRAPY_SETTINGS_MODULE=scrapy.settings.default_settings", *command])


def _ours(site: str, pages: int, folder: Path) -> float:
    outlets = folder / f"{pages}.toml"
    text = f'[[outlet]]\nname = "bench"\nsitemaps = ["{site}/sitemap-{pages}.xml"]\ndelay = 0\nbudget = {pages}\n'
    outlets.write_text(text, "utf-8")
    with tempfile.TemporaryDirectory(dir=folder) as out:
        settings = ["GHIRBAL_ALLOW_PRIVATE=1", f"GHIRBAL_OUT={out}", "LOG_LEVEL=ERROR", "AUTOTHROTTLE_ENABLED=0",
                    "CONCURRENT_REQUESTS_PER_DOMAIN=16", "GHIRBAL_PATIENCE=0"]  # fmt: skip
        command = [sys.executable, "-m", "scrapy", "crawl", "news", "-a", f"outlets={outlets}"]
        return _cpu_seconds(command + [part for setting in settings for part in ("-s", setting)])


def _many_hosts(hosts: int, seconds: float, port: int) -> None:
    """Crawl many sites at once and print every 15 seconds how it stands."""
    names = [f"127.{1 + n // 62500}.{n // 250 % 250}.{1 + n % 250}" for n in range(hosts)]
    entry = '[[outlet]]\nname = "h{0}"\nseeds = ["http://{1}:{2}/0-story"]\nsitemaps = ["http://{1}:{2}/sitemap-9.xml"]\n'
    with tempfile.TemporaryDirectory() as name:
        outlets, out = Path(name) / "outlets.toml", Path(name) / "crawl"
        outlets.write_text("".join(entry.format(n, host, port) for n, host in enumerate(names)), "utf-8")
        settings = ["GHIRBAL_ALLOW_PRIVATE=1", f"GHIRBAL_OUT={out}", "LOG_LEVEL=ERROR", "GHIRBAL_PROGRESS_SECONDS=10"]
        command = [sys.executable, "-m", "scrapy", "crawl", "news", "-a", f"outlets={outlets}"]
        start = time.monotonic()
        process = subprocess.Popen(command + [part for one in settings for part in ("-s", one)], cwd=PROJECT)
        print("seconds  requests a second   memory MB   peak MB   frontier MB   CPU %")
        asked, busy = 0, 0.0
        while time.monotonic() - start < seconds and process.poll() is None:
            time.sleep(15)
            status = Path(f"/proc/{process.pid}/status").read_text("utf-8")
            memory = {line.split()[0]: int(line.split()[1]) / 1024 for line in status.splitlines() if " kB" in line}
            ticks = Path(f"/proc/{process.pid}/stat").read_text("utf-8").rpartition(")")[2].split()
            now, used = _ASKED.value, (int(ticks[11]) + int(ticks[12])) / os.sysconf("SC_CLK_TCK")
            size = sum(path.stat().st_size for path in out.glob("frontier*")) / 1e6
            row = (time.monotonic() - start, (now - asked) / 15, memory["VmRSS:"], memory["VmHWM:"], size)
            shown = "{:7.0f}{:19.0f}{:12.0f}{:10.0f}{:14.1f}".format(*row)
            print(f"{shown}{(used - busy) / 15:8.0%}", flush=True)
            asked, busy = now, used
        process.send_signal(signal.SIGINT)
        process.wait(120)
        print(f"ended with {process.returncode} after {time.monotonic() - start:.0f} s")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=600)
    parser.add_argument("--kib", type=int, default=170)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--gzip", action="store_true")
    parser.add_argument("--hosts", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=90)
    options = parser.parse_args()
    near, far = multiprocessing.Pipe()
    server = multiprocessing.Process(target=_serve, args=(far, options.kib, options.gzip), daemon=True)
    server.start()
    port = near.recv()
    site = f"http://127.0.0.1:{port}"
    if options.hosts:
        _many_hosts(options.hosts, options.seconds, port)
        server.kill()
        return
    few = options.pages // 10
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        costs: dict[str, list[float]] = {"bare": [], "ours": []}
        for _ in range(options.rounds):
            for label, run in (("bare", _bare), ("ours", _ours)):
                seconds = run(site, options.pages, folder) - run(site, few, folder)
                costs[label].append(1000 * seconds / (options.pages - few))
    server.kill()
    bare, ours = (statistics.median(costs[label]) for label in ("bare", "ours"))
    print(f"pages of {options.kib} KiB{' (gzip)' if options.gzip else ''}, median of {options.rounds} rounds")
    print(f"bare Scrapy   {bare:6.2f} ms CPU a page   {1000 / bare:6.0f} pages per CPU second")
    print(f"news crawl    {ours:6.2f} ms CPU a page   {1000 / ours:6.0f} pages per CPU second   {bare / ours:.0%}")


if __name__ == "__main__":
    main()
