"""The alerter's loop: reads detections, judges, saves, publishes, and continues after every failure around it.

Notices and episodes are saved in the same commit as the position in the stream, and leave the alerter only after it.
"""

import logging
import math
import sqlite3
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace

import redis

from tears.alerter.commands.command_desk import CommandDesk
from tears.alerter.episodes.monitor_state import AlertRules, Now
from tears.alerter.home_assistant.house_feed import HouseFeed
from tears.alerter.metrics import DEAD_OUTCOME, HOUSE_VIEW, NIGHT_REPORTS, AlerterMetrics
from tears.alerter.nights.keeper import NightKeeper
from tears.alerter.notices.outbox import Outbox
from tears.alerter.notices.retry import DeliveryThread
from tears.alerter.order.cry_label import CryLabelCheck
from tears.alerter.order.received_detection import read_detection
from tears.alerter.order.stream_position import check_position
from tears.alerter.proof.listening_proof import ListeningProof, unproven
from tears.alerter.receivers.announcer import Addressees, Announcer
from tears.alerter.redis_streams import EpisodeStream, bury_detection, redis_memory
from tears.alerter.rooms import Rooms
from tears.alerter.saving import StateSaver
from tears.alerter.side_work import SideWork
from tears.alerter.state import AlerterState
from tears.alerter.state_file import StateFile
from tears.kit.backoff import Backoff
from tears.kit.clock import Clock, boot_id
from tears.kit.errors import MessageError
from tears.kit.health import Health
from tears.kit.redis_client import READ_BLOCK_SECONDS, is_away, why
from tears.kit.registry.mics import read_mics
from tears.kit.streams import names
from tears.kit.streams.entries import BEGINNING, StreamEntry, entry_order
from tears.kit.streams.reader import read_entries, stream_facts

logger = logging.getLogger(__name__)

# The entries of one read, and the events of one round.
MOST_ENTRIES_AT_ONCE = 256
# Without a pause each of many windows would get a round of its own.
ROUND_PAUSE_SECONDS = 0.05
# How often to look at all rooms while windows keep coming. In every round, twice the rooms would cost four times.
ROOMS_LOOK_SECONDS = 0.25
# How often to look at the registry and at the stream's facts.
REDIS_LOOK_SECONDS = 1.0


