"""The journal as a real process, and a recorder and an alerter that tell it of one room in real time."""

import contextlib
import signal
import threading
import time
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt
import redis
from support.processes.service_process import ServiceProcess
from support.sound.chunks import chunk

from tears.kit.messages import AudioChunk, Episode
from tears.kit.messages.episode import Ending, EpisodeState
from tears.kit.redis_client import connect
from tears.kit.registry.mic_state import MicState
from tears.kit.registry.mics import MicRecord
from tears.kit.registry.rooms import RoomRecord, RoomState
from tears.kit.streams import names

PASSWORD = "correct-horse-battery"  # noqa: S105 - of the tests only
# As the recorder keeps them.
_MOST_CHUNKS = 120


class JournalProcess(ServiceProcess):
    """`python -m tears.journal` on a free port, with a password that the tests know."""

    def __init__(self, redis_url: str, folder: Path, **settings: str) -> None:
        """Start at once; everything it keeps is in `folder`."""
        environ = {
            "TEARS_REDIS_URL": redis_url,
            "TEARS_JOURNAL_PORT": "0",
            "TEARS_JOURNAL_PROBE_PORT": "0",
            "TEARS_JOURNAL_DATA": str(folder / "journal"),
            "TEARS_JOURNAL_FOLDER": str(folder / "recordings"),
            "TEARS_JOURNAL_FIRST_PASSWORD": PASSWORD,
        }
        super().__init__("tears.journal", environ | settings, folder / "journal.log")

    @property
    def address(self) -> str:
        """Where its pages are; waits until they are there."""
        return f"http://127.0.0.1:{self.wait_for_log(r'the pages are on port ([0-9]+)')[1]}"

    def freeze(self) -> None:
        """Let it do nothing, with its connections open, until `thaw`."""
        self.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """End `freeze`."""
        self.send_signal(signal.SIGCONT)


class PublishedRoom:
    """Writes to Redis what a recorder and an alerter write of one room, a second of sound each second.

    Attributes:
        made_at: the wall clock of the first sample.
        pieces: all sound that was made so far, a second each.
        state: what the alerter says of the room.
        mic_state: what the recorder says of the microphone.
        is_muted: no sound comes while it is set.
    """

    def __init__(
        self, redis_url: str, sound: npt.NDArray[np.int16], rate_hz: int = 48_000, mic: str = "nursery"
    ) -> None:
        """Publish nothing yet; `sound`, int16 (n,), begins anew when it is over."""
        self.made_at = 0.0
        self.state = RoomState.QUIET
        self.mic_state = MicState.LISTENING
        self.is_muted = threading.Event()
        self.mic = mic
        self._client = connect(redis_url)
        self._sound = sound
        self._rate_hz = rate_hz
        self.pieces: list[npt.NDArray[np.int16]] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._publish)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        self._client.close()

    @property
    def made(self) -> npt.NDArray[np.int16]:
        """All sound that was made so far, int16 (n,)."""
        return np.concatenate(self.pieces)

    def cry(self, episode_id: str, state: EpisodeState, began_seconds_ago: float = 30.0) -> None:
        """Let the alerter open or close an episode."""
        self.state = RoomState.CRYING if state is EpisodeState.OPEN else RoomState.QUIET
        episode = Episode(
            episode_id=episode_id,
            mic=self.mic,
            state=state,
            ending=Ending.NOT_YET if state is EpisodeState.OPEN else Ending.QUIET,
            start_seconds=0.0,
            alerted_at_seconds=began_seconds_ago,
            end_seconds=began_seconds_ago,
            peak_score=0.97,
            captured_at_seconds=time.time(),
        )
        self._client.xadd(names.EPISODES_STREAM, {names.BODY: episode.encode()})

    def _publish(self) -> None:
        self.made_at = time.time()
        number = 0
        while True:
            with contextlib.suppress(redis.RedisError):
                # While Redis is away, the sound is lost.
                self._register(number)
            # A chunk is there when its last sample has been made.
            if self._stop.wait(max(0.0, self.made_at + number + 1 - time.time())):
                return
            begin = number * self._rate_hz % (len(self._sound) - self._rate_hz)
            self.pieces.append(self._sound[begin : begin + self._rate_hz])
            if not self.is_muted.is_set():
                with contextlib.suppress(redis.RedisError):
                    self._add(chunk(self.pieces[-1], number * self._rate_hz, mic=self.mic, rate_hz=self._rate_hz))
            number += 1

    def _add(self, made: AudioChunk) -> None:
        self._client.xadd(names.chunks(self.mic), {names.BODY: made.encode()}, maxlen=_MOST_CHUNKS)

    def _register(self, seconds: int) -> None:
        mic = MicRecord(
            mic=self.mic,
            sample_rate_hz=self._rate_hz,
            channels=1,
            device="test",
            session="s1",
            heartbeat_seconds=time.time(),
            state=self.mic_state,
        )
        room = RoomRecord(
            mic=self.mic,
            state=self.state,
            session="s1",
            windows=seconds,
            tombstones=0,
            cry_score=0.1,
            level_dbfs=-40.0,
            heard_until_seconds=float(seconds),
            episodes=0,
        )
        self._client.hset(names.MICS_HASH, self.mic, mic.encode())
        self._client.hset(names.ROOMS_HASH, self.mic, room.encode())
