"""All microphones of the house: their tracks, and what has come of them since the last commit."""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping

from tears.alerter.episodes import episode_messages
from tears.alerter.episodes.mic_monitor import Track
from tears.alerter.episodes.monitor_state import Effects, Now, Rules, TrackState
from tears.alerter.metrics import AlerterMetrics
from tears.alerter.notices.outbox import MOST_EVENTS, MOST_NOTICES_PER_TARGET, Event
from tears.alerter.order.received_detection import Incoming
from tears.alerter.order.window_order import Fate
from tears.alerter.state import Changes, Saved
from tears.kit.messages import Episode, EpisodeState
from tears.kit.registry.rooms import RoomRecord

logger = logging.getLogger(__name__)


class House:
    """Works in memory; the loop saves `take_changes()` and shows `take_rooms()`."""

    def __init__(self, rules: Rules, saved: Saved, metrics: AlerterMetrics, now: Now) -> None:
        """Goes on from what an earlier life saved."""
        self._rules = rules
        self._metrics = metrics
        self._tracks = {mic: Track(state, rules, now, saved.held.get(mic, ())) for mic, state in saved.tracks.items()}
        self._unsaved = Changes()
        self._dirty: set[str] = set()
        self._stale_rooms: set[str] = set(self._tracks)
        self.must_be_saved = False
        for mic in self._tracks:
            self._show(mic)

    def take(self, incoming: Incoming, now: Now) -> None:
        """A detection has come."""
        mic = incoming.mic
        effects = self._track(mic, now).take(incoming.arrival, now)
        if effects.fate is not None:
            self._metrics.detections.labels(effects.fate.value).inc()
        self._apply(mic, effects)

    def expect(self, mics: Mapping[str, tuple[str, str]], now: Now) -> None:
        """The registry's session and state by microphone."""
        for mic, (session, mic_state) in mics.items():
            if self._track(mic, now).expect(session, mic_state, now):
                self._dirty.add(mic)
                self._stale_rooms.add(mic)
                self._show(mic)

    def due(self, now: Now) -> None:
        """Everything that there was to read has been read; time has passed all the same."""
        for mic, track in self._tracks.items():
            self._apply(mic, track.due(now))
        self.check_hearing(now)

    def check_hearing(self, now: Now) -> None:
        """Looks whether a microphone has not been heard for too long."""
        for mic, track in self._tracks.items():
            self._apply(mic, track.check_hearing(now))

    def wait_anew(self, now: Now) -> None:
        """Nothing could be read for a while."""
        for track in self._tracks.values():
            track.wait_anew(now)

    def changes(self) -> Changes:
        """What is to be saved; the same and more until `saved()` is called."""
        for mic in self._dirty:
            track = self._tracks[mic]
            self._unsaved.tracks[mic] = track.state()
            self._unsaved.hold(mic, *track.order.changes())
        self._dirty.clear()
        return self._unsaved

    def saved(self) -> None:
        """What `changes()` returned is on the disk."""
        self._unsaved = Changes()
        self.must_be_saved = False

    def rooms(self) -> dict[str, RoomRecord]:
        """The rooms that have changed since `shown()`."""
        found = ((mic, self._tracks[mic].room()) for mic in self._stale_rooms)
        return {mic: room for mic, room in found if room is not None}

    def shown(self) -> None:
        """What `rooms()` returned is in Redis."""
        self._stale_rooms.clear()

    def show_all(self) -> None:
        """Redis may have lost the rooms."""
        self._stale_rooms.update(self._tracks)

    def _track(self, mic: str, now: Now) -> Track:
        if mic not in self._tracks:
            logger.info("%s is new here", mic)
            self._tracks[mic] = Track(TrackState(mic), self._rules, now)
            self._dirty.add(mic)
            self._show(mic)
        return self._tracks[mic]

    def _apply(self, mic: str, effects: Effects) -> None:
        """Notes what is to be saved, shown, said and counted."""
        if not effects.changed:
            return
        self._dirty.add(mic)
        self._stale_rooms.add(mic)
        self.must_be_saved = self.must_be_saved or effects.must_be_saved
        self._unsaved.events += [
            Event(episode_messages.mark(episode), episode.encode()) for episode in effects.episodes
        ]
        self._unsaved.notices += effects.notices
        # Only while nothing can be saved do they grow.
        del self._unsaved.events[:-MOST_EVENTS]
        del self._unsaved.notices[:-MOST_NOTICES_PER_TARGET]
        for episode in effects.episodes:
            self._say(episode)
        for notice in effects.notices:
            logger.warning("%s (%s)", notice.title, notice.key)
        self._count(mic, effects)

    def _say(self, episode: Episode) -> None:
        logger.info(
            "episode %s of %s is %s (%s): from %.1f s, told at %.1f s, until %.1f s, peak %.2f",
            episode.episode_id,
            episode.mic,
            episode.state.name.lower(),
            episode.ending.name.lower(),
            episode.start_seconds,
            episode.alerted_at_seconds,
            episode.end_seconds,
            episode.peak_score,
        )

    def _count(self, mic: str, effects: Effects) -> None:
        metrics = self._metrics
        if effects.missing:
            logger.warning("%d windows of %s never came", effects.missing, mic)
        for episode in effects.episodes:
            if episode.state is EpisodeState.CLOSED:
                metrics.last_episode_seconds.labels(mic).set(episode.end_seconds - episode.start_seconds)
                metrics.ended_episodes.labels(mic).inc()
        for reason in effects.tombstones:
            metrics.tombstones.labels(mic, reason).inc()
        metrics.missing_windows.labels(mic).inc(effects.missing)
        metrics.detections.labels(Fate.STALE.value).inc(effects.surplus)
        metrics.crying_seconds.labels(mic).inc(effects.crying_seconds)
        metrics.episodes.labels(mic).inc(sum(one.state is EpisodeState.OPEN for one in effects.episodes))
        self._show(mic)

    def _show(self, mic: str) -> None:
        """How things are with a microphone, also where nothing has changed yet."""
        metrics, track = self._metrics, self._tracks[mic]
        metrics.expect(mic)
        metrics.open_episodes.labels(mic).set(track.is_open)
        metrics.deaf.labels(mic).set(track.is_deaf)
        metrics.expected.labels(mic).set(track.is_expected)
        metrics.score.labels(mic).set(math.nan if track.score is None else track.score)
        metrics.held_detections.labels(mic).set(track.order.held_count)
