"""The outbox: episodes that must still go to the stream, and notices that must still be sent, a row for each receiver.

Rows are written in the same transaction as the stream position, and deleted when they have been delivered. `target`
names a receiver by a hash of its URL, because URLs hold passwords.
"""

import sqlite3
from collections import deque
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from tears.alerter.database import DatabaseTurns
from tears.alerter.notices.notice import Notice
from tears.alerter.notices.stored_notice import NOTICE_COLUMNS, notice_of_row, row_of_notice
from tears.kit.files.sqlite import transaction

# The bounds of what may wait: weeks of crying, in a few hundred KiB.
MOST_EVENTS = 10_000
MOST_NOTICES_PER_RECEIVER = 1_000
# A notice without an answer to so many attempts waits no more: it is only sent once the receiver answers again.
MOST_UNANSWERED = 5

_NOTICE_COLUMNS = ", ".join(NOTICE_COLUMNS)


class EpisodeEvent(NamedTuple):
    """A message for `tears:episodes`. `mark` identifies it, so that a repeat is not added to the stream again."""

    mark: str
    body: bytes


class AddressedNotice(NamedTuple):
    """A notice for some receivers, by their names in the outbox."""

    notice: Notice
    targets: Sequence[str]


class DroppedRows(NamedTuple):
    """The numbers of rows that were deleted undelivered, the oldest first, to keep the bounds."""

    events: int
    notices: int


class WaitingNotice(NamedTuple):
    """A notice for one receiver, with its row, its failed attempts, and how many of those brought no answer.

    `sent_as` is the key under which the receiver may have it already; empty if it does not have it. Notices that were
    merged have the same.
    """

    row: int
    notice: Notice
    attempts: int
    unanswered: int
    sent_as: str = ""

    @property
    def is_given_up(self) -> bool:
        """Return whether the receiver has left too many attempts unanswered."""
        return self.unanswered >= MOST_UNANSWERED


