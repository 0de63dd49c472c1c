"""The outbox: episodes that must still go to the stream, and notices that must still be sent, a row for each receiver.

Rows are written in the same transaction as the stream position, and deleted when they have been delivered. `target`
names a receiver by a hash of its URL, because URLs hold passwords.
"""

import sqlite3
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from tears.alerter.database import transaction
from tears.alerter.notices.wording import Notice, titles_outdated_by

# The bounds of what may wait: weeks of crying, in a few hundred KiB.
MOST_EVENTS = 10_000
MOST_NOTICES_PER_RECEIVER = 1_000


class EpisodeEvent(NamedTuple):
    """A message for `tears:episodes`. `mark` identifies it, so that a repeat is not added to the stream again."""

    mark: str
    body: bytes


class DroppedRows(NamedTuple):
    """The numbers of rows that were deleted undelivered, the oldest first, to keep the bounds."""

    events: int
    notices: int


class WaitingNotice(NamedTuple):
    """A notice for one receiver, with its row and the number of failed attempts."""

    row: int
    notice: Notice
    attempts: int


@dataclass
class Outbox:
    """The tables `events` and `notices`, as the connection of one thread sees them.

    `targets` are the receivers' names, and `most_notices` may wait for each of them. All methods raise sqlite3.Error.
    """

    connection: sqlite3.Connection
    targets: Sequence[str]
    most_events: int = MOST_EVENTS
    most_notices: int = MOST_NOTICES_PER_RECEIVER

    def add_rows(self, events: Sequence[EpisodeEvent], notices: Sequence[Notice]) -> DroppedRows:
        """Write rows inside the caller's transaction; a row that exists already stays as it is."""
        self.connection.executemany(
            "INSERT OR IGNORE INTO events (mark, body) VALUES (?, ?)", [(event.mark, event.body) for event in events]
        )
        self.connection.executemany(
            "INSERT OR IGNORE INTO notices (target, key, title, body, kind) VALUES (?, ?, ?, ?, ?)",
            [(target, one.key, one.title, one.body, one.kind) for one in notices for target in self.targets],
        )
        dropped_events = dropped_notices = 0
        if events:
            dropped_events = self._delete(
                "DELETE FROM events WHERE id <= (SELECT id FROM events ORDER BY id DESC LIMIT 1 OFFSET ?)",
                self.most_events,
            )
        if notices:
            dropped_notices = sum(
                self._delete(
                    "DELETE FROM notices WHERE target = ? AND id <= "
                    "(SELECT id FROM notices WHERE target = ? ORDER BY id DESC LIMIT 1 OFFSET ?)",
                    target,
                    target,
                    self.most_notices,
                )
                for target in self.targets
            )
        return DroppedRows(dropped_events, dropped_notices)

    def drop_unconfigured(self) -> int:
        """Delete the notices for receivers that are no longer configured; return how many."""
        statement = f"DELETE FROM notices WHERE target NOT IN ({_placeholders(self.targets)})"  # noqa: S608 - ?, ?
        return self._delete(statement, *self.targets)

    def oldest_events(self, most: int) -> list[tuple[int, EpisodeEvent]]:
        """Return the oldest events, with their rows."""
        rows = self.connection.execute("SELECT id, mark, body FROM events ORDER BY id LIMIT ?", (most,))
        return [(row, EpisodeEvent(mark, body)) for row, mark, body in rows]

    def remove_events(self, rows: Iterable[int]) -> None:
        """Delete events that are in the stream."""
        with transaction(self.connection) as connection:
            connection.executemany("DELETE FROM events WHERE id = ?", [(row,) for row in rows])

    def next_notice(self, target: str, skip: Collection[str] = ()) -> WaitingNotice | None:
        """Return the next notice for a receiver, except those with the keys to skip.

        The notice with the fewest attempts comes first, so that a refused one does not hold up a new one.
        """
        condition = f"WHERE target = ? AND key NOT IN ({_placeholders(skip)})"
        row = self.connection.execute(
            f"SELECT id, key, title, body, kind, attempts FROM notices {condition} ORDER BY attempts, id LIMIT 1",  # noqa: S608 - ?, ?
            (target, *skip),
        ).fetchone()
        return WaitingNotice(row[0], Notice(*row[1:5]), row[5]) if row else None

    def remove_notices(self, target: str, keys: Collection[str]) -> list[str]:
        """Delete notices that the receiver has accepted; return the keys of those that had a row."""
        rows = self.connection.execute(
            f"DELETE FROM notices WHERE target = ? AND key IN ({_placeholders(keys)}) RETURNING key",  # noqa: S608 - ?, ?
            (target, *keys),
        )
        return [key for (key,) in rows]

    def drop_outdated(self, target: str, delivered: WaitingNotice) -> int:
        """Delete older notices that are no longer true after a delivered one; return how many."""
        titles = titles_outdated_by(delivered.notice)
        return self._delete(
            f"DELETE FROM notices WHERE target = ? AND id < ? AND title IN ({_placeholders(titles)})",  # noqa: S608 - ?, ?
            target,
            delivered.row,
            *titles,
        )

    def count_attempt(self, refused: WaitingNotice) -> None:
        """Note that the receiver has not accepted a notice."""
        self.connection.execute("UPDATE notices SET attempts = attempts + 1 WHERE id = ?", (refused.row,))

    def counts(self) -> tuple[int, int]:
        """Return how many events and how many notices wait."""
        counts = "SELECT (SELECT count(*) FROM events), (SELECT count(*) FROM notices)"
        events, notices = self.connection.execute(counts).fetchone()
        return events, notices

    def _delete(self, statement: str, *values: object) -> int:
        return self.connection.execute(statement, values).rowcount


def _placeholders(values: Collection[object]) -> str:
    return ", ".join("?" * len(values))
