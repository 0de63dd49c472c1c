"""All rooms: a monitor for each microphone, and what they have produced since the last commit."""

import logging
import math
from collections import deque
from collections.abc import Collection, Container, Iterable, Mapping, Sequence

from tears.alerter.commands.house import House
from tears.alerter.commands.shown_room import room_of
from tears.alerter.episodes.effects_log import log_effects
from tears.alerter.episodes.episode_messages import mark_of_notice, opened_message, published_mark
from tears.alerter.episodes.mic_monitor import MicMonitor
from tears.alerter.episodes.monitor_state import AlertRules, Effects, MonitorState, Now
from tears.alerter.metrics import AlerterMetrics
from tears.alerter.nights.notes import NightNotes
from tears.alerter.notices.kinds import NoticeKind
from tears.alerter.notices.notice import Notice
from tears.alerter.notices.outbox import MOST_EVENTS, MOST_NOTICES_PER_RECEIVER, AddressedNotice, EpisodeEvent
from tears.alerter.notices.room_notices import crying_notice
from tears.alerter.order.received_detection import ReceivedDetection
from tears.alerter.state import MOST_TOLD_NIGHTS, SavedState, StateChanges
from tears.kit.commands.answer import CommandAnswer
from tears.kit.messages import Command, Episode
from tears.kit.registry.mics import MicRecord
from tears.kit.registry.rooms import RoomRecord

logger = logging.getLogger(__name__)

MOST_SHOWN_EPISODES = 256


