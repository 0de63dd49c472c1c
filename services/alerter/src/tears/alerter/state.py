"""The state in the file: stream position, monitors, held detections and outbox, committed together."""

import logging
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import msgspec

from tears.alerter.commands.stored_house import StoredHouse, decode_house, encode_house
from tears.alerter.database import DatabaseTurns
from tears.alerter.episodes.monitor_state import MonitorState
from tears.alerter.errors import UnreadableStateError
from tears.alerter.notices.notice import Notice
from tears.alerter.notices.outbox import AddressedNotice, DroppedRows, EpisodeEvent, Outbox
from tears.alerter.order.received_detection import ReceivedDetection
from tears.alerter.order.stream_position import StreamPosition
from tears.kit.files.sqlite import transaction

logger = logging.getLogger(__name__)

# Fields of a microphone's state that version 1 did not have at first, with their defaults.
_ADDED_FIELDS: dict[str, dict[str, Any]] = {
    "hearing": {"finished": False, "awaited": False, "waited_seconds": 0.0},
    "position": {"waited_seconds": 0.0},
}
# A clock that is set back tells none of these nights again.
MOST_TOLD_NIGHTS = 60
# What is stored of a held detection; the table's key has the microphone and the session.
_HELD_FIELDS = ("index", "end_seconds", "captured_at_seconds", "level_dbfs", "score", "reason")


@dataclass(slots=True)
class SavedState:
    """The state that an earlier process left: the position, and the state and held detections of each microphone.

    Attributes:
        told_nights: the nights whose reports were made, as text, the oldest first.
        house: what the parents have asked for.
        reminders: the rows of what is planned for receivers, by receiver and occasion.
        proof: what was told of the house as a whole.
    """

    position: StreamPosition = field(default_factory=StreamPosition)
    monitors: dict[str, MonitorState] = field(default_factory=dict)
    held: dict[str, list[ReceivedDetection]] = field(default_factory=dict)
    told_nights: list[str] = field(default_factory=list)
    house: StoredHouse = field(default_factory=StoredHouse)
    reminders: dict[tuple[str, str], bytes] = field(default_factory=dict)
    proof: bytes = b""


