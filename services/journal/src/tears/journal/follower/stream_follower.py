"""The follower: reads what the pipeline writes, tells the other parts, and keeps the history."""

import logging
import threading
from collections.abc import Callable
from typing import Final

import redis

from tears.journal.errors import HistoryFileError
from tears.journal.follower.event_reader import EventReader
from tears.journal.follower.event_streams import MOST_EVENTS_AT_ONCE, EventStreams
from tears.journal.follower.follower_metrics import FollowerMetrics
from tears.journal.follower.listeners import Listeners
from tears.journal.follower.repeated_sound import RepeatedSound
from tears.journal.follower.rules_watch import RulesWatch
from tears.journal.history.heard_notes import HeardNotes
from tears.journal.history.history_file import HistoryFile
from tears.journal.recordings.chunk_feed import FEED_BLOCK_SECONDS, ChunkFeed
from tears.kit.backoff import Backoff
from tears.kit.clock import Clock, wall_clock_fault
from tears.kit.health import Health
from tears.kit.messages import AudioChunk
from tears.kit.redis_client import is_passing, why
from tears.kit.registry.mics import MicRecord, read_mics
from tears.kit.registry.rooms import read_rooms

logger = logging.getLogger(__name__)

# How often the seconds are written: an SD card wears, and Redis has them for longer than that.
HISTORY_WRITE_SECONDS: Final = 60.0
# An episode is on its page this soon, even if many come at once.
EVENTS_WAIT_SECONDS: Final = 1.0
_REGISTRY_LOOK_SECONDS: Final = 1.0
_FORGET_SECONDS: Final = 3_600.0
# An episode that has no end and is older was not followed to its end: Redis has lost it.
_LONGEST_RESUMED_SECONDS: Final = 14_400.0


