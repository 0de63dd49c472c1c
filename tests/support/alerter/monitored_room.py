"""One microphone's monitor on a clock that the test advances."""

from collections.abc import Iterable

from support.policies import POLICY

from tears.alerter.commands.house import House
from tears.alerter.commands.shown_room import room_of
from tears.alerter.commands.stored_house import StoredHouse
from tears.alerter.episodes.mic_monitor import MicMonitor
from tears.alerter.episodes.monitor_state import AlertRules, Effects, MonitorState, Now
from tears.alerter.notices.notice import Notice
from tears.alerter.order.received_detection import ReceivedDetection
from tears.alerter.state import decode_monitor, encode_monitor
from tears.kit.messages import Episode, EpisodeState
from tears.kit.registry.rooms import RoomRecord, RoomState

RULES = AlertRules(policy=POLICY, lateness_seconds=45.0, deaf_seconds=60.0)
LOUD, QUIET = 0.9, 0.1


class MonitoredRoom:
    """A monitor, a clock that advances with the sound, and everything that the monitor has returned."""

    def __init__(self, rules: AlertRules = RULES) -> None:
        self.rules = rules
        self.monotonic_seconds = 1_000.0
        self.wall_seconds = 1_700_000_000.0
        self.monitor = MicMonitor(MonitorState("nursery"), rules, self.now)
        self.effects: list[Effects] = []

    @property
    def now(self) -> Now:
        """The present."""
        return Now(self.monotonic_seconds, self.wall_seconds)

    def wait(self, seconds: float) -> None:
        """Advance both clocks."""
        self.monotonic_seconds += seconds
        self.wall_seconds += seconds

    def receive_scores(
        self, scores: Iterable[float | None], session: str = "s1", first: int = 0, hop_seconds: float = 1.0
    ) -> None:
        """Receive a window with each score, one per hop; None is a tombstone."""
        for k, score in enumerate(scores, first):
            self.wait(hop_seconds)
            self.receive(k, score, session, hop_seconds)

    def receive(
        self, index: int, score: float | None, session: str = "s1", hop_seconds: float = 1.0, reason: str = "gap"
    ) -> Effects:
        """Receive one window now; `reason` is why it has no score, if it has none."""
        reason = "" if score else reason
        return self._receive(index, 5.0 + index * hop_seconds, score, session, level_dbfs=-30.0, reason=reason)

    def end(self, windows: int, session: str = "s1") -> None:
        """Receive the announcement that a session has this many windows."""
        self._receive(windows, 5.0 + windows, None, session, reason="end_of_session", ends_session=True)

    def let_pass(self, seconds: float) -> None:
        """Let time pass in which nothing comes, while the loop does its rounds."""
        for _ in range(int(seconds)):
            self.wait(1.0)
            self.effects += [self.monitor.give_up_overdue(self.now), self.monitor.check_deafness(self.now)]

    def restart(self, held: Iterable[ReceivedDetection] = ()) -> None:
        """Continue in a new process, whose monotonic clock starts again, with the held detections."""
        state = decode_monitor(encode_monitor(self.monitor.state_to_save()))
        self.monotonic_seconds = 5.0
        self.monitor = MicMonitor(state, self.rules, self.now, held)

    @property
    def episodes(self) -> list[Episode]:
        """All messages about episodes."""
        return [episode for effects in self.effects for episode in effects.episodes]

    @property
    def openings(self) -> list[Episode]:
        """The messages about opened episodes."""
        return [episode for episode in self.episodes if episode.state is EpisodeState.OPEN]

    @property
    def closings(self) -> list[Episode]:
        """The messages about closed episodes."""
        return [episode for episode in self.episodes if episode.state is EpisodeState.CLOSED]

    @property
    def notices(self) -> list[Notice]:
        """All notices."""
        return [notice for effects in self.effects for notice in effects.notices]

    @property
    def titles(self) -> list[str]:
        """The rooms and kinds of all notices."""
        return [str(notice) for notice in self.notices]

    def shown(self) -> RoomRecord | None:
        """Return what is shown of the room."""
        return room_of(self.monitor.state, House(StoredHouse(), self.now, ""))

    def room_state(self) -> RoomState | None:
        """Return the state that is shown of the room."""
        room = self.shown()
        return room.state if room else None

    def has_ended(self, session: str) -> bool:
        """Return whether the room shows that this session has ended."""
        room = self.shown()
        return room is not None and room.has_ended(session)

    def _receive(
        self,
        index: int,
        end_seconds: float,
        score: float | None,
        session: str,
        *,
        reason: str,
        level_dbfs: float = -120.0,
        ends_session: bool = False,
    ) -> Effects:
        detection = ReceivedDetection(
            mic="nursery",
            session=session,
            index=index,
            end_seconds=end_seconds,
            captured_at_seconds=self.wall_seconds,
            level_dbfs=level_dbfs,
            score=score,
            reason=reason,
            ends_session=ends_session,
            arrived_at_seconds=self.monotonic_seconds,
        )
        self.effects.append(self.monitor.receive(detection, self.now))
        return self.effects[-1]