@dataclass(slots=True)
class StateChanges:
    """The content of one commit: the states by microphone, events to publish, notices to send, and changes of `held`.

    Attributes:
        held: the detections that are held since the last commit, by (microphone, session, index).
        released: the keys of those that are no longer held.
        told_nights: the nights whose reports are among the notices.
        house: what the parents have asked for; None if that has not changed.
        notices: for all receivers.
        addressed: notices for some receivers.
        reminders: rows of what is planned for receivers, by receiver and occasion; None is to be deleted.
        proof: what was told of the house as a whole; empty if that has not changed.
    """

    monitors: dict[str, MonitorState] = field(default_factory=dict)
    held: dict[tuple[str, str, int], ReceivedDetection] = field(default_factory=dict)
    released: set[tuple[str, str, int]] = field(default_factory=set)
    events: list[EpisodeEvent] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    told_nights: list[str] = field(default_factory=list)
    house: StoredHouse | None = None
    addressed: list[AddressedNotice] = field(default_factory=list)
    reminders: dict[tuple[str, str], bytes | None] = field(default_factory=dict)
    proof: bytes = b""

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to write."""
        is_silent = not (self.events or self.notices or self.addressed or self.reminders)
        has_news = self.told_nights or self.house is not None or self.proof
        return is_silent and not has_news and not (self.monitors or self.held or self.released)

    def add_held(self, mic: str, held: Iterable[ReceivedDetection], released: Iterable[tuple[str, int]]) -> None:
        """Add what `HeldDetections.take_changes` returned."""
        for session, index in released:
            self.held.pop((mic, session, index), None)
            self.released.add((mic, session, index))
        for detection in held:
            self.held[mic, detection.session, detection.index] = detection


class AlerterState:
    """The tables as one connection sees them. All methods raise sqlite3.Error as it is."""

    def __init__(self, connection: sqlite3.Connection, outbox: Outbox) -> None:
        self._connection = connection
        self._outbox = outbox

    @property
    def turns(self) -> DatabaseTurns:
        """The turns of the threads that use the database."""
        return self._outbox.turns

    def move_to(self, connection: sqlite3.Connection) -> None:
        """Use another database from now on; the outbox adds what that may lack of its rows."""
        self._connection = connection
        self._outbox.move_to(connection)

    def load(self) -> SavedState:
        """Read everything back; raise UnreadableStateError if this release cannot read a value."""
        saved = SavedState()
        row = self._connection.execute("SELECT entry_id, entries_seen FROM place").fetchone()
        if row:
            saved.position = StreamPosition(*row)
        saved.told_nights = self.told_nights()
        row = self._connection.execute("SELECT state FROM proof").fetchone()
        if row:
            saved.proof = row[0]
        try:
            for mic, body in self._connection.execute("SELECT mic, state FROM tracks"):
                saved.monitors[mic] = decode_monitor(body)
            for mic, session, body in self._connection.execute("SELECT mic, session, detection FROM held"):
                saved.held.setdefault(mic, []).append(decode_held(mic, session, body))
            for receiver, occasion, body in self._connection.execute("SELECT receiver, occasion, body FROM reminders"):
                saved.reminders[receiver, occasion] = body
        except msgspec.DecodeError as error:
            raise UnreadableStateError(
                f"this release cannot read the state file: {error}; move the file away to start afresh"
            ) from error
        saved.house = self._load_house()
        return saved

    def told_nights(self) -> list[str]:
        """Return the nights whose reports were made, the oldest first."""
        return [night for (night,) in self._connection.execute("SELECT night FROM told_nights ORDER BY number")]

    def commit(self, position: StreamPosition, changes: StateChanges) -> DroppedRows:
        """Write everything or nothing, and return when it is on the disk; return what the outbox had to drop."""
        with transaction(self._connection) as connection:
            connection.execute(
                "INSERT INTO place VALUES (1, ?, ?) ON CONFLICT (one) DO UPDATE "
                "SET entry_id = excluded.entry_id, entries_seen = excluded.entries_seen",
                (position.entry_id, position.entries_seen),
            )
            connection.executemany(
                "INSERT OR REPLACE INTO tracks VALUES (?, ?)",
                ((mic, encode_monitor(state)) for mic, state in changes.monitors.items()),
            )
            connection.executemany("DELETE FROM held WHERE mic = ? AND session = ? AND window = ?", changes.released)
            connection.executemany(
                "INSERT OR REPLACE INTO held VALUES (?, ?, ?, ?)",
                ((*key, encode_held(detection)) for key, detection in changes.held.items()),
            )
            connection.executemany(
                "INSERT OR IGNORE INTO told_nights (night) VALUES (?)", ((night,) for night in changes.told_nights)
            )
            connection.execute(
                "DELETE FROM told_nights WHERE number <= (SELECT max(number) FROM told_nights) - ?", (MOST_TOLD_NIGHTS,)
            )
            if changes.house is not None:
                connection.execute("INSERT OR REPLACE INTO house VALUES (1, ?)", (encode_house(changes.house),))
            connection.executemany(
                "DELETE FROM reminders WHERE receiver = ? AND occasion = ?",
                [key for key, body in changes.reminders.items() if body is None],
            )
            connection.executemany(
                "INSERT OR REPLACE INTO reminders VALUES (?, ?, ?)",
                [(*key, body) for key, body in changes.reminders.items() if body is not None],
            )
            if changes.proof:
                connection.execute("INSERT OR REPLACE INTO proof VALUES (1, ?)", (changes.proof,))
            return self._outbox.add_rows(changes.events, changes.notices, changes.addressed)

    def _load_house(self) -> StoredHouse:
        """Read what the parents have asked for; begin without, which alerts them, if that cannot be read."""
        row = self._connection.execute("SELECT state FROM house").fetchone()
        try:
            return decode_house(row[0]) if row else StoredHouse()
        except msgspec.DecodeError as error:
            logger.warning("what was snoozed and acknowledged cannot be read, so it is forgotten: %s", error)
            return StoredHouse()


def encode_monitor(state: MonitorState) -> bytes:
    """Write JSON in the form of schema version 1, where the policy's open episode is called "bout".

    Fields that were added later are left out while they have their defaults.
    """
    fields = msgspec.to_builtins(state)
    for part, added in _ADDED_FIELDS.items():
        for name, default in added.items():
            if fields[part][name] == default:
                del fields[part][name]
    if state.overloaded_until_seconds is None:
        del fields["overloaded_until_seconds"]
    fields["policy"]["bout"] = fields["policy"].pop("episode")
    return msgspec.json.encode(fields)


def decode_monitor(body: bytes) -> MonitorState:
    """Read what `encode_monitor` wrote; raise msgspec.DecodeError if it is something else."""
    fields = msgspec.json.decode(body, type=dict[str, Any])
    policy = fields.get("policy")
    if isinstance(policy, dict):
        policy["episode"] = policy.pop("bout", None)
    return msgspec.convert(fields, type=MonitorState)


def encode_held(detection: ReceivedDetection) -> bytes:
    """Write JSON in the form of schema version 1."""
    return msgspec.json.encode({name: getattr(detection, name) for name in _HELD_FIELDS})


def decode_held(mic: str, session: str, body: bytes) -> ReceivedDetection:
    """Read what `encode_held` wrote; raise msgspec.DecodeError if it is something else."""
    fields = msgspec.json.decode(body, type=dict[str, Any])
    return msgspec.convert({**fields, "mic": mic, "session": session}, type=ReceivedDetection)
