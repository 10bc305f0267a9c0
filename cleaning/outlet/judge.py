"""Judge what returns in an outlet's documents: furniture, a link to another story, or neither.

Of the documents only those are read that have to be judged by.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from os.path import commonprefix
from statistics import median

import numpy as np
from numpy.typing import NDArray

from cleaning.lines.frames import joins_names
from cleaning.lines.unit import ends_sentence
from cleaning.outlet.count import HEAD, INSIDE, MARKER, TAIL, hash_of
from cleaning.outlet.evidence import OutletStories, Read
from cleaning.outlet.furniture import Form, Furniture, Place
from cleaning.outlet.pieces import (
    FEWEST,
    GLUE,
    MARKS,
    Word,
    affixes,
    codes_of,
    first_word,
    is_headline,
)
from cleaning.outlet.returning import Candidates, Repetition
from cleaning.outlet.words import distinct, hash_words

#: A piece has its place at the head or the tail of documents if it stands there in so many of them; without it 160 of
#: 7,000 articles of one outlet lose a phrase.
_PLACED = 0.8
#: So many first, and last, pieces are the head and the tail; so is all that nothing but returning pieces keeps from it.
_EDGE = 2

#: A piece with so many words, of so many letters, that are not common is about something; if a document says more of
#: them again in its own words, the piece is part of the story.
_CONTENT, _LETTERS = 5, 4
_COMMON = 0.1
#: Four of five groups of outlets would take .5 for the fifth, at the same cost; the stricter value stands.
_TOLD = 0.35
#: A sentence that opens with "and" continues a story, unless so many times the stories that are enough have it. All
#: groups of outlets choose this; without it backgrounds go from five times as many of 7,000 articles of one outlet.
_CONTINUING = 3
#: A headline that is said again to so large a part is that of this story, in another version.
_OWN_STORY = 0.6
#: So many documents may have one headline, and two that share so many of their rare words are one story.
_VERSIONS = 3
#: A shorter line that other outlets have is a formula.
_LONG_HEADLINE = 8
_VERSION = 0.3

#: What other outlets have too is language, unless so large a share of the outlet's documents have it, and so many.
_SYSTEM = 0.05
_SYSTEM_COUNT = 8
_SYSTEM_SMALL = 0.5


#: A frame has so many words, one that is glued to a word of the text with it, and so many letters.
_FRAME_WORDS = {HEAD: 4, TAIL: 2}
_FRAME_LETTERS = 12
#: Letters of a word that ran into a frame, and of what it left of the other word: a tail has run into a whole word
#: of the story, not into an article or preposition that is written with the word behind it.
_PART_LETTERS = 3
_WHOLE = {HEAD: 2, TAIL: 4}
#: A head opens so many stories, or half of a small outlet's: how sentences begin returns, too.
_HEADS = 6
#: Most documents go on differently: no word beside a frame is more frequent, and there are many.
_MOST = 0.5
_VARIETY, _GROWTH = 0.6, 0.8
#: Behind a head so many documents begin as others do; how sentences go on is another thing.
_OPENS = 0.5
#: A word of so many documents is one that sentences go on behind ("that", "of").
_GRAMMAR = 0.4
#: A dateline stands apart by a mark, and is part of the story.
_DATELINE = frozenset("-–—:()/،,")
#: Before a tail so many documents have ended; a longer one is no end of a sentence. Without it 533 of 7,000 articles of
#: one outlet lose their last words.
_STOPS = frozenset(".!?؟…۔")
_ENDED = 0.7
#: A longer frame is one if it stands in so many of the documents of the shorter one.
_DEEPER = 0.7
#: What closes so many of an outlet's documents is no end of a sentence either.
_MANY = 0.3
_CONVINCING = 8
#: Part of what a marker announces that may be running text; a single word announces in so many documents.
_RUNNING = 0.2
_MARKER_LETTERS = 4
_WORD_SHARE = 0.25


#: Documents without an outlet are of many outlets: so many times the stories are enough there.
_UNNAMED = 3


def judge(name: str, outlet: OutletStories, found: Candidates, stories: int) -> list[Furniture]:
    """Return the furniture and the links of one outlet; so many unrelated `stories` make a closing line furniture."""
    outlet.repeated = found.repeated
    judged = _Judge(name, outlet, found, stories if name else stories * _UNNAMED)
    rows: list[Furniture] = []
    for some in found.in_batches(np.flatnonzero(judged.returns | judged.links)):
        pieces = some[judged.returns[some] & (found.rows["form"][some] == INSIDE)]
        outlet.hold(set[int]().union(*(found.ranks_of(at).tolist() for at in pieces.tolist())))
        rows += [row for at in some.tolist() if (row := judged.row(found[at], returns=bool(judged.returns[at])))]
    lines = {row.text for row in rows if row.form == "piece"}
    return [row for row in rows if row.form not in ("head", "tail") or not (row.text in lines or _grows(row, rows))]


class _Judge:
    """Judge the candidates of one outlet.

    Those are worth a look that return in enough documents with text of their own and not in other outlets, or name a
    story.
    """

    def __init__(self, name: str, outlet: OutletStories, found: Candidates, least: int) -> None:
        self.name, self.outlet, self.found, self.least = name, outlet, found, least
        counts, links, telling = found.rows["count"], found.rows["links"], found.sums(outlet.tells)
        share = counts / outlet.size
        system = (share >= _SYSTEM) & ((counts >= _SYSTEM_COUNT) | (share >= _SYSTEM_SMALL))
        self.returns = (counts >= least) & (telling >= least) & (system | ~found.rows["elsewhere"])
        self.links = (found.rows["form"] == INSIDE) & (links > 0) & (links <= _VERSIONS) & (telling > 0)

    def row(self, one: Repetition, *, returns: bool) -> Furniture | None:
        """Return the furniture or the link that a candidate is, if it is one."""
        if one.form == INSIDE:
            return (self._piece(one) if returns else None) or self._link(one)
        if one.form == MARKER:
            return self._marker(one)
        return self._frame(one)

    def _written(
        self, form: Form, place: Place, one: Repetition, unrelated: int, key: str, example: str, of: str = ""
    ) -> Furniture:
        return Furniture(self.name, form, place, unrelated, one.count, self.outlet.size, key, example, of)

    def _content(self, key: str) -> NDArray[np.uint32]:
        words, lengths = hash_words(codes_of(key))
        told = distinct(words[lengths >= _LETTERS])
        return told[self.outlet.words.shares(told) <= _COMMON]

    def _share(self, word: str) -> float:
        return float(self.outlet.words.shares(hash_words(codes_of(word))[0]).sum())

    def _piece(self, one: Repetition) -> Furniture | None:
        key, example = self._find(one, one.ranks[0])
        chosen = self.outlet.unrelated(one.ranks)
        if chosen < self.least:
            return None
        content = self._content(key)
        if len(content) >= _CONTENT:
            first = key.partition(" ")[0]
            # In Arabic "and" is written with the next word.
            continues = first.startswith("و") and self._share(first[1:]) > 0
            if continues and chosen < _CONTINUING * self.least:
                return None
            if median(self.outlet.says(one.ranks, content, one.hash).tolist()) > _TOLD:
                return None
        place = self._place(one)
        if place != "tail" and (chosen <= self.least or joins_names(example)):
            return None  # the name of a writer and a place; an outlet's name is found beside all names
        if place == "body":
            whole = all(told.whole[told.at(one.hash)] for told in map(self.outlet.told, one.ranks))
            if not (whole and (is_headline(key) or _announces(map(self.outlet.read, one.ranks), one))):
                return None
        return self._written("piece", place, one, chosen, key, example)

    def _find(self, one: Repetition, rank: int) -> tuple[str, str]:
        """Return a candidate as it is compared, and as a document writes it."""
        read = self.outlet.read(rank)
        piece = read.pieces[read.hashes.index(one.hash)]
        return piece.key, read.story.text[piece.start : piece.end]

    def _place(self, one: Repetition) -> Place:
        heads = tails = 0
        for told in map(self.outlet.told, one.ranks):
            before = told.at(one.hash)
            behind = len(told.pieces) - 1 - before
            heads += before < _EDGE or before <= told.opening
            tails += behind < _EDGE or behind <= told.closing
        if tails >= _PLACED * len(one.ranks):
            return "tail"
        return "head" if heads >= _PLACED * len(one.ranks) else "body"

    def _link(self, one: Repetition) -> Furniture | None:
        """Judge a line that is the headline or the first sentence of another story."""
        others = [rank for rank in one.ranks if rank not in one.named and self.outlet.tells[rank]]
        if not others or not 0 < len(one.named) <= _VERSIONS:
            return None
        if one.elsewhere and len(self._find(one, one.ranks[0])[0].split(" ")) < _LONG_HEADLINE:
            return None
        key, example = self._find(one, others[0])
        if not is_headline(key):
            return None
        words = distinct(hash_words(codes_of(key))[0])
        content = self._content(key)
        for rank in others:
            related = max(self.outlet.overlap(rank, named, words) for named in one.named)
            if related >= _VERSION or self.outlet.says([rank], content, one.hash)[0] >= _OWN_STORY:
                return None
        of = self.outlet.read(one.named[0]).story.name
        return self._written("link", "body", one, len(others), key, example, of)

    def _differing(self, one: Repetition, beside: Callable[[Read], str]) -> list[Read]:
        """Return the documents that have a candidate, or none if most of them have the same `beside` it."""
        reads: list[Read] = []
        counts = Counter[str]()
        for read in map(self.outlet.read, one.ranks):
            reads.append(read)
            counts[beside(read)] += 1
            if counts[beside(read)] > _MOST * len(one.ranks):
                return []
        return reads

    def _frame(self, one: Repetition) -> Furniture | None:
        """Judge words that many documents open or close with, and that go on differently."""
        if one.count <= self.least:
            return None
        head = one.form == HEAD
        if head and one.count < _HEADS and 2 * one.count < self.outlet.size:
            return None
        read = self.outlet.read(one.ranks[0])
        keys = [key for key, _ in affixes([word.key for word in (read.first if head else read.last)])]
        at = next(at for at, key in enumerate(keys) if hash_of(one.form, key) == one.hash)
        key, count = keys[at], at + FEWEST
        if any(self.found.count(hash_of(one.form, longer)) == one.count for longer in keys[at + 1 : at + 2]):
            return None  # the same documents have another word in common
        stories = self._differing(one, lambda read: (read.first if head else read.last)[count].key)
        if not stories or count + 1 < _FRAME_WORDS[one.form]:
            return None
        words = [read.first if head else read.last for read in stories]
        beside = [found[count].key if head else found[count].key[::-1] for found in words]
        part = _glued(beside, _WHOLE[one.form])
        if not _varies(beside) or count + bool(part) < _FRAME_WORDS[one.form] or len(key) + len(part) < _FRAME_LETTERS:
            return None
        seams = [_seam(read.story.text, found, count, head=head) for read, found in zip(stories, words, strict=True)]
        if head:
            opens = sum(word[len(part) :] in self.outlet.openers for word in beside)
            last = words[0][count - 1].key
            goes_on = not part and self._share(last) > _GRAMMAR
            fits = (
                opens >= _OPENS * len(beside)
                and not goes_on
                and not any(_DATELINE.intersection(seam) for seam in seams)
            )
        else:
            ended = sum(not _STOPS.isdisjoint(seam) for seam in seams)
            many = count >= _CONVINCING or one.count >= _MANY * self.outlet.size
            fits = bool(part) or many or ended >= _ENDED * len(seams)
        if not fits:
            return None
        chosen = self.outlet.unrelated(one.ranks)
        if chosen <= self.least:
            return None
        text, found = stories[0].story.text, words[0]
        if head:
            whole = f"{key} {part}{GLUE}" if part else key
            return self._written("head", "head", one, chosen, whole, text[: found[count - 1].end].strip())
        whole = " ".join(reversed(key.split(" ")))
        whole = f"{GLUE}{part[::-1]} {whole}" if part else whole
        return self._written("tail", "tail", one, chosen, whole, text[found[count - 1].start :].strip())

    def _marker(self, one: Repetition) -> Furniture | None:
        """Judge what announces the rest of its line: a link, the section and the date."""
        reads = self._differing(one, lambda read: read.announced[one.hash].rest)
        if not reads:
            return None
        found = [read.announced[one.hash] for read in reads]
        edges: Counter[str] = Counter()
        for read, announced in zip(reads, found, strict=True):
            at = announced.at
            last = at >= len(read.spans) - _EDGE or announced.end > read.spans[at][1]
            edges["head" if at < _EDGE and not last else "tail" if last else "body"] += 1
        key, rests = found[0].key, [item.rest for item in found]
        if key[-1] == GLUE:
            part = _glued([first_word(rest) for rest in rests], _WHOLE[HEAD])
            if not part:
                return None
            key = f"{key[:-1]}{part}{GLUE}"
        letters = sum(letter.isalpha() for letter in key)
        enough = " " in key.strip(MARKS + GLUE) or one.count >= _WORD_SHARE * self.outlet.size
        ended = sum(map(ends_sentence, rests)) if key[-1] not in ("…", GLUE) else 0
        if letters < _MARKER_LETTERS or not enough or ended > _RUNNING * len(found) or not _varies(rests):
            return None
        chosen = self.outlet.unrelated(one.ranks)
        if chosen < self.least + (key[-1] in ("…", GLUE)):
            return None
        place: Place = "head" if edges["head"] > edges["tail"] else "tail"
        if edges[place] < _PLACED * len(found):
            return None
        text = self.outlet.read(one.ranks[0]).story.text
        return self._written("marker", place, one, chosen, key, text[found[0].start : found[0].end].strip())


def _announces(reads: Iterable[Read], one: Repetition) -> bool:
    """Tell whether a headline, each time another one, stands behind a piece in most documents."""
    places = [(read, read.hashes.index(one.hash) + 1) for read in reads]
    behind = [(read.story.text, read.pieces[at]) for read, at in places if at < len(read.pieces)]
    lines = [
        piece.key
        for text, piece in behind
        if piece.whole and is_headline(piece.key) and not ends_sentence(text[piece.start : piece.end])
    ]
    return len(lines) >= _PLACED * len(places) and _varies(lines)


def _glued(beside: Sequence[str], least: int) -> str:
    """Return the part that all of several words begin with and that ran into them, if what is left is a word."""
    part = commonprefix(beside) if len(beside) > 1 else ""  # noqa: RUF071 - no paths
    left = median(len(word) - len(part) for word in beside)
    return part if len(part) >= _PART_LETTERS and left >= least else ""


def _grows(row: Furniture, others: Sequence[Furniture]) -> bool:
    """Tell whether a frame is a shorter one that stands in more documents, with a word of the story."""
    fits = str.startswith if row.form == "head" else str.endswith
    shorter = (other for other in others if other.form == row.form and other.text != row.text)
    return any(fits(row.text, other.text) and row.count < _DEEPER * other.count for other in shorter)


def _varies(beside: Sequence[str]) -> bool:
    """Tell whether what stands beside a frame is another thing in most documents."""
    counts = Counter(beside)
    return max(counts.values()) <= _MOST * len(beside) and len(counts) >= _VARIETY * len(beside) ** _GROWTH


def _seam(text: str, words: Sequence[Word], count: int, *, head: bool) -> str:
    """Return what stands between the last word of a frame and the word beside it."""
    inner, outer = words[count - 1], words[count]
    return text[inner.end : outer.start] if head else text[outer.end : inner.start]
