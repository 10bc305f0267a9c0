"""What the crawl knows of every url, in one SQLite file (WAL): the only state there is, safe at any kill.

A url is discovered, then fetched, failed or refused. It becomes fetched in the same transaction that says how far
the archive's open file is good, and only after those bytes are on disk; whatever the archive holds beyond that
length is cut off at the next start. A fetched url that is due again goes back to discovered, with the ETag and
digest of the last time.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

import msgspec

from corpus.errors import EnvironmentFault
from crawler.state.rows import (
    ENTRIES,
    LAST,
    LISTS,
    LONGEST_WAIT,
    MAX_REFUSALS,
    PRIORITIES,
    TEMPORARY,
    ArchiveFile,
    Row,
    Settlement,
    Target,
)

#: What makes each version of the file out of the one before; a file of a later version is refused with a message.
_VERSIONS = ("""
CREATE TABLE url (
    id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, url TEXT NOT NULL, host TEXT NOT NULL, outlet TEXT NOT NULL,
    kind TEXT NOT NULL, state TEXT NOT NULL, priority INTEGER NOT NULL, due REAL, depth INTEGER NOT NULL,
    hops INTEGER NOT NULL DEFAULT 0, attempts INTEGER NOT NULL DEFAULT 0, discovered REAL NOT NULL, fetched REAL,
    status INTEGER, reason TEXT NOT NULL DEFAULT '', etag TEXT NOT NULL DEFAULT '',
    modified TEXT NOT NULL DEFAULT '', digest TEXT NOT NULL DEFAULT '', words TEXT NOT NULL DEFAULT '',
    interval REAL NOT NULL DEFAULT 0,
    archived TEXT NOT NULL DEFAULT '', title TEXT NOT NULL DEFAULT '', published TEXT NOT NULL DEFAULT '',
    article INTEGER NOT NULL DEFAULT 0);
