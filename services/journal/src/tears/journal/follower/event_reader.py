"""Turn the entries of the streams into what the history keeps, and tell the listeners."""

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tears.journal.follower.follower_metrics import FollowerMetrics
from tears.journal.follower.heard_times import believed_seconds, entry_seconds, hop_seconds, kept_episode
from tears.journal.follower.listeners import Listeners
from tears.journal.follower.near_miss_finder import HeardWindow, NearMissFinder
from tears.journal.history.heard_notes import HeardNotes
from tears.journal.history.records import EpisodeNotice, KeptEpisode, NearMiss
from tears.kit.clock import Clock
from tears.kit.errors import MessageError
from tears.kit.messages import Detection, Episode, NoticeReport
from tears.kit.registry.mic_names import is_room
from tears.kit.registry.rooms import RoomRecord
from tears.kit.streams import names
from tears.kit.streams.entries import StreamEntry, entry_order
from tears.policy.parameters import Policy

logger = logging.getLogger(__name__)


@dataclass
class EventReader:
    """Belongs to the follower's thread.

    Attributes:
        cry_label: the model's label for crying.
        notes: what was read and is not in the history yet; the owner replaces it when it has been written.
        rooms: the newest records of the alerter.
    """

    cry_label: str
    listeners: Listeners
    metrics: FollowerMetrics
    clock: Clock
    notes: HeardNotes = field(default_factory=HeardNotes)
    rooms: Mapping[str, RoomRecord] = field(default_factory=dict)
    _finders: dict[str, NearMissFinder] = field(default_factory=dict, init=False)

    def take(self, entry: StreamEntry) -> bool:
        """Take in an entry; return whether an episode has begun or ended, or somebody was told.

        Whatever an entry holds, the next one is read.
        """
        is_event = False
        try:
            is_event = self._take(entry)
        except MessageError as error:
            self.metrics.unreadable_entries.labels(entry.stream).inc()
            logger.debug("skipping entry %s of %s: %s", entry.entry_id, entry.stream, error)
        except Exception:
            self.metrics.unreadable_entries.labels(entry.stream).inc()
            logger.exception("entry %s of %s breaks the journal, which goes on without it", *entry[:2])
        self.notes.places[entry.stream] = self._place(entry)
        return is_event

    def resume(self, open_episodes: Iterable[KeptEpisode]) -> None:
        """Begin with the episodes that went on when an earlier process ended."""
        for episode in open_episodes:
            self._begin_episode(episode)

    def tell(self, listeners: Any, call: Callable[[Any], None]) -> None:
        """Tell each listener; one that breaks down keeps nobody from being told."""
        for listener in listeners:
            try:
                call(listener)
            except Exception:
                self.metrics.listener_failures.inc()
                logger.exception("%s breaks down, and the journal goes on", type(listener).__name__)

    def _place(self, entry: StreamEntry) -> str:
        """Return where to begin after a restart: before the first window of a near miss that is not over."""
        if entry.stream != names.DETECTIONS_STREAM:
            return entry.entry_id
        open_places = (finder.place for finder in self._finders.values())
        return min((entry.entry_id, *(place for place in open_places if place)), key=entry_order)

    def _take(self, entry: StreamEntry) -> bool:
        if entry.stream == names.DETECTIONS_STREAM:
            self._take_detection(entry)
            return False
        if entry.stream == names.EPISODES_STREAM:
            self._take_episode(entry)
        else:
            self._take_notice(entry)
        return True

    def _take_episode(self, entry: StreamEntry) -> None:
        episode = kept_episode(Episode.decode(entry.body), entry_seconds(entry.entry_id))
        self.notes.add_episode(episode)
        if episode.ended_at is None:
            self._begin_episode(episode)
            return
        self._finder(episode.mic).note_episode(episode.id, episode.began_at, episode.ended_at)
        self.tell(self.listeners.episodes, lambda listener: listener.episode_ended(episode))

    def _begin_episode(self, episode: KeptEpisode) -> None:
        self._finder(episode.mic).note_episode(episode.id, episode.began_at, None)
        self.tell(self.listeners.episodes, lambda listener: listener.episode_began(episode))

    def _take_notice(self, entry: StreamEntry) -> None:
        report = NoticeReport.decode(entry.body)
        at = believed_seconds(report.at_seconds, entry_seconds(entry.entry_id))
        notice = EpisodeNotice(kind=report.kind, who=report.who, at=report.at_seconds if at is None else at)
        if report.episode_id:
            self.notes.add_notice(report.episode_id, notice)

    def _take_detection(self, entry: StreamEntry) -> None:
        detection = Detection.decode(entry.body)
        header = detection.header
        if not is_room(header.mic):
            return
        at = believed_seconds(header.captured_at_seconds, entry_seconds(entry.entry_id))
        if at is None:
            self.metrics.untimed_windows.inc()
            return
        self.metrics.lag_seconds.observe(max(0.0, self.clock.wall_seconds() - at))
        score = None if detection.tombstone else detection.score_of(self.cry_label)
        if score is not None:
            self.notes.add_window(header.mic, at, hop_seconds(header), score, header.level_dbfs)
            window = HeardWindow(
                session=header.session,
                index=header.index,
                at=at,
                score=score,
                level_dbfs=header.level_dbfs,
                place=_before(entry.entry_id),
            )
            self._end_near_miss(self._finder(header.mic).take(window, self._threshold(header.mic)))
        self.tell(self.listeners.detections, lambda listener: listener.detected(header.mic, detection, score, at))

    def _end_near_miss(self, near_miss: NearMiss | None) -> None:
        if near_miss is not None:
            self.notes.add_near_miss(near_miss)
            self.tell(self.listeners.episodes, lambda listener: listener.near_miss_ended(near_miss))

    def _threshold(self, mic: str) -> float:
        room = self.rooms.get(mic)
        return room.open_threshold if room is not None and room.open_threshold > 0 else Policy().open_threshold

    def _finder(self, mic: str) -> NearMissFinder:
        return self._finders.setdefault(mic, NearMissFinder(mic))


def _before(entry_id: str) -> str:
    """Return a place right before an entry."""
    milliseconds, number = entry_order(entry_id)
    return f"{milliseconds}-{number - 1}" if number else f"{milliseconds - 1}-{2**64 - 1}"
