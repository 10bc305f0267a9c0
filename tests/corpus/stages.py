"""Toy stages for the runner's tests: they learn, drop, fail, hang and count like real ones."""

import os
import time
from dataclasses import replace

import orjson

from corpus.document import Document, Page, drop, keep


class Read:
    name = "read-page"

    def apply(self, record):
        if isinstance(record, Page):
            if b"hang" in record.body:
                time.sleep(60)
            return keep(Document(record.id, record.source, record.body.decode()))
        return keep(record)


class DropRepeats:
    """Drop every text but the first (by source) of those that are equal; learns counts over the corpus."""

    name = "drop-repeats"

    def __init__(self):
        self.first_ = {}

    def scan(self, records):
        rows = [[record.text, record.source.path, record.source.record] for record in records]
        return orjson.dumps(sorted(rows))

    def learn(self, partials, run):
        self.first_ = {}
        for rows in run(orjson.loads, [bytes(partial) for partial in partials if partial]):
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