class StreamFollower:
    """Runs in one thread. It reads beside the consumer groups, so it may be slow, frozen or away for hours.

    The history is written in one commit with how far the streams have been read. So a follower that is killed at any
    moment reads again from there, and what it finds twice changes nothing.
    """

    def __init__(
        self,
        client: redis.Redis,
        history: HistoryFile,
        listeners: Listeners,
        *,
        cry_label: str,
        kept_seconds: float,
        metrics: FollowerMetrics,
        health: Health,
        clock: Clock,
        stop: threading.Event,
    ) -> None:
        """Read nothing yet; `kept_seconds` is the age at which the history is forgotten, infinite for never."""
        self._redis = client
        self._history = history
        self._listeners = listeners
        self._kept_seconds = kept_seconds
        self._metrics = metrics
        self._health = health
        self._clock = clock
        self._stop = stop
        self._events = EventStreams(client, history.places(), clock, health)
        self._reader = EventReader(cry_label, listeners, metrics, clock)
        self._rules = RulesWatch(client, health, clock)
        # Every room that is registered, also later ones.
        self._sound = ChunkFeed(client, (), clock)
        self._repeated = RepeatedSound()
        self._backoff = Backoff()
        self._registry_at_seconds = self._forget_at_seconds = float("-inf")
        self._write_at_seconds = clock.monotonic_seconds() + HISTORY_WRITE_SECONDS
        self._is_failing = False
        self._has_resumed = False
        # What Redis refuses; each is reported once.
        self._refused: set[str] = set()

    def run(self) -> None:
        """Block until the stop; then write what is left."""
        while not self._stop.is_set():
            try:
                is_there = self.turn()
            except Exception:
                # The edge of the thread. If it ended, nothing would be kept any more.
                self._metrics.breakdowns.inc()
                logger.exception("the follower breaks down, and goes on")
                is_there = False
            if not is_there:
                self._clock.wait(self._stop, self._backoff.next_seconds())
        self.write()

    def turn(self) -> bool:
        """Do one round: read what there is, tell it, and write what is due; return False if Redis is away."""
        if not self._has_resumed:
            self._has_resumed = True
            self._reader.resume(self._history.open_episodes(self._clock.wall_seconds() - _LONGEST_RESUMED_SECONDS))
        try:
            self._rules.look()
            self._unless_refused("registries", self._look_at_registries)
            has_more = self._read_events()
            self._unless_refused("sound", lambda: self._read_sound(may_wait=not has_more))
        except redis.RedisError as error:
            self._note_away(error)
            is_there = False
        else:
            self._backoff.reset()
            self._health.answered("redis")
            is_there = True
        if self._clock.monotonic_seconds() >= self._write_at_seconds:
            self.write()
        self._forget_if_due()
        return is_there

    def write(self) -> bool:
        """Write what was heard; return whether that has succeeded. What cannot be written stays in memory."""
        notes = self._reader.notes
        self._write_at_seconds = self._clock.monotonic_seconds() + HISTORY_WRITE_SECONDS
        if notes.is_empty:
            return True
        self._metrics.dropped_notes.inc(notes.dropped)
        notes.dropped = 0
        try:
            self._history.write(notes)
        except HistoryFileError as error:
            self._metrics.write_failures.inc()
            self._health.failed("history", str(error))
            if not self._is_failing:
                logger.warning("the history cannot be written: %s", error)
            self._is_failing = True
            return False
        if self._is_failing:
            logger.info("the history can be written again")
        self._is_failing = False
        self._health.answered("history")
        self._metrics.history_bytes.set(self._history.size_bytes)
        self._reader.notes = HeardNotes()
        return True

    def _look_at_registries(self) -> None:
        now = self._clock.monotonic_seconds()
        if now < self._registry_at_seconds:
            return
        self._registry_at_seconds = now + _REGISTRY_LOOK_SECONDS
        mics: dict[str, MicRecord] = read_mics(self._redis)
        rooms = self._reader.rooms = read_rooms(self._redis)
        self._reader.tell(self._listeners.registry, lambda listener: listener.registered(mics, rooms))

    def _read_events(self) -> bool:
        """Read some entries of each stream; return whether there may be more."""
        entries = self._events.read()
        has_events = [self._reader.take(entry) for entry in entries]
        if any(has_events):
            soon = self._clock.monotonic_seconds() + EVENTS_WAIT_SECONDS
            self._write_at_seconds = min(self._write_at_seconds, soon)
        return len(entries) >= MOST_EVENTS_AT_ONCE

    def _read_sound(self, *, may_wait: bool) -> None:
        chunks = self._sound.read(FEED_BLOCK_SECONDS if may_wait else None)
        for mic, chunk in chunks:
            if self._repeated.is_new(mic, chunk):
                self._tell_sound(mic, chunk)
        if may_wait and not self._sound.mics:
            # Redis waits only for streams that it is asked for.
            self._clock.wait(self._stop, FEED_BLOCK_SECONDS)

    def _tell_sound(self, mic: str, chunk: AudioChunk) -> None:
        self._reader.tell(self._listeners.sound, lambda listener: listener.heard(mic, chunk))

    def _unless_refused(self, name: str, action: Callable[[], None]) -> None:
        """Do something that Redis may refuse for good (a key of another type): the rest goes on without it."""
        try:
            action()
        except redis.ResponseError as error:
            if is_passing(error):
                raise
            if name not in self._refused:
                logger.warning("Redis refuses the %s (%s); the journal goes on without", name, why(error))
            self._refused.add(name)
            self._health.failed(name, why(error))
            # What would have waited for sound waits here.
            self._clock.wait(self._stop, FEED_BLOCK_SECONDS)
        else:
            if name in self._refused:
                self._refused.discard(name)
                self._health.answered(name)

    def _forget_if_due(self) -> None:
        now, wall = self._clock.monotonic_seconds(), self._clock.wall_seconds()
        # A clock that is far ahead would make everything old.
        if now < self._forget_at_seconds or self._kept_seconds == float("inf") or wall_clock_fault(wall):
            return
        self._forget_at_seconds = now + _FORGET_SECONDS
        try:
            self._history.forget_before(wall - self._kept_seconds)
        except HistoryFileError as error:
            logger.debug("old history cannot be deleted now: %s", error)

    def _note_away(self, error: redis.RedisError) -> None:
        self._metrics.redis_failures.inc()
        self._health.failed("redis", why(error))
        self._rules.redis_was_away()
        self._sound.restart()
