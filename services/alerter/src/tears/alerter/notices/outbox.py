"""What is still to be handed on: events for the stream, and notices, one row for each receiver.

Rows are written in the transaction that moves the place, and deleted once they are handed on. Receivers are known by a
hash of their URL: URLs hold passwords.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from tears.alerter.database import transaction
from tears.alerter.notices.wording import Notice, outdated_by

# Bounds of what waits while nobody takes it: weeks of crying, in a few hundred KiB.
MOST_EVENTS = 10_000
MOST_NOTICES_PER_TARGET = 1_000


@dataclass(frozen=True, slots=True)
class Event:
    """A message for `tears:episodes`; added once per mark, whoever repeats it."""

    mark: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Dropped:
    """How many rows had to go, the oldest first, to make room."""

    events: int = 0
    notices: int = 0


@dataclass(frozen=True, slots=True)
class Letter:
    """A notice for one receiver, with its row and how often it was tried before."""

    row: int
    notice: Notice
    attempts: int


class Outbox:
    """The rows as one thread's connection sees them. Everything raises sqlite3.Error as it comes."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        targets: Sequence[str],
        most_events: int = MOST_EVENTS,
        most_notices: int = MOST_NOTICES_PER_TARGET,
    ) -> None:
        """Touches nothing yet.

        Args:
            connection: of the thread that uses this.
            targets: the receivers' names, each a hash of its URL.
            most_events: bound of the events that wait.
            most_notices: bound of the notices that wait for one receiver.
        """
        self._connection = connection
        self._targets = tuple(targets)
        self._most_events = most_events
        self._most_notices = most_notices

    def add(self, events: Sequence[Event], notices: Sequence[Notice]) -> Dropped:
        """Writes rows, inside the transaction of the caller; one that is there already is left alone."""
        self._connection.executemany(
            "INSERT OR IGNORE INTO events (mark, body) VALUES (?, ?)", [(event.mark, event.body) for event in events]
        )
        self._connection.executemany(
            "INSERT OR IGNORE INTO notices (target, key, title, body, kind) VALUES (?, ?, ?, ?, ?)",
            [(target, one.key, one.title, one.body, one.kind) for one in notices for target in self._targets],
        )
        dropped_events = dropped_notices = 0
        if events:
            dropped_events = self._deleted(
                "DELETE FROM events WHERE id <= (SELECT id FROM events ORDER BY id DESC LIMIT 1 OFFSET ?)",
                self._most_events,
            )
        if notices:
            dropped_notices = sum(
                self._deleted(
                    "DELETE FROM notices WHERE target = ? AND id <= "
                    "(SELECT id FROM notices WHERE target = ? ORDER BY id DESC LIMIT 1 OFFSET ?)",
                    target,
                    target,
                    self._most_notices,
                )
                for target in self._targets
            )
        return Dropped(dropped_events, dropped_notices)

    def drop_unconfigured(self) -> int:
        """Removes what waits for receivers that are configured no more; returns how many rows."""
        statement = f"DELETE FROM notices WHERE target NOT IN ({_marks(self._targets)})"  # noqa: S608 - question marks
        return self._deleted(statement, *self._targets)

    def events(self, most: int) -> list[tuple[int, Event]]:
        """The oldest events, with their rows."""
        rows = self._connection.execute("SELECT id, mark, body FROM events ORDER BY id LIMIT ?", (most,))
        return [(row, Event(mark, body)) for row, mark, body in rows]

    def published(self, rows: Iterable[int]) -> None:
        """These events are in the stream."""
        with transaction(self._connection) as connection:
            connection.executemany("DELETE FROM events WHERE id = ?", [(row,) for row in rows])

    def next_letter(self, target: str, skip: Collection[str] = ()) -> Letter | None:
        """What to hand to a receiver next, but for the keys to skip.

        What was tried least comes first, so that nothing stands in the way of what is new.
        """
        condition = f"WHERE target = ? AND key NOT IN ({_marks(skip)})"
        row = self._connection.execute(
            f"SELECT id, key, title, body, kind, attempts FROM notices {condition} ORDER BY attempts, id LIMIT 1",  # noqa: S608 - question marks
            (target, *skip),
        ).fetchone()
        return Letter(row[0], Notice(*row[1:5]), row[5]) if row else None

    def remove(self, target: str, keys: Collection[str]) -> list[str]:
        """The receiver has taken these. Returns those that had a row."""
        rows = self._connection.execute(
            f"DELETE FROM notices WHERE target = ? AND key IN ({_marks(keys)}) RETURNING key",  # noqa: S608 - question marks
            (target, *keys),
        )
        return [key for (key,) in rows]

    def drop_outdated(self, target: str, letter: Letter) -> int:
        """Removes what is older than this letter, which the receiver has taken, and not so any more; how many rows."""
        titles = outdated_by(letter.notice)
        return self._deleted(
            f"DELETE FROM notices WHERE target = ? AND id < ? AND title IN ({_marks(titles)})",  # noqa: S608 - question marks
            target,
            letter.row,
            *titles,
        )

    def failed(self, letter: Letter) -> None:
        """The receiver has not."""
        self._connection.execute("UPDATE notices SET attempts = attempts + 1 WHERE id = ?", (letter.row,))

    def counts(self) -> tuple[int, int]:
        """How many events and how many notices wait."""
        (events,) = self._connection.execute("SELECT count(*) FROM events").fetchone()
        (notices,) = self._connection.execute("SELECT count(*) FROM notices").fetchone()
        return events, notices

    def _deleted(self, statement: str, *values: object) -> int:
        return self._connection.execute(statement, values).rowcount


def _marks(values: Collection[object]) -> str:
    """A question mark for each value."""
    return ", ".join("?" * len(values))