CREATE INDEX waiting ON url (host, priority, due) WHERE state = 'discovered';
CREATE INDEX again ON url (due) WHERE state != 'discovered';
CREATE TABLE archive (name TEXT PRIMARY KEY, state TEXT NOT NULL, size INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE run (id INTEGER PRIMARY KEY, started REAL NOT NULL, finished REAL, reason TEXT NOT NULL DEFAULT '');
CREATE TABLE tally (run INTEGER, outlet TEXT, what TEXT, n INTEGER NOT NULL, PRIMARY KEY (run, outlet, what))
    WITHOUT ROWID;
CREATE TABLE hold (host TEXT PRIMARY KEY, until REAL NOT NULL) WITHOUT ROWID;
""", """
ALTER TABLE url ADD COLUMN family TEXT NOT NULL DEFAULT '';
ALTER TABLE url ADD COLUMN refusals INTEGER NOT NULL DEFAULT 0;
""")
SCHEMA_VERSION = len(_VERSIONS)

#: Keys remembered as known, to spare the database the links that every page of a site repeats.
REMEMBERED = 200_000

_ROW = ", ".join(Row.__struct_fields__)


def _waiting(host: str, budgets: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    """Return the SQL condition that a url of a host waits and is counted on one of the budgets, and its values."""
    marks = ", ".join("?" * len(budgets))
    condition = f"outlet || CASE WHEN kind IN {LISTS} THEN '/lists' ELSE '' END IN ({marks})"
    return f"state = 'discovered' AND host = ? AND {condition}", (host, *budgets)


class Frontier:
    """The frontier file of one crawl."""

    def __init__(self, path: Path) -> None:
        """Open the file, or make it.

        Raises:
            EnvironmentFault: it cannot be opened, or another version wrote it.
        """
        self._path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with ExitStack() as opened:
                self._db = opened.enter_context(closing(sqlite3.connect(path, isolation_level=None)))
                self._db.execute("PRAGMA journal_mode=WAL")
                # In WAL mode NORMAL loses no transaction to a kill, and to a power cut only the last ones, whole.
                self._db.execute("PRAGMA synchronous=NORMAL")
                (version,) = self._db.execute("PRAGMA user_version").fetchone()
                if version > SCHEMA_VERSION:
                    message = f"{path}: written by version {version} of the frontier, this is {SCHEMA_VERSION}"
                    raise EnvironmentFault(f"{message}; give another GHIRBAL_OUT")
                if steps := "".join(_VERSIONS[version:]):
                    self._db.executescript(f"BEGIN; {steps} PRAGMA user_version={SCHEMA_VERSION}; COMMIT;")
                opened.pop_all()
        except (OSError, sqlite3.DatabaseError) as fault:
            raise EnvironmentFault(f"{path}: cannot open the frontier ({fault})") from fault
        self._known: set[str] = set()
        self.run = 0
        self.started = 0.0

    def reader(self) -> Frontier:
        """Open the file once more, for a thread that only counts; SQLite lets it read while the crawl writes."""
        reader = Frontier(self._path)
        reader.run, reader.started = self.run, self.started
        return reader

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Run a block of changes, all or nothing.

        Raises:
            EnvironmentFault: the disk refuses, or the file is damaged.
        """
        with self._translated():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.execute("COMMIT")
            except BaseException:
                # A full disk may have rolled back already.
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    def _execute(self, query: str, values: tuple[Any, ...] = ()) -> list[Any]:
        with self._translated():
            return self._db.execute(query, values).fetchall()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as fault:
            full = isinstance(fault, sqlite3.OperationalError)
            advice = "free some space and go on" if full else "the file is damaged; give another GHIRBAL_OUT"
            message = f"{self._path}: the frontier cannot be written or read ({fault}); {advice}"
            raise EnvironmentFault(message) from fault

    def begin(self, now: float, recrawl: str) -> bool:
        """Start a run, or resume the last one if it never finished; return True when it resumes.

        A new run looks at every entry point again, at pages that are due (`recrawl` "due"), at all ("all", also those
        that failed) or at none ("none"), and tries once more what failed for a passing reason, what failed for another
        and has not been asked MAX_REFUSALS times, and what was refused.
        """
        unfinished = self._execute("SELECT id, started FROM run WHERE finished IS NULL ORDER BY id DESC")
        if unfinished:
            self.run, self.started = unfinished[0]
            # A clock that jumped back must not put a url off for longer than the longest wait there is.
            self._execute("UPDATE url SET due = min(due, ?) WHERE state = 'discovered'", (now + LONGEST_WAIT,))
            return True
        self.started = now
        with self.transaction() as db:
            cursor = db.execute("INSERT INTO run (started) VALUES (?)", (now,))
            self.run = cursor.lastrowid or 0
            marks = ", ".join("?" * len(TEMPORARY))
            retry = f"state = 'failed' AND (reason IN ({marks}) OR refusals < {MAX_REFUSALS})"
            again = "UPDATE url SET state = 'discovered', attempts = 0, due = ? WHERE "
            db.execute(again + retry, (now, *TEMPORARY))
            db.execute(again + "state = 'refused' AND reason != 'same-page'", (now,))
            patient = "UPDATE url SET attempts = 0, due = min(due, ?) WHERE state = 'discovered'"
            db.execute(patient, (now + LONGEST_WAIT,))
            db.execute(again + f"kind IN {ENTRIES}", (now,))
            if recrawl == "all":
                db.execute(again + "state IN ('fetched', 'failed')", (now,))
            elif recrawl == "due":
                db.execute(again + "state = 'fetched' AND due <= ?", (now, now))
        return False

    def finish(self, now: float, reason: str) -> None:
        """Mark the run as finished, so that the next one is a new one."""
        self._execute("UPDATE run SET finished = ?, reason = ? WHERE id = ?", (now, reason, self.run))

    def hosts(self) -> list[str]:
        """Return the hosts that have something discovered, in order."""
        rows = self._execute("SELECT DISTINCT host FROM url WHERE state = 'discovered' ORDER BY host")
        return [row[0] for row in rows]

    def waiting(self, host: str, now: float, limit: int, budgets: Sequence[str]) -> list[Row]:
        """Return the next urls of a host that are due, best first, of those counted on the budgets (Row.budget)."""
        waiting, values = _waiting(host, budgets)
        query = f"SELECT {_ROW} FROM url WHERE {waiting} AND due <= ? ORDER BY priority, due, id LIMIT ?"  # noqa: S608
        return [Row(*row) for row in self._execute(query, (*values, now, limit))]

    def next_due(self, host: str, budgets: Sequence[str]) -> float | None:
        """Return when the next of these urls falls due, or None if there is none."""
        waiting, values = _waiting(host, budgets)
        ((due,),) = self._execute(f"SELECT min(due) FROM url WHERE {waiting}", values)  # noqa: S608
        return None if due is None else float(due)

    def hold(self, host: str, until: float) -> None:
        """Remember over restarts that a host wants to be left alone until then."""
        self._execute("INSERT OR REPLACE INTO hold VALUES (?, ?)", (host, until))

    def holds(self, now: float) -> dict[str, float]:
        """Return the hosts that want to be left alone, and until when; never longer than LONGEST_WAIT."""
        rows = self._execute("SELECT host, until FROM hold WHERE until > ?", (now,))
        return {host: min(until, now + LONGEST_WAIT) for host, until in rows}

    def add(self, targets: Iterable[Target], now: float) -> int:
        """Record urls as discovered; what is known already stays as it is. Return how many were new."""
        with self.transaction() as db:
            return self._add(db, targets, now)

    def enter(self, targets: Iterable[Target], now: float) -> None:
        """Record entry points; one that was known as a mere page, or of another outlet, is asked as what it is now."""
        with self.transaction() as db:
            self._add(db, targets, now)
            update = (
                "UPDATE url SET kind = :kind, outlet = :outlet, priority = :priority, family = '',"  # noqa: S608  ours
                " state = 'discovered', attempts = 0, due = :now"
                f" WHERE key = :key AND (kind NOT IN {ENTRIES} OR outlet != :outlet)"
            )
            rows = [msgspec.structs.asdict(t) | {"priority": PRIORITIES[t.kind], "now": now} for t in targets]
            db.executemany(update, rows)

    def _add(self, db: sqlite3.Connection, targets: Iterable[Target], now: float) -> int:
        fresh = [target for target in targets if target.key not in self._known]
        if not fresh:
            return 0
        if len(self._known) > REMEMBERED:
            self._known.clear()
        self._known.update(target.key for target in fresh)
        rows = [msgspec.structs.asdict(t) | {"priority": PRIORITIES[t.kind], "now": now} for t in fresh]
        before = db.total_changes
        db.executemany(
            "INSERT OR IGNORE INTO url (key, url, host, outlet, kind, state, priority, due, depth, hops, discovered,"
            " title, published, family) VALUES (:key, :url, :host, :outlet, :kind, 'discovered', :priority, :now,"
            " :depth, :hops, :now, :title, :published, :family)",
            rows,
        )
        return db.total_changes - before

    def settle(self, settlements: Iterable[Settlement], archive: Iterable[ArchiveFile], now: float) -> None:
        """Record what became of urls, and the archive files that changed, in one transaction."""
        with self.transaction() as db:
            db.executemany("INSERT OR REPLACE INTO archive (name, state, size) VALUES (?, ?, ?)", list(archive))
            for settlement in settlements:
                row, changes = settlement.row, settlement.changes
                columns = ", ".join(f"{name} = ?" for name in changes)
                update = f"UPDATE url SET {columns} WHERE id = ?"  # noqa: S608  our own columns
                db.execute(update, (*changes.values(), row.id))
                new = self._add(db, settlement.found, now)
                self._count(db, row.outlet, settlement.counts | ({"discovered": new} if new else {}))

    def _count(self, db: sqlite3.Connection, outlet: str, counts: dict[str, int]) -> None:
        db.executemany(
            "INSERT INTO tally VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET n = n + excluded.n",
            [(self.run, outlet, what, n) for what, n in counts.items()],
        )

    def serve_last(self, row: Row) -> None:
        """Put everything that waits on the account of a row behind all else; what stands there already is refused."""
        waiting = "host = ? AND family = ? AND state = 'discovered'"
        with self.transaction() as db:
            if row.priority < LAST:
                db.execute(f"UPDATE url SET priority = {LAST} WHERE {waiting}", (row.host, row.family))  # noqa: S608
                return
            update = f"UPDATE url SET state = 'refused', reason = 'trap', due = NULL WHERE {waiting}"  # noqa: S608
            refused = db.execute(update, (row.host, row.family)).rowcount
            self._count(db, row.outlet, {"refused:trap": refused})

    def worth(self) -> dict[str, int]:
        """Return how many different texts each account has brought."""
        query = "SELECT family, count(DISTINCT words) FROM url WHERE archived != '' AND words != '' AND family != ''"
        return dict(self._execute(f"{query} GROUP BY family"))

    def note_archives(self, files: Iterable[ArchiveFile]) -> None:
        """Record the state of archive files, and forget those that are removed."""
        self.settle((), files, 0.0)
        self._execute("DELETE FROM archive WHERE state = 'removed'")

    def tallies(self) -> dict[str, dict[str, int]]:
        """Return the counts of this run: outlet -> what -> n."""
        counts: dict[str, dict[str, int]] = {}
        query = "SELECT outlet, what, n FROM tally WHERE run = ? ORDER BY outlet, what"
        for outlet, what, n in self._execute(query, (self.run,)):
            counts.setdefault(outlet, {})[what] = n
        return counts

    def totals(self) -> dict[str, dict[str, int]]:
        """Return over all runs: outlet -> state -> urls; "archived" and "articles" are counts of pages."""
        counts: dict[str, dict[str, int]] = {}
        query = (
            "SELECT outlet, state, count(*), sum(archived != ''), sum(article AND archived != '')"
            " FROM url GROUP BY outlet, state ORDER BY outlet, state"
        )
        for outlet, state, n, archived, articles in self._execute(query):
            own = counts.setdefault(outlet, {"archived": 0, "articles": 0})
            own[state] = n
            own["archived"] += archived
            own["articles"] += articles
        return counts

    def statuses(self) -> list[tuple[str, int, int]]:
        """Return (outlet, status, urls) of the last answers in this run."""
        query = (
            "SELECT outlet, status, count(*) FROM url WHERE fetched >= ? AND status IS NOT NULL"
            " GROUP BY outlet, status ORDER BY outlet, status"
        )
        return self._execute(query, (self.started,))

    def hours(self) -> list[tuple[int, int]]:
        """Return (hours since 1970, pages fetched in that hour) of this run."""
        query = (
            "SELECT CAST(fetched / 3600 AS INTEGER), count(*) FROM url"
            " WHERE fetched >= ? AND state = 'fetched' AND reason = '' GROUP BY 1 ORDER BY 1"
        )
        return self._execute(query, (self.started,))

    def last_articles(self, most: int) -> list[tuple[str, str, str]]:
        """Return (outlet, url, title in a feed) of the articles each outlet gave last in this run, `most` of each."""
        query = (
            "SELECT outlet, url, title FROM"
            " (SELECT *, row_number() OVER (PARTITION BY outlet ORDER BY fetched DESC, id) AS place"
            " FROM url WHERE article AND archived != '' AND fetched >= ?)"
            " WHERE place <= ? ORDER BY outlet, place"
        )
        return self._execute(query, (self.started, most))

    def archives(self) -> list[ArchiveFile]:
        """Return every archive file."""
        return [ArchiveFile(*row) for row in self._execute("SELECT name, state, size FROM archive ORDER BY name")]