class Rooms:
    """The rooms in memory. The loop saves `changes()`, publishes `changed_rooms()`, and may read `house.state`."""

    def __init__(
        self,
        rules: AlertRules,
        saved: SavedState,
        metrics: AlerterMetrics,
        now: Now,
        nights: NightNotes | None = None,
        boot_id: str = "",
    ) -> None:
        """Continue from what an earlier process saved.

        `nights`, if given, notes what is heard; `boot_id` says since when the monotonic clock runs.
        """
        self._nights = nights
        self._rules = rules
        self._metrics = metrics
        self._started_at_wall_seconds = now.wall_seconds
        self._monitors = {
            mic: MicMonitor(state, rules, now, saved.held.get(mic, ())) for mic, state in saved.monitors.items()
        }
        self.house = House(saved.house, now, boot_id)
        for mic in self._monitors:
            self._choose_policy(mic)
        self._unsaved = StateChanges()
        self._told_nights = deque(saved.told_nights, MOST_TOLD_NIGHTS)
        self._new_notices: list[Notice] = []
        # An earlier process has told of the episodes that are open at the start.
        self._told_notices = [
            crying_notice(opened_message(mic, state.open_episode, 0.0))
            for mic, state in saved.monitors.items()
            if state.open_episode is not None
        ]
        self._unsaved_mics: set[str] = set()
        self._unpublished_mics: set[str] = set(self._monitors)
        # What has opened and closed, for those who only show it; whoever takes nothing out loses the oldest.
        self.shown_episodes: deque[Episode] = deque(maxlen=MOST_SHOWN_EPISODES)
        # Something has to be published or sent, so the next commit cannot wait.
        self.must_be_saved = False
        for mic, monitor in self._monitors.items():
            if monitor.expect_again(now):
                self._unsaved_mics.add(mic)
            metrics.show_counters(mic)
            self._show_metrics(mic)

    def monitors(self) -> Collection[MicMonitor]:
        """Return the monitors of all microphones, to look at."""
        return self._monitors.values()

    def receive(self, detection: ReceivedDetection, now: Now) -> None:
        """Take in a detection from the stream."""
        effects = self._monitor(detection.mic, now).receive(detection, now)
        if effects.outcome is not None:
            self._metrics.detections.labels(effects.outcome.value).inc()
        self._apply(detection.mic, effects, now)
        # After what an alert needs, so that nothing that breaks here can stop one.
        if self._nights is not None:
            captured_at, wall = detection.captured_at_seconds, now.wall_seconds
            self._nights.note_window(detection.mic, captured_at, detection.score, detection.level_dbfs, wall)

    def obey(self, command: Command, now: Now) -> CommandAnswer:
        """Obey a parent's command, and return the answer; it is true once it has been saved."""
        answer = self.house.take(command, {mic: one.state for mic, one in self._monitors.items()}, now)
        if command.mic in self._monitors:
            self._choose_policy(command.mic)
        self.must_be_saved = self.must_be_saved or self.house.is_unsaved
        self._show_again([command.mic] if command.mic else self._monitors)
        return answer

    def update_registrations(self, mics: Mapping[str, MicRecord], now: Now) -> None:
        """Note what the registry says of each microphone."""
        for mic, record in mics.items():
            if self._monitor(mic, now).update_registration(record.session, record.state, now, record.heartbeat_seconds):
                self._unsaved_mics.add(mic)
                self._unpublished_mics.add(mic)
                self._show_metrics(mic)

    def pass_time(self, now: Now) -> None:
        """Give up what is overdue, and check for deafness. Call it only when nothing is left to read."""
        for mic, monitor in self._monitors.items():
            self._apply(mic, monitor.give_up_overdue(now), now)
        self.check_deafness(now)
        self.end_silences(now)

    def check_deafness(self, now: Now) -> None:
        """Warn a parent of each microphone that has given no score for too long."""
        for mic, monitor in self._monitors.items():
            self._apply(mic, monitor.check_deafness(now), now)
            if monitor.note_waits(now):
                self._unsaved_mics.add(mic)

    def end_silences(self, now: Now) -> None:
        """End the snoozes and holds whose time is over, and tell the crying that goes on there."""
        news = self.house.pass_time({mic: one.state for mic, one in self._monitors.items()}, now)
        for mic in news.ended:
            monitor = self._monitors.get(mic)
            if monitor is not None and monitor.state.open_episode is None:
                # What closed with its session was perhaps not told. If it goes on in the next one, that is told.
                monitor.state.resumable_until_seconds = None
                self._unsaved_mics.add(mic)
        for notice in news.notices:
            logger.warning("%s (%s)", notice, notice.key)
        self._new_notices += news.notices
        self.must_be_saved = self.must_be_saved or bool(news.ended)
        self._show_again({*news.ended, *news.shown_again})

    def restart_waits(self, now: Now) -> None:
        """Begin every wait again: nothing could be read for a while, so nothing is late."""
        for monitor in self._monitors.values():
            monitor.order.restart_waits(now.monotonic_seconds)

    def changes(self) -> StateChanges:
        """Return what to save. It grows until `mark_saved()` is called."""
        for mic in self._unsaved_mics:
            monitor = self._monitors[mic]
            self._unsaved.monitors[mic] = monitor.state_to_save()
            self._unsaved.add_held(mic, *monitor.order.held.take_changes())
        self._unsaved_mics.clear()
        if self.house.is_unsaved:
            self._unsaved.house = self.house.to_save()
            self.house.is_unsaved = False
        return self._unsaved

    def add_notice(self, notice: Notice) -> None:
        """Save and send a notice that is not about a room."""
        logger.warning("%s: %s", notice, notice.facts.get("error", ""))
        self._new_notices.append(notice)
        self.must_be_saved = True

    def add_night_report(self, night: str, notices: Iterable[Notice]) -> None:
        """Save and send the notices of a night's report, together with the fact that this night was told."""
        self._new_notices += notices
        self._unsaved.told_nights.append(night)
        self._told_nights.append(night)
        self.must_be_saved = True

    def new_notice_marks(self) -> dict[str, str]:
        """Return the marks of the notices that nobody has taken yet, by key, where there may be one."""
        marks = {notice.key: mark_of_notice(notice) for notice in self._new_notices}
        return {key: mark for key, mark in marks.items() if mark}

    def drop_told_notices(self, keys: Container[str]) -> None:
        """Send no notice with one of these keys, because it was sent; only repeats of it are due."""
        dropped = [notice for notice in self._new_notices if notice.key in keys]
        self._told_notices += [notice for notice in dropped if notice.kind is NoticeKind.CRYING]
        self._new_notices = [notice for notice in self._new_notices if notice.key not in keys]

    def take_notices(self) -> tuple[list[Notice], list[Notice]]:
        """Return the new notices, and those of which only repeats are due; the caller sees that they are sent."""
        taken = self._new_notices, self._told_notices
        self._new_notices, self._told_notices = [], []
        return taken

    def send(self, addressed: Sequence[AddressedNotice], reminders: Mapping[tuple[str, str], bytes | None]) -> None:
        """Save and send notices to some receivers, and save the rows of what is planned for them."""
        self._unsaved.addressed += addressed
        self._unsaved.reminders.update(reminders)
        # It grows only while the state file cannot be written.
        del self._unsaved.addressed[:-MOST_NOTICES_PER_RECEIVER]
        self.must_be_saved = self.must_be_saved or bool(addressed)

    def send_to_all(self, notices: Sequence[Notice]) -> None:
        """Save and send notices to all receivers."""
        self._unsaved.notices += notices
        del self._unsaved.notices[:-MOST_NOTICES_PER_RECEIVER]

    def open_episodes(self) -> dict[str, str]:
        """Return the ids of the open episodes by microphone."""
        states = [monitor.state for monitor in self._monitors.values()]
        return {one.mic: one.open_episode.episode_id for one in states if one.open_episode is not None}

    def deaf_mics(self) -> frozenset[str]:
        """Return the microphones to which nobody listens, as parents have been told."""
        return frozenset(mic for mic, monitor in self._monitors.items() if monitor.state.hearing.deaf)

    def save_all_again(self) -> None:
        """Let `changes()` return everything: what was saved may be lost."""
        self._unsaved_mics.update(self._monitors)
        self._unsaved.told_nights = list(self._told_nights)
        self.house.is_unsaved = True
        for monitor in self._monitors.values():
            monitor.order.held.save_all_again()

    def mark_saved(self) -> None:
        """Note that what `changes()` returned is on the disk."""
        self._unsaved = StateChanges()
        self.must_be_saved = False

    def changed_rooms(self) -> dict[str, RoomRecord]:
        """Return the rooms that have changed since `mark_published()`."""
        monitors = {mic: self._monitors[mic] for mic in self._unpublished_mics}
        rooms = ((mic, room_of(one.state, self.house, one.policy.open_threshold)) for mic, one in monitors.items())
        return {mic: room for mic, room in rooms if room is not None}

    def mark_published(self) -> None:
        """Note that what `changed_rooms()` returned is in Redis."""
        self._unpublished_mics.clear()

    def publish_all_again(self) -> None:
        """Let `changed_rooms()` return all rooms: Redis may have lost them."""
        self._unpublished_mics.update(self._monitors)

    def _monitor(self, mic: str, now: Now) -> MicMonitor:
        if mic not in self._monitors:
            logger.info("microphone %s is new", mic)
            self._monitors[mic] = MicMonitor(
                MonitorState(mic), self._rules, now, started_at_wall_seconds=self._started_at_wall_seconds
            )
            self._choose_policy(mic)
            self._unsaved_mics.add(mic)
            self._metrics.show_counters(mic)
            self._show_metrics(mic)
        return self._monitors[mic]

    def _choose_policy(self, mic: str) -> None:
        """Let a room alert as readily as the parents have chosen, or else as the settings say."""
        self._monitors[mic].policy = self.house.state.policy_of(mic, self._rules.policy_of(mic))

    def _show_again(self, mics: Iterable[str]) -> None:
        for mic in self._monitors.keys() & set(mics):
            self._unpublished_mics.add(mic)
            self._show_metrics(mic)

    def _apply(self, mic: str, effects: Effects, now: Now) -> None:
        """Note what to save, publish and send; log and count it."""
        if not effects.has_changed:
            return
        self._unsaved_mics.add(mic)
        self._unpublished_mics.add(mic)
        self.must_be_saved = self.must_be_saved or effects.must_be_saved
        notices = self.house.withhold(mic, effects, now)
        self._metrics.withheld_notices.labels(mic).inc(len(effects.notices) - len(notices))
        effects.notices = notices
        unsaved = self._unsaved
        unsaved.events += [EpisodeEvent(published_mark(episode), episode.encode()) for episode in effects.episodes]
        self.shown_episodes += effects.episodes
        self._new_notices += effects.notices
        if not self.house.state.withholds_crying(mic, now):
            self._new_notices += effects.ended_notices
        self._told_notices += effects.told_notices
        # It grows only while the state file cannot be written.
        del unsaved.events[:-MOST_EVENTS]
        log_effects(mic, effects)
        self._metrics.count_windows(mic, effects.tombstones, missing=effects.missing, surplus=effects.surplus)
        self._metrics.crying_seconds.labels(mic).inc(effects.crying_seconds)
        for episode in effects.episodes:
            self._metrics.count_episode(mic, episode)
            if self._nights is not None:
                self._nights.note_episode(episode)
        self._show_metrics(mic)

    def _show_metrics(self, mic: str) -> None:
        """Set the gauges of a microphone."""
        metrics, monitor = self._metrics, self._monitors[mic]
        state = monitor.state
        metrics.open_episodes.labels(mic).set(state.open_episode is not None)
        metrics.deaf.labels(mic).set(state.hearing.deaf)
        metrics.expected.labels(mic).set(state.hearing.expected)
        metrics.snoozed.labels(mic).set(bool(self.house.snoozed_until_seconds(mic)) or self.house.is_held(mic))
        metrics.score.labels(mic).set(math.nan if state.score is None else state.score)
        metrics.held_detections.labels(mic).set(monitor.order.held.count)
