"""Two rooms as they are at one moment, for the picture of the page *Now*: in one the baby cries, the other is quiet."""

from dataclasses import dataclass

import numpy as np
from prometheus_client import CollectorRegistry

from tears.journal.history import KeptEpisode
from tears.journal.live import LiveHouse
from tears.journal.live.house_view import RoomsNow
from tears.journal.live.live_metrics import LiveMetrics
from tears.journal.live.sound.sound_hub import SoundHub
from tears.kit.clock import Clock
from tears.kit.messages import AudioChunk, Detection, WindowHeader
from tears.kit.registry.mics import MicRecord
from tears.kit.registry.rooms import RoomRecord, RoomState

_RATE_HZ = 16_000


@dataclass(frozen=True)
class PicturedRoom:
    """What has just been heard in a room; `amplitude` is that of a chunk, of 32 768."""

    mic: str
    state: RoomState
    score: float
    amplitude: int


ROOMS = (
    PicturedRoom("nursery", RoomState.CRYING, 0.94, 9_000),
    PicturedRoom("upstairs", RoomState.QUIET, 0.02, 60),
)


def pictured_house(clock: Clock, crying: KeptEpisode) -> LiveHouse:
    """Return what pages see of the present: `crying` goes on in its room."""
    rooms = RoomsNow(clock)
    now_at = clock.wall_seconds()
    mics = {
        room.mic: MicRecord(
            mic=room.mic, sample_rate_hz=_RATE_HZ, channels=1, device="usb", session="s", heartbeat_seconds=now_at
        )
        for room in ROOMS
    }
    # A room is believed when its record has gone on.
    for windows in (1, 2):
        rooms.registered(mics, {room.mic: _record(room, windows, now_at) for room in ROOMS})
    rooms.episode_began(crying)
    for room in ROOMS:
        wave = np.full(_RATE_HZ, room.amplitude, np.int16) * np.resize(np.array([1, -1], np.int16), _RATE_HZ)
        rooms.heard(
            room.mic,
            AudioChunk(
                mic=room.mic,
                session="s",
                first_sample=0,
                sample_rate_hz=_RATE_HZ,
                channels=1,
                pcm=wave.tobytes(),
                captured_at_seconds=now_at,
            ),
        )
        header = WindowHeader(
            mic=room.mic, session="s", index=0, start_seconds=0.0, end_seconds=5.0, captured_at_seconds=now_at
        )
        rooms.detected(room.mic, Detection(header=header, scores=(("crying", room.score),)), room.score, now_at)
    metrics = LiveMetrics(CollectorRegistry())
    return LiveHouse(rooms, SoundHub(metrics, clock), metrics)


def _record(room: PicturedRoom, windows: int, now_at: float) -> RoomRecord:
    return RoomRecord(
        mic=room.mic,
        state=room.state,
        session="s",
        windows=windows,
        tombstones=0,
        cry_score=room.score,
        level_dbfs=-40.0,
        heard_until_seconds=now_at,
        episodes=1,
    )
