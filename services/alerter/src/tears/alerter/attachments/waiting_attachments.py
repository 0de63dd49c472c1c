"""The attachments that wait for their receivers, as rows of the state file: what to make, not what was made."""

import sqlite3
from collections.abc import Iterable
from typing import NamedTuple

import msgspec

from tears.alerter.notices.kinds import NoticeKind
from tears.alerter.notices.notice import Fact, Notice

# A receiver that does not come back for so many attachments gets no more of them until some are too old.
MOST_WAITING_ATTACHMENTS = 100
_FORGOTTEN_AFTER_SECONDS = 86_400.0


class WaitingAttachment(NamedTuple):
    """A notice whose attachment waits, with its row, the wall clock when it was planned, and its failed attempts."""

    row: int
    notice: Notice
    planned_at_seconds: float
    attempts: int


class WaitingAttachments:
    """The table `attachments` for one receiver, as one connection sees it. All methods raise sqlite3.Error."""

    def __init__(self, connection: sqlite3.Connection, target: str) -> None:
        self._connection = connection
        self._target = target

    def add(self, notices: Iterable[Notice], planned_at_seconds: float) -> None:
        """Write a row for each notice; one that is there already stays as it is.

        Rows of a day before belong to receivers that are gone, and are deleted.
        """
        self._connection.execute(
            "DELETE FROM attachments WHERE planned_at_seconds < ?", (planned_at_seconds - _FORGOTTEN_AFTER_SECONDS,)
        )
        self._connection.executemany(
            "INSERT OR IGNORE INTO attachments (target, key, notice_kind, mic, facts, happened_at_seconds, "
            "planned_at_seconds) SELECT ?, ?, ?, ?, ?, ?, ? "
            "WHERE (SELECT count(*) FROM attachments WHERE target = ?) < ?",
            [
                (
                    self._target,
                    notice.key,
                    notice.kind.value,
                    notice.mic,
                    msgspec.json.encode(notice.facts).decode(),
                    notice.happened_at_seconds,
                    planned_at_seconds,
                    self._target,
                    MOST_WAITING_ATTACHMENTS,
                )
                for notice in notices
            ],
        )

    def all(self) -> list[WaitingAttachment]:
        """Return what waits, the oldest first. A row that this release cannot read is deleted."""
        rows = self._connection.execute(
            "SELECT id, key, notice_kind, mic, facts, happened_at_seconds, planned_at_seconds, attempts "
            "FROM attachments WHERE target = ? ORDER BY id",
            (self._target,),
        ).fetchall()
        waiting = []
        for row, key, kind, mic, facts, happened_at_seconds, planned_at_seconds, attempts in rows:
            try:
                known = msgspec.json.decode(facts, type=dict[str, Fact])
                notice = Notice(key, NoticeKind(kind), mic, known, happened_at_seconds)
            except ValueError:  # also msgspec's errors
                self.remove(row)
                continue
            waiting.append(WaitingAttachment(row, notice, planned_at_seconds, attempts))
        return waiting

    def remove(self, row: int) -> None:
        """Delete a row: its attachment was delivered, or will never be."""
        self._connection.execute("DELETE FROM attachments WHERE id = ?", (row,))

    def count_attempt(self, row: int) -> None:
        """Note that the receiver has not accepted an attachment."""
        self._connection.execute("UPDATE attachments SET attempts = attempts + 1 WHERE id = ?", (row,))