@dataclass
class Outbox:
    """The tables `events` and `notices`, as the connection of one thread sees them.

    `targets` are the receivers' names, and `most_notices` may wait for each of them. All methods raise sqlite3.Error.
    `turns` are those of the database. The methods that the loop calls without a turn take one themselves.
    """

    connection: sqlite3.Connection
    targets: Sequence[str]
    most_events: int = MOST_EVENTS
    most_notices: int = MOST_NOTICES_PER_RECEIVER
    turns: DatabaseTurns = field(default_factory=DatabaseTurns)
    # What was written since nothing waited: it is written again if the database is lost.
    _recent_events: deque[EpisodeEvent] = field(default_factory=lambda: deque(maxlen=MOST_EVENTS), init=False)
    _recent_notices: deque[AddressedNotice] = field(
        default_factory=lambda: deque(maxlen=MOST_NOTICES_PER_RECEIVER), init=False
    )

    def move_to(self, connection: sqlite3.Connection) -> None:
        """Use another database from now on, and write what may be missing there.

        It may have rows that were delivered already. Receivers remember the keys of those, and Redis the marks.
        """
        self.connection = connection
        with transaction(connection):
            self._insert(self._recent_events, self._recent_notices)

    def add_rows(
        self, events: Sequence[EpisodeEvent], notices: Sequence[Notice], addressed: Sequence[AddressedNotice] = ()
    ) -> DroppedRows:
        """Write rows inside the caller's transaction; a row that exists already stays as it is.

        `notices` are for all receivers, and `addressed` for some.
        """
        all_addressed = [*(AddressedNotice(one, tuple(self.targets)) for one in notices), *addressed]
        self._insert(events, all_addressed)
        self._recent_events += events
        self._recent_notices += all_addressed
        dropped_events = dropped_notices = 0
        if events:
            dropped_events = self._delete(
                "DELETE FROM events WHERE id <= (SELECT id FROM events ORDER BY id DESC LIMIT 1 OFFSET ?)",
                self.most_events,
            )
        if all_addressed:
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

    def readdress(self, moved: Mapping[str, str]) -> None:
        """Give the notices that wait for a target to the one that has taken its place, which has not refused them."""
        for gone, begun in moved.items():
            self.connection.execute(
                "UPDATE OR IGNORE notices SET target = ?, attempts = 0, unanswered = 0, sent_as = '' WHERE target = ?",
                (begun, gone),
            )

    def oldest_events(self, most: int) -> list[tuple[int, EpisodeEvent]]:
        """Return the oldest events, with their rows."""
        with self.turns.turn():
            rows = self.connection.execute("SELECT id, mark, body FROM events ORDER BY id LIMIT ?", (most,)).fetchall()
        return [(row, EpisodeEvent(mark, body)) for row, mark, body in rows]

    def remove_events(self, rows: Iterable[int]) -> None:
        """Delete events that are in the stream."""
        with self.turns.turn(), transaction(self.connection) as connection:
            connection.executemany("DELETE FROM events WHERE id = ?", [(row,) for row in rows])

    def next_notice(self, target: str, skip: Collection[str] = ()) -> WaitingNotice | None:
        """Return the notice with the fewest attempts for a receiver, except those with the keys to skip."""
        waiting = self.waiting_notices(target, skip)
        return min(waiting, key=lambda one: one.attempts, default=None)

    def waiting_notices(self, target: str, skip: Collection[str] = ()) -> list[WaitingNotice]:
        """Return the notices for a receiver, the oldest first, except those with the keys to skip."""
        rows = self.connection.execute(
            f"SELECT id, attempts, unanswered, sent_as, {_NOTICE_COLUMNS} FROM notices WHERE target = ? ORDER BY id",  # noqa: S608 - ours
            (target,),
        )
        return [
            WaitingNotice(row, notice_of_row(values), attempts, unanswered, sent_as)
            for row, attempts, unanswered, sent_as, *values in rows
            if values[0] not in skip
        ]

    def remove_notices(self, target: str, keys: Collection[str]) -> list[str]:
        """Delete notices that the receiver has accepted; return the keys of those that had a row."""
        rows = self.connection.execute(
            f"DELETE FROM notices WHERE target = ? AND key IN ({_placeholders(keys)}) RETURNING key",  # noqa: S608 - ?, ?
            (target, *keys),
        )
        return [key for (key,) in rows]

    def drop_outdated(self, target: str, delivered: WaitingNotice) -> int:
        """Delete older notices that are no longer true after a delivered one; return how many."""
        waiting = self.waiting_notices(target)
        rows = [one.row for one in waiting if one.row < delivered.row and delivered.notice.outdates(one.notice)]
        if not rows:
            return 0
        return self._delete(f"DELETE FROM notices WHERE id IN ({_placeholders(rows)})", *rows)  # noqa: S608 - ?, ?

    def count_attempt(self, refused: WaitingNotice) -> None:
        """Note that the receiver has not accepted a notice."""
        self.connection.execute("UPDATE notices SET attempts = attempts + 1 WHERE id = ?", (refused.row,))

    def count_unanswered(self, unanswered: WaitingNotice, sent_as: str) -> None:
        """Note that the receiver has not answered, so that it may have the notice, under this key, or not."""
        self.connection.execute(
            "UPDATE notices SET unanswered = unanswered + 1, sent_as = ? WHERE id = ?", (sent_as, unanswered.row)
        )

    def counts(self) -> tuple[int, int]:
        """Return how many events and how many notices wait, without those that were given up."""
        counts = "SELECT (SELECT count(*) FROM events), (SELECT count(*) FROM notices WHERE unanswered < ?)"
        with self.turns.turn():
            events, notices = self.connection.execute(counts, (MOST_UNANSWERED,)).fetchone()
        if not events:
            self._recent_events.clear()
        if not notices:
            self._recent_notices.clear()
        return events, notices

    def _insert(self, events: Iterable[EpisodeEvent], notices: Iterable[AddressedNotice]) -> None:
        self.connection.executemany(
            "INSERT OR IGNORE INTO events (mark, body) VALUES (?, ?)", [(event.mark, event.body) for event in events]
        )
        self.connection.executemany(
            f"INSERT OR IGNORE INTO notices (target, {_NOTICE_COLUMNS}) VALUES (?, {_placeholders(NOTICE_COLUMNS)})",  # noqa: S608 - ours
            [(target, *row_of_notice(one.notice)) for one in notices for target in one.targets],
        )

    def _delete(self, statement: str, *values: object) -> int:
        return self.connection.execute(statement, values).rowcount


def _placeholders(values: Collection[object]) -> str:
    return ", ".join("?" * len(values))
