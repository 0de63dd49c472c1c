"""A room that the journal's live part hears, second by second, without Redis and the services."""

from typing import Any, cast

import numpy as np
from prometheus_client import CollectorRegistry
from support.sound.chunks import chunk

from tears.journal.history.records import KeptEpisode
from tears.journal.live import LiveHouse, RoomsNow, SoundHub
from tears.journal.live.live_metrics import LiveMetrics
from tears.kit.clock import Clock
from tears.kit.messages import Detection
from tears.kit.messages.window import WindowHeader
from tears.kit.registry.mic_names import room_of_mic
from tears.kit.registry.mic_state import MicState
from tears.kit.registry.mics import MicRecord
from tears.kit.registry.rooms import RoomRecord, RoomState

Int16s = np.ndarray[tuple[int], np.dtype[np.int16]]


def live_house(clock: Clock, registry: CollectorRegistry | None = None) -> LiveHouse:
    """Return the live part with metrics of its own; nothing is started."""
    metrics = LiveMetrics(registry or CollectorRegistry())
    return LiveHouse(RoomsNow(clock), SoundHub(metrics, clock), metrics)


class SpokenRoom:
    """Plays the follower for one room: what it says, the live part takes as heard from the pipeline.

    Attributes:
        seconds: how much sound has been given.
    """

    def __init__(self, house: LiveHouse, clock: Clock, mic: str = "nursery", rate_hz: int = 48_000) -> None:
        """Say nothing yet."""
        self.mic = mic
        self.seconds = 0
        self._house = house
        self._clock = clock
        self._rate_hz = rate_hz
        self._windows = 0

    def register(
        self,
        state: RoomState | None = RoomState.QUIET,
        mic_state: MicState = MicState.LISTENING,
        **room: float | bool,
    ) -> None:
        """Show the room in the registries once; the alerter has judged another window since the last time."""
        self._windows += 1
        self._house.rooms.registered(
            {self.mic: self.mic_record(mic_state)},
            {} if state is None else {self.mic: self.room_record(state, **room)},
        )

    def mic_record(self, state: MicState, rate_hz: int | None = None) -> MicRecord:
        """Return what the recorder says."""
        return MicRecord(
            mic=self.mic,
            sample_rate_hz=self._rate_hz if rate_hz is None else rate_hz,
            channels=1,
            device="test",
            session="s1",
            heartbeat_seconds=self._clock.wall_seconds(),
            state=state,
        )

    def room_record(self, state: RoomState, **room: float | bool) -> RoomRecord:
        """Return what the alerter says."""
        return RoomRecord(
            mic=self.mic,
            state=state,
            session="s1",
            windows=self._windows,
            tombstones=0,
            cry_score=0.1,
            level_dbfs=-50.0,
            heard_until_seconds=float(self._windows),
            episodes=0,
            **cast("Any", room),
        )

    def speak(self, sound: Int16s) -> None:
        """Give sound, int16 (n,), as the next chunk."""
        at = self.seconds * self._rate_hz
        self.seconds += 1
        spoken = chunk(sound, at, mic=self.mic, rate_hz=self._rate_hz)
        self._house.rooms.heard(self.mic, spoken)
        self._house.sound.heard(self.mic, spoken)

    def score(self, score: float | None) -> None:
        """Give the model's score of the last window."""
        header = WindowHeader(
            mic=self.mic,
            session="s1",
            index=self._windows,
            start_seconds=0.0,
            end_seconds=5.0,
            level_dbfs=-50.0,
            captured_at_seconds=self._clock.wall_seconds(),
        )
        detection = Detection(header=header, scores=(("crying", score or 0.0),), model="cry", model_version=1)
        self._house.rooms.detected(self.mic, detection, score, self._clock.wall_seconds())

    def begin_crying(self, began_at: float, episode_id: str = "episode-1") -> None:
        """Let an episode begin."""
        self._house.rooms.episode_began(self._episode(began_at, episode_id, None))

    def end_crying(self, began_at: float, episode_id: str = "episode-1") -> None:
        """Let an episode end."""
        self._house.rooms.episode_ended(self._episode(began_at, episode_id, began_at + 60.0))

    def be_quiet(self) -> None:
        """Let everything work, with nobody crying: a second of soft noise, its score, and the alerter's judgement."""
        self.register()
        noise = np.random.default_rng(self.seconds).normal(0, 60, self._rate_hz).astype(np.int16)
        self.speak(noise)
        self.score(0.04)
        self.register()

    def _episode(self, began_at: float, episode_id: str, ended_at: float | None) -> KeptEpisode:
        return KeptEpisode(
            id=episode_id,
            mic=self.mic,
            room_name=room_of_mic(self.mic),
            began_at=began_at,
            alerted_at=began_at + 5.0,
            ended_at=ended_at,
            peak_score=0.98,
            level_dbfs=-30.0,
        )
