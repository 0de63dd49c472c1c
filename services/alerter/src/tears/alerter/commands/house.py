"""Keeps what the parents have asked for: obeys commands, withholds crying, and tells it when the time is over.

No I/O, and no clock of its own.
"""

import logging
import uuid
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from tears.alerter.commands.command_rule import HOLD_QUIET_SECONDS, obey
from tears.alerter.commands.house_state import Silence, SilenceKind, deafness_subject, is_deafness_subject
from tears.alerter.commands.stored_house import SavedMoment, StoredHouse
from tears.alerter.episodes.episode_messages import opened_message
from tears.alerter.episodes.monitor_state import Effects, MonitorState, Now
from tears.alerter.notices.kinds import NoticeKind
from tears.alerter.notices.notice import NOTICE_NAMESPACE, Notice
from tears.alerter.notices.room_notices import crying_notice
from tears.kit.commands.answer import CommandAnswer, CommandOutcome
from tears.kit.messages import Command, EpisodeState
from tears.kit.registry.mic_names import room_of_mic

logger = logging.getLogger(__name__)

# A repeat of a command is known by its id for longer than the command is fresh.
MOST_ANSWERED = 256
# What is left of a snooze is saved this often, for a restart of a machine whose clock is set meanwhile.
SILENCE_SAVING_SECONDS = 60.0
# Less is no jump of the wall clock.
_CLOCK_STEP_SECONDS = 1.0
_WITHHELD_KINDS = frozenset({NoticeKind.CRYING, NoticeKind.STILL_CRYING, NoticeKind.CRYING_ENDED})


@dataclass(slots=True)
class HouseNews:
    """What has changed as time passed: rooms whose silence is over, notices, and rooms to show again."""

    ended: list[str]
    notices: list[Notice]
    shown_again: set[str]


