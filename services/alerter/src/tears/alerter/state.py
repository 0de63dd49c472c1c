"""What the alerter remembers: its place, its tracks and what is still to be handed on, committed together."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from tears.alerter.database import transaction
from tears.alerter.episodes.monitor_state import TrackState
from tears.alerter.errors import StateError
from tears.alerter.notices.outbox import Dropped, Event, Outbox
from tears.alerter.notices.wording import Notice
from tears.alerter.order.stream_position import Place
from tears.alerter.order.window_order import Heard


@dataclass(slots=True)
class Saved:
    """What an earlier life left: the place, and by microphone the state and what was held."""

    place: Place = field(default_factory=Place)
    tracks: dict[str, TrackState] = field(default_factory=dict)
    held: dict[str, list[tuple[str, Heard]]] = field(default_factory=dict)


@dataclass(slots=True)
class Changes:
    """What one commit writes.

    Attributes:
        tracks: state by microphone.
        held: what has come to be held, by (microphone, session, index).
        released: what is held no more.
        events: to publish.
        notices: to tell.
    """

    tracks: dict[str, TrackState] = field(default_factory=dict)
    held: dict[tuple[str, str, int], Heard] = field(default_factory=dict)
    released: set[tuple[str, str, int]] = field(default_factory=set)
    events: list[Event] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to write."""
        return not (self.tracks or self.held or self.released or self.events or self.notices)

    def hold(self, mic: str, held: Mapping[tuple[str, int], Heard], released: Iterable[tuple[str, int]]) -> None:
        """Adds what an order says has changed since it was last asked."""
        for session, index in released:
            self.held.pop((mic, session, index), None)
            self.released.add((mic, session, index))
        for (session, index), heard in held.items():
            self.held[mic, session, index] = heard


class State:
    """The tables of one connection. Everything raises sqlite3.Error as it comes."""

    def __init__(self, connection: sqlite3.Connection, outbox: Outbox) -> None:
        self._connection = connection
        self._outbox = outbox

    def load(self) -> Saved:
        """Reads everything back.

        Raises:
            StateError: a value is none that this release wrote.
        """
        saved = Saved()
        row = self._connection.execute("SELECT entry_id, entries_seen FROM place").fetchone()
        if row:
            saved.place = Place(*row)
        try:
            for mic, body in self._connection.execute("SELECT mic, state FROM tracks"):
                saved.tracks[mic] = decode_track(body)
            for mic, session, body in self._connection.execute("SELECT mic, session, detection FROM held"):
                saved.held.setdefault(mic, []).append((session, msgspec.json.decode(body, type=Heard)))
        except msgspec.DecodeError as error:
            raise StateError(f"the state file holds what this release cannot read: {error}") from error
        return saved

    def commit(self, place: Place, changes: Changes) -> Dropped:
        """Writes all of it, or nothing; on the disk when it returns. Returns what the bounds pushed out."""
        with transaction(self._connection) as connection:
            connection.execute(
                "INSERT INTO place VALUES (1, ?, ?) ON CONFLICT (one) DO UPDATE "
                "SET entry_id = excluded.entry_id, entries_seen = excluded.entries_seen",
                (place.entry_id, place.entries_seen),
            )
            connection.executemany("INSERT OR REPLACE INTO tracks VALUES (?, ?)", _encoded_tracks(changes.tracks))
            connection.executemany("DELETE FROM held WHERE mic = ? AND session = ? AND window = ?", changes.released)
            connection.executemany("INSERT OR REPLACE INTO held VALUES (?, ?, ?, ?)", _encoded_held(changes.held))
            return self._outbox.add(changes.events, changes.notices)


def _encoded_tracks(tracks: Mapping[str, TrackState]) -> Iterable[tuple[str, bytes]]:
    return ((mic, encode_track(state)) for mic, state in tracks.items())


def _encoded_held(held: Mapping[tuple[str, str, int], Heard]) -> Iterable[tuple[str, str, int, bytes]]:
    return ((*key, msgspec.json.encode(heard)) for key, heard in held.items())


def encode_track(state: TrackState) -> bytes:
    """Write JSON in the form of schema version 1, which calls the policy's open episode "bout"."""
    fields = msgspec.to_builtins(state)
    fields["policy"]["bout"] = fields["policy"].pop("episode")
    return msgspec.json.encode(fields)


def decode_track(body: bytes) -> TrackState:
    """Read what `encode_track` wrote; raises msgspec.DecodeError."""
    fields = msgspec.json.decode(body, type=dict[str, Any])
    policy = fields.get("policy")
    if isinstance(policy, dict):
        policy["episode"] = policy.pop("bout", None)
    return msgspec.convert(fields, type=TrackState)
