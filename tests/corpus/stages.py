"""Toy stages for the runner's tests: they learn, drop, fail, hang and count like real ones."""

import os
import signal
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import orjson

from corpus.records import Document, Page, drop, keep


class Read:
    name = "read-page"

    def apply(self, record):
        if isinstance(record, Page):
            while b"hang" in record.body:
                pass
            return keep(Document(record.id, record.source, record.body.decode()))
        return keep(record)


class ReadSomewhere:
    """Note the process that read a page."""

    name = "read-somewhere"

    def apply(self, record):
        return keep(Document(record.id, record.source, record.body.decode(), tags=(str(os.getpid()),)))


class Rows:
    """Gather texts and where they stand."""

    def __init__(self):
        self.rows = []

    def observe(self, record):
        self.rows.append([record.text, record.source.path, record.source.record])

    def summary(self):
        return orjson.dumps(sorted(self.rows))


class DropRepeats:
    """Drop every text but the first (by source) of those that are equal; learns counts over the corpus."""

    name = "drop-repeats"

    def __init__(self):
        self.first_ = {}

    def accumulator(self):
        return Rows()

    def learn(self, summaries, run):
        self.first_ = {}
        for rows in map(orjson.loads, map(bytes, run(bytes, [summary.obj for summary in summaries]))):
            for text, path, record in rows:
                self.first_[text] = min(self.first_.get(text, [path, record]), [path, record])

    def dump(self):
        return orjson.dumps(self.first_, option=orjson.OPT_SORT_KEYS)

    def load(self, learned):
        self.first_ = orjson.loads(bytes(learned))

    def apply(self, record):
        if "boom" in record.text:
            raise ValueError("boom")
        survivor = self.first_[record.text]
        if survivor != [record.source.path, record.source.record]:
            return drop("repeat", survivor=survivor[0])
        return keep(replace(record, tags=(str(len(self.first_)),)))


class Upper:
    name = "upper"

    def apply(self, record):
        return keep(replace(record, text=record.text.upper()))


class Suicide:
    name = "suicide"

    def apply(self, record):
        os._exit(1)


def die_first(folder, times):
    """Be killed, as when memory is short, the first so many times."""
    number = len(list(folder.iterdir()))
    if number < times:
        (folder / str(number)).touch()
        os.kill(os.getpid(), signal.SIGKILL)


def die_once(item):
    """Be killed once over `item`, a folder and a number."""
    folder, number = item
    if number == 2:
        die_first(folder, 1)
    return number


def die_once_in_bytes(item):
    return b"%d" % die_once(item)


def die_always(_):
    os.kill(os.getpid(), signal.SIGKILL)


def process_id(_):
    return os.getpid()


def eat_once(item):
    """Take more memory than a worker may have, the first time."""
    folder, number = item
    if number == 2 and not list(folder.iterdir()):
        (folder / "0").touch()
        eaten = [b"x" * 2**24 for _ in range(60)]
        time.sleep(30)
        return len(eaten)
    return number


class DieOnce:
    """Be killed once in each phase: while it is observed, while it learns, while it judges."""

    name = "die-once"

    def __init__(self, folder=""):
        self.folder = folder

    def die(self, phase):
        path = Path(self.folder) / phase
        if not path.exists():
            path.touch()
            os.kill(os.getpid(), signal.SIGKILL)

    def accumulator(self):
        self.die("observe")
        return Rows()

    def learn(self, summaries, run):
        items = [(Path(self.folder) / "learn", number) for number in range(4)]
        assert list(map(bytes, run(die_once_in_bytes, items))) == [b"0", b"1", b"2", b"3"]

    def dump(self):
        return b""

    def load(self, learned):
        pass

    def apply(self, record):
        self.die("apply")
        return keep(record)


class SlowInOne:
    """Take a second for a record in the process that has come to one first, and none in others."""

    name = "slow-in-one"

    def __init__(self, folder=""):
        self.folder = folder

    def apply(self, record):
        slow, own = Path(self.folder) / "slow", str(os.getpid())
        with suppress(FileExistsError):
            slow.symlink_to(own)
        if str(slow.readlink()) == own:
            time.sleep(1)
        (Path(self.folder) / own).touch()
        return keep(record)


def nap(seconds):
    time.sleep(seconds)
    return seconds