class House:
    """Holds the `state`, which others may read, and what of it must be saved.

    Attributes:
        state: replaced by another one with every change, so any thread may read it.
        position: the last entry of `tears:commands` that was read.
        is_unsaved: `to_save()` differs from what is in the state file.
    """

    def __init__(self, saved: StoredHouse, now: Now, boot_id: str) -> None:
        """Continue from what an earlier process saved."""
        self.state = saved.state_at(now, boot_id)
        self.position = saved.position
        self.is_unsaved = False
        self._boot_id = boot_id
        self._now = now
        self._answered: deque[str] = deque(saved.answered, maxlen=MOST_ANSWERED)
        self._unanswered = dict(saved.unanswered)
        self._saving_at_seconds = now.monotonic_seconds + SILENCE_SAVING_SECONDS

    def take(self, command: Command, rooms: Mapping[str, MonitorState], now: Now) -> CommandAnswer:
        """Obey a command that is fresh, once, and return the answer."""
        if command.command_id in self._answered:
            return CommandAnswer(CommandOutcome.DOUBLED, "this command has been answered before")
        self.state, answer = obey(self.state, command, rooms, now)
        self._answered.append(command.command_id)
        self.note_answer(command.command_id, answer)
        return answer

    def note_answer(self, command_id: str, answer: CommandAnswer) -> None:
        """Keep an answer until it is in Redis; the oldest go if nobody takes them."""
        self._unanswered[command_id] = answer
        while len(self._unanswered) > MOST_ANSWERED:
            del self._unanswered[next(iter(self._unanswered))]
        self.is_unsaved = True

    def move_position(self, entry_id: str) -> None:
        """Note that the stream of commands has been read up to this entry."""
        self.position = entry_id
        self.is_unsaved = True

    def answers(self) -> dict[str, CommandAnswer]:
        """Return the answers that may not be in Redis yet, by the id of the command."""
        return dict(self._unanswered)

    def mark_answered(self, command_ids: Iterable[str]) -> None:
        """Note that these answers are in Redis."""
        for command_id in command_ids:
            self.is_unsaved |= self._unanswered.pop(command_id, None) is not None

    def withhold(self, mic: str, effects: Effects, now: Now) -> list[Notice]:
        """Return the notices of a room's step that may be sent now, and remember the episodes that are not told."""
        if not self.state.withholds_crying(mic, now):
            return effects.notices
        opened = [one.episode_id for one in effects.episodes if one.state is EpisodeState.OPEN]
        if opened:
            silence = replace(self.state.silences[mic], episode_id=opened[-1])
            self.state = self.state.with_silence(mic, silence)
            self.is_unsaved = True
        return [one for one in effects.notices if one.kind not in _WITHHELD_KINDS]

    def pass_time(self, rooms: Mapping[str, MonitorState], now: Now) -> HouseNews:
        """End the silences whose time is over, and tell what is still crying there."""
        news = HouseNews([], [], set())
        passed_seconds = max(0.0, now.monotonic_seconds - self._now.monotonic_seconds)
        if abs(_clock_difference(now) - _clock_difference(self._now)) >= _CLOCK_STEP_SECONDS:
            # The time of day at which a snooze ends is another one.
            news.shown_again.update(self.state.silences)
            self.is_unsaved |= bool(self.state.silences)
        self._now = now
        for mic, silence in self.state.silences.items():
            self._pass_silence(mic, _with_quiet(silence, rooms.get(mic), passed_seconds), rooms.get(mic), news)
        if self.state.silences and now.monotonic_seconds >= self._saving_at_seconds:
            self.is_unsaved = True
        self._forget_deafness(rooms)
        return news

    def to_save(self) -> StoredHouse:
        """Return what the state file should hold."""
        now = self._now
        self._saving_at_seconds = now.monotonic_seconds + SILENCE_SAVING_SECONDS
        return StoredHouse(
            position=self.position,
            moment=SavedMoment(self._boot_id, now.monotonic_seconds, now.wall_seconds),
            silences=dict(self.state.silences),
            acknowledged=self.state.acknowledged,
            answered=tuple(self._answered),
            unanswered=dict(self._unanswered),
            sensitivities=dict(self.state.sensitivities),
        )

    def snoozed_until_seconds(self, mic: str) -> float:
        """Return the wall clock, for display, at which the snooze of a room ends; 0 if it is not snoozed."""
        if not self.state.is_snoozed(mic, self._now):
            return 0.0
        return self.state.silences[mic].ends_at_seconds + _clock_difference(self._now)

    def is_held(self, mic: str) -> bool:
        """Return whether a room is held."""
        return self.state.held(mic, self._now)

    def _pass_silence(self, mic: str, silence: Silence, room: MonitorState | None, news: HouseNews) -> None:
        is_over = self._now.monotonic_seconds >= silence.ends_at_seconds
        if not is_over and silence.quiet_seconds < HOLD_QUIET_SECONDS:
            if silence is not self.state.silences[mic]:
                self.state = self.state.with_silence(mic, silence)
            return
        logger.info("crying in %s is told again", room_of_mic(mic))
        self.state = self.state.without_silence(mic)
        self.is_unsaved = True
        news.ended.append(mic)
        episode = None if room is None else room.open_episode
        is_told_now = episode is not None and episode.episode_id == silence.episode_id
        if episode is not None and is_told_now and not self.state.is_acknowledged(episode.episode_id):
            # The key of its first notice may be taken: that notice may have been sent before the silence.
            notice = crying_notice(opened_message(mic, episode, 0.0))
            key = str(uuid.uuid5(NOTICE_NAMESPACE, f"{notice.key}/{self._now.wall_seconds}/silence"))
            news.notices.append(replace(notice, key=key, happened_at_seconds=self._now.wall_seconds))

    def _forget_deafness(self, rooms: Mapping[str, MonitorState]) -> None:
        """End the acknowledgements that nobody listens to a room, where somebody listens again."""
        deaf = {deafness_subject(mic) for mic, room in rooms.items() if room.hearing.deaf}
        kept = tuple(one for one in self.state.acknowledged if not is_deafness_subject(one) or one in deaf)
        if kept != self.state.acknowledged:
            self.state = replace(self.state, acknowledged=kept)
            self.is_unsaved = True


def _with_quiet(silence: Silence, room: MonitorState | None, passed_seconds: float) -> Silence:
    """Return a held room's silence after this time: quiet counts only while somebody listens, and crying ends it."""
    if silence.kind is not SilenceKind.HOLD or room is None:
        return silence
    if room.open_episode is not None:
        return replace(silence, quiet_seconds=0.0) if silence.quiet_seconds else silence
    is_heard = bool(room.session) and not room.ended and not room.hearing.deaf
    return replace(silence, quiet_seconds=silence.quiet_seconds + passed_seconds) if is_heard else silence


def _clock_difference(now: Now) -> float:
    return now.wall_seconds - now.monotonic_seconds
