"""A journal that is killed after minutes of crying keeps what it heard, though Redis has lost it since."""

import io
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import redis
import soundfile
from support.processes.service_process import ServiceProcess
from support.sound.chunks import WALL_SECONDS, chunks, known_noise
from support.waiting import wait_until

from tears.audio.format import Int16Array
from tears.kit.messages import Ending, Episode, EpisodeState
from tears.kit.registry.mics import MicRecord
from tears.kit.streams import names

RATE_HZ = 8_000
SOUND = known_noise(260 * RATE_HZ)
DEADLINE_SECONDS = 60.0
# What Redis holds of a room.
HELD_SECONDS = 120
BEGAN_AT = round(time.time()) - 300.0
OPENED = Episode(
    episode_id="22222222-2222-5222-8222-222222222222",
    mic="nursery",
    state=EpisodeState.OPEN,
    ending=Ending.NOT_YET,
    start_seconds=20.0,
    alerted_at_seconds=25.0,
    end_seconds=25.0,
    peak_score=0.9,
    captured_at_seconds=BEGAN_AT + 25,
)
CLOSED = replace(OPENED, state=EpisodeState.CLOSED, ending=Ending.QUIET, end_seconds=240.0)
CLIP_SECONDS = 235


class CryingHouse:
    """A room in which somebody cries for minutes, and the files of a journal that hears it."""

    def __init__(self, client: redis.Redis, url: str, folder: Path) -> None:
        self._redis = client
        self._chunks = chunks(SOUND)
        self._log = folder / "journal.log"
        self.clips = folder / "data" / "clips" / "nursery"
        self._settings = {
            "TEARS_REDIS_URL": url,
            "TEARS_JOURNAL_DATA": str(folder / "data"),
            "TEARS_JOURNAL_FOLDER": str(folder / "recordings"),
            "TEARS_JOURNAL_CLIP_LEAVE_GIB": "0",
            "TEARS_JOURNAL_PORT": "0",
            "TEARS_JOURNAL_PROBE_PORT": "0",
        }
        mic = MicRecord(
            mic="nursery", sample_rate_hz=RATE_HZ, channels=1, device="a test", session="s1", heartbeat_seconds=0.0
        )
        client.hset(names.MICS_HASH, "nursery", mic.encode())

    def journal(self) -> ServiceProcess:
        """Start a journal."""
        return ServiceProcess("tears.journal", self._settings, self._log)

    def hear(self, first_second: int, end_second: int) -> None:
        """Publish these seconds, of which Redis then holds the last two minutes."""
        for one in self._chunks[first_second:end_second]:
            now = replace(one, captured_at_seconds=one.captured_at_seconds - WALL_SECONDS + BEGAN_AT)
            self._redis.xadd(names.chunks("nursery"), {names.BODY: now.encode()}, maxlen=HELD_SECONDS)

    def tell(self, episode: Episode) -> None:
        """Publish a begin or an end of crying."""
        self._redis.xadd(names.EPISODES_STREAM, {names.BODY: episode.encode()})

    def has_written(self, seconds: int) -> bool:
        """Return whether the half-written clip holds so much of the sound, or almost."""
        encoded = io.BytesIO()
        soundfile.write(encoded, clip_sound()[: seconds * RATE_HZ], RATE_HZ, format="FLAC", subtype="PCM_16")
        return any(part.stat().st_size > len(encoded.getvalue()) - RATE_HZ for part in self.clips.glob("*/*.part"))

    def clip(self) -> Int16Array:
        """Return the sound of the clip; nothing if there is none."""
        for path in self.clips.glob("*/*.flac"):
            sound: Int16Array = soundfile.read(path, dtype="int16")[0]
            return sound
        return np.zeros(0, np.int16)


def clip_sound() -> Int16Array:
    """Return what the clip is to hold: from 10 s before the crying to 5 s after it."""
    return SOUND[10 * RATE_HZ : (10 + CLIP_SECONDS) * RATE_HZ]


def test_a_clip_is_whole_though_its_journal_was_killed_twice_in_minutes_of_crying(
    redis_url: str, redis_client: redis.Redis, tmp_path: Path
) -> None:
    house = CryingHouse(redis_client, redis_url, tmp_path)
    with house.journal() as journal:
        house.hear(0, 30)
        house.tell(OPENED)
        wait_until(lambda: house.has_written(20), DEADLINE_SECONDS, describe=journal.log)
        house.hear(30, 100)
        wait_until(lambda: house.has_written(90), DEADLINE_SECONDS, describe=journal.log)
        journal.kill()
    with house.journal() as journal:
        house.hear(100, 190)
        wait_until(lambda: house.has_written(180), DEADLINE_SECONDS, describe=journal.log)
        journal.kill()
    with house.journal() as journal:
        house.hear(190, 260)
        house.tell(CLOSED)
        wait_until(lambda: len(house.clip()) == CLIP_SECONDS * RATE_HZ, DEADLINE_SECONDS, describe=journal.log)
        journal.terminate()
        assert journal.wait_for_exit() == 0, journal.log()
    assert np.array_equal(house.clip(), clip_sound())