class Alerter:
    """Runs until `stop` is set."""

    def __init__(
        self,
        *,
        client: redis.Redis,
        state: AlerterState,
        state_file: StateFile,
        outbox: Outbox,
        deliveries: Sequence[DeliveryThread],
        addressees: Callable[[], Addressees],
        rules: AlertRules,
        cry_label: str,
        metrics: AlerterMetrics,
        health: Health,
        clock: Clock,
        stop: threading.Event,
        keeper: NightKeeper | None = None,
        proof: ListeningProof | None = None,
        block_seconds: float = READ_BLOCK_SECONDS,
    ) -> None:
        """Read the state back; raise StateError if it cannot be read.

        `keeper` gets notes of what is heard, and makes the reports of the nights. `proof` watches over the house.
        """
        self._redis = client
        self._episode_stream = EpisodeStream(client)
        self._outbox = outbox
        self._cry_label = cry_label
        self._metrics = metrics
        self._health = health
        self._clock = clock
        self._stop = stop
        self._block_seconds = block_seconds
        # Whoever shows the rooms may look at it, in another thread.
        self.feed = HouseFeed()
        saved = state.load()
        self._position = saved.position
        # Entries up to this one may have been read, before Redis lost its stream.
        self._read_before = BEGINNING
        notes = keeper.notes if keeper is not None else None
        self._rooms = Rooms(rules, saved, metrics, self._now(), notes, boot_id())
        self._commands = CommandDesk(client, self._rooms.house, metrics, clock)
        self._keeper = keeper
        self._proof = (proof or unproven(health)).restore(saved.proof)
        self._saver = StateSaver(
            state=state,
            state_file=state_file,
            announcer=Announcer(addressees, saved.reminders, metrics, self._now()),
            saved_position=saved.position,
            deliveries=deliveries,
            proof=self._proof,
            metrics=metrics,
            health=health,
            clock=clock,
        )
        self._side = SideWork(metrics, health)
        self._label_check = CryLabelCheck(cry_label, health)
        self._unobserved_captures_seconds: list[float] = []
        self._look_at_seconds = float("-inf")
        self._rooms_look_at_seconds = float("-inf")
        self._has_looked = False
        self._backoff = Backoff()

    def run(self) -> None:
        """Block until `stop` is set; then save, and publish what can be published."""
        while not self._stop.is_set():
            self._health.beat()
            if not self.turn():
                self._clock.wait(self._stop, ROUND_PAUSE_SECONDS)
        self._look_at_registry_once_more()
        self._save(at_once=True)
        self._publish()

    def turn(self) -> bool:
        """Obey before new crying is told, judge what was read, give up what is overdue; return whether more waits."""
        try:
            self._commands.obey_new(lambda command: self._rooms.obey(command, self._now()))
            entries = self._read()
        except redis.RedisError as error:
            self._note_redis_failure(error)
            self._rooms.restart_waits(self._now())
            self._rooms.check_deafness(self._now())
            self._rooms.end_silences(self._now())
            self._proof.pass_time_without_redis(self._rooms, self._now(), why(error))
            self._show_house()
            self._save()
            self._clock.wait(self._stop, self._backoff.next_seconds())
            return False
        self._backoff.reset()
        is_behind = len(entries) == MOST_ENTRIES_AT_ONCE
        must_look = self._must_look_at_rooms(has_entries=bool(entries))
        if must_look and not is_behind:
            self._rooms.pass_time(self._now())
        if not is_behind:
            self._proof.pass_time(self._rooms, self._now())
        if must_look:
            self._show_house()
        self._drop_told_notices()
        self._side.do(NIGHT_REPORTS, self._add_night_reports)
        self._save()
        self._publish()
        return is_behind

    def _must_look_at_rooms(self, *, has_entries: bool) -> bool:
        """Return whether this round looks at all rooms: at once if there is something to tell, else it can wait."""
        now_seconds = self._clock.monotonic_seconds()
        if has_entries and now_seconds < self._rooms_look_at_seconds and not self._rooms.must_be_saved:
            return False
        self._rooms_look_at_seconds = now_seconds + ROOMS_LOOK_SECONDS
        return True

    def _show_house(self) -> None:
        self._side.do(HOUSE_VIEW, lambda: self.feed.show(self._rooms, self._proof.told, self._now()))

    def _add_night_reports(self) -> None:
        for news in self._keeper.take_news() if self._keeper is not None else ():
            self._rooms.add_night_report(news.night, news.notices)

    def _now(self) -> Now:
        return Now(self._clock.monotonic_seconds(), self._clock.wall_seconds())

    def _read(self) -> list[StreamEntry]:
        self._look_at_redis()
        positions = {names.DETECTIONS_STREAM: self._position.entry_id}
        entries = read_entries(self._redis, positions, MOST_ENTRIES_AT_ONCE, self._block_seconds)
        for entry in entries:
            self._judge_or_bury(entry)
            self._position = self._position.after(entry.entry_id)
        if not entries:
            # A stream that gives nothing may have been replaced by another one.
            self._look_at_seconds = float("-inf")
        return entries

    def _look_at_redis(self) -> None:
        now = self._now()
        if now.monotonic_seconds < self._look_at_seconds:
            return
        self._check_position()
        memory = self._side.ask("its memory", lambda: redis_memory(self._redis), (math.nan, math.nan))
        self._metrics.show_redis_memory(*memory)
        self._proof.mics = self._side.ask("the microphones", lambda: read_mics(self._redis), {})
        self._rooms.update_registrations(self._proof.mics, now)
        self._look_at_seconds = now.monotonic_seconds + REDIS_LOOK_SECONDS

    def _look_at_registry_once_more(self) -> None:
        """Note which recordings are over for good, or the next start would expect them again."""
        try:
            self._rooms.update_registrations(read_mics(self._redis), self._now())
        except redis.RedisError as error:
            logger.debug("the microphones are not known at the end: %s", why(error))
        self._rooms.check_deafness(self._now())

    def _check_position(self) -> None:
        facts = self._side.ask("its stream", lambda: stream_facts(self._redis, names.DETECTIONS_STREAM), None)
        if facts is None:
            return
        found = check_position(self._position, facts)
        if found.is_stream_lost and not facts.entries_added and not self._has_looked:
            logger.info("Redis begins empty")
            self._rooms.publish_all_again()
        elif found.is_stream_lost:
            logger.error("Redis has lost detections that were read; its stream is read from the beginning")
            self._metrics.stream_restarts.inc()
            self._rooms.publish_all_again()
            self._read_before = max(self._read_before, self._position.entry_id, key=entry_order)
        if found.trimmed_unread:
            logger.error("%d detections were trimmed before they were read", found.trimmed_unread)
            self._metrics.trimmed_unread.inc(found.trimmed_unread)
        self._has_looked = True
        self._position = found.position

    def _judge_or_bury(self, entry: StreamEntry) -> None:
        try:
            self._judge(entry)
        except Exception as error:
            # One entry that breaks the code must not make us deaf to all that follow. Bad bytes need no traceback.
            is_our_fault = not isinstance(error, MessageError)
            logger.error("entry %s is dead: %s", entry.entry_id, error, exc_info=is_our_fault)  # noqa: TRY400 - as above
            bury_detection(self._redis, entry.entry_id, entry.body, f"{type(error).__name__}: {error}")
            self._metrics.detections.labels(DEAD_OUTCOME).inc()

    def _judge(self, entry: StreamEntry) -> None:
        now = self._now()
        detection = read_detection(entry.body, self._cry_label, now.monotonic_seconds)
        if entry_order(entry.entry_id) <= entry_order(self._read_before):
            detection = replace(detection, may_be_forgotten=True)
        self._label_check.check(detection)
        if not self._proof.take(detection, now):
            self._rooms.receive(detection, now)
            self._unobserved_captures_seconds.append(detection.captured_at_seconds)

    def _drop_told_notices(self) -> None:
        """Leave out the notices about episodes that an earlier process published, whose state has been lost since.

        It published them after it had saved their notices. Without this, a lost state file would send all alerts again
        whose detections are still in the stream.
        """
        try:
            told = self._episode_stream.told_keys(self._rooms.new_notice_marks())
        except redis.RedisError as error:
            self._note_redis_failure(error)
            return
        if told:
            logger.warning("%d notices were sent by an earlier process whose state is lost; not sent again", len(told))
            self._rooms.drop_told_notices(told)

    def _save(self, *, at_once: bool = False) -> None:
        if self._saver.save_if_due(self._position, self._rooms, at_once=at_once):
            self._observe_lag()

    def _publish(self) -> None:
        """Publish events before rooms, so that all episodes of a room are there when it is shown as ended."""
        if self._rooms.must_be_saved:
            return
        try:
            self._episode_stream.publish_waiting(self._outbox, MOST_ENTRIES_AT_ONCE)
            self._metrics.show_outbox(*self._outbox.counts())
            self._episode_stream.show_rooms(self._rooms.changed_rooms())
            self._commands.answer()
        except redis.RedisError as error:
            self._note_redis_failure(error)
        except sqlite3.Error as error:
            self._health.failed("state", str(error))
            logger.warning("the outbox cannot be read or written: %s", error)
        else:
            self._rooms.mark_published()
            self._health.answered("redis")

    def _note_redis_failure(self, error: redis.RedisError) -> None:
        if not (is_away(error) and self._health.is_starting("redis")):
            logger.warning("Redis does not answer: %s", why(error))
        self._metrics.redis_failures.inc()
        self._health.failed("redis", why(error))
        self._look_at_seconds = float("-inf")

    def _observe_lag(self) -> None:
        now_seconds = self._clock.wall_seconds()
        for captured_at_seconds in self._unobserved_captures_seconds:
            self._metrics.lag_seconds.observe(max(0.0, now_seconds - captured_at_seconds))
        self._unobserved_captures_seconds.clear()
